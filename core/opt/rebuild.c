#include "core/opt/rebuild.h"

#include "core/base/mem.h"
#include "core/ir/scratch.h"

/* Exchanges the region's instructions with a kept array that takes the new ones. */
static void take_old(struct rebuild *b, uint32_t room)
{
    struct ir_region *r = b->region;
    struct ir_scratch *scratch = r->scratch;
    struct ir_inst *fresh = ir_scratch_get(r, IR_SCRATCH_INSTS, room * sizeof(*fresh));
    uint32_t fresh_cap = scratch->size[IR_SCRATCH_INSTS] / sizeof(*fresh);
    b->old = r->insts;
    scratch->memory[IR_SCRATCH_INSTS] = r->insts;
    scratch->size[IR_SCRATCH_INSTS] = r->inst_cap * sizeof(*fresh);
    r->insts = fresh;
    r->inst_cap = fresh_cap;
    r->insts[0] = (struct ir_inst){.op = IR_NOP};
    r->inst_count = 1;
    r->last_insn = 0;
}

/* Blocks are laid out one after the other. Where one begins, its number is in the map for now. */
static void find_order(struct rebuild *b, uint32_t inst_count)
{
    const struct ir_region *r = b->region;
    uint32_t placed = 0;
    for (uint32_t n = 0; n < b->block_count; n++) {
        b->map[r->blocks[n].first] = n;
    }
    for (uint32_t i = 1; i < inst_count; i = r->blocks[b->map[i]].end) {
        b->order[placed++] = b->map[i];
    }
    b->map[0] = 0;
}

void rebuild_begin(struct rebuild *b, struct ir_region *region, uint32_t room)
{
    uint32_t count = region->inst_count;
    b->region = region;
    b->block_count = region->block_count;
    b->map = ir_scratch_get(region, IR_SCRATCH_MAP, count * sizeof(b->map[0]));
    b->order = ir_scratch_get(region, IR_SCRATCH_ORDER, b->block_count * sizeof(b->order[0]));
    take_old(b, room);
    find_order(b, count);
}

uint32_t rebuild_append(struct rebuild *b, struct ir_inst inst)
{
    struct ir_region *r = b->region;
    if (r->inst_count == r->inst_cap) {
        r->inst_cap *= 2;
        r->insts = mem_resize(r->insts, r->inst_cap * sizeof(r->insts[0]));
    }
    r->insts[r->inst_count] = inst;
    return r->inst_count++;
}

uint32_t rebuild_copy(struct rebuild *b, uint32_t index)
{
    struct ir_inst inst = b->old[index];
    rebuild_rename(b, &inst);
    return b->map[index] = rebuild_append(b, inst);
}
