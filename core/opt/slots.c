#include "core/opt/slots.h"

#include "core/fp/fp.h"
#include "core/ir/ir.h"
#include "core/ir/scratch.h"

/* What is known of one aligned 4-byte word of the guest state: that it belongs to the bytes which
 * this GET or SET accessed last. An access is still known while all its words name it. */
struct word {
    uint32_t generation;
    uint32_t inst;
};

struct slots {
    struct ir_region *region;
    struct word *words;
    uint32_t generation;
};

enum { WORD = 4 };

static uint32_t first_word(uint32_t offset)
{
    return offset / WORD;
}

static uint32_t last_word(uint32_t offset, uint32_t size)
{
    return (offset + size - 1) / WORD;
}

/* Room for every word that this region's accesses name. */
static struct word *allocate_words(struct ir_region *r)
{
    uint32_t last = 0;
    for (uint32_t i = 1; i < r->inst_count; i++) {
        uint8_t flags = ir_ops[r->insts[i].op].flags;
        bool slot = (flags & (IR_FLAG_R | IR_FLAG_W)) && r->insts[i].op != IR_CALL;
        if (slot && r->insts[i].imm > last) {
            last = r->insts[i].imm;
        }
    }
    uint32_t count = last_word(last, sizeof(union ir_value)) + 1;
    return ir_scratch_get(r, IR_SCRATCH_SLOTS, count * sizeof(struct word));
}

static void forget_all(struct slots *s)
{
    s->generation = ir_scratch_stamp(s->region, IR_SCRATCH_SLOTS);
}

static void forget(struct slots *s, uint32_t offset, uint32_t size)
{
    for (uint32_t w = first_word(offset); w <= last_word(offset, size); w++) {
        s->words[w].generation = 0;
    }
}

static void learn(struct slots *s, uint32_t inst)
{
    uint32_t offset = s->region->insts[inst].imm;
    uint32_t size = ir_type_size(s->region->insts[inst].type);
    for (uint32_t w = first_word(offset); w <= last_word(offset, size); w++) {
        s->words[w] = (struct word){.generation = s->generation, .inst = inst};
    }
}

/* The GET or SET that says what is in these bytes and perhaps in others now, 0 if none does. */
static uint32_t covering(const struct slots *s, uint32_t offset, uint32_t size)
{
    uint32_t first = first_word(offset);
    if (s->words[first].generation != s->generation) {
        return 0;
    }
    uint32_t inst = s->words[first].inst;
    for (uint32_t w = first + 1; w <= last_word(offset, size); w++) {
        if (s->words[w].generation != s->generation || s->words[w].inst != inst) {
            return 0;
        }
    }
    return inst;
}

static bool is_exactly(const struct slots *s, uint32_t inst, uint32_t offset, uint32_t size)
{
    const struct ir_inst *access = &s->region->insts[inst];
    return inst != 0 && access->imm == offset && ir_type_size(access->type) == size;
}

/* The GET or SET that says what is in just this slot now, 0 if none does. */
static uint32_t known(const struct slots *s, uint32_t offset, uint32_t size)
{
    uint32_t inst = covering(s, offset, size);
    return is_exactly(s, inst, offset, size) ? inst : 0;
}

/* The value that a known access says is there. */
static uint32_t value_of(const struct slots *s, uint32_t inst)
{
    const struct ir_inst *access = &s->region->insts[inst];
    return access->op == IR_SET ? access->a : inst;
}

static uint32_t resolve_copy(const struct ir_region *r, uint32_t value)
{
    return r->insts[value].op == IR_COPY ? r->insts[value].a : value;
}

/* A scalar out of a vector that was accessed: its lane. */
static bool get_lane(const struct slots *s, struct ir_inst *inst)
{
    uint32_t size = ir_type_size(inst->type);
    uint32_t access = covering(s, inst->imm, size);
    if (access == 0 || s->region->insts[access].type != IR_V128 || inst->type == IR_V128) {
        return false;
    }
    int64_t at = inst->imm - s->region->insts[access].imm;
    if (at < 0 || at + size > 16 || at % size != 0) {
        return false;
    }
    *inst = (struct ir_inst){.op = IR_VGETL,
                             .type = inst->type,
                             .aux = size == 8 ? 3 : 2,
                             .a = value_of(s, access),
                             .imm = at / size};
    return true;
}

