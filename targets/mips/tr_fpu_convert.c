/* Conversions (MD00086: CVT.fmt.fmt, CEIL.fmt, FLOOR.fmt, ROUND.fmt, TRUNC.fmt). What has no
 * integer gives the greatest one, also if it is negative (MD00082 5.8.2: legacy NaNs). */
#include "targets/mips/fpu.h"

/* A long is the 64 bits of a register as f64. */
static uint32_t get_long(struct mips_translation *t, unsigned n)
{
    return ir_get(t->ir, IR_F64, mips_fp_double(t, n));
}

static uint32_t get_word(struct mips_translation *t, unsigned n)
{
    uint32_t bits = ir_get(t->ir, IR_F32, mips_fp_single(t, n));
    return ir_conv(t->ir, IR_BITS, IR_I32, bits);
}

void mips_tr_fp_round(void *translation, const struct decode_insn *insn)
{
    static const uint8_t modes[] = {FP_ROUND_NEAREST, FP_ROUND_ZERO, FP_ROUND_UP, FP_ROUND_DOWN,
                                    FP_ROUND_ENV};
    struct mips_translation *t = translation;
    bool to_long = insn->row->arg == MIPS_FP_TO_LONG;
    enum ir_type type = mips_fp_format(insn);
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's');
    if (!mips_fp_check(t, type, s) || (to_long && !mips_fp_check_long(t))) {
        return;
    }
    unsigned aux = modes[DECODE_FIELD(insn, 'm')] | IR_FLOAT_GREATEST;
    uint32_t a = ir_get(t->ir, type, mips_fp_reg(t, type, s));
    uint32_t code = mips_fp_code((enum mips_fp_op)insn->row->arg, type, aux);
    uint32_t result = mips_fp_emit(t, code, a, 0, 0);
    if (to_long) {
        ir_set(t->ir, mips_fp_double(t, d), result);
    } else {
        ir_set(t->ir, mips_fp_single(t, d), ir_conv(t->ir, IR_BITS, IR_F32, result));
    }
}

/* CVT.S.D and CVT.D.S: field p is the format of the result. */
void mips_tr_fp_resize(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum ir_type to = mips_fp_format(insn), from = to == IR_F64 ? IR_F32 : IR_F64;
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's');
    if (mips_fp_check(t, IR_F64, to == IR_F64 ? d : s)) {
        uint32_t a = ir_get(t->ir, from, mips_fp_reg(t, from, s));
        uint32_t code = mips_fp_code((enum mips_fp_op)insn->row->arg, to, 0);
        ir_set(t->ir, mips_fp_reg(t, to, d), mips_fp_emit(t, code, a, 0, 0));
    }
}

void mips_tr_fp_from_integer(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    bool from_long = insn->row->arg == MIPS_FP_FROM_LONG;
    enum ir_type type = mips_fp_format(insn);
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's');
    if (!mips_fp_check(t, type, d) || (from_long && !mips_fp_check_long(t))) {
        return;
    }
    uint32_t a = from_long ? get_long(t, s) : get_word(t, s);
    uint32_t code = mips_fp_code((enum mips_fp_op)insn->row->arg, type, 0);
    ir_set(t->ir, mips_fp_reg(t, type, d), mips_fp_emit(t, code, a, 0, 0));
}
