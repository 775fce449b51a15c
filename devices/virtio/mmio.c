#include "devices/virtio/mmio.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/virtio/virtio.h"

#include <stdlib.h>

enum { CONFIG_OFFSET = 0x100 };
enum { LEGACY_VERSION = 1, MODERN_VERSION = 2 };
#define MAGIC  UINT32_C(0x74726976) /* "virt" */
#define VENDOR UINT32_C(0x554d4551) /* "QEMU": drivers look for nothing else */

struct virtio_mmio {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct virtio_device *plugged; /* NULL: empty */
    bool legacy;
    uint32_t device_features_sel, driver_features_sel, queue_sel, interrupt_status;
    uint32_t page_size, queue_align; /* legacy */
};

static void interrupt(void *transport, uint32_t bits)
{
    struct virtio_mmio *slot = transport;
    slot->interrupt_status |= bits;
    irq_set(&slot->irq, true);
}

/* By the driver. Its page size stays: legacy drivers tell it before they reset the device. */
static void plugged_reset(struct virtio_mmio *slot)
{
    if (slot->plugged) {
        virtio_reset(slot->plugged);
    }
    slot->interrupt_status = 0;
    irq_set(&slot->irq, false);
}

/* ---- registers (4.2.2, 4.2.4) ---------------------------------------------------------------- */

/* The selected queue, NULL if there is none such. */
static struct virtqueue *selected(struct virtio_mmio *slot)
{
    return slot->plugged ? virtio_queue(slot->plugged, slot->queue_sel) : NULL;
}

static uint32_t version_read(void *device, const struct reg *reg)
{
    const struct virtio_mmio *slot = device;
    return slot->legacy ? LEGACY_VERSION : MODERN_VERSION;
}

static uint32_t device_id_read(void *device, const struct reg *reg)
{
    const struct virtio_mmio *slot = device;
    return slot->plugged ? slot->plugged->ops->id : 0;
}

static uint32_t device_features_read(void *device, const struct reg *reg)
{
    const struct virtio_mmio *slot = device;
    return slot->plugged ? virtio_half(virtio_offered(slot->plugged), slot->device_features_sel)
                         : 0;
}

static void driver_features_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    if (slot->plugged) {
        virtio_accept(slot->plugged, slot->driver_features_sel, value);
    }
}

static uint32_t queue_num_max_read(void *device, const struct reg *reg)
{
    return selected(device) ? VIRTIO_QUEUE_SIZE : 0;
}

static void queue_num_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtqueue *queue = selected(device);
    if (queue) {
        virtio_set_queue_size(queue, value);
    }
}

static uint32_t queue_pfn_read(void *device, const struct reg *reg)
{
    struct virtqueue *queue = selected(device);
    return queue ? (uint32_t)queue->pfn : 0;
}

static void queue_pfn_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    struct virtqueue *queue = selected(slot);
    if (!queue || !slot->legacy) {
        return;
    }
    if (!value) {
        plugged_reset(slot); /* how a legacy driver takes a queue away */
        return;
    }
    virtio_place_legacy(queue, value, slot->page_size, slot->queue_align);
}

static uint32_t queue_ready_read(void *device, const struct reg *reg)
{
    const struct virtqueue *queue = selected(device);
    return queue && queue->ready;
}

static void queue_ready_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    struct virtqueue *queue = selected(slot);
    if (queue && !slot->legacy) {
        queue->ready = value & 1;
    }
}

/* Halves of the modern interface's queue addresses. */
static void set_half(struct virtio_mmio *slot, size_t member, unsigned shift, uint32_t value)
{
    struct virtqueue *queue = selected(slot);
    if (queue && !slot->legacy && !queue->ready) {
        uint64_t *address = (uint64_t *)((uint8_t *)queue + member);
        *address = bits_put(*address, shift, 32, value);
    }
}

static void queue_desc_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    set_half(slot, offsetof(struct virtqueue, desc), 32 * slot->regs.index, value);
}

static void queue_driver_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    set_half(slot, offsetof(struct virtqueue, avail), 32 * slot->regs.index, value);
}

static void queue_device_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    set_half(slot, offsetof(struct virtqueue, used), 32 * slot->regs.index, value);
}

static void queue_notify_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    if (slot->plugged) {
        virtio_kick(slot->plugged, value);
    }
}

static void interrupt_ack_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    slot->interrupt_status &= ~value;
    irq_set(&slot->irq, slot->interrupt_status);
}

static uint32_t status_read(void *device, const struct reg *reg)
{
    const struct virtio_mmio *slot = device;
    return slot->plugged ? slot->plugged->status : 0;
}

static void status_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_mmio *slot = device;
    if (!(value & 0xff)) {
        plugged_reset(slot);
    } else if (slot->plugged) {
        virtio_set_status(slot->plugged, (uint8_t)value);
    }
}

#define STATE(member) offsetof(struct virtio_mmio, member)
#define ADDRESS(name, at, set)                                                                     \
    {                                                                                              \
        name, at, 4, REG_NONE, .write = set, .count = 2, .stride = 4, .write_only = true           \
    }
