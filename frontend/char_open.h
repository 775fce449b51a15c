/* From -serial and -chardev to channels. */
#ifndef FRONTEND_CHAR_OPEN_H
#define FRONTEND_CHAR_OPEN_H

#include "core/io/char.h"
#include "frontend/message.h"

enum { CHAR_OPEN_MAX = 16 };

struct hostio;

/* Channels with names, for chardev=ID; standard input and output go to one channel at most. */
struct char_set {
    struct {
        char *id;
        struct char_channel *channel;
        bool used;
    } named[CHAR_OPEN_MAX];
    unsigned count;
    bool stdio_used;
};
void char_set_free(struct char_set *set);

/* "stdio", "mon:stdio", "null", "file:PATH", "pipe:PATH", "pty", "chardev:ID". `what` names the
 * line in notes to the user: "serial 0". */
bool char_open(struct char_set *set, struct hostio *io, const char *spec, const char *what,
               struct char_channel **channel, struct message *message);
/* -chardev: adds to the set. */
bool char_open_named(struct char_set *set, struct hostio *io, const char *spec,
                     struct message *message);
/* The channel of that name, which has to be free. */
bool char_take_named(struct char_set *set, const char *id, struct char_channel **channel,
                     struct message *message);

#endif
