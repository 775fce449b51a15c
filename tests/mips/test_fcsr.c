/* The floating-point control registers and the operations behind them, without any code (MD00082
 * 5.6, 5.8). */
#include "targets/mips/fpu.h"
#include "targets/mips/models.h"

#include "core/base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { FIR, FCCR = 25, FEXR = 26, FENR = 28, FCSR = 31 };
enum {
    CAUSE_V = 1 << 16,
    CAUSE_Z = 1 << 15,
    CAUSE_O = 1 << 14,
    CAUSE_U = 1 << 13,
    CAUSE_I = 1 << 12
};
enum { FLAG_V = 1 << 6, FLAG_Z = 1 << 5, FLAG_O = 1 << 4, FLAG_U = 1 << 3, FLAG_I = 1 << 2 };

static int create(void **state)
{
    struct mips_cpu *cpu = NULL;
    if (posix_memalign((void **)&cpu, _Alignof(struct mips_cpu), sizeof *cpu) != 0) {
        return 1;
    }
    *cpu = (struct mips_cpu){.model = mips_model_find("24Kf")};
    mips_fcsr_write(cpu, 0);
    *state = cpu;
    return 0;
}

static int destroy(void **state)
{
    free(*state);
    return 0;
}

/* ---- registers ------------------------------------------------------------------------------- */

static void fcsr_keeps_what_exists(void **state)
{
    struct mips_cpu *cpu = *state;
    mips_fcsr_write(cpu, 0xffffffff);
    assert_int_equal(mips_fcsr_read(cpu), 0xff83ffff);
    mips_fcsr_write(cpu, 0);
    assert_int_equal(mips_fcsr_read(cpu), 0);
    for (unsigned i = 0; i < 32; i++) {
        mips_fcsr_write(cpu, UINT32_C(1) << i);
        assert_int_equal(mips_fcsr_read(cpu), UINT32_C(1) << i & 0xff83ffff);
    }
}

static void views_show_parts(void **state)
{
    struct mips_cpu *cpu = *state;
    mips_fcsr_write(cpu, 0xff83ffff);
    assert_int_equal(mips_fp_control_read(cpu, FIR), 0x00739300);
    assert_int_equal(mips_fp_control_read(cpu, FCCR), 0xff);
    assert_int_equal(mips_fp_control_read(cpu, FEXR), 0x0003f07c);
    assert_int_equal(mips_fp_control_read(cpu, FENR), 0x00000f87);
    assert_int_equal(mips_fp_control_read(cpu, FCSR), 0xff83ffff);
}

static void views_write_parts(void **state)
{
    struct mips_cpu *cpu = *state;
    assert_false(mips_fp_control_write(cpu, FIR, 0xffffffff));
    assert_int_equal(mips_fcsr_read(cpu), 0);
    assert_false(mips_fp_control_write(cpu, FCCR, 0x81));
    assert_int_equal(mips_fcsr_read(cpu), 0x80800000);
    assert_false(mips_fp_control_write(cpu, FENR, 0x00000806));
    assert_int_equal(mips_fcsr_read(cpu), 0x81800802);
    assert_false(mips_fp_control_write(cpu, FEXR, 0x00001044));
    assert_int_equal(mips_fcsr_read(cpu), 0x81801846);
    assert_int_equal(cpu->fp.round, FP_ROUND_UP);
    assert_true(cpu->fp.flush_results);
    assert_int_equal(cpu->fcc[7], 1);
    assert_int_equal(cpu->fp.flags, FP_INVALID | FP_INEXACT);
}

/* An enabled Cause bit raises, and the unimplemented operation always. */
static void writing_cause_raises(void **state)
{
    struct mips_cpu *cpu = *state;
    for (unsigned i = 0; i < 5; i++) {
        uint32_t cause = CAUSE_I << i, enable = 1u << (7 + i);
        assert_false(mips_fp_control_write(cpu, FCSR, cause));
        assert_false(mips_fp_control_write(cpu, FCSR, cause | (0xf80 & ~enable)));
        assert_true(mips_fp_control_write(cpu, FCSR, cause | enable));
        assert_int_equal(mips_fcsr_read(cpu), cause | enable);
        assert_true(mips_fp_control_write(cpu, FEXR, cause));
    }
    mips_fcsr_write(cpu, 0);
    assert_true(mips_fp_control_write(cpu, FEXR, 1 << 17));
}

/* ---- operations ------------------------------------------------------------------------------ */

static const uint64_t qnan64 = 0x7ff7ffffffffffff;
enum { QNAN32 = 0x7fbfffff };

