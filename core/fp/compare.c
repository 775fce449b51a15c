/* Comparison, minimum and maximum. */
#include "core/fp/number.h"

/* Neither is a NaN; -0 equals +0. */
static enum fp_relation relation(const struct fp_number *a, const struct fp_number *b)
{
    if (a->class == FP_ZERO && b->class == FP_ZERO) {
        return FP_EQUAL;
    }
    if (a->class == FP_ZERO) {
        return b->sign ? FP_GREATER : FP_LESS;
    }
    if (b->class == FP_ZERO || a->sign != b->sign) {
        return a->sign ? FP_LESS : FP_GREATER;
    }
    int order = a->class - b->class;
    if (order == 0 && a->class == FP_FINITE) {
        order = a->exponent - b->exponent;
        if (order == 0) {
            order = (a->significand > b->significand) - (a->significand < b->significand);
        }
    }
    if (order == 0) {
        return FP_EQUAL;
    }
    return (order < 0) != a->sign ? FP_LESS : FP_GREATER;
}

static enum fp_relation compare(const struct fp_format *f, uint64_t a, uint64_t b, bool signalling,
                                struct fp_env *env)
{
    struct fp_number na = fp_unpack(f, a, env), nb = fp_unpack(f, b, env);
    if (!fp_is_nan(&na) && !fp_is_nan(&nb)) {
        return relation(&na, &nb);
    }
    if (signalling || na.class == FP_SIGNALLING || nb.class == FP_SIGNALLING) {
        env->flags |= FP_INVALID;
    }
    return FP_UNORDERED;
}

/* The extreme that `want` names: FP_LESS the minimum, FP_GREATER the maximum. `number`: a lone
 * quiet NaN loses. */
static uint64_t extreme(const struct fp_format *f, uint64_t a, uint64_t b, enum fp_relation want,
                        bool number, struct fp_env *env)
{
    struct fp_number na = fp_unpack(f, a, env), nb = fp_unpack(f, b, env);
    bool first = false;
    if (fp_is_nan(&na) || fp_is_nan(&nb)) {
        bool one = na.class == FP_QUIET ? !fp_is_nan(&nb) : nb.class == FP_QUIET && !fp_is_nan(&na);
        if (!number || !one) {
            return fp_nan_result2(f, a, b, &na, &nb, env);
        }
        first = na.class != FP_QUIET;
    } else if (na.class == FP_ZERO && nb.class == FP_ZERO) {
        first = na.sign == (want == FP_LESS);
    } else {
        first = relation(&na, &nb) == want;
    }
    const struct fp_number *n = first ? &na : &nb;
    return n->class == FP_ZERO ? fp_zero(f, n->sign) : first ? a : b;
}

#define WRAPPERS(F, type)                                                                          \
    enum fp_relation fp_compare_##F(type a, type b, bool signalling, struct fp_env *env)           \
    {                                                                                              \
        return compare(&fp_##F, a, b, signalling, env);                                            \
    }                                                                                              \
    type fp_min_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)extreme(&fp_##F, a, b, FP_LESS, false, env);                                  \
    }                                                                                              \
    type fp_max_##F(type a, type b, struct fp_env *env)                                            \
    {                                                                                              \
        return (type)extreme(&fp_##F, a, b, FP_GREATER, false, env);                               \
    }                                                                                              \
    type fp_min_number_##F(type a, type b, struct fp_env *env)                                     \
    {                                                                                              \
        return (type)extreme(&fp_##F, a, b, FP_LESS, true, env);                                   \
    }                                                                                              \
    type fp_max_number_##F(type a, type b, struct fp_env *env)                                     \
    {                                                                                              \
        return (type)extreme(&fp_##F, a, b, FP_GREATER, true, env);                                \
    }
WRAPPERS(f32, uint32_t)
WRAPPERS(f64, uint64_t)
