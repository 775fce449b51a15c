/* Lanes of single precision.
 *
 * Whatever its environment flushes and whichever NaNs it makes, core/fp gives what SSE does, flags
 * included, as long as it rounds to nearest (IR_VEC_NEAREST) and no lane comes near a denormal or
 * is a NaN: operands and results are zeros or large enough. That is checked by integer operations
 * before the arithmetic, which might raise flags; if a lane does not pass, all are done out of line
 * by core/fp. Overflow to infinity is the same in both. */
#include "host/x86_64/lower_vec.h"

#include <string.h>

enum {
    CVTDQ2PS = 0x5b | X64_MAP_0F,
    CVTTPS2DQ = 0x5b | X64_MAP_0F | X64_P_F3,
    CMPPS = 0xc2 | X64_MAP_0F,
    ADDPS = 0x58 | X64_MAP_0F,
    MULPS = 0x59 | X64_MAP_0F,
    SUBPS = 0x5c | X64_MAP_0F,
    MINPS = 0x5d | X64_MAP_0F,
    MAXPS = 0x5f | X64_MAP_0F,
    ANDPS = 0x54 | X64_MAP_0F,
    ORPS = 0x56 | X64_MAP_0F,
    MOVMSKPS = 0x50 | X64_MAP_0F,
    PSIGND = VEC_OP38(0x0a),
    PMAXSD = VEC_OP38(0x3d),
    VFMADD231PS = VEC_OP38(0xb8),
    VTESTPS = VEC_OP38(0x0e) | X64_FLAGS,
};

/* The vectors of enum x64_vector. */
void x64_vectors_set(uint64_t *to)
{
    static const uint64_t vectors[X64_VECTOR_COUNT][2] = {
        [X64_VECTOR_ABS] = {0x7fffffff7fffffff, 0x7fffffff7fffffff},
        /* A sum of multiples of 2^-125 is one, too. */
        [X64_VECTOR_LEAST_ADD] = {0x0c8000000c800000, 0x0c8000000c800000}, /* 2^-102 */
        [X64_VECTOR_LEAST_MUL] = {0x2000000020000000, 0x2000000020000000}, /* 2^-63 */
        [X64_VECTOR_LEAST_MLA] = {0x2600000026000000, 0x2600000026000000}, /* 2^-51 */
        /* Products are multiples of 2^-126, addends of 2^-63. */
        [X64_VECTOR_LEAST_FMA] = {0x2b8000002b800000, 0x2b8000002b800000}, /* 2^-40 */
        [X64_VECTOR_LEAST_NORMAL] = {0x0080000000800000, 0x0080000000800000},
        [X64_VECTOR_LARGEST] = {0x7f7fffff7f7fffff, 0x7f7fffff7f7fffff},
        [X64_VECTOR_INFINITY] = {0x7f8000007f800000, 0x7f8000007f800000},
        [X64_VECTOR_LARGEST_INT] = {0x4effffff4effffff, 0x4effffff4effffff},
        [X64_VECTOR_NIBBLES] = {0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f},
        [X64_VECTOR_COUNTS] = {0x0302020102010100, 0x0403030203020201},
        [X64_VECTOR_POWERS] = {0x8040201008040201, 0},
        [X64_VECTOR_POWERS_DOWN] = {0x0102040810204080, 0},
        [X64_VECTOR_SEVENS] = {0x0707070707070707, 0x0707070707070707},
        [X64_VECTOR_ZEROS] = {0x0101010102020304, 0},
        [X64_VECTOR_EVEN_BYTES] = {0x0e0c0a0806040200, 0xffffffffffffffff},
        [X64_VECTOR_EVEN_WORDS] = {0x0d0c090805040100, 0xffffffffffffffff},
        [X64_VECTOR_LIMIT] = {0x7070707070707070, 0x7070707070707070},
        [X64_VECTOR_SIXTEEN] = {0x1010101010101010, 0x1010101010101010},
    };
    memcpy(to, vectors, sizeof(vectors));
}

static bool has_fast_way(const struct ir_inst *inst)
{
    return vec_size(inst) == 2 && inst->aux & IR_VEC_NEAREST;
}

/* ---- the check ------------------------------------------------------------------------------- */

/* What the magnitudes of operands' lanes must be: zero, or from `least` (the first operand's:
 * `first`) to `largest` (X64_VECTOR_COUNT: any, NaNs too). */
struct limits {
    enum x64_vector first, least, largest;
};

/* A floating-point operation with its fast way: registers are all taken before anything is emitted,
 * since no value may move between a jump to the stub and the return from it. */
struct fast {
    struct limits limits;
    unsigned operand[3]; /* registers */
    unsigned d;
    unsigned bad, largest, magnitude, excess; /* of the check */
    unsigned temp;                            /* general register */
    struct x64_stub *stub;
};

