#include "tests/oracle/generate.h"

#include "core/base/check.h"
#include "targets/arm/handlers.h"
#include "tests/oracle/rules.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

/* Where a row's words live. */
enum space { SPACE_A32, SPACE_A32_UNCOND, SPACE_T16, SPACE_T32, SPACE_T32_SIMD, SPACE_T32_VFP };

struct entry {
    const struct decode_row *row;
    const struct decode_table *table;
    uint32_t mask, value;
    enum space space;
};

enum { MAX_ENTRIES = 2048 };

struct generator {
    const struct arm_decoders *decoders;
    uint32_t features;
    struct entry entries[2][MAX_ENTRIES]; /* A32, Thumb */
    unsigned count[2];
    bool unknown;
};

/* ---- choosing rows --------------------------------------------------------------------------- */

static bool is_row_of(const struct arm_rows *rows, const struct decode_row *row)
{
    for (unsigned i = 0; i < rows->count; i++) {
        if (rows->rows[i].pattern == row->pattern) {
            return true;
        }
    }
    return false;
}

static unsigned group_of(const struct decode_row *row)
{
    return is_row_of(&arm_rows_vfp, row)    ? GENERATE_VFP
           : is_row_of(&arm_rows_simd, row) ? GENERATE_SIMD
                                            : GENERATE_INT;
}

static void add(struct generator *g, bool thumb, struct entry entry)
{
    CHECK(g->count[thumb] < MAX_ENTRIES);
    g->entries[thumb][g->count[thumb]++] = entry;
}

static void add_table(struct generator *g, const struct decode_table *table, enum space space,
                      unsigned groups, const char *filter)
{
    struct entry entry = {.table = table, .space = space};
    for (unsigned n = 0; (entry.row = decode_table_row(table, n, &entry.mask, &entry.value)); n++) {
        unsigned group = group_of(entry.row);
        if (!(group & groups) || (filter && !strstr(entry.row->name, filter)) ||
            entry.row->features & ~g->features || rules_skip(entry.row)) {
            continue;
        }
        add(g, space == SPACE_T16 || space == SPACE_T32, entry);
        /* T32 has these in other places. */
        if (group != GENERATE_INT) {
            struct entry twin = entry;
            twin.space = group == GENERATE_VFP ? SPACE_T32_VFP : SPACE_T32_SIMD;
            add(g, true, twin);
        }
    }
}

struct generator *generator_create(const struct arm_decoders *decoders, uint32_t features,
                                   unsigned groups, const char *row_filter)
{
    struct generator *g = calloc(1, sizeof *g);
    CHECK(g);
    g->decoders = decoders;
    g->features = features;
    g->unknown = groups == GENERATE_UNKNOWN;
    add_table(g, decoders->a32, SPACE_A32, groups, row_filter);
    add_table(g, decoders->a32_uncond, SPACE_A32_UNCOND, groups, row_filter);
    add_table(g, decoders->t16, SPACE_T16, groups, row_filter);
    add_table(g, decoders->t32, SPACE_T32, groups, row_filter);
    return g;
}

void generator_destroy(struct generator *g)
{
    free(g);
}

