/* Integer arithmetic. Values of type i32 have a zero upper half in their registers: 32-bit
 * instructions see to that by themselves. */
#include "host/x86_64/lower.h"

enum { FLAGS_LOOKAHEAD = 8 };

/* True if a comparison that follows soon could use the flags of the ADD or SUB at `index`. */
static bool flags_wanted(const struct x64_compile *c, uint32_t index)
{
    const struct ir_inst *inst = x64_inst(c, index);
    uint32_t end = c->ir->blocks[c->block].end;
    for (uint32_t i = index + 1; i < end && i <= index + FLAGS_LOOKAHEAD; i++) {
        const struct ir_inst *next = x64_inst(c, i);
        if (next->op >= IR_EQ && next->op <= IR_ADD3O) {
            if (next->a == index || next->b == index ||
                (next->a == inst->a && next->b == inst->b) ||
                (next->a == inst->b && next->b == inst->a)) {
                return true;
            }
        } else if (ir_ops[next->op].flags & IR_FLAG_M) {
            return false;
        }
    }
    return false;
}

bool x64_is_scale(const struct x64_compile *c, uint32_t v)
{
    const struct ir_inst *inst = x64_inst(c, v), *next = x64_inst(c, v + 1);
    int64_t count, other;
    if (inst->op != IR_SHL || inst->type != IR_I32 || c->values[v].uses != 1 ||
        c->values[v].last_use != v + 1 || next->op != IR_ADD || next->a == next->b ||
        x64_is_left(c, v + 1)) {
        return false;
    }
    if (!x64_const(c, inst->b, &count) || count < 1 || count > 3 ||
        x64_const(c, next->a == v ? next->b : next->a, &other)) {
        return false;
    }
    return !flags_wanted(c, v + 1);
}

/* A sum of a value and a scaled one. */
static bool add_scaled(struct x64_compile *c, const struct ir_inst *inst)
{
    int64_t count;
    uint32_t scaled = inst->op == IR_ADD && x64_is_scale(c, c->index - 1) ? c->index - 1 : 0;
    if (!scaled) {
        return false;
    }
    const struct ir_inst *shift = x64_inst(c, scaled);
    uint32_t a = inst->a == scaled ? inst->b : inst->a;
    x64_const(c, shift->b, &count);
    unsigned base = x64_use(c, a), index = x64_use(c, shift->a);
    unsigned d = x64_def(c, a, 0);
    x64_lea(c->e, false, d, x64_mx(base, index, (unsigned)count, 0));
    x64_operand_done(c, shift->a);
    x64_operand_done(c, shift->b);
    return true;
}

/* A sum with constant n may be a difference in disguise: the constant -n of a comparison with the
 * same operand that follows soon, 0 if there is none. */
static uint32_t compared_with(const struct x64_compile *c, const struct ir_inst *inst, uint32_t a,
                              int32_t imm)
{
    uint32_t end = c->ir->blocks[c->block].end;
    int64_t other;
    for (uint32_t i = c->index + 1; i < end && i <= c->index + FLAGS_LOOKAHEAD; i++) {
        const struct ir_inst *next = x64_inst(c, i);
        bool compares = (next->op >= IR_EQ && next->op <= IR_SLE) || next->op == IR_SUBO;
        if (compares && next->type == inst->type) {
            if (next->a == a && x64_const(c, next->b, &other) && other == -(int64_t)imm) {
                return next->b;
            }
            if (next->b == a && x64_const(c, next->a, &other) && other == -(int64_t)imm) {
                return next->a;
            }
        } else if (ir_ops[next->op].flags & IR_FLAG_M) {
            break;
        }
    }
    return 0;
}

static bool wide_of(const struct ir_inst *inst)
{
    return inst->type == IR_I64;
}

/* Puts operand a where the result goes, so that a two-operand instruction can follow. */
static unsigned def_from(struct x64_compile *c, const struct ir_inst *inst, uint32_t a,
                         uint32_t avoid)
{
    struct x64_rm ra = x64_use_rm(c, a);
    unsigned d = x64_def(c, a, avoid);
    if (ra.reg != d) {
        x64_mov(c->e, wide_of(inst), d, ra);
    }
    return d;
}

