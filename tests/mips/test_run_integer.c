/* Integer instructions where the oracle does not look: what an exception in a delay slot leaves
 * behind, pairs across pages, DI and EI, LL and SC, changes of the ISA mode. */
#include "tests/mips/run_fixture.h"

#define BASE ((uint32_t)KSEG0 + CODE)

static uint32_t get(struct fixture *f, uint32_t physical)
{
    uint32_t word = peek32(f, physical);
    return f->cpu->big ? __builtin_bswap32(word) : word;
}

static bool in_slot(const struct fixture *f)
{
    return f->cpu->cp0.cause & MIPS_CAUSE_BD;
}

/* ---- delay slots ----------------------------------------------------------------------------- */

static void exception_in_slot(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0x24020001, /* addiu v0, zero, 1 */
        0x0c000408, /* jal .. */
        0x8c430001, /* lw v1, 1(v0) */
    };
    set_status(f, 0);
    f->cpu->r[3] = 7;
    assert_int_equal(run(f, words, 3), MIPS_EXC_ADEL);
    assert_int_equal(f->cpu->cp0.epc, BASE + 4);
    assert_true(in_slot(f));
    assert_int_equal(f->cpu->cp0.badvaddr, 2);
    assert_int_equal(f->cpu->r[31], BASE + 12);
    assert_int_equal(f->cpu->r[3], 7);
    /* Outside of one. */
    assert_int_equal(run_one(f, 0x8c430001), MIPS_EXC_ADEL);
    assert_int_equal(f->cpu->cp0.epc, BASE);
    assert_false(in_slot(f));
}

/* A trap and an addition that overflows have blocks of their own in delay slots. */
static void blocks_in_slot(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0x10420003, /* beq v0, v0, .+16 */
        0x00431020, /* add v0, v0, v1 */
        0x24040001, /* addiu a0, zero, 1 */
        0x00000000, /* nop */
        0x14430003, /* bne v0, v1, .+16 */
        0x00430034, /* teq v0, v1 */
        0x24040002, /* addiu a0, zero, 2 */
        0x00000000, /* nop */
        0x24a50001, /* addiu a1, a1, 1 */
    };
    set_status(f, 0);
    f->cpu->r[2] = 3;
    f->cpu->r[3] = 4;
    assert_int_equal(run_some(f, words, 9, 5), -1);
    assert_int_equal(f->cpu->r[2], 7);
    assert_int_equal(f->cpu->r[4], 0);
    assert_int_equal(f->cpu->r[5], 1);
    f->cpu->r[2] = INT32_MAX;
    assert_int_equal(run_some(f, words, 9, 2), MIPS_EXC_OV);
    assert_int_equal(f->cpu->cp0.epc, BASE);
    assert_true(in_slot(f));
    f->cpu->r[2] = f->cpu->r[3] = 0;
    assert_int_equal(run_some(f, words, 9, 4), MIPS_EXC_TR);
    assert_int_equal(f->cpu->cp0.epc, BASE + 16);
    assert_true(in_slot(f));
}

static void likely(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0x50430002, /* beql v0, v1, .+12 */
        0x24840001, /* addiu a0, a0, 1 */
        0x24a50001, /* addiu a1, a1, 1 */
        0x24c60001, /* addiu a2, a2, 1 */
    };
    set_status(f, 0);
    f->cpu->r[2] = 1;
    assert_int_equal(run_some(f, words, 4, 4), -1);
    assert_int_equal(f->cpu->r[4], 0);
    assert_int_equal(f->cpu->r[5], 1);
    assert_int_equal(f->cpu->r[6], 1);
    f->cpu->r[3] = 1;
    assert_int_equal(run_some(f, words, 4, 3), -1);
    assert_int_equal(f->cpu->r[4], 1);
    assert_int_equal(f->cpu->r[5], 1);
    assert_int_equal(f->cpu->r[6], 2);
}

