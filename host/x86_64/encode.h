/* Layer 2: the byte encoder (AMD64 Architecture Programmer's Manual vol. 3, 1.2). It has no policy:
 * each function appends one instruction. Registers are enum x64_reg; `w` chooses 64-bit operands.
 *
 * Each instruction that changes the arithmetic flags increments flag_writes, so that code that
 * knows what the flags held can tell whether they still do. */
#ifndef HOST_X86_64_ENCODE_H
#define HOST_X86_64_ENCODE_H

#include "host/x86_64/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x64_code {
    uint8_t *start;
    uint8_t *p;
    uint8_t *end;
    uint32_t flag_writes;
};

/* More than any one instruction of the IR makes at once: x64_reserve() before each. */
enum { X64_RESERVE = 4096 };
void x64_reserve(struct x64_code *e);

static inline uint32_t x64_here(const struct x64_code *e)
{
    return (uint32_t)(e->p - e->start);
}

/* A register or a memory operand [base + index << scale + disp]. */
struct x64_rm {
    uint8_t reg;   /* the register, or X64_NONE for memory */
    uint8_t base;  /* X64_NONE: none */
    uint8_t index; /* X64_NONE: none */
    uint8_t scale; /* log2 */
    int32_t disp;
};

static inline struct x64_rm x64_r(unsigned reg)
{
    return (struct x64_rm){.reg = (uint8_t)reg};
}
static inline struct x64_rm x64_m(unsigned base, int32_t disp)
{
    return (struct x64_rm){.reg = X64_NONE, .base = (uint8_t)base, .index = X64_NONE, .disp = disp};
}
static inline struct x64_rm x64_mx(unsigned base, unsigned index, unsigned scale, int32_t disp)
{
    return (struct x64_rm){.reg = X64_NONE,
                           .base = (uint8_t)base,
                           .index = (uint8_t)index,
                           .scale = (uint8_t)scale,
                           .disp = disp};
}

/* Opcode descriptors: opcode byte, map, mandatory prefix and modifiers in one word. */
enum x64_opcode {
    X64_MAP_0F = 1 << 8,
    X64_MAP_0F38 = 2 << 8,
    X64_MAP_0F3A = 3 << 8,
    X64_P_66 = 1 << 12,
    X64_P_F3 = 2 << 12,
    X64_P_F2 = 3 << 12,
    X64_W = 1 << 16,        /* REX.W or VEX.W */
    X64_BYTE_REG = 1 << 17, /* reg field is a byte register */
    X64_BYTE_RM = 1 << 18,  /* rm field, if a register, is a byte register */
    X64_FLAGS = 1 << 19,    /* changes the arithmetic flags */
    X64_IMM8 = 1 << 20,     /* an immediate byte follows (vector instructions) */
};

/* Any instruction of the form opcode /r. reg is a register or an opcode extension. */
void x64_emit(struct x64_code *e, uint32_t op, unsigned reg, struct x64_rm rm);
/* The same in VEX encoding, 128 bits, with the extra source `v`. */
void x64_emit_vex(struct x64_code *e, uint32_t op, unsigned reg, unsigned v, struct x64_rm rm);
void x64_emit_vex_imm8(struct x64_code *e, uint32_t op, unsigned reg, unsigned v, struct x64_rm rm,
                       uint8_t imm);
void x64_emit_imm8(struct x64_code *e, uint32_t op, unsigned reg, struct x64_rm rm, uint8_t imm);

enum x64_alu { X64_ADD, X64_OR, X64_ADC, X64_SBB, X64_AND, X64_SUB, X64_XOR, X64_CMP };
/* reg = reg op rm */
void x64_alu(struct x64_code *e, enum x64_alu op, bool w, unsigned reg, struct x64_rm rm);
/* rm = rm op imm (sign-extended if w) */
void x64_alu_imm(struct x64_code *e, enum x64_alu op, bool w, struct x64_rm rm, int32_t imm);
/* cmp dword [disp], imm; both take 4 bytes and come last: for relocations. */
void x64_cmp_at_imm32(struct x64_code *e, int32_t disp, uint32_t imm);
/* cmp eax, imm; the immediate takes 4 bytes and comes last. */
void x64_cmp_eax_imm32(struct x64_code *e, uint32_t imm);
/* memory = memory op reg */
void x64_alu_store(struct x64_code *e, enum x64_alu op, bool w, struct x64_rm rm, unsigned reg);
void x64_test(struct x64_code *e, bool w, struct x64_rm rm, unsigned reg);
void x64_test_imm(struct x64_code *e, bool w, struct x64_rm rm, int32_t imm);
/* The low byte only: the shortest form, for masks of a few bits. */
void x64_test_imm8(struct x64_code *e, struct x64_rm rm, uint8_t imm);

