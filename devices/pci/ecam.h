/* A PCI host bridge as device trees call it "pci-host-ecam-generic" (PCI Express Base Specification
 * 3.0, 7.2.2: enhanced configuration access): configuration space is a window of memory, and so
 * are both spaces of the bus. Function 0 of slot 0 is the bridge itself. */
#ifndef DEVICES_PCI_ECAM_H
#define DEVICES_PCI_ECAM_H

#include "devices/pci/pci.h"

struct ecam_config {
    uint64_t config, config_size; /* where registers are, 1 MiB for each number of a bus */
    uint64_t io, io_size;         /* address 0 of I/O space on */
    uint64_t memory, memory_size; /* at the same addresses on the bus; below 4 GiB */
    struct pci_wiring wiring;
};

/* The machine owns the bus and the bridge. */
struct pci_bus *ecam_create(struct machine *machine, const struct ecam_config *config);

#endif
