/* To and from integers and fixed point, and rounding to integral values. */
#include "core/fp/number.h"

/* Rounds |n| * 2^scale to an integer; *inexact says whether that changed it. False if it needs more
 * than 64 bits. */
static bool to_integer(const struct fp_number *n, unsigned scale, enum fp_round round,
                       uint64_t *integer, bool *inexact)
{
    *integer = 0;
    *inexact = false;
    if (n->class == FP_ZERO) {
        return true;
    }
    int shift = 63 - n->exponent - (int)scale;
    if (n->class == FP_INFINITE || shift < 0) {
        return false;
    }
    uint64_t rest = 0; /* what is cut off, in units of 2^-64 */
    if (shift == 0) {
        *integer = n->significand;
    } else if (shift < 64) {
        *integer = n->significand >> shift;
        rest = n->significand << (64 - shift);
    } else {
        rest = fp_shift_jam(n->significand, (unsigned)shift - 64);
    }
    *inexact = rest != 0;
    if (!fp_rounds_up(round, n->sign, *integer & 1, rest, UINT64_C(1) << 63)) {
        return true;
    }
    return ++*integer != 0;
}

static uint64_t to_fixed(const struct fp_format *f, uint64_t a, unsigned fraction, unsigned width,
                         bool is_signed, enum fp_round round, struct fp_env *env)
{
    struct fp_number n = fp_unpack(f, a, env);
    if (fp_is_nan(&n)) {
        env->flags |= FP_INVALID;
        return 0;
    }
    uint64_t magnitude, limit;
    if (is_signed) {
        limit = (UINT64_C(1) << (width - 1)) - !n.sign;
    } else {
        limit = n.sign ? 0 : UINT64_MAX >> (64 - width);
    }
    bool inexact;
    bool fits = to_integer(&n, fraction, fp_round_mode(round, env), &magnitude, &inexact);
    if (!fits || magnitude > limit) {
        env->flags |= FP_INVALID;
        magnitude = limit;
    } else if (inexact) {
        env->flags |= FP_INEXACT;
    }
    return n.sign ? -magnitude : magnitude;
}

static uint64_t from_fixed(const struct fp_format *f, uint64_t value, unsigned fraction,
                           bool is_signed, enum fp_round round, struct fp_env *env)
{
    if (value == 0) {
        return 0;
    }
    bool sign = is_signed && value >> 63;
    return fp_round_pack(f, sign, 63 - (int)fraction, sign ? -value : value,
                         fp_round_mode(round, env), env);
}

static uint64_t round_to_integral(const struct fp_format *f, uint64_t a, enum fp_round round,
                                  bool exact, struct fp_env *env)
{
    struct fp_number n = fp_unpack(f, a, env);
    if (fp_is_nan(&n)) {
        return fp_nan_result1(f, a, &n, env);
    }
    if (n.class == FP_ZERO) {
        return fp_zero(f, n.sign);
    }
    if (n.class == FP_INFINITE || n.exponent >= f->fraction_bits) {
        return a;
    }
    uint64_t integer;
    bool inexact;
    to_integer(&n, 0, fp_round_mode(round, env), &integer, &inexact);
    if (exact && inexact) {
        env->flags |= FP_INEXACT;
    }
    return integer ? fp_round_pack(f, n.sign, 63, integer, FP_ROUND_ZERO, env) : fp_zero(f, n.sign);
}

#define WRAPPERS(F, type)                                                                          \
    uint64_t fp_to_fixed_##F(type a, unsigned fraction, unsigned width, bool is_signed,            \
                             enum fp_round round, struct fp_env *env)                              \
    {                                                                                              \
        return to_fixed(&fp_##F, a, fraction, width, is_signed, round, env);                       \
    }                                                                                              \
    type fp_from_fixed_##F(uint64_t value, unsigned fraction, bool is_signed, enum fp_round round, \
                           struct fp_env *env)                                                     \
    {                                                                                              \
        return (type)from_fixed(&fp_##F, value, fraction, is_signed, round, env);                  \
    }                                                                                              \
    type fp_round_to_integral_##F(type a, enum fp_round round, bool exact, struct fp_env *env)     \
    {                                                                                              \
        return (type)round_to_integral(&fp_##F, a, round, exact, env);                             \
    }
WRAPPERS(f32, uint32_t)
WRAPPERS(f64, uint64_t)
