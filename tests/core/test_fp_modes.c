/* core/fp in the modes that x86 does not have: flushing, default NaN, NaN rules, tininess before
 * rounding, alternative half precision, saturation. Expectations are from ARM DDI 0406C A2.7. */
#include "core/base/bits.h"
#include "core/fp/fp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum {
    DN = 1,    /* default NaN */
    FZ = 2,    /* flush inputs and results */
    AFTER = 4, /* tininess after rounding */
    AHP = 8,
    RULE_MIPS = 16,
    RULE_PPC = 32,
    ROUND_SHIFT = 8, /* enum fp_round */
    RP = FP_ROUND_UP << ROUND_SHIFT,
    RM = FP_ROUND_DOWN << ROUND_SHIFT,
    RZ = FP_ROUND_ZERO << ROUND_SHIFT,
    RA = FP_ROUND_AWAY << ROUND_SHIFT,
};

static struct fp_env environment(unsigned modes)
{
    return (struct fp_env){
        .round = (uint8_t)(modes >> ROUND_SHIFT),
        .nan_rule = modes & RULE_MIPS  ? FP_NAN_LEGACY
                    : modes & RULE_PPC ? FP_NAN_FIRST
                                       : FP_NAN_SIGNALLING,
        .default_nan = modes & DN,
        .flush_inputs = modes & FZ,
        .flush_results = modes & FZ,
        .tiny_before = !(modes & AFTER),
        .half_alternative = modes & AHP,
    };
}

enum op {
    ADD,
    SUB,
    MUL,
    DIV,
    SQRT,
    FMA,
    MIN,
    MAX,
    MIN_NUMBER,
    MAX_NUMBER,
    COMPARE,
    COMPARE_ANY, /* f32 */
    TO_S32,
    TO_U32,
    TO_S16_8,
    TO_S32_D,
    FROM_S32_31,
    INTEGRAL,
    INTEGRAL_EXACT,
    TO_HALF,
    FROM_HALF,
    NARROW,
    WIDEN,
    MUL_D,
    DIV_D,
};

static uint64_t run(enum op op, uint64_t a64, uint64_t b64, uint64_t c64, struct fp_env *env)
{
    uint32_t a = (uint32_t)a64, b = (uint32_t)b64, c = (uint32_t)c64;
    switch (op) {
    case ADD:
        return fp_add_f32(a, b, env);
    case SUB:
        return fp_sub_f32(a, b, env);
    case MUL:
        return fp_mul_f32(a, b, env);
    case DIV:
        return fp_div_f32(a, b, env);
    case SQRT:
        return fp_sqrt_f32(a, env);
    case FMA:
        return fp_fma_f32(a, b, c, env);
    case MIN:
        return fp_min_f32(a, b, env);
    case MAX:
        return fp_max_f32(a, b, env);
    case MIN_NUMBER:
        return fp_min_number_f32(a, b, env);
    case MAX_NUMBER:
        return fp_max_number_f32(a, b, env);
    case COMPARE:
        return fp_compare_f32(a, b, false, env);
    case COMPARE_ANY:
        return fp_compare_f32(a, b, true, env);
    case TO_S32:
        return fp_to_fixed_f32(a, 0, 32, true, FP_ROUND_ENV, env);
    case TO_U32:
        return fp_to_fixed_f32(a, 0, 32, false, FP_ROUND_ENV, env);
    case TO_S16_8:
        return fp_to_fixed_f32(a, 8, 16, true, FP_ROUND_ZERO, env);
    case TO_S32_D:
        return fp_to_fixed_f64(a64, 0, 32, true, FP_ROUND_ZERO, env);
    case FROM_S32_31:
        return fp_from_fixed_f32(a64, 31, true, FP_ROUND_NEAREST, env);
    case INTEGRAL:
        return fp_round_to_integral_f32(a, FP_ROUND_ENV, false, env);
    case INTEGRAL_EXACT:
        return fp_round_to_integral_f32(a, FP_ROUND_ENV, true, env);
    case TO_HALF:
        return fp_f32_to_f16(a, env);
    case FROM_HALF:
        return fp_f16_to_f32((uint16_t)a, env);
    case NARROW:
        return fp_f64_to_f32(a64, env);
    case WIDEN:
        return fp_f32_to_f64(a, env);
    case MUL_D:
        return fp_mul_f64(a64, b64, env);
    case DIV_D:
        return fp_div_f64(a64, b64, env);
    }
    return 0;
}

