/* Calls of C functions: helpers of the guest, and IR ops that have no host code of their own. */
#include "core/ir/float.h"
#include "host/x86_64/lower.h"

void x64_call_pins_store(struct x64_compile *c, uint32_t mask)
{
    for (; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov_store(c->e, 2, x64_slot(c->host->pin_offset[reg]), reg);
    }
}

void x64_call_pins_load(struct x64_compile *c, uint32_t mask)
{
    for (; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov(c->e, false, reg, x64_slot(c->host->pin_offset[reg]));
    }
}

enum { CALL_OPERANDS = 4 };

/* A register operand on its way to an argument register. */
struct call_move {
    uint8_t from, to;
    bool wide;
};

/* Moves all at once: one whose target nobody reads any more goes first; what is left are cycles. */
static void call_moves(struct x64_compile *c, struct call_move *moves, unsigned count)
{
    while (count) {
        bool progress = false;
        for (unsigned i = 0; i < count; i++) {
            bool blocked = false;
            for (unsigned k = 0; k < count; k++) {
                blocked |= k != i && moves[k].from == moves[i].to;
            }
            if (blocked) {
                continue;
            }
            if (moves[i].from != moves[i].to) {
                x64_mov(c->e, moves[i].wide, moves[i].to, x64_r(moves[i].from));
            }
            moves[i--] = moves[--count];
            progress = true;
        }
        if (!progress) {
            x64_xchg(c->e, true, moves[0].to, x64_r(moves[0].from));
            unsigned from = moves[0].from, to = moves[0].to;
            for (unsigned k = 0; k < count; k++) {
                moves[k].from = moves[k].from == to     ? (uint8_t)from
                                : moves[k].from == from ? (uint8_t)to
                                                        : moves[k].from;
            }
        }
    }
}

/* The first argument is the address of the state plus `offset`; `zero_rest`: operands not there are
 * 0. */
static void call_arguments(struct x64_compile *c, const uint32_t operands[CALL_OPERANDS],
                           uint32_t offset, bool zero_rest)
{
    static const uint8_t registers[] = X64_ARGUMENTS;
    struct call_move moves[CALL_OPERANDS];
    unsigned count = 0;
    for (unsigned i = 0; i < CALL_OPERANDS; i++) {
        const struct x64_value *value = &c->values[operands[i]];
        if (operands[i] && (value->where == X64_IN_REG || value->where == X64_IN_PIN) &&
            value->reg < X64_XMM0) {
            moves[count++] = (struct call_move){value->reg, registers[i + 1],
                                                x64_type(c, operands[i]) == IR_I64};
        }
    }
    call_moves(c, moves, count);
    for (unsigned i = 0; i < CALL_OPERANDS; i++) {
        uint32_t v = operands[i];
        if (!v) {
            if (zero_rest) {
                x64_alu(c->e, X64_XOR, false, registers[i + 1], x64_r(registers[i + 1]));
            }
            continue;
        }
        const struct x64_value *value = &c->values[v];
        enum ir_type type = x64_type(c, v);
        bool wide = type == IR_I64 || type == IR_F64;
        unsigned to = registers[i + 1];
        switch ((enum x64_where)value->where) {
        case X64_IS_CONST:
            if (x64_is_vector(type)) {
                x64_mov_imm(c->e, wide, to, x64_inst(c, v)->imm);
            } else {
                x64_load_const(c, to, x64_inst(c, v));
            }
            break;
        case X64_IN_FRAME:
            x64_mov(c->e, wide, to, x64_frame(value->spill - 1u));
            break;
        case X64_IN_STATE:
            x64_mov(c->e, wide, to, x64_slot((uint64_t)x64_inst(c, v)->imm));
            break;
        case X64_IN_REG:
        case X64_IN_PIN:
            if (value->reg >= X64_XMM0) {
                x64_movd_from_xmm(c->e, wide, x64_r(to), value->reg);
            }
            break;
        default:
            break;
        }
    }
    x64_lea(c->e, true, registers[0], x64_m(X64_STATE, X64_SLOT(offset)));
}

static void call_emit(struct x64_compile *c, const void *function)
{
    x64_mov_imm(c->e, true, X64_RAX, (int64_t)(uintptr_t)function);
    x64_call_thunk(c, X64_THUNK_CALL);
    c->e->flag_writes++;
}

/* The result arrives in rax; everything that was in temps has been moved out. */
static void call_result(struct x64_compile *c, enum ir_type type)
{
    if (type == IR_NONE || !c->values[c->index].last_use) {
        return;
    }
    bool wide = type == IR_I64 || type == IR_F64;
    x64_take(c, X64_RAX);
    if (x64_is_vector(type)) {
        x64_movd_to_xmm(c->e, wide, x64_def(c, 0, 0), x64_r(X64_RAX));
        return;
    }
    unsigned d = x64_def_taken(c, X64_RAX);
    if (!wide || d != X64_RAX) {
        x64_mov(c->e, wide, d, x64_r(X64_RAX)); /* clears the upper half */
    }
}

