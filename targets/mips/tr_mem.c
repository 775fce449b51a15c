/* Loads and stores (MD00086). */
#include "targets/mips/handlers.h"

/* ---- bytes, halfwords, words: arg is enum ir_mem's size and sign ----------------------------- */

static uint16_t mem_of(const struct mips_translation *t, uint32_t arg)
{
    return mips_mem(t, arg & IR_MEM_SIZE, true) | (uint16_t)(arg & IR_MEM_SIGN);
}

void mips_tr_load(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t base = mips_operand(t, insn, 's');
    uint32_t value = ir_load(t->ir, IR_I32, base, mips_offset(insn), mem_of(t, insn->row->arg));
    mips_reg_set(t, mips_field(insn, 't'), value);
}

void mips_tr_store(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t base = mips_operand(t, insn, 's'), value = mips_operand(t, insn, 't');
    ir_store(t->ir, base, mips_offset(insn), value, mem_of(t, insn->row->arg));
}

/* ---- parts of words -------------------------------------------------------------------------- */

/* An address in a word, the word's address, and the number of bits by which the register's bytes
 * and the word's are apart. */
struct part {
    uint32_t address, word, shift;
};

static struct part part_of(struct mips_translation *t, const struct decode_insn *insn)
{
    struct part part;
    uint32_t base = mips_operand(t, insn, 's');
    part.address = mips_op_imm(t, IR_ADD, base, (uint32_t)mips_offset(insn));
    part.word = mips_op_imm(t, IR_AND, part.address, ~UINT32_C(3));
    /* The left part ends at the word's most significant byte, the right one at the least. */
    bool left = insn->row->arg == MIPS_PART_LEFT;
    uint32_t bits = mips_op_imm(t, IR_AND, mips_op_imm(t, IR_SHL, part.address, 3), 24);
    part.shift = left == t->big ? bits : mips_op_imm(t, IR_XOR, bits, 24);
    return part;
}

/* `value` with those bits replaced by `from`'s that a shift of ones by `op` has. */
static uint32_t merge(struct mips_translation *t, uint32_t value, enum ir_op op, uint32_t from,
                      uint32_t shift)
{
    uint32_t mask = ir_op2(t->ir, op, ir_i32(t->ir, UINT32_MAX), shift);
    uint32_t kept = ir_op2(t->ir, IR_ANDN, value, mask);
    return ir_op2(t->ir, IR_OR, kept, ir_op2(t->ir, op, from, shift));
}

/* LWL: the word's bytes move up, LWR: down. */
void mips_tr_load_part(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    struct part part = part_of(t, insn);
    enum ir_op op = insn->row->arg == MIPS_PART_LEFT ? IR_SHL : IR_SHR;
    uint32_t word = ir_load(t->ir, IR_I32, part.word, 0, mips_mem(t, 2, false));
    uint32_t old = mips_operand(t, insn, 't');
    mips_reg_set(t, mips_field(insn, 't'), merge(t, old, op, word, part.shift));
}

/* The store of the one byte that is written in any case raises what there is to raise, so that the
 * word can then be read and written. */
void mips_tr_store_part(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    struct part part = part_of(t, insn);
    bool left = insn->row->arg == MIPS_PART_LEFT;
    uint32_t value = mips_operand(t, insn, 't');
    uint32_t byte = left ? mips_op_imm(t, IR_SHR, value, 24) : value;
    uint16_t mem = mips_mem(t, 2, false);
    ir_store(t->ir, part.address, 0, byte, mips_mem(t, 0, false));
    uint32_t old = ir_load(t->ir, IR_I32, part.word, 0, mem);
    uint32_t merged = merge(t, old, left ? IR_SHR : IR_SHL, value, part.shift);
    ir_store(t->ir, part.word, 0, merged, mem);
}

/* ---- LL and SC ------------------------------------------------------------------------------- */

/* In ll_address; the address of a word has 0 there. */
enum { LINKED = 2, UNLINKED = 1 };

void mips_tr_ll(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t base = mips_operand(t, insn, 's');
    uint32_t address = mips_op_imm(t, IR_ADD, base, (uint32_t)mips_offset(insn));
    uint32_t value = ir_load(t->ir, IR_I32, address, 0, mips_mem(t, 2, true));
    ir_set(t->ir, MIPS_OFF(ll_address), mips_op_imm(t, IR_XOR, address, LINKED));
    ir_set(t->ir, MIPS_OFF(ll_value), value);
    mips_reg_set(t, mips_field(insn, 't'), value);
}

/* Stores if memory still holds what LL read; rt tells whether. A misaligned address goes there too,
 * to be raised for. */
void mips_tr_sc(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t store = ir_block_new(t->ir), fail = ir_block_new(t->ir), join = ir_block_new(t->ir);
    unsigned n = mips_field(insn, 't');
    uint32_t offset = (uint32_t)mips_offset(insn);
    uint32_t address = mips_op_imm(t, IR_ADD, mips_operand(t, insn, 's'), offset);
    uint32_t linked = ir_op2(t->ir, IR_EQ, mips_op_imm(t, IR_XOR, address, LINKED),
                             ir_get(t->ir, IR_I32, MIPS_OFF(ll_address)));
    uint32_t misaligned = mips_op_imm(t, IR_AND, address, 3);
    uint32_t tries = ir_op2(t->ir, IR_OR, linked, misaligned);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, tries, fail, 0, store, 0);

    mips_block_begin(t, store);
    uint32_t expected = ir_get(t->ir, IR_I32, MIPS_OFF(ll_value));
    address = mips_op_imm(t, IR_ADD, mips_operand(t, insn, 's'), offset);
    uint32_t old =
        ir_emit(t->ir, IR_CAS, IR_I32, address, expected, mips_reg(t, n), 0, mips_mem(t, 2, true));
    mips_reg_set(t, n, ir_op2(t->ir, IR_EQ, old, expected));
    mips_jump(t, join);

    mips_block_begin(t, fail);
    mips_reg_set(t, n, ir_i32(t->ir, 0));
    mips_jump(t, join);

    mips_block_begin(t, join);
    ir_set(t->ir, MIPS_OFF(ll_address), ir_i32(t->ir, UNLINKED));
}

void mips_tr_sync(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    ir_emit(t->ir, IR_FENCE, IR_NONE, 0, 0, 0, 0, 0);
}
