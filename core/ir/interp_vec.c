/* What the vector operations mean: core/ir/ops_vec.inc as code, one lane at a time. */
#include "core/ir/ir.h"

#include "core/base/check.h"

static unsigned lane_size(const struct ir_inst *inst)
{
    return inst->aux & IR_VEC_LANE;
}

static unsigned lane_bits(unsigned size)
{
    return 8u << size;
}

static uint64_t lane_mask(unsigned size)
{
    return UINT64_MAX >> (64 - lane_bits(size));
}

static uint64_t lane_get(const union ir_value *v, unsigned i, unsigned size)
{
    unsigned bit = i * lane_bits(size);
    return v->v[bit / 64] >> (bit % 64) & lane_mask(size);
}

static void lane_set(union ir_value *v, unsigned i, unsigned size, uint64_t value)
{
    unsigned bit = i * lane_bits(size);
    uint64_t mask = lane_mask(size) << (bit % 64);
    v->v[bit / 64] = (v->v[bit / 64] & ~mask) | (value << (bit % 64) & mask);
}

static uint64_t extend(uint64_t value, unsigned size, bool sign)
{
    unsigned unused = 64 - lane_bits(size);
    return sign ? (uint64_t)((int64_t)(value << unused) >> unused) : value & lane_mask(size);
}

static bool is_signed(const struct ir_inst *inst)
{
    return inst->aux & IR_VEC_SIGNED;
}

/* A lane that lane_get() and extend() gave, as a number. */
static __int128 number(uint64_t lane, bool sign)
{
    return sign ? (__int128)(int64_t)lane : (__int128)lane;
}

static uint64_t saturate(__int128 value, unsigned size, bool sign)
{
    __int128 max = sign ? lane_mask(size) >> 1 : lane_mask(size);
    __int128 min = sign ? -max - 1 : 0;
    return value < min ? min : value > max ? max : value;
}

/* ---- operations on each lane ----------------------------------------------------------------- */
/* Operands are extended as the instruction is signed; only the low bits of what they return
 * count. */

static uint64_t lane_and(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a & b;
}

static uint64_t lane_or(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a | b;
}

static uint64_t lane_xor(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a ^ b;
}

static uint64_t lane_andn(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a & ~b;
}

static uint64_t lane_not(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return ~a;
}

static uint64_t lane_add(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a + b;
}

static uint64_t lane_sub(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a - b;
}

static uint64_t lane_mul(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a * b;
}

static uint64_t lane_mulq(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    unsigned size = lane_size(inst), bits = lane_bits(size);
    __int128 product =
        2 * (__int128)(int64_t)extend(a, size, true) * (int64_t)extend(b, size, true);
    if (inst->aux & IR_VEC_ROUND) {
        product += (__int128)1 << (bits - 1);
    }
    return saturate(product >> bits, size, true);
}

static uint64_t lane_abs(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    int64_t value = extend(a, lane_size(inst), true);
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static bool lane_greater(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return number(a, is_signed(inst)) > number(b, is_signed(inst));
}

static uint64_t lane_min(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_greater(inst, a, b) ? b : a;
}

static uint64_t lane_max(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_greater(inst, a, b) ? a : b;
}

static uint64_t lane_avg(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    bool sign = is_signed(inst);
    return (number(a, sign) + number(b, sign) + (inst->aux & IR_VEC_ROUND ? 1 : 0)) >> 1;
}

static uint64_t lane_satadd(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    bool sign = is_signed(inst);
    return saturate(number(a, sign) + number(b, sign), lane_size(inst), sign);
}

static uint64_t lane_satsub(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    bool sign = is_signed(inst);
    return saturate(number(a, sign) - number(b, sign), lane_size(inst), sign);
}

static uint64_t lane_cmpeq(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return a == b ? UINT64_MAX : 0;
}

static uint64_t lane_cmpgt(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_greater(inst, a, b) ? UINT64_MAX : 0;
}

static uint64_t lane_popcnt(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a & lane_mask(lane_size(inst)));
}

static uint64_t lane_clz(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    unsigned size = lane_size(inst);
    a &= lane_mask(size);
    return a ? __builtin_clzll(a) - (64 - lane_bits(size)) : lane_bits(size);
}

static uint64_t lane_shl(const struct ir_inst *inst, uint64_t a, uint64_t count)
{
    return count < lane_bits(lane_size(inst)) ? a << count : 0;
}

