/* Galileo GT-64120A system controller (GT-64120A datasheet, rev 1.1): the PCI host bridge and the
 * address decoder of a CPU. Memory and device banks are the board's; their decode and timing
 * registers are kept and do nothing, as do the DMA channels and the timers. The second PCI bus is
 * not there. */
#ifndef DEVICES_PCI_GT64120_H
#define DEVICES_PCI_GT64120_H

#include "core/bus/irq.h"

#include <stdbool.h>

struct gt64120;
struct machine;
struct pci_bus;

/* Where its registers are after a reset; the CPU may move them and all windows. */
#define GT64120_RESET_BASE 0x14000000u

struct gt64120_config {
    bool cpu_big_endian; /* as sampled at reset; what the CPU then sees is little-endian */
    struct irq interrupt;
    /* An interrupt acknowledge cycle on the bus: the vector of the interrupt controller. */
    unsigned (*acknowledge)(void *opaque);
    void *opaque;
};

/* The bridge is function 0 of slot 0. */
struct gt64120 *gt64120_create(struct machine *machine, struct pci_bus *bus,
                               const struct gt64120_config *config);

#endif
