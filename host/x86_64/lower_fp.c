/* Floating point. An op whose environment may be anything is done by core/fp.
 *
 * Under a plain one (IR_FLOAT_PLAIN) SSE gives core/fp's results and flags, MXCSR being at its
 * default (float.c), with these exceptions, which go out of line and are done again by core/fp:
 *   - a NaN result: which operand it comes from, and the default NaN's sign;
 *   - tininess is detected after rounding. That makes a difference only if the result was rounded
 * up to the smallest normal number, and then only in that a flag is missing. Sums, differences and
 * roots are never tiny and inexact at once;
 *   - integers out of range.
 * Flags are never raised that core/fp would not raise too, so that its flags can just be joined:
 * all but "invalid" under IR_FLOAT_LEGACY_NAN, where SSE takes quiet NaNs for signalling ones and
 * the other way round. There all that may be invalid goes out of line, unordered comparisons too,
 * and SSE's own "invalid" is forgotten (x64_fp_sync()).
 * FMA3 contracts nothing that was not asked for. */
#include "core/fp/fp.h"
#include "host/x86_64/lower.h"

static void lower_sign(struct x64_compile *c, const struct ir_inst *inst)
{
    /* The sign bit alone, or all but it, from a register of ones. */
    bool wide = inst->type == IR_F64, negate = inst->op == IR_FNEG;
    unsigned mask = x64_temp_xmm(c);
    unsigned ra = x64_use(c, inst->a);
    unsigned bits = wide ? 64 : 32;
    x64_emit(c->e, 0x76 | X64_MAP_0F | X64_P_66, mask, x64_r(mask)); /* pcmpeqd */
    x64_emit_imm8(c->e, (wide ? 0x73 : 0x72) | X64_MAP_0F | X64_P_66, negate ? 6 : 2, x64_r(mask),
                  (uint8_t)(negate ? bits - 1 : 1)); /* psll, psrl */
    unsigned d = x64_def(c, inst->a, 0);
    if (d != ra) {
        x64_movx_load(c->e, 4, d, x64_r(ra));
    }
    x64_emit(c->e, (negate ? 0x57 : 0x54) | X64_MAP_0F, d, x64_r(mask)); /* xorps, andps */
}

static void lower_bits(struct x64_compile *c, const struct ir_inst *inst)
{
    enum ir_type from = x64_type(c, inst->a);
    unsigned ra = x64_use(c, inst->a);
    bool wide = inst->type == IR_I64 || inst->type == IR_F64;
    unsigned d = x64_def(c, inst->a, 0);
    if (x64_is_vector(from) && !x64_is_vector(inst->type)) {
        x64_movd_from_xmm(c->e, wide, x64_r(d), ra);
    } else if (!x64_is_vector(from) && x64_is_vector(inst->type)) {
        x64_movd_to_xmm(c->e, wide, d, x64_r(ra));
    } else if (d != ra && x64_is_vector(from)) {
        x64_movx_load(c->e, 4, d, x64_r(ra));
    } else if (d != ra) {
        x64_mov(c->e, wide, d, x64_r(ra));
    }
}

/* ---- parts ----------------------------------------------------------------------------------- */

enum {
    OP_SQRT = 0x51,
    OP_CVT_FLOAT = 0x5a, /* from the format that the prefix names to the other one */
    OP_FROM_INT = 0x2a,
    OP_TO_INT_ZERO = 0x2c, /* toward zero */
    OP_TO_INT = 0x2d,
    OP_UCOMIS = 0x2e,
    OP_COMIS = 0x2f,
};

/* Done without a call in C, but for rare cases out of line. */
static bool is_inline(const struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned round = inst->aux & IR_FLOAT_ROUND;
    if (!(inst->aux & IR_FLOAT_PLAIN)) {
        return false;
    }
    switch (inst->op) {
    case IR_FMA:
        return x64_has(c, X64_HAS_FMA);
    case IR_FCVT_SI:
        return round == FP_ROUND_ENV || round == FP_ROUND_NEAREST || round == FP_ROUND_ZERO;
    case IR_FCVT_UI:
        return round == FP_ROUND_ZERO;
    default:
        return true;
    }
}

