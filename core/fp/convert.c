/* Conversions between formats. */
#include "core/fp/number.h"

/* A NaN of format `from` in format `to`: sign and the fraction's top bits are kept. */
static uint64_t convert_nan(const struct fp_format *from, const struct fp_format *to, uint64_t a,
                            const struct fp_number *n, struct fp_env *env)
{
    if (n->class == FP_SIGNALLING) {
        env->flags |= FP_INVALID;
    }
    if (!fp_has_specials(to, env)) {
        env->flags |= FP_INVALID;
        return fp_zero(to, n->sign);
    }
    if (env->default_nan) {
        return fp_nan_default(to, env);
    }
    int shift = to->fraction_bits - from->fraction_bits;
    uint64_t fraction = a & fp_fraction_mask(from);
    fraction = shift >= 0 ? fraction << shift : fraction >> -shift;
    if (env->nan_rule == FP_NAN_LEGACY) {
        /* Quietening cannot be done by one bit, and a quiet NaN's kept bits may all be zeros. */
        if (n->class == FP_SIGNALLING || fraction == 0) {
            return fp_nan_default(to, env);
        }
        return fp_infinity(to, n->sign) | fraction;
    }
    return fp_infinity(to, n->sign) | fraction | UINT64_C(1) << (to->fraction_bits - 1);
}

static uint64_t convert(const struct fp_format *from, const struct fp_format *to, uint64_t a,
                        struct fp_env *env)
{
    struct fp_number n = fp_unpack(from, a, env);
    if (fp_is_nan(&n)) {
        return convert_nan(from, to, a, &n, env);
    }
    if (n.class == FP_ZERO) {
        return fp_zero(to, n.sign);
    }
    if (n.class == FP_FINITE) {
        return fp_round_pack(to, n.sign, n.exponent, n.significand, env->round, env);
    }
    if (fp_has_specials(to, env)) {
        return fp_infinity(to, n.sign);
    }
    env->flags |= FP_INVALID;
    return fp_zero(to, n.sign) | (fp_sign_bit(to) - 1);
}

#define WRAPPER(A, a_type, B, b_type)                                                              \
    b_type fp_##A##_to_##B(a_type a, struct fp_env *env)                                           \
    {                                                                                              \
        return (b_type)convert(&fp_##A, &fp_##B, a, env);                                          \
    }
WRAPPER(f32, uint32_t, f64, uint64_t)
WRAPPER(f64, uint64_t, f32, uint32_t)
WRAPPER(f16, uint16_t, f32, uint32_t)
WRAPPER(f32, uint32_t, f16, uint16_t)
