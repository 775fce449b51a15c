/* A thread that calls a function when a point of the host's monotonic time has passed. */
#ifndef CORE_SCHED_ALARM_H
#define CORE_SCHED_ALARM_H

#include <stdint.h>

struct alarm;

struct alarm *alarm_create(void (*fn)(void *opaque), void *opaque);
void alarm_destroy(struct alarm *alarm);

/* The next call is due at `deadline` (CLOCK_MONOTONIC ns; UINT64_MAX: none). Putting it off costs
 * no system call: the thread wakes at the old time and goes on waiting. */
void alarm_set(struct alarm *alarm, uint64_t deadline);

#endif