void x64_lower_call(struct x64_compile *c, const struct ir_inst *inst)
{
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
    const uint32_t operands[CALL_OPERANDS] = {inst->a, inst->b, inst->c, inst->d};
    bool leaves = ir_inst_leaves(inst);
    bool writes = helper->effects & IR_EFFECT_WRITES;
    x64_spill_for_call(c, inst->snapshot != 0, writes);
    uint32_t pins = c->host->kept;
    uint32_t volatile_pins = pins & X64_CALL_CLOBBERS;
    x64_call_pins_store(c, leaves || helper->effects ? pins : volatile_pins);
    uint32_t site = leaves ? x64_site_add(c, inst->snapshot) : 0;
    call_arguments(c, operands, 0, true);
    x64_loop_call_begin(c);
    call_emit(c, (const void *)(uintptr_t)helper->fn);
    if (leaves) {
        c->s->sites.items[site].ret = x64_here(c->e);
    }
    x64_loop_call_end(c);
    x64_call_pins_load(c, writes ? pins : volatile_pins);
    for (unsigned i = 0; i < CALL_OPERANDS; i++) {
        x64_operand_done(c, operands[i]);
    }
    call_result(c, helper->result);
}

/* A floating-point op by its function in core: (environment, operands, aux). */
void x64_lower_float(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned arity = ir_ops[inst->op].arity;
    const uint32_t operands[CALL_OPERANDS] = {inst->a, arity > 1 ? inst->b : 0,
                                              arity > 2 ? inst->c : 0, 0};
    static const uint8_t registers[] = X64_ARGUMENTS;
    x64_spill_for_call(c, false, false);
    uint32_t pins = c->host->kept & X64_CALL_CLOBBERS;
    x64_call_pins_store(c, pins);
    call_arguments(c, operands, (uint32_t)inst->imm, false);
    if (arity < 3) {
        x64_mov_imm(c->e, false, registers[1 + arity], inst->aux);
    }
    struct ir_float_function function = ir_float_function(inst->op, inst->type);
    x64_loop_call_begin(c);
    call_emit(c, (const void *)(uintptr_t)function.fn);
    x64_loop_call_end(c);
    x64_call_pins_load(c, pins);
    for (unsigned i = 0; i < arity; i++) {
        x64_operand_done(c, operands[i]);
    }
    call_result(c, x64_type(c, c->index));
}

/* Any op without memory or control effects, by what the interpreter does for it: operands and
 * result are in cpu->host_save. */
void x64_lower_evaluate(struct x64_compile *c, const struct ir_inst *inst)
{
    const uint32_t operands[3] = {inst->a, inst->b, inst->c};
    unsigned arity = ir_ops[inst->op].arity;
    for (unsigned i = 0; i < arity; i++) {
        struct x64_rm rm = x64_m(X64_STATE, X64_SAVE(X64_SAVE_ARGS + 2 * i));
        enum ir_type type = x64_type(c, operands[i]);
        unsigned reg = x64_use(c, operands[i]);
        if (type == IR_F32) {
            x64_mov_store_imm(c->e, 3, rm, 0); /* the interpreter's values are zero-extended */
        }
        if (reg >= X64_XMM0) {
            x64_movx_store(c->e, type == IR_V128 ? 4 : type == IR_F64 ? 3 : 2, rm, reg);
        } else {
            x64_mov_store(c->e, 3, rm, reg);
        }
        c->locked = 0;
    }
    x64_spill_for_call(c, false, false);
    uint32_t pins = c->host->kept & X64_CALL_CLOBBERS;
    x64_call_pins_store(c, pins);
    x64_lea(c->e, true, X64_RDI, x64_m(X64_STATE, X64_SLOT(0)));
    x64_mov_imm(c->e, false, X64_RSI,
                inst->op | (int64_t)inst->type << 8 | (int64_t)inst->aux << 16);
    x64_mov_imm(c->e, true, X64_RDX, inst->imm);
    x64_loop_call_begin(c);
    call_emit(c, (const void *)(uintptr_t)x64_evaluate);
    x64_loop_call_end(c);
    x64_call_pins_load(c, pins);
    for (unsigned i = 0; i < arity; i++) {
        x64_operand_done(c, operands[i]);
    }
    enum ir_type type = x64_type(c, c->index);
    if (type == IR_NONE || !c->values[c->index].last_use) {
        return;
    }
    struct x64_rm result = x64_m(X64_STATE, X64_SAVE(X64_SAVE_ARGS + 6));
    unsigned d = x64_def(c, 0, 0);
    if (x64_is_vector(type)) {
        x64_movx_load(c->e, type == IR_V128 ? 4 : type == IR_F64 ? 3 : 2, d, result);
    } else {
        x64_mov(c->e, type == IR_I64, d, result);
    }
}
