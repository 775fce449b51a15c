/* Registers, flags, conditions and memory attributes, as all ARM handlers read and write them. */
#include "targets/arm/translate.h"

#include "core/base/check.h"

#include <string.h>

/* ---- registers ------------------------------------------------------------------------------- */

uint32_t arm_reg(struct arm_translation *t, unsigned n)
{
    if (n == 15) {
        return ir_pcrel(t->ir, IR_I32, (uint32_t)(t->pc + (t->thumb ? 4 : 8)));
    }
    return ir_get(t->ir, IR_I32, ARM_OFF(r[n]));
}

uint32_t arm_literal(struct arm_translation *t, int32_t offset)
{
    uint32_t base = (t->pc + (t->thumb ? 4 : 8)) & ~UINT32_C(3);
    return ir_pcrel(t->ir, IR_I32, (uint32_t)(base + (uint32_t)offset));
}

void arm_reg_set(struct arm_translation *t, unsigned n, uint32_t value)
{
    if (n == 15) {
        return;
    }
    if (t->select) {
        value = ir_select(t->ir, t->select, value, ir_get(t->ir, IR_I32, ARM_OFF(r[n])));
    }
    ir_set(t->ir, ARM_OFF(r[n]), value);
}

/* ---- flags ----------------------------------------------------------------------------------- */

void arm_flags_written(struct arm_translation *t)
{
    t->flags = ARM_FLAGS_SLOTS;
    t->flags_changed = true;
    memset(t->cond_value, 0, sizeof t->cond_value);
}

void arm_set_nz(struct arm_translation *t, uint32_t result)
{
    arm_flags_written(t);
    ir_set(t->ir, ARM_OFF(nf), result);
    ir_set(t->ir, ARM_OFF(zf), result);
}

void arm_set_flags_add(struct arm_translation *t, uint32_t a, uint32_t b, uint32_t result)
{
    arm_set_nz(t, result);
    ir_set(t->ir, ARM_OFF(cf), ir_op2(t->ir, IR_ADDC, a, b));
    ir_set(t->ir, ARM_OFF(vf), ir_op2(t->ir, IR_ADDO, a, b));
}

void arm_set_flags_sub(struct arm_translation *t, uint32_t a, uint32_t b, uint32_t result)
{
    arm_set_nz(t, result);
    ir_set(t->ir, ARM_OFF(cf), ir_op2(t->ir, IR_ULE, b, a));
    ir_set(t->ir, ARM_OFF(vf), ir_op2(t->ir, IR_SUBO, a, b));
    t->flags = ARM_FLAGS_SUB;
    t->flag_a = a;
    t->flag_b = b;
}

void arm_set_q(struct arm_translation *t, uint32_t saturated)
{
    uint32_t q = ir_get(t->ir, IR_I32, ARM_OFF(qf));
    ir_set(t->ir, ARM_OFF(qf), ir_op2(t->ir, IR_OR, q, saturated));
}

/* ---- conditions ------------------------------------------------------------------------------ */

enum {
    COND_EQ,
    COND_NE,
    COND_CS,
    COND_CC,
    COND_MI,
    COND_PL,
    COND_VS,
    COND_VC,
    COND_HI,
    COND_LS,
    COND_GE,
    COND_LT,
    COND_GT,
    COND_LE,
    COND_COUNT
};

/* After a - b, as one comparison; `swap` compares b with a. */
static const struct {
    uint8_t op;
    bool swap;
} after_sub[COND_COUNT] = {
    [COND_EQ] = {IR_EQ, false},  [COND_NE] = {IR_NE, false},  [COND_CS] = {IR_ULE, true},
    [COND_CC] = {IR_ULT, false}, [COND_HI] = {IR_ULT, true},  [COND_LS] = {IR_ULE, false},
    [COND_GE] = {IR_SLE, true},  [COND_LT] = {IR_SLT, false}, [COND_GT] = {IR_SLT, true},
    [COND_LE] = {IR_SLE, false},
};

/* After a floating-point comparison: its relation, or the relation's low bit, compared with a
 * number. */
static const struct {
    uint8_t op, number;
    bool low_bit;
} after_float[COND_COUNT] = {
    [COND_EQ] = {IR_EQ, FP_EQUAL, false},
    [COND_NE] = {IR_NE, FP_EQUAL, false},
    [COND_CS] = {IR_NE, FP_LESS, false},
    [COND_CC] = {IR_EQ, FP_LESS, false},
    [COND_MI] = {IR_EQ, FP_LESS, false},
    [COND_PL] = {IR_NE, FP_LESS, false},
    [COND_VS] = {IR_EQ, FP_UNORDERED, false},
    [COND_VC] = {IR_NE, FP_UNORDERED, false},
    [COND_HI] = {IR_ULE, FP_GREATER, false},
    [COND_LS] = {IR_ULT, FP_GREATER, false},
    [COND_GE] = {IR_EQ, 0, true},
    [COND_LT] = {IR_NE, 0, true},
    [COND_GT] = {IR_EQ, FP_GREATER, false},
    [COND_LE] = {IR_NE, FP_GREATER, false},
};

