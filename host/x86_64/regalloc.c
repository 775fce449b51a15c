#include "host/x86_64/compile.h"

#include <string.h>

enum ir_type x64_type(const struct x64_compile *c, uint32_t v)
{
    return ir_result_type(c->ir, v);
}

static bool is_const_op(const struct x64_compile *c, uint32_t v)
{
    unsigned op = x64_inst(c, v)->op;
    return op == IR_CONST || op == IR_PCREL;
}

/* ---- the frame ------------------------------------------------------------------------------- */

uint32_t x64_frame_alloc(struct x64_compile *c, unsigned units)
{
    uint64_t *used = c->s->frame_used;
    for (uint32_t word = 0; word < X64_SPILL_UNITS / 64; word++) {
        uint64_t room = ~used[word];
        if (units == 2) {
            room &= room >> 1 & UINT64_C(0x5555555555555555);
        }
        if (room) {
            uint32_t unit = word * 64 + (uint32_t)__builtin_ctzll(room);
            used[word] |= (units == 2 ? UINT64_C(3) : 1) << (unit & 63);
            if (unit + units > c->s->frame_top) {
                c->s->frame_top = unit + units;
            }
            return unit;
        }
    }
    CHECK_UNREACHABLE();
}

void x64_frame_free(struct x64_compile *c, uint32_t unit, unsigned units)
{
    c->s->frame_used[unit / 64] &= ~((units == 2 ? UINT64_C(3) : 1) << (unit & 63));
}

static unsigned units_of(enum ir_type type)
{
    return type == IR_V128 ? 2 : 1;
}

/* ---- moving values --------------------------------------------------------------------------- */

static void load(struct x64_compile *c, enum ir_type type, unsigned reg, struct x64_rm rm)
{
    switch (type) {
    case IR_F32:
        x64_movx_load(c->e, 2, reg, rm);
        break;
    case IR_F64:
        x64_movx_load(c->e, 3, reg, rm);
        break;
    case IR_V128:
        x64_movx_load(c->e, 4, reg, rm);
        break;
    default:
        x64_mov(c->e, type == IR_I64, reg, rm);
        break;
    }
}

static void store(struct x64_compile *c, enum ir_type type, struct x64_rm rm, unsigned reg)
{
    if (x64_is_vector(type)) {
        x64_movx_store(c->e, type == IR_V128 ? 4 : type == IR_F64 ? 3 : 2, rm, reg);
    } else {
        x64_mov_store(c->e, type == IR_I64 ? 3 : 2, rm, reg);
    }
}

/* The frame's copy of a value: made from register `reg` unless there is one. */
static void to_frame(struct x64_compile *c, uint32_t v, unsigned reg)
{
    struct x64_value *value = &c->values[v];
    if (!value->spill) {
        enum ir_type type = x64_type(c, v);
        uint32_t unit = x64_frame_alloc(c, units_of(type));
        store(c, type, x64_frame(unit), reg);
        value->spill = (uint16_t)(unit + 1);
    }
    value->where = X64_IN_FRAME;
}

void x64_spill(struct x64_compile *c, unsigned reg)
{
    uint32_t v = c->held[reg];
    CHECK(v);
    if (is_const_op(c, v)) {
        c->values[v].where = X64_IS_CONST;
    } else {
        to_frame(c, v, reg);
    }
    c->held[reg] = 0;
    c->free |= X64_BIT(reg);
}

void x64_groups_drop(struct x64_compile *c, uint32_t regs)
{
    for (unsigned i = 0; i < X64_GROUPS; i++) {
        if (c->groups[i].base && regs & X64_BIT(c->groups[i].reg)) {
            c->groups[i].base = 0;
        }
    }
    c->free |= c->soft & regs;
    c->soft &= ~regs;
}

void x64_group_add(struct x64_compile *c, const struct x64_group *group)
{
    /* The older one goes if there is no room; the newest is last. */
    if (c->groups[0].base) {
        x64_groups_drop(c, X64_BIT(c->groups[0].reg));
    }
    for (unsigned i = 0; i + 1 < X64_GROUPS; i++) {
        c->groups[i] = c->groups[i + 1];
    }
    c->groups[X64_GROUPS - 1] = *group;
    c->scratch &= ~X64_BIT(group->reg);
    c->soft |= X64_BIT(group->reg);
}

