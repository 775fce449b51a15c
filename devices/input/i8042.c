#include "devices/input/i8042.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/input/ps2.h"

#include <stdlib.h>

enum { PORT_DATA = 0x60, PORT_COMMAND = 0x64, RAM_SIZE = 32 };

enum {
    STATUS_FULL = 1 << 0,
    STATUS_SYSTEM = 1 << 2,
    STATUS_COMMAND = 1 << 3,
    STATUS_UNLOCKED = 1 << 4,
    STATUS_MOUSE = 1 << 5,
};

/* Byte 0 of the controller's RAM */
enum {
    CONFIG_KEYBOARD_INT = 1 << 0,
    CONFIG_MOUSE_INT = 1 << 1,
    CONFIG_SYSTEM = 1 << 2,
    CONFIG_KEYBOARD_OFF = 1 << 4,
    CONFIG_MOUSE_OFF = 1 << 5,
    CONFIG_TRANSLATE = 1 << 6,
    CONFIG_INITIAL = CONFIG_KEYBOARD_INT | CONFIG_MOUSE_INT,
};

/* Output port: reset is active low; two bits show the interrupts. */
enum {
    OUT_NO_RESET = 1 << 0,
    OUT_A20 = 1 << 1,
    OUT_KEYBOARD_FULL = 1 << 4,
    OUT_MOUSE_FULL = 1 << 5,
    OUT_LINES = 0xcc, /* clocks and data of both ports, idle */
    OUT_INITIAL = OUT_LINES | OUT_NO_RESET | OUT_A20,
};
enum { IN_UNLOCKED = 1 << 7 };

enum {
    READ_RAM = 0x20,
    WRITE_RAM = 0x60,
    TEST_PASSWORD = 0xa4,
    DISABLE_MOUSE = 0xa7,
    ENABLE_MOUSE = 0xa8,
    TEST_MOUSE = 0xa9,
    TEST_SELF = 0xaa,
    TEST_KEYBOARD = 0xab,
    DISABLE_KEYBOARD = 0xad,
    ENABLE_KEYBOARD = 0xae,
    READ_INPUT = 0xc0,
    READ_OUTPUT = 0xd0,
    WRITE_OUTPUT = 0xd1,
    WRITE_KEYBOARD_BUFFER = 0xd2,
    WRITE_MOUSE_BUFFER = 0xd3,
    WRITE_MOUSE = 0xd4,
    READ_TEST = 0xe0,
    PULSE_OUTPUT = 0xf0,
};
enum { NO_PASSWORD = 0xf1, SELF_PASSED = 0x55, PORT_PASSED = 0x00 };
enum { BREAK_PREFIX = 0xf0, BREAK_BIT = 0x80, TRANSLATED_LAST = 0x84 };

struct i8042 {
    struct device device;
    struct reg_block data_regs, command_regs;
    struct i8042_lines lines;
    uint8_t ram[RAM_SIZE];
    uint8_t out_port;
    uint8_t buffer; /* the output buffer */
    bool full, from_mouse;
    bool last_was_command;
    uint8_t command; /* that waits for its argument, 0: none */
    bool in_break;   /* translation has swallowed a prefix */
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
};

/* ---- the output buffer ----------------------------------------------------------------------- */

static void update(struct i8042 *controller)
{
    uint8_t config = controller->ram[0];
    bool full = controller->full, mouse = controller->from_mouse;
    irq_set(&controller->lines.keyboard, full && !mouse && config & CONFIG_KEYBOARD_INT);
    irq_set(&controller->lines.mouse, full && mouse && config & CONFIG_MOUSE_INT);
    irq_set(&controller->lines.reset, !(controller->out_port & OUT_NO_RESET));
}

static void put(struct i8042 *controller, uint8_t byte, bool from_mouse)
{
    controller->buffer = byte;
    controller->from_mouse = from_mouse;
    controller->full = true;
}

/* Keys come in scan code set 2 and go on as set 1. False if the byte is a prefix of the next. */
static bool translate(struct i8042 *controller, uint8_t *byte)
{
    if (*byte == BREAK_PREFIX) {
        controller->in_break = true;
        return false;
    }
    if (*byte <= TRANSLATED_LAST) {
        *byte = ps2_set1_of(*byte) | (controller->in_break ? BREAK_BIT : 0);
    }
    controller->in_break = false;
    return true;
}

/* Lets the devices send while there is room. */
static void fill(struct i8042 *controller)
{
    uint8_t config = controller->ram[0], byte;
    while (!controller->full && !(config & CONFIG_KEYBOARD_OFF) &&
           ps2_port_take(&controller->keyboard.port, &byte)) {
        if (!(config & CONFIG_TRANSLATE) || translate(controller, &byte)) {
            put(controller, byte, false);
        }
    }
    if (!controller->full && !(config & CONFIG_MOUSE_OFF) &&
        ps2_port_take(&controller->mouse.port, &byte)) {
        put(controller, byte, true);
        ps2_mouse_report(&controller->mouse);
    }
    update(controller);
}

