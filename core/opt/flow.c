#include "core/opt/flow.h"

#include "core/ir/ir.h"
#include "core/ir/scratch.h"
#include "core/opt/rebuild.h"

#include <string.h>

/* A side of a branch becomes selections if it is no more than this: a branch that is predicted well
 * costs next to nothing, one that is not as much as a few dozen operations. */
enum { SIDE_OPS = 4, SIDE_SETS = 2, SIDE_INSTS = 24 };

/* Blocks are not appended beyond this many instructions. */
enum { BLOCK_INSTS = 1000 };

/* What the pass knows of a block. */
struct flow_block {
    uint32_t preds;      /* edges to it that are left */
    uint32_t number;     /* in the new region .. */
    uint32_t first, end; /* .. and its instructions there; sides are looked for in the old ones */
    bool placed;         /* it is in the new region, by itself or in another block */
    bool kept;           /* by itself */
    bool gone;           /* it is part of others, and nothing leads to it any more */
    bool on_path;        /* of the search for loops */
    bool seen;
};

struct flow {
    struct rebuild rebuild;
    struct flow_block *blocks;
    uint32_t require; /* the REQUIRE of the block that is being made, 0 if it has none */
};

static const struct ir_inst *end_of(const struct ir_inst *insts, const struct ir_block *block)
{
    return &insts[block->end - 1];
}

/* ---- polls ----------------------------------------------------------------------------------- */

/* Follows the edges depth first: what leads back to a block on the path closes a loop. */
static void find_loops(const struct ir_region *r, struct flow_block *blocks, uint32_t number)
{
    uint32_t exits[2];
    unsigned count = ir_exits(end_of(r->insts, &r->blocks[number]), exits);
    blocks[number].seen = blocks[number].on_path = true;
    for (unsigned i = 0; i < count; i++) {
        struct ir_inst *first = &r->insts[r->blocks[exits[i]].first];
        if (!blocks[exits[i]].seen) {
            find_loops(r, blocks, exits[i]);
        } else if (blocks[exits[i]].on_path && first->op == IR_ENTRY) {
            first->aux = 1;
        }
    }
    blocks[number].on_path = false;
}

/* A loop that its guest entered at an ENTRY has one where it closes. */
static void place_polls(struct ir_region *r)
{
    struct flow_block *blocks =
        ir_scratch_get(r, IR_SCRATCH_BLOCKS, r->block_count * sizeof(*blocks));
    memset(blocks, 0, r->block_count * sizeof(*blocks));
    for (uint32_t n = 0; n < r->block_count; n++) {
        struct ir_inst *first = &r->insts[r->blocks[n].first];
        if (first->op == IR_ENTRY) {
            first->aux = 0;
        }
    }
    /* Internal blocks are reached from ENTRYs only. */
    for (uint32_t n = 0; n < r->block_count; n++) {
        if (!blocks[n].seen && r->blocks[n].entry) {
            find_loops(r, blocks, n);
        }
    }
}

/* ---- sides of branches ----------------------------------------------------------------------- */

static bool is_simple(const struct ir_inst *inst)
{
    if (inst->type != IR_I32 && inst->type != IR_I64) {
        return false;
    }
    return (inst->op >= IR_ADD && inst->op <= IR_SELECT && inst->op != IR_DIVU &&
            inst->op != IR_DIVS) ||
           inst->op == IR_COPY;
}

/* True if the block only computes a little and then jumps. */
static bool is_side(const struct flow *f, const struct ir_block *block)
{
    unsigned ops = 0, sets = 0;
    if (block->end - block->first > SIDE_INSTS || end_of(f->rebuild.old, block)->op != IR_JUMP) {
        return false;
    }
    for (uint32_t i = block->first; i < block->end - 1; i++) {
        const struct ir_inst *inst = &f->rebuild.old[i];
        switch (inst->op) {
        case IR_NOP:
        case IR_ENTRY:
        case IR_COUNT:
        case IR_INSN:
        case IR_CONST:
        case IR_PCREL:
            break;
        case IR_GET:
            if (inst->type != IR_I32 || inst->imm % 4) {
                return false;
            }
            break;
        case IR_SET:
            if (inst->type != IR_I32 || inst->imm % 4) {
                return false;
            }
            sets++;
            break;
        default:
            if (!is_simple(inst)) {
                return false;
            }
            ops++;
        }
    }
    return ops <= SIDE_OPS && sets <= SIDE_SETS;
}

/* The sides of a BRANCH that become selections, as bits 1 << number of the exit, and where both
 * ways join. */
