/* Entries, and edges between blocks. */
#include "host/x86_64/lower.h"

/* ---- labels ---------------------------------------------------------------------------------- */

static void label_here(struct x64_compile *c, unsigned which)
{
    c->s->labels.items[c->block * X64_LABELS + which] = x64_here(c->e) + 1;
}

static void jump_label(struct x64_compile *c, uint32_t label)
{
    uint32_t known = c->s->labels.items[label];
    if (known) {
        x64_jmp_back(c->e, known - 1);
        return;
    }
    *x64_list_add(&c->s->fixups) = (struct x64_fixup){.at = x64_jmp(c->e), .label = label};
}

static void jcc_label(struct x64_compile *c, enum x64_cond cond, uint32_t label)
{
    uint32_t known = c->s->labels.items[label];
    if (known) {
        x64_jcc_back(c->e, cond, known - 1);
        return;
    }
    *x64_list_add(&c->s->fixups) = (struct x64_fixup){.at = x64_jcc(c->e, cond), .label = label};
}

static const struct ir_inst *entry_of(const struct x64_compile *c, uint32_t block)
{
    const struct ir_inst *first = x64_inst(c, c->ir->blocks[block].first);
    return first->op == IR_ENTRY ? first : NULL;
}

static bool polled(const struct x64_compile *c, uint32_t block)
{
    const struct ir_inst *entry = entry_of(c, block);
    return entry && entry->aux;
}

/* The label of an ordinary edge to the block; `carried`: within its loop. */
static uint32_t label_of(const struct x64_compile *c, uint32_t block, bool carried)
{
    return block * X64_LABELS + (carried ? X64_LABEL_CARRIED : X64_LABEL_INNER) + polled(c, block);
}

/* ---- polls ----------------------------------------------------------------------------------- */

/* Compares; returns the condition to leave. */
static enum x64_cond poll_condition(struct x64_compile *c)
{
    if (c->host->options.counted) {
        /* The budget is used up, or there are requests, each of which is greater. */
        x64_alu(c->e, X64_CMP, false, X64_BUDGET, x64_m(X64_STATE, X64_CPU(poll)));
        return X64_LE;
    }
    x64_alu_imm(c->e, X64_CMP, false, x64_m(X64_STATE, X64_CPU(poll)), 0);
    return X64_NE;
}

static void emit_poll(struct x64_compile *c, int64_t pc, uint32_t restore, uint32_t restore_count)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_POLL);
    stub->imm = pc;
    stub->restore = restore;
    stub->restore_count = restore_count;
    uint32_t start = x64_here(c->e);
    x64_stub_jump(stub, x64_jcc(c->e, poll_condition(c)));
    CHECK(c->host->options.counted || x64_here(c->e) - start == X64_POLL_SIZE);
}

/* All that comes to a block of a loop other than through the loop, out of line. `entry` is the
 * number of its entry, UINT32_MAX if it has none. */
static void carry_stub(struct x64_compile *c, uint32_t entry)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_CARRY);
    stub->mem = c->block;
    stub->site = entry;
    stub->resume = x64_here(c->e);
}

void x64_stub_carry(struct x64_compile *c, const struct x64_stub *stub)
{
    uint32_t resume = stub->resume;
    c->block = stub->mem;
    if (stub->site != UINT32_MAX) {
        c->s->entries.items[stub->site].code = x64_here(c->e);
        label_here(c, X64_LABEL_POLL);
        emit_poll(c, entry_of(c, c->block)->imm, 0, 0); /* adds a stub: this one may have moved */
    }
    label_here(c, X64_LABEL_INNER);
    x64_loop_load(c, &c->s->loops.items[c->s->loop_of.items[c->block] - 1]);
    x64_jmp_back(c->e, resume);
}

/* The current block belongs to a loop that carries something: where its loop comes in, after what
 * the others have to do first. They have polled if they had to. */
static void carry_join(struct x64_compile *c, const struct ir_inst *entry)
{
    bool poll = entry && entry->aux;
    x64_loop_load(c, &c->loop);
    uint32_t over = poll ? x64_jmp_short(c->e) : 0;
    if (poll) {
        label_here(c, X64_LABEL_CARRIED_POLL);
        emit_poll(c, entry->imm, 0, 0);
        x64_patch_short(c->e, over);
    }
    label_here(c, X64_LABEL_CARRIED);
}

void x64_begin_inner(struct x64_compile *c)
{
    if (c->falls_in && c->falls_carried) {
        label_here(c, X64_LABEL_CARRIED);
        carry_stub(c, UINT32_MAX);
        return;
    }
    label_here(c, X64_LABEL_INNER);
    label_here(c, X64_LABEL_POLL);
    if (c->loop.count) {
        carry_join(c, NULL);
    }
}