static const struct {
    uint8_t op, type;
    uint16_t aux;
    uint32_t fcsr;
    uint64_t operands[3], result;
    uint32_t cause;
} operations[] = {
    {MIPS_FP_ADD, IR_F32, 0, 0, {0x3f800000, 0x40000000}, 0x40400000, 0},
    {MIPS_FP_ADD, IR_F64, 0, 0, {0x3ff0000000000000, 1}, 0x3ff0000000000000, CAUSE_I},
    {MIPS_FP_ADD, IR_F64, 0, 2, {0x3ff0000000000000, 1}, 0x3ff0000000000001, CAUSE_I},
    {MIPS_FP_SUB, IR_F64, 0, 0, {0x7ff0000000000000, 0x7ff0000000000000}, qnan64, CAUSE_V},
    {MIPS_FP_SUB, IR_F32, 0, 3, {0x3f800000, 0x3f800000}, 0x80000000, 0},
    /* quiet ones have the top bit clear and come through; signalling ones do not */
    {MIPS_FP_ADD, IR_F32, 0, 0, {0x7f800001, 0xff812345}, 0x7f800001, 0},
    {MIPS_FP_ADD, IR_F32, 0, 0, {0x3f800000, 0xff812345}, 0xff812345, 0},
    {MIPS_FP_ADD, IR_F32, 0, 0, {0x7f800001, 0x7fc00000}, QNAN32, CAUSE_V},
    {MIPS_FP_MUL, IR_F32, 0, 0, {0x7f7fffff, 0x40000000}, 0x7f800000, CAUSE_O | CAUSE_I},
    {MIPS_FP_MUL, IR_F32, 0, 1, {0x7f7fffff, 0x40000000}, 0x7f7fffff, CAUSE_O | CAUSE_I},
    {MIPS_FP_MUL, IR_F32, 0, 0, {0x00800001, 0x3f000000}, 0x00400000, CAUSE_U | CAUSE_I},
    {MIPS_FP_MUL, IR_F32, 0, 1 << 24, {0x80800001, 0x3f000000}, 0x80000000, 0},
    {MIPS_FP_DIV, IR_F64, 0, 0, {0xbff0000000000000, 0}, 0xfff0000000000000, CAUSE_Z},
    {MIPS_FP_SQRT, IR_F32, 0, 0, {0xbf800000}, QNAN32, CAUSE_V},
    {MIPS_FP_RECIP, IR_F32, 0, 0, {0x40000000}, 0x3f000000, 0},
    {MIPS_FP_RSQRT, IR_F64, 0, 0, {0x4010000000000000}, 0x3fe0000000000000, 0},
    {MIPS_FP_RSQRT, IR_F64, 0, 0, {0}, 0x7ff0000000000000, CAUSE_Z},
    /* (1 + 2^-23)^2 - 1 is 2^-22 when the product is rounded, 2^-22 + 2^-46 when fused */
    {MIPS_FP_MSUB, IR_F32, 0, 0, {0x3f800001, 0x3f800001, 0x3f800000}, 0x34800000, CAUSE_I},
    {MIPS_FP_MADD,
     IR_F64,
     0,
     0,
     {0x4000000000000000, 0x4008000000000000, 0x3ff0000000000000},
     0x401c000000000000,
     0},
    {MIPS_FP_NMADD, IR_F32, 0, 0, {0x40000000, 0x40400000, 0x3f800000}, 0xc0e00000, 0},
    {MIPS_FP_NMSUB, IR_F32, 0, 0, {0x7f800001, 0x40400000, 0x3f800000}, 0xff800001, 0},
    {MIPS_FP_COMPARE, IR_F32, 0, 0, {0x7f800001, 0}, FP_UNORDERED, 0},
    {MIPS_FP_COMPARE, IR_F32, 0, 0, {0x7fc00000, 0}, FP_UNORDERED, CAUSE_V},
    {MIPS_FP_COMPARE, IR_F32, IR_FLOAT_SIGNALLING, 0, {0x7f800001, 0}, FP_UNORDERED, CAUSE_V},
    {MIPS_FP_TO_SINGLE, IR_F32, 0, 0, {0x3ff0000010000000}, 0x3f800000, CAUSE_I},
    {MIPS_FP_TO_DOUBLE, IR_F64, 0, 0, {0x7fc00000}, qnan64, CAUSE_V},
    {MIPS_FP_TO_DOUBLE, IR_F64, 0, 0, {0xff812345}, 0xfff02468a0000000, 0},
    {MIPS_FP_TO_WORD,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_ENV,
     0,
     {0x3ff8000000000000},
     2,
     CAUSE_I},
    {MIPS_FP_TO_WORD,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_ENV,
     1,
     {0x3ff8000000000000},
     1,
     CAUSE_I},
    {MIPS_FP_TO_WORD,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_DOWN,
     0,
     {0xbff8000000000000},
     0xfffffffe,
     CAUSE_I},
    {MIPS_FP_TO_WORD,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_ZERO,
     0,
     {0xc1e0000000200000},
     0x7fffffff,
     CAUSE_V},
    {MIPS_FP_TO_WORD,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_ZERO,
     0,
     {0xc1e0000000000000},
     0x80000000,
     0},
    {MIPS_FP_TO_WORD,
     IR_F32,
     IR_FLOAT_GREATEST | FP_ROUND_ZERO,
     0,
     {0x7f800001},
     0x7fffffff,
     CAUSE_V},
    {MIPS_FP_TO_LONG,
     IR_F32,
     IR_FLOAT_GREATEST | FP_ROUND_ZERO,
     0,
     {0xff800000},
     INT64_MAX,
     CAUSE_V},
    {MIPS_FP_TO_LONG, IR_F64, IR_FLOAT_GREATEST | FP_ROUND_UP, 0, {0x3ff8000000000000}, 2, CAUSE_I},
    {MIPS_FP_TO_LONG,
     IR_F64,
     IR_FLOAT_GREATEST | FP_ROUND_UP,
     0,
     {0xc3e0000000000000},
     0x8000000000000000,
     0},
    {MIPS_FP_FROM_WORD, IR_F32, 0, 0, {0x01000001}, 0x4b800000, CAUSE_I},
    {MIPS_FP_FROM_WORD, IR_F64, 0, 0, {0xffffffff}, 0xbff0000000000000, 0},
    {MIPS_FP_FROM_LONG, IR_F64, 0, 2, {0x0020000000000001}, 0x4340000000000001, CAUSE_I},
    {MIPS_FP_FROM_LONG, IR_F32, 0, 0, {0xffffffffffffffff}, 0xbf800000, 0},
};

