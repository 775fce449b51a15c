/* Inside the lowering of vector operations: instructions by name, and emitters that take three
 * operands on hosts with AVX and copy first on others. */
#ifndef HOST_X86_64_LOWER_VEC_H
#define HOST_X86_64_LOWER_VEC_H

#include "host/x86_64/lower.h"

#define VEC_OP(byte)   ((byte) | X64_MAP_0F | X64_P_66)
#define VEC_OP38(byte) ((byte) | X64_MAP_0F38 | X64_P_66)
#define VEC_OP3A(byte) ((byte) | X64_MAP_0F3A | X64_P_66)

/* AMD64 Architecture Programmer's Manual vol. 4. Indexed by log2 of the lane's bytes where they are
 * consecutive. */
enum {
    PUNPCKLBW = VEC_OP(0x60),
    PUNPCKLWD = VEC_OP(0x61),
    PUNPCKLDQ = VEC_OP(0x62),
    PACKSSWB = VEC_OP(0x63),
    PACKUSWB = VEC_OP(0x67),
    PUNPCKHBW = VEC_OP(0x68),
    PUNPCKHWD = VEC_OP(0x69),
    PUNPCKHDQ = VEC_OP(0x6a),
    PACKSSDW = VEC_OP(0x6b),
    PUNPCKLQDQ = VEC_OP(0x6c),
    PUNPCKHQDQ = VEC_OP(0x6d),
    PSHUFD = VEC_OP(0x70),
    PSHUFHW = 0x70 | X64_MAP_0F | X64_P_F3,
    PSHUFLW = 0x70 | X64_MAP_0F | X64_P_F2,
    PCMPEQB = VEC_OP(0x74),
    PCMPEQW = VEC_OP(0x75),
    PCMPEQD = VEC_OP(0x76),
    MOVQ = 0x7e | X64_MAP_0F | X64_P_F3,
    SHUFPS = 0xc6 | X64_MAP_0F,
    PADDQ = VEC_OP(0xd4),
    PMULLW = VEC_OP(0xd5),
    PMINUB = VEC_OP(0xda),
    PAND = VEC_OP(0xdb),
    PANDN = VEC_OP(0xdf),
    PAVGB = VEC_OP(0xe0),
    PAVGW = VEC_OP(0xe3),
    PMULHUW = VEC_OP(0xe4),
    PMULHW = VEC_OP(0xe5),
    PADDUSB = VEC_OP(0xdc),
    POR = VEC_OP(0xeb),
    PXOR = VEC_OP(0xef),
    PMULUDQ = VEC_OP(0xf4),
    PSUBB = VEC_OP(0xf8),
    PSUBD = VEC_OP(0xfa),
    PSUBQ = VEC_OP(0xfb),
    PADDB = VEC_OP(0xfc),
    PADDW = VEC_OP(0xfd),
    PADDD = VEC_OP(0xfe),
    PSHUFB = VEC_OP38(0x00),
    PMULHRSW = VEC_OP38(0x0b),
    PABSB = VEC_OP38(0x1c),
    PABSW = VEC_OP38(0x1d),
    PABSD = VEC_OP38(0x1e),
    PMULDQ = VEC_OP38(0x28),
    PACKUSDW = VEC_OP38(0x2b),
    PMINUW = VEC_OP38(0x3a),
    PMINUD = VEC_OP38(0x3b),
    PMAXUD = VEC_OP38(0x3f),
    PMULLD = VEC_OP38(0x40),
    VPSRLVD = VEC_OP38(0x45),
    VPSRAVD = VEC_OP38(0x46),
    VPSLLVD = VEC_OP38(0x47),
    VPBROADCASTD = VEC_OP38(0x58),
    VPBROADCASTQ = VEC_OP38(0x59),
    VPBROADCASTB = VEC_OP38(0x78),
    VPBROADCASTW = VEC_OP38(0x79),
    MOVSD = 0x10 | X64_MAP_0F | X64_P_F2,
    PBLENDW = VEC_OP3A(0x0e),
    PALIGNR = VEC_OP3A(0x0f),
    INSERTPS = VEC_OP3A(0x21),
};