static const struct reg virtio_mmio_regs[] = {
    {"MagicValue", 0x000, 4, REG_NONE, .reset = MAGIC, .read_only = true},
    {"Version", 0x004, 4, REG_NONE, .read = version_read, .read_only = true},
    {"DeviceID", 0x008, 4, REG_NONE, .read = device_id_read, .read_only = true},
    {"VendorID", 0x00c, 4, REG_NONE, .reset = VENDOR, .read_only = true},
    {"DeviceFeatures", 0x010, 4, REG_NONE, .read = device_features_read, .read_only = true},
    {"DeviceFeaturesSel", 0x014, 4, STATE(device_features_sel), .writable = ~0u,
     .write_only = true},
    {"DriverFeatures", 0x020, 4, REG_NONE, .write = driver_features_write, .write_only = true},
    {"DriverFeaturesSel", 0x024, 4, STATE(driver_features_sel), .writable = ~0u,
     .write_only = true},
    {"GuestPageSize", 0x028, 4, STATE(page_size), .writable = ~0u, .write_only = true},
    {"QueueSel", 0x030, 4, STATE(queue_sel), .writable = ~0u, .write_only = true},
    {"QueueNumMax", 0x034, 4, REG_NONE, .read = queue_num_max_read, .read_only = true},
    {"QueueNum", 0x038, 4, REG_NONE, .write = queue_num_write, .write_only = true},
    {"QueueAlign", 0x03c, 4, STATE(queue_align), .writable = ~0u, .write_only = true},
    {"QueuePFN", 0x040, 4, REG_NONE, .read = queue_pfn_read, .write = queue_pfn_write},
    {"QueueReady", 0x044, 4, REG_NONE, .read = queue_ready_read, .write = queue_ready_write},
    {"QueueNotify", 0x050, 4, REG_NONE, .write = queue_notify_write, .write_only = true},
    {"InterruptStatus", 0x060, 4, STATE(interrupt_status), .read_only = true},
    {"InterruptACK", 0x064, 4, REG_NONE, .write = interrupt_ack_write, .write_only = true},
    {"Status", 0x070, 4, REG_NONE, .read = status_read, .write = status_write},
    ADDRESS("QueueDesc", 0x080, queue_desc_write),
    ADDRESS("QueueDriver", 0x090, queue_driver_write),
    ADDRESS("QueueDevice", 0x0a0, queue_device_write),
    {"ConfigGeneration", 0x0fc, 4, REG_NONE, .read_only = true},
};

/* ---- the window ------------------------------------------------------------------------------ */

static uint64_t slot_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_mmio *slot = opaque;
    if (offset < CONFIG_OFFSET) {
        return regs_read(&slot->regs, offset, size);
    }
    return slot->plugged ? virtio_config_read(slot->plugged, offset - CONFIG_OFFSET, size) : 0;
}

static void slot_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_mmio *slot = opaque;
    if (offset < CONFIG_OFFSET) {
        regs_write(&slot->regs, offset, size, value);
        return;
    }
    log_write(slot->regs.log, LOG_GUEST_ERRORS, "virtio-mmio: write to read-only configuration\n");
}

static const struct mmio_ops virtio_mmio_ops = {slot_read, slot_write};

static const struct field virtio_mmio_fields[] = {
    FIELD(virtio_mmio, device_features_sel, FIELD_U32),
    FIELD(virtio_mmio, driver_features_sel, FIELD_U32),
    FIELD(virtio_mmio, queue_sel, FIELD_U32),
    FIELD(virtio_mmio, interrupt_status, FIELD_U32),
    FIELD(virtio_mmio, page_size, FIELD_U32),
    FIELD(virtio_mmio, queue_align, FIELD_U32),
};

static void slot_reset(void *device)
{
    struct virtio_mmio *slot = device;
    regs_reset(&slot->regs);
    plugged_reset(slot);
}

static const struct device_ops virtio_mmio_device_ops = {
    .name = "virtio-mmio",
    .fields = virtio_mmio_fields,
    .field_count = ARRAY_SIZE(virtio_mmio_fields),
    .reset = slot_reset,
    .destroy = free,
};

struct virtio_mmio *virtio_mmio_create(struct machine *machine, uint64_t base, struct irq irq)
{
    struct virtio_mmio *slot = calloc(1, sizeof(*slot));
    CHECK(slot);
    slot->device.ops = &virtio_mmio_device_ops;
    slot->irq = irq;
    slot->legacy = true;
    slot->regs = (struct reg_block){
        .device = "virtio-mmio",
        .regs = virtio_mmio_regs,
        .count = ARRAY_SIZE(virtio_mmio_regs),
        .log = &machine->config.log,
        .opaque = slot,
    };
    machine_add_device(machine, &slot->device);
    bus_add_mmio(machine->bus, "virtio-mmio", base, VIRTIO_MMIO_SIZE, &virtio_mmio_ops, slot);
    return slot;
}

void virtio_mmio_plug(struct virtio_mmio *slot, struct virtio_device *device, bool legacy)
{
    slot->plugged = device;
    slot->legacy = device->legacy = legacy;
    device->interrupt = interrupt;
    device->transport = slot;
}
