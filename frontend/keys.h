/* The keys after Ctrl-a on a console that is the user's terminal. */
#ifndef FRONTEND_KEYS_H
#define FRONTEND_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keys {
    bool prefix; /* the last byte was Ctrl-a */
};

enum keys_action { KEYS_NONE, KEYS_QUIT, KEYS_HELP, KEYS_MONITOR };

/* Takes one byte that the user typed. Returns what to do; *pass says whether *byte goes to the
 * guest. */
enum keys_action keys_take(struct keys *keys, uint8_t *byte, bool *pass);

struct keys_help {
    const char *key, *meaning;
};
extern const struct keys_help keys_help[];
extern const size_t keys_help_count;

#endif
