/* Memory that the passes and the interpreter reuse from region to region: one growing buffer per
 * use. A buffer keeps its content between calls and is zero where it is new. */
#ifndef CORE_IR_SCRATCH_H
#define CORE_IR_SCRATCH_H

#include "core/ir/ir.h"

enum ir_scratch_use {
    IR_SCRATCH_VALUES,   /* the interpreter's values, and facts about values in passes */
    IR_SCRATCH_MAP,      /* passes: one word per instruction */
    IR_SCRATCH_ORDER,    /* rebuild: one word per block */
    IR_SCRATCH_HASH,     /* cse: generation-stamped table */
    IR_SCRATCH_SLOTS,    /* slots: generation-stamped table of state bytes */
    IR_SCRATCH_BLOCKS,   /* dead: facts about blocks */
    IR_SCRATCH_SLOT_MAP, /* dead: the guest's slot table, prepared */
    IR_SCRATCH_INSTS,    /* instructions on their way to a new place */
    IR_SCRATCH_USES,
};

struct ir_scratch {
    void *memory[IR_SCRATCH_USES];
    size_t size[IR_SCRATCH_USES];
    uint32_t
        generation[IR_SCRATCH_USES]; /* for users that stamp what they store; 0 is never current */
};

void *ir_scratch_grow(struct ir_scratch *scratch, enum ir_scratch_use use, size_t bytes);

/* At least `bytes` bytes. Valid until the same use asks for more. */
static inline void *ir_scratch_get(const struct ir_region *r, enum ir_scratch_use use, size_t bytes)
{
    if (r->scratch->size[use] < bytes) {
        return ir_scratch_grow(r->scratch, use, bytes);
    }
    return r->scratch->memory[use];
}

/* A new stamp, never 0, that nothing in the buffer bears. */
uint32_t ir_scratch_stamp(const struct ir_region *r, enum ir_scratch_use use);

#endif
