/* Floating-point operands for tests of arithmetic: random, but mostly near the edges of a format or
 * of each other. */
#ifndef TESTS_SUPPORT_FP_RANDOM_H
#define TESTS_SUPPORT_FP_RANDOM_H

#include "tests/support/random.h"

/* An operand of a format of `width` bits with `fraction_bits` stored fraction bits. */
static inline uint64_t fp_random_operand(uint64_t *state, unsigned width, unsigned fraction_bits)
{
    uint64_t r = random_next(state), shape = random_next(state);
    uint64_t sign = r >> 63 << (width - 1);
    uint64_t all = UINT64_MAX >> (64 - width), fraction_mask = (UINT64_C(1) << fraction_bits) - 1;
    uint64_t exponents = (UINT64_C(1) << (width - 1 - fraction_bits)) - 1, bias = exponents >> 1;
    uint64_t exponent, fraction = r & fraction_mask;

    switch (shape & 7) {
    case 0: /* any pattern */
        return r & all;
    case 1: /* both ends of the exponent's range: denormals, infinities, NaNs */
        exponent = (shape >> 8 & 3) == 0 ? exponents : shape >> 8 & 3;
        break;
    case 2: /* around the ends */
        exponent = (shape >> 16 & 1 ? exponents : fraction_bits) - (shape >> 8 & 3);
        break;
    default: /* near one, so that operands meet */
        exponent = bias + (shape >> 8 & 63) - 32;
        exponent = exponent > exponents ? bias : exponent;
        break;
    }
    switch (shape >> 20 & 7) {
    case 0:
        fraction = 0;
        break;
    case 1:
        fraction = fraction_mask;
        break;
    case 2: /* few bits set */
        fraction = UINT64_C(1) << (shape >> 24) % fraction_bits;
        break;
    case 3: /* runs of ones */
        fraction = fraction_mask & ~(fraction_mask >> (shape >> 24) % fraction_bits);
        break;
    case 4: /* short fractions: exact results, ties */
        fraction &= ~(fraction_mask >> 1 >> (shape >> 24) % fraction_bits);
        break;
    default:
        break;
    }
    return sign | exponent << fraction_bits | fraction;
}

static inline uint32_t fp_random_f32(uint64_t *state)
{
    return (uint32_t)fp_random_operand(state, 32, 23);
}
static inline uint64_t fp_random_f64(uint64_t *state)
{
    return fp_random_operand(state, 64, 52);
}

#endif
