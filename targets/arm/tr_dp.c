/* Data processing (DDI 0406C A5.2, A6.3.1, A6.3.3, A6.3.11) with the shifter's carry. */
#include "targets/arm/handlers.h"

#include "core/base/check.h"
#include "targets/arm/helpers.h"

enum { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* The flexible second operand. carry is 0 where the shifter leaves C alone or nobody asked. */
struct operand {
    uint32_t value, carry;
};

/* ---- immediates ------------------------------------------------------------------------------ */

static uint32_t rotate(uint32_t value, unsigned count)
{
    return count ? value >> count | value << (32 - count) : value;
}

/* ARMExpandImm_C (A5.2.4) and ThumbExpandImm_C (A6.3.2); *rotated: C becomes bit 31. */
static uint32_t expand_imm(bool thumb, uint32_t imm12, bool *rotated)
{
    uint32_t byte = imm12 & 0xff;
    *rotated = false;
    if (!thumb) {
        *rotated = imm12 >> 8 != 0;
        return rotate(byte, imm12 >> 8 << 1);
    }
    switch (imm12 >> 8) {
    case 0:
        return byte;
    case 1:
        return byte << 16 | byte;
    case 2:
        return byte << 24 | byte << 8;
    case 3:
        return byte * 0x01010101;
    }
    *rotated = true;
    return rotate(byte | 0x80, imm12 >> 7);
}

static struct operand operand_imm(struct arm_translation *t, uint32_t imm12)
{
    bool rotated;
    uint32_t value = expand_imm(t->thumb, imm12, &rotated);
    struct operand operand = {.value = ir_i32(t->ir, value)};
    if (rotated) {
        operand.carry = ir_i32(t->ir, value >> 31);
    }
    return operand;
}

/* ---- shifts by constants --------------------------------------------------------------------- */

static uint32_t rrx(struct arm_translation *t, uint32_t value)
{
    uint32_t carry = ir_get(t->ir, IR_I32, ARM_OFF(cf));
    return ir_dep(t->ir, arm_op_imm(t, IR_SHR, value, 1), carry, 31, 1);
}

uint32_t arm_shift_imm(struct arm_translation *t, uint32_t value, unsigned type, unsigned amount)
{
    switch (type) {
    case SHIFT_LSL:
        return amount ? arm_op_imm(t, IR_SHL, value, amount) : value;
    case SHIFT_LSR:
        return amount ? arm_op_imm(t, IR_SHR, value, amount) : ir_i32(t->ir, 0);
    case SHIFT_ASR:
        return arm_op_imm(t, IR_SAR, value, amount ? amount : 31);
    case SHIFT_ROR:
        return amount ? arm_op_imm(t, IR_ROR, value, amount) : rrx(t, value);
    }
    CHECK_UNREACHABLE();
}

static struct operand operand_shift_imm(struct arm_translation *t, uint32_t m, unsigned type,
                                        unsigned amount, bool carry)
{
    struct operand operand = {.value = arm_shift_imm(t, m, type, amount)};
    if (carry && (type != SHIFT_LSL || amount)) {
        /* The last bit shifted out: amount 0 means 32, or RRX with 1. */
        unsigned bit = type == SHIFT_LSL              ? 32 - amount
                       : type == SHIFT_ROR && !amount ? 0
                                                      : amount - 1;
        operand.carry = ir_extu(t->ir, m, bit & 31, 1);
    }
    return operand;
}

/* ---- shifts by registers --------------------------------------------------------------------- */

/* min(count, limit) */
static uint32_t clamp(struct arm_translation *t, uint32_t count, uint32_t limit)
{
    uint32_t bound = ir_i32(t->ir, limit);
    return ir_select(t->ir, ir_op2(t->ir, IR_ULT, count, bound), count, bound);
}

/* The last bit shifted out for counts of 1 and more, from 64-bit shifts that keep it. */
static uint32_t shifted_out(struct arm_translation *t, uint32_t m, unsigned type, uint32_t count)
{
    uint32_t one = ir_i32(t->ir, 1), wide;
    switch (type) {
    case SHIFT_LSL:
        wide = ir_op2(t->ir, IR_SHL, ir_conv(t->ir, IR_ZEXT32, IR_I64, m), clamp(t, count, 33));
        return ir_op2(t->ir, IR_AND, ir_conv(t->ir, IR_HI32, IR_I32, wide), one);
    case SHIFT_LSR:
    case SHIFT_ASR:
        wide = ir_conv(t->ir, type == SHIFT_LSR ? IR_ZEXT32 : IR_SEXT32, IR_I64, m);
        wide = ir_op2(t->ir, IR_SHL, wide, one);
        wide = ir_op2(t->ir, type == SHIFT_LSR ? IR_SHR : IR_SAR, wide, clamp(t, count, 33));
        return ir_op2(t->ir, IR_AND, ir_conv(t->ir, IR_LO32, IR_I32, wide), one);
    case SHIFT_ROR:
        return arm_op_imm(t, IR_SHR, ir_op2(t->ir, IR_ROR, m, count), 31);
    }
    CHECK_UNREACHABLE();
}

static uint32_t shift_reg(struct arm_translation *t, uint32_t m, unsigned type, uint32_t count)
{
    uint32_t small;
    switch (type) {
    case SHIFT_LSL:
    case SHIFT_LSR:
        small = arm_op_imm(t, IR_ULT, count, 32);
        return ir_select(t->ir, small, ir_op2(t->ir, type == SHIFT_LSL ? IR_SHL : IR_SHR, m, count),
                         ir_i32(t->ir, 0));
    case SHIFT_ASR:
        return ir_op2(t->ir, IR_SAR, m, clamp(t, count, 31));
    case SHIFT_ROR:
        return ir_op2(t->ir, IR_ROR, m, count);
    }
    CHECK_UNREACHABLE();
}

static struct operand operand_shift_reg(struct arm_translation *t, const struct decode_insn *insn,
                                        bool carry)
{
    uint32_t m = arm_reg(t, arm_field(insn, 'm'));
    uint32_t count = ir_op1(t->ir, IR_ZEXT8, arm_reg(t, arm_field(insn, 'r')));
    unsigned type = arm_field(insn, 'y');
    struct operand operand = {.value = shift_reg(t, m, type, count)};
    if (carry) {
        uint32_t none = arm_op_imm(t, IR_EQ, count, 0);
        operand.carry = ir_select(t->ir, none, ir_get(t->ir, IR_I32, ARM_OFF(cf)),
                                  shifted_out(t, m, type, count));
    }
    return operand;
}

/* ---- operations ------------------------------------------------------------------------------ */

static bool is_logic(enum arm_dp op)
{
    return op == ARM_DP_AND || op == ARM_DP_EOR || op == ARM_DP_TST || op == ARM_DP_TEQ ||
           op >= ARM_DP_ORR;
}

static uint32_t logic(struct arm_translation *t, enum arm_dp op, uint32_t a, uint32_t b)
{
    switch (op) {
    case ARM_DP_AND:
    case ARM_DP_TST:
        return ir_op2(t->ir, IR_AND, a, b);
    case ARM_DP_EOR:
    case ARM_DP_TEQ:
        return ir_op2(t->ir, IR_XOR, a, b);
    case ARM_DP_ORR:
        return ir_op2(t->ir, IR_OR, a, b);
    case ARM_DP_BIC:
        return ir_op2(t->ir, IR_ANDN, a, b);
    case ARM_DP_ORN:
        return ir_op2(t->ir, IR_OR, a, ir_op1(t->ir, IR_NOT, b));
    case ARM_DP_MVN:
        return ir_op1(t->ir, IR_NOT, b);
    default:
        return b;
    }
}

static void set_flags_carry(struct arm_translation *t, uint32_t a, uint32_t b, uint32_t carry,
                            uint32_t result)
{
    /* The carry in was read before this sets it. */
    uint32_t c = ir_op3(t->ir, IR_ADD3C, a, b, carry), v = ir_op3(t->ir, IR_ADD3O, a, b, carry);
    arm_set_nz(t, result);
    ir_set(t->ir, ARM_OFF(cf), c);
    ir_set(t->ir, ARM_OFF(vf), v);
}

/* a + b + C: subtractions with carry have b inverted already. */
static uint32_t add_carry(struct arm_translation *t, uint32_t a, uint32_t b, bool flags)
{
    uint32_t carry = ir_get(t->ir, IR_I32, ARM_OFF(cf));
    uint32_t result = ir_op3(t->ir, IR_ADD3, a, b, carry);
    if (flags) {
        set_flags_carry(t, a, b, carry, result);
    }
    return result;
}

static uint32_t arithmetic(struct arm_translation *t, enum arm_dp op, uint32_t a, uint32_t b,
                           bool flags)
{
    uint32_t result, swap;
    switch (op) {
    case ARM_DP_RSB:
        swap = a, a = b, b = swap;
        __attribute__((fallthrough));
    case ARM_DP_SUB:
    case ARM_DP_CMP:
        result = ir_op2(t->ir, IR_SUB, a, b);
        if (flags) {
            arm_set_flags_sub(t, a, b, result);
        }
        return result;
    case ARM_DP_ADD:
    case ARM_DP_CMN:
        result = ir_op2(t->ir, IR_ADD, a, b);
        if (flags) {
            arm_set_flags_add(t, a, b, result);
        }
        return result;
    case ARM_DP_ADC:
        return add_carry(t, a, b, flags);
    case ARM_DP_SBC:
        return add_carry(t, a, ir_op1(t->ir, IR_NOT, b), flags);
    case ARM_DP_RSC:
        return add_carry(t, b, ir_op1(t->ir, IR_NOT, a), flags);
    default:
        CHECK_UNREACHABLE();
    }
}

static bool has_destination(enum arm_dp op)
{
    return op < ARM_DP_TST || op > ARM_DP_CMN;
}

static bool sets_flags(const struct arm_translation *t, const struct decode_insn *insn)
{
    return !has_destination(insn->row->arg) || arm_sets_flags(t, insn);
}

/* Exception return by a data-processing instruction (B9.3.20). */
static void exception_return(struct arm_translation *t, uint32_t pc)
{
    if (!(t->mode & ARM_TM_PRIV)) {
        arm_undefined(t);
        return;
    }
    ir_call(t->ir, &arm_helper_exception_return, pc, 0, 0, 0);
    arm_leave(t);
}

static void write_result(struct arm_translation *t, const struct decode_insn *insn, uint32_t value)
{
    unsigned d = arm_field(insn, 'd');
    if (d != 15) {
        arm_reg_set(t, d, value);
    } else {
        arm_alu_write_pc(t, value,
                         insn->row->arg == ARM_DP_MOV && arm_field(insn, 'm') == 14 ? IR_HINT_RETURN
                                                                                    : IR_HINT_NONE);
    }
}

static void data_processing(struct arm_translation *t, const struct decode_insn *insn,
                            struct operand b)
{
    enum arm_dp op = insn->row->arg;
    if (t->thumb && t->length == 4 && has_destination(op) && arm_field(insn, 'd') == 15) {
        arm_undefined(t); /* UNPREDICTABLE */
        return;
    }
    bool returns = has_destination(op) && arm_field(insn, 'd') == 15 && arm_field(insn, 's') == 1;
    bool flags = sets_flags(t, insn) && !returns;
    bool unary = op == ARM_DP_MOV || op == ARM_DP_MVN;
    uint32_t a = unary ? 0 : arm_reg(t, arm_field(insn, 'n')), result;
    if (is_logic(op)) {
        result = logic(t, op, a, b.value);
        if (flags) {
            arm_set_nz(t, result);
        }
        if (flags && b.carry) {
            ir_set(t->ir, ARM_OFF(cf), b.carry);
        }
    } else {
        result = arithmetic(t, op, a, b.value, flags);
    }
    if (returns) {
        exception_return(t, result);
    } else if (has_destination(op)) {
        write_result(t, insn, result);
    }
}

/* Whether the handler of a logical operation needs the shifter's carry. */
static bool wants_carry(const struct arm_translation *t, const struct decode_insn *insn)
{
    return is_logic(insn->row->arg) && sets_flags(t, insn);
}

void arm_tr_dp_imm(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t imm = arm_field(insn, 'i');
    enum arm_dp op = insn->row->arg;
    bool rotated;
    /* ADR: an address in the code. */
    if (arm_field(insn, 'n') == 15 && !arm_field(insn, 's') &&
        (op == ARM_DP_ADD || op == ARM_DP_SUB)) {
        uint32_t offset = expand_imm(t->thumb, imm, &rotated);
        write_result(t, insn, arm_literal(t, (int32_t)(op == ARM_DP_ADD ? offset : -offset)));
        return;
    }
    data_processing(t, insn, operand_imm(t, imm));
}

/* ADD and SUB of an immediate as it is: ADDW, SUBW, ADR, and those of the stack pointer. */
void arm_tr_add_plain(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t imm = arm_field(insn, 'i');
    uint32_t offset = insn->row->arg == ARM_DP_ADD ? imm : -imm;
    unsigned n = arm_field(insn, 'n');
    uint32_t value =
        n == 15 ? arm_literal(t, (int32_t)offset) : arm_op_imm(t, IR_ADD, arm_reg(t, n), offset);
    arm_reg_set(t, arm_field(insn, 'd'), value);
}

void arm_tr_dp_reg(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    data_processing(t, insn,
                    operand_shift_imm(t, arm_reg(t, arm_field(insn, 'm')), arm_field(insn, 'y'),
                                      arm_field(insn, 'h'), wants_carry(t, insn)));
}

void arm_tr_dp_rsr(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    data_processing(t, insn, operand_shift_reg(t, insn, wants_carry(t, insn)));
}

void arm_tr_movw(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t value = arm_field(insn, 'j') << 12 | arm_field(insn, 'i');
    arm_reg_set(t, arm_field(insn, 'd'), ir_i32(t->ir, value));
}

void arm_tr_movt(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t value = arm_field(insn, 'j') << 12 | arm_field(insn, 'i');
    unsigned d = arm_field(insn, 'd');
    arm_reg_set(t, d, ir_dep(t->ir, arm_reg(t, d), ir_i32(t->ir, value), 16, 16));
}