/* A scalar instruction on singles or doubles. */
static uint32_t scalar(uint32_t op, enum ir_type type)
{
    return op | X64_MAP_0F | (type == IR_F64 ? X64_P_F2 : X64_P_F3);
}

static uint32_t compare(uint32_t op, enum ir_type type)
{
    return op | X64_MAP_0F | X64_FLAGS | (type == IR_F64 ? X64_P_66 : 0);
}

static struct x64_rm constant(enum x64_const n)
{
    return x64_m(X64_STATE, X64_SAVE(X64_SAVE_CONST + n));
}

/* d = a op b, d being neither: the operands are still needed should this go out of line. */
static void emit_three(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    if (x64_has(c, X64_HAS_AVX)) {
        x64_emit_vex(c->e, op, d, a, x64_r(b));
    } else {
        x64_movx_load(c->e, 4, d, x64_r(a));
        x64_emit(c->e, op, d, x64_r(b));
    }
}

/* What is done if the fast way does not do: to be begun when all registers are known. */
struct x64_stub *x64_float_stub(struct x64_compile *c, const struct ir_inst *inst,
                                const unsigned operands[3], unsigned d)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_FLOAT);
    stub->value[0] = (uint8_t)operands[0];
    stub->value[1] = (uint8_t)operands[1];
    stub->address = (uint8_t)operands[2];
    stub->result = (uint8_t)d;
    stub->type = (uint8_t)x64_type(c, c->index);
    stub->mem = inst->op | (uint32_t)inst->type << 8 | (uint32_t)inst->aux << 16;
    stub->imm = inst->imm;
    return stub;
}

void x64_stub_float(struct x64_compile *c, const struct x64_stub *stub)
{
    const uint8_t operands[3] = {stub->value[0], stub->value[1], stub->address};
    int32_t slow = X64_CPU(slow[0]), vectors = X64_SAVE(X64_SAVE_ARGS);
    bool vector = stub->type == IR_V128;
    for (unsigned i = 0; i < ir_ops[stub->mem & 0xff].arity; i++) {
        if (vector) {
            x64_movx_store(c->e, 4, x64_m(X64_STATE, vectors + 16 * (int32_t)i), operands[i]);
        } else {
            x64_movx_store(c->e, 3, x64_m(X64_STATE, slow + 8 * (int32_t)i), operands[i]);
        }
    }
    x64_mov_store_imm(c->e, 2, x64_m(X64_STATE, slow + 24), (int32_t)stub->mem);
    x64_mov_store_imm(c->e, 2, x64_m(X64_STATE, slow + 28), (int32_t)stub->imm);
    x64_call_thunk(c, X64_THUNK_FLOAT);
    if (vector) {
        x64_movx_load(c->e, 4, stub->result, x64_m(X64_STATE, vectors + 48));
    } else if (x64_is_vector(stub->type)) {
        x64_movx_load(c->e, stub->type == IR_F64 ? 3 : 2, stub->result, x64_m(X64_STATE, slow));
    } else {
        x64_mov(c->e, false, stub->result, x64_m(X64_STATE, slow));
    }
    x64_jmp_back(c->e, stub->resume);
}

/* Out of line if d is a NaN. */
static void check_nan(struct x64_compile *c, struct x64_stub *stub, enum ir_type type, unsigned d)
{
    x64_emit(c->e, compare(OP_UCOMIS, type), d, x64_r(d));
    x64_stub_jump(stub, x64_jcc(c->e, X64_P));
}

