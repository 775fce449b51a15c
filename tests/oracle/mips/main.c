/* Compares the MIPS translator with Unicorn on random instructions and short sequences. See
 * ../README.md. */
#include "tests/oracle/mips/engines.h"
#include "tests/oracle/mips/generate.h"

#include "host/x86_64/host.h"

#include <capstone/capstone.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options {
    uint64_t seed, count;
    unsigned length, groups, failures;
    const char *row;
    bool big, mips16, jit, quick, verbose;
};

struct oracle {
    struct options options;
    struct ibird *ibird;
    struct unicorn *unicorn;
    struct generator *generator;
    uint32_t address;
    bool shrinking;
    uint64_t differences, known;
    uint64_t outcomes[OUTCOME_OTHER + 1];
    struct cpu_state ours, theirs;
    uint8_t our_arena[CASE_ARENA], their_arena[CASE_ARENA];
};

static const char *const outcome_names[] = {
    [OUTCOME_SYSCALL] = "end",
    [OUTCOME_BREAK] = "break",
    [OUTCOME_TRAP] = "trap",
    [OUTCOME_OVERFLOW] = "overflow",
    [OUTCOME_FLOAT] = "float",
    [OUTCOME_RESERVED] = "reserved",
    [OUTCOME_UNUSABLE] = "unusable",
    [OUTCOME_FETCH_FAULT] = "fetch fault",
    [OUTCOME_DATA_FAULT] = "data fault",
    [OUTCOME_LOAD_ALIGNMENT] = "load alignment",
    [OUTCOME_STORE_ALIGNMENT] = "store alignment",
    [OUTCOME_LIMIT] = "endless",
    [OUTCOME_OTHER] = "other",
};

/* ---- running --------------------------------------------------------------------------------- */

/* Fresh addresses, so that neither engine has seen the code; while shrinking at the same place of a
 * page. */
static uint32_t next_address(struct oracle *o)
{
    enum { PAGE = 4096, STEP = CASE_CODE + 16 };
    o->address += o->shrinking ? PAGE : STEP;
    if (o->address + STEP > CASE_CODE_SIZE) {
        o->address = STEP;
        unicorn_destroy(o->unicorn);
        o->unicorn = unicorn_create(o->options.big);
        ibird_clear(o->ibird);
    }
    return CASE_CODE_BASE + o->address;
}

/* An access across the end of the arena has done a part of its work, and each engine another
 * one. */
static bool is_at_edge(const struct cpu_state *state)
{
    uint32_t offset = state->fault_address - CASE_ARENA_BASE;
    return state->outcome == OUTCOME_DATA_FAULT &&
           (offset - CASE_ARENA < 16 || offset + 16 < 16 || offset < CASE_ARENA);
}

/* A random jump has come to what other cases left. */
static bool is_astray(const struct test_case *test, const struct cpu_state *state)
{
    return state->pc - CASE_CODE_BASE < CASE_CODE_SIZE && state->pc - test->address >= CASE_CODE;
}

/* Unicorn has the ISA mode elsewhere, does not know the pc of a fault within a sequence, and once
 * in a while has the one of what it ran first. */
static bool is_same_pc(const struct oracle *o, const struct test_case *test)
{
    bool lost = o->theirs.pc == CASE_CODE_BASE + 8;
    return lost || (test->sequence && o->ours.outcome == OUTCOME_DATA_FAULT) ||
           o->ours.pc == o->theirs.pc || (o->ours.pc & ~UINT32_C(1)) == o->theirs.pc;
}

static bool is_same_float(const struct test_case *test, const struct cpu_state *a,
                          const struct cpu_state *b)
{
    return !test->floating || (a->fcsr == b->fcsr && memcmp(a->f, b->f, sizeof a->f) == 0);
}

