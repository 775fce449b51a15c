/* Vector operations: the table, emitters, and the operations that are one instruction. */
#include "host/x86_64/lower_vec.h"

/* ---- emitting -------------------------------------------------------------------------------- */

static bool has_vex(const struct x64_compile *c)
{
    return x64_has(c, X64_HAS_AVX);
}

void vec_move(struct x64_compile *c, unsigned d, unsigned a)
{
    if (d != a) {
        x64_movx_load(c->e, 4, d, x64_r(a));
    }
}

void vec_rm(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, struct x64_rm b)
{
    if (has_vex(c)) {
        x64_emit_vex(c->e, op, d, a, b);
        return;
    }
    CHECK(d == a || d != b.reg);
    vec_move(c, d, a);
    x64_emit(c->e, op, d, b);
}

void vec_rm_imm(struct x64_compile *c, uint32_t op, unsigned d, unsigned a, struct x64_rm b,
                uint8_t imm)
{
    if (has_vex(c)) {
        x64_emit_vex_imm8(c->e, op, d, a, b, imm);
        return;
    }
    CHECK(d == a || d != b.reg);
    vec_move(c, d, a);
    x64_emit_imm8(c->e, op, d, b, imm);
}

void vec_one(struct x64_compile *c, uint32_t op, unsigned d, struct x64_rm b)
{
    if (has_vex(c)) {
        x64_emit_vex(c->e, op, d, 0, b);
    } else {
        x64_emit(c->e, op, d, b);
    }
}

void vec_one_imm(struct x64_compile *c, uint32_t op, unsigned d, struct x64_rm b, uint8_t imm)
{
    if (has_vex(c)) {
        x64_emit_vex_imm8(c->e, op, d, 0, b, imm);
    } else {
        x64_emit_imm8(c->e, op, d, b, imm);
    }
}

void vec_shift(struct x64_compile *c, enum vec_shift shift, unsigned size, unsigned d, unsigned a,
               unsigned count)
{
    uint32_t op = VEC_OP(0x70) + size;
    if (has_vex(c)) {
        x64_emit_vex_imm8(c->e, op, shift, d, x64_r(a), (uint8_t)count);
        return;
    }
    vec_move(c, d, a);
    x64_emit_imm8(c->e, op, shift, x64_r(d), (uint8_t)count);
}

void vec_zero(struct x64_compile *c, unsigned d)
{
    vec(c, PXOR, d, d, d);
}

void vec_ones(struct x64_compile *c, unsigned d)
{
    vec(c, PCMPEQD, d, d, d);
}

void vec_const(struct x64_compile *c, unsigned d, uint64_t low, uint64_t high)
{
    if (low == 0 && high == 0) {
        vec_zero(c, d);
        return;
    }
    if (low == UINT64_MAX && high == UINT64_MAX) {
        vec_ones(c, d);
        return;
    }
    unsigned temp = x64_temp(c);
    x64_mov_imm(c->e, true, temp, (int64_t)low);
    x64_movd_to_xmm(c->e, true, d, x64_r(temp));
    if (high == low) {
        vec(c, PUNPCKLQDQ, d, d, d);
    } else if (high) {
        x64_mov_imm(c->e, true, temp, (int64_t)high);
        x64_emit_imm8(c->e, VEC_OP3A(0x22) | X64_W, d, x64_r(temp), 1); /* pinsrq */
    }
    x64_give(c, temp);
}

void vec_splat(struct x64_compile *c, unsigned d, unsigned size, uint64_t value)
{
    for (unsigned bits = 8u << size; bits < 64; bits *= 2) {
        value |= value << bits;
    }
    vec_const(c, d, value, value);
}