/* A vector whose halves were accessed last by themselves, or one of them after the whole. */
static bool get_halves(const struct slots *s, struct ir_inst *inst)
{
    enum { HALF = 8 };
    if (inst->type != IR_V128) {
        return false;
    }
    uint32_t offset = inst->imm;
    uint32_t low = covering(s, offset, HALF), high = covering(s, offset + HALF, HALF);
    bool low_half = is_exactly(s, low, offset, HALF);
    bool high_half = is_exactly(s, high, offset + HALF, HALF);
    bool low_whole = is_exactly(s, low, offset, 2 * HALF);
    bool high_whole = is_exactly(s, high, offset, 2 * HALF);
    if (!((low_half && high_half) || (low_half && high_whole) || (low_whole && high_half))) {
        return false;
    }
    uint32_t a = value_of(s, low), b = value_of(s, high);
    *inst = (struct ir_inst){.op = IR_VPAIR, .type = IR_V128, .aux = 3, .a = a, .b = b};
    if (low_whole || high_whole) {
        inst->op = IR_VSETL;
        inst->a = low_whole ? a : b;
        inst->b = low_whole ? b : a;
        inst->imm = low_whole ? 1 : 0;
    }
    return true;
}

static void visit_get(struct slots *s, struct ir_inst *inst)
{
    uint32_t access = known(s, inst->imm, ir_type_size(inst->type));
    if (access == 0) {
        if (!get_lane(s, inst) && !get_halves(s, inst)) {
            learn(s, inst - s->region->insts);
        }
        return;
    }
    bool same_type = s->region->insts[access].type == inst->type;
    inst->op = same_type ? IR_COPY : IR_BITS;
    inst->a = value_of(s, access);
    inst->imm = 0;
}

static void visit_set(struct slots *s, struct ir_inst *inst)
{
    inst->a = resolve_copy(s->region, inst->a);
    uint32_t access = known(s, inst->imm, ir_type_size(inst->type));
    if (access != 0 && value_of(s, access) == inst->a) {
        *inst = (struct ir_inst){.op = IR_NOP};
    } else {
        learn(s, inst - s->region->insts);
    }
}

static void visit(struct slots *s, struct ir_inst *inst)
{
    if (inst->op == IR_GET) {
        visit_get(s, inst);
    } else if (inst->op == IR_SET) {
        visit_set(s, inst);
    } else if (inst->op == IR_CALL) {
        const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
        if (helper->effects & IR_EFFECT_WRITES) {
            forget_all(s);
        }
    } else if (ir_ops[inst->op].flags & IR_FLAG_W) {
        forget(s, inst->imm, sizeof(struct fp_env));
    }
}

static void resolve_copies(const struct ir_region *r, struct ir_inst *inst)
{
    switch (ir_ops[inst->op].arity) {
    case 4:
        inst->d = resolve_copy(r, inst->d);
        /* fall through */
    case 3:
        inst->c = resolve_copy(r, inst->c);
        /* fall through */
    case 2:
        inst->b = resolve_copy(r, inst->b);
        /* fall through */
    case 1:
        inst->a = resolve_copy(r, inst->a);
    }
}

static void run(struct ir_region *region, bool alone)
{
    struct slots s = {.region = region, .words = allocate_words(region)};
    for (const struct ir_block *block = region->blocks;
         block < region->blocks + region->block_count; block++) {
        forget_all(&s);
        for (uint32_t i = block->first; i < block->end; i++) {
            if (alone) {
                resolve_copies(region, &region->insts[i]);
            }
            visit(&s, &region->insts[i]);
        }
    }
}

void opt_slots(struct ir_region *region, const struct guest_ops *guest)
{
    run(region, false);
}

void opt_slots_alone(struct ir_region *region, const struct guest_ops *guest)
{
    run(region, true);
}
