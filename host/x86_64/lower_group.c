/* Several accesses off one base value: LDM and STM, fields of a structure, a stack frame. The first
 * one looks the page up for all, and finds out whether all of them lie in it:
 *
 *     lea h, [base + anchor]; rorx t, h, 2; and t, 0xc00003ff; cmp t, (0x1000 - span) / 4; ja slow
 *     mov t, h; shr t, 12; mov t, gs:[t * 8]; test t, t; jns slow; lea h, [h + t * 4]
 *
 * From then on h is the host address of base + anchor, and each further access is "test h, h; je
 * slow; mov r, [h + n]". A slow path makes h 0: whatever C code did there, no address found before
 * is used after it. */
#include "host/x86_64/lower_mem.h"

enum {
    GROUP_LOOKAHEAD = 28,
    GROUP_SPAN = 128, /* displacements of one byte, and few pages crossed */
};

struct group_plan {
    int32_t anchor, end;
    unsigned align;
};

/* Looks for further accesses of the same kind. */
static bool group_plan(const struct x64_compile *c, const struct ir_inst *inst,
                       struct group_plan *plan)
{
    if (inst->imm != (int32_t)inst->imm) {
        return false;
    }
    uint32_t end = c->ir->blocks[c->block].end;
    uint32_t last = c->values[inst->a].last_use;
    end = end > c->index + GROUP_LOOKAHEAD ? c->index + GROUP_LOOKAHEAD : end;
    end = end > last + 1 ? last + 1 : end;
    *plan = (struct group_plan){.anchor = (int32_t)inst->imm,
                                .end = (int32_t)inst->imm + (1 << x64_mem_size(inst)),
                                .align = x64_mem_align(inst)};
    unsigned members = 1;
    for (uint32_t i = c->index + 1; i < end; i++) {
        const struct ir_inst *next = x64_inst(c, i);
        if (next->op == IR_CALL) {
            break;
        }
        /* Loads go along with stores: where one may store, one may load. */
        bool fits = next->op == inst->op || (inst->op == IR_STORE && next->op == IR_LOAD);
        if (!fits || next->a != inst->a || x64_mem_is_rare(c, next)) {
            continue;
        }
        int64_t low = next->imm, high = next->imm + (1 << x64_mem_size(next));
        low = low < plan->anchor ? low : plan->anchor;
        high = high > plan->end ? high : plan->end;
        if (high - low > GROUP_SPAN || low != (int32_t)low || high != (int32_t)high) {
            continue;
        }
        plan->anchor = (int32_t)low;
        plan->end = (int32_t)high;
        unsigned align = x64_mem_align(next);
        plan->align = align > plan->align ? align : plan->align;
        members++;
    }
    if (plan->align > 1) {
        /* What makes this access aligned makes the anchor so. */
        unsigned off = (unsigned)(inst->imm - plan->anchor) & (plan->align - 1);
        plan->anchor -= off ? (int32_t)(plan->align - off) : 0;
    }
    return members > 1 && plan->align <= 16;
}

static struct x64_group *group_find(struct x64_compile *c, const struct ir_inst *inst)
{
    int64_t high = inst->imm + (1 << x64_mem_size(inst));
    for (unsigned i = 0; i < X64_GROUPS; i++) {
        struct x64_group *group = &c->groups[i];
        if (group->base == inst->a && group->base && inst->imm >= group->anchor &&
            high <= group->end && (inst->op == IR_LOAD || group->store)) {
            unsigned align = x64_mem_align(inst);
            if (align <= group->align && !((inst->imm - group->anchor) & (align - 1))) {
                return group;
            }
        }
    }
    return NULL;
}

/* The address at the anchor, before the lookup. */
static unsigned group_anchor(struct x64_compile *c, const struct ir_inst *inst,
                             const struct group_plan *plan)
{
    uint32_t locked = c->locked;
    unsigned base = x64_use(c, inst->a);
    unsigned h = x64_temp(c);
    if (plan->anchor) {
        x64_lea(c->e, false, h, x64_m(base, plan->anchor));
    } else {
        x64_mov(c->e, false, h, x64_r(base));
    }
    c->locked = locked | X64_BIT(h); /* the base has served */
    return h;
}

static void group_lookup(struct x64_compile *c, const struct ir_inst *inst,
                         const struct group_plan *plan, struct x64_stub *stub, unsigned h,
                         unsigned entry)
{
    struct x64_code *e = c->e;
    int32_t span = plan->end - plan->anchor;
    stub->offset = (int32_t)inst->imm - plan->anchor;
    stub->clear |= (uint16_t)X64_BIT(h);
    unsigned bits = (unsigned)__builtin_ctz(plan->align);
    bool crosses = span > (int32_t)plan->align;
    if (crosses && bits && x64_has(c, X64_HAS_BMI2)) {
        /* Both at once: what must be zero comes to the top. */
        uint32_t mask = (uint32_t)(SPACE_PAGE_SIZE - 1) >> bits | UINT32_MAX << (32 - bits);
        x64_rorx(e, false, entry, x64_r(h), bits);
        x64_alu_imm(e, X64_AND, false, x64_r(entry), (int32_t)mask);
        x64_alu_imm(e, X64_CMP, false, x64_r(entry), (SPACE_PAGE_SIZE - span) >> bits);
        x64_stub_jump(stub, x64_jcc(e, X64_A));
    } else {
        if (bits) {
            x64_test_imm8(e, x64_r(h), (uint8_t)(plan->align - 1));
            x64_stub_jump(stub, x64_jcc(e, X64_NE));
        }
        if (crosses) {
            x64_mov(e, false, entry, x64_r(h));
            x64_alu_imm(e, X64_AND, false, x64_r(entry), SPACE_PAGE_SIZE - 1);
            x64_alu_imm(e, X64_CMP, false, x64_r(entry), SPACE_PAGE_SIZE - span);
            x64_stub_jump(stub, x64_jcc(e, X64_A));
        }
    }
    x64_mem_entry(c, inst, stub, h, entry);
    x64_lea(e, true, h, x64_mx(h, entry, inst->op == IR_STORE ? 1 : 2, 0));
}

