/* What of the run loop translated code calls. Internal to core/jit. */
#ifndef CORE_JIT_RUN_H
#define CORE_JIT_RUN_H

#include "core/cpu/cpu.h"

#include <stdint.h>

/* host_options.follow. What is asked of the CPU is seen to at the entry. */
const uint8_t *jit_follow(struct cpu *cpu);

#endif
