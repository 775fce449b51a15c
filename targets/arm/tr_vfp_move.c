/* Transfers between core registers and the floating-point unit (DDI 0406C A7.8, A7.9). */
#include "targets/arm/helpers.h"
#include "targets/arm/models.h"
#include "targets/arm/vfp.h"

/* The instruction can be used and none of its core registers is the pc, which is UNPREDICTABLE. */
static bool check(struct arm_translation *t, const struct decode_insn *insn, bool d32)
{
    if (!vfp_check(t, d32)) {
        return false;
    }
    if (DECODE_FIELD(insn, 't') != 15 && DECODE_FIELD(insn, 'h') != 15) {
        return true;
    }
    arm_undefined(t);
    return false;
}

void arm_tr_vfp_mov_core(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, false)) {
        return;
    }
    unsigned core = DECODE_FIELD(insn, 't');
    size_t single = vfp_single(insn, 'n', 'N');
    if (insn->row->arg) {
        arm_reg_set(t, core, vfp_get_bits(t->ir, single));
    } else {
        vfp_set_bits(t->ir, single, arm_reg(t, core));
    }
}

void arm_tr_vfp_mov_two_s(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, false)) {
        return;
    }
    unsigned low = DECODE_FIELD(insn, 't'), high = DECODE_FIELD(insn, 'h');
    unsigned single = vfp_single_number(insn, 'm', 'M');
    bool to_core = insn->row->arg;
    if (single == 31 || (to_core && low == high)) {
        arm_undefined(t);
        return;
    }
    size_t first = vfp_single_offset(single), second = vfp_single_offset(single + 1);
    if (to_core) {
        arm_reg_set(t, low, vfp_get_bits(t->ir, first));
        arm_reg_set(t, high, vfp_get_bits(t->ir, second));
    } else {
        vfp_set_bits(t->ir, first, arm_reg(t, low));
        vfp_set_bits(t->ir, second, arm_reg(t, high));
    }
}

void arm_tr_vfp_mov_two_d(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, DECODE_FIELD(insn, 'M'))) {
        return;
    }
    unsigned low = DECODE_FIELD(insn, 't'), high = DECODE_FIELD(insn, 'h');
    size_t m = vfp_double(insn, 'm', 'M');
    if (!insn->row->arg) {
        uint32_t pair = ir_emit(t->ir, IR_PAIR, IR_I64, arm_reg(t, low), arm_reg(t, high), 0, 0, 0);
        ir_set(t->ir, m, ir_conv(t->ir, IR_BITS, IR_F64, pair));
        return;
    }
    if (low == high) {
        arm_undefined(t);
        return;
    }
    uint32_t bits = ir_conv(t->ir, IR_BITS, IR_I64, ir_get(t->ir, IR_F64, m));
    arm_reg_set(t, low, ir_conv(t->ir, IR_LO32, IR_I32, bits));
    arm_reg_set(t, high, ir_conv(t->ir, IR_HI32, IR_I32, bits));
}

/* ---- lanes of a doubleword register; arg is the lane's width --------------------------------- */

/* The word of register v:bit that lane i is in, and the lane's field in it as aux of
 * EXTU. */
static size_t lane_word(const struct decode_insn *insn, char v, char bit, uint16_t *field)
{
    unsigned width = insn->row->arg, position = DECODE_FIELD(insn, 'i') * width;
    *field = (uint16_t)(position % 32 | width << 8);
    return vfp_double(insn, v, bit) + position / 32 * 4;
}

/* Log2 of the lane's bytes. */
static uint16_t lane_log2(const struct decode_insn *insn)
{
    return (uint16_t)__builtin_ctz(insn->row->arg / 8);
}

/* The whole register is set, since what reads it next mostly reads all of it. */
void arm_tr_vfp_lane_set(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, DECODE_FIELD(insn, 'D'))) {
        return;
    }
    size_t d = vfp_double(insn, 'd', 'D');
    uint32_t old = ir_emit(t->ir, IR_VLOW, IR_V128, ir_get(t->ir, IR_F64, d), 0, 0, 0, 3);
    uint32_t value = arm_reg(t, DECODE_FIELD(insn, 't'));
    value =
        ir_emit(t->ir, IR_VSETL, IR_V128, old, value, 0, DECODE_FIELD(insn, 'i'), lane_log2(insn));
    ir_set(t->ir, d, ir_emit(t->ir, IR_VGETL, IR_F64, value, 0, 0, 0, 3));
}

void arm_tr_vfp_lane_get(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, DECODE_FIELD(insn, 'N'))) {
        return;
    }
    uint16_t field;
    uint32_t value = vfp_get_bits(t->ir, lane_word(insn, 'n', 'N', &field));
    if (insn->row->arg != 32) {
        value = ir_emit(t->ir, DECODE_FIELD(insn, 'u') ? IR_EXTU : IR_EXTS, IR_I32, value, 0, 0, 0,
                        field);
    }
    arm_reg_set(t, DECODE_FIELD(insn, 't'), value);
}