static uint32_t mask_of(struct x64_rm rm)
{
    return rm.reg == X64_NONE ? 0 : X64_BIT(rm.reg);
}

struct alu_row {
    enum x64_alu op;
    enum x64_flags_kind flags;
};
static const struct alu_row alu_rows[IR_OP_COUNT] = {
    [IR_ADD] = {X64_ADD, X64_FLAGS_ADD},    [IR_SUB] = {X64_SUB, X64_FLAGS_CMP},
    [IR_AND] = {X64_AND, X64_FLAGS_RESULT}, [IR_OR] = {X64_OR, X64_FLAGS_RESULT},
    [IR_XOR] = {X64_XOR, X64_FLAGS_RESULT},
};

static void alu_imm(struct x64_compile *c, const struct ir_inst *inst, uint32_t a, int32_t imm)
{
    const struct alu_row *row = &alu_rows[inst->op];
    bool w = wide_of(inst);
    if (inst->op == IR_AND && (imm == 0xff || imm == 0xffff)) {
        struct x64_rm ra = x64_use_rm(c, a);
        x64_movzx(c->e, imm == 0xff ? 0 : 1, x64_def(c, a, 0), ra);
        return;
    }
    struct x64_rm ra = x64_use_rm(c, a);
    unsigned d = x64_def(c, a, 0);
    bool sum = inst->op == IR_ADD || (inst->op == IR_SUB && imm != INT32_MIN);
    uint32_t partner = inst->op == IR_ADD && imm != INT32_MIN ? compared_with(c, inst, a, imm) : 0;
    if (partner) {
        if (ra.reg != d) {
            x64_mov(c->e, w, d, ra);
        }
        x64_alu_imm(c->e, X64_SUB, w, x64_r(d), -imm);
        x64_flags_set(c, X64_FLAGS_CMP, a, partner, 0, c->index);
        return;
    }
    if (sum) {
        x64_sum_remember(c, a, inst->op == IR_ADD ? imm : -imm);
    }
    if (sum && ra.reg != X64_NONE && ra.reg != d && !flags_wanted(c, c->index)) {
        x64_lea(c->e, w, d, x64_m(ra.reg, inst->op == IR_ADD ? imm : -imm));
        return;
    }
    if (ra.reg != d) {
        x64_mov(c->e, w, d, ra);
    }
    x64_alu_imm(c->e, row->op, w, x64_r(d), imm);
    x64_flags_set(c, row->flags, inst->a, inst->b, 0, c->index);
}

/* Of a commutative pair, whether b makes the better first operand: it is where the result goes, or
 * dies in its register while a does not. */
static bool alu_swaps(const struct x64_compile *c, uint32_t a, uint32_t b)
{
    const struct x64_value *va = &c->values[a], *vb = &c->values[b];
    unsigned want = c->values[c->index].want;
    if (want != X64_NONE) {
        if (vb->where == X64_IN_PIN && vb->reg == want) {
            return true;
        }
        if (va->where == X64_IN_PIN && va->reg == want) {
            return false;
        }
        /* The first operand is copied: let the other be the one in memory. */
        return va->where == X64_IN_REG || va->where == X64_IN_PIN
                   ? false
                   : vb->where == X64_IN_REG || vb->where == X64_IN_PIN;
    }
    return vb->where == X64_IN_REG && x64_dies(c, b) &&
           !(va->where == X64_IN_REG && x64_dies(c, a));
}

