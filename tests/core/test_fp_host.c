/* core/fp against the arithmetic of x86 SSE, F16C and FMA3: tininess is detected after rounding
 * there, and a NaN result comes from the first NaN operand, except that the default NaN is
 * negative. */
#include "core/fp/fp.h"
#include "core/base/bits.h"
#include "tests/support/fp_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { CASES = 150000 };

static const uint32_t mxcsr_rounds[] = {[FP_ROUND_NEAREST] = 0,
                                        [FP_ROUND_UP] = 2 << 13,
                                        [FP_ROUND_DOWN] = 1 << 13,
                                        [FP_ROUND_ZERO] = 3 << 13};

static uint8_t flags_of_mxcsr(uint32_t csr)
{
    return (csr & 1 ? FP_INVALID : 0) | (csr & 4 ? FP_DIVIDE : 0) | (csr & 8 ? FP_OVERFLOW : 0) |
           (csr & 16 ? FP_UNDERFLOW : 0) | (csr & 32 ? FP_INEXACT : 0);
}

/* One instruction under a control word: %0 is operand and result. Flags go to *csr. */
#define SSE2OP(name, type, load, insn, store)                                                      \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        (void)c;                                                                                   \
        __asm__ volatile("ldmxcsr %1\n\t" load " %0, %%xmm0\n\t" load " %2, %%xmm1\n\t" insn       \
                         " %%xmm1, %%xmm0\n\t" store " %%xmm0, %0\n\tstmxcsr %1"                   \
                         : "+r"(a), "+m"(*csr)                                                     \
                         : "r"(b)                                                                  \
                         : "xmm0", "xmm1");                                                        \
        return (type)a;                                                                            \
    }
#define SSE(name, insn)                                                                            \
    SSE2OP(host_##name##_f32, uint32_t, "movq", insn "ss", "movq")                                 \
    SSE2OP(host_##name##_f64, uint64_t, "movq", insn "sd", "movq")
SSE(add, "add")
SSE(sub, "sub")
SSE(mul, "mul")
SSE(div, "div")

#define SSE1OP(name, type, insn)                                                                   \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        __asm__ volatile("ldmxcsr %1\n\tmovq %0, %%xmm1\n\t" insn                                  \
                         " %%xmm1, %%xmm0\n\tmovq %%xmm0, %0\n\tstmxcsr %1"                        \
                         : "+r"(a), "+m"(*csr)                                                     \
                         :                                                                         \
                         : "xmm0", "xmm1");                                                        \
        return (type)a;                                                                            \
    }
SSE1OP(host_sqrt_f32, uint32_t, "sqrtss")
SSE1OP(host_sqrt_f64, uint64_t, "sqrtsd")
SSE1OP(host_narrow, uint32_t, "cvtsd2ss")
SSE1OP(host_widen, uint64_t, "cvtss2sd")
SSE1OP(host_half_widen, uint32_t, "vcvtph2ps")
SSE1OP(host_half_narrow, uint16_t, "vcvtps2ph $4,")
SSE1OP(host_integral_f32, uint32_t, "roundss $4,")
SSE1OP(host_integral_f64, uint64_t, "roundsd $4,")

#define FROM_INT(name, type, insn)                                                                 \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        __asm__ volatile("ldmxcsr %1\n\t" insn " %0, %%xmm0\n\tmovq %%xmm0, %0\n\tstmxcsr %1"      \
                         : "+r"(a), "+m"(*csr)                                                     \
                         :                                                                         \
                         : "xmm0");                                                                \
        return (type)a;                                                                            \
    }
FROM_INT(host_from_int_f32, uint32_t, "cvtsi2ssq")
FROM_INT(host_from_int_f64, uint64_t, "cvtsi2sdq")

#define TO_INT(name, insn)                                                                         \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        __asm__ volatile("ldmxcsr %1\n\tmovq %0, %%xmm0\n\t" insn " %%xmm0, %0\n\tstmxcsr %1"      \
                         : "+r"(a), "+m"(*csr)                                                     \
                         :                                                                         \
                         : "xmm0");                                                                \
        return a;                                                                                  \
    }
TO_INT(host_to_int_f32, "cvtss2siq")
TO_INT(host_to_int_f64, "cvtsd2siq")

/* a + b * c */
#define FMA(name, type, insn)                                                                      \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            "ldmxcsr %1\n\tmovq %0, %%xmm0\n\tmovq %2, %%xmm1\n\tmovq %3, %%xmm2\n\t" insn         \
            " %%xmm2, %%xmm1, %%xmm0\n\tmovq %%xmm0, %0\n\tstmxcsr %1"                             \
            : "+r"(a), "+m"(*csr)                                                                  \
            : "r"(b), "r"(c)                                                                       \
            : "xmm0", "xmm1", "xmm2");                                                             \
        return (type)a;                                                                            \
    }