/* VDUP from a core register; field w makes it a quadword. */
void arm_tr_vfp_dup(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!check(t, insn, DECODE_FIELD(insn, 'D'))) {
        return;
    }
    bool quad = DECODE_FIELD(insn, 'w');
    unsigned d = vfp_double_number(insn, 'd', 'D');
    if (quad && d & 1) {
        arm_undefined(t);
        return;
    }
    uint32_t value = ir_emit(t->ir, IR_VDUP, IR_V128, arm_reg(t, DECODE_FIELD(insn, 't')), 0, 0, 0,
                             lane_log2(insn));
    if (!quad) {
        value = ir_emit(t->ir, IR_VGETL, IR_F64, value, 0, 0, 0, 3);
    }
    ir_set(t->ir, vfp_double_offset(d), value);
}

/* ---- system registers (B4.1, A8.8.348, A8.8.349) --------------------------------------------- */

enum { REG_FPSID = 0, REG_FPSCR = 1, REG_MVFR1 = 6, REG_MVFR0 = 7, REG_FPEXC = 8 };

/* All but FPSCR need privilege, and not FPEXC.EN. */
static bool system_check(struct arm_translation *t, unsigned reg)
{
    if (reg == REG_FPSCR) {
        return arm_fp_check(t);
    }
    t->region->uses_lazy = true;
    if (t->mode & ARM_TM_PRIV && t->mode & (ARM_TM_FP | ARM_TM_FPEXC)) {
        return true;
    }
    arm_undefined(t);
    return false;
}

void arm_tr_vfp_msr(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned reg = DECODE_FIELD(insn, 'r'), core = DECODE_FIELD(insn, 't');
    if (!system_check(t, reg)) {
        return;
    }
    if (core == 15 || (reg != REG_FPSID && reg != REG_FPSCR && reg != REG_FPEXC)) {
        arm_undefined(t);
        return;
    }
    if (reg == REG_FPSID) {
        return;
    }
    const struct ir_helper *helper =
        reg == REG_FPSCR ? &arm_helper_fpscr_write : &arm_helper_fpexc_write;
    arm_leave_next_if(t, ir_call(t->ir, helper, arm_reg(t, core), 0, 0, 0));
}

/* VMRS APSR_nzcv, FPSCR */
static void read_nzcv(struct arm_translation *t)
{
    uint32_t relation = t->fp_relation;
    arm_flags_written(t);
    if (relation) {
        uint32_t less = ir_op2(t->ir, IR_EQ, relation, ir_i32(t->ir, FP_LESS));
        uint32_t unordered = ir_op2(t->ir, IR_EQ, relation, ir_i32(t->ir, FP_UNORDERED));
        ir_set(t->ir, ARM_OFF(nf), ir_op2(t->ir, IR_SHL, less, ir_i32(t->ir, 31)));
        ir_set(t->ir, ARM_OFF(zf), relation); /* FP_EQUAL is 0 */
        ir_set(t->ir, ARM_OFF(cf), ir_op2(t->ir, IR_NE, relation, ir_i32(t->ir, FP_LESS)));
        ir_set(t->ir, ARM_OFF(vf), unordered);
        t->flags = ARM_FLAGS_FLOAT;
        t->flag_a = relation;
        return;
    }
    uint32_t nzcv = ir_get(t->ir, IR_I32, ARM_OFF(fpscr_nzcv));
    ir_set(t->ir, ARM_OFF(nf), nzcv);
    ir_set(t->ir, ARM_OFF(zf), ir_op2(t->ir, IR_ANDN, ir_i32(t->ir, 1 << 30), nzcv));
    ir_set(t->ir, ARM_OFF(cf), ir_extu(t->ir, nzcv, 29, 1));
    ir_set(t->ir, ARM_OFF(vf), ir_extu(t->ir, nzcv, 28, 1));
}

void arm_tr_vfp_mrs(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned reg = DECODE_FIELD(insn, 'r'), core = DECODE_FIELD(insn, 't');
    if (!system_check(t, reg)) {
        return;
    }
    if (core == 15 && reg == REG_FPSCR) {
        read_nzcv(t);
        return;
    }
    const struct arm_model *model = ((const struct arm_cpu *)t->code->cpu)->model;
    uint32_t value;
    switch (core == 15 ? 15 : reg) {
    case REG_FPSID:
        value = ir_i32(t->ir, model->fpsid);
        break;
    case REG_FPSCR:
        value = ir_call(t->ir, &arm_helper_fpscr_read, 0, 0, 0, 0);
        break;
    case REG_MVFR1:
        value = ir_i32(t->ir, model->mvfr[1]);
        break;
    case REG_MVFR0:
        value = ir_i32(t->ir, model->mvfr[0]);
        break;
    case REG_FPEXC:
        value = ir_get(t->ir, IR_I32, ARM_OFF(fpexc));
        break;
    default:
        arm_undefined(t);
        return;
    }
    arm_reg_set(t, core, value);
}