void x64_mov(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
/* Writes the low 1 << size bytes of reg. */
void x64_mov_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg);
/* The shortest form that leaves the flags alone. A 32-bit value clears the upper half. */
void x64_mov_imm(struct x64_code *e, bool w, unsigned reg, int64_t imm);
/* Always with a 32-bit immediate, the last 4 bytes of the instruction (for relocations). */
void x64_mov_imm32(struct x64_code *e, unsigned reg, uint32_t imm);
/* Always with a 64-bit immediate, the last 8 bytes. */
void x64_mov_imm64(struct x64_code *e, unsigned reg, uint64_t imm);
/* memory = imm, 1 << size bytes (8: sign-extended); the immediate comes last. */
void x64_mov_store_imm(struct x64_code *e, unsigned size, struct x64_rm rm, int32_t imm);
/* reg = the low 1 << size bytes of rm, extended; `w`: to 64 bits (sign) */
void x64_movzx(struct x64_code *e, unsigned size, unsigned reg, struct x64_rm rm);
void x64_movsx(struct x64_code *e, unsigned size, bool w, unsigned reg, struct x64_rm rm);
void x64_movbe_load(struct x64_code *e, unsigned size, unsigned reg, struct x64_rm rm);
void x64_movbe_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg);
void x64_lea(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_xchg(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_bswap(struct x64_code *e, bool w, unsigned reg);
void x64_cmpxchg(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg);

/* Group 3: NOT NEG MUL IMUL DIV IDIV, on rm or rdx:rax. */
enum x64_unary { X64_NOT = 2, X64_NEG, X64_MUL, X64_IMUL, X64_DIV, X64_IDIV };
void x64_unary(struct x64_code *e, enum x64_unary op, bool w, struct x64_rm rm);
void x64_cdq(struct x64_code *e, bool w);
void x64_imul(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_imul_imm(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm, int32_t imm);

enum x64_shift { X64_ROL, X64_ROR, X64_RCL, X64_RCR, X64_SHL, X64_SHR, X64_SAR = 7 };
void x64_shift_imm(struct x64_code *e, enum x64_shift op, bool w, struct x64_rm rm, unsigned count);
void x64_shift_cl(struct x64_code *e, enum x64_shift op, bool w, struct x64_rm rm);
/* rol r16, 8: the two low bytes change places */
void x64_rol16(struct x64_code *e, unsigned reg);
/* BMI2: no flags; op is X64_SHL, X64_SHR or X64_SAR. */
void x64_shiftx(struct x64_code *e, enum x64_shift op, bool w, unsigned reg, struct x64_rm rm,
                unsigned count);
void x64_rorx(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm, unsigned count);
/* BMI1: reg = ~a & rm */
void x64_andn(struct x64_code *e, bool w, unsigned reg, unsigned a, struct x64_rm rm);
void x64_bsr(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_bsf(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_lzcnt(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
void x64_tzcnt(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm);
/* carry = bit n of rm */
void x64_bt_imm(struct x64_code *e, bool w, struct x64_rm rm, unsigned n);
void x64_cmc(struct x64_code *e);

enum x64_cond {
    X64_O,
    X64_NO,
    X64_B,
    X64_AE,
    X64_E,
    X64_NE,
    X64_BE,
    X64_A,
    X64_S,
    X64_NS,
    X64_P,
    X64_NP,
    X64_L,
    X64_GE,
    X64_LE,
    X64_G,
    X64_ALWAYS, /* not encoded */
};
void x64_setcc(struct x64_code *e, enum x64_cond cond, struct x64_rm rm);
void x64_cmov(struct x64_code *e, enum x64_cond cond, bool w, unsigned reg, struct x64_rm rm);

/* Jumps and calls return the offset of their rel32, to be filled in by x64_patch_here(). */
uint32_t x64_jmp(struct x64_code *e);
uint32_t x64_jcc(struct x64_code *e, enum x64_cond cond);
uint32_t x64_call(struct x64_code *e);
void x64_jmp_rm(struct x64_code *e, struct x64_rm rm);
void x64_call_rm(struct x64_code *e, struct x64_rm rm);
/* To an offset already emitted; jcc by the shorter form where it reaches. */
void x64_jmp_back(struct x64_code *e, uint32_t target);
void x64_jcc_back(struct x64_code *e, enum x64_cond cond, uint32_t target);
/* A jcc over less than 128 bytes: returns the offset of its rel8 for x64_patch_short(). */
uint32_t x64_jcc_short(struct x64_code *e, enum x64_cond cond);
uint32_t x64_jmp_short(struct x64_code *e);
void x64_patch_short(struct x64_code *e, uint32_t at);
/* Makes the rel32 at `at` lead to offset `target`. */
void x64_patch(struct x64_code *e, uint32_t at, uint32_t target);
static inline void x64_patch_here(struct x64_code *e, uint32_t at)
{
    x64_patch(e, at, x64_here(e));
}
void x64_push(struct x64_code *e, unsigned reg);
void x64_pop(struct x64_code *e, unsigned reg);
void x64_ret(struct x64_code *e);
/* Prefixes of the next instruction: its memory operand is changed as one; it is relative to the base
 * of GS. */
void x64_lock(struct x64_code *e);
void x64_gs(struct x64_code *e);

/* ---- vector and float registers: encode_sse.c ------------------------------------------------ */

/* Moves between an xmm register and xmm or memory: size 2 movss, 3 movsd, 4 movups; between
 * registers always the whole. */
void x64_movx_load(struct x64_code *e, unsigned size, unsigned xmm, struct x64_rm rm);
void x64_movx_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned xmm);
/* movd/movq between general (or memory) and vector registers. */
void x64_movd_to_xmm(struct x64_code *e, bool w, unsigned xmm, struct x64_rm rm);
void x64_movd_from_xmm(struct x64_code *e, bool w, struct x64_rm rm, unsigned xmm);

#endif
