/* Status registers, hints and barriers (DDI 0406C A5.2.11, A5.2.12, A5.7.1, A6.3.4, B9.3). */
#include "targets/arm/handlers.h"

#include "core/base/bits.h"
#include "targets/arm/helpers.h"

static bool is_privileged(const struct arm_translation *t)
{
    return t->mode & ARM_TM_PRIV;
}

/* ---- MRS ------------------------------------------------------------------------------------- */

/* The CPSR as MRS reads it, execution state bits zero: T and IT are not in the slot `cpsr`
 * (B1.3.3). */
static uint32_t read_cpsr(struct arm_translation *t)
{
    static const struct {
        uint16_t offset;
        uint8_t lsb;
    } bits[] = {
        {ARM_OFF(cf), 29}, {ARM_OFF(vf), 28}, {ARM_OFF(qf), 27}, {ARM_OFF(ge), ARM_CPSR_GE_SHIFT}};
    uint32_t value = ir_get(t->ir, IR_I32, ARM_OFF(cpsr));
    uint32_t n = arm_op_imm(t, IR_AND, ir_get(t->ir, IR_I32, ARM_OFF(nf)), ARM_CPSR_N);
    uint32_t z = arm_op_imm(t, IR_EQ, ir_get(t->ir, IR_I32, ARM_OFF(zf)), 0);
    value = ir_op2(t->ir, IR_OR, value, n);
    value = ir_op2(t->ir, IR_OR, value, arm_op_imm(t, IR_SHL, z, 30));
    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++) {
        uint32_t bit = ir_get(t->ir, IR_I32, bits[i].offset);
        value = ir_op2(t->ir, IR_OR, value, arm_op_imm(t, IR_SHL, bit, bits[i].lsb));
    }
    return value;
}

void arm_tr_mrs(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool spsr = arm_field(insn, 'r');
    if (spsr && !is_privileged(t)) {
        arm_undefined(t);
        return;
    }
    uint32_t value = spsr ? ir_call(t->ir, &arm_helper_spsr_read, 0, 0, 0, 0) : read_cpsr(t);
    arm_reg_set(t, arm_field(insn, 'd'), value);
}

/* ---- MSR ------------------------------------------------------------------------------------- */

/* The flags alone: nothing that privilege or translation depends on. */
static void write_nzcvq(struct arm_translation *t, uint32_t value)
{
    uint32_t inverted = ir_op1(t->ir, IR_NOT, value);
    arm_flags_written(t);
    ir_set(t->ir, ARM_OFF(nf), value);
    ir_set(t->ir, ARM_OFF(zf), arm_op_imm(t, IR_AND, inverted, ARM_CPSR_Z));
    ir_set(t->ir, ARM_OFF(cf), ir_extu(t->ir, value, 29, 1));
    ir_set(t->ir, ARM_OFF(vf), ir_extu(t->ir, value, 28, 1));
    ir_set(t->ir, ARM_OFF(qf), ir_extu(t->ir, value, 27, 1));
}

/* Field k: bits 3 to 0 for f, s, x and c, the bytes from the top. */
static uint32_t byte_mask(uint32_t k)
{
    return (k & 8 ? 0xff000000 : 0) | (k & 4 ? 0xff0000 : 0) | (k & 2 ? 0xff00 : 0) |
           (k & 1 ? 0xff : 0);
}

/* Immediate or register, as often as it is needed: values do not outlive a block. */
static uint32_t msr_operand(struct arm_translation *t, const struct decode_insn *insn,
                            bool immediate)
{
    if (!immediate) {
        return arm_reg(t, arm_field(insn, 'n'));
    }
    uint32_t byte = arm_field(insn, 'i') & 0xff, count = arm_field(insn, 'i') >> 8 << 1;
    return ir_i32(t->ir, count ? byte >> count | byte << (32 - count) : byte);
}

/* After interrupts were unmasked: goes to where a pending one is taken. */
static void poll_interrupts(struct arm_translation *t)
{
    uint32_t pending = ir_get(t->ir, IR_I32, ARM_OFF(interrupts));
    uint32_t enabled = ir_op2(t->ir, IR_ANDN, pending, ir_get(t->ir, IR_I32, ARM_OFF(cpsr)));
    uint32_t take = ir_block_new(t->ir), stay = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, enabled, stay, 0, take, 0);
    arm_block_begin(t, take);
    ir_call(t->ir, &arm_helper_check_interrupts, 0, 0, 0, 0);
    arm_goto_next(t);
    arm_block_begin(t, stay);
}

