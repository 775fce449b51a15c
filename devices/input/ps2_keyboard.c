#include "devices/input/ps2.h"

enum { SETS = 2, LEDS = 7, RATE_DEFAULT = 0x2b, OVERRUN_SET1 = 0xff, OVERRUN_SET2 = 0x00 };
enum { PREFIX_EXTENDED = 0xe0, PREFIX_PAUSE = 0xe1, PREFIX_BREAK = 0xf0, SET1_BREAK = 0x80 };

/* Commands ("Commands from the System") */
enum {
    SET_LEDS = 0xed,
    ECHO = 0xee,
    SCAN_CODE_SET = 0xf0,
    IDENTIFY = 0xf2,
    TYPEMATIC = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    DEFAULTS = 0xf6,
    ALL_TYPEMATIC = 0xf7,
    ALL_MAKE_BREAK_TYPEMATIC = 0xfa,
    RESEND = 0xfe,
    RESET = 0xff,
};

/* ---- codes ----------------------------------------------------------------------------------- */

/* Codes of set 2 by those of set 1 ("Scan Code Sets"), also of places that no key has: what a
 * controller translates back. Two keys are beyond 7 bits in set 2. */
static const uint8_t set2[0x80] = {
    0xff, 0x76, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45, 0x4e, 0x55, 0x66, 0x0d,
    0x15, 0x1d, 0x24, 0x2d, 0x2c, 0x35, 0x3c, 0x43, 0x44, 0x4d, 0x54, 0x5b, 0x5a, 0x14, 0x1c, 0x1b,
    0x23, 0x2b, 0x34, 0x33, 0x3b, 0x42, 0x4b, 0x4c, 0x52, 0x0e, 0x12, 0x5d, 0x1a, 0x22, 0x21, 0x2a,
    0x32, 0x31, 0x3a, 0x41, 0x49, 0x4a, 0x59, 0x7c, 0x11, 0x29, 0x58, 0x05, 0x06, 0x04, 0x0c, 0x03,
    0x0b, 0x83, 0x0a, 0x01, 0x09, 0x77, 0x7e, 0x6c, 0x75, 0x7d, 0x7b, 0x6b, 0x73, 0x74, 0x79, 0x69,
    0x72, 0x7a, 0x70, 0x71, 0x84, 0x60, 0x61, 0x78, 0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f,
    0x47, 0x4f, 0x56, 0x5e, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50, 0x57, 0x6f,
    0x13, 0x19, 0x39, 0x51, 0x53, 0x5c, 0x5f, 0x62, 0x63, 0x64, 0x65, 0x67, 0x68, 0x6a, 0x6d, 0x6e,
};

uint8_t ps2_set2_of(uint8_t code)
{
    return set2[code % sizeof(set2)];
}

