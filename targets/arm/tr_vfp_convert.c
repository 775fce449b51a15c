/* Floating-point conversions (DDI 0406C A8.8.305 to A8.8.309). */
#include "targets/arm/vfp.h"

/* Operands of which one is always a single register: d if `single_d`, else m. */
static bool operands(struct vfp_operands *v, struct arm_translation *t,
                     const struct decode_insn *insn, bool single_d, bool single_m)
{
    unsigned high =
        (single_d ? 0 : DECODE_FIELD(insn, 'D')) | (single_m ? 0 : DECODE_FIELD(insn, 'M'));
    if (!vfp_check(t, high)) {
        return false;
    }
    v->ir = t->ir;
    v->type = DECODE_FIELD(insn, 's') ? IR_F64 : IR_F32;
    v->d = single_d ? vfp_single(insn, 'd', 'D') : vfp_double(insn, 'd', 'D');
    v->n = 0;
    v->m = single_m ? vfp_single(insn, 'm', 'M') : vfp_double(insn, 'm', 'M');
    v->plain = t->mode & ARM_TM_FPPLAIN ? IR_FLOAT_PLAIN : 0;
    return true;
}

/* Field s is the precision of the operand. */
void arm_tr_vfp_cvt(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    bool narrow = DECODE_FIELD(insn, 's');
    if (!operands(&v, translation, insn, narrow, !narrow)) {
        return;
    }
    uint32_t m = ir_get(v.ir, v.type, v.m);
    uint32_t result = narrow ? vfp_emit(&v, IR_FCVT_FD, IR_F32, m, 0, 0, 0)
                             : vfp_emit(&v, IR_FCVT_DF, IR_F64, m, 0, 0, 0);
    ir_set(v.ir, v.d, result);
}

void arm_tr_vfp_from_int(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!operands(&v, translation, insn, !DECODE_FIELD(insn, 's'), true)) {
        return;
    }
    enum ir_op op = DECODE_FIELD(insn, 'o') ? IR_FCVT_IS : IR_FCVT_IU;
    ir_set(v.ir, v.d, vfp_emit(&v, op, v.type, vfp_get_bits(v.ir, v.m), 0, 0, 0));
}

void arm_tr_vfp_to_int(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!operands(&v, translation, insn, true, !DECODE_FIELD(insn, 's'))) {
        return;
    }
    enum fp_round round = DECODE_FIELD(insn, 'o') ? FP_ROUND_ZERO : FP_ROUND_ENV;
    uint32_t m = ir_get(v.ir, v.type, v.m);
    uint32_t result = vfp_emit(&v, (enum ir_op)insn->row->arg, v.type, m, 0, 0, round);
    vfp_set_bits(v.ir, v.d, result);
}

/* To fixed point rounds to zero, from it to nearest, whatever FPSCR says. */
void arm_tr_vfp_cvt_fixed(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!vfp_operands(&v, translation, insn, false)) {
        return;
    }
    unsigned width = DECODE_FIELD(insn, 'x') ? 32 : 16;
    unsigned whole = DECODE_FIELD(insn, 'i') << 1 | DECODE_FIELD(insn, 'k');
    if (whole > width) {
        arm_undefined(translation);
        return;
    }
    bool is_double = v.type == IR_F64;
    uint32_t shape = ir_i32(v.ir, arm_vfp_fixed(width - whole, width, !DECODE_FIELD(insn, 'u')));
    uint32_t d = ir_get(v.ir, v.type, v.d), result;
    if (!DECODE_FIELD(insn, 'o')) {
        result = ir_call(v.ir, is_double ? &arm_helper_f64_from_fixed : &arm_helper_f32_from_fixed,
                         d, shape, 0, 0);
    } else if (is_double) {
        result = ir_call(v.ir, &arm_helper_f64_to_fixed, d, shape, 0, 0);
        result = ir_conv(v.ir, IR_BITS, IR_F64, result);
    } else {
        result = ir_call(v.ir, &arm_helper_f32_to_fixed, d, shape, 0, 0);
        result = ir_conv(v.ir, IR_LO32, IR_I32, result);
        result = ir_conv(v.ir, IR_BITS, IR_F32, result);
    }
    ir_set(v.ir, v.d, result);
}

/* Field x chooses the top or bottom half, o the direction. */
void arm_tr_vfp_cvt_half(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!operands(&v, translation, insn, true, true)) {
        return;
    }
    uint16_t field = (uint16_t)((DECODE_FIELD(insn, 'x') ? 16 : 0) | 16 << 8);
    if (DECODE_FIELD(insn, 'o')) {
        uint32_t half =
            ir_call(v.ir, &arm_helper_single_to_half, ir_get(v.ir, IR_F32, v.m), 0, 0, 0);
        uint32_t old = vfp_get_bits(v.ir, v.d);
        vfp_set_bits(v.ir, v.d, ir_emit(v.ir, IR_DEP, IR_I32, old, half, 0, 0, field));
    } else {
        uint32_t m = vfp_get_bits(v.ir, v.m);
        uint32_t half = ir_emit(v.ir, IR_EXTU, IR_I32, m, 0, 0, 0, field);
        ir_set(v.ir, v.d, ir_call(v.ir, &arm_helper_half_to_single, half, 0, 0, 0));
    }
}