static unsigned alloc(struct x64_compile *c, uint32_t class)
{
    uint32_t room = c->free & class & ~c->locked;
    if (!room && c->soft & class & ~c->locked) {
        room = c->soft & class & ~c->locked;
        room &= -room;
        x64_groups_drop(c, room);
    }
    if (!room) {
        uint32_t victims = class & ~c->free & ~c->soft & ~c->locked & ~c->carried;
        unsigned best = X64_NONE;
        uint32_t farthest = 0;
        for (; victims; victims &= victims - 1) {
            unsigned reg = (unsigned)__builtin_ctz(victims);
            uint32_t last = c->values[c->held[reg]].last_use;
            if (last >= farthest) {
                farthest = last;
                best = reg;
            }
        }
        CHECK(best != X64_NONE);
        x64_spill(c, best);
        room = X64_BIT(best);
    }
    /* rax last: edges take it, and so do multiplication and division. */
    unsigned reg = (unsigned)(room & X64_TEMPS ? 31 - __builtin_clz(room) : __builtin_ctz(room));
    c->free &= ~X64_BIT(reg);
    c->locked |= X64_BIT(reg);
    c->held[reg] = 0;
    return reg;
}

static void hold(struct x64_compile *c, unsigned reg, uint32_t v)
{
    c->held[reg] = v;
    c->values[v].where = X64_IN_REG;
    c->values[v].reg = (uint8_t)reg;
}

static void pending_remove(struct x64_compile *c, uint32_t v)
{
    for (uint32_t i = 0; i < c->pending_count; i++) {
        if (c->pending[i] == v) {
            c->pending[i] = c->pending[--c->pending_count];
            return;
        }
    }
}

/* ---- operands -------------------------------------------------------------------------------- */

bool x64_const(const struct x64_compile *c, uint32_t v, int64_t *imm)
{
    const struct ir_inst *inst = x64_inst(c, v);
    if (inst->op != IR_CONST || x64_is_vector(inst->type)) {
        return false;
    }
    *imm = inst->type == IR_I32 ? (int32_t)inst->imm : inst->imm;
    return true;
}

bool x64_imm(const struct x64_compile *c, uint32_t v, int32_t *imm)
{
    int64_t wide;
    if (!x64_const(c, v, &wide) || wide != (int32_t)wide) {
        return false;
    }
    *imm = (int32_t)wide;
    return true;
}

unsigned x64_use(struct x64_compile *c, uint32_t v)
{
    struct x64_value *value = &c->values[v];
    const struct ir_inst *inst = x64_inst(c, v);
    unsigned reg;
    switch ((enum x64_where)value->where) {
    case X64_IN_REG:
    case X64_IN_PIN:
        c->locked |= X64_BIT(value->reg);
        return value->reg;
    case X64_IN_FRAME:
        reg = alloc(c, x64_is_vector(x64_type(c, v)) ? X64_XMMS : X64_TEMPS);
        load(c, x64_type(c, v), reg, x64_frame(value->spill - 1u));
        break;
    case X64_IN_STATE:
        reg = alloc(c, x64_is_vector(inst->type) ? X64_XMMS : X64_TEMPS);
        if (x64_is_boolean(c->host, (uint64_t)inst->imm) && inst->type == IR_I32) {
            x64_movzx(c->e, 0, reg, x64_slot((uint64_t)inst->imm));
        } else {
            load(c, inst->type, reg, x64_slot((uint64_t)inst->imm));
        }
        pending_remove(c, v);
        break;
    case X64_IS_CONST:
        if (x64_is_vector(inst->type)) {
            reg = alloc(c, X64_XMMS);
        } else {
            reg = alloc(c, X64_TEMPS);
        }
        x64_load_const(c, reg, inst);
        break;
    default:
        CHECK_UNREACHABLE();
    }
    hold(c, reg, v);
    return reg;
}

struct x64_rm x64_use_rm(struct x64_compile *c, uint32_t v)
{
    const struct x64_value *value = &c->values[v];
    if (x64_dies(c, v) && !x64_is_vector(x64_type(c, v))) {
        if (value->where == X64_IN_FRAME) {
            return x64_frame(value->spill - 1u);
        }
        uint64_t offset = (uint64_t)x64_inst(c, v)->imm;
        if (value->where == X64_IN_STATE && !x64_is_boolean(c->host, offset)) {
            return x64_slot(offset);
        }
    }
    return x64_r(x64_use(c, v));
}

void x64_use_in(struct x64_compile *c, uint32_t v, unsigned reg)
{
    const struct x64_value *value = &c->values[v];
    if (value->where == X64_IN_REG && value->reg == reg && x64_dies(c, v)) {
        c->locked |= X64_BIT(reg);
        return;
    }
    x64_take(c, reg);
    if (value->where == X64_IS_CONST) {
        x64_load_const(c, reg, x64_inst(c, v));
    } else if (value->where == X64_IN_FRAME) {
        load(c, x64_type(c, v), reg, x64_frame(value->spill - 1u));
    } else if (value->where == X64_IN_STATE) {
        load(c, x64_type(c, v), reg, x64_slot((uint64_t)x64_inst(c, v)->imm));
    } else {
        uint32_t locked = c->locked;
        x64_mov(c->e, x64_type(c, v) == IR_I64, reg, x64_r(x64_use(c, v)));
        c->locked = locked;
    }
}

