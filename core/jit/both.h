/* --engine=both: each region is first tried in the interpreter, undone, and then run by the host;
 * at its exit both must have come to the same. Internal to core/jit. */
#ifndef CORE_JIT_BOTH_H
#define CORE_JIT_BOTH_H

#include "core/jit/codes.h"

/* Enters the translation like host_ops.enter(); returns enum jit_exit, exceptions included. A
 * difference is printed with all there is to know about the region, and ends
 * the process (CHECK). */
unsigned jit_both_enter(struct cpu *cpu, const struct jit_entry *entry);

#endif
