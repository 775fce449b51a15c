/* Characters between a guest's serial device and the host. The frontend makes channels (terminal,
 * file, pipe, null); a device attaches to one. Everything here runs on the machine's thread: the
 * frontend's reader posts bytes there (core/machine/machine.h). */
#ifndef CORE_IO_CHAR_H
#define CORE_IO_CHAR_H

#include <stddef.h>
#include <stdint.h>

struct char_channel;

struct char_channel_ops {
    /* Takes bytes from the guest; never blocks the caller for long and never drops. */
    void (*write)(struct char_channel *channel, const uint8_t *bytes, size_t size);
    /* The device has room again after it refused input. */
    void (*resume)(struct char_channel *channel);
    void (*destroy)(struct char_channel *channel);
};

/* Base of a channel (first member of the frontend's own struct). */
struct char_channel {
    const struct char_channel_ops *ops;
    /* Filled in by the device that attaches: gives it input, returns how many bytes it took. */
    size_t (*receive)(void *device, const uint8_t *bytes, size_t size);
    void (*receive_break)(void *device); /* a break on the line; NULL if the device knows none */
    void *device;
};

/* A device attaches to a channel, and leaves it. NULL, no channel: nothing happens. */
static inline void char_attach(struct char_channel *channel, void *device,
                               size_t (*receive)(void *device, const uint8_t *bytes, size_t size),
                               void (*receive_break)(void *device))
{
    if (channel) {
        channel->receive = receive;
        channel->receive_break = receive_break;
        channel->device = device;
    }
}

static inline void char_detach(struct char_channel *channel)
{
    char_attach(channel, NULL, NULL, NULL);
}

#endif
