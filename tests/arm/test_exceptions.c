/* Exception entry against the tables of DDI 0406C B1.8 and B1.9. */
#include "tests/arm/system_fixture.h"

SETUP_TEARDOWN("cortex-a15")

/* The manual's tables again, by hand: vector (Table B1-3), LR minus the address of the instruction
 * (Table B1-7), mode, masks set. */
static const struct {
    enum arm_exception_kind kind;
    uint32_t vector, link_arm, link_thumb, mode;
    bool mask_a, mask_f, advance;
} expected[] = {
    {ARM_EXC_UNDEFINED, 0x04, 4, 2, ARM_MODE_UND, false, false, false},
    {ARM_EXC_SVC, 0x08, 4, 2, ARM_MODE_SVC, false, false, true},
    {ARM_EXC_PREFETCH_ABORT, 0x0c, 4, 4, ARM_MODE_ABT, true, false, false},
    {ARM_EXC_DATA_ABORT, 0x10, 8, 8, ARM_MODE_ABT, true, false, false},
    {ARM_EXC_IRQ, 0x18, 4, 4, ARM_MODE_IRQ, true, false, false},
    {ARM_EXC_FIQ, 0x1c, 4, 4, ARM_MODE_FIQ, true, true, false},
};

static void deliver(struct arm_cpu *cpu, enum arm_exception_kind kind)
{
    if (kind == ARM_EXC_IRQ || kind == ARM_EXC_FIQ) {
        arm_cpu_set_irq(cpu, kind == ARM_EXC_FIQ, true);
        assert_true(arm_take_interrupt(&cpu->cpu));
        arm_cpu_set_irq(cpu, kind == ARM_EXC_FIQ, false);
    } else {
        arm_exception_set(cpu, kind);
        arm_take_exception(&cpu->cpu);
    }
}

/* Exhaustively: each exception from each mode, instruction set, mask, SCTLR.V, TE, EE. */
static void test_entry(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    static const uint32_t modes[] = {ARM_MODE_USR, ARM_MODE_FIQ, ARM_MODE_IRQ, ARM_MODE_SVC,
                                     ARM_MODE_ABT, ARM_MODE_UND, ARM_MODE_SYS};
    cpu->sys.vbar = 0x12345660;
    for (unsigned n = 0; n < ARRAY_SIZE(expected) * ARRAY_SIZE(modes) * 256; n++) {
        unsigned e = n / 256 % ARRAY_SIZE(expected);
        uint32_t from = modes[n / 256 / ARRAY_SIZE(expected)];
        bool thumb = n & 1, high = n & 2, te = n & 4, ee = n & 8, big = n & 16;
        bool a = n & 32, i = n & 64, f = n & 128;
        enum arm_exception_kind kind = expected[e].kind;
        if ((kind == ARM_EXC_IRQ && i) || (kind == ARM_EXC_FIQ && f)) {
            continue;
        }
        cpu->sys.sctlr =
            0x00c50078 | (high ? 1u << 13 : 0) | (te ? 1u << 30 : 0) | (ee ? 1u << 25 : 0);
        set_mode(cpu, from);
        uint32_t status = from | (thumb ? 0x0600ac20 : 0) | (big ? 0x200 : 0) | (a ? 0x100 : 0) |
                          (i ? 0x80 : 0) | (f ? 0x40 : 0) | 0xa80f0000;
        cpu->r[15] = 0x8000 + (n & 0xff) * 4;
        arm_cpsr_write(cpu, status, ~UINT32_C(0));
        uint32_t pc = cpu->r[15] & ~1u;
        cpu->exclusive_address = 0x40000000;
        cpu->r[14] = 0xbad;
        deliver(cpu, kind);

        uint32_t saved = status;
        if (expected[e].advance && thumb) {
            uint32_t it = 0xaf, next = (it & 0xe0) | (it << 1 & 0x1f);
            saved = (status & ~UINT32_C(0x0600fc00)) | (next & 0xfc) << 8 | (next & 3) << 25;
        }
        assert_int_equal(call(cpu, &arm_helper_spsr_read, 0, 0, 0), saved);
        assert_int_equal(cpu->r[14], pc + (thumb ? expected[e].link_thumb : expected[e].link_arm));
        assert_int_equal(cpu->r[15], ((high ? 0xffff0000 : 0x12345660) + expected[e].vector) | te);
        uint32_t now = 0xa80f0000 | expected[e].mode | (te ? 0x20 : 0) | (ee ? 0x200 : 0) | 0x80 |
                       (a || expected[e].mask_a ? 0x100 : 0) | (f || expected[e].mask_f ? 0x40 : 0);
        assert_int_equal(arm_cpsr_read(cpu), now);
        assert_int_equal(cpu->exclusive_address, 1);
        assert_int_equal(cpu->exception, ARM_EXC_NONE);
        assert_int_equal(cpu->it, 0);
    }
}

static void test_interrupt_masks(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned n = 0; n < 16; n++) {
        bool irq = n & 1, fiq = n & 2, i = n & 4, f = n & 8;
        set_mode(cpu, ARM_MODE_SYS);
        arm_cpsr_write(cpu, (i ? 0x80 : 0) | (f ? 0x40 : 0), 0xc0);
        arm_cpu_set_irq(cpu, 0, irq);
        arm_cpu_set_irq(cpu, 1, fiq);
        assert_int_equal(arm_wake(&cpu->cpu), irq || fiq);
        bool takes = (irq && !i) || (fiq && !f);
        assert_int_equal(arm_take_interrupt(&cpu->cpu), takes);
        uint32_t mode = cpu->cpsr & ARM_CPSR_MODE;
        assert_int_equal(mode, fiq && !f ? ARM_MODE_FIQ : irq && !i ? ARM_MODE_IRQ : ARM_MODE_SYS);
    }
}