void x64_lower_entry(struct x64_compile *c, const struct ir_inst *inst)
{
    uint32_t pc = (uint32_t)(inst->imm - (int64_t)c->ir->page), code = x64_here(c->e);
    if (c->falls_in && c->falls_carried) {
        if (inst->aux) {
            label_here(c, X64_LABEL_CARRIED_POLL);
            emit_poll(c, inst->imm, 0, 0);
        }
        label_here(c, X64_LABEL_CARRIED);
        carry_stub(c, c->s->entries.count);
    } else if (c->falls_in && !inst->aux) {
        /* The block above runs into this one and does not poll: whoever comes from outside does it
         * elsewhere. */
        struct x64_stub *stub = x64_stub_add(c, X64_STUB_ENTRY);
        stub->imm = inst->imm;
        stub->site = c->s->entries.count;
        label_here(c, X64_LABEL_INNER);
        stub->resume = x64_here(c->e);
        if (c->loop.count) {
            carry_join(c, inst);
        }
    } else {
        label_here(c, X64_LABEL_POLL);
        emit_poll(c, inst->imm, 0, 0);
        label_here(c, X64_LABEL_INNER);
        if (c->loop.count) {
            carry_join(c, inst);
        }
    }
    *x64_list_add(&c->s->entries) = (struct host_entry){.pc = pc, .code = code};
}

void x64_stub_entry(struct x64_compile *c, const struct x64_stub *stub)
{
    uint32_t resume = stub->resume;
    c->s->entries.items[stub->site].code = x64_here(c->e);
    emit_poll(c, stub->imm, 0, 0); /* adds a stub: this one may have moved */
    x64_jmp_back(c->e, resume);
}

void x64_lower_count(struct x64_compile *c, const struct ir_inst *inst)
{
    c->counted = (uint32_t)inst->imm;
    c->reached = 0;
    if (c->host->options.counted && inst->imm) {
        x64_alu_imm(c->e, X64_SUB, false, x64_r(X64_BUDGET), (int32_t)inst->imm);
    }
}

void x64_lower_countif(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!c->host->options.counted) {
        return;
    }
    /* Without a jump, which would be as hard to predict as the guest's that became a selection, and
     * without changing the flags, which that uses too. */
    enum x64_cond cond = x64_condition(c, inst->a);
    unsigned less = x64_temp(c);
    x64_lea(c->e, false, less, x64_m(X64_BUDGET, -(int32_t)inst->imm));
    x64_cmov(c->e, cond, false, X64_BUDGET, x64_r(less));
}

/* ---- edges ----------------------------------------------------------------------------------- */

struct edge {
    uint32_t block;
    uint32_t sets;     /* list of SETs on it, 0: none */
    uint32_t snapshot; /* for its poll, 0: none */
    bool carried;      /* an edge of the loop */
};

static bool edge_is_plain(const struct x64_compile *c, const struct edge *edge)
{
    return !edge->sets && !(edge->snapshot && polled(c, edge->block));
}

/* Values that edges set must not be where a SET before them changes them. */
static void edge_prepare_value(struct x64_compile *c, uint32_t v)
{
    const struct ir_inst *inst = x64_inst(c, v);
    if (c->values[v].where == X64_IN_STATE) {
        uint32_t locked = c->locked;
        x64_use(c, v);
        c->locked = locked;
    } else if (c->values[v].where == X64_IS_COND) {
        bool inverted;
        edge_prepare_value(c, inst->a);
        edge_prepare_value(c, x64_addend(c, inst, &inverted));
        if (ir_ops[inst->op].arity > 2) {
            if (c->values[inst->c].where == X64_IS_COND) {
                x64_materialise(c, inst->c);
            }
            edge_prepare_value(c, inst->c);
        }
    }
}

void x64_edge_prepare(struct x64_compile *c, uint32_t list)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        edge_prepare_value(c, entry->value);
    }
}

/* The pinned registers that a list of SETs changes. */
static uint32_t edge_pins(const struct x64_compile *c, uint32_t list)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    uint32_t pins = 0;
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        for (unsigned at = 0; at < ir_type_size(x64_type(c, entry->value)); at += 4) {
            unsigned pin = x64_pin_at(c->host, entry->offset + at);
            pins |= pin != X64_NONE ? X64_BIT(pin) : 0;
        }
    }
    return pins;
}

/* An edge polls after its SETs: they must not change what the poll's snapshot still needs. */
static void edge_unpin(struct x64_compile *c, const struct edge *edge)
{
    const struct ir_snapshot *entry = &c->ir->snapshots[edge->snapshot];
    uint32_t pins = edge_pins(c, edge->sets);
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        const struct x64_value *value = &c->values[entry->value];
        if (value->where == X64_IN_PIN && pins & X64_BIT(value->reg)) {
            x64_unpin(c, entry->value);
        }
    }
}

