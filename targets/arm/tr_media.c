/* Packing, extension, saturation, reversal, bit fields and parallel arithmetic (DDI 0406C A5.4,
 * A6.3.12 to A6.3.15). */
#include "targets/arm/handlers.h"

#include "core/base/check.h"
#include "targets/arm/helpers.h"

static uint32_t reg(struct arm_translation *t, const struct decode_insn *insn, char letter)
{
    return arm_reg(t, arm_field(insn, letter));
}

static void set_d(struct arm_translation *t, const struct decode_insn *insn, uint32_t value)
{
    arm_reg_set(t, arm_field(insn, 'd'), value);
}

/* ---- packing and extension ------------------------------------------------------------------- */

void arm_tr_pkh(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t n = reg(t, insn, 'n'), m = reg(t, insn, 'm');
    bool tb = arm_field(insn, 'f');
    uint32_t shifted = arm_shift_imm(t, m, tb ? 2 : 0, arm_field(insn, 'h'));
    if (tb) { /* top of Rn, bottom of the shifted Rm */
        set_d(t, insn, ir_dep(t->ir, n, shifted, 0, 16));
    } else {
        set_d(t, insn, ir_dep(t->ir, shifted, n, 0, 16));
    }
}

/* Both halfwords added, no carry between them. */
static uint32_t add_halves(struct arm_translation *t, uint32_t a, uint32_t b)
{
    uint32_t low = ir_op2(t->ir, IR_ADD, a, b);
    uint32_t high =
        ir_op2(t->ir, IR_ADD, arm_op_imm(t, IR_SHR, a, 16), arm_op_imm(t, IR_SHR, b, 16));
    return ir_dep(t->ir, low, high, 16, 16);
}

static uint32_t extended(struct arm_translation *t, uint32_t value, uint32_t arg)
{
    bool sign = arg & ARM_EXT_SIGN;
    switch (arg & ARM_EXT_KIND) {
    case ARM_EXT_B:
        return ir_op1(t->ir, sign ? IR_SEXT8 : IR_ZEXT8, value);
    case ARM_EXT_H:
        return ir_op1(t->ir, sign ? IR_SEXT16 : IR_ZEXT16, value);
    case ARM_EXT_16:
        if (!sign) {
            return arm_op_imm(t, IR_AND, value, 0x00ff00ff);
        }
        return ir_dep(t->ir, ir_op1(t->ir, IR_SEXT8, value), ir_exts(t->ir, value, 16, 8), 16, 16);
    }
    CHECK_UNREACHABLE();
}

/* SXTB and its like are SXTAB with Rn = 15. */
void arm_tr_extend(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t arg = insn->row->arg, rotation = arm_field(insn, 'r') * 8;
    uint32_t m = reg(t, insn, 'm');
    uint32_t value = extended(t, rotation ? arm_op_imm(t, IR_ROR, m, rotation) : m, arg);
    if (arm_field(insn, 'n') != 15) {
        uint32_t n = reg(t, insn, 'n');
        value = (arg & ARM_EXT_KIND) == ARM_EXT_16 ? add_halves(t, n, value)
                                                   : ir_op2(t->ir, IR_ADD, n, value);
    }
    set_d(t, insn, value);
}

/* ---- reversal and counting ------------------------------------------------------------------- */

static uint32_t swap_bits(struct arm_translation *t, uint32_t value, uint32_t mask, unsigned by)
{
    uint32_t high = arm_op_imm(t, IR_AND, arm_op_imm(t, IR_SHR, value, by), mask);
    uint32_t low = arm_op_imm(t, IR_SHL, arm_op_imm(t, IR_AND, value, mask), by);
    return ir_op2(t->ir, IR_OR, high, low);
}