/* A pending interrupt that becomes unmasked is asked for, in whatever way. */
static void test_unmasking_polls(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    set_mode(cpu, ARM_MODE_SVC);
    arm_cpu_set_irq(cpu, 0, true);
    cpu->cpu.poll = 0;
    call(cpu, &arm_helper_cpsr_write, 0x40, 0xc0, 0);
    assert_int_equal(cpu->cpu.poll, CPU_POLL_IRQ);
    arm_cpsr_write(cpu, 0x80, 0x80);
    cpu->cpu.poll = 0;
    call(cpu, &arm_helper_spsr_write, ARM_MODE_USR, ~UINT32_C(0), 0);
    call(cpu, &arm_helper_exception_return, 0x1000, 0, 0);
    assert_int_equal(cpu->cpu.poll, CPU_POLL_IRQ);
    /* An input that comes while unmasked. */
    arm_cpu_set_irq(cpu, 0, false);
    cpu->cpu.poll = 0;
    arm_cpu_set_irq(cpu, 0, true);
    assert_int_equal(cpu->cpu.poll, CPU_POLL_IRQ);
}

static void test_wfi(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    arm_cpsr_write(cpu, 0xc0, 0xc0);
    call(cpu, &arm_helper_wfi, 0, 0, 0);
    assert_true(cpu->cpu.halted);
    cpu->cpu.poll = 0;
    arm_cpu_set_irq(cpu, 0, true); /* masked, but wakes */
    assert_int_equal(cpu->cpu.poll, CPU_POLL_IRQ);
    assert_true(arm_wake(&cpu->cpu));
    cpu->cpu.halted = false;
    call(cpu, &arm_helper_wfi, 0, 0, 0);
    assert_false(cpu->cpu.halted);
}

/* What the helpers raise, and where faults are reported. */
static void test_raising(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    assert_true(raises(cpu, &arm_helper_undefined, 0, 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_UNDEFINED);
    assert_true(raises(cpu, &arm_helper_smc, 0, 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_UNDEFINED);
    assert_true(raises(cpu, &arm_helper_hvc, 0, 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_UNDEFINED);

    assert_true(raises(cpu, &arm_helper_bkpt, 0, 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_PREFETCH_ABORT);
    arm_take_exception(&cpu->cpu);
    assert_int_equal(cpu->sys.ifsr, 0x002);
    cpu->sys.ttbcr = ARM_TTBCR_EAE;
    assert_true(raises(cpu, &arm_helper_bkpt, 0, 0, 0, NULL));
    arm_take_exception(&cpu->cpu);
    assert_int_equal(cpu->sys.ifsr, 0x222);
}

/* Alignment faults and external aborts in both formats (B3.13). */
static void test_fault_registers(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    static const struct {
        bool external, longs;
        enum cpu_access access;
        uint32_t status;
    } cases[] = {
        {false, false, CPU_READ, 0x001}, {false, false, CPU_WRITE, 0x801},
        {false, true, CPU_READ, 0x221},  {false, true, CPU_WRITE, 0xa21},
        {true, false, CPU_READ, 0x008},  {true, false, CPU_WRITE, 0x808},
        {true, true, CPU_READ, 0x210},   {true, true, CPU_WRITE, 0xa10},
        {true, false, CPU_FETCH, 0x008}, {true, true, CPU_FETCH, 0x210},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        cpu->sys.ttbcr = cases[i].longs ? ARM_TTBCR_EAE : 0;
        cpu->sys.dfsr = cpu->sys.ifsr = cpu->sys.dfar = cpu->sys.ifar = 0x5555;
        (cases[i].external ? arm_bus_error : arm_misaligned)(&cpu->cpu, 0x1003, cases[i].access);
        arm_take_exception(&cpu->cpu);
        bool fetch = cases[i].access == CPU_FETCH;
        assert_int_equal(fetch ? cpu->sys.ifsr : cpu->sys.dfsr, cases[i].status);
        assert_int_equal(fetch ? cpu->sys.ifar : cpu->sys.dfar, 0x1003);
        assert_int_equal(fetch ? cpu->sys.dfsr : cpu->sys.ifsr, 0x5555);
        assert_int_equal(fetch ? cpu->sys.dfar : cpu->sys.ifar, 0x5555);
    }
}

static void test_log(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    f->log.file = open_memstream(&text, &size);
    f->log.mask = 1u << LOG_INT;
    arm_bus_error(&f->cpu->cpu, 0x1234, CPU_READ);
    arm_take_exception(&f->cpu->cpu);
    fclose(f->log.file);
    f->log = (struct log){.file = stderr};
    assert_non_null(strstr(text, "data abort"));
    assert_non_null(strstr(text, "dfar 00001234"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entry), TEST(test_interrupt_masks), TEST(test_unmasking_polls),
        TEST(test_wfi),   TEST(test_raising),         TEST(test_fault_registers),
        TEST(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