struct x64_rm x64_edge_rm(const struct x64_compile *c, uint32_t v)
{
    const struct x64_value *value = &c->values[v];
    if (value->where == X64_IN_FRAME) {
        return x64_frame(value->spill - 1u);
    }
    CHECK(value->where == X64_IN_REG || value->where == X64_IN_PIN);
    return x64_r(value->reg);
}

void x64_edge_load(struct x64_compile *c, unsigned reg, uint32_t v)
{
    if (c->values[v].where == X64_IS_CONST) {
        x64_load_const(c, reg, x64_inst(c, v));
    } else {
        x64_mov(c->e, x64_type(c, v) == IR_I64, reg, x64_edge_rm(c, v));
    }
}

/* Copies a value to the state through rax, which edges have for themselves; changes no allocation,
 * since the other edge starts from the same one. */
static void edge_store(struct x64_compile *c, struct x64_rm to, uint32_t v)
{
    const struct x64_value *value = &c->values[v];
    enum ir_type type = x64_type(c, v);
    bool wide = type == IR_I64;
    const struct ir_inst *inst = x64_inst(c, v);
    int32_t imm;
    if (value->where == X64_IS_COND) {
        x64_setcc(c->e, x64_condition_at_edge(c, v), to);
        return;
    }
    if (value->where == X64_IN_REG || value->where == X64_IN_PIN || x64_imm(c, v, &imm)) {
        x64_state_store(c, type, to, v);
        return;
    }
    if (value->where == X64_IS_CONST && !x64_is_vector(type)) {
        x64_load_const(c, X64_RAX, inst);
        x64_mov_store(c->e, wide ? 3 : 2, to, X64_RAX);
        return;
    }
    for (unsigned at = 0; at < ir_type_size(type); at += 8) {
        bool eight = ir_type_size(type) - at >= 8;
        struct x64_rm from;
        if (value->where == X64_IN_FRAME) {
            from = x64_frame(value->spill - 1u);
        } else {
            CHECK(value->where == X64_IS_CONST);
            x64_mov_imm(c->e, true, X64_RAX, inst->imm);
            x64_mov_store(c->e, eight ? 3 : 2, to, X64_RAX);
            return;
        }
        from.disp += (int32_t)at;
        x64_mov(c->e, eight, X64_RAX, from);
        x64_mov_store(c->e, eight ? 3 : 2, to, X64_RAX);
        to.disp += 8;
    }
}

static void edge_sets(struct x64_compile *c, uint32_t list)
{
    if (!list) {
        return;
    }
    /* Pinned registers may be source and target at once: those go all through memory. */
    bool pins = edge_pins(c, list);
    if (pins) {
        x64_call_pins_store(c, c->host->pinned);
    }
    const struct ir_snapshot *entry = &c->ir->snapshots[list];
    for (; entry->offset != IR_SNAPSHOT_END; entry++) {
        edge_store(c, x64_slot(entry->offset), entry->value);
    }
    if (pins) {
        x64_call_pins_load(c, c->host->pinned);
    }
}

void x64_lower_poll(struct x64_compile *c, const struct ir_inst *inst)
{
    uint32_t count;
    if (inst->snapshot) {
        x64_edge_prepare(c, inst->snapshot);
        x64_take(c, X64_RAX);
    }
    uint32_t first = x64_restores_add(c, inst->snapshot, &count);
    emit_poll(c, inst->imm, first, count);
}

/* Whether the SETs of an edge include all of a snapshot. */
static bool edge_covers(const struct x64_compile *c, uint32_t sets, uint32_t snapshot)
{
    const struct ir_snapshot *all = c->ir->snapshots;
    for (const struct ir_snapshot *entry = &all[snapshot]; entry->offset != IR_SNAPSHOT_END;
         entry++) {
        const struct ir_snapshot *set = &all[sets];
        while (set->offset != IR_SNAPSHOT_END &&
               (set->offset != entry->offset || set->value != entry->value)) {
            set++;
        }
        if (set->offset == IR_SNAPSHOT_END) {
            return false;
        }
    }
    return true;
}

/* The snapshot that an edge's poll needs. */
static uint32_t edge_snapshot(const struct x64_compile *c, uint32_t block, uint32_t sets,
                              uint32_t snapshot)
{
    return polled(c, block) && !edge_covers(c, sets, snapshot) ? snapshot : 0;
}

uint32_t x64_branch_snapshot(const struct x64_compile *c, const struct ir_inst *branch)
{
    uint32_t yes = edge_snapshot(c, (uint32_t)branch->imm, branch->c, branch->snapshot);
    return yes ? yes : edge_snapshot(c, branch->b, branch->d, branch->snapshot);
}

