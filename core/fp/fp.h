/* Exact IEEE 754-2008 arithmetic in software, with the choices that architectures make differently
 * as data. The reference for all floating-point IR ops; host backends use SSE wherever that gives
 * the same result and flags.
 *
 * Everything works on bit patterns. Each function reads the environment's modes and adds to its
 * cumulative flags; it touches no floating-point state of the host.
 *
 * Where IEEE 754 leaves a choice that no mode below names, the choice is this (DDI 0406C A2.7):
 *   - an operand that flush_inputs makes zero sets FP_DENORMAL, even if the other operand is a NaN;
 *   - a tiny result that flush_results makes zero sets FP_UNDERFLOW and not FP_INEXACT; it is tiny
 * if it is so before rounding, whatever tiny_before says;
 *   - nothing is flushed in the 16-bit format;
 *   - 0 * infinity + quiet NaN is invalid. */
#ifndef CORE_FP_FP_H
#define CORE_FP_FP_H

#include <stdbool.h>
#include <stdint.h>

enum fp_round {
    FP_ROUND_NEAREST, /* ties to even */
    FP_ROUND_UP,
    FP_ROUND_DOWN,
    FP_ROUND_ZERO,
    FP_ROUND_AWAY,    /* to nearest, ties away from zero */
    FP_ROUND_ENV = 7, /* as an argument: what env->round says */
};

enum fp_flag {
    FP_INVALID = 1,
    FP_DIVIDE = 2,
    FP_OVERFLOW = 4,
    FP_UNDERFLOW = 8,
    FP_INEXACT = 16,
    FP_DENORMAL = 32, /* an input was flushed to zero */
};

/* Which operand's NaN becomes the result, made quiet. */
enum fp_nan_rule {
    FP_NAN_SIGNALLING, /* the first signalling operand, else the first quiet one; fma: addend, then
                        * factors */
    FP_NAN_LEGACY,     /* a set top fraction bit signals; the default NaN if any operand signals,
                               else the first quiet one */
    FP_NAN_FIRST,      /* the first NaN of A, B, C (fma: factor, addend, factor) */
};

struct fp_env {
    uint8_t round;                    /* enum fp_round */
    uint8_t nan_rule;                 /* enum fp_nan_rule */
    bool default_nan;                 /* every NaN result is the default NaN */
    bool flush_inputs, flush_results; /* denormals become zeros */
    bool tiny_before;                 /* underflow is detected before rounding */
    bool half_alternative;            /* 16-bit numbers have no infinities and NaNs */
    uint8_t flags;                    /* cumulative enum fp_flag */
};

enum fp_relation { FP_EQUAL, FP_LESS, FP_GREATER, FP_UNORDERED };

/* The operations of the 32- and 64-bit formats; the 16-bit one is only converted. `bits` is the
 * unsigned integer as wide as format F.
 *
 * fma: b * c + a, rounded once.
 *
 * compare: a with b. FP_INVALID for signalling NaNs; with `signalling` for any NaN.
 *
 * min, max: -0 < +0; a NaN operand gives a NaN.
 *
 * min_number, max_number: the same, but a single quiet NaN loses against a number (IEEE minNum).
 *
 * round_to_integral: with `exact`, FP_INEXACT if the value changed.
 *
 * to_fixed: a * 2^fraction, rounded and saturated to `width` (8 .. 64) bits, extended to 64 by its
 * signedness. Saturation is FP_INVALID and not FP_INEXACT; a NaN is FP_INVALID and gives 0.
 *
 * from_fixed: value / 2^fraction, rounded; value is all 64 bits, as signed or unsigned. */
#define FP_OPERATIONS(F, bits)                                                                     \
    bits fp_add_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_sub_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_mul_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_div_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_sqrt_##F(bits a, struct fp_env *env);                                                  \
    bits fp_fma_##F(bits a, bits b, bits c, struct fp_env *env);                                   \
    enum fp_relation fp_compare_##F(bits a, bits b, bool signalling, struct fp_env *env);          \
    bits fp_min_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_max_##F(bits a, bits b, struct fp_env *env);                                           \
    bits fp_min_number_##F(bits a, bits b, struct fp_env *env);                                    \
    bits fp_max_number_##F(bits a, bits b, struct fp_env *env);                                    \
    bits fp_round_to_integral_##F(bits a, enum fp_round round, bool exact, struct fp_env *env);    \
    uint64_t fp_to_fixed_##F(bits a, unsigned fraction, unsigned width, bool is_signed,            \
                             enum fp_round round, struct fp_env *env);                             \
    bits fp_from_fixed_##F(uint64_t value, unsigned fraction, bool is_signed, enum fp_round round, \
                           struct fp_env *env);                                                    \
    bits fp_default_nan_##F(const struct fp_env *env);

FP_OPERATIONS(f32, uint32_t)
FP_OPERATIONS(f64, uint64_t)
#undef FP_OPERATIONS

/* Between formats. NaNs keep their sign and the fraction's top bits. */
uint64_t fp_f32_to_f64(uint32_t a, struct fp_env *env);
uint32_t fp_f64_to_f32(uint64_t a, struct fp_env *env);
uint32_t fp_f16_to_f32(uint16_t a, struct fp_env *env);
uint16_t fp_f32_to_f16(uint32_t a, struct fp_env *env);

#endif