struct x64_rm vec_use_rm(struct x64_compile *c, uint32_t v)
{
    const struct x64_value *value = &c->values[v];
    if (has_vex(c) && x64_dies(c, v) && x64_type(c, v) == IR_V128) {
        if (value->where == X64_IN_FRAME) {
            return x64_frame(value->spill - 1u);
        }
        if (value->where == X64_IN_STATE) {
            return x64_slot((uint64_t)x64_inst(c, v)->imm);
        }
    }
    return x64_r(x64_use(c, v));
}

bool vec_is_const(const struct x64_compile *c, uint32_t v, uint64_t word[2])
{
    const struct ir_inst *inst = x64_inst(c, v);
    if (inst->op != IR_CONSTV) {
        return false;
    }
    word[0] = (uint64_t)inst->imm;
    word[1] = inst->b | (uint64_t)inst->c << 32;
    return true;
}

/* ---- one instruction ------------------------------------------------------------------------- */

/* Opcodes by lane size, unsigned or signed; 0: none. */
struct vec_row {
    x64_lower_fn *lower;
    uint32_t op[2][4];
};

#define SAME(b, w, d, q)                                                                           \
    {                                                                                              \
        {b, w, d, q},                                                                              \
        {                                                                                          \
            b, w, d, q                                                                             \
        }                                                                                          \
    }
#define ANY(op) SAME(op, op, op, op)

static x64_lower_fn lower_one;

static const struct vec_row rows[IR_OP_COUNT] = {
    [IR_VAND] = {vec_lower_two, ANY(PAND)},
    [IR_VOR] = {vec_lower_two, ANY(POR)},
    [IR_VXOR] = {vec_lower_two, ANY(PXOR)},
    [IR_VANDN] = {vec_lower_two, ANY(PANDN)},
    [IR_VADD] = {vec_lower_two, SAME(PADDB, PADDW, PADDD, PADDQ)},
    [IR_VSUB] = {vec_lower_two, SAME(PSUBB, VEC_OP(0xf9), PSUBD, PSUBQ)},
    [IR_VMUL] = {vec_lower_mul, SAME(0, PMULLW, PMULLD, 0)},
    [IR_VMIN] = {vec_lower_two,
                 {{PMINUB, PMINUW, PMINUD}, {VEC_OP38(0x38), VEC_OP(0xea), VEC_OP38(0x39)}}},
    [IR_VMAX] = {vec_lower_two,
                 {{VEC_OP(0xde), VEC_OP38(0x3e), PMAXUD},
                  {VEC_OP38(0x3c), VEC_OP(0xee), VEC_OP38(0x3d)}}},
    [IR_VSATADD] = {vec_lower_satadd, {{PADDUSB, VEC_OP(0xdd)}, {VEC_OP(0xec), VEC_OP(0xed)}}},
    [IR_VSATSUB] = {vec_lower_satsub, {{VEC_OP(0xd8), VEC_OP(0xd9)}, {VEC_OP(0xe8), VEC_OP(0xe9)}}},
    [IR_VCMPEQ] = {vec_lower_two, SAME(PCMPEQB, PCMPEQW, PCMPEQD, VEC_OP38(0x29))},
    [IR_VCMPGT] = {vec_lower_gt, {{0}, {VEC_OP(0x64), VEC_OP(0x65), VEC_OP(0x66), VEC_OP38(0x37)}}},
    [IR_VABS] = {lower_one, SAME(PABSB, PABSW, PABSD, 0)},
    [IR_VZIPL] = {vec_lower_two, SAME(PUNPCKLBW, PUNPCKLWD, PUNPCKLDQ, PUNPCKLQDQ)},
    [IR_VZIPH] = {vec_lower_two, SAME(PUNPCKHBW, PUNPCKHWD, PUNPCKHDQ, PUNPCKHQDQ)},
    [IR_VNOT] = {vec_lower_not},
    [IR_VBSL] = {vec_lower_select},
    [IR_VMULL] = {vec_lower_mull},
    [IR_VMULQ] = {vec_lower_mulq},
    [IR_VAVG] = {vec_lower_avg},
    [IR_VPOPCNT] = {vec_lower_popcnt},
    [IR_VCLZ] = {vec_lower_clz},
    [IR_VSHL] = {vec_lower_shl},
    [IR_VSHR] = {vec_lower_shr},
    [IR_VSHLV] = {vec_lower_shlv},
    [IR_VSHRV] = {vec_lower_shrv},
    [IR_VWIDEN] = {vec_lower_widen},
    [IR_VNARROW] = {vec_lower_narrow},
    [IR_VSATNARROW] = {vec_lower_satnarrow},
    [IR_VLOW] = {vec_lower_low},
    [IR_VPAIR] = {vec_lower_pair},
    [IR_VDUP] = {vec_lower_dup},
    [IR_VDUPL] = {vec_lower_dup_lane},
    [IR_VGETL] = {vec_lower_get_lane},
    [IR_VSETL] = {vec_lower_set_lane},
    [IR_VUZPE] = {vec_lower_unzip},
    [IR_VUZPO] = {vec_lower_unzip},
    [IR_VEXT] = {vec_lower_ext},
    [IR_VSHUF] = {vec_lower_shuf},
    [IR_VPERM] = {vec_lower_perm},
    [IR_VFADD] = {vec_lower_float},
    [IR_VFSUB] = {vec_lower_float},
    [IR_VFMUL] = {vec_lower_float},
    [IR_VFMA] = {vec_lower_float_fma},
    [IR_VFMLA] = {vec_lower_float_mla},
    [IR_VFMLS] = {vec_lower_float_mla},
    [IR_VFMIN] = {vec_lower_float_minmax},
    [IR_VFMAX] = {vec_lower_float_minmax},
    [IR_VFEQ] = {vec_lower_float_compare},
    [IR_VFGT] = {vec_lower_float_compare},
    [IR_VFGE] = {vec_lower_float_compare},
    [IR_VFTOI] = {vec_lower_float_to_int},
    [IR_VITOF] = {vec_lower_int_to_float},
};