/* All of an edge up to the jump; returns the label to go to. */
static uint32_t edge_emit(struct x64_compile *c, const struct edge *edge)
{
    edge_sets(c, edge->sets);
    if (!edge->snapshot || !polled(c, edge->block)) {
        return label_of(c, edge->block, edge->carried);
    }
    uint32_t count;
    uint32_t first = x64_restores_add(c, edge->snapshot, &count);
    emit_poll(c, entry_of(c, edge->block)->imm, first, count);
    return edge->block * X64_LABELS + (edge->carried ? X64_LABEL_CARRIED : X64_LABEL_INNER);
}

/* The edge that closes a loop: its poll and its jump backward as one. */
static bool edge_goes_back(struct x64_compile *c, const struct edge *edge)
{
    uint32_t label =
        edge->block * X64_LABELS + (edge->carried ? X64_LABEL_CARRIED : X64_LABEL_INNER);
    uint32_t known = c->s->labels.items[label], count;
    if (!known || !edge->snapshot || !polled(c, edge->block)) {
        return false;
    }
    edge_sets(c, edge->sets);
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_POLL);
    stub->imm = entry_of(c, edge->block)->imm;
    stub->restore = x64_restores_add(c, edge->snapshot, &count);
    stub->restore_count = count;
    x64_jcc_back(c->e, poll_condition(c) ^ 1, known - 1);
    x64_stub_jump(stub, x64_jmp(c->e));
    return true;
}

static void edge_go(struct x64_compile *c, const struct edge *edge)
{
    if (edge_goes_back(c, edge)) {
        return;
    }
    uint32_t label = edge_emit(c, edge);
    if (x64_only_leaves(c, edge->block)) {
        x64_exit_edge(c, edge->block, X64_ALWAYS);
    } else if (edge->block == c->next_block && label == label_of(c, edge->block, edge->carried)) {
        c->falls_in = true;
        c->falls_carried = edge->carried;
    } else {
        jump_label(c, label);
    }
}

/* An edge that is a jump and nothing else. */
static void edge_go_if(struct x64_compile *c, const struct edge *edge, enum x64_cond cond)
{
    if (x64_only_leaves(c, edge->block)) {
        x64_exit_edge(c, edge->block, cond);
    } else {
        jcc_label(c, cond, label_of(c, edge->block, edge->carried));
    }
}

void x64_lower_jump(struct x64_compile *c, const struct ir_inst *inst)
{
    struct edge edge = {.block = (uint32_t)inst->imm,
                        .snapshot = inst->snapshot,
                        .carried = x64_loop_edge(c, (uint32_t)inst->imm)};
    x64_loop_hand_over(c);
    if (!edge_is_plain(c, &edge)) {
        x64_edge_prepare(c, inst->snapshot);
        x64_take(c, X64_RAX);
    }
    edge_go(c, &edge);
}

void x64_lower_branch(struct x64_compile *c, const struct ir_inst *inst)
{
    uint32_t block = (uint32_t)inst->imm;
    struct edge yes = {block, inst->c, edge_snapshot(c, block, inst->c, inst->snapshot),
                       x64_loop_edge(c, block)};
    struct edge no = {inst->b, inst->d, edge_snapshot(c, inst->b, inst->d, inst->snapshot),
                      x64_loop_edge(c, inst->b)};
    x64_loop_hand_over(c);
    bool yes_plain = edge_is_plain(c, &yes), no_plain = edge_is_plain(c, &no);
    if (!yes_plain || !no_plain) {
        x64_edge_prepare(c, inst->c);
        x64_edge_prepare(c, inst->d);
        x64_edge_prepare(c, x64_branch_snapshot(c, inst));
        x64_take(c, X64_RAX);
        edge_unpin(c, &yes);
        edge_unpin(c, &no);
    }
    enum x64_cond cond = x64_condition(c, inst->a);
    /* The edge that is emitted here comes last, so that it can run into the next block. */
    if (yes_plain && (!no_plain || yes.block != c->next_block)) {
        edge_go_if(c, &yes, cond);
        edge_go(c, &no);
    } else if (no_plain) {
        edge_go_if(c, &no, cond ^ 1);
        edge_go(c, &yes);
    } else {
        uint32_t other = x64_jcc(c->e, cond);
        struct x64_flags flags = c->flags;
        bool known = flags.writes == c->e->flag_writes;
        edge_go(c, &no);
        c->flags = flags; /* as they were at the jump */
        c->flags.writes = c->e->flag_writes - !known;
        if (c->falls_in) {
            jump_label(c, label_of(c, no.block, no.carried));
            c->falls_in = false;
        }
        x64_patch_here(c->e, other);
        edge_go(c, &yes);
    }
}
