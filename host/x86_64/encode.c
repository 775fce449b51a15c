#include "host/x86_64/encode.h"

#include "core/base/check.h"

#include <stdlib.h>
#include <string.h>

void x64_reserve(struct x64_code *e)
{
    if (e->end - e->p >= X64_RESERVE) {
        return;
    }
    size_t used = (size_t)(e->p - e->start);
    size_t size = 2 * (size_t)(e->end - e->start) + 4 * X64_RESERVE;
    e->start = realloc(e->start, size);
    CHECK(e->start);
    e->p = e->start + used;
    e->end = e->start + size;
}

static inline void put8(struct x64_code *e, unsigned v)
{
    *e->p++ = (uint8_t)v;
}

static inline void put32(struct x64_code *e, uint32_t v)
{
    memcpy(e->p, &v, 4);
    e->p += 4;
}

static inline void put64(struct x64_code *e, uint64_t v)
{
    memcpy(e->p, &v, 8);
    e->p += 8;
}

/* ModRM, SIB and displacement (APM vol. 3, 1.4) at p; returns what follows. */
static inline uint8_t *modrm_at(uint8_t *p, unsigned reg, struct x64_rm rm)
{
    unsigned field = (reg & 7) << 3;
    if (rm.reg != X64_NONE) {
        *p++ = (uint8_t)(0xc0 | field | (rm.reg & 7));
        return p;
    }
    unsigned sib = rm.scale << 6 | (rm.index == X64_NONE ? 4 : rm.index & 7) << 3;
    if (rm.base == X64_NONE) {
        *p++ = (uint8_t)(0x04 | field);
        *p++ = (uint8_t)(sib | 5);
        memcpy(p, &rm.disp, 4);
        return p + 4;
    }
    unsigned low = rm.base & 7;
    unsigned mod = rm.disp == 0 && low != 5 ? 0 : rm.disp == (int8_t)rm.disp ? 1 : 2;
    bool has_sib = rm.index != X64_NONE || low == 4;
    *p++ = (uint8_t)(mod << 6 | field | (has_sib ? 4 : low));
    *p = (uint8_t)(sib | low);
    p += has_sib;
    memcpy(p, &rm.disp, 4);
    return p + (mod == 2 ? 4 : mod);
}

static inline void put_modrm(struct x64_code *e, unsigned reg, struct x64_rm rm)
{
    e->p = modrm_at(e->p, reg, rm);
}

static inline unsigned high(unsigned reg)
{
    return reg != X64_NONE && (reg & 8);
}

/* REX bits R, X and B. */
static inline unsigned rex_bits(unsigned reg, struct x64_rm rm)
{
    if (rm.reg != X64_NONE) {
        return (reg & 8) >> 1 | high(rm.reg);
    }
    return (reg & 8) >> 1 | high(rm.index) << 1 | high(rm.base);
}

void x64_emit(struct x64_code *e, uint32_t op, unsigned reg, struct x64_rm rm)
{
    static const uint8_t prefixes[4] = {0, 0x66, 0xf3, 0xf2};
    /* In a local variable: the bytes written might be e->p itself, for all the compiler knows. */
    uint8_t *p = e->p;
    unsigned prefix = op >> 12 & 3;
    *p = prefixes[prefix];
    p += prefix != 0;
    unsigned rex = rex_bits(reg, rm) | (op & X64_W ? 8 : 0);
    bool force = (op & X64_BYTE_REG && reg >= X64_RSP && reg <= X64_RDI) ||
                 (op & X64_BYTE_RM && rm.reg >= X64_RSP && rm.reg <= X64_RDI);
    *p = (uint8_t)(0x40 | rex);
    p += rex || force;
    unsigned map = op >> 8 & 3;
    if (map) {
        *p++ = 0x0f;
        if (map > 1) {
            *p++ = map == 2 ? 0x38 : 0x3a;
        }
    }
    *p++ = (uint8_t)op;
    e->p = modrm_at(p, reg, rm);
    e->flag_writes += (op & X64_FLAGS) != 0;
}

void x64_emit_vex(struct x64_code *e, uint32_t op, unsigned reg, unsigned v, struct x64_rm rm)
{
    static const uint8_t pp[4] = {0, 1, 2, 3};
    unsigned rex = rex_bits(reg, rm);
    unsigned low = (~v & 15) << 3 | pp[op >> 12 & 3];
    unsigned map = op >> 8 & 3;
    if (map == 1 && !(op & X64_W) && !(rex & 3)) {
        put8(e, 0xc5);
        put8(e, (rex & 4 ? 0 : 0x80) | low);
    } else {
        put8(e, 0xc4);
        put8(e, (~rex & 7) << 5 | map);
        put8(e, (op & X64_W ? 0x80 : 0) | low);
    }
    put8(e, op);
    put_modrm(e, reg, rm);
    if (op & X64_FLAGS) {
        e->flag_writes++;
    }
}