x64_lower_fn *x64_lowering_vec(enum ir_op op)
{
    return rows[op].lower;
}

uint32_t vec_opcode(const struct ir_inst *inst)
{
    return rows[inst->op].op[vec_signed(inst)][vec_size(inst)];
}

static void lower_one(struct x64_compile *c, const struct ir_inst *inst)
{
    uint32_t op = vec_opcode(inst);
    if (!op) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct x64_rm a = vec_use_rm(c, inst->a);
    vec_one(c, op, x64_def(c, inst->a, 0), a);
}

/* Of a commutative pair, the one whose register the result may take comes first, the one in memory
 * second. */
static bool swaps(const struct x64_compile *c, const struct ir_inst *inst)
{
    const struct x64_value *a = &c->values[inst->a], *b = &c->values[inst->b];
    if (has_vex(c)) {
        return b->where == X64_IN_REG && a->where != X64_IN_REG;
    }
    return b->where == X64_IN_REG && x64_dies(c, inst->b) &&
           !(a->where == X64_IN_REG && x64_dies(c, inst->a));
}

void vec_lower_two(struct x64_compile *c, const struct ir_inst *inst)
{
    uint32_t op = vec_opcode(inst), a = inst->a, b = inst->b;
    if (!op) {
        x64_lower_evaluate(c, inst);
        return;
    }
    /* pandn inverts its first operand, IR its second. */
    bool commutes = ir_ops[inst->op].flags & IR_FLAG_C;
    if (inst->op == IR_VANDN || (commutes && swaps(c, inst))) {
        a = inst->b;
        b = inst->a;
    }
    unsigned ra = x64_use(c, a);
    struct x64_rm rb = a == b ? x64_r(ra) : vec_use_rm(c, b);
    vec_rm(c, op, x64_def(c, a, a == b || rb.reg == X64_NONE ? 0 : X64_BIT(rb.reg)), ra, rb);
}
