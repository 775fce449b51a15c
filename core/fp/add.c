/* Addition, subtraction and multiplication. */
#include "core/fp/number.h"

/* a + b for finite operands, either of which may be zero but not both. */
static uint64_t add_finite(const struct fp_format *f, struct fp_number a, struct fp_number b,
                           struct fp_env *env)
{
    if (a.class == FP_ZERO || (b.class != FP_ZERO && b.exponent > a.exponent)) {
        struct fp_number swap = a;
        a = b;
        b = swap;
    }
    uint64_t sum = a.significand >> 1; /* room for a carry; at least ten low bits are zeros */
    if (b.class != FP_ZERO) {
        uint64_t other = fp_shift_jam(b.significand >> 1, (unsigned)(a.exponent - b.exponent));
        if (a.sign == b.sign) {
            sum += other;
        } else if (sum >= other) {
            sum -= other;
        } else {
            sum = other - sum;
            a.sign = b.sign;
        }
        if (sum == 0) {
            return fp_zero(f, env->round == FP_ROUND_DOWN);
        }
    }
    return fp_round_pack(f, a.sign, a.exponent + 1, sum, env->round, env);
}

/* `negate` makes it a - b, without touching a NaN's sign. */
static uint64_t add(const struct fp_format *f, uint64_t a, uint64_t b, bool negate,
                    struct fp_env *env)
{
    struct fp_number na = fp_unpack(f, a, env), nb = fp_unpack(f, b, env);
    if (fp_is_nan(&na) || fp_is_nan(&nb)) {
        return fp_nan_result2(f, a, b, &na, &nb, env);
    }
    nb.sign ^= negate;
    if (na.class == FP_INFINITE || nb.class == FP_INFINITE) {
        if (na.class == nb.class && na.sign != nb.sign) {
            return fp_nan_invalid(f, env);
        }
        return fp_infinity(f, na.class == FP_INFINITE ? na.sign : nb.sign);
    }
    if (na.class == FP_ZERO && nb.class == FP_ZERO) {
        bool sign = na.sign == nb.sign ? na.sign : env->round == FP_ROUND_DOWN;
        return fp_zero(f, sign);
    }
    return add_finite(f, na, nb, env);
}

static uint64_t mul(const struct fp_format *f, uint64_t a, uint64_t b, struct fp_env *env)
{
    struct fp_number na = fp_unpack(f, a, env), nb = fp_unpack(f, b, env);
    if (fp_is_nan(&na) || fp_is_nan(&nb)) {
        return fp_nan_result2(f, a, b, &na, &nb, env);
    }
    bool sign = na.sign != nb.sign;
    bool zero = na.class == FP_ZERO || nb.class == FP_ZERO;
    if (na.class == FP_INFINITE || nb.class == FP_INFINITE) {
        return zero ? fp_nan_invalid(f, env) : fp_infinity(f, sign);
    }
    if (zero) {
        return fp_zero(f, sign);
    }
    unsigned __int128 product = (unsigned __int128)na.significand * nb.significand;
    uint64_t significand = (uint64_t)(product >> 64) | ((uint64_t)product != 0);
    return fp_round_pack(f, sign, na.exponent + nb.exponent + 1, significand, env->round, env);
}

#define WRAPPERS(F, type)                                                                          \
    type fp_add_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)add(&fp_##F, a, b, false, env);                                               \
    }                                                                                              \
    type fp_sub_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)add(&fp_##F, a, b, true, env);                                                \
    }                                                                                              \
    type fp_mul_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)mul(&fp_##F, a, b, env);                                                      \
    }
WRAPPERS(f32, uint32_t)
WRAPPERS(f64, uint64_t)
