/* Floating point through decoding, translation and execution, by the interpreter and by host code
 * (DDI 0406C A7.5 to A7.9). */
#include "tests/arm/both_fixture.h"

enum { CODE = RAM_BASE, VECTORS = RAM_BASE + 0x20000, DATA = RAM_BASE + 0x10000 };

static void prepare(struct fixture *f)
{
    f->cpu->sys.cpacr |= 0xf << 20;
    f->cpu->fpexc = ARM_FPEXC_EN;
    f->cpu->sys.vbar = VECTORS;
    for (unsigned i = 0; i < 32; i += 4) {
        poke32(f, VECTORS + i, 0xeafffffe);
    }
}

/* Runs up to four instructions and "b .". */
static void run(struct fixture *f, const uint32_t *words, unsigned count)
{
    struct arm_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < count; i++) {
        poke32(f, CODE + 4 * i, words[i]);
    }
    poke32(f, CODE + 4 * count, 0xeafffffe);
    jit_written(f->jit, f->ram, 4 * count + 4);
    cpu->r[15] = CODE;
    cpu->cpu.counted = true;
    cpu->cpu.budget = count;
    jit_run(&cpu->cpu);
}

/* Runs one; false if it was Undefined. */
static bool run_one(struct fixture *f, uint32_t word)
{
    run(f, &word, 1);
    assert_true(f->cpu->r[15] == CODE + 4 || f->cpu->r[15] == VECTORS + 4);
    return f->cpu->r[15] == CODE + 4;
}

/* ---- data processing ------------------------------------------------------------------------- */

/* What the registers hold before; the others 0. s8 = 1.5, s9 = -2.25, s10 is a signalling NaN, s12
 * = 7, s13 = -7 */
static const uint64_t operands[32] = {
    [0] = 0x3ff8000000000000, /* 1.5 */
    [1] = 0xc002000000000000, /* -2.25 */
    [2] = 0x7ff8000000000001, /* quiet NaN */
    [3] = 1,                  /* denormal */
    [4] = 0xc01000003fc00000,
    [5] = 0x4b7fffff7f800001,
    [6] = 0xfffffff900000007,
    [10] = 0x0000000040800000, /* s20 = 4 */
    [16] = 0x4010000000000000, /* 4 */
};

