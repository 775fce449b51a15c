/* A trial run of guest code whose effects on memory are noted and can be undone. */
#ifndef CORE_CPU_TRIAL_H
#define CORE_CPU_TRIAL_H

#include "core/cpu/cpu.h"

struct trial_store {
    uint8_t *host;
    uint64_t before, after; /* the low `size` bytes count */
    unsigned size;
};

struct cpu_trial {
    struct trial_store *stores;
    size_t count, cap;
};

/* A store to RAM is about to happen during a trial. */
void trial_note_store(struct cpu_trial *trial, uint8_t *host, unsigned size, uint64_t value);
/* Writes back what the stores replaced, latest first. */
void trial_undo(const struct cpu_trial *trial);

/* During a trial something would happen that cannot be undone (a device, a system register): gives
 * the trial up by cpu_leave(JIT_EXIT_UNTRIED). Outside a trial it does nothing. */
static inline void trial_forbid(struct cpu *cpu)
{
    if (cpu->trial) {
        cpu_leave(cpu, JIT_EXIT_UNTRIED);
    }
}

#endif
