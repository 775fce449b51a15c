/* Floating point through decoding, translation and execution, by the interpreter and by host code
 * (MD00086; MD00082 5). */
#include "targets/mips/fpu.h"
#include "tests/mips/run_fixture.h"

RUN_SETUPS("24Kf")

/* ---- operations ------------------------------------------------------------------------------ */

enum { V = 1 << 16, Z = 1 << 15, O = 1 << 14, U = 1 << 13, I = 1 << 12 }; /* FCSR.Cause */
#define ONE   UINT64_C(0x3ff0000000000000)
#define TWO   UINT64_C(0x4000000000000000)
#define THREE UINT64_C(0x4008000000000000)
#define QNAN  UINT64_C(0x7ff7ffffffffffff)

/* f0, f2 and f6 are the operands, f4 is the result. Only even registers: FR does not matter. */
static const struct {
    const char *text;
    uint32_t word;
    uint64_t operands[3];
    uint64_t result;
    uint32_t cause;
} operations[] = {
    {"add.s", 0x46020100, {0x3f800000, 0x33800001}, 0x3f800001, I},
    {"add.d", 0x46220100, {ONE, TWO}, THREE, 0},
    {"add.d", 0x46220100, {ONE, 0x7ff0000000000001}, 0x7ff0000000000001, 0},
    {"add.d", 0x46220100, {0x7ff8000000000000, 0x7ff0000000000001}, QNAN, V},
    {"sub.d", 0x46220101, {ONE, TWO}, 0xbff0000000000000, 0},
    {"mul.d", 0x46220102, {0x7fe0000000000000, TWO}, 0x7ff0000000000000, O | I},
    {"mul.d", 0x46220102, {0x0010000000000001, 0x3fe0000000000000}, 0x0008000000000000, U | I},
    {"div.d", 0x46220103, {ONE, THREE}, 0x3fd5555555555555, I},
    {"div.s", 0x46020103, {0x3f800000, 0x80000000}, 0xff800000, Z},
    {"sqrt.d", 0x46200104, {TWO}, 0x3ff6a09e667f3bcd, I},
    {"sqrt.d", 0x46200104, {0xc000000000000000}, QNAN, V},
    {"recip.d", 0x46200115, {TWO}, 0x3fe0000000000000, 0},
    {"rsqrt.s", 0x46000116, {0x40800000}, 0x3f000000, 0},
    {"madd.d", 0x4cc20121, {TWO, THREE, ONE}, 0x401c000000000000, 0},
    {"msub.s", 0x4cc20128, {0x3f800001, 0x3f800001, 0x3f800000}, 0x34800000, I},
    {"nmadd.d", 0x4cc20131, {TWO, THREE, ONE}, 0xc01c000000000000, 0},
    {"nmsub.s", 0x4cc20138, {0x40000000, 0x40400000, 0x3f800000}, 0xc0a00000, 0},
    {"cvt.s.d", 0x46200120, {0x3ff0000010000000}, 0x3f800000, I},
    {"cvt.d.s", 0x46000121, {0x40400000}, THREE, 0},
    {"cvt.d.s", 0x46000121, {0x7fc00000}, QNAN, V},
    {"cvt.s.w", 0x46800120, {0x01000001}, 0x4b800000, I},
    {"cvt.d.w", 0x46800121, {0xffffffff}, 0xbff0000000000000, 0},
    {"cvt.w.d", 0x46200124, {0x3ff8000000000000}, 2, I},
    {"round.w.d", 0x4620010c, {0x4004000000000000}, 2, I},
    {"trunc.w.d", 0x4620010d, {0xbfff000000000000}, 0xffffffff, I},
    {"trunc.w.d", 0x4620010d, {0xc1e0000000000000}, 0x80000000, 0},
    {"trunc.w.d", 0x4620010d, {0xc1e0000000200000}, 0x7fffffff, V},
    {"trunc.w.d", 0x4620010d, {0x7ff0000000000001}, 0x7fffffff, V},
    {"ceil.w.s", 0x4600010e, {0x3f800001}, 2, I},
    {"floor.w.d", 0x4620010f, {0xbfe0000000000000}, 0xffffffff, I},
};

/* These keep Cause and Flags. */
static const struct {
    const char *text;
    uint32_t word;
    uint64_t operand, result;
} moves[] = {
    {"abs.d", 0x46200105, 0xfff8000000000000, 0x7ff8000000000000},
    {"neg.s", 0x46000107, 0x7fc00000, 0xffc00000},
    {"mov.d", 0x46200106, 0x7ff8000000000000, 0x7ff8000000000000},
    {"movz.d f4, f0, zero", 0x46200112, 0x1234567812345678, 0x1234567812345678},
    {"movn.d f4, f0, zero", 0x46200113, 0x1234567812345678, 0x5555555500000000},
    {"movf.d f4, f0, fcc3", 0x462c0111, 0x1234567812345678, 0x1234567812345678},
    {"movt.d f4, f0, fcc3", 0x462d0111, 0x1234567812345678, 0x5555555500000000},
};

