/* Compares the ARM translator with Unicorn on random instructions and short sequences. See
 * README.md. */
#include "tests/oracle/engines.h"
#include "tests/oracle/generate.h"

#include "host/x86_64/host.h"

#include <capstone/capstone.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum isa { ISA_A32 = 1, ISA_THUMB = 2 };

struct options {
    uint64_t seed, count;
    unsigned length, isa, groups, failures;
    const char *row;
    bool jit, quick, verbose;
};

struct oracle {
    struct options options;
    struct ibird *ibird;
    struct unicorn *unicorn;
    struct generator *generator;
    uint32_t address;
    uint64_t differences, known, undefined, aborts, limits, alignments;
    struct cpu_state ours, theirs;
    uint8_t our_arena[CASE_ARENA], their_arena[CASE_ARENA];
};

static const char *const outcome_names[] = {
    [OUTCOME_SVC] = "end",
    [OUTCOME_UNDEFINED] = "undefined",
    [OUTCOME_FETCH_ABORT] = "fetch",
    [OUTCOME_DATA_ABORT] = "data abort",
    [OUTCOME_ALIGNMENT] = "alignment",
    [OUTCOME_BKPT] = "bkpt",
    [OUTCOME_LIMIT] = "limit",
    [OUTCOME_OTHER] = "other",
};

/* ---- running --------------------------------------------------------------------------------- */

/* Fresh addresses, so that neither engine has seen the code. */
static uint32_t next_address(struct oracle *o)
{
    enum { STEP = (CASE_CODE + 63) / 64 * 64 };
    o->address += STEP;
    if (o->address + STEP > CASE_CODE_SIZE) {
        o->address = STEP;
        unicorn_destroy(o->unicorn);
        o->unicorn = unicorn_create();
        ibird_clear(o->ibird);
    }
    return CASE_CODE_BASE + o->address;
}

/* An access across the end of the arena has done a part of its work, and each engine another
 * one. */
static bool is_at_edge(const struct cpu_state *state)
{
    uint32_t offset = state->fault_address - CASE_ARENA_BASE;
    return state->outcome == OUTCOME_DATA_ABORT &&
           (offset - CASE_ARENA < 16 || offset + 16 < 16 || offset < CASE_ARENA);
}

/* A random jump has come to what other cases left. */
static bool is_astray(const struct test_case *test, const struct cpu_state *state)
{
    return state->pc - CASE_CODE_BASE < CASE_CODE_SIZE && state->pc - test->address >= CASE_CODE;
}

/* True if both agree, or the case is not comparable. */
static bool run(struct oracle *o, struct test_case *test)
{
    test->address = next_address(o);
    ibird_run(o->ibird, test, &o->ours, o->our_arena);
    unicorn_load(o->unicorn, test);
    struct cpu_state *a = &o->ours, *b = &o->theirs;
    if (a->outcome == OUTCOME_LIMIT || a->outcome == OUTCOME_ALIGNMENT || is_astray(test, a) ||
        is_at_edge(a)) {
        return true;
    }
    unicorn_run(o->unicorn, test, b, o->their_arena);
    if (is_astray(test, b)) {
        return true;
    }
    return a->outcome == b->outcome && memcmp(a->r, b->r, sizeof a->r) == 0 && a->cpsr == b->cpsr &&
           memcmp(a->d, b->d, sizeof a->d) == 0 && a->fpscr == b->fpscr &&
           memcmp(o->our_arena, o->their_arena, CASE_ARENA) == 0;
}

/* ---- reporting ------------------------------------------------------------------------------- */

static void print_insns(const struct oracle *o, const struct test_case *test)
{
    csh handle;
    if (cs_open(CS_ARCH_ARM, test->thumb ? CS_MODE_THUMB : CS_MODE_ARM, &handle)) {
        return;
    }
    const uint8_t *code = test->code;
    for (unsigned n = 0; n < test->count; n++) {
        cs_insn *insn;
        size_t found = cs_disasm(handle, code, test->lengths[n], 0, 1, &insn);
        printf("    %0*" PRIx32 "  %-16s %s %s\n", test->lengths[n] * 2, test->words[n],
               generator_name(o->generator, test, n), found ? insn->mnemonic : "",
               found ? insn->op_str : "?");
        if (found) {
            cs_free(insn, found);
        }
        code += test->lengths[n];
    }
    cs_close(&handle);
}

static void print_word(const char *name, uint64_t before, uint64_t ours, uint64_t theirs)
{
    if (ours != theirs) {
        printf("    %-5s before %" PRIx64 "  ours %" PRIx64 "  unicorn %" PRIx64 "\n", name, before,
               ours, theirs);
    }
}

static void print_difference(const struct oracle *o, const struct test_case *test, uint64_t seed)
{
    const struct cpu_state *a = &o->ours, *b = &o->theirs;
    char name[16];
    printf("seed %" PRIu64 " %s:\n", seed, test->thumb ? "thumb" : "a32");
    print_insns(o, test);
    printf("    flags before %08" PRIx32 "  outcome ours %s  unicorn %s\n", test->before.cpsr,
           outcome_names[a->outcome], outcome_names[b->outcome]);
    for (unsigned i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "r%u", i);
        print_word(name, test->before.r[i], a->r[i], b->r[i]);
    }
    print_word("cpsr", test->before.cpsr, a->cpsr, b->cpsr);
    print_word("fpscr", test->before.fpscr, a->fpscr, b->fpscr);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "d%u", i);
        print_word(name, test->before.d[i], a->d[i], b->d[i]);
    }
    for (unsigned i = 0; i < CASE_ARENA; i += 4) {
        uint32_t before, ours, theirs;
        memcpy(&before, test->arena + i, 4);
        memcpy(&ours, o->our_arena + i, 4);
        memcpy(&theirs, o->their_arena + i, 4);
        snprintf(name, sizeof name, "+%x", i);
        print_word(name, before, ours, theirs);
    }
    if (o->options.verbose) {
        for (unsigned i = 0; i < 15; i++) {
            printf("    r%-2u = %08" PRIx32 "\n", i, test->before.r[i]);
        }
    }
}

