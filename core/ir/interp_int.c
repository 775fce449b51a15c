/* What the integer, comparison and scalar operations mean: core/ir/ops.inc as code. Operands and
 * results are zero-extended to 64 bits; the caller cuts the result to its type. */
#include "core/ir/interp.h"

#include "core/base/bits.h"
#include "core/base/check.h"

static int64_t sign(uint64_t value, unsigned width)
{
    return bits_sext(value, width);
}

static uint64_t cut(uint64_t value, unsigned width)
{
    return width == 64 ? value : (uint32_t)value;
}

/* Parameters: the instruction, the width of its type in bits, operands. */
#define OP(name)                                                                                   \
    static uint64_t op_##name(const struct ir_inst *inst, unsigned width, uint64_t a, uint64_t b,  \
                              uint64_t c)

/* ---- constants and copies -------------------------------------------------------------------- */

OP(const)
{
    return inst->imm;
}

OP(copy)
{
    return a;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

OP(add)
{
    return a + b;
}

OP(sub)
{
    return a - b;
}

OP(mul)
{
    return a * b;
}

OP(mulhu)
{
    return ((unsigned __int128)a * b) >> width;
}

OP(mulhs)
{
    return ((__int128)sign(a, width) * sign(b, width)) >> width;
}

OP(divu)
{
    return b == 0 ? 0 : a / b;
}

OP(divs)
{
    if (b == 0) {
        return 0;
    }
    if (sign(b, width) == -1) {
        return -a; /* MIN / -1 would trap on the host */
    }
    return sign(a, width) / sign(b, width);
}

OP(and)
{
    return a & b;
}

OP(or)
{
    return a | b;
}

OP(xor)
{
    return a ^ b;
}

OP(andn)
{
    return a & ~b;
}

OP(not )
{
    return ~a;
}

OP(neg)
{
    return -a;
}

/* ---- shifts and bits ------------------------------------------------------------------------- */

OP(shl)
{
    return a << (b & (width - 1));
}

OP(shr)
{
    return a >> (b & (width - 1));
}

OP(sar)
{
    return sign(a, width) >> (b & (width - 1));
}

OP(ror)
{
    unsigned count = b & (width - 1);
    return count == 0 ? a : a >> count | a << (width - count);
}

OP(clz)
{
    return a == 0 ? width : (unsigned)__builtin_clzll(a) - (64 - width);
}

OP(ctz)
{
    return a == 0 ? width : (unsigned)__builtin_ctzll(a);
}

OP(bswap)
{
    return __builtin_bswap64(a) >> (64 - width);
}

OP(sext8)
{
    return sign(a, 8);
}

OP(sext16)
{
    return sign(a, 16);
}

OP(zext8)
{
    return (uint8_t)a;
}

OP(zext16)
{
    return (uint16_t)a;
}

OP(extu)
{
    return bits_get(a, inst->aux & 0xff, inst->aux >> 8);
}

OP(exts)
{
    return sign(a >> (inst->aux & 0xff), inst->aux >> 8);
}

OP(dep)
{
    return bits_put(a, inst->aux & 0xff, inst->aux >> 8, b);
}

OP(sext32)
{
    return sign(a, 32);
}

OP(lo32)
{
    return (uint32_t)a;
}

OP(hi32)
{
    return a >> 32;
}

OP(pair)
{
    return a | b << 32;
}

/* ---- comparisons and carries ----------------------------------------------------------------- */

OP(eq)
{
    return a == b;
}

OP(ne)
{
    return a != b;
}

OP(ult)
{
    return a < b;
}

OP(ule)
{
    return a <= b;
}

OP(slt)
{
    return sign(a, width) < sign(b, width);
}

OP(sle)
{
    return sign(a, width) <= sign(b, width);
}

OP(add3)
{
    return a + b + c;
}

OP(add3c)
{
    return ((unsigned __int128)a + b + c) >> width;
}

OP(add3o)
{
    uint64_t sum = a + b + c;
    return ((a ^ sum) & (b ^ sum)) >> (width - 1) & 1;
}

OP(addc)
{
    return op_add3c(inst, width, a, b, 0);
}

OP(addo)
{
    return op_add3o(inst, width, a, b, 0);
}

OP(subo)
{
    return ((a ^ b) & (a ^ (a - b))) >> (width - 1) & 1;
}

/* ---- floats as bit patterns ------------------------------------------------------------------ */

OP(fneg)
{
    return a ^ UINT64_C(1) << (width - 1);
}

OP(fabs)
{
    return a & ~(UINT64_C(1) << (width - 1));
}

static uint64_t (*const ops[IR_OP_COUNT])(const struct ir_inst *inst, unsigned width, uint64_t a,
                                          uint64_t b, uint64_t c) = {
    [IR_CONST] = op_const, [IR_COPY] = op_copy,     [IR_ADD] = op_add,     [IR_SUB] = op_sub,
    [IR_MUL] = op_mul,     [IR_MULHU] = op_mulhu,   [IR_MULHS] = op_mulhs, [IR_DIVU] = op_divu,
    [IR_DIVS] = op_divs,   [IR_AND] = op_and,       [IR_OR] = op_or,       [IR_XOR] = op_xor,
    [IR_ANDN] = op_andn,   [IR_NOT] = op_not,       [IR_NEG] = op_neg,     [IR_SHL] = op_shl,
    [IR_SHR] = op_shr,     [IR_SAR] = op_sar,       [IR_ROR] = op_ror,     [IR_CLZ] = op_clz,
    [IR_CTZ] = op_ctz,     [IR_BSWAP] = op_bswap,   [IR_SEXT8] = op_sext8, [IR_SEXT16] = op_sext16,
    [IR_ZEXT8] = op_zext8, [IR_ZEXT16] = op_zext16, [IR_EXTU] = op_extu,   [IR_EXTS] = op_exts,
    [IR_DEP] = op_dep,     [IR_SEXT32] = op_sext32, [IR_ZEXT32] = op_copy, [IR_LO32] = op_lo32,
    [IR_HI32] = op_hi32,   [IR_PAIR] = op_pair,     [IR_EQ] = op_eq,       [IR_NE] = op_ne,
    [IR_ULT] = op_ult,     [IR_ULE] = op_ule,       [IR_SLT] = op_slt,     [IR_SLE] = op_sle,
    [IR_ADDC] = op_addc,   [IR_ADDO] = op_addo,     [IR_SUBO] = op_subo,   [IR_ADD3] = op_add3,
    [IR_ADD3C] = op_add3c, [IR_ADD3O] = op_add3o,   [IR_FNEG] = op_fneg,   [IR_FABS] = op_fabs,
    [IR_BITS] = op_copy,
};

bool ir_evaluate(const struct ir_inst *inst, const union ir_value operands[3],
                 union ir_value *result)
{
    CHECK(inst->op < IR_OP_COUNT);
    unsigned width = ir_type_size(inst->type) * 8;
    if (inst->op == IR_SELECT) {
        *result = operands[0].i32 != 0 ? operands[1] : operands[2];
        return true;
    }
    if (inst->op == IR_CONSTV) {
        *result = (union ir_value){.v = {inst->imm, inst->b | (uint64_t)inst->c << 32}};
        return true;
    }
    if (ops[inst->op] == NULL) { /* PCREL is not folded, and nothing else is pure */
        return ir_evaluate_vec(inst, operands, result);
    }
    if (width == 128) { /* only copies have this type */
        *result = operands[0];
        return inst->op == IR_COPY;
    }
    uint64_t value = ops[inst->op](inst, width, operands[0].i64, operands[1].i64, operands[2].i64);
    *result = (union ir_value){.v = {cut(value, width), 0}};
    return true;
}
