#include "tests/oracle/mips/rules.h"

#include "core/base/bits.h"
#include "targets/mips/dsp.h"
#include "targets/mips/fpu.h"
#include "targets/mips/handlers.h"
#include "tests/support/random.h"

#include <stddef.h>
#include <string.h>

typedef void handler_fn(void *translation, const struct decode_insn *insn);

enum {
    SKIP = 1,
    MEMORY = 2,
    OFFSET = 4,
    JUMP = 8,
    BRANCH = 16,
    ENDS = 32,
    INDEXED = 64,
    FRAME = 128,
    FLAGS = 256,
};

/* By handler: properties, and the field with the register that is written. */
static const struct rule {
    handler_fn *handler;
    char written;
    uint32_t flags;
} rules[] = {
    {mips_tr_shift_imm, 'd', 0},
    {mips_tr_shift_reg, 'd', 0},
    {mips_tr_jr, 0, BRANCH},
    {mips_tr_jalr, 'd', BRANCH},
    {mips_tr_move_if, 'd', 0},
    {mips_tr_raise, 0, ENDS},
    {mips_tr_sync, 0, 0},
    {mips_tr_move_from, 'd', 0},
    {mips_tr_move_to, 0, 0},
    {mips_tr_multiply, 0, 0},
    {mips_tr_divide, 0, 0},
    {mips_tr_add_reg, 'd', 0},
    {mips_tr_alu_reg, 'd', 0},
    {mips_tr_nor, 'd', 0},
    {mips_tr_add_imm, 't', 0},
    {mips_tr_alu_imm, 't', 0},
    {mips_tr_logic_imm, 't', 0},
    {mips_tr_lui, 't', 0},
    {mips_tr_trap_reg, 0, ENDS},
    {mips_tr_trap_imm, 0, ENDS},
    {mips_tr_branch, 0, BRANCH | OFFSET},
    {mips_tr_branch_zero, 0, BRANCH | OFFSET},
    {mips_tr_branch_link, 0, BRANCH | OFFSET},
    {mips_tr_jump, 0, BRANCH | JUMP},
    {mips_tr_count, 'd', 0},
    {mips_tr_ext, 't', 0},
    {mips_tr_ins, 't', 0},
    {mips_tr_wsbh, 'd', 0},
    {mips_tr_extend, 'd', 0},
    {mips_tr_load, 't', MEMORY},
    {mips_tr_store, 0, MEMORY},
    {mips_tr_load_part, 't', MEMORY},
    {mips_tr_store_part, 0, MEMORY},
    {mips_tr_ll, 't', MEMORY},
    {mips_tr_sc, 't', MEMORY},
    {mips_tr_nop, 0, 0},
    {mips_tr_cop2_none, 0, ENDS},
    {mips_tr_addiu_pc, 't', 0},
    {mips_tr_load_pc, 't', 0},
    {mips_tr_addiu_short, 't', 0},
    {mips_tr_shift_short, 'd', 0},
    {mips_tr_branch_short, 0, BRANCH | OFFSET},
    {mips_tr_mov_to_32, 0, 0},
    {mips_tr_save, 0, MEMORY | FRAME},
    {mips_tr_restore, 0, MEMORY | FRAME},
    {mips_tr_rdhwr, 0, SKIP},
    {mips_tr_cache, 0, SKIP},
    {mips_tr_mfc0, 0, SKIP},
    {mips_tr_mtc0, 0, SKIP},
    {mips_tr_move_shadow, 0, SKIP},
    {mips_tr_ei, 0, SKIP},
    {mips_tr_tlb, 0, SKIP},
    {mips_tr_eret, 0, SKIP},
    {mips_tr_wait, 0, SKIP},
    {mips_tr_cop0_none, 0, SKIP},
    {mips_tr_fp_reserved, 0, SKIP},
    {mips_tr_fp_mfc1, 'n', 0},
    {mips_tr_fp_cfc1, 'n', 0},
    {mips_tr_fp_mtc1, 0, 0},
    {mips_tr_fp_ctc1, 0, ENDS},
    {mips_tr_fp_branch, 0, BRANCH | OFFSET},
    {mips_tr_fp_arithmetic, 0, 0},
    {mips_tr_fp_sign, 0, 0},
    {mips_tr_fp_mov, 0, 0},
    {mips_tr_fp_round, 0, 0},
    {mips_tr_fp_movf, 0, 0},
    {mips_tr_fp_movz, 0, 0},
    {mips_tr_fp_resize, 0, 0},
    {mips_tr_fp_compare, 0, 0},
    {mips_tr_fp_from_integer, 0, 0},
    {mips_tr_fp_prefetch, 0, 0},
    {mips_tr_fp_movci, 'n', 0},
    {mips_tr_fp_load, 0, MEMORY},
    {mips_tr_fp_store, 0, MEMORY},
    {mips_tr_fp_load_indexed, 0, MEMORY | INDEXED},
    {mips_tr_fp_store_indexed, 0, MEMORY | INDEXED},
    {mips_tr_dsp_lanes, 'd', FLAGS},
    {mips_tr_dsp_shift, 'd', FLAGS},
    {mips_tr_dsp_replicate, 'd', 0},
    {mips_tr_dsp_insert, 't', 0},
    {mips_tr_dsp_accumulate, 0, 0},
    {mips_tr_dsp_shilo, 0, 0},
    {mips_tr_dsp_mthlip, 0, 0},
    {mips_tr_dsp_extract, 'n', FLAGS},
    {mips_tr_dsp_mfhi, 'd', 0},
    {mips_tr_dsp_mthi, 0, 0},
    {mips_tr_dsp_multiply, 0, 0},
    {mips_tr_dsp_read, 'n', 0},
    {mips_tr_dsp_write, 0, 0},
    {mips_tr_dsp_branch, 0, BRANCH | OFFSET},
    {mips_tr_dsp_load, 'd', MEMORY | INDEXED},
};

