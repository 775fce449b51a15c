/* Instructions that raise exceptions (MD00086), and those that do nothing. */
#include "targets/mips/handlers.h"

#include "targets/mips/helpers.h"

/* arg is an enum mips_exception. System calls come in great numbers: the exception is taken without
 * the detour by which others leave translated code. */
void mips_tr_raise(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t pc = ir_pcrel(t->ir, IR_I32, t->pc | t->mips16);
    ir_set(t->ir, MIPS_OFF(pc), pc);
    if (t->delay) {
        ir_set(t->ir, MIPS_OFF(delay), ir_i32(t->ir, t->delay));
    }
    ir_call(t->ir, &mips_helper_take, ir_i32(t->ir, insn->row->arg), 0, 0, 0);
    mips_leave(t);
}

static void trap(struct mips_translation *t, const struct decode_insn *insn, uint32_t b)
{
    uint32_t cond = mips_condition(t, insn->row->arg, mips_operand(t, insn, 's'), b);
    mips_raise_if(t, cond, MIPS_EXC_TR);
}

void mips_tr_trap_reg(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    trap(t, insn, mips_operand(t, insn, 't'));
}

void mips_tr_trap_imm(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    trap(t, insn, ir_i32(t->ir, (uint32_t)mips_offset(insn)));
}

/* PREF; and SYNCI, since translations follow memory by themselves. */
void mips_tr_nop(void *translation, const struct decode_insn *insn)
{
}
