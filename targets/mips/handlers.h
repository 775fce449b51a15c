/* The handlers of all rows of mips32.inc, mips16.inc and mips16_extended.inc, and what their `arg`
 * columns mean. */
#ifndef TARGETS_MIPS_HANDLERS_H
#define TARGETS_MIPS_HANDLERS_H

#include "targets/mips/translate.h"

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    void mips_tr_##handler(void *translation, const struct decode_insn *insn);
#include "targets/mips/mips16.inc"
#include "targets/mips/mips16_extended.inc"
#include "targets/mips/mips32.inc"
#undef MIPS_ROW

/* Conditions of branches and traps. */
enum mips_cond {
    MIPS_COND_EQ,
    MIPS_COND_NE,
    MIPS_COND_LT,
    MIPS_COND_GE,
    MIPS_COND_LE,
    MIPS_COND_GT,
    MIPS_COND_LTU,
    MIPS_COND_GEU,
    MIPS_COND_KIND = 7,
    MIPS_COND_LIKELY = 1 << 3,
    MIPS_COND_BITS_SHIFT = 4, /* MIPS16e: above are the bits of the offset */
};

enum mips_jump { MIPS_JUMP_LINK = 1 << 0, MIPS_JUMP_EXCHANGE = 1 << 1 };
enum mips_mul { MIPS_MUL_UNSIGNED = 1 << 0, MIPS_MUL_ADD = 1 << 1, MIPS_MUL_SUB = 1 << 2 };
enum mips_save { MIPS_SAVE_EXTENDED = 1 << 0 };
enum mips_part { MIPS_PART_LEFT, MIPS_PART_RIGHT };
/* Operand of mips_helper_tlb. */
enum mips_tlb { MIPS_TLB_READ, MIPS_TLB_WRITE_INDEXED, MIPS_TLB_WRITE_RANDOM, MIPS_TLB_PROBE };

/* ---- small things that many handlers need ---------------------------------------------------- */

static inline uint32_t mips_field(const struct decode_insn *insn, char letter)
{
    return DECODE_FIELD(insn, letter);
}

/* Field i, of 16 bits, sign-extended. */
static inline int32_t mips_offset(const struct decode_insn *insn)
{
    return (int16_t)mips_field(insn, 'i');
}

/* The value of the register that a field names. */
static inline uint32_t mips_operand(struct mips_translation *t, const struct decode_insn *insn,
                                    char letter)
{
    return mips_reg(t, mips_field(insn, letter));
}

/* An operation whose second operand is the constant `b`. */
static inline uint32_t mips_op_imm(struct mips_translation *t, enum ir_op op, uint32_t a,
                                   uint32_t b)
{
    return ir_op2(t->ir, op, a, ir_i32(t->ir, b));
}

/* Where a branch with a 16-bit offset, in field i, leads. */
static inline uint32_t mips_target(const struct mips_translation *t, const struct decode_insn *insn)
{
    return mips_next_pc(t) + ((uint32_t)mips_offset(insn) << 2);
}

/* Accumulator n: HI and LO, i64. 0 is that of MIPS32, the others are the DSP ASE's. */
uint32_t mips_acc_get(struct mips_translation *t, unsigned n);
void mips_acc_set(struct mips_translation *t, unsigned n, uint32_t value);
/* A product, as enum mips_mul says, into an accumulator. */
void mips_multiply(struct mips_translation *t, const struct decode_insn *insn, unsigned n);

/* An enum mips_cond between two values: i32, 0 or 1. */
uint32_t mips_condition(struct mips_translation *t, unsigned cond, uint32_t a, uint32_t b);

#endif
