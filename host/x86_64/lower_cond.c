/* Comparisons, carries and selections, and what is known of the host's flags.
 *
 * A comparison used only as a condition is not computed where it stands but where it is used. Any
 * other is computed at once, from the flags of the subtraction next to it where there is one. */
#include "host/x86_64/lower.h"

/* Conditions of "cmp a, b" by op, and of "cmp b, a". */
static const struct cond_row {
    uint8_t straight, swapped;
} cond_rows[IR_OP_COUNT] = {
    [IR_EQ] = {X64_E, X64_E},    [IR_NE] = {X64_NE, X64_NE}, [IR_ULT] = {X64_B, X64_A},
    [IR_ULE] = {X64_BE, X64_AE}, [IR_SLT] = {X64_L, X64_G},  [IR_SLE] = {X64_LE, X64_GE},
};

static bool same_value(const struct x64_compile *c, uint32_t a, uint32_t b)
{
    int64_t x, y;
    return a == b || (x64_const(c, a, &x) && x64_const(c, b, &y) && x == y);
}

static bool is_zero(const struct x64_compile *c, uint32_t v)
{
    int64_t imm;
    return x64_const(c, v, &imm) && imm == 0;
}

/* Conditions on the result of an addition or subtraction against zero: Z and S tell, C and O do
 * not. */
static bool result_tells(const struct x64_compile *c, const struct ir_inst *inst,
                         enum x64_cond *cond)
{
    uint32_t result = c->flags.result;
    if (!result) {
        return false;
    }
    if (inst->a == result && is_zero(c, inst->b)) {
        switch (inst->op) {
        case IR_EQ:
        case IR_ULE:
            *cond = X64_E;
            return true;
        case IR_NE:
            *cond = X64_NE;
            return true;
        case IR_SLT:
            *cond = X64_S;
            return true;
        default:
            return false;
        }
    }
    if (inst->b == result && is_zero(c, inst->a)) {
        switch (inst->op) {
        case IR_EQ:
            *cond = X64_E;
            return true;
        case IR_NE:
        case IR_ULT:
            *cond = X64_NE;
            return true;
        case IR_SLE:
            *cond = X64_NS;
            return true;
        default:
            return false;
        }
    }
    return false;
}

bool x64_flags_tell(const struct x64_compile *c, const struct ir_inst *inst, enum x64_cond *cond)
{
    const struct x64_flags *f = &c->flags;
    if (f->writes != c->e->flag_writes) {
        return false;
    }
    bool compares = inst->op >= IR_EQ && inst->op <= IR_SLE;
    int64_t one;
    switch ((enum x64_flags_kind)f->kind) {
    case X64_FLAGS_CMP:
        if ((inst->op == IR_EQ || inst->op == IR_NE) && inst->a == f->a && is_zero(c, inst->b) &&
            x64_const(c, f->b, &one) && one == 1) {
            /* No number but 0 is below 1: how a == 0 reads to whoever has compared with 1. */
            *cond = inst->op == IR_EQ ? X64_B : X64_AE;
            return true;
        }
        if (compares || inst->op == IR_SUBO) {
            if (same_value(c, inst->a, f->a) && same_value(c, inst->b, f->b)) {
                *cond = compares ? cond_rows[inst->op].straight : X64_O;
                return true;
            }
            if (compares && same_value(c, inst->a, f->b) && same_value(c, inst->b, f->a)) {
                *cond = cond_rows[inst->op].swapped;
                return true;
            }
        }
        return compares && result_tells(c, inst, cond);
    case X64_FLAGS_ADD:
        if ((inst->op == IR_ADDC || inst->op == IR_ADDO) &&
            ((same_value(c, inst->a, f->a) && same_value(c, inst->b, f->b)) ||
             (same_value(c, inst->a, f->b) && same_value(c, inst->b, f->a)))) {
            *cond = inst->op == IR_ADDC ? X64_B : X64_O;
            return true;
        }
        return compares && result_tells(c, inst, cond);
    case X64_FLAGS_ADD3:
    case X64_FLAGS_SBB:
        if ((inst->op == IR_ADD3C || inst->op == IR_ADD3O) && same_value(c, inst->a, f->a) &&
            same_value(c, inst->b, f->b) && same_value(c, inst->c, f->c)) {
            enum x64_cond carry = f->kind == X64_FLAGS_SBB ? X64_AE : X64_B;
            *cond = inst->op == IR_ADD3C ? carry : X64_O;
            return true;
        }
        return compares && result_tells(c, inst, cond);
    case X64_FLAGS_RESULT:
        /* As after "cmp result, 0": no carry, no overflow. */
        if (compares && inst->a == f->result && is_zero(c, inst->b)) {
            *cond = cond_rows[inst->op].straight;
            return true;
        }
        if (compares && inst->b == f->result && is_zero(c, inst->a)) {
            *cond = cond_rows[inst->op].swapped;
            return true;
        }
        return false;
    }
    return false;
}

