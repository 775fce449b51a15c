/* What the Advanced SIMD translators share (DDI 0406C A7.4 and A7.7). simd_rows.c makes one handler
 * of each row of the simd_*.inc tables: it calls the row's form, which checks and reads the
 * operands, with the row's element function, which computes on whole registers as v128. A
 * doubleword register is the low half of a v128, the high half being zero when read and dropped
 * when written. */
#ifndef TARGETS_ARM_SIMD_H
#define TARGETS_ARM_SIMD_H

#include "targets/arm/translate.h"

struct simd {
    struct arm_translation *t;
    struct ir_region *ir;
    uint32_t bits;    /* the A32 encoding */
    unsigned size;    /* log2 of the bytes of the narrower operands' lanes */
    unsigned shift;   /* amount of a shift by immediate */
    bool u;           /* bit 24: unsigned, where it means that */
    bool q;           /* bit 6: quadword */
    unsigned d, n, m; /* doubleword register numbers; Qn is n = 2n */
};

typedef uint32_t simd_unary(struct simd *s, uint32_t m);
typedef uint32_t simd_binary(struct simd *s, uint32_t n, uint32_t m);

/* Sets of lane sizes that a row allows; others are UNDEFINED. */
enum {
    SIMD_8 = 1,
    SIMD_16 = 2,
    SIMD_32 = 4,
    SIMD_64 = 8,
    SIMD_8_32 = 7,
    SIMD_16_32 = 6,
    SIMD_ALL = 15,
};

/* ---- forms: what a row's handler does -------------------------------------------------------- */

/* Three registers of the same length; lanes of bits 21-20, or 32 bits for the float form (bit 20
 * must be 0). */
void simd_three(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);
void simd_three_float(void *t, const struct decode_insn *insn, simd_binary *fn);
/* Pairs of neighbours; n is all the even lanes of Dn:Dm, m the odd ones. */
void simd_pairwise(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);
void simd_pairwise_float(void *t, const struct decode_insn *insn, simd_binary *fn);
/* The same operands by a helper (offsets of d, n, m; simd_shape()). */
void simd_three_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                     unsigned sizes);

/* Qd from Dn and Dm; Qd from Qn and Dm (widened before fn); Dd from Qn and Qm. */
void simd_long(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);
void simd_long_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                    unsigned sizes);
void simd_wide(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);
void simd_narrow(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);

/* The second operand is one lane of a register, repeated; bit 24 is Q except for the long form. */
void simd_scalar(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);
void simd_scalar_float(void *t, const struct decode_insn *insn, simd_binary *fn);
void simd_scalar_long(void *t, const struct decode_insn *insn, simd_binary *fn, unsigned sizes);

/* Two registers: lanes of bits 19-18. */
void simd_two(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes);
void simd_two_narrow(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes);
void simd_two_long(void *t, const struct decode_insn *insn, simd_unary *fn, unsigned sizes);
void simd_two_call(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                   unsigned sizes);
/* Between halves in a doubleword register and singles in a quadword one. */
void simd_two_half(void *t, const struct decode_insn *insn, const struct ir_helper *helper,
                   bool to_single);
/* Both registers are results: fn computes the new d and m in place. */
typedef void simd_exchange(struct simd *s, uint32_t *d, uint32_t *m);
void simd_two_both(void *t, const struct decode_insn *insn, simd_exchange *fn, unsigned sizes,
                   unsigned sizes_double);

/* Shifts by an immediate of bits 7 and 21-16: s->shift counts to the right or to the left. */
void simd_shift_right(void *t, const struct decode_insn *insn, simd_unary *fn);
void simd_shift_left(void *t, const struct decode_insn *insn, simd_unary *fn);
void simd_shift_narrow(void *t, const struct decode_insn *insn, simd_unary *fn);
void simd_shift_long(void *t, const struct decode_insn *insn, simd_unary *fn);
void simd_shift_fixed(void *t, const struct decode_insn *insn, simd_unary *fn);

/* ---- building -------------------------------------------------------------------------------- */

/* Reads the register fields. False if Advanced SIMD is disabled: the exception is raised then. */
bool simd_begin(struct simd *s, void *t, const struct decode_insn *insn);

/* A register as v128; `quad` reads all of it. */
uint32_t simd_get(const struct simd *s, unsigned reg, bool quad);
void simd_set(const struct simd *s, unsigned reg, bool quad, uint32_t value);
/* Two doubleword registers as one v128, and back. */
uint32_t simd_get_pair(const struct simd *s, unsigned low, unsigned high);
void simd_set_pair(const struct simd *s, unsigned low, unsigned high, uint32_t value);
/* The destination's old value in a form where it is also an operand. */
uint32_t simd_dest(const struct simd *s);
/* FPSCR.QC is set if any bit of the vector is. */
void simd_saturated(const struct simd *s, uint32_t difference);

uint32_t simd_op1(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a);
uint32_t simd_op2(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a, uint32_t b);
uint32_t simd_op3(const struct simd *s, enum ir_op op, unsigned aux, uint32_t a, uint32_t b,
                  uint32_t c);
/* With an immediate: shifts, lanes, VEXT. */
uint32_t simd_shl(const struct simd *s, unsigned aux, uint32_t a, unsigned count);
uint32_t simd_shr(const struct simd *s, unsigned aux, uint32_t a, unsigned count);
uint32_t simd_dup_lane(const struct simd *s, unsigned size, uint32_t a, unsigned lane);
/* Constants: 16 bytes; one value in every lane. */
uint32_t simd_const(const struct simd *s, uint64_t low, uint64_t high);
uint32_t simd_splat(const struct simd *s, unsigned size, uint64_t value);

/* IR_VEC_SIGNED unless U says unsigned, joined to a lane size. */
static inline unsigned simd_signs(const struct simd *s, unsigned size)
{
    return size | (s->u ? 0 : IR_VEC_SIGNED);
}

static inline unsigned simd_lane_bits(unsigned size)
{
    return 8u << size;
}

/* The most negative number of a lane. */
static inline uint64_t simd_lane_min(unsigned size)
{
    return UINT64_C(1) << (simd_lane_bits(size) - 1);
}

/* Where a doubleword register is in the state. */
static inline size_t simd_offset(unsigned reg)
{
    return ARM_OFF(d) + 8 * reg;
}

/* The last operand of helpers: lane size in bits 0-1, U in bit 2, bytes of the operation from
 * bit 8. */
static inline uint32_t simd_shape(const struct simd *s)
{
    return s->size | (s->u ? 4 : 0) | (s->q ? 16 : 8) << 8;
}
#define SIMD_SHAPE_BYTES(shape) ((shape) >> 8)

#endif
