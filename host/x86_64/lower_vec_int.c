/* Integer lanes where x86 lacks the operation: short sequences instead. Results go to a register of
 * their own, so that operands stay until the end. */
#include "host/x86_64/lower_vec.h"

struct operands {
    unsigned a, b, d;
};

static struct operands operands(struct x64_compile *c, const struct ir_inst *inst)
{
    struct operands r;
    r.a = x64_use(c, inst->a);
    r.b = x64_use(c, inst->b);
    r.d = x64_def(c, 0, 0);
    return r;
}

void vec_lower_not(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), ones = x64_temp_xmm(c);
    vec_ones(c, ones);
    vec(c, PXOR, x64_def(c, inst->a, 0), a, ones);
}

void vec_lower_select(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned mask = x64_use(c, inst->a), b = x64_use(c, inst->b), other = x64_use(c, inst->c);
    unsigned d = x64_def(c, 0, 0), t = x64_temp_xmm(c);
    vec(c, PAND, t, b, mask);
    vec(c, PANDN, d, mask, other);
    vec(c, POR, d, d, t);
}

/* ---- products -------------------------------------------------------------------------------- */

/* Bytes: the even ones as words, the odd ones as the high halves of words. */
void vec_lower_mul(struct x64_compile *c, const struct ir_inst *inst)
{
    if (vec_size(inst) != 0) {
        vec_lower_two(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    unsigned odd = x64_temp_xmm(c), t = x64_temp_xmm(c);
    vec_shift(c, VEC_SHR, 1, odd, r.a, 8);
    vec_shift(c, VEC_SHR, 1, t, r.b, 8);
    vec(c, PMULLW, odd, odd, t);
    vec_shift(c, VEC_SHL, 1, odd, odd, 8);
    vec(c, PMULLW, r.d, r.a, r.b);
    vec_shift(c, VEC_SHL, 1, r.d, r.d, 8);
    vec_shift(c, VEC_SHR, 1, r.d, r.d, 8);
    vec(c, POR, r.d, r.d, odd);
}

void vec_lower_mull(struct x64_compile *c, const struct ir_inst *inst)
{
    struct operands r = operands(c, inst);
    unsigned t = x64_temp_xmm(c);
    bool sign = vec_signed(inst);
    switch (vec_size(inst)) {
    case 0: /* widened words, whose products fit */
        vec_one(c, sign ? VEC_OP38(0x20) : VEC_OP38(0x30), r.d, x64_r(r.a));
        vec_one(c, sign ? VEC_OP38(0x20) : VEC_OP38(0x30), t, x64_r(r.b));
        vec(c, PMULLW, r.d, r.d, t);
        break;
    case 1: /* low and high halves, interleaved */
        vec(c, PMULLW, r.d, r.a, r.b);
        vec(c, sign ? PMULHW : PMULHUW, t, r.a, r.b);
        vec(c, PUNPCKLWD, r.d, r.d, t);
        break;
    default: /* the even lanes of quadwords count */
        vec_one_imm(c, PSHUFD, r.d, x64_r(r.a), 0x50);
        vec_one_imm(c, PSHUFD, t, x64_r(r.b), 0x50);
        vec(c, sign ? PMULDQ : PMULUDQ, r.d, r.d, t);
        break;
    }
}

/* d is MIN only where both operands were: there it becomes MAX. */
static void mulq_saturate(struct x64_compile *c, unsigned size, unsigned d, unsigned t)
{
    vec_ones(c, t);
    vec_shift(c, VEC_SHL, size, t, t, size == 1 ? 15 : 31);
    vec(c, size == 1 ? PCMPEQW : PCMPEQD, t, t, d);
    vec(c, PXOR, d, d, t);
}

static void mulq_words(struct x64_compile *c, const struct ir_inst *inst)
{
    struct operands r = operands(c, inst);
    unsigned t = x64_temp_xmm(c);
    if (inst->aux & IR_VEC_ROUND) {
        vec(c, PMULHRSW, r.d, r.a, r.b);
    } else {
        vec(c, PMULHW, r.d, r.a, r.b);
        vec(c, PMULLW, t, r.a, r.b);
        vec(c, PADDW, r.d, r.d, r.d);
        vec_shift(c, VEC_SHR, 1, t, t, 15);
        vec(c, POR, r.d, r.d, t);
    }
    mulq_saturate(c, 1, r.d, t);
}

void vec_lower_mulq(struct x64_compile *c, const struct ir_inst *inst)
{
    if (vec_size(inst) == 1) {
        mulq_words(c, inst);
        return;
    }
    if (vec_size(inst) != 2) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    unsigned odd = x64_temp_xmm(c), t = x64_temp_xmm(c);
    vec_shift(c, VEC_SHR, 3, odd, r.a, 32);
    vec_shift(c, VEC_SHR, 3, t, r.b, 32);
    vec(c, PMULDQ, odd, odd, t);
    vec(c, PMULDQ, r.d, r.a, r.b);
    vec(c, PADDQ, odd, odd, odd);
    vec(c, PADDQ, r.d, r.d, r.d);
    if (inst->aux & IR_VEC_ROUND) {
        vec_ones(c, t);
        vec_shift(c, VEC_SHR, 3, t, t, 63);
        vec_shift(c, VEC_SHL, 3, t, t, 31);
        vec(c, PADDQ, odd, odd, t);
        vec(c, PADDQ, r.d, r.d, t);
    }
    vec_shift(c, VEC_SHR, 3, r.d, r.d, 32);
    vec_rm_imm(c, PBLENDW, r.d, r.d, x64_r(odd), 0xcc);
    mulq_saturate(c, 2, r.d, t);
}

/* ---- means ----------------------------------------------------------------------------------- */

/* a + b = 2 * (a & b) + (a ^ b) = 2 * (a | b) - (a ^ b). */
static void avg_dwords(struct x64_compile *c, const struct ir_inst *inst)
{
    struct operands r = operands(c, inst);
    unsigned t = x64_temp_xmm(c);
    bool round = inst->aux & IR_VEC_ROUND;
    vec(c, PXOR, t, r.a, r.b);
    vec_shift(c, vec_signed(inst) ? VEC_SAR : VEC_SHR, 2, t, t, 1);
    vec(c, round ? POR : PAND, r.d, r.a, r.b);
    vec(c, round ? PSUBD : PADDD, r.d, r.d, t);
}

/* pavg is unsigned and rounds up: ~x reverses the direction, a changed sign bit makes signed
 * unsigned. */
void vec_lower_avg(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst);
    if (size == 2) {
        avg_dwords(c, inst);
        return;
    }
    if (size == 3) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    uint32_t op = size == 0 ? PAVGB : PAVGW;
    uint64_t sign = size == 0 ? 0x80 : 0x8000, all = size == 0 ? 0xff : 0xffff;
    uint64_t flip = (vec_signed(inst) ? sign : 0) ^ (inst->aux & IR_VEC_ROUND ? 0 : all);
    if (!flip) {
        vec(c, op, r.d, r.a, r.b);
        return;
    }
    unsigned mask = x64_temp_xmm(c), t = x64_temp_xmm(c);
    vec_splat(c, mask, size, flip);
    vec(c, PXOR, r.d, r.a, mask);
    vec(c, PXOR, t, r.b, mask);
    vec(c, op, r.d, r.d, t);
    vec(c, PXOR, r.d, r.d, mask);
}

/* ---- saturation of doublewords and quadwords ------------------------------------------------- */

/* Lanes of `reg` become copies of their sign bits. */
static void spread_signs(struct x64_compile *c, unsigned size, unsigned reg)
{
    vec_shift(c, VEC_SAR, 2, reg, reg, 31);
    if (size == 3) {
        vec_one_imm(c, PSHUFD, reg, x64_r(reg), 0xf5);
    }
}

/* d holds the wrapped result, `overflow` its sign bits where it does not fit: there d becomes MIN
 * or MAX as the sign of a. */
static void signed_bound(struct x64_compile *c, unsigned size, unsigned d, unsigned overflow,
                         unsigned a)
{
    unsigned bound = x64_temp_xmm(c), max = x64_temp_xmm(c);
    spread_signs(c, size, overflow);
    vec_move(c, bound, a);
    spread_signs(c, size, bound);
    vec_ones(c, max);
    vec_shift(c, VEC_SHR, size, max, max, 1);
    vec(c, PXOR, bound, bound, max);
    vec(c, PAND, bound, bound, overflow);
    vec(c, PANDN, overflow, overflow, d);
    vec(c, POR, d, overflow, bound);
}

void vec_lower_satadd(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst);
    if (size < 2) {
        vec_lower_two(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    unsigned t = x64_temp_xmm(c);
    uint32_t add = size == 2 ? PADDD : PADDQ;
    if (!vec_signed(inst) && size == 2) { /* min(a, ~b) + b */
        vec_ones(c, t);
        vec(c, PXOR, t, t, r.b);
        vec(c, PMINUD, t, t, r.a);
        vec(c, PADDD, r.d, t, r.b);
        return;
    }
    vec(c, add, r.d, r.a, r.b);
    if (vec_signed(inst)) { /* a and b have one sign, the sum another */
        unsigned u = x64_temp_xmm(c);
        vec(c, PXOR, t, r.d, r.a);
        vec(c, PXOR, u, r.d, r.b);
        vec(c, PAND, t, t, u);
        signed_bound(c, size, r.d, t, r.a);
    } else { /* carry: both tops are ones, or one is and the sum's is not */
        unsigned u = x64_temp_xmm(c);
        vec(c, POR, u, r.a, r.b);
        vec(c, PANDN, t, r.d, u);
        vec(c, PAND, u, r.a, r.b);
        vec(c, POR, t, t, u);
        spread_signs(c, size, t);
        vec(c, POR, r.d, r.d, t);
    }
}

void vec_lower_satsub(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst);
    if (size < 2) {
        vec_lower_two(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    unsigned t = x64_temp_xmm(c);
    uint32_t sub = size == 2 ? PSUBD : PSUBQ;
    if (!vec_signed(inst) && size == 2) { /* max(a, b) - b */
        vec(c, PMAXUD, t, r.a, r.b);
        vec(c, PSUBD, r.d, t, r.b);
        return;
    }
    unsigned u = x64_temp_xmm(c);
    vec(c, sub, r.d, r.a, r.b);
    if (vec_signed(inst)) { /* the signs of a and b differ, and those of a and the difference */
        vec(c, PXOR, t, r.a, r.b);
        vec(c, PXOR, u, r.a, r.d);
        vec(c, PAND, t, t, u);
        signed_bound(c, size, r.d, t, r.a);
    } else { /* borrow: ~a & b, or the difference's top where those of a and b are equal */
        vec(c, PXOR, t, r.a, r.b);
        vec(c, PANDN, t, t, r.d);
        vec(c, PANDN, u, r.a, r.b);
        vec(c, POR, t, t, u);
        spread_signs(c, size, t);
        vec(c, PANDN, t, t, r.d);
        vec_move(c, r.d, t);
    }
}

/* ---- comparison and counting ----------------------------------------------------------------- */

/* Unsigned: a > b unless min(a, b) = a. */
void vec_lower_gt(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t min[3] = {PMINUB, PMINUW, PMINUD};
    static const uint32_t equal[3] = {PCMPEQB, PCMPEQW, PCMPEQD};
    unsigned size = vec_size(inst);
    if (vec_signed(inst) || size == 3) {
        vec_lower_two(c, inst);
        return;
    }
    struct operands r = operands(c, inst);
    unsigned ones = x64_temp_xmm(c);
    vec(c, min[size], r.d, r.a, r.b);
    vec(c, equal[size], r.d, r.d, r.a);
    vec_ones(c, ones);
    vec(c, PXOR, r.d, r.d, ones);
}

/* Bytes: a table of the counts of 4 bits, looked up twice. */
void vec_lower_popcnt(struct x64_compile *c, const struct ir_inst *inst)
{
    if (vec_size(inst) != 0) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), d = x64_def(c, 0, 0);
    unsigned table = x64_temp_xmm(c), t = x64_temp_xmm(c);
    struct x64_rm nibbles = vec_constant(X64_VECTOR_NIBBLES);
    x64_movx_load(c->e, 4, table, vec_constant(X64_VECTOR_COUNTS));
    vec_rm(c, PAND, t, a, nibbles);
    vec(c, PSHUFB, d, table, t);
    vec_shift(c, VEC_SHR, 1, t, a, 4);
    vec_rm(c, PAND, t, t, nibbles);
    vec(c, PSHUFB, table, table, t);
    vec(c, PADDB, d, d, table);
}

/* Bytes: that of the high 4 bits, and that of the low ones if those are zero. Then pairs of lanes
 * to wider ones: that of the high half, and that of the low one if the high one is zero. */
void vec_lower_clz(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t equal[2] = {PCMPEQB, PCMPEQW}, add[2] = {PADDW, PADDD};
    if (vec_size(inst) == 3) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), d = x64_def(c, 0, 0);
    unsigned zero = x64_temp_xmm(c), table = x64_temp_xmm(c), t = x64_temp_xmm(c);
    struct x64_rm nibbles = vec_constant(X64_VECTOR_NIBBLES);
    vec_zero(c, zero);
    x64_movx_load(c->e, 4, table, vec_constant(X64_VECTOR_ZEROS));
    vec_shift(c, VEC_SHR, 1, t, a, 4);
    vec_rm(c, PAND, t, t, nibbles);
    vec(c, PSHUFB, d, table, t);
    vec(c, PCMPEQB, t, t, zero);
    vec_rm(c, PAND, zero, a, nibbles);
    vec(c, PSHUFB, table, table, zero);
    vec(c, PAND, table, table, t);
    vec(c, PADDB, d, d, table);
    for (unsigned size = 0; size < vec_size(inst); size++) {
        unsigned bits = 8u << size;
        vec_zero(c, zero);
        vec(c, equal[size], t, a, zero);
        vec_shift(c, VEC_SHR, size + 1, t, t, bits);
        vec(c, PAND, t, t, d);
        vec_shift(c, VEC_SHR, size + 1, d, d, bits);
        vec(c, add[size], d, d, t);
    }
}
