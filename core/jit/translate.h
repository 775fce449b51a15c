/* From guest code to a registered translation. Internal to core/jit. */
#ifndef CORE_JIT_TRANSLATE_H
#define CORE_JIT_TRANSLATE_H

#include "core/jit/codes.h"

/* The code page that is mapped executable at a guest address, found by its table of executable
 * pages or by a walk. NULL if there is none: the guest's exception is recorded, unless `probe`
 * (then nothing is changed). */
struct jit_page *jit_code_page(struct cpu *cpu, uint64_t address, bool probe);

/* Translates the region at the CPU's pc. The result can be used once if its `transient` is set:
 * what it was made from is incomplete. */
struct jit_entry *jit_translate(struct cpu *cpu, struct jit_page *page, uint64_t pc, uint32_t mode);

/* Registers a translation that the host has compiled from `ir`; the draft has no entries yet. */
struct jit_code *jit_code_add(struct jit *jit, const struct jit_code *draft,
                              const struct ir_region *ir);

/* Makes a translation for pc from one of the same code at another virtual page. */
struct jit_entry *jit_clone(struct jit *jit, const struct jit_entry *from, uint64_t pc);

#endif