void x64_uncarry(struct x64_compile *c, uint32_t v)
{
    const struct x64_value *value = &c->values[v];
    if (value->where == X64_IN_PIN && value->reg >= X64_XMM0) {
        uint32_t locked = c->locked;
        unsigned from = value->reg, reg = alloc(c, X64_XMMS);
        x64_movx_load(c->e, 4, reg, x64_r(from));
        hold(c, reg, v);
        c->locked = locked;
    }
}

/* ---- results and temporaries ----------------------------------------------------------------- */

void x64_unpin(struct x64_compile *c, uint32_t v)
{
    unsigned reg = c->values[v].reg;
    if (c->free & X64_TEMPS & ~c->locked) {
        uint32_t locked = c->locked;
        unsigned temp = alloc(c, X64_TEMPS);
        c->locked = locked;
        x64_mov(c->e, false, temp, x64_r(reg));
        hold(c, temp, v);
    } else {
        to_frame(c, v, reg);
    }
}

void x64_pin_vacate(struct x64_compile *c, unsigned reg)
{
    for (uint32_t v = c->pin_head[reg]; v; v = c->values[v].next) {
        const struct x64_value *value = &c->values[v];
        if (value->where == X64_IN_PIN && value->reg == reg && value->last_use > c->index) {
            x64_unpin(c, v);
        }
    }
    c->pin_head[reg] = 0;
}

void x64_pin_holds(struct x64_compile *c, unsigned reg, uint32_t v)
{
    c->values[v].next = c->pin_head[reg];
    c->pin_head[reg] = v;
    c->values[v].where = X64_IN_PIN;
    c->values[v].reg = (uint8_t)reg;
}

unsigned x64_def(struct x64_compile *c, uint32_t reuse, uint32_t avoid)
{
    struct x64_value *value = &c->values[c->index];
    if (value->want != X64_NONE && !(avoid & X64_BIT(value->want))) {
        unsigned reg = value->want;
        x64_pin_vacate(c, reg);
        x64_pin_holds(c, reg, c->index);
        return reg;
    }
    uint32_t class = x64_is_vector(x64_type(c, c->index)) ? X64_XMMS : X64_TEMPS;
    unsigned reg;
    struct x64_value *old = &c->values[reuse];
    if (reuse && old->where == X64_IN_REG && x64_dies(c, reuse) &&
        X64_BIT(old->reg) & class & ~avoid) {
        reg = old->reg;
        old->where = X64_NOWHERE;
    } else {
        reg = alloc(c, class);
    }
    hold(c, reg, c->index);
    return reg;
}

unsigned x64_def_taken(struct x64_compile *c, unsigned reg)
{
    if (c->values[c->index].want != X64_NONE) {
        return x64_def(c, 0, 0);
    }
    c->scratch &= ~X64_BIT(reg);
    c->free &= ~X64_BIT(reg);
    c->locked |= X64_BIT(reg);
    hold(c, reg, c->index);
    return reg;
}

unsigned x64_temp(struct x64_compile *c)
{
    unsigned reg = alloc(c, X64_TEMPS);
    c->scratch |= X64_BIT(reg);
    return reg;
}

unsigned x64_temp_xmm(struct x64_compile *c)
{
    unsigned reg = alloc(c, X64_XMMS);
    c->scratch |= X64_BIT(reg);
    return reg;
}

void x64_take(struct x64_compile *c, unsigned reg)
{
    CHECK(!(c->locked & X64_BIT(reg)));
    x64_groups_drop(c, X64_BIT(reg));
    if (!(c->free & X64_BIT(reg))) {
        uint32_t v = c->held[reg];
        uint32_t class = reg < X64_XMM0 ? X64_TEMPS : X64_XMMS;
        if (c->free & class & ~c->locked && !is_const_op(c, v)) {
            uint32_t locked = c->locked;
            unsigned other = alloc(c, class);
            c->locked = locked;
            if (reg < X64_XMM0) {
                x64_mov(c->e, x64_type(c, v) == IR_I64, other, x64_r(reg));
            } else {
                x64_movx_load(c->e, 4, other, x64_r(reg));
            }
            hold(c, other, v);
        } else {
            x64_spill(c, reg);
        }
    }
    c->free &= ~X64_BIT(reg);
    c->locked |= X64_BIT(reg);
    c->scratch |= X64_BIT(reg);
    c->held[reg] = 0;
}

unsigned x64_hold_temp(struct x64_compile *c, uint32_t v)
{
    unsigned reg = alloc(c, X64_TEMPS);
    hold(c, reg, v);
    return reg;
}

