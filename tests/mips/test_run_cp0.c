/* What translated code does itself with Status and Cause against what cp0.c does, by interpreter
 * and host (III 9.24, 9.28). */
#include "tests/mips/run_fixture.h"
#include "tests/support/random.h"

RUN_SETUP(interpreted, "24Kf", false, NULL)
RUN_SETUP(translated, "24Kf", false, &x64_host_ops)
RUN_SETUP(interpreted_4kc, "4Kc", false, NULL)
RUN_SETUP(translated_4kc, "4Kc", false, &x64_host_ops)
RUN_SETUP(interpreted_34kf, "34Kf", false, NULL)
RUN_SETUP(translated_34kf, "34Kf", false, &x64_host_ops)

enum {
    CASES = 3000,
    T0 = 8,
    MTC0_T0_STATUS = 0x40886000,
    MFC0_T0_CAUSE = 0x40086800,
    WAIT = 0x42000020,
    WRITTEN = MIPS_STATUS_IE | MIPS_STATUS_EXL | MIPS_STATUS_IM | MIPS_STATUS_BEV | MIPS_STATUS_CU0,
};

/* A change of a few bits, as kernels make them, or of any. */
static uint32_t some_change(uint64_t *random)
{
    uint32_t bits = (uint32_t)random_next(random);
    return (uint32_t)random_next(random) & 1 ? bits & WRITTEN : bits;
}

/* Kernel Mode from where instructions are executed. */
static uint32_t kernel_status(uint64_t *random)
{
    uint32_t status = (uint32_t)random_next(random) & ~(uint32_t)MIPS_STATUS_ERL;
    return (uint32_t)random_next(random) & 1 ? status & ~(uint32_t)MIPS_STATUS_KSU
                                             : status | MIPS_STATUS_EXL;
}

static void begin(struct fixture *f, uint32_t first, uint32_t then)
{
    const uint32_t words[] = {first, then, 0, 0};
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        put(f, CODE + 4 * i, words[i]);
    }
}

static void status_is_written_as_by_the_helper(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    uint64_t random = 24;
    unsigned interrupted = 0;
    begin(f, MTC0_T0_STATUS, LOOP);
    for (unsigned i = 0; i < CASES; i++) {
        uint32_t before = kernel_status(&random), value = before ^ some_change(&random);
        cpu->interrupts = (uint32_t)random_next(&random) & (uint32_t)random_next(&random) & 0xfc;
        cpu->interrupts = i % 4 ? 0 : cpu->interrupts;
        set_status(f, before);
        set_status(f, value);
        interrupted += mips_take_interrupt(&cpu->cpu);
        uint32_t wanted = cpu->cp0.status, mode = mips_translation_mode(cpu);
        uint64_t space = cpu->space_key;
        set_status(f, before);
        cpu->cpu.poll = 0;
        cpu->r[T0] = value;
        cpu->pc = (uint32_t)KSEG0 + CODE;
        cpu->cpu.budget = 1;
        jit_run(&cpu->cpu);
        assert_int_equal(cpu->cp0.status, wanted);
        assert_int_equal(mips_translation_mode(cpu), mode);
        assert_int_equal(cpu->space_key, space);
    }
    assert_true(interrupted > CASES / 40);
}

/* Where Cause is read by a handler in real time, which is the only place that does without the
 * helper; WAIT ends the run. */
static void cause_is_read_as_by_the_helper(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    uint64_t random = 13;
    begin(f, MFC0_T0_CAUSE, WAIT);
    for (unsigned i = 0; i < CASES; i++) {
        set_status(f, i % 2 ? MIPS_STATUS_EXL : 0);
        cpu->cp0.cause = (uint32_t)random_next(&random) & ~(UINT32_C(0xfc) << 8 | MIPS_CAUSE_DC);
        cpu->interrupts = (uint32_t)random_next(&random) & 0xfc;
        cpu->pc = (uint32_t)KSEG0 + CODE;
        cpu->cpu.halted = false;
        jit_run(&cpu->cpu);
        assert_true(cpu->cpu.halted);
        assert_int_equal(cpu->r[T0], mips_cp0_read(cpu, CAUSE));
    }
}

#define UNCOUNTED(name, model, host)                                                               \
    static int name(void **state)                                                                  \
    {                                                                                              \
        *state = fixture_create_in(model, false, host, false);                                     \
        return 0;                                                                                  \
    }
UNCOUNTED(interpreted_uncounted, "24Kf", NULL)
UNCOUNTED(translated_uncounted, "24Kf", &x64_host_ops)
UNCOUNTED(interpreted_4kc_uncounted, "4Kc", NULL)
UNCOUNTED(translated_4kc_uncounted, "4Kc", &x64_host_ops)

int main(void)
{
#define CASE(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, destroy)
    const struct CMUnitTest tests[] = {
        CASE(status_is_written_as_by_the_helper, interpreted),
        CASE(status_is_written_as_by_the_helper, translated),
        CASE(status_is_written_as_by_the_helper, interpreted_4kc),
        CASE(status_is_written_as_by_the_helper, translated_4kc),
        CASE(status_is_written_as_by_the_helper, interpreted_34kf),
        CASE(status_is_written_as_by_the_helper, translated_34kf),
        CASE(cause_is_read_as_by_the_helper, interpreted_uncounted),
        CASE(cause_is_read_as_by_the_helper, translated_uncounted),
        CASE(cause_is_read_as_by_the_helper, interpreted_4kc_uncounted),
        CASE(cause_is_read_as_by_the_helper, translated_4kc_uncounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
