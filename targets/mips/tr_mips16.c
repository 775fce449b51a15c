/* MIPS16e instructions that MIPS32 has not (MD00076). */
#include "targets/mips/handlers.h"

#include "core/base/bits.h"
#include "core/base/check.h"

enum { SP = 29, RA = 31 };

/* ---- relative to the pc, which in a delay slot is that of the jump --------------------------- */

static uint32_t pc_relative(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t base = (t->pc - t->delay) & ~UINT32_C(3);
    return ir_pcrel(t->ir, IR_I32, (uint32_t)(base + (uint32_t)mips_offset(insn)));
}

void mips_tr_addiu_pc(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    mips_reg_set(t, mips_field(insn, 't'), pc_relative(t, insn));
}

void mips_tr_load_pc(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t value = ir_load(t->ir, IR_I32, pc_relative(t, insn), 0, mips_mem(t, 2, true));
    mips_reg_set(t, mips_field(insn, 't'), value);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* arg: bits of the signed immediate. */
void mips_tr_addiu_short(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t imm = (uint32_t)bits_sext(mips_field(insn, 'i'), insn->row->arg);
    mips_reg_set(t, mips_field(insn, 't'), mips_op_imm(t, IR_ADD, mips_operand(t, insn, 's'), imm));
}

/* An amount of 0 means 8. */
void mips_tr_shift_short(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t amount = mips_field(insn, 'a') ? mips_field(insn, 'a') : 8;
    mips_reg_set(t, mips_field(insn, 'd'),
                 mips_op_imm(t, insn->row->arg, mips_operand(t, insn, 't'), amount));
}

/* The upper two bits of the register's number come behind the lower three. */
void mips_tr_mov_to_32(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned d = mips_field(insn, 'd') | mips_field(insn, 'i');
    mips_reg_set(t, d, mips_operand(t, insn, 's'));
}

/* ---- SAVE and RESTORE ------------------------------------------------------------------------ */

/* Registers in the order in which SAVE stores them downward, from the old stack pointer on. */
struct frame {
    uint32_t size;
    unsigned args; /* a0 .. that are stored above it, in their home */
    unsigned count;
    uint8_t regs[14];
};

static void frame_add(struct frame *frame, unsigned reg)
{
    frame->regs[frame->count++] = (uint8_t)reg;
}

/* False for the one encoding of the arguments that is reserved. */
static bool frame_of(const struct decode_insn *insn, struct frame *frame)
{
    /* By field f: how many argument registers are arguments, and how many static. */
    static const struct {
        uint8_t args, statics;
    } args[] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}, {1, 2}, {1, 3},
                {2, 0}, {2, 1}, {2, 2}, {0, 4}, {3, 0}, {3, 1}, {4, 0}};
    /* s8, s7 .. s2: the last z of them. */
    static const uint8_t further[] = {30, 23, 22, 21, 20, 19, 18};
    unsigned f = mips_field(insn, 'f'), z = mips_field(insn, 'z');
    if (f >= ARRAY_SIZE(args)) {
        return false;
    }
    bool default_size = !mips_field(insn, 'n') && !(insn->row->arg & MIPS_SAVE_EXTENDED);
    *frame = (struct frame){.size = default_size ? 128 : mips_field(insn, 'n') * 8,
                            .args = args[f].args};
    if (mips_field(insn, 'r')) {
        frame_add(frame, RA);
    }
    for (unsigned i = ARRAY_SIZE(further) - z; i < ARRAY_SIZE(further); i++) {
        frame_add(frame, further[i]);
    }
    if (mips_field(insn, 'y')) {
        frame_add(frame, 17);
    }
    if (mips_field(insn, 'x')) {
        frame_add(frame, 16);
    }
    for (unsigned i = 0; i < args[f].statics; i++) {
        frame_add(frame, 7 - i);
    }
    CHECK(frame->count <= ARRAY_SIZE(frame->regs));
    return true;
}

void mips_tr_save(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    struct frame frame;
    if (!frame_of(insn, &frame)) {
        mips_reserved(t);
        return;
    }
    uint32_t sp = mips_reg(t, SP);
    uint16_t mem = mips_mem(t, 2, true);
    for (unsigned i = 0; i < frame.args; i++) {
        ir_store(t->ir, sp, 4 * i, mips_reg(t, 4 + i), mem);
    }
    for (unsigned i = 0; i < frame.count; i++) {
        ir_store(t->ir, sp, -4 * (int64_t)(i + 1), mips_reg(t, frame.regs[i]), mem);
    }
    mips_reg_set(t, SP, mips_op_imm(t, IR_SUB, sp, frame.size));
}

/* Nothing is written until all is read. */
void mips_tr_restore(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    struct frame frame;
    if (!frame_of(insn, &frame)) {
        mips_reserved(t);
        return;
    }
    uint32_t values[ARRAY_SIZE(frame.regs)];
    uint32_t sp = mips_op_imm(t, IR_ADD, mips_reg(t, SP), frame.size);
    for (unsigned i = 0; i < frame.count; i++) {
        values[i] = ir_load(t->ir, IR_I32, sp, -4 * (int64_t)(i + 1), mips_mem(t, 2, true));
    }
    for (unsigned i = 0; i < frame.count; i++) {
        mips_reg_set(t, frame.regs[i], values[i]);
    }
    mips_reg_set(t, SP, sp);
}