static void group_keep(struct x64_compile *c, const struct ir_inst *inst,
                       const struct group_plan *plan, unsigned h)
{
    struct x64_group group = {.base = inst->a,
                              .reg = (uint8_t)h,
                              .align = (uint8_t)plan->align,
                              .store = inst->op == IR_STORE,
                              .anchor = plan->anchor,
                              .end = plan->end};
    x64_group_add(c, &group);
}

/* The stub of a further access: h is 0 there and serves for the address. */
static struct x64_stub *group_stub(struct x64_compile *c, const struct ir_inst *inst, unsigned h,
                                   bool keep_xmm)
{
    struct x64_stub *stub = x64_mem_stub(c, inst, h, keep_xmm);
    const struct x64_value *base = &c->values[inst->a];
    stub->rebuild = true;
    stub->offset = (int32_t)inst->imm;
    stub->from_value = 0;
    switch ((enum x64_where)base->where) {
    case X64_IN_REG:
    case X64_IN_PIN:
        stub->from = x64_r(base->reg);
        break;
    case X64_IN_FRAME:
        stub->from = x64_frame(base->spill - 1u);
        break;
    case X64_IN_STATE:
        stub->from = x64_slot((uint64_t)x64_inst(c, inst->a)->imm);
        break;
    default:
        CHECK(base->where == X64_IS_CONST);
        stub->from_value = inst->a;
        break;
    }
    x64_test(c->e, true, x64_r(h), h);
    x64_stub_jump(stub, x64_jcc(c->e, X64_E));
    return stub;
}

bool x64_group_load(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_group *group = group_find(c, inst);
    bool keep_xmm = x64_mem_xmm_live(c);
    if (group) {
        unsigned h = group->reg;
        int32_t offset = (int32_t)inst->imm - group->anchor;
        c->locked |= X64_BIT(h);
        unsigned d = x64_def(c, 0, 0);
        struct x64_stub *stub = group_stub(c, inst, h, keep_xmm);
        stub->result = (uint8_t)d;
        x64_mem_read(c, inst, d, x64_m(h, offset));
        stub->resume = x64_here(c->e);
        return true;
    }
    struct group_plan plan;
    if (!group_plan(c, inst, &plan)) {
        return false;
    }
    unsigned h = group_anchor(c, inst, &plan);
    unsigned d = x64_def(c, 0, 0);
    unsigned entry = x64_mem_temp(c, d);
    struct x64_stub *stub = x64_mem_stub(c, inst, h, keep_xmm);
    stub->result = (uint8_t)d;
    group_lookup(c, inst, &plan, stub, h, entry);
    x64_mem_read(c, inst, d, x64_m(h, (int32_t)inst->imm - plan.anchor));
    stub->resume = x64_here(c->e);
    group_keep(c, inst, &plan, h);
    return true;
}

static void stub_store(struct x64_stub *stub, struct x64_stored stored)
{
    stub->mem |= IR_MEM_WRITE;
    stub->value[0] = stored.reg;
    stub->imm = stored.imm;
}

bool x64_group_store(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_group *group = group_find(c, inst);
    if (group) {
        unsigned h = group->reg;
        int32_t offset = (int32_t)inst->imm - group->anchor;
        c->locked |= X64_BIT(h);
        struct x64_stored stored = x64_mem_stored(c, inst);
        unsigned spare = x64_mem_spare(c, inst);
        struct x64_stub *stub = group_stub(c, inst, h, x64_mem_xmm_live(c));
        stub_store(stub, stored);
        x64_mem_write(c, inst, stored, x64_m(h, offset), spare);
        stub->resume = x64_here(c->e);
        return true;
    }
    struct group_plan plan;
    if (!group_plan(c, inst, &plan)) {
        return false;
    }
    struct x64_stored stored = x64_mem_stored(c, inst);
    unsigned h = group_anchor(c, inst, &plan);
    unsigned entry = x64_temp(c), spare = x64_mem_spare(c, inst);
    struct x64_stub *stub = x64_mem_stub(c, inst, h, x64_mem_xmm_live(c));
    stub_store(stub, stored);
    group_lookup(c, inst, &plan, stub, h, entry);
    x64_mem_write(c, inst, stored, x64_m(h, (int32_t)inst->imm - plan.anchor), spare);
    stub->resume = x64_here(c->e);
    group_keep(c, inst, &plan, h);
    return true;
}
