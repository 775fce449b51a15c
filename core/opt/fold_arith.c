/* Rules of `fold` for sums, products and their carries. */
#include "core/opt/fold_rules.h"

static bool is_zero(const struct fold *f, uint32_t value)
{
    return fold_is_const(f, value) && fold_bits(f, value) == 0;
}

static bool is_one(const struct fold *f, uint32_t value)
{
    return fold_is_const(f, value) && fold_bits(f, value) == 1;
}

FOLD_RULE(add)
{
    if (fold_is_const(f, inst->b)) {
        uint64_t addend = fold_bits(f, inst->b);
        const struct ir_inst *a = fold_get(f, inst->a);
        if (addend == 0) {
            return inst->a;
        }
        if (a->op == IR_PCREL) {
            const struct ir_inst moved = {
                .op = IR_PCREL, .type = inst->type, .imm = (a->imm + addend) & fold_mask(inst)};
            return fold_inst(f, &moved);
        }
        if (a->op == IR_ADD && fold_is_const(f, a->b)) {
            uint32_t base = a->a;
            uint64_t total = fold_bits(f, a->b) + addend;
            return fold_op(f, IR_ADD, inst->type, base, fold_const(f, inst->type, total));
        }
        return 0;
    }
    if (fold_get(f, inst->b)->op == IR_NEG) {
        return fold_op(f, IR_SUB, inst->type, inst->a, fold_get(f, inst->b)->a);
    }
    if (fold_get(f, inst->a)->op == IR_NEG) {
        return fold_op(f, IR_SUB, inst->type, inst->b, fold_get(f, inst->a)->a);
    }
    return 0;
}

FOLD_RULE(sub)
{
    if (inst->a == inst->b) {
        return fold_const(f, inst->type, 0);
    }
    if (fold_is_const(f, inst->b)) {
        return fold_op(f, IR_ADD, inst->type, inst->a,
                       fold_const(f, inst->type, -fold_bits(f, inst->b)));
    }
    if (is_zero(f, inst->a)) {
        return fold_op(f, IR_NEG, inst->type, inst->b, 0);
    }
    const struct ir_inst *a = fold_get(f, inst->a), *b = fold_get(f, inst->b);
    if (a->op == IR_PCREL && b->op == IR_PCREL) { /* they move together */
        return fold_const(f, inst->type, a->imm - b->imm);
    }
    if (b->op == IR_NEG) {
        return fold_op(f, IR_ADD, inst->type, inst->a, b->a);
    }
    return 0;
}

FOLD_RULE(neg)
{
    const struct ir_inst *a = fold_get(f, inst->a);
    if (a->op == IR_NEG) {
        return a->a;
    }
    return a->op == IR_SUB ? fold_op(f, IR_SUB, inst->type, a->b, a->a) : 0;
}

/* The exponent of a constant power of two, -1 if it is none. */
static int power_of_two(const struct fold *f, uint32_t value)
{
    uint64_t bits = fold_bits(f, value);
    return fold_is_const(f, value) && __builtin_popcountll(bits) == 1 ? __builtin_ctzll(bits) : -1;
}

FOLD_RULE(mul)
{
    if (is_zero(f, inst->b)) {
        return inst->b;
    }
    int exponent = power_of_two(f, inst->b);
    if (exponent < 0) {
        return 0;
    }
    return fold_op(f, IR_SHL, inst->type, inst->a, fold_const(f, IR_I32, exponent));
}

/* High halves. */
FOLD_RULE(mulh)
{
    return is_zero(f, inst->b) ? inst->b : 0;
}

FOLD_RULE(divu)
{
    if (is_zero(f, inst->b)) {
        return inst->b;
    }
    int exponent = power_of_two(f, inst->b);
    if (exponent < 0) {
        return 0;
    }
    return fold_op(f, IR_SHR, inst->type, inst->a, fold_const(f, IR_I32, exponent));
}

/* ADDC, ADDO, SUBO: adding or subtracting zero neither carries nor overflows. */
FOLD_RULE(overflow)
{
    if (is_zero(f, inst->b) || (inst->op == IR_SUBO && inst->a == inst->b)) {
        return fold_const(f, IR_I32, 0);
    }
    return 0;
}

/* a + ~b + 1 is a - b; its carry says that there was no borrow. */
static uint32_t subtraction(struct fold *f, const struct ir_inst *inst)
{
    const struct ir_inst *b = fold_get(f, inst->b);
    if (b->op != IR_NOT) {
        return 0;
    }
    if (inst->op == IR_ADD3) {
        return fold_op(f, IR_SUB, inst->type, inst->a, b->a);
    }
    if (inst->op == IR_ADD3C) {
        return fold_op(f, IR_ULE, inst->type, b->a, inst->a);
    }
    return fold_op(f, IR_SUBO, inst->type, inst->a, b->a);
}

/* ADD3, ADD3C, ADD3O with a known carry. */
FOLD_RULE(add3)
{
    static const uint8_t two[] = {
        [IR_ADD3 - IR_ADD3] = IR_ADD,
        [IR_ADD3C - IR_ADD3] = IR_ADDC,
        [IR_ADD3O - IR_ADD3] = IR_ADDO,
    };
    if (is_zero(f, inst->c)) {
        return fold_op(f, two[inst->op - IR_ADD3], inst->type, inst->a, inst->b);
    }
    return is_one(f, inst->c) ? subtraction(f, inst) : 0;
}