void x64_lower_alu(struct x64_compile *c, const struct ir_inst *inst)
{
    const struct alu_row *row = &alu_rows[inst->op];
    bool w = wide_of(inst), commutes = inst->op != IR_SUB;
    if (x64_is_left(c, c->index)) {
        c->values[c->index].where = X64_IS_COND;
        return;
    }
    if (add_scaled(c, inst)) {
        return;
    }
    uint32_t a = inst->a, b = inst->b;
    int32_t imm;
    if (x64_imm(c, b, &imm)) {
        alu_imm(c, inst, a, imm);
        return;
    }
    if (commutes && x64_imm(c, a, &imm)) {
        alu_imm(c, inst, b, imm);
        return;
    }
    if (commutes && alu_swaps(c, a, b)) {
        a = inst->b;
        b = inst->a;
    }
    unsigned ra = x64_use(c, a);
    struct x64_rm rb = x64_use_rm(c, b);
    unsigned d = x64_def(c, a, a == b ? 0 : mask_of(rb));
    if (inst->op == IR_ADD && d != ra && rb.reg != X64_NONE && !flags_wanted(c, c->index)) {
        x64_lea(c->e, w, d, x64_mx(ra, rb.reg, 0, 0));
        return;
    }
    if (d != ra) {
        x64_mov(c->e, w, d, x64_r(ra));
    }
    x64_alu(c->e, row->op, w, d, rb.reg == ra ? x64_r(d) : rb);
    x64_flags_set(c, row->flags, inst->a, inst->b, 0, c->index);
}

void x64_lower_andn(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    int32_t imm;
    if (x64_imm(c, inst->b, &imm)) {
        unsigned d = def_from(c, inst, inst->a, 0);
        x64_alu_imm(c->e, X64_AND, w, x64_r(d), ~imm);
        x64_flags_set(c, X64_FLAGS_RESULT, 0, 0, 0, c->index);
        return;
    }
    if (x64_has(c, X64_HAS_BMI1)) {
        unsigned rb = x64_use(c, inst->b);
        struct x64_rm ra = x64_use_rm(c, inst->a);
        unsigned d = x64_def(c, inst->a, 0);
        x64_andn(c->e, w, d, rb, ra);
    } else {
        struct x64_rm ra = x64_use_rm(c, inst->a);
        struct x64_rm rb = x64_use_rm(c, inst->b);
        unsigned d = x64_def(c, inst->b, mask_of(ra));
        if (rb.reg != d) {
            x64_mov(c->e, w, d, rb);
        }
        x64_unary(c->e, X64_NOT, w, x64_r(d));
        x64_alu(c->e, X64_AND, w, d, ra);
    }
    x64_flags_set(c, X64_FLAGS_RESULT, 0, 0, 0, c->index);
}

void x64_lower_unary(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned d = def_from(c, inst, inst->a, 0);
    x64_unary(c->e, inst->op == IR_NOT ? X64_NOT : X64_NEG, wide_of(inst), x64_r(d));
}

void x64_lower_add3(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst), inverted;
    uint32_t addend = x64_addend(c, inst, &inverted);
    x64_carry_in(c, inst->c, !inverted);
    /* Nothing but moves until it is used. */
    int32_t imm;
    if (!inverted && x64_imm(c, addend, &imm)) {
        struct x64_rm ra = x64_use_rm(c, inst->a);
        unsigned d = x64_def(c, inst->a, 0);
        if (ra.reg != d) {
            x64_mov(c->e, w, d, ra);
        }
        x64_alu_imm(c->e, X64_ADC, w, x64_r(d), imm);
        x64_flags_set(c, X64_FLAGS_ADD3, inst->a, inst->b, inst->c, c->index);
        return;
    }
    unsigned ra = x64_use(c, inst->a);
    struct x64_rm rb = x64_use_rm(c, addend);
    unsigned d = x64_def(c, inst->a, inst->a == addend ? 0 : mask_of(rb));
    if (d != ra) {
        x64_mov(c->e, w, d, x64_r(ra));
    }
    enum x64_flags_kind kind = x64_add_carry(c, w, d, rb.reg == ra ? x64_r(d) : rb, inverted);
    x64_flags_set(c, kind, inst->a, inst->b, inst->c, c->index);
}

/* ---- multiplication and division ------------------------------------------------------------- */

void x64_lower_mul(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    int32_t imm;
    uint32_t a = inst->a, b = inst->b;
    if (x64_imm(c, a, &imm)) {
        a = inst->b;
        b = inst->a;
    }
    if (x64_imm(c, b, &imm)) {
        struct x64_rm ra = x64_use_rm(c, a);
        x64_imul_imm(c->e, w, x64_def(c, a, 0), ra, imm);
        return;
    }
    if (alu_swaps(c, a, b)) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    unsigned ra = x64_use(c, a);
    struct x64_rm rb = x64_use_rm(c, b);
    unsigned d = x64_def(c, a, a == b ? 0 : mask_of(rb));
    if (d != ra) {
        x64_mov(c->e, w, d, x64_r(ra));
    }
    x64_imul(c->e, w, d, rb.reg == ra ? x64_r(d) : rb);
}

