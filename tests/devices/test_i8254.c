#include "devices/timer/i8254.h"
#include "tests/devices/ports.h"

enum { C0 = 0x40, C1 = 0x41, C2 = 0x42, CONTROL = 0x43, NMISC = 0x61 };
#define HZ     UINT64_C(1193182)
#define SECOND UINT64_C(1000000000)

struct fixture {
    struct ports_machine pm;
    uint64_t clock; /* of the timer */
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    ports_machine_init(&f.pm);
    i8254_create(f.pm.machine, f.pm.ports, line_irq(f.pm.lines));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ports_machine_free(&((struct fixture *)*state)->pm);
    return 0;
}

/* Lets the timer see n clocks more. */
static void clocks(struct fixture *f, uint64_t n)
{
    f->clock += n;
    uint64_t ns = (f->clock * SECOND + HZ - 1) / HZ;
    pass(f->pm.machine, ns - sched_now(f->pm.machine->sched));
}

static void program(struct fixture *f, unsigned channel, unsigned mode, unsigned count)
{
    out(&f->pm, CONTROL, (uint8_t)(channel << 6 | 0x30 | mode << 1));
    out(&f->pm, C0 + channel, (uint8_t)count);
    out(&f->pm, C0 + channel, (uint8_t)(count >> 8));
}

static unsigned latched(struct fixture *f, unsigned channel)
{
    out(&f->pm, CONTROL, (uint8_t)(channel << 6));
    unsigned low = in(&f->pm, C0 + channel);
    return low | (unsigned)in(&f->pm, C0 + channel) << 8;
}

static uint8_t status(struct fixture *f, unsigned channel)
{
    out(&f->pm, CONTROL, (uint8_t)(0xe0 | 2 << channel));
    return in(&f->pm, C0 + channel);
}

static void gate(struct fixture *f, bool level)
{
    out(&f->pm, NMISC, level);
}

static bool out2(struct fixture *f)
{
    bool level = in(&f->pm, NMISC) & 0x20;
    assert_int_equal(level, status(f, 2) >> 7);
    return level;
}

static void mode_0_rises_after_the_count(void **state)
{
    struct fixture *f = *state;
    program(f, 0, 0, 100);
    assert_int_equal(status(f, 0), 0x70); /* low, count not loaded yet */
    clocks(f, 1);
    assert_int_equal(status(f, 0), 0x30);
    assert_int_equal(latched(f, 0), 100);
    clocks(f, 99);
    assert_false(f->pm.lines[0].level);
    assert_int_equal(latched(f, 0), 1);
    clocks(f, 1);
    assert_true(f->pm.lines[0].level);
    assert_int_equal(status(f, 0), 0xb0);
    clocks(f, 1);
    assert_int_equal(latched(f, 0), 0xffff);
    clocks(f, 1000000);
    assert_int_equal(f->pm.lines[0].rises, 1);
    out(&f->pm, C0, 10); /* the first byte stops it */
    assert_false(f->pm.lines[0].level);
    clocks(f, 100);
    out(&f->pm, C0, 0);
    clocks(f, 10);
    assert_false(f->pm.lines[0].level);
    clocks(f, 1);
    assert_true(f->pm.lines[0].level);
}

static void mode_2_interrupts_each_period(void **state)
{
    struct fixture *f = *state;
    program(f, 0, 2, 1000);
    assert_true(f->pm.lines[0].level);
    assert_int_equal(f->pm.lines[0].rises, 1);
    clocks(f, 1001);
    assert_int_equal(f->pm.lines[0].rises, 2);
    assert_int_equal(latched(f, 0), 1000);
    clocks(f, 998);
    assert_int_equal(latched(f, 0), 2);
    assert_int_equal(status(f, 0) & 0x80, 0x80);
    clocks(f, 1);
    assert_int_equal(latched(f, 0), 1);
    assert_int_equal(status(f, 0) & 0x80, 0);
    clocks(f, 1);
    assert_int_equal(f->pm.lines[0].rises, 3);
    clocks(f, 100);
    out(&f->pm, C0, 50); /* from the next period on */
    out(&f->pm, C0, 0);
    assert_int_equal(status(f, 0), 0xf4);
    clocks(f, 900);
    assert_int_equal(f->pm.lines[0].rises, 4);
    assert_int_equal(status(f, 0), 0xb4);
    clocks(f, 50 * 10);
    assert_int_equal(f->pm.lines[0].rises, 14);
    assert_int_equal(latched(f, 0), 50);
}

