/* Widths, scalars and lanes, permutations. */
#include "host/x86_64/lower_vec.h"

/* ---- widths ---------------------------------------------------------------------------------- */

void vec_lower_widen(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t ops[2][3] = {{VEC_OP38(0x30), VEC_OP38(0x33), VEC_OP38(0x35)},
                                       {VEC_OP38(0x20), VEC_OP38(0x23), VEC_OP38(0x25)}};
    unsigned a = x64_use(c, inst->a);
    vec_one(c, ops[vec_signed(inst)][vec_size(inst)], x64_def(c, inst->a, 0), x64_r(a));
}

/* Clears the high half. */
static void low_half(struct x64_compile *c, unsigned d)
{
    vec_one(c, MOVQ, d, x64_r(d));
}

void vec_lower_narrow(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), d = x64_def(c, 0, 0);
    if (vec_size(inst) == 2) {
        vec_one_imm(c, PSHUFD, d, x64_r(a), 0x08);
        low_half(c, d);
        return;
    }
    vec_rm(c, PSHUFB, d, a,
           vec_constant(vec_size(inst) == 0 ? X64_VECTOR_EVEN_BYTES : X64_VECTOR_EVEN_WORDS));
}

/* Packs with zeros as the other operand; unsigned lanes are limited first, since packs take signed
 * ones. */
void vec_lower_satnarrow(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t packs[2][2] = {{PACKUSWB, PACKUSDW}, {PACKSSWB, PACKSSDW}};
    unsigned size = vec_size(inst);
    bool to_signed = inst->aux & IR_VEC_TO_SIGNED;
    if (size > 1 || (!vec_signed(inst) && to_signed)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), d = x64_def(c, 0, 0), zero = x64_temp_xmm(c);
    if (!vec_signed(inst)) {
        vec_ones(c, d);
        vec_shift(c, VEC_SHR, size + 1, d, d, 8u << size);
        vec(c, size == 0 ? PMINUW : PMINUD, d, d, a);
        a = d;
    }
    vec_zero(c, zero);
    vec(c, packs[to_signed][size], d, a, zero);
}

/* ---- scalars and lanes ----------------------------------------------------------------------- */

void vec_lower_low(struct x64_compile *c, const struct ir_inst *inst)
{
    enum ir_type type = x64_type(c, inst->a);
    bool wide = vec_size(inst) == 3;
    const struct x64_value *value = &c->values[inst->a];
    if (wide && type == IR_F64 && x64_dies(c, inst->a) && value->where == X64_IN_STATE) {
        vec_one(c, MOVQ, x64_def(c, 0, 0), x64_slot((uint64_t)x64_inst(c, inst->a)->imm));
        return;
    }
    unsigned a = x64_use(c, inst->a);
    if (!x64_is_vector(type)) {
        x64_movd_to_xmm(c->e, wide, x64_def(c, 0, 0), x64_r(a));
    } else if (wide) {
        vec_one(c, MOVQ, x64_def(c, inst->a, 0), x64_r(a));
    } else { /* insertps, zeroing all but lane 0 */
        unsigned d = x64_def(c, inst->a, 0);
        vec_rm_imm(c, INSERTPS, d, a, x64_r(a), 0x0e);
    }
}

/* Doublewords in vector registers; others are rare. */
void vec_lower_pair(struct x64_compile *c, const struct ir_inst *inst)
{
    bool vectors = x64_is_vector(x64_type(c, inst->a)) && x64_is_vector(x64_type(c, inst->b));
    if (vec_size(inst) != 3 || !vectors) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b);
    unsigned d = x64_def(c, inst->a, inst->a == inst->b ? 0 : X64_BIT(b));
    vec(c, PUNPCKLQDQ, d, a, b);
}

/* Every lane = lane 0 of d. */
static void dup_lowest(struct x64_compile *c, unsigned size, unsigned d)
{
    static const uint32_t broadcast[4] = {VPBROADCASTB, VPBROADCASTW, VPBROADCASTD, VPBROADCASTQ};
    if (size < 2 && x64_has(c, X64_HAS_AVX2)) {
        vec_one(c, broadcast[size], d, x64_r(d));
        return;
    }
    if (size == 0) {
        vec(c, PUNPCKLBW, d, d, d);
    }
    if (size < 2) {
        vec_one_imm(c, PSHUFLW, d, x64_r(d), 0);
    }
    vec_one_imm(c, PSHUFD, d, x64_r(d), size == 3 ? 0x44 : 0);
}

