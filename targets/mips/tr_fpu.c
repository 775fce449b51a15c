/* Floating-point arithmetic and comparison (MD00086: ABS.fmt, ADD.fmt, C.cond.fmt ..), and what all
 * operations are emitted by. */
#include "targets/mips/fpu.h"

bool mips_fp_check(struct mips_translation *t, enum ir_type type, unsigned registers)
{
    if (!mips_cp1_check(t)) {
        return false;
    }
    if (type == IR_F32 || t->mode & MIPS_TM_FR || !(registers & 1)) {
        return true;
    }
    mips_reserved(t);
    return false;
}

bool mips_fp_check_long(struct mips_translation *t)
{
    if (t->mode & MIPS_TM_FR) {
        return true;
    }
    mips_reserved(t);
    return false;
}

void mips_tr_fp_reserved(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp1_check(t)) {
        mips_reserved(t);
    }
}

/* ---- operations ------------------------------------------------------------------------------ */

/* By the helper: under any environment, with whatever is enabled. */
static uint32_t emit_call(struct mips_translation *t, uint32_t code, const uint32_t operands[3])
{
    const struct ir_helper *helper =
        mips_fp_code_type(code) == IR_F64 ? &mips_helper_fp_f64 : &mips_helper_fp_f32;
    if (mips_fp_code_op(code) == MIPS_FP_COMPARE || mips_fp_code_op(code) == MIPS_FP_TO_WORD) {
        helper = &mips_helper_fp_i32;
    } else if (mips_fp_code_op(code) == MIPS_FP_TO_LONG) {
        helper = &mips_helper_fp_f64;
    }
    return ir_call(t->ir, helper, ir_i32(t->ir, code), operands[0], operands[1], operands[2]);
}

/* By IR operations that nothing enabled can interrupt; Cause is found later, if it is asked for. */
static uint32_t emit_plain(struct mips_translation *t, uint32_t code, const uint32_t operands[3])
{
    const struct mips_fp_recipe *recipe = &mips_fp_recipes[mips_fp_code_op(code)];
    enum ir_type type = mips_fp_code_type(code);
    uint16_t aux = (uint16_t)(mips_fp_code_aux(code) | IR_FLOAT_PLAIN | IR_FLOAT_LEGACY_NAN);
    bool is_double = ir_result_type(t->ir, operands[0]) == IR_F64;
    uint32_t from[] = {[MIPS_FP_A] = operands[0],
                       [MIPS_FP_B] = operands[1],
                       [MIPS_FP_C] = operands[2],
                       [MIPS_FP_FIRST] = 0,
                       [MIPS_FP_ONE] = 0};
    if (mips_fp_code_op(code) == MIPS_FP_RECIP || mips_fp_code_op(code) == MIPS_FP_RSQRT) {
        from[MIPS_FP_ONE] = ir_const(t->ir, type, (int64_t)mips_fp_one(type));
    }
    for (unsigned i = 0; i < 2 && recipe->steps[i].op != IR_NOP; i++) {
        const struct mips_fp_step *step = &recipe->steps[i];
        uint32_t second = ir_ops[step->op].arity > 1 ? from[step->source[1]] : 0;
        from[MIPS_FP_FIRST] =
            ir_emit(t->ir, step->op, type, from[step->source[0]], second, 0, MIPS_OFF(fp), aux);
    }
    ir_set(t->ir, MIPS_OFF(fp_last), ir_i32(t->ir, code | (is_double ? MIPS_FP_CODE_DOUBLE : 0)));
    for (unsigned i = 0; i < 3 && operands[i]; i++) {
        size_t slot = is_double ? MIPS_OFF(fp_last_d) + 8 * i : MIPS_OFF(fp_last_s) + 4 * i;
        ir_set(t->ir, slot, operands[i]);
    }
    uint32_t result = from[MIPS_FP_FIRST];
    return recipe->negate ? ir_op1(t->ir, IR_FNEG, result) : result;
}

