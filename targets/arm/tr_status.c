/* Status registers, hints and barriers (DDI 0406C A5.2.11, A5.2.12, A5.7.1, A6.3.4, B9.3). */
#include "targets/arm/handlers.h"

#include "core/base/bits.h"
#include "targets/arm/helpers.h"

static bool is_privileged(const struct arm_translation *t)
{
    return t->mode & ARM_TM_PRIV;
}

/* ---- MRS ------------------------------------------------------------------------------------ */

void arm_tr_mrs(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool spsr = arm_field(insn, 'r');
    if (spsr && !is_privileged(t)) {
        arm_undefined(t);
        return;
    }
    const struct ir_helper *helper = spsr ? &arm_helper_spsr_read : &arm_helper_cpsr_read;
    arm_reg_set(t, arm_field(insn, 'd'), ir_call(t->ir, helper, 0, 0, 0, 0));
}

/* ---- MSR ------------------------------------------------------------------------------------ */

/* The flags alone: nothing that privilege or translation depends on. */
static void write_nzcvq(struct arm_translation *t, uint32_t value)
{
    uint32_t inverted = ir_op1(t->ir, IR_NOT, value);
    arm_flags_written(t);
    ir_set(t->ir, ARM_OFF(nf), value);
    ir_set(t->ir, ARM_OFF(zf), arm_op_imm(t, IR_AND, inverted, ARM_CPSR_Z));
    ir_set(t->ir, ARM_OFF(cf), arm_extu(t, value, 29, 1));
    ir_set(t->ir, ARM_OFF(vf), arm_extu(t, value, 28, 1));
    ir_set(t->ir, ARM_OFF(qf), arm_extu(t, value, 27, 1));
}

/* Field k: bits 3 to 0 for f, s, x and c, the bytes from the top. */
static uint32_t byte_mask(uint32_t k)
{
    return (k & 8 ? 0xff000000 : 0) | (k & 4 ? 0xff0000 : 0) | (k & 2 ? 0xff00 : 0) |
           (k & 1 ? 0xff : 0);
}

static void write_cpsr(struct arm_translation *t, uint32_t value, uint32_t k)
{
    if (k & 3) {
        uint32_t changed =
            ir_call(t->ir, &arm_helper_cpsr_write, value, ir_i32(t->ir, byte_mask(k)), 0, 0);
        arm_flags_written(t);
        arm_leave_next_if(t, changed);
        return;
    }
    if (k & 8)
        write_nzcvq(t, value);
    if (k & 4)
        ir_set(t->ir, ARM_OFF(ge), arm_extu(t, value, ARM_CPSR_GE_SHIFT, 4));
}

static void write_status(struct arm_translation *t, const struct decode_insn *insn, uint32_t value)
{
    uint32_t k = arm_field(insn, 'k');
    if (!arm_field(insn, 'r'))
        write_cpsr(t, value, k);
    else if (is_privileged(t))
        ir_call(t->ir, &arm_helper_spsr_write, value, ir_i32(t->ir, byte_mask(k)), 0, 0);
    else
        arm_undefined(t);
}

void arm_tr_msr_reg(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    write_status(t, insn, arm_reg(t, arm_field(insn, 'n')));
}

void arm_tr_msr_imm(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t byte = arm_field(insn, 'i') & 0xff, count = arm_field(insn, 'i') >> 8 << 1;
    uint32_t value = count ? byte >> count | byte << (32 - count) : byte;
    write_status(t, insn, ir_i32(t->ir, value));
}

/* ---- banked MRS and MSR (B9.2.3) ------------------------------------------------------------ */

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

/* ---- CPS, SETEND, ERET ---------------------------------------------------------------------- */

void arm_tr_cps(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t imod = arm_field(insn, 'i'), bits = arm_field(insn, 'f') << 6;
    bool set_mode = arm_field(insn, 'k');
    if (!is_privileged(t))
        return;
    uint32_t mask = (imod & 2 ? bits : 0) | (set_mode ? ARM_CPSR_MODE : 0);
    uint32_t value = (imod & 1 ? bits : 0) | (set_mode ? arm_field(insn, 'm') : 0);
    uint32_t changed =
        ir_call(t->ir, &arm_helper_cpsr_write, ir_i32(t->ir, value), ir_i32(t->ir, mask), 0, 0);
    if (set_mode)
        arm_leave_next_if(t, changed);
    else if (imod == 2)
        arm_goto_next(t); /* where a pending interrupt is seen */
}

void arm_tr_setend(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool big = arm_field(insn, 'e');
    if (big == !!(t->mode & ARM_TM_BIG))
        return;
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

/* ---- hints and barriers --------------------------------------------------------------------- */

void arm_tr_nop(void *translation, const struct decode_insn *insn)
{
}

static void wait(struct arm_translation *t, const struct ir_helper *helper)
{
    if (t->it_next)
        ir_set(t->ir, ARM_OFF(it), ir_i32(t->ir, t->it_next));
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
