/* The inline caches of indirect branches (struct jump_entry), one for each translation mode.
 * Internal to core/jit. */
#ifndef CORE_JIT_JUMPS_H
#define CORE_JIT_JUMPS_H

#include "core/jit/jit.h"

struct jit_entry;

/* Modes beyond these take a cache from another one. */
enum { JIT_JUMP_MODES = 8 };

struct jit_jumps {
    struct {
        uint32_t mode;
        struct jump_entry *entries;
    } caches[JIT_JUMP_MODES];
    unsigned count, next;    /* caches in use; which is taken next */
    struct jump_entry *none; /* always empty */
};

void jit_jumps_init(struct jit_jumps *jumps);
void jit_jumps_free(struct jit_jumps *jumps);

/* The cache for translations of a mode (without lazy bits); an empty one if none of them has
 * missed a branch yet. */
struct jump_entry *jit_jumps_of(const struct jit_jumps *jumps, uint32_t mode);
/* Branches in the entry's mode find it from now on, until it is removed or displaced. May take the
 * cache of another mode away, which no CPU may be using. */
void jit_jumps_add(struct jit_jumps *jumps, const struct jit_entry *entry);
void jit_jumps_remove(struct jit_jumps *jumps, const struct jit_entry *entry);

#endif
