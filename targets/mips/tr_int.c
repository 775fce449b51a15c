/* Arithmetic, logic, shifts, multiplication and division, bit fields (MD00086). */
#include "targets/mips/handlers.h"

static void set(struct mips_translation *t, const struct decode_insn *insn, char letter,
                uint32_t value)
{
    mips_reg_set(t, mips_field(insn, letter), value);
}

/* ---- arithmetic and logic: arg is an enum ir_op ---------------------------------------------- */

/* ADDU and OR with r0 are how programs move registers. */
static bool is_move(const struct decode_insn *insn)
{
    uint32_t op = insn->row->arg;
    return !mips_field(insn, 't') && (op == IR_ADD || op == IR_OR || op == IR_SUB || op == IR_XOR);
}

void mips_tr_alu_reg(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t a = mips_operand(t, insn, 's');
    if (!is_move(insn)) {
        a = ir_op2(t->ir, insn->row->arg, a, mips_operand(t, insn, 't'));
    }
    set(t, insn, 'd', a);
}

void mips_tr_nor(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t a = mips_operand(t, insn, 's'), b = mips_operand(t, insn, 't');
    set(t, insn, 'd', ir_op1(t->ir, IR_NOT, ir_op2(t->ir, IR_OR, a, b)));
}

static void set_imm(struct mips_translation *t, const struct decode_insn *insn, uint32_t imm)
{
    bool constant = !mips_field(insn, 's') && (insn->row->arg == IR_ADD || insn->row->arg == IR_OR);
    uint32_t value = constant ? ir_i32(t->ir, imm)
                              : mips_op_imm(t, insn->row->arg, mips_operand(t, insn, 's'), imm);
    set(t, insn, 't', value);
}

void mips_tr_alu_imm(void *translation, const struct decode_insn *insn)
{
    set_imm(translation, insn, (uint32_t)mips_offset(insn));
}

void mips_tr_logic_imm(void *translation, const struct decode_insn *insn)
{
    set_imm(translation, insn, mips_field(insn, 'i'));
}

void mips_tr_lui(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    set(t, insn, 't', ir_i32(t->ir, mips_field(insn, 'i') << 16));
}

/* ---- with overflow exceptions ---------------------------------------------------------------- */

void mips_tr_add_reg(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    enum ir_op op = insn->row->arg;
    uint32_t a = mips_operand(t, insn, 's'), b = mips_operand(t, insn, 't');
    mips_raise_if(t, ir_op2(t->ir, op == IR_ADD ? IR_ADDO : IR_SUBO, a, b), MIPS_EXC_OV);
    a = mips_operand(t, insn, 's');
    set(t, insn, 'd', ir_op2(t->ir, op, a, mips_operand(t, insn, 't')));
}

void mips_tr_add_imm(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t imm = (uint32_t)mips_offset(insn);
    mips_raise_if(t, mips_op_imm(t, IR_ADDO, mips_operand(t, insn, 's'), imm), MIPS_EXC_OV);
    set(t, insn, 't', mips_op_imm(t, IR_ADD, mips_operand(t, insn, 's'), imm));
}

/* ---- shifts ---------------------------------------------------------------------------------- */

void mips_tr_shift_imm(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_field(insn, 'd')) {
        return; /* NOP, SSNOP, EHB */
    }
    uint32_t value = mips_operand(t, insn, 't'), amount = mips_field(insn, 'a');
    set(t, insn, 'd', amount ? mips_op_imm(t, insn->row->arg, value, amount) : value);
}

void mips_tr_shift_reg(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t value = mips_operand(t, insn, 't');
    set(t, insn, 'd', ir_op2(t->ir, insn->row->arg, value, mips_operand(t, insn, 's')));
}

/* ---- conditional moves: arg is how rt compares with 0 ---------------------------------------- */

void mips_tr_move_if(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t cond = mips_op_imm(t, insn->row->arg, mips_operand(t, insn, 't'), 0);
    uint32_t moved = mips_operand(t, insn, 's'), kept = mips_operand(t, insn, 'd');
    set(t, insn, 'd', ir_select(t->ir, cond, moved, kept));
}

/* ---- HI and LO ------------------------------------------------------------------------------- */

void mips_tr_move_from(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    set(t, insn, 'd', ir_get(t->ir, IR_I32, insn->row->arg));
}

