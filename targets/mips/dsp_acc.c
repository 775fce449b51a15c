/* DSP ASE: products into an accumulator, and what is taken out of it (MD00374 chapter 6,
 * DPAQ_S.W.PH, MAQ_S.W.PHL, EXTR.W ..). */
#include "targets/mips/dsp.h"

#include "core/base/bits.h"

static int32_t half(uint32_t v, unsigned i)
{
    return (int16_t)(v >> 16 * i);
}

static uint64_t byte_product(uint32_t a, uint32_t b, unsigned i)
{
    return (uint64_t)(a >> 8 * i & 0xff) * (b >> 8 * i & 0xff);
}

/* Of fractions, Q15 times Q15 is Q31: only -1 times -1 does not fit. */
static int64_t half_product(uint32_t *control, uint32_t a, uint32_t b, unsigned i, uint32_t over)
{
    int64_t product = 2 * (int64_t)half(a, i) * half(b, i);
    if (product > INT32_MAX) {
        *control |= over;
        return INT32_MAX;
    }
    return product;
}

static int64_t word_product(uint32_t *control, uint32_t a, uint32_t b, uint32_t over)
{
    if (a == 0x80000000 && b == 0x80000000) {
        *control |= over;
        return INT64_MAX;
    }
    return 2 * (int64_t)(int32_t)a * (int32_t)b;
}

/* ---- products -------------------------------------------------------------------------------- */

static uint64_t dpau_h_qbl(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc + byte_product(a, b, 3) + byte_product(a, b, 2);
}

static uint64_t dpau_h_qbr(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc + byte_product(a, b, 1) + byte_product(a, b, 0);
}

static uint64_t dpsu_h_qbl(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc - byte_product(a, b, 3) - byte_product(a, b, 2);
}

static uint64_t dpsu_h_qbr(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc - byte_product(a, b, 1) - byte_product(a, b, 0);
}

static uint64_t dpaq_s_w_ph(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc +
           (uint64_t)(half_product(control, a, b, 1, over) + half_product(control, a, b, 0, over));
}

static uint64_t dpsq_s_w_ph(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc -
           (uint64_t)(half_product(control, a, b, 1, over) + half_product(control, a, b, 0, over));
}

static uint64_t mulsaq_s_w_ph(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b,
                              uint32_t over)
{
    return acc +
           (uint64_t)(half_product(control, a, b, 1, over) - half_product(control, a, b, 0, over));
}

/* All 64 bits saturate. */
static uint64_t fit_long(uint32_t *control, __int128 sum, uint32_t over)
{
    if (sum >= INT64_MIN && sum <= INT64_MAX) {
        return (uint64_t)sum;
    }
    *control |= over;
    return sum < 0 ? (uint64_t)INT64_MIN : INT64_MAX;
}

static uint64_t dpaq_sa_l_w(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return fit_long(control, (__int128)(int64_t)acc + word_product(control, a, b, over), over);
}

static uint64_t dpsq_sa_l_w(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return fit_long(control, (__int128)(int64_t)acc - word_product(control, a, b, over), over);
}

static uint64_t maq_s_w_phl(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc + (uint64_t)half_product(control, a, b, 1, over);
}

static uint64_t maq_s_w_phr(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return acc + (uint64_t)half_product(control, a, b, 0, over);
}

/* The sum saturates to 32 bits, as far as its bits 32 and 31 tell. */
static uint64_t fit_word(uint32_t *control, uint64_t sum, uint32_t over)
{
    bool negative = sum >> 32 & 1;
    if (negative != (sum >> 31 & 1)) {
        *control |= over;
        return negative ? (uint64_t)INT32_MIN : INT32_MAX;
    }
    return (uint64_t)(int32_t)sum;
}

static uint64_t maq_sa_w_phl(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return fit_word(control, maq_s_w_phl(control, acc, a, b, over), over);
}

static uint64_t maq_sa_w_phr(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    return fit_word(control, maq_s_w_phr(control, acc, a, b, over), over);
}

/* ---- shifts of the accumulator --------------------------------------------------------------- */

/* By the low 6 bits of a, signed: to the left if negative. */
static uint64_t shilo(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    int64_t count = bits_sext(a, 6);
    return count >= 0 ? acc >> count : acc << -count;
}

/* LO becomes HI, a becomes LO; pos grows unless it would leave its field. */
static uint64_t mthlip(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b, uint32_t over)
{
    uint32_t pos = *control & MIPS_DSP_POS;
    if (pos <= 32) {
        *control = (*control & ~(uint32_t)MIPS_DSP_POS) | ((pos + 32) & MIPS_DSP_POS);
    }
    return acc << 32 | a;
}

