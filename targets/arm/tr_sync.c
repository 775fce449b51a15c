/* Exclusive accesses and swap (DDI 0406C A3.4, A5.2.10). The local monitor is two slots: the
 * address, 1 when the monitor is open, and the value that was loaded; a store goes through if
 * memory still holds that value. */
#include "targets/arm/handlers.h"

enum { MONITOR_OPEN = 1 };

static bool is_dual(const struct decode_insn *insn)
{
    return insn->row->arg & ARM_LDST_DUAL;
}

/* Exclusive accesses are always aligned to their whole size. */
static uint16_t mem_exclusive(const struct arm_translation *t, const struct decode_insn *insn)
{
    unsigned size = is_dual(insn) ? 3 : insn->row->arg & ARM_LDST_SIZE;
    uint16_t mem =
        (uint16_t)((arm_mem(t, size, true) & ~(uint32_t)IR_MEM_ALIGN) | size << IR_MEM_ALIGN_SHIFT);
    return size == 3 && mem & IR_MEM_BIG ? mem | IR_MEM_SWAP64 : mem;
}

static uint32_t address_of(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t base = arm_reg(t, arm_field(insn, 'n')), offset = arm_field(insn, 'i');
    return offset ? arm_op_imm(t, IR_ADD, base, offset) : base;
}

/* What the monitor keeps of an address: no byte's may look like an open monitor. */
static uint32_t monitored(struct arm_translation *t, const struct decode_insn *insn,
                          uint32_t address)
{
    bool byte = insn->row->arg == ARM_LDST_B;
    return byte ? arm_op_imm(t, IR_AND, address, ~UINT32_C(3)) : address;
}

static void open_monitor(struct arm_translation *t)
{
    ir_set(t->ir, ARM_OFF(exclusive_address), ir_i32(t->ir, MONITOR_OPEN));
}

static bool is_bad(const struct arm_translation *t, const struct decode_insn *insn)
{
    unsigned rt = arm_field(insn, 't');
    bool bad_pair = is_dual(insn) && (arm_field(insn, 'q') == 15 || (!t->thumb && rt & 1));
    return arm_field(insn, 'n') == 15 || rt == 15 || arm_field(insn, 'd') == 15 || bad_pair;
}

void arm_tr_ldrex(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (is_bad(t, insn)) {
        arm_undefined(t);
        return;
    }
    uint32_t address = address_of(t, insn);
    enum ir_type type = is_dual(insn) ? IR_I64 : IR_I32;
    uint32_t value = ir_load(t->ir, type, address, 0, mem_exclusive(t, insn));
    uint32_t wide = is_dual(insn) ? value : ir_conv(t->ir, IR_ZEXT32, IR_I64, value);
    ir_set(t->ir, ARM_OFF(exclusive_address), monitored(t, insn, address));
    ir_set(t->ir, ARM_OFF(exclusive_value), wide);
    if (is_dual(insn)) {
        arm_reg_set(t, arm_field(insn, 't'), ir_conv(t->ir, IR_LO32, IR_I32, value));
        arm_reg_set(t, arm_field(insn, 'q'), ir_conv(t->ir, IR_HI32, IR_I32, value));
    } else {
        arm_reg_set(t, arm_field(insn, 't'), value);
    }
}

/* The monitor is closed at the right address: Rd is 0 if memory still held the value. */
static void store_if_unchanged(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t expected = ir_get(t->ir, IR_I64, ARM_OFF(exclusive_value));
    uint32_t value = arm_reg(t, arm_field(insn, 't'));
    if (is_dual(insn)) {
        value = ir_emit(t->ir, IR_PAIR, IR_I64, value, arm_reg(t, arm_field(insn, 'q')), 0, 0, 0);
    } else {
        expected = ir_conv(t->ir, IR_LO32, IR_I32, expected);
    }
    uint32_t old = ir_emit(t->ir, IR_CAS, is_dual(insn) ? IR_I64 : IR_I32, address_of(t, insn),
                           expected, value, 0, mem_exclusive(t, insn));
    arm_reg_set(t, arm_field(insn, 'd'), ir_op2(t->ir, IR_NE, old, expected));
}

void arm_tr_strex(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (is_bad(t, insn)) {
        arm_undefined(t);
        return;
    }
    uint32_t store = ir_block_new(t->ir), fail = ir_block_new(t->ir), join = ir_block_new(t->ir);
    uint32_t tag = ir_get(t->ir, IR_I32, ARM_OFF(exclusive_address));
    uint32_t same = ir_op2(t->ir, IR_EQ, tag, monitored(t, insn, address_of(t, insn)));
    ir_emit(t->ir, IR_BRANCH, IR_NONE, same, fail, 0, store, 0);
    arm_block_begin(t, store);
    store_if_unchanged(t, insn);
    arm_jump(t, join);
    arm_block_begin(t, fail);
    arm_reg_set(t, arm_field(insn, 'd'), ir_i32(t->ir, 1));
    arm_jump(t, join);
    arm_block_begin(t, join);
    open_monitor(t);
}

void arm_tr_clrex(void *translation, const struct decode_insn *insn)
{
    open_monitor(translation);
}

/* All CPUs run on one thread and not within each other's blocks: a load and a store are atomic. */
void arm_tr_swp(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (is_bad(t, insn) || arm_field(insn, 'm') == 15) {
        arm_undefined(t);
        return;
    }
    uint32_t address = address_of(t, insn), value = arm_reg(t, arm_field(insn, 'm'));
    uint16_t mem = arm_mem(t, insn->row->arg & ARM_LDST_SIZE, true);
    uint32_t old = ir_load(t->ir, IR_I32, address, 0, mem);
    ir_store(t->ir, address, 0, value, mem);
    arm_reg_set(t, arm_field(insn, 't'), old);
}
