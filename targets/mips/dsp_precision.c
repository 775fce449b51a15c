/* DSP ASE: changes of precision, replication, shifts of lanes (MD00374 chapter 6, PRECRQ.PH.W,
 * REPLV.PH, SHLL.PH ..). Lane 0 is the lowest. */
#include "targets/mips/dsp.h"

/* ---- precision ------------------------------------------------------------------------------- */

/* The upper byte of each half. */
static uint32_t precrq_qb_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    return (a & 0xff000000) | (a << 8 & 0x00ff0000) | (b >> 16 & 0x0000ff00) | (b >> 8 & 0xff);
}

/* A Q15 as an unsigned byte. */
static uint32_t reduce(uint32_t *control, uint32_t v)
{
    int32_t x = (int16_t)v;
    if (x >= 0 && x <= 0x7f80) {
        return (uint32_t)x >> 7;
    }
    *control |= MIPS_DSP_OVER_SHIFT;
    return x < 0 ? 0 : 0xff;
}

static uint32_t precrqu_s_qb_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    return reduce(control, a >> 16) << 24 | reduce(control, a) << 16 |
           reduce(control, b >> 16) << 8 | reduce(control, b);
}

static uint32_t precrq_ph_w(uint32_t *control, uint32_t a, uint32_t b)
{
    return (a & 0xffff0000) | b >> 16;
}

/* A Q31 rounded to a Q15. */
static uint32_t round_half(uint32_t *control, uint32_t v)
{
    int64_t x = ((int64_t)(int32_t)v + 0x8000) >> 16;
    if (x > INT16_MAX) {
        *control |= MIPS_DSP_OVER_SHIFT;
        x = INT16_MAX;
    }
    return (uint32_t)x & 0xffff;
}

static uint32_t precrq_rs_ph_w(uint32_t *control, uint32_t a, uint32_t b)
{
    return round_half(control, a) << 16 | round_half(control, b);
}

static uint32_t preceq_w_phl(uint32_t *control, uint32_t a, uint32_t b)
{
    return b & 0xffff0000;
}

static uint32_t preceq_w_phr(uint32_t *control, uint32_t a, uint32_t b)
{
    return b << 16;
}

/* Bytes `high` and `low` as halves, shifted left. */
#define WIDEN(name, high, low, shift)                                                              \
    static uint32_t name(uint32_t *control, uint32_t a, uint32_t b)                                \
    {                                                                                              \
        return (b >> 8 * high & 0xff) << (16 + shift) | (b >> 8 * low & 0xff) << shift;            \
    }
WIDEN(precequ_ph_qbl, 3, 2, 7)
WIDEN(precequ_ph_qbr, 1, 0, 7)
WIDEN(precequ_ph_qbla, 3, 1, 7)
WIDEN(precequ_ph_qbra, 2, 0, 7)
WIDEN(preceu_ph_qbl, 3, 2, 0)
WIDEN(preceu_ph_qbr, 1, 0, 0)
WIDEN(preceu_ph_qbla, 3, 1, 0)
WIDEN(preceu_ph_qbra, 2, 0, 0)

static uint32_t replv_qb(uint32_t *control, uint32_t a, uint32_t b)
{
    return (b & 0xff) * 0x01010101;
}

static uint32_t replv_ph(uint32_t *control, uint32_t a, uint32_t b)
{
    return (b & 0xffff) * 0x00010001;
}

static uint32_t bitrev(uint32_t *control, uint32_t a, uint32_t b)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 16; i++) {
        result |= (b >> i & 1) << (15 - i);
    }
    return result;
}

mips_dsp_lanes_fn *mips_dsp_precision(enum mips_dsp_op op)
{
    static mips_dsp_lanes_fn *const functions[MIPS_DSP_OP_COUNT] = {
        [MIPS_DSP_PRECRQ_QB_PH] = precrq_qb_ph,
        [MIPS_DSP_PRECRQU_S_QB_PH] = precrqu_s_qb_ph,
        [MIPS_DSP_PRECRQ_PH_W] = precrq_ph_w,
        [MIPS_DSP_PRECRQ_RS_PH_W] = precrq_rs_ph_w,
        [MIPS_DSP_PRECEQ_W_PHL] = preceq_w_phl,
        [MIPS_DSP_PRECEQ_W_PHR] = preceq_w_phr,
        [MIPS_DSP_PRECEQU_PH_QBL] = precequ_ph_qbl,
        [MIPS_DSP_PRECEQU_PH_QBR] = precequ_ph_qbr,
        [MIPS_DSP_PRECEQU_PH_QBLA] = precequ_ph_qbla,
        [MIPS_DSP_PRECEQU_PH_QBRA] = precequ_ph_qbra,
        [MIPS_DSP_PRECEU_PH_QBL] = preceu_ph_qbl,
        [MIPS_DSP_PRECEU_PH_QBR] = preceu_ph_qbr,
        [MIPS_DSP_PRECEU_PH_QBLA] = preceu_ph_qbla,
        [MIPS_DSP_PRECEU_PH_QBRA] = preceu_ph_qbra,
        [MIPS_DSP_REPLV_QB] = replv_qb,
        [MIPS_DSP_REPLV_PH] = replv_ph,
        [MIPS_DSP_BITREV] = bitrev,
    };
    return op < MIPS_DSP_OP_COUNT ? functions[op] : NULL;
}

