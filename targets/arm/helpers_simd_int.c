/* Rare Advanced SIMD instructions on integer lanes. Operands: the offsets of d, n and m in the
 * state, and simd_shape(). Source registers may be the destination: lanes are read before they are
 * written. */
#include "targets/arm/simd_fns.h"
#include "targets/arm/simd_lanes.h"

#define HELPER(id, function)                                                                       \
    const struct ir_helper simd_help_##id = {                                                      \
        #id, function, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_UNDOABLE}

/* ---- products of polynomials over {0, 1} ----------------------------------------------------- */

/* The low bytes of four words, each times the low byte of the same word of b. */
static uint64_t carryless(uint64_t a, uint64_t b)
{
    const uint64_t ones = 0x0001000100010001;
    uint64_t product = 0;
    for (unsigned i = 0; i < 8; i++) {
        product ^= a << i & (b >> i & ones) * 0xffff;
    }
    return product;
}

/* Bytes as the low halves of words. */
static uint64_t spread(uint32_t bytes)
{
    uint64_t pairs = (bytes | (uint64_t)bytes << 16) & 0x0000ffff0000ffff;
    return (pairs | pairs << 8) & 0x00ff00ff00ff00ff;
}

static uint64_t vmul_p(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    const uint64_t even = 0x00ff00ff00ff00ff;
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) / 8; i++) {
        uint64_t a = simd_lane(cpu, n, i, 3), b = simd_lane(cpu, m, i, 3);
        uint64_t low = carryless(a & even, b & even) & even;
        uint64_t high = carryless(a >> 8 & even, b >> 8 & even) & even;
        simd_lane_set(cpu, d, i, 3, low | high << 8);
    }
    return 0;
}

static uint64_t vmull_p(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    uint64_t a = simd_lane(cpu, n, 0, 3), b = simd_lane(cpu, m, 0, 3);
    simd_lane_set(cpu, d, 0, 3, carryless(spread((uint32_t)a), spread((uint32_t)b)));
    simd_lane_set(cpu, d, 1, 3, carryless(spread(a >> 32), spread(b >> 32)));
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
    uint64_t bound = (UINT64_C(1) << 19) * (low ? 512 : 256);
    unsigned s = 256;
    for (unsigned bit = 128; bit; bit /= 2) {
        uint64_t odd = 2 * (s + bit) - 1;
        if (odd * odd * (2 * q + 1) <= bound) {
            s += bit;
        }
    }
    return s - 256;
}

/* Fractions in [1/2, 1); others give all ones. */
static uint64_t vrecpe(void *cpu, uint64_t d, uint64_t n, uint64_t m, uint64_t shape)
{
    for (unsigned i = 0; i < SIMD_SHAPE_BYTES(shape) / 4; i++) {
        uint32_t a = simd_lane(cpu, m, i, 2), result = UINT32_MAX;
        if (a >> 31) {
            result = UINT32_C(1) << 31 | simd_recip_estimate(a >> 23) << 23;
        }
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
