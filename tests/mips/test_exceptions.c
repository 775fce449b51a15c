/* Exceptions and interrupts (III 6): vectors, what is saved, priorities, return. */
#include "tests/mips/system_fixture.h"

SETUP_TEARDOWN("24Kf")

enum {
    BEV = MIPS_STATUS_BEV,
    EXL = MIPS_STATUS_EXL,
    ERL = MIPS_STATUS_ERL,
    IE = MIPS_STATUS_IE,
    UM = MIPS_STATUS_UM,
};

/* Takes the exception as a helper would have raised it. */
static void take(struct mips_cpu *cpu, enum mips_exception exception, uint32_t address, bool refill)
{
    mips_exception_set(cpu, exception);
    cpu->fault_address = address;
    cpu->refill = refill;
    mips_take_exception(&cpu->cpu);
}

static uint32_t code_of(struct mips_cpu *cpu)
{
    return mfc0(cpu, CAUSE) >> 2 & 0x1f;
}

/* III table 6.5: all that need no more than a vector. */
static void codes(void **state)
{
    static const uint8_t exceptions[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 26};
    struct fixture *f = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(exceptions); i++) {
        mtc0(f->cpu, STATUS, UM);
        mtc0(f->cpu, EPC, 0);
        f->cpu->pc = 0x00400010;
        take(f->cpu, exceptions[i], 0x1234, false);
        assert_int_equal(code_of(f->cpu), exceptions[i]);
        assert_int_equal(mfc0(f->cpu, EPC), 0x00400010);
        assert_int_equal(mfc0(f->cpu, STATUS), UM | EXL);
        assert_int_equal(f->cpu->pc, 0x80000180);
        assert_int_equal(f->cpu->exception, MIPS_EXC_NONE);
    }
}

/* III tables 6.4 and 6.5. */
static void vectors(void **state)
{
    static const struct {
        uint32_t status;
        enum mips_exception exception;
        bool refill;
        uint32_t ebase, vector;
    } cases[] = {
        {0, MIPS_EXC_TLBL, true, 0x80000000, 0x80000000},
        {0, MIPS_EXC_TLBS, true, 0x80000000, 0x80000000},
        {0, MIPS_EXC_TLBL, false, 0x80000000, 0x80000180},
        {0, MIPS_EXC_MOD, false, 0x80000000, 0x80000180},
        {EXL, MIPS_EXC_TLBL, true, 0x80000000, 0x80000180},
        {0, MIPS_EXC_SYS, false, 0x80000000, 0x80000180},
        {0, MIPS_EXC_SYS, false, 0x9fffe000, 0x9fffe180},
        {0, MIPS_EXC_TLBL, true, 0x9fffe000, 0x9fffe000},
        {BEV, MIPS_EXC_TLBL, true, 0x9fffe000, 0xbfc00200},
        {BEV | EXL, MIPS_EXC_TLBL, true, 0x80000000, 0xbfc00380},
        {BEV, MIPS_EXC_SYS, false, 0x80000000, 0xbfc00380},
        {ERL, MIPS_EXC_SYS, false, 0x80000000, 0x80000180},
    };
    struct fixture *f = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        mtc0(f->cpu, EBASE, cases[i].ebase);
        mtc0(f->cpu, STATUS, cases[i].status);
        take(f->cpu, cases[i].exception, 0x5000, cases[i].refill);
        assert_int_equal(f->cpu->pc, cases[i].vector);
    }
}

static void release_1_has_no_ebase(void **state)
{
    struct fixture *f = fixture_create("4Kc");
    mtc0(f->cpu, EBASE, 0x9fffe000);
    mtc0(f->cpu, STATUS, 0);
    take(f->cpu, MIPS_EXC_SYS, 0, false);
    assert_int_equal(f->cpu->pc, 0x80000180);
    fixture_destroy(f);
}

static void delay_slots(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    f->cpu->pc = 0x80001004;
    f->cpu->delay = 4;
    take(f->cpu, MIPS_EXC_OV, 0, false);
    assert_int_equal(mfc0(f->cpu, EPC), 0x80001000);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 31, 1);
    assert_int_equal(f->cpu->delay, 0);
    /* With EXL, EPC and BD stay as they are. */
    f->cpu->pc = 0x80002000;
    take(f->cpu, MIPS_EXC_SYS, 0, false);
    assert_int_equal(mfc0(f->cpu, EPC), 0x80001000);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 31, 1);
    assert_int_equal(code_of(f->cpu), MIPS_EXC_SYS);
    mtc0(f->cpu, STATUS, 0);
    take(f->cpu, MIPS_EXC_SYS, 0, false);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 31, 0);
}

/* MIPS16e: EPC has the ISA mode in bit 0, and the handler runs in the other one. */
static void isa_mode(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    f->cpu->pc = 0x80001003;
    f->cpu->delay = 2;
    take(f->cpu, MIPS_EXC_SYS, 0, false);
    assert_int_equal(mfc0(f->cpu, EPC), 0x80001001);
    assert_int_equal(f->cpu->pc, 0x80000180);
}