uint32_t mips_fp_emit(struct mips_translation *t, uint32_t code, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t operands[3] = {a, b, c};
    bool plain =
        t->mode & MIPS_TM_FPPLAIN && mips_fp_recipes[mips_fp_code_op(code)].steps[0].op != IR_NOP;
    return plain ? emit_plain(t, code, operands) : emit_call(t, code, operands);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

void mips_tr_fp_arithmetic(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum mips_fp_op op = (enum mips_fp_op)insn->row->arg;
    enum ir_type type = mips_fp_format(insn);
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's'), f = DECODE_FIELD(insn, 't');
    unsigned r = DECODE_FIELD(insn, 'r');
    if (!mips_fp_check(t, type, d | s | f | r)) {
        return;
    }
    bool two = op < MIPS_FP_SQRT || op >= MIPS_FP_MADD, three = op >= MIPS_FP_MADD;
    uint32_t a = ir_get(t->ir, type, mips_fp_reg(t, type, s));
    uint32_t b = two ? ir_get(t->ir, type, mips_fp_reg(t, type, f)) : 0;
    uint32_t c = three ? ir_get(t->ir, type, mips_fp_reg(t, type, r)) : 0;
    uint32_t result = mips_fp_emit(t, mips_fp_code(op, type, 0), a, b, c);
    ir_set(t->ir, mips_fp_reg(t, type, d), result);
}

/* ABS.fmt and NEG.fmt change the sign bit of NaNs too and raise nothing: so QEMU has it, and newer
 * FPUs with FCSR.ABS2008. (MD00086 has legacy ones signal Invalid Operation for NaNs.) */
void mips_tr_fp_sign(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum ir_type type = mips_fp_format(insn);
    unsigned d = DECODE_FIELD(insn, 'd'), s = DECODE_FIELD(insn, 's');
    if (!mips_fp_check(t, type, d | s)) {
        return;
    }
    uint32_t a = ir_get(t->ir, type, mips_fp_reg(t, type, s));
    ir_set(t->ir, mips_fp_reg(t, type, d), ir_op1(t->ir, (enum ir_op)insn->row->arg, a));
}

/* ---- comparison ------------------------------------------------------------------------------ */

/* Of C.cond.fmt's condition, bit 2 asks for less, bit 1 for equal, bit 0 for unordered. */
static uint32_t condition(struct mips_translation *t, unsigned cond, uint32_t relation)
{
    static const struct {
        uint8_t op, b;
    } tests[8] = {
        [1] = {IR_EQ, FP_UNORDERED}, [2] = {IR_EQ, FP_EQUAL},
        [4] = {IR_EQ, FP_LESS},      [5] = {IR_AND, 1}, /* less is 1 and unordered 3 */
        [6] = {IR_ULE, FP_LESS},     [7] = {IR_NE, FP_GREATER},
    };
    if (cond == 0) {
        return ir_i32(t->ir, 0);
    }
    if (cond == 3) { /* equal is 0 */
        uint32_t shifted = ir_op2(t->ir, IR_SUB, relation, ir_i32(t->ir, FP_LESS));
        return ir_op2(t->ir, IR_ULT, ir_i32(t->ir, FP_GREATER - FP_LESS), shifted);
    }
    return ir_op2(t->ir, tests[cond].op, relation, ir_i32(t->ir, tests[cond].b));
}

void mips_tr_fp_compare(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum ir_type type = mips_fp_format(insn);
    unsigned s = DECODE_FIELD(insn, 's'), f = DECODE_FIELD(insn, 't');
    if (!mips_fp_check(t, type, s | f)) {
        return;
    }
    unsigned aux = DECODE_FIELD(insn, 'q') ? IR_FLOAT_SIGNALLING : 0;
    uint32_t a = ir_get(t->ir, type, mips_fp_reg(t, type, s));
    uint32_t b = ir_get(t->ir, type, mips_fp_reg(t, type, f));
    uint32_t relation = mips_fp_emit(t, mips_fp_code(MIPS_FP_COMPARE, type, aux), a, b, 0);
    ir_set(t->ir, MIPS_OFF(fcc) + 4 * DECODE_FIELD(insn, 'c'),
           condition(t, DECODE_FIELD(insn, 'o'), relation));
}
