#include "devices/virtio/virtio.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <string.h>

/* Features only of the legacy interface, and not of it. */
#define LEGACY_ONLY (VIRTIO_FEATURE(VIRTIO_F_NOTIFY_ON_EMPTY) | VIRTIO_FEATURE(VIRTIO_F_ANY_LAYOUT))
#define MODERN_ONLY VIRTIO_FEATURE(VIRTIO_F_VERSION_1)

void virtio_init(struct virtio_device *device, struct machine *machine,
                 const struct device_ops *device_ops, const struct virtio_ops *ops,
                 uint64_t features)
{
    CHECK(ops->queues <= VIRTIO_MAX_QUEUES);
    device->device.ops = device_ops;
    device->ops = ops;
    device->features = features | VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) |
                       VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) | VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    for (unsigned i = 0; i < ops->queues; i++) {
        device->queues[i].device = device;
        device->queues[i].size = VIRTIO_QUEUE_SIZE;
    }
    machine_add_device(machine, &device->device);
}

void virtio_reset(struct virtio_device *device)
{
    device->driver_features = 0;
    device->status = 0;
    device->broken = false;
    for (unsigned i = 0; i < device->ops->queues; i++) {
        struct virtqueue *queue = &device->queues[i];
        queue->size = VIRTIO_QUEUE_SIZE;
        queue->ready = false;
        queue->desc = queue->avail = queue->used = queue->pfn = 0;
        queue->next_avail = queue->next_used = queue->signalled_used = 0;
        queue->signalled_valid = false;
    }
    if (device->ops->reset) {
        device->ops->reset(device);
    }
}

void virtio_break(struct virtio_device *device, const char *why)
{
    if (device->broken) {
        return;
    }
    device->broken = true;
    log_write(&device->device.machine->config.log, LOG_GUEST_ERRORS,
              "%s: stopped until it is reset: %s\n", device->ops->name, why);
    if (!device->legacy) {
        device->status |= VIRTIO_STATUS_NEEDS_RESET;
        virtio_interrupt(device, VIRTIO_INTERRUPT_CONFIG);
    }
}

void virtio_interrupt(struct virtio_device *device, uint32_t bits)
{
    if (device->interrupt) {
        device->interrupt(device->transport, bits);
    }
}

/* ---- for transports -------------------------------------------------------------------------- */

uint64_t virtio_offered(const struct virtio_device *device)
{
    uint64_t features = device->features;
    return device->legacy ? (features & ~MODERN_ONLY) | LEGACY_ONLY : features;
}

uint32_t virtio_half(uint64_t features, uint32_t half)
{
    return half < 2 ? (uint32_t)(features >> (32 * half)) : 0;
}

void virtio_accept(struct virtio_device *device, uint32_t half, uint32_t value)
{
    if (half >= 2 || device->status & VIRTIO_STATUS_FEATURES_OK) {
        return;
    }
    device->driver_features = bits_put(device->driver_features, 32 * half, 32, value);
    if (device->legacy) {
        device->driver_features &= virtio_offered(device); /* it has no way to refuse */
    }
}

struct virtqueue *virtio_queue(struct virtio_device *device, uint32_t n)
{
    return n < device->ops->queues ? &device->queues[n] : NULL;
}

uint64_t virtio_config_read(const struct virtio_device *device, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    if (offset + size <= VIRTIO_CONFIG_SIZE) {
        memcpy(&value, device->config + offset, size);
    }
    return value;
}

/* Whether the driver took what it may and must take (3.1.1). */
static bool features_fit(const struct virtio_device *device)
{
    uint64_t accepted = device->driver_features;
    return !(accepted & ~virtio_offered(device)) && accepted & VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
}

void virtio_set_status(struct virtio_device *device, uint8_t status)
{
    bool accepts = status & ~device->status & VIRTIO_STATUS_FEATURES_OK;
    if (accepts && !device->legacy && !features_fit(device)) {
        status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    }
    device->status = (uint8_t)(status | (device->status & VIRTIO_STATUS_NEEDS_RESET));
    for (unsigned i = 0; i < device->ops->queues; i++) {
        if (device->queues[i].ready) {
            virtio_kick(device, i);
        }
    }
}

void virtio_set_queue_size(struct virtqueue *queue, uint32_t size)
{
    if (queue->ready) {
        return;
    }
    if (!size || size > VIRTIO_QUEUE_SIZE || size & (size - 1)) {
        virtio_break(queue->device, "the size of a queue is not possible");
        return;
    }
    queue->size = (uint16_t)size;
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & -to;
}

void virtio_place_legacy(struct virtqueue *queue, uint32_t pfn, uint64_t page, uint64_t align)
{
    if (!page || page & (page - 1) || !align || align & (align - 1)) {
        virtio_break(queue->device, "page size or alignment is no power of two");
        return;
    }
    queue->pfn = pfn;
    queue->desc = pfn * page;
    queue->avail = queue->desc + 16 * (uint64_t)queue->size;
    queue->used = align_up(queue->avail + 6 + 2 * (uint64_t)queue->size, align);
    queue->ready = true;
}

void virtio_kick(struct virtio_device *device, uint32_t queue)
{
    if (queue < device->ops->queues && virtio_is_up(device)) {
        device->ops->notify(device, queue);
    }
}