static void prepare(struct mips_cpu *cpu, const uint64_t operands[3])
{
    cpu->f[0] = operands[0];
    cpu->f[2] = operands[1];
    cpu->f[6] = operands[2];
    cpu->f[4] = UINT64_C(0x5555555500000000);
}

static bool is_f4(const struct mips_cpu *cpu, uint64_t result)
{
    return cpu->f[4] == result || (result >> 32 == 0 && (uint32_t)cpu->f[4] == result);
}

static const uint32_t statuses[] = {MIPS_STATUS_CU1, MIPS_STATUS_CU1 | MIPS_STATUS_FR};

/* Flags already set do not hide what the operation has raised itself. */
static void operations_set_cause(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(operations) * 4; i++) {
        unsigned n = i / 4;
        uint32_t flags = i & 1 ? 0x7c : 0;
        set_status(f, statuses[i >> 1 & 1]);
        prepare(cpu, operations[n].operands);
        mips_fcsr_write(cpu, flags);
        const uint32_t words[] = {operations[n].word, 0x4449f800 /* cfc1 t1, fcsr */};
        assert_int_equal(run(f, words, 2), -1);
        uint32_t fcsr = operations[n].cause | operations[n].cause >> 10 | flags;
        if (!is_f4(cpu, operations[n].result) || cpu->r[9] != fcsr || mips_fcsr_read(cpu) != fcsr) {
            fail_msg("%s %u: %#lx FCSR %#x, not %#lx %#x", operations[n].text, i, cpu->f[4],
                     cpu->r[9], operations[n].result, fcsr);
        }
    }
}

/* Each by itself enabled: Cause is set, result and Flags are not, the EPC is the instruction's. */
static void enabled_ones_trap(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(operations) * 5; i++) {
        unsigned n = i / 5;
        uint32_t enable = 1u << (7 + i % 5), cause = operations[n].cause;
        bool traps = cause >> 5 & enable;
        set_status(f, statuses[i & 1]);
        prepare(cpu, operations[n].operands);
        mips_fcsr_write(cpu, enable);
        cpu->r[9] = 0;
        const uint32_t words[] = {0x24090001 /* li t1, 1 */, operations[n].word};
        int exception = run(f, words, 2);
        uint64_t result = traps ? UINT64_C(0x5555555500000000) : operations[n].result;
        uint32_t fcsr = enable | cause | (traps ? 0 : cause >> 10);
        assert_int_equal(exception, traps ? MIPS_EXC_FPE : -1);
        assert_int_equal(cpu->r[9], 1);
        if (traps) {
            assert_int_equal(cpu->cp0.epc, (uint32_t)KSEG0 + CODE + 4);
        }
        if (!is_f4(cpu, result) || mips_fcsr_read(cpu) != fcsr) {
            fail_msg("%s enabled %#x: %#lx FCSR %#x, not %#lx %#x", operations[n].text, enable,
                     cpu->f[4], mips_fcsr_read(cpu), result, fcsr);
        }
    }
}

static void moves_leave_cause(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(moves); i++) {
        set_status(f, statuses[i & 1]);
        prepare(cpu, (const uint64_t[3]){moves[i].operand});
        mips_fcsr_write(cpu, U | 1 << 6);
        assert_int_equal(run_one(f, moves[i].word), -1);
        if (!is_f4(cpu, moves[i].result) || mips_fcsr_read(cpu) != (U | 1 << 6)) {
            fail_msg("%s: %#lx FCSR %#x", moves[i].text, cpu->f[4], mips_fcsr_read(cpu));
        }
    }
}

/* The last operation's operands may be gone from their registers, and a fault may be between. */
static void cause_is_of_the_last_operation(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    set_status(f, MIPS_STATUS_CU1);
    prepare(cpu, (const uint64_t[3]){ONE, THREE});
    mips_fcsr_write(cpu, 0);
    cpu->r[4] = 2; /* misaligned */
    const uint32_t words[] = {
        0x46220103, /* div.d f4, f0, f2: inexact */
        0x46220000, /* add.d f0, f0, f2: exact */
        0x46241002, /* mul.d f0, f2, f4: inexact */
        0x44800000, /* mtc1 zero, f0 */
        0x44800800, /* mtc1 zero, f1 */
        0x44802000, /* mtc1 zero, f4 */
        0xc4800000, /* lwc1 f0, 0(a0) */
        0x46220000, /* add.d f0, f0, f2 */
    };
    assert_int_equal(run(f, words, 2), -1);
    assert_int_equal(mips_fcsr_read(cpu), 1 << 2);
    prepare(cpu, (const uint64_t[3]){ONE, THREE});
    assert_int_equal(run(f, words, ARRAY_SIZE(words)), MIPS_EXC_ADEL);
    assert_int_equal(cpu->cp0.epc, (uint32_t)KSEG0 + CODE + 24);
    assert_int_equal(mips_fcsr_read(cpu), I | 1 << 2);
}