static const struct rule *find(const struct decode_row *row)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
        if (rules[i].handler == row->handler) {
            return &rules[i];
        }
    }
    return NULL;
}

static bool has_flag(const struct decode_row *row, uint32_t flag)
{
    const struct rule *rule = find(row);
    return rule && rule->flags & flag;
}

bool rules_skip(const struct decode_row *row)
{
    /* JALX from MIPS32 goes where no code is. */
    bool jalx = !strcmp(row->name, "jalx") && row->features;
    return !find(row) || has_flag(row, SKIP) || jalx;
}

bool rules_is_jump(bool mips16, uint32_t word)
{
    return word >> 27 == (mips16 ? 3 : 1);
}

bool rules_fatal_in_slot(const struct decode_row *row)
{
    return row->handler == mips_tr_fp_branch;
}

bool rules_not_in_slot(const struct decode_row *row)
{
    return has_flag(row, BRANCH | FRAME);
}

bool rules_is_register_jump(const struct decode_insn *insn)
{
    return insn->row->handler == mips_tr_jr || insn->row->handler == mips_tr_jalr;
}

bool rules_uses_memory(const struct decode_row *row)
{
    return has_flag(row, MEMORY);
}

unsigned rules_base(const struct decode_insn *insn)
{
    /* Floating-point rows have a letter of their own for it. */
    return mips_field(insn, mips_field(insn, 'b') ? 'b' : 's');
}

bool rules_ends(const struct decode_row *row)
{
    return has_flag(row, ENDS);
}

unsigned rules_written(const struct decode_insn *insn)
{
    const struct rule *rule = find(insn->row);
    if (insn->row->handler == mips_tr_mov_to_32) {
        return mips_field(insn, 'd') | mips_field(insn, 'i');
    }
    if (insn->row->handler == mips_tr_restore) {
        return mips_field(insn, 'x') ? 16 : mips_field(insn, 'y') ? 17 : 0;
    }
    bool links = insn->row->handler == mips_tr_branch_link || insn->row->handler == mips_tr_jump;
    return links ? 31 : rule && rule->written ? mips_field(insn, rule->written) : 0;
}

enum { FORWARD = 24 }; /* instructions, of MIPS32 */

/* How far an instruction reaches that may be misaligned, but rarely is. */
static uint32_t memory_offset(uint64_t *seed)
{
    uint32_t offset = random_below(seed, 1024) - 512;
    return (random_percent(seed, 85) ? offset & ~UINT32_C(3) : offset) & 0xffff;
}

/* The immediate of an extended instruction. */
static uint32_t extend(uint32_t word, uint32_t imm)
{
    return (word & 0xf800ffe0) | (imm & 0x7e0) << 16 | (imm & 0xf800) << 5 | (imm & 0x1f);
}