/* The result is in `reg`, which the instruction had taken. */
static void def_taken(struct x64_compile *c, unsigned reg)
{
    unsigned d = x64_def_taken(c, reg);
    if (d != reg) {
        x64_mov(c->e, x64_type(c, c->index) == IR_I64, d, x64_r(reg));
    }
}

void x64_lower_mulh(struct x64_compile *c, const struct ir_inst *inst)
{
    bool is_signed = inst->op == IR_MULHS;
    if (wide_of(inst)) {
        x64_take(c, X64_RAX);
        x64_take(c, X64_RDX);
        struct x64_rm rb = x64_use_rm(c, inst->b);
        struct x64_rm ra = x64_use_rm(c, inst->a);
        x64_mov(c->e, true, X64_RAX, ra);
        x64_unary(c->e, is_signed ? X64_IMUL : X64_MUL, true, rb);
        def_taken(c, X64_RDX);
        return;
    }
    unsigned ra = x64_use(c, inst->a), rb = x64_use(c, inst->b);
    unsigned product = x64_temp(c);
    if (is_signed) {
        unsigned factor = x64_temp(c);
        x64_movsx(c->e, 2, true, product, x64_r(ra));
        x64_movsx(c->e, 2, true, factor, x64_r(rb));
        x64_imul(c->e, true, product, x64_r(factor));
    } else {
        x64_mov(c->e, false, product, x64_r(ra));
        x64_imul(c->e, true, product, x64_r(rb));
    }
    x64_shift_imm(c->e, X64_SHR, true, x64_r(product), 32);
    def_taken(c, product);
}

void x64_lower_div(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst), is_signed = inst->op == IR_DIVS;
    struct x64_code *e = c->e;
    x64_take(c, X64_RAX);
    x64_take(c, X64_RDX);
    unsigned rb = x64_use(c, inst->b);
    struct x64_rm ra = x64_use_rm(c, inst->a);
    x64_mov(e, w, X64_RAX, ra);
    x64_test(e, w, x64_r(rb), rb);
    uint32_t zero = x64_jcc_short(e, X64_E);
    uint32_t minus = 0;
    if (is_signed) {
        x64_alu_imm(e, X64_CMP, w, x64_r(rb), -1);
        minus = x64_jcc_short(e, X64_E);
        x64_cdq(e, w);
    } else {
        x64_alu(e, X64_XOR, false, X64_RDX, x64_r(X64_RDX));
    }
    x64_unary(e, is_signed ? X64_IDIV : X64_DIV, w, x64_r(rb));
    uint32_t done = x64_jmp_short(e), done_minus = 0;
    if (is_signed) {
        x64_patch_short(e, minus);
        x64_unary(e, X64_NEG, w, x64_r(X64_RAX));
        done_minus = x64_jmp_short(e);
    }
    x64_patch_short(e, zero);
    x64_alu(e, X64_XOR, false, X64_RAX, x64_r(X64_RAX));
    x64_patch_short(e, done);
    if (is_signed) {
        x64_patch_short(e, done_minus);
    }
    def_taken(c, X64_RAX);
}

/* ---- shifts ---------------------------------------------------------------------------------- */

static enum x64_shift shift_of(const struct ir_inst *inst)
{
    return inst->op == IR_SHL   ? X64_SHL
           : inst->op == IR_SHR ? X64_SHR
           : inst->op == IR_SAR ? X64_SAR
                                : X64_ROR;
}