void x64_emit_vex_imm8(struct x64_code *e, uint32_t op, unsigned reg, unsigned v, struct x64_rm rm,
                       uint8_t imm)
{
    x64_emit_vex(e, op, reg, v, rm);
    put8(e, imm);
}

void x64_emit_imm8(struct x64_code *e, uint32_t op, unsigned reg, struct x64_rm rm, uint8_t imm)
{
    x64_emit(e, op, reg, rm);
    put8(e, imm);
}

static inline uint32_t wide(bool w)
{
    return w ? X64_W : 0;
}

void x64_alu(struct x64_code *e, enum x64_alu op, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, ((unsigned)op << 3 | 3) | wide(w) | X64_FLAGS, reg, rm);
}

void x64_cmp_eax_imm32(struct x64_code *e, uint32_t imm)
{
    e->flag_writes++;
    put8(e, 0x3d);
    put32(e, imm);
}

void x64_alu_store(struct x64_code *e, enum x64_alu op, bool w, struct x64_rm rm, unsigned reg)
{
    x64_emit(e, ((unsigned)op << 3 | 1) | wide(w) | X64_FLAGS, reg, rm);
}

void x64_alu_imm(struct x64_code *e, enum x64_alu op, bool w, struct x64_rm rm, int32_t imm)
{
    if (imm == (int8_t)imm) {
        x64_emit(e, 0x83 | wide(w) | X64_FLAGS, op, rm);
        put8(e, (uint8_t)imm);
    } else if (rm.reg == X64_RAX) {
        if (w) {
            put8(e, 0x48);
        }
        put8(e, (unsigned)op << 3 | 5);
        put32(e, (uint32_t)imm);
        e->flag_writes++;
    } else {
        x64_emit(e, 0x81 | wide(w) | X64_FLAGS, op, rm);
        put32(e, (uint32_t)imm);
    }
}

void x64_cmp_at_imm32(struct x64_code *e, int32_t disp, uint32_t imm)
{
    x64_emit(e, 0x81 | X64_FLAGS, X64_CMP, x64_m(X64_NONE, disp));
    put32(e, imm);
}

void x64_test(struct x64_code *e, bool w, struct x64_rm rm, unsigned reg)
{
    x64_emit(e, 0x85 | wide(w) | X64_FLAGS, reg, rm);
}

void x64_test_imm(struct x64_code *e, bool w, struct x64_rm rm, int32_t imm)
{
    x64_emit(e, 0xf7 | wide(w) | X64_FLAGS, 0, rm);
    put32(e, (uint32_t)imm);
}

void x64_test_imm8(struct x64_code *e, struct x64_rm rm, uint8_t imm)
{
    if (rm.reg == X64_RAX) {
        put8(e, 0xa8);
        e->flag_writes++;
    } else {
        x64_emit(e, 0xf6 | X64_BYTE_RM | X64_FLAGS, 0, rm);
    }
    put8(e, imm);
}

void x64_mov(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0x8b | wide(w), reg, rm);
}

void x64_mov_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg)
{
    static const uint32_t ops[4] = {0x88 | X64_BYTE_REG | X64_BYTE_RM, 0x89 | X64_P_66, 0x89,
                                    0x89 | X64_W};
    x64_emit(e, ops[size], reg, rm);
}

void x64_mov_imm32(struct x64_code *e, unsigned reg, uint32_t imm)
{
    if (reg & 8) {
        put8(e, 0x41);
    }
    put8(e, 0xb8 | (reg & 7));
    put32(e, imm);
}

void x64_mov_imm64(struct x64_code *e, unsigned reg, uint64_t imm)
{
    put8(e, reg & 8 ? 0x49 : 0x48);
    put8(e, 0xb8 | (reg & 7));
    put64(e, imm);
}

void x64_mov_imm(struct x64_code *e, bool w, unsigned reg, int64_t imm)
{
    if (!w || imm == (uint32_t)imm) {
        x64_mov_imm32(e, reg, (uint32_t)imm);
    } else if (imm == (int32_t)imm) {
        x64_emit(e, 0xc7 | X64_W, 0, x64_r(reg));
        put32(e, (uint32_t)imm);
    } else {
        x64_mov_imm64(e, reg, (uint64_t)imm);
    }
}