/* True if both agree, or the case is not comparable. */
static bool run(struct oracle *o, struct test_case *test)
{
    test->address = next_address(o);
    case_encode(test);
    ibird_run(o->ibird, test, &o->ours, o->our_arena);
    unicorn_load(o->unicorn, test);
    struct cpu_state *a = &o->ours, *b = &o->theirs;
    if (a->outcome == OUTCOME_LIMIT || is_astray(test, a) || is_at_edge(a)) {
        return true;
    }
    unicorn_run(o->unicorn, test, b, o->their_arena);
    if (is_astray(test, b)) {
        return true;
    }
    return a->outcome == b->outcome && memcmp(a->r, b->r, sizeof a->r) == 0 && a->hi == b->hi &&
           a->lo == b->lo && is_same_float(test, a, b) && is_same_pc(o, test) &&
           memcmp(o->our_arena, o->their_arena, CASE_ARENA) == 0;
}

/* ---- reporting ------------------------------------------------------------------------------- */

static void print_insns(const struct oracle *o, const struct test_case *test)
{
    csh handle;
    cs_mode endian = test->big ? CS_MODE_BIG_ENDIAN : CS_MODE_LITTLE_ENDIAN;
    if (cs_open(CS_ARCH_MIPS, CS_MODE_MIPS32 + endian, &handle)) {
        return;
    }
    for (unsigned n = 0; n < test->count; n++) {
        cs_insn *insn;
        /* Capstone does not know MIPS16e. */
        size_t found = test->mips16 ? 0 : cs_disasm(handle, test->code + n * 4, 4, 0, 1, &insn);
        printf("    %08" PRIx32 "  %-10s %s %s\n", test->words[n],
               generator_name(o->generator, test, n), found ? insn->mnemonic : "",
               found ? insn->op_str : "");
        if (found) {
            cs_free(insn, found);
        }
    }
    cs_close(&handle);
}

static void print_word(const char *name, uint32_t before, uint32_t ours, uint32_t theirs)
{
    if (ours != theirs) {
        printf("    %-5s before %" PRIx32 "  ours %" PRIx32 "  unicorn %" PRIx32 "\n", name, before,
               ours, theirs);
    }
}

static void print_double(const char *name, uint64_t before, uint64_t ours, uint64_t theirs)
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
    printf("seed %" PRIu64 ":\n", seed);
    print_insns(o, test);
    printf("    outcome ours %s  unicorn %s\n", outcome_names[a->outcome],
           outcome_names[b->outcome]);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "r%u", i);
        print_word(name, test->before.r[i], a->r[i], b->r[i]);
    }
    print_word("hi", test->before.hi, a->hi, b->hi);
    print_word("lo", test->before.lo, a->lo, b->lo);
    for (unsigned i = 0; i < 32 && test->floating; i++) {
        snprintf(name, sizeof name, "f%u", i);
        print_double(name, test->before.f[i], a->f[i], b->f[i]);
    }
    if (test->floating) {
        print_word("fcsr", test->before.fcsr, a->fcsr, b->fcsr);
    }
    print_word("pc", test->address, a->pc, b->pc);
    for (unsigned i = 0; i < CASE_ARENA; i += 4) {
        uint32_t before, ours, theirs;
        memcpy(&before, test->arena + i, 4);
        memcpy(&ours, o->our_arena + i, 4);
        memcpy(&theirs, o->their_arena + i, 4);
        snprintf(name, sizeof name, "+%x", i);
        print_word(name, before, ours, theirs);
    }
    if (o->options.verbose) {
        for (unsigned i = 0; i < 32; i++) {
            printf("    r%-2u = %08" PRIx32 "  f%-2u = %016" PRIx64 "\n", i, test->before.r[i], i,
                   test->before.f[i]);
        }
        printf("    fcsr = %08" PRIx32 " FR = %d\n", test->before.fcsr, test->fr);
    }
}

/* ---- shrinking ------------------------------------------------------------------------------- */

/* Makes every instruction a NOP that the difference does not need. One that depends on the address
 * stays as it is. */
