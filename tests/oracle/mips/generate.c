#include "tests/oracle/mips/generate.h"

#include "core/base/check.h"
#include "targets/mips/handlers.h"
#include "tests/oracle/mips/rules.h"
#include "tests/support/fp_random.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const struct decode_row *row;
    uint32_t mask, value;
};

enum { MAX_ENTRIES = 512 };

struct generator {
    const struct mips_cpu *cpu;
    const struct decode_table *table;
    struct entry entries[MAX_ENTRIES];
    unsigned count;
    bool unknown, floating;
};

/* ---- choosing rows --------------------------------------------------------------------------- */

static bool is_floating(const struct decode_row *row)
{
    for (unsigned i = 0; i < mips_rows_fpu.count; i++) {
        if (mips_rows_fpu.rows[i].pattern == row->pattern) {
            return true;
        }
    }
    return false;
}

struct generator *generator_create(const struct mips_cpu *cpu, unsigned groups,
                                   const char *row_filter)
{
    struct generator *g = calloc(1, sizeof *g);
    CHECK(g);
    g->cpu = cpu;
    g->table = cpu->decoders->mips32;
    g->unknown = groups == GENERATE_UNKNOWN;
    g->floating = groups & GENERATE_FPU;
    struct entry entry;
    for (unsigned n = 0; (entry.row = decode_table_row(g->table, n, &entry.mask, &entry.value));
         n++) {
        unsigned group = is_floating(entry.row) ? GENERATE_FPU : GENERATE_INT;
        if (!(groups & group) || (row_filter && !strstr(entry.row->name, row_filter)) ||
            entry.row->features & ~cpu->features || rules_skip(entry.row)) {
            continue;
        }
        CHECK(g->count < MAX_ENTRIES);
        g->entries[g->count++] = entry;
    }
    return g;
}

void generator_destroy(struct generator *g)
{
    free(g);
}

