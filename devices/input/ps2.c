#include "devices/input/ps2.h"

#include "core/base/check.h"

static void put(struct ps2_queue *queue, uint8_t byte)
{
    CHECK(queue->held < PS2_QUEUE);
    queue->bytes[(queue->first + queue->held++) % PS2_QUEUE] = byte;
}

static void clear(struct ps2_queue *queue)
{
    queue->first = queue->held = 0;
}

bool ps2_port_take(struct ps2_port *port, uint8_t *byte)
{
    struct ps2_queue *queue = port->replies.held ? &port->replies : &port->codes;
    if (!queue->held) {
        return false;
    }
    *byte = port->last = queue->bytes[queue->first];
    queue->first = (queue->first + 1) % PS2_QUEUE;
    queue->held--;
    return true;
}

void ps2_port_answer(struct ps2_port *port, uint8_t byte)
{
    clear(&port->replies); /* a new command ends the answer to the old one */
    put(&port->replies, byte);
}

void ps2_port_reply(struct ps2_port *port, uint8_t byte)
{
    put(&port->replies, byte);
}

void ps2_port_code(struct ps2_port *port, uint8_t byte)
{
    put(&port->codes, byte);
}

unsigned ps2_port_room(const struct ps2_port *port)
{
    return PS2_QUEUE - port->codes.held;
}

void ps2_port_clear(struct ps2_port *port)
{
    clear(&port->replies);
    clear(&port->codes);
}
