/* ARM PrimeCell general-purpose input and output PL061, 8 pins (ARM DDI 0190). */
#ifndef DEVICES_GPIO_PL061_H
#define DEVICES_GPIO_PL061_H

#include "core/bus/irq.h"

#include <stdint.h>

struct machine;
struct pl061;

struct pl061 *pl061_create(struct machine *machine, uint64_t base, struct irq irq);
/* Drives an input pin (an irq's fn: opaque is the struct pl061). */
void pl061_set_pin(void *opaque, unsigned pin, bool level);
/* Presses a key on an input pin: high for 100 ms. */
void pl061_press(struct pl061 *gpio, unsigned pin);

#endif