static uint32_t code_of(unsigned i)
{
    return mips_fp_code((enum mips_fp_op)operations[i].op, (enum ir_type)operations[i].type,
                        operations[i].aux);
}

static void operations_give_result_and_cause(void **state)
{
    struct mips_cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
        mips_fcsr_write(cpu, operations[i].fcsr);
        struct fp_env env = cpu->fp;
        uint64_t result = mips_fp_compute(&env, code_of(i), operations[i].operands);
        assert_false(mips_fp_raised(cpu, env.flags));
        uint32_t flags = operations[i].cause >> 10;
        uint32_t fcsr = operations[i].fcsr | operations[i].cause | flags;
        if (result != operations[i].result || mips_fcsr_read(cpu) != fcsr) {
            fail_msg("%u: %#lx, FCSR %#x, not %#lx, %#x", i, result, mips_fcsr_read(cpu),
                     operations[i].result, fcsr);
        }
    }
}

/* Cause is set, Flags are not, not even those of what is not enabled (MD00082 5.8.1). */
static void enabled_ones_raise(void **state)
{
    struct mips_cpu *cpu = *state;
    mips_fcsr_write(cpu, FLAG_V | 1 << 9); /* overflow */
    assert_true(mips_fp_raised(cpu, FP_OVERFLOW | FP_INEXACT));
    assert_int_equal(mips_fcsr_read(cpu), FLAG_V | 1 << 9 | CAUSE_O | CAUSE_I);
    assert_false(mips_fp_raised(cpu, FP_INEXACT));
    assert_int_equal(mips_fcsr_read(cpu), FLAG_V | FLAG_I | 1 << 9 | CAUSE_I);
}

/* Cause of an operation that was only noted. */
static void cause_is_found_again(void **state)
{
    struct mips_cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
        if (operations[i].fcsr != 0) {
            continue;
        }
        mips_fcsr_write(cpu, FLAG_Z | CAUSE_U);
        bool is_double = i & 1; /* single ones fit both */
        for (unsigned k = 0; k < 3; k++) {
            is_double |= operations[i].operands[k] >> 32 != 0;
        }
        for (unsigned k = 0; k < 3; k++) {
            cpu->fp_last_s[k] = is_double ? 0x7fc00000 : (uint32_t)operations[i].operands[k];
            cpu->fp_last_d[k] = is_double ? operations[i].operands[k] : UINT64_MAX;
        }
        cpu->fp_last = code_of(i) | (is_double ? MIPS_FP_CODE_DOUBLE : 0);
        assert_int_equal(mips_fcsr_read(cpu), FLAG_Z | operations[i].cause);
        assert_int_equal(mips_fcsr_read(cpu), FLAG_Z | operations[i].cause);
        mips_fcsr_write(cpu, mips_fcsr_read(cpu));
        assert_int_equal(cpu->fp_last, MIPS_FP_NONE);
        assert_int_equal(mips_fcsr_read(cpu), FLAG_Z | operations[i].cause);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fcsr_keeps_what_exists),
        TEST(views_show_parts),
        TEST(views_write_parts),
        TEST(writing_cause_raises),
        TEST(operations_give_result_and_cause),
        TEST(enabled_ones_raise),
        TEST(cause_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
