/* AMD PCnet-PCI II, Am79C970A (data sheet, publication 19436): registers, initialization, rings.
 * No cable is plugged in: the link is down, frames to send go nowhere, and none arrive. Transmit
 * descriptors are looked at when the driver demands it (TDMD), not now and then. */
#ifndef DEVICES_NET_PCNET_H
#define DEVICES_NET_PCNET_H

#include <stdint.h>

struct machine;
struct pci_bus;

void pcnet_create(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                  const uint8_t address[6]);

#endif
