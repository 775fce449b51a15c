#include "devices/input/ps2.h"

#include <string.h>

enum { ID_PLAIN = 0, ID_WHEEL = 3, RATE_DEFAULT = 100, RESOLUTION_DEFAULT = 2 };
enum { COUNTS = 255, COUNTS_WHEEL = 7, PENDING_MAX = 1 << 16 };

/* Commands ("Mouse Commands") */
enum {
    RESET_SCALING = 0xe6,
    SET_SCALING = 0xe7,
    SET_RESOLUTION = 0xe8,
    STATUS_REQUEST = 0xe9,
    STREAM_MODE = 0xea,
    READ_DATA = 0xeb,
    RESET_WRAP = 0xec,
    WRAP_MODE = 0xee,
    REMOTE_MODE = 0xf0,
    READ_ID = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    DEFAULTS = 0xf6,
    RESEND = 0xfe,
    RESET = 0xff,
};

/* First byte of a packet, beside the buttons. */
enum { PACKET_ONE = 1 << 3, PACKET_X_SIGN = 1 << 4, PACKET_Y_SIGN = 1 << 5 };

enum { STATUS_REMOTE = 1 << 6, STATUS_ENABLED = 1 << 5, STATUS_DOUBLING = 1 << 4 };

/* ---- movements ------------------------------------------------------------------------------- */

static int32_t clamp(int64_t value, int32_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : (int32_t)value;
}

/* As much of a movement as one packet can say. */
static int32_t portion(int32_t *left, int32_t limit)
{
    int32_t part = clamp(*left, limit);
    *left -= part;
    return part;
}

static void packet(struct ps2_mouse *mouse, void (*put)(struct ps2_port *port, uint8_t byte))
{
    int32_t x = portion(&mouse->dx, COUNTS), y = portion(&mouse->dy, COUNTS);
    int32_t z = portion(&mouse->dz, COUNTS_WHEEL);
    uint8_t first = PACKET_ONE | mouse->buttons;
    first |= x < 0 ? PACKET_X_SIGN : 0;
    first |= y < 0 ? PACKET_Y_SIGN : 0;
    put(&mouse->port, first);
    put(&mouse->port, (uint8_t)x);
    put(&mouse->port, (uint8_t)y);
    if (mouse->id == ID_WHEEL) {
        put(&mouse->port, (uint8_t)z);
    }
    mouse->changed = mouse->dx || mouse->dy || (mouse->dz && mouse->id == ID_WHEEL);
}

void ps2_mouse_report(struct ps2_mouse *mouse)
{
    enum { LONGEST = 4 };
    while (mouse->changed && mouse->reporting && !mouse->remote && !mouse->wrap &&
           ps2_port_room(&mouse->port) >= LONGEST) {
        packet(mouse, ps2_port_code);
    }
}

void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int dz, uint8_t buttons)
{
    mouse->dx = clamp((int64_t)mouse->dx + dx, PENDING_MAX);
    mouse->dy = clamp((int64_t)mouse->dy + dy, PENDING_MAX);
    mouse->dz = clamp((int64_t)mouse->dz + dz, PENDING_MAX);
    mouse->buttons = buttons & (PS2_LEFT | PS2_RIGHT | PS2_MIDDLE);
    mouse->changed = true;
    ps2_mouse_report(mouse);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void set_defaults(struct ps2_mouse *mouse)
{
    ps2_port_clear(&mouse->port);
    mouse->rate = RATE_DEFAULT;
    mouse->resolution = RESOLUTION_DEFAULT;
    mouse->reporting = mouse->remote = mouse->doubling = mouse->changed = false;
    mouse->dx = mouse->dy = mouse->dz = 0;
}

void ps2_mouse_reset(struct ps2_mouse *mouse)
{
    set_defaults(mouse);
    mouse->port.command = 0;
    mouse->wrap = false;
    mouse->id = ID_PLAIN;
    memset(mouse->knocks, 0, sizeof(mouse->knocks));
}

static void status(struct ps2_mouse *mouse)
{
    uint8_t flags = mouse->remote ? STATUS_REMOTE : 0;
    flags |= mouse->reporting ? STATUS_ENABLED : 0;
    flags |= mouse->doubling ? STATUS_DOUBLING : 0;
    /* The right button is the lowest bit here, the left one bit 2. */
    flags |= mouse->buttons & PS2_LEFT ? 1 << 2 : 0;
    flags |= mouse->buttons & PS2_MIDDLE ? 1 << 1 : 0;
    flags |= mouse->buttons & PS2_RIGHT ? 1 << 0 : 0;
    ps2_port_reply(&mouse->port, flags);
    ps2_port_reply(&mouse->port, mouse->resolution);
    ps2_port_reply(&mouse->port, mouse->rate);
}

/* Rates 200, 100 and 80 in a row make a wheel mouse of it. */
static void set_rate(struct ps2_mouse *mouse, uint8_t rate)
{
    static const uint8_t knocks[3] = {200, 100, 80};
    mouse->rate = rate;
    memmove(mouse->knocks, mouse->knocks + 1, 2);
    mouse->knocks[2] = rate;
    if (!memcmp(mouse->knocks, knocks, sizeof(knocks))) {
        mouse->id = ID_WHEEL;
    }
}

static void argument(struct ps2_mouse *mouse, uint8_t command, uint8_t byte)
{
    ps2_port_answer(&mouse->port, PS2_ACK);
    if (command == SET_RATE) {
        set_rate(mouse, byte);
    } else {
        mouse->resolution = byte & 3;
    }
}

static void command(struct ps2_mouse *mouse, uint8_t byte)
{
    struct ps2_port *port = &mouse->port;
    ps2_port_answer(port, PS2_ACK);
    switch (byte) {
    case RESET_SCALING:
    case SET_SCALING:
        mouse->doubling = byte == SET_SCALING;
        break;
    case SET_RESOLUTION:
    case SET_RATE:
        port->command = byte;
        break;
    case STATUS_REQUEST:
        status(mouse);
        break;
    case STREAM_MODE:
    case REMOTE_MODE:
        mouse->remote = byte == REMOTE_MODE;
        break;
    case READ_DATA:
        packet(mouse, ps2_port_reply);
        break;
    case RESET_WRAP:
    case WRAP_MODE:
        mouse->wrap = byte == WRAP_MODE;
        break;
    case READ_ID:
        ps2_port_reply(port, mouse->id);
        break;
    case ENABLE:
    case DISABLE:
        mouse->reporting = byte == ENABLE;
        break;
    case DEFAULTS:
        set_defaults(mouse);
        ps2_port_answer(port, PS2_ACK);
        break;
    case RESEND:
        ps2_port_answer(port, port->last);
        break;
    case RESET:
        ps2_mouse_reset(mouse);
        ps2_port_answer(port, PS2_ACK);
        ps2_port_reply(port, PS2_PASSED);
        ps2_port_reply(port, ID_PLAIN);
        break;
    default:
        ps2_port_answer(port, PS2_RESEND);
    }
}

void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte)
{
    uint8_t waiting = mouse->port.command;
    mouse->port.command = 0;
    if (mouse->wrap && byte != RESET_WRAP && byte != RESET) {
        ps2_port_answer(&mouse->port, byte); /* an echo of all but these */
    } else if (waiting) {
        argument(mouse, waiting, byte);
    } else {
        command(mouse, byte);
    }
    ps2_mouse_report(mouse);
}
