/* Shifts of lanes, by an immediate or by another vector's lanes. */
#include "host/x86_64/lower_vec.h"

/* ---- by an immediate ------------------------------------------------------------------------- */

void vec_lower_shl(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst), count = (unsigned)inst->imm, a = x64_use(c, inst->a);
    if (size != 0) {
        vec_shift(c, VEC_SHL, size, x64_def(c, inst->a, 0), a, count);
        return;
    }
    unsigned d = x64_def(c, inst->a, 0);
    if (count == 1) {
        vec(c, PADDB, d, a, a);
        return;
    }
    /* Words, without what came from the byte below. */
    unsigned mask = x64_temp_xmm(c);
    vec_splat(c, mask, 0, 0xff << count & 0xff);
    vec_shift(c, VEC_SHL, 1, d, a, count);
    vec(c, PAND, d, d, mask);
}

static void shr_bytes(struct x64_compile *c, const struct ir_inst *inst, unsigned a)
{
    unsigned d = x64_def(c, 0, 0), t = x64_temp_xmm(c), count = (unsigned)inst->imm;
    if (!vec_signed(inst)) {
        vec_splat(c, t, 0, 0xff >> count);
        vec_shift(c, VEC_SHR, 1, d, a, count);
        vec(c, PAND, d, d, t);
        return;
    }
    if (count >= 7) {
        vec_zero(c, t);
        vec(c, VEC_OP(0x64), d, t, a); /* pcmpgtb */
        return;
    }
    /* Each byte as the top of a word. */
    vec(c, PUNPCKLBW, d, a, a);
    vec(c, PUNPCKHBW, t, a, a);
    vec_shift(c, VEC_SAR, 1, d, d, 8 + count);
    vec_shift(c, VEC_SAR, 1, t, t, 8 + count);
    vec(c, PACKSSWB, d, d, t);
}

/* Signs come from the high halves. */
static void sar_qwords(struct x64_compile *c, const struct ir_inst *inst, unsigned a)
{
    unsigned d = x64_def(c, 0, 0), t = x64_temp_xmm(c), count = (unsigned)inst->imm;
    vec_shift(c, VEC_SAR, 2, t, a, count < 32 ? count : 31);
    if (count >= 63) {
        vec_one_imm(c, PSHUFD, d, x64_r(t), 0xf5);
    } else if (count < 32) { /* low halves of the logical shift, high ones of the other */
        vec_shift(c, VEC_SHR, 3, d, a, count);
        vec_rm_imm(c, PBLENDW, d, d, x64_r(t), 0xcc);
    } else {
        vec_shift(c, VEC_SAR, 2, d, a, count - 32);
        vec_one_imm(c, PSHUFD, d, x64_r(d), 0xf5);
        vec_rm_imm(c, PBLENDW, d, d, x64_r(t), 0xcc);
    }
}

void vec_lower_shr(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst), a = x64_use(c, inst->a);
    if (size == 0) {
        shr_bytes(c, inst, a);
    } else if (size == 3 && vec_signed(inst)) {
        sar_qwords(c, inst, a);
    } else {
        vec_shift(c, vec_signed(inst) ? VEC_SAR : VEC_SHR, size, x64_def(c, inst->a, 0), a,
                  (unsigned)inst->imm);
    }
}

/* ---- by lanes: AVX2 has doublewords and quadwords; words are made of those ------------------- */

static uint32_t sized(uint32_t op, unsigned size)
{
    return op | (size == 3 ? X64_W : 0);
}

/* The low words in place, with counts made clean, and the high ones, whose neighbours below do no
 * harm. */
static void shift_words(struct x64_compile *c, const struct ir_inst *inst, uint32_t op)
{
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    unsigned t = x64_temp_xmm(c), count = x64_temp_xmm(c);
    vec_zero(c, t);
    vec_rm_imm(c, PBLENDW, count, b, x64_r(t), 0xaa);
    if (op == VPSRAVD) {
        vec_shift(c, VEC_SHL, 2, d, a, 16);
        vec_shift(c, VEC_SAR, 2, d, d, 16);
    } else {
        vec_rm_imm(c, PBLENDW, d, a, x64_r(t), 0xaa);
    }
    vec(c, op, d, d, count);
    vec_shift(c, VEC_SHR, 2, count, b, 16);
    if (op == VPSLLVD) {
        vec_rm_imm(c, PBLENDW, t, t, x64_r(a), 0xaa);
        vec(c, op, t, t, count);
    } else {
        vec(c, op, t, a, count);
    }
    vec_rm_imm(c, PBLENDW, d, d, x64_r(t), 0xaa);
}

