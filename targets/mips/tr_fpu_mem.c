/* Loads and stores of floating-point registers (MD00086: LWC1, LDC1, LWXC1 ..). A doubleword is one
 * number of 64 bits in memory. arg of the rows is the log2 of the bytes. */
#include "targets/mips/fpu.h"
#include "targets/mips/handlers.h"

static enum ir_type type_of(const struct decode_insn *insn)
{
    return insn->row->arg == 3 ? IR_F64 : IR_F32;
}

static void transfer(struct mips_translation *t, const struct decode_insn *insn, bool load,
                     uint32_t base, int32_t offset)
{
    enum ir_type type = type_of(insn);
    size_t slot = mips_fp_reg(t, type, DECODE_FIELD(insn, 'd'));
    uint16_t aux = mips_mem(t, insn->row->arg, true);
    if (load) {
        ir_set(t->ir, slot, ir_load(t->ir, type, base, offset, aux));
    } else {
        ir_store(t->ir, base, offset, ir_get(t->ir, type, slot), aux);
    }
}

static void transfer_near(struct mips_translation *t, const struct decode_insn *insn, bool load)
{
    if (mips_cp1_check(t)) {
        transfer(t, insn, load, mips_reg(t, DECODE_FIELD(insn, 'b')), mips_offset(insn));
    }
}

void mips_tr_fp_load(void *translation, const struct decode_insn *insn)
{
    transfer_near(translation, insn, true);
}

void mips_tr_fp_store(void *translation, const struct decode_insn *insn)
{
    transfer_near(translation, insn, false);
}

/* Field u: LUXC1 and SUXC1, which ignore the low bits of the address and need FR = 1. */
static void transfer_indexed(struct mips_translation *t, const struct decode_insn *insn, bool load)
{
    bool ignore = DECODE_FIELD(insn, 'u');
    if (!mips_fp_check(t, type_of(insn), DECODE_FIELD(insn, 'd')) ||
        (ignore && !mips_fp_check_long(t))) {
        return;
    }
    uint32_t base = mips_reg(t, DECODE_FIELD(insn, 'b'));
    uint32_t address = ir_op2(t->ir, IR_ADD, base, mips_reg(t, DECODE_FIELD(insn, 'x')));
    if (ignore) {
        address = ir_op2(t->ir, IR_AND, address, ir_i32(t->ir, ~UINT32_C(7)));
    }
    transfer(t, insn, load, address, 0);
}

void mips_tr_fp_load_indexed(void *translation, const struct decode_insn *insn)
{
    transfer_indexed(translation, insn, true);
}

void mips_tr_fp_store_indexed(void *translation, const struct decode_insn *insn)
{
    transfer_indexed(translation, insn, false);
}

/* PREFX: nothing is prefetched. */
void mips_tr_fp_prefetch(void *translation, const struct decode_insn *insn)
{
    mips_cp1_check(translation);
}
