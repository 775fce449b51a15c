/* The virtio transport over memory-mapped registers (Virtual I/O Device 1.1, 4.2): version 2, or
 * version 1 for the legacy interface, which QEMU's boards present unless told otherwise. */
#ifndef DEVICES_VIRTIO_MMIO_H
#define DEVICES_VIRTIO_MMIO_H

#include "core/bus/irq.h"

#include <stdbool.h>
#include <stdint.h>

enum { VIRTIO_MMIO_SIZE = 0x200 };

struct machine;
struct virtio_device;
struct virtio_mmio;

/* An empty slot. */
struct virtio_mmio *virtio_mmio_create(struct machine *machine, uint64_t base, struct irq irq);
/* Puts a device in, which the machine owns; before the machine runs. */
void virtio_mmio_plug(struct virtio_mmio *slot, struct virtio_device *device, bool legacy);

#endif