mips_dsp_acc_fn *mips_dsp_accumulate(enum mips_dsp_op op)
{
    static mips_dsp_acc_fn *const functions[MIPS_DSP_OP_COUNT] = {
        [MIPS_DSP_DPAU_H_QBL] = dpau_h_qbl,
        [MIPS_DSP_DPAU_H_QBR] = dpau_h_qbr,
        [MIPS_DSP_DPSU_H_QBL] = dpsu_h_qbl,
        [MIPS_DSP_DPSU_H_QBR] = dpsu_h_qbr,
        [MIPS_DSP_DPAQ_S_W_PH] = dpaq_s_w_ph,
        [MIPS_DSP_DPSQ_S_W_PH] = dpsq_s_w_ph,
        [MIPS_DSP_MULSAQ_S_W_PH] = mulsaq_s_w_ph,
        [MIPS_DSP_DPAQ_SA_L_W] = dpaq_sa_l_w,
        [MIPS_DSP_DPSQ_SA_L_W] = dpsq_sa_l_w,
        [MIPS_DSP_MAQ_S_W_PHL] = maq_s_w_phl,
        [MIPS_DSP_MAQ_S_W_PHR] = maq_s_w_phr,
        [MIPS_DSP_MAQ_SA_W_PHL] = maq_sa_w_phl,
        [MIPS_DSP_MAQ_SA_W_PHR] = maq_sa_w_phr,
        [MIPS_DSP_SHILO] = shilo,
        [MIPS_DSP_MTHLIP] = mthlip,
    };
    return op < MIPS_DSP_OP_COUNT ? functions[op] : NULL;
}

/* ---- extraction ------------------------------------------------------------------------------ */

static bool fits(__int128 v)
{
    return v >= INT32_MIN && v <= INT32_MAX;
}

/* EXTR.W and its like: overflow is noted for the rounded value and for the one that is not,
 * whichever the instruction gives. */
static uint32_t extract_word(enum mips_dsp_op op, uint32_t *control, uint64_t acc, uint32_t count)
{
    __int128 twice = (__int128)(int64_t)acc * 2 >> count;
    __int128 plain = twice >> 1, rounded = (twice + 1) >> 1;
    if (!fits(plain) || !fits(rounded)) {
        *control |= MIPS_DSP_OVER_EXTRACT;
    }
    if (op == MIPS_DSP_EXTR_W) {
        return (uint32_t)plain;
    }
    if (op == MIPS_DSP_EXTR_RS_W && !fits(rounded)) {
        return rounded < 0 ? (uint32_t)INT32_MIN : INT32_MAX;
    }
    return (uint32_t)rounded;
}

static uint32_t extract_half(uint32_t *control, uint64_t acc, uint32_t count)
{
    int64_t v = (int64_t)acc >> count;
    if (v >= INT16_MIN && v <= INT16_MAX) {
        return (uint32_t)v;
    }
    *control |= MIPS_DSP_OVER_EXTRACT;
    return v < 0 ? (uint32_t)INT16_MIN : INT16_MAX;
}

/* size + 1 bits from bit pos down. */
static uint32_t extract_bits(uint32_t *control, uint64_t acc, uint32_t size, bool decrement)
{
    int32_t pos = (int32_t)(*control & MIPS_DSP_POS), below = pos - (int32_t)size - 1;
    if (below < -1) {
        *control |= MIPS_DSP_EFI;
        return 0; /* UNPREDICTABLE */
    }
    *control &= ~(uint32_t)MIPS_DSP_EFI;
    if (decrement) {
        *control = (*control & ~(uint32_t)MIPS_DSP_POS) | ((uint32_t)below & MIPS_DSP_POS);
    }
    return (uint32_t)bits_get(acc, (unsigned)(below + 1), size + 1);
}

uint32_t mips_dsp_extract(enum mips_dsp_op op, uint32_t *control, uint64_t acc, uint32_t amount)
{
    amount &= 31;
    switch (op) {
    case MIPS_DSP_EXTP:
    case MIPS_DSP_EXTPDP:
        return extract_bits(control, acc, amount, op == MIPS_DSP_EXTPDP);
    case MIPS_DSP_EXTR_S_H:
        return extract_half(control, acc, amount);
    default:
        return extract_word(op, control, acc, amount);
    }
}
