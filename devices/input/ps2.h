/* Keyboard and mouse on PS/2 ports (IBM PS/2 Hardware Interface Technical Reference, 1991, sections
 * "Keyboards" and "Mouse"): parts of a controller, which takes the bytes that they send. Nothing
 * takes time on the wire; what is not taken waits here. */
#ifndef DEVICES_INPUT_PS2_H
#define DEVICES_INPUT_PS2_H

#include <stdbool.h>
#include <stdint.h>

enum { PS2_QUEUE = 16 };

struct ps2_queue {
    uint8_t bytes[PS2_QUEUE], first, held;
};

/* What both have: replies to the last command, which go first, and codes or movements. */
struct ps2_port {
    struct ps2_queue replies, codes;
    uint8_t last;    /* byte that was sent last */
    uint8_t command; /* that waits for its argument, 0: none */
};

/* Takes the next byte to be sent. False if there is none. */
bool ps2_port_take(struct ps2_port *port, uint8_t *byte);

/* For the devices: what begins an answer, and more of it; a code, for which there must be room. */
void ps2_port_answer(struct ps2_port *port, uint8_t byte);
void ps2_port_reply(struct ps2_port *port, uint8_t byte);
void ps2_port_code(struct ps2_port *port, uint8_t byte);
unsigned ps2_port_room(const struct ps2_port *port);
void ps2_port_clear(struct ps2_port *port);

enum { PS2_ACK = 0xfa, PS2_RESEND = 0xfe, PS2_PASSED = 0xaa };

/* A key is its code in scan code set 1, with PS2_EXTENDED if that is prefixed by E0. */
enum { PS2_EXTENDED = 0x100, PS2_KEY_PRINT = 0x137, PS2_KEY_PAUSE = 0x200 };

struct ps2_keyboard {
    struct ps2_port port;
    uint8_t set; /* of scan codes, 1 or 2 */
    uint8_t leds, rate;
    bool scanning;
};

void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte);
/* A key goes down (again, if it repeats) or up. Lost if the guest does not listen or too many
 * wait. */
void ps2_keyboard_key(struct ps2_keyboard *keyboard, unsigned key, bool down);

/* Code of set 2 for a code of set 1 below 0x80, and back. */
uint8_t ps2_set2_of(uint8_t code);
uint8_t ps2_set1_of(uint8_t code);

enum { PS2_LEFT = 1 << 0, PS2_RIGHT = 1 << 1, PS2_MIDDLE = 1 << 2 };

struct ps2_mouse {
    struct ps2_port port;
    uint8_t id; /* 0, or 3 once the guest has found the wheel */
    uint8_t rate, resolution, buttons;
    uint8_t knocks[3]; /* the last sample rates, which wake the wheel */
    bool reporting, remote, wrap, doubling;
    int32_t dx, dy, dz; /* not reported yet; right, up, wheel towards the user */
    bool changed;
};

void ps2_mouse_reset(struct ps2_mouse *mouse);
void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte);
/* Moves by counts and sets the buttons (PS2_LEFT ..). */
void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int dz, uint8_t buttons);
/* Makes a packet of what has happened, if the guest wants it now. */
void ps2_mouse_report(struct ps2_mouse *mouse);

#endif
