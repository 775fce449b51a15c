#include "core/jit/region.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/jit/pages.h"

#include <string.h>

static struct jit_region_builder *region_builder(const struct guest_region *g)
{
    return (struct jit_region_builder *)(uintptr_t)g;
}

static struct region_block *region_find(struct jit_region_builder *builder, uint64_t pc)
{
    if (!bits_has(builder->starts, jit_place(pc))) {
        return NULL;
    }
    for (unsigned i = 0; i < builder->block_count; i++) {
        if (builder->blocks[i].pc == pc) {
            return &builder->blocks[i];
        }
    }
    return NULL;
}

bool guest_region_has(const struct guest_region *g, uint64_t pc)
{
    return region_find(region_builder(g), pc) != NULL;
}

void guest_region_find_heads(struct guest_region *g, uint64_t pc, uint32_t end,
                             unsigned (*look)(const void *translation, uint32_t offset,
                                              int32_t *distance),
                             const void *translation)
{
    enum { REACH = 256 };
    uint32_t start = pc & (SPACE_PAGE_SIZE - 1), at = start;
    end = end < start + REACH ? end : start + REACH;
    if (at < g->looked && g->looked < end) {
        at = g->looked;
    }
    int32_t distance = 0;
    for (unsigned length; at < end && (length = look(translation, at, &distance)); at += length) {
        int32_t head = (int32_t)at + distance;
        if (distance < 0 && head > (int32_t)start) {
            bits_add(g->heads, (unsigned)head / 2);
        }
    }
    g->looked = at;
}

bool guest_region_is_head(const struct guest_region *g, uint64_t pc)
{
    return bits_has(g->heads, (pc & (SPACE_PAGE_SIZE - 1)) / 2);
}

/* The block for pc, made if it can be part of this region; NULL if it cannot. */
static struct region_block *region_target(struct jit_region_builder *builder, uint64_t pc)
{
    struct region_block *block = region_find(builder, pc);
    if (block) {
        if (block->begun) {
            /* A way back: the loop's header polls. ENTRY is a block's first instruction. */
            struct ir_region *ir = builder->guest.ir;
            ir->insts[ir->blocks[block->block].first].aux = 1;
        }
        return block;
    }
    const struct guest_code *code = builder->guest.code;
    if ((pc ^ code->page) >> SPACE_PAGE_BITS || builder->block_count == REGION_MAX_BLOCKS ||
        builder->guest.ir->guest_insns > REGION_MAX_INSNS) {
        return NULL;
    }
    if (builder->block_count && builder->known && builder->known(builder->opaque, pc)) {
        return NULL;
    }
    block = &builder->blocks[builder->block_count];
    *block = (struct region_block){.pc = pc, .block = ir_block_new(builder->guest.ir)};
    builder->pending[builder->pending_count++] = builder->block_count++;
    bits_add(builder->starts, jit_place(pc));
    return block;
}

/* The label of a branch target, inside the region or a block that leaves it. */
static uint32_t region_label(struct jit_region_builder *builder, uint64_t pc)
{
    struct region_block *block = region_target(builder, pc);
    if (block) {
        return block->block;
    }
    CHECK(builder->leave_count < 2 * REGION_MAX_BLOCKS);
    struct region_leave *leave = &builder->leaves[builder->leave_count++];
    *leave = (struct region_leave){.pc = pc, .block = ir_block_new(builder->guest.ir)};
    return leave->block;
}

void guest_region_goto(struct guest_region *g, uint64_t pc)
{
    struct region_block *block = region_target(region_builder(g), pc);
    if (block) {
        ir_emit(g->ir, IR_JUMP, IR_NONE, 0, 0, 0, block->block, 0);
    } else {
        ir_emit(g->ir, IR_GOTO, IR_NONE, 0, 0, 0, (int64_t)pc, 0);
    }
}

