#include "tests/oracle/driver.h"

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

bool driver_run(const struct driver *driver, const struct driver_options *options, unsigned rows,
                void *oracle)
{
    uint64_t differences = 0, known = 0, outcomes[MAX_OUTCOMES] = {0};
    double begin = now();
    for (uint64_t i = 0; i < options->count && differences < options->failures; i++) {
        uint64_t seed = options->seed + i;
        if (!driver->make(oracle, seed)) {
            continue;
        }
        bool same = driver->run(oracle);
        outcomes[driver->outcome(oracle)]++;
        if (same) {
            continue;
        }
        driver->shrink(oracle);
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
