/* Registers, usable coprocessors and memory attributes, as all MIPS handlers need them. */
#include "targets/mips/handlers.h"

uint32_t mips_reg(struct mips_translation *t, unsigned n)
{
    return n ? ir_get(t->ir, IR_I32, MIPS_OFF(r) + n * sizeof(uint32_t)) : ir_i32(t->ir, 0);
}

void mips_reg_set(struct mips_translation *t, unsigned n, uint32_t value)
{
    if (n) {
        ir_set(t->ir, MIPS_OFF(r) + n * sizeof(uint32_t), value);
    }
}

uint32_t mips_condition(struct mips_translation *t, unsigned cond, uint32_t a, uint32_t b)
{
    /* `swap` compares b with a. */
    static const struct {
        uint8_t op;
        bool swap;
    } comparisons[] = {
        [MIPS_COND_EQ] = {IR_EQ, false},   [MIPS_COND_NE] = {IR_NE, false},
        [MIPS_COND_LT] = {IR_SLT, false},  [MIPS_COND_GE] = {IR_SLE, true},
        [MIPS_COND_LE] = {IR_SLE, false},  [MIPS_COND_GT] = {IR_SLT, true},
        [MIPS_COND_LTU] = {IR_ULT, false}, [MIPS_COND_GEU] = {IR_ULE, true},
    };
    enum ir_op op = comparisons[cond & MIPS_COND_KIND].op;
    return comparisons[cond & MIPS_COND_KIND].swap ? ir_op2(t->ir, op, b, a)
                                                   : ir_op2(t->ir, op, a, b);
}

bool mips_cp0_check(struct mips_translation *t)
{
    if (t->mode & MIPS_TM_CP0) {
        return true;
    }
    mips_unusable(t, 0);
    return false;
}

bool mips_cp1_check(struct mips_translation *t)
{
    t->region->uses_lazy = true;
    if (t->mode & MIPS_TM_CP1) {
        return true;
    }
    mips_unusable(t, 1);
    return false;
}

bool mips_dsp_check(struct mips_translation *t)
{
    t->region->uses_lazy = true;
    if (t->mode & MIPS_TM_DSP) {
        return true;
    }
    mips_raise(t, MIPS_EXC_DSPDIS);
    return false;
}

uint16_t mips_mem(const struct mips_translation *t, unsigned size_log2, bool aligned)
{
    unsigned align = aligned ? size_log2 : 0;
    uint16_t mem = (uint16_t)(size_log2 | align << IR_MEM_ALIGN_SHIFT);
    return t->big && size_log2 ? mem | IR_MEM_BIG : mem;
}