/* ---- comparisons, branches, conditional moves ------------------------------------------------ */

static void conditions(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    static const uint64_t seconds[] = {TWO, THREE, ONE, 0x7ff0000000000001, 0x7ff8000000000000};
    for (unsigned i = 0; i < 16 * ARRAY_SIZE(seconds) * 2; i++) {
        unsigned cond = i & 15, relation = i / 16 % ARRAY_SIZE(seconds);
        bool plain = i / 16 / ARRAY_SIZE(seconds) == 0;
        bool unordered = relation >= 3;
        bool expected =
            (cond & 1 && unordered) || (cond & 2 && relation == 0) || (cond & 4 && relation == 1);
        bool invalid = relation == 4 || (unordered && cond & 8);
        set_status(f, MIPS_STATUS_CU1);
        prepare(cpu, (const uint64_t[3]){TWO, seconds[relation]});
        uint32_t fcsr = plain ? 0 : 1; /* otherwise by the helper */
        mips_fcsr_write(cpu, fcsr | (expected ? 0 : 1u << 28));
        cpu->r[8] = 7;
        cpu->r[9] = 1;
        const uint32_t words[] = {
            0x46220430 | cond, /* c.cond.d fcc4, f0, f2 */
            0x45110002,        /* bc1t fcc4, over the next but one */
            0x25290010,        /* addiu t1, t1, 16: delay slot */
            0x25290100,        /* addiu t1, t1, 256 */
            0x01114801,        /* movt t1, t0, fcc4 */
        };
        assert_int_equal(run_some(f, words, 5, 5 - expected), -1);
        assert_int_equal(cpu->fcc[4], expected);
        assert_int_equal(cpu->r[9], expected ? 7 : 0x111);
        assert_int_equal(mips_fcsr_read(cpu) & ~(1u << 28), fcsr | (invalid ? V | 1 << 6 : 0));
    }
}

/* The delay slot of a likely branch that is not taken is not executed. */
static void likely_branches(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    for (unsigned taken = 0; taken < 2; taken++) {
        set_status(f, MIPS_STATUS_CU1);
        mips_fcsr_write(cpu, taken << 23);
        cpu->r[9] = 1;
        const uint32_t words[] = {
            0x45030002, /* bc1tl fcc0, over the next but one */
            0x25290010, /* addiu t1, t1, 16 */
            0x25290100, /* addiu t1, t1, 256 */
        };
        run_some(f, words, 3, 2);
        assert_int_equal(cpu->r[9], taken ? 0x11 : 0x101);
    }
}

/* ---- registers and memory -------------------------------------------------------------------- */

static void halves_of_registers(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    const uint32_t words[] = {
        0x44882800, /* mtc1 t0, f5 */
        0x44e92000, /* mthc1 t1, f4 */
        0x44020800, /* mfc1 v0, f1 */
        0x44630000, /* mfhc1 v1, f0 */
    };
    for (unsigned fr = 0; fr < 2; fr++) {
        set_status(f, statuses[fr]);
        cpu->f[0] = UINT64_C(0x1111111100000000);
        cpu->f[1] = UINT64_C(0x3333333322222222);
        cpu->f[4] = cpu->f[5] = 0;
        cpu->r[8] = 0x88888888;
        cpu->r[9] = 0x99999999;
        assert_int_equal(run(f, words, ARRAY_SIZE(words)), -1);
        assert_int_equal(cpu->r[2], fr ? 0x22222222 : 0x11111111);
        assert_int_equal(cpu->r[3], 0x11111111);
        assert_int_equal(cpu->f[4], UINT64_C(0x9999999900000000));
        assert_int_equal(cpu->f[5], fr ? 0x88888888 : 0);
    }
}