void arm_tr_rev(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t value = ir_op1(t->ir, IR_BSWAP, reg(t, insn, 'm'));
    switch ((enum arm_rev)insn->row->arg) {
    case ARM_REV:
        break;
    case ARM_REV16:
        value = arm_op_imm(t, IR_ROR, value, 16);
        break;
    case ARM_REVSH:
        value = arm_op_imm(t, IR_SAR, value, 16);
        break;
    case ARM_RBIT:
        value = swap_bits(t, value, 0x0f0f0f0f, 4);
        value = swap_bits(t, value, 0x33333333, 2);
        value = swap_bits(t, value, 0x55555555, 1);
        break;
    }
    set_d(t, insn, value);
}

void arm_tr_clz(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    set_d(t, insn, ir_op1(t->ir, IR_CLZ, reg(t, insn, 'm')));
}

/* ---- bit fields ------------------------------------------------------------------------------ */

void arm_tr_bfx(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned lsb = arm_field(insn, 'l'), len = arm_field(insn, 'w') + 1;
    if (lsb + len > 32) {
        arm_undefined(t);
        return;
    }
    uint32_t n = reg(t, insn, 'n');
    set_d(t, insn,
          insn->row->arg == IR_EXTS ? ir_exts(t->ir, n, lsb, len) : ir_extu(t->ir, n, lsb, len));
}

/* BFC is BFI with Rn = 15. */
void arm_tr_bfi(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned lsb = arm_field(insn, 'l'), msb = arm_field(insn, 'e');
    if (msb < lsb) {
        arm_undefined(t);
        return;
    }
    uint32_t source = arm_field(insn, 'n') == 15 ? ir_i32(t->ir, 0) : reg(t, insn, 'n');
    set_d(t, insn, ir_dep(t->ir, reg(t, insn, 'd'), source, lsb, msb - lsb + 1));
}

/* ---- saturation ------------------------------------------------------------------------------ */

void arm_tr_sat(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned bits = arm_field(insn, 'i');
    bool is_signed = insn->row->arg & ARM_SAT_SIGNED;
    if (t->thumb && arm_field(insn, 'y') && !arm_field(insn, 'h')) {
        arm_undefined(t); /* where SSAT16 and USAT16 are */
        return;
    }
    uint32_t high = is_signed ? (UINT32_C(1) << (bits - 1)) - 1 : (UINT32_C(1) << bits) - 1;
    uint32_t low = is_signed ? ~high : 0;
    uint32_t value =
        arm_shift_imm(t, reg(t, insn, 'n'), arm_field(insn, 'y') ? 2 : 0, arm_field(insn, 'h'));
    uint32_t min = ir_i32(t->ir, low), max = ir_i32(t->ir, high);
    uint32_t result = ir_select(t->ir, ir_op2(t->ir, IR_SLT, max, value), max, value);
    result = ir_select(t->ir, ir_op2(t->ir, IR_SLT, value, min), min, result);
    arm_set_q(t, ir_op2(t->ir, IR_NE, result, value));
    set_d(t, insn, result);
}

void arm_tr_sat16(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t both =
        ir_call(t->ir, &arm_helper_sat16, reg(t, insn, 'n'), ir_i32(t->ir, arm_field(insn, 'i')),
                ir_i32(t->ir, !(insn->row->arg & ARM_SAT_SIGNED)), 0);
    arm_set_q(t, ir_conv(t->ir, IR_HI32, IR_I32, both));
    set_d(t, insn, ir_conv(t->ir, IR_LO32, IR_I32, both));
}

/* ---- parallel addition and subtraction ------------------------------------------------------- */

enum { LANE_TOPS = 0x80808080 };

/* Bit 7 of each byte, as a 4-bit number. */
static uint32_t gather_tops(struct arm_translation *t, uint32_t tops)
{
    uint32_t ones = arm_op_imm(t, IR_SHR, arm_op_imm(t, IR_AND, tops, LANE_TOPS), 7);
    return arm_op_imm(t, IR_SHR, arm_op_imm(t, IR_MUL, ones, 0x10204080), 28);
}

