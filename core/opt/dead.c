#include "core/opt/dead.h"

#include "core/ir/scratch.h"
#include "core/opt/liveness.h"

#include <string.h>

/* A removed SET keeps its value in use up to the last instruction whose snapshot has it. Beyond
 * these limits a store to the state is the better choice. */
enum { MAX_ENTRIES = 6, MAX_LEAVERS = 4 };

/* A list in the making: a snapshot, or SETs moved to an edge. */
struct list {
    uint32_t inst;
    uint32_t count;
    struct ir_snapshot entries[MAX_ENTRIES];
};

enum { TAKEN, OTHER, EDGES };

/* The backward walk through one block. The masks are of slots whose next SET has not been met. */
struct walk {
    struct ir_region *region;
    struct liveness live;
    uint8_t *used;        /* by value */
    uint64_t read;        /* read later as an ordinary value */
    uint64_t left;        /* seen by an instruction that may leave, and snapshots can serve it */
    uint64_t edge[EDGES]; /* read after one of the two edges of the block's BRANCH only */
    struct list *leavers; /* the instructions that may leave, last one first */
    uint32_t leaver_count;
    uint32_t first_leaver[LIVENESS_SLOTS]; /* of those before the slot's next SET */
    struct list moved[EDGES];
};

static void use(struct walk *w, uint32_t value)
{
    w->used[value] = 1;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static bool has_room(const struct list *list)
{
    return list->count < MAX_ENTRIES;
}

static void add_entry(struct list *list, const struct ir_inst *set)
{
    list->entries[list->count++] = (struct ir_snapshot){.offset = set->imm, .value = set->a};
}

/* Makes the list part of the region; returns its index, 0 if it is empty. */
static uint32_t write_list(struct ir_region *r, const struct list *list)
{
    if (list->count == 0) {
        return 0;
    }
    uint32_t first = r->snapshot_count;
    for (uint32_t i = 0; i < list->count; i++) {
        ir_snapshot_add(r, list->entries[i].offset, list->entries[i].value);
    }
    ir_snapshot_add(r, IR_SNAPSHOT_END, 0);
    return first;
}

static void write_lists(struct walk *w)
{
    for (uint32_t i = 0; i < w->leaver_count; i++) {
        uint32_t index = write_list(w->region, &w->leavers[i]);
        if (index != 0) {
            w->region->insts[w->leavers[i].inst].snapshot = index;
        }
    }
    for (unsigned edge = TAKEN; edge < EDGES; edge++) {
        uint32_t index = write_list(w->region, &w->moved[edge]);
        struct ir_inst *branch = &w->region->insts[w->moved[edge].inst];
        if (index != 0) {
            *(edge == TAKEN ? &branch->c : &branch->d) = index;
        }
    }
}

/* An instruction that has a list already keeps it as it is: it reads all slots. */
static void add_leaver(struct walk *w, uint32_t index)
{
    if (w->region->insts[index].snapshot != 0) {
        w->read = LIVENESS_ALL;
        return;
    }
    struct list *list = &w->leavers[w->leaver_count++];
    list->inst = index;
    list->count = 0;
    w->left = LIVENESS_ALL;
}

/* ---- SETs ------------------------------------------------------------------------------------ */

/* A pinned slot is a register already: keeping a value beside it gains nothing. */
static bool worth_moving(const struct walk *w, const struct ir_inst *set, uint64_t slot)
{
    return !(w->live.pinned & slot) || w->region->insts[set->a].op == IR_CONST;
}

/* Replaces the SET of a slot that only leaving instructions and one edge read by entries there. */
static bool move_set(struct walk *w, const struct ir_inst *set, uint64_t slot)
{
    uint32_t first = w->first_leaver[__builtin_ctzll(slot)];
    uint32_t last = w->left & slot ? w->leaver_count : first;
    if (!worth_moving(w, set, slot) || last - first > MAX_LEAVERS) {
        return false;
    }
    for (uint32_t i = first; i < last; i++) {
        if (!has_room(&w->leavers[i])) {
            return false;
        }
    }
    for (unsigned edge = TAKEN; edge < EDGES; edge++) {
        if ((w->edge[edge] & slot) && !has_room(&w->moved[edge])) {
            return false;
        }
    }
    for (uint32_t i = first; i < last; i++) {
        add_entry(&w->leavers[i], set);
    }
    for (unsigned edge = TAKEN; edge < EDGES; edge++) {
        if (w->edge[edge] & slot) {
            add_entry(&w->moved[edge], set);
        }
    }
    use(w, set->a);
    return true;
}

static void visit_set(struct walk *w, struct ir_inst *inst)
{
    uint32_t size = ir_type_size(inst->type);
    uint64_t slot = liveness_exact(&w->live, inst->imm, size);
    if (slot == 0) {
        w->read |= liveness_touch(&w->live, inst->imm, size);
        use(w, inst->a);
        return;
    }
    uint64_t moved = w->left | w->edge[TAKEN] | w->edge[OTHER];
    bool keep = (w->read & slot) || ((moved & slot) && !move_set(w, inst, slot));
    w->read &= ~slot;
    w->left &= ~slot;
    w->edge[TAKEN] &= ~slot;
    w->edge[OTHER] &= ~slot;
    w->first_leaver[__builtin_ctzll(slot)] = w->leaver_count;
    if (keep) {
        use(w, inst->a);
    } else {
        *inst = (struct ir_inst){.op = IR_NOP};
    }
}

/* ---- other instructions ---------------------------------------------------------------------- */

static void use_list(struct walk *w, uint32_t index)
{
    if (index == 0) {
        return;
    }
    for (; w->region->snapshots[index].offset != IR_SNAPSHOT_END; index++) {
        use(w, w->region->snapshots[index].value);
    }
}

static void use_operands(struct walk *w, const struct ir_inst *inst)
{
    unsigned arity = ir_ops[inst->op].arity;
    const uint32_t operands[4] = {inst->a, inst->b, inst->c, inst->d};
    for (unsigned i = 0; i < arity; i++) {
        use(w, operands[i]);
    }
    use_list(w, inst->snapshot);
    if (inst->op == IR_BRANCH) {
        use_list(w, inst->c);
        use_list(w, inst->d);
    }
}

/* Can go if its value is not used. */
static bool is_removable(const struct ir_inst *inst)
{
    if (inst->op == IR_CALL) {
        uint8_t effects = ((const struct ir_helper *)(uintptr_t)inst->imm)->effects;
        return (effects & ~IR_EFFECT_READS) == 0;
    }
    return (ir_ops[inst->op].flags & IR_FLAG_P) || inst->op == IR_GET;
}

static void visit(struct walk *w, uint32_t index)
{
    struct ir_inst *inst = &w->region->insts[index];
    if (inst->op == IR_SET) {
        visit_set(w, inst);
        return;
    }
    if (!w->used[index] && is_removable(inst)) {
        *inst = (struct ir_inst){.op = IR_NOP};
        return;
    }
    use_operands(w, inst);
    if (inst->op == IR_GET) {
        w->read |= liveness_touch(&w->live, inst->imm, ir_type_size(inst->type));
    } else if (ir_ops[inst->op].flags & (IR_FLAG_R | IR_FLAG_W | IR_FLAG_X)) {
        struct slot_effect effect = liveness_effect(&w->live, inst);
        if (effect.writes_any) {
            w->read |= w->left | w->edge[TAKEN] | w->edge[OTHER];
        }
        w->read |= effect.reads;
        if (effect.leaves) {
            add_leaver(w, index);
        }
    }
}

/* What follows the block. */
static void begin_at_end(struct walk *w, const struct ir_block *block)
{
    struct block_exits exits;
    uint32_t index = block->end - 1;
    const struct ir_inst *end = &w->region->insts[index];
    w->left = w->edge[TAKEN] = w->edge[OTHER] = 0;
    w->leaver_count = 0;
    memset(w->first_leaver, 0, sizeof(w->first_leaver));
    for (unsigned edge = TAKEN; edge < EDGES; edge++) {
        w->moved[edge] = (struct list){.inst = index};
    }
    use_operands(w, end);
    if (!liveness_exits(w->region, block, &exits)) {
        w->read = LIVENESS_ALL;
        return;
    }
    uint64_t taken = w->live.blocks[exits.blocks[TAKEN]].in;
    uint64_t other = exits.count == 2 ? w->live.blocks[exits.blocks[OTHER]].in : taken;
    w->read = taken & other;
    w->edge[TAKEN] = taken & ~other;
    w->edge[OTHER] = other & ~taken;
    if (end->op == IR_BRANCH && (end->c != 0 || end->d != 0)) {
        w->read = LIVENESS_ALL;
    }
    if (exits.polls) {
        add_leaver(w, index);
    }
}

void opt_dead(struct ir_region *region, const struct guest_ops *guest)
{
    struct walk w = {
        .region = region,
        .live = liveness_find(region, guest),
        .used = ir_scratch_get(region, IR_SCRATCH_MAP, region->inst_count),
        .leavers =
            ir_scratch_get(region, IR_SCRATCH_VALUES, region->inst_count * sizeof(struct list)),
    };
    memset(w.used, 0, region->inst_count);
    for (const struct ir_block *block = region->blocks;
         block < region->blocks + region->block_count; block++) {
        begin_at_end(&w, block);
        for (uint32_t i = block->end - 1; i-- > block->first;) {
            visit(&w, i);
        }
        write_lists(&w);
    }
}
