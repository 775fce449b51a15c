#include "core/opt/sink.h"

#include "core/ir/ir.h"
#include "core/ir/scratch.h"
#include "core/opt/liveness.h"
#include "core/opt/rebuild.h"

#include <string.h>

/* Headers of loops that are copied: how long, and how many of a region. */
enum { HEADER_INSTS = 96, HEADER_COPIES = 16 };

/* An operand that can be had again at the begin of the next block: the constant imm (op CONST or
 * PCREL), or the content of the slot at `offset` plus imm (op GET). */
struct leaf {
    uint8_t op;
    uint32_t offset;
    int64_t imm;
};

/* What a SET gives its slot: the operation of its operands. op COPY: the first one as it is. */
struct remake {
    uint32_t slot;
    uint8_t op;
    uint16_t aux;
    struct leaf leaves[2];
};

struct sink_block {
    uint32_t preds;   /* edges to it */
    uint32_t from;    /* where its remakes come from: its only predecessor, or the loop's end */
    uint32_t back;    /* the nearest block that is not before it and leads to it, plus 1; 0: none */
    uint32_t copy;    /* a header's copy; 0: none */
    uint64_t wants;   /* tracked slots that it sets after only instructions that may leave */
    uint32_t remakes; /* what it, or its copy, begins with */
    uint32_t remake_count;
};

struct sink {
    struct rebuild rebuild;
    struct liveness live;
    struct sink_block *blocks;
    struct remake *remakes;
    uint32_t remake_count, remake_room;
    uint32_t copies;
    /* What tracked slots hold at the end of the block that is looked at, 0: not known; and of that
     * what is from a SET. */
    uint32_t held[LIVENESS_SLOTS];
    uint64_t set;
};

static const struct ir_inst *end_of(const struct sink *s, uint32_t block)
{
    return &s->rebuild.old[s->rebuild.region->blocks[block].end - 1];
}

/* ---- what blocks want ------------------------------------------------------------------------ */

static uint64_t wanted(const struct sink *s, const struct ir_block *block)
{
    uint64_t open = ~s->live.pinned, wants = 0;
    bool leaves = false;
    for (uint32_t i = block->first; i < block->end - 1 && open; i++) {
        const struct ir_inst *inst = &s->rebuild.old[i];
        if (inst->op == IR_GET) {
            open &= ~liveness_touch(&s->live, inst->imm, ir_type_size(inst->type));
        } else if (inst->op == IR_SET) {
            uint32_t size = ir_type_size(inst->type);
            uint64_t exact = liveness_exact(&s->live, inst->imm, size);
            wants |= leaves ? exact & open : 0;
            open &= ~liveness_touch(&s->live, inst->imm, size);
        } else if (ir_ops[inst->op].flags & (IR_FLAG_R | IR_FLAG_W | IR_FLAG_X)) {
            struct slot_effect effect = liveness_effect(&s->live, inst);
            open = effect.writes_any ? 0 : open & ~effect.reads;
            leaves |= effect.leaves;
        }
    }
    return wants;
}

static bool is_header(const struct sink *s, uint32_t n)
{
    const struct ir_block *block = &s->rebuild.region->blocks[n];
    return s->rebuild.old[block->first].op == IR_ENTRY && s->rebuild.old[block->first].aux;
}

/* Whether SETs may move along the edge from block `from` to block n. */
static bool may_move(const struct sink *s, uint32_t from, uint32_t n)
{
    const struct sink_block *block = &s->blocks[n];
    const struct ir_block *blocks = s->rebuild.region->blocks;
    if (!block->wants) {
        return false;
    }
    if (is_header(s, n)) {
        return block->back == from + 1 && blocks[n].end - blocks[n].first <= HEADER_INSTS &&
               s->copies < HEADER_COPIES;
    }
    return n != 0 && block->preds == 1;
}

/* ---- what can be made again ------------------------------------------------------------------ */

static void hold(struct sink *s, uint32_t offset, uint32_t size, uint32_t value)
{
    uint64_t exact = liveness_exact(&s->live, offset, size);
    for (uint64_t bits = liveness_touch(&s->live, offset, size); bits; bits &= bits - 1) {
        s->held[__builtin_ctzll(bits)] = exact ? value : 0;
    }
}