/* UADD8: what strlen() and its like are made of, together with SEL. */
static void uadd8(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t a = reg(t, insn, 'n'), b = reg(t, insn, 'm');
    uint32_t low = ir_op2(t->ir, IR_ADD, arm_op_imm(t, IR_AND, a, ~LANE_TOPS),
                          arm_op_imm(t, IR_AND, b, ~LANE_TOPS));
    uint32_t differ = ir_op2(t->ir, IR_XOR, a, b);
    uint32_t sum = ir_op2(t->ir, IR_XOR, low, arm_op_imm(t, IR_AND, differ, LANE_TOPS));
    uint32_t carry =
        ir_op2(t->ir, IR_OR, ir_op2(t->ir, IR_AND, a, b), ir_op2(t->ir, IR_ANDN, differ, sum));
    ir_set(t->ir, ARM_OFF(ge), gather_tops(t, carry));
    set_d(t, insn, sum);
}

/* USUB8: GE where no borrow leaves the byte. */
static void usub8(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t a = reg(t, insn, 'n'), b = reg(t, insn, 'm');
    uint32_t low = ir_op2(t->ir, IR_SUB, arm_op_imm(t, IR_OR, a, LANE_TOPS),
                          arm_op_imm(t, IR_AND, b, ~LANE_TOPS));
    uint32_t same = ir_op1(t->ir, IR_NOT, ir_op2(t->ir, IR_XOR, a, b));
    uint32_t difference = ir_op2(t->ir, IR_XOR, low, arm_op_imm(t, IR_AND, same, LANE_TOPS));
    uint32_t no_borrow = ir_op2(t->ir, IR_OR, ir_op2(t->ir, IR_ANDN, a, b),
                                ir_op2(t->ir, IR_ANDN, same, difference));
    ir_set(t->ir, ARM_OFF(ge), gather_tops(t, no_borrow));
    set_d(t, insn, difference);
}

void arm_tr_parallel(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t op = insn->row->arg, kind = op & ~7u;
    if (op == (ARM_PAR_U | ARM_PAR_ADD8)) {
        uadd8(t, insn);
        return;
    }
    if (op == (ARM_PAR_U | ARM_PAR_SUB8)) {
        usub8(t, insn);
        return;
    }
    uint32_t both = ir_call(t->ir, &arm_helper_parallel, reg(t, insn, 'n'), reg(t, insn, 'm'),
                            ir_i32(t->ir, op), 0);
    if (kind == ARM_PAR_S || kind == ARM_PAR_U) {
        ir_set(t->ir, ARM_OFF(ge), ir_conv(t->ir, IR_HI32, IR_I32, both));
    }
    set_d(t, insn, ir_conv(t->ir, IR_LO32, IR_I32, both));
}

void arm_tr_sel(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t ge = ir_get(t->ir, IR_I32, ARM_OFF(ge));
    /* The four bits spread to bit 0 of each byte, then over the byte. */
    uint32_t ones = arm_op_imm(t, IR_AND, arm_op_imm(t, IR_MUL, ge, 0x00204081), 0x01010101);
    uint32_t mask = arm_op_imm(t, IR_MUL, ones, 0xff);
    uint32_t from_n = ir_op2(t->ir, IR_AND, reg(t, insn, 'n'), mask);
    uint32_t from_m = ir_op2(t->ir, IR_ANDN, reg(t, insn, 'm'), mask);
    set_d(t, insn, ir_op2(t->ir, IR_OR, from_n, from_m));
}

/* USAD8 is USADA8 with Ra = 15. */
void arm_tr_usada8(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t sum = ir_call(t->ir, &arm_helper_usad8, reg(t, insn, 'n'), reg(t, insn, 'm'), 0, 0);
    if (arm_field(insn, 'a') != 15) {
        sum = ir_op2(t->ir, IR_ADD, sum, reg(t, insn, 'a'));
    }
    set_d(t, insn, sum);
}
