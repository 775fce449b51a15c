/* Shifts by an immediate (s->shift) and by a register (DDI 0406C A7.4.4, A8.8). */
#include "targets/arm/simd_fns.h"

/* ---- by a register --------------------------------------------------------------------------- */

/* Counts of each lane, in the signed low byte of n's: to the left and, negated, to the right. */
struct counts {
    uint32_t left, right;
};

static struct counts lane_counts(struct simd *s, uint32_t n)
{
    unsigned extra = simd_lane_bits(s->size) - 8;
    struct counts c;
    c.left = simd_shr(s, s->size | IR_VEC_SIGNED, simd_shl(s, s->size, n, extra), extra);
    c.right = simd_op2(s, IR_VSUB, s->size, simd_const(s, 0, 0), c.left);
    return c;
}

/* The shifts to the right; lanes that go to the left get something else. Rounded: the last bit
 * shifted out is added, which is none if the count, less one, is too large or wraps. */
static uint32_t lanes_right(struct simd *s, struct counts c, bool round, uint32_t m)
{
    unsigned aux = simd_signs(s, s->size);
    uint32_t down = simd_op2(s, IR_VSHRV, aux, m, c.right);
    if (!round) {
        return down;
    }
    uint32_t one = simd_splat(s, s->size, 1);
    uint32_t before = simd_op2(s, IR_VSHRV, aux, m, simd_op2(s, IR_VSUB, s->size, c.right, one));
    return simd_op2(s, IR_VADD, s->size, down, simd_op2(s, IR_VAND, 0, before, one));
}

static uint32_t shift_lanes(struct simd *s, struct counts c, bool round, uint32_t m)
{
    uint32_t up = simd_op2(s, IR_VSHLV, s->size, m, c.left);
    uint32_t down = lanes_right(s, c, round, m);
    if (s->u) { /* of opposite counts, one is as large as to give 0, or both are 0 */
        return simd_op2(s, IR_VOR, 0, up, down);
    }
    return simd_op3(s, IR_VBSL, 0, simd_vclt0(s, c.left), down, up);
}

/* Overflow: shifting back from the left does not give the lane again. */
static uint32_t shift_lanes_saturating(struct simd *s, bool round, uint32_t n, uint32_t m)
{
    struct counts c = lane_counts(s, n);
    unsigned aux = simd_signs(s, s->size);
    uint32_t shifted = shift_lanes(s, c, round, m);
    uint32_t up = simd_op2(s, IR_VSHLV, s->size, m, c.left);
    uint32_t back = simd_op2(s, IR_VSHRV, aux, up, c.left);
    uint32_t fits = simd_op2(s, IR_VCMPEQ, s->size, back, m);
    uint32_t overflow = simd_op2(s, IR_VANDN, 0, simd_vcgt0(s, c.left), fits);
    simd_saturated(s, overflow);
    if (s->u) {
        return simd_op2(s, IR_VOR, 0, shifted, overflow);
    }
    uint32_t sign = simd_shr(s, aux, m, simd_lane_bits(s->size) - 1);
    uint32_t max = simd_splat(s, s->size, simd_lane_min(s->size) - 1);
    return simd_op3(s, IR_VBSL, 0, overflow, simd_op2(s, IR_VXOR, 0, sign, max), shifted);
}

uint32_t simd_vshl_reg(struct simd *s, uint32_t n, uint32_t m)
{
    return shift_lanes(s, lane_counts(s, n), false, m);
}

uint32_t simd_vrshl_reg(struct simd *s, uint32_t n, uint32_t m)
{
    return shift_lanes(s, lane_counts(s, n), true, m);
}

uint32_t simd_vqshl_reg(struct simd *s, uint32_t n, uint32_t m)
{
    return shift_lanes_saturating(s, false, n, m);
}

uint32_t simd_vqrshl_reg(struct simd *s, uint32_t n, uint32_t m)
{
    return shift_lanes_saturating(s, true, n, m);
}

/* ---- to the right ---------------------------------------------------------------------------- */

/* Rounded: the last bit shifted out is added. */
static uint32_t shift_right(struct simd *s, unsigned aux, bool round, uint32_t m)
{
    uint32_t result = simd_shr(s, aux, m, s->shift);
    if (!round) {
        return result;
    }
    uint32_t last = simd_op2(s, IR_VAND, 0, simd_shr(s, aux, m, s->shift - 1),
                             simd_splat(s, aux & IR_VEC_LANE, 1));
    return simd_op2(s, IR_VADD, aux & IR_VEC_LANE, result, last);
}

