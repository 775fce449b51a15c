/* Integer lanes of different widths: long, wide and narrow instructions (DDI 0406C A8.8). s->size
 * is the narrower width. */
#include "targets/arm/simd_fns.h"

static uint32_t widen(struct simd *s, uint32_t value)
{
    return simd_op1(s, IR_VWIDEN, simd_signs(s, s->size), value);
}

uint32_t simd_vaddl(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size + 1, widen(s, n), widen(s, m));
}

uint32_t simd_vsubl(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size + 1, widen(s, n), widen(s, m));
}

/* The form has widened m. */
uint32_t simd_vaddw(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size + 1, n, m);
}

uint32_t simd_vsubw(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size + 1, n, m);
}

/* ---- the high half of a sum or difference ---------------------------------------------------- */

static uint32_t high_half(struct simd *s, bool round, uint32_t value)
{
    if (round) {
        value = simd_op2(s, IR_VADD, s->size + 1, value,
                         simd_splat(s, s->size + 1, simd_lane_min(s->size)));
    }
    return simd_op1(s, IR_VNARROW, s->size,
                    simd_shr(s, s->size + 1, value, simd_lane_bits(s->size)));
}

uint32_t simd_vaddhn(struct simd *s, uint32_t n, uint32_t m)
{
    return high_half(s, false, simd_op2(s, IR_VADD, s->size + 1, n, m));
}

uint32_t simd_vraddhn(struct simd *s, uint32_t n, uint32_t m)
{
    return high_half(s, true, simd_op2(s, IR_VADD, s->size + 1, n, m));
}

uint32_t simd_vsubhn(struct simd *s, uint32_t n, uint32_t m)
{
    return high_half(s, false, simd_op2(s, IR_VSUB, s->size + 1, n, m));
}

uint32_t simd_vrsubhn(struct simd *s, uint32_t n, uint32_t m)
{
    return high_half(s, true, simd_op2(s, IR_VSUB, s->size + 1, n, m));
}

/* ---- absolute differences: unsigned numbers of a narrow lane --------------------------------- */

uint32_t simd_vabdl(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op1(s, IR_VWIDEN, s->size, simd_vabd(s, n, m));
}

uint32_t simd_vabal(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size + 1, simd_dest(s), simd_vabdl(s, n, m));
}

/* ---- products -------------------------------------------------------------------------------- */

uint32_t simd_vmull(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VMULL, simd_signs(s, s->size), n, m);
}

uint32_t simd_vmlal(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size + 1, simd_dest(s), simd_vmull(s, n, m));
}

uint32_t simd_vmlsl(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size + 1, simd_dest(s), simd_vmull(s, n, m));
}

/* Signed sum or difference of wide lanes; QC where it saturates. */
static uint32_t wide_saturating(struct simd *s, enum ir_op saturated, enum ir_op wrapped,
                                uint32_t a, uint32_t b)
{
    uint32_t result = simd_op2(s, saturated, (s->size + 1) | IR_VEC_SIGNED, a, b);
    uint32_t plain = simd_op2(s, wrapped, s->size + 1, a, b);
    simd_saturated(s, simd_op2(s, IR_VXOR, 0, result, plain));
    return result;
}

uint32_t simd_vqdmull(struct simd *s, uint32_t n, uint32_t m)
{
    uint32_t product = simd_op2(s, IR_VMULL, s->size | IR_VEC_SIGNED, n, m);
    return wide_saturating(s, IR_VSATADD, IR_VADD, product, product);
}

uint32_t simd_vqdmlal(struct simd *s, uint32_t n, uint32_t m)
{
    return wide_saturating(s, IR_VSATADD, IR_VADD, simd_dest(s), simd_vqdmull(s, n, m));
}

uint32_t simd_vqdmlsl(struct simd *s, uint32_t n, uint32_t m)
{
    return wide_saturating(s, IR_VSATSUB, IR_VSUB, simd_dest(s), simd_vqdmull(s, n, m));
}

/* ---- neighbours ------------------------------------------------------------------------------ */

/* Bit 7 says unsigned. Both halves of each wide lane, extended in place. */
uint32_t simd_vpaddl(struct simd *s, uint32_t m)
{
    unsigned bits = simd_lane_bits(s->size);
    unsigned wide = (s->size + 1) | (s->bits >> 7 & 1 ? 0 : IR_VEC_SIGNED);
    uint32_t low = simd_shr(s, wide, simd_shl(s, s->size + 1, m, bits), bits);
    return simd_op2(s, IR_VADD, s->size + 1, low, simd_shr(s, wide, m, bits));
}

uint32_t simd_vpadal(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size + 1, simd_dest(s), simd_vpaddl(s, m));
}

/* ---- moves that narrow or widen -------------------------------------------------------------- */

uint32_t simd_vmovn(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VNARROW, s->size, m);
}

uint32_t simd_narrow_saturating(struct simd *s, bool from_signed, bool to_signed, uint32_t m)
{
    unsigned from = from_signed ? IR_VEC_SIGNED : 0, to = to_signed ? IR_VEC_TO_SIGNED : 0;
    uint32_t result = simd_op1(s, IR_VSATNARROW, s->size | from | to, m);
    uint32_t back = simd_op1(s, IR_VWIDEN, s->size | (to_signed ? IR_VEC_SIGNED : 0), result);
    simd_saturated(s, simd_op2(s, IR_VXOR, 0, back, m));
    return result;
}

/* Bit 6 says unsigned. */
uint32_t simd_vqmovn(struct simd *s, uint32_t m)
{
    return simd_narrow_saturating(s, !s->q, !s->q, m);
}

uint32_t simd_vqmovun(struct simd *s, uint32_t m)
{
    return simd_narrow_saturating(s, true, false, m);
}

uint32_t simd_vshll_max(struct simd *s, uint32_t m)
{
    return simd_shl(s, s->size + 1, simd_op1(s, IR_VWIDEN, s->size, m), simd_lane_bits(s->size));
}