void x64_give(struct x64_compile *c, unsigned reg)
{
    c->scratch &= ~X64_BIT(reg);
    c->locked &= ~X64_BIT(reg);
    c->free |= X64_BIT(reg);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

void x64_alloc_begin(struct x64_compile *c)
{
    c->free = (X64_TEMPS | X64_XMMS) & ~c->carried;
    c->locked = c->scratch = c->soft = 0;
    memset(c->groups, 0, sizeof(c->groups));
    c->sum = (struct x64_sum){0};
    c->pending_count = 0;
    memset(c->pin_head, 0, sizeof(c->pin_head));
    memset(c->s->frame_used, 0, (c->s->frame_top + 63) / 64 * sizeof(uint64_t));
    c->s->frame_top = 0;
    c->flags.writes = c->e->flag_writes - 1;
}

static void release(struct x64_compile *c, uint32_t v)
{
    struct x64_value *value = &c->values[v];
    bool inverted;
    if (!v || value->last_use > c->index) {
        return;
    }
    if (value->spill) {
        x64_frame_free(c, value->spill - 1u, units_of(x64_type(c, v)));
        value->spill = 0;
    }
    switch ((enum x64_where)value->where) {
    case X64_IN_REG:
        c->free |= X64_BIT(value->reg);
        break;
    case X64_IN_STATE:
        pending_remove(c, v);
        break;
    case X64_IS_COND:
        value->where = X64_NOWHERE;
        release(c, x64_inst(c, v)->a);
        release(c, x64_addend(c, x64_inst(c, v), &inverted));
        if (ir_ops[x64_inst(c, v)->op].arity > 2) {
            release(c, x64_inst(c, v)->c);
        }
        break;
    default:
        break;
    }
    value->where = X64_NOWHERE;
}

void x64_operand_done(struct x64_compile *c, uint32_t v)
{
    release(c, v);
}

static void release_list(struct x64_compile *c, uint32_t list)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        release(c, entry->value);
    }
}

void x64_alloc_end(struct x64_compile *c, const struct ir_inst *inst)
{
    const struct ir_op_info *info = &ir_ops[inst->op];
    if (info->arity && c->values[c->index].where != X64_IS_COND) {
        bool inverted;
        release(c, inst->a);
        if (info->arity > 1) {
            release(c, x64_addend(c, inst, &inverted));
            if (info->arity > 2) {
                release(c, inst->c);
                if (info->arity > 3) {
                    release(c, inst->d);
                }
            }
        }
    }
    if (inst->snapshot) {
        release_list(c, inst->snapshot);
    }
    c->free |= c->scratch;
    c->scratch = 0;
    c->locked = 0;
    if (info->result != '-' && !c->values[c->index].last_use) {
        release(c, c->index);
    }
}

void x64_state_changes(struct x64_compile *c, uint32_t offset, uint32_t size)
{
    for (uint32_t i = 0; i < c->pending_count;) {
        uint32_t v = c->pending[i];
        const struct ir_inst *inst = x64_inst(c, v);
        if (c->values[v].last_use > c->index && (uint64_t)inst->imm < (uint64_t)offset + size &&
            offset < (uint64_t)inst->imm + ir_type_size(inst->type)) {
            uint32_t locked = c->locked;
            x64_use(c, v); /* takes it off the list */
            c->locked = locked;
        } else {
            i++;
        }
    }
}

void x64_spill_for_call(struct x64_compile *c, bool all, bool writes)
{
    x64_groups_drop(c, X64_TEMPS);
    for (uint32_t mask = (X64_TEMPS | X64_XMMS) & ~c->free & ~c->carried; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        uint32_t v = c->held[reg];
        if (v && (all || c->values[v].last_use > c->index)) {
            x64_spill(c, reg);
        }
    }
    if (!writes) {
        return;
    }
    for (uint32_t i = 0; i < c->pending_count;) {
        uint32_t v = c->pending[i];
        if (c->values[v].last_use > c->index || all) {
            uint32_t locked = c->locked;
            unsigned reg = x64_use(c, v);
            c->locked = locked;
            x64_spill(c, reg);
        } else {
            i++;
        }
    }
    for (uint32_t pins = c->host->pinned; pins; pins &= pins - 1) {
        unsigned reg = (unsigned)__builtin_ctz(pins);
        for (uint32_t v = c->pin_head[reg]; v; v = c->values[v].next) {
            struct x64_value *value = &c->values[v];
            if (value->where == X64_IN_PIN && value->reg == reg &&
                (value->last_use > c->index || all)) {
                to_frame(c, v, reg);
            }
        }
        c->pin_head[reg] = 0;
    }
}