#define I FP_INVALID
#define Z FP_DIVIDE
#define O FP_OVERFLOW
#define U FP_UNDERFLOW
#define X FP_INEXACT
#define D FP_DENORMAL

enum {
    ONE = 0x3f800000,
    HALF_ONE = 0x3f000000,
    INF = 0x7f800000,
    QNAN = 0x7fc00000,
    SNAN = 0x7f800001,
    MIN_NORMAL = 0x00800000,
    BELOW_NORMAL = 0x007fffff,
    MAX_NORMAL = 0x7f7fffff,
};
#define NEG UINT32_C(0x80000000)
#define M1  0xffffffffffffffff

static const struct {
    enum op op;
    unsigned modes;
    uint64_t a, b, c, result;
    uint8_t flags;
} cases[] = {
    /* NaNs: the first signalling one, then the first quiet one */
    {ADD, 0, 0x7fc00005, 0x7f800006, 0, 0x7fc00006, I},
    {ADD, 0, 0x7fc00005, 0xffc00006, 0, 0x7fc00005, 0},
    {ADD, 0, 0xff800005, 0x7f800006, 0, 0xffc00005, I},
    {ADD, 0, ONE, 0xffc00006, 0, 0xffc00006, 0},
    {SUB, 0, ONE, 0x7fc00006, 0, 0x7fc00006, 0},
    {ADD, DN, ONE, 0xffc00006, 0, QNAN, 0},
    {ADD, DN, SNAN, ONE, 0, QNAN, I},
    {ADD, RULE_PPC, 0x7fc00005, 0x7f800006, 0, 0x7fc00005, I},
    {ADD, RULE_MIPS, 0x7f800005, 0x7fc00006, 0, 0x7fbfffff, I},
    {ADD, RULE_MIPS, 0x7f800005, ONE, 0, 0x7f800005, 0},
    {ADD, RULE_MIPS, INF, INF | NEG, 0, 0x7fbfffff, I},
    {ADD, 0, INF, INF | NEG, 0, QNAN, I},
    {SQRT, 0, ONE | NEG, 0, 0, QNAN, I},
    {SQRT, 0, NEG, 0, 0, NEG, 0},
    {FMA, 0, 0x7fc00001, 0x7fc00002, 0x7fc00003, 0x7fc00001, 0},
    {FMA, 0, 0x7fc00001, 0x7fc00002, 0x7f800003, 0x7fc00003, I},
    {FMA, 0, 0xffc00001, INF, 0, QNAN, I},
    {FMA, 0, 0xff800001, INF, 0, 0xffc00001, I},
    {FMA, RULE_PPC, 0x7fc00001, 0x7fc00002, 0x7f800003, 0x7fc00002, I},
    {FMA, RULE_PPC, 0xffc00001, INF, 0, 0xffc00001, I},
    {FMA, 0, INF | NEG, INF, ONE, QNAN, I},
    {FMA, 0, NEG, 0, ONE, 0, 0},
    {FMA, RM, NEG, 0, ONE, NEG, 0},

    /* Flushing */
    {ADD, FZ, 1, ONE, 0, ONE, D},
    {ADD, FZ, 1, 2 | NEG, 0, 0, D},
    {ADD, FZ, 1, QNAN, 0, QNAN, D},
    {MUL, FZ, MIN_NORMAL, HALF_ONE, 0, 0, U},
    {MUL, FZ, MIN_NORMAL | NEG, HALF_ONE, 0, NEG, U},
    {MUL, FZ, MIN_NORMAL + 1, ONE - 1, 0, MIN_NORMAL, X},
    {MUL, FZ, MIN_NORMAL, ONE - 1, 0, 0, U}, /* rounds up to MIN_NORMAL, yet is tiny before */
    {DIV, FZ, ONE, 1, 0, INF, Z | D},
    {SQRT, FZ, 1, 0, 0, 0, D},
    {COMPARE, FZ, 1, 2, 0, FP_EQUAL, D},
    {COMPARE, FZ, 1, QNAN, 0, FP_UNORDERED, D},
    {MAX, FZ, 1, NEG | ONE, 0, 0, D},
    {TO_S32, FZ | RP, 1, 0, 0, 0, D},
    {TO_S32, RP, 1, 0, 0, 1, X},
    {INTEGRAL, FZ | RP, NEG | 1, 0, 0, NEG, D},
    {TO_HALF, FZ, 1, 0, 0, 0, D},
    {TO_HALF, FZ, 0x33800000, 0, 0, 1, 0}, /* 2^-24 is a denormal half */
    {FROM_HALF, FZ, 1, 0, 0, 0x33800000, 0},
    {NARROW, FZ, 1, 0, 0, 0, D},
    {NARROW, FZ, 0x3800000000000000, 0, 0, 0, U},

    /* Tininess: just below the smallest normal number, rounding up to it */
    {MUL, 0, MIN_NORMAL, ONE - 1, 0, MIN_NORMAL, U | X},
    {MUL, AFTER, MIN_NORMAL, ONE - 1, 0, MIN_NORMAL,
     U | X}, /* halfway with the exponent unbounded: is kept */
    {NARROW, 0, 0x380fffffffffffff, 0, 0, MIN_NORMAL, U | X},
    {NARROW, AFTER, 0x380fffffffffffff, 0, 0, MIN_NORMAL, X},
    {MUL, 0, BELOW_NORMAL, ONE, 0, BELOW_NORMAL, 0},
    {MUL, 0, 1, HALF_ONE, 0, 0, U | X},
    {MUL, RP, 1, HALF_ONE, 0, 1, U | X},
    {MUL, RA, 1, HALF_ONE, 0, 1, U | X},
    {MUL_D, 0, 0x0010000000000000, 0x3fefffffffffffff, 0, 0x0010000000000000, U | X},
    {DIV_D, 0, 1, 0x4000000000000000, 0, 0, U | X},

    /* Overflow */
    {MUL, 0, MAX_NORMAL, 0x40000000, 0, INF, O | X},
    {MUL, RZ, MAX_NORMAL, 0x40000000, 0, MAX_NORMAL, O | X},
    {MUL, RM, MAX_NORMAL, 0x40000000, 0, MAX_NORMAL, O | X},
    {MUL, RP, MAX_NORMAL | NEG, 0x40000000, 0, MAX_NORMAL | NEG, O | X},
    {MUL, RM, MAX_NORMAL | NEG, 0x40000000, 0, INF | NEG, O | X},
    {ADD, 0, MAX_NORMAL, 0x73000000, 0, INF, O | X},

    /* Signs of zero */
    {ADD, 0, ONE, ONE | NEG, 0, 0, 0},
    {ADD, RM, ONE, ONE | NEG, 0, NEG, 0},
    {ADD, 0, NEG, NEG, 0, NEG, 0},
    {SUB, 0, 0, 0, 0, 0, 0},
    {SUB, RM, 0, 0, 0, NEG, 0},
    {DIV, 0, NEG, ONE, 0, NEG, 0},
    {DIV, 0, 0, NEG, 0, QNAN, I},
    {DIV, 0, ONE, NEG, 0, INF | NEG, Z},
    {DIV, 0, INF, NEG, 0, INF | NEG, 0},

    /* Minimum and maximum */
    {MIN, 0, 0, NEG, 0, NEG, 0},
    {MAX, 0, NEG, 0, 0, 0, 0},
    {MIN, 0, ONE, QNAN, 0, QNAN, 0},
    {MIN_NUMBER, 0, ONE, QNAN, 0, ONE, 0},
    {MAX_NUMBER, 0, QNAN, NEG | INF, 0, NEG | INF, 0},
    {MAX_NUMBER, 0, QNAN, SNAN, 0, SNAN | QNAN, I},
    {MIN_NUMBER, 0, 0x7fc00001, 0x7fc00002, 0, 0x7fc00001, 0},

    /* Comparison */
    {COMPARE, 0, QNAN, ONE, 0, FP_UNORDERED, 0},
    {COMPARE_ANY, 0, QNAN, ONE, 0, FP_UNORDERED, I},
    {COMPARE, 0, ONE, SNAN, 0, FP_UNORDERED, I},
    {COMPARE, 0, NEG, 0, 0, FP_EQUAL, 0},
    {COMPARE, 0, NEG | 1, 1, 0, FP_LESS, 0},
    {COMPARE, 0, INF | NEG, NEG | ONE, 0, FP_LESS, 0},
    {COMPARE, 0, INF, INF, 0, FP_EQUAL, 0},

    /* To integers and fixed point */
    {TO_S32, 0, 0x4f000000, 0, 0, INT32_MAX, I},
    {TO_S32, 0, 0xcf000000, 0, 0, (uint64_t)INT32_MIN, 0},
    {TO_S32, 0, 0xcf000001, 0, 0, (uint64_t)INT32_MIN, I},
    {TO_S32, 0, QNAN, 0, 0, 0, I},
    {TO_S32, 0, 0x40200000, 0, 0, 2, X},
    {TO_S32, RA, 0x40200000, 0, 0, 3, X},
    {TO_S32, RM, 0xbf000000, 0, 0, M1, X},
    {TO_U32, 0, 0x4f800000, 0, 0, UINT32_MAX, I},
    {TO_U32, 0, 0x4f7fffff, 0, 0, 0xffffff00, 0},
    {TO_U32, 0, 0xbf000000, 0, 0, 0, X},
    {TO_U32, 0, 0xbf800000, 0, 0, 0, I},
    {TO_U32, 0, INF | NEG, 0, 0, 0, I},
    {TO_S16_8, 0, 0x43000000, 0, 0, 0x7fff, I},
    {TO_S16_8, 0, 0xc3000000, 0, 0, (uint64_t)-0x8000, 0},
    {TO_S16_8, 0, 0x3fc00000, 0, 0, 0x180, 0},
    {TO_S32_D, 0, 0x41dfffffffc00001, 0, 0, INT32_MAX, X},
    {TO_S32_D, 0, 0x41e0000000000000, 0, 0, INT32_MAX, I},
    {FROM_S32_31, 0, (uint64_t)INT32_MIN, 0, 0, 0xbf800000, 0},
    {FROM_S32_31, RP, INT32_MAX, 0, 0, ONE, X},
    {INTEGRAL, 0, 0x40200000, 0, 0, 0x40000000, 0},
    {INTEGRAL_EXACT, 0, 0x40200000, 0, 0, 0x40000000, X},
    {INTEGRAL, 0, SNAN, 0, 0, SNAN | QNAN, I},

    /* Between formats */
    {TO_HALF, 0, 0x477ff000, 0, 0, 0x7c00, O | X},
    {TO_HALF, 0, 0x477fe000, 0, 0, 0x7bff, 0},
    {TO_HALF, 0, 0xffa00000, 0, 0, 0xff00, I},
    {TO_HALF, DN, 0xffa00000, 0, 0, 0x7e00, I},
    {TO_HALF, AHP, 0xffc00000, 0, 0, 0x8000, I},
    {TO_HALF, AHP, INF, 0, 0, 0x7fff, I},
    {TO_HALF, AHP, 0x477ff000, 0, 0, 0x7c00, X},
    {TO_HALF, AHP, 0x48000000, 0, 0, 0x7fff, I},
    {TO_HALF, AHP, 0x47ffe000, 0, 0, 0x7fff, 0},
    {FROM_HALF, AHP, 0x7c00, 0, 0, 0x47800000, 0},
    {FROM_HALF, 0, 0x7c01, 0, 0, 0x7fc02000, I},
    {FROM_HALF, 0, 0xfc00, 0, 0, INF | NEG, 0},
    {NARROW, 0, 0xfff4000000000001, 0, 0, 0xffe00000, I},
    {WIDEN, 0, 0xff800001, 0, 0, 0xfff8000020000000, I},
    {WIDEN, DN, 0xffc00001, 0, 0, 0x7ff8000000000000, 0},
    {WIDEN, 0, 1, 0, 0, 0x36a0000000000000, 0},
};

static void test_cases(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fp_env env = environment(cases[i].modes);
        uint64_t result = run(cases[i].op, cases[i].a, cases[i].b, cases[i].c, &env);
        if (result != cases[i].result || env.flags != cases[i].flags) {
            fail_msg("case %u (op %d): %#lx flags %#x, expected %#lx flags %#x", i, cases[i].op,
                     result, env.flags, cases[i].result, cases[i].flags);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
