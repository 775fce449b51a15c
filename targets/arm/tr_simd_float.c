/* Lanes of single-precision numbers, always with the standard FPSCR value (DDI 0406C A2.7.7): flush
 * to zero, default NaN, round to nearest. */
#include "targets/arm/simd_fns.h"

static uint32_t float3(struct simd *s, enum ir_op op, uint32_t a, uint32_t b, uint32_t c)
{
    return ir_emit(s->ir, op, IR_V128, a, b, c, ARM_OFF(fp_std), 2 | IR_VEC_NEAREST);
}

static uint32_t float2(struct simd *s, enum ir_op op, uint32_t a, uint32_t b)
{
    return float3(s, op, a, b, 0);
}

/* ---- signs: no arithmetic, NaNs included ----------------------------------------------------- */

uint32_t simd_vabs_f(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VAND, 0, m, simd_splat(s, 2, 0x7fffffff));
}

uint32_t simd_vneg_f(struct simd *s, uint32_t m)
{
    return simd_op2(s, IR_VXOR, 0, m, simd_splat(s, 2, 0x80000000));
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

uint32_t simd_vadd_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFADD, n, m);
}

uint32_t simd_vsub_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFSUB, n, m);
}

uint32_t simd_vabd_f(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_vabs_f(s, simd_vsub_f(s, n, m));
}

uint32_t simd_vmul_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFMUL, n, m);
}

/* Rounded twice. */
uint32_t simd_vmla_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float3(s, IR_VFMLA, simd_dest(s), n, m);
}

uint32_t simd_vmls_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float3(s, IR_VFMLS, simd_dest(s), n, m);
}

uint32_t simd_vfma(struct simd *s, uint32_t n, uint32_t m)
{
    return float3(s, IR_VFMA, simd_dest(s), n, m);
}

uint32_t simd_vfms(struct simd *s, uint32_t n, uint32_t m)
{
    return float3(s, IR_VFMA, simd_dest(s), simd_vneg_f(s, n), m);
}

/* Steps of Newton's iteration (A2.7.8): infinity times zero, or what is flushed to zero, counts as
 * zero without being invalid. An infinity becomes zero where the other operand is one. */
static uint32_t step_operand(struct simd *s, uint32_t a, uint32_t b)
{
    uint32_t infinite = simd_op2(s, IR_VCMPEQ, 2, simd_vabs_f(s, a), simd_splat(s, 2, 0x7f800000));
    uint32_t zero =
        simd_op2(s, IR_VCMPGT, 2 | IR_VEC_SIGNED, simd_splat(s, 2, 0x00800000), simd_vabs_f(s, b));
    return simd_op2(s, IR_VANDN, 0, a, simd_op2(s, IR_VAND, 0, infinite, zero));
}

static uint32_t step_product(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_vmul_f(s, step_operand(s, n, m), step_operand(s, m, n));
}

/* 2 - n * m */
uint32_t simd_vrecps(struct simd *s, uint32_t n, uint32_t m)
{
    return simd_vsub_f(s, simd_splat(s, 2, 0x40000000), step_product(s, n, m));
}

/* (3 - n * m) / 2, rounded once: 3 - x is zero or so large that its half is exact. */
uint32_t simd_vrsqrts(struct simd *s, uint32_t n, uint32_t m)
{
    uint32_t twice = simd_vsub_f(s, simd_splat(s, 2, 0x40400000), step_product(s, n, m));
    return simd_vmul_f(s, twice, simd_splat(s, 2, 0x3f000000));
}

uint32_t simd_vmax_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFMAX, n, m);
}

uint32_t simd_vmin_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFMIN, n, m);
}

/* ---- comparisons: mask lanes ----------------------------------------------------------------- */

uint32_t simd_vceq_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFEQ, n, m);
}

uint32_t simd_vcge_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFGE, n, m);
}

uint32_t simd_vcgt_f(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFGT, n, m);
}

uint32_t simd_vacge(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFGE, simd_vabs_f(s, n), simd_vabs_f(s, m));
}

uint32_t simd_vacgt(struct simd *s, uint32_t n, uint32_t m)
{
    return float2(s, IR_VFGT, simd_vabs_f(s, n), simd_vabs_f(s, m));
}

uint32_t simd_vceq0_f(struct simd *s, uint32_t m)
{
    return float2(s, IR_VFEQ, m, simd_const(s, 0, 0));
}

uint32_t simd_vcge0_f(struct simd *s, uint32_t m)
{
    return float2(s, IR_VFGE, m, simd_const(s, 0, 0));
}

uint32_t simd_vcgt0_f(struct simd *s, uint32_t m)
{
    return float2(s, IR_VFGT, m, simd_const(s, 0, 0));
}

uint32_t simd_vcle0_f(struct simd *s, uint32_t m)
{
    return float2(s, IR_VFGE, simd_const(s, 0, 0), m);
}

uint32_t simd_vclt0_f(struct simd *s, uint32_t m)
{
    return float2(s, IR_VFGT, simd_const(s, 0, 0), m);
}

/* ---- conversions: s->shift fraction bits, none in the forms without them --------------------- */

static uint32_t convert(struct simd *s, enum ir_op op, unsigned sign, uint32_t m)
{
    unsigned aux = 2 | IR_VEC_NEAREST | sign | s->shift << IR_VEC_FRACTION_SHIFT;
    return ir_emit(s->ir, op, IR_V128, m, 0, 0, ARM_OFF(fp_std), aux);
}

uint32_t simd_vcvt_f_s(struct simd *s, uint32_t m)
{
    return convert(s, IR_VITOF, IR_VEC_SIGNED, m);
}

uint32_t simd_vcvt_f_u(struct simd *s, uint32_t m)
{
    return convert(s, IR_VITOF, 0, m);
}

uint32_t simd_vcvt_s_f(struct simd *s, uint32_t m)
{
    return convert(s, IR_VFTOI, IR_VEC_SIGNED, m);
}

uint32_t simd_vcvt_u_f(struct simd *s, uint32_t m)
{
    return convert(s, IR_VFTOI, 0, m);
}