enum x64_alu x64_compare_alu(enum ir_op op)
{
    return op <= IR_SLE || op == IR_SUBO ? X64_CMP : ir_ops[op].arity > 2 ? X64_ADC : X64_ADD;
}

enum x64_cond x64_compare_cond(enum ir_op op)
{
    return op <= IR_SLE ? cond_rows[op].straight : op == IR_ADDC || op == IR_ADD3C ? X64_B : X64_O;
}

/* Emits the comparison of a comparison op; afterwards the flags tell. */
static void emit_compare(struct x64_compile *c, uint32_t a, uint32_t b, bool may_swap)
{
    bool w = x64_type(c, a) == IR_I64;
    int32_t imm;
    if (may_swap && x64_imm(c, a, &imm) && !x64_imm(c, b, &imm)) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    if (x64_imm(c, b, &imm)) {
        struct x64_rm ra = x64_use_rm(c, a);
        if (imm == 0 && ra.reg != X64_NONE) {
            x64_test(c->e, w, ra, ra.reg);
        } else {
            x64_alu_imm(c->e, X64_CMP, w, ra, imm);
        }
    } else {
        unsigned ra = x64_use(c, a);
        x64_alu(c->e, X64_CMP, w, ra, x64_use_rm(c, b));
    }
    x64_flags_set(c, X64_FLAGS_CMP, a, b, 0, 0);
}

void x64_carry_in(struct x64_compile *c, uint32_t v, bool set)
{
    uint32_t locked = c->locked;
    if (c->values[v].where == X64_IS_COND) {
        const struct ir_inst *inst = x64_inst(c, v);
        enum x64_cond cond;
        if (inst->op == IR_ULE && !x64_flags_tell(c, inst, &cond)) {
            emit_compare(c, inst->b, inst->a, false); /* this way round the carry tells */
        }
        cond = x64_condition(c, v);
        c->locked = locked; /* what was compared has served */
        if (cond == X64_B || cond == X64_AE) {
            if ((cond == X64_B) != set) {
                x64_cmc(c->e);
            }
            return;
        }
        x64_materialise(c, v);
    }
    struct x64_rm rm = x64_use_rm(c, v);
    if (set) {
        x64_bt_imm(c->e, false, rm, 0);
    } else {
        x64_alu_imm(c->e, X64_CMP, false, rm, 1);
    }
    c->locked = locked;
}

enum x64_flags_kind x64_add_carry(struct x64_compile *c, bool w, unsigned sum, struct x64_rm b,
                                  bool inverted)
{
    x64_alu(c->e, inverted ? X64_SBB : X64_ADC, w, sum, b);
    return inverted ? X64_FLAGS_SBB : X64_FLAGS_ADD3;
}

