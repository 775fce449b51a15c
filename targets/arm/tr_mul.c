/* Multiplication, division, saturating addition (DDI 0406C A4.4.3, A5.2.5 to A5.2.7, A5.4.4,
 * A6.3.16, A6.3.17). */
#include "targets/arm/handlers.h"

static uint32_t reg(struct arm_translation *t, const struct decode_insn *insn, char letter)
{
    return arm_reg(t, arm_field(insn, letter));
}

static void set_d(struct arm_translation *t, const struct decode_insn *insn, uint32_t value)
{
    arm_reg_set(t, arm_field(insn, 'd'), value);
}

static uint32_t signed64(struct arm_translation *t, uint32_t value)
{
    return ir_conv(t->ir, IR_SEXT32, IR_I64, value);
}

static uint32_t unsigned64(struct arm_translation *t, uint32_t value)
{
    return ir_conv(t->ir, IR_ZEXT32, IR_I64, value);
}

/* RdHi:RdLo */
static uint32_t get_pair(struct arm_translation *t, const struct decode_insn *insn)
{
    return ir_emit(t->ir, IR_PAIR, IR_I64, reg(t, insn, 'l'), reg(t, insn, 'h'), 0, 0, 0);
}

static void set_pair(struct arm_translation *t, const struct decode_insn *insn, uint32_t value)
{
    uint32_t low = ir_conv(t->ir, IR_LO32, IR_I32, value);
    uint32_t high = ir_conv(t->ir, IR_HI32, IR_I32, value);
    arm_reg_set(t, arm_field(insn, 'l'), low);
    arm_reg_set(t, arm_field(insn, 'h'), high);
}

/* The low or high halfword, sign-extended. */
static uint32_t half(struct arm_translation *t, uint32_t value, bool top)
{
    return top ? arm_op_imm(t, IR_SAR, value, 16) : ir_op1(t->ir, IR_SEXT16, value);
}

/* ---- 32-bit ---------------------------------------------------------------------------------- */

void arm_tr_mul(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t result = ir_op2(t->ir, IR_MUL, reg(t, insn, 'n'), reg(t, insn, 'm'));
    if (arm_sets_flags(t, insn)) {
        arm_set_nz(t, result);
    }
    set_d(t, insn, result);
}

void arm_tr_mla(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t product = ir_op2(t->ir, IR_MUL, reg(t, insn, 'n'), reg(t, insn, 'm'));
    uint32_t result = ir_op2(t->ir, IR_ADD, product, reg(t, insn, 'a'));
    if (arm_sets_flags(t, insn)) {
        arm_set_nz(t, result);
    }
    set_d(t, insn, result);
}

void arm_tr_mls(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t product = ir_op2(t->ir, IR_MUL, reg(t, insn, 'n'), reg(t, insn, 'm'));
    set_d(t, insn, ir_op2(t->ir, IR_SUB, reg(t, insn, 'a'), product));
}

void arm_tr_div(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    set_d(t, insn, ir_op2(t->ir, insn->row->arg, reg(t, insn, 'n'), reg(t, insn, 'm')));
}

/* ---- 64-bit ---------------------------------------------------------------------------------- */

void arm_tr_mull(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool is_unsigned = insn->row->arg & ARM_MUL_UNSIGNED;
    uint32_t n = reg(t, insn, 'n'), m = reg(t, insn, 'm');
    uint32_t result = is_unsigned ? ir_op2(t->ir, IR_MUL, unsigned64(t, n), unsigned64(t, m))
                                  : ir_op2(t->ir, IR_MUL, signed64(t, n), signed64(t, m));
    if (insn->row->arg & ARM_MUL_ADD) {
        result = ir_op2(t->ir, IR_ADD, result, get_pair(t, insn));
    }
    if (arm_sets_flags(t, insn)) {
        /* Z looks at both halves, N at the high one. */
        uint32_t low = ir_conv(t->ir, IR_LO32, IR_I32, result);
        uint32_t high = ir_conv(t->ir, IR_HI32, IR_I32, result);
        arm_flags_written(t);
        ir_set(t->ir, ARM_OFF(nf), high);
        ir_set(t->ir, ARM_OFF(zf), ir_op2(t->ir, IR_OR, low, high));
    }
    set_pair(t, insn, result);
}

void arm_tr_umaal(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t result =
        ir_op2(t->ir, IR_MUL, unsigned64(t, reg(t, insn, 'n')), unsigned64(t, reg(t, insn, 'm')));
    result = ir_op2(t->ir, IR_ADD, result, unsigned64(t, reg(t, insn, 'h')));
    set_pair(t, insn, ir_op2(t->ir, IR_ADD, result, unsigned64(t, reg(t, insn, 'l'))));
}

/* ---- halfwords ------------------------------------------------------------------------------- */

