/* Inside the pass `fold`: what its rules (fold_*.c) share.
 *
 * A rule looks at an instruction whose operands are already folded. It returns the value that
 * replaces it, or 0 to let it be appended as it then is: a rule may also change it in place. */
#ifndef CORE_OPT_FOLD_RULES_H
#define CORE_OPT_FOLD_RULES_H

#include "core/ir/ir.h"

/* Bits of an integer value that are always 0 and always 1. Bits beyond the type are always 0. */
struct known {
    uint64_t zeros, ones;
};

struct fold {
    struct ir_region *region; /* under construction */
    struct known *known;      /* by value */
};

/* Folds an instruction and appends it if need be; returns its value. */
uint32_t fold_inst(struct fold *f, const struct ir_inst *inst);
uint32_t fold_const(struct fold *f, enum ir_type type, uint64_t bits);

static inline uint32_t fold_op(struct fold *f, enum ir_op op, enum ir_type type, uint32_t a,
                               uint32_t b)
{
    const struct ir_inst inst = {.op = op, .type = type, .a = a, .b = b};
    return fold_inst(f, &inst);
}

static inline const struct ir_inst *fold_get(const struct fold *f, uint32_t value)
{
    return &f->region->insts[value];
}

static inline bool fold_is_const(const struct fold *f, uint32_t value)
{
    return f->region->insts[value].op == IR_CONST;
}

/* The bits of a constant, zero-extended. */
static inline uint64_t fold_bits(const struct fold *f, uint32_t value)
{
    return f->known[value].ones;
}

static inline unsigned fold_width(const struct ir_inst *inst)
{
    return inst->type == IR_I64 ? 64 : 32;
}

static inline uint64_t fold_mask(const struct ir_inst *inst)
{
    return inst->type == IR_I64 ? UINT64_MAX : UINT32_MAX;
}

/* Bits of a value that may be 1. */
static inline uint64_t fold_possible(const struct fold *f, uint32_t value)
{
    return ~f->known[value].zeros;
}

static inline bool fold_is_boolean(const struct fold *f, uint32_t value)
{
    return fold_possible(f, value) <= 1;
}

/* The value if only these of its bits matter: operations that change no other bits are skipped. */
uint32_t fold_demand(const struct fold *f, uint32_t value, uint64_t bits);

/* What is known of an integer instruction's result (known.c). */
struct known fold_known(const struct fold *f, const struct ir_inst *inst);

/* NULL where an operation has no rule. */
extern uint32_t (*const fold_rules[IR_OP_COUNT])(struct fold *f, struct ir_inst *inst);

/* The rules by file. */
#define FOLD_RULE(name) uint32_t fold_##name(struct fold *f, struct ir_inst *inst)
FOLD_RULE(add); /* fold_arith.c */
FOLD_RULE(sub);
FOLD_RULE(mul);
FOLD_RULE(mulh);
FOLD_RULE(divu);
FOLD_RULE(neg);
FOLD_RULE(overflow);
FOLD_RULE(add3);
FOLD_RULE(and); /* fold_logic.c */
FOLD_RULE(or);
FOLD_RULE(xor);
FOLD_RULE(andn);
FOLD_RULE(not );
FOLD_RULE(select);
FOLD_RULE(shl); /* fold_shift.c */
FOLD_RULE(shr);
FOLD_RULE(sar);
FOLD_RULE(ror);
FOLD_RULE(involution);
FOLD_RULE(zext);
FOLD_RULE(sext);
FOLD_RULE(extu);
FOLD_RULE(exts);
FOLD_RULE(dep);
FOLD_RULE(sext32);
FOLD_RULE(lo32);
FOLD_RULE(hi32);
FOLD_RULE(pair);
FOLD_RULE(pattern);
FOLD_RULE(equal); /* fold_compare.c */
FOLD_RULE(less);
FOLD_RULE(branch); /* fold_effects.c: not pure */
FOLD_RULE(gotoi);
FOLD_RULE(memory);

/* Two comparisons of the same operands as one: op is IR_AND, IR_OR, IR_XOR or IR_ANDN. 0 if that
 * cannot be. */
uint32_t fold_combine(struct fold *f, enum ir_op op, uint32_t a, uint32_t b);
/* How two conditions are to each other. Only booleans have opposites. */
enum fold_relation { FOLD_UNRELATED, FOLD_SAME, FOLD_OPPOSITE };
enum fold_relation fold_relate(const struct fold *f, uint32_t a, uint32_t b);
/* Replaces a condition x != 0, x == 0 or the opposite of x by x. Returns true if x then means the
 * opposite. */
bool fold_condition(const struct fold *f, uint32_t *cond);
/* The opposite of a boolean. */
uint32_t fold_opposite(struct fold *f, uint32_t boolean);

#endif
