#include "devices/virtio/pci.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/options.h"
#include "devices/pci/pci.h"
#include "devices/virtio/virtio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_VECTOR = 0xffff }; /* MSI-X is not there */
enum { LEGACY_PAGE = 4096 }; /* of addresses and alignment (2.6.2, 4.1.5.1.2) */

/* BAR 0 for legacy drivers: registers, then the device's configuration (4.1.4.8). */
enum { LEGACY_BAR = 0, LEGACY_CONFIG = 0x14, LEGACY_SIZE = 0x80 };
/* BAR 4 for modern ones, in parts of one page. */
enum { MODERN_BAR = 4, PART_SIZE = 0x1000, PARTS = 4 };
enum { PART_COMMON, PART_ISR, PART_DEVICE, PART_NOTIFY };
enum { NOTIFY_MULTIPLIER = 4 };

/* Capabilities (4.1.4). */
enum { VENDOR_CAPABILITY = 9 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4, CAP_CONFIG_ACCESS = 5 };
/* Registers of the one for accesses through configuration space, from its begin. */
enum { ACCESS_BAR = 4, ACCESS_OFFSET = 8, ACCESS_LENGTH = 12, ACCESS_DATA = 16 };

struct virtio_pci {
    struct pci_function pci;
    struct pci_kind kind;
    struct reg_block legacy_regs, common_regs;
    struct virtio_device *plugged;
    uint8_t access; /* register of CAP_CONFIG_ACCESS, 0: none */
    uint32_t device_features_sel, driver_features_sel, queue_sel, isr;
};

static void interrupt(void *transport, uint32_t bits)
{
    struct virtio_pci *pci = transport;
    pci->isr |= bits;
    pci_interrupt(&pci->pci, true);
}

/* By the driver. */
static void plugged_reset(struct virtio_pci *pci)
{
    virtio_reset(pci->plugged);
    pci->isr = 0;
    pci_interrupt(&pci->pci, false);
}

/* Reading it acknowledges the interrupt (4.1.4.5). */
static uint32_t isr_read(void *device, const struct reg *reg)
{
    struct virtio_pci *pci = device;
    uint32_t isr = pci->isr;
    pci->isr = 0;
    pci_interrupt(&pci->pci, false);
    return isr;
}

/* The selected queue, NULL if there is none such. */
static struct virtqueue *selected(struct virtio_pci *pci)
{
    return virtio_queue(pci->plugged, pci->queue_sel);
}

static uint32_t queue_size_read(void *device, const struct reg *reg)
{
    const struct virtqueue *queue = selected(device);
    return queue ? queue->size : 0;
}

static uint32_t status_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return pci->plugged->status;
}

static void status_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_pci *pci = device;
    if (!value) {
        plugged_reset(pci);
    } else {
        virtio_set_status(pci->plugged, (uint8_t)value);
    }
}

static void log_config_write(const struct virtio_pci *pci)
{
    log_write(pci->common_regs.log, LOG_GUEST_ERRORS,
              "virtio-pci: write to read-only configuration\n");
}

/* ---- the legacy interface -------------------------------------------------------------------- */

static uint32_t legacy_features_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return (uint32_t)virtio_offered(pci->plugged);
}

static uint32_t legacy_accepted_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return (uint32_t)pci->plugged->driver_features;
}

static void legacy_features_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_pci *pci = device;
    virtio_accept(pci->plugged, 0, value);
}

static uint32_t pfn_read(void *device, const struct reg *reg)
{
    const struct virtqueue *queue = selected(device);
    return queue ? (uint32_t)queue->pfn : 0;
}

static void pfn_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtqueue *queue = selected(device);
    if (!queue) {
        return;
    }
    if (!value) {
        plugged_reset(device); /* how a legacy driver takes a queue away */
        return;
    }
    virtio_place_legacy(queue, value, LEGACY_PAGE, LEGACY_PAGE);
}

static void notify_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_pci *pci = device;
    virtio_kick(pci->plugged, value);
}

#define STATE(member) offsetof(struct virtio_pci, member)
static const struct reg legacy_regs[] = {
    {"Device Features", 0x00, 4, REG_NONE, .read = legacy_features_read, .read_only = true},
    {"Driver Features", 0x04, 4, REG_NONE, .read = legacy_accepted_read,
     .write = legacy_features_write},
    {"Queue Address", 0x08, 4, REG_NONE, .read = pfn_read, .write = pfn_write},
    {"Queue Size", 0x0c, 2, REG_NONE, .read = queue_size_read, .read_only = true},
    {"Queue Select", 0x0e, 2, STATE(queue_sel), .writable = 0xffff},
    {"Queue Notify", 0x10, 2, REG_NONE, .write = notify_write},
    {"Device Status", 0x12, 1, REG_NONE, .read = status_read, .write = status_write},
    {"ISR Status", 0x13, 1, REG_NONE, .read = isr_read, .read_only = true},
};

