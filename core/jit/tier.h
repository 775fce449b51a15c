/* The second tier. Regions are first translated by few passes (opt_run_quick). Every now and then
 * the run loop is asked where the CPU is; a region that is met is probably hot: it is translated
 * anew by all passes on a thread of its own, from a copy of its page, and installed by the
 * machine's thread between two runs of translated code, if the page still holds the same bytes.
 * Internal to core/jit.
 *
 * In real time the thread asks, by the clock. Where all has to be repeatable (jit_config), the
 * beginning of each slice of instructions counts as asked, and installing has a fixed distance in
 * instructions from there.
 */
#ifndef CORE_JIT_TIER_H
#define CORE_JIT_TIER_H

#include "core/jit/codes.h"

struct jit_tier;

/* NULL if the configuration does not ask for it. */
struct jit_tier *jit_tier_create(struct jit *jit);
void jit_tier_destroy(struct jit_tier *tier); /* NULL is allowed */

/* A CPU begins to run, and ends: the thread asks only in between. */
void jit_tier_begin(struct jit_tier *tier);
void jit_tier_end(struct jit_tier *tier);

/* Whether the run loop is to say where the CPU is. */
bool jit_tier_asks(const struct jit_tier *tier);
/* The CPU is about to run `entry`. */
void jit_tier_sample(struct jit_tier *tier, const struct cpu *cpu, const struct jit_entry *entry);

/* Whether there is something to install (in real time). */
bool jit_tier_ready(const struct jit_tier *tier);
/* Installs it; nothing runs in translated code. */
void jit_tier_install(struct jit_tier *tier);

#endif
