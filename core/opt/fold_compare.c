/* Rules of `fold` for comparisons. */
#include "core/opt/fold_rules.h"

/* ---- sets of outcomes ------------------------------------------------------------------------ */
/* A comparison of x and y holds for a set of outcomes of comparing them; sets of two comparisons
 * of the same x and y combine as the booleans do. */

enum outcome { LESS = 1, EQUAL = 2, GREATER = 4, EVERY = 7 };
enum order { UNORDERED, UNSIGNED, SIGNED };

struct comparison {
    uint32_t x, y;
    uint8_t type;  /* of x and y */
    uint8_t order; /* UNORDERED: equality does not depend on it */
    uint8_t outcomes;
};

static bool read_comparison(const struct fold *f, uint32_t value, struct comparison *c)
{
    static const struct {
        uint8_t order, outcomes;
    } meanings[IR_OP_COUNT] = {
        [IR_EQ] = {UNORDERED, EQUAL}, [IR_NE] = {UNORDERED, LESS | GREATER},
        [IR_ULT] = {UNSIGNED, LESS},  [IR_ULE] = {UNSIGNED, LESS | EQUAL},
        [IR_SLT] = {SIGNED, LESS},    [IR_SLE] = {SIGNED, LESS | EQUAL},
    };
    const struct ir_inst *inst = fold_get(f, value);
    *c = (struct comparison){
        .x = inst->a,
        .y = inst->b,
        .type = inst->type,
        .order = meanings[inst->op].order,
        .outcomes = meanings[inst->op].outcomes,
    };
    return c->outcomes != 0;
}

static uint32_t write_comparison(struct fold *f, const struct comparison *c)
{
    enum ir_op less = c->order == SIGNED ? IR_SLT : IR_ULT;
    enum ir_op less_equal = c->order == SIGNED ? IR_SLE : IR_ULE;
    switch (c->outcomes) {
    case 0:
        return fold_const(f, IR_I32, 0);
    case LESS:
        return fold_op(f, less, c->type, c->x, c->y);
    case EQUAL:
        return fold_op(f, IR_EQ, c->type, c->x, c->y);
    case LESS | EQUAL:
        return fold_op(f, less_equal, c->type, c->x, c->y);
    case GREATER:
        return fold_op(f, less, c->type, c->y, c->x);
    case LESS | GREATER:
        return fold_op(f, IR_NE, c->type, c->x, c->y);
    case EQUAL | GREATER:
        return fold_op(f, less_equal, c->type, c->y, c->x);
    default:
        return fold_const(f, IR_I32, 1);
    }
}

/* Outcomes when x and y change places. */
static uint8_t mirrored(uint8_t outcomes)
{
    return (outcomes & EQUAL) | (outcomes & LESS ? GREATER : 0) | (outcomes & GREATER ? LESS : 0);
}

/* ---- signed less as flags: the sign of x - y differs from its overflow ----------------------- */

static bool is_sign_of_difference(const struct fold *f, uint32_t value, uint32_t *x, uint32_t *y)
{
    const struct ir_inst *shift = fold_get(f, value);
    if (shift->op != IR_SHR || shift->type != IR_I32 || !fold_is_const(f, shift->b) ||
        fold_bits(f, shift->b) != 31) {
        return false;
    }
    const struct ir_inst *difference = fold_get(f, shift->a);
    *x = difference->a;
    *y = difference->b;
    return difference->op == IR_SUB;
}

static uint32_t signed_less(struct fold *f, uint32_t a, uint32_t b)
{
    uint32_t x, y;
    const struct ir_inst *overflow = fold_get(f, b);
    if (overflow->op != IR_SUBO || overflow->type != IR_I32 ||
        !is_sign_of_difference(f, a, &x, &y) || overflow->a != x || overflow->b != y) {
        return 0;
    }
    return fold_op(f, IR_SLT, IR_I32, x, y);
}

/* Two comparisons of the same operands, which are then in the same order too. */
static bool read_both(const struct fold *f, uint32_t a, uint32_t b, struct comparison *p,
                      struct comparison *q)
{
    if (!read_comparison(f, a, p) || !read_comparison(f, b, q) || p->type != q->type) {
        return false;
    }
    if (p->x == q->y && p->y == q->x) {
        q->x = p->x;
        q->y = p->y;
        q->outcomes = mirrored(q->outcomes);
    }
    return p->x == q->x && p->y == q->y;
}

uint32_t fold_combine(struct fold *f, enum ir_op op, uint32_t a, uint32_t b)
{
    struct comparison p, q;
    if (op == IR_XOR) {
        uint32_t less = signed_less(f, a, b);
        if (less == 0) {
            less = signed_less(f, b, a);
        }
        if (less != 0) {
            return less;
        }
    }
    if (!read_both(f, a, b, &p, &q) || (p.order && q.order && p.order != q.order)) {
        return 0;
    }
    if (p.order == UNORDERED) {
        p.order = q.order;
    }
    switch (op) {
    case IR_AND:
        p.outcomes &= q.outcomes;
        break;
    case IR_OR:
        p.outcomes |= q.outcomes;
        break;
    case IR_XOR:
        p.outcomes ^= q.outcomes;
        break;
    default: /* ANDN */
        p.outcomes &= ~q.outcomes;
    }
    return write_comparison(f, &p);
}

uint32_t fold_opposite(struct fold *f, uint32_t boolean)
{
    struct comparison c;
    if (!read_comparison(f, boolean, &c)) {
        return fold_op(f, IR_XOR, IR_I32, boolean, fold_const(f, IR_I32, 1));
    }
    c.outcomes ^= EVERY;
    return write_comparison(f, &c);
}

