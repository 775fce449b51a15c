/* A driver's side of virtio-mmio, for tests: legacy or modern set-up, rings in RAM. */
#ifndef TESTS_DEVICES_VIRTIO_H
#define TESTS_DEVICES_VIRTIO_H

#include "devices/virtio/devices.h"
#include "devices/virtio/mmio.h"
#include "devices/virtio/virtio.h"
#include "tests/devices/support.h"

#define SLOT UINT64_C(0xa000000)
/* Queue n: descriptors, available ring, used ring. */
#define RING(n)  (RAM_BASE + 0x10000 * ((n) + 1))
#define DESC(n)  RING(n)
#define AVAIL(n) (RING(n) + 16 * QUEUE)
#define USED(n)  (RING(n) + 0x1000)
#define DATA     (RAM_BASE + 0x80000)
enum { QUEUE = 16 };
enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4 };
enum { STATUS = 0x70, ISR = 0x60, ACK = 0x64, NOTIFY = 0x50 };

struct driver {
    struct machine *machine;
    struct line line;
    struct virtio_mmio *slot;
    uint16_t next[2];
};

static inline void put_slot(struct driver *d, unsigned offset, uint32_t value)
{
    wr(d->machine, SLOT + offset, 4, value);
}

static inline uint32_t get_slot(struct driver *d, unsigned offset)
{
    return (uint32_t)rd(d->machine, SLOT + offset, 4);
}

static inline void driver_make(struct driver *d)
{
    memset(d, 0, sizeof(*d));
    d->machine = fake_machine();
    d->slot = virtio_mmio_create(d->machine, SLOT, line_irq(&d->line));
}

static inline void driver_start(struct driver *d, bool legacy, unsigned queues, uint64_t features)
{
    put_slot(d, STATUS, 0);
    put_slot(d, STATUS, 1 | 2);
    if (!legacy) {
        features |= VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    }
    for (unsigned i = 0; i < 2; i++) {
        put_slot(d, 0x24, i);
        put_slot(d, 0x20, (uint32_t)(features >> (32 * i)));
    }
    if (!legacy) {
        put_slot(d, STATUS, 1 | 2 | 8);
        assert_int_equal(get_slot(d, STATUS), 1 | 2 | 8);
    } else {
        put_slot(d, 0x28, 4096);
    }
    for (unsigned i = 0; i < queues; i++) {
        d->next[i] = 0;
        bus_dma_write(d->machine->bus, RING(i), (const uint8_t[0x2000]){0}, 0x2000);
        put_slot(d, 0x30, i);
        put_slot(d, 0x38, QUEUE);
        if (legacy) {
            put_slot(d, 0x3c, 4096);
            put_slot(d, 0x40, (uint32_t)(RING(i) / 4096));
        } else {
            put_slot(d, 0x80, (uint32_t)DESC(i));
            put_slot(d, 0x84, 0);
            put_slot(d, 0x90, (uint32_t)AVAIL(i));
            put_slot(d, 0x94, 0);
            put_slot(d, 0xa0, (uint32_t)USED(i));
            put_slot(d, 0xa4, 0);
            put_slot(d, 0x44, 1);
        }
    }
    put_slot(d, STATUS, get_slot(d, STATUS) | 4);
}

static inline void desc_at(struct driver *d, uint64_t table, unsigned n, uint64_t address,
                           uint32_t size, uint16_t flags, uint16_t next)
{
    wr(d->machine, table + 16 * n, 8, address);
    wr(d->machine, table + 16 * n + 8, 4, size);
    wr(d->machine, table + 16 * n + 12, 2, flags);
    wr(d->machine, table + 16 * n + 14, 2, next);
}

static inline void desc(struct driver *d, unsigned queue, unsigned n, uint64_t address,
                        uint32_t size, uint16_t flags, uint16_t next)
{
    desc_at(d, DESC(queue), n, address, size, flags, next);
}

/* Makes chain `head` available without a notification. */
static inline void offer(struct driver *d, unsigned queue, uint16_t head)
{
    wr(d->machine, AVAIL(queue) + 4 + 2 * (d->next[queue]++ % QUEUE), 2, head);
    wr(d->machine, AVAIL(queue) + 2, 2, d->next[queue]);
}

static inline void submit(struct driver *d, unsigned queue, uint16_t head)
{
    offer(d, queue, head);
    put_slot(d, NOTIFY, queue);
}

static inline uint16_t used_index(struct driver *d, unsigned queue)
{
    return (uint16_t)rd(d->machine, USED(queue) + 2, 2);
}

static inline uint32_t used_length(struct driver *d, unsigned queue, unsigned n)
{
    return (uint32_t)rd(d->machine, USED(queue) + 4 + 8 * (n % QUEUE) + 4, 4);
}

static inline bool needs_reset(struct driver *d)
{
    return get_slot(d, STATUS) & VIRTIO_STATUS_NEEDS_RESET;
}

#endif