/* ---- commands -------------------------------------------------------------------------------- */

static uint8_t output_port(const struct i8042 *controller)
{
    uint8_t value = controller->out_port;
    if (controller->full) {
        value |= controller->from_mouse ? OUT_MOUSE_FULL : OUT_KEYBOARD_FULL;
    }
    return value;
}

static void command(struct i8042 *controller, uint8_t byte)
{
    uint8_t *config = &controller->ram[0];
    switch (byte) {
    case READ_RAM ... READ_RAM + RAM_SIZE - 1:
        put(controller, controller->ram[byte - READ_RAM], false);
        break;
    case WRITE_RAM ... WRITE_RAM + RAM_SIZE - 1:
    case WRITE_OUTPUT:
    case WRITE_KEYBOARD_BUFFER:
    case WRITE_MOUSE_BUFFER:
    case WRITE_MOUSE:
        controller->command = byte;
        break;
    case TEST_PASSWORD:
        put(controller, NO_PASSWORD, false);
        break;
    case TEST_SELF:
        *config |= CONFIG_SYSTEM;
        put(controller, SELF_PASSED, false);
        break;
    case TEST_MOUSE:
    case TEST_KEYBOARD:
        put(controller, PORT_PASSED, false);
        break;
    case DISABLE_MOUSE:
        *config |= CONFIG_MOUSE_OFF;
        break;
    case ENABLE_MOUSE:
        *config &= ~CONFIG_MOUSE_OFF;
        break;
    case DISABLE_KEYBOARD:
        *config |= CONFIG_KEYBOARD_OFF;
        break;
    case ENABLE_KEYBOARD:
        *config &= ~CONFIG_KEYBOARD_OFF;
        break;
    case READ_INPUT:
        put(controller, IN_UNLOCKED, false);
        break;
    case READ_OUTPUT:
        put(controller, output_port(controller), false);
        break;
    case READ_TEST: /* clocks of both ports, low while a port is off */
        put(controller,
            (*config & CONFIG_KEYBOARD_OFF ? 0 : 1) | (*config & CONFIG_MOUSE_OFF ? 0 : 2), false);
        break;
    case PULSE_OUTPUT ... 0xff: /* bits that are 0 go low for a moment */
        irq_set(&controller->lines.reset, !(byte & OUT_NO_RESET));
        break;
    default:
        log_write(controller->command_regs.log, LOG_GUEST_ERRORS, "i8042: no command 0x%02x\n",
                  byte);
    }
}