unsigned generator_row_count(const struct generator *g, bool thumb)
{
    return g->count[thumb];
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Undoes the mapping of translate.c. */
static uint32_t to_thumb(enum space space, uint32_t word)
{
    if (space != SPACE_T32_SIMD) {
        return word;
    }
    if (word >> 25 == 0x79) { /* 1111 001u */
        return 0xef000000 | (word >> 24 & 1) << 28 | (word & 0x00ffffff);
    }
    return 0xf9000000 | (word & 0x00ffffff);
}

static const struct decode_table *find_table(const struct generator *g, bool thumb, uint32_t *word,
                                             unsigned length)
{
    const struct arm_decoders *d = g->decoders;
    if (!thumb) {
        return *word >> 28 == 15 ? d->a32_uncond : d->a32;
    }
    if (length == 2) {
        return d->t16;
    }
    if ((*word & 0xef000000) == 0xef000000) {
        *word = 0xf2000000 | (*word >> 4 & 0x01000000) | (*word & 0x00ffffff);
        return d->a32_uncond;
    }
    if ((*word & 0xff100000) == 0xf9000000) {
        *word = 0xf4000000 | (*word & 0x00ffffff);
        return d->a32_uncond;
    }
    return (*word & 0xfc000e00) == 0xec000a00 ? d->a32 : d->t32;
}

static bool decode(const struct generator *g, const struct test_case *test, unsigned n,
                   struct decode_insn *insn)
{
    uint32_t word = test->words[n];
    const struct decode_table *table = find_table(g, test->thumb, &word, test->lengths[n]);
    return decode_insn(table, word, g->features, insn);
}

const char *generator_name(const struct generator *g, const struct test_case *test, unsigned n)
{
    struct decode_insn insn;
    return decode(g, test, n, &insn) ? insn.row->name : "?";
}

const char *generator_known(const struct generator *g, const struct test_case *test)
{
    const char *why = NULL;
    struct decode_insn insn, previous;
    bool follows = false;
    for (unsigned n = 0; n < test->count && !why; n++) {
        if (decode(g, test, n, &insn)) {
            why = rules_known(&insn, follows ? &previous : NULL, &test->before);
            previous = insn;
            follows = true;
        }
    }
    return why;
}

/* Mostly none; else mostly the same one or its opposite, so that runs of them occur. */
static uint32_t random_cond(const struct test_case *test, uint64_t *seed)
{
    uint32_t choice = random_below(seed, 100);
    return choice < 60   ? 14
           : choice < 80 ? test->cond
           : choice < 90 ? test->cond ^ 1
                         : random_below(seed, 14);
}

/* Most Advanced SIMD words would be undefined because of an odd register where a quadword is meant:
 * makes most registers even. */
static uint32_t even_registers(const struct entry *entry, uint64_t *seed, uint32_t bits)
{
    enum { D = 1 << 12, N = 1 << 16, M = 1 << 0 };
    bool simd = entry->space == SPACE_A32_UNCOND || entry->space == SPACE_T32_SIMD;
    if (!simd || group_of(entry->row) != GENERATE_SIMD || rules_uses_memory(entry->row) ||
        random_below(seed, 8) == 0) {
        return bits;
    }
    return bits & ~((D | N | M) & ~entry->mask);
}

/* In sequences some registers stay what they are: addresses of the middle of the arena, and
 * indices. */
enum { BASES = 0x0f80, INDICES = 1 << 6 | 1 << 12 };

static bool fits_sequence(const struct decode_insn *insn)
{
    if (rules_writes_pc(insn) || rules_written(insn) & (BASES | INDICES)) {
        return false;
    }
    if (!rules_uses_memory(insn->row)) {
        return true;
    }
    if (rules_has_index(insn->row) && arm_field(insn, 'h') > 3) {
        return false;
    }
    unsigned n = arm_field(insn, 'n');
    return (n == 15 || BASES >> n & 1) &&
           (!rules_has_index(insn->row) || INDICES >> arm_field(insn, 'm') & 1);
}

/* A word of the row that is predictable; false if none was found. */
static bool make_word(const struct generator *g, const struct entry *entry, uint64_t *seed,
                      const struct test_case *test, bool in_it, uint32_t *word)
{
    unsigned length = entry->space == SPACE_T16 ? 2 : 4;
    for (unsigned tries = 0; tries < 100; tries++) {
        uint32_t bits = entry->value | ((uint32_t)(random_next(seed) >> 32) & ~entry->mask);
        if (entry->space == SPACE_T16) {
            bits &= 0xffff;
        }
        if (entry->space == SPACE_A32 && !(entry->mask >> 28)) {
            bits = (bits & 0x0fffffff) | random_cond(test, seed) << 28;
        }
        if (entry->space == SPACE_T32_VFP) {
            bits = (bits & 0x0fffffff) | 0xe0000000;
        }
        bits = even_registers(entry, seed, rules_tame(entry->row, bits));
        struct decode_insn insn;
        if (!decode_insn(entry->table, bits, g->features, &insn) || insn.row != entry->row ||
            rules_unpredictable(&insn, test->thumb, length) || (in_it && rules_writes_pc(&insn)) ||
            (test->sequence && !fits_sequence(&insn))) {
            continue;
        }
        *word = to_thumb(entry->space, bits);
        return true;
    }
    return false;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void append(struct test_case *test, uint32_t word, unsigned length)
{
    test->words[test->count] = word;
    test->lengths[test->count++] = (uint8_t)length;
}

/* Advanced SIMD words are often undefined, which ends a sequence. */
static bool is_short_lived(const struct entry *entry, uint64_t *seed)
{
    return group_of(entry->row) == GENERATE_SIMD && random_percent(seed, 90);
}

/* `inside` a sequence nothing may jump over the rest of it; in IT blocks nothing may jump at
 * all. */
static void append_random(const struct generator *g, struct test_case *test, uint64_t *seed,
                          bool inside, bool in_it)
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        const struct entry *entry =
            &g->entries[test->thumb][random_below(seed, g->count[test->thumb])];
        uint32_t word;
        if ((in_it && !rules_allowed_in_it(entry->row)) ||
            (inside && rules_only_last(entry->row)) ||
            (test->sequence && is_short_lived(entry, seed)) ||
            !make_word(g, entry, seed, test, in_it, &word)) {
            continue;
        }
        append(test, word, entry->space == SPACE_T16 ? 2 : 4);
        return;
    }
    append(test, test->thumb ? 0xbf00 : 0xe320f000, test->thumb ? 2 : 4); /* NOP */
}

/* IT and one to four instructions. */
static void append_it(const struct generator *g, struct test_case *test, uint64_t *seed,
                      unsigned most)
{
    unsigned count = 1 + random_below(seed, most < 4 ? most : 4);
    uint32_t cond = random_below(seed, 14);
    uint32_t mask = (random_below(seed, 16) << 1 | 1) << (4 - count) & 0xf;
    append(test, 0xbf00 | cond << 4 | mask, 2);
    for (unsigned i = 0; i < count; i++) {
        append_random(g, test, seed, true, true);
    }
}

