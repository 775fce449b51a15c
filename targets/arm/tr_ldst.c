/* Loads and stores of one register or a pair (DDI 0406C A4.6, A5.2.8, A5.3, A6.3.7 to A6.3.10). */
#include "targets/arm/handlers.h"

/* base + offset, with what is to be written back to Rn afterwards (0: nothing). */
struct address {
    uint32_t base;
    int32_t offset;
    uint32_t writeback;
};

static bool writes_back(const struct decode_insn *insn)
{
    return !arm_field(insn, 'p') || arm_field(insn, 'w');
}

static struct address address_imm(struct arm_translation *t, const struct decode_insn *insn)
{
    unsigned n = arm_field(insn, 'n');
    int32_t offset = (int32_t)arm_field(insn, 'i');
    if (!arm_field(insn, 'u')) {
        offset = -offset;
    }
    if (n == 15) {
        return (struct address){.base = arm_literal(t, offset)};
    }
    struct address address = {.base = arm_reg(t, n)};
    if (arm_field(insn, 'p')) {
        address.offset = offset;
    }
    if (writes_back(insn)) {
        address.writeback = arm_op_imm(t, IR_ADD, address.base, (uint32_t)offset);
    }
    return address;
}

static struct address address_reg(struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t n = arm_reg(t, arm_field(insn, 'n')), m = arm_reg(t, arm_field(insn, 'm'));
    uint32_t offset = arm_shift_imm(t, m, arm_field(insn, 'y'), arm_field(insn, 'h'));
    uint32_t sum = ir_op2(t->ir, arm_field(insn, 'u') ? IR_ADD : IR_SUB, n, offset);
    return (struct address){.base = arm_field(insn, 'p') ? sum : n,
                            .writeback = writes_back(insn) ? sum : 0};
}

static void write_base(struct arm_translation *t, const struct decode_insn *insn,
                       const struct address *address)
{
    if (address->writeback) {
        arm_reg_set(t, arm_field(insn, 'n'), address->writeback);
    }
}

/* ---- one register ---------------------------------------------------------------------------- */

static uint16_t mem_flags(const struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t arg = insn->row->arg;
    uint16_t mem = arm_mem(t, arg & ARM_LDST_SIZE, false);
    if (arg & ARM_LDST_SIGN) {
        mem |= IR_MEM_SIGN;
    }
    /* A32's LDRT and its like are the post-indexed forms with W. */
    if (arg & ARM_LDST_USER || (!t->thumb && !arm_field(insn, 'p') && arm_field(insn, 'w'))) {
        mem |= IR_MEM_USER;
    }
    return mem;
}

static void load(struct arm_translation *t, const struct decode_insn *insn,
                 const struct address *address)
{
    unsigned rt = arm_field(insn, 't');
    uint32_t value = ir_load(t->ir, IR_I32, address->base, address->offset, mem_flags(t, insn));
    write_base(t, insn, address);
    if (rt == 15) {
        arm_branch_exchange(t, value, arm_field(insn, 'n') == 13 ? IR_HINT_RETURN : IR_HINT_NONE);
    } else {
        arm_reg_set(t, rt, value);
    }
}

static void store(struct arm_translation *t, const struct decode_insn *insn,
                  const struct address *address)
{
    uint32_t value = arm_reg(t, arm_field(insn, 't'));
    ir_store(t->ir, address->base, address->offset, value, mem_flags(t, insn));
    write_base(t, insn, address);
}

/* What the manual leaves UNPREDICTABLE or UNDEFINED. */
static bool is_bad(const struct arm_translation *t, const struct decode_insn *insn)
{
    uint32_t arg = insn->row->arg;
    unsigned n = arm_field(insn, 'n'), rt = arm_field(insn, 't');
    bool word = (arg & ARM_LDST_SIZE) == ARM_LDST_W;
    if (n == 15 && (writes_back(insn) || (t->thumb && arg & ARM_LDST_STORE))) {
        return true;
    }
    if (t->thumb && !arm_field(insn, 'p') && !arm_field(insn, 'w')) {
        return true;
    }
    return rt == 15 && (!word || (t->thumb && arg & ARM_LDST_STORE) || arg & ARM_LDST_USER);
}