static uint32_t condition_float(struct arm_translation *t, unsigned cond)
{
    uint32_t number = ir_i32(t->ir, after_float[cond].number), relation = t->flag_a;
    if (after_float[cond].low_bit) {
        relation = ir_op2(t->ir, IR_AND, relation, ir_i32(t->ir, 1));
    }
    if (after_float[cond].op == IR_ULE) {
        return ir_op2(t->ir, IR_ULE, number, relation);
    }
    return ir_op2(t->ir, after_float[cond].op, relation, number);
}

static uint32_t flag_get(struct arm_translation *t, size_t offset)
{
    return ir_get(t->ir, IR_I32, offset);
}

static uint32_t compare_zero(struct arm_translation *t, enum ir_op op, uint32_t value)
{
    return ir_op2(t->ir, op, value, ir_i32(t->ir, 0));
}

/* N != V: bit 31 of the slot against 0 or 1. */
static uint32_t less_than(struct arm_translation *t)
{
    uint32_t n = ir_op2(t->ir, IR_SHR, flag_get(t, ARM_OFF(nf)), ir_i32(t->ir, 31));
    return ir_op2(t->ir, IR_XOR, n, flag_get(t, ARM_OFF(vf)));
}

/* The even condition of each pair; the odd one is its opposite. */
static uint32_t condition_even(struct arm_translation *t, unsigned cond)
{
    uint32_t not_zero;
    switch (cond) {
    case COND_EQ:
        return compare_zero(t, IR_EQ, flag_get(t, ARM_OFF(zf)));
    case COND_CS:
        return flag_get(t, ARM_OFF(cf));
    case COND_MI:
        return compare_zero(t, IR_SLT, flag_get(t, ARM_OFF(nf)));
    case COND_VS:
        return flag_get(t, ARM_OFF(vf));
    case COND_HI:
        not_zero = compare_zero(t, IR_NE, flag_get(t, ARM_OFF(zf)));
        return ir_op2(t->ir, IR_AND, flag_get(t, ARM_OFF(cf)), not_zero);
    case COND_GE:
        return compare_zero(t, IR_EQ, less_than(t));
    case COND_GT:
        not_zero = compare_zero(t, IR_NE, flag_get(t, ARM_OFF(zf)));
        return ir_op2(t->ir, IR_ANDN, not_zero, less_than(t));
    }
    CHECK_UNREACHABLE();
}

static uint32_t condition_make(struct arm_translation *t, unsigned cond)
{
    if (t->flags == ARM_FLAGS_FLOAT) {
        return condition_float(t, cond);
    }
    if (t->flags == ARM_FLAGS_SUB && after_sub[cond].op) {
        return after_sub[cond].swap ? ir_op2(t->ir, after_sub[cond].op, t->flag_b, t->flag_a)
                                    : ir_op2(t->ir, after_sub[cond].op, t->flag_a, t->flag_b);
    }
    switch (cond) {
    case COND_NE:
        return compare_zero(t, IR_NE, flag_get(t, ARM_OFF(zf)));
    case COND_PL:
        return ir_op2(t->ir, IR_SLE, ir_i32(t->ir, 0), flag_get(t, ARM_OFF(nf)));
    case COND_LT:
        return less_than(t);
    default:
        if (cond & 1) {
            return compare_zero(t, IR_EQ, condition_even(t, cond & ~1u));
        }
        return condition_even(t, cond);
    }
}

uint32_t arm_condition(struct arm_translation *t, unsigned cond)
{
    CHECK(cond < COND_COUNT);
    if (!t->cond_value[cond]) {
        t->cond_value[cond] = condition_make(t, cond);
    }
    return t->cond_value[cond];
}

/* ---- memory and floating point --------------------------------------------------------------- */

uint16_t arm_mem(const struct arm_translation *t, unsigned size_log2, bool aligned)
{
    unsigned align = aligned || t->mode & ARM_TM_ALIGN ? size_log2 : 0;
    if (align > 2) {
        align = 2;
    }
    uint16_t mem = (uint16_t)(size_log2 | align << IR_MEM_ALIGN_SHIFT);
    if (t->mode & ARM_TM_BIG && size_log2) {
        mem |= IR_MEM_BIG;
    }
    return mem;
}

bool arm_fp_check(struct arm_translation *t)
{
    t->region->uses_lazy = true;
    if (t->mode & ARM_TM_FP) {
        return true;
    }
    arm_undefined(t);
    return false;
}