uint8_t ps2_set1_of(uint8_t code)
{
    /* These two share their place with the keys that are beyond 7 bits. */
    if (code == 0x02) {
        return 0x41;
    }
    if (code == 0x7f) {
        return 0x54;
    }
    if (!code) {
        return OVERRUN_SET1;
    }
    for (uint8_t i = 1; i < sizeof(set2); i++) {
        if (set2[i] == code) {
            return i;
        }
    }
    return code; /* not a key's: an answer to a command */
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void send_code(struct ps2_keyboard *keyboard, uint8_t code, bool extended, bool down)
{
    struct ps2_port *port = &keyboard->port;
    if (extended) {
        ps2_port_code(port, PREFIX_EXTENDED);
    }
    if (keyboard->set == 1) {
        ps2_port_code(port, down ? code : code | SET1_BREAK);
        return;
    }
    if (!down) {
        ps2_port_code(port, PREFIX_BREAK);
    }
    ps2_port_code(port, ps2_set2_of(code));
}

/* Pause sends all at once when it goes down: Ctrl and Num Lock behind a prefix of their own. */
static void send_pause(struct ps2_keyboard *keyboard)
{
    static const uint8_t keys[2] = {0x1d, 0x45};
    for (unsigned down = 2; down--;) {
        ps2_port_code(&keyboard->port, PREFIX_PAUSE);
        for (unsigned i = 0; i < 2; i++) {
            send_code(keyboard, keys[i], false, down);
        }
    }
}

/* Print Screen comes within a shift key that nobody presses. */
static void send_print(struct ps2_keyboard *keyboard, bool down)
{
    static const uint8_t keys[2] = {0x2a, 0x37};
    for (unsigned i = 0; i < 2; i++) {
        send_code(keyboard, keys[down ? i : 1 - i], true, down);
    }
}

void ps2_keyboard_key(struct ps2_keyboard *keyboard, unsigned key, bool down)
{
    enum { LONGEST = 8 };
    struct ps2_port *port = &keyboard->port;
    if (!keyboard->scanning) {
        return;
    }
    if (ps2_port_room(port) <= LONGEST) {
        /* The last place says that keys were lost. */
        if (ps2_port_room(port)) {
            ps2_port_code(port, keyboard->set == 1 ? OVERRUN_SET1 : OVERRUN_SET2);
        }
        return;
    }
    if (key == PS2_KEY_PRINT) {
        send_print(keyboard, down);
    } else if (key != PS2_KEY_PAUSE) {
        send_code(keyboard, key & 0x7f, key & PS2_EXTENDED, down);
    } else if (down) {
        send_pause(keyboard);
    }
}

/* ---- commands -------------------------------------------------------------------------------- */

static void set_defaults(struct ps2_keyboard *keyboard)
{
    ps2_port_clear(&keyboard->port);
    keyboard->set = 2;
    keyboard->rate = RATE_DEFAULT;
}

void ps2_keyboard_reset(struct ps2_keyboard *keyboard)
{
    set_defaults(keyboard);
    keyboard->port.command = 0;
    keyboard->leds = 0;
    keyboard->scanning = true;
}

static void argument(struct ps2_keyboard *keyboard, uint8_t command, uint8_t byte)
{
    struct ps2_port *port = &keyboard->port;
    bool fits = command != SCAN_CODE_SET || byte <= SETS;
    ps2_port_answer(port, fits ? PS2_ACK : PS2_RESEND);
    if (command == SET_LEDS) {
        keyboard->leds = byte & LEDS;
    } else if (command == TYPEMATIC) {
        keyboard->rate = byte;
    } else if (fits && !byte) {
        ps2_port_reply(port, keyboard->set);
    } else if (fits) {
        keyboard->set = byte;
    }
}

static void command(struct ps2_keyboard *keyboard, uint8_t byte)
{
    struct ps2_port *port = &keyboard->port;
    switch (byte) {
    case SET_LEDS:
    case SCAN_CODE_SET:
    case TYPEMATIC:
        port->command = byte;
        ps2_port_answer(port, PS2_ACK);
        break;
    case ECHO:
        ps2_port_answer(port, ECHO);
        break;
    case IDENTIFY:
        ps2_port_answer(port, PS2_ACK);
        ps2_port_reply(port, 0xab);
        ps2_port_reply(port, 0x83);
        break;
    case ENABLE:
    case DISABLE:
    case DEFAULTS:
        set_defaults(keyboard);
        keyboard->scanning = byte != DISABLE;
        ps2_port_answer(port, PS2_ACK);
        break;
    case RESEND:
        ps2_port_answer(port, port->last);
        break;
    case RESET:
        ps2_keyboard_reset(keyboard);
        ps2_port_answer(port, PS2_ACK);
        ps2_port_reply(port, PS2_PASSED);
        break;
    default: /* those for all keys mean something in set 3 alone */
        ps2_port_answer(
            port, byte >= ALL_TYPEMATIC && byte <= ALL_MAKE_BREAK_TYPEMATIC ? PS2_ACK : PS2_RESEND);
    }
}

void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte)
{
    uint8_t waiting = keyboard->port.command;
    keyboard->port.command = 0;
    if (waiting && byte < SET_LEDS) {
        argument(keyboard, waiting, byte);
    } else {
        command(keyboard, byte); /* also in place of an argument */
    }
}
