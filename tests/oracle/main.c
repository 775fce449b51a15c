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
    struct driver_options options;
    struct test_case test;
    struct ibird *ibird;
    struct unicorn *unicorn;
    struct generator *generator;
    uint32_t address;
    bool shrinking;
    struct result {
        struct cpu_state ours, theirs;
        uint8_t our_arena[CASE_ARENA], their_arena[CASE_ARENA];
    } result; /* of the last run */
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

/* Fresh addresses, so that neither engine has seen the code; while shrinking at the same place of a
 * page. */
static uint32_t next_address(struct oracle *o)
{
    enum { PAGE = 4096, STEP = (CASE_CODE + 63) / 64 * 64 };
    o->address += o->shrinking ? PAGE : STEP;
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
    struct result *result = &o->result;
    struct cpu_state *a = &result->ours, *b = &result->theirs;
    ibird_run(o->ibird, test, a, result->our_arena);
    unicorn_load(o->unicorn, test);
    if (a->outcome == OUTCOME_LIMIT || a->outcome == OUTCOME_ALIGNMENT || is_astray(test, a) ||
        is_at_edge(a)) {
        return true;
    }
    unicorn_run(o->unicorn, test, b, result->their_arena);
    if (b->astray) {
        return true;
    }
    return a->outcome == b->outcome && memcmp(a->r, b->r, sizeof a->r) == 0 && a->cpsr == b->cpsr &&
           memcmp(a->d, b->d, sizeof a->d) == 0 && a->fpscr == b->fpscr &&
           memcmp(result->our_arena, result->their_arena, CASE_ARENA) == 0;
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

static void print_end(const char *engine, const struct cpu_state *state)
{
    printf("    %-7s %s at %08" PRIx32 " for %08" PRIx32 "\n", engine,
           outcome_names[state->outcome], state->pc, state->fault_address);
}

static void print_difference(const struct oracle *o, const struct test_case *test, uint64_t seed)
{
    const struct cpu_state *a = &o->result.ours, *b = &o->result.theirs;
    char name[16];
    printf("seed %" PRIu64 " %s:\n", seed, test->thumb ? "thumb" : "a32");
    print_insns(o, test);
    printf("    at %08" PRIx32 "  flags before %08" PRIx32 "\n", test->address, test->before.cpsr);
    print_end("ours", a);
    print_end("unicorn", b);
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
        memcpy(&ours, o->result.our_arena + i, 4);
        memcpy(&theirs, o->result.their_arena + i, 4);
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

/* Takes out every instruction that the difference does not need. The result is that of the last run
 * that differed: what a case finds in the code memory around it, no other run finds again. */
static void shrink(struct oracle *o, struct test_case *test)
{
    struct result result = o->result;
    o->shrinking = true;
    for (unsigned n = test->count; n-- > 0 && test->count > 1;) {
        struct test_case smaller = *test;
        without(&smaller, n);
        if (!run(o, &smaller)) {
            *test = smaller;
            result = o->result;
        }
    }
    o->shrinking = false;
    o->result = result;
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
    generator_make(o->generator, &o->test, seed, thumb, options->length);
    return true;
}

static bool case_run(void *opaque)
{
    struct oracle *o = opaque;
    return run(o, &o->test);
}

static unsigned case_outcome(const void *oracle)
{
    return ((const struct oracle *)oracle)->result.ours.outcome;
}

static void case_shrink(void *opaque)
{
    struct oracle *o = opaque;
    shrink(o, &o->test);
}

static bool case_known(const void *opaque)
{
    const struct oracle *o = opaque;
    return generator_known(o->generator, &o->test);
}

static void case_print(const void *opaque, uint64_t seed)
{
    const struct oracle *o = opaque;
    print_difference(o, &o->test, seed);
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
