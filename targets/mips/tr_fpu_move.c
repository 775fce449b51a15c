/* Moves between and into registers, floating-point branches, control registers (MD00086: BC1F,
 * CFC1, CTC1, MFC1, MOVF ..). None of these sets FCSR.Cause. */
#include "targets/mips/fpu.h"
#include "targets/mips/handlers.h"

/* ---- general and floating-point registers ---------------------------------------------------- */

/* The instruction is about the high half of a double. */
static bool is_high(const struct mips_translation *t, const struct decode_insn *insn)
{
    bool odd = !(t->mode & MIPS_TM_FR) && DECODE_FIELD(insn, 's') & 1;
    return DECODE_FIELD(insn, 'h') || odd;
}

void mips_tr_fp_mfc1(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        size_t slot = mips_fp_double(t, DECODE_FIELD(insn, 's')) + (is_high(t, insn) ? 4 : 0);
        uint32_t value = ir_get(t->ir, IR_F32, slot);
        mips_reg_set(t, DECODE_FIELD(insn, 'n'), ir_conv(t->ir, IR_BITS, IR_I32, value));
    }
}

/* Who sets the high half has mostly set the low one just before, and reads the whole next: a double
 * that two stores have put together would make a host's load wait for both. */
static void set_high(struct mips_translation *t, size_t slot, uint32_t value)
{
    uint32_t low = ir_conv(t->ir, IR_BITS, IR_I32, ir_get(t->ir, IR_F32, slot));
    uint32_t whole = ir_emit(t->ir, IR_PAIR, IR_I64, low, value, 0, 0, 0);
    ir_set(t->ir, slot, ir_conv(t->ir, IR_BITS, IR_F64, whole));
}

void mips_tr_fp_mtc1(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp1_check(t)) {
        return;
    }
    size_t slot = mips_fp_double(t, DECODE_FIELD(insn, 's'));
    uint32_t value = mips_reg(t, DECODE_FIELD(insn, 'n'));
    if (is_high(t, insn)) {
        set_high(t, slot, value);
    } else {
        ir_set(t->ir, slot, ir_conv(t->ir, IR_BITS, IR_F32, value));
    }
}

void mips_tr_fp_cfc1(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        uint32_t number = ir_i32(t->ir, DECODE_FIELD(insn, 'k'));
        mips_reg_set(t, DECODE_FIELD(insn, 'n'),
                     ir_call(t->ir, &mips_helper_cfc1, number, 0, 0, 0));
    }
}

/* Most writes only clear or restore Flags and need not leave. In a delay slot, all do. */
void mips_tr_fp_ctc1(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp1_check(t)) {
        return;
    }
    uint32_t number = ir_i32(t->ir, DECODE_FIELD(insn, 'k'));
    uint32_t value = mips_reg(t, DECODE_FIELD(insn, 'n'));
    uint32_t changed = ir_call(t->ir, &mips_helper_ctc1, number, value, 0, 0);
    mips_leave_next_if(t, changed);
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* i32 0 or 1: condition code c is what field v asks for. */
static uint32_t holds(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t code = ir_get(t->ir, IR_I32, MIPS_OFF(fcc) + 4 * DECODE_FIELD(insn, 'c'));
    return DECODE_FIELD(insn, 'v') ? code : ir_op2(t->ir, IR_EQ, code, ir_i32(t->ir, 0));
}

void mips_tr_fp_branch(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        mips_branch_if(t, holds(t, insn), mips_target(t, insn), DECODE_FIELD(insn, 'l'));
    }
}

void mips_tr_fp_movci(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        unsigned n = DECODE_FIELD(insn, 'n');
        uint32_t other = mips_reg(t, n), value = mips_reg(t, DECODE_FIELD(insn, 'g'));
        mips_reg_set(t, n, ir_select(t->ir, holds(t, insn), value, other));
    }
}

/* fd = fs if `cond` is not 0. */
static void move_if(struct mips_translation *t, const struct decode_insn *insn, uint32_t cond)
{
    enum ir_type type = mips_fp_format(insn);
    size_t d = mips_fp_reg(t, type, DECODE_FIELD(insn, 'd'));
    size_t s = mips_fp_reg(t, type, DECODE_FIELD(insn, 's'));
    uint32_t value = ir_get(t->ir, type, s), other = ir_get(t->ir, type, d);
    ir_set(t->ir, d, ir_select(t->ir, cond, value, other));
}

void mips_tr_fp_movf(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        move_if(t, insn, holds(t, insn));
    }
}

/* arg: the comparison with 0, IR_EQ or IR_NE. */
void mips_tr_fp_movz(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        uint32_t value = mips_reg(t, DECODE_FIELD(insn, 'n'));
        move_if(t, insn, ir_op2(t->ir, (enum ir_op)insn->row->arg, value, ir_i32(t->ir, 0)));
    }
}

void mips_tr_fp_mov(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum ir_type type = mips_fp_format(insn);
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's');
    if (mips_fp_check(t, type, d | s)) {
        ir_set(t->ir, mips_fp_reg(t, type, d), ir_get(t->ir, type, mips_fp_reg(t, type, s)));
    }
}
