/* Collects the guest blocks of one page into one region. Internal to core/jit. */
#ifndef CORE_JIT_REGION_H
#define CORE_JIT_REGION_H

#include "core/jit/guest.h"
#include "core/jit/pages.h"

enum {
    REGION_MAX_BLOCKS = 48,      /* guest blocks of a region */
    REGION_MAX_INSNS = 384,      /* no new block is begun past so many guest instructions */
    REGION_MAX_BLOCK_INSNS = 96, /* a block is ended after so many */
};

/* A guest block that a region knows. */
struct region_block {
    uint64_t pc;
    uint32_t block; /* of the IR */
    bool begun;
};

/* A conditional branch out of the region: a block with only a GOTO, made at the end. */
struct region_leave {
    uint64_t pc;
    uint32_t block;
};

struct jit_region_builder {
    struct guest_region guest; /* first: the front end sees only this */
    /* Whether another region has this block already: it is gone to then, not translated again. May
     * be NULL. */
    bool (*known)(void *opaque, uint64_t pc);
    void *opaque;
    struct region_block blocks[REGION_MAX_BLOCKS];
    unsigned block_count;
    uint64_t starts[JIT_PAGE_STARTS / 64]; /* places of the page where blocks begin */
    unsigned pending[REGION_MAX_BLOCKS];   /* indices into blocks, not begun */
    unsigned pending_count;
    struct region_leave leaves[2 * REGION_MAX_BLOCKS];
    unsigned leave_count;
    bool lazy;         /* some block depends on lazy bits of the mode */
    uint64_t lines[2]; /* what was read of the page, and of the next: one bit a line */
};

/* Translates from `pc` on into `ir`, which is emptied first. */
void region_build(struct jit_region_builder *builder, const struct guest_ops *ops,
                  const struct guest_code *code, struct ir_region *ir, uint64_t pc);

#endif