static void addresses(void **state)
{
    static const enum mips_exception tlb_ones[] = {MIPS_EXC_TLBL, MIPS_EXC_TLBS, MIPS_EXC_MOD};
    struct fixture *f = *state;
    mtc0(f->cpu, CONTEXT, 0xc0800000);
    mtc0(f->cpu, ENTRYHI, 0x5a);
    for (unsigned i = 0; i < ARRAY_SIZE(tlb_ones); i++) {
        uint32_t address = 0xdeadb000 + i * 0x2000 + 5;
        mtc0(f->cpu, STATUS, 0);
        take(f->cpu, tlb_ones[i], address, false);
        assert_int_equal(mfc0(f->cpu, BADVADDR), address);
        assert_int_equal(mfc0(f->cpu, CONTEXT), 0xc0800000 | address >> 13 << 4);
        assert_int_equal(mfc0(f->cpu, ENTRYHI), (address & 0xffffe000) | 0x5a);
    }
    take(f->cpu, MIPS_EXC_ADES, 0x12345678, false);
    assert_int_equal(mfc0(f->cpu, BADVADDR), 0x12345678);
    take(f->cpu, MIPS_EXC_SYS, 0x55555555, false);
    assert_int_equal(mfc0(f->cpu, BADVADDR), 0x12345678);
    take(f->cpu, MIPS_EXC_DBE, 0x55555555, false);
    assert_int_equal(mfc0(f->cpu, BADVADDR), 0x12345678);
}

static void coprocessor_number(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = 0; n < 4; n++) {
        mtc0(f->cpu, STATUS, 0);
        assert_true(raises(f->cpu, &mips_helper_raise, MIPS_EXC_CPU, n, NULL));
        mips_take_exception(&f->cpu->cpu);
        assert_int_equal(mfc0(f->cpu, CAUSE), n << 28 | MIPS_EXC_CPU << 2);
    }
    take(f->cpu, MIPS_EXC_RI, 0, false);
    assert_int_equal(mfc0(f->cpu, CAUSE), MIPS_EXC_RI << 2);
}

static void unaligned_pc(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    f->cpu->pc = 0x80001002;
    assert_true(raises(f->cpu, &mips_helper_raise, MIPS_EXC_ADEL, 0, NULL));
    mips_take_exception(&f->cpu->cpu);
    assert_int_equal(mfc0(f->cpu, BADVADDR), 0x80001002);
    assert_int_equal(mfc0(f->cpu, EPC), 0x80001002);
}

/* ---- return ---------------------------------------------------------------------------------- */

static void eret(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, EPC, 0x00401000);
    mtc0(f->cpu, ERROREPC, 0x00402000);
    mtc0(f->cpu, STATUS, UM | EXL | ERL);
    f->cpu->ll_address = 0x1002;
    call(f->cpu, &mips_helper_eret, 0, 0);
    assert_int_equal(f->cpu->pc, 0x00402000);
    assert_int_equal(mfc0(f->cpu, STATUS), UM | EXL);
    assert_int_equal(f->cpu->ll_address, 1);
    call(f->cpu, &mips_helper_eret, 0, 0);
    assert_int_equal(f->cpu->pc, 0x00401000);
    assert_int_equal(mfc0(f->cpu, STATUS), UM);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void inputs_show_in_cause(void **state)
{
    struct fixture *f = *state;
    for (unsigned n = 0; n < 6; n++) {
        mips_cpu_set_irq(f->cpu, n, true);
        assert_int_equal(mfc0(f->cpu, CAUSE), 0x400u << n);
        mips_cpu_set_irq(f->cpu, n, false);
        assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    }
}

static void masks(void **state)
{
    static const struct {
        uint32_t status;
        bool taken;
    } cases[] = {
        {IE | 0x0400, true},      {IE | 0xff00, true},        {IE | 0xfb00, false},
        {0x0400, false},          {IE | EXL | 0x0400, false}, {IE | ERL | 0x0400, false},
        {IE | UM | 0x0400, true},
    };
    struct fixture *f = *state;
    mips_cpu_set_irq(f->cpu, 0, true);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        f->cpu->cpu.poll = 0;
        mtc0(f->cpu, STATUS, cases[i].status);
        assert_int_equal(!!(f->cpu->cpu.poll & CPU_POLL_IRQ), cases[i].taken);
        f->cpu->pc = 0x00400000;
        assert_int_equal(mips_take_interrupt(&f->cpu->cpu), cases[i].taken);
        assert_int_equal(f->cpu->pc, cases[i].taken ? 0x80000180 : 0x00400000);
    }
    mtc0(f->cpu, STATUS, IE | 0x0100);
    mtc0(f->cpu, CAUSE, 0x0100); /* software interrupt 0 */
    assert_true(mips_take_interrupt(&f->cpu->cpu));
    assert_int_equal(code_of(f->cpu), MIPS_EXC_INT);
}