void guest_region_branch(struct guest_region *g, uint32_t cond, uint64_t taken, uint64_t other)
{
    struct jit_region_builder *builder = region_builder(g);
    /* The block that is asked for last is translated next, right behind the branch. */
    uint32_t to = region_label(builder, taken);
    uint32_t otherwise = region_label(builder, other);
    ir_emit(g->ir, IR_BRANCH, IR_NONE, cond, otherwise, 0, to, 0);
}

static void region_note_lines(struct jit_region_builder *builder, const struct ir_inst *insn)
{
    uint64_t start = (uint64_t)insn->imm - builder->guest.ir->page;
    uint64_t end = start + insn->aux - 1;
    for (unsigned line = start >> JIT_LINE_BITS; line <= end >> JIT_LINE_BITS; line++) {
        builder->lines[line >> 6 & 1] |= UINT64_C(1) << (line & 63);
    }
}

/* Counts the guest instructions since `from` and notes their lines. An internal block repeats the
 * INSN of the instruction it goes on with. */
static unsigned region_scan_insns(struct jit_region_builder *builder, uint32_t from)
{
    const struct ir_region *ir = builder->guest.ir;
    unsigned count = 0;
    int64_t last = -1;
    for (uint32_t i = from; i < ir->inst_count; i++) {
        if (ir->insts[i].op == IR_INSN && ir->insts[i].imm != last) {
            count++;
            last = ir->insts[i].imm;
            region_note_lines(builder, &ir->insts[i]);
        }
    }
    return count;
}

/* A block that depends on lazy bits of the mode checks them before anything else. */
static void region_require(struct jit_region_builder *builder, const struct guest_ops *ops,
                           uint32_t at)
{
    struct guest_region *g = &builder->guest;
    if (g->uses_lazy) {
        g->ir->insts[at] = (struct ir_inst){
            .op = IR_REQUIRE, .b = g->code->mode & ops->lazy_mode, .imm = ops->lazy_offset};
        builder->lazy = true;
        g->uses_lazy = false;
    }
}

void region_build(struct jit_region_builder *builder, const struct guest_ops *ops,
                  const struct guest_code *code, struct ir_region *ir, uint64_t pc)
{
    ir_region_reset(ir);
    ir->pc = pc;
    ir->page = code->page;
    builder->guest = (struct guest_region){.ir = ir, .code = code};
    builder->block_count = builder->pending_count = builder->leave_count = 0;
    memset(builder->starts, 0, sizeof(builder->starts));
    builder->lazy = false;
    /* A region that ends before its first instruction still depends on where it begins. */
    builder->lines[0] = UINT64_C(1) << ((pc & JIT_PAGE_MASK) >> JIT_LINE_BITS);
    builder->lines[1] = 0;
    region_target(builder, pc);
    while (builder->pending_count) {
        struct region_block *block = &builder->blocks[builder->pending[--builder->pending_count]];
        ir_block_begin(ir, block->block, block->pc, true);
        block->begun = true;
        ir_emit(ir, IR_ENTRY, IR_NONE, 0, 0, 0, (int64_t)block->pc, 0);
        uint32_t require = ir_emit(ir, IR_NOP, IR_NONE, 0, 0, 0, 0, 0);
        uint32_t count = ir_emit(ir, IR_COUNT, IR_NONE, 0, 0, 0, 0, 0);
        ops->translate(&builder->guest, block->pc);
        CHECK(ir_block_ended(ir));
        region_require(builder, ops, require);
        ir->insts[count].imm = region_scan_insns(builder, count);
        ir->guest_insns += (uint32_t)ir->insts[count].imm;
    }
    for (unsigned i = 0; i < builder->leave_count; i++) {
        ir_block_begin(ir, builder->leaves[i].block, builder->leaves[i].pc, false);
        ir_emit(ir, IR_GOTO, IR_NONE, 0, 0, 0, (int64_t)builder->leaves[i].pc, 0);
    }
}