void vec_lower_dup(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst), a = x64_use(c, inst->a), d = x64_def(c, inst->a, 0);
    if (x64_is_vector(x64_type(c, inst->a))) {
        vec_move(c, d, a);
    } else {
        x64_movd_to_xmm(c->e, size == 3, d, x64_r(a));
    }
    dup_lowest(c, size, d);
}

void vec_lower_dup_lane(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned size = vec_size(inst), lane = (unsigned)inst->imm;
    unsigned a = x64_use(c, inst->a), d = x64_def(c, inst->a, 0);
    if (size == 3) {
        vec_one_imm(c, PSHUFD, d, x64_r(a), lane ? 0xee : 0x44);
        return;
    }
    if (size == 2) {
        vec_one_imm(c, PSHUFD, d, x64_r(a), (uint8_t)(lane * 0x55));
        return;
    }
    if (lane == 0 && x64_has(c, X64_HAS_AVX2)) {
        vec_one(c, size == 0 ? VPBROADCASTB : VPBROADCASTW, d, x64_r(a));
        return;
    }
    if (size == 0) { /* a byte twice is a word */
        vec(c, lane < 8 ? PUNPCKLBW : PUNPCKHBW, d, a, a);
        a = d;
        lane &= 7;
    }
    bool high = lane >= 4;
    vec_one_imm(c, high ? PSHUFHW : PSHUFLW, d, x64_r(a), (uint8_t)((lane & 3) * 0x55));
    vec_one_imm(c, PSHUFD, d, x64_r(d), high ? 0xff : 0);
}

static void get_float_lane(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned lane = (unsigned)inst->imm, a = x64_use(c, inst->a), d = x64_def(c, inst->a, 0);
    if (lane == 0) {
        vec_move(c, d, a);
    } else if (vec_size(inst) == 3) {
        vec_one_imm(c, PSHUFD, d, x64_r(a), 0xee);
    } else {
        vec_one_imm(c, PSHUFD, d, x64_r(a), (uint8_t)lane);
    }
}

