/* Keyboard controller of a PC (Intel 8042 with the firmware of IBM's PS/2; PS/2 Hardware Interface
 * Technical Reference, 1991, "Keyboard and Auxiliary Device Controller") with a keyboard and a
 * mouse attached. */
#ifndef DEVICES_INPUT_I8042_H
#define DEVICES_INPUT_I8042_H

#include "core/bus/irq.h"

#include <stdbool.h>
#include <stdint.h>

struct bus;
struct i8042;
struct machine;

struct i8042_lines {
    struct irq keyboard, mouse; /* IRQ 1 and 12 of a PC */
    struct irq reset;           /* high while the guest asks for a reset of the machine */
};

/* Maps ports 0x60 (data) and 0x64 (status, command) of I/O space. */
struct i8042 *i8042_create(struct machine *machine, struct bus *ports,
                           const struct i8042_lines *lines);

/* Input, on the machine's thread; keys and buttons as in devices/input/ps2.h. */
void i8042_key(struct i8042 *controller, unsigned key, bool down);
void i8042_mouse(struct i8042 *controller, int dx, int dy, int dz, uint8_t buttons);

#endif