static unsigned sides_of(const struct flow *f, const struct ir_inst *branch, uint32_t *join)
{
    const struct ir_block *blocks = f->rebuild.region->blocks;
    uint32_t to[2];
    bool side[2];
    if (branch->op != IR_BRANCH || branch->imm == branch->b) {
        return 0;
    }
    ir_exits(branch, to);
    for (unsigned i = 0; i < 2; i++) {
        side[i] = is_side(f, &blocks[to[i]]);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (side[i] && (uint32_t)end_of(f->rebuild.old, &blocks[to[i]])->imm == to[!i]) {
            *join = to[!i];
            return 1u << i;
        }
    }
    *join = (uint32_t)end_of(f->rebuild.old, &blocks[to[0]])->imm;
    bool both = side[0] && side[1] && end_of(f->rebuild.old, &blocks[to[1]])->imm == *join;
    return both && *join != to[0] && *join != to[1] ? 3 : 0;
}

/* ---- the new region -------------------------------------------------------------------------- */

static void append_count(struct flow *f, uint32_t cond, bool taken, int64_t insns)
{
    if (!insns) {
        return;
    }
    if (!taken) {
        const struct ir_inst zero = {.op = IR_CONST, .type = IR_I32};
        const struct ir_inst not = {
            .op = IR_EQ, .type = IR_I32, .a = cond, .b = rebuild_append(&f->rebuild, zero)};
        cond = rebuild_append(&f->rebuild, not );
    }
    const struct ir_inst count = {.op = IR_COUNTIF, .a = cond, .imm = insns};
    rebuild_append(&f->rebuild, count);
}

/* Executes the side of a branch whatever the condition, with SETs that keep the old value where it
 * does not hold. */
static void append_side(struct flow *f, const struct ir_block *block, uint32_t cond, bool taken)
{
    struct {
        int64_t offset;
        uint32_t value;
    } sets[SIDE_SETS];
    unsigned count = 0;
    int64_t insns = 0;
    bool counts = block->entry; /* otherwise its instructions belong to the block before it */
    for (uint32_t i = block->first; i < block->end - 1; i++) {
        const struct ir_inst *inst = &f->rebuild.old[i];
        switch (inst->op) {
        case IR_NOP:
        case IR_ENTRY:
            continue;
        case IR_INSN:
            if (!counts) {
                rebuild_copy(&f->rebuild, i);
            }
            continue;
        case IR_COUNT:
            insns = inst->imm;
            continue;
        case IR_SET: {
            const struct ir_inst get = {.op = IR_GET, .type = IR_I32, .imm = inst->imm};
            uint32_t old = rebuild_append(&f->rebuild, get), value = f->rebuild.map[inst->a];
            const struct ir_inst select = {.op = IR_SELECT,
                                           .type = IR_I32,
                                           .a = cond,
                                           .b = taken ? value : old,
                                           .c = taken ? old : value};
            const struct ir_inst set = {.op = IR_SET,
                                        .type = IR_I32,
                                        .a = rebuild_append(&f->rebuild, select),
                                        .imm = inst->imm};
            rebuild_append(&f->rebuild, set);
            sets[count].offset = inst->imm;
            sets[count++].value = value;
            continue;
        }
        default:
            rebuild_copy(&f->rebuild, i);
        }
        /* What the side itself has set, it reads as it is. */
        for (unsigned k = 0; inst->op == IR_GET && k < count; k++) {
            if (sets[k].offset == inst->imm) {
                f->rebuild.map[i] = sets[k].value;
            }
        }
    }
    append_count(f, cond, taken, insns);
}

static void leave_edge(struct flow *f, uint32_t block)
{
    struct flow_block *b = &f->blocks[block];
    b->preds--;
    if (!b->preds && !b->placed) {
        /* Sides end by a JUMP, and that is gone with them. */
        b->gone = true;
        f->blocks[end_of(f->rebuild.old, &f->rebuild.region->blocks[block])->imm].preds--;
    }
}

/* Whether the block can become the end of the one that is being made. */
static bool can_append(const struct flow *f, uint32_t block, uint32_t first)
{
    const struct flow_block *b = &f->blocks[block];
    const struct ir_block *ir = &f->rebuild.region->blocks[block];
    if (block == 0 || b->preds != 1 || b->placed ||
        f->rebuild.region->inst_count - first > BLOCK_INSTS) {
        return false;
    }
    for (uint32_t i = ir->first; i < ir->end; i++) {
        const struct ir_inst *inst = &f->rebuild.old[i];
        if (inst->op == IR_GUARD) {
            return false;
        }
        if (inst->op == IR_REQUIRE) {
            const struct ir_inst *same = &f->rebuild.old[f->require];
            return f->require && same->imm == inst->imm && same->b == inst->b;
        }
        if (inst->op == IR_INSN) {
            break;
        }
    }
    return true;
}

