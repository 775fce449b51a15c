#include "core/machine/profile.h"

#include "core/base/check.h"
#include "core/machine/machine.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    PROFILE_BITS = 17,
    PROFILE_ROWS = 1 << PROFILE_BITS,
    PROFILE_TRIES = 64,
    INTERVAL_NS = 1000000
};

struct profile {
    struct machine *machine;
    timer_t timer;
    bool ticking;
    uint64_t lost;
    struct profile_row rows[PROFILE_ROWS]; /* a hash table by pc; no counts: free */
};

struct profile *profile_create(void)
{
    struct profile *profile = calloc(1, sizeof(*profile));
    CHECK(profile);
    return profile;
}

void profile_destroy(struct profile *profile)
{
    free(profile);
}

static bool profile_row_used(const struct profile_row *row)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < JIT_SAMPLE_KINDS; i++) {
        sum |= row->counts[i];
    }
    return sum;
}

static void profile_count(struct profile *profile, const struct jit_sample *sample, uint32_t weight)
{
    uint64_t hash = (sample->pc * 2 + sample->privileged) * UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned i = 0; i < PROFILE_TRIES; i++) {
        struct profile_row *row =
            &profile->rows[((hash >> (64 - PROFILE_BITS)) + i) % PROFILE_ROWS];
        if (!profile_row_used(row)) {
            row->pc = sample->pc;
            row->privileged = sample->privileged;
        }
        if (row->pc == sample->pc && row->privileged == sample->privileged) {
            row->counts[sample->kind] += weight;
            return;
        }
    }
    profile->lost += weight;
}

static void profile_tick(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    struct profile *profile = info->si_value.sival_ptr;
    const struct machine *machine = profile->machine;
    const struct cpu *cpu = machine->running ? machine->running : machine->cpus[0];
    struct jit_sample sample;
    jit_sample(machine->jit, cpu, context, &sample);
    /* The kernel looks at CPU clocks less often than each millisecond. */
    profile_count(profile, &sample, 1 + (uint32_t)info->si_overrun);
}

void profile_begin(struct profile *profile, struct machine *machine)
{
    struct sigaction action = {.sa_sigaction = profile_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF, .sigev_value.sival_ptr = profile};
    event._sigev_un._tid = gettid(); /* glibc has no other name for it */
    struct itimerspec interval = {{0, INTERVAL_NS}, {0, INTERVAL_NS}};
    profile->machine = machine;
    sigaction(SIGPROF, &action, NULL);
    profile->ticking = !timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &profile->timer);
    if (profile->ticking) {
        timer_settime(profile->timer, 0, &interval, NULL);
    }
}

void profile_end(struct profile *profile)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}; /* one may be under way still */
    if (profile->ticking) {
        timer_delete(profile->timer);
    }
    sigaction(SIGPROF, &ignore, NULL);
    profile->ticking = false;
}

const struct profile_row *profile_rows(struct profile *profile, unsigned *count, uint64_t *lost)
{
    *count = 0;
    for (unsigned i = 0; i < PROFILE_ROWS; i++) {
        if (profile_row_used(&profile->rows[i])) {
            profile->rows[(*count)++] = profile->rows[i];
        }
    }
    *lost = profile->lost;
    return profile->rows;
}
