/* The element functions of the Advanced SIMD tables (simd_*.inc), by file. */
#ifndef TARGETS_ARM_SIMD_FNS_H
#define TARGETS_ARM_SIMD_FNS_H

#include "targets/arm/simd.h"

/* tr_simd_int.c */
simd_binary simd_vhadd, simd_vrhadd, simd_vhsub, simd_vqadd, simd_vqsub;
simd_binary simd_vand, simd_vbic, simd_vorr, simd_vorn, simd_veor, simd_vbsl, simd_vbit, simd_vbif;
simd_binary simd_vcgt, simd_vcge, simd_vceq, simd_vtst, simd_vmax, simd_vmin, simd_vabd, simd_vaba;
simd_binary simd_vadd, simd_vsub, simd_vmul, simd_vmla, simd_vmls, simd_vqdmulh, simd_vqrdmulh;
simd_unary simd_vabs, simd_vneg, simd_vqabs, simd_vqneg, simd_vcls, simd_vclz, simd_vcnt, simd_vmvn;
simd_unary simd_vcgt0, simd_vcge0, simd_vceq0, simd_vcle0, simd_vclt0;

/* tr_simd_long.c */
simd_binary simd_vaddl, simd_vsubl, simd_vaddw, simd_vsubw;
simd_binary simd_vaddhn, simd_vraddhn, simd_vsubhn, simd_vrsubhn;
simd_binary simd_vabal, simd_vabdl, simd_vmlal, simd_vmlsl, simd_vmull;
simd_binary simd_vqdmull, simd_vqdmlal, simd_vqdmlsl;
simd_unary simd_vpaddl, simd_vpadal, simd_vmovn, simd_vqmovn, simd_vqmovun, simd_vshll_max;
/* VQMOVN and the saturating narrowing shifts: m to half its width, QC where that changes it. */
uint32_t simd_narrow_saturating(struct simd *s, bool from_signed, bool to_signed, uint32_t m);

/* tr_simd_shift.c */
simd_binary simd_vshl_reg, simd_vrshl_reg, simd_vqshl_reg, simd_vqrshl_reg;
simd_unary simd_vshr, simd_vsra, simd_vrshr, simd_vrsra, simd_vsri, simd_vshl, simd_vsli;
simd_unary simd_vqshl, simd_vqshlu, simd_vshll;
simd_unary simd_vshrn, simd_vrshrn, simd_vqshrn, simd_vqrshrn, simd_vqshrun, simd_vqrshrun;

/* tr_simd_move.c */
simd_unary simd_vrev64, simd_vrev32, simd_vrev16;
simd_exchange simd_vswp, simd_vtrn, simd_vuzp, simd_vzip;
void simd_immediate(void *t, const struct decode_insn *insn);
void simd_ext(void *t, const struct decode_insn *insn);
void simd_table(void *t, const struct decode_insn *insn);
void simd_dup(void *t, const struct decode_insn *insn);

/* tr_simd_float.c */
simd_binary simd_vadd_f, simd_vsub_f, simd_vabd_f, simd_vmul_f, simd_vmla_f, simd_vmls_f;
simd_binary simd_vfma, simd_vfms, simd_vceq_f, simd_vcge_f, simd_vcgt_f, simd_vacge, simd_vacgt;
simd_binary simd_vmax_f, simd_vmin_f, simd_vrecps, simd_vrsqrts;
simd_unary simd_vcgt0_f, simd_vcge0_f, simd_vceq0_f, simd_vcle0_f, simd_vclt0_f;
simd_unary simd_vabs_f, simd_vneg_f;
simd_unary simd_vcvt_f_s, simd_vcvt_f_u, simd_vcvt_s_f, simd_vcvt_u_f;

/* tr_simd_mem.c */
void simd_structures(void *t, const struct decode_insn *insn);
void simd_one_lane(void *t, const struct decode_insn *insn);
void simd_all_lanes(void *t, const struct decode_insn *insn);

/* helpers_simd_int.c, helpers_simd_float.c: rare instructions in C */
extern const struct ir_helper simd_help_vmul_p, simd_help_vmull_p;
extern const struct ir_helper simd_help_vrecpe, simd_help_vrsqrte;
extern const struct ir_helper simd_help_vrecpe_f, simd_help_vrsqrte_f;
extern const struct ir_helper simd_help_vcvt_half_single, simd_help_vcvt_single_half;

#endif
