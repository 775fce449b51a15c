/* Division and square root. */
#include "core/fp/number.h"

static uint64_t div(const struct fp_format *f, uint64_t a, uint64_t b, struct fp_env *env)
{
    struct fp_number na = fp_unpack(f, a, env), nb = fp_unpack(f, b, env);
    if (fp_is_nan(&na) || fp_is_nan(&nb)) {
        return fp_nan_result2(f, a, b, &na, &nb, env);
    }
    bool sign = na.sign != nb.sign;
    if (na.class == nb.class && na.class != FP_FINITE) {
        return fp_nan_invalid(f, env);
    }
    if (na.class == FP_INFINITE) {
        return fp_infinity(f, sign);
    }
    if (nb.class == FP_ZERO) {
        env->flags |= FP_DIVIDE;
        return fp_infinity(f, sign);
    }
    if (na.class == FP_ZERO || nb.class == FP_INFINITE) {
        return fp_zero(f, sign);
    }

    /* The quotient is to have exactly 64 bits. */
    bool less = na.significand < nb.significand;
    unsigned __int128 dividend = (unsigned __int128)na.significand << (less ? 64 : 63);
    uint64_t quotient = (uint64_t)(dividend / nb.significand);
    quotient |= dividend % nb.significand != 0;
    return fp_round_pack(f, sign, na.exponent - nb.exponent - less, quotient, env->round, env);
}

/* The square root of v in [2^126, 2^128), rounded down; the lowest bit is sticky. */
static uint64_t root(unsigned __int128 v)
{
    uint64_t r = 0;
    for (uint64_t bit = UINT64_C(1) << 63; bit != 0; bit >>= 1) {
        uint64_t next = r | bit;
        if ((unsigned __int128)next * next <= v) {
            r = next;
        }
    }
    return r | ((unsigned __int128)r * r != v);
}

static uint64_t square_root(const struct fp_format *f, uint64_t a, struct fp_env *env)
{
    struct fp_number n = fp_unpack(f, a, env);
    if (fp_is_nan(&n)) {
        return fp_nan_result1(f, a, &n, env);
    }
    if (n.class == FP_ZERO) {
        return fp_zero(f, n.sign);
    }
    if (n.sign) {
        return fp_nan_invalid(f, env);
    }
    if (n.class == FP_INFINITE) {
        return fp_infinity(f, false);
    }
    bool odd = n.exponent & 1;
    uint64_t r = root((unsigned __int128)n.significand << (odd ? 64 : 63));
    return fp_round_pack(f, false, (n.exponent - odd) / 2, r, env->round, env);
}

#define WRAPPERS(F, type)                                                                          \
    type fp_div_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)div(&fp_##F, a, b, env);                                                      \
    }                                                                                              \
    type fp_sqrt_##F(type a, struct fp_env *env)                                                   \
    {                                                                                              \
        return (type)square_root(&fp_##F, a, env);                                                 \
    }
WRAPPERS(f32, uint32_t)
WRAPPERS(f64, uint64_t)