static void begin(struct x64_compile *c, const struct ir_inst *inst, struct fast *f)
{
    const uint32_t values[3] = {inst->a, inst->b, inst->c};
    for (unsigned i = 0; i < 3; i++) {
        f->operand[i] = i < ir_ops[inst->op].arity ? x64_use(c, values[i]) : X64_NONE;
    }
    f->bad = x64_temp_xmm(c);
    f->largest = x64_temp_xmm(c);
    f->magnitude = x64_temp_xmm(c);
    f->excess = x64_temp_xmm(c);
    f->temp = x64_temp(c);
    f->d = x64_def(c, 0, 0);
    f->stub = x64_float_stub(c, inst, f->operand, f->d);
}

static void end(struct x64_compile *c, const struct fast *f)
{
    f->stub->resume = x64_here(c->e);
    if (f->stub->jump_count == 0) {
        c->s->stubs.count--;
    }
}

/* Leaves for the stub if any sign bit of f->bad is set. */
static void leave_if_bad(struct x64_compile *c, const struct fast *f)
{
    if (x64_has(c, X64_HAS_AVX)) {
        x64_emit_vex(c->e, VTESTPS, f->bad, 0, x64_r(f->bad));
    } else {
        x64_emit(c->e, MOVMSKPS, f->temp, x64_r(f->bad));
        x64_test(c->e, false, x64_r(f->temp), f->temp);
    }
    x64_stub_jump(f->stub, x64_jcc(c->e, X64_NE));
}

/* Constants are looked at now. */
static bool is_harmless(const struct x64_compile *c, uint32_t v, enum x64_vector smallest,
                        enum x64_vector greatest)
{
    uint64_t word[2], bound[X64_VECTOR_COUNT][2];
    if (!vec_is_const(c, v, word)) {
        return false;
    }
    x64_vectors_set(&bound[0][0]);
    uint32_t least = (uint32_t)bound[smallest][0];
    uint32_t largest = greatest == X64_VECTOR_COUNT ? 0x7f800000 : (uint32_t)bound[greatest][0];
    for (unsigned i = 0; i < 4; i++) {
        uint32_t magnitude = word[i / 2] >> i % 2 * 32 & 0x7fffffff;
        if (magnitude && (magnitude < least || magnitude > largest)) {
            return false;
        }
    }
    return true;
}

/* Sets the sign bits of f->bad where one of the values is out of limits; false if none can be. */
static bool find_bad(struct x64_compile *c, const struct ir_inst *inst, const struct fast *f)
{
    const uint32_t values[3] = {inst->a, inst->b, inst->c};
    bool first = true;
    for (unsigned i = 0; i < ir_ops[inst->op].arity; i++) {
        enum x64_vector least = i == 0 ? f->limits.first : f->limits.least;
        bool again = (i > 0 && values[i] == values[0] && least == f->limits.first) ||
                     (i > 1 && values[i] == values[1]);
        if (again || is_harmless(c, values[i], least, f->limits.largest)) {
            continue;
        }
        unsigned magnitude = first ? f->largest : f->magnitude, small = first ? f->bad : f->excess;
        vec_rm(c, PAND, magnitude, f->operand[i], vec_constant(X64_VECTOR_ABS));
        vec_rm(c, PSUBD, small, magnitude, vec_constant(least));
        vec(c, PSIGND, small, small, magnitude); /* a zero is not small */
        if (!first) {
            vec(c, POR, f->bad, f->bad, small);
            vec(c, PMAXSD, f->largest, f->largest, magnitude);
        }
        first = false;
    }
    if (!first && f->limits.largest != X64_VECTOR_COUNT) {
        x64_movx_load(c->e, 4, f->excess, vec_constant(f->limits.largest));
        vec(c, PSUBD, f->excess, f->excess, f->largest);
        vec(c, POR, f->bad, f->bad, f->excess);
    }
    return !first;
}

