#include "devices/isa/ports.h"

/* Bytes of the access at `port` that lie in one device, or in none if *there is false. */
static unsigned run(const struct bus *ports, uint64_t port, unsigned size, bool *there)
{
    const struct bus_region *region = bus_find(ports, port);
    *there = region;
    if (!region) {
        return 1;
    }
    uint64_t left = region->size - (port - region->base);
    return left < size ? (unsigned)left : size;
}

uint64_t isa_read(struct bus *ports, uint64_t port, unsigned size)
{
    uint64_t value = 0;
    for (unsigned done = 0, step; done < size; done += step) {
        bool there;
        uint64_t part = 0xff;
        step = run(ports, port + done, size - done, &there);
        if (there) {
            bus_read(ports, port + done, step, &part);
        }
        value |= part << (8 * done);
    }
    return value;
}

void isa_write(struct bus *ports, uint64_t port, unsigned size, uint64_t value)
{
    for (unsigned done = 0, step; done < size; done += step) {
        bool there;
        step = run(ports, port + done, size - done, &there);
        if (there) {
            bus_write(ports, port + done, step, value >> (8 * done));
        }
    }
}

static uint64_t isa_mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    return isa_read(opaque, offset, size);
}

static void isa_mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    isa_write(opaque, offset, size, value);
}

const struct mmio_ops isa_mmio_ops = {isa_mmio_read, isa_mmio_write};
