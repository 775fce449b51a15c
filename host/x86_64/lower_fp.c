/* Floating point. An op whose environment may be anything is done by core/fp. */
#include "host/x86_64/lower.h"

static void lower_sign(struct x64_compile *c, const struct ir_inst *inst)
{
    /* The sign bit alone, or all but it, from a register of ones. */
    bool wide = inst->type == IR_F64, negate = inst->op == IR_FNEG;
    unsigned mask = x64_temp_xmm(c);
    unsigned ra = x64_use(c, inst->a);
    unsigned bits = wide ? 64 : 32;
    x64_emit(c->e, 0x76 | X64_MAP_0F | X64_P_66, mask, x64_r(mask)); /* pcmpeqd */
    x64_emit_imm8(c->e, (wide ? 0x73 : 0x72) | X64_MAP_0F | X64_P_66, negate ? 6 : 2, x64_r(mask),
                  (uint8_t)(negate ? bits - 1 : 1)); /* psll, psrl */
    unsigned d = x64_def(c, inst->a, 0);
    if (d != ra) {
        x64_movx_load(c->e, 4, d, x64_r(ra));
    }
    x64_emit(c->e, (negate ? 0x57 : 0x54) | X64_MAP_0F, d, x64_r(mask)); /* xorps, andps */
}

static void lower_bits(struct x64_compile *c, const struct ir_inst *inst)
{
    enum ir_type from = x64_type(c, inst->a);
    unsigned ra = x64_use(c, inst->a);
    bool wide = inst->type == IR_I64 || inst->type == IR_F64;
    unsigned d = x64_def(c, inst->a, 0);
    if (x64_is_vector(from) && !x64_is_vector(inst->type)) {
        x64_movd_from_xmm(c->e, wide, x64_r(d), ra);
    } else if (!x64_is_vector(from) && x64_is_vector(inst->type)) {
        x64_movd_to_xmm(c->e, wide, d, x64_r(ra));
    } else if (d != ra && x64_is_vector(from)) {
        x64_movx_load(c->e, 4, d, x64_r(ra));
    } else if (d != ra) {
        x64_mov(c->e, wide, d, x64_r(ra));
    }
}

static x64_lower_fn *const rows[IR_OP_COUNT] = {
    [IR_FADD] = x64_lower_float,    [IR_FSUB] = x64_lower_float,    [IR_FMUL] = x64_lower_float,
    [IR_FDIV] = x64_lower_float,    [IR_FSQRT] = x64_lower_float,   [IR_FMA] = x64_lower_float,
    [IR_FCMP] = x64_lower_float,    [IR_FCVT_FD] = x64_lower_float, [IR_FCVT_DF] = x64_lower_float,
    [IR_FCVT_SI] = x64_lower_float, [IR_FCVT_UI] = x64_lower_float, [IR_FCVT_IS] = x64_lower_float,
    [IR_FCVT_IU] = x64_lower_float, [IR_FNEG] = lower_sign,         [IR_FABS] = lower_sign,
    [IR_BITS] = lower_bits,
};

x64_lower_fn *x64_lowering_fp(enum ir_op op)
{
    return rows[op];
}
