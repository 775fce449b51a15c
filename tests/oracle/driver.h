/* What the oracles share: options, the loop over cases, where they run, shrinking, the report. */
#ifndef TESTS_ORACLE_DRIVER_H
#define TESTS_ORACLE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
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
    uint32_t code_size;   /* of a case */
    size_t snapshot_size; /* an oracle begins with this: the case, and how its last run ended */

    /* Makes the case; false if there is none for these options. */
    bool (*make)(void *oracle, uint64_t seed);
    /* Empties the code memory of both engines. */
    void (*clear)(void *oracle);
    /* Runs the case at an address: true if both engines agree, or it is not comparable. */
    bool (*run)(void *oracle, uint32_t address);
    unsigned (*outcome)(const void *oracle); /* ours, of the last run */
    /* Of a case that they do not agree on: how many instructions it has; takes one out; whether the
     * reason is known; prints it. */
    unsigned (*length)(const void *oracle);
    void (*drop)(void *oracle, unsigned n);
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

/* For print(): what differs, of a register and of the arena; how the run of an engine ended. */
void driver_print_value(const char *name, uint64_t before, uint64_t ours, uint64_t theirs);
void driver_print_arena(const uint8_t *before, const uint8_t *ours, const uint8_t *theirs);
void driver_print_end(const char *engine, const char *outcome, uint32_t pc, uint32_t fault_address);

#endif