static void look_at_end(struct sink *s, const struct ir_block *block)
{
    memset(s->held, 0, sizeof(s->held));
    s->set = 0;
    for (uint32_t i = block->first; i < block->end - 1; i++) {
        const struct ir_inst *inst = &s->rebuild.old[i];
        uint32_t size = ir_type_size(inst->type);
        if (inst->op == IR_SET) {
            hold(s, inst->imm, size, inst->a);
            s->set |= liveness_exact(&s->live, inst->imm, size);
        } else if (inst->op == IR_GET) {
            uint64_t exact = liveness_exact(&s->live, inst->imm, size);
            if (exact && !s->held[__builtin_ctzll(exact)]) {
                s->held[__builtin_ctzll(exact)] = i;
            }
        } else if (inst->op == IR_CALL && liveness_effect(&s->live, inst).writes_any) {
            memset(s->held, 0, sizeof(s->held));
            s->set = 0;
        }
    }
}

/* Only registers are worth reading again. */
static bool find_leaf(const struct sink *s, uint32_t value, struct leaf *leaf)
{
    const struct ir_inst *inst = &s->rebuild.old[value];
    if (inst->op == IR_CONST || inst->op == IR_PCREL) {
        *leaf = (struct leaf){.op = inst->op, .imm = inst->imm};
        return true;
    }
    for (uint64_t bits = s->live.pinned; bits; bits &= bits - 1) {
        unsigned bit = __builtin_ctzll(bits);
        if (s->held[bit] == value) {
            *leaf = (struct leaf){.op = IR_GET, .offset = liveness_offset(&s->live, bit)};
            return true;
        }
    }
    for (uint64_t bits = s->live.pinned; bits; bits &= bits - 1) {
        unsigned bit = __builtin_ctzll(bits);
        const struct ir_inst *held = &s->rebuild.old[s->held[bit]];
        if (held->op == IR_ADD && held->a == value && s->rebuild.old[held->b].op == IR_CONST) {
            *leaf = (struct leaf){.op = IR_GET,
                                  .offset = liveness_offset(&s->live, bit),
                                  .imm = -s->rebuild.old[held->b].imm};
            return true;
        }
    }
    return false;
}

static bool is_cheap(const struct ir_inst *inst)
{
    if (inst->type != IR_I32 || ir_ops[inst->op].arity > 2) {
        return false;
    }
    return inst->op == IR_ADD || inst->op == IR_SUB || (inst->op >= IR_AND && inst->op <= IR_ROR) ||
           (inst->op >= IR_SEXT8 && inst->op <= IR_EXTS) ||
           (inst->op >= IR_EQ && inst->op <= IR_SUBO);
}

static bool find_remake(const struct sink *s, uint32_t slot, uint32_t value, struct remake *remake)
{
    const struct ir_inst *inst = &s->rebuild.old[value];
    if (ir_result_type(s->rebuild.region, value) != IR_I32) {
        return false;
    }
    memset(remake, 0, sizeof(*remake));
    remake->slot = slot;
    remake->op = IR_COPY;
    if (find_leaf(s, value, &remake->leaves[0])) {
        return true;
    }
    remake->op = inst->op;
    remake->aux = inst->aux;
    return is_cheap(inst) && find_leaf(s, inst->a, &remake->leaves[0]) &&
           (ir_ops[inst->op].arity < 2 || find_leaf(s, inst->b, &remake->leaves[1]));
}

/* Finds what block n can take from the block that has been looked at. */
static void find_remakes(struct sink *s, uint32_t from, uint32_t n)
{
    struct sink_block *block = &s->blocks[n];
    block->from = from;
    block->remakes = s->remake_count;
    for (uint64_t bits = block->wants & s->set; bits && s->remake_count < s->remake_room;
         bits &= bits - 1) {
        unsigned bit = __builtin_ctzll(bits);
        if (s->held[bit] && find_remake(s, liveness_offset(&s->live, bit), s->held[bit],
                                        &s->remakes[s->remake_count])) {
            s->remake_count++;
        }
    }
    block->remake_count = s->remake_count - block->remakes;
    s->copies += block->remake_count && is_header(s, n);
}

/* An edge from block `from` to block `to`. Of several loops with one header the innermost, whose
 * end is the nearest, counts. */