/* Adds, for the carry or overflow. */
static void emit_sum(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = inst->type == IR_I64, three = ir_ops[inst->op].arity > 2, inverted;
    uint32_t addend = x64_addend(c, inst, &inverted);
    uint32_t locked = c->locked;
    if (three) {
        x64_carry_in(c, inst->c, !inverted); /* it survives the moves that follow */
    }
    struct x64_rm ra = x64_use_rm(c, inst->a);
    unsigned sum = x64_temp(c);
    x64_mov(c->e, w, sum, ra);
    c->locked = locked | X64_BIT(sum); /* a has served */
    struct x64_rm rb = x64_use_rm(c, addend);
    enum x64_flags_kind kind = X64_FLAGS_ADD;
    if (three) {
        kind = x64_add_carry(c, w, sum, rb, inverted);
    } else {
        x64_alu(c->e, X64_ADD, w, sum, rb);
    }
    x64_flags_set(c, kind, inst->a, inst->b, inst->c, 0);
    x64_give(c, sum);
}

/* The condition of a comparison, carry or overflow, from the flags of the sum or difference itself
 * if that has just been made. */
static enum x64_cond condition_of(struct x64_compile *c, const struct ir_inst *inst)
{
    enum x64_cond cond;
    if (x64_flags_tell(c, inst, &cond)) {
        return cond;
    }
    if (inst->op <= IR_SLE || inst->op == IR_SUBO) {
        emit_compare(c, inst->a, inst->b, inst->op != IR_SUBO);
    } else {
        emit_sum(c, inst);
    }
    CHECK(x64_flags_tell(c, inst, &cond));
    return cond;
}

enum x64_cond x64_condition(struct x64_compile *c, uint32_t v)
{
    const struct ir_inst *inst = x64_inst(c, v);
    enum x64_cond cond;
    if (c->values[v].where == X64_IS_COND) {
        return condition_of(c, inst);
    }
    if (inst->op >= IR_EQ && inst->op <= IR_ADD3O && x64_flags_tell(c, inst, &cond)) {
        return cond;
    }
    if (c->values[v].where == X64_IN_STATE && x64_is_boolean(c->host, (uint64_t)inst->imm)) {
        x64_test_imm8(c->e, x64_slot((uint64_t)inst->imm), 1);
        return X64_NE;
    }
    struct x64_rm rm = x64_use_rm(c, v);
    if (rm.reg != X64_NONE) {
        x64_test(c->e, false, rm, rm.reg);
    } else {
        x64_alu_imm(c->e, X64_CMP, false, rm, 0);
    }
    return X64_NE;
}

void x64_materialise(struct x64_compile *c, uint32_t v)
{
    uint32_t locked = c->locked;
    enum x64_cond cond = x64_condition(c, v);
    c->locked = locked; /* what was compared has served */
    unsigned reg = x64_hold_temp(c, v);
    x64_setcc(c->e, cond, x64_r(reg));
    x64_movzx(c->e, 0, reg, x64_r(reg));
    c->locked = locked;
}

enum x64_cond x64_condition_at_edge(struct x64_compile *c, uint32_t v)
{
    const struct ir_inst *inst = x64_inst(c, v);
    enum x64_cond cond;
    if (x64_flags_tell(c, inst, &cond)) {
        return cond;
    }
    bool w = x64_type(c, inst->a) == IR_I64;
    int32_t imm;
    bool inverted;
    uint32_t b = x64_addend(c, inst, &inverted);
    bool immediate = !inverted && x64_imm(c, b, &imm);
    struct x64_rm rb = x64_m(X64_STATE, X64_CPU(slow[0]));
    if (inverted || (!immediate && c->values[b].where == X64_IS_CONST)) {
        x64_edge_load(c, X64_RAX, b);
        if (inverted) {
            x64_unary(c->e, X64_NOT, w, x64_r(X64_RAX));
        }
        x64_mov_store(c->e, 3, rb, X64_RAX);
    } else if (!immediate) {
        rb = x64_edge_rm(c, b);
    }
    if (ir_ops[inst->op].arity > 2) {
        x64_edge_load(c, X64_RAX, inst->c);
        x64_bt_imm(c->e, false, x64_r(X64_RAX), 0);
    }
    x64_edge_load(c, X64_RAX, inst->a);
    enum x64_alu op = x64_compare_alu(inst->op);
    if (immediate) {
        x64_alu_imm(c->e, op, w, x64_r(X64_RAX), imm);
    } else {
        x64_alu(c->e, op, w, X64_RAX, rb);
    }
    x64_flags_set(c,
                  op == X64_CMP   ? X64_FLAGS_CMP
                  : op == X64_ADD ? X64_FLAGS_ADD
                                  : X64_FLAGS_ADD3,
                  inst->a, inst->b, inst->c, 0);
    CHECK(x64_flags_tell(c, inst, &cond));
    return cond;
}