static void transfer(struct arm_translation *t, const struct decode_insn *insn,
                     const struct address *address)
{
    if (insn->row->arg & ARM_LDST_STORE) {
        store(t, insn, address);
    } else {
        load(t, insn, address);
    }
}

/* T32 has its literal forms wherever Rn is 15, U and 12 bits of offset in the same place. For t =
 * 15 what is not a load of the pc is a preload hint. */
void arm_tr_ldst_literal(void *translation, const struct decode_insn *insn)
{
    struct arm_translation *t = translation;
    if (arm_field(insn, 'n') != 15) {
        arm_undefined(t);
        return;
    }
    if (arm_field(insn, 't') == 15 && (insn->row->arg & ARM_LDST_SIZE) != ARM_LDST_W) {
        return;
    }
    int32_t offset = insn->bits & 0xfff;
    struct address address = {.base = arm_literal(t, insn->bits >> 23 & 1 ? offset : -offset)};
    load(t, insn, &address);
}

static bool is_wide_literal(const struct arm_translation *t, const struct decode_insn *insn)
{
    return t->thumb && t->length == 4 && arm_field(insn, 'n') == 15 &&
           !(insn->row->arg & ARM_LDST_STORE);
}

static void single(struct arm_translation *t, const struct decode_insn *insn,
                   struct address (*address_of)(struct arm_translation *,
                                                const struct decode_insn *))
{
    if (is_wide_literal(t, insn)) {
        arm_tr_ldst_literal(t, insn);
    } else if (is_bad(t, insn)) {
        arm_undefined(t);
    } else {
        struct address address = address_of(t, insn);
        transfer(t, insn, &address);
    }
}

void arm_tr_ldst_imm(void *translation, const struct decode_insn *insn)
{
    single(translation, insn, address_imm);
}

void arm_tr_ldst_reg(void *translation, const struct decode_insn *insn)
{
    single(translation, insn, address_reg);
}

/* ---- pairs (fields t and q) ------------------------------------------------------------------ */

/* Each word has the data endianness of its own. */
static uint16_t mem_pair(const struct arm_translation *t)
{
    uint16_t mem = arm_mem(t, 3, true);
    return mem & IR_MEM_BIG ? mem | IR_MEM_SWAP64 : mem;
}

static void transfer_pair(struct arm_translation *t, const struct decode_insn *insn,
                          const struct address *address)
{
    unsigned first = arm_field(insn, 't'), second = arm_field(insn, 'q');
    if (insn->row->arg & ARM_LDST_STORE) {
        uint32_t pair =
            ir_emit(t->ir, IR_PAIR, IR_I64, arm_reg(t, first), arm_reg(t, second), 0, 0, 0);
        ir_store(t->ir, address->base, address->offset, pair, mem_pair(t));
        write_base(t, insn, address);
        return;
    }
    uint32_t both = ir_load(t->ir, IR_I64, address->base, address->offset, mem_pair(t));
    write_base(t, insn, address);
    arm_reg_set(t, first, ir_conv(t->ir, IR_LO32, IR_I32, both));
    arm_reg_set(t, second, ir_conv(t->ir, IR_HI32, IR_I32, both));
}

static bool is_bad_pair(const struct arm_translation *t, const struct decode_insn *insn)
{
    unsigned first = arm_field(insn, 't'), second = arm_field(insn, 'q');
    bool store_literal = insn->row->arg & ARM_LDST_STORE && t->thumb;
    if (arm_field(insn, 'n') == 15 && (writes_back(insn) || store_literal)) {
        return true;
    }
    if (!arm_field(insn, 'p') && (t->thumb ? !arm_field(insn, 'w') : arm_field(insn, 'w'))) {
        return true;
    }
    return first == 15 || second == 15 || (!t->thumb && first & 1);
}

static void pair(struct arm_translation *t, const struct decode_insn *insn,
                 struct address (*address_of)(struct arm_translation *, const struct decode_insn *))
{
    if (is_bad_pair(t, insn)) {
        arm_undefined(t);
        return;
    }
    struct address address = address_of(t, insn);
    transfer_pair(t, insn, &address);
}

void arm_tr_ldrd_imm(void *translation, const struct decode_insn *insn)
{
    pair(translation, insn, address_imm);
}

void arm_tr_ldrd_reg(void *translation, const struct decode_insn *insn)
{
    pair(translation, insn, address_reg);
}