static void check(struct x64_compile *c, const struct ir_inst *inst, const struct fast *f)
{
    if (find_bad(c, inst, f)) {
        leave_if_bad(c, f);
    }
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

void vec_lower_float(struct x64_compile *c, const struct ir_inst *inst)
{
    static const struct {
        uint32_t op;
        enum x64_vector least;
    } rows[] = {
        [IR_VFADD - IR_VFADD] = {ADDPS, X64_VECTOR_LEAST_ADD},
        [IR_VFSUB - IR_VFADD] = {SUBPS, X64_VECTOR_LEAST_ADD},
        [IR_VFMUL - IR_VFADD] = {MULPS, X64_VECTOR_LEAST_MUL},
    };
    if (!has_fast_way(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    enum x64_vector least = rows[inst->op - IR_VFADD].least;
    struct fast f = {.limits = {least, least, X64_VECTOR_LARGEST}};
    begin(c, inst, &f);
    check(c, inst, &f);
    vec(c, rows[inst->op - IR_VFADD].op, f.d, f.operand[0], f.operand[1]);
    end(c, &f);
}

void vec_lower_float_fma(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!has_fast_way(inst) || !x64_has(c, X64_HAS_FMA)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct fast f = {.limits = {X64_VECTOR_LEAST_FMA, X64_VECTOR_LEAST_FMA, X64_VECTOR_LARGEST}};
    begin(c, inst, &f);
    check(c, inst, &f);
    vec_move(c, f.d, f.operand[0]);
    x64_emit_vex(c->e, VFMADD231PS, f.d, f.operand[1], x64_r(f.operand[2]));
    end(c, &f);
}

/* An infinite product is no NaN's beginning: the addend is finite. */
void vec_lower_float_mla(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!has_fast_way(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct fast f = {.limits = {X64_VECTOR_LEAST_ADD, X64_VECTOR_LEAST_MLA, X64_VECTOR_LARGEST}};
    begin(c, inst, &f);
    check(c, inst, &f);
    vec(c, MULPS, f.magnitude, f.operand[1], f.operand[2]);
    vec(c, inst->op == IR_VFMLA ? ADDPS : SUBPS, f.d, f.operand[0], f.magnitude);
    end(c, &f);
}

/* The SSE instructions give their second operand if both are zeros: done both ways, zeros of
 * different signs differ, and only they do. */
void vec_lower_float_minmax(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!has_fast_way(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    bool min = inst->op == IR_VFMIN;
    struct fast f = {
        .limits = {X64_VECTOR_LEAST_NORMAL, X64_VECTOR_LEAST_NORMAL, X64_VECTOR_INFINITY}};
    begin(c, inst, &f);
    check(c, inst, &f);
    vec(c, min ? MINPS : MAXPS, f.d, f.operand[0], f.operand[1]);
    vec(c, min ? MINPS : MAXPS, f.bad, f.operand[1], f.operand[0]);
    vec(c, min ? ORPS : ANDPS, f.d, f.d, f.bad);
    end(c, &f);
}

/* NaNs need no way of their own: SSE's "equal" is quiet, its "less" signals. */
void vec_lower_float_compare(struct x64_compile *c, const struct ir_inst *inst)
{
    enum { EQUAL, LESS, LESS_EQUAL };
    if (!has_fast_way(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct fast f = {
        .limits = {X64_VECTOR_LEAST_NORMAL, X64_VECTOR_LEAST_NORMAL, X64_VECTOR_COUNT}};
    begin(c, inst, &f);
    check(c, inst, &f);
    if (inst->op == IR_VFEQ) {
        vec_rm_imm(c, CMPPS, f.d, f.operand[0], x64_r(f.operand[1]), EQUAL);
    } else {
        vec_rm_imm(c, CMPPS, f.d, f.operand[1], x64_r(f.operand[0]),
                   inst->op == IR_VFGT ? LESS : LESS_EQUAL);
    }
    end(c, &f);
}

/* ---- conversions ----------------------------------------------------------------------------- */

static unsigned fraction(const struct ir_inst *inst)
{
    return (inst->aux & IR_VEC_FRACTION) >> IR_VEC_FRACTION_SHIFT;
}

/* Unsigned: what is negative or beyond 2^31 goes out of line. */
void vec_lower_float_to_int(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!has_fast_way(inst) || fraction(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct fast f = {
        .limits = {X64_VECTOR_LEAST_NORMAL, X64_VECTOR_LEAST_NORMAL, X64_VECTOR_LARGEST_INT}};
    begin(c, inst, &f);
    bool unknown = find_bad(c, inst, &f);
    if (!vec_signed(inst) && unknown) {
        vec(c, POR, f.bad, f.bad, f.operand[0]);
    } else if (!vec_signed(inst)) {
        vec_move(c, f.bad, f.operand[0]);
    }
    if (!vec_signed(inst) || unknown) {
        leave_if_bad(c, &f);
    }
    vec_one(c, CVTTPS2DQ, f.d, x64_r(f.operand[0]));
    end(c, &f);
}

/* A division by a power of two is exact. */
void vec_lower_int_to_float(struct x64_compile *c, const struct ir_inst *inst)
{
    if (!has_fast_way(inst)) {
        x64_lower_evaluate(c, inst);
        return;
    }
    struct fast f;
    begin(c, inst, &f);
    if (fraction(inst)) {
        vec_splat(c, f.magnitude, 2, (127 - fraction(inst)) << 23);
    }
    if (!vec_signed(inst)) {
        vec_move(c, f.bad, f.operand[0]);
        leave_if_bad(c, &f);
    }
    vec_one(c, CVTDQ2PS, f.d, x64_r(f.operand[0]));
    if (fraction(inst)) {
        vec(c, MULPS, f.d, f.d, f.magnitude);
    }
    end(c, &f);
}
