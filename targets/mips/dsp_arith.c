/* DSP ASE: arithmetic and comparison of lanes (MD00374 chapter 6, ADDQ.PH, CMP.EQ.PH, MULQ_RS.PH
 * ..). Lane 0 is the lowest. */
#include "targets/mips/dsp.h"

static int32_t half(uint32_t v, unsigned i)
{
    return (int16_t)(v >> 16 * i);
}

static uint32_t unsigned_half(uint32_t v, unsigned i)
{
    return v >> 16 * i & 0xffff;
}

static uint32_t byte(uint32_t v, unsigned i)
{
    return v >> 8 * i & 0xff;
}

static uint32_t halves(uint32_t high, uint32_t low)
{
    return high << 16 | (low & 0xffff);
}

/* ---- addition and subtraction ---------------------------------------------------------------- */

/* Notes what does not fit, and saturates it if that is wanted. */
static int64_t fit(uint32_t *control, int64_t v, int64_t low, int64_t high, bool saturate,
                   uint32_t over)
{
    if (v >= low && v <= high) {
        return v;
    }
    *control |= over;
    return !saturate ? v : v < low ? low : high;
}

static uint32_t add_bytes(uint32_t *control, uint32_t a, uint32_t b, bool subtract, bool saturate)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 4; i++) {
        int64_t x = byte(a, i), y = byte(b, i);
        x = fit(control, subtract ? x - y : x + y, 0, 0xff, saturate, MIPS_DSP_OVER_ADD);
        result |= (uint32_t)(x & 0xff) << 8 * i;
    }
    return result;
}

static uint32_t add_halves(uint32_t *control, uint32_t a, uint32_t b, bool subtract, bool saturate)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 2; i++) {
        int64_t x = half(a, i), y = half(b, i);
        x = fit(control, subtract ? x - y : x + y, INT16_MIN, INT16_MAX, saturate,
                MIPS_DSP_OVER_ADD);
        result |= (uint32_t)(x & 0xffff) << 16 * i;
    }
    return result;
}

#define ADD(name, fn, subtract, saturate)                                                          \
    static uint32_t name(uint32_t *control, uint32_t a, uint32_t b)                                \
    {                                                                                              \
        return fn(control, a, b, subtract, saturate);                                              \
    }
ADD(addu_qb, add_bytes, false, false)
ADD(addu_s_qb, add_bytes, false, true)
ADD(subu_qb, add_bytes, true, false)
ADD(subu_s_qb, add_bytes, true, true)
ADD(addq_ph, add_halves, false, false)
ADD(addq_s_ph, add_halves, false, true)
ADD(subq_ph, add_halves, true, false)
ADD(subq_s_ph, add_halves, true, true)

static uint32_t addq_s_w(uint32_t *control, uint32_t a, uint32_t b)
{
    return (uint32_t)fit(control, (int64_t)(int32_t)a + (int32_t)b, INT32_MIN, INT32_MAX, true,
                         MIPS_DSP_OVER_ADD);
}

static uint32_t subq_s_w(uint32_t *control, uint32_t a, uint32_t b)
{
    return (uint32_t)fit(control, (int64_t)(int32_t)a - (int32_t)b, INT32_MIN, INT32_MAX, true,
                         MIPS_DSP_OVER_ADD);
}

static uint32_t addsc(uint32_t *control, uint32_t a, uint32_t b)
{
    uint64_t sum = (uint64_t)a + b;
    *control = (*control & ~(uint32_t)MIPS_DSP_C) | (sum >> 32 ? MIPS_DSP_C : 0);
    return (uint32_t)sum;
}

static uint32_t addwc(uint32_t *control, uint32_t a, uint32_t b)
{
    int64_t sum = (int64_t)(int32_t)a + (int32_t)b + (*control & MIPS_DSP_C ? 1 : 0);
    return (uint32_t)fit(control, sum, INT32_MIN, INT32_MAX, false, MIPS_DSP_OVER_ADD);
}

static uint32_t modsub(uint32_t *control, uint32_t a, uint32_t b)
{
    return a == 0 ? b >> 8 & 0xffff : a - (b & 0xff);
}