void vec_lower_get_lane(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t extract[4] = {VEC_OP3A(0x14), VEC_OP3A(0x15), VEC_OP3A(0x16),
                                        VEC_OP3A(0x16) | X64_W};
    unsigned size = vec_size(inst), lane = (unsigned)inst->imm;
    bool wide = inst->type == IR_I64;
    if (x64_is_vector(inst->type)) {
        get_float_lane(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), d = x64_def(c, 0, 0);
    if (lane == 0 && size >= 2) {
        x64_movd_from_xmm(c->e, size == 3, x64_r(d), a);
    } else {
        x64_emit_imm8(c->e, extract[size], a, x64_r(d), (uint8_t)lane);
    }
    if (vec_signed(inst) && size < (wide ? 3u : 2u)) {
        x64_movsx(c->e, size, wide, d, x64_r(d));
    }
}

static void set_float_lane(struct x64_compile *c, const struct ir_inst *inst)
{
    if (vec_size(inst) < 2) {
        x64_lower_evaluate(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), lane = (unsigned)inst->imm;
    unsigned d = x64_def(c, inst->a, X64_BIT(b));
    if (vec_size(inst) == 2) {
        vec_rm_imm(c, INSERTPS, d, a, x64_r(b), (uint8_t)(lane << 4));
    } else if (lane == 0) {
        vec(c, MOVSD, d, a, b);
    } else {
        vec(c, PUNPCKLQDQ, d, a, b);
    }
}

void vec_lower_set_lane(struct x64_compile *c, const struct ir_inst *inst)
{
    static const uint32_t insert[4] = {VEC_OP3A(0x20), VEC_OP(0xc4), VEC_OP3A(0x22),
                                       VEC_OP3A(0x22) | X64_W};
    if (x64_is_vector(x64_type(c, inst->b))) {
        set_float_lane(c, inst);
        return;
    }
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, inst->a, 0);
    vec_rm_imm(c, insert[vec_size(inst)], d, a, x64_r(b), (uint8_t)inst->imm);
}

/* ---- permutations ---------------------------------------------------------------------------- */

/* d = the even or odd lanes of a, extended so that a signed pack keeps them. */
static void spread(struct x64_compile *c, unsigned size, bool odd, unsigned d, unsigned a)
{
    enum vec_shift down = size == 0 ? VEC_SHR : VEC_SAR;
    unsigned bits = 8u << size;
    if (!odd) {
        vec_shift(c, VEC_SHL, size + 1, d, a, bits);
    }
    vec_shift(c, down, size + 1, d, odd ? a : d, bits);
}

void vec_lower_unzip(struct x64_compile *c, const struct ir_inst *inst)
{
    bool odd = inst->op == IR_VUZPO;
    unsigned size = vec_size(inst), a = x64_use(c, inst->a), b = x64_use(c, inst->b);
    unsigned d = x64_def(c, 0, 0);
    if (size == 3) {
        vec(c, odd ? PUNPCKHQDQ : PUNPCKLQDQ, d, a, b);
        return;
    }
    if (size == 2) {
        vec_rm_imm(c, SHUFPS, d, a, x64_r(b), odd ? 0xdd : 0x88);
        return;
    }
    unsigned t = d;
    spread(c, size, odd, d, a);
    if (a != b) {
        t = x64_temp_xmm(c);
        spread(c, size, odd, t, b);
    }
    vec(c, size == 0 ? PACKUSWB : PACKSSDW, d, d, t);
}

void vec_lower_ext(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    if (inst->imm == 16) {
        vec_move(c, d, b);
    } else {
        vec_rm_imm(c, PALIGNR, d, b, x64_r(a), (uint8_t)inst->imm);
    }
}

/* Of a constant control, the bytes first .. first + 15 as pshufb takes them: others have
 * bit 7 set. */
static uint64_t control(uint64_t bytes, unsigned first)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t index = (bytes >> i & 0xff) - first;
        result |= (index < 16 ? index : 0x80) << i;
    }
    return result;
}

/* t = a control for pshufb from register b: what is 16 or more gets bit 7. */
static void limit_control(struct x64_compile *c, unsigned t, unsigned b)
{
    vec_rm(c, PADDUSB, t, b, vec_constant(X64_VECTOR_LIMIT));
}

void vec_lower_shuf(struct x64_compile *c, const struct ir_inst *inst)
{
    uint64_t word[2];
    unsigned a = x64_use(c, inst->a);
    if (vec_is_const(c, inst->b, word)) {
        uint64_t low = control(word[0], 0), high = control(word[1], 0);
        if (low == word[0] && high == word[1]) {
            struct x64_rm b = vec_use_rm(c, inst->b);
            vec_rm(c, PSHUFB, x64_def(c, inst->a, 0), a, b);
            return;
        }
    }
    unsigned b = x64_use(c, inst->b), t = x64_temp_xmm(c);
    limit_control(c, t, b);
    vec(c, PSHUFB, x64_def(c, inst->a, 0), a, t);
}

void vec_lower_perm(struct x64_compile *c, const struct ir_inst *inst)
{
    uint64_t word[2];
    unsigned a = x64_use(c, inst->a), b = x64_use(c, inst->b), d = x64_def(c, 0, 0);
    unsigned t = x64_temp_xmm(c), u = x64_temp_xmm(c);
    if (vec_is_const(c, inst->c, word)) {
        vec_const(c, t, control(word[0], 0), control(word[1], 0));
        vec_const(c, u, control(word[0], 16), control(word[1], 16));
    } else {
        unsigned index = x64_use(c, inst->c);
        limit_control(c, t, index);
        vec_rm(c, PSUBB, d, index, vec_constant(X64_VECTOR_SIXTEEN));
        limit_control(c, u, d);
    }
    vec(c, PSHUFB, d, a, t);
    vec(c, PSHUFB, t, b, u);
    vec(c, POR, d, d, t);
}
