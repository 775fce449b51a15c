/* Programmable interval timer 8254 (Intel data sheet, order number 231164-005) as in a PC's south
 * bridge: channel 0 interrupts, port 0x61 has channel 2's gate and output (PIIX4, 290562-001,
 * 4.2.4, register NMISC). The speaker is not there. */
#ifndef DEVICES_TIMER_I8254_H
#define DEVICES_TIMER_I8254_H

#include "core/bus/irq.h"

struct bus;
struct i8254;
struct machine;

/* Maps ports 0x40 to 0x43 and 0x61 of I/O space. */
struct i8254 *i8254_create(struct machine *machine, struct bus *ports, struct irq irq);

#endif
