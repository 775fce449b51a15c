#include "core/opt/cse.h"

#include "core/ir/ir.h"
#include "core/ir/scratch.h"

/* A direct-mapped table: a collision forgets the older instruction, which costs an opportunity
 * and nothing else. Entries of earlier blocks are recognised by their generation. */
enum { TABLE_BITS = 9 };

struct entry {
    uint32_t generation;
    uint32_t inst;
};

struct cse {
    struct ir_region *region;
    struct entry *table;
    uint32_t *map; /* value to the value that replaces it; 0: none */
    uint32_t generation;
};

static uint32_t hash(const struct ir_inst *inst)
{
    uint64_t h =
        inst->op | (uint64_t)inst->type << 8 | (uint64_t)inst->aux << 16 | (uint64_t)inst->c << 32;
    h ^= ((uint64_t)inst->a << 32 | inst->b) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= (uint64_t)inst->imm * UINT64_C(0xc2b2ae3d27d4eb4f);
    return h * UINT64_C(0xff51afd7ed558ccd) >> (64 - TABLE_BITS);
}

static bool equal(const struct ir_inst *a, const struct ir_inst *b)
{
    return a->op == b->op && a->type == b->type && a->aux == b->aux && a->a == b->a &&
           a->b == b->b && a->c == b->c && a->d == b->d && a->imm == b->imm;
}

static void replace_operand(const struct cse *c, uint32_t *operand)
{
    uint32_t by = c->map[*operand];
    if (by != 0) {
        *operand = by;
    }
}

static void replace_list(const struct cse *c, uint32_t index)
{
    if (index == 0) {
        return;
    }
    for (struct ir_snapshot *s = &c->region->snapshots[index]; s->offset != IR_SNAPSHOT_END; s++) {
        replace_operand(c, &s->value);
    }
}

static void replace_operands(const struct cse *c, struct ir_inst *inst)
{
    unsigned arity = ir_ops[inst->op].arity;
    if (arity > 0) {
        replace_operand(c, &inst->a);
    }
    if (arity > 1) {
        replace_operand(c, &inst->b);
    }
    if (arity > 2) {
        replace_operand(c, &inst->c);
    }
    if (arity > 3) {
        replace_operand(c, &inst->d);
    }
    replace_list(c, inst->snapshot);
    if (inst->op == IR_BRANCH) {
        replace_list(c, inst->c);
        replace_list(c, inst->d);
    }
}

static bool is_pure(const struct ir_inst *inst)
{
    if (inst->op != IR_CALL) {
        return ir_ops[inst->op].flags & IR_FLAG_P;
    }
    return ((const struct ir_helper *)(uintptr_t)inst->imm)->effects == 0;
}

static void visit(struct cse *c, uint32_t index)
{
    struct ir_inst *inst = &c->region->insts[index];
    replace_operands(c, inst);
    c->map[index] = 0;
    if (!is_pure(inst)) {
        return;
    }
    if ((ir_ops[inst->op].flags & IR_FLAG_C) && inst->a > inst->b) {
        /* One order for both, but constants stay second. */
        if (c->region->insts[inst->b].op != IR_CONST) {
            uint32_t swap = inst->a;
            inst->a = inst->b;
            inst->b = swap;
        }
    }
    struct entry *entry = &c->table[hash(inst)];
    if (entry->generation == c->generation && equal(&c->region->insts[entry->inst], inst)) {
        c->map[index] = entry->inst;
        *inst = (struct ir_inst){.op = IR_NOP};
        return;
    }
    *entry = (struct entry){.generation = c->generation, .inst = index};
}

void opt_cse(struct ir_region *region, const struct guest_ops *guest)
{
    struct cse c = {
        .region = region,
        .table = ir_scratch_get(region, IR_SCRATCH_HASH, sizeof(struct entry) << TABLE_BITS),
        .map = ir_scratch_get(region, IR_SCRATCH_MAP, region->inst_count * sizeof(uint32_t)),
    };
    c.map[0] = 0;
    for (const struct ir_block *block = region->blocks;
         block < region->blocks + region->block_count; block++) {
        c.generation = ir_scratch_stamp(region, IR_SCRATCH_HASH);
        for (uint32_t i = block->first; i < block->end; i++) {
            visit(&c, i);
        }
    }
}
