/* The backward scan of a block: last uses, dead values, and which values to compute straight into a
 * pinned register.
 *
 * For the latter, going backward, each pinned register is in one of three states: its content at
 * this point is still needed (by a GET, by whatever may leave here, or at the block's end); it is
 * free; or it is free and about to get a certain value, which may then be written there at once
 * where it is made. A value in a snapshot is as good as set: the snapshot says so
 * to whoever looks. */
#include "host/x86_64/compile.h"

#include <string.h>

struct scan {
    struct x64_compile *c;
    uint32_t needed, wanting; /* registers in the first and the third state */
    uint32_t wanted[16];      /* value, by wanting register */
};

/* A snapshot uses a value: the side table may say how to make it. */
static void scan_snapshot(struct scan *s, uint32_t v, uint32_t at)
{
    struct x64_value *value = &s->c->values[v];
    if (value->last_use < at) {
        value->last_use = at;
    }
    value->uses += value->uses < UINT16_MAX;
}

static void scan_use(struct scan *s, uint32_t v, uint32_t at, bool as_condition)
{
    if (!v) {
        return;
    }
    struct x64_value *value = &s->c->values[v];
    scan_snapshot(s, v, at);
    value->plain |= !as_condition;
    value->hot = true;
}

static void scan_need(struct scan *s, uint32_t regs)
{
    s->needed |= regs;
    s->wanting &= ~regs;
}

static void scan_need_all(struct scan *s)
{
    scan_need(s, s->c->host->pinned);
}

static void scan_want(struct scan *s, unsigned reg, uint32_t v)
{
    s->needed &= ~X64_BIT(reg);
    s->wanting |= X64_BIT(reg);
    s->wanted[reg] = v;
}

/* Registers that overlap [offset, offset + size). */
static uint32_t scan_pins(const struct scan *s, uint64_t offset, unsigned size)
{
    uint32_t mask = 0;
    for (uint64_t at = offset & ~UINT64_C(3); at < offset + size; at += 4) {
        unsigned reg = x64_pin_at(s->c->host, at);
        if (reg != X64_NONE) {
            mask |= X64_BIT(reg);
        }
    }
    return mask;
}

static void scan_get(struct scan *s, const struct ir_inst *inst)
{
    scan_need(s, scan_pins(s, (uint64_t)inst->imm, ir_type_size(inst->type)));
}

static void scan_set(struct scan *s, const struct ir_inst *inst)
{
    uint32_t mask = scan_pins(s, (uint64_t)inst->imm, ir_type_size(inst->type));
    if (!mask) {
        return;
    }
    unsigned reg = (unsigned)__builtin_ctz(mask);
    if (inst->type == IR_I32 && s->c->host->pin_offset[reg] == (uint64_t)inst->imm) {
        scan_want(s, reg, inst->a);
        return;
    }
    scan_need(s, mask);
}

/* Something that may leave here sees the slots as they are, but for those in its snapshot. */
static void scan_leave(struct scan *s, uint32_t index, uint32_t snapshot)
{
    const struct ir_snapshot *entry = &s->c->ir->snapshots[snapshot];
    uint32_t covered = 0;
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        scan_snapshot(s, entry->value, index);
        unsigned reg = x64_pin_at(s->c->host, entry->offset);
        if (reg == X64_NONE || s->c->host->pin_offset[reg] != entry->offset ||
            x64_type(s->c, entry->value) != IR_I32) {
            continue;
        }
        covered |= X64_BIT(reg);
        if (!((s->needed | s->wanting) & X64_BIT(reg))) {
            scan_want(s, reg, entry->value);
        }
    }
    scan_need(s, s->c->host->pinned & ~covered);
}

static void scan_list(struct scan *s, uint32_t index, uint32_t list)
{
    const struct ir_snapshot *entry = &s->c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        scan_snapshot(s, entry->value, index);
    }
}

