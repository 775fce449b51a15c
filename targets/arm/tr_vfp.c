/* Floating-point data processing (DDI 0406C A7.5) except conversions. */
#include "targets/arm/vfp.h"

bool vfp_check(struct arm_translation *t, bool d32)
{
    if (!arm_fp_check(t)) {
        return false;
    }
    if (!d32 || t->features & ARM_FEATURE_D32) {
        return true;
    }
    arm_undefined(t);
    return false;
}

bool vfp_operands(struct vfp_operands *v, struct arm_translation *t, const struct decode_insn *insn,
                  bool vectors)
{
    bool is_double = DECODE_FIELD(insn, 's');
    unsigned high = DECODE_FIELD(insn, 'D') | DECODE_FIELD(insn, 'N') | DECODE_FIELD(insn, 'M');
    if (!vfp_check(t, is_double && high)) {
        return false;
    }
    if (vectors && t->mode & ARM_TM_VECLEN) {
        arm_undefined(t);
        return false;
    }
    v->ir = t->ir;
    v->type = is_double ? IR_F64 : IR_F32;
    v->d = is_double ? vfp_double(insn, 'd', 'D') : vfp_single(insn, 'd', 'D');
    v->n = is_double ? vfp_double(insn, 'n', 'N') : vfp_single(insn, 'n', 'N');
    v->m = is_double ? vfp_double(insn, 'm', 'M') : vfp_single(insn, 'm', 'M');
    v->plain = t->mode & ARM_TM_FPPLAIN ? IR_FLOAT_PLAIN : 0;
    return true;
}

uint32_t vfp_emit(const struct vfp_operands *v, enum ir_op op, enum ir_type type, uint32_t a,
                  uint32_t b, uint32_t c, unsigned aux)
{
    return ir_emit(v->ir, op, type, a, b, c, ARM_OFF(fp), (uint16_t)(aux | v->plain));
}

static uint32_t get(const struct vfp_operands *v, size_t offset)
{
    return ir_get(v->ir, v->type, offset);
}

/* How d, n and m make the result: op is the last operation, on the product or quotient of n and m
 * if there is one. */
enum { NEG_D = 1, NEG_N = 2, NEG_RESULT = 4 };
static const struct {
    uint8_t first;  /* of n and m */
    uint8_t second; /* of d and its result */
    uint8_t negate;
} three[] = {
    [ARM_VFP_MLA] = {IR_FMUL, IR_FADD, 0},
    [ARM_VFP_MLS] = {IR_FMUL, IR_FADD, NEG_RESULT},
    [ARM_VFP_NMLA] = {IR_FMUL, IR_FADD, NEG_RESULT | NEG_D},
    [ARM_VFP_NMLS] = {IR_FMUL, IR_FADD, NEG_D},
    [ARM_VFP_MUL] = {IR_FMUL, 0, 0},
    [ARM_VFP_NMUL] = {IR_FMUL, 0, NEG_RESULT},
    [ARM_VFP_ADD] = {IR_FADD, 0, 0},
    [ARM_VFP_SUB] = {IR_FSUB, 0, 0},
    [ARM_VFP_DIV] = {IR_FDIV, 0, 0},
    [ARM_VFP_FMA] = {0, IR_FMA, 0},
    [ARM_VFP_FMS] = {0, IR_FMA, NEG_N},
    [ARM_VFP_FNMA] = {0, IR_FMA, NEG_N | NEG_D},
    [ARM_VFP_FNMS] = {0, IR_FMA, NEG_D},
};

void arm_tr_vfp_three(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!vfp_operands(&v, translation, insn, true)) {
        return;
    }
    unsigned op = insn->row->arg, negate = three[op].negate;
    uint32_t n = get(&v, v.n), m = get(&v, v.m), d = 0;

    if (three[op].second) {
        d = get(&v, v.d);
    }
    if (negate & NEG_D) {
        d = ir_op1(v.ir, IR_FNEG, d);
    }
    if (negate & NEG_N) {
        n = ir_op1(v.ir, IR_FNEG, n);
    }

    uint32_t result = 0;
    if (three[op].first) {
        result = vfp_emit(&v, three[op].first, v.type, n, m, 0, 0);
    }
    if (negate & NEG_RESULT) {
        result = ir_op1(v.ir, IR_FNEG, result);
    }
    if (three[op].second == IR_FMA) {
        result = vfp_emit(&v, IR_FMA, v.type, d, n, m, 0);
    } else if (three[op].second) {
        result = vfp_emit(&v, three[op].second, v.type, d, result, 0, 0);
    }
    ir_set(v.ir, v.d, result);
}

void arm_tr_vfp_two(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!vfp_operands(&v, translation, insn, true)) {
        return;
    }
    uint32_t m = get(&v, v.m);
    switch (insn->row->arg) {
    case ARM_VFP_ABS:
        m = ir_op1(v.ir, IR_FABS, m);
        break;
    case ARM_VFP_NEG:
        m = ir_op1(v.ir, IR_FNEG, m);
        break;
    case ARM_VFP_SQRT:
        m = vfp_emit(&v, IR_FSQRT, v.type, m, 0, 0, 0);
        break;
    }
    ir_set(v.ir, v.d, m);
}

/* VFPExpandImm() in A7.5.1: sign, exponent of 3 bits, fraction of 4. */
static uint64_t expand_imm(unsigned imm, bool is_double)
{
    uint64_t sign = imm >> 7, high = imm >> 6 & 1, low = imm & 63;
    if (is_double) {
        return sign << 63 | (high ? UINT64_C(0x3fc) : 0x400) << 52 | low << 48;
    }
    return sign << 31 | (high ? UINT64_C(0x7c) : 0x80) << 23 | low << 19;
}

void arm_tr_vfp_mov_imm(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (!vfp_operands(&v, translation, insn, true)) {
        return;
    }
    uint64_t imm = expand_imm(DECODE_FIELD(insn, 'i'), v.type == IR_F64);
    ir_set(v.ir, v.d, ir_const(v.ir, v.type, (int64_t)imm));
}

/* N, Z, C and V by enum fp_relation: Z and C, N, C, C and V. */
static void compare(struct arm_translation *t, const struct vfp_operands *v,
                    const struct decode_insn *insn, uint32_t m)
{
    unsigned aux = DECODE_FIELD(insn, 'e') ? IR_FLOAT_SIGNALLING : 0;
    uint32_t relation = vfp_emit(v, IR_FCMP, v->type, get(v, v->d), m, 0, aux);
    uint32_t shift = ir_op2(v->ir, IR_SHL, relation, ir_i32(v->ir, 2));
    uint32_t nzcv = ir_op2(v->ir, IR_SHR, ir_i32(v->ir, 0x3286), shift);
    ir_set(v->ir, ARM_OFF(fpscr_nzcv), ir_op2(v->ir, IR_SHL, nzcv, ir_i32(v->ir, 28)));
    t->fp_relation = relation;
}

void arm_tr_vfp_cmp(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (vfp_operands(&v, translation, insn, false)) {
        compare(translation, &v, insn, get(&v, v.m));
    }
}

void arm_tr_vfp_cmp_zero(void *translation, const struct decode_insn *insn)
{
    struct vfp_operands v;
    if (vfp_operands(&v, translation, insn, false)) {
        compare(translation, &v, insn, ir_const(v.ir, v.type, 0));
    }
}
