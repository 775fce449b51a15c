/* The run loop: ends, resets, posts, sleep, counted time; with small programs. */
#include "tests/arm/board.h"

#include <pthread.h>
#include <unistd.h>

/* PSCI calls (DEN 0022). */
static const uint32_t off[] = {0xe3a00008, 0xe3800484, 0xe1400070, 0xeafffffe};
static const uint32_t reset[] = {0xe3a00009, 0xe3800484, 0xe1400070, 0xeafffffe};
static const uint32_t loop[] = {0xe2811001, 0xeafffffd};           /* add r1, r1, #1; b . - 4 */
static const uint32_t sleep_for_ever[] = {0xe320f003, 0xeafffffd}; /* wfi; b . - 4 */

/* Sends 0 through the UART and turns itself off at the second start: counts starts in RAM, which a
 * reset keeps. */
static const uint32_t reset_once[] = {
    0xe3a01441, /* mov r1, #0x41000000 */
    0xe5912000, /* ldr r2, [r1] */
    0xe2822001, /* add r2, r2, #1 */
    0xe5812000, /* str r2, [r1] */
    0xe3520002, /* cmp r2, #2 */
    0x03a00008, /* moveq r0, #8 (off) */
    0x13a00009, /* movne r0, #9 (reset) */
    0xe3800484, /* orr r0, r0, #0x84000000 */
    0xe1400070, /* hvc #0 */
    0xeafffffe,
};

/* Waits 100000 ticks of the virtual timer in wfi, then off. The interrupt is not taken: it only
 * wakes. */
static const uint32_t timer[] = {
    0xe3a01408, /* mov r1, #0x08000000: distributor */
    0xe3a02001, /* mov r2, #1 */
    0xe5812000, /* str r2, [r1]: GICD_CTLR */
    0xe3a03302, /* mov r3, #0x08000000 (ID 27) */
    0xe5813100, /* str r3, [r1, #0x100]: ISENABLER0 */
    0xe2811801, /* add r1, r1, #0x10000: CPU interface */
    0xe5812000, /* str r2, [r1]: GICC_CTLR */
    0xe3a030ff, /* mov r3, #0xff */
    0xe5813004, /* str r3, [r1, #4]: PMR */
    0xe3a03b62, /* mov r3, #0x18800 (100352) */
    0xee0e3f13, /* mcr p15, 0, r3, c14, c3, 0: CNTV_TVAL */
    0xee0e2f33, /* mcr p15, 0, r2, c14, c3, 1: CNTV_CTL */
    0xe320f003, /* wfi */
    0xe3a00008, 0xe3800484, 0xe1400070, 0xeafffffe,
};

static enum machine_end run(const uint32_t *code, size_t size, enum jit_engine engine, bool counted,
                            bool no_reboot, uint64_t *now, uint64_t *hash)
{
    struct board_setup setup;
    board_setup(&setup, code, size);
    setup.config.engine = engine;
    setup.config.counted = counted;
    setup.config.no_reboot = no_reboot;
    struct machine *machine = board_make(&setup);
    if (!machine) {
        fail_msg("%s", setup.message);
    }
    enum machine_end end = machine_run(machine);
    if (now) {
        *now = sched_now(machine->sched);
    }
    if (hash) {
        *hash = machine_hash(machine);
    }
    machine_destroy(machine);
    return end;
}

static const enum jit_engine engines[] = {JIT_ENGINE_JIT, JIT_ENGINE_INTERP};
#define EACH_ENGINE(i) (unsigned i = 0; i < 2; i++)

static void the_guest_can_power_off(void **state)
{
    for
        EACH_ENGINE(i)
        {
            for (int counted = 0; counted < 2; counted++) {
                assert_int_equal(run(off, sizeof(off), engines[i], counted, false, NULL, NULL),
                                 MACHINE_POWER_OFF);
            }
        }
}

static void a_reset_starts_again_or_ends(void **state)
{
    for
        EACH_ENGINE(i)
        {
            assert_int_equal(run(reset, sizeof(reset), engines[i], false, true, NULL, NULL),
                             MACHINE_RESET);
            assert_int_equal(
                run(reset_once, sizeof(reset_once), engines[i], false, false, NULL, NULL),
                MACHINE_POWER_OFF);
        }
}

static void waiting_for_the_timer_takes_its_time(void **state)
{
    for
        EACH_ENGINE(i)
        {
            for (int counted = 0; counted < 2; counted++) {
                uint64_t now;
                assert_int_equal(run(timer, sizeof(timer), engines[i], counted, false, &now, NULL),
                                 MACHINE_POWER_OFF);
                assert_true(now >= 100352 * 16);
                if (counted) {
                    assert_true(now < 100352 * 16 + 1000);
                }
            }
        }
}