static void a_second_has_its_interrupts(void **state)
{
    struct fixture *f = *state;
    program(f, 0, 2, 11932); /* 100 Hz */
    unsigned before = f->pm.lines[0].rises;
    pass(f->pm.machine, 10 * SECOND);
    assert_in_range(f->pm.lines[0].rises - before, 999, 1000);
    program(f, 0, 2, 0); /* 65536 */
    before = f->pm.lines[0].rises;
    pass(f->pm.machine, 10 * SECOND);
    assert_int_equal(f->pm.lines[0].rises - before, 182);
}

static void mode_3_is_a_square_wave(void **state)
{
    struct fixture *f = *state;
    program(f, 0, 3, 10);
    clocks(f, 1);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(f->pm.lines[0].level, i % 10 < 5);
        assert_int_equal(latched(f, 0), 10 - 2 * (i % 5));
        clocks(f, 1);
    }
    program(f, 0, 7, 5); /* odd, and the other code of the mode */
    clocks(f, 1);
    static const unsigned values[5] = {4, 2, 0, 4, 2};
    for (unsigned i = 0; i < 15; i++) {
        assert_int_equal(f->pm.lines[0].level, i % 5 < 3);
        assert_int_equal(latched(f, 0), values[i % 5]);
        clocks(f, 1);
    }
    program(f, 0, 3, 10);
    clocks(f, 3);
    out(&f->pm, C0, 4); /* from the next half on */
    out(&f->pm, C0, 0);
    clocks(f, 2);
    assert_true(f->pm.lines[0].level);
    clocks(f, 1);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(f->pm.lines[0].level, i % 4 >= 2);
        clocks(f, 1);
    }
}

static void mode_4_strobes_once(void **state)
{
    struct fixture *f = *state;
    program(f, 0, 4, 20);
    assert_true(f->pm.lines[0].level);
    clocks(f, 20);
    assert_int_equal(status(f, 0), 0xb8);
    clocks(f, 1);
    assert_int_equal(status(f, 0), 0x38);
    assert_int_equal(f->pm.lines[0].rises, 1);
    clocks(f, 1);
    assert_int_equal(f->pm.lines[0].rises, 2);
    assert_true(f->pm.lines[0].level);
    clocks(f, 200000);
    assert_int_equal(f->pm.lines[0].rises, 2);
    out(&f->pm, C0, 5); /* as Linux arms its next event */
    out(&f->pm, C0, 0);
    clocks(f, 7);
    assert_int_equal(f->pm.lines[0].rises, 3);
}

static void the_gate_starts_modes_1_and_5(void **state)
{
    struct fixture *f = *state;
    program(f, 2, 1, 10);
    clocks(f, 50);
    assert_true(out2(f));
    gate(f, true);
    clocks(f, 1);
    assert_false(out2(f));
    clocks(f, 9);
    assert_false(out2(f));
    gate(f, false);
    gate(f, true); /* again: it lasts as long anew */
    clocks(f, 10);
    assert_false(out2(f));
    clocks(f, 1);
    assert_true(out2(f));
    gate(f, false);
    program(f, 2, 5, 10);
    gate(f, true);
    clocks(f, 10);
    assert_true(out2(f));
    clocks(f, 1);
    assert_false(out2(f));
    clocks(f, 1);
    assert_true(out2(f));
}

