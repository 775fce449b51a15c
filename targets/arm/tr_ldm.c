/* Loads and stores of several registers, and those that leave or enter exceptions (DDI 0406C A5.5,
 * A6.3.5, B9.3). */
#include "targets/arm/handlers.h"

#include "targets/arm/helpers.h"

/* Where the lowest register goes relative to the base, and what is added to the base at last. */
struct span {
    int32_t first, writeback;
};

static struct span span_of(const struct decode_insn *insn, unsigned registers)
{
    int32_t size = (int32_t)registers * 4;
    bool before = arm_field(insn, 'p');
    if (arm_field(insn, 'u')) {
        return (struct span){before ? 4 : 0, size};
    }
    return (struct span){before ? -size : 4 - size, -size};
}

static void write_base(struct arm_translation *t, unsigned n, uint32_t base, struct span span)
{
    arm_reg_set(t, n, arm_op_imm(t, IR_ADD, base, (uint32_t)span.writeback));
}

/* ---- the current mode's registers ------------------------------------------------------------ */

static bool is_bad(const struct decode_insn *insn, uint32_t list)
{
    return arm_field(insn, 'n') == 15 || !list ||
           (insn->row->arg & ARM_LDM_WIDE && !(list & (list - 1)));
}

static void store_list(struct arm_translation *t, const struct decode_insn *insn, uint32_t list)
{
    unsigned n = arm_field(insn, 'n');
    struct span span = span_of(insn, (unsigned)__builtin_popcount(list));
    uint16_t mem = arm_mem(t, 2, true);
    uint32_t base = arm_reg(t, n);
    int32_t offset = span.first;
    for (unsigned i = 0; i < 16; i++) {
        if (list >> i & 1) {
            ir_store(t->ir, base, offset, i == n ? base : arm_reg(t, i), mem);
            offset += 4;
        }
    }
    if (arm_field(insn, 'w')) {
        write_base(t, n, base, span);
    }
}

/* Loads all but the pc, whose value is returned (0 if it is not in the list). A later load may
 * fault, so the base keeps its value until the last one. */
static uint32_t load_list(struct arm_translation *t, const struct decode_insn *insn, uint32_t list)
{
    unsigned n = arm_field(insn, 'n');
    struct span span = span_of(insn, (unsigned)__builtin_popcount(list));
    uint16_t mem = arm_mem(t, 2, true);
    uint32_t base = arm_reg(t, n), new_base = 0, pc = 0;
    int32_t offset = span.first;
    for (unsigned i = 0; i < 16; i++) {
        if (!(list >> i & 1)) {
            continue;
        }
        uint32_t value = ir_load(t->ir, IR_I32, base, offset, mem);
        offset += 4;
        if (i == 15) {
            pc = value;
        } else if (i == n) {
            new_base = value;
        } else {
            arm_reg_set(t, i, value);
        }
    }
    /* A loaded base wins over writeback; T16's LDM has none then. */
    if (new_base) {
        arm_reg_set(t, n, new_base);
    } else if (arm_field(insn, 'w')) {
        write_base(t, n, base, span);
    }
    return pc;
}

void arm_tr_stm(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t list = arm_field(insn, 'l');
    if (is_bad(insn, list)) {
        arm_undefined(t);
    } else {
        store_list(t, insn, list);
    }
}

void arm_tr_ldm(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    uint32_t list = arm_field(insn, 'l');
    bool loads_base = list >> arm_field(insn, 'n') & 1;
    bool wide_bad = insn->row->arg & ARM_LDM_WIDE && arm_field(insn, 'w') && loads_base;
    if (is_bad(insn, list) || wide_bad) {
        arm_undefined(t);
        return;
    }
    uint32_t pc = load_list(t, insn, list);
    if (pc) {
        arm_branch_exchange(t, pc, arm_field(insn, 'n') == 13 ? IR_HINT_RETURN : IR_HINT_NONE);
    }
}

/* ---- "^" forms ------------------------------------------------------------------------------- */

/* UNPREDICTABLE in User and System mode; System mode is not known here and its helpers do no
 * harm. */
static bool is_bad_system(const struct arm_translation *t, const struct decode_insn *insn)
{
    return !(t->mode & ARM_TM_PRIV) || is_bad(insn, arm_field(insn, 'l'));
}

/* Where the User bank's register n is while the mode is neither FIQ nor System: only r13 and r14
 * are not the current ones. */
static size_t user_offset(unsigned n)
{
    return n == 13   ? ARM_OFF(r13[ARM_BANK_USR])
           : n == 14 ? ARM_OFF(r14[ARM_BANK_USR])
                     : ARM_OFF(r[n]);
}

static bool is_banked(unsigned n)
{
    return n >= 8 && n != 15;
}

static uint32_t user_get(struct arm_translation *t, unsigned n, bool common_mode)
{
    if (n == 15) {
        return arm_reg(t, n);
    }
    if (common_mode || !is_banked(n)) {
        return ir_get(t->ir, IR_I32, user_offset(n));
    }
    return ir_call(t->ir, &arm_helper_user_reg_read, ir_i32(t->ir, n), 0, 0, 0);
}