FMA(host_fma_f32, uint32_t, "vfmadd231ss")
FMA(host_fma_f64, uint64_t, "vfmadd231sd")

/* As enum fp_relation, from ZF, PF and CF. */
#define COMPARE(name, insn)                                                                        \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr)                        \
    {                                                                                              \
        bool zero, parity, carry;                                                                  \
        (void)c;                                                                                   \
        __asm__ volatile("ldmxcsr %3\n\tmovq %4, %%xmm0\n\tmovq %5, %%xmm1\n\t" insn               \
                         " %%xmm1, %%xmm0\n\tsetz %0\n\tsetp %1\n\tsetc %2\n\tstmxcsr %3"          \
                         : "=&q"(zero), "=&q"(parity), "=&q"(carry), "+m"(*csr)                    \
                         : "r"(a), "r"(b)                                                          \
                         : "xmm0", "xmm1", "cc");                                                  \
        return parity ? FP_UNORDERED : zero ? FP_EQUAL : carry ? FP_LESS : FP_GREATER;             \
    }
COMPARE(host_quiet_f32, "ucomiss")
COMPARE(host_quiet_f64, "ucomisd")
COMPARE(host_signalling_f32, "comiss")
COMPARE(host_signalling_f64, "comisd")

#define SOFT(name, call)                                                                           \
    static uint64_t soft_##name(uint64_t a, uint64_t b, uint64_t c, struct fp_env *env)            \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        return call;                                                                               \
    }
#define A32 (uint32_t) a
#define B32 (uint32_t) b
#define C32 (uint32_t) c
SOFT(add_f32, fp_add_f32(A32, B32, env))
SOFT(sub_f32, fp_sub_f32(A32, B32, env))
SOFT(mul_f32, fp_mul_f32(A32, B32, env))
SOFT(div_f32, fp_div_f32(A32, B32, env))
SOFT(sqrt_f32, fp_sqrt_f32(A32, env))
SOFT(fma_f32, fp_fma_f32(A32, B32, C32, env))
SOFT(quiet_f32, fp_compare_f32(A32, B32, false, env))
SOFT(signalling_f32, fp_compare_f32(A32, B32, true, env))
SOFT(integral_f32, fp_round_to_integral_f32(A32, FP_ROUND_ENV, true, env))
SOFT(from_int_f32, fp_from_fixed_f32(a, 0, true, FP_ROUND_ENV, env))
SOFT(to_int_f32, fp_to_fixed_f32(A32, 0, 64, true, FP_ROUND_ENV, env))
SOFT(widen, fp_f32_to_f64(A32, env))
SOFT(half_narrow, fp_f32_to_f16(A32, env))
SOFT(half_widen, fp_f16_to_f32((uint16_t)a, env))
SOFT(add_f64, fp_add_f64(a, b, env))
SOFT(sub_f64, fp_sub_f64(a, b, env))
SOFT(mul_f64, fp_mul_f64(a, b, env))
SOFT(div_f64, fp_div_f64(a, b, env))
SOFT(sqrt_f64, fp_sqrt_f64(a, env))
SOFT(fma_f64, fp_fma_f64(a, b, c, env))
SOFT(quiet_f64, fp_compare_f64(a, b, false, env))
SOFT(signalling_f64, fp_compare_f64(a, b, true, env))
SOFT(integral_f64, fp_round_to_integral_f64(a, FP_ROUND_ENV, true, env))
SOFT(from_int_f64, fp_from_fixed_f64(a, 0, true, FP_ROUND_ENV, env))
SOFT(to_int_f64, fp_to_fixed_f64(a, 0, 64, true, FP_ROUND_ENV, env))
SOFT(narrow, fp_f64_to_f32(a, env))

enum kind { INTEGER, HALF, SINGLE, DOUBLE };

struct pair {
    const char *name;
    enum kind operand, result;
    uint64_t (*host)(uint64_t a, uint64_t b, uint64_t c, uint32_t *csr);
    uint64_t (*soft)(uint64_t a, uint64_t b, uint64_t c, struct fp_env *env);
    bool fma3, f16c; /* what the host needs */
};
#define PAIR(name, operand, result, ...)                                                           \
    {                                                                                              \
#name, operand, result, host_##name, soft_##name, __VA_ARGS__                              \
    }
