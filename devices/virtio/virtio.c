#include "devices/virtio/virtio.h"

#include "core/base/check.h"
#include "core/machine/machine.h"

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