/* The masks of interrupts, changed in place. */
static void write_masks(struct arm_translation *t, const struct decode_insn *insn, bool immediate,
                        uint32_t masks)
{
    uint32_t old = arm_op_imm(t, IR_AND, ir_get(t->ir, IR_I32, ARM_OFF(cpsr)), ~masks);
    uint32_t put = arm_op_imm(t, IR_AND, msr_operand(t, insn, immediate), masks);
    ir_set(t->ir, ARM_OFF(cpsr), ir_op2(t->ir, IR_OR, old, put));
    poll_interrupts(t);
}

static void jump(struct arm_translation *t, uint32_t block)
{
    ir_emit(t->ir, IR_JUMP, IR_NONE, 0, 0, 0, block, 0);
}

/* CPSR<15:0>. A change of mode or endianness is a helper's. */
static void write_control(struct arm_translation *t, const struct decode_insn *insn, bool immediate,
                          uint32_t mask)
{
    const uint32_t masks = ARM_CPSR_A | ARM_CPSR_I | ARM_CPSR_F;
    mask &= is_privileged(t) ? ARM_CPSR_MODE | ARM_CPSR_E | masks : ARM_CPSR_E;
    if (!mask) {
        return;
    }
    uint32_t differs = ir_op2(t->ir, IR_XOR, msr_operand(t, insn, immediate),
                              ir_get(t->ir, IR_I32, ARM_OFF(cpsr)));
    differs = arm_op_imm(t, IR_AND, differs, mask & ~masks);
    uint32_t helper = ir_block_new(t->ir), here = ir_block_new(t->ir), done = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, differs, here, 0, helper, 0);

    arm_block_begin(t, helper);
    uint32_t changed = ir_call(t->ir, &arm_helper_cpsr_write, msr_operand(t, insn, immediate),
                               ir_i32(t->ir, mask), 0, 0);
    arm_leave_next_if(t, changed);
    jump(t, done);

    arm_block_begin(t, here);
    if (mask & masks) {
        write_masks(t, insn, immediate, mask & masks);
    }
    jump(t, done);
    arm_block_begin(t, done);
}

static void write_status(struct arm_translation *t, const struct decode_insn *insn, bool immediate)
{
    uint32_t k = arm_field(insn, 'k');
    if (arm_field(insn, 'r')) {
        if (is_privileged(t)) {
            ir_call(t->ir, &arm_helper_spsr_write, msr_operand(t, insn, immediate),
                    ir_i32(t->ir, byte_mask(k)), 0, 0);
        } else {
            arm_undefined(t);
        }
        return;
    }
    if (k & 8) {
        write_nzcvq(t, msr_operand(t, insn, immediate));
    }
    if (k & 4) {
        ir_set(t->ir, ARM_OFF(ge),
               ir_extu(t->ir, msr_operand(t, insn, immediate), ARM_CPSR_GE_SHIFT, 4));
    }
    write_control(t, insn, immediate, byte_mask(k & 3));
}

void arm_tr_msr_reg(void *translation, const struct decode_insn *insn)
{
    write_status(translation, insn, false);
}

void arm_tr_msr_imm(void *translation, const struct decode_insn *insn)
{
    write_status(translation, insn, true);
}

/* ---- banked MRS and MSR (B9.2.3) ------------------------------------------------------------- */

/* R and SYSm name a register of another mode. False: UNPREDICTABLE. */
static bool banked_register(unsigned r, unsigned sysm, unsigned *mode, unsigned *reg)
{
    static const uint8_t modes[] = {ARM_MODE_IRQ, ARM_MODE_SVC, ARM_MODE_ABT, ARM_MODE_UND};
    if (r) {
        *reg = 16;
        *mode = sysm == 0xe ? ARM_MODE_FIQ : sysm >= 0x10 ? modes[(sysm - 0x10) >> 1 & 3] : 0;
        return sysm == 0xe || (sysm >= 0x10 && sysm < 0x18 && !(sysm & 1));
    }
    if (sysm < 0x10) {
        *mode = sysm & 8 ? ARM_MODE_FIQ : ARM_MODE_USR;
        *reg = 8 + (sysm & 7);
        return *reg != 15;
    }
    *mode = modes[(sysm - 0x10) >> 1 & 3];
    *reg = sysm & 1 ? 13 : 14;
    return sysm < 0x18;
}

