/* Count and Compare (III 9.16, 9.23, 9.28). */
#include "tests/mips/system_fixture.h"

SETUP_TEARDOWN("24Kf")

enum { TICK = 10 /* ns: half of 200 MHz */ };

/* Virtual time passes, and what is due runs. */
static void pass(struct fixture *f, uint64_t ns)
{
    sched_account(f->sched, ns);
    sched_run(f->sched);
}

static void count_runs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mfc0(f->cpu, COUNT), 0);
    pass(f, 1000 * TICK);
    assert_int_equal(mfc0(f->cpu, COUNT), 1000);
    mtc0(f->cpu, COUNT, 0xfffffff0);
    pass(f, TICK * 0x10 - 1);
    assert_int_equal(mfc0(f->cpu, COUNT), 0xffffffff);
    pass(f, 1);
    assert_int_equal(mfc0(f->cpu, COUNT), 0);
    assert_int_equal(call(f->cpu, &mips_helper_rdhwr, 2, 0), 0);
}

static void compare_interrupts(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    mtc0(f->cpu, COMPARE, 500);
    pass(f, 499 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    pass(f, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), (UINT32_C(1) << 30) | 1 << 15);
    assert_int_equal(f->cpu->cpu.poll, 0); /* masked: nothing to do */
    mtc0(f->cpu, STATUS, 0x8001);
    assert_int_equal(f->cpu->cpu.poll & CPU_POLL_IRQ, CPU_POLL_IRQ);
    assert_true(mips_take_interrupt(&f->cpu->cpu));
    mtc0(f->cpu, COMPARE, 2000); /* acknowledges */
    assert_int_equal(mfc0(f->cpu, CAUSE) & ~UINT32_C(0x7c), 0);
    pass(f, 1500 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
}

/* The event that sets Cause.TI is late in real time; Cause is not. */
static void cause_is_on_time(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, COMPARE, 500);
    sched_account(f->sched, 499 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    sched_account(f->sched, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), (UINT32_C(1) << 30) | 1 << 15);
    mtc0(f->cpu, COMPARE, 2000);
    sched_run(f->sched); /* it does not come again */
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
}

/* Written in the past, it comes after a whole turn; so does the next one without a new value. */
static void compare_comes_once_a_turn(void **state)
{
    const uint64_t turn = UINT64_C(1) << 32;
    struct fixture *f = *state;
    pass(f, 1000 * TICK);
    mtc0(f->cpu, COMPARE, 1000);
    pass(f, (turn - 1) * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 0);
    pass(f, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
    mtc0(f->cpu, COMPARE, 1000);
    pass(f, turn * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
}

static void count_write_moves_the_event(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, COMPARE, 1000);
    mtc0(f->cpu, COUNT, 990);
    pass(f, 9 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 0);
    pass(f, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
}

static void cause_dc_stops_count(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, COMPARE, 200);
    pass(f, 100 * TICK);
    mtc0(f->cpu, CAUSE, MIPS_CAUSE_DC);
    pass(f, 1000 * TICK);
    assert_int_equal(mfc0(f->cpu, COUNT), 100);
    assert_int_equal(mfc0(f->cpu, CAUSE), MIPS_CAUSE_DC);
    mtc0(f->cpu, COUNT, 150);
    pass(f, 1000 * TICK);
    assert_int_equal(mfc0(f->cpu, COUNT), 150);
    mtc0(f->cpu, CAUSE, 0);
    pass(f, 49 * TICK);
    assert_int_equal(mfc0(f->cpu, COUNT), 199);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    pass(f, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
}

/* Whoever reads Cause sees what is due, whether or not events have been seen to. */
static void cause_is_up_to_date(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0x8001);
    mtc0(f->cpu, COMPARE, 500);
    sched_account(f->sched, 500 * TICK - 1);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    sched_account(f->sched, 1);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
    assert_int_equal(f->cpu->cpu.poll & CPU_POLL_IRQ, CPU_POLL_IRQ);
    mtc0(f->cpu, COMPARE, 1000);
    pass(f, 499 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    pass(f, TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE) >> 30, 1);
}

/* Release 1 has neither DC nor TI; the timer is on IP7 as well. */
static void release_1(void **state)
{
    struct fixture *f = fixture_create("4Kc");
    mtc0(f->cpu, COMPARE, 100);
    mtc0(f->cpu, CAUSE, MIPS_CAUSE_DC);
    pass(f, 100 * TICK);
    assert_int_equal(mfc0(f->cpu, CAUSE), 1 << 15);
    mtc0(f->cpu, COMPARE, 0);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
    fixture_destroy(f);
}

/* Hardware interrupt 5 has the same place in Cause. */
static void shared_with_input_5(void **state)
{
    struct fixture *f = *state;
    mips_cpu_set_irq(f->cpu, 5, true);
    assert_int_equal(mfc0(f->cpu, CAUSE), 1 << 15);
    mtc0(f->cpu, COMPARE, 100);
    assert_int_equal(mfc0(f->cpu, CAUSE), 1 << 15);
    mips_cpu_set_irq(f->cpu, 5, false);
    assert_int_equal(mfc0(f->cpu, CAUSE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(count_runs),
        TEST(compare_interrupts),
        TEST(cause_is_on_time),
        TEST(compare_comes_once_a_turn),
        TEST(count_write_moves_the_event),
        TEST(cause_dc_stops_count),
        TEST(cause_is_up_to_date),
        cmocka_unit_test(release_1),
        TEST(shared_with_input_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
