#include "targets/mips/fetch.h"

#include "core/base/bits.h"

#include <string.h>

enum { INSN_BYTES = 4, HALF_BYTES = 2, PAGE_MASK = SPACE_PAGE_SIZE - 1 };

bool mips_in_page(const struct mips_translation *t, uint32_t pc)
{
    return !((pc ^ t->code->page) & ~(uint32_t)PAGE_MASK);
}

/* NULL if it is in a page that cannot be fetched. */
static const uint8_t *bytes_at(const struct mips_translation *t, uint32_t pc)
{
    const uint8_t *page = mips_in_page(t, pc) ? t->code->bytes : t->code->next;
    return page ? page + (pc & PAGE_MASK) : NULL;
}

static uint32_t word_at(const struct mips_translation *t, const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return t->big ? __builtin_bswap32(word) : word;
}

/* ---- MIPS16e (MD00076 3) --------------------------------------------------------------------- */

/* JAL, JALX, EXTEND and what it extends. */
static bool is_wide(uint32_t half)
{
    return half >> 11 == 0x03 || half >> 11 == 0x1e;
}

static uint32_t half_at(const struct mips_translation *t, const uint8_t *bytes)
{
    return (uint32_t)bytes[!t->big] << 8 | bytes[t->big];
}

static bool fetch_mips16(const struct mips_translation *t, uint32_t pc,
                         struct mips_fetched *fetched)
{
    fetched->length = HALF_BYTES;
    const uint8_t *first = bytes_at(t, pc);
    if (!first) {
        return false;
    }
    fetched->word = half_at(t, first);
    if (!is_wide(fetched->word)) {
        return true;
    }
    fetched->length = INSN_BYTES;
    const uint8_t *second = bytes_at(t, pc + HALF_BYTES);
    if (second) {
        fetched->word = fetched->word << 16 | half_at(t, second);
    }
    return second;
}

/* Rows have registers of three bits in capitals, and upper parts of an immediate as u and v: the
 * handlers, which are those of MIPS32, know fields s, t, d and i. */
static void spread_mips16(struct decode_insn *insn)
{
    static const uint8_t registers[] = {16, 17, 2, 3, 4, 5, 6, 7};
    for (const char *p = insn->row->pattern; *p; p++) {
        if (*p == 'S' || *p == 'T' || *p == 'D') {
            DECODE_FIELD(insn, *p | 0x20) = registers[DECODE_FIELD(insn, *p) & 7];
        }
    }
    DECODE_FIELD(insn, 'i') |= DECODE_FIELD(insn, 'u') | DECODE_FIELD(insn, 'v');
}

/* ---- both ------------------------------------------------------------------------------------ */

static bool fetch_mips32(const struct mips_translation *t, uint32_t pc,
                         struct mips_fetched *fetched)
{
    const uint8_t *bytes = bytes_at(t, pc);
    fetched->length = INSN_BYTES;
    if (bytes) {
        fetched->word = word_at(t, bytes);
    }
    return bytes;
}

bool mips_fetch(const struct mips_translation *t, uint32_t pc, struct mips_fetched *fetched)
{
    return t->mips16 ? fetch_mips16(t, pc, fetched) : fetch_mips32(t, pc, fetched);
}

static const struct decode_table *table_of(const struct mips_translation *t,
                                           const struct mips_fetched *fetched)
{
    const struct mips_decoders *d = t->cpu->decoders;
    return !t->mips16 ? d->mips32 : fetched->length == HALF_BYTES ? d->mips16 : d->mips16_extended;
}

bool mips_decode(const struct mips_translation *t, const struct mips_fetched *fetched,
                 struct decode_insn *insn)
{
    if (!decode_insn(table_of(t, fetched), fetched->word, t->features, insn)) {
        return false;
    }
    if (t->mips16) {
        spread_mips16(insn);
    }
    return true;
}

bool mips_crosses_page(const struct mips_translation *t, uint32_t pc)
{
    enum { LONGEST = INSN_BYTES + INSN_BYTES };
    uint32_t offset = pc & PAGE_MASK;
    if (offset <= SPACE_PAGE_SIZE - LONGEST || !mips_in_page(t, pc)) {
        return false;
    }
    struct mips_fetched fetched;
    bool whole = mips_fetch(t, pc, &fetched);
    uint32_t end = offset + fetched.length;
    if (!whole || end > SPACE_PAGE_SIZE) {
        return true;
    }
    const struct decode_row *row = decode_find(table_of(t, &fetched), fetched.word, t->features);
    return end == SPACE_PAGE_SIZE && row && row->flags & MIPS_ROW_BRANCH;
}

/* ---- where loops begin ----------------------------------------------------------------------- */

/* Where the instruction branches to as a distance from itself, if that is backward; else
 * nothing below 0. Calls do not count: REGIMM's first four, BEQ to BGTZ, their likely forms, and
 * branches by a floating-point condition. */
static int32_t distance_mips32(uint32_t word)
{
    uint32_t opcode = word >> 26;
    bool branch =
        (opcode == 1 && !(word >> 16 & 0x1c)) || (opcode & 0x2c) == 0x04 || word >> 21 == 0x228;
    return branch ? INSN_BYTES + (int16_t)word * INSN_BYTES : 0;
}

/* B, BEQZ, BNEZ, BTEQZ, BTNEZ and their extended forms. */
static int32_t distance_mips16(const struct mips_fetched *fetched)
{
    bool wide = fetched->length == INSN_BYTES;
    uint32_t half = fetched->word & 0xffff, opcode = half >> 11;
    bool branch = opcode == 2 || opcode == 4 || opcode == 5 || half >> 9 == 0x30;
    if (!branch || (wide && fetched->word >> 27 != 0x1e)) {
        return 0;
    }
    uint32_t extended =
        (fetched->word >> 16 & 0x1f) << 11 | (fetched->word >> 16 & 0x7e0) | (half & 0x1f);
    int64_t offset = wide ? bits_sext(extended, 16) : bits_sext(half, opcode == 2 ? 11 : 8);
    return (int32_t)fetched->length + (int32_t)offset * HALF_BYTES;
}

static unsigned look(const void *translation, uint32_t offset, int32_t *distance)
{
    const struct mips_translation *t = translation;
    struct mips_fetched fetched;
    if (!mips_fetch(t, (uint32_t)t->code->page + offset, &fetched)) {
        return 0;
    }
    *distance = t->mips16 ? distance_mips16(&fetched) : distance_mips32(fetched.word);
    return fetched.length;
}

void mips_find_heads(const struct mips_translation *t)
{
    guest_region_find_heads(t->region, t->pc, SPACE_PAGE_SIZE, look, t);
}
