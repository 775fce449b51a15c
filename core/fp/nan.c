#include "core/fp/number.h"

static uint64_t quiet_bit(const struct fp_format *f)
{
    return UINT64_C(1) << (f->fraction_bits - 1);
}

bool fp_nan_signals(const struct fp_format *f, uint64_t bits, const struct fp_env *env)
{
    bool top = (bits & quiet_bit(f)) != 0;
    return top == (env->nan_rule == FP_NAN_LEGACY);
}

uint64_t fp_nan_default(const struct fp_format *f, const struct fp_env *env)
{
    if (env->nan_rule == FP_NAN_LEGACY) {
        return fp_infinity(f, false) | (fp_fraction_mask(f) & ~quiet_bit(f));
    }
    return fp_infinity(f, false) | quiet_bit(f);
}

uint64_t fp_nan_invalid(const struct fp_format *f, struct fp_env *env)
{
    env->flags |= FP_INVALID;
    return fp_nan_default(f, env);
}

uint64_t fp_nan_result(const struct fp_format *f, unsigned count, const uint64_t *bits,
                       const struct fp_number *numbers, struct fp_env *env)
{
    unsigned signalling = count, first = count;
    for (unsigned i = count; i-- > 0;) {
        if (numbers[i].class == FP_SIGNALLING) {
            signalling = i;
        }
        if (fp_is_nan(&numbers[i])) {
            first = i;
        }
    }
    if (signalling < count) {
        env->flags |= FP_INVALID;
    }
    if (env->default_nan) {
        return fp_nan_default(f, env);
    }
    switch (env->nan_rule) {
    case FP_NAN_LEGACY:
        return signalling < count ? fp_nan_default(f, env) : bits[first];
    case FP_NAN_FIRST:
        return bits[first] | quiet_bit(f);
    default:
        return bits[signalling < count ? signalling : first] | quiet_bit(f);
    }
}

uint64_t fp_nan_result1(const struct fp_format *f, uint64_t a, const struct fp_number *na,
                        struct fp_env *env)
{
    return fp_nan_result(f, 1, &a, na, env);
}

uint64_t fp_nan_result2(const struct fp_format *f, uint64_t a, uint64_t b,
                        const struct fp_number *na, const struct fp_number *nb, struct fp_env *env)
{
    return fp_nan_result(f, 2, (const uint64_t[]){a, b}, (const struct fp_number[]){*na, *nb}, env);
}

/* The wrappers of one format. */
#define DEFAULT_NAN(F, type)                                                                       \
    type fp_default_nan_##F(const struct fp_env *env)                                              \
    {                                                                                              \
        return (type)fp_nan_default(&fp_##F, env);                                                 \
    }
DEFAULT_NAN(f32, uint32_t)
DEFAULT_NAN(f64, uint64_t)