static void counted_runs_repeat(void **state)
{
    uint64_t hash[3], now[3];
    for (unsigned i = 0; i < 3; i++) {
        run(timer, sizeof(timer), i == 2 ? JIT_ENGINE_INTERP : JIT_ENGINE_JIT, true, false, &now[i],
            &hash[i]);
        assert_int_equal(now[i], now[0]);
        assert_int_equal(hash[i], hash[0]);
    }
}

/* In real time too, if asked for: two, 2 * 50000, and the three of the call. */
static void instructions_can_be_counted(void **state)
{
    static const uint32_t code[] = {
        0xe3a01cc3,             /* mov r1, #49920 */
        0xe2811050,             /* add r1, r1, #80 */
        0xe2511001, 0x1afffffd, /* subs r1, r1, #1; bne . - 4 */
        0xe3a00008, 0xe3800484, 0xe1400070, 0xeafffffe,
    };
    for (unsigned i = 0; i < 4; i++) {
        struct board_setup setup;
        board_setup(&setup, code, sizeof(code));
        setup.config.engine = engines[i & 1];
        setup.config.counted = i >> 1;
        setup.config.count_insns = true;
        struct machine *machine = board_make(&setup);
        assert_non_null(machine);
        assert_int_equal(machine_run(machine), MACHINE_POWER_OFF);
        assert_int_equal(machine->cpus[0]->insns, 2 + 2 * 50000 + 3);
        machine_destroy(machine);
    }
}

struct outside {
    struct machine *machine;
    char text[8];
    unsigned length;
};

static void note(struct machine *machine, void *opaque, const void *data, size_t size)
{
    struct outside *outside = opaque;
    memcpy(outside->text + outside->length, data, size);
    outside->length += (unsigned)size;
}

static void *from_outside(void *opaque)
{
    struct outside *outside = opaque;
    usleep(5000);
    machine_post(outside->machine, note, outside, "ab", 2);
    machine_post(outside->machine, note, outside, "c", 1);
    usleep(5000);
    machine_post(outside->machine, note, outside, "d", 2);
    usleep(5000);
    machine_stop(outside->machine, MACHINE_QUIT);
    machine_stop(outside->machine, MACHINE_TIME_LIMIT); /* the first reason counts */
    return NULL;
}

static void others_can_post_and_stop(void **state)
{
    static const struct {
        const uint32_t *code;
        size_t size;
    } programs[] = {{loop, sizeof(loop)}, {sleep_for_ever, sizeof(sleep_for_ever)}};
    for (unsigned i = 0; i < 8; i++) {
        struct board_setup setup;
        board_setup(&setup, programs[i & 1].code, programs[i & 1].size);
        setup.config.counted = i >> 1 & 1;
        setup.config.engine = engines[i >> 2];
        struct outside outside = {.machine = board_make(&setup)};
        pthread_t thread;
        assert_non_null(outside.machine);
        pthread_create(&thread, NULL, from_outside, &outside);
        assert_int_equal(machine_run(outside.machine), MACHINE_QUIT);
        pthread_join(thread, NULL);
        assert_string_equal(outside.text, "abcd");
        machine_destroy(outside.machine);
    }
}

static void two_machines_live_side_by_side(void **state)
{
    struct board_setup setup[2];
    struct machine *machines[2];
    for (unsigned i = 0; i < 2; i++) {
        board_setup(&setup[i], off, sizeof(off));
        machines[i] = board_make(&setup[i]);
        assert_non_null(machines[i]);
    }
    assert_int_equal(machine_run(machines[1]), MACHINE_POWER_OFF);
    assert_int_equal(machine_run(machines[0]), MACHINE_POWER_OFF);
    machine_destroy(machines[0]);
    machine_destroy(machines[1]);
}

static void randomness_repeats_when_it_has_to(void **state)
{
    uint64_t numbers[4];
    for (unsigned i = 0; i < 4; i++) {
        struct board_setup setup;
        board_setup(&setup, off, sizeof(off));
        setup.config.counted = i < 2;
        struct machine *machine = board_make(&setup);
        machine_random(machine, &numbers[i], sizeof(numbers[i]));
        machine_destroy(machine);
    }
    assert_int_equal(numbers[0], numbers[1]);
    assert_int_not_equal(numbers[2], numbers[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_can_power_off),
        cmocka_unit_test(a_reset_starts_again_or_ends),
        cmocka_unit_test(waiting_for_the_timer_takes_its_time),
        cmocka_unit_test(counted_runs_repeat),
        cmocka_unit_test(instructions_can_be_counted),
        cmocka_unit_test(others_can_post_and_stop),
        cmocka_unit_test(two_machines_live_side_by_side),
        cmocka_unit_test(randomness_repeats_when_it_has_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
