#include "frontend/names.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 31 };

static const struct foreign_name foreign_names[] = {
#define FOREIGN(kind, name)           {name, NAMES_##kind, false, NULL},
#define FOREIGN_FLAG(name)            {name, NAMES_OPTION, false, ""},
#define FOREIGN_VALUE(name, harmless) {name, NAMES_OPTION, true, harmless},
#include "frontend/foreign.inc"
#undef FOREIGN
#undef FOREIGN_FLAG
#undef FOREIGN_VALUE
};

static const char *const kind_names[] = {
    [NAMES_OPTION] = "option",
    [NAMES_MACHINE] = "machine",
    [NAMES_CPU] = "CPU",
    [NAMES_DEVICE] = "device",
};

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

unsigned names_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > NAME_MAX_LENGTH || b_length > NAME_MAX_LENGTH) {
        return a_length > b_length ? (unsigned)a_length : (unsigned)b_length;
    }
    unsigned cost[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];
    for (unsigned i = 0; i <= a_length; i++) {
        for (unsigned j = 0; j <= b_length; j++) {
            if (!i || !j) {
                cost[i][j] = i + j;
                continue;
            }
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            cost[i][j] = min3(cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cost[i - 2][j - 2] + 1 < cost[i][j]) {
                cost[i][j] = cost[i - 2][j - 2] + 1;
            }
        }
    }
    return cost[a_length][b_length];
}

const char *names_nearest(const char *typed, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)strlen(typed) / 3 + 1;
    for (; names && *names; names++) {
        unsigned distance = names_distance(typed, *names);
        /* A name of two letters is near to everything; an edit must leave something of it. */
        if (distance < strlen(*names) && distance <= best_distance) {
            if (!best || distance < best_distance) {
                best = *names;
                best_distance = distance;
            }
        }
    }
    return best;
}

bool names_contain(const char *const *names, const char *name)
{
    for (; names && *names; names++) {
        if (!strcmp(*names, name)) {
            return true;
        }
    }
    return false;
}

const struct foreign_name *names_foreign(enum names_kind kind, const char *name)
{
    for (size_t i = 0; i < sizeof(foreign_names) / sizeof(foreign_names[0]); i++) {
        if (foreign_names[i].kind == kind && !strcmp(foreign_names[i].name, name)) {
            return &foreign_names[i];
        }
    }
    return NULL;
}

bool names_unknown(enum names_kind kind, const char *typed, const char *const *names,
                   const char *try, struct message *message)
{
    const char *dash = kind == NAMES_OPTION ? "-" : "";
    if (names_foreign(kind, typed)) {
        return message_usage(message,
                             "QEMU has the %s \"%s%.80s\"; ibird does not have it (yet). %s",
                             kind_names[kind], dash, typed, try);
    }
    const char *nearest = names_nearest(typed, names);
    if (nearest) {
        return message_usage(message, "unknown %s \"%s%.80s\"; did you mean \"%s%s\"? %s",
                             kind_names[kind], dash, typed, dash, nearest, try);
    }
    return message_usage(message, "unknown %s \"%s%.80s\". %s", kind_names[kind], dash, typed, try);
}
