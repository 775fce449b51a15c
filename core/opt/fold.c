#include "core/opt/fold.h"

#include "core/base/mem.h"
#include "core/ir/scratch.h"
#include "core/opt/fold_rules.h"
#include "core/opt/rebuild.h"

/* More than the rules append for one old instruction. */
enum { GROWTH = 16 };

struct refold {
    struct fold fold;
    struct rebuild rebuild;
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

static uint32_t refold_list(struct refold *f, uint32_t index)
{
    struct ir_region *r = f->fold.region;
    if (index == 0) {
        return 0;
    }
    uint32_t first = r->snapshot_count;
    for (; r->snapshots[index].offset != IR_SNAPSHOT_END; index++) {
        ir_snapshot_add(r, r->snapshots[index].offset, f->rebuild.map[r->snapshots[index].value]);
    }
    ir_snapshot_add(r, IR_SNAPSHOT_END, 0);
    return first;
}

static void refold_inst(struct refold *f, uint32_t index)
{
    struct ir_inst inst = f->rebuild.old[index];
    if (inst.op == IR_NOP) {
        return;
    }
    rebuild_rename(&f->rebuild, &inst);
    if (inst.op == IR_COPY) {
        f->rebuild.map[index] = inst.a;
        return;
    }
    if (inst.op == IR_CONST && ir_type_size(inst.type) == 4) {
        inst.imm = (uint32_t)inst.imm;
    }
    inst.snapshot = refold_list(f, inst.snapshot);
    if (inst.op == IR_BRANCH) {
        inst.c = refold_list(f, inst.c);
        inst.d = refold_list(f, inst.d);
    }
    f->rebuild.map[index] = fold_inst(&f->fold, &inst);
}

/* The new array and what is known of its values hold `room` instructions. */
static void make_room(struct refold *f, uint32_t room)
{
    struct ir_region *r = f->fold.region;
    if (r->inst_cap < room) {
        r->insts = mem_resize(r->insts, room * sizeof(r->insts[0]));
        r->inst_cap = room;
    }
    f->fold.known = ir_scratch_get(r, IR_SCRATCH_VALUES, room * sizeof(struct known));
    f->room = room;
}

static void refold_block(struct refold *f, struct ir_block *block)
{
    struct ir_region *r = f->fold.region;
    uint32_t first = block->first, end = block->end;
    block->first = r->inst_count;
    for (uint32_t i = first; i < end; i++) {
        if (r->inst_count + GROWTH > f->room) {
            make_room(f, 2 * f->room);
        }
        refold_inst(f, i);
    }
    block->end = r->inst_count;
}

void opt_fold(struct ir_region *region, const struct guest_ops *guest)
{
    struct refold f = {.fold.region = region};
    uint32_t room = region->inst_count + region->inst_count / 2 + GROWTH;
    rebuild_begin(&f.rebuild, region, room);
    make_room(&f, room);
    f.fold.known[0] = (struct known){0, 0};
    for (uint32_t i = 0; i < f.rebuild.block_count; i++) {
        refold_block(&f, &region->blocks[f.rebuild.order[i]]);
    }
}