static void the_gate_stops_the_others(void **state)
{
    struct fixture *f = *state;
    program(f, 2, 0, 100); /* the gate is low */
    clocks(f, 50);
    assert_int_equal(latched(f, 2), 100);
    gate(f, true);
    clocks(f, 60);
    assert_int_equal(latched(f, 2), 40);
    gate(f, false);
    clocks(f, 60);
    assert_int_equal(latched(f, 2), 40);
    gate(f, true);
    clocks(f, 39);
    assert_false(out2(f));
    clocks(f, 1);
    assert_true(out2(f));
    program(f, 2, 3, 100);
    clocks(f, 70);
    assert_false(out2(f));
    gate(f, false);
    assert_true(out2(f));
    clocks(f, 10);
    gate(f, true); /* begins anew */
    clocks(f, 50);
    assert_true(out2(f));
    clocks(f, 1);
    assert_false(out2(f));
}

static void counts_are_read_in_all_ways(void **state)
{
    struct fixture *f = *state;
    program(f, 1, 2, 0x1234);
    clocks(f, 1);
    assert_int_equal(in(&f->pm, C1), 0x34); /* live */
    assert_int_equal(in(&f->pm, C1), 0x12);
    out(&f->pm, CONTROL, 0x40);
    clocks(f, 0x20);
    out(&f->pm, CONTROL, 0x40); /* the first latch holds */
    assert_int_equal(in(&f->pm, C1), 0x34);
    clocks(f, 0x20);
    assert_int_equal(in(&f->pm, C1), 0x12);
    assert_int_equal(in(&f->pm, C1), 0xf4);
    assert_int_equal(in(&f->pm, C1), 0x11);
    out(&f->pm, CONTROL, 0xc4); /* count and status: the status comes first */
    assert_int_equal(in(&f->pm, C1), 0xb4);
    assert_int_equal(in(&f->pm, C1), 0xf4);
    assert_int_equal(in(&f->pm, C1), 0x11);
    out(&f->pm, CONTROL, 0x54); /* low byte alone */
    out(&f->pm, C1, 0x80);
    clocks(f, 2);
    assert_int_equal(in(&f->pm, C1), 0x7f);
    assert_int_equal(in(&f->pm, C1), 0x7f);
    out(&f->pm, CONTROL, 0x64); /* high byte alone */
    out(&f->pm, C1, 0x80);
    clocks(f, 2);
    assert_int_equal(in(&f->pm, C1), 0x7f);
    out(&f->pm, CONTROL, 0x75); /* decimal */
    out(&f->pm, C1, 0x00);
    out(&f->pm, C1, 0x20);
    clocks(f, 2);
    assert_int_equal(latched(f, 1), 0x1999);
    out(&f->pm, CONTROL, 0x71);
    out(&f->pm, C1, 0);
    out(&f->pm, C1, 0);
    clocks(f, 1 + 2);
    assert_int_equal(latched(f, 1), 0x9998);
}

static void port_61_shows_refresh(void **state)
{
    struct fixture *f = *state;
    unsigned toggles = 0;
    uint8_t before = in(&f->pm, NMISC) & 0x10;
    for (unsigned i = 0; i < 1000; i++) {
        pass(f->pm.machine, 5000);
        uint8_t now = in(&f->pm, NMISC) & 0x10;
        toggles += now != before;
        before = now;
    }
    assert_int_equal(toggles, 5000000 / 15085);
    out(&f->pm, NMISC, 0xff);
    assert_int_equal(in(&f->pm, NMISC) & 0xcf, 0x0f);
    fake_machine_reset(f->pm.machine);
    assert_int_equal(in(&f->pm, NMISC) & 0xcf, 0);
    assert_false(f->pm.lines[0].level);
}

static void random_accesses_do_no_harm(void **state)
{
    static const uint16_t ports[] = {C0, C1, C2, CONTROL, CONTROL, NMISC};
    struct fixture *f = *state;
    uint64_t random = 1;
    random_accesses(&f->pm, ports, 6, 30000, &random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(mode_0_rises_after_the_count), TEST(mode_2_interrupts_each_period),
        TEST(a_second_has_its_interrupts),  TEST(mode_3_is_a_square_wave),
        TEST(mode_4_strobes_once),          TEST(the_gate_starts_modes_1_and_5),
        TEST(the_gate_stops_the_others),    TEST(counts_are_read_in_all_ways),
        TEST(port_61_shows_refresh),        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
