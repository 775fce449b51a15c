#include "core/sched/sched.h"

#include "core/base/check.h"
#include "core/sched/alarm.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_SECOND = 1000000000 };
/* 2026-01-01 00:00:00 UTC: what real-time clocks start from in counted time unless told
 * otherwise. */
#define DEFAULT_EPOCH INT64_C(1767225600)

struct sched {
    bool counted;
    unsigned shift;
    int wake_fd;
    uint64_t start;   /* real: host's monotonic ns less virtual ns */
    uint64_t insns;   /* counted: accounted instructions */
    uint64_t skipped; /* counted: ns jumped over while halted */
    int64_t epoch;
    uint64_t next_order;
    struct sched_event *events; /* by deadline, then order */
    uint64_t (*pending)(void *opaque);
    void *pending_opaque;
    void (*alarm)(void *opaque);
    void *alarm_opaque;
    struct alarm *thread; /* real mode, once an alarm is wanted */
};

static uint64_t host_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

struct sched *sched_create(bool counted, unsigned shift)
{
    CHECK(shift <= 10);
    struct sched *sched = calloc(1, sizeof(*sched));
    CHECK(sched);
    sched->counted = counted;
    sched->shift = shift;
    sched->epoch = DEFAULT_EPOCH;
    sched->start = host_ns(CLOCK_MONOTONIC);
    sched->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (sched->wake_fd < 0) {
        free(sched);
        return NULL;
    }
    return sched;
}

void sched_destroy(struct sched *sched)
{
    if (!sched) {
        return;
    }
    alarm_destroy(sched->thread);
    close(sched->wake_fd);
    free(sched);
}

uint64_t sched_now(struct sched *sched)
{
    if (!sched->counted) {
        return host_ns(CLOCK_MONOTONIC) - sched->start;
    }
    uint64_t insns = sched->insns;
    if (sched->pending) {
        insns += sched->pending(sched->pending_opaque);
    }
    return (insns << sched->shift) + sched->skipped;
}

int64_t sched_wall_seconds(struct sched *sched)
{
    if (sched->counted) {
        return sched->epoch + (int64_t)(sched_now(sched) / NS_PER_SECOND);
    }
    return (int64_t)time(NULL);
}

void sched_set_epoch(struct sched *sched, int64_t seconds)
{
    sched->epoch = seconds;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void unlink_event(struct sched *sched, struct sched_event *event)
{
    struct sched_event **link = &sched->events;
    while (*link != event) {
        CHECK(*link);
        link = &(*link)->next;
    }
    *link = event->next;
    event->next = NULL;
    event->armed = false;
}

/* What the CPUs were told about the next deadline no longer holds: make them look again. */
static void nearer_deadline(struct sched *sched)
{
    if (sched->thread) {
        alarm_set(sched->thread, sched->start + sched->events->deadline);
    } else if (sched->counted && sched->alarm) {
        sched->alarm(sched->alarm_opaque);
    }
}

uint64_t sched_skip(struct sched *sched, uint64_t to)
{
    uint64_t now = sched_now(sched);
    if (sched->events && sched->events->deadline < to) {
        to = sched->events->deadline;
    }
    if (sched->counted || to <= now) {
        return 0;
    }
    sched->start -= to - now;
    if (sched->events) {
        nearer_deadline(sched);
    }
    return to - now;
}

void sched_arm(struct sched *sched, struct sched_event *event, uint64_t deadline)
{
    if (event->armed) {
        unlink_event(sched, event);
    }
    event->deadline = deadline;
    event->order = sched->next_order++;
    event->armed = true;
    struct sched_event **link = &sched->events;
    while (*link && (*link)->deadline <= deadline) {
        link = &(*link)->next;
    }
    event->next = *link;
    *link = event;
    if (sched->events == event) {
        nearer_deadline(sched);
    }
}

void sched_cancel(struct sched *sched, struct sched_event *event)
{
    if (event->armed) {
        unlink_event(sched, event);
    }
}

uint64_t sched_next(const struct sched *sched)
{
    return sched->events ? sched->events->deadline : UINT64_MAX;
}

uint64_t sched_run(struct sched *sched)
{
    if (!sched->events) {
        return UINT64_MAX;
    }
    uint64_t now = sched_now(sched);
    /* Events armed from here on wait for the next call, so that one which arms itself for the past
     * cannot keep us here. */
    uint64_t limit = sched->next_order;
    for (struct sched_event *event = sched->events; event && event->deadline <= now;) {
        if (event->order >= limit) {
            event = event->next;
            continue;
        }
        unlink_event(sched, event);
        event->fn(event->opaque, now - event->deadline);
        event = sched->events; /* fn may have changed the list */
    }
    if (sched->events && sched->thread) {
        alarm_set(sched->thread, sched->start + sched->events->deadline);
    }
    return sched_next(sched);
}

/* ---- counted time ---------------------------------------------------------------------------- */

int64_t sched_slice(struct sched *sched, int64_t limit)
{
    if (!sched->events) {
        return limit;
    }
    uint64_t now = sched_now(sched), deadline = sched->events->deadline;
    if (deadline <= now) {
        return 1;
    }
    uint64_t insns = (deadline - now + (UINT64_C(1) << sched->shift) - 1) >> sched->shift;
    return insns < (uint64_t)limit ? (int64_t)insns : limit;
}

void sched_account(struct sched *sched, uint64_t insns)
{
    sched->insns += insns;
}

void sched_set_pending(struct sched *sched, uint64_t (*pending)(void *opaque), void *opaque)
{
    sched->pending = pending;
    sched->pending_opaque = opaque;
}

/* ---- sleeping -------------------------------------------------------------------------------- */

static bool woken(struct sched *sched)
{
    uint64_t count;
    return read(sched->wake_fd, &count, sizeof(count)) == sizeof(count);
}

bool sched_sleep(struct sched *sched)
{
    struct timespec timeout, *wait = NULL;
    if (sched->events) {
        uint64_t now = sched_now(sched), deadline = sched->events->deadline;
        if (sched->counted) {
            sched->skipped += deadline > now ? deadline - now : 0;
            return !woken(sched);
        }
        if (deadline <= now) {
            return true;
        }
        timeout.tv_sec = (time_t)((deadline - now) / NS_PER_SECOND);
        timeout.tv_nsec = (long)((deadline - now) % NS_PER_SECOND);
        wait = &timeout;
    }
    struct pollfd fd = {.fd = sched->wake_fd, .events = POLLIN};
    ppoll(&fd, 1, wait, NULL);
    return !woken(sched);
}

void sched_wake(struct sched *sched)
{
    int error = errno;
    const uint64_t one = 1;
    ssize_t written = write(sched->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter wakes as well */
    errno = error;
}

void sched_set_alarm(struct sched *sched, void (*fn)(void *opaque), void *opaque)
{
    alarm_destroy(sched->thread);
    sched->thread = NULL;
    sched->alarm = fn;
    sched->alarm_opaque = opaque;
    if (!sched->counted && fn) {
        sched->thread = alarm_create(fn, opaque);
        if (sched->events) {
            alarm_set(sched->thread, sched->start + sched->events->deadline);
        }
    }
}
