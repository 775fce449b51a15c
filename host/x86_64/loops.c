/* Floating-point and vector slots in loops. A slot lives in the state between blocks, so that what
 * one turn of a loop computes and the next one uses would go through memory. In an innermost loop,
 * the slots used most are therefore handed from block to block in vector registers as well. The
 * state is still written: whoever leaves the loop, or comes in from elsewhere and first loads the
 * registers, needs to know nothing of it.
 *
 * A loop is the blocks, in the order of their layout, from the target of a jump backward to the
 * block that jumps. In each, the carried registers keep what the slots held when the block began,
 * until its end. */
#include "host/x86_64/lower.h"

enum { LOOPS_SLOTS = 32, LOOPS_FIRST_REG = X64_XMM0 + 16 - X64_CARRIES };

/* ---- finding --------------------------------------------------------------------------------- */

/* A slot that some loop uses as a number. */
struct slot {
    uint32_t offset;
    uint8_t type;
    bool bad;      /* accessed otherwise, too */
    bool set;      /* in the block that is looked at */
    unsigned gets; /* that come before any SET of their block */
};

struct slots {
    struct slot slots[LOOPS_SLOTS];
    unsigned count;
};

static bool is_number(unsigned type)
{
    return type == IR_F32 || type == IR_F64 || type == IR_V128;
}

/* Helpers that may write slots behind our back. */
static bool writes_slots(const struct ir_inst *inst)
{
    return inst->op == IR_CALL &&
           ((const struct ir_helper *)(uintptr_t)inst->imm)->effects & IR_EFFECT_WRITES;
}

static void note_access(struct slots *slots, const struct ir_inst *inst)
{
    for (unsigned i = 0; i < slots->count; i++) {
        struct slot *slot = &slots->slots[i];
        if (slot->offset == (uint64_t)inst->imm && slot->type == inst->type) {
            slot->gets += inst->op == IR_GET && !slot->set;
            slot->set |= inst->op == IR_SET;
            return;
        }
    }
    if (is_number(inst->type) && slots->count < LOOPS_SLOTS) {
        slots->slots[slots->count++] = (struct slot){
            .offset = (uint32_t)inst->imm,
            .type = inst->type,
            .set = inst->op == IR_SET,
            .gets = inst->op == IR_GET,
        };
    }
}

/* Slots that overlap [offset, offset + size) and are not exactly that. */
static void note_overlaps(struct slots *slots, uint64_t offset, unsigned size, unsigned type)
{
    for (unsigned i = 0; i < slots->count; i++) {
        struct slot *slot = &slots->slots[i];
        bool overlaps =
            slot->offset < offset + size && offset < slot->offset + ir_type_size(slot->type);
        if (overlaps && (slot->offset != offset || slot->type != type)) {
            slot->bad = true;
        }
    }
}

/* No slot that a snapshot or edge writes is carried. */
static void note_list(const struct x64_compile *c, struct slots *slots, uint32_t list)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        note_overlaps(slots, entry->offset, ir_type_size(x64_type(c, entry->value)), IR_NONE);
    }
}

/* Collects the slots of blocks first .. last of the order. False if none can be carried. */
static bool collect(const struct x64_compile *c, uint32_t first, uint32_t last, struct slots *slots)
{
    for (uint32_t at = first; at <= last; at++) {
        const struct ir_block *block = &c->ir->blocks[c->s->order.items[at]];
        for (uint32_t i = block->first; i < block->end; i++) {
            const struct ir_inst *inst = &c->ir->insts[i];
            if (writes_slots(inst)) {
                return false;
            }
            if (inst->op == IR_GET || inst->op == IR_SET) {
                note_access(slots, inst);
            }
        }
        for (unsigned i = 0; i < slots->count; i++) {
            slots->slots[i].set = false;
        }
    }
    return slots->count != 0;
}

