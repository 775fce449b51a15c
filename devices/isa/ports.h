/* I/O space of an ISA bus: a `struct bus` of port numbers on which devices map themselves like on
 * any other. Ports without a device float: they read as ones and swallow writes, as whoever
 * probes for a device expects. */
#ifndef DEVICES_ISA_PORTS_H
#define DEVICES_ISA_PORTS_H

#include "core/bus/bus.h"

enum { ISA_PORTS = 0x10000 };

/* Access of 1, 2, 4 or 8 bytes to a port, which need not be aligned. */
uint64_t isa_read(struct bus *ports, uint64_t port, unsigned size);
void isa_write(struct bus *ports, uint64_t port, unsigned size, uint64_t value);

/* Window of memory onto I/O space from port 0; the opaque is the bus of ports. */
extern const struct mmio_ops isa_mmio_ops;

#endif
