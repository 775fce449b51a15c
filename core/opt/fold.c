#include "core/opt/fold.h"

#include "core/base/mem.h"
#include "core/ir/scratch.h"
#include "core/opt/fold_rules.h"

/* More than the rules append for one old instruction. */
enum { GROWTH = 16 };

struct rebuild {
    struct fold fold;
    const struct ir_inst *old;
    uint32_t *map; /* old value to new value */
    uint32_t room; /* instructions that `known` has room for */
};

static uint32_t append(struct fold *f, const struct ir_inst *inst)
{
    struct ir_region *r = f->region;
    uint32_t index = r->inst_count++;
    r->insts[index] = *inst;
    f->known[index] = fold_known(f, inst);
    return index;
}

uint32_t fold_const(struct fold *f, enum ir_type type, uint64_t bits)
{
    if (ir_type_size(type) == 4) {
        bits = (uint32_t)bits;
    }
    const struct ir_inst inst = {.op = IR_CONST, .type = type, .imm = (int64_t)bits};
    return append(f, &inst);
}

/* Applies an operation to constants; 0 if an operand is not constant. */
static uint32_t evaluate(struct fold *f, const struct ir_inst *inst)
{
    unsigned arity = ir_ops[inst->op].arity;
    const uint32_t operands[3] = {inst->a, inst->b, inst->c};
    union ir_value values[3] = {{.v = {0, 0}}, {.v = {0, 0}}, {.v = {0, 0}}}, result;
    for (unsigned i = 0; i < arity; i++) {
        if (!fold_is_const(f, operands[i])) {
            return 0;
        }
        values[i].i64 = fold_bits(f, operands[i]);
    }
    enum ir_type type = ir_ops[inst->op].result == 'T' ? inst->type : IR_I32;
    if (arity == 0 || type == IR_V128 || !ir_evaluate(inst, values, &result)) {
        return 0;
    }
    return fold_const(f, type, result.i64);
}

uint32_t fold_inst(struct fold *f, const struct ir_inst *original)
{
    struct ir_inst inst = *original;
    uint8_t flags = ir_ops[inst.op].flags;
    if (flags & IR_FLAG_P) {
        if ((flags & IR_FLAG_C) && fold_is_const(f, inst.a)) {
            uint32_t swap = inst.a;
            inst.a = inst.b;
            inst.b = swap;
        }
        if (fold_is_const(f, inst.a)) {
            uint32_t value = evaluate(f, &inst);
            if (value != 0) {
                return value;
            }
        }
    }
    if (fold_rules[inst.op] != NULL) {
        uint32_t value = fold_rules[inst.op](f, &inst);
        if (value != 0) {
            return value;
        }
    }
    return append(f, &inst);
}

/* ---- from the old region to the new ---------------------------------------------------------- */

static uint32_t rebuild_list(struct rebuild *b, uint32_t index)
{
    struct ir_region *r = b->fold.region;
    if (index == 0) {
        return 0;
    }
    uint32_t first = r->snapshot_count;
    for (; r->snapshots[index].offset != IR_SNAPSHOT_END; index++) {
        ir_snapshot_add(r, r->snapshots[index].offset, b->map[r->snapshots[index].value]);
    }
    ir_snapshot_add(r, IR_SNAPSHOT_END, 0);
    return first;
}

static void rebuild_inst(struct rebuild *b, uint32_t index)
{
    struct ir_inst inst = b->old[index];
    const struct ir_op_info *info = &ir_ops[inst.op];
    if (inst.op == IR_NOP) {
        return;
    }
    switch (info->arity) {
    case 4:
        inst.d = b->map[inst.d];
        /* fall through */
    case 3:
        inst.c = b->map[inst.c];
        /* fall through */
    case 2:
        inst.b = b->map[inst.b];
        /* fall through */
    case 1:
        inst.a = b->map[inst.a];
    }
    if (inst.op == IR_COPY) {
        b->map[index] = inst.a;
        return;
    }
    if (inst.op == IR_CONST && ir_type_size(inst.type) == 4) {
        inst.imm = (uint32_t)inst.imm;
    }
    inst.snapshot = rebuild_list(b, inst.snapshot);
    if (inst.op == IR_BRANCH) {
        inst.c = rebuild_list(b, inst.c);
        inst.d = rebuild_list(b, inst.d);
    }
    b->map[index] = fold_inst(&b->fold, &inst);
}

/* The new array and what is known of its values hold `room` instructions. */
static void make_room(struct rebuild *b, uint32_t room)
{
    struct ir_region *r = b->fold.region;
    if (r->inst_cap < room) {
        r->insts = mem_resize(r->insts, room * sizeof(r->insts[0]));
        r->inst_cap = room;
    }
    b->fold.known = ir_scratch_get(r, IR_SCRATCH_VALUES, room * sizeof(struct known));
    b->room = room;
}

/* Exchanges the region's instructions with a kept array that takes the new ones. */
static void take_old(struct rebuild *b)
{
    struct ir_region *r = b->fold.region;
    struct ir_scratch *scratch = r->scratch;
    uint32_t room = r->inst_count + r->inst_count / 2 + GROWTH;
    struct ir_inst *fresh = ir_scratch_get(r, IR_SCRATCH_INSTS, room * sizeof(*fresh));
    uint32_t fresh_cap = scratch->size[IR_SCRATCH_INSTS] / sizeof(*fresh);
    b->old = r->insts;
    scratch->memory[IR_SCRATCH_INSTS] = r->insts;
    scratch->size[IR_SCRATCH_INSTS] = r->inst_cap * sizeof(*fresh);
    r->insts = fresh;
    r->inst_cap = fresh_cap;
    make_room(b, room);
    b->map = ir_scratch_get(r, IR_SCRATCH_MAP, r->inst_count * sizeof(b->map[0]));
    b->map[0] = 0;
    r->insts[0] = (struct ir_inst){.op = IR_NOP};
    b->fold.known[0] = (struct known){0, 0};
    r->inst_count = 1;
    r->last_insn = 0;
}

static void rebuild_block(struct rebuild *b, struct ir_block *block)
{
    struct ir_region *r = b->fold.region;
    uint32_t first = block->first, end = block->end;
    block->first = r->inst_count;
    for (uint32_t i = first; i < end; i++) {
        if (r->inst_count + GROWTH > b->room) {
            make_room(b, 2 * b->room);
        }
        rebuild_inst(b, i);
    }
    block->end = r->inst_count;
}

void opt_fold(struct ir_region *region, const struct guest_ops *guest)
{
    struct rebuild b = {.fold.region = region};
    uint32_t count = region->inst_count;
    take_old(&b);
    /* Blocks are laid out one after the other; they are kept in that order, not in that of their
     * numbers. Where a block begins, its number is in the map. */
    for (uint32_t n = 0; n < region->block_count; n++) {
        b.map[region->blocks[n].first] = n;
    }
    for (uint32_t i = 1; i < count;) {
        struct ir_block *block = &region->blocks[b.map[i]];
        i = block->end;
        rebuild_block(&b, block);
    }
}
