#include "core/opt/liveness.h"

#include "core/fp/fp.h"
#include "core/ir/scratch.h"
#include "core/jit/guest.h"

#include <string.h>

/* The words of the state that slots may be in: those behind struct cpu. */
enum { WORD = 4, MAP_FIRST = sizeof(struct cpu) / WORD, MAP_WORDS = 2048 };

/* The guest's slot table, prepared: kept from region to region. */
struct slot_map {
    const struct guest_ops *guest;
    uint64_t pinned;
    uint32_t offset[LIVENESS_SLOTS], size[LIVENESS_SLOTS];
    uint64_t touched[MAP_WORDS]; /* slots by word from MAP_FIRST on */
};

static void make_map(struct slot_map *map, const struct guest_ops *guest)
{
    memset(map, 0, sizeof(*map));
    map->guest = guest;
    unsigned bit = 0;
    for (unsigned i = 0; i < guest->slot_count && bit < LIVENESS_SLOTS; i++) {
        const struct guest_slot *slot = &guest->slots[i];
        uint32_t size = ir_type_size(slot->type);
        if (!slot->track || slot->offset < MAP_FIRST * WORD ||
            slot->offset + size > (MAP_FIRST + MAP_WORDS) * WORD) {
            continue;
        }
        map->offset[bit] = slot->offset;
        map->size[bit] = size;
        if (slot->pin != 0) {
            map->pinned |= UINT64_C(1) << bit;
        }
        for (uint32_t w = slot->offset / WORD; w <= (slot->offset + size - 1) / WORD; w++) {
            map->touched[w - MAP_FIRST] |= UINT64_C(1) << bit;
        }
        bit++;
    }
}

uint64_t liveness_touch(const struct liveness *live, uint32_t offset, uint32_t size)
{
    uint64_t touched = 0;
    for (uint32_t w = offset / WORD; w <= (offset + size - 1) / WORD; w++) {
        if (w - MAP_FIRST < MAP_WORDS) {
            touched |= live->map->touched[w - MAP_FIRST];
        }
    }
    return touched;
}

uint64_t liveness_exact(const struct liveness *live, uint32_t offset, uint32_t size)
{
    uint64_t touched = liveness_touch(live, offset, size);
    if (touched == 0 || (touched & (touched - 1)) != 0) {
        return 0;
    }
    unsigned bit = __builtin_ctzll(touched);
    return live->map->offset[bit] == offset && live->map->size[bit] == size ? touched : 0;
}

static struct slot_effect call_effect(const struct ir_inst *inst)
{
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
    bool leaves = ir_inst_leaves(inst);
    /* Where one that writes slots leaves, no snapshot may undo what it wrote. */
    bool reads =
        (helper->effects & IR_EFFECT_READS) || (leaves && (helper->effects & IR_EFFECT_WRITES));
    return (struct slot_effect){
        .reads = reads ? LIVENESS_ALL : 0,
        .leaves = leaves && !reads,
        .writes_any = helper->effects & IR_EFFECT_WRITES,
    };
}

struct slot_effect liveness_effect(const struct liveness *live, const struct ir_inst *inst)
{
    if (inst->op == IR_CALL) {
        return call_effect(inst);
    }
    uint8_t flags = ir_ops[inst->op].flags;
    if (flags & IR_FLAG_W) {
        return (struct slot_effect){.reads =
                                        liveness_touch(live, inst->imm, sizeof(struct fp_env))};
    }
    return (struct slot_effect){.leaves = (flags & IR_FLAG_X) && !(flags & IR_FLAG_E)};
}

bool liveness_exits(const struct ir_region *region, const struct ir_block *block,
                    struct block_exits *exits)
{
    const struct ir_inst *end = &region->insts[block->end - 1];
    exits->count = ir_exits(end, exits->blocks);
    exits->polls = false;
    for (unsigned i = 0; i < exits->count; i++) {
        const struct ir_inst *first = &region->insts[region->blocks[exits->blocks[i]].first];
        exits->polls |= first->op == IR_ENTRY && first->aux == 1;
    }
    return exits->count != 0;
}

/* ---- the block's own reads and writes -------------------------------------------------------- */

static void scan_inst(const struct liveness *live, const struct ir_inst *inst,
                      struct block_live *block)
{
    if (inst->op == IR_SET) {
        uint32_t size = ir_type_size(inst->type);
        uint64_t exact = liveness_exact(live, inst->imm, size);
        block->writes |= exact;
        block->reads &= ~exact;
        if (exact == 0) {
            block->reads |= liveness_touch(live, inst->imm, size);
        }
    } else if (inst->op == IR_GET) {
        block->reads |= liveness_touch(live, inst->imm, ir_type_size(inst->type));
    } else {
        struct slot_effect effect = liveness_effect(live, inst);
        block->reads |= effect.leaves ? LIVENESS_ALL : effect.reads;
    }
}

static void scan_block(const struct liveness *live, const struct ir_region *r, uint32_t number)
{
    const struct ir_block *block = &r->blocks[number];
    struct block_live *result = &live->blocks[number];
    *result = (struct block_live){0};
    for (uint32_t i = block->end - 1; i-- > block->first;) {
        uint8_t flags = ir_ops[r->insts[i].op].flags;
        if (flags & (IR_FLAG_R | IR_FLAG_W | IR_FLAG_X)) {
            scan_inst(live, &r->insts[i], result);
        }
    }
    result->in = result->reads;
}

/* ---- across blocks --------------------------------------------------------------------------- */

/* Live at the block's end. A poll reads what earlier blocks have set: only the block's own SETs can
 * go into its snapshot, and they are in `writes`. */
static uint64_t live_out(const struct liveness *live, const struct ir_region *r,
                         const struct ir_block *block)
{
    struct block_exits exits;
    if (!liveness_exits(r, block, &exits) || exits.polls) {
        return LIVENESS_ALL;
    }
    uint64_t out = 0;
    for (unsigned i = 0; i < exits.count; i++) {
        out |= live->blocks[exits.blocks[i]].in;
    }
    return out;
}

struct liveness liveness_slots(struct ir_region *region, const struct guest_ops *guest)
{
    struct slot_map *map = ir_scratch_get(region, IR_SCRATCH_SLOT_MAP, sizeof(*map));
    if (map->guest != guest) {
        make_map(map, guest);
    }
    return (struct liveness){.map = map, .pinned = map->pinned};
}

uint32_t liveness_offset(const struct liveness *live, unsigned bit)
{
    return live->map->offset[bit];
}

struct liveness liveness_find(struct ir_region *region, const struct guest_ops *guest)
{
    struct liveness live = liveness_slots(region, guest);
    live.blocks =
        ir_scratch_get(region, IR_SCRATCH_BLOCKS, region->block_count * sizeof(struct block_live));
    for (uint32_t n = 0; n < region->block_count; n++) {
        scan_block(&live, region, n);
    }
    bool changed = true;
    while (changed) { /* sets only grow, so this ends */
        changed = false;
        for (uint32_t n = region->block_count; n-- > 0;) {
            struct block_live *block = &live.blocks[n];
            uint64_t in =
                block->reads | (live_out(&live, region, &region->blocks[n]) & ~block->writes);
            changed |= in != block->in;
            block->in = in;
        }
    }
    return live;
}