/* A branch in the last word of a page. */
static void across_pages(void **state)
{
    struct fixture *f = *state;
    enum { LAST = 0x2ffc };
    set_status(f, 0);
    put(f, LAST, 0x10000003);     /* b .+16 */
    put(f, LAST + 4, 0x24840001); /* addiu a0, a0, 1 */
    put(f, LAST + 8, 0x24840064); /* addiu a0, a0, 100 */
    put(f, LAST + 16, LOOP);
    put(f, LAST + 20, 0);
    for (unsigned i = 1; i <= 3; i++) {
        f->cpu->pc = (uint32_t)KSEG0 + LAST;
        f->cpu->cpu.budget = 3;
        jit_run(&f->cpu->cpu);
        assert_int_equal(f->cpu->r[4], i);
        assert_int_equal(f->cpu->pc, (uint32_t)KSEG0 + LAST + 16);
        /* The delay slot changes. */
        if (i == 2) {
            put(f, LAST + 4, 0x24840001);
            jit_written(f->jit, f->ram + LAST + 4, 4);
        }
    }
}

/* ---- DI and EI ------------------------------------------------------------------------------- */

static void interrupt_enable(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0x41626020, /* ei v0 */
        0x41636000, /* di v1 */
        0x41646020, /* ei a0 */
    };
    set_status(f, 0xff00);
    assert_int_equal(run(f, words, 3), -1);
    assert_int_equal(f->cpu->r[2], 0xff00);
    assert_int_equal(f->cpu->r[3], 0xff01);
    assert_int_equal(f->cpu->r[4], 0xff00);
    assert_int_equal(f->cpu->cp0.status, 0xff01);
    /* A request that waits is taken soon behind EI. */
    set_status(f, 0x0400);
    mips_cpu_set_irq(f->cpu, 0, true);
    assert_int_equal(run_some(f, words, 1, 8), MIPS_EXC_INT);
    assert_true(f->cpu->cp0.epc - BASE <= 8);
    mips_cpu_set_irq(f->cpu, 0, false);
}

/* ---- LL and SC ------------------------------------------------------------------------------- */

static void load_linked(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0xc0430000, /* ll v1, 0(v0) */
        0x24630001, /* addiu v1, v1, 1 */
        0xe0430000, /* sc v1, 0(v0) */
        0x24040005, /* addiu a0, zero, 5 */
        0xe0440000, /* sc a0, 0(v0) */
    };
    set_status(f, 0);
    f->cpu->r[2] = (uint32_t)KSEG0 + DATA;
    put(f, DATA, 41);
    assert_int_equal(run(f, words, 5), -1);
    assert_int_equal(get(f, DATA), 42);
    assert_int_equal(f->cpu->r[3], 1);
    assert_int_equal(f->cpu->r[4], 0);
    f->cpu->r[2]++;
    assert_int_equal(run_one(f, words[2]), MIPS_EXC_ADES);
}

/* ---- ISA modes ------------------------------------------------------------------------------- */

/* JALX there, JR back; in between an exception in MIPS16e. */
static void isa_modes(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0x74000800, /* jalx 0x2000 */
        0x00000000, /* nop */
        0x24840001, /* addiu a0, a0, 1 */
    };
    set_status(f, 0);
    put(f, DATA, f->cpu->big ? 0x4d01e820 : 0xe8204d01);     /* addiu a1, 1; jr ra */
    put(f, DATA + 4, f->cpu->big ? 0x4d026500 : 0x65004d02); /* addiu a1, 2 */
    assert_int_equal(run_some(f, words, 3, 6), -1);
    assert_int_equal(f->cpu->r[5], 3);
    assert_int_equal(f->cpu->r[4], 1);
    assert_int_equal(f->cpu->r[31], BASE + 8);
    put(f, DATA + 4, f->cpu->big ? 0xe8056500 : 0x6500e805); /* break */
    jit_written(f->jit, f->ram + DATA, 8);
    assert_int_equal(run_some(f, words, 3, 5), MIPS_EXC_BP);
    assert_true(in_slot(f));
    assert_int_equal(f->cpu->cp0.epc, ((uint32_t)KSEG0 + DATA + 2) | 1);
}

static void misaligned_target(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {0x00400008, 0}; /* jr v0; nop */
    set_status(f, 0);
    f->cpu->r[2] = BASE + 0x102;
    assert_int_equal(run_some(f, words, 2, 3), MIPS_EXC_ADEL);
    assert_int_equal(f->cpu->cp0.epc, BASE + 0x102);
    assert_int_equal(f->cpu->cp0.badvaddr, BASE + 0x102);
    assert_false(in_slot(f));
}

RUN_SETUPS("24Kf")

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL(exception_in_slot), ALL(blocks_in_slot), ALL(likely),    ALL(across_pages),
        BOTH(interrupt_enable), ALL(load_linked),    ALL(isa_modes), BOTH(misaligned_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