uint32_t simd_vshr(struct simd *s, uint32_t m)
{
    return shift_right(s, simd_signs(s, s->size), false, m);
}

uint32_t simd_vrshr(struct simd *s, uint32_t m)
{
    return shift_right(s, simd_signs(s, s->size), true, m);
}

uint32_t simd_vsra(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size, simd_dest(s), simd_vshr(s, m));
}

uint32_t simd_vrsra(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size, simd_dest(s), simd_vrshr(s, m));
}

/* Bits of the lane from `from` on, to its end. */
static uint32_t mask_from(const struct simd *s, unsigned from)
{
    return simd_splat(s, s->size, from < 64 ? UINT64_MAX << from : 0);
}

uint32_t simd_vsri(struct simd *s, uint32_t m)
{
    uint32_t keep = mask_from(s, simd_lane_bits(s->size) - s->shift);
    return simd_op3(s, IR_VBSL, 0, keep, simd_dest(s), simd_shr(s, s->size, m, s->shift));
}

/* ---- to the left ----------------------------------------------------------------------------- */

uint32_t simd_vshl(struct simd *s, uint32_t m)
{
    return simd_shl(s, s->size, m, s->shift);
}

uint32_t simd_vsli(struct simd *s, uint32_t m)
{
    uint32_t changed = mask_from(s, s->shift);
    return simd_op3(s, IR_VBSL, 0, changed, simd_vshl(s, m), simd_dest(s));
}

uint32_t simd_vshll(struct simd *s, uint32_t m)
{
    uint32_t wide = simd_op1(s, IR_VWIDEN, simd_signs(s, s->size), m);
    return simd_shl(s, s->size + 1, wide, s->shift);
}

/* A lane overflows where shifting back does not give it again. */
uint32_t simd_vqshl(struct simd *s, uint32_t m)
{
    unsigned aux = simd_signs(s, s->size);
    uint32_t result = simd_vshl(s, m);
    uint32_t back = simd_shr(s, aux, result, s->shift);
    uint32_t fits = simd_op2(s, IR_VCMPEQ, s->size, back, m);
    simd_saturated(s, simd_op2(s, IR_VXOR, 0, back, m));
    if (s->u) {
        return simd_op2(s, IR_VOR, 0, result, simd_op1(s, IR_VNOT, 0, fits));
    }
    uint32_t sign = simd_shr(s, aux, m, simd_lane_bits(s->size) - 1);
    uint32_t max = simd_splat(s, s->size, simd_lane_min(s->size) - 1);
    return simd_op3(s, IR_VBSL, 0, fits, result, simd_op2(s, IR_VXOR, 0, sign, max));
}

/* Signed operand, unsigned result: negative lanes become 0. */
uint32_t simd_vqshlu(struct simd *s, uint32_t m)
{
    uint32_t sign = simd_shr(s, s->size | IR_VEC_SIGNED, m, simd_lane_bits(s->size) - 1);
    uint32_t positive = simd_op2(s, IR_VANDN, 0, m, sign);
    simd_saturated(s, simd_op2(s, IR_VAND, 0, m, sign));
    s->u = true;
    return simd_vqshl(s, positive);
}

/* ---- to the right and narrowed: s->size is the result's -------------------------------------- */

uint32_t simd_vshrn(struct simd *s, uint32_t m)
{
    return simd_vmovn(s, shift_right(s, s->size + 1, false, m));
}

uint32_t simd_vrshrn(struct simd *s, uint32_t m)
{
    return simd_vmovn(s, shift_right(s, s->size + 1, true, m));
}

uint32_t simd_vqshrn(struct simd *s, uint32_t m)
{
    uint32_t wide = shift_right(s, simd_signs(s, s->size + 1), false, m);
    return simd_narrow_saturating(s, !s->u, !s->u, wide);
}

uint32_t simd_vqrshrn(struct simd *s, uint32_t m)
{
    uint32_t wide = shift_right(s, simd_signs(s, s->size + 1), true, m);
    return simd_narrow_saturating(s, !s->u, !s->u, wide);
}

uint32_t simd_vqshrun(struct simd *s, uint32_t m)
{
    uint32_t wide = shift_right(s, (s->size + 1) | IR_VEC_SIGNED, false, m);
    return simd_narrow_saturating(s, true, false, wide);
}

uint32_t simd_vqrshrun(struct simd *s, uint32_t m)
{
    uint32_t wide = shift_right(s, (s->size + 1) | IR_VEC_SIGNED, true, m);
    return simd_narrow_saturating(s, true, false, wide);
}