static uint32_t raddu_w_qb(uint32_t *control, uint32_t a, uint32_t b)
{
    return byte(a, 0) + byte(a, 1) + byte(a, 2) + byte(a, 3);
}

static uint32_t absq_s_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 2; i++) {
        int32_t x = half(b, i);
        x = (int32_t)fit(control, x < 0 ? -x : x, 0, INT16_MAX, true, MIPS_DSP_OVER_ADD);
        result |= (uint32_t)x << 16 * i;
    }
    return result;
}

static uint32_t absq_s_w(uint32_t *control, uint32_t a, uint32_t b)
{
    int64_t x = (int32_t)b;
    return (uint32_t)fit(control, x < 0 ? -x : x, 0, INT32_MAX, true, MIPS_DSP_OVER_ADD);
}

/* ---- multiplication -------------------------------------------------------------------------- */

static uint32_t muleu(uint32_t *control, uint32_t a, uint32_t b, unsigned first)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 2; i++) {
        int64_t x = (int64_t)byte(a, first + i) * unsigned_half(b, i);
        x = fit(control, x, 0, 0xffff, true, MIPS_DSP_OVER_MUL);
        result |= (uint32_t)x << 16 * i;
    }
    return result;
}

static uint32_t muleu_s_ph_qbl(uint32_t *control, uint32_t a, uint32_t b)
{
    return muleu(control, a, b, 2);
}

static uint32_t muleu_s_ph_qbr(uint32_t *control, uint32_t a, uint32_t b)
{
    return muleu(control, a, b, 0);
}

/* Of fractions, Q15 times Q15 is Q31. */
static uint32_t muleq(uint32_t *control, int32_t a, int32_t b)
{
    return (uint32_t)fit(control, 2 * (int64_t)a * b, INT32_MIN, INT32_MAX, true,
                         MIPS_DSP_OVER_MUL);
}

static uint32_t muleq_s_w_phl(uint32_t *control, uint32_t a, uint32_t b)
{
    return muleq(control, half(a, 1), half(b, 1));
}

static uint32_t muleq_s_w_phr(uint32_t *control, uint32_t a, uint32_t b)
{
    return muleq(control, half(a, 0), half(b, 0));
}

static uint32_t mulq_rs_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 2; i++) {
        int64_t x = (2 * (int64_t)half(a, i) * half(b, i) + 0x8000) >> 16;
        x = fit(control, x, INT16_MIN, INT16_MAX, true, MIPS_DSP_OVER_MUL);
        result |= (uint32_t)(x & 0xffff) << 16 * i;
    }
    return result;
}

/* ---- comparison, choice ---------------------------------------------------------------------- */

enum relation { EQ, LT, LE };

static bool holds(enum relation relation, int32_t a, int32_t b)
{
    return relation == EQ ? a == b : relation == LT ? a < b : a <= b;
}

static uint32_t compare_bytes(enum relation relation, uint32_t a, uint32_t b)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 4; i++) {
        result |= (uint32_t)holds(relation, (int32_t)byte(a, i), (int32_t)byte(b, i)) << i;
    }
    return result;
}

static uint32_t compare_halves(enum relation relation, uint32_t a, uint32_t b)
{
    return (uint32_t)holds(relation, half(a, 0), half(b, 0)) |
           (uint32_t)holds(relation, half(a, 1), half(b, 1)) << 1;
}

/* Halves leave the upper two of the codes alone. */
static void set_ccond(uint32_t *control, uint32_t codes, unsigned count)
{
    uint32_t mask = ((1u << count) - 1) << MIPS_DSP_CCOND_SHIFT;
    *control = (*control & ~mask) | codes << MIPS_DSP_CCOND_SHIFT;
}

