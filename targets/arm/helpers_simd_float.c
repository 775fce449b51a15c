/* Rare Advanced SIMD instructions on lanes of floats, with the standard FPSCR value. Operands as in
 * helpers_simd_int.c. */
#include "targets/arm/simd_fns.h"
#include "targets/arm/simd_lanes.h"

#define HELPER(id, function)                                                                       \
    const struct ir_helper simd_help_##id = {                                                      \
        #id, function, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_UNDOABLE}

#define F32_INFINITY UINT32_C(0x7f800000)
#define F32_SIGN     UINT32_C(0x80000000)

static unsigned exponent(uint32_t a)
{
    return a >> 23 & 0xff;
}

static uint32_t fraction(uint32_t a)
{
    return a & 0x7fffff;
}

/* Denormals count as zeros, as the standard FPSCR value has it. */
static bool is_zero(uint32_t a)
{
    return exponent(a) == 0;
}

static bool is_infinite(uint32_t a)
{
    return (a & ~F32_SIGN) == F32_INFINITY;
}

static bool is_nan(uint32_t a)
{
    return (a & ~F32_SIGN) > F32_INFINITY;
}

/* What FPUnpack does to the flags when it flushes. */
static void note_denormal(struct fp_env *env, uint32_t a)
{
    if (is_zero(a) && fraction(a)) {
        env->flags |= FP_DENORMAL;
    }
}

static void for_each_lane(void *cpu, uint64_t d, uint64_t m, uint64_t shape,
                          uint32_t (*fn)(uint32_t a, struct fp_env *env))
{
    struct fp_env *env = &arm_cpu(cpu)->fp_std;
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) / 4; i++) {
        simd_lane_set(cpu, d, i, 2, fn(simd_lane(cpu, m, i, 2), env));
    }
}

/* ---- VRECPE, VRSQRTE ------------------------------------------------------------------------- */

/* FPProcessNaN: the default NaN; invalid if it was a signalling one. */
static uint32_t default_nan(uint32_t a, struct fp_env *env)
{
    return fp_add_f32(a, a, env);
}

static uint32_t recip_estimate(uint32_t a, struct fp_env *env)
{
    uint32_t sign = a & F32_SIGN;
    if (is_nan(a)) {
        return default_nan(a, env);
    }
    if (is_infinite(a)) {
        return sign;
    }
    note_denormal(env, a);
    if (is_zero(a)) {
        env->flags |= FP_DIVIDE;
        return sign | F32_INFINITY;
    }
    if (exponent(a) >= 253) { /* the result would be a denormal */
        env->flags |= FP_UNDERFLOW;
        return sign;
    }
    unsigned estimate = simd_recip_estimate(256 + (fraction(a) >> 15));
    return sign | (253 - exponent(a)) << 23 | estimate << 15;
}

static uint32_t rsqrt_estimate(uint32_t a, struct fp_env *env)
{
    if (is_nan(a)) {
        return default_nan(a, env);
    }
    note_denormal(env, a);
    if (is_zero(a)) {
        env->flags |= FP_DIVIDE;
        return (a & F32_SIGN) | F32_INFINITY;
    }
    if (a & F32_SIGN) {
        env->flags |= FP_INVALID;
        return fp_default_nan_f32(env);
    }
    if (is_infinite(a)) {
        return 0;
    }
    unsigned estimate = simd_rsqrt_estimate(128 + (fraction(a) >> 16), exponent(a) & 1);
    return (380 - exponent(a)) / 2 << 23 | estimate << 15;
}

static uint64_t vrecpe_f(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for_each_lane(cpu, d, m, shape, recip_estimate);
    return 0;
}

static uint64_t vrsqrte_f(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for_each_lane(cpu, d, m, shape, rsqrt_estimate);
    return 0;
}

HELPER(vrecpe_f, vrecpe_f);
HELPER(vrsqrte_f, vrsqrte_f);

/* ---- VCVT between half and single precision -------------------------------------------------- */

static uint64_t half_single(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    struct fp_env *env = &arm_cpu(cpu)->fp_std;
    uint64_t result = 0;
    for (unsigned i = 0; i < 4; i++) {
        result |= (uint64_t)fp_f32_to_f16(simd_lane(cpu, m, i, 2), env) << 16 * i;
    }
    simd_lane_set(cpu, d, 0, 3, result);
    return 0;
}

static uint64_t single_half(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    struct fp_env *env = &arm_cpu(cpu)->fp_std;
    uint64_t halves = simd_lane(cpu, m, 0, 3);
    for (unsigned i = 0; i < 4; i++) {
        simd_lane_set(cpu, d, i, 2, fp_f16_to_f32(halves >> 16 * i & 0xffff, env));
    }
    return 0;
}

HELPER(vcvt_half_single, half_single);
HELPER(vcvt_single_half, single_half);