static void count_edge(struct sink *s, uint32_t from, uint32_t to)
{
    const struct ir_block *blocks = s->rebuild.region->blocks;
    uint32_t *back = &s->blocks[to].back;
    s->blocks[to].preds++;
    if (blocks[from].first >= blocks[to].first &&
        (!*back || blocks[from].first < blocks[*back - 1].first)) {
        *back = from + 1;
    }
}

static void look(struct sink *s)
{
    const struct ir_region *r = s->rebuild.region;
    uint32_t exits[2];
    for (uint32_t n = 0; n < r->block_count; n++) {
        unsigned count = ir_exits(end_of(s, n), exits);
        for (unsigned i = 0; i < count; i++) {
            count_edge(s, n, exits[i]);
        }
    }
    for (uint32_t n = 0; n < r->block_count; n++) {
        if (is_header(s, n) ? s->blocks[n].back : n && s->blocks[n].preds == 1) {
            s->blocks[n].wants = wanted(s, &r->blocks[n]);
        }
    }
    for (uint32_t n = 0; n < r->block_count; n++) {
        bool looked = false;
        unsigned count = ir_exits(end_of(s, n), exits);
        for (unsigned i = 0; i < count; i++) {
            if (may_move(s, n, exits[i])) {
                if (!looked) {
                    look_at_end(s, &r->blocks[n]);
                    looked = true;
                }
                find_remakes(s, n, exits[i]);
            }
        }
    }
}

/* ---- the new region -------------------------------------------------------------------------- */

/* The GET of a slot among the instructions begin .. end - 1, which are remakes; 0: none. */
static uint32_t find_get(const struct sink *s, uint32_t begin, uint32_t end, int64_t offset)
{
    const struct ir_inst *insts = s->rebuild.region->insts;
    for (uint32_t i = begin; i < end; i++) {
        if (insts[i].op == IR_GET && insts[i].imm == offset) {
            return i;
        }
    }
    return 0;
}

static uint32_t append_leaf(struct sink *s, uint32_t begin, const struct leaf *leaf)
{
    struct ir_inst inst = {.op = leaf->op, .type = IR_I32, .imm = leaf->imm};
    if (leaf->op != IR_GET) {
        return rebuild_append(&s->rebuild, inst);
    }
    uint32_t value = find_get(s, begin, s->rebuild.region->inst_count, leaf->offset);
    if (!value) {
        inst.imm = leaf->offset;
        value = rebuild_append(&s->rebuild, inst);
    }
    if (leaf->imm) {
        inst = (struct ir_inst){.op = IR_CONST, .type = IR_I32, .imm = (uint32_t)leaf->imm};
        uint32_t addend = rebuild_append(&s->rebuild, inst);
        inst = (struct ir_inst){.op = IR_ADD, .type = IR_I32, .a = value, .b = addend};
        value = rebuild_append(&s->rebuild, inst);
    }
    return value;
}

static void append_remakes(struct sink *s, const struct sink_block *block)
{
    uint32_t value = 0, begin = s->rebuild.region->inst_count;
    for (uint32_t i = 0; i < block->remake_count; i++) {
        const struct remake *remake = &s->remakes[block->remakes + i], *last = remake - 1;
        /* N and Z are of the same result. */
        if (!i || remake->op != last->op || remake->aux != last->aux ||
            memcmp(remake->leaves, last->leaves, sizeof(remake->leaves)) != 0) {
            value = append_leaf(s, begin, &remake->leaves[0]);
            if (remake->op != IR_COPY) {
                struct ir_inst inst = {.op = remake->op, .type = IR_I32, .aux = remake->aux};
                inst.a = value;
                inst.b =
                    ir_ops[remake->op].arity > 1 ? append_leaf(s, begin, &remake->leaves[1]) : 0;
                value = rebuild_append(&s->rebuild, inst);
            }
        }
        rebuild_append(
            &s->rebuild,
            (struct ir_inst){.op = IR_SET, .type = IR_I32, .a = value, .imm = remake->slot});
    }
}

/* Where an edge from old block n (or its copy) to block `to` leads now. */
static uint32_t redirect(const struct sink *s, uint32_t n, uint32_t to)
{
    return s->blocks[to].copy && s->blocks[to].from == n ? s->blocks[to].copy : to;
}