/* ---- shifts ---------------------------------------------------------------------------------- */

static uint32_t shll_qb(uint32_t *control, uint32_t a, uint32_t count)
{
    uint32_t result = 0;
    count &= 7;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t x = (a >> 8 * i & 0xff) << count;
        *control |= x >> 8 ? MIPS_DSP_OVER_SHIFT : 0;
        result |= (x & 0xff) << 8 * i;
    }
    return result;
}

static uint32_t shrl_qb(uint32_t *control, uint32_t a, uint32_t count)
{
    count &= 7;
    return a >> count & (0xffu >> count) * 0x01010101;
}

/* Of a signed lane. */
static int64_t shift_left(uint32_t *control, int64_t v, unsigned count, unsigned width,
                          bool saturate)
{
    int64_t x = v << count, limit = (int64_t)1 << (width - 1);
    if (x >= -limit && x < limit) {
        return x;
    }
    *control |= MIPS_DSP_OVER_SHIFT;
    return !saturate ? x : v < 0 ? -limit : limit - 1;
}

static uint32_t shift_halves_left(uint32_t *control, uint32_t a, uint32_t count, bool saturate)
{
    int64_t high = shift_left(control, (int16_t)(a >> 16), count & 15, 16, saturate);
    int64_t low = shift_left(control, (int16_t)a, count & 15, 16, saturate);
    return (uint32_t)high << 16 | ((uint32_t)low & 0xffff);
}

static uint32_t shll_ph(uint32_t *control, uint32_t a, uint32_t count)
{
    return shift_halves_left(control, a, count, false);
}

static uint32_t shll_s_ph(uint32_t *control, uint32_t a, uint32_t count)
{
    return shift_halves_left(control, a, count, true);
}

static uint32_t shll_s_w(uint32_t *control, uint32_t a, uint32_t count)
{
    return (uint32_t)shift_left(control, (int32_t)a, count & 31, 32, true);
}

static int64_t shift_right(int64_t v, unsigned count, bool round)
{
    return round && count ? ((v >> (count - 1)) + 1) >> 1 : v >> count;
}

static uint32_t shift_halves_right(uint32_t a, uint32_t count, bool round)
{
    int64_t high = shift_right((int16_t)(a >> 16), count & 15, round);
    int64_t low = shift_right((int16_t)a, count & 15, round);
    return (uint32_t)high << 16 | ((uint32_t)low & 0xffff);
}

static uint32_t shra_ph(uint32_t *control, uint32_t a, uint32_t count)
{
    return shift_halves_right(a, count, false);
}

static uint32_t shra_r_ph(uint32_t *control, uint32_t a, uint32_t count)
{
    return shift_halves_right(a, count, true);
}

static uint32_t shra_r_w(uint32_t *control, uint32_t a, uint32_t count)
{
    return (uint32_t)shift_right((int32_t)a, count & 31, true);
}

mips_dsp_lanes_fn *mips_dsp_shift(enum mips_dsp_op op)
{
    static mips_dsp_lanes_fn *const functions[MIPS_DSP_OP_COUNT] = {
        [MIPS_DSP_SHLL_QB] = shll_qb,     [MIPS_DSP_SHRL_QB] = shrl_qb,
        [MIPS_DSP_SHLL_PH] = shll_ph,     [MIPS_DSP_SHLL_S_PH] = shll_s_ph,
        [MIPS_DSP_SHLL_S_W] = shll_s_w,   [MIPS_DSP_SHRA_PH] = shra_ph,
        [MIPS_DSP_SHRA_R_PH] = shra_r_ph, [MIPS_DSP_SHRA_R_W] = shra_r_w,
    };
    return op < MIPS_DSP_OP_COUNT ? functions[op] : NULL;
}