static const struct pair pairs[] = {
    PAIR(add_f32, SINGLE, SINGLE, 0, 0),      PAIR(sub_f32, SINGLE, SINGLE, 0, 0),
    PAIR(mul_f32, SINGLE, SINGLE, 0, 0),      PAIR(div_f32, SINGLE, SINGLE, 0, 0),
    PAIR(sqrt_f32, SINGLE, SINGLE, 0, 0),     PAIR(fma_f32, SINGLE, SINGLE, 1, 0),
    PAIR(quiet_f32, SINGLE, INTEGER, 0, 0),   PAIR(signalling_f32, SINGLE, INTEGER, 0, 0),
    PAIR(integral_f32, SINGLE, SINGLE, 0, 0), PAIR(from_int_f32, INTEGER, SINGLE, 0, 0),
    PAIR(to_int_f32, SINGLE, INTEGER, 0, 0),  PAIR(widen, SINGLE, DOUBLE, 0, 0),
    PAIR(half_narrow, SINGLE, HALF, 0, 1),    PAIR(half_widen, HALF, SINGLE, 0, 1),
    PAIR(add_f64, DOUBLE, DOUBLE, 0, 0),      PAIR(sub_f64, DOUBLE, DOUBLE, 0, 0),
    PAIR(mul_f64, DOUBLE, DOUBLE, 0, 0),      PAIR(div_f64, DOUBLE, DOUBLE, 0, 0),
    PAIR(sqrt_f64, DOUBLE, DOUBLE, 0, 0),     PAIR(fma_f64, DOUBLE, DOUBLE, 1, 0),
    PAIR(quiet_f64, DOUBLE, INTEGER, 0, 0),   PAIR(signalling_f64, DOUBLE, INTEGER, 0, 0),
    PAIR(integral_f64, DOUBLE, DOUBLE, 0, 0), PAIR(from_int_f64, INTEGER, DOUBLE, 0, 0),
    PAIR(to_int_f64, DOUBLE, INTEGER, 0, 0),  PAIR(narrow, DOUBLE, SINGLE, 0, 0),
};

static uint64_t operand(enum kind kind, uint64_t *seed)
{
    switch (kind) {
    case HALF:
        return fp_random_operand(seed, 16, 10);
    case SINGLE:
        return fp_random_f32(seed);
    case DOUBLE:
        return fp_random_f64(seed);
    default:
        return (uint64_t)((int64_t)random_next(seed) >> (random_next(seed) & 63));
    }
}

static bool is_nan(uint64_t bits, unsigned width)
{
    struct fp_env env = {0};
    if (width == 32) {
        return fp_compare_f32((uint32_t)bits, (uint32_t)bits, false, &env) == FP_UNORDERED;
    }
    return fp_compare_f64(bits, bits, false, &env) == FP_UNORDERED;
}

/* x86's default NaN is negative, its integer for what has no integer is the minimum, and of several
 * NaNs a fused multiply-add takes the factor's before the addend's. */
static bool same_result(const struct pair *p, uint64_t host, uint64_t soft, uint8_t flags)
{
    static const unsigned widths[] = {[HALF] = 16, [SINGLE] = 32, [DOUBLE] = 64};
    if (host == soft) {
        return true;
    }
    if (p->fma3 && is_nan(host, widths[p->result]) && is_nan(soft, widths[p->result])) {
        return true;
    }
    if (!(flags & FP_INVALID)) {
        return false;
    }
    if (p->result == INTEGER) {
        return host == UINT64_C(1) << 63;
    }
    return (host ^ soft) == UINT64_C(1) << (widths[p->result] - 1);
}

static void check_pair(const struct pair *p, enum fp_round round, uint64_t seed)
{
    for (unsigned i = 0; i < CASES; i++) {
        uint64_t a = operand(p->operand, &seed), b = operand(p->operand, &seed);
        uint64_t c = operand(p->operand, &seed);
        uint32_t csr = 0x1f80 | mxcsr_rounds[round];
        struct fp_env env = {.round = round, .nan_rule = FP_NAN_FIRST};
        uint32_t saved = __builtin_ia32_stmxcsr();
        uint64_t host = p->host(a, b, c, &csr);
        __builtin_ia32_ldmxcsr(saved);
        uint64_t soft = p->soft(a, b, c, &env);
        if (!same_result(p, host, soft, env.flags) || flags_of_mxcsr(csr) != env.flags) {
            fail_msg("%s round %d: %#lx %#lx %#lx: host %#lx flags %#x, core/fp %#lx flags %#x",
                     p->name, round, a, b, c, host, flags_of_mxcsr(csr), soft, env.flags);
        }
    }
}

static void test_pairs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++) {
        if ((pairs[i].fma3 && !__builtin_cpu_supports("fma")) ||
            (pairs[i].f16c && !__builtin_cpu_supports("f16c"))) {
            continue;
        }
        for (unsigned round = 0; round < ARRAY_SIZE(mxcsr_rounds); round++) {
            check_pair(&pairs[i], (enum fp_round)round, 1 + i * 4 + round);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
