/* 16550A UART with FIFOs (National Semiconductor PC16550D, June 1995; TL16C550C is the same to
 * software). Characters take no time: the transmitter is always empty, the baud rate is kept but
 * means nothing. */
#ifndef DEVICES_SERIAL_NS16550_H
#define DEVICES_SERIAL_NS16550_H

#include "core/bus/irq.h"

#include <stdint.h>

struct bus;
struct char_channel;
struct machine;
struct ns16550;

/* Maps eight registers `stride` bytes apart (a power of two; 1 for a PC's ports) at `base` of a bus
 * and attaches it to the channel, which may be NULL. With a stride above 1 a register answers on
 * all byte lanes of its place. The machine owns it. */
struct ns16550 *ns16550_create(struct machine *machine, struct bus *bus, uint64_t base,
                               unsigned stride, struct irq irq, struct char_channel *channel);

/* For a bus whose first byte is the high one, as boards with big-endian CPUs have it: what is wider
 * than a byte and no wider than a register's place has it in its last byte. */
void ns16550_set_big_endian(struct ns16550 *uart);

#endif
