/* The handlers of all rows of a32.inc, a32_uncond.inc, t16.inc and t32.inc, and what their `arg`
 * columns mean. */
#ifndef TARGETS_ARM_HANDLERS_H
#define TARGETS_ARM_HANDLERS_H

#include "targets/arm/translate.h"

#define ARM_ROW(name, pattern, features, handler, arg, flags)                                      \
    void arm_tr_##handler(void *translation, const struct decode_insn *insn);
#include "targets/arm/a32.inc"
#include "targets/arm/a32_uncond.inc"
#include "targets/arm/t16.inc"
#include "targets/arm/t32.inc"
#undef ARM_ROW

/* Data processing. */
enum arm_dp {
    ARM_DP_AND,
    ARM_DP_EOR,
    ARM_DP_SUB,
    ARM_DP_RSB,
    ARM_DP_ADD,
    ARM_DP_ADC,
    ARM_DP_SBC,
    ARM_DP_RSC,
    ARM_DP_TST,
    ARM_DP_TEQ,
    ARM_DP_CMP,
    ARM_DP_CMN,
    ARM_DP_ORR,
    ARM_DP_MOV,
    ARM_DP_BIC,
    ARM_DP_MVN,
    ARM_DP_ORN,
};

/* Parallel addition and subtraction: a kind and an operation. */
enum arm_parallel_op {
    ARM_PAR_ADD16 = 0,
    ARM_PAR_ASX = 1,
    ARM_PAR_SAX = 2,
    ARM_PAR_SUB16 = 3,
    ARM_PAR_ADD8 = 4,
    ARM_PAR_SUB8 = 7,
};
enum arm_parallel_kind {
    ARM_PAR_S = 1 << 3,  /* signed, GE set */
    ARM_PAR_Q = 2 << 3,  /* signed, saturated */
    ARM_PAR_SH = 3 << 3, /* signed, halved */
    ARM_PAR_U = 5 << 3,
    ARM_PAR_UQ = 6 << 3,
    ARM_PAR_UH = 7 << 3,
};

/* Loads and stores of one register. */
enum arm_ldst {
    ARM_LDST_SIZE = 3, /* mask: log2 of the bytes */
    ARM_LDST_SIGN = 1 << 2,
    ARM_LDST_STORE = 1 << 3,
    ARM_LDST_USER = 1 << 4, /* LDRT and its like */
    ARM_LDST_DUAL = 1 << 5, /* LDRD, STRD */
    ARM_LDST_W = 2,
    ARM_LDST_H = 1,
    ARM_LDST_B = 0,
    ARM_LDST_SH = ARM_LDST_H | ARM_LDST_SIGN,
    ARM_LDST_SB = ARM_LDST_B | ARM_LDST_SIGN,
};

/* Loads and stores of several registers. */
enum arm_ldm {
    ARM_LDM_WIDE = 1 << 0, /* T32: at least two registers */
};

enum arm_mul { ARM_MUL_UNSIGNED = 1 << 0, ARM_MUL_ADD = 1 << 1, ARM_MUL_SUB = 1 << 2 };
enum arm_qadd { ARM_QADD_SUB = 1 << 0, ARM_QADD_DOUBLE = 1 << 1 };
enum arm_sat { ARM_SAT_SIGNED = 1 };
enum arm_extend { ARM_EXT_B, ARM_EXT_H, ARM_EXT_16, ARM_EXT_KIND = 3, ARM_EXT_SIGN = 1 << 2 };
enum arm_rev { ARM_REV, ARM_REV16, ARM_REVSH, ARM_RBIT };

/* ---- small things that many handlers need ---------------------------------------------------- */

static inline uint32_t arm_field(const struct decode_insn *insn, char letter)
{
    return DECODE_FIELD(insn, letter);
}

/* Field s: 0 no, 1 yes, 2 outside IT blocks. */
static inline bool arm_sets_flags(const struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t s = arm_field(insn, 's');
    return s == 2 ? t->it == 0 : s;
}

/* An operation whose second operand is the constant `b`. */
static inline uint32_t arm_op_imm(struct arm_translation *t, enum ir_op op, uint32_t a, uint32_t b)
{
    return ir_op2(t->ir, op, a, ir_i32(t->ir, b));
}

/* A shift by a constant, without flags: DecodeImmShift (A8.4.1) of type y and amount h. */
uint32_t arm_shift_imm(struct arm_translation *t, uint32_t value, unsigned type, unsigned amount);

#endif