static const struct {
    const char *text;
    uint32_t word;
    uint32_t fpscr;
    unsigned reg; /* that is changed */
    uint64_t result;
    uint32_t fpscr_after;
} processing[] = {
    {"vadd.f64 d16, d0, d1", 0xee700b01, 0x00000000, 16, 0xbfe8000000000000, 0x00000000},
    {"vadd.f32 s20, s8, s9", 0xee34aa24, 0x00000000, 10, 0x00000000bf400000, 0x00000000},
    {"vsub.f64 d16, d0, d1", 0xee700b41, 0x00000000, 16, 0x400e000000000000, 0x00000000},
    {"vmul.f64 d16, d0, d1", 0xee600b01, 0x00000000, 16, 0xc00b000000000000, 0x00000000},
    {"vmul.f64 d16, d3, d0", 0xee630b00, 0x01000000, 16, 0x0000000000000000, 0x01000080},
    {"vnmul.f32 s20, s8, s9", 0xee24aa64, 0x00000000, 10, 0x0000000040580000, 0x00000000},
    {"vdiv.f64 d16, d0, d1", 0xeec00b01, 0x00400000, 16, 0xbfe5555555555555, 0x00400010},
    {"vdiv.f64 d16, d0, d1", 0xeec00b01, 0x00800000, 16, 0xbfe5555555555556, 0x00800010},
    {"vdiv.f32 s20, s8, s15", 0xee84aa27, 0x00000000, 10, 0x000000007f800000, 0x00000002},
    {"vmla.f64 d16, d0, d1", 0xee400b01, 0x00000000, 16, 0x3fe4000000000000, 0x00000000},
    {"vmls.f64 d16, d0, d1", 0xee400b41, 0x00000000, 16, 0x401d800000000000, 0x00000000},
    {"vnmla.f32 s20, s8, s9", 0xee14aa64, 0x00000000, 10, 0x00000000bf200000, 0x00000000},
    {"vnmls.f32 s20, s8, s9", 0xee14aa24, 0x00000000, 10, 0x00000000c0ec0000, 0x00000000},
    {"vfma.f64 d16, d0, d1", 0xeee00b01, 0x00000000, 16, 0x3fe4000000000000, 0x00000000},
    {"vfms.f32 s20, s8, s9", 0xeea4aa64, 0x00000000, 10, 0x0000000040ec0000, 0x00000000},
    {"vfnma.f32 s20, s8, s9", 0xee94aa64, 0x00000000, 10, 0x00000000bf200000, 0x00000000},
    {"vfnms.f64 d16, d0, d1", 0xeed00b01, 0x00000000, 16, 0xc01d800000000000, 0x00000000},
    {"vadd.f64 d16, d0, d2", 0xee700b02, 0x00000000, 16, 0x7ff8000000000001, 0x00000000},
    {"vadd.f64 d16, d0, d2", 0xee700b02, 0x02000000, 16, 0x7ff8000000000000, 0x02000000},
    {"vadd.f32 s20, s8, s10", 0xee34aa05, 0x00000000, 10, 0x000000007fc00001, 0x00000001},
    {"vsqrt.f64 d16, d0", 0xeef10bc0, 0x00000000, 16, 0x3ff3988e1409212e, 0x00000010},
    {"vsqrt.f32 s20, s9", 0xeeb1aae4, 0x00000000, 10, 0x000000007fc00000, 0x00000001},
    {"vabs.f64 d16, d1", 0xeef00bc1, 0x00000000, 16, 0x4002000000000000, 0x00000000},
    {"vneg.f32 s20, s8", 0xeeb1aa44, 0x00000000, 10, 0x00000000bfc00000, 0x00000000},
    {"vmov.f64 d16, d1", 0xeef00b41, 0x00000000, 16, 0xc002000000000000, 0x00000000},
    {"vmov.f64 d16, #-1.9375", 0xeeff0b0f, 0x00000000, 16, 0xbfff000000000000, 0x00000000},
    {"vmov.f32 s20, #0.125", 0xeeb4aa00, 0x00000000, 10, 0x000000003e000000, 0x00000000},
    {"vcmp.f64 d0, d1", 0xeeb40b41, 0x00000000, 16, 0x4010000000000000, 0x20000000},
    {"vcmpe.f64 d0, d2", 0xeeb40bc2, 0x00000000, 16, 0x4010000000000000, 0x30000001},
    {"vcmp.f64 d0, d2", 0xeeb40b42, 0x00000000, 16, 0x4010000000000000, 0x30000000},
    {"vcmpe.f32 s9, #0", 0xeef54ac0, 0x00000000, 16, 0x4010000000000000, 0x80000000},
    {"vcmp.f64 d0, d0", 0xeeb40b40, 0xf0000000, 16, 0x4010000000000000, 0x60000000},
    {"vcvt.f32.f64 s20, d1", 0xeeb7abc1, 0x00000000, 10, 0x00000000c0100000, 0x00000000},
    {"vcvt.f32.f64 s20, d3", 0xeeb7abc3, 0x00000000, 10, 0x0000000000000000, 0x00000018},
    {"vcvt.f64.f32 d16, s9", 0xeef70ae4, 0x00000000, 16, 0xc002000000000000, 0x00000000},
    {"vcvt.f64.f32 d16, s10", 0xeef70ac5, 0x00000000, 16, 0x7ff8000020000000, 0x00000001},
    {"vcvtb.f16.f32 s20, s9", 0xeeb3aa64, 0x00000000, 10, 0x000000004080c080, 0x00000000},
    {"vcvtt.f16.f32 s20, s8", 0xeeb3aac4, 0x04000000, 10, 0x000000003e000000, 0x04000000},
    {"vcvtb.f32.f16 s20, s8", 0xeeb2aa44, 0x00000000, 10, 0x0000000000000000, 0x00000000},
    {"vcvtt.f32.f16 s20, s8", 0xeeb2aac4, 0x00000000, 10, 0x000000003ff80000, 0x00000000},
    {"vcvt.s32.f64 s20, d1", 0xeebdabc1, 0x00000000, 10, 0x00000000fffffffe, 0x00000010},
    {"vcvtr.s32.f64 s20, d1", 0xeebdab41, 0x00800000, 10, 0x00000000fffffffd, 0x00800010},
    {"vcvt.u32.f64 s20, d1", 0xeebcabc1, 0x00000000, 10, 0x0000000000000000, 0x00000001},
    {"vcvtr.u32.f32 s20, s8", 0xeebcaa44, 0x00000000, 10, 0x0000000000000002, 0x00000010},
    {"vcvt.f64.s32 d16, s13", 0xeef80be6, 0x00000000, 16, 0xc01c000000000000, 0x00000000},
    {"vcvt.f64.u32 d16, s13", 0xeef80b66, 0x00000000, 16, 0x41efffffff200000, 0x00000000},
    {"vcvt.f32.s32 s20, s13", 0xeeb8aae6, 0x00000000, 10, 0x00000000c0e00000, 0x00000000},
    {"vcvt.f32.u32 s20, s13", 0xeeb8aa66, 0x00000000, 10, 0x000000004f800000, 0x00000010},
    {"vcvt.f32.u32 s20, s13", 0xeeb8aa66, 0x00400000, 10, 0x000000004f800000, 0x00400010},
    {"vcvt.s16.f64 d1, d1, #8", 0xeebe1b44, 0x00000000, 1, 0xfffffffffffffdc0, 0x00000000},
    {"vcvt.u32.f32 s8, s8, #31", 0xeebf4ae0, 0x00000000, 4, 0xc0100000c0000000, 0x00000000},
    {"vcvt.f64.s16 d6, d6, #4", 0xeeba6b46, 0x00000000, 6, 0x3fdc000000000000, 0x00000000},
    {"vcvt.f32.u32 s13, s13, #32", 0xeefb6ac0, 0x00000000, 6, 0x3f80000000000007, 0x00000010},
};

