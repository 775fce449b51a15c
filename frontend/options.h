/* The command line as parsed; options.inc is its table. */
#ifndef FRONTEND_OPTIONS_H
#define FRONTEND_OPTIONS_H

#include "core/jit/jit.h"
#include "frontend/message.h"

#include <stdint.h>

enum { OPTION_LIST_MAX = 64 };

struct option_list {
    const char *items[OPTION_LIST_MAX];
    unsigned count;
};

struct option_icount {
    bool counted;
    unsigned shift;
};

struct option_address {
    bool given;
    uint64_t value;
};

/* Strings are borrowed from argv. NULL, 0 and false: not given. */
struct options {
    const char *machine, *cpu;
    const char *image; /* the one that stands alone; it is in `kernel`, too */
    const char *kernel, *initrd, *append, *dtb, *bios;
    const char *disks[4], *cdrom;
    const char *log_items, *log_file, *profile;
    struct option_list drives, devices, serials, chardevs, symbols;
    struct option_icount icount;
    struct option_address dump_block;
    enum jit_engine engine;
    uint64_t ram_size; /* bytes */
    uint64_t seed;
    uint64_t time_limit; /* milliseconds */
    unsigned cpus;
    bool nographic, no_reboot, snapshot, one_tier, stats, count, state_hash, perf_map;
    bool help, version, man_page, bash_completion;
};

bool options_parse(struct options *options, int argc, char **argv, struct message *message);

/* A number of bytes: digits (with a fraction if there is a suffix) and K, M, G or T; without a
 * suffix in units of `unit`. */
bool options_parse_size(const char *text, uint64_t unit, uint64_t *size);

/* One row of options.inc, for whoever prints them (help.c). A section's title has only `help`. */
struct option_row {
    const char *name, *other, *value, *completion, *help;
};
const struct option_row *options_rows(size_t *count);

#endif