static void argument(struct i8042 *controller, uint8_t waiting, uint8_t byte)
{
    switch (waiting) {
    case WRITE_OUTPUT:
        controller->out_port = byte & ~(OUT_KEYBOARD_FULL | OUT_MOUSE_FULL);
        break;
    case WRITE_KEYBOARD_BUFFER:
        put(controller, byte, false);
        break;
    case WRITE_MOUSE_BUFFER:
        put(controller, byte, true);
        break;
    case WRITE_MOUSE:
        controller->ram[0] &= ~CONFIG_MOUSE_OFF;
        ps2_mouse_write(&controller->mouse, byte);
        break;
    default:
        controller->ram[waiting - WRITE_RAM] = byte;
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t data_read(void *device, const struct reg *reg)
{
    struct i8042 *controller = device;
    uint8_t byte = controller->buffer;
    controller->full = false;
    update(controller); /* the line falls between two bytes */
    fill(controller);
    return byte;
}

static void data_write(void *device, const struct reg *reg, uint32_t value)
{
    struct i8042 *controller = device;
    uint8_t waiting = controller->command;
    controller->command = 0;
    controller->last_was_command = false;
    if (waiting) {
        argument(controller, waiting, (uint8_t)value);
    } else {
        controller->ram[0] &= ~CONFIG_KEYBOARD_OFF; /* to send is to enable */
        ps2_keyboard_write(&controller->keyboard, (uint8_t)value);
    }
    fill(controller);
}

static uint32_t status_read(void *device, const struct reg *reg)
{
    const struct i8042 *controller = device;
    uint32_t value = STATUS_UNLOCKED;
    value |= controller->full ? STATUS_FULL : 0;
    value |= controller->full && controller->from_mouse ? STATUS_MOUSE : 0;
    value |= controller->ram[0] & CONFIG_SYSTEM ? STATUS_SYSTEM : 0;
    value |= controller->last_was_command ? STATUS_COMMAND : 0;
    return value;
}

static void command_write(void *device, const struct reg *reg, uint32_t value)
{
    struct i8042 *controller = device;
    controller->last_was_command = true;
    controller->command = 0;
    command(controller, (uint8_t)value);
    fill(controller);
}

static const struct reg data_regs[] = {
    {"data", 0, 1, REG_NONE, .read = data_read, .write = data_write},
};
static const struct reg command_regs[] = {
    {"status/command", 0, 1, REG_NONE, .read = status_read, .write = command_write},
};

/* ---- the device ------------------------------------------------------------------------------ */

#define QUEUE_FIELDS(queue)                                                                        \
    FIELD_ARRAY(i8042, queue.bytes, FIELD_U8, PS2_QUEUE), FIELD(i8042, queue.first, FIELD_U8),     \
        FIELD(i8042, queue.held, FIELD_U8)
#define PORT_FIELDS(port)                                                                          \
    QUEUE_FIELDS(port.replies), QUEUE_FIELDS(port.codes), FIELD(i8042, port.last, FIELD_U8),       \
        FIELD(i8042, port.command, FIELD_U8)
static const struct field i8042_fields[] = {
    FIELD_ARRAY(i8042, ram, FIELD_U8, RAM_SIZE),
    FIELD(i8042, out_port, FIELD_U8),
    FIELD(i8042, buffer, FIELD_U8),
    FIELD(i8042, full, FIELD_BOOL),
    FIELD(i8042, from_mouse, FIELD_BOOL),
    FIELD(i8042, last_was_command, FIELD_BOOL),
    FIELD(i8042, command, FIELD_U8),
    FIELD(i8042, in_break, FIELD_BOOL),
    PORT_FIELDS(keyboard.port),
    FIELD(i8042, keyboard.set, FIELD_U8),
    FIELD(i8042, keyboard.leds, FIELD_U8),
    FIELD(i8042, keyboard.rate, FIELD_U8),
    FIELD(i8042, keyboard.scanning, FIELD_BOOL),
    PORT_FIELDS(mouse.port),
    FIELD(i8042, mouse.id, FIELD_U8),
    FIELD(i8042, mouse.rate, FIELD_U8),
    FIELD(i8042, mouse.resolution, FIELD_U8),
    FIELD(i8042, mouse.buttons, FIELD_U8),
    FIELD_ARRAY(i8042, mouse.knocks, FIELD_U8, 3),
    FIELD(i8042, mouse.reporting, FIELD_BOOL),
    FIELD(i8042, mouse.remote, FIELD_BOOL),
    FIELD(i8042, mouse.wrap, FIELD_BOOL),
    FIELD(i8042, mouse.doubling, FIELD_BOOL),
    FIELD(i8042, mouse.dx, FIELD_U32),
    FIELD(i8042, mouse.dy, FIELD_U32),
    FIELD(i8042, mouse.dz, FIELD_U32),
    FIELD(i8042, mouse.changed, FIELD_BOOL),
};

/* As after the firmware's power-on tests, whose answers it has read. */
static void i8042_reset(void *device)
{
    struct i8042 *controller = device;
    ps2_keyboard_reset(&controller->keyboard);
    ps2_mouse_reset(&controller->mouse);
    for (unsigned i = 0; i < RAM_SIZE; i++) {
        controller->ram[i] = i ? 0 : CONFIG_INITIAL;
    }
    controller->out_port = OUT_INITIAL;
    controller->buffer = controller->command = 0;
    controller->full = controller->from_mouse = false;
    controller->last_was_command = controller->in_break = false;
    update(controller);
}

static const struct device_ops i8042_ops = {
    .name = "i8042",
    .fields = i8042_fields,
    .field_count = ARRAY_SIZE(i8042_fields),
    .reset = i8042_reset,
    .destroy = free,
};

struct i8042 *i8042_create(struct machine *machine, struct bus *ports,
                           const struct i8042_lines *lines)
{
    struct i8042 *controller = calloc(1, sizeof(*controller));
    CHECK(controller);
    controller->device.ops = &i8042_ops;
    controller->lines = *lines;
    controller->data_regs = controller->command_regs = (struct reg_block){
        .device = "i8042",
        .count = 1,
        .log = &machine->config.log,
        .opaque = controller,
    };
    controller->data_regs.regs = data_regs;
    controller->command_regs.regs = command_regs;
    i8042_reset(controller);
    machine_add_device(machine, &controller->device);
    bus_add_mmio(ports, "i8042 data", PORT_DATA, 1, &regs_mmio_ops, &controller->data_regs);
    bus_add_mmio(ports, "i8042 command", PORT_COMMAND, 1, &regs_mmio_ops,
                 &controller->command_regs);
    return controller;
}

void i8042_key(struct i8042 *controller, unsigned key, bool down)
{
    ps2_keyboard_key(&controller->keyboard, key, down);
    fill(controller);
}

void i8042_mouse(struct i8042 *controller, int dx, int dy, int dz, uint8_t buttons)
{
    ps2_mouse_move(&controller->mouse, dx, dy, dz, buttons);
    fill(controller);
}