/* SETs on an edge: a boolean slot takes its value from the host's flags. */
static void scan_edge(struct scan *s, uint32_t index, uint32_t list)
{
    const struct ir_snapshot *entry = &s->c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        scan_use(s, entry->value, index, x64_is_boolean(s->c->host, entry->offset));
    }
}

static bool scan_is_condition(const struct ir_inst *inst)
{
    return inst->op >= IR_EQ && inst->op <= IR_ADD3O && inst->op != IR_ADD3;
}

/* The pinned register that is about to get this value. */
static void scan_result(struct scan *s, uint32_t index)
{
    for (uint32_t mask = s->wanting; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        if (s->wanted[reg] == index) {
            struct x64_value *value = &s->c->values[index];
            if (value->want == X64_NONE) {
                value->want = (uint8_t)reg;
            }
            s->wanting &= ~X64_BIT(reg);
        }
    }
}

void x64_scan(struct x64_compile *c, const struct ir_block *block)
{
    struct scan s = {.c = c};
    scan_need_all(&s);
    memset(&c->values[block->first], 0, (block->end - block->first) * sizeof(*c->values));
    for (unsigned i = 0; i < c->loop.count && x64_loop_goes_on(c); i++) {
        scan_use(&s, c->loop.carries[i].value, block->end - 1, false);
    }
    for (uint32_t i = block->end; i-- > block->first;) {
        const struct ir_inst *inst = &c->ir->insts[i];
        const struct ir_op_info *info = &ir_ops[inst->op];
        struct x64_value *value = &c->values[i];
        value->want = X64_NONE;
        if (info->flags & IR_FLAG_P || inst->op == IR_GET) {
            if (!value->uses) {
                continue;
            }
        }
        if (info->result != '-' && inst->op != IR_GET) {
            scan_result(&s, i);
        }
        uint32_t at = i;
        switch (inst->op) {
        case IR_GET:
            scan_get(&s, inst);
            break;
        case IR_SET:
            scan_set(&s, inst);
            scan_use(&s, inst->a, i, x64_is_boolean(c->host, (uint64_t)inst->imm));
            continue;
        case IR_CALL: {
            const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
            if (helper->effects & (IR_EFFECT_READS | IR_EFFECT_WRITES)) {
                scan_need_all(&s);
                scan_list(&s, i, inst->snapshot);
            } else if (helper->effects) {
                scan_leave(&s, i, inst->snapshot);
            }
            break;
        }
        case IR_BRANCH:
            scan_edge(&s, i, inst->c);
            scan_edge(&s, i, inst->d);
            scan_list(&s, i, x64_branch_snapshot(c, inst));
            scan_use(&s, inst->a, i, true);
            continue;
        case IR_JUMP:
            scan_list(&s, i, inst->snapshot);
            continue;
        case IR_COUNTIF:
            if (c->host->options.counted) {
                scan_use(&s, inst->a, i, true);
            }
            continue;
        case IR_SELECT:
            scan_use(&s, inst->a, i, true);
            scan_use(&s, inst->b, i, false);
            scan_use(&s, inst->c, i, false);
            continue;
        case IR_LOAD:
        case IR_STORE:
        case IR_CAS:
        case IR_GUARD:
        case IR_REQUIRE:
        case IR_POLL:
            scan_leave(&s, i, inst->snapshot);
            break;
        default:
            if ((scan_is_condition(inst) && !value->plain) || x64_is_left(c, i) ||
                (inst->op == IR_SHL && x64_is_scale(c, i))) {
                at = value->last_use; /* it is made there */
            }
            break;
        }
        if (info->arity) {
            bool inverted;
            scan_use(&s, inst->a, at, false);
            if (info->arity > 1) {
                scan_use(&s, x64_addend(c, inst, &inverted), at, false);
                if (info->arity > 2) {
                    bool carries = inst->op >= IR_ADD3 && inst->op <= IR_ADD3O;
                    scan_use(&s, inst->c, at, carries && x64_is_carry(x64_inst(c, inst->c)));
                    if (info->arity > 3) {
                        scan_use(&s, inst->d, at, false);
                    }
                }
            }
        }
    }
}