void x64_lower_shift(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    enum x64_shift op = shift_of(inst);
    if (x64_is_scale(c, c->index)) {
        return; /* part of the sum that follows */
    }
    int32_t imm;
    if (x64_imm(c, inst->b, &imm)) {
        unsigned count = (unsigned)imm & (w ? 63 : 31);
        struct x64_rm ra = x64_use_rm(c, inst->a);
        unsigned d = x64_def(c, inst->a, 0);
        if (count && op == X64_ROR && ra.reg != d && x64_has(c, X64_HAS_BMI2)) {
            x64_rorx(c->e, w, d, ra, count);
            return;
        }
        if (count == 1 && op == X64_SHL && ra.reg != d && ra.reg != X64_NONE) {
            x64_lea(c->e, w, d, x64_mx(ra.reg, ra.reg, 0, 0));
            return;
        }
        if (ra.reg != d) {
            x64_mov(c->e, w, d, ra);
        }
        if (count) {
            x64_shift_imm(c->e, op, w, x64_r(d), count);
        }
        return;
    }
    if (op != X64_ROR && x64_has(c, X64_HAS_BMI2)) {
        struct x64_rm ra = x64_use_rm(c, inst->a);
        unsigned rb = x64_use(c, inst->b);
        x64_shiftx(c->e, op, w, x64_def(c, inst->a, 0), ra, rb);
        return;
    }
    x64_use_in(c, inst->b, X64_RCX);
    struct x64_rm ra = x64_use_rm(c, inst->a);
    unsigned d = x64_def(c, inst->a, X64_BIT(X64_RCX));
    if (ra.reg != d) {
        x64_mov(c->e, w, d, ra);
    }
    x64_shift_cl(c->e, op, w, x64_r(d));
}

/* ---- bits ------------------------------------------------------------------------------------ */

void x64_lower_clz(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    struct x64_rm ra = x64_use_rm(c, inst->a);
    if (x64_has(c, X64_HAS_LZCNT)) {
        x64_lzcnt(c->e, w, x64_def(c, inst->a, 0), ra);
        return;
    }
    unsigned none = x64_temp(c);
    unsigned d = x64_def(c, inst->a, 0);
    x64_bsr(c->e, w, d, ra);
    x64_mov_imm(c->e, false, none, w ? 127 : 63);
    x64_cmov(c->e, X64_E, w, d, x64_r(none));
    x64_alu_imm(c->e, X64_XOR, w, x64_r(d), w ? 63 : 31);
}

void x64_lower_ctz(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    struct x64_rm ra = x64_use_rm(c, inst->a);
    if (x64_has(c, X64_HAS_BMI1)) {
        x64_tzcnt(c->e, w, x64_def(c, inst->a, 0), ra);
        return;
    }
    unsigned none = x64_temp(c);
    unsigned d = x64_def(c, inst->a, 0);
    x64_bsf(c->e, w, d, ra);
    x64_mov_imm(c->e, false, none, w ? 64 : 32);
    x64_cmov(c->e, X64_E, w, d, x64_r(none));
}

void x64_lower_bswap(struct x64_compile *c, const struct ir_inst *inst)
{
    x64_bswap(c->e, wide_of(inst), def_from(c, inst, inst->a, 0));
}

void x64_lower_extend(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_rm ra = x64_use_rm(c, inst->a);
    unsigned d = x64_def(c, inst->a, 0);
    switch (inst->op) {
    case IR_SEXT8:
        x64_movsx(c->e, 0, wide_of(inst), d, ra);
        break;
    case IR_SEXT16:
        x64_movsx(c->e, 1, wide_of(inst), d, ra);
        break;
    case IR_SEXT32:
        x64_movsx(c->e, 2, true, d, ra);
        break;
    case IR_ZEXT8:
        x64_movzx(c->e, 0, d, ra);
        break;
    case IR_ZEXT16:
        x64_movzx(c->e, 1, d, ra);
        break;
    case IR_ZEXT32:
        if (ra.reg != d) {
            x64_mov(c->e, false, d, ra);
        }
        break;
    default: /* IR_LO32 */
        x64_mov(c->e, false, d, ra);
        break;
    }
}

void x64_lower_hi32(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_rm ra = x64_use_rm(c, inst->a);
    unsigned d = x64_def(c, inst->a, 0);
    if (ra.reg == X64_NONE) {
        ra.disp += 4;
        x64_mov(c->e, false, d, ra);
        return;
    }
    if (ra.reg != d) {
        x64_mov(c->e, true, d, ra);
    }
    x64_shift_imm(c->e, X64_SHR, true, x64_r(d), 32);
}

