/* Loads and stores of floating-point registers (DDI 0406C A7.6). */
#include "targets/arm/vfp.h"

/* A doubleword is one 64-bit number in memory: big-endian, its first word is the high one
 * (A8.8.333). */
static uint16_t memory_aux(const struct arm_translation *t, bool is_double)
{
    return arm_mem(t, is_double ? 3 : 2, true) & (uint16_t)~IR_MEM_SWAP64;
}

static void transfer(struct arm_translation *t, bool load, bool is_double, unsigned reg,
                     uint32_t base, int32_t offset)
{
    enum ir_type type = is_double ? IR_F64 : IR_F32;
    size_t slot = is_double ? vfp_double_offset(reg) : vfp_single_offset(reg);
    uint16_t aux = memory_aux(t, is_double);
    if (load) {
        ir_set(t->ir, slot, ir_load(t->ir, type, base, offset, aux));
    } else {
        ir_store(t->ir, base, offset, ir_get(t->ir, type, slot), aux);
    }
}

void arm_tr_vfp_ldr(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool is_double = DECODE_FIELD(insn, 's');
    if (!vfp_check(t, is_double && DECODE_FIELD(insn, 'D'))) {
        return;
    }
    unsigned reg =
        is_double ? vfp_double_number(insn, 'd', 'D') : vfp_single_number(insn, 'd', 'D');
    unsigned n = DECODE_FIELD(insn, 'n');
    int32_t offset = (int32_t)DECODE_FIELD(insn, 'i') * 4;
    if (!DECODE_FIELD(insn, 'u')) {
        offset = -offset;
    }
    if (n == 15) {
        transfer(t, insn->row->arg, is_double, reg, arm_literal(t, offset), 0);
    } else {
        transfer(t, insn->row->arg, is_double, reg, arm_reg(t, n), offset);
    }
}

/* VLDM, VSTM, VPUSH, VPOP, and FLDMX and FSTMX, whose odd count of words moves the base by a word
 * more. */
void arm_tr_vfp_ldm(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    bool is_double = DECODE_FIELD(insn, 's'), up = DECODE_FIELD(insn, 'u');
    bool wback = DECODE_FIELD(insn, 'w');
    unsigned n = DECODE_FIELD(insn, 'n'), words = DECODE_FIELD(insn, 'i');
    unsigned count = is_double ? words / 2 : words;
    unsigned first =
        is_double ? vfp_double_number(insn, 'd', 'D') : vfp_single_number(insn, 'd', 'D');

    if (!vfp_check(t, is_double && first + count > 16)) {
        return;
    }
    if (count == 0 || first + count > 32 || (is_double && count > 16) ||
        (n == 15 && (wback || t->thumb))) {
        arm_undefined(t);
        return;
    }
    int32_t size = is_double ? 8 : 4, bytes = (int32_t)words * 4;
    int32_t offset = up ? 0 : -bytes;
    uint32_t base = arm_reg(t, n);
    for (unsigned i = 0; i < count; i++) {
        transfer(t, insn->row->arg, is_double, first + i, base, offset + (int32_t)i * size);
    }
    if (wback) {
        uint32_t step = ir_i32(t->ir, (uint32_t)(up ? bytes : -bytes));
        arm_reg_set(t, n, ir_op2(t->ir, IR_ADD, base, step));
    }
}
