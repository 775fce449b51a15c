/* Compares the ARM translator with Unicorn on random instructions and short sequences. See
 * README.md. */
#include "tests/oracle/driver.h"
#include "tests/oracle/engines.h"
#include "tests/oracle/generate.h"

#include "host/x86_64/host.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum isa { ISA_A32 = 1, ISA_THUMB = 2 };

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

/* Not comparable. */
static bool is_left_out(const struct test_case *test, const struct cpu_state *ours)
{
    return ours->outcome == OUTCOME_LIMIT || ours->outcome == OUTCOME_ALIGNMENT ||
           layout_is_left_over(ours->pc, test->address, CASE_CODE) ||
           (ours->outcome == OUTCOME_DATA_ABORT && layout_is_edge(ours->fault_address));
}

static bool case_run(void *opaque, uint32_t address)
{
    struct oracle *o = opaque;
    struct snapshot *last = &o->last;
    struct cpu_state *a = &last->ours, *b = &last->theirs;
    last->test.address = address;
    ibird_run(o->ibird, &last->test, a, last->our_arena);
    unicorn_load(o->unicorn, &last->test);
    if (is_left_out(&last->test, a)) {
        return true;
    }
    unicorn_run(o->unicorn, &last->test, b, last->their_arena);
    if (b->astray) {
        return true;
    }
    return a->outcome == b->outcome && memcmp(a->r, b->r, sizeof a->r) == 0 && a->cpsr == b->cpsr &&
           memcmp(a->d, b->d, sizeof a->d) == 0 && a->fpscr == b->fpscr &&
           memcmp(last->our_arena, last->their_arena, CASE_ARENA) == 0;
}

static void case_clear(void *opaque)
{
    struct oracle *o = opaque;
    unicorn_destroy(o->unicorn);
    o->unicorn = unicorn_create();
    ibird_clear(o->ibird);
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

static void case_print(const void *opaque, uint64_t seed)
{
    const struct oracle *o = opaque;
    const struct snapshot *last = &o->last;
    const struct test_case *test = &last->test;
    const struct cpu_state *a = &last->ours, *b = &last->theirs;
    char name[16];
    printf("seed %" PRIu64 " %s:\n", seed, test->thumb ? "thumb" : "a32");
    print_insns(o, test);
    printf("    at %08" PRIx32 "  flags before %08" PRIx32 "\n", test->address, test->before.cpsr);
    driver_print_end("ours", outcome_names[a->outcome], a->pc, a->fault_address);
    driver_print_end("unicorn", outcome_names[b->outcome], b->pc, b->fault_address);
    for (unsigned i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "r%u", i);
        driver_print_value(name, test->before.r[i], a->r[i], b->r[i]);
    }
    driver_print_value("cpsr", test->before.cpsr, a->cpsr, b->cpsr);
    driver_print_value("fpscr", test->before.fpscr, a->fpscr, b->fpscr);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "d%u", i);
        driver_print_value(name, test->before.d[i], a->d[i], b->d[i]);
    }
    driver_print_arena(test->arena, last->our_arena, last->their_arena);
    if (o->options.verbose) {
        for (unsigned i = 0; i < 15; i++) {
            printf("    r%-2u = %08" PRIx32 "\n", i, test->before.r[i]);
        }
    }
}

/* ---- main ------------------------------------------------------------------------------------ */

static bool case_make(void *opaque, uint64_t seed)
{
    struct oracle *o = opaque;
    const struct driver_options *options = &o->options;
    bool thumb = options->isa == ISA_THUMB || (options->isa & ISA_THUMB && seed & 1);
    if (options->groups && !generator_row_count(o->generator, thumb)) {
        return false;
    }
    generator_make(o->generator, &o->last.test, seed, thumb, options->length);
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
    struct test_case *test = &o->last.test;
    test->count--;
    memmove(test->words + n, test->words + n + 1, (test->count - n) * sizeof test->words[0]);
    memmove(test->lengths + n, test->lengths + n + 1, test->count - n);
    generator_encode(test);
}

static bool case_known(const void *opaque)
{
    const struct oracle *o = opaque;
    return generator_known(o->generator, &o->last.test);
}

int main(int argc, char **argv)
{
    static const struct driver_choice isas[] = {
        {"all", ISA_A32 | ISA_THUMB}, {"a32", ISA_A32}, {"thumb", ISA_THUMB}, {NULL, 0}};
    static const struct driver_choice groups[] = {
        {"int", GENERATE_INT},         {"vfp", GENERATE_VFP},
        {"simd", GENERATE_SIMD},       {"all", GENERATE_INT | GENERATE_VFP | GENERATE_SIMD},
        {"unknown", GENERATE_UNKNOWN}, {NULL, 0}};
    static const struct driver driver = {.name = "oracle",
                                         .longest = CASE_INSNS - 5,
                                         .isas = isas,
                                         .groups = groups,
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
    o.ibird = ibird_create(options->jit ? &x64_host_ops : NULL, options->quick);
    o.unicorn = unicorn_create();
    o.generator = generator_create(ibird_decoders(o.ibird), ibird_features(o.ibird),
                                   options->groups, options->row);
    unsigned rows =
        generator_row_count(o.generator, false) + generator_row_count(o.generator, true);
    bool same = driver_run(&driver, options, rows, &o);
    generator_destroy(o.generator);
    unicorn_destroy(o.unicorn);
    ibird_destroy(o.ibird);
    return !same;
}
