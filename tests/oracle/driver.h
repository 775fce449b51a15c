/* What the oracles share: options, the loop over cases, the report. */
#ifndef TESTS_ORACLE_DRIVER_H
#define TESTS_ORACLE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

struct driver_options {
    uint64_t seed, count;
    unsigned length; /* instructions of a case */
    unsigned isa, groups, failures;
    const char *row; /* NULL: all */
    bool big, jit, quick, verbose;
};

/* A word that an option takes. */
struct driver_choice {
    const char *name; /* NULL ends a list */
    unsigned value;
};

struct driver {
    const char *name;
    unsigned longest;                          /* length of a case */
    const struct driver_choice *isas, *groups; /* the first ones are the defaults */
    bool endian;                               /* there is --big */
    const char *const *outcomes;               /* names */
    unsigned outcome_count;

    /* Makes the case; false if there is none for these options. */
    bool (*make)(void *oracle, uint64_t seed);
    /* Runs it: true if both engines agree, or it is not comparable. */
    bool (*run)(void *oracle);
    unsigned (*outcome)(const void *oracle); /* ours, of the last run */
    /* Of a case that they do not agree on: makes it smaller; tells whether the reason is known;
     * prints it. */
    void (*shrink)(void *oracle);
    bool (*known)(const void *oracle);
    void (*print)(const void *oracle, uint64_t seed);
};

/* False after a message if the options are wrong. */
bool driver_parse(const struct driver *driver, struct driver_options *options, int argc,
                  char **argv);
/* `rows`: how many rows of the decode tables are drawn from. Returns whether there was no
 * difference. */
bool driver_run(const struct driver *driver, const struct driver_options *options, unsigned rows,
                void *oracle);

#endif
