#include "core/sched/sched.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct trace {
    char text[64];
    struct sched *sched;
    struct sched_event *again;
    uint64_t late;
};

struct named {
    struct sched_event event;
    struct trace *trace;
    char letter;
};

static void note(void *opaque, uint64_t late)
{
    struct named *named = opaque;
    size_t length = strlen(named->trace->text);
    named->trace->text[length] = named->letter;
    named->trace->late = late;
    if (named->trace->again == &named->event) {
        sched_arm(named->trace->sched, &named->event, 0);
    }
}

static struct named make(struct trace *trace, char letter)
{
    return (struct named){.event = {.name = "test", .fn = note}, .trace = trace, .letter = letter};
}

static void arm(struct sched *sched, struct named *named, uint64_t deadline)
{
    named->event.opaque = named;
    sched_arm(sched, &named->event, deadline);
}

static void events_run_in_order_of_deadline_then_of_arming(void **state)
{
    struct sched *sched = sched_create(true, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a'), b = make(&trace, 'b'), c = make(&trace, 'c'),
                 d = make(&trace, 'd');
    arm(sched, &a, 30);
    arm(sched, &b, 10);
    arm(sched, &c, 20);
    arm(sched, &d, 10);
    assert_int_equal(sched_next(sched), 10);
    assert_int_equal(sched_run(sched), 10);
    assert_string_equal(trace.text, "");
    sched_account(sched, 25);
    assert_int_equal(sched_run(sched), 30);
    assert_string_equal(trace.text, "bdc");
    assert_int_equal(trace.late, 5);
    arm(sched, &a, 100); /* arming again moves it */
    assert_int_equal(sched_next(sched), 100);
    sched_cancel(sched, &a.event);
    assert_false(a.event.armed);
    assert_int_equal(sched_run(sched), UINT64_MAX);
    sched_destroy(sched);
}

static void an_event_armed_for_the_past_waits_for_the_next_run(void **state)
{
    struct sched *sched = sched_create(true, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a'), b = make(&trace, 'b');
    trace.again = &a.event;
    sched_account(sched, 100);
    arm(sched, &a, 5);
    arm(sched, &b, 50);
    assert_int_equal(sched_run(sched), 0);
    assert_string_equal(trace.text, "ab");
    assert_int_equal(sched_slice(sched, 1000), 1);
    sched_run(sched);
    assert_string_equal(trace.text, "aba");
    sched_destroy(sched);
}

static uint64_t seven(void *opaque)
{
    return 7;
}

static void counted_time_is_instructions_shifted(void **state)
{
    struct sched *sched = sched_create(true, 3);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a');
    sched_account(sched, 10);
    assert_int_equal(sched_now(sched), 80);
    sched_set_pending(sched, seven, NULL);
    assert_int_equal(sched_now(sched), 136);
    sched_set_pending(sched, NULL, NULL);
    arm(sched, &a, 81);
    assert_int_equal(sched_slice(sched, 1000), 1); /* rounded up */
    arm(sched, &a, 80 + 8 * 50);
    assert_int_equal(sched_slice(sched, 1000), 50);
    assert_int_equal(sched_slice(sched, 20), 20);
    assert_true(sched_sleep(sched)); /* jumps */
    assert_int_equal(sched_now(sched), 480);
    sched_run(sched);
    assert_string_equal(trace.text, "a");
    sched_set_epoch(sched, 1000);
    sched_account(sched, 1000000000 / 8);
    assert_int_equal(sched_wall_seconds(sched), 1001);
    sched_destroy(sched);
}

static void real_time_can_be_skipped(void **state)
{
    struct sched *sched = sched_create(false, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a');
    const uint64_t hour = UINT64_C(3600) * 1000000000;
    uint64_t before = sched_now(sched), skipped = sched_skip(sched, before + hour);
    assert_in_range(skipped, 1, hour);
    assert_true(sched_now(sched) >= before + hour);
    assert_true(sched_now(sched) < before + 2 * hour);
    arm(sched, &a, before + 2 * hour);
    sched_skip(sched, before + 100 * hour);
    sched_run(sched);
    assert_string_equal(trace.text, "a");
    assert_true(sched_now(sched) < before + 3 * hour);
    assert_int_equal(sched_skip(sched, before), 0);
    sched_destroy(sched);
    sched = sched_create(true, 0);
    assert_int_equal(sched_skip(sched, hour), 0);
    assert_int_equal(sched_now(sched), 0);
    sched_destroy(sched);
}

static void real_sleep_ends_at_the_deadline(void **state)
{
    struct sched *sched = sched_create(false, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a');
    uint64_t deadline = sched_now(sched) + 5000000;
    arm(sched, &a, deadline);
    while (sched_now(sched) < deadline) {
        assert_true(sched_sleep(sched));
    }
    sched_run(sched);
    assert_string_equal(trace.text, "a");
    sched_destroy(sched);
}

static void *wake(void *opaque)
{
    usleep(2000);
    sched_wake(opaque);
    return NULL;
}

static void a_wake_ends_a_sleep(void **state)
{
    for (int counted = 0; counted < 2; counted++) {
        struct sched *sched = sched_create(counted, 0);
        pthread_t thread;
        pthread_create(&thread, NULL, wake, sched);
        assert_false(sched_sleep(sched)); /* nothing is armed: it waits for the outside */
        pthread_join(thread, NULL);
        sched_wake(sched); /* before the sleep: not lost */
        assert_false(sched_sleep(sched));
        sched_destroy(sched);
    }
}

static void ring(void *opaque)
{
    atomic_fetch_add((_Atomic int *)opaque, 1);
}

static void wait_for(_Atomic int *count, int wanted)
{
    for (int i = 0; i < 2000 && *count < wanted; i++) {
        usleep(1000);
    }
    assert_true(*count >= wanted);
}

static void the_alarm_rings_when_a_deadline_passes(void **state)
{
    _Atomic int count = 0;
    struct sched *sched = sched_create(false, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a'), b = make(&trace, 'b');
    sched_set_alarm(sched, ring, &count);
    arm(sched, &a, sched_now(sched) + 3600 * UINT64_C(1000000000));
    arm(sched, &b, sched_now(sched) + 1000000);
    wait_for(&count, 1);
    sched_run(sched);
    assert_string_equal(trace.text, "b");
    /* Put off: the thread wakes at the old time and must not ring. */
    arm(sched, &b, sched_now(sched) + 2000000);
    arm(sched, &b, sched_now(sched) + 20000000);
    wait_for(&count, 2);
    assert_true(sched_now(sched) >= b.event.deadline);
    sched_destroy(sched);
}

static void counted_alarm_rings_at_once_for_a_nearer_deadline(void **state)
{
    _Atomic int count = 0;
    struct sched *sched = sched_create(true, 0);
    struct trace trace = {.sched = sched};
    struct named a = make(&trace, 'a'), b = make(&trace, 'b');
    sched_set_alarm(sched, ring, &count);
    arm(sched, &a, 100);
    assert_int_equal(count, 1);
    arm(sched, &b, 200);
    assert_int_equal(count, 1);
    arm(sched, &b, 50);
    assert_int_equal(count, 2);
    sched_destroy(sched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_run_in_order_of_deadline_then_of_arming),
        cmocka_unit_test(an_event_armed_for_the_past_waits_for_the_next_run),
        cmocka_unit_test(counted_time_is_instructions_shifted),
        cmocka_unit_test(real_time_can_be_skipped),
        cmocka_unit_test(real_sleep_ends_at_the_deadline),
        cmocka_unit_test(a_wake_ends_a_sleep),
        cmocka_unit_test(the_alarm_rings_when_a_deadline_passes),
        cmocka_unit_test(counted_alarm_rings_at_once_for_a_nearer_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
