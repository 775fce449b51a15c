#include "devices/rtc/mc146818.h"
#include "tests/devices/ports.h"

#include <time.h>

#define SECOND UINT64_C(1000000000)
enum { US = 1000, MS = 1000000 };
enum { A = 10, B, C, D };
enum { SET = 0x80, PIE = 0x40, AIE = 0x20, UIE = 0x10, BINARY = 4, H24 = 2 };
/* 1999-12-31 23:59:50, a Friday, which the tests begin with, at the first update. */
enum { EPOCH = 946684790, FIRST_UPDATE = 300018311 };

struct fixture {
    struct ports_machine pm;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    ports_machine_init(&f.pm);
    sched_set_epoch(f.pm.machine->sched, EPOCH - 1);
    mc146818_create(f.pm.machine, f.pm.ports, line_irq(f.pm.lines));
    pass(f.pm.machine, FIRST_UPDATE);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ports_machine_free(&((struct fixture *)*state)->pm);
    return 0;
}

static uint8_t get(struct fixture *f, unsigned reg)
{
    out(&f->pm, 0x70, (uint8_t)reg);
    return in(&f->pm, 0x71);
}

static void set(struct fixture *f, unsigned reg, uint8_t value)
{
    out(&f->pm, 0x70, (uint8_t)reg);
    out(&f->pm, 0x71, value);
}

/* Second, minute, hour, weekday, day, month, year. */
static void assert_date(struct fixture *f, const uint8_t date[7])
{
    static const uint8_t regs[7] = {0, 2, 4, 6, 7, 8, 9};
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(get(f, regs[i]), date[i]);
    }
}

static void put_date(struct fixture *f, const uint8_t date[7])
{
    static const uint8_t regs[7] = {0, 2, 4, 6, 7, 8, 9};
    for (unsigned i = 0; i < 7; i++) {
        set(f, regs[i], date[i]);
    }
}

static void it_starts_at_the_hosts_date_and_runs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, A), 0x26);
    assert_int_equal(get(f, B), H24);
    assert_int_equal(get(f, D), 0x80);
    assert_date(f, (uint8_t[]){0x50, 0x59, 0x23, 6, 0x31, 0x12, 0x99});
    assert_int_equal(get(f, 0x32), 0x19);
    pass(f->pm.machine, 10 * SECOND);
    assert_date(f, (uint8_t[]){0, 0, 0, 7, 1, 1, 0});
    pass(f->pm.machine, SECOND * 86400 * 59 + SECOND * 3661);
    assert_date(f, (uint8_t[]){1, 1, 1, 3, 0x29, 2, 0});
    pass(f->pm.machine, SECOND * 86400 * (366 + 365));
    assert_date(f, (uint8_t[]){1, 1, 1, 6, 0x01, 3, 2});
    fake_machine_reset(f->pm.machine); /* which it does not notice */
    assert_date(f, (uint8_t[]){1, 1, 1, 6, 0x01, 3, 2});
}

static void dates_of_the_host_are_right(void **state)
{
    static const struct {
        int64_t epoch;
        uint8_t date[7], century;
    } rows[] = {
        {0, {0, 0, 0, 5, 1, 1, 0x70}, 0x19},
        {-5, {0, 0, 0, 5, 1, 1, 0x70}, 0x19},
        {951782400, {0, 0, 0, 3, 0x29, 2, 0}, 0x20},
        {1767225600, {0, 0, 0, 5, 1, 1, 0x26}, 0x20},
        {4107542400, {0, 0, 0, 2, 1, 3, 0}, 0x21}, /* 2100 has no 29 February */
        {4107542399, {0x59, 0x59, 0x23, 1, 0x28, 2, 0}, 0x21},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ports_machine_free(&f->pm);
        ports_machine_init(&f->pm);
        sched_set_epoch(f->pm.machine->sched, rows[i].epoch);
        mc146818_create(f->pm.machine, f->pm.ports, line_irq(f->pm.lines));
        assert_date(f, rows[i].date);
        assert_int_equal(get(f, 0x32), rows[i].century);
    }
}

