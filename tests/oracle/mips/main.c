/* Compares the MIPS translator with Unicorn on random instructions and short sequences. See
 * ../README.md. */
#include "tests/oracle/driver.h"
#include "tests/oracle/mips/engines.h"
#include "tests/oracle/mips/generate.h"

#include "host/x86_64/host.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct oracle {
    struct driver_options options;
    struct test_case test;
    struct ibird *ibird;
    struct unicorn *unicorn;
    struct generator *generator;
    uint32_t address;
    bool shrinking;
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
        o->unicorn = unicorn_create(o->options.big, o->options.groups & GENERATE_DSP);
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

static bool is_same_dsp(const struct test_case *test, const struct cpu_state *a,
                        const struct cpu_state *b)
{
    return !test->dsp || (a->dsp_control == b->dsp_control &&
                          memcmp(a->acc_hi, b->acc_hi, sizeof a->acc_hi) == 0 &&
                          memcmp(a->acc_lo, b->acc_lo, sizeof a->acc_lo) == 0);
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
           a->lo == b->lo && is_same_float(test, a, b) && is_same_dsp(test, a, b) &&
           is_same_pc(o, test) && memcmp(o->our_arena, o->their_arena, CASE_ARENA) == 0;
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

static void print_dsp(const struct test_case *test, const struct cpu_state *a,
                      const struct cpu_state *b)
{
    char name[16];
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "hi%u", i);
        print_word(name, test->before.acc_hi[i], a->acc_hi[i], b->acc_hi[i]);
        snprintf(name, sizeof name, "lo%u", i);
        print_word(name, test->before.acc_lo[i], a->acc_lo[i], b->acc_lo[i]);
    }
    print_word("dsp", test->before.dsp_control, a->dsp_control, b->dsp_control);
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
    if (test->dsp) {
        print_dsp(test, a, b);
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

enum isa { ISA_MIPS32, ISA_MIPS16 };

static bool case_make(void *opaque, uint64_t seed)
{
    struct oracle *o = opaque;
    o->test.big = o->options.big;
    generator_make(o->generator, &o->test, seed, o->options.length);
    return true;
}

static bool case_run(void *opaque)
{
    struct oracle *o = opaque;
    return run(o, &o->test);
}

static unsigned case_outcome(const void *oracle)
{
    return ((const struct oracle *)oracle)->ours.outcome;
}

static void case_shrink(void *opaque)
{
    struct oracle *o = opaque;
    shrink(o, &o->test);
}

static bool case_known(const void *opaque)
{
    const struct oracle *o = opaque;
    return generator_known(o->generator, &o->test, &o->ours, &o->theirs);
}

static void case_print(const void *opaque, uint64_t seed)
{
    const struct oracle *o = opaque;
    print_difference(o, &o->test, seed);
}

int main(int argc, char **argv)
{
    static const struct driver_choice isas[] = {
        {"mips32", ISA_MIPS32}, {"mips16", ISA_MIPS16}, {NULL, 0}};
    static const struct driver_choice groups[] = {
        {"int", GENERATE_INT}, {"fpu", GENERATE_FPU},         {"all", GENERATE_INT | GENERATE_FPU},
        {"dsp", GENERATE_DSP}, {"unknown", GENERATE_UNKNOWN}, {NULL, 0}};
    static const struct driver driver = {.name = "oracle_mips",
                                         .longest = CASE_INSNS,
                                         .isas = isas,
                                         .groups = groups,
                                         .endian = true,
                                         .outcomes = outcome_names,
                                         .outcome_count = OUTCOME_OTHER + 1,
                                         .make = case_make,
                                         .run = case_run,
                                         .outcome = case_outcome,
                                         .shrink = case_shrink,
                                         .known = case_known,
                                         .print = case_print};
    static struct oracle o;
    if (!driver_parse(&driver, &o.options, argc, argv)) {
        return 2;
    }
    const struct driver_options *options = &o.options;
    bool dsp = options->groups & GENERATE_DSP;
    o.ibird = ibird_create(options->jit ? &x64_host_ops : NULL, options->quick, options->big, dsp);
    o.unicorn = unicorn_create(options->big, dsp);
    o.generator = generator_create(ibird_cpu(o.ibird), options->isa == ISA_MIPS16, options->groups,
                                   options->row);
    bool same = driver_run(&driver, options, generator_row_count(o.generator), &o);
    generator_destroy(o.generator);
    unicorn_destroy(o.unicorn);
    ibird_destroy(o.ibird);
    return !same;
}