/* The instructions of old block n from `first` on, up to its end, after remakes that begin at
 * `begin`: what they have read of the slots serves these too. */
static void append_rest(struct sink *s, uint32_t n, uint32_t first, uint32_t begin)
{
    struct ir_region *r = s->rebuild.region;
    uint32_t old_end = end_of(s, n) - s->rebuild.old, remakes_end = r->inst_count;
    uint64_t changed = 0; /* since the remakes */
    for (uint32_t i = first; i <= old_end; i++) {
        const struct ir_inst *inst = &s->rebuild.old[i];
        if (inst->op == IR_SET) {
            changed |= liveness_touch(&s->live, inst->imm, ir_type_size(inst->type));
        } else if (inst->op == IR_CALL) {
            changed = LIVENESS_ALL;
        } else if (inst->op == IR_GET && inst->type == IR_I32 &&
                   !(changed & liveness_touch(&s->live, inst->imm, 4))) {
            uint32_t get = find_get(s, begin, remakes_end, inst->imm);
            if (get) {
                s->rebuild.map[i] = get;
                continue;
            }
        }
        if (inst->op != IR_NOP) {
            rebuild_copy(&s->rebuild, i);
        }
    }
    struct ir_inst *end = &r->insts[r->inst_count - 1];
    if (end->op == IR_JUMP || end->op == IR_BRANCH) {
        end->imm = redirect(s, n, (uint32_t)end->imm);
    }
    if (end->op == IR_BRANCH) {
        end->b = redirect(s, n, end->b);
    }
}

/* The turns of a loop after its first one begin here: nobody comes from outside. */
static void make_copy(struct sink *s, uint32_t n, uint32_t first)
{
    struct ir_region *r = s->rebuild.region;
    struct ir_block *copy = &r->blocks[s->blocks[n].copy];
    uint32_t begin = r->inst_count;
    append_remakes(s, &s->blocks[n]);
    rebuild_append(&s->rebuild, (struct ir_inst){.op = IR_POLL, .imm = s->rebuild.old[first].imm});
    append_rest(s, n, first + 1, begin);
    copy->first = begin;
    copy->end = r->inst_count;
}

static void make_block(struct sink *s, uint32_t n)
{
    struct ir_region *r = s->rebuild.region;
    const struct sink_block *block = &s->blocks[n];
    uint32_t first = r->blocks[n].first, begin = r->inst_count;
    bool takes = block->remake_count && !block->copy;
    if (takes) {
        append_remakes(s, block);
        r->blocks[n].entry = false;
    }
    append_rest(s, n, takes && s->rebuild.old[first].op == IR_ENTRY ? first + 1 : first, begin);
    uint32_t end = r->inst_count;
    if (block->copy) {
        make_copy(s, n, first);
    }
    r->blocks[n].first = begin;
    r->blocks[n].end = end;
}

static void rebuild(struct sink *s)
{
    struct ir_region *r = s->rebuild.region;
    rebuild_begin(&s->rebuild, r, r->inst_count + 64);
    for (uint32_t n = 0; n < s->rebuild.block_count; n++) {
        if (s->blocks[n].remake_count && is_header(s, n)) {
            uint64_t pc = r->blocks[n].pc;
            s->blocks[n].copy = ir_block_new(r);
            r->blocks[s->blocks[n].copy].pc = pc;
        }
    }
    for (uint32_t i = 0; i < s->rebuild.block_count; i++) {
        make_block(s, s->rebuild.order[i]);
    }
}

void opt_sink(struct ir_region *region, const struct guest_ops *guest)
{
    uint32_t count = region->block_count;
    if (region->snapshot_count > 1) {
        return; /* nothing here renames what lists hold */
    }
    struct sink s = {
        .rebuild = {.region = region, .old = region->insts},
        .live = liveness_slots(region, guest),
        .blocks = ir_scratch_get(region, IR_SCRATCH_BLOCKS, count * sizeof(struct sink_block)),
        .remakes = ir_scratch_get(region, IR_SCRATCH_VALUES, 8 * count * sizeof(struct remake)),
        .remake_room = 8 * count,
    };
    memset(s.blocks, 0, count * sizeof(struct sink_block));
    look(&s);
    if (s.remake_count) {
        rebuild(&s);
    }
}
