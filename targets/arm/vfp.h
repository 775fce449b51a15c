/* What the floating-point translators share (DDI 0406C A7.5 to A7.9). Single registers are accessed
 * as f32, double ones as f64, so that an access finds the value of an earlier one in the same
 * block. */
#ifndef TARGETS_ARM_VFP_H
#define TARGETS_ARM_VFP_H

#include "targets/arm/translate.h"

#define ARM_ROW(name, pattern, features, handler, arg, flags)                                      \
    void arm_tr_##handler(void *translation, const struct decode_insn *insn);
#include "targets/arm/vfp.inc"
#undef ARM_ROW

/* arg of vfp_three and vfp_two. */
enum arm_vfp_op {
    ARM_VFP_MLA,
    ARM_VFP_MLS,
    ARM_VFP_NMLA,
    ARM_VFP_NMLS,
    ARM_VFP_MUL,
    ARM_VFP_NMUL,
    ARM_VFP_ADD,
    ARM_VFP_SUB,
    ARM_VFP_DIV,
    ARM_VFP_FMA,
    ARM_VFP_FMS,
    ARM_VFP_FNMA,
    ARM_VFP_FNMS,
    ARM_VFP_MOV,
    ARM_VFP_ABS,
    ARM_VFP_NEG,
    ARM_VFP_SQRT,
};

/* ---- registers: offsets in the state from the fields of an encoding -------------------------- */

static inline unsigned vfp_single_number(const struct decode_insn *insn, char v, char bit)
{
    return DECODE_FIELD(insn, v) << 1 | DECODE_FIELD(insn, bit);
}
static inline unsigned vfp_double_number(const struct decode_insn *insn, char v, char bit)
{
    return DECODE_FIELD(insn, bit) << 4 | DECODE_FIELD(insn, v);
}
static inline size_t vfp_single_offset(unsigned n)
{
    return ARM_OFF(d) + 4 * n;
}
static inline size_t vfp_double_offset(unsigned n)
{
    return ARM_OFF(d) + 8 * n;
}
static inline size_t vfp_single(const struct decode_insn *insn, char v, char bit)
{
    return vfp_single_offset(vfp_single_number(insn, v, bit));
}
static inline size_t vfp_double(const struct decode_insn *insn, char v, char bit)
{
    return vfp_double_offset(vfp_double_number(insn, v, bit));
}

/* A single's bit pattern as i32. */
static inline uint32_t vfp_get_bits(struct ir_region *ir, size_t offset)
{
    return ir_conv(ir, IR_BITS, IR_I32, ir_get(ir, IR_F32, offset));
}
static inline void vfp_set_bits(struct ir_region *ir, size_t offset, uint32_t value)
{
    ir_set(ir, offset, ir_conv(ir, IR_BITS, IR_F32, value));
}

/* ---- beginning of every handler -------------------------------------------------------------- */
/* Raises Undefined and returns false if the instruction cannot be used. */

/* `d32`: uses a double register above d15. */
bool vfp_check(struct arm_translation *t, bool d32);

/* The operands of data processing: d, n and m where the encoding has them. */
struct vfp_operands {
    struct ir_region *ir;
    enum ir_type type;
    size_t d, n, m;
    uint16_t plain; /* IR_FLOAT_PLAIN if FPSCR is so */
};
/* `vectors`: the instruction would be a vector operation if FPSCR.LEN or STRIDE is not zero: none
 * of the models has these, they are Undefined. */
bool vfp_operands(struct vfp_operands *v, struct arm_translation *t, const struct decode_insn *insn,
                  bool vectors);

/* A floating-point op under FPSCR. */
uint32_t vfp_emit(const struct vfp_operands *v, enum ir_op op, enum ir_type type, uint32_t a,
                  uint32_t b, uint32_t c, unsigned aux);

/* ---- helpers_vfp.c: READS | WRITES ----------------------------------------------------------- */
extern const struct ir_helper arm_helper_fpscr_read;
extern const struct ir_helper
    arm_helper_fpscr_write; /* a = value. i32: 1 if the translation mode has changed */
extern const struct ir_helper arm_helper_fpexc_write; /* likewise */
extern const struct ir_helper arm_helper_half_to_single;
extern const struct ir_helper arm_helper_single_to_half;

/* Fixed point: a = bit pattern, b = arm_vfp_fixed(). i64: the result extended to 64 bits. */
extern const struct ir_helper arm_helper_f32_to_fixed;
extern const struct ir_helper arm_helper_f64_to_fixed;
extern const struct ir_helper arm_helper_f32_from_fixed; /* f32 */
extern const struct ir_helper arm_helper_f64_from_fixed; /* f64 */
static inline uint32_t arm_vfp_fixed(unsigned fraction, unsigned width, bool is_signed)
{
    return fraction | width << 8 | (uint32_t)is_signed << 16;
}

#endif
