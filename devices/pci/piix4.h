/* Intel 82371AB (PIIX4), the south bridge of many boards (datasheet 290562-001): function 0 ISA
 * bridge, 1 IDE, 2 USB, 3 power management. What sits behind the bridge - interrupt controllers,
 * timers, clock - the board puts into the bus's I/O space itself. Serial interrupts, the general
 * purpose pins and SMBus slaves are not there, and the USB controller never sees a device. */
#ifndef DEVICES_PCI_PIIX4_H
#define DEVICES_PCI_PIIX4_H

#include "core/bus/irq.h"

struct ide_channel;
struct machine;
struct pci_bus;
struct piix4;

struct piix4_config {
    unsigned slot;
    struct irq isa[16]; /* inputs of the interrupt controllers; not all are driven */
};

struct piix4 *piix4_create(struct machine *machine, struct pci_bus *bus,
                           const struct piix4_config *config);
/* Input PIRQA# .. PIRQD# (0 .. 3), for the wires of the bus. */
struct irq piix4_pirq(struct piix4 *piix4, unsigned n);
/* 0: primary, 1: secondary; for drives. */
struct ide_channel *piix4_ide_channel(struct piix4 *piix4, unsigned n);

#endif