unsigned generator_row_count(const struct generator *g)
{
    return g->count;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool decode(const struct generator *g, const struct test_case *test, unsigned n,
                   struct decode_insn *insn)
{
    return decode_insn(g->table, test->words[n], g->cpu->features, insn);
}

const char *generator_name(const struct generator *g, const struct test_case *test, unsigned n)
{
    struct decode_insn insn;
    return decode(g, test, n, &insn) ? insn.row->name : "?";
}

const char *generator_known(const struct generator *g, const struct test_case *test,
                            const struct cpu_state *ours, const struct cpu_state *theirs)
{
    struct decode_insn insn;
    uint32_t n = (ours->pc - test->address) / 4;
    bool known = n < test->count && decode(g, test, n, &insn);
    return rules_known(known ? &insn : NULL, test, ours, theirs);
}

/* In sequences some registers stay what they are: addresses of the middle of the arena, and one of
 * the code. */
enum { BASES = 0x00ff0000, CODE_REG = 25 };

static bool fits_sequence(const struct decode_insn *insn)
{
    unsigned written = rules_written(insn);
    if (BASES >> written & 1 || written == CODE_REG) {
        return false;
    }
    return !rules_uses_memory(insn->row) ||
           (BASES >> rules_base(insn) & 1 && mips_field(insn, 'x') == 0);
}

/* A word of the row that is predictable; false if none was found. */
static bool make_word(const struct generator *g, const struct entry *entry, uint64_t *seed,
                      const struct test_case *test, uint32_t *word)
{
    for (unsigned tries = 0; tries < 100; tries++) {
        uint32_t bits = entry->value | ((uint32_t)(random_next(seed) >> 32) & ~entry->mask);
        bits = rules_tame(entry->row, bits, seed);
        struct decode_insn insn;
        if (!decode_insn(g->table, bits, g->cpu->features, &insn) || insn.row != entry->row) {
            continue;
        }
        if (rules_is_register_jump(&insn) && random_percent(seed, 95)) {
            bits = (bits & ~(UINT32_C(31) << 21)) | CODE_REG << 21;
            decode_insn(g->table, bits, g->cpu->features, &insn);
        }
        if (rules_unpredictable(&insn) || (test->sequence && !fits_sequence(&insn))) {
            continue;
        }
        *word = bits;
        return true;
    }
    return false;
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* What ends a sequence is rare within it; so is a branch in a delay slot. */
static bool is_unwelcome(const struct generator *g, const struct test_case *test,
                         const struct entry *entry, uint64_t *seed)
{
    struct decode_insn before;
    bool in_slot = test->count && decode(g, test, test->count - 1, &before) &&
                   before.row->flags & MIPS_ROW_BRANCH;
    bool rare = rules_ends(entry->row) || (in_slot && entry->row->flags & MIPS_ROW_BRANCH);
    return test->sequence && rare && random_percent(seed, 97);
}

static void append_random(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    test->words[test->count] = 0; /* NOP */
    for (unsigned tries = 0; tries < 1000; tries++) {
        const struct entry *entry = &g->entries[random_below(seed, g->count)];
        if (!is_unwelcome(g, test, entry, seed) &&
            make_word(g, entry, seed, test, &test->words[test->count])) {
            break;
        }
    }
    test->count++;
}

/* A word that no table knows: a Reserved Instruction on both sides. */
static void append_unknown(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    struct decode_insn insn;
    do {
        test->words[0] = (uint32_t)(random_next(seed) >> 32);
    } while (decode(g, test, 0, &insn));
    test->count = 1;
}

void case_encode(struct test_case *test)
{
    for (unsigned n = 0; n < CASE_WORDS; n++) {
        uint32_t word = n < test->count ? test->words[n] : n == test->count ? 0 : 0x0000000c;
        if (n < test->count && rules_is_jump(word)) {
            uint32_t target = (test->address >> 2) + n + 2 + (word & 0xffff);
            word = (word & 0xfc000000) | (target & 0x03ffffff);
        }
        word = test->big ? __builtin_bswap32(word) : word;
        memcpy(test->code + n * 4, &word, 4);
    }
    if (test->jump_reg) {
        test->before.r[test->jump_reg] = test->address + test->jump_distance * 4;
    }
}

/* Registers that instructions use as addresses point into the arena. */
static void aim(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    struct decode_insn insn;
    for (unsigned n = test->count; n-- > 0;) {
        unsigned base = decode(g, test, n, &insn) ? rules_base(&insn) : 0;
        if (!base || !rules_uses_memory(insn.row)) {
            continue;
        }
        uint32_t address = CASE_ARENA_BASE;
        address += test->sequence ? CASE_ARENA / 2 + random_below(seed, 256)
                                  : 512 + random_below(seed, CASE_ARENA - 1024);
        test->before.r[base] = random_percent(seed, 95) ? address & ~UINT32_C(7) : address;
    }
}

/* FCSR as most programs have it, or of any modes with nothing that would be raised at once. */
static uint32_t random_fcsr(uint64_t *seed)
{
    enum { CODES_AND_FLAGS = 0x7c, MODES = 0x01000f83, CAUSE = 0x1f << 12 };
    uint32_t any = (uint32_t)random_next(seed);
    uint32_t fcsr = (any & CODES_AND_FLAGS) | (any & 0xfe800000);
    if (random_percent(seed, 50)) {
        fcsr |= (uint32_t)random_next(seed) & (MODES | CAUSE);
    }
    return fcsr & ~(fcsr << 5 & CAUSE);
}

static void fill_floating(struct test_case *test, uint64_t *seed)
{
    test->fr = random_percent(seed, 50);
    for (unsigned i = 0; i < 32; i += test->fr ? 1 : 2) {
        uint64_t pair = fp_random_f32(seed) | (uint64_t)fp_random_f32(seed) << 32;
        uint32_t kind = random_below(seed, 5);
        test->before.f[i] = kind < 2 ? fp_random_f64(seed) : kind < 4 ? pair : random_number(seed);
    }
    test->before.fcsr = random_fcsr(seed);
}

void generator_make(struct generator *g, struct test_case *test, uint64_t seed, unsigned count)
{
    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned i = 0; i < 4; i++) {
        random_next(&seed);
    }
    test->count = 0;
    test->sequence = count > 1;
    if (g->unknown) {
        append_unknown(g, test, &seed);
    }
    while (test->count < count) {
        append_random(g, test, &seed);
    }
    memset(&test->before, 0, sizeof test->before);
    for (unsigned i = 1; i < 32; i++) {
        test->before.r[i] = (uint32_t)random_number(&seed);
    }
    test->before.hi = (uint32_t)random_number(&seed);
    test->before.lo = (uint32_t)random_number(&seed);
    for (unsigned i = 0; i < CASE_ARENA; i += 8) {
        uint64_t word = random_next(&seed);
        memcpy(test->arena + i, &word, 8);
    }
    aim(g, test, &seed);
    test->floating = g->floating;
    test->fr = false;
    if (g->floating) {
        fill_floating(test, &seed);
    }
    test->jump_reg = CODE_REG;
    test->jump_distance = count + random_below(&seed, 8);
}