/* Out of line if d is a NaN or has the smallest normal magnitude: "unordered" sets ZF too. */
static void check_tiny(struct x64_compile *c, struct x64_stub *stub, enum ir_type type, unsigned d,
                       unsigned temp)
{
    bool wide = type == IR_F64;
    x64_movx_load(c->e, wide ? 3 : 2, temp, constant(wide ? X64_CONST_ABS64 : X64_CONST_ABS32));
    x64_emit(c->e, 0x54 | X64_MAP_0F, temp, x64_r(d)); /* andps */
    x64_emit(c->e, compare(OP_UCOMIS, type), temp,
             constant(wide ? X64_CONST_MIN64 : X64_CONST_MIN32));
    x64_stub_jump(stub, x64_jcc(c->e, X64_E));
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void lower_arithmetic(struct x64_compile *c, const struct ir_inst *inst)
{
    static const struct {
        uint8_t op;
        bool tiny; /* the result may be tiny and inexact */
    } rows[] = {
        [IR_FADD - IR_FADD] = {0x58, false},
        [IR_FSUB - IR_FADD] = {0x5c, false},
        [IR_FMUL - IR_FADD] = {0x59, true},
        [IR_FDIV - IR_FADD] = {0x5e, true},
    };
    bool tiny = rows[inst->op - IR_FADD].tiny;
    unsigned operands[3] = {x64_use(c, inst->a), x64_use(c, inst->b), X64_NONE};
    unsigned temp = tiny ? x64_temp_xmm(c) : X64_NONE;
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    emit_three(c, scalar(rows[inst->op - IR_FADD].op, inst->type), d, operands[0], operands[1]);
    if (tiny) {
        check_tiny(c, stub, inst->type, d, temp);
    } else {
        check_nan(c, stub, inst->type, d);
    }
    stub->resume = x64_here(c->e);
}

static void lower_sqrt(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), X64_NONE, X64_NONE};
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    emit_three(c, scalar(OP_SQRT, inst->type), d, operands[0], operands[0]);
    check_nan(c, stub, inst->type, d);
    stub->resume = x64_here(c->e);
}

static void lower_fma(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), x64_use(c, inst->b), x64_use(c, inst->c)};
    unsigned temp = x64_temp_xmm(c);
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    x64_movx_load(c->e, 4, d, x64_r(operands[0]));
    x64_emit_vex(c->e, 0xb9 | X64_MAP_0F38 | X64_P_66 | (inst->type == IR_F64 ? X64_W : 0), d,
                 operands[1], x64_r(operands[2])); /* vfmadd231: d = b * c + d */
    check_tiny(c, stub, inst->type, d, temp);
    stub->resume = x64_here(c->e);
}

/* ---- comparison ------------------------------------------------------------------------------ */

/* Unordered goes out of line: what is left is 2 * greater + CF. */
static void compare_ordered(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), x64_use(c, inst->b), X64_NONE};
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    x64_emit(c->e, compare(OP_UCOMIS, inst->type), operands[0], x64_r(operands[1]));
    x64_stub_jump(stub, x64_jcc(c->e, X64_P));
    x64_setcc(c->e, X64_A, x64_r(d));
    x64_movzx(c->e, 0, d, x64_r(d));
    x64_alu(c->e, X64_ADC, false, d, x64_r(d));
    stub->resume = x64_here(c->e);
}

/* CF says less or unordered, ZF equal or unordered, PF unordered. The relation is 2 * (greater or
 * unordered) + CF. */
static void lower_compare(struct x64_compile *c, const struct ir_inst *inst)
{
    if (inst->aux & IR_FLOAT_LEGACY_NAN) {
        compare_ordered(c, inst);
        return;
    }
    unsigned ra = x64_use(c, inst->a), rb = x64_use(c, inst->b);
    unsigned temp = x64_temp(c);
    unsigned d = x64_def(c, 0, 0);
    uint32_t op = inst->aux & IR_FLOAT_SIGNALLING ? OP_COMIS : OP_UCOMIS;
    x64_emit(c->e, compare(op, inst->type), ra, x64_r(rb));
    x64_setcc(c->e, X64_P, x64_r(d));
    x64_setcc(c->e, X64_A, x64_r(temp));
    x64_movzx(c->e, 0, d, x64_r(d));
    x64_movzx(c->e, 0, temp, x64_r(temp));
    x64_lea(c->e, false, d, x64_mx(d, temp, 0, 0));
    x64_alu(c->e, X64_ADC, false, d, x64_r(d));
}

/* ---- conversions ----------------------------------------------------------------------------- */

static void lower_narrow(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), X64_NONE, X64_NONE};
    unsigned temp = x64_temp_xmm(c);
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    emit_three(c, scalar(OP_CVT_FLOAT, IR_F64), d, operands[0], operands[0]);
    check_tiny(c, stub, IR_F32, d, temp);
    stub->resume = x64_here(c->e);
}