void x64_mov_store_imm(struct x64_code *e, unsigned size, struct x64_rm rm, int32_t imm)
{
    static const uint32_t ops[4] = {0xc6 | X64_BYTE_RM, 0xc7 | X64_P_66, 0xc7, 0xc7 | X64_W};
    x64_emit(e, ops[size], 0, rm);
    if (size == 0) {
        put8(e, (uint8_t)imm);
    } else if (size == 1) {
        put8(e, (uint8_t)imm);
        put8(e, (uint8_t)(imm >> 8));
    } else {
        put32(e, (uint32_t)imm);
    }
}

void x64_movzx(struct x64_code *e, unsigned size, unsigned reg, struct x64_rm rm)
{
    static const uint32_t ops[4] = {0xb6 | X64_MAP_0F | X64_BYTE_RM, 0xb7 | X64_MAP_0F, 0x8b,
                                    0x8b | X64_W};
    x64_emit(e, ops[size], reg, rm);
}

void x64_movsx(struct x64_code *e, unsigned size, bool w, unsigned reg, struct x64_rm rm)
{
    static const uint32_t ops[3] = {0xbe | X64_MAP_0F | X64_BYTE_RM, 0xbf | X64_MAP_0F, 0x63};
    x64_emit(e, ops[size] | wide(w), reg, rm);
}

void x64_movbe_load(struct x64_code *e, unsigned size, unsigned reg, struct x64_rm rm)
{
    static const uint32_t ops[4] = {0, X64_P_66, 0, X64_W};
    x64_emit(e, 0xf0 | X64_MAP_0F38 | ops[size], reg, rm);
}

void x64_movbe_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg)
{
    static const uint32_t ops[4] = {0, X64_P_66, 0, X64_W};
    x64_emit(e, 0xf1 | X64_MAP_0F38 | ops[size], reg, rm);
}

void x64_lea(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0x8d | wide(w), reg, rm);
}

void x64_xchg(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0x87 | wide(w), reg, rm);
}

void x64_bswap(struct x64_code *e, bool w, unsigned reg)
{
    unsigned rex = (w ? 8 : 0) | (reg & 8) >> 3;
    if (rex) {
        put8(e, 0x40 | rex);
    }
    put8(e, 0x0f);
    put8(e, 0xc8 | (reg & 7));
}

void x64_cmpxchg(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned reg)
{
    static const uint32_t ops[4] = {0xb0 | X64_BYTE_REG | X64_BYTE_RM, 0xb1 | X64_P_66, 0xb1,
                                    0xb1 | X64_W};
    x64_emit(e, ops[size] | X64_MAP_0F | X64_FLAGS, reg, rm);
}

void x64_unary(struct x64_code *e, enum x64_unary op, bool w, struct x64_rm rm)
{
    x64_emit(e, 0xf7 | wide(w) | (op == X64_NOT ? 0 : X64_FLAGS), op, rm);
}

void x64_cdq(struct x64_code *e, bool w)
{
    if (w) {
        put8(e, 0x48);
    }
    put8(e, 0x99);
}

void x64_imul(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0xaf | X64_MAP_0F | wide(w) | X64_FLAGS, reg, rm);
}

void x64_imul_imm(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm, int32_t imm)
{
    if (imm == (int8_t)imm) {
        x64_emit(e, 0x6b | wide(w) | X64_FLAGS, reg, rm);
        put8(e, (uint8_t)imm);
    } else {
        x64_emit(e, 0x69 | wide(w) | X64_FLAGS, reg, rm);
        put32(e, (uint32_t)imm);
    }
}

void x64_shift_imm(struct x64_code *e, enum x64_shift op, bool w, struct x64_rm rm, unsigned count)
{
    if (count == 1) {
        x64_emit(e, 0xd1 | wide(w) | X64_FLAGS, op, rm);
    } else {
        x64_emit(e, 0xc1 | wide(w) | X64_FLAGS, op, rm);
        put8(e, count);
    }
}

void x64_rol16(struct x64_code *e, unsigned reg)
{
    x64_emit(e, 0xc1 | X64_P_66 | X64_FLAGS, X64_ROL, x64_r(reg));
    put8(e, 8);
}

void x64_shift_cl(struct x64_code *e, enum x64_shift op, bool w, struct x64_rm rm)
{
    x64_emit(e, 0xd3 | wide(w) | X64_FLAGS, op, rm);
}

void x64_shiftx(struct x64_code *e, enum x64_shift op, bool w, unsigned reg, struct x64_rm rm,
                unsigned count)
{
    uint32_t prefix = op == X64_SHL ? X64_P_66 : op == X64_SHR ? X64_P_F2 : X64_P_F3;
    x64_emit_vex(e, 0xf7 | X64_MAP_0F38 | prefix | wide(w), reg, count, rm);
}

