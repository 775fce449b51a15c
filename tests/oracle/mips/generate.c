#include "tests/oracle/mips/generate.h"

#include "core/base/check.h"
#include "targets/mips/fetch.h"
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
    bool mips16;
    struct entry entries[MAX_ENTRIES];
    unsigned count;
    bool unknown, floating, dsp;
};

/* ---- choosing rows --------------------------------------------------------------------------- */

static bool is_of(const struct mips_rows *rows, const struct decode_row *row)
{
    for (unsigned i = 0; i < rows->count; i++) {
        if (rows->rows[i].pattern == row->pattern) {
            return true;
        }
    }
    return false;
}

static void add_table(struct generator *g, const struct decode_table *table, unsigned groups,
                      const char *filter)
{
    struct entry entry;
    for (unsigned n = 0; (entry.row = decode_table_row(table, n, &entry.mask, &entry.value)); n++) {
        unsigned group = is_of(&mips_rows_fpu, entry.row)   ? GENERATE_FPU
                         : is_of(&mips_rows_dsp, entry.row) ? GENERATE_DSP
                                                            : GENERATE_INT;
        if (!(groups & group) || (filter && !strstr(entry.row->name, filter)) ||
            entry.row->features & ~g->cpu->features || rules_skip(entry.row)) {
            continue;
        }
        CHECK(g->count < MAX_ENTRIES);
        g->entries[g->count++] = entry;
    }
}