static void data_processing(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(processing); i++) {
        memcpy(cpu->d, operands, sizeof(operands));
        arm_fpscr_write(cpu, processing[i].fpscr);
        if (!run_one(f, processing[i].word)) {
            fail_msg("%s: undefined", processing[i].text);
        }
        for (unsigned n = 0; n < 32; n++) {
            uint64_t expected = n == processing[i].reg ? processing[i].result : operands[n];
            if (cpu->d[n] != expected) {
                fail_msg("%s: d%u is %#lx, not %#lx", processing[i].text, n, cpu->d[n], expected);
            }
        }
        if (arm_fpscr_read(cpu) != processing[i].fpscr_after) {
            fail_msg("%s: FPSCR %#x, not %#x", processing[i].text, arm_fpscr_read(cpu),
                     processing[i].fpscr_after);
        }
    }
}

/* A8.8.306: from fixed point rounds to nearest whatever FPSCR says. */
static void fixed_point_rounds_to_nearest(void **state)
{
    struct fixture *f = *state;
    f->cpu->d[6] = 0xfffffff900000007;
    arm_fpscr_write(f->cpu, 3 << 22);
    assert_true(run_one(f, 0xeefb6ac0)); /* vcvt.f32.u32 s13, s13, #32 */
    assert_int_equal(f->cpu->d[6] >> 32, 0x3f800000);
}

/* ---- conditions after a comparison ----------------------------------------------------------- */

static void comparison_sets_the_flags(void **state)
{
    struct fixture *f = *state;
    static const uint64_t second[] = {0x3ff8000000000000, 0x4000000000000000, 0xbff0000000000000,
                                      0x7ff8000000000000};
    for (unsigned relation = 0; relation < 4; relation++) {
        for (unsigned cond = 0; cond < 14; cond++) {
            const uint32_t words[] = {0xeeb40bc1, /* vcmpe.f64 d0, d1 */
                                      0xeef1fa10, /* vmrs APSR_nzcv, fpscr */
                                      0x03a00001 | cond << 28 /* mov<cond> r0, #1 */};
            f->cpu->d[0] = second[0];
            f->cpu->d[1] = second[relation];
            f->cpu->r[0] = 0;
            run(f, words, 3);
            bool n = relation == 1, z = relation == 0, c = relation != 1, v = relation == 3;
            const bool even[] = {z, c, n, v, c && !z, n == v, !z && n == v};
            assert_int_equal(f->cpu->r[0], even[cond / 2] != (cond & 1));
            assert_int_equal(arm_cpsr_read(f->cpu) >> 28, n << 3 | z << 2 | c << 1 | v);
        }
    }
}

/* ---- transfers ------------------------------------------------------------------------------- */