static void shrink(struct oracle *o, struct test_case *test)
{
    struct cpu_state ours = o->ours, theirs = o->theirs;
    struct test_case original = *test;
    o->shrinking = true;
    for (unsigned n = test->count; n-- > 0 && test->count > 1;) {
        struct test_case smaller = *test;
        smaller.words[n] = case_nop(test->mips16);
        if (!run(o, &smaller)) {
            *test = smaller;
        }
    }
    if (run(o, test)) {
        *test = original;
        o->ours = ours;
        o->theirs = theirs;
    }
    o->shrinking = false;
}

/* ---- main ------------------------------------------------------------------------------------ */

static void run_all(struct oracle *o)
{
    const struct options *options = &o->options;
    static struct test_case test;
    test.big = options->big;
    for (uint64_t i = 0; i < options->count && o->differences < options->failures; i++) {
        uint64_t seed = options->seed + i;
        generator_make(o->generator, &test, seed, options->length);
        bool same = run(o, &test);
        o->outcomes[o->ours.outcome]++;
        if (same) {
            continue;
        }
        shrink(o, &test);
        if (generator_known(o->generator, &test, &o->ours, &o->theirs)) {
            o->known++;
            continue;
        }
        o->differences++;
        print_difference(o, &test, seed);
    }
}

static unsigned group_named(const char *name)
{
    return strcmp(name, "unknown") == 0 ? GENERATE_UNKNOWN
           : strcmp(name, "fpu") == 0   ? GENERATE_FPU
           : strcmp(name, "all") == 0   ? GENERATE_INT | GENERATE_FPU
                                        : GENERATE_INT;
}

static bool parse(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},  {"count", 1, NULL, 'c'},    {"big", 0, NULL, 'b'},
        {"row", 1, NULL, 'r'},   {"length", 1, NULL, 'l'},   {"group", 1, NULL, 'g'},
        {"jit", 0, NULL, 'j'},   {"failures", 1, NULL, 'f'}, {"verbose", 0, NULL, 'v'},
        {"quick", 0, NULL, 'q'}, {"mips16", 0, NULL, 'm'},   {NULL, 0, NULL, 0},
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
        case 'b':
            options->big = true;
            break;
        case 'm':
            options->mips16 = true;
            break;
        case 'r':
            options->row = optarg;
            break;
        case 'l':
            options->length = (unsigned)strtoul(optarg, NULL, 0);
            break;
        case 'g':
            options->groups = group_named(optarg);
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
    return options->length >= 1 && options->length <= CASE_INSNS;
}

int main(int argc, char **argv)
{
    static struct oracle o;
    o.options = (struct options){
        .seed = 1, .count = 100000, .length = 1, .groups = GENERATE_INT, .failures = 20};
    if (!parse(&o.options, argc, argv)) {
        fprintf(stderr,
                "usage: oracle_mips [--seed N] [--count N] [--length 1..64] [--big] [--mips16] "
                "[--group int|fpu|all|unknown] [--row NAME] [--jit|--quick] [--failures N] "
                "[--verbose]\n");
        return 2;
    }
    o.ibird = ibird_create(o.options.jit ? &x64_host_ops : NULL, o.options.quick, o.options.big);
    o.unicorn = unicorn_create(o.options.big);
    o.generator =
        generator_create(ibird_cpu(o.ibird), o.options.mips16, o.options.groups, o.options.row);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run_all(&o);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    printf("%" PRIu64 " cases from seed %" PRIu64 " (%u rows), %" PRIu64 " differences, %" PRIu64
           " known ones;",
           o.options.count, o.options.seed, generator_row_count(o.generator), o.differences,
           o.known);
    for (unsigned i = 0; i <= OUTCOME_OTHER; i++) {
        printf(" %" PRIu64 " %s,", o.outcomes[i], outcome_names[i]);
    }
    printf(" %.0f cases/s\n", (double)o.options.count / seconds);
    generator_destroy(o.generator);
    unicorn_destroy(o.unicorn);
    ibird_destroy(o.ibird);
    return o.differences != 0;
}
