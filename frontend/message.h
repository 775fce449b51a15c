/* The text of a failure on its way to the user: what happened, why, what to try. Nothing below
 * main.c prints or exits; functions fill in a message and return false. */
#ifndef FRONTEND_MESSAGE_H
#define FRONTEND_MESSAGE_H

#include <stdbool.h>

/* What the process ends with; docs/usage.md and the man page list them. */
enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_TIME_LIMIT = 124,
    EXIT_STATUS_EMULATOR = 125,
    EXIT_STATUS_GUEST_PANIC = 126,
    EXIT_STATUS_IMAGE = 127,
    EXIT_STATUS_SIGNAL = 128, /* plus the signal's number */
};

struct message {
    enum exit_status status; /* what the process should end with */
    char text[1024];
};

/* Both return false, so that a caller can `return message_usage(..)`. */
bool message_set(struct message *message, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define message_usage(message, ...) message_set(message, EXIT_STATUS_USAGE, __VA_ARGS__)
#define message_image(message, ...) message_set(message, EXIT_STATUS_IMAGE, __VA_ARGS__)

#endif
