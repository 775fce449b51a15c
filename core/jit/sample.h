/* Where the CPU is, asked from a signal handler on its thread; and who is told of new code. */
#ifndef CORE_JIT_SAMPLE_H
#define CORE_JIT_SAMPLE_H

#include "core/jit/jit.h"

struct jit_code;

enum jit_sample_kind {
    JIT_SAMPLE_CODE,   /* in translated code */
    JIT_SAMPLE_CALLED, /* in C that it called: slow memory accesses, helpers, devices */
    JIT_SAMPLE_TRANSLATING,
    JIT_SAMPLE_ENGINE, /* in C between: finding translations, exceptions, events */
    JIT_SAMPLE_KINDS
};

struct jit_sample {
    uint64_t pc; /* of the guest, of about the instruction */
    bool privileged;
    enum jit_sample_kind kind;
};

/* `context`: the handler's ucontext. Only reads; async-signal-safe on the machine's thread. */
void jit_sample(const struct jit *jit, const struct cpu *cpu, const void *context,
                struct jit_sample *sample);

/* Tells the listener, if there is one, of a translation's blocks. Internal to core/jit. */
void jit_announce(const struct jit *jit, const struct jit_code *code);

#endif