static void drop_mixed(const struct x64_compile *c, uint32_t first, uint32_t last,
                       struct slots *slots)
{
    for (uint32_t at = first; at <= last; at++) {
        const struct ir_block *block = &c->ir->blocks[c->s->order.items[at]];
        for (uint32_t i = block->first; i < block->end; i++) {
            const struct ir_inst *inst = &c->ir->insts[i];
            if (inst->op == IR_GET || inst->op == IR_SET) {
                note_overlaps(slots, (uint64_t)inst->imm, ir_type_size(inst->type), inst->type);
            } else if (inst->op == IR_BRANCH) {
                note_list(c, slots, inst->c);
                note_list(c, slots, inst->d);
            }
            note_list(c, slots, inst->snapshot);
        }
    }
}

static void choose(struct slots *slots, struct x64_loop *loop)
{
    loop->count = 0;
    while (loop->count < X64_CARRIES) {
        struct slot *best = NULL;
        for (unsigned i = 0; i < slots->count; i++) {
            struct slot *slot = &slots->slots[i];
            if (!slot->bad && slot->gets && (!best || slot->gets > best->gets)) {
                best = slot;
            }
        }
        if (!best) {
            return;
        }
        loop->carries[loop->count] = (struct x64_carry){
            .offset = best->offset,
            .type = best->type,
            .reg = (uint8_t)(LOOPS_FIRST_REG + loop->count),
        };
        loop->count++;
        best->bad = true;
    }
}

static void make_loop(struct x64_compile *c, uint32_t first, uint32_t last)
{
    struct x64_scratch *s = c->s;
    struct slots slots;
    slots.count = 0;
    if (!collect(c, first, last, &slots)) {
        return;
    }
    drop_mixed(c, first, last, &slots);
    struct x64_loop loop;
    choose(&slots, &loop);
    if (!loop.count) {
        return;
    }
    *x64_list_add(&s->loops) = loop;
    for (uint32_t at = first; at <= last; at++) {
        s->loop_of.items[s->order.items[at]] = s->loops.count;
    }
}

/* The position in the order of a block that is at `at` or before it, or UINT32_MAX. */
static uint32_t position_before(const struct x64_compile *c, uint32_t block, uint32_t at)
{
    for (uint32_t i = at + 1; i-- > 0;) {
        if (c->s->order.items[i] == block) {
            return i;
        }
    }
    return UINT32_MAX;
}

void x64_loops_find(struct x64_compile *c)
{
    struct x64_scratch *s = c->s;
    s->loops.count = s->loop_of.count = 0;
    for (uint32_t i = 0; i < c->ir->block_count; i++) {
        *x64_list_add(&s->loop_of) = 0;
    }
    /* Jumps backward in order: the first one that includes a block ends its innermost loop, or
     * nearly so. */
    uint32_t taken = 0; /* blocks before this position are in a loop already, or were looked at */
    for (uint32_t at = 0; at < s->order.count; at++) {
        const struct ir_inst *end = x64_inst(c, c->ir->blocks[s->order.items[at]].end - 1);
        uint32_t first = UINT32_MAX;
        if (end->op == IR_JUMP || end->op == IR_BRANCH) {
            first = position_before(c, (uint32_t)end->imm, at);
        }
        if (end->op == IR_BRANCH && first == UINT32_MAX) {
            first = position_before(c, end->b, at);
        }
        if (first != UINT32_MAX && first >= taken) {
            make_loop(c, first, at);
            taken = at + 1;
        }
    }
}

/* ---- compiling a block ----------------------------------------------------------------------- */

void x64_loop_begin(struct x64_compile *c)
{
    uint32_t number = c->s->loop_of.items[c->block];
    c->carried = 0;
    c->loop.count = 0;
    if (!number) {
        return;
    }
    c->loop = c->s->loops.items[number - 1];
    const struct ir_block *block = &c->ir->blocks[c->block];
    for (unsigned k = 0; k < c->loop.count; k++) {
        struct x64_carry *carry = &c->loop.carries[k];
        c->carried |= X64_BIT(carry->reg);
        for (uint32_t i = block->first; i < block->end; i++) {
            const struct ir_inst *inst = &c->ir->insts[i];
            if (inst->op == IR_SET && inst->imm == carry->offset) {
                carry->value = inst->a;
            }
        }
    }
}