#define COMPARE(kind, relation)                                                                    \
    static uint32_t cmpgu_##kind##_qb(uint32_t *control, uint32_t a, uint32_t b)                   \
    {                                                                                              \
        return compare_bytes(relation, a, b);                                                      \
    }                                                                                              \
    static uint32_t cmpu_##kind##_qb(uint32_t *control, uint32_t a, uint32_t b)                    \
    {                                                                                              \
        set_ccond(control, compare_bytes(relation, a, b), 4);                                      \
        return 0;                                                                                  \
    }                                                                                              \
    static uint32_t cmp_##kind##_ph(uint32_t *control, uint32_t a, uint32_t b)                     \
    {                                                                                              \
        set_ccond(control, compare_halves(relation, a, b), 2);                                     \
        return 0;                                                                                  \
    }
COMPARE(eq, EQ)
COMPARE(lt, LT)
COMPARE(le, LE)

static uint32_t pick(uint32_t control, uint32_t a, uint32_t b, unsigned width)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 32 / width; i++) {
        uint32_t mask = ((1u << width) - 1) << width * i;
        result |= (control >> (MIPS_DSP_CCOND_SHIFT + i) & 1 ? a : b) & mask;
    }
    return result;
}

static uint32_t pick_qb(uint32_t *control, uint32_t a, uint32_t b)
{
    return pick(*control, a, b, 8);
}

static uint32_t pick_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    return pick(*control, a, b, 16);
}

static uint32_t packrl_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    return halves(a, b >> 16);
}

mips_dsp_lanes_fn *mips_dsp_arith(enum mips_dsp_op op)
{
    static mips_dsp_lanes_fn *const functions[MIPS_DSP_OP_COUNT] = {
        [MIPS_DSP_ADDU_QB] = addu_qb,
        [MIPS_DSP_SUBU_QB] = subu_qb,
        [MIPS_DSP_ADDU_S_QB] = addu_s_qb,
        [MIPS_DSP_SUBU_S_QB] = subu_s_qb,
        [MIPS_DSP_MULEU_S_PH_QBL] = muleu_s_ph_qbl,
        [MIPS_DSP_MULEU_S_PH_QBR] = muleu_s_ph_qbr,
        [MIPS_DSP_ADDQ_PH] = addq_ph,
        [MIPS_DSP_SUBQ_PH] = subq_ph,
        [MIPS_DSP_ADDQ_S_PH] = addq_s_ph,
        [MIPS_DSP_SUBQ_S_PH] = subq_s_ph,
        [MIPS_DSP_ADDSC] = addsc,
        [MIPS_DSP_ADDWC] = addwc,
        [MIPS_DSP_MODSUB] = modsub,
        [MIPS_DSP_ADDQ_S_W] = addq_s_w,
        [MIPS_DSP_SUBQ_S_W] = subq_s_w,
        [MIPS_DSP_MULEQ_S_W_PHL] = muleq_s_w_phl,
        [MIPS_DSP_MULEQ_S_W_PHR] = muleq_s_w_phr,
        [MIPS_DSP_MULQ_RS_PH] = mulq_rs_ph,
        [MIPS_DSP_RADDU_W_QB] = raddu_w_qb,
        [MIPS_DSP_PICK_QB] = pick_qb,
        [MIPS_DSP_CMPGU_EQ_QB] = cmpgu_eq_qb,
        [MIPS_DSP_CMPGU_LT_QB] = cmpgu_lt_qb,
        [MIPS_DSP_CMPGU_LE_QB] = cmpgu_le_qb,
        [MIPS_DSP_PICK_PH] = pick_ph,
        [MIPS_DSP_PACKRL_PH] = packrl_ph,
        [MIPS_DSP_CMPU_EQ_QB] = cmpu_eq_qb,
        [MIPS_DSP_CMPU_LT_QB] = cmpu_lt_qb,
        [MIPS_DSP_CMPU_LE_QB] = cmpu_le_qb,
        [MIPS_DSP_CMP_EQ_PH] = cmp_eq_ph,
        [MIPS_DSP_CMP_LT_PH] = cmp_lt_ph,
        [MIPS_DSP_CMP_LE_PH] = cmp_le_ph,
        [MIPS_DSP_ABSQ_S_PH] = absq_s_ph,
        [MIPS_DSP_ABSQ_S_W] = absq_s_w,
    };
    return op < MIPS_DSP_OP_COUNT ? functions[op] : NULL;
}
