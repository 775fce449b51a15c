/* What the floating-point translators and helpers share (MD00082 chapter 5, MD00086 table A.18 on).
 * Singles are accessed as f32, doubles as f64, so that an access finds the value of an earlier one
 * in the same block. */
#ifndef TARGETS_MIPS_FPU_H
#define TARGETS_MIPS_FPU_H

#include "core/fp/fp.h"
#include "targets/mips/helpers.h"
#include "targets/mips/translate.h"

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    void mips_tr_##handler(void *translation, const struct decode_insn *insn);
#include "targets/mips/fpu.inc"
#undef MIPS_ROW

/* Operations that set FCSR.Cause. */
enum mips_fp_op {
    MIPS_FP_NONE,
    MIPS_FP_ADD,
    MIPS_FP_SUB,
    MIPS_FP_MUL,
    MIPS_FP_DIV,
    MIPS_FP_SQRT,
    MIPS_FP_RECIP,
    MIPS_FP_RSQRT,
    MIPS_FP_MADD,
    MIPS_FP_MSUB,
    MIPS_FP_NMADD,
    MIPS_FP_NMSUB,
    MIPS_FP_COMPARE, /* gives enum fp_relation */
    MIPS_FP_TO_SINGLE,
    MIPS_FP_TO_DOUBLE,
    MIPS_FP_TO_WORD,
    MIPS_FP_FROM_WORD,
    MIPS_FP_TO_LONG,
    MIPS_FP_FROM_LONG,
    MIPS_FP_OP_COUNT,
};

/* An operation with its details: what slot fp_last holds, and what mips_fp_compute() does. type is
 * that of its IR operations, IR_F32 or IR_F64; aux is of enum ir_float. */
static inline uint32_t mips_fp_code(enum mips_fp_op op, enum ir_type type, unsigned aux)
{
    return (uint32_t)op | (uint32_t)type << 8 | aux << 16;
}
static inline enum mips_fp_op mips_fp_code_op(uint32_t code)
{
    return (enum mips_fp_op)(code & 0xff);
}
static inline enum ir_type mips_fp_code_type(uint32_t code)
{
    return (enum ir_type)(code >> 8 & 7);
}
static inline unsigned mips_fp_code_aux(uint32_t code)
{
    return code >> 16;
}
/* In fp_last: the operands are in fp_last_d, not in fp_last_s. */
enum { MIPS_FP_CODE_DOUBLE = 1 << 12 };

/* One of the at most two IR operations that one of the FPU consists of, each rounded by itself:
 * MADD.fmt and its like are not fused before release 6 (MD00086 MADD.fmt), and RECIP.fmt and
 * RSQRT.fmt, to which some inaccuracy is allowed, are divisions of one. */
enum mips_fp_source { MIPS_FP_A, MIPS_FP_B, MIPS_FP_C, MIPS_FP_FIRST, MIPS_FP_ONE };
struct mips_fp_step {
    uint8_t op;        /* enum ir_op; IR_NOP: there is no such step */
    uint8_t source[2]; /* enum mips_fp_source */
};
struct mips_fp_recipe {
    struct mips_fp_step steps[2]; /* none at all: the IR has no operation for it */
    bool negate;                  /* the result's sign is inverted, a NaN's too */
};
extern const struct mips_fp_recipe mips_fp_recipes[MIPS_FP_OP_COUNT];

static inline uint64_t mips_fp_one(enum ir_type type)
{
    return type == IR_F64 ? UINT64_C(0x3ff0000000000000) : 0x3f800000;
}

/* ---- fcsr.c ---------------------------------------------------------------------------------- */

/* Does an operation under `env`, which gets the flags that it raises. Operands and result are bit
 * patterns. */
uint64_t mips_fp_compute(struct fp_env *env, uint32_t code, const uint64_t operands[3]);

/* CFC1 and CTC1 (MD00082 5.6): control registers by number. mips_fp_control_write() returns whether
 * an exception is to be raised. */
uint32_t mips_fp_control_read(struct mips_cpu *cpu, unsigned number);
bool mips_fp_control_write(struct mips_cpu *cpu, unsigned number, uint32_t value);

/* Notes in FCSR what the operation just done has raised. Returns true if this is to be a
 * Floating Point Exception: then no Flags are set. */
bool mips_fp_raised(struct mips_cpu *cpu, uint32_t flags);

/* ---- helpers_fpu.c: mips_fp_compute(), b, c and d being its operands ------------------------- */
/* a = mips_fp_code(). READS | WRITES | EXITS: an enabled exception is raised. */
extern const struct ir_helper mips_helper_fp_i32;
extern const struct ir_helper mips_helper_fp_f32;
extern const struct ir_helper mips_helper_fp_f64;

/* ---- registers: offsets in the state --------------------------------------------------------- */

static inline size_t mips_fp_single(const struct mips_translation *t, unsigned n)
{
    return t->mode & MIPS_TM_FR ? MIPS_OFF(f) + 8 * n : MIPS_OFF(f) + 8 * (n & ~1u) + 4 * (n & 1);
}

/* FR = 0: odd numbers are as the even ones before them. Instructions for which that is not so ask
 * mips_fp_check(). */
static inline size_t mips_fp_double(const struct mips_translation *t, unsigned n)
{
    return MIPS_OFF(f) + 8 * (t->mode & MIPS_TM_FR ? n : n & ~1u);
}

static inline size_t mips_fp_reg(const struct mips_translation *t, enum ir_type type, unsigned n)
{
    return type == IR_F64 ? mips_fp_double(t, n) : mips_fp_single(t, n);
}

/* The format that field p names: 0 single, 1 double. */
static inline enum ir_type mips_fp_format(const struct decode_insn *insn)
{
    return DECODE_FIELD(insn, 'p') ? IR_F64 : IR_F32;
}

/* Operations of a format on registers, whose numbers are ORed: mips_cp1_check(), and with FR = 0 a
 * Reserved Instruction (and false) if one of a double is odd. */
bool mips_fp_check(struct mips_translation *t, enum ir_type type, unsigned registers);
/* A Reserved Instruction (and false) unless FR = 1. */
bool mips_fp_check_long(struct mips_translation *t);

/* Emits an operation on values; unused operands are 0. */
uint32_t mips_fp_emit(struct mips_translation *t, uint32_t code, uint32_t a, uint32_t b,
                      uint32_t c);

#endif