static void modes_of_numbers_and_hours(void **state)
{
    struct fixture *f = *state;
    set(f, B, SET | BINARY | H24);
    put_date(f, (uint8_t[]){58, 59, 11, 7, 28, 2, 23});
    set(f, B, BINARY | H24);
    pass(f->pm.machine, 2 * SECOND);
    assert_date(f, (uint8_t[]){0, 0, 12, 7, 28, 2, 23});
    set(f, B, SET);
    put_date(f, (uint8_t[]){0x59, 0x59, 0x11, 7, 0x28, 2, 0x23});
    set(f, B, 0);
    pass(f->pm.machine, SECOND);
    assert_date(f, (uint8_t[]){0, 0, 0x92, 7, 0x28, 2, 0x23}); /* noon is 12 PM */
    pass(f->pm.machine, SECOND * 3600);
    assert_int_equal(get(f, 4), 0x81);
    pass(f->pm.machine, SECOND * 3600 * 11);
    assert_date(f, (uint8_t[]){0, 0, 0x12, 1, 1, 3, 0x23});
    pass(f->pm.machine, SECOND * 3600 * 10);
    assert_int_equal(get(f, 4), 0x10);
}

static void set_stops_the_time(void **state)
{
    struct fixture *f = *state;
    get(f, C);
    set(f, B, SET | UIE | H24);
    assert_int_equal(get(f, B), SET | H24); /* SET clears UIE */
    pass(f->pm.machine, 5 * SECOND);
    assert_int_equal(get(f, 0), 0x50);
    assert_int_equal(get(f, C), 0x40); /* the divider runs on */
    set(f, A, 0x76);
    set(f, B, H24);
    pass(f->pm.machine, 5 * SECOND);
    assert_int_equal(get(f, 0), 0x50);
    pass(f->pm.machine, SECOND / 3);
    set(f, A, 0x26); /* the first update comes after half a second */
    pass(f->pm.machine, 499 * (uint64_t)MS);
    assert_int_equal(get(f, 0), 0x50);
    pass(f->pm.machine, 2 * MS);
    assert_int_equal(get(f, 0), 0x51);
}

static void uip_precedes_each_update(void **state)
{
    struct fixture *f = *state;
    uint64_t edges[2][3];
    for (unsigned n = 0; n < 3; n++) {
        for (unsigned level = 0; level < 2; level++) {
            while (get(f, A) >> 7 == (int)level) {
                pass(f->pm.machine, US);
            }
            edges[level][n] = sched_now(f->pm.machine->sched);
        }
    }
    /* edges[0] are rises: the loop waited for the level to end. */
    for (unsigned n = 0; n < 3; n++) {
        assert_in_range(edges[1][n] - edges[0][n], 2200 * US, 2260 * US);
        assert_in_range(edges[1][n], FIRST_UPDATE + (n + 1) * SECOND,
                        FIRST_UPDATE + (n + 1) * SECOND + 2 * US);
    }
    assert_in_range(edges[0][1] - edges[0][0], SECOND - US, SECOND + US);
    assert_in_range(edges[0][2] - edges[0][1], SECOND - US, SECOND + US);
    pass(f->pm.machine, SECOND - 100 * US);
    assert_int_equal(get(f, A), 0xa6);
    assert_int_equal(get(f, 0), 0x53);
    set(f, B, SET | H24);
    assert_int_equal(get(f, A), 0x26);
}

static uint64_t host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* Polls until UIP has that level, without an access of anything else; returns how often. */
static unsigned await_uip(struct fixture *f, unsigned level)
{
    unsigned polls = 1;
    while (get(f, A) >> 7 != (int)level) {
        polls++;
    }
    return polls;
}

/* In real time: from update to update takes a second of the guest, but not of the host; until the
 * guest is some seconds ahead. */
static void who_only_polls_need_not_wait(void **state)
{
    struct fixture f;
    ports_machine_init(&f.pm);
    sched_destroy(f.pm.machine->sched);
    struct sched *sched = f.pm.machine->sched = sched_create(false, 0);
    mc146818_create(f.pm.machine, f.pm.ports, line_irq(f.pm.lines));
    uint64_t start = host_ns() - sched_now(sched);
    uint8_t shown = get(&f, 0);
    await_uip(&f, 1);
    for (unsigned second = 0; second < 3; second++) {
        uint64_t update = sched_now(sched);
        assert_in_range(await_uip(&f, 0), 1, 40);
        assert_int_not_equal(get(&f, 0), shown);
        shown = get(&f, 0);
        assert_in_range(await_uip(&f, 1), 1, 40);
        assert_in_range(sched_now(sched) - update, SECOND - 10 * MS, SECOND + SECOND / 2);
    }
    for (unsigned i = 0; i < 10000; i++) {
        get(&f, A);
    }
    assert_in_range(sched_now(sched) - (host_ns() - start), 3 * SECOND, 5 * SECOND);
    ports_machine_free(&f.pm);
}

