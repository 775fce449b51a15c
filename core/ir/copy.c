#include "core/ir/ir.h"

#include "core/base/mem.h"

#include <string.h>

static void *copy_array(void *old, const void *from, size_t bytes)
{
    void *memory = mem_resize(old, bytes ? bytes : 1);
    memcpy(memory, from, bytes);
    return memory;
}

void ir_region_copy(struct ir_region *to, const struct ir_region *from)
{
    struct ir_region old = *to;
    *to = *from;
    to->scratch = old.scratch;
    to->insts = copy_array(old.insts, from->insts, from->inst_count * sizeof(*from->insts));
    to->blocks = copy_array(old.blocks, from->blocks, from->block_count * sizeof(*from->blocks));
    to->snapshots =
        copy_array(old.snapshots, from->snapshots, from->snapshot_count * sizeof(*from->snapshots));
    to->inst_cap = from->inst_count;
    to->block_cap = from->block_count;
    to->snapshot_cap = from->snapshot_count;
}