/* ---- shrinking ------------------------------------------------------------------------------- */

static void without(struct test_case *test, unsigned n)
{
    test->count--;
    memmove(test->words + n, test->words + n + 1, (test->count - n) * sizeof test->words[0]);
    memmove(test->lengths + n, test->lengths + n + 1, test->count - n);
    generator_encode(test);
}

/* Takes out every instruction that the difference does not need. */
static void shrink(struct oracle *o, struct test_case *test)
{
    for (unsigned n = test->count; n-- > 0 && test->count > 1;) {
        struct test_case smaller = *test;
        without(&smaller, n);
        if (!run(o, &smaller)) {
            *test = smaller;
        }
    }
    run(o, test);
}

/* ---- main ------------------------------------------------------------------------------------ */

static void count_outcome(struct oracle *o)
{
    o->undefined += o->ours.outcome == OUTCOME_UNDEFINED;
    o->aborts += o->ours.outcome == OUTCOME_DATA_ABORT || o->ours.outcome == OUTCOME_FETCH_ABORT;
    o->limits += o->ours.outcome == OUTCOME_LIMIT;
    o->alignments += o->ours.outcome == OUTCOME_ALIGNMENT;
}

static void run_all(struct oracle *o)
{
    const struct options *options = &o->options;
    struct test_case test;
    memset(&test, 0, sizeof test);
    for (uint64_t i = 0; i < options->count && o->differences < options->failures; i++) {
        bool thumb = options->isa == ISA_THUMB || (options->isa & ISA_THUMB && i & 1);
        if (options->groups && !generator_row_count(o->generator, thumb)) {
            continue;
        }
        uint64_t seed = options->seed + i;
        generator_make(o->generator, &test, seed, thumb, options->length);
        bool same = run(o, &test);
        count_outcome(o);
        if (same) {
            continue;
        }
        shrink(o, &test);
        if (generator_known(o->generator, &test)) {
            o->known++;
            continue;
        }
        o->differences++;
        print_difference(o, &test, seed);
    }
}

static bool parse(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},  {"count", 1, NULL, 'c'},    {"isa", 1, NULL, 'i'},
        {"row", 1, NULL, 'r'},   {"length", 1, NULL, 'l'},   {"group", 1, NULL, 'g'},
        {"jit", 0, NULL, 'j'},   {"failures", 1, NULL, 'f'}, {"verbose", 0, NULL, 'v'},
        {"quick", 0, NULL, 'q'}, {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            options->seed = strtoull(optarg, NULL, 0);
            break;
        case 'c':
            options->count = strtoull(optarg, NULL, 0);
            break;
        case 'i':
            options->isa = strcmp(optarg, "a32") == 0     ? ISA_A32
                           : strcmp(optarg, "thumb") == 0 ? ISA_THUMB
                                                          : ISA_A32 | ISA_THUMB;
            break;
        case 'r':
            options->row = optarg;
            break;
        case 'l':
            options->length = (unsigned)strtoul(optarg, NULL, 0);
            break;
        case 'g':
            options->groups = strcmp(optarg, "int") == 0       ? GENERATE_INT
                              : strcmp(optarg, "vfp") == 0     ? GENERATE_VFP
                              : strcmp(optarg, "simd") == 0    ? GENERATE_SIMD
                              : strcmp(optarg, "unknown") == 0 ? GENERATE_UNKNOWN
                                                               : 7;
            break;
        case 'j':
            options->jit = true;
            break;
        case 'q':
            options->jit = options->quick = true;
            break;
        case 'f':
            options->failures = (unsigned)strtoul(optarg, NULL, 0);
            break;
        case 'v':
            options->verbose = true;
            break;
        default:
            return false;
        }
    }
    return options->length >= 1 && options->length <= CASE_INSNS - 5;
}

int main(int argc, char **argv)
{
    static struct oracle o;
    o.options = (struct options){.seed = 1,
                                 .count = 100000,
                                 .length = 1,
                                 .isa = ISA_A32 | ISA_THUMB,
                                 .groups = GENERATE_INT,
                                 .failures = 20};
    if (!parse(&o.options, argc, argv)) {
        fprintf(stderr,
                "usage: oracle [--seed N] [--count N] [--length 1..59] [--isa a32|thumb|all] "
                "[--group int|vfp|simd|all|unknown] [--row NAME] [--jit|--quick] [--failures N] "
                "[--verbose]\n");
        return 2;
    }
    o.ibird = ibird_create(o.options.jit ? &x64_host_ops : NULL, o.options.quick);
    o.unicorn = unicorn_create();
    o.generator = generator_create(ibird_decoders(o.ibird), ibird_features(o.ibird),
                                   o.options.groups, o.options.row);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run_all(&o);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    printf("%" PRIu64 " cases from seed %" PRIu64 " (%u A32 rows, %u Thumb rows), %" PRIu64
           " differences, %" PRIu64 " known ones; %" PRIu64 " undefined, %" PRIu64
           " aborts, %" PRIu64 " alignment, %" PRIu64 " endless; %.0f cases/s\n",
           o.options.count, o.options.seed, generator_row_count(o.generator, false),
           generator_row_count(o.generator, true), o.differences, o.known, o.undefined, o.aborts,
           o.alignments, o.limits, (double)o.options.count / seconds);
    generator_destroy(o.generator);
    unicorn_destroy(o.unicorn);
    ibird_destroy(o.ibird);
    return o.differences != 0;
}
