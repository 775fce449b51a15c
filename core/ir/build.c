#include "core/ir/ir.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/ir/scratch.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_INSTS = 1024, FIRST_BLOCKS = 64, FIRST_SNAPSHOTS = 256 };

void ir_region_init(struct ir_region *r)
{
    *r = (struct ir_region){
        .insts = mem_resize(NULL, FIRST_INSTS * sizeof(r->insts[0])),
        .blocks = mem_resize(NULL, FIRST_BLOCKS * sizeof(r->blocks[0])),
        .snapshots = mem_resize(NULL, FIRST_SNAPSHOTS * sizeof(r->snapshots[0])),
        .scratch = mem_resize(NULL, sizeof(struct ir_scratch)),
        .inst_cap = FIRST_INSTS,
        .block_cap = FIRST_BLOCKS,
        .snapshot_cap = FIRST_SNAPSHOTS,
    };
    *r->scratch = (struct ir_scratch){0};
    ir_region_reset(r);
}

void ir_region_reset(struct ir_region *r)
{
    r->insts[0] = (struct ir_inst){.op = IR_NOP};
    r->snapshots[0] = (struct ir_snapshot){.offset = IR_SNAPSHOT_END};
    r->inst_count = r->snapshot_count = 1;
    r->block_count = 0;
    r->current = 0;
    r->last_insn = 0;
    r->pc = r->page = 0;
    r->guest_insns = 0;
}

void ir_region_free(struct ir_region *r)
{
    for (unsigned use = 0; use < IR_SCRATCH_USES; use++) {
        free(r->scratch->memory[use]);
    }
    free(r->scratch);
    free(r->insts);
    free(r->blocks);
    free(r->snapshots);
    *r = (struct ir_region){0};
}

void *ir_scratch_grow(struct ir_scratch *scratch, enum ir_scratch_use use, size_t bytes)
{
    size_t old = scratch->size[use];
    size_t size = bytes + bytes / 2;
    scratch->memory[use] = mem_resize(scratch->memory[use], size);
    memset((char *)scratch->memory[use] + old, 0, size - old);
    scratch->size[use] = size;
    return scratch->memory[use];
}

uint32_t ir_scratch_stamp(const struct ir_region *r, enum ir_scratch_use use)
{
    struct ir_scratch *scratch = r->scratch;
    if (++scratch->generation[use] == 0) { /* after 2^32 of them */
        memset(scratch->memory[use], 0, scratch->size[use]);
        scratch->generation[use] = 1;
    }
    return scratch->generation[use];
}

static __attribute__((noinline)) void grow_insts(struct ir_region *r)
{
    r->inst_cap *= 2;
    r->insts = mem_resize(r->insts, r->inst_cap * sizeof(r->insts[0]));
}

uint32_t ir_emit(struct ir_region *r, enum ir_op op, enum ir_type type, uint32_t a, uint32_t b,
                 uint32_t c, int64_t imm, uint16_t aux)
{
    if (__builtin_expect(r->inst_count == r->inst_cap, 0)) {
        grow_insts(r);
    }
    uint32_t index = r->inst_count++;
    r->insts[index] =
        (struct ir_inst){.op = op, .type = type, .aux = aux, .a = a, .b = b, .c = c, .imm = imm};
    r->blocks[r->current].end = r->inst_count;
    if (op == IR_INSN) {
        r->last_insn = index;
    }
    return index;
}

uint32_t ir_block_new(struct ir_region *r)
{
    if (r->block_count == r->block_cap) {
        r->block_cap *= 2;
        r->blocks = mem_resize(r->blocks, r->block_cap * sizeof(r->blocks[0]));
    }
    r->blocks[r->block_count] = (struct ir_block){0};
    return r->block_count++;
}

void ir_block_begin(struct ir_region *r, uint32_t block, uint64_t pc, bool entry)
{
    CHECK(block < r->block_count && r->blocks[block].end == 0);
    CHECK(r->inst_count == 1 || ir_block_ended(r));
    r->blocks[block] =
        (struct ir_block){.first = r->inst_count, .end = r->inst_count, .pc = pc, .entry = entry};
    r->current = block;
    const struct ir_inst *insn = &r->insts[r->last_insn];
    if (!entry && insn->op == IR_INSN && (uint64_t)insn->imm == pc) {
        ir_emit(r, IR_INSN, IR_NONE, 0, insn->b, 0, insn->imm, insn->aux);
    }
}

bool ir_block_ended(const struct ir_region *r)
{
    return ir_ops[r->insts[r->inst_count - 1].op].flags & IR_FLAG_E;
}

uint32_t ir_call(struct ir_region *r, const struct ir_helper *helper, uint32_t a, uint32_t b,
                 uint32_t c, uint32_t d)
{
    uint32_t index = ir_emit(r, IR_CALL, helper->result, a, b, c, (int64_t)(uintptr_t)helper, 0);
    r->insts[index].d = d;
    return index;
}

uint32_t ir_snapshot_add(struct ir_region *r, uint32_t offset, uint32_t value)
{
    if (r->snapshot_count == r->snapshot_cap) {
        r->snapshot_cap *= 2;
        r->snapshots = mem_resize(r->snapshots, r->snapshot_cap * sizeof(r->snapshots[0]));
    }
    r->snapshots[r->snapshot_count] = (struct ir_snapshot){.offset = offset, .value = value};
    return r->snapshot_count++;
}
