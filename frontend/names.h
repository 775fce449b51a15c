/* Names that users type: "did you mean", and the names that QEMU has and we do not. */
#ifndef FRONTEND_NAMES_H
#define FRONTEND_NAMES_H

#include "frontend/message.h"

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) from one name to the other, letter case
 * aside. Names past 31 characters are far from everything. */
unsigned names_distance(const char *a, const char *b);

/* The name in the NULL-terminated list that `typed` most likely was meant to be; NULL if none is
 * near. */
const char *names_nearest(const char *typed, const char *const *names);

/* Is it in the list? NULL lists are empty. */
bool names_contain(const char *const *names, const char *name);

enum names_kind { NAMES_OPTION, NAMES_MACHINE, NAMES_CPU, NAMES_DEVICE };

/* A name of QEMU's that ibird does not have. */
struct foreign_name {
    const char *name;
    enum names_kind kind;
    bool has_argument;    /* options: a value follows */
    const char *harmless; /* options: the value that asks for nothing ("none"; "" for a flag), which
                             is accepted in silence */
};
const struct foreign_name *names_foreign(enum names_kind kind, const char *name);

/* "Unknown machine "virtt". Did you mean "virt"?" or "QEMU has .., ibird does not have it (yet)."
 * Returns false. `try` is what lists the right names. */
bool names_unknown(enum names_kind kind, const char *typed, const char *const *names,
                   const char *try, struct message *message);

#endif