/* Shifts of whole lanes by a constant: opcode 71 + log2 - 1, extension in the reg field. */
enum vec_shift { VEC_SHR = 2, VEC_SAR = 4, VEC_SHL = 6 };

static inline unsigned vec_size(const struct ir_inst *inst)
{
    return inst->aux & IR_VEC_LANE;
}
static inline bool vec_signed(const struct ir_inst *inst)
{
    return inst->aux & IR_VEC_SIGNED;
}

/* ---- lower_vec.c: emitting ------------------------------------------------------------------- */
/* d, a, b are registers; d may be a, and b only where d is a too. */

/* d = a op b */
void vec_rm(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, struct x64_rm b);
void vec_rm_imm(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, struct x64_rm b,
                uint8_t imm);
static inline void vec(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    vec_rm(c, op, d, a, x64_r(b));
}
/* d = op b */
void vec_one(struct x64_compile *c, uint32_t op, unsigned d, struct x64_rm b);
void vec_one_imm(struct x64_compile *c, uint32_t op, unsigned d, struct x64_rm b, uint8_t imm);
void vec_move(struct x64_compile *c, unsigned d, unsigned a);
/* d = a shifted by count, in lanes of 2, 4 or 8 bytes (no VEC_SAR of 8). */
void vec_shift(struct x64_compile *c, enum vec_shift shift, unsigned size, unsigned d, unsigned a,
               unsigned count);
/* d = a constant */
void vec_zero(struct x64_compile *c, unsigned d);
void vec_ones(struct x64_compile *c, unsigned d);
void vec_const(struct x64_compile *c, unsigned d, uint64_t low, uint64_t high);
void vec_splat(struct x64_compile *c, unsigned d, unsigned size, uint64_t value);

/* A constant in memory; usable without VEX, too. */
static inline struct x64_rm vec_constant(enum x64_vector n)
{
    return x64_m(X64_STATE, X64_SAVE(X64_SAVE_VECTORS + 2 * n));
}

/* An operand where the instruction can take it: in memory only if there is VEX and no other use. */
struct x64_rm vec_use_rm(struct x64_compile *c, uint32_t v);
/* The value if it is a constant vector. */
bool vec_is_const(const struct x64_compile *c, uint32_t v, uint64_t word[2]);

/* The row's opcode for the instruction's lanes; 0 if there is no such instruction. */
uint32_t vec_opcode(const struct ir_inst *inst);
/* d = a op b by that opcode; evaluated in C without one. */
x64_lower_fn vec_lower_two;

/* ---- rows that take more than one instruction ------------------------------------------------ */

/* lower_vec_int.c */
x64_lower_fn vec_lower_not, vec_lower_select, vec_lower_mul, vec_lower_mull, vec_lower_mulq,
    vec_lower_avg, vec_lower_satadd, vec_lower_satsub, vec_lower_gt, vec_lower_popcnt,
    vec_lower_clz;
/* lower_vec_shift.c */
x64_lower_fn vec_lower_shl, vec_lower_shr, vec_lower_shlv, vec_lower_shrv;
/* lower_vec_move.c */
x64_lower_fn vec_lower_widen, vec_lower_narrow, vec_lower_satnarrow, vec_lower_low, vec_lower_pair,
    vec_lower_dup, vec_lower_dup_lane, vec_lower_get_lane, vec_lower_set_lane, vec_lower_unzip,
    vec_lower_ext, vec_lower_shuf, vec_lower_perm;
/* lower_vec_float.c */
x64_lower_fn vec_lower_float, vec_lower_float_fma, vec_lower_float_mla, vec_lower_float_minmax,
    vec_lower_float_compare, vec_lower_float_to_int, vec_lower_int_to_float;

#endif
