/* What every guest CPU has and offers. `struct cpu` is the first member of each target's state,
 * so one pointer serves both; translated code addresses the whole state from it.
 *
 * One CPU runs on the machine's thread; only cpu_kick() may be called from other threads. */
#ifndef CORE_CPU_CPU_H
#define CORE_CPU_CPU_H

#include "core/cpu/space.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct guest_ops;
struct jit;
struct log;
struct machine;
struct sched;

/* Why translated (or interpreted) code returned to the run loop. */
enum jit_exit {
    JIT_EXIT_LOOKUP,    /* guest pc is in the state: find its code and go on */
    JIT_EXIT_LINK,      /* the same, through an exit that can be linked (cpu->exit_site) */
    JIT_EXIT_BRANCH,    /* the same, where cpu->jumps is to have the code from now on */
    JIT_EXIT_POLL,      /* asked to: budget used up or cpu->poll set; pc is in the state */
    JIT_EXIT_EXCEPTION, /* cpu_raise(): the guest's take_exception is to be called */
    JIT_EXIT_UNTRIED,   /* a trial run met something that it cannot undo (core/cpu/trial.h) */
};

/* Requests to leave translated code, bits of cpu->poll. Each is more than any budget, so that one
 * comparison of the budget with cpu->poll tells whether to leave for either reason. */
enum cpu_poll {
    CPU_POLL_IRQ = 1 << 28,   /* an interrupt input changed */
    CPU_POLL_EVENT = 1 << 29, /* a scheduler event may be due, or another thread posted work */
    CPU_POLL_STOP = 1 << 30,  /* the machine is to stop or to be reset */
};
enum { CPU_BUDGET_MAX = CPU_POLL_IRQ - 1 };

enum { CPU_MAX = 8 /* of one machine */, CPU_HOST_SAVE_SIZE = 33 << 10 /* bytes */ };

/* The hot fields come last: translated code addresses the state from CPU_STATE_BIAS, so that they
 * and the target's first slots are within a one-byte displacement. */
struct cpu {
    const struct guest_ops *guest;
    struct jit *jit;
    struct bus *bus;
    struct sched *sched;
    const struct log *log;
    struct machine *machine; /* opaque here; for power calls of the target */
    struct space_cache *spaces;
    struct cpu_trial *trial; /* set while effects are noted to be undone (core/cpu/trial.h) */
    unsigned index;          /* of this CPU in its machine */
    bool halted;             /* waits for an interrupt; the run loop sleeps */
    bool stopped;            /* powered off (PSCI CPU_OFF): only a reset or CPU_ON wakes it */
    jmp_buf leave;           /* armed by the run loop: where cpu_leave() goes */
    uint64_t insns;          /* guest instructions completed in finished slices */
    struct ir_frame *frame;  /* of the interpreter while it runs, else NULL (ir_sync()) */
    _Alignas(16) uint64_t host_save[CPU_HOST_SAVE_SIZE / 8]; /* the host backend's own */

    /* Read and written by translated code; the host backend takes their offsets by offsetof. */
    uint64_t slow[4];         /* arguments and result of out-of-line memory accesses */
    struct jump_entry *jumps; /* inline cache of indirect branches in the present mode (jit.h) */
    uint32_t exit_site;       /* JIT_EXIT_LINK: which exit */
    uint32_t fp_live; /* set by the host while its own floating-point flags gather the guest's */
    uint64_t *table;  /* flat data table of the current space (core/cpu/space.h) */
    uint32_t *exec;   /* its table of executable pages, SPACE_DATA_BYTES behind `table` */
    _Atomic uint32_t poll; /* enum cpu_poll bits */
    int32_t budget;   /* counted guest instructions left in this slice, at most CPU_BUDGET_MAX */
    uint32_t counted; /* set while `budget` is maintained */
};
#define CPU_STATE_BIAS sizeof(struct cpu)

/* Asks the CPU to return to its run loop soon. Any thread. */
static inline void cpu_kick(struct cpu *cpu, uint32_t why)
{
    atomic_fetch_or(&cpu->poll, why);
}

/* ---- from helpers and slow paths, on the machine's thread ------------------------------------ */

/* The guest state in `cpu` is complete (see jit_sync): drop all host frames to the run loop. */
_Noreturn void cpu_leave(struct cpu *cpu, enum jit_exit why);

/* Makes the guest state precise for the current instruction: slots kept in host registers are
 * written back and the pc slot is set. Helpers with IR_EFFECT_EXITS call it (through
 * cpu_raise()) before they leave for good; it may be called only once per helper call, and the
 * helper must not return afterwards. Where the interpreter runs, ir_sync() does this. */
void jit_sync(struct cpu *cpu);

/* Brings the flags of the environment at guest->fp_env_offset up to date: translated code gathers
 * them in the host's floating-point unit. Helpers that read or write these flags call it first;
 * outside translated code they are always complete. */
void cpu_fp_sync(struct cpu *cpu);

/* jit_sync() and cpu_leave(JIT_EXIT_EXCEPTION). The target has recorded in its own state which
 * exception it is; its take_exception() is called with the precise state. */
_Noreturn void cpu_raise(struct cpu *cpu);

/* Memory accesses of helpers and slow paths: a miss in the table walks, fills, reaches devices, or
 * raises the guest's fault. `mem` as enum ir_mem without IR_MEM_WRITE; sizes up to 8. */
uint64_t cpu_load(struct cpu *cpu, uint64_t address, uint32_t mem);
void cpu_store(struct cpu *cpu, uint64_t address, uint64_t value, uint32_t mem);
/* Returns the old value. */
uint64_t cpu_cas(struct cpu *cpu, uint64_t address, uint64_t expected, uint64_t value,
                 uint32_t mem);

#endif
