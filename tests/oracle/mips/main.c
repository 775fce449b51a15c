/* Compares the MIPS translator with Unicorn on random instructions and short sequences. See
 * ../README.md. */
#include "tests/oracle/driver.h"
#include "tests/oracle/mips/engines.h"
#include "tests/oracle/mips/generate.h"
#include "tests/oracle/mips/unicorn_fpu.h"

#include "host/x86_64/host.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct oracle {
    struct snapshot {
        struct test_case test;
        struct cpu_state ours, theirs;
        uint8_t our_arena[CASE_ARENA], their_arena[CASE_ARENA];
    } last;
    struct driver_options options;
    struct ibird *ibird;
    struct unicorn *unicorn;
    struct generator *generator;
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

/* Unicorn has the ISA mode elsewhere, does not know the pc of a fault within a sequence, and once
 * in a while has the one of what it ran first. */
static bool is_same_pc(const struct test_case *test, const struct cpu_state *a,
                       const struct cpu_state *b)
{
    bool lost = b->pc == CASE_CODE_BASE + 8;
    return lost || (test->sequence && a->outcome == OUTCOME_DATA_FAULT) || a->pc == b->pc ||
           (a->pc & ~UINT32_C(1)) == b->pc;
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

/* Not comparable. */
static bool is_left_out(const struct test_case *test, const struct cpu_state *ours)
{
    return ours->outcome == OUTCOME_LIMIT || unicorn_fpu_is_at(ours->fault_address) ||
           layout_is_left_over(ours->pc, test->address, CASE_CODE) ||
           (ours->outcome == OUTCOME_DATA_FAULT && layout_is_edge(ours->fault_address));
}

static bool case_run(void *opaque, uint32_t address)
{
    struct oracle *o = opaque;
    struct snapshot *last = &o->last;
    struct test_case *test = &last->test;
    struct cpu_state *a = &last->ours, *b = &last->theirs;
    test->address = address;
    case_encode(test);
    ibird_run(o->ibird, test, a, last->our_arena);
    unicorn_load(o->unicorn, test);
    if (is_left_out(test, a)) {
        return true;
    }
    unicorn_run(o->unicorn, test, b, last->their_arena);
    if (layout_is_left_over(b->pc, test->address, CASE_CODE)) {
        return true;
    }
    return a->outcome == b->outcome && memcmp(a->r, b->r, sizeof a->r) == 0 && a->hi == b->hi &&
           a->lo == b->lo && is_same_float(test, a, b) && is_same_dsp(test, a, b) &&
           is_same_pc(test, a, b) && memcmp(last->our_arena, last->their_arena, CASE_ARENA) == 0;
}

static void case_clear(void *opaque)
{
    struct oracle *o = opaque;
    unicorn_destroy(o->unicorn);
    o->unicorn = unicorn_create(o->options.big, o->options.groups & GENERATE_DSP);
    ibird_clear(o->ibird);
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

static void print_dsp(const struct test_case *test, const struct cpu_state *a,
                      const struct cpu_state *b)
{
    char name[16];
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "hi%u", i);
        driver_print_value(name, test->before.acc_hi[i], a->acc_hi[i], b->acc_hi[i]);
        snprintf(name, sizeof name, "lo%u", i);
        driver_print_value(name, test->before.acc_lo[i], a->acc_lo[i], b->acc_lo[i]);
    }
    driver_print_value("dsp", test->before.dsp_control, a->dsp_control, b->dsp_control);
}

static void case_print(const void *opaque, uint64_t seed)
{
    const struct oracle *o = opaque;
    const struct snapshot *last = &o->last;
    const struct test_case *test = &last->test;
    const struct cpu_state *a = &last->ours, *b = &last->theirs;
    char name[16];
    printf("seed %" PRIu64 ":\n", seed);
    print_insns(o, test);
    printf("    at %08" PRIx32 "\n", test->address);
    driver_print_end("ours", outcome_names[a->outcome], a->pc, a->fault_address);
    driver_print_end("unicorn", outcome_names[b->outcome], b->pc, b->fault_address);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "r%u", i);
        driver_print_value(name, test->before.r[i], a->r[i], b->r[i]);
    }
    driver_print_value("hi", test->before.hi, a->hi, b->hi);
    driver_print_value("lo", test->before.lo, a->lo, b->lo);
    for (unsigned i = 0; i < 32 && test->floating; i++) {
        snprintf(name, sizeof name, "f%u", i);
        driver_print_value(name, test->before.f[i], a->f[i], b->f[i]);
    }
    if (test->floating) {
        driver_print_value("fcsr", test->before.fcsr, a->fcsr, b->fcsr);
    }
    if (test->dsp) {
        print_dsp(test, a, b);
    }
    driver_print_arena(test->arena, last->our_arena, last->their_arena);
    if (o->options.verbose) {
        for (unsigned i = 0; i < 32; i++) {
            printf("    r%-2u = %08" PRIx32 "  f%-2u = %016" PRIx64 "\n", i, test->before.r[i], i,
                   test->before.f[i]);
        }
        printf("    fcsr = %08" PRIx32 " FR = %d\n", test->before.fcsr, test->fr);
    }
}

/* ---- main ------------------------------------------------------------------------------------ */

enum isa { ISA_MIPS32, ISA_MIPS16 };

static bool case_make(void *opaque, uint64_t seed)
{
    struct oracle *o = opaque;
    o->last.test.big = o->options.big;
    generator_make(o->generator, &o->last.test, seed, o->options.length);
    return true;
}

static unsigned case_outcome(const void *oracle)
{
    return ((const struct oracle *)oracle)->last.ours.outcome;
}

static unsigned case_length(const void *oracle)
{
    return ((const struct oracle *)oracle)->last.test.count;
}

static void case_drop(void *opaque, unsigned n)
{
    struct oracle *o = opaque;
    o->last.test.words[n] = case_nop(o->last.test.mips16);
}

static bool case_known(const void *opaque)
{
    const struct oracle *o = opaque;
    return generator_known(o->generator, &o->last.test, &o->last.ours, &o->last.theirs);
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
                                         .code_size = CASE_CODE,
                                         .snapshot_size = sizeof(struct snapshot),
                                         .make = case_make,
                                         .clear = case_clear,
                                         .run = case_run,
                                         .outcome = case_outcome,
                                         .length = case_length,
                                         .drop = case_drop,
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
