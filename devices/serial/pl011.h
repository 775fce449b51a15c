/* ARM PrimeCell UART PL011, revision r1p4 (ARM DDI 0183). Characters take no time: the transmit
 * FIFO is always empty, and the baud rate is kept but means nothing. */
#ifndef DEVICES_SERIAL_PL011_H
#define DEVICES_SERIAL_PL011_H

#include "core/bus/irq.h"

#include <stdint.h>

struct char_channel;
struct machine;
struct pl011;

/* Maps it at `base` and attaches it to the channel, which may be NULL. The machine owns it. */
struct pl011 *pl011_create(struct machine *machine, uint64_t base, struct irq irq,
                           struct char_channel *channel);

#endif