static void updates_interrupt(void **state)
{
    struct fixture *f = *state;
    get(f, C);
    set(f, B, UIE | H24);
    pass(f->pm.machine, SECOND - US);
    assert_false(f->pm.lines[0].level);
    pass(f->pm.machine, US);
    assert_true(f->pm.lines[0].level);
    assert_int_equal(get(f, C) & 0xb0, 0x90);
    assert_false(f->pm.lines[0].level);
    assert_int_equal(get(f, C), 0);
    for (unsigned i = 0; i < 10; i++) {
        pass(f->pm.machine, SECOND);
        assert_int_equal(f->pm.lines[0].rises, i + 2);
        get(f, C);
    }
    pass(f->pm.machine, SECOND);
    fake_machine_reset(f->pm.machine);
    assert_false(f->pm.lines[0].level);
    assert_int_equal(get(f, B), H24);
}

static void the_alarm_rings(void **state)
{
    struct fixture *f = *state;
    set(f, 1, 0x05);
    set(f, 3, 0x00);
    set(f, 5, 0x00);
    get(f, C);
    set(f, B, AIE | H24);
    pass(f->pm.machine, 15 * SECOND - US);
    assert_false(f->pm.lines[0].level);
    pass(f->pm.machine, US);
    assert_true(f->pm.lines[0].level);
    assert_int_equal(get(f, C) & 0xa0, 0xa0);
    pass(f->pm.machine, SECOND * 86399);
    assert_false(f->pm.lines[0].level);
    pass(f->pm.machine, SECOND);
    assert_true(f->pm.lines[0].level);
    set(f, 3, 0xff); /* each minute of each hour */
    set(f, 5, 0xc0);
    get(f, C);
    unsigned rises = f->pm.lines[0].rises;
    for (unsigned i = 0; i < 130; i++) {
        pass(f->pm.machine, SECOND * 60);
        get(f, C);
    }
    assert_int_equal(f->pm.lines[0].rises - rises, 130);
    set(f, B, H24); /* the flag comes without its interrupt too, and late */
    pass(f->pm.machine, SECOND * 86400 * 3);
    assert_int_equal(get(f, C) & 0xa0, 0x20);
}

static void periodic_interrupts_have_their_rate(void **state)
{
    static const unsigned hz[16] = {0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                    256, 128, 64,  32,   16,   8,    4,    2};
    struct fixture *f = *state;
    set(f, B, PIE | H24);
    for (unsigned rate = 0; rate < 16; rate++) {
        set(f, A, (uint8_t)(0x20 | rate));
        get(f, C);
        unsigned count = 0;
        uint64_t end = sched_now(f->pm.machine->sched) + SECOND;
        while (sched_now(f->pm.machine->sched) < end) {
            pass(f->pm.machine, 50 * US);
            if (f->pm.lines[0].level) {
                assert_int_equal(get(f, C) & 0xc0, 0xc0);
                count++;
            }
        }
        assert_in_range(count, hz[rate] ? hz[rate] - 1 : 0, hz[rate] + (hz[rate] != 0));
    }
}

static void the_rest_is_memory(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 14; i < 128; i++) {
        set(f, i | 0x80, (uint8_t)(i * 3)); /* bit 7 is not the chip's */
    }
    fake_machine_reset(f->pm.machine);
    for (unsigned i = 14; i < 128; i++) {
        assert_int_equal(get(f, i), (uint8_t)(i * 3));
    }
    set(f, D, 0);
    assert_int_equal(get(f, D), 0x80);
    set(f, C, 0xff);
    assert_int_equal(get(f, C), 0);
    assert_int_equal(in(&f->pm, 0x70), 0);
}

static void random_accesses_do_no_harm(void **state)
{
    static const uint16_t ports[] = {0x70, 0x71, 0x71};
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 3000; i++) {
        random_accesses(&f->pm, ports, 3, 20, &random);
        set(f, next_random(&random) % 14, (uint8_t)next_random(&random));
        pass(f->pm.machine, next_random(&random) % (SECOND / 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(it_starts_at_the_hosts_date_and_runs),
        TEST(dates_of_the_host_are_right),
        TEST(modes_of_numbers_and_hours),
        TEST(set_stops_the_time),
        TEST(uip_precedes_each_update),
        cmocka_unit_test(who_only_polls_need_not_wait),
        TEST(updates_interrupt),
        TEST(the_alarm_rings),
        TEST(periodic_interrupts_have_their_rate),
        TEST(the_rest_is_memory),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