static void user_set(struct arm_translation *t, unsigned n, uint32_t value, bool common_mode)
{
    if (common_mode || !is_banked(n)) {
        ir_set(t->ir, user_offset(n), value);
    } else {
        ir_call(t->ir, &arm_helper_user_reg_write, ir_i32(t->ir, n), value, 0, 0);
    }
}

static void store_user(struct arm_translation *t, const struct decode_insn *insn, bool common_mode)
{
    uint32_t list = arm_field(insn, 'l');
    int32_t offset = span_of(insn, (unsigned)__builtin_popcount(list)).first;
    uint32_t base = arm_reg(t, arm_field(insn, 'n'));
    for (unsigned i = 0; i < 16; i++) {
        if (list >> i & 1) {
            ir_store(t->ir, base, offset, user_get(t, i, common_mode), arm_mem(t, 2, true));
            offset += 4;
        }
    }
}

/* A later load may fault, so a loaded base comes last. */
static void load_user(struct arm_translation *t, const struct decode_insn *insn, bool common_mode)
{
    uint32_t list = arm_field(insn, 'l');
    unsigned n = arm_field(insn, 'n');
    int32_t offset = span_of(insn, (unsigned)__builtin_popcount(list)).first;
    uint32_t base = arm_reg(t, n), new_base = 0;
    for (unsigned i = 0; i < 15; i++) {
        if (!(list >> i & 1)) {
            continue;
        }
        uint32_t value = ir_load(t->ir, IR_I32, base, offset, arm_mem(t, 2, true));
        offset += 4;
        if (i == n) {
            new_base = value;
        } else {
            user_set(t, i, value, common_mode);
        }
    }
    if (new_base) {
        user_set(t, n, new_base, common_mode);
    }
}

/* FIQ mode has more registers of its own and System mode none: they are left to helpers. */
static void transfer_user(struct arm_translation *t, const struct decode_insn *insn,
                          void (*transfer)(struct arm_translation *, const struct decode_insn *,
                                           bool))
{
    if (is_bad_system(t, insn) || arm_field(insn, 'w')) {
        arm_undefined(t);
        return;
    }
    uint32_t mode = arm_op_imm(t, IR_AND, ir_get(t->ir, IR_I32, ARM_OFF(cpsr)), ARM_CPSR_MODE);
    uint32_t rare = ir_op2(t->ir, IR_OR, arm_op_imm(t, IR_EQ, mode, ARM_MODE_FIQ),
                           arm_op_imm(t, IR_EQ, mode, ARM_MODE_SYS));
    uint32_t slow = ir_block_new(t->ir), fast = ir_block_new(t->ir), join = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, rare, fast, 0, slow, 0);
    arm_block_begin(t, slow);
    transfer(t, insn, false);
    arm_jump(t, join);
    arm_block_begin(t, fast);
    transfer(t, insn, true);
    arm_jump(t, join);
    arm_block_begin(t, join);
}

void arm_tr_stm_user(void *translation, const struct decode_insn *insn)
{
    transfer_user(translation, insn, store_user);
}

void arm_tr_ldm_user(void *translation, const struct decode_insn *insn)
{
    transfer_user(translation, insn, load_user);
}

void arm_tr_ldm_return(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (is_bad_system(t, insn)) {
        arm_undefined(t);
        return;
    }
    uint32_t pc = load_list(t, insn, arm_field(insn, 'l'));
    ir_call(t->ir, &arm_helper_exception_return, pc, 0, 0, 0);
    arm_leave(t);
}

/* ---- SRS and RFE ----------------------------------------------------------------------------- */

void arm_tr_srs(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (!(t->mode & ARM_TM_PRIV)) {
        arm_undefined(t);
        return;
    }
    struct span span = span_of(insn, 2);
    uint32_t mode = ir_i32(t->ir, arm_field(insn, 'm')), sp = ir_i32(t->ir, 13);
    uint32_t base = ir_call(t->ir, &arm_helper_bank_reg_read, mode, sp, 0, 0);
    uint32_t spsr = ir_call(t->ir, &arm_helper_spsr_read, 0, 0, 0, 0);
    ir_store(t->ir, base, span.first, arm_reg(t, 14), arm_mem(t, 2, true));
    ir_store(t->ir, base, span.first + 4, spsr, arm_mem(t, 2, true));
    if (arm_field(insn, 'w')) {
        uint32_t value = arm_op_imm(t, IR_ADD, base, (uint32_t)span.writeback);
        ir_call(t->ir, &arm_helper_bank_reg_write, mode, sp, value, 0);
    }
}

void arm_tr_rfe(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    unsigned n = arm_field(insn, 'n');
    if (!(t->mode & ARM_TM_PRIV) || n == 15) {
        arm_undefined(t);
        return;
    }
    struct span span = span_of(insn, 2);
    uint32_t base = arm_reg(t, n);
    uint32_t pc = ir_load(t->ir, IR_I32, base, span.first, arm_mem(t, 2, true));
    uint32_t cpsr = ir_load(t->ir, IR_I32, base, span.first + 4, arm_mem(t, 2, true));
    if (arm_field(insn, 'w')) {
        write_base(t, n, base, span);
    }
    ir_call(t->ir, &arm_helper_rfe, pc, cpsr, 0, 0);
    arm_leave(t);
}