/* Bytes are multiplied by powers of two, as words. */
static void shl_byte_lanes(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    unsigned power = x64_temp_xmm(c), t = x64_temp_xmm(c);
    vec_rm(c, PADDUSB, t, b, vec_constant(X64_VECTOR_LIMIT));
    x64_movx_load(c->e, 4, power, vec_constant(X64_VECTOR_POWERS));
    vec(c, PSHUFB, power, power, t);
    vec_shift(c, VEC_SHR, 1, d, a, 8);
    vec_shift(c, VEC_SHR, 1, t, power, 8);
    vec(c, PMULLW, d, d, t);
    vec_shift(c, VEC_SHL, 1, d, d, 8);
    vec(c, PMULLW, t, a, power);
    vec_shift(c, VEC_SHL, 1, t, t, 8);
    vec_shift(c, VEC_SHR, 1, t, t, 8);
    vec(c, POR, d, d, t);
}

/* The product with 2^(7 - count) shifted by 7. Signed: counts beyond 7 are as 7. */
static void shr_byte_lanes(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    unsigned power = x64_temp_xmm(c), t = x64_temp_xmm(c), high = x64_temp_xmm(c);
    unsigned zero = x64_temp_xmm(c);
    bool sign = vec_signed(inst);
    enum vec_shift down = sign ? VEC_SAR : VEC_SHR;
    if (sign) {
        vec_rm(c, PMINUB, t, b, vec_constant(X64_VECTOR_SEVENS));
    } else {
        vec_rm(c, PADDUSB, t, b, vec_constant(X64_VECTOR_LIMIT));
    }
    x64_movx_load(c->e, 4, power, vec_constant(X64_VECTOR_POWERS_DOWN));
    vec(c, PSHUFB, power, power, t);
    vec(c, PUNPCKLBW, d, a, a);
    vec(c, PUNPCKHBW, high, a, a);
    vec_shift(c, down, 1, d, d, 8);
    vec_shift(c, down, 1, high, high, 8);
    vec_zero(c, zero);
    vec(c, PUNPCKHBW, t, power, zero);
    vec(c, PUNPCKLBW, power, power, zero);
    vec(c, PMULLW, high, high, t);
    vec(c, PMULLW, d, d, power);
    vec_shift(c, down, 1, d, d, 7);
    vec_shift(c, down, 1, high, high, 7);
    vec(c, sign ? PACKSSWB : PACKUSWB, d, d, high);
}

/* Signed: the complement of a negative lane is shifted logically. */
static void sar_qword_lanes(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    unsigned sign = x64_temp_xmm(c);
    vec_shift(c, VEC_SAR, 2, sign, a, 31);
    vec_one_imm(c, PSHUFD, sign, x64_r(sign), 0xf5);
    vec(c, PXOR, d, a, sign);
    vec(c, sized(VPSRLVD, 3), d, d, b);
    vec(c, PXOR, d, d, sign);
}

static void shift_lanes(struct x64_compile *c, const struct ir_inst *inst, uint32_t op)
{
    unsigned size = vec_size(inst);
    if (size == 0 && op == VPSLLVD) {
        shl_byte_lanes(c, inst);
    } else if (size == 0) {
        shr_byte_lanes(c, inst);
    } else if (!x64_has(c, X64_HAS_AVX2)) {
        x64_lower_evaluate(c, inst);
    } else if (size == 1) {
        shift_words(c, inst, op);
    } else if (size == 3 && op == VPSRAVD) {
        sar_qword_lanes(c, inst);
    } else {
        unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b);
        vec(c, sized(op, size), x64_def(c, inst->a, 0), a, b);
    }
}

void vec_lower_shlv(struct x64_compile *c, const struct ir_inst *inst)
{
    shift_lanes(c, inst, VPSLLVD);
}

void vec_lower_shrv(struct x64_compile *c, const struct ir_inst *inst)
{
    shift_lanes(c, inst, vec_signed(inst) ? VPSRAVD : VPSRLVD);
}
