/* Fused multiply-add. */
#include "core/fp/number.h"

static uint64_t nan_result(const struct fp_format *f, uint64_t a, uint64_t b, uint64_t c,
                           const struct fp_number n[3], struct fp_env *env)
{
    if (env->nan_rule == FP_NAN_FIRST) {
        return fp_nan_result(f, 3, (const uint64_t[]){b, a, c},
                             (const struct fp_number[]){n[1], n[0], n[2]}, env);
    }
    return fp_nan_result(f, 3, (const uint64_t[]){a, b, c}, n, env);
}

/* b * c + a for a finite nonzero product; a is finite. */
static uint64_t fma_finite(const struct fp_format *f, const struct fp_number *a,
                           const struct fp_number *b, const struct fp_number *c, struct fp_env *env)
{
    /* Both terms as 128 bits with a leading one at bit 126 at the highest, so that a sum fits. The
     * product has at most 106 significant bits: halving it loses none. */
    bool sign = b->sign != c->sign;
    int exponent = b->exponent + c->exponent + 1;
    unsigned __int128 sum = (unsigned __int128)b->significand * c->significand >> 1;
    if (!(sum >> 126)) {
        sum <<= 1;
        exponent--;
    }
    if (a->class == FP_FINITE) {
        unsigned __int128 other = (unsigned __int128)a->significand << 63;
        if (a->exponent > exponent) {
            sum = fp_shift_jam128(sum, (unsigned)(a->exponent - exponent));
            exponent = a->exponent;
        } else {
            other = fp_shift_jam128(other, (unsigned)(exponent - a->exponent));
        }
        if (a->sign == sign) {
            sum += other;
        } else if (sum >= other) {
            sum -= other;
        } else {
            sum = other - sum;
            sign = a->sign;
        }
        if (sum == 0) {
            return fp_zero(f, env->round == FP_ROUND_DOWN);
        }
    }
    uint64_t high = (uint64_t)(sum >> 64);
    int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sum);
    sum <<= zeros;
    uint64_t significand = (uint64_t)(sum >> 64) | ((uint64_t)sum != 0);
    return fp_round_pack(f, sign, exponent + 1 - zeros, significand, env->round, env);
}

static uint64_t fused(const struct fp_format *f, uint64_t a, uint64_t b, uint64_t c,
                      struct fp_env *env)
{
    struct fp_number n[3] = {fp_unpack(f, a, env), fp_unpack(f, b, env), fp_unpack(f, c, env)};
    bool sign = n[1].sign != n[2].sign;
    bool zero = n[1].class == FP_ZERO || n[2].class == FP_ZERO;
    bool infinite = n[1].class == FP_INFINITE || n[2].class == FP_INFINITE;

    if (fp_is_nan(&n[0]) || fp_is_nan(&n[1]) || fp_is_nan(&n[2])) {
        if (n[0].class != FP_QUIET || !zero || !infinite) {
            return nan_result(f, a, b, c, n, env);
        }
        if (env->nan_rule == FP_NAN_SIGNALLING) {
            return fp_nan_invalid(f, env);
        }
        env->flags |= FP_INVALID;
        return nan_result(f, a, b, c, n, env);
    }
    if (infinite) {
        if (zero || (n[0].class == FP_INFINITE && n[0].sign != sign)) {
            return fp_nan_invalid(f, env);
        }
        return fp_infinity(f, sign);
    }
    if (n[0].class == FP_INFINITE) {
        return fp_infinity(f, n[0].sign);
    }
    if (zero && n[0].class == FP_ZERO) {
        return fp_zero(f, n[0].sign == sign ? sign : env->round == FP_ROUND_DOWN);
    }
    if (zero) {
        return fp_round_pack(f, n[0].sign, n[0].exponent, n[0].significand, env->round, env);
    }
    return fma_finite(f, &n[0], &n[1], &n[2], env);
}

#define WRAPPER(F, type)                                                                           \
    type fp_fma_##F(type a, type b, type c, struct fp_env *env)                                    \
    {                                                                                              \
        return (type)fused(&fp_##F, a, b, c, env);                                                 \
    }
WRAPPER(f32, uint32_t)
WRAPPER(f64, uint64_t)
