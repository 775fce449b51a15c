/* The generic timer (DDI 0406C B8.1): counters, conditions, outputs, events. */
#include "tests/arm/system_fixture.h"

#include "targets/arm/timer.h"

struct lines {
    bool level[4];
    unsigned changes[4];
};

static void line(void *opaque, unsigned n, bool level)
{
    struct lines *lines = opaque;
    lines->changes[n] += lines->level[n] != level;
    lines->level[n] = level;
}

struct timed {
    struct fixture *f;
    struct lines lines;
};

static int setup(void **state)
{
    struct timed *t = test_calloc(1, sizeof(*t));
    t->f = fixture_create("cortex-a15");
    for (unsigned i = 0; i < 4; i++) {
        t->f->cpu->timer_irq[i] = (struct irq){line, &t->lines, i};
    }
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct timed *t = *state;
    fixture_destroy(t->f);
    test_free(t);
    return 0;
}

/* Lets that many ticks of 16 ns go by; what is due runs at its time. */
static void ticks(struct timed *t, uint64_t n)
{
    for (uint64_t left = n * 16; left;) {
        uint64_t next = sched_next(t->f->sched), now = sched_now(t->f->sched);
        uint64_t step = next > now && next - now < left ? next - now : left;
        sched_account(t->f->sched, step);
        sched_run(t->f->sched);
        left -= step;
    }
}

static const struct {
    unsigned crm;     /* of TVAL and CTL */
    unsigned opc1;    /* of CVAL */
    unsigned counter; /* opc1 of the count */
    unsigned output;
} timers[] = {{2, 2, 0, 1}, {3, 3, 1, 2}};

static uint64_t read64(struct timed *t, unsigned opc1)
{
    return call(t->f->cpu, &arm_helper_cp15_read64,
                ARM_SYSREG_KEY(15, opc1, 0, 14, 0) | ARM_SYSREG_KEY64, 0, 0);
}

static void write64(struct timed *t, unsigned opc1, uint64_t value)
{
    call(t->f->cpu, &arm_helper_cp15_write64, ARM_SYSREG_KEY(15, opc1, 0, 14, 0) | ARM_SYSREG_KEY64,
         value, 0);
}

static void test_counters(void **state)
{
    struct timed *t = *state;
    assert_int_equal(cp15_read(t->f->cpu, 0, 14, 0, 0), 62500000);
    assert_int_equal(read64(t, 0), 0);
    ticks(t, 12345);
    assert_int_equal(read64(t, 0), 12345);
    assert_int_equal(read64(t, 1), 12345);
}

static void test_compare(void **state)
{
    struct timed *t = *state;
    struct arm_cpu *cpu = t->f->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
        unsigned out = timers[i].output, crm = timers[i].crm;
        uint64_t now = read64(t, timers[i].counter);
        write64(t, timers[i].opc1, now + 100);
        assert_true(read64(t, timers[i].opc1) == now + 100);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 0), 100);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 1), 0);
        cp15_write(cpu, 0, 14, crm, 1, 1);
        ticks(t, 99);
        assert_false(t->lines.level[out]);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 1), 1);
        ticks(t, 1);
        assert_true(t->lines.level[out]);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 1), 5);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 0), 0);
        ticks(t, 7);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 0), (uint32_t)-7);
        assert_true(t->lines.level[out]); /* a level, until the condition goes */
        /* Masked: the condition stays visible. */
        cp15_write(cpu, 0, 14, crm, 1, 3);
        assert_false(t->lines.level[out]);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 1), 7);
        cp15_write(cpu, 0, 14, crm, 1, 1);
        assert_true(t->lines.level[out]);
        /* Disabled: ISTATUS is UNKNOWN, here 0. */
        cp15_write(cpu, 0, 14, crm, 1, 0);
        assert_false(t->lines.level[out]);
        /* A relative value sets the absolute one, backwards too. */
        cp15_write(cpu, 0, 14, crm, 1, 1);
        cp15_write(cpu, 0, 14, crm, 0, 50);
        assert_false(t->lines.level[out]);
        assert_true(read64(t, timers[i].opc1) == read64(t, timers[i].counter) + 50);
        ticks(t, 50);
        assert_true(t->lines.level[out]);
        cp15_write(cpu, 0, 14, crm, 0, (uint32_t)-20);
        assert_true(t->lines.level[out]);
        assert_true(read64(t, timers[i].opc1) == read64(t, timers[i].counter) - 20);
        /* Only bits 0 and 1 are written. */
        cp15_write(cpu, 0, 14, crm, 1, 0xfffffffc);
        assert_int_equal(cp15_read(cpu, 0, 14, crm, 1), 0);
        for (unsigned other = 0; other < 4; other++) {
            assert_true(other == out || !t->lines.level[other]);
        }
    }
}

/* Far deadlines never come, near ones are armed again when masks and enables change. */
static void test_events(void **state)
{
    struct timed *t = *state;
    struct arm_cpu *cpu = t->f->cpu;
    cp15_write(cpu, 0, 14, 3, 1, 1);
    write64(t, 3, UINT64_MAX);
    assert_true(sched_next(t->f->sched) == UINT64_MAX);
    write64(t, 3, UINT64_MAX >> 4);
    assert_true(sched_next(t->f->sched) == (UINT64_MAX >> 4) << 4);
    write64(t, 3, 1000);
    assert_true(sched_next(t->f->sched) == 16000);
    cp15_write(cpu, 0, 14, 3, 1, 3);
    assert_true(sched_next(t->f->sched) == UINT64_MAX);
    cp15_write(cpu, 0, 14, 3, 1, 1);
    assert_true(sched_next(t->f->sched) == 16000);
    cp15_write(cpu, 0, 14, 3, 1, 0);
    assert_true(sched_next(t->f->sched) == UINT64_MAX);
    /* Reset disables. */
    cp15_write(cpu, 0, 14, 3, 1, 1);
    write64(t, 3, 0);
    assert_true(t->lines.level[2]);
    arm_reset(&cpu->cpu);
    assert_false(t->lines.level[2]);
    assert_true(sched_next(t->f->sched) == UINT64_MAX);
}

/* WFI: the timer's interrupt wakes the CPU. */
static void test_wakes(void **state)
{
    struct timed *t = *state;
    struct arm_cpu *cpu = t->f->cpu;
    cpu->timer_irq[2] = (struct irq){arm_cpu_set_irq, cpu, 0};
    cp15_write(cpu, 0, 14, 3, 0, 10);
    cp15_write(cpu, 0, 14, 3, 1, 1);
    call(cpu, &arm_helper_wfi, 0, 0, 0);
    assert_true(cpu->cpu.halted && !arm_wake(&cpu->cpu));
    ticks(t, 10);
    assert_true(arm_wake(&cpu->cpu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_counters), TEST(test_compare), TEST(test_events),
                                       TEST(test_wakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
