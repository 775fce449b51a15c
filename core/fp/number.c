#include "core/fp/number.h"

struct fp_number fp_unpack(const struct fp_format *f, uint64_t bits, struct fp_env *env)
{
    int exponent = (int)(bits >> f->fraction_bits) & fp_exponent_max(f);
    uint64_t fraction = bits & fp_fraction_mask(f);
    struct fp_number n = {.class = FP_FINITE, .sign = (bits & fp_sign_bit(f)) != 0};

    if (exponent == fp_exponent_max(f) && fp_has_specials(f, env)) {
        if (fraction == 0) {
            n.class = FP_INFINITE;
        } else {
            n.class = fp_nan_signals(f, bits, env) ? FP_SIGNALLING : FP_QUIET;
        }
    } else if (exponent != 0) {
        n.exponent = exponent - fp_bias(f);
        n.significand = UINT64_C(1) << 63 | fraction << (63 - f->fraction_bits);
    } else if (fraction == 0) {
        n.class = FP_ZERO;
    } else if (env->flush_inputs && f->width != 16) {
        n.class = FP_ZERO;
        env->flags |= FP_DENORMAL;
    } else {
        int zeros = __builtin_clzll(fraction);
        n.exponent = 1 - fp_bias(f) - (zeros - (63 - f->fraction_bits));
        n.significand = fraction << zeros;
    }
    return n;
}

bool fp_rounds_up(enum fp_round round, bool sign, bool odd, uint64_t rest, uint64_t half)
{
    switch (round) {
    case FP_ROUND_NEAREST:
        return rest > half || (rest == half && odd);
    case FP_ROUND_AWAY:
        return rest >= half;
    case FP_ROUND_UP:
        return rest != 0 && !sign;
    case FP_ROUND_DOWN:
        return rest != 0 && sign;
    default:
        return false;
    }
}

static uint64_t overflow(const struct fp_format *f, bool sign, enum fp_round round,
                         struct fp_env *env)
{
    if (!fp_has_specials(f, env)) {
        env->flags |= FP_INVALID;
        return fp_zero(f, sign) | (fp_sign_bit(f) - 1);
    }
    env->flags |= FP_OVERFLOW | FP_INEXACT;
    bool to_infinity = round == FP_ROUND_NEAREST || round == FP_ROUND_AWAY ||
                       round == (sign ? FP_ROUND_DOWN : FP_ROUND_UP);
    return fp_infinity(f, sign) - !to_infinity;
}

uint64_t fp_round_pack(const struct fp_format *f, bool sign, int exponent, uint64_t significand,
                       enum fp_round round, struct fp_env *env)
{
    int zeros = __builtin_clzll(significand);
    significand <<= zeros;
    exponent -= zeros;

    unsigned cut = 63 - f->fraction_bits;
    uint64_t rest_mask = (UINT64_C(1) << cut) - 1, half = UINT64_C(1) << (cut - 1);
    int minimum = 1 - fp_bias(f);
    int biased = exponent + fp_bias(f);
    bool tiny = exponent < minimum;

    if (tiny) {
        if (env->flush_results && f->width != 16) {
            env->flags |= FP_UNDERFLOW;
            return fp_zero(f, sign);
        }
        if (!env->tiny_before && exponent == minimum - 1) {
            /* Not tiny after all if rounding, with an unbounded exponent, carries up to
             * 2^minimum. */
            bool ones = significand >> cut == UINT64_MAX >> cut;
            tiny = !(ones && fp_rounds_up(round, sign, true, significand & rest_mask, half));
        }
        significand = fp_shift_jam(significand, (unsigned)(minimum - exponent));
        biased = 0;
    }

    uint64_t kept = significand >> cut, rest = significand & rest_mask;
    if (tiny && rest != 0) {
        env->flags |= FP_UNDERFLOW;
    }
    kept += fp_rounds_up(round, sign, kept & 1, rest, half);

    /* Adding the hidden bit to the exponent field, a carry out of the significand counts by
     * itself. */
    int limit = fp_exponent_max(f) - fp_has_specials(f, env);
    if (biased > limit) {
        return overflow(f, sign, round, env);
    }
    uint64_t magnitude = ((uint64_t)(biased > 0 ? biased - 1 : 0) << f->fraction_bits) + kept;
    if ((int)(magnitude >> f->fraction_bits) > limit) {
        return overflow(f, sign, round, env);
    }
    if (rest != 0) {
        env->flags |= FP_INEXACT;
    }
    return fp_zero(f, sign) | magnitude;
}