static void append_block(struct flow *f, const struct ir_block *block, bool is_first)
{
    for (uint32_t i = block->first; i < block->end - 1; i++) {
        const struct ir_inst *inst = &f->rebuild.old[i];
        if (inst->op == IR_REQUIRE && is_first) {
            f->require = i;
        }
        if (inst->op != IR_NOP && (is_first || (inst->op != IR_ENTRY && inst->op != IR_REQUIRE))) {
            rebuild_copy(&f->rebuild, i);
        }
    }
}

static void make_block(struct flow *f, uint32_t number)
{
    struct ir_region *r = f->rebuild.region;
    uint32_t first = r->inst_count, at = number;
    f->require = 0;
    f->blocks[number].kept = true;
    for (;;) {
        const struct ir_block *block = &r->blocks[at];
        uint32_t join;
        f->blocks[at].placed = true;
        append_block(f, block, at == number);
        const struct ir_inst *end = end_of(f->rebuild.old, block);
        unsigned sides = sides_of(f, end, &join);
        for (unsigned i = 0; i < 2; i++) {
            uint32_t to[2];
            ir_exits(end, to);
            if (sides >> i & 1) {
                append_side(f, &r->blocks[to[i]], f->rebuild.map[end->a], i == 0);
                f->blocks[join].preds += sides == 3 && i == 0;
                leave_edge(f, to[i]);
            }
        }
        if (!sides) {
            join = (uint32_t)end->imm;
        }
        if ((!sides && end->op != IR_JUMP) || !can_append(f, join, first)) {
            const struct ir_inst jump = {.op = IR_JUMP, .imm = join};
            if (sides) {
                rebuild_append(&f->rebuild, jump);
            } else {
                rebuild_copy(&f->rebuild, block->end - 1);
            }
            break;
        }
        at = join;
    }
    f->blocks[number].first = first;
    f->blocks[number].end = r->inst_count;
}

/* Leaves out the blocks that are part of others. */
static void renumber_blocks(struct flow *f)
{
    struct ir_region *r = f->rebuild.region;
    uint32_t count = 0;
    for (uint32_t n = 0; n < r->block_count; n++) {
        if (f->blocks[n].kept) {
            f->blocks[n].number = count;
            r->blocks[count] = r->blocks[n];
            r->blocks[count].first = f->blocks[n].first;
            r->blocks[count++].end = f->blocks[n].end;
        }
    }
    r->block_count = count;
    r->current = 0;
    for (uint32_t n = 0; n < count; n++) {
        struct ir_inst *end = &r->insts[r->blocks[n].end - 1];
        if (end->op == IR_JUMP || end->op == IR_BRANCH) {
            end->imm = f->blocks[end->imm].number;
        }
        if (end->op == IR_BRANCH) {
            end->b = f->blocks[end->b].number;
        }
    }
}

/* Counts the edges to each block; true if there is something to do. */
static bool look(struct flow *f)
{
    const struct ir_region *r = f->rebuild.region;
    uint32_t exits[2], join;
    bool found = false;
    f->blocks[0].preds = 1; /* where the region is entered */
    for (uint32_t n = 0; n < r->block_count; n++) {
        const struct ir_inst *end = end_of(r->insts, &r->blocks[n]);
        unsigned count = ir_exits(end, exits);
        for (unsigned i = 0; i < count; i++) {
            f->blocks[exits[i]].preds++;
        }
    }
    for (uint32_t n = 0; n < r->block_count && !found; n++) {
        const struct ir_inst *end = end_of(r->insts, &r->blocks[n]);
        found = (end->op == IR_JUMP && f->blocks[end->imm].preds == 1) || sides_of(f, end, &join);
    }
    return found;
}

static void rebuild(struct flow *f)
{
    struct ir_region *r = f->rebuild.region;
    rebuild_begin(&f->rebuild, r, r->inst_count + 64);
    for (uint32_t i = 0; i < f->rebuild.block_count; i++) {
        uint32_t number = f->rebuild.order[i];
        if (!f->blocks[number].placed && !f->blocks[number].gone) {
            make_block(f, number);
        }
    }
    renumber_blocks(f);
}

void opt_flow(struct ir_region *region, const struct guest_ops *guest)
{
    (void)guest;
    struct flow f = {
        .rebuild = {.region = region, .old = region->insts},
        .blocks = ir_scratch_get(region, IR_SCRATCH_BLOCKS,
                                 region->block_count * sizeof(struct flow_block)),
    };
    if (region->snapshot_count > 1) {
        return; /* nothing here renames what lists hold */
    }
    memset(f.blocks, 0, region->block_count * sizeof(struct flow_block));
    if (look(&f)) {
        rebuild(&f);
    }
    place_polls(region);
}
