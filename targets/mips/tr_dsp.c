/* The DSP ASE (MD00374). */
#include "targets/mips/dsp.h"

#include "core/base/bits.h"
#include "targets/mips/handlers.h"

/* ---- lanes ----------------------------------------------------------------------------------- */

/* Those without rd have 0 there. */
void mips_tr_dsp_lanes(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        mips_reg_set(t, mips_field(insn, 'd'),
                     ir_call(t->ir, &mips_helper_dsp_lanes, op, mips_operand(t, insn, 's'),
                             mips_operand(t, insn, 't'), 0));
    }
}

/* The amount: field s, or the register of that number. */
static uint32_t amount(struct mips_translation *t, const struct decode_insn *insn)
{
    return mips_field(insn, 'v') ? mips_operand(t, insn, 's')
                                 : ir_i32(t->ir, mips_field(insn, 's'));
}

void mips_tr_dsp_shift(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        mips_reg_set(t, mips_field(insn, 'd'),
                     ir_call(t->ir, &mips_helper_dsp_lanes, op, mips_operand(t, insn, 't'),
                             amount(t, insn), 0));
    }
}

/* arg: bits of a lane. Halves are of 10 bits, sign-extended. */
void mips_tr_dsp_replicate(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t i = mips_field(insn, 'i');
        uint32_t value = insn->row->arg == 8 ? i * 0x01010101
                                             : ((uint32_t)bits_sext(i, 10) & 0xffff) * 0x00010001;
        mips_reg_set(t, mips_field(insn, 'd'), ir_i32(t->ir, value));
    }
}

void mips_tr_dsp_insert(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t value = ir_call(t->ir, &mips_helper_dsp_insert, mips_operand(t, insn, 's'),
                                 mips_operand(t, insn, 't'), 0, 0);
        mips_reg_set(t, mips_field(insn, 't'), value);
    }
}

/* ---- accumulators ---------------------------------------------------------------------------- */

static void accumulate(struct mips_translation *t, const struct decode_insn *insn, uint32_t a,
                       uint32_t b)
{
    unsigned n = mips_field(insn, 'a');
    uint32_t what = ir_i32(t->ir, insn->row->arg | n << 8);
    mips_acc_set(t, n, ir_call(t->ir, &mips_helper_dsp_accumulate, what, mips_acc_get(t, n), a, b));
}

void mips_tr_dsp_accumulate(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, mips_operand(t, insn, 's'), mips_operand(t, insn, 't'));
    }
}

void mips_tr_dsp_shilo(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, amount(t, insn), 0);
    }
}

void mips_tr_dsp_mthlip(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, mips_operand(t, insn, 's'), 0);
    }
}

void mips_tr_dsp_extract(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        uint32_t acc = mips_acc_get(t, mips_field(insn, 'a'));
        mips_reg_set(t, mips_field(insn, 'n'),
                     ir_call(t->ir, &mips_helper_dsp_extract, op, acc, amount(t, insn), 0));
    }
}

/* arg: HI, not LO. */
static size_t half_of(const struct decode_insn *insn)
{
    return (insn->row->arg ? MIPS_OFF(hi) : MIPS_OFF(lo)) + 4 * mips_field(insn, 'a');
}

/* Accumulator 0 is HI and LO, with or without the ASE enabled. */
static bool acc_check(struct mips_translation *t, const struct decode_insn *insn)
{
    return mips_field(insn, 'a') == 0 || mips_dsp_check(t);
}

void mips_tr_dsp_mfhi(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (acc_check(t, insn)) {
        mips_reg_set(t, mips_field(insn, 'd'), ir_get(t->ir, IR_I32, half_of(insn)));
    }
}

void mips_tr_dsp_mthi(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (acc_check(t, insn)) {
        ir_set(t->ir, half_of(insn), mips_operand(t, insn, 's'));
    }
}

void mips_tr_dsp_multiply(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (acc_check(t, insn)) {
        mips_multiply(t, insn, mips_field(insn, 'a'));
    }
}

/* ---- DSPControl ------------------------------------------------------------------------------ */

/* The fields that the bits of a mask stand for (RDDSP, WRDSP). */
static uint32_t mask_of(const struct decode_insn *insn)
{
    static const uint32_t fields[] = {MIPS_DSP_POS,  MIPS_DSP_SCOUNT, MIPS_DSP_C,
                                      MIPS_DSP_OVER, MIPS_DSP_CCOND,  MIPS_DSP_EFI};
    uint32_t mask = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        mask |= mips_field(insn, 'i') >> i & 1 ? fields[i] : 0;
    }
    return mask;
}

void mips_tr_dsp_read(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t control = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        mips_reg_set(t, mips_field(insn, 'n'), mips_op_imm(t, IR_AND, control, mask_of(insn)));
    }
}

void mips_tr_dsp_write(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t mask = mask_of(insn);
        uint32_t old = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        uint32_t kept = mips_op_imm(t, IR_AND, old, ~mask);
        uint32_t value = ir_op2(t->ir, IR_AND, mips_operand(t, insn, 's'), ir_i32(t->ir, mask));
        ir_set(t->ir, MIPS_OFF(dsp_control), ir_op2(t->ir, IR_OR, kept, value));
    }
}

void mips_tr_dsp_branch(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t control = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        uint32_t pos = mips_op_imm(t, IR_AND, control, MIPS_DSP_POS);
        uint32_t taken = ir_op2(t->ir, IR_ULE, ir_i32(t->ir, 32), pos);
        mips_branch_if(t, taken, mips_target(t, insn), false);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* LWX, LHX, LBUX; arg: log2 of the bytes. */
void mips_tr_dsp_load(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint16_t aux = mips_mem(t, insn->row->arg, true);
        aux |= insn->row->arg == 1 ? IR_MEM_SIGN : 0;
        uint32_t address =
            ir_op2(t->ir, IR_ADD, mips_operand(t, insn, 'b'), mips_operand(t, insn, 'x'));
        mips_reg_set(t, mips_field(insn, 'd'), ir_load(t->ir, IR_I32, address, 0, aux));
    }
}