/* Whoever uses this interface is a legacy driver. */
static uint64_t legacy_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *pci = opaque;
    pci->plugged->legacy = true;
    return offset < LEGACY_CONFIG ? regs_read(&pci->legacy_regs, offset, size)
                                  : virtio_config_read(pci->plugged, offset - LEGACY_CONFIG, size);
}

static void legacy_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_pci *pci = opaque;
    pci->plugged->legacy = true;
    if (offset < LEGACY_CONFIG) {
        regs_write(&pci->legacy_regs, offset, size, value);
    } else {
        log_config_write(pci);
    }
}

static const struct mmio_ops legacy_ops = {legacy_read, legacy_write};

/* ---- the modern interface: common configuration (4.1.4.3) ------------------------------------ */

static uint32_t device_features_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return virtio_half(virtio_offered(pci->plugged), pci->device_features_sel);
}

static uint32_t driver_features_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return virtio_half(pci->plugged->driver_features, pci->driver_features_sel);
}

static void driver_features_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_pci *pci = device;
    virtio_accept(pci->plugged, pci->driver_features_sel, value);
}

static uint32_t num_queues_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return pci->plugged->ops->queues;
}

static void queue_size_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtqueue *queue = selected(device);
    if (queue) {
        virtio_set_queue_size(queue, value);
    }
}

static uint32_t queue_enable_read(void *device, const struct reg *reg)
{
    const struct virtqueue *queue = selected(device);
    return queue && queue->ready;
}

/* Only a reset takes a queue away again. */
static void queue_enable_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtqueue *queue = selected(device);
    if (queue && value == 1) {
        queue->ready = true;
    }
}

static uint32_t notify_offset_read(void *device, const struct reg *reg)
{
    const struct virtio_pci *pci = device;
    return virtio_queue(pci->plugged, pci->queue_sel) ? pci->queue_sel : 0;
}

/* The three addresses of a queue, in halves. */
static uint64_t *address(struct virtio_pci *pci, const struct reg *reg)
{
    struct virtqueue *queue = selected(pci);
    if (!queue) {
        return NULL;
    }
    uint64_t *const addresses[] = {&queue->desc, &queue->avail, &queue->used};
    return addresses[(reg->offset - 0x20) / 8];
}

static uint32_t address_read(void *device, const struct reg *reg)
{
    struct virtio_pci *pci = device;
    const uint64_t *value = address(pci, reg);
    return value ? (uint32_t)(*value >> (32 * pci->common_regs.index)) : 0;
}

static void address_write(void *device, const struct reg *reg, uint32_t value)
{
    struct virtio_pci *pci = device;
    uint64_t *whole = address(pci, reg);
    if (whole && !selected(pci)->ready) {
        *whole = bits_put(*whole, 32 * pci->common_regs.index, 32, value);
    }
}

#define ADDRESS(name, at)                                                                          \
    {                                                                                              \
        name, at, 4, REG_NONE, .read = address_read, .write = address_write, .count = 2,           \
                               .stride = 4                                                         \
    }
static const struct reg common_regs[] = {
    {"device_feature_select", 0x00, 4, STATE(device_features_sel), .writable = ~0u},
    {"device_feature", 0x04, 4, REG_NONE, .read = device_features_read, .read_only = true},
    {"driver_feature_select", 0x08, 4, STATE(driver_features_sel), .writable = ~0u},
    {"driver_feature", 0x0c, 4, REG_NONE, .read = driver_features_read,
     .write = driver_features_write},
    {"msix_config", 0x10, 2, REG_NONE, .reset = NO_VECTOR},
    {"num_queues", 0x12, 2, REG_NONE, .read = num_queues_read, .read_only = true},
    {"device_status", 0x14, 1, REG_NONE, .read = status_read, .write = status_write},
    {"config_generation", 0x15, 1, REG_NONE, .read_only = true},
    {"queue_select", 0x16, 2, STATE(queue_sel), .writable = 0xffff},
    {"queue_size", 0x18, 2, REG_NONE, .read = queue_size_read, .write = queue_size_write},
    {"queue_msix_vector", 0x1a, 2, REG_NONE, .reset = NO_VECTOR},
    {"queue_enable", 0x1c, 2, REG_NONE, .read = queue_enable_read, .write = queue_enable_write},
    {"queue_notify_off", 0x1e, 2, REG_NONE, .read = notify_offset_read, .read_only = true},
    ADDRESS("queue_desc", 0x20),
    ADDRESS("queue_driver", 0x28),
    ADDRESS("queue_device", 0x30),
};