void x64_lower_pair(struct x64_compile *c, const struct ir_inst *inst)
{
    unsigned ra = x64_use(c, inst->a);
    struct x64_rm rb = x64_use_rm(c, inst->b);
    unsigned d = x64_def(c, inst->b, X64_BIT(ra));
    if (rb.reg != d) {
        x64_mov(c->e, false, d, rb);
    }
    x64_shift_imm(c->e, X64_SHL, true, x64_r(d), 32);
    x64_alu(c->e, X64_OR, true, d, x64_r(ra));
}

/* reg &= mask, in the shortest way. */
static void and_mask(struct x64_compile *c, bool w, unsigned reg, uint64_t mask)
{
    if (mask == 0xff || mask == 0xffff) {
        x64_movzx(c->e, mask == 0xff ? 0 : 1, reg, x64_r(reg));
    } else if (!w || mask <= INT32_MAX) {
        x64_alu_imm(c->e, X64_AND, false, x64_r(reg), (int32_t)mask);
    } else if (mask == UINT32_MAX) {
        x64_mov(c->e, false, reg, x64_r(reg));
    } else if ((int64_t)mask == (int32_t)mask) {
        x64_alu_imm(c->e, X64_AND, true, x64_r(reg), (int32_t)mask);
    } else {
        unsigned temp = x64_temp(c);
        x64_mov_imm(c->e, true, temp, (int64_t)mask);
        x64_alu(c->e, X64_AND, true, reg, x64_r(temp));
        x64_give(c, temp);
    }
}

static uint64_t low_mask(unsigned len)
{
    return ~UINT64_C(0) >> (64 - len);
}

void x64_lower_extract(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst), is_signed = inst->op == IR_EXTS;
    unsigned lsb = inst->aux & 0xff, len = inst->aux >> 8, width = w ? 64 : 32;
    struct x64_rm ra = x64_use_rm(c, inst->a);
    unsigned d = x64_def(c, inst->a, 0);
    if (lsb == 0 && (len == 8 || len == 16)) {
        if (is_signed) {
            x64_movsx(c->e, len == 8 ? 0 : 1, w, d, ra);
        } else {
            x64_movzx(c->e, len == 8 ? 0 : 1, d, ra);
        }
        return;
    }
    if (ra.reg != d) {
        x64_mov(c->e, w, d, ra);
    }
    if (is_signed) {
        unsigned up = width - lsb - len;
        if (up) {
            x64_shift_imm(c->e, X64_SHL, w, x64_r(d), up);
        }
        if (len != width) {
            x64_shift_imm(c->e, X64_SAR, w, x64_r(d), width - len);
        }
        return;
    }
    if (lsb) {
        x64_shift_imm(c->e, X64_SHR, w, x64_r(d), lsb);
    }
    if (lsb + len < width) {
        and_mask(c, w, d, low_mask(len));
    }
}

void x64_lower_deposit(struct x64_compile *c, const struct ir_inst *inst)
{
    bool w = wide_of(inst);
    unsigned lsb = inst->aux & 0xff, len = inst->aux >> 8, width = w ? 64 : 32;
    uint64_t field = low_mask(len) << lsb;
    uint64_t keep = ~field & low_mask(width);
    struct x64_rm rb = x64_use_rm(c, inst->b);
    unsigned bits = x64_temp(c);
    x64_mov(c->e, w, bits, rb);
    c->locked = X64_BIT(bits); /* b has served */
    if (lsb + len < width) {
        and_mask(c, w, bits, low_mask(len));
    }
    if (lsb) {
        x64_shift_imm(c->e, X64_SHL, w, x64_r(bits), lsb);
    }
    unsigned d = def_from(c, inst, inst->a, 0);
    if (keep) {
        and_mask(c, w, d, keep);
    } else {
        x64_mov_imm(c->e, false, d, 0);
    }
    x64_alu(c->e, X64_OR, w, d, x64_r(bits));
}
