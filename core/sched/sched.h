/* The one source of guest-visible time, and what is to happen when.
 *
 * Two clocks. Real: virtual time follows the host's monotonic clock, sched_skip() apart.
 * Counted: virtual time is the number of executed guest instructions << shift, in ns; when every
 * CPU is halted it jumps to the next event. In counted time everything is repeatable.
 *
 * All functions but sched_wake() belong to the machine's thread. */
#ifndef CORE_SCHED_SCHED_H
#define CORE_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct sched;

struct sched_event {
    const char *name;
    /* `late`: how many ns after the deadline it runs. May arm itself or others again. */
    void (*fn)(void *opaque, uint64_t late);
    void *opaque;
    /* The scheduler's own. */
    uint64_t deadline;
    uint64_t order; /* equal deadlines run in the order they were armed */
    struct sched_event *next;
    bool armed;
};

/* counted: use the counted clock with that shift (0 .. 10). */
struct sched *sched_create(bool counted, unsigned shift);
void sched_destroy(struct sched *sched);

/* Virtual nanoseconds since the machine's start. */
uint64_t sched_now(struct sched *sched);
/* Real: has virtual time jump to `to`, or to the next event if that is nearer, and returns by how
 * many ns: for devices that see the guest do nothing but wait for them. Counted: 0. */
uint64_t sched_skip(struct sched *sched, uint64_t to);
/* Seconds since 1970 for real-time clocks: host time in real mode; a fixed epoch + virtual time in
 * counted mode (sched_set_epoch). */
int64_t sched_wall_seconds(struct sched *sched);
void sched_set_epoch(struct sched *sched, int64_t seconds);

void sched_arm(struct sched *sched, struct sched_event *event, uint64_t deadline);
void sched_cancel(struct sched *sched, struct sched_event *event);

/* Runs what is due. Returns the next deadline, UINT64_MAX if none. */
uint64_t sched_run(struct sched *sched);
/* The next deadline without running anything. */
uint64_t sched_next(const struct sched *sched);

/* Counted mode: instructions until the next event (at most `limit`), and accounting for them.
 * sched_now() within a slice asks `pending` for instructions executed but not yet accounted. */
int64_t sched_slice(struct sched *sched, int64_t limit);
void sched_account(struct sched *sched, uint64_t insns);
void sched_set_pending(struct sched *sched, uint64_t (*pending)(void *opaque), void *opaque);

/* All CPUs are halted: sleeps until the next event or sched_wake() (real), or jumps there
 * (counted). Returns false in counted mode if no event is armed and nothing was woken: only the
 * outside can go on, and it waits for that like real mode. */
bool sched_sleep(struct sched *sched);
/* Ends a sleep. Any thread, also from a signal handler. */
void sched_wake(struct sched *sched);

/* Calls fn from a helper thread about when the next deadline passes while CPUs run in real
 * mode (resolution about 0.5 ms): it only has to kick the CPU. */
void sched_set_alarm(struct sched *sched, void (*fn)(void *opaque), void *opaque);

#endif
