/* Which tracked slots of the guest's state are live where: the analysis behind the pass `dead`.
 *
 * A slot is live at a place if, on some path from there, its value may be read before it is
 * overwritten. Instructions that may leave in the middle of a region read everything, because the
 * state must then be precise; snapshots (ir.h) can spare them that within one block. */
#ifndef CORE_OPT_LIVENESS_H
#define CORE_OPT_LIVENESS_H

#include "core/ir/ir.h"

struct guest_ops;
struct slot_map;

#define LIVENESS_ALL UINT64_MAX
enum { LIVENESS_SLOTS = 64 };

/* Bits are tracked slots in the order of the guest's table. */
struct block_live {
    uint64_t in;     /* live at the block's begin */
    uint64_t reads;  /* of them, for what happens in the block itself */
    uint64_t writes; /* overwritten in the block before anything may read them */
};

struct liveness {
    const struct slot_map *map;
    struct block_live *blocks; /* by number */
    uint64_t pinned;           /* slots that hosts keep in registers */
};

/* Without the blocks. */
struct liveness liveness_slots(struct ir_region *region, const struct guest_ops *guest);
struct liveness liveness_find(struct ir_region *region, const struct guest_ops *guest);

/* Tracked slots that an access of `size` bytes at `offset` touches. */
uint64_t liveness_touch(const struct liveness *live, uint32_t offset, uint32_t size);
/* The bit of the one tracked slot that this access covers exactly, touching no other; else 0. */
uint64_t liveness_exact(const struct liveness *live, uint32_t offset, uint32_t size);

/* Where the slot of a bit is. */
uint32_t liveness_offset(const struct liveness *live, unsigned bit);

/* What an instruction other than GET, SET and the block's end does to tracked slots. */
struct slot_effect {
    uint64_t reads;  /* and whatever it may overwrite besides: neither may be missing before it */
    bool leaves;     /* may leave, having read and written nothing else */
    bool writes_any; /* may overwrite any slot, so that values from before mean nothing after */
};
struct slot_effect liveness_effect(const struct liveness *live, const struct ir_inst *inst);

/* The ends of a block: where it goes on. False if it leaves the region. */
struct block_exits {
    uint32_t blocks[2];
    unsigned count;
    bool polls; /* some of them poll when reached this way */
};
bool liveness_exits(const struct ir_region *region, const struct ir_block *block,
                    struct block_exits *exits);

#endif
