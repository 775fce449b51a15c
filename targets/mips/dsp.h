/* What the parts of the DSP ASE, revision 1, share (MD00374). Its operations are rarely used:
 * nearly all are C functions. */
#ifndef TARGETS_MIPS_DSP_H
#define TARGETS_MIPS_DSP_H

#include "targets/mips/helpers.h"
#include "targets/mips/translate.h"

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    void mips_tr_##handler(void *translation, const struct decode_insn *insn);
#include "targets/mips/dsp.inc"
#undef MIPS_ROW

enum mips_dsp_op {
    MIPS_DSP_ADDU_QB,
    MIPS_DSP_SUBU_QB,
    MIPS_DSP_ADDU_S_QB,
    MIPS_DSP_SUBU_S_QB,
    MIPS_DSP_MULEU_S_PH_QBL,
    MIPS_DSP_MULEU_S_PH_QBR,
    MIPS_DSP_ADDQ_PH,
    MIPS_DSP_SUBQ_PH,
    MIPS_DSP_ADDQ_S_PH,
    MIPS_DSP_SUBQ_S_PH,
    MIPS_DSP_ADDSC,
    MIPS_DSP_ADDWC,
    MIPS_DSP_MODSUB,
    MIPS_DSP_ADDQ_S_W,
    MIPS_DSP_SUBQ_S_W,
    MIPS_DSP_MULEQ_S_W_PHL,
    MIPS_DSP_MULEQ_S_W_PHR,
    MIPS_DSP_MULQ_RS_PH,
    MIPS_DSP_RADDU_W_QB,
    MIPS_DSP_PICK_QB,
    MIPS_DSP_CMPGU_EQ_QB,
    MIPS_DSP_CMPGU_LT_QB,
    MIPS_DSP_CMPGU_LE_QB,
    MIPS_DSP_PICK_PH,
    MIPS_DSP_PRECRQ_QB_PH,
    MIPS_DSP_PACKRL_PH,
    MIPS_DSP_PRECRQU_S_QB_PH,
    MIPS_DSP_PRECRQ_PH_W,
    MIPS_DSP_PRECRQ_RS_PH_W,
    MIPS_DSP_CMPU_EQ_QB,
    MIPS_DSP_CMPU_LT_QB,
    MIPS_DSP_CMPU_LE_QB,
    MIPS_DSP_CMP_EQ_PH,
    MIPS_DSP_CMP_LT_PH,
    MIPS_DSP_CMP_LE_PH,
    MIPS_DSP_REPLV_QB,
    MIPS_DSP_PRECEQU_PH_QBL,
    MIPS_DSP_PRECEQU_PH_QBR,
    MIPS_DSP_PRECEQU_PH_QBLA,
    MIPS_DSP_PRECEQU_PH_QBRA,
    MIPS_DSP_ABSQ_S_PH,
    MIPS_DSP_REPLV_PH,
    MIPS_DSP_PRECEQ_W_PHL,
    MIPS_DSP_PRECEQ_W_PHR,
    MIPS_DSP_ABSQ_S_W,
    MIPS_DSP_BITREV,
    MIPS_DSP_PRECEU_PH_QBL,
    MIPS_DSP_PRECEU_PH_QBR,
    MIPS_DSP_PRECEU_PH_QBLA,
    MIPS_DSP_PRECEU_PH_QBRA,
    MIPS_DSP_SHLL_QB,
    MIPS_DSP_SHRL_QB,
    MIPS_DSP_SHLL_PH,
    MIPS_DSP_SHRA_PH,
    MIPS_DSP_SHLL_S_PH,
    MIPS_DSP_SHRA_R_PH,
    MIPS_DSP_SHLL_S_W,
    MIPS_DSP_SHRA_R_W,
    MIPS_DSP_DPAU_H_QBL,
    MIPS_DSP_DPAQ_S_W_PH,
    MIPS_DSP_DPSQ_S_W_PH,
    MIPS_DSP_MULSAQ_S_W_PH,
    MIPS_DSP_DPAU_H_QBR,
    MIPS_DSP_DPSU_H_QBL,
    MIPS_DSP_DPAQ_SA_L_W,
    MIPS_DSP_DPSQ_SA_L_W,
    MIPS_DSP_DPSU_H_QBR,
    MIPS_DSP_MAQ_SA_W_PHL,
    MIPS_DSP_MAQ_SA_W_PHR,
    MIPS_DSP_MAQ_S_W_PHL,
    MIPS_DSP_MAQ_S_W_PHR,
    MIPS_DSP_EXTR_W,
    MIPS_DSP_EXTP,
    MIPS_DSP_EXTR_R_W,
    MIPS_DSP_EXTR_RS_W,
    MIPS_DSP_EXTPDP,
    MIPS_DSP_EXTR_S_H,
    MIPS_DSP_SHILO,
    MIPS_DSP_MTHLIP,
    MIPS_DSP_OP_COUNT,
};

/* DSPControl (3.10). */
enum {
    MIPS_DSP_POS = 0x3f,
    MIPS_DSP_SCOUNT_SHIFT = 7,
    MIPS_DSP_SCOUNT = 0x3f << 7,
    MIPS_DSP_C = 1 << 13,
    MIPS_DSP_EFI = 1 << 14,
    MIPS_DSP_OVER_ACC = 1 << 16, /* .. 19: of accumulator 0 .. 3 */
    MIPS_DSP_OVER_ADD = 1 << 20,
    MIPS_DSP_OVER_MUL = 1 << 21,
    MIPS_DSP_OVER_SHIFT = 1 << 22, /* left shifts, reduced precision */
    MIPS_DSP_OVER_EXTRACT = 1 << 23,
    MIPS_DSP_CCOND_SHIFT = 24,
    MIPS_DSP_OVER = 0xff << 16,
    MIPS_DSP_CCOND = 0xf << 24,
};

/* An operation on general registers; control is DSPControl. */
typedef uint32_t mips_dsp_lanes_fn(uint32_t *control, uint32_t a, uint32_t b);
/* On an accumulator: its new contents. over: its bit of DSPControl. */
typedef uint64_t mips_dsp_acc_fn(uint32_t *control, uint64_t acc, uint32_t a, uint32_t b,
                                 uint32_t over);

/* NULL where there is no such one. */
mips_dsp_lanes_fn *mips_dsp_arith(enum mips_dsp_op op);     /* dsp_arith.c: of a = rs, b = rt */
mips_dsp_lanes_fn *mips_dsp_precision(enum mips_dsp_op op); /* dsp_precision.c: likewise */
mips_dsp_lanes_fn *mips_dsp_shift(enum mips_dsp_op op);     /* dsp_precision.c: a by b */
mips_dsp_acc_fn *mips_dsp_accumulate(enum mips_dsp_op op);  /* dsp_acc.c: a = rs, b = rt */
/* dsp_acc.c: from an accumulator, by an amount (a size - 1 for EXTP). */
uint32_t mips_dsp_extract(enum mips_dsp_op op, uint32_t *control, uint64_t acc, uint32_t amount);

/* ---- helpers_dsp.c: READS | WRITES ----------------------------------------------------------- */
extern const struct ir_helper mips_helper_dsp_lanes;      /* a = op, b and c = operands; i32 */
extern const struct ir_helper mips_helper_dsp_accumulate; /* a = op | n << 8, b = acc, c, d; i64 */
extern const struct ir_helper mips_helper_dsp_extract;    /* a = op, b = acc, c = amount; i32 */
extern const struct ir_helper mips_helper_dsp_insert;     /* a = rs, b = rt; i32 */

#endif