static void lower_widen(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), X64_NONE, X64_NONE};
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    emit_three(c, scalar(OP_CVT_FLOAT, IR_F32), d, operands[0], operands[0]);
    check_nan(c, stub, IR_F64, d);
    stub->resume = x64_here(c->e);
}

/* What has no integer becomes INT32_MIN. */
static void lower_to_signed(struct x64_compile *c, const struct ir_inst *inst)
{
    bool nearest = (inst->aux & IR_FLOAT_ROUND) != FP_ROUND_ZERO;
    unsigned operands[3] = {x64_use(c, inst->a), X64_NONE, X64_NONE};
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    x64_emit(c->e, scalar(nearest ? OP_TO_INT : OP_TO_INT_ZERO, inst->type), d, x64_r(operands[0]));
    x64_alu_imm(c->e, X64_CMP, false, x64_r(d), 1);
    x64_stub_jump(stub, x64_jcc(c->e, X64_O));
    stub->resume = x64_here(c->e);
}

/* By way of 64 bits, where -1 < a < 2^32. This is checked first, since the conversion would raise
 * "inexact" for what is out of range and has a fraction. */
static void lower_to_unsigned(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned operands[3] = {x64_use(c, inst->a), X64_NONE, X64_NONE};
    unsigned wide = operands[0];
    if (inst->type == IR_F32) {
        wide = x64_temp_xmm(c);
        emit_three(c, scalar(OP_CVT_FLOAT, IR_F32), wide, operands[0], operands[0]);
    }
    unsigned d = x64_def(c, 0, 0);
    struct x64_stub *stub = x64_float_stub(c, inst, operands, d);
    x64_emit(c->e, compare(OP_UCOMIS, IR_F64), wide, constant(X64_CONST_MINUS1));
    x64_stub_jump(stub, x64_jcc(c->e, X64_BE)); /* NaNs too */
    x64_emit(c->e, compare(OP_UCOMIS, IR_F64), wide, constant(X64_CONST_2_32));
    x64_stub_jump(stub, x64_jcc(c->e, X64_AE));
    x64_emit(c->e, scalar(OP_TO_INT_ZERO, IR_F64) | X64_W, d, x64_r(wide));
    stub->resume = x64_here(c->e);
}

static void lower_from_int(struct x64_compile *c, const struct ir_inst *inst)
{
    bool is_signed = inst->op == IR_FCVT_IS;
    unsigned ra = x64_use(c, inst->a);
    if (!is_signed) {
        unsigned temp = x64_temp(c);
        x64_mov(c->e, false, temp, x64_r(ra)); /* zero-extended */
        ra = temp;
    }
    unsigned d = x64_def(c, 0, 0);
    x64_emit(c->e, 0x57 | X64_MAP_0F, d, x64_r(d)); /* xorps: the conversion merges into it */
    x64_emit(c->e, scalar(OP_FROM_INT, inst->type) | (is_signed ? 0 : X64_W), d, x64_r(ra));
}

static x64_lower_fn *const inlines[IR_OP_COUNT] = {
    [IR_FADD] = lower_arithmetic,   [IR_FSUB] = lower_arithmetic,     [IR_FMUL] = lower_arithmetic,
    [IR_FDIV] = lower_arithmetic,   [IR_FSQRT] = lower_sqrt,          [IR_FMA] = lower_fma,
    [IR_FCMP] = lower_compare,      [IR_FCVT_FD] = lower_narrow,      [IR_FCVT_DF] = lower_widen,
    [IR_FCVT_SI] = lower_to_signed, [IR_FCVT_UI] = lower_to_unsigned, [IR_FCVT_IS] = lower_from_int,
    [IR_FCVT_IU] = lower_from_int,
};

static void lower_float(struct x64_compile *c, const struct ir_inst *inst)
{
    (is_inline(c, inst) ? inlines[inst->op] : x64_lower_float)(c, inst);
}

x64_lower_fn *x64_lowering_fp(enum ir_op op)
{
    switch (op) {
    case IR_FNEG:
    case IR_FABS:
        return lower_sign;
    case IR_BITS:
        return lower_bits;
    default:
        return inlines[op] ? lower_float : NULL;
    }
}