/* A word that no table knows: Undefined on both sides. */
static void append_unknown(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    struct decode_insn insn;
    do {
        uint32_t word = (uint32_t)(random_next(seed) >> 32);
        unsigned length = 4;
        if (!test->thumb && random_percent(seed, 80)) {
            word |= 0xe0000000;
        }
        if (test->thumb) {
            length = word >> 27 >= 0x1d ? 4 : 2;
            word = length == 2 ? word >> 16 : word;
        }
        test->count = 0;
        append(test, word, length);
    } while (decode(g, test, 0, &insn));
}

static bool has_it_rows(const struct generator *g)
{
    for (unsigned i = 0; i < g->count[1]; i++) {
        if (rules_allowed_in_it(g->entries[1][i].row)) {
            return true;
        }
    }
    return false;
}

void generator_encode(struct test_case *test)
{
    unsigned size = 0;
    for (unsigned n = 0; n < test->count; n++) {
        uint32_t word = test->words[n];
        if (test->thumb && test->lengths[n] == 4) {
            word = word >> 16 | word << 16;
        }
        memcpy(test->code + size, &word, test->lengths[n]);
        size += test->lengths[n];
    }
    test->code_size = size;
    static const uint32_t svc = 0xef000000;
    static const uint16_t svc_thumb = 0xdf00;
    while (size < CASE_CODE) {
        if (test->thumb) {
            memcpy(test->code + size, &svc_thumb, 2);
        } else {
            memcpy(test->code + size, &svc, 4);
        }
        size += test->thumb ? 2 : 4;
    }
}

/* Registers that instructions use as addresses point into the arena. */
static void aim(const struct generator *g, struct test_case *test, uint64_t *seed)
{
    struct decode_insn insn;
    for (unsigned n = test->count; n-- > 0;) {
        if (!decode(g, test, n, &insn) || !rules_uses_memory(insn.row)) {
            continue;
        }
        unsigned base = arm_field(&insn, 'n');
        if (base < 15) {
            uint32_t address = CASE_ARENA_BASE;
            address += test->sequence ? CASE_ARENA / 2 + random_below(seed, 256)
                                      : 512 + random_below(seed, CASE_ARENA - 1024);
            if (test->sequence || random_percent(seed, 90)) {
                address &= ~UINT32_C(3);
            }
            if (random_percent(seed, 50)) {
                address &= ~UINT32_C(15);
            }
            test->before.r[base] = address;
        }
        unsigned index = arm_field(&insn, 'm');
        if (index < 15 && index != base && rules_has_index(insn.row)) {
            test->before.r[index] = random_below(seed, 64) - (random_below(seed, 4) ? 0 : 64);
            if (test->sequence) {
                test->before.r[index] &= ~UINT32_C(3);
            }
        }
    }
}

/* A double, two singles, or lanes of integers. */
static uint64_t random_d(uint64_t *seed)
{
    switch (random_below(seed, 4)) {
    case 0:
        return random_f64(seed);
    case 1:
        return random_f32(seed) | (uint64_t)random_f32(seed) << 32;
    case 2: /* small and extreme bytes */
        return random_next(seed) & random_next(seed) & 0x9f8f819f8781839f;
    default:
        return random_number(seed);
    }
}

static void make_state(struct cpu_state *state, uint64_t *seed)
{
    memset(state, 0, sizeof *state);
    for (unsigned i = 0; i < 15; i++) {
        state->r[i] = (uint32_t)random_number(seed);
    }
    state->cpsr = (uint32_t)random_next(seed) & 0xf80f0000;
    for (unsigned i = 0; i < 32; i++) {
        state->d[i] = random_d(seed);
    }
    state->fpscr = (uint32_t)(random_next(seed) >> 32) & 0xf0000000;
    if (random_percent(seed, 40)) {
        state->fpscr |= (uint32_t)(random_next(seed) >> 32) & 0x03c00000;
    }
}

void generator_make(struct generator *g, struct test_case *test, uint64_t seed, bool thumb,
                    unsigned count)
{
    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned i = 0; i < 4; i++) {
        random_next(&seed);
    }
    test->thumb = thumb;
    test->count = 0;
    test->sequence = count > 1;
    test->cond = random_below(&seed, 14);
    bool it = thumb && has_it_rows(g);
    if (g->unknown) {
        append_unknown(g, test, &seed);
    }
    while (test->count < count) {
        unsigned left = CASE_INSNS - test->count - 1;
        if (it && left && random_percent(&seed, 25)) {
            append_it(g, test, &seed, left);
        } else {
            append_random(g, test, &seed, test->count + 1 < count, false);
        }
    }
    generator_encode(test);
    make_state(&test->before, &seed);
    for (unsigned i = 0; i < CASE_ARENA; i += 8) {
        uint64_t word = random_next(&seed);
        memcpy(test->arena + i, &word, 8);
    }
    aim(g, test, &seed);
}