static uint64_t lane_shr(const struct ir_inst *inst, uint64_t a, uint64_t count)
{
    unsigned bits = lane_bits(lane_size(inst));
    return number(a, is_signed(inst)) >> (count < bits ? count : bits);
}

static uint64_t lane_shl_imm(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_shl(inst, a, inst->imm);
}

static uint64_t lane_shr_imm(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_shr(inst, a, inst->imm);
}

static uint64_t lane_shlv(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_shl(inst, a, b & lane_mask(lane_size(inst)));
}

static uint64_t lane_shrv(const struct ir_inst *inst, uint64_t a, uint64_t b)
{
    return lane_shr(inst, a, b & lane_mask(lane_size(inst)));
}

/* ---- operations on the whole vector ---------------------------------------------------------- */

static void whole_bsl(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    for (unsigned i = 0; i < 2; i++) {
        result->v[i] = (op[0].v[i] & op[1].v[i]) | (~op[0].v[i] & op[2].v[i]);
    }
}

static void whole_mull(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    unsigned size = lane_size(inst);
    for (unsigned i = 0; i < 8u >> size; i++) {
        uint64_t a = extend(lane_get(&op[0], i, size), size, is_signed(inst));
        uint64_t b = extend(lane_get(&op[1], i, size), size, is_signed(inst));
        lane_set(result, i, size + 1, a * b);
    }
}

static void whole_widen(const struct ir_inst *inst, const union ir_value *op,
                        union ir_value *result)
{
    unsigned size = lane_size(inst);
    for (unsigned i = 0; i < 8u >> size; i++) {
        lane_set(result, i, size + 1, extend(lane_get(&op[0], i, size), size, is_signed(inst)));
    }
}

static void whole_narrow(const struct ir_inst *inst, const union ir_value *op,
                         union ir_value *result)
{
    unsigned size = lane_size(inst);
    for (unsigned i = 0; i < 8u >> size; i++) {
        lane_set(result, i, size, lane_get(&op[0], i, size + 1));
    }
}

static void whole_satnarrow(const struct ir_inst *inst, const union ir_value *op,
                            union ir_value *result)
{
    unsigned size = lane_size(inst);
    for (unsigned i = 0; i < 8u >> size; i++) {
        uint64_t lane = extend(lane_get(&op[0], i, size + 1), size + 1, is_signed(inst));
        __int128 value = number(lane, is_signed(inst));
        lane_set(result, i, size, saturate(value, size, inst->aux & IR_VEC_TO_SIGNED));
    }
}

static void whole_low(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    lane_set(result, 0, lane_size(inst), op[0].i64);
}

static void whole_pair(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    lane_set(result, 0, lane_size(inst), op[0].i64);
    lane_set(result, 1, lane_size(inst), op[1].i64);
}

static void whole_dup(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    for (unsigned i = 0; i < 16u >> lane_size(inst); i++) {
        lane_set(result, i, lane_size(inst), op[0].i64);
    }
}

static void whole_dupl(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    uint64_t lane = lane_get(&op[0], inst->imm, lane_size(inst));
    for (unsigned i = 0; i < 16u >> lane_size(inst); i++) {
        lane_set(result, i, lane_size(inst), lane);
    }
}

static void whole_getl(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    unsigned size = lane_size(inst);
    uint64_t lane = extend(lane_get(&op[0], inst->imm, size), size, is_signed(inst));
    result->i64 = ir_type_size(inst->type) == 4 ? (uint32_t)lane : lane;
}

static void whole_setl(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    *result = op[0];
    lane_set(result, inst->imm, lane_size(inst), op[1].i64);
}

static void zip(const struct ir_inst *inst, const union ir_value *op, unsigned first,
                union ir_value *result)
{
    unsigned size = lane_size(inst);
    for (unsigned i = 0; i < 8u >> size; i++) {
        lane_set(result, 2 * i, size, lane_get(&op[0], first + i, size));
        lane_set(result, 2 * i + 1, size, lane_get(&op[1], first + i, size));
    }
}

static void whole_zipl(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    zip(inst, op, 0, result);
}

static void whole_ziph(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    zip(inst, op, 8u >> lane_size(inst), result);
}

static void unzip(const struct ir_inst *inst, const union ir_value *op, unsigned odd,
                  union ir_value *result)
{
    unsigned size = lane_size(inst), half = 8u >> size;
    for (unsigned i = 0; i < half; i++) {
        lane_set(result, i, size, lane_get(&op[0], 2 * i + odd, size));
        lane_set(result, half + i, size, lane_get(&op[1], 2 * i + odd, size));
    }
}

