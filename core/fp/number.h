/* Inside core/fp: a number taken apart, and the way back through rounding. */
#ifndef CORE_FP_NUMBER_H
#define CORE_FP_NUMBER_H

#include "core/fp/fp.h"

struct fp_format {
    uint8_t width;         /* of the whole number in bits */
    uint8_t fraction_bits; /* stored ones */
};

static const struct fp_format fp_f16 = {16, 10};
static const struct fp_format fp_f32 = {32, 23};
static const struct fp_format fp_f64 = {64, 52};

enum fp_class { FP_ZERO, FP_FINITE, FP_INFINITE, FP_QUIET, FP_SIGNALLING };

struct fp_number {
    uint8_t class; /* enum fp_class */
    bool sign;
    int exponent;         /* FP_FINITE: value = significand * 2^(exponent - 63) */
    uint64_t significand; /* FP_FINITE: bit 63 is set */
};

static inline bool fp_is_nan(const struct fp_number *n)
{
    return n->class >= FP_QUIET;
}

/* ---- fields of a format ---------------------------------------------------------------------- */

static inline uint64_t fp_sign_bit(const struct fp_format *f)
{
    return UINT64_C(1) << (f->width - 1);
}
static inline uint64_t fp_fraction_mask(const struct fp_format *f)
{
    return (UINT64_C(1) << f->fraction_bits) - 1;
}
/* The exponent field's greatest value. */
static inline int fp_exponent_max(const struct fp_format *f)
{
    return (1 << (f->width - 1 - f->fraction_bits)) - 1;
}
static inline int fp_bias(const struct fp_format *f)
{
    return fp_exponent_max(f) >> 1;
}
static inline uint64_t fp_zero(const struct fp_format *f, bool sign)
{
    return sign ? fp_sign_bit(f) : 0;
}
static inline uint64_t fp_infinity(const struct fp_format *f, bool sign)
{
    return fp_zero(f, sign) | (uint64_t)fp_exponent_max(f) << f->fraction_bits;
}
/* Whether this format knows infinities and NaNs. */
static inline bool fp_has_specials(const struct fp_format *f, const struct fp_env *env)
{
    return f->width != 16 || !env->half_alternative;
}

/* ---- right shifts that keep whether anything was lost in the lowest bit ---------------------- */

static inline uint64_t fp_shift_jam(uint64_t v, unsigned count)
{
    if (count == 0) {
        return v;
    }
    if (count > 63) {
        return v != 0;
    }
    return v >> count | (v << (64 - count) != 0);
}
static inline unsigned __int128 fp_shift_jam128(unsigned __int128 v, unsigned count)
{
    if (count == 0) {
        return v;
    }
    if (count > 127) {
        return v != 0;
    }
    return v >> count | (v << (128 - count) != 0);
}

/* ---- number.c -------------------------------------------------------------------------------- */

/* Takes `bits` apart; flushes a denormal (FP_DENORMAL) if the environment says so. */
struct fp_number fp_unpack(const struct fp_format *f, uint64_t bits, struct fp_env *env);

/* Rounds significand * 2^(exponent - 63), significand != 0 in any position with its lowest bit
 * sticky, to the format. `round` is not FP_ROUND_ENV. */
uint64_t fp_round_pack(const struct fp_format *f, bool sign, int exponent, uint64_t significand,
                       enum fp_round round, struct fp_env *env);

/* Whether a magnitude is to be rounded up: `odd` is its lowest kept bit, `rest` what is cut off,
 * `half` the value that `rest` has at a tie. */
bool fp_rounds_up(enum fp_round round, bool sign, bool odd, uint64_t rest, uint64_t half);

static inline enum fp_round fp_round_mode(enum fp_round round, const struct fp_env *env)
{
    return round == FP_ROUND_ENV ? (enum fp_round)env->round : round;
}

/* ---- nan.c ----------------------------------------------------------------------------------- */

/* True if the top fraction bit of this NaN says signalling. */
bool fp_nan_signals(const struct fp_format *f, uint64_t bits, const struct fp_env *env);
uint64_t fp_nan_default(const struct fp_format *f, const struct fp_env *env);
/* FP_INVALID and the default NaN. */
uint64_t fp_nan_invalid(const struct fp_format *f, struct fp_env *env);
/* The result of an operation of which at least one operand is a NaN. */
uint64_t fp_nan_result(const struct fp_format *f, unsigned count, const uint64_t *bits,
                       const struct fp_number *numbers, struct fp_env *env);
/* The same for one and two operands. */
uint64_t fp_nan_result1(const struct fp_format *f, uint64_t a, const struct fp_number *na,
                        struct fp_env *env);
uint64_t fp_nan_result2(const struct fp_format *f, uint64_t a, uint64_t b,
                        const struct fp_number *na, const struct fp_number *nb, struct fp_env *env);

#endif