static bool is_opposite(const struct fold *f, uint32_t value)
{
    const struct ir_inst *inst = fold_get(f, value);
    return inst->op == IR_XOR && inst->type == IR_I32 && fold_is_const(f, inst->b) &&
           fold_bits(f, inst->b) == 1 && fold_is_boolean(f, inst->a);
}

bool fold_condition(const struct fold *f, uint32_t *cond)
{
    const struct ir_inst *inst = fold_get(f, *cond);
    bool equality = (inst->op == IR_EQ || inst->op == IR_NE) && inst->type == IR_I32 &&
                    fold_is_const(f, inst->b) && fold_bits(f, inst->b) == 0;
    bool opposite = is_opposite(f, *cond);
    if (equality || opposite) {
        *cond = inst->a;
    }
    return opposite || (equality && inst->op == IR_EQ);
}

enum fold_relation fold_relate(const struct fold *f, uint32_t a, uint32_t b)
{
    struct comparison p, q;
    if (a == b) {
        return FOLD_SAME;
    }
    if ((is_opposite(f, a) && fold_get(f, a)->a == b) ||
        (is_opposite(f, b) && fold_get(f, b)->a == a)) {
        return FOLD_OPPOSITE;
    }
    if (!read_both(f, a, b, &p, &q) || p.order != q.order) {
        return FOLD_UNRELATED;
    }
    return p.outcomes == q.outcomes             ? FOLD_SAME
           : (p.outcomes ^ q.outcomes) == EVERY ? FOLD_OPPOSITE
                                                : FOLD_UNRELATED;
}

/* ---- equality -------------------------------------------------------------------------------- */

/* x op c1 == c2 as x == c3 where the operation can be undone. Not for sums: they are counters and
 * such, which live on in a register while x would have to be kept. */
static uint32_t undo(struct fold *f, const struct ir_inst *inst)
{
    const struct ir_inst *a = fold_get(f, inst->a);
    uint64_t bits = fold_bits(f, inst->b);
    if (a->type != inst->type) {
        return 0;
    }
    switch (a->op) {
    case IR_SUB:
        return bits == 0 ? fold_op(f, inst->op, inst->type, a->a, a->b) : 0;
    case IR_XOR:
        if (bits == 0) {
            return fold_op(f, inst->op, inst->type, a->a, a->b);
        }
        if (!fold_is_const(f, a->b)) {
            return 0;
        }
        return fold_op(f, inst->op, inst->type, a->a,
                       fold_const(f, inst->type, bits ^ fold_bits(f, a->b)));
    case IR_NEG:
        return fold_op(f, inst->op, inst->type, a->a, fold_const(f, inst->type, -bits));
    case IR_NOT:
        return fold_op(f, inst->op, inst->type, a->a, fold_const(f, inst->type, ~bits));
    default:
        return 0;
    }
}

/* EQ and NE. */
FOLD_RULE(equal)
{
    bool equal = inst->op == IR_EQ;
    if (inst->a == inst->b) {
        return fold_const(f, IR_I32, equal);
    }
    struct known a = f->known[inst->a], b = f->known[inst->b];
    if ((a.ones & b.zeros) | (a.zeros & b.ones)) {
        return fold_const(f, IR_I32, !equal);
    }
    if (!fold_is_const(f, inst->b)) {
        return 0;
    }
    uint64_t bits = fold_bits(f, inst->b);
    if (inst->type == IR_I32 && fold_is_boolean(f, inst->a)) { /* bits is 0 or 1 */
        return equal == (bits == 1) ? inst->a : fold_opposite(f, inst->a);
    }
    return undo(f, inst);
}

/* ---- order ----------------------------------------------------------------------------------- */

struct range {
    uint64_t least, most;
};

/* Numbers that order as the signed ones do when compared unsigned. */
static struct range range_of(const struct fold *f, uint32_t value, const struct ir_inst *inst)
{
    struct known k = f->known[value];
    struct range range = {k.ones, ~k.zeros};
    if (inst->op == IR_ULT || inst->op == IR_ULE) {
        return range;
    }
    uint64_t sign = UINT64_C(1) << (fold_width(inst) - 1);
    bool may_be_set = ~k.zeros & sign, must_be_set = k.ones & sign;
    range.least = (k.ones & ~sign) | (may_be_set ? 0 : sign);
    range.most = (~k.zeros & ~sign) | (must_be_set ? 0 : sign);
    return range;
}

/* ULT, ULE, SLT, SLE. */
FOLD_RULE(less)
{
    bool or_equal = inst->op == IR_ULE || inst->op == IR_SLE;
    bool is_signed = inst->op == IR_SLT || inst->op == IR_SLE;
    if (inst->a == inst->b) {
        return fold_const(f, IR_I32, or_equal);
    }
    struct range a = range_of(f, inst->a, inst), b = range_of(f, inst->b, inst);
    if (a.most < b.least || (or_equal && a.most == b.least)) {
        return fold_const(f, IR_I32, 1);
    }
    if (b.most < a.least || (!or_equal && b.most == a.least)) {
        return fold_const(f, IR_I32, 0);
    }
    if (is_signed) {
        return 0;
    }
    if (fold_is_const(f, inst->b) && fold_bits(f, inst->b) == !or_equal) { /* x < 1, x <= 0 */
        return fold_op(f, IR_EQ, inst->type, inst->a, fold_const(f, inst->type, 0));
    }
    if (fold_is_const(f, inst->a) && fold_bits(f, inst->a) == or_equal) { /* 0 < x, 1 <= x */
        return fold_op(f, IR_NE, inst->type, inst->b, fold_const(f, inst->type, 0));
    }
    return 0;
}