static void whole_uzpe(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    unzip(inst, op, 0, result);
}

static void whole_uzpo(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    unzip(inst, op, 1, result);
}

/* Byte n of a followed by b; 0 beyond. */
static uint64_t byte_of(const union ir_value *a, const union ir_value *b, uint64_t n)
{
    return n < 16 ? lane_get(a, n, 0) : n < 32 ? lane_get(b, n - 16, 0) : 0;
}

static void whole_ext(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    for (unsigned i = 0; i < 16; i++) {
        lane_set(result, i, 0, byte_of(&op[0], &op[1], inst->imm + i));
    }
}

static void whole_shuf(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    static const union ir_value zero;
    for (unsigned i = 0; i < 16; i++) {
        lane_set(result, i, 0, byte_of(&op[0], &zero, lane_get(&op[1], i, 0)));
    }
}

static void whole_perm(const struct ir_inst *inst, const union ir_value *op, union ir_value *result)
{
    for (unsigned i = 0; i < 16; i++) {
        lane_set(result, i, 0, byte_of(&op[0], &op[1], lane_get(&op[2], i, 0)));
    }
}

static uint64_t (*const lane_ops[IR_OP_COUNT])(const struct ir_inst *inst, uint64_t a,
                                               uint64_t b) = {
    [IR_VAND] = lane_and,     [IR_VOR] = lane_or,         [IR_VXOR] = lane_xor,
    [IR_VANDN] = lane_andn,   [IR_VNOT] = lane_not,       [IR_VADD] = lane_add,
    [IR_VSUB] = lane_sub,     [IR_VMUL] = lane_mul,       [IR_VMULQ] = lane_mulq,
    [IR_VABS] = lane_abs,     [IR_VMIN] = lane_min,       [IR_VMAX] = lane_max,
    [IR_VAVG] = lane_avg,     [IR_VSATADD] = lane_satadd, [IR_VSATSUB] = lane_satsub,
    [IR_VCMPEQ] = lane_cmpeq, [IR_VCMPGT] = lane_cmpgt,   [IR_VPOPCNT] = lane_popcnt,
    [IR_VCLZ] = lane_clz,     [IR_VSHL] = lane_shl_imm,   [IR_VSHR] = lane_shr_imm,
    [IR_VSHLV] = lane_shlv,   [IR_VSHRV] = lane_shrv,
};

static void (*const whole_ops[IR_OP_COUNT])(const struct ir_inst *inst, const union ir_value *op,
                                            union ir_value *result) = {
    [IR_VBSL] = whole_bsl,
    [IR_VMULL] = whole_mull,
    [IR_VWIDEN] = whole_widen,
    [IR_VNARROW] = whole_narrow,
    [IR_VSATNARROW] = whole_satnarrow,
    [IR_VLOW] = whole_low,
    [IR_VPAIR] = whole_pair,
    [IR_VDUP] = whole_dup,
    [IR_VDUPL] = whole_dupl,
    [IR_VGETL] = whole_getl,
    [IR_VSETL] = whole_setl,
    [IR_VZIPL] = whole_zipl,
    [IR_VZIPH] = whole_ziph,
    [IR_VUZPE] = whole_uzpe,
    [IR_VUZPO] = whole_uzpo,
    [IR_VEXT] = whole_ext,
    [IR_VSHUF] = whole_shuf,
    [IR_VPERM] = whole_perm,
};

bool ir_evaluate_vec(const struct ir_inst *inst, const union ir_value operands[3],
                     union ir_value *result)
{
    CHECK(inst->op < IR_OP_COUNT);
    union ir_value value = {.v = {0, 0}};
    if (whole_ops[inst->op]) {
        whole_ops[inst->op](inst, operands, &value);
    } else if (lane_ops[inst->op]) {
        unsigned size = lane_size(inst);
        for (unsigned i = 0; i < 16u >> size; i++) {
            uint64_t a = extend(lane_get(&operands[0], i, size), size, is_signed(inst));
            uint64_t b = ir_ops[inst->op].arity < 2
                             ? 0
                             : extend(lane_get(&operands[1], i, size), size, is_signed(inst));
            lane_set(&value, i, size, lane_ops[inst->op](inst, a, b));
        }
    } else {
        return false;
    }
    *result = value;
    return true;
}