/* Whoever uses this interface is a modern driver. */
static uint64_t modern_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *pci = opaque;
    uint64_t at = offset % PART_SIZE;
    pci->plugged->legacy = false;
    switch (offset / PART_SIZE) {
    case PART_COMMON:
        return regs_read(&pci->common_regs, at, size);
    case PART_ISR:
        return at ? 0 : isr_read(pci, NULL);
    case PART_DEVICE:
        return virtio_config_read(pci->plugged, at, size);
    default:
        return 0;
    }
}

static void modern_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_pci *pci = opaque;
    uint64_t at = offset % PART_SIZE;
    pci->plugged->legacy = false;
    switch (offset / PART_SIZE) {
    case PART_COMMON:
        regs_write(&pci->common_regs, at, size, value);
        break;
    case PART_NOTIFY:
        virtio_kick(pci->plugged, (unsigned)at / NOTIFY_MULTIPLIER);
        break;
    default:
        log_config_write(pci);
        break;
    }
}

static const struct mmio_ops modern_ops = {modern_read, modern_write};

/* ---- the modern interface through configuration space (4.1.4.7) ------------------------------ */

/* True if the capability's registers say what access it is. */
static bool access_valid(const struct virtio_pci *pci, uint32_t *offset, uint32_t *size)
{
    *offset = pci_config_get(&pci->pci, pci->access + ACCESS_OFFSET, 4);
    *size = pci_config_get(&pci->pci, pci->access + ACCESS_LENGTH, 4);
    return pci->pci.config[pci->access + ACCESS_BAR] == MODERN_BAR &&
           (*size == 1 || *size == 2 || *size == 4) && *offset % *size == 0 &&
           *offset < PARTS * PART_SIZE;
}

static bool hits_data(const struct virtio_pci *pci, unsigned reg, unsigned size)
{
    return pci->access && pci_hits(reg, size, pci->access + ACCESS_DATA, 4);
}

static void config_reading(struct pci_function *function, unsigned reg, unsigned size)
{
    struct virtio_pci *pci = (struct virtio_pci *)function;
    uint32_t offset, length;
    if (hits_data(pci, reg, size) && access_valid(pci, &offset, &length)) {
        uint64_t value = modern_read(pci, offset, length);
        for (unsigned i = 0; i < length; i++) {
            function->config[pci->access + ACCESS_DATA + i] = (uint8_t)(value >> (8 * i));
        }
    }
}

static void config_written(struct pci_function *function, unsigned reg, unsigned size)
{
    struct virtio_pci *pci = (struct virtio_pci *)function;
    uint32_t offset, length;
    if (hits_data(pci, reg, size) && access_valid(pci, &offset, &length)) {
        modern_write(pci, offset, length,
                     pci_config_get(function, pci->access + ACCESS_DATA, length));
    }
}

/* ---- the function ---------------------------------------------------------------------------- */

/* IDs that transitional devices have (4.1.2.1), and classes, which only people look at. */
static const struct {
    uint32_t id;
    uint16_t transitional;
    uint32_t class_code;
} ids[] = {
    {1, 0x1000, 0x020000},
    {2, 0x1001, 0x010000},
    {3, 0x1003, 0x078000},
    {4, 0x1005, 0x00ff00},
};

static void describe(struct virtio_pci *pci, enum virtio_pci_interface interface)
{
    uint32_t id = pci->plugged->ops->id;
    bool modern = interface == VIRTIO_PCI_MODERN;
    pci->kind = (struct pci_kind){
        .name = "virtio-pci",
        .vendor = 0x1af4,
        .device = (uint16_t)(0x1040 + id),
        .class_code = 0x00ff00,
        .revision = modern,
        .subsystem_vendor = 0x1af4,
        .subsystem = (uint16_t)id,
        .pin = 1,
        .written = config_written,
        .reading = config_reading,
    };
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        if (ids[i].id == id) {
            pci->kind.device = modern ? pci->kind.device : ids[i].transitional;
            pci->kind.class_code = ids[i].class_code;
        }
    }
}