void mips_tr_move_to(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    ir_set(t->ir, insn->row->arg, mips_operand(t, insn, 's'));
}

uint32_t mips_acc_get(struct mips_translation *t, unsigned n)
{
    uint32_t lo = ir_get(t->ir, IR_I32, MIPS_OFF(lo) + 4 * n);
    uint32_t hi = ir_get(t->ir, IR_I32, MIPS_OFF(hi) + 4 * n);
    return ir_emit(t->ir, IR_PAIR, IR_I64, lo, hi, 0, 0, 0);
}

void mips_acc_set(struct mips_translation *t, unsigned n, uint32_t value)
{
    ir_set(t->ir, MIPS_OFF(lo) + 4 * n, ir_conv(t->ir, IR_LO32, IR_I32, value));
    ir_set(t->ir, MIPS_OFF(hi) + 4 * n, ir_conv(t->ir, IR_HI32, IR_I32, value));
}

void mips_multiply(struct mips_translation *t, const struct decode_insn *insn, unsigned n)
{
    uint32_t arg = insn->row->arg;
    enum ir_op widen = arg & MIPS_MUL_UNSIGNED ? IR_ZEXT32 : IR_SEXT32;
    uint32_t a = ir_conv(t->ir, widen, IR_I64, mips_operand(t, insn, 's'));
    uint32_t b = ir_conv(t->ir, widen, IR_I64, mips_operand(t, insn, 't'));
    uint32_t product = ir_op2(t->ir, IR_MUL, a, b);
    if (arg & (MIPS_MUL_ADD | MIPS_MUL_SUB)) {
        enum ir_op op = arg & MIPS_MUL_ADD ? IR_ADD : IR_SUB;
        product = ir_op2(t->ir, op, mips_acc_get(t, n), product);
    }
    mips_acc_set(t, n, product);
}

void mips_tr_multiply(void *translation, const struct decode_insn *insn)
{
    mips_multiply(translation, insn, 0);
}

/* By 0 the result is UNPREDICTABLE: here as if by 1, which QEMU does too. */
void mips_tr_divide(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t a = mips_operand(t, insn, 's'), b = mips_operand(t, insn, 't');
    b = ir_select(t->ir, b, b, ir_i32(t->ir, 1));
    uint32_t quotient = ir_op2(t->ir, insn->row->arg, a, b);
    uint32_t remainder = ir_op2(t->ir, IR_SUB, a, ir_op2(t->ir, IR_MUL, quotient, b));
    ir_set(t->ir, MIPS_OFF(lo), quotient);
    ir_set(t->ir, MIPS_OFF(hi), remainder);
}

/* ---- bits and bytes -------------------------------------------------------------------------- */

/* arg: 1 counts ones. */
void mips_tr_count(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t value = mips_operand(t, insn, 's');
    value = insn->row->arg ? ir_op1(t->ir, IR_NOT, value) : value;
    set(t, insn, 'd', ir_op1(t->ir, IR_CLZ, value));
}

/* m is the field's size - 1; a field that does not fit is UNPREDICTABLE. */
void mips_tr_ext(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned lsb = mips_field(insn, 'l'), size = mips_field(insn, 'm') + 1;
    if (lsb + size > 32) {
        mips_reserved(t);
        return;
    }
    set(t, insn, 't', ir_extu(t->ir, mips_operand(t, insn, 's'), lsb, size));
}

/* m is the field's last bit. */
void mips_tr_ins(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned lsb = mips_field(insn, 'l'), msb = mips_field(insn, 'm');
    if (msb < lsb) {
        mips_reserved(t);
        return;
    }
    uint32_t into = mips_operand(t, insn, 't');
    set(t, insn, 't', ir_dep(t->ir, into, mips_operand(t, insn, 's'), lsb, msb - lsb + 1));
}

void mips_tr_extend(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    set(t, insn, 'd', ir_op1(t->ir, insn->row->arg, mips_operand(t, insn, 't')));
}

/* Bytes swapped within halfwords. */
void mips_tr_wsbh(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t reversed = ir_op1(t->ir, IR_BSWAP, mips_operand(t, insn, 't'));
    set(t, insn, 'd', mips_op_imm(t, IR_ROR, reversed, 16));
}
