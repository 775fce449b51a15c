/* Jumps and branches (MD00086): handlers evaluate condition, target and link; the driver goes there
 * behind the delay slot. */
#include "targets/mips/handlers.h"

#include "core/base/bits.h"
#include "targets/mips/cpu.h"

enum { RA = 31 };

/* J and JAL keep the upper bits of the delay slot's address: what they jump to is in its segment of
 * 256 MiB. */
#define SEGMENT_OFFSET UINT32_C(0x0fffffff)

static uint32_t target_short(const struct mips_translation *t, const struct decode_insn *insn)
{
    int64_t offset = bits_sext(mips_field(insn, 'i'), insn->row->arg >> MIPS_COND_BITS_SHIFT);
    return mips_next_pc(t) + ((uint32_t)offset << 1);
}

static void set_link(struct mips_translation *t, unsigned n)
{
    mips_reg_set(t, n, ir_pcrel(t->ir, IR_I32, mips_link_pc(t)));
}

static bool is_likely(const struct decode_insn *insn)
{
    return insn->row->arg & MIPS_COND_LIKELY;
}

/* Whether comparing a register with itself is always true. */
static bool is_reflexive(unsigned cond)
{
    switch (cond & MIPS_COND_KIND) {
    case MIPS_COND_EQ:
    case MIPS_COND_GE:
    case MIPS_COND_LE:
    case MIPS_COND_GEU:
        return true;
    default:
        return false;
    }
}

/* B is BEQ of a register with itself. */
static void branch(struct mips_translation *t, const struct decode_insn *insn, unsigned s,
                   unsigned r, uint32_t target)
{
    unsigned cond = insn->row->arg;
    if (s == r && is_reflexive(cond)) {
        mips_branch_to(t, target, IR_HINT_NONE);
        return;
    }
    uint32_t a = mips_reg(t, s), b = mips_reg(t, r);
    mips_branch_if(t, mips_condition(t, cond, a, b), target, is_likely(insn));
}

void mips_tr_branch(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    branch(t, insn, mips_field(insn, 's'), mips_field(insn, 't'), mips_target(t, insn));
}

void mips_tr_branch_zero(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    branch(t, insn, mips_field(insn, 's'), 0, mips_target(t, insn));
}

/* MIPS16e: B has no register. */
void mips_tr_branch_short(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    branch(t, insn, mips_field(insn, 's'), 0, target_short(t, insn));
}

/* The link is written whether or not the branch is taken. BAL is BGEZAL of r0; to where it returns
 * to, it only asks for the pc. */
void mips_tr_branch_link(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    branch(t, insn, mips_field(insn, 's'), 0, mips_target(t, insn));
    if (t->branch.target != mips_link_pc(t)) {
        t->branch.hint = IR_HINT_CALL;
        t->branch.link = mips_link_pc(t);
    }
    set_link(t, RA);
}

void mips_tr_jump(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    uint32_t arg = insn->row->arg;
    uint32_t slot = t->pc + t->length;
    uint32_t target = (slot & ~SEGMENT_OFFSET) | mips_field(insn, 'i') << 2;
    t->region->fixed |= SEGMENT_OFFSET;
    if (arg & MIPS_JUMP_LINK) {
        set_link(t, RA);
    }
    target |= t->mips16 != !!(arg & MIPS_JUMP_EXCHANGE);
    mips_branch_to(t, target, arg & MIPS_JUMP_LINK ? IR_HINT_CALL : IR_HINT_NONE);
}

void mips_tr_jr(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned s = mips_field(insn, 's');
    mips_branch_register(t, mips_reg(t, s), s == RA ? IR_HINT_RETURN : IR_HINT_NONE);
}

void mips_tr_jalr(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned d = mips_field(insn, 'd');
    mips_branch_register(t, mips_operand(t, insn, 's'), d ? IR_HINT_CALL : IR_HINT_NONE);
    set_link(t, d);
}
