/* The virtio transport over PCI (Virtual I/O Device 1.1, 4.1): modern, legacy, or transitional,
 * which is both until the driver uses one of them. Interrupts are INTx. */
#ifndef DEVICES_VIRTIO_PCI_H
#define DEVICES_VIRTIO_PCI_H

#include <stdbool.h>
#include <stddef.h>

enum virtio_pci_interface {
    VIRTIO_PCI_TRANSITIONAL,
    VIRTIO_PCI_LEGACY,
    VIRTIO_PCI_MODERN,
};

struct device_request;
struct machine;
struct pci_bus;
struct virtio_device;

/* The interface that a request's options ask for, disable-legacy and disable-modern. False with a
 * message if they leave none. */
bool virtio_pci_choose(const struct device_request *request, enum virtio_pci_interface *interface,
                       char *message, size_t message_size);
/* Puts a device, which the machine owns, into a place of the bus; before the machine runs. Legacy
 * drivers of big-endian guests want rings in their own order, which there are not. */
void virtio_pci_plug(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                     struct virtio_device *device, enum virtio_pci_interface interface);

#endif
