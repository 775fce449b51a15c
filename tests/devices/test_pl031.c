#include "devices/rtc/pl031.h"
#include "tests/devices/support.h"

#define BASE   UINT64_C(0x9010000)
#define SECOND UINT64_C(1000000000)
enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

enum { WIDTH = 4 };
struct fixture {
    struct machine *machine;
    struct line line;
};

#include "tests/devices/primecell.h"

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    sched_set_epoch(f.machine->sched, 1000000);
    pl031_create(f.machine, BASE, line_irq(&f.line));
    *state = &f;
    return 0;
}

static void time_runs_and_can_be_set(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, DR), 1000000);
    pass(f->machine, 5 * SECOND / 2);
    assert_int_equal(get(f, DR), 1000002);
    set(f, LR, 0xfffffffe);
    assert_int_equal(get(f, LR), 0xfffffffe);
    assert_int_equal(get(f, DR), 0xfffffffe);
    pass(f->machine, 3 * SECOND);
    assert_int_equal(get(f, DR), 1);
    fake_machine_reset(f->machine);
    assert_int_equal(get(f, DR), 1); /* a reset does not touch the time */
    set(f, DR, 5);
    assert_int_equal(get(f, DR), 1);
    set(f, CR, 0);
    assert_int_equal(get(f, CR), 1);
    assert_int_equal(get(f, 0xfe0), 0x31);
}

static void the_alarm_comes_with_its_second(void **state)
{
    struct fixture *f = *state;
    set(f, IMSC, 1);
    pass(f->machine, SECOND / 3);
    set(f, MR, 1000010);
    pass(f->machine, 9 * SECOND);
    assert_int_equal(get(f, RIS), 0);
    pass(f->machine, SECOND);
    assert_int_equal(get(f, RIS), 1);
    assert_int_equal(get(f, MIS), 1);
    assert_true(f->line.level);
    set(f, ICR, 1);
    assert_false(f->line.level);
    pass(f->machine, 100 * SECOND);
    assert_false(f->line.level);
    set(f, LR, 1000009); /* time set back: the alarm comes again */
    pass(f->machine, 2 * SECOND);
    assert_true(f->line.level);
    set(f, IMSC, 0);
    assert_false(f->line.level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_runs_and_can_be_set, setup, teardown),
        cmocka_unit_test_setup_teardown(the_alarm_comes_with_its_second, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