/* The current instruction's result is the condition as 0 or 1. */
static void def_condition(struct x64_compile *c, enum x64_cond cond)
{
    unsigned d = x64_def(c, 0, 0);
    x64_setcc(c->e, cond, x64_r(d));
    x64_movzx(c->e, 0, d, x64_r(d));
}

void x64_lower_compare(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_value *value = &c->values[c->index];
    if (!value->plain) {
        value->where = X64_IS_COND;
        return;
    }
    def_condition(c, condition_of(c, inst));
}

static void select_vector(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned rb = x64_use(c, inst->b), rc = x64_use(c, inst->c);
    enum x64_cond cond = x64_condition(c, inst->a);
    unsigned d = x64_def(c, inst->c, X64_BIT(rb));
    if (d != rc) {
        x64_movx_load(c->e, 4, d, x64_r(rc));
    }
    uint32_t skip = x64_jcc_short(c->e, cond ^ 1);
    x64_movx_load(c->e, 4, d, x64_r(rb));
    x64_patch_short(c->e, skip);
}

void x64_lower_select(struct x64_compile *c, const struct ir_inst *inst)
{
    if (x64_is_vector(inst->type)) {
        select_vector(c, inst);
        return;
    }
    bool w = inst->type == IR_I64;
    int64_t one, zero;
    if (x64_const(c, inst->b, &one) && x64_const(c, inst->c, &zero) && !w &&
        ((one == 1 && zero == 0) || (one == 0 && zero == 1))) {
        enum x64_cond cond = x64_condition(c, inst->a);
        def_condition(c, one ? cond : cond ^ 1);
        return;
    }
    enum x64_cond cond = x64_condition(c, inst->a);
    c->locked = 0; /* what was compared may be moved now */
    uint32_t b = inst->b, other = inst->c;
    /* d = other; if (cond) d = b. The other way round if b is where the result goes. */
    const struct x64_value *vb = &c->values[b], *vo = &c->values[other];
    unsigned want = c->values[c->index].want;
    bool b_there = want != X64_NONE ? vb->where == X64_IN_PIN && vb->reg == want
                                    : vb->where == X64_IN_REG && x64_dies(c, b) &&
                                          !(vo->where == X64_IN_REG && x64_dies(c, other));
    if (b_there || (vo->where != X64_IS_CONST && vb->where == X64_IS_CONST)) {
        b = inst->c;
        other = inst->b;
        cond ^= 1;
    }
    struct x64_rm rb = x64_use_rm(c, b);
    const struct ir_inst *source = x64_inst(c, other);
    uint32_t avoid = rb.reg == X64_NONE ? 0 : X64_BIT(rb.reg);
    if (c->values[other].where == X64_IS_CONST) {
        unsigned d = x64_def(c, 0, avoid);
        x64_load_const(c, d, source);
        x64_cmov(c->e, cond, w, d, rb);
        return;
    }
    struct x64_rm ro = x64_use_rm(c, other);
    unsigned d = x64_def(c, other, ro.reg == rb.reg ? 0 : avoid);
    if (ro.reg != d) {
        x64_mov(c->e, w, d, ro);
    }
    if (ro.reg == X64_NONE || ro.reg != rb.reg) {
        x64_cmov(c->e, cond, w, d, rb);
    }
}
