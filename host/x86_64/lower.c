/* Which function lowers which op. */
#include "host/x86_64/lower.h"

static x64_lower_fn *const rows[IR_OP_COUNT] = {
    [IR_NOP] = x64_lower_nop,         [IR_CONST] = x64_lower_const,
    [IR_CONSTV] = x64_lower_constv,   [IR_PCREL] = x64_lower_const,
    [IR_GET] = x64_lower_get,         [IR_SET] = x64_lower_set,
    [IR_INSN] = x64_lower_insn,

    [IR_ADD] = x64_lower_alu,         [IR_SUB] = x64_lower_alu,
    [IR_MUL] = x64_lower_mul,         [IR_MULHU] = x64_lower_mulh,
    [IR_MULHS] = x64_lower_mulh,      [IR_DIVU] = x64_lower_div,
    [IR_DIVS] = x64_lower_div,        [IR_AND] = x64_lower_alu,
    [IR_OR] = x64_lower_alu,          [IR_XOR] = x64_lower_alu,
    [IR_ANDN] = x64_lower_andn,       [IR_NOT] = x64_lower_unary,
    [IR_NEG] = x64_lower_unary,       [IR_SHL] = x64_lower_shift,
    [IR_SHR] = x64_lower_shift,       [IR_SAR] = x64_lower_shift,
    [IR_ROR] = x64_lower_shift,       [IR_CLZ] = x64_lower_clz,
    [IR_CTZ] = x64_lower_ctz,         [IR_BSWAP] = x64_lower_bswap,
    [IR_SEXT8] = x64_lower_extend,    [IR_SEXT16] = x64_lower_extend,
    [IR_ZEXT8] = x64_lower_extend,    [IR_ZEXT16] = x64_lower_extend,
    [IR_EXTU] = x64_lower_extract,    [IR_EXTS] = x64_lower_extract,
    [IR_DEP] = x64_lower_deposit,     [IR_SEXT32] = x64_lower_extend,
    [IR_ZEXT32] = x64_lower_extend,   [IR_LO32] = x64_lower_extend,
    [IR_HI32] = x64_lower_hi32,       [IR_PAIR] = x64_lower_pair,

    [IR_EQ] = x64_lower_compare,      [IR_NE] = x64_lower_compare,
    [IR_ULT] = x64_lower_compare,     [IR_ULE] = x64_lower_compare,
    [IR_SLT] = x64_lower_compare,     [IR_SLE] = x64_lower_compare,
    [IR_ADDC] = x64_lower_compare,    [IR_ADDO] = x64_lower_compare,
    [IR_SUBO] = x64_lower_compare,    [IR_ADD3] = x64_lower_add3,
    [IR_ADD3C] = x64_lower_compare,   [IR_ADD3O] = x64_lower_compare,
    [IR_SELECT] = x64_lower_select,

    [IR_LOAD] = x64_lower_load,       [IR_STORE] = x64_lower_store,
    [IR_CAS] = x64_lower_cas,         [IR_FENCE] = x64_lower_fence,
    [IR_CALL] = x64_lower_call,

    [IR_ENTRY] = x64_lower_entry,     [IR_COUNT] = x64_lower_count,
    [IR_COUNTIF] = x64_lower_countif, [IR_GUARD] = x64_lower_guard,
    [IR_REQUIRE] = x64_lower_require, [IR_POLL] = x64_lower_poll,
    [IR_JUMP] = x64_lower_jump,       [IR_BRANCH] = x64_lower_branch,
    [IR_GOTO] = x64_lower_goto,       [IR_GOTOI] = x64_lower_gotoi,
    [IR_LEAVE] = x64_lower_leave,
};

x64_lower_fn *x64_lowering(enum ir_op op)
{
    if (rows[op]) {
        return rows[op];
    }
    x64_lower_fn *fn = x64_lowering_fp(op);
    if (!fn) {
        fn = x64_lowering_vec(op);
    }
    return fn ? fn : x64_lower_evaluate;
}
