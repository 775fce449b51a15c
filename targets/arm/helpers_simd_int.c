/* Rare Advanced SIMD instructions on integer lanes. Operands: the offsets of d, n and m in the
 * state, and simd_shape(). Source registers may be the destination: lanes are read before they are
 * written. */
#include "targets/arm/simd_fns.h"
#include "targets/arm/simd_lanes.h"

#define HELPER(id, function)                                                                       \
    const struct ir_helper simd_help_##id = {#id, function, IR_NONE,                               \
                                             IR_EFFECT_READS | IR_EFFECT_WRITES}

/* ---- VQSHL, VRSHL, VQRSHL (register): A8.8 --------------------------------------------------- */

/* value * 2^shift, rounded half up or down; shift < bits. Shifts to the right by more than a lane
 * are all alike. */
static __int128 shift_lane(__int128 value, int shift, unsigned bits, bool round)
{
    if (shift >= 0)
        return value << shift;
    unsigned right = -shift > (int)bits ? bits + 1 : (unsigned)-shift;
    return (value + (round ? (__int128)1 << (right - 1) : 0)) >> right;
}

static void shift_lanes(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape, bool round,
                        bool saturate)
{
    unsigned size = SIMD_SHAPE_SIZE(shape), bits = simd_lane_bits(size);
    bool sign = !SIMD_SHAPE_UNSIGNED(shape);
    uint64_t mask = UINT64_MAX >> (64 - bits);
    __int128 max = sign ? mask >> 1 : mask, min = sign ? -max - 1 : 0;
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) >> size; i++) {
        uint64_t lane = simd_lane(cpu, m, i, size);
        __int128 value = sign ? (__int128)((int64_t)(lane << (64 - bits)) >> (64 - bits)) : lane;
        int shift = (int8_t)simd_lane(cpu, n, i, size);
        __int128 result;
        if (shift >= (int)bits) {
            result = !saturate || value == 0 ? 0 : value < 0 ? min - 1 : max + 1;
        } else {
            result = shift_lane(value, shift, bits, round);
        }
        if (saturate && (result < min || result > max)) {
            arm_cpu(cpu)->qc[0] = 1;
            result = result < min ? min : max;
        }
        simd_lane_set(cpu, d, i, size, (uint64_t)result);
    }
}

static uint64_t vqshl(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    shift_lanes(cpu, d, n, m, shape, false, true);
    return 0;
}

static uint64_t vrshl(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    shift_lanes(cpu, d, n, m, shape, true, false);
    return 0;
}

static uint64_t vqrshl(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    shift_lanes(cpu, d, n, m, shape, true, true);
    return 0;
}

HELPER(vqshl, vqshl);
HELPER(vrshl, vrshl);
HELPER(vqrshl, vqrshl);

/* ---- products of polynomials over {0, 1} ----------------------------------------------------- */

static unsigned carryless(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++)
        product ^= b >> i & 1 ? a << i : 0;
    return product;
}

static uint64_t vmul_p(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape); i++)
        simd_lane_set(cpu, d, i, 0, carryless(simd_lane(cpu, n, i, 0), simd_lane(cpu, m, i, 0)));
    return 0;
}

static uint64_t vmull_p(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    uint64_t a = simd_lane(cpu, n, 0, 3), b = simd_lane(cpu, m, 0, 3);
    for (unsigned i = 0; i < 8; i++)
        simd_lane_set(cpu, d, i, 1, carryless(a >> 8 * i & 255, b >> 8 * i & 255));
    return 0;
}

HELPER(vmul_p, vmul_p);
HELPER(vmull_p, vmull_p);

/* ---- estimates (A2.7.8) ---------------------------------------------------------------------- */

/* floor(256 / a + 1/2) - 256 with a = (2q + 1) / 1024. */
unsigned simd_recip_estimate(unsigned q)
{
    unsigned divisor = 2 * q + 1;
    return (2 * 256 * 1024 + divisor) / (2 * divisor) - 256;
}

/* The largest s whose s - 1/2 is not above 256 / sqrt(a), in integers: (2s - 1)^2 * (2q + 1) <=
 * 2^19 * scale. */
unsigned simd_rsqrt_estimate(unsigned q, bool low)
{
    unsigned scale = low ? 512 : 256, s = 256;
    while (((uint64_t)(2 * s + 1) * (2 * s + 1)) * (2 * q + 1) <= (UINT64_C(1) << 19) * scale)
        s++;
    return s - 256;
}

/* Fractions in [1/2, 1); others give all ones. */
static uint64_t vrecpe(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) / 4; i++) {
        uint32_t a = simd_lane(cpu, m, i, 2), result = UINT32_MAX;
        if (a >> 31)
            result = UINT32_C(1) << 31 | simd_recip_estimate(a >> 23) << 23;
        simd_lane_set(cpu, d, i, 2, result);
    }
    return 0;
}

/* Fractions in [1/4, 1). */
static uint64_t vrsqrte(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) / 4; i++) {
        uint32_t a = simd_lane(cpu, m, i, 2), result = UINT32_MAX;
        if (a >> 30) {
            bool low = !(a >> 31);
            unsigned estimate = simd_rsqrt_estimate(low ? a >> 23 : a >> 24, low);
            result = UINT32_C(1) << 31 | estimate << 23;
        }
        simd_lane_set(cpu, d, i, 2, result);
    }
    return 0;
}

HELPER(vrecpe, vrecpe);
HELPER(vrsqrte, vrsqrte);
