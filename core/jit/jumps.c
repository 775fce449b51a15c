#include "core/jit/jumps.h"

#include "core/base/mem.h"
#include "core/jit/codes.h"

#include <stdlib.h>

enum { JUMPS_ENTRIES = 1 << JUMP_ENTRY_BITS };

static void jumps_empty(struct jump_entry *entries)
{
    for (unsigned i = 0; i < JUMPS_ENTRIES; i++) {
        entries[i] = JUMP_ENTRY_UNUSED;
    }
}

static struct jump_entry *jumps_create(void)
{
    struct jump_entry *entries = mem_resize(NULL, JUMPS_ENTRIES * sizeof(*entries));
    jumps_empty(entries);
    return entries;
}

void jit_jumps_init(struct jit_jumps *jumps)
{
    *jumps = (struct jit_jumps){.none = jumps_create()};
}

void jit_jumps_free(struct jit_jumps *jumps)
{
    for (unsigned i = 0; i < jumps->count; i++) {
        free(jumps->caches[i].entries);
    }
    free(jumps->none);
}

struct jump_entry *jit_jumps_of(const struct jit_jumps *jumps, uint32_t mode)
{
    for (unsigned i = 0; i < jumps->count; i++) {
        if (jumps->caches[i].mode == mode) {
            return jumps->caches[i].entries;
        }
    }
    return jumps->none;
}

void jit_jumps_add(struct jit_jumps *jumps, const struct jit_entry *entry)
{
    struct jump_entry *entries = jit_jumps_of(jumps, entry->mode);
    if (entries == jumps->none) {
        if (jumps->count < JIT_JUMP_MODES) {
            jumps->next = jumps->count++;
            jumps->caches[jumps->next].entries = jumps_create();
        } else {
            jumps->next = (jumps->next + 1) % JIT_JUMP_MODES;
            jumps_empty(jumps->caches[jumps->next].entries);
        }
        jumps->caches[jumps->next].mode = entry->mode;
        entries = jumps->caches[jumps->next].entries;
    }
    entries[jump_index((uint32_t)entry->pc)] =
        (struct jump_entry){.pc = (uint32_t)entry->pc, .page = entry->page, .code = entry->host};
}

void jit_jumps_remove(struct jit_jumps *jumps, const struct jit_entry *entry)
{
    struct jump_entry *jump = &jit_jumps_of(jumps, entry->mode)[jump_index((uint32_t)entry->pc)];
    if (jump->code == entry->host) {
        *jump = JUMP_ENTRY_UNUSED;
    }
}
