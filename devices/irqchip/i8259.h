/* Pair of 8259A interrupt controllers as in a PC's south bridge (Intel 8259A data sheet, order
 * number 231468-003), with the edge/level registers of PIIX4 (290562-001, 4.2.2). */
#ifndef DEVICES_IRQCHIP_I8259_H
#define DEVICES_IRQCHIP_I8259_H

#include "core/bus/irq.h"

#include <stdint.h>

enum { I8259_INPUTS = 16 };

struct bus;
struct i8259;
struct machine;

/* Maps ports 0x20, 0x21, 0xa0, 0xa1, 0x4d0 and 0x4d1 of I/O space. The slave is on the master's
 * input 2; `output` is the master's INT. */
struct i8259 *i8259_create(struct machine *machine, struct bus *ports, struct irq output);

/* Input n; 2 is taken by the slave. */
struct irq i8259_input(struct i8259 *pic, unsigned n);

/* The interrupt acknowledge cycle of the bus: the vector, which is that of input 7 if there is
 * nothing to acknowledge any more. */
uint8_t i8259_acknowledge(struct i8259 *pic);

#endif
