/* QEMU's lists of properties: "virtio-blk-device,drive=hd0,serial=abc". A comma inside a value is
 * written twice; a name alone means name=on. */
#ifndef FRONTEND_PROPERTIES_H
#define FRONTEND_PROPERTIES_H

#include "frontend/message.h"

#include <stdbool.h>

enum { PROPERTIES_MAX = 32 };

struct properties {
    char *text; /* what the items point into */
    struct {
        const char *key, *value;
        bool taken;
    } items[PROPERTIES_MAX];
    unsigned count;
};

/* `first`: the key of a first item that is a value alone; NULL if there is none such. */
bool properties_parse(struct properties *properties, const char *text, const char *first,
                      struct message *message);
void properties_free(struct properties *properties);

/* The value of a key (borrowed; the last one if it is there more than once), NULL if absent. Marks
 * it as used. */
const char *properties_take(struct properties *properties, const char *key);
/* on/off/yes/no/true/false; *value is kept if the key is absent. */
bool properties_take_bool(struct properties *properties, const char *key, bool *value,
                          struct message *message);
/* After all takes: complains about a key that nobody took. `where`: "-drive". `keys`: those that
 * exist. */
bool properties_finish(const struct properties *properties, const char *where,
                       const char *const *keys, struct message *message);
/* What nobody took as a list again; malloc'd. */
char *properties_rest(const struct properties *properties);

#endif
