/* The functions that piix4.c puts together; nobody else includes it. */
#ifndef DEVICES_PCI_PIIX4_PARTS_H
#define DEVICES_PCI_PIIX4_PARTS_H

#include "core/bus/irq.h"

struct ide_channel;
struct machine;
struct pci_bus;
struct piix4_ide;

struct piix4_ide *piix4_ide_create(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                                   const struct irq irqs[2]);
struct ide_channel *piix4_ide_get(struct piix4_ide *ide, unsigned n);
void piix4_usb_create(struct machine *machine, struct pci_bus *bus, unsigned devfn);
void piix4_pm_create(struct machine *machine, struct pci_bus *bus, unsigned devfn, struct irq sci);

#endif
