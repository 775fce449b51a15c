/* Integer lanes of one width: arithmetic, logic, comparisons (DDI 0406C A8.8). */
#include "targets/arm/simd_fns.h"

/* ---- logic ----------------------------------------------------------------------------------- */

uint32_t simd_vand(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VAND, 0, n, m);
}

uint32_t simd_vbic(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VANDN, 0, n, m);
}

uint32_t simd_vorr(struct simd *s, uint32_t n, uint32_t m)
{
    return n == m ? n : simd_op2(s, IR_VOR, 0, n, m); /* VMOV (register) */
}

uint32_t simd_vorn(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VOR, 0, n, simd_op1(s, IR_VNOT, 0, m));
}

uint32_t simd_veor(struct simd *s, uint32_t n, uint32_t m)
{
    return n == m ? simd_const(s, 0, 0) : simd_op2(s, IR_VXOR, 0, n, m);
}

uint32_t simd_vbsl(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op3(s, IR_VBSL, 0, simd_dest(s), n, m);
}

uint32_t simd_vbit(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op3(s, IR_VBSL, 0, m, n, simd_dest(s));
}

uint32_t simd_vbif(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op3(s, IR_VBSL, 0, m, simd_dest(s), n);
}

uint32_t simd_vmvn(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VNOT, 0, m);
}

/* ---- sums and differences -------------------------------------------------------------------- */

uint32_t simd_vadd(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size, n, m);
}

uint32_t simd_vsub(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size, n, m);
}

uint32_t simd_vhadd(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VAVG, simd_signs(s, s->size), n, m);
}

uint32_t simd_vrhadd(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VAVG, simd_signs(s, s->size) | IR_VEC_ROUND, n, m);
}

/* n - m = (n ^ m) - 2 * (m & ~n), whose half needs no more bits than a lane has. */
uint32_t simd_vhsub(struct simd *s, uint32_t n, uint32_t m)
{
    uint32_t half = simd_shr(s, simd_signs(s, s->size), simd_op2(s, IR_VXOR, 0, n, m), 1);
    return simd_op2(s, IR_VSUB, s->size, half, simd_op2(s, IR_VANDN, 0, m, n));
}

/* QC: where the saturated result is not the wrapped one. */
static uint32_t saturating(struct simd *s, enum ir_op saturated, enum ir_op wrapped, uint32_t n,
                           uint32_t m)
{
    uint32_t result = simd_op2(s, saturated, simd_signs(s, s->size), n, m);
    uint32_t plain = simd_op2(s, wrapped, s->size, n, m);
    simd_saturated(s, simd_op2(s, IR_VXOR, 0, result, plain));
    return result;
}

uint32_t simd_vqadd(struct simd *s, uint32_t n, uint32_t m)
{
    return saturating(s, IR_VSATADD, IR_VADD, n, m);
}

uint32_t simd_vqsub(struct simd *s, uint32_t n, uint32_t m)
{
    return saturating(s, IR_VSATSUB, IR_VSUB, n, m);
}

uint32_t simd_vmax(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VMAX, simd_signs(s, s->size), n, m);
}

uint32_t simd_vmin(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VMIN, simd_signs(s, s->size), n, m);
}

uint32_t simd_vabd(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size, simd_vmax(s, n, m), simd_vmin(s, n, m));
}

uint32_t simd_vaba(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size, simd_dest(s), simd_vabd(s, n, m));
}

/* ---- one operand ----------------------------------------------------------------------------- */

uint32_t simd_vabs(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VABS, s->size, m);
}

uint32_t simd_vneg(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size, simd_const(s, 0, 0), m);
}

/* |MIN| is MIN, as an unsigned number one more than MAX. */
uint32_t simd_vqabs(struct simd *s, uint32_t m)
{
    uint32_t magnitude = simd_op1(s, IR_VABS, s->size, m);
    uint32_t max = simd_splat(s, s->size, simd_lane_min(s->size) - 1);
    uint32_t result = simd_op2(s, IR_VMIN, s->size, magnitude, max);
    simd_saturated(s, simd_op2(s, IR_VXOR, 0, result, magnitude));
    return result;
}

uint32_t simd_vqneg(struct simd *s, uint32_t m)
{
    s->u = false;
    return saturating(s, IR_VSATSUB, IR_VSUB, simd_const(s, 0, 0), m);
}

/* Sign bits after the first: leading zeros, less one, of what differs from its neighbour above. */
uint32_t simd_vcls(struct simd *s, uint32_t m)
{
    uint32_t differs = simd_op2(s, IR_VXOR, 0, m, simd_shr(s, s->size | IR_VEC_SIGNED, m, 1));
    uint32_t zeros = simd_op1(s, IR_VCLZ, s->size, differs);
    return simd_op2(s, IR_VSUB, s->size, zeros, simd_splat(s, s->size, 1));
}

uint32_t simd_vclz(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VCLZ, s->size, m);
}

uint32_t simd_vcnt(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VPOPCNT, s->size, m);
}

/* ---- comparisons: mask lanes ----------------------------------------------------------------- */

uint32_t simd_vcgt(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VCMPGT, simd_signs(s, s->size), n, m);
}

/* As a maximum, which hosts have for unsigned lanes too. */
uint32_t simd_vcge(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VCMPEQ, s->size, simd_vmax(s, n, m), n);
}

uint32_t simd_vceq(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VCMPEQ, s->size, n, m);
}

uint32_t simd_vtst(struct simd *s, uint32_t n, uint32_t m)
{
    uint32_t none = simd_vceq0(s, n == m ? n : simd_op2(s, IR_VAND, 0, n, m));
    return simd_op1(s, IR_VNOT, 0, none);
}

uint32_t simd_vceq0(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VCMPEQ, s->size, m, simd_const(s, 0, 0));
}

uint32_t simd_vcgt0(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VCMPGT, s->size | IR_VEC_SIGNED, m, simd_const(s, 0, 0));
}

uint32_t simd_vclt0(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VCMPGT, s->size | IR_VEC_SIGNED, simd_const(s, 0, 0), m);
}

uint32_t simd_vcge0(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VNOT, 0, simd_vclt0(s, m));
}

uint32_t simd_vcle0(struct simd *s, uint32_t m)
{
    return simd_op1(s, IR_VNOT, 0, simd_vcgt0(s, m));
}

/* ---- products -------------------------------------------------------------------------------- */

uint32_t simd_vmul(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VMUL, s->size, n, m);
}

uint32_t simd_vmla(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VADD, s->size, simd_dest(s), simd_vmul(s, n, m));
}

uint32_t simd_vmls(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_op2(s, IR_VSUB, s->size, simd_dest(s), simd_vmul(s, n, m));
}

/* Only MIN * MIN saturates. */
static uint32_t doubling_high(struct simd *s, unsigned round, uint32_t n, uint32_t m)
{
    uint32_t min = simd_splat(s, s->size, simd_lane_min(s->size));
    uint32_t both = simd_op2(s, IR_VAND, 0, simd_op2(s, IR_VCMPEQ, s->size, n, min),
                             simd_op2(s, IR_VCMPEQ, s->size, m, min));
    simd_saturated(s, both);
    return simd_op2(s, IR_VMULQ, s->size | round, n, m);
}

uint32_t simd_vqdmulh(struct simd *s, uint32_t n, uint32_t m)
{
    return doubling_high(s, 0, n, m);
}

uint32_t simd_vqrdmulh(struct simd *s, uint32_t n, uint32_t m)
{
    return doubling_high(s, IR_VEC_ROUND, n, m);
}