/* III 6.1.2 and table 6.3. */
static void interrupt_vectors(void **state)
{
    static const struct {
        uint32_t status, cause, intctl, vector;
    } cases[] = {
        {0, 0, 0, 0x80000180},
        {0, MIPS_CAUSE_IV, 0, 0x80000200},
        {BEV, 0, 0, 0xbfc00380},
        {BEV, MIPS_CAUSE_IV, 0, 0xbfc00400},
        {BEV, MIPS_CAUSE_IV, 0x20, 0xbfc00400},
        {0, 0, 0x20, 0x80000180},
        {0, MIPS_CAUSE_IV, 0x20, 0x80000200 + 4 * 0x20},
        {0, MIPS_CAUSE_IV, 0x200, 0x80000200 + 4 * 0x200},
    };
    struct fixture *f = *state;
    mips_cpu_set_irq(f->cpu, 0, true);
    mips_cpu_set_irq(f->cpu, 2, true); /* IP4 is the highest one that is enabled */
    mips_cpu_set_irq(f->cpu, 4, true);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        mtc0(f->cpu, INTCTL, cases[i].intctl);
        mtc0(f->cpu, CAUSE, cases[i].cause);
        mtc0(f->cpu, STATUS, cases[i].status | IE | 0x1f00);
        assert_true(mips_take_interrupt(&f->cpu->cpu));
        assert_int_equal(f->cpu->pc, cases[i].vector);
    }
}

/* WAIT ends at an interrupt that the mask lets through, whatever IE says. */
static void wait(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0x0800);
    call(f->cpu, &mips_helper_wait, 0, 0);
    assert_true(f->cpu->cpu.halted);
    mips_cpu_set_irq(f->cpu, 0, true);
    assert_false(mips_wake(&f->cpu->cpu));
    assert_int_equal(f->cpu->cpu.poll, 0);
    mips_cpu_set_irq(f->cpu, 1, true);
    assert_true(mips_wake(&f->cpu->cpu));
    assert_int_equal(f->cpu->cpu.poll, CPU_POLL_IRQ);
    f->cpu->cpu.halted = false;
    call(f->cpu, &mips_helper_wait, 0, 0);
    assert_false(f->cpu->cpu.halted);
}

/* ---- CACHE ----------------------------------------------------------------------------------- */

/* II, CACHE: hits fault like loads, and indices not. */
static void cache_operations(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    for (unsigned cache = 0; cache < 2; cache++) {
        for (unsigned operation = 0; operation < 8; operation++) {
            uint64_t code = operation << 2 | cache;
            assert_false(raises(f->cpu, &mips_helper_cache, code, 0x80000000, NULL));
            assert_int_equal(raises(f->cpu, &mips_helper_cache, code, 0x00400000, NULL),
                             operation >= 4);
            assert_true(operation < 4 || f->cpu->exception == MIPS_EXC_TLBL);
        }
    }
}

/* ---- state ----------------------------------------------------------------------------------- */

static void reset(void **state)
{
    struct fixture *f = *state;
    uint64_t before = mips_hash(&f->cpu->cpu, 0);
    mtc0(f->cpu, STATUS, UM);
    mtc0(f->cpu, EBASE, 0x9fffe000);
    f->cpu->r[5] = 5;
    f->cpu->f[3] = 3;
    tlb_put(f->cpu, 3, 0x5000, lo(0x1000, DIRTY), 0);
    assert_int_not_equal(mips_hash(&f->cpu->cpu, 0), before);
    mips_reset(&f->cpu->cpu);
    assert_int_equal(mips_hash(&f->cpu->cpu, 0), before);
    assert_int_equal(f->cpu->pc, 0xbfc00000);
    assert_int_equal(mfc0(f->cpu, STATUS), BEV | ERL);
}

static void dump(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");
    f->cpu->r[4] = 0x1234;
    tlb_put(f->cpu, 3, 0x6000 | 7, lo(0x1000, DIRTY), 0);
    mips_dump(&f->cpu->cpu, out);
    fclose(out);
    assert_non_null(strstr(text, "a0   00001234"));
    assert_non_null(strstr(text, "pc   bfc00000"));
    assert_non_null(strstr(text, "tlb  3: 00006000 mask 00000000 asid 07"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(codes),
        TEST(vectors),
        cmocka_unit_test(release_1_has_no_ebase),
        TEST(delay_slots),
        TEST(isa_mode),
        TEST(addresses),
        TEST(coprocessor_number),
        TEST(unaligned_pc),
        TEST(eret),
        TEST(inputs_show_in_cause),
        TEST(masks),
        TEST(interrupt_vectors),
        TEST(wait),
        TEST(cache_operations),
        TEST(reset),
        TEST(dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
