/* Rules of `fold` for bitwise operations and selections. */
#include "core/opt/fold_rules.h"

static bool is_const(const struct fold *f, uint32_t value, uint64_t bits)
{
    return fold_is_const(f, value) && fold_bits(f, value) == bits;
}

/* The instruction itself if it is `op` with a constant second operand. */
static const struct ir_inst *with_const(const struct fold *f, uint32_t value, enum ir_op op)
{
    const struct ir_inst *inst = fold_get(f, value);
    return inst->op == op && fold_is_const(f, inst->b) ? inst : NULL;
}

/* x op c1 op c2 as x op (c1 op c2). */
static uint32_t merge(struct fold *f, const struct ir_inst *inst)
{
    const struct ir_inst *a = with_const(f, inst->a, inst->op);
    if (a == NULL || !fold_is_const(f, inst->b)) {
        return 0;
    }
    uint32_t x = a->a;
    uint32_t merged = fold_op(f, inst->op, inst->type, a->b, inst->b);
    return fold_op(f, inst->op, inst->type, x, merged);
}

static uint32_t pcrel(struct fold *f, const struct ir_inst *inst, uint64_t address)
{
    const struct ir_inst moved = {.op = IR_PCREL, .type = inst->type, .imm = (int64_t)address};
    return fold_inst(f, &moved);
}

static uint32_t and_const(struct fold *f, struct ir_inst *inst, uint64_t mask)
{
    uint64_t possible = fold_possible(f, inst->a);
    uint64_t kept = possible & mask;
    if ((possible & ~mask) == 0) {
        return inst->a;
    }
    if ((f->known[inst->a].ones & mask) == kept) {
        return fold_const(f, inst->type, kept);
    }
    const struct ir_inst *a = fold_get(f, inst->a);
    uint32_t base = with_const(f, inst->a, IR_AND) ? a->a : fold_demand(f, inst->a, kept);
    if (base != inst->a) {
        return fold_op(f, IR_AND, inst->type, base, fold_const(f, inst->type, kept));
    }
    if (a->op == IR_PCREL && (mask | 0xfff) == fold_mask(inst)) {
        return pcrel(f, inst, a->imm & mask);
    }
    if (mask == 0xff) {
        return fold_op(f, IR_ZEXT8, inst->type, inst->a, 0);
    }
    if (mask == 0xffff) {
        return fold_op(f, IR_ZEXT16, inst->type, inst->a, 0);
    }
    return 0;
}

FOLD_RULE(and)
{
    if (inst->a == inst->b) {
        return inst->a;
    }
    if (fold_is_const(f, inst->b)) {
        return and_const(f, inst, fold_bits(f, inst->b));
    }
    if (fold_get(f, inst->b)->op == IR_NOT) {
        return fold_op(f, IR_ANDN, inst->type, inst->a, fold_get(f, inst->b)->a);
    }
    if (fold_get(f, inst->a)->op == IR_NOT) {
        return fold_op(f, IR_ANDN, inst->type, inst->b, fold_get(f, inst->a)->a);
    }
    return fold_combine(f, IR_AND, inst->a, inst->b);
}

FOLD_RULE(or)
{
    if (inst->a == inst->b) {
        return inst->a;
    }
    if (fold_is_const(f, inst->b)) {
        uint64_t bits = fold_bits(f, inst->b);
        const struct ir_inst *a = fold_get(f, inst->a);
        if ((bits & ~f->known[inst->a].ones) == 0) {
            return inst->a;
        }
        if (bits == fold_mask(inst)) {
            return inst->b;
        }
        if (a->op == IR_PCREL && bits <= 0xfff) {
            return pcrel(f, inst, a->imm | bits);
        }
        return merge(f, inst);
    }
    return fold_combine(f, IR_OR, inst->a, inst->b);
}

FOLD_RULE(xor)
{
    if (inst->a == inst->b) {
        return fold_const(f, inst->type, 0);
    }
    if (!fold_is_const(f, inst->b)) {
        return fold_combine(f, IR_XOR, inst->a, inst->b);
    }
    uint64_t bits = fold_bits(f, inst->b);
    const struct ir_inst *a = fold_get(f, inst->a);
    if (bits == 0) {
        return inst->a;
    }
    if (bits == fold_mask(inst)) {
        return fold_op(f, IR_NOT, inst->type, inst->a, 0);
    }
    if (a->op == IR_PCREL && bits <= 0xfff) {
        return pcrel(f, inst, a->imm ^ bits);
    }
    if (bits == 1 && a->op >= IR_EQ && a->op <= IR_SLE && inst->type == IR_I32) {
        return fold_opposite(f, inst->a);
    }
    return merge(f, inst);
}

FOLD_RULE(andn)
{
    if (inst->a == inst->b) {
        return fold_const(f, inst->type, 0);
    }
    if (is_const(f, inst->a, 0)) {
        return inst->a;
    }
    if (fold_is_const(f, inst->b)) {
        return fold_op(f, IR_AND, inst->type, inst->a,
                       fold_const(f, inst->type, ~fold_bits(f, inst->b)));
    }
    if (fold_get(f, inst->b)->op == IR_NOT) {
        return fold_op(f, IR_AND, inst->type, inst->a, fold_get(f, inst->b)->a);
    }
    return fold_combine(f, IR_ANDN, inst->a, inst->b);
}

FOLD_RULE(not )
{
    const struct ir_inst *a = fold_get(f, inst->a);
    return a->op == IR_NOT ? a->a : 0;
}

static void swap_arms(struct ir_inst *select)
{
    uint32_t swap = select->b;
    select->b = select->c;
    select->c = swap;
}

/* An arm that is a selection itself, by the same condition or its opposite: what it comes to. */
static uint32_t resolve_arm(const struct fold *f, uint32_t cond, uint32_t arm, bool holds)
{
    const struct ir_inst *inner = fold_get(f, arm);
    if (inner->op != IR_SELECT) {
        return arm;
    }
    enum fold_relation relation = fold_relate(f, inner->a, cond);
    return relation == FOLD_SAME       ? (holds ? inner->b : inner->c)
           : relation == FOLD_OPPOSITE ? (holds ? inner->c : inner->b)
                                       : arm;
}

FOLD_RULE(select)
{
    if (fold_is_const(f, inst->a)) {
        return fold_bits(f, inst->a) != 0 ? inst->b : inst->c;
    }
    inst->b = resolve_arm(f, inst->a, inst->b, true);
    inst->c = resolve_arm(f, inst->a, inst->c, false);
    if (inst->b == inst->c) {
        return inst->b;
    }
    if (fold_condition(f, &inst->a)) {
        swap_arms(inst);
    }
    if (inst->type != IR_I32 || !fold_is_boolean(f, inst->a)) {
        return 0;
    }
    if (is_const(f, inst->b, 1) && is_const(f, inst->c, 0)) {
        return inst->a;
    }
    if (is_const(f, inst->b, 0) && is_const(f, inst->c, 1)) {
        return fold_opposite(f, inst->a);
    }
    return 0;
}
