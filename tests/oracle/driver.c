#include "tests/oracle/driver.h"

#include "core/base/check.h"
#include "tests/oracle/layout.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_OUTCOMES = 32 };

/* ---- options --------------------------------------------------------------------------------- */

static void print_choices(const char *option, const struct driver_choice *choices)
{
    fprintf(stderr, " [--%s ", option);
    for (const struct driver_choice *c = choices; c->name; c++) {
        fprintf(stderr, "%s%s", c == choices ? "" : "|", c->name);
    }
    fprintf(stderr, "]");
}

static bool usage(const struct driver *driver)
{
    fprintf(stderr, "usage: %s [--seed N] [--count N] [--length 1..%u]", driver->name,
            driver->longest);
    print_choices("isa", driver->isas);
    print_choices("group", driver->groups);
    fprintf(stderr, "%s [--row NAME] [--jit|--quick] [--failures N] [--verbose]\n",
            driver->endian ? " [--big]" : "");
    return false;
}

static bool choose(const struct driver_choice *choices, const char *name, unsigned *value)
{
    for (const struct driver_choice *c = choices; c->name; c++) {
        if (strcmp(c->name, name) == 0) {
            *value = c->value;
            return true;
        }
    }
    return false;
}

static bool set(const struct driver *driver, struct driver_options *options, int option)
{
    switch (option) {
    case 's':
        options->seed = strtoull(optarg, NULL, 0);
        return true;
    case 'c':
        options->count = strtoull(optarg, NULL, 0);
        return true;
    case 'l':
        options->length = (unsigned)strtoul(optarg, NULL, 0);
        return options->length >= 1 && options->length <= driver->longest;
    case 'i':
        return choose(driver->isas, optarg, &options->isa);
    case 'g':
        return choose(driver->groups, optarg, &options->groups);
    case 'b':
        options->big = true;
        return driver->endian;
    case 'r':
        options->row = optarg;
        return true;
    case 'q':
        options->quick = true;
        options->jit = true;
        return true;
    case 'j':
        options->jit = true;
        return true;
    case 'f':
        options->failures = (unsigned)strtoul(optarg, NULL, 0);
        return true;
    case 'v':
        options->verbose = true;
        return true;
    default:
        return false;
    }
}

bool driver_parse(const struct driver *driver, struct driver_options *options, int argc,
                  char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},  {"count", 1, NULL, 'c'},    {"isa", 1, NULL, 'i'},
        {"row", 1, NULL, 'r'},   {"length", 1, NULL, 'l'},   {"group", 1, NULL, 'g'},
        {"jit", 0, NULL, 'j'},   {"failures", 1, NULL, 'f'}, {"verbose", 0, NULL, 'v'},
        {"quick", 0, NULL, 'q'}, {"big", 0, NULL, 'b'},      {NULL, 0, NULL, 0},
    };
    *options = (struct driver_options){.seed = 1,
                                       .count = 100000,
                                       .length = 1,
                                       .isa = driver->isas->value,
                                       .groups = driver->groups->value,
                                       .failures = 20};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!set(driver, options, option)) {
            return usage(driver);
        }
    }
    return true;
}

/* ---- running --------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct course {
    const struct driver *driver;
    void *oracle;
    uint32_t offset; /* of the last run in the code memory */
};

/* At fresh addresses, so that neither engine has seen the code. */
static bool run(struct course *course, uint32_t distance)
{
    const struct driver *driver = course->driver;
    uint32_t step = (driver->code_size + 63) / 64 * 64;
    course->offset += distance ? distance : step;
    if (course->offset + step > CASE_CODE_SIZE) {
        course->offset = step;
        driver->clear(course->oracle);
    }
    return driver->run(course->oracle, CASE_CODE_BASE + course->offset);
}

/* Takes out every instruction that the difference does not need, at the same place of a page. What
 * is left is the last run that differed: what a case finds in the code memory around it, no other
 * run finds again. */
static void shrink(struct course *course)
{
    enum { PAGE = 4096 };
    const struct driver *driver = course->driver;
    void *oracle = course->oracle, *smallest = malloc(driver->snapshot_size);
    CHECK(smallest);
    memcpy(smallest, oracle, driver->snapshot_size);
    for (unsigned n = driver->length(oracle); n-- > 0 && driver->length(oracle) > 1;) {
        driver->drop(oracle, n);
        if (run(course, PAGE)) {
            memcpy(oracle, smallest, driver->snapshot_size);
        } else {
            memcpy(smallest, oracle, driver->snapshot_size);
        }
    }
    free(smallest);
}

bool driver_run(const struct driver *driver, const struct driver_options *options, unsigned rows,
                void *oracle)
{
    uint64_t differences = 0, known = 0, outcomes[MAX_OUTCOMES] = {0};
    struct course course = {.driver = driver, .oracle = oracle};
    double begin = now();
    for (uint64_t i = 0; i < options->count && differences < options->failures; i++) {
        uint64_t seed = options->seed + i;
        if (!driver->make(oracle, seed)) {
            continue;
        }
        bool same = run(&course, 0);
        outcomes[driver->outcome(oracle)]++;
        if (same) {
            continue;
        }
        shrink(&course);
        if (driver->known(oracle)) {
            known++;
        } else {
            differences++;
            driver->print(oracle, seed);
        }
    }
    printf("%" PRIu64 " cases from seed %" PRIu64 " (%u rows), %" PRIu64 " differences, %" PRIu64
           " known ones;",
           options->count, options->seed, rows, differences, known);
    for (unsigned i = 0; i < driver->outcome_count; i++) {
        if (outcomes[i]) {
            printf(" %" PRIu64 " %s,", outcomes[i], driver->outcomes[i]);
        }
    }
    printf(" %.0f cases/s\n", (double)options->count / (now() - begin));
    return differences == 0;
}

/* ---- what differs ---------------------------------------------------------------------------- */

void driver_print_value(const char *name, uint64_t before, uint64_t ours, uint64_t theirs)
{
    if (ours != theirs) {
        printf("    %-5s before %" PRIx64 "  ours %" PRIx64 "  unicorn %" PRIx64 "\n", name, before,
               ours, theirs);
    }
}

void driver_print_arena(const uint8_t *before, const uint8_t *ours, const uint8_t *theirs)
{
    for (unsigned i = 0; i < CASE_ARENA; i += 4) {
        uint32_t words[3];
        char name[16];
        memcpy(&words[0], before + i, 4);
        memcpy(&words[1], ours + i, 4);
        memcpy(&words[2], theirs + i, 4);
        snprintf(name, sizeof name, "+%x", i);
        driver_print_value(name, words[0], words[1], words[2]);
    }
}

void driver_print_end(const char *engine, const char *outcome, uint32_t pc, uint32_t fault_address)
{
    printf("    %-7s %s at %08" PRIx32 " for %08" PRIx32 "\n", engine, outcome, pc, fault_address);
}
