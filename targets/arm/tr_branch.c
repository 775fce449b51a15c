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
    if (t->cond == 14) {
        arm_branch_to(t, target);
    } else {
        arm_branch_if(t, arm_condition(t, t->cond), target);
    }
}

/* ---- A32 ------------------------------------------------------------------------------------- */

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

/* ---- Thumb ----------------------------------------------------------------------------------- */

void arm_tr_b_t16(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    branch(t, pc_read(t) + ((uint32_t)bits_sext(arm_field(insn, 'i'), 11) << 1));
}

/* Conditional by their own field; not permitted in IT blocks. */
void arm_tr_b_t16_cond(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    t->cond = arm_field(insn, 'c');
    branch(t, pc_read(t) + ((uint32_t)bits_sext(arm_field(insn, 'i'), 8) << 1));
}

void arm_tr_b_t32_cond(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    t->cond = arm_field(insn, 'c');
    if (t->cond >= 14) {
        arm_undefined(t);
        return;
    }
    uint32_t offset = arm_field(insn, 's') << 19 | arm_field(insn, 'k') << 18 |
                      arm_field(insn, 'j') << 17 | arm_field(insn, 'i') << 11 |
                      arm_field(insn, 'l');
    branch(t, pc_read(t) + ((uint32_t)bits_sext(offset, 20) << 1));
}

/* The 25-bit offset of B, BL and BLX, whose J bits are inverted where the sign is 0. */
static uint32_t offset_t32(const struct decode_insn *insn)
{
    uint32_t s = arm_field(insn, 's');
    uint32_t i1 = !(arm_field(insn, 'j') ^ s), i2 = !(arm_field(insn, 'k') ^ s);
    uint32_t offset =
        s << 23 | i1 << 22 | i2 << 21 | arm_field(insn, 'i') << 11 | arm_field(insn, 'l');
    return (uint32_t)bits_sext(offset, 24) << 1;
}

void arm_tr_b_t32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    branch(t, pc_read(t) + offset_t32(insn));
}

/* BL stays in Thumb. */
void arm_tr_bl_t32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    arm_branch_link(t, (pc_read(t) + offset_t32(insn)) | 1);
}

/* BLX counts from the aligned pc in words. */
void arm_tr_blx_t32(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    arm_branch_link(t, (pc_read(t) & ~UINT32_C(3)) + offset_t32(insn));
}

void arm_tr_cbz(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t n = arm_reg(t, arm_field(insn, 'n'));
    arm_branch_if(t, arm_op_imm(t, insn->row->arg, n, 0), pc_read(t) + arm_field(insn, 'i'));
}

/* TBB and TBH: arg is log2 of the entry's bytes. */
void arm_tr_table_branch(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned size = insn->row->arg;
    uint32_t index = arm_shift_imm(t, arm_reg(t, arm_field(insn, 'm')), 0, size);
    uint32_t address = ir_op2(t->ir, IR_ADD, arm_reg(t, arm_field(insn, 'n')), index);
    uint32_t entry = ir_load(t->ir, IR_I32, address, 0, arm_mem(t, size, false));
    uint32_t base = ir_pcrel(t->ir, IR_I32, pc_read(t) | 1);
    uint32_t target = ir_op2(t->ir, IR_ADD, base, arm_op_imm(t, IR_SHL, entry, 1));
    arm_branch_exchange(t, target, IR_HINT_NONE);
}

void arm_tr_it(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    t->it_next = arm_field(insn, 'i');
}

/* ---- registers ------------------------------------------------------------------------------- */

void arm_tr_bx(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned m = arm_field(insn, 'm');
    arm_branch_exchange(t, arm_reg(t, m), m == 14 ? IR_HINT_RETURN : IR_HINT_NONE);
}

void arm_tr_blx_reg(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    arm_branch_link_exchange(t, arm_reg(t, arm_field(insn, 'm')));
}

/* ---- exceptions ------------------------------------------------------------------------------ */

/* System calls come in great numbers: the exception is taken without the detour by which others
 * leave translated code. */
void arm_tr_svc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    ir_set(t->ir, ARM_OFF(r[15]), ir_pcrel(t->ir, IR_I32, t->pc | t->thumb));
    if (t->it) {
        ir_set(t->ir, ARM_OFF(it), ir_i32(t->ir, t->it));
    }
    ir_call(t->ir, &arm_helper_svc, 0, 0, 0, 0);
    arm_leave(t);
}

void arm_tr_hvc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (t->mode & ARM_TM_PRIV) {
        arm_raise(t, &arm_helper_hvc, arm_field(insn, 'i'));
    } else {
        arm_undefined(t);
    }
}

void arm_tr_smc(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (t->mode & ARM_TM_PRIV) {
        arm_raise(t, &arm_helper_smc, arm_field(insn, 'i'));
    } else {
        arm_undefined(t);
    }
}

void arm_tr_bkpt(void *translation, const struct decode_insn *insn)
{
    arm_raise(translation, &arm_helper_bkpt, arm_field(insn, 'i'));
}

void arm_tr_udf(void *translation, const struct decode_insn *insn)
{
    arm_undefined(translation);
}