static void loads_and_stores(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    static const uint8_t bytes[2][8] = {{0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00},
                                        {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
    for (unsigned fr = 0; fr < 2; fr++) {
        set_status(f, statuses[fr]);
        memset(f->ram + DATA, 0, 64);
        memset(cpu->f, 0, sizeof(cpu->f));
        cpu->f[0] = UINT64_C(0x0011223344556677);
        cpu->r[4] = (uint32_t)KSEG0 + DATA;
        cpu->r[5] = 16;
        const uint32_t words[] = {
            0xf4800008, /* sdc1 f0, 8(a0) */
            0x4c850009, /* sdxc1 f0, a1(a0) */
            0xe4800004, /* swc1 f0, 4(a0) */
            0xd4840008, /* ldc1 f4, 8(a0) */
            0xc4870004, /* lwc1 f7, 4(a0) */
            0x4c850280, /* lwxc1 f10, a1(a0) */
        };
        assert_int_equal(run(f, words, ARRAY_SIZE(words)), -1);
        assert_memory_equal(f->ram + DATA + 8, bytes[cpu->big], 8);
        assert_memory_equal(f->ram + DATA + 16, bytes[cpu->big], 8);
        assert_memory_equal(f->ram + DATA + 4, bytes[cpu->big] + (cpu->big ? 4 : 0), 4);
        assert_int_equal(cpu->f[4], cpu->f[0]);
        assert_int_equal(fr ? cpu->f[7] : cpu->f[6] >> 32, 0x44556677);
        assert_int_equal((uint32_t)cpu->f[10], cpu->big ? 0x00112233 : 0x44556677);
        cpu->r[5] = 23;
        /* luxc1 f12, a1(a0): the address's low bits do not matter, FR has to be 1 */
        assert_int_equal(run_one(f, 0x4c850305), fr ? -1 : MIPS_EXC_RI);
        assert_int_equal(cpu->f[12], fr ? cpu->f[0] : 0);
        cpu->r[4] += 4;
        assert_int_equal(run_one(f, 0xd4840008), MIPS_EXC_ADEL); /* ldc1 f4, 8(a0) */
        assert_int_equal(run_one(f, 0xf4840008), MIPS_EXC_ADES);
        assert_int_equal(cpu->cp0.badvaddr, (uint32_t)KSEG0 + DATA + 12);
    }
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void reserved_instructions(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t word;
        bool with_fr0, with_fr1; /* is reserved */
    } cases[] = {
        {0x46220040, true, false},  /* add.d f1, f0, f2 */
        {0x46201006, false, false}, /* mov.d f0, f2 */
        {0x462010c6, true, false},  /* mov.d f3, f2 */
        {0x46000061, true, false},  /* cvt.d.s f1, f0 */
        {0x46200125, true, false},  /* cvt.l.d f4, f0 */
        {0x46a00121, true, false},  /* cvt.d.l f4, f0 */
        {0x46c20100, true, true},   /* add.ps f4, f0, f2 */
        {0x4622013c & ~0x3fu, false, false},
        {0x45200001, true, true},        /* bc1any2f */
        {0x4600003a | 0x40, true, true}, /* cabs */
        {0x44200000, true, true},        /* dmfc1 */
        {0x4c85001e, true, true},        /* alnv.ps */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned fr = 0; fr < 2; fr++) {
            set_status(f, statuses[fr]);
            bool reserved = fr ? cases[i].with_fr1 : cases[i].with_fr0;
            int exception = run_one(f, cases[i].word);
            if (exception != (reserved ? MIPS_EXC_RI : -1)) {
                fail_msg("%#x with FR = %u: exception %d", cases[i].word, fr, exception);
            }
            set_status(f, 0);
            assert_int_equal(run_one(f, cases[i].word), MIPS_EXC_CPU);
            assert_int_equal(f->cpu->cp0.cause >> MIPS_CAUSE_CE_SHIFT & 3, 1);
        }
    }
}

/* CTC1 that enables what Cause already says. */
static void control_write_traps(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    set_status(f, MIPS_STATUS_CU1);
    prepare(cpu, (const uint64_t[3]){ONE, THREE});
    mips_fcsr_write(cpu, 0);
    cpu->r[8] = 1 << 7;
    const uint32_t words[] = {0x46220103 /* div.d f4, f0, f2 */, 0x44c8e000 /* ctc1 t0, fenr */};
    assert_int_equal(run(f, words, 2), MIPS_EXC_FPE);
    assert_int_equal(cpu->cp0.epc, (uint32_t)KSEG0 + CODE + 4);
    assert_int_equal(mips_fcsr_read(cpu), I | 1 << 2 | 1 << 7);
    cpu->r[8] = 2; /* towards plus infinity: the next operation sees it */
    const uint32_t rounding[] = {0x44c8f800 /* ctc1 t0, fcsr */, 0x46220103, 0x44490000};
    assert_int_equal(run(f, rounding, 3), -1);
    assert_int_equal(cpu->f[4], UINT64_C(0x3fd5555555555556));
    assert_int_equal(cpu->r[9], 0x00739300); /* cfc1 t1, fir */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(operations_set_cause),
        BOTH(enabled_ones_trap),
        BOTH(moves_leave_cause),
        BOTH(cause_is_of_the_last_operation),
        BOTH(conditions),
        BOTH(likely_branches),
        ALL(halves_of_registers),
        ALL(loads_and_stores),
        BOTH(reserved_instructions),
        BOTH(control_write_traps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