static uint32_t tame_mips16(const struct decode_row *row, uint32_t word, uint64_t *seed)
{
    bool wide = word > 0xffff;
    if (has_flag(row, OFFSET)) {
        uint32_t offset = random_below(seed, FORWARD);
        uint32_t mask = row->arg >> MIPS_COND_BITS_SHIFT == 11 ? 0x7ff : 0xff;
        return wide ? extend(word, offset) : (word & ~mask) | offset;
    }
    if (has_flag(row, JUMP)) {
        return (word & 0xfc000000) | random_below(seed, FORWARD);
    }
    return wide && has_flag(row, MEMORY) && !has_flag(row, FRAME)
               ? extend(word, memory_offset(seed))
               : word;
}

uint32_t rules_tame(const struct decode_row *row, bool mips16, uint32_t word, uint64_t *seed)
{
    if (mips16) {
        return tame_mips16(row, word, seed);
    }
    if (has_flag(row, OFFSET)) {
        return (word & 0xffff0000) | random_below(seed, FORWARD);
    }
    if (has_flag(row, JUMP)) {
        return (word & 0xfc000000) | random_below(seed, FORWARD);
    }
    if (has_flag(row, INDEXED)) {
        return random_percent(seed, 90) ? word & ~(UINT32_C(31) << 16) : word;
    }
    return has_flag(row, MEMORY) ? (word & 0xffff0000) | memory_offset(seed) : word;
}

bool rules_unpredictable(const struct decode_insn *insn)
{
    handler_fn *handler = insn->row->handler;
    if (handler == mips_tr_branch_link) {
        return mips_field(insn, 's') == 31;
    }
    if (handler == mips_tr_jalr) {
        return mips_field(insn, 's') == mips_field(insn, 'd');
    }
    if (has_flag(insn->row, FLAGS) && strchr(insn->row->pattern, find(insn->row)->written)) {
        return rules_written(insn) == 0; /* Unicorn takes it for a NOP that sets no flags either */
    }
    if (handler == mips_tr_fp_cfc1 || handler == mips_tr_fp_ctc1) {
        enum { FIR = 1 << 0, FCCR = 1 << 25, FEXR = 1 << 26, FENR = 1 << 28 };
        uint32_t k = mips_field(insn, 'k');
        return k != 31 && !((FIR | FCCR | FEXR | FENR) >> k & 1);
    }
    if (handler == mips_tr_ext) {
        return mips_field(insn, 'l') + mips_field(insn, 'm') > 31;
    }
    if (handler == mips_tr_ins) {
        return mips_field(insn, 'm') < mips_field(insn, 'l');
    }
    return false;
}

/* CVT.S.D of a quiet NaN of which single precision has room for no bit gives infinity. */
static bool is_lost_nan(const struct cpu_state *ours, const struct cpu_state *theirs)
{
    for (unsigned i = 0; i < 64; i++) {
        uint32_t a = (uint32_t)(ours->f[i / 2] >> 32 * (i & 1));
        uint32_t b = (uint32_t)(theirs->f[i / 2] >> 32 * (i & 1));
        if (a == 0x7fbfffff && (b & 0x7fffffff) == 0x7f800000) {
            return true;
        }
    }
    return false;
}

const char *rules_known(const struct decode_insn *insn, const struct test_case *test,
                        const struct cpu_state *ours, const struct cpu_state *theirs)
{
    if (test->floating && is_lost_nan(ours, theirs)) {
        return "makes infinities of quiet NaNs (CVT.S.D)";
    }
    bool misaligned =
        ours->outcome == OUTCOME_LOAD_ALIGNMENT || ours->outcome == OUTCOME_STORE_ALIGNMENT;
    if (misaligned && theirs->outcome == OUTCOME_DATA_FAULT) {
        return "looks whether memory is mapped before whether the address is aligned";
    }
    if (misaligned && insn && insn->row->handler == mips_tr_sc) {
        return "does not check the alignment of an SC that fails";
    }
    if (ours->outcome == OUTCOME_RESERVED && insn && rules_not_in_slot(insn->row)) {
        return "knows no delay slot of a branch that cannot be taken (BNE of r0 with itself)";
    }
    if (ours->outcome == OUTCOME_RESERVED && test->mips16 && (!insn || insn->bits > 0xffff)) {
        return "executes what the second half of a JAL happens to be, though reserved bits are "
               "set, or a long instruction behind it, as in a delay slot";
    }
    return NULL;
}