void x64_rorx(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm, unsigned count)
{
    x64_emit_vex(e, 0xf0 | X64_MAP_0F3A | X64_P_F2 | wide(w), reg, 0, rm);
    put8(e, count);
}

void x64_andn(struct x64_code *e, bool w, unsigned reg, unsigned a, struct x64_rm rm)
{
    x64_emit_vex(e, 0xf2 | X64_MAP_0F38 | wide(w) | X64_FLAGS, reg, a, rm);
}

void x64_bsr(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0xbd | X64_MAP_0F | wide(w) | X64_FLAGS, reg, rm);
}

void x64_bsf(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0xbc | X64_MAP_0F | wide(w) | X64_FLAGS, reg, rm);
}

void x64_lzcnt(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0xbd | X64_MAP_0F | X64_P_F3 | wide(w) | X64_FLAGS, reg, rm);
}

void x64_tzcnt(struct x64_code *e, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, 0xbc | X64_MAP_0F | X64_P_F3 | wide(w) | X64_FLAGS, reg, rm);
}

void x64_bt_imm(struct x64_code *e, bool w, struct x64_rm rm, unsigned n)
{
    x64_emit(e, 0xba | X64_MAP_0F | wide(w) | X64_FLAGS, 4, rm);
    put8(e, n);
}

void x64_cmc(struct x64_code *e)
{
    put8(e, 0xf5);
    e->flag_writes++;
}

void x64_setcc(struct x64_code *e, enum x64_cond cond, struct x64_rm rm)
{
    x64_emit(e, (0x90u | cond) | X64_MAP_0F | X64_BYTE_RM, 0, rm);
}

void x64_cmov(struct x64_code *e, enum x64_cond cond, bool w, unsigned reg, struct x64_rm rm)
{
    x64_emit(e, (0x40u | cond) | X64_MAP_0F | wide(w), reg, rm);
}

uint32_t x64_jmp(struct x64_code *e)
{
    put8(e, 0xe9);
    put32(e, 0);
    return x64_here(e) - 4;
}

uint32_t x64_jcc(struct x64_code *e, enum x64_cond cond)
{
    put8(e, 0x0f);
    put8(e, 0x80 | cond);
    put32(e, 0);
    return x64_here(e) - 4;
}

uint32_t x64_call(struct x64_code *e)
{
    put8(e, 0xe8);
    put32(e, 0);
    return x64_here(e) - 4;
}

void x64_jmp_rm(struct x64_code *e, struct x64_rm rm)
{
    x64_emit(e, 0xff, 4, rm);
}

void x64_call_rm(struct x64_code *e, struct x64_rm rm)
{
    x64_emit(e, 0xff, 2, rm);
}

void x64_jmp_back(struct x64_code *e, uint32_t target)
{
    int32_t distance = (int32_t)(target - (x64_here(e) + 2));
    if (distance == (int8_t)distance) {
        put8(e, 0xeb);
        put8(e, (uint8_t)distance);
    } else {
        x64_patch(e, x64_jmp(e), target);
    }
}

void x64_jcc_back(struct x64_code *e, enum x64_cond cond, uint32_t target)
{
    int32_t distance = (int32_t)(target - (x64_here(e) + 2));
    if (distance == (int8_t)distance) {
        put8(e, 0x70 | cond);
        put8(e, (uint8_t)distance);
    } else {
        x64_patch(e, x64_jcc(e, cond), target);
    }
}

uint32_t x64_jcc_short(struct x64_code *e, enum x64_cond cond)
{
    put8(e, 0x70 | cond);
    put8(e, 0);
    return x64_here(e) - 1;
}

uint32_t x64_jmp_short(struct x64_code *e)
{
    put8(e, 0xeb);
    put8(e, 0);
    return x64_here(e) - 1;
}

void x64_patch_short(struct x64_code *e, uint32_t at)
{
    uint32_t distance = x64_here(e) - (at + 1);
    CHECK(distance < 128);
    e->start[at] = (uint8_t)distance;
}

void x64_patch(struct x64_code *e, uint32_t at, uint32_t target)
{
    uint32_t distance = target - (at + 4);
    memcpy(e->start + at, &distance, 4);
}

void x64_push(struct x64_code *e, unsigned reg)
{
    if (reg & 8) {
        put8(e, 0x41);
    }
    put8(e, 0x50 | (reg & 7));
}

void x64_pop(struct x64_code *e, unsigned reg)
{
    if (reg & 8) {
        put8(e, 0x41);
    }
    put8(e, 0x58 | (reg & 7));
}

void x64_ret(struct x64_code *e)
{
    put8(e, 0xc3);
}

void x64_lock(struct x64_code *e)
{
    put8(e, 0xf0);
}

void x64_gs(struct x64_code *e)
{
    put8(e, 0x65);
}
