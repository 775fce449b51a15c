/* What passes share that make a region's instructions anew: the old ones stay readable, the new
 * ones are appended, and operands are renamed from old to new values. */
#ifndef CORE_OPT_REBUILD_H
#define CORE_OPT_REBUILD_H

#include "core/ir/ir.h"

struct rebuild {
    struct ir_region *region;  /* under construction */
    const struct ir_inst *old; /* its instructions before */
    uint32_t *map;             /* old value to new value */
    /* Blocks in the order of their instructions, which is not that of their numbers. */
    uint32_t *order;
    uint32_t block_count;
};

/* Takes the instructions away from the region, which gets an array for at least `room` new ones.
 * Its blocks still are those of the old ones. */
void rebuild_begin(struct rebuild *b, struct ir_region *region, uint32_t room);

/* Appends a new instruction; returns its value. */
uint32_t rebuild_append(struct rebuild *b, struct ir_inst inst);

/* Renames the operands of an old instruction. */
static inline void rebuild_rename(const struct rebuild *b, struct ir_inst *inst)
{
    switch (ir_ops[inst->op].arity) {
    case 4:
        inst->d = b->map[inst->d];
        /* fall through */
    case 3:
        inst->c = b->map[inst->c];
        /* fall through */
    case 2:
        inst->b = b->map[inst->b];
        /* fall through */
    case 1:
        inst->a = b->map[inst->a];
    }
}

/* Appends an old instruction as it is, operands renamed; returns its new value. */
uint32_t rebuild_copy(struct rebuild *b, uint32_t index);

#endif
