/* Exact IEEE 754-2008 arithmetic in software, with the choices that architectures make differently as data. The
 * reference for all floating-point IR ops; host backends use SSE wherever that gives the same result and flags. */
#ifndef CORE_FP_FP_H
#define CORE_FP_FP_H

#include <stdbool.h>
#include <stdint.h>

enum fp_round { FP_ROUND_NEAREST, FP_ROUND_UP, FP_ROUND_DOWN, FP_ROUND_ZERO, FP_ROUND_AWAY };

enum fp_flag {
    FP_INVALID = 1,
    FP_DIVIDE = 2,
    FP_OVERFLOW = 4,
    FP_UNDERFLOW = 8,
    FP_INEXACT = 16,
    FP_DENORMAL = 32, /* an input was flushed to zero (ARM IDC) */
};

/* Which operand's NaN becomes the result. */
enum fp_nan_rule {
    FP_NAN_ARM,  /* first signalling operand, else first quiet one; fma: addend, then factors */
    FP_NAN_MIPS_LEGACY, /* any NaN gives the default NaN; quiet bit inverted */
    FP_NAN_PPC,  /* first NaN in order A, B, C, made quiet */
};

struct fp_env {
    uint8_t round;        /* enum fp_round */
    uint8_t nan_rule;     /* enum fp_nan_rule */
    bool default_nan;     /* every NaN result is the default NaN */
    bool flush_inputs, flush_results; /* denormals become zeros */
    bool tiny_before;     /* underflow is detected before rounding */
    bool half_alternative; /* ARM FPSCR.AHP */
    uint8_t flags;        /* cumulative enum fp_flag */
};

#endif
