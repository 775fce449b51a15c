/* Coprocessors 14 and 15: the system registers (DDI 0406C B3.15, C6). Coprocessors 10 and 11 have
 * rows of their own; there are no others. */
#include "targets/arm/handlers.h"

#include "targets/arm/helpers.h"

static bool is_system(unsigned coproc)
{
    return coproc == 14 || coproc == 15;
}

/* The register if this instruction may access it at this privilege; otherwise raises Undefined. */
static const struct arm_sysreg *find(struct arm_translation *t, const struct decode_insn *insn,
                                     uint32_t key, uint32_t pl0, uint32_t pl1)
{
    const struct arm_sysreg *reg =
        is_system(arm_field(insn, 'p')) ? arm_sysreg_find(t->cpu, key) : NULL;
    if (reg && reg->flags & (t->mode & ARM_TM_PRIV ? pl1 : pl0)) {
        return reg;
    }
    if (!reg && is_system(arm_field(insn, 'p'))) {
        /* Raises Undefined and logs the key. */
        ir_call(t->ir, &arm_helper_cp15_read, ir_i32(t->ir, key), 0, 0, 0);
        arm_leave(t);
    } else {
        arm_undefined(t);
    }
    return NULL;
}

static uint32_t key_of(const struct decode_insn *insn)
{
    return ARM_SYSREG_KEY(arm_field(insn, 'p'), arm_field(insn, 'o'), arm_field(insn, 'n'),
                          arm_field(insn, 'm'), arm_field(insn, 'q'));
}

static uint32_t key64_of(const struct decode_insn *insn)
{
    return ARM_SYSREG_KEY64 |
           ARM_SYSREG_KEY(arm_field(insn, 'p'), arm_field(insn, 'o'), 0, arm_field(insn, 'm'), 0);
}

/* ---- 32-bit ---------------------------------------------------------------------------------- */

static uint32_t read_register(struct arm_translation *t, const struct arm_sysreg *reg)
{
    if (reg->flags & ARM_SYSREG_CONST) {
        return ir_i32(t->ir, reg->reset);
    }
    if (reg->flags & ARM_SYSREG_SLOT_READ) {
        return ir_get(t->ir, IR_I32, reg->offset);
    }
    return ir_call(t->ir, &arm_helper_cp15_read, ir_i32(t->ir, reg->key), 0, 0, 0);
}

static void write_register(struct arm_translation *t, const struct arm_sysreg *reg,
                           const struct ir_helper *helper, uint32_t value)
{
    uint32_t pc = ir_pcrel(t->ir, IR_I32, t->pc);
    uint32_t moved = ir_call(t->ir, helper, ir_i32(t->ir, reg->key), value, pc, 0);
    if (reg->flags & ARM_SYSREG_LEAVE) {
        arm_leave_next(t);
    } else if (reg->flags & ARM_SYSREG_SPACE) {
        arm_leave_next_if(t, moved);
    }
}

/* MRC to APSR_nzcv */
static void write_flags(struct arm_translation *t, uint32_t value)
{
    uint32_t inverted = ir_op1(t->ir, IR_NOT, value);
    arm_flags_written(t);
    ir_set(t->ir, ARM_OFF(nf), value);
    ir_set(t->ir, ARM_OFF(zf), arm_op_imm(t, IR_AND, inverted, ARM_CPSR_Z));
    ir_set(t->ir, ARM_OFF(cf), ir_extu(t->ir, value, 29, 1));
    ir_set(t->ir, ARM_OFF(vf), ir_extu(t->ir, value, 28, 1));
}

void arm_tr_mrc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    const struct arm_sysreg *reg =
        find(t, insn, key_of(insn), ARM_SYSREG_PL0_READ, ARM_SYSREG_PL1_READ);
    if (!reg) {
        return;
    }
    uint32_t value = read_register(t, reg);
    if (arm_field(insn, 't') == 15) {
        write_flags(t, value);
    } else {
        arm_reg_set(t, arm_field(insn, 't'), value);
    }
}

void arm_tr_mcr(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    const struct arm_sysreg *reg =
        find(t, insn, key_of(insn), ARM_SYSREG_PL0_WRITE, ARM_SYSREG_PL1_WRITE);
    if (!reg || reg->flags & ARM_SYSREG_NOP) {
        return;
    }
    uint32_t value = arm_reg(t, arm_field(insn, 't'));
    if (reg->flags & ARM_SYSREG_BARRIER) {
        ir_emit(t->ir, IR_FENCE, IR_NONE, 0, 0, 0, 0, 0);
    } else if (reg->flags & ARM_SYSREG_ISB) {
        arm_goto_next(t);
    } else if (reg->flags & ARM_SYSREG_SLOT_WRITE) {
        ir_set(t->ir, reg->offset, value);
    } else {
        write_register(t, reg, &arm_helper_cp15_write, value);
    }
}

/* ---- 64-bit ---------------------------------------------------------------------------------- */

void arm_tr_mrrc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    const struct arm_sysreg *reg =
        find(t, insn, key64_of(insn), ARM_SYSREG_PL0_READ, ARM_SYSREG_PL1_READ);
    if (!reg) {
        return;
    }
    uint32_t value = ir_call(t->ir, &arm_helper_cp15_read64, ir_i32(t->ir, reg->key), 0, 0, 0);
    arm_reg_set(t, arm_field(insn, 't'), ir_conv(t->ir, IR_LO32, IR_I32, value));
    arm_reg_set(t, arm_field(insn, 'u'), ir_conv(t->ir, IR_HI32, IR_I32, value));
}

void arm_tr_mcrr(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    const struct arm_sysreg *reg =
        find(t, insn, key64_of(insn), ARM_SYSREG_PL0_WRITE, ARM_SYSREG_PL1_WRITE);
    if (!reg) {
        return;
    }
    uint32_t value = ir_emit(t->ir, IR_PAIR, IR_I64, arm_reg(t, arm_field(insn, 't')),
                             arm_reg(t, arm_field(insn, 'u')), 0, 0, 0);
    write_register(t, reg, &arm_helper_cp15_write64, value);
}

void arm_tr_coproc_none(void *translation, const struct decode_insn *insn)
{
    arm_undefined(translation);
}
