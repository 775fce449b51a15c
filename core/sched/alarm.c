#include "core/sched/alarm.h"

#include "core/base/check.h"
#include "core/base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct alarm {
    void (*fn)(void *opaque);
    void *opaque;
    int timer;
    pthread_t thread;
    pthread_mutex_t lock; /* of `programmed` together with the timer */
    _Atomic uint64_t deadline;
    _Atomic uint64_t programmed; /* what the timer is set to; UINT64_MAX: it is not running */
    _Atomic bool quit;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void program(struct alarm *alarm, uint64_t deadline)
{
    struct itimerspec spec = {
        .it_value = {(time_t)(deadline / 1000000000), (long)(deadline % 1000000000)}};
    if (!deadline) {
        spec.it_value.tv_nsec = 1; /* zero would stop it */
    }
    alarm->programmed = deadline;
    timerfd_settime(alarm->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

void alarm_set(struct alarm *alarm, uint64_t deadline)
{
    if (alarm->deadline == deadline) {
        return;
    }
    alarm->deadline = deadline;
    if (deadline < alarm->programmed) {
        pthread_mutex_lock(&alarm->lock);
        program(alarm, deadline);
        pthread_mutex_unlock(&alarm->lock);
    }
}

/* The timer ran out: either the deadline is there or it was put off meanwhile. */
static void expired(struct alarm *alarm)
{
    pthread_mutex_lock(&alarm->lock);
    alarm->programmed = UINT64_MAX; /* from here on alarm_set() programs, whatever it sets */
    uint64_t deadline = alarm->deadline;
    bool due = deadline <= now_ns() &&
               atomic_compare_exchange_strong(&alarm->deadline, &deadline, UINT64_MAX);
    if (!due && deadline != UINT64_MAX) {
        program(alarm, deadline);
    }
    pthread_mutex_unlock(&alarm->lock);
    if (due) {
        alarm->fn(alarm->opaque);
    }
}

static void *alarm_thread(void *opaque)
{
    struct alarm *alarm = opaque;
    while (!alarm->quit) {
        uint64_t count;
        if (read(alarm->timer, &count, sizeof(count)) == sizeof(count) && !alarm->quit) {
            expired(alarm);
        }
    }
    return NULL;
}

struct alarm *alarm_create(void (*fn)(void *opaque), void *opaque)
{
    struct alarm *alarm = calloc(1, sizeof(*alarm));
    CHECK(alarm);
    alarm->fn = fn;
    alarm->opaque = opaque;
    alarm->deadline = UINT64_MAX;
    alarm->programmed = UINT64_MAX;
    alarm->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    CHECK(alarm->timer >= 0);
    pthread_mutex_init(&alarm->lock, NULL);
    alarm->thread = thread_start(alarm_thread, alarm);
    return alarm;
}

void alarm_destroy(struct alarm *alarm)
{
    if (!alarm) {
        return;
    }
    alarm->quit = true;
    pthread_mutex_lock(&alarm->lock);
    program(alarm, 0);
    pthread_mutex_unlock(&alarm->lock);
    pthread_join(alarm->thread, NULL);
    close(alarm->timer);
    pthread_mutex_destroy(&alarm->lock);
    free(alarm);
}