struct generator *generator_create(const struct mips_cpu *cpu, bool mips16, unsigned groups,
                                   const char *row_filter)
{
    struct generator *g = calloc(1, sizeof *g);
    CHECK(g);
    g->cpu = cpu;
    g->mips16 = mips16;
    g->unknown = groups == GENERATE_UNKNOWN;
    g->floating = groups & GENERATE_FPU;
    g->dsp = groups & GENERATE_DSP;
    if (!g->unknown && mips16) {
        add_table(g, cpu->decoders->mips16, groups, row_filter);
        add_table(g, cpu->decoders->mips16_extended, groups, row_filter);
    } else if (!g->unknown) {
        add_table(g, cpu->decoders->mips32, groups, row_filter);
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

static unsigned length_of(const struct generator *g, uint32_t word)
{
    return g->mips16 && word <= 0xffff ? 2 : 4;
}

static bool decode_word(const struct generator *g, uint32_t word, struct decode_insn *insn)
{
    const struct mips_translation t = {
        .cpu = g->cpu, .features = g->cpu->features, .mips16 = g->mips16};
    const struct mips_fetched fetched = {.word = word, .length = length_of(g, word)};
    return mips_decode(&t, &fetched, insn);
}

static bool decode(const struct generator *g, const struct test_case *test, unsigned n,
                   struct decode_insn *insn)
{
    return decode_word(g, test->words[n], insn);
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
    uint32_t at = test->address + test->start;
    bool found = false;
    for (unsigned n = 0; n < test->count && !found; n++) {
        found = at == (ours->pc & ~UINT32_C(1)) && decode(g, test, n, &insn);
        at += length_of(g, test->words[n]);
    }
    return rules_known(found ? &insn : NULL, test, ours, theirs);
}

/* In sequences some registers stay what they are: addresses of the middle of the arena, and one of
 * the code. */
enum { BASES = 0x20ff0000, CODE_REG = 25, START_REG = 27 };

static bool fits_sequence(const struct decode_insn *insn)
{
    unsigned written = rules_written(insn), base = rules_base(insn);
    bool adjusts = written == base && !strncmp(insn->row->name, "addiu", 5);
    if ((BASES >> written & 1 && !adjusts) || written == CODE_REG) {
        return false;
    }
    bool frame = rules_not_in_slot(insn->row);
    return !rules_uses_memory(insn->row) || frame ||
           (BASES >> base & 1 && mips_field(insn, 'x') == 0);
}

/* A word of the row that is predictable; false if none was found. */
static bool make_word(const struct generator *g, const struct entry *entry, uint64_t *seed,
                      const struct test_case *test, uint32_t *word)
{
    for (unsigned tries = 0; tries < 100; tries++) {
        uint32_t bits = entry->value | ((uint32_t)(random_next(seed) >> 32) & ~entry->mask);
        bits &= g->mips16 && !(entry->value >> 16) ? 0xffff : UINT32_MAX;
        bits = rules_tame(entry->row, g->mips16, bits, seed);
        struct decode_insn insn;
        if (!decode_word(g, bits, &insn) || insn.row != entry->row) {
            continue;
        }
        if (!g->mips16 && rules_is_register_jump(&insn) && random_percent(seed, 95)) {
            bits = (bits & ~(UINT32_C(31) << 21)) | CODE_REG << 21;
            decode_word(g, bits, &insn);
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
    if (in_slot && rules_fatal_in_slot(entry->row)) {
        return true;
    }
    if (g->mips16 && in_slot && (entry->value >> 16 || rules_not_in_slot(entry->row))) {
        return true;
    }
    bool rare = rules_ends(entry->row) || (in_slot && rules_not_in_slot(entry->row));
    return test->sequence && rare && random_percent(seed, 97);
}

static void append_random(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    test->words[test->count] = case_nop(test->mips16);
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
        if (g->mips16) {
            uint32_t first = test->words[0] >> 27;
            test->words[0] >>= first == 0x1e || first == 0x03 ? 0 : 16;
        }
    } while (decode(g, test, 0, &insn));
    test->count = 1;
}

/* ---- encoding -------------------------------------------------------------------------------- */

uint32_t case_nop(bool mips16)
{
    return mips16 ? 0x6500 : 0;
}

static void put_half(struct test_case *test, unsigned at, uint32_t half)
{
    test->code[at + !test->big] = (uint8_t)(half >> 8);
    test->code[at + test->big] = (uint8_t)half;
}

static void put_word(struct test_case *test, unsigned at, uint32_t word)
{
    put_half(test, at + (test->big ? 0 : 2), word >> 16);
    put_half(test, at + (test->big ? 2 : 0), word & 0xffff);
}

static void encode_mips32(struct test_case *test)
{
    enum { SYSCALL = 0x0000000c };
    test->start = 0;
    for (unsigned n = 0; n < CASE_WORDS; n++) {
        uint32_t word = n < test->count ? test->words[n] : n == test->count ? 0 : SYSCALL;
        if (n < test->count && rules_is_jump(false, word)) {
            uint32_t target = (test->address >> 2) + n + 2 + (word & 0xffff);
            word = (word & 0xfc000000) | (target & 0x03ffffff);
        }
        put_word(test, n * 4, word);
    }
    test->before.r[CODE_REG] = test->address + test->jump_distance * 4;
}

/* JAL goes forward; JALX to the end of the padding, which is no good MIPS32 code. */
static uint32_t encode_jump16(const struct test_case *test, unsigned at, uint32_t word)
{
    bool exchanges = word >> 26 & 1;
    uint32_t distance = exchanges ? CASE_CODE - 16 : at + 8 + (word & 0xffff) * 4;
    uint32_t target = (test->address + distance) / 4;
    return (word & 0xfc000000) | (target & 0x1f0000) << 5 | (target & 0x3e00000) >> 5 |
           (target & 0xffff);
}

/* JR goes to the MIPS16e mode. */
static void encode_mips16(struct test_case *test)
{
    enum { BREAK = 0xe805, JR_START = START_REG << 21 | 8 };
    put_word(test, 0, JR_START);
    put_word(test, 4, 0);
    unsigned at = test->start = 8;
    for (unsigned n = 0; n < test->count; n++) {
        uint32_t word = test->words[n];
        if (rules_is_jump(true, word)) {
            word = encode_jump16(test, at, word);
        }
        if (word > 0xffff) {
            put_half(test, at, word >> 16);
            at += 2;
        }
        put_half(test, at, word & 0xffff);
        at += 2;
    }
    for (put_half(test, at, case_nop(true)); (at += 2) < CASE_CODE;) {
        put_half(test, at, BREAK);
    }
    test->before.r[START_REG] = test->address + (test->start | 1);
    if (test->jump_reg) {
        test->before.r[test->jump_reg] =
            test->address + (test->start + test->jump_distance * 4) + 1;
    }
}

void case_encode(struct test_case *test)
{
    if (test->mips16) {
        encode_mips16(test);
    } else {
        encode_mips32(test);
    }
}

/* ---- cases' state ---------------------------------------------------------------------------- */

/* Registers that instructions use as addresses point into the arena. */
static void aim(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    struct decode_insn insn;
    for (unsigned n = test->count; n-- > 0;) {
        if (!decode(g, test, n, &insn)) {
            continue;
        }
        if (g->mips16 && rules_is_register_jump(&insn)) {
            test->jump_reg = mips_field(&insn, 's');
        }
        unsigned base = rules_base(&insn);
        base = g->mips16 && !base ? 29 : base; /* of SAVE and RESTORE */
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

/* Halves and bytes near the edges, too. */
static uint32_t random_lanes(uint64_t *seed)
{
    static const uint16_t edges[] = {0x8000, 0x7fff, 0xffff, 0x80ff, 0x7f80, 0x4000, 0, 1};
    uint32_t high = edges[random_below(seed, 8)], low = edges[random_below(seed, 8)];
    return random_percent(seed, 40) ? high << 16 | low : (uint32_t)random_number(seed);
}

static void fill_dsp(struct test_case *test, uint64_t *seed)
{
    enum { DEFINED = 0x0fff7fbf };
    for (unsigned i = 1; i < 32; i++) {
        test->before.r[i] = random_lanes(seed);
    }
    for (unsigned i = 0; i < 4; i++) {
        test->before.acc_lo[i] = random_lanes(seed);
        test->before.acc_hi[i] = random_percent(seed, 50)
                                     ? (uint32_t)((int32_t)test->before.acc_lo[i] >> 31)
                                     : random_lanes(seed);
    }
    test->before.hi = test->before.acc_hi[0];
    test->before.lo = test->before.acc_lo[0];
    test->before.dsp_control = (uint32_t)random_next(seed) & DEFINED;
}

void generator_make(struct generator *g, struct test_case *test, uint64_t seed, unsigned count)
{
    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned i = 0; i < 4; i++) {
        random_next(&seed);
    }
    test->mips16 = g->mips16;
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
    test->jump_reg = g->mips16 ? 0 : CODE_REG;
    test->dsp = g->dsp;
    if (g->dsp) {
        fill_dsp(test, &seed);
    }
    aim(g, test, &seed);
    test->floating = g->floating;
    test->fr = false;
    if (g->floating) {
        fill_floating(test, &seed);
    }
    test->jump_distance = count + random_below(&seed, 8);
}
