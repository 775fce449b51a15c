/* What instructions of the DSP ASE do in C. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "targets/mips/dsp.h"

static uint32_t *control_of(void *state)
{
    return &((struct mips_cpu *)state)->dsp_control;
}

static uint64_t lanes(void *state, uint64_t op, uint64_t a, uint64_t b, uint64_t d)
{
    static mips_dsp_lanes_fn *(*const tables[])(enum mips_dsp_op) = {
        mips_dsp_arith, mips_dsp_precision, mips_dsp_shift};
    mips_dsp_lanes_fn *fn = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(tables) && !fn; i++) {
        fn = tables[i]((enum mips_dsp_op)op);
    }
    CHECK(fn);
    return fn(control_of(state), (uint32_t)a, (uint32_t)b);
}

static uint64_t accumulate(void *state, uint64_t what, uint64_t acc, uint64_t a, uint64_t b)
{
    mips_dsp_acc_fn *fn = mips_dsp_accumulate((enum mips_dsp_op)(what & 0xff));
    CHECK(fn);
    return fn(control_of(state), acc, (uint32_t)a, (uint32_t)b, MIPS_DSP_OVER_ACC << (what >> 8));
}

static uint64_t extract(void *state, uint64_t op, uint64_t acc, uint64_t amount, uint64_t d)
{
    return mips_dsp_extract((enum mips_dsp_op)op, control_of(state), acc, (uint32_t)amount);
}

/* INSV: the low scount bits of a at pos in b. Beyond bit 31 it is UNPREDICTABLE: as in QEMU, the
 * highest bit of pos does not matter, and what ends behind bit 32 changes nothing. */
static uint64_t insert(void *state, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint32_t control = *control_of(state);
    uint32_t pos = control & MIPS_DSP_POS & 31;
    uint32_t size = (control & MIPS_DSP_SCOUNT) >> MIPS_DSP_SCOUNT_SHIFT;
    if (size == 0 || pos + size > 33) {
        return b;
    }
    uint32_t mask = (uint32_t)(((UINT64_C(1) << size) - 1) << pos);
    return ((uint32_t)b & ~mask) | ((uint32_t)a << pos & mask);
}

#define HELPER(name, result)                                                                       \
    const struct ir_helper mips_helper_dsp_##name = {"dsp_" #name, name, result,                   \
                                                     IR_EFFECT_READS | IR_EFFECT_WRITES}
HELPER(lanes, IR_I32);
HELPER(accumulate, IR_I64);
HELPER(extract, IR_I32);
HELPER(insert, IR_I32);