/* A capability without its first two bytes, little-endian; with what only notifications have. */
static unsigned add_capability(struct virtio_pci *pci, uint8_t type, unsigned part, uint32_t size)
{
    bool more = type == CAP_NOTIFY || type == CAP_CONFIG_ACCESS;
    uint32_t offset = part * PART_SIZE;
    uint8_t length = more ? 20 : 16;
    const uint8_t body[18] = {
        length,
        type,
        type == CAP_CONFIG_ACCESS ? 0 : MODERN_BAR,
        [6] = (uint8_t)offset,
        (uint8_t)(offset >> 8),
        [10] = (uint8_t)size,
        (uint8_t)(size >> 8),
        [14] = type == CAP_NOTIFY ? NOTIFY_MULTIPLIER : 0,
    };
    return pci_add_capability(&pci->pci, VENDOR_CAPABILITY, body, length - 2u);
}

static void add_modern(struct virtio_pci *pci)
{
    add_capability(pci, CAP_COMMON, PART_COMMON, 0x38);
    add_capability(pci, CAP_ISR, PART_ISR, 1);
    add_capability(pci, CAP_DEVICE, PART_DEVICE, VIRTIO_CONFIG_SIZE);
    add_capability(pci, CAP_NOTIFY, PART_NOTIFY, NOTIFY_MULTIPLIER * pci->plugged->ops->queues);
    unsigned at = add_capability(pci, CAP_CONFIG_ACCESS, 0, 0);
    pci->access = (uint8_t)at;
    pci->pci.writable[at + ACCESS_BAR] = 0xff;
    memset(&pci->pci.writable[at + ACCESS_OFFSET], 0xff, ACCESS_DATA + 4 - ACCESS_OFFSET);
    pci_add_bar(
        &pci->pci, MODERN_BAR,
        &(struct pci_window){"virtio-modern", PCI_MEMORY, PARTS * PART_SIZE, &modern_ops, pci});
}

static const struct field virtio_pci_fields[] = {
    PCI_FIELDS(virtio_pci, pci),
    FIELD(virtio_pci, device_features_sel, FIELD_U32),
    FIELD(virtio_pci, driver_features_sel, FIELD_U32),
    FIELD(virtio_pci, queue_sel, FIELD_U32),
    FIELD(virtio_pci, isr, FIELD_U32),
};

static void virtio_pci_reset(void *device)
{
    struct virtio_pci *pci = device;
    regs_reset(&pci->common_regs);
    plugged_reset(pci);
}

static const struct device_ops virtio_pci_ops = {
    .name = "virtio-pci",
    .fields = virtio_pci_fields,
    .field_count = ARRAY_SIZE(virtio_pci_fields),
    .reset = virtio_pci_reset,
    .destroy = free,
};

bool virtio_pci_choose(const struct device_request *request, enum virtio_pci_interface *interface,
                       char *message, size_t message_size)
{
    bool no_legacy = option_is_on(request->options, "disable-legacy", false);
    bool no_modern = option_is_on(request->options, "disable-modern", false);
    if (no_legacy && no_modern) {
        snprintf(message, message_size,
                 "-device %s: disable-legacy and disable-modern leave nothing. Try: one of them",
                 request->driver);
        return false;
    }
    *interface = no_legacy   ? VIRTIO_PCI_MODERN
                 : no_modern ? VIRTIO_PCI_LEGACY
                             : VIRTIO_PCI_TRANSITIONAL;
    return true;
}

void virtio_pci_plug(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                     struct virtio_device *device, enum virtio_pci_interface interface)
{
    struct virtio_pci *pci = calloc(1, sizeof(*pci));
    CHECK(pci);
    pci->plugged = device;
    device->interrupt = interrupt;
    device->transport = pci;
    device->legacy = interface != VIRTIO_PCI_MODERN;
    pci->legacy_regs = pci->common_regs = (struct reg_block){
        .device = "virtio-pci",
        .regs = common_regs,
        .count = ARRAY_SIZE(common_regs),
        .log = &machine->config.log,
        .opaque = pci,
    };
    pci->legacy_regs.regs = legacy_regs;
    pci->legacy_regs.count = ARRAY_SIZE(legacy_regs);
    describe(pci, interface);
    pci_function_init(&pci->pci, bus, devfn, &pci->kind, &virtio_pci_ops);
    if (interface != VIRTIO_PCI_MODERN) {
        pci_add_bar(&pci->pci, LEGACY_BAR,
                    &(struct pci_window){"virtio-legacy", PCI_IO, LEGACY_SIZE, &legacy_ops, pci});
    }
    if (interface != VIRTIO_PCI_LEGACY) {
        add_modern(pci);
    }
}