bool x64_loop_edge(const struct x64_compile *c, uint32_t block)
{
    return c->loop.count && c->s->loop_of.items[block] == c->s->loop_of.items[c->block];
}

bool x64_loop_goes_on(const struct x64_compile *c)
{
    const struct ir_inst *end = x64_inst(c, c->ir->blocks[c->block].end - 1);
    return (end->op == IR_JUMP && x64_loop_edge(c, (uint32_t)end->imm)) ||
           (end->op == IR_BRANCH &&
            (x64_loop_edge(c, (uint32_t)end->imm) || x64_loop_edge(c, end->b)));
}

static struct x64_carry *find(struct x64_compile *c, const struct ir_inst *inst)
{
    for (unsigned i = 0; i < c->loop.count; i++) {
        if (c->loop.carries[i].offset == (uint64_t)inst->imm) {
            return &c->loop.carries[i];
        }
    }
    return NULL;
}

unsigned x64_loop_get(struct x64_compile *c, const struct ir_inst *inst)
{
    const struct x64_carry *carry = find(c, inst);
    return carry && !carry->changed ? carry->reg : X64_NONE;
}

void x64_loop_set(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_carry *carry = find(c, inst);
    if (carry) {
        carry->changed = true;
    }
}

static void uncarry_list(struct x64_compile *c, uint32_t list)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        x64_uncarry(c, entry->value);
    }
}

/* All new contents are in other registers before the first one is written, and so is what the edges
 * need after. */
void x64_loop_hand_over(struct x64_compile *c)
{
    uint8_t from[X64_CARRIES];
    if (!x64_loop_goes_on(c)) {
        return;
    }
    const struct ir_inst *end = x64_inst(c, c->index);
    uncarry_list(c, end->snapshot);
    if (end->op == IR_BRANCH) {
        uncarry_list(c, end->c);
        uncarry_list(c, end->d);
    }
    for (unsigned i = 0; i < c->loop.count; i++) {
        const struct x64_carry *carry = &c->loop.carries[i];
        from[i] = carry->reg;
        if (!carry->value) {
            continue;
        }
        unsigned reg = x64_use(c, carry->value);
        if (reg != carry->reg && X64_BIT(reg) & c->carried) {
            unsigned temp = x64_temp_xmm(c);
            x64_movx_load(c->e, 4, temp, x64_r(reg));
            reg = temp;
        }
        from[i] = (uint8_t)reg;
    }
    for (unsigned i = 0; i < c->loop.count; i++) {
        unsigned reg = c->loop.carries[i].reg;
        if (from[i] != reg) {
            x64_movx_load(c->e, 4, reg, x64_r(from[i]));
        }
    }
    c->locked = 0;
}

void x64_loop_load(struct x64_compile *c, const struct x64_loop *loop)
{
    for (unsigned i = 0; i < loop->count; i++) {
        const struct x64_carry *carry = &loop->carries[i];
        unsigned size = carry->type == IR_V128 ? 4 : carry->type == IR_F64 ? 3 : 2;
        x64_movx_load(c->e, size, carry->reg, x64_slot(carry->offset));
    }
}

/* Where a slow path keeps the register, too. */
static struct x64_rm call_place(unsigned reg)
{
    return x64_m(X64_STATE, X64_SAVE(X64_SAVE_XMM + 2 * (reg - X64_XMM0)));
}

void x64_loop_call_begin(struct x64_compile *c)
{
    for (unsigned i = 0; i < c->loop.count; i++) {
        x64_movx_store(c->e, 4, call_place(c->loop.carries[i].reg), c->loop.carries[i].reg);
    }
}

void x64_loop_call_end(struct x64_compile *c)
{
    for (unsigned i = 0; i < c->loop.count; i++) {
        x64_movx_load(c->e, 4, c->loop.carries[i].reg, call_place(c->loop.carries[i].reg));
    }
}