void arm_tr_mrs_banked(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned sysm = arm_field(insn, 'k') << 4 | arm_field(insn, 'n'), mode, reg;
    if (!is_privileged(t) || !banked_register(arm_field(insn, 'r'), sysm, &mode, &reg)) {
        arm_undefined(t);
        return;
    }
    arm_reg_set(
        t, arm_field(insn, 'd'),
        ir_call(t->ir, &arm_helper_bank_reg_read, ir_i32(t->ir, mode), ir_i32(t->ir, reg), 0, 0));
}

void arm_tr_msr_banked(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned sysm = arm_field(insn, 'k') << 4 | arm_field(insn, 'm'), mode, reg;
    if (!is_privileged(t) || !banked_register(arm_field(insn, 'r'), sysm, &mode, &reg)) {
        arm_undefined(t);
        return;
    }
    uint32_t value = arm_reg(t, arm_field(insn, 'n'));
    ir_call(t->ir, &arm_helper_bank_reg_write, ir_i32(t->ir, mode), ir_i32(t->ir, reg), value, 0);
}

/* ---- CPS, SETEND, ERET ----------------------------------------------------------------------- */

void arm_tr_cps(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t imod = arm_field(insn, 'i'), bits = arm_field(insn, 'f') << 6;
    bool set_mode = arm_field(insn, 'k');
    if (!is_privileged(t)) {
        return;
    }
    if (set_mode) {
        uint32_t mask = (imod & 2 ? bits : 0) | ARM_CPSR_MODE;
        uint32_t value = (imod & 1 ? bits : 0) | arm_field(insn, 'm');
        uint32_t changed =
            ir_call(t->ir, &arm_helper_cpsr_write, ir_i32(t->ir, value), ir_i32(t->ir, mask), 0, 0);
        arm_leave_next_if(t, changed);
    } else if (imod & 2) {
        uint32_t old = ir_get(t->ir, IR_I32, ARM_OFF(cpsr));
        bool disable = imod & 1;
        ir_set(t->ir, ARM_OFF(cpsr),
               arm_op_imm(t, disable ? IR_OR : IR_AND, old, disable ? bits : ~bits));
        if (!disable) {
            poll_interrupts(t);
        }
    }
}

void arm_tr_setend(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool big = arm_field(insn, 'e');
    if (big == !!(t->mode & ARM_TM_BIG)) {
        return;
    }
    ir_call(t->ir, &arm_helper_cpsr_write, ir_i32(t->ir, big ? ARM_CPSR_E : 0),
            ir_i32(t->ir, ARM_CPSR_E), 0, 0);
    arm_leave_next(t);
}

/* Outside Hyp mode ERET is SUBS PC, LR, #0. */
void arm_tr_eret(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!is_privileged(t)) {
        arm_undefined(t);
        return;
    }
    uint32_t pc = arm_op_imm(t, IR_SUB, arm_reg(t, 14), arm_field(insn, 'i'));
    ir_call(t->ir, &arm_helper_exception_return, pc, 0, 0, 0);
    arm_leave(t);
}

/* ---- hints and barriers ---------------------------------------------------------------------- */

void arm_tr_nop(void *translation, const struct decode_insn *insn)
{
}

static void wait(struct arm_translation *t, const struct ir_helper *helper)
{
    if (t->it_next) {
        ir_set(t->ir, ARM_OFF(it), ir_i32(t->ir, t->it_next));
    }
    ir_set(t->ir, ARM_OFF(r[15]), ir_pcrel(t->ir, IR_I32, arm_next_pc(t)));
    ir_call(t->ir, helper, 0, 0, 0, 0);
    arm_leave(t);
}

void arm_tr_wfi(void *translation, const struct decode_insn *insn)
{
    wait(translation, &arm_helper_wfi);
}

void arm_tr_wfe(void *translation, const struct decode_insn *insn)
{
    wait(translation, &arm_helper_wfe);
}

void arm_tr_sev(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    ir_call(t->ir, &arm_helper_sev, 0, 0, 0, 0);
}

void arm_tr_fence(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    ir_emit(t->ir, IR_FENCE, IR_NONE, 0, 0, 0, 0, 0);
}

void arm_tr_isb(void *translation, const struct decode_insn *insn)
{
    arm_goto_next(translation);
}