/* Adds the accumulator, if there is one (Ra is not 15), and notes the overflow in Q. */
static uint32_t accumulate(struct arm_translation *t, const struct decode_insn *insn,
                           uint32_t value)
{
    if (arm_field(insn, 'a') == 15) {
        return value;
    }
    uint32_t a = reg(t, insn, 'a');
    arm_set_q(t, ir_op2(t->ir, IR_ADDO, value, a));
    return ir_op2(t->ir, IR_ADD, value, a);
}

void arm_tr_smlaxy(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t n = half(t, reg(t, insn, 'n'), arm_field(insn, 'x'));
    uint32_t m = half(t, reg(t, insn, 'm'), arm_field(insn, 'y'));
    set_d(t, insn, accumulate(t, insn, ir_op2(t->ir, IR_MUL, n, m)));
}

void arm_tr_smlawy(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t n = signed64(t, reg(t, insn, 'n'));
    uint32_t m = signed64(t, half(t, reg(t, insn, 'm'), arm_field(insn, 'y')));
    uint32_t product = arm_op_imm(t, IR_SAR, ir_op2(t->ir, IR_MUL, n, m), 16);
    set_d(t, insn, accumulate(t, insn, ir_conv(t->ir, IR_LO32, IR_I32, product)));
}

void arm_tr_smlalxy(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t n = half(t, reg(t, insn, 'n'), arm_field(insn, 'x'));
    uint32_t m = half(t, reg(t, insn, 'm'), arm_field(insn, 'y'));
    uint32_t product = signed64(t, ir_op2(t->ir, IR_MUL, n, m));
    set_pair(t, insn, ir_op2(t->ir, IR_ADD, product, get_pair(t, insn)));
}

/* ---- dual halfwords, most significant words -------------------------------------------------- */

/* The sum or difference of both halfword products, 64-bit; field x exchanges the halves of Rm. */
static uint32_t dual_products(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t n = reg(t, insn, 'n'), m = reg(t, insn, 'm');
    bool swap = arm_field(insn, 'x');
    uint32_t first = ir_op2(t->ir, IR_MUL, half(t, n, false), half(t, m, swap));
    uint32_t second = ir_op2(t->ir, IR_MUL, half(t, n, true), half(t, m, !swap));
    return ir_op2(t->ir, insn->row->arg & ARM_MUL_SUB ? IR_SUB : IR_ADD, signed64(t, first),
                  signed64(t, second));
}

void arm_tr_smlad(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t sum = dual_products(t, insn);
    if (arm_field(insn, 'a') != 15) {
        sum = ir_op2(t->ir, IR_ADD, sum, signed64(t, reg(t, insn, 'a')));
    }
    uint32_t result = ir_conv(t->ir, IR_LO32, IR_I32, sum);
    arm_set_q(t, ir_op2(t->ir, IR_NE, signed64(t, result), sum));
    set_d(t, insn, result);
}

void arm_tr_smlald(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t products = dual_products(t, insn);
    set_pair(t, insn, ir_op2(t->ir, IR_ADD, get_pair(t, insn), products));
}

void arm_tr_smmla(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t zero = ir_i32(t->ir, 0);
    uint32_t a = arm_field(insn, 'a') == 15 ? zero : reg(t, insn, 'a');
    uint32_t high = ir_emit(t->ir, IR_PAIR, IR_I64, zero, a, 0, 0, 0);
    uint32_t product =
        ir_op2(t->ir, IR_MUL, signed64(t, reg(t, insn, 'n')), signed64(t, reg(t, insn, 'm')));
    uint32_t sum = ir_op2(t->ir, insn->row->arg & ARM_MUL_SUB ? IR_SUB : IR_ADD, high, product);
    if (arm_field(insn, 'r')) {
        sum = ir_op2(t->ir, IR_ADD, sum, ir_const(t->ir, IR_I64, 0x80000000));
    }
    set_d(t, insn, ir_conv(t->ir, IR_HI32, IR_I32, sum));
}

/* ---- saturating addition --------------------------------------------------------------------- */

/* a + b or a - b, saturated; Q notes it. */
static uint32_t saturating(struct arm_translation *t, uint32_t a, uint32_t b, bool sub)
{
    uint32_t sum = ir_op2(t->ir, sub ? IR_SUB : IR_ADD, a, b);
    uint32_t overflow = ir_op2(t->ir, sub ? IR_SUBO : IR_ADDO, a, b);
    /* On overflow the sign of the sum is the wrong one. */
    uint32_t limit = arm_op_imm(t, IR_XOR, arm_op_imm(t, IR_SAR, sum, 31), 0x80000000);
    arm_set_q(t, overflow);
    return ir_select(t->ir, overflow, limit, sum);
}

void arm_tr_qadd(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t m = reg(t, insn, 'm'), n = reg(t, insn, 'n');
    if (insn->row->arg & ARM_QADD_DOUBLE) {
        n = saturating(t, n, n, false);
    }
    set_d(t, insn, saturating(t, m, n, insn->row->arg & ARM_QADD_SUB));
}