static void core_registers_exchange(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = 0x11112222;
    cpu->r[2] = 0x33334455;
    assert_true(run_one(f, 0xec421b10)); /* vmov d0, r1, r2 */
    assert_int_equal(cpu->d[0], 0x3333445511112222);
    assert_true(run_one(f, 0xec543b10)); /* vmov r3, r4, d0 */
    assert_int_equal(cpu->r[3], 0x11112222);
    assert_int_equal(cpu->r[4], 0x33334455);
    assert_true(run_one(f, 0xee112a90)); /* vmov r2, s3 */
    assert_int_equal(cpu->r[2], cpu->d[1] >> 32);
    assert_true(run_one(f, 0xee021a90)); /* vmov s5, r1 */
    assert_int_equal(cpu->d[2] >> 32, 0x11112222);
    cpu->r[2] = 0x33334455;
    assert_true(run_one(f, 0xec421a33)); /* vmov s7, s8, r1, r2 */
    assert_int_equal(cpu->d[3] >> 32, 0x11112222);
    assert_int_equal((uint32_t)cpu->d[4], 0x33334455);
    assert_false(run_one(f, 0xec421a3f)); /* vmov s31, s32, r1, r2 */
}

static void lanes_exchange(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->d[17] = 0x0011223344556677;
    cpu->r[1] = 0xabcdef98;
    assert_true(run_one(f, 0xee611bf0)); /* vmov.8 d17[7], r1 */
    assert_int_equal(cpu->d[17], 0x9811223344556677);
    assert_true(run_one(f, 0xee011bf0)); /* vmov.16 d17[1], r1 */
    assert_int_equal(cpu->d[17], 0x98112233ef986677);
    assert_true(run_one(f, 0xee211b90)); /* vmov.32 d17[1], r1 */
    assert_int_equal(cpu->d[17], 0xabcdef98ef986677);
    assert_true(run_one(f, 0xee710bd0)); /* vmov.s8 r0, d17[6] */
    assert_int_equal(cpu->r[0], 0xffffffcd);
    assert_true(run_one(f, 0xeeb10bf0)); /* vmov.u16 r0, d17[3] */
    assert_int_equal(cpu->r[0], 0xabcd);
    assert_true(run_one(f, 0xeee41b90)); /* vdup.8 q10, r1 */
    assert_int_equal(cpu->d[20], 0x9898989898989898);
    assert_int_equal(cpu->d[21], 0x9898989898989898);
    assert_true(run_one(f, 0xee841bb0)); /* vdup.16 d20, r1 */
    assert_int_equal(cpu->d[20], 0xef98ef98ef98ef98);
    assert_false(run_one(f, 0xeee51b90)); /* vdup.8 of an odd quadword */
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void loads_and_stores(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    memcpy(cpu->d, operands, sizeof(operands));
    cpu->r[1] = DATA + 64;
    assert_true(run_one(f, 0xed210b08)); /* vstmdb r1!, {d0-d3} */
    assert_int_equal(cpu->r[1], DATA + 32);
    assert_memory_equal(f->ram + DATA + 32 - RAM_BASE, operands, 32);
    assert_true(run_one(f, 0xecf13a05)); /* vldmia r1!, {s7-s11} */
    assert_int_equal(cpu->r[1], DATA + 52);
    assert_int_equal(cpu->d[4], 0x3ff80000);
    assert_int_equal(cpu->d[5], 0x1c0020000);
    assert_true(run_one(f, 0xed518b05)); /* vldr d24, [r1, #-20] */
    assert_int_equal(cpu->d[24], operands[0]);
    assert_true(run_one(f, 0xecb10b03)); /* fldmiax r1!, {d0} */
    assert_int_equal(cpu->r[1], DATA + 64);
    cpu->r[1] = DATA + 2;
    assert_int_equal(cpu->r[15], CODE + 4);
    run(f, (const uint32_t[]){0xed910b00}, 1); /* not aligned to 4 */
    assert_int_equal(cpu->r[15], VECTORS + 0x10);
    cpu->sys.dfsr = 0;
}

static void big_endian_memory(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    arm_cpsr_write(cpu, ARM_CPSR_E, ARM_CPSR_E);
    cpu->d[0] = 0x0011223344556677;
    cpu->r[1] = DATA;
    assert_true(run_one(f, 0xed810b00)); /* vstr d0, [r1] */
    static const uint8_t bytes[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
    assert_memory_equal(f->ram + DATA - RAM_BASE, bytes, 8);
    assert_true(run_one(f, 0xed912a01)); /* vldr s4, [r1, #4] */
    assert_int_equal((uint32_t)cpu->d[2], 0x44556677);
    assert_true(run_one(f, 0xed913b00)); /* vldr d3, [r1] */
    assert_int_equal(cpu->d[3], cpu->d[0]);
}

/* ---- system registers and access ------------------------------------------------------------- */

static void system_registers(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = 0xffffffff;
    assert_true(run_one(f, 0xeee10a10));     /* vmsr fpscr, r0 */
    assert_true(run_one(f, 0xeef11a10));     /* vmrs r1, fpscr */
    assert_int_equal(cpu->r[1], 0xfff7009f); /* trap enables are RAZ */
    assert_int_equal(cpu->fp.round, FP_ROUND_ZERO);
    assert_true(cpu->fp.flush_inputs && cpu->fp.default_nan && cpu->fp_std.half_alternative);
    assert_true(run_one(f, 0xeef71a10)); /* vmrs r1, mvfr0 */
    assert_int_equal(cpu->r[1], 0x10110222);
    assert_true(run_one(f, 0xeef82a10)); /* vmrs r2, fpexc */
    assert_int_equal(cpu->r[2], ARM_FPEXC_EN);
}

static void short_vectors_are_undefined(void **state)
{
    struct fixture *f = *state;
    arm_fpscr_write(f->cpu, 1 << 16);
    assert_false(run_one(f, 0xee700b01)); /* vadd.f64 */
    assert_true(run_one(f, 0xeeb40b41));  /* vcmp.f64 has no vectors */
}

static void access_is_checked(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->fpexc = 0;
    assert_false(run_one(f, 0xee700b01)); /* vadd.f64 */
    assert_false(run_one(f, 0xeef11a10)); /* vmrs r1, fpscr */
    cpu->r[0] = ARM_FPEXC_EN;
    const uint32_t enable_and_add[] = {0xeee80a10 /* vmsr fpexc, r0 */, 0xee700b01};
    run(f, enable_and_add, 2);
    cpu->cpu.budget = 1;
    jit_run(&cpu->cpu);
    assert_int_equal(cpu->r[15], CODE + 8);
    set_mode(cpu, ARM_MODE_USR);
    assert_false(run_one(f, 0xeef82a10)); /* vmrs r2, fpexc */
    set_mode(cpu, ARM_MODE_USR);
    assert_true(run_one(f, 0xeef11a10)); /* vmrs r1, fpscr */
    set_mode(cpu, ARM_MODE_SVC);
    cpu->sys.cpacr = 0;
    assert_false(run_one(f, 0xeef82a10));
}

/* The mode bits of FPSCR take effect at once in code that has been translated before. */
static void rounding_follows_fpscr(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    const uint32_t words[] = {0xeee10a10 /* vmsr fpscr, r0 */,
                              0xeec00b01 /* vdiv.f64 d16, d0, d1 */};
    static const uint64_t results[] = {0x3fd5555555555555, 0x3fd5555555555556, 0x3fd5555555555555,
                                       0x3fd5555555555555};
    for (unsigned i = 0; i < 8; i++) {
        cpu->d[0] = 0x3ff0000000000000;
        cpu->d[1] = 0x4008000000000000;
        cpu->r[0] = (i & 3) << 22;
        run(f, words, 2);
        if (cpu->r[15] != CODE + 8) { /* left at the change of mode */
            cpu->cpu.budget = 1;
            jit_run(&cpu->cpu);
        }
        assert_int_equal(cpu->d[16], results[i & 3]);
        assert_int_equal(arm_fpscr_read(cpu), (i & 3) << 22 | 0x10);
    }
}

/* What was raised before a data abort in the same block is not lost. */
static void flags_survive_an_abort(void **state)
{
    struct fixture *f = *state;
    const uint32_t words[] = {0xeec00b01 /* vdiv.f64 d16, d0, d1 */,
                              0xed912b00 /* vldr d2, [r1] */};
    f->cpu->d[0] = 0x3ff0000000000000;
    f->cpu->d[1] = 0x4008000000000000;
    f->cpu->r[1] = DATA + 1;
    run(f, words, 2);
    assert_int_equal(f->cpu->r[15], VECTORS + 0x10);
    assert_int_equal(f->cpu->d[16], 0x3fd5555555555555);
    assert_int_equal(arm_fpscr_read(f->cpu), 0x10);
}

#define BOTH(name)                                                                                 \
    {#name " (interpreter)", name, interpreted, destroy, NULL},                                    \
    {                                                                                              \
#name " (host)", name, translated, destroy, NULL                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(data_processing),
        BOTH(fixed_point_rounds_to_nearest),
        BOTH(comparison_sets_the_flags),
        BOTH(core_registers_exchange),
        BOTH(lanes_exchange),
        BOTH(loads_and_stores),
        BOTH(big_endian_memory),
        BOTH(system_registers),
        BOTH(short_vectors_are_undefined),
        BOTH(access_is_checked),
        BOTH(rounding_follows_fpscr),
        BOTH(flags_survive_an_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
