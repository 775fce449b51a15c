/* Branches, table branches, IT and the instructions that call the system (DDI 0406C A4.3, A5.5,
 * A6.3.4). */
#include "targets/arm/handlers.h"

#include "core/base/bits.h"
#include "targets/arm/helpers.h"

static uint32_t pc_read(const struct arm_translation *t)
{
    return t->pc + (t->thumb ? 4 : 8);
}

static void branch(struct arm_translation *t, uint32_t target)
{
    if (t->cond == 14)
        arm_branch_to(t, target);
    else
        arm_branch_if(t, arm_condition(t, t->cond), target);
}

/* ---- A32
 * --------------------------------------------------------------------------------------------- */

static uint32_t target_a32(const struct arm_translation *t, const struct decode_insn *insn)
{
    return pc_read(t) + ((uint32_t)bits_sext(arm_field(insn, 'i'), 24) << 2);
}

void arm_tr_b_a32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    branch(t, target_a32(t, insn));
}

void arm_tr_bl_a32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    arm_branch_link(t, target_a32(t, insn));
}

void arm_tr_blx_a32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    arm_branch_link(t, (target_a32(t, insn) + (arm_field(insn, 'h') << 1)) | 1);
}

/* ---- registers
 * ----------------------------------------------------------------------------------------- */

void arm_tr_bx(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned m = arm_field(insn, 'm');
    arm_branch_exchange(t, arm_reg(t, m), m == 14 ? IR_HINT_RETURN : IR_HINT_NONE);
}

void arm_tr_blx_reg(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t target = arm_reg(t, arm_field(insn, 'm'));
    arm_reg_set(t, 14, ir_pcrel(t->ir, IR_I32, arm_next_pc(t)));
    arm_branch_exchange(t, target, IR_HINT_CALL);
}

/* ---- exceptions
 * ---------------------------------------------------------------------------------------- */

void arm_tr_svc(void *translation, const struct decode_insn *insn)
{
    arm_raise(translation, &arm_helper_svc, arm_field(insn, 'i'));
}

void arm_tr_hvc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (t->mode & ARM_TM_PRIV)
        arm_raise(t, &arm_helper_hvc, arm_field(insn, 'i'));
    else
        arm_undefined(t);
}

void arm_tr_smc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (t->mode & ARM_TM_PRIV)
        arm_raise(t, &arm_helper_smc, arm_field(insn, 'i'));
    else
        arm_undefined(t);
}

void arm_tr_bkpt(void *translation, const struct decode_insn *insn)
{
    arm_raise(translation, &arm_helper_bkpt, arm_field(insn, 'i'));
}

void arm_tr_udf(void *translation, const struct decode_insn *insn)
{
    arm_undefined(translation);
}
