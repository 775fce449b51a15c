/* The DSP ASE (MD00374). */
#include "targets/mips/dsp.h"

#include "core/base/bits.h"

static uint32_t conv(struct mips_translation *t, enum ir_op op, enum ir_type type, uint32_t a)
{
    return ir_emit(t->ir, op, type, a, 0, 0, 0, 0);
}

static uint32_t reg(struct mips_translation *t, const struct decode_insn *insn, char field)
{
    return mips_reg(t, DECODE_FIELD(insn, field));
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* Those without rd have 0 there. */
void mips_tr_dsp_lanes(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        mips_reg_set(
            t, DECODE_FIELD(insn, 'd'),
            ir_call(t->ir, &mips_helper_dsp_lanes, op, reg(t, insn, 's'), reg(t, insn, 't'), 0));
    }
}

/* The amount: field s, or the register of that number. */
static uint32_t amount(struct mips_translation *t, const struct decode_insn *insn)
{
    return DECODE_FIELD(insn, 'v') ? reg(t, insn, 's') : ir_i32(t->ir, DECODE_FIELD(insn, 's'));
}

void mips_tr_dsp_shift(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        mips_reg_set(
            t, DECODE_FIELD(insn, 'd'),
            ir_call(t->ir, &mips_helper_dsp_lanes, op, reg(t, insn, 't'), amount(t, insn), 0));
    }
}

/* arg: bits of a lane. Halves are of 10 bits, sign-extended. */
void mips_tr_dsp_replicate(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t i = DECODE_FIELD(insn, 'i');
        uint32_t value = insn->row->arg == 8 ? i * 0x01010101
                                             : ((uint32_t)bits_sext(i, 10) & 0xffff) * 0x00010001;
        mips_reg_set(t, DECODE_FIELD(insn, 'd'), ir_i32(t->ir, value));
    }
}

void mips_tr_dsp_insert(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t value =
            ir_call(t->ir, &mips_helper_dsp_insert, reg(t, insn, 's'), reg(t, insn, 't'), 0, 0);
        mips_reg_set(t, DECODE_FIELD(insn, 't'), value);
    }
}

/* ---- accumulators ---------------------------------------------------------------------------- */

static uint32_t acc_get(struct mips_translation *t, unsigned n)
{
    uint32_t lo = ir_get(t->ir, IR_I32, MIPS_OFF(lo) + 4 * n);
    uint32_t hi = ir_get(t->ir, IR_I32, MIPS_OFF(hi) + 4 * n);
    return ir_emit(t->ir, IR_PAIR, IR_I64, lo, hi, 0, 0, 0);
}

static void acc_set(struct mips_translation *t, unsigned n, uint32_t value)
{
    ir_set(t->ir, MIPS_OFF(lo) + 4 * n, conv(t, IR_LO32, IR_I32, value));
    ir_set(t->ir, MIPS_OFF(hi) + 4 * n, conv(t, IR_HI32, IR_I32, value));
}

static void accumulate(struct mips_translation *t, const struct decode_insn *insn, uint32_t a,
                       uint32_t b)
{
    unsigned n = DECODE_FIELD(insn, 'a');
    uint32_t what = ir_i32(t->ir, insn->row->arg | n << 8);
    acc_set(t, n, ir_call(t->ir, &mips_helper_dsp_accumulate, what, acc_get(t, n), a, b));
}

void mips_tr_dsp_accumulate(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, reg(t, insn, 's'), reg(t, insn, 't'));
    }
}

void mips_tr_dsp_shilo(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, amount(t, insn), 0);
    }
}

void mips_tr_dsp_mthlip(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        accumulate(t, insn, reg(t, insn, 's'), 0);
    }
}

void mips_tr_dsp_extract(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t op = ir_i32(t->ir, insn->row->arg);
        uint32_t acc = acc_get(t, DECODE_FIELD(insn, 'a'));
        mips_reg_set(t, DECODE_FIELD(insn, 'n'),
                     ir_call(t->ir, &mips_helper_dsp_extract, op, acc, amount(t, insn), 0));
    }
}

/* arg: HI, not LO. */
static size_t half_of(const struct decode_insn *insn)
{
    return (insn->row->arg ? MIPS_OFF(hi) : MIPS_OFF(lo)) + 4 * DECODE_FIELD(insn, 'a');
}

/* Accumulator 0 is HI and LO, with or without the ASE enabled. */
static bool half_check(struct mips_translation *t, const struct decode_insn *insn)
{
    return DECODE_FIELD(insn, 'a') == 0 || mips_dsp_check(t);
}

void mips_tr_dsp_mfhi(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (half_check(t, insn)) {
        mips_reg_set(t, DECODE_FIELD(insn, 'd'), ir_get(t->ir, IR_I32, half_of(insn)));
    }
}

void mips_tr_dsp_mthi(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (half_check(t, insn)) {
        ir_set(t->ir, half_of(insn), reg(t, insn, 's'));
    }
}

void mips_tr_dsp_multiply(void *translation, const struct decode_insn *insn)
{
    static const struct {
        uint8_t widen, then; /* IR_NOP: the accumulator does not matter */
    } kinds[] = {
        [MIPS_DSP_MULT - MIPS_DSP_MULT] = {IR_SEXT32, IR_NOP},
        [MIPS_DSP_MULTU - MIPS_DSP_MULT] = {IR_ZEXT32, IR_NOP},
        [MIPS_DSP_MADD - MIPS_DSP_MULT] = {IR_SEXT32, IR_ADD},
        [MIPS_DSP_MADDU - MIPS_DSP_MULT] = {IR_ZEXT32, IR_ADD},
        [MIPS_DSP_MSUB - MIPS_DSP_MULT] = {IR_SEXT32, IR_SUB},
        [MIPS_DSP_MSUBU - MIPS_DSP_MULT] = {IR_ZEXT32, IR_SUB},
    };
    struct mips_translation *t = translation;
    unsigned kind = insn->row->arg - MIPS_DSP_MULT, n = DECODE_FIELD(insn, 'a');
    if (n != 0 && !mips_dsp_check(t)) {
        return;
    }
    enum ir_op widen = (enum ir_op)kinds[kind].widen;
    uint32_t a = conv(t, widen, IR_I64, reg(t, insn, 's'));
    uint32_t b = conv(t, widen, IR_I64, reg(t, insn, 't'));
    uint32_t product = ir_op2(t->ir, IR_MUL, a, b);
    if (kinds[kind].then != IR_NOP) {
        product = ir_op2(t->ir, (enum ir_op)kinds[kind].then, acc_get(t, n), product);
    }
    acc_set(t, n, product);
}

/* ---- DSPControl ------------------------------------------------------------------------------ */

/* The fields that the bits of a mask stand for (RDDSP, WRDSP). */
static uint32_t mask_of(const struct decode_insn *insn)
{
    static const uint32_t fields[] = {MIPS_DSP_POS,  MIPS_DSP_SCOUNT, MIPS_DSP_C,
                                      MIPS_DSP_OVER, MIPS_DSP_CCOND,  MIPS_DSP_EFI};
    uint32_t mask = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        mask |= DECODE_FIELD(insn, 'i') >> i & 1 ? fields[i] : 0;
    }
    return mask;
}

void mips_tr_dsp_read(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t control = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        mips_reg_set(t, DECODE_FIELD(insn, 'n'),
                     ir_op2(t->ir, IR_AND, control, ir_i32(t->ir, mask_of(insn))));
    }
}

void mips_tr_dsp_write(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t mask = mask_of(insn);
        uint32_t old = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        uint32_t kept = ir_op2(t->ir, IR_AND, old, ir_i32(t->ir, ~mask));
        uint32_t value = ir_op2(t->ir, IR_AND, reg(t, insn, 's'), ir_i32(t->ir, mask));
        ir_set(t->ir, MIPS_OFF(dsp_control), ir_op2(t->ir, IR_OR, kept, value));
    }
}

void mips_tr_dsp_branch(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint32_t control = ir_get(t->ir, IR_I32, MIPS_OFF(dsp_control));
        uint32_t pos = ir_op2(t->ir, IR_AND, control, ir_i32(t->ir, MIPS_DSP_POS));
        uint32_t taken = ir_op2(t->ir, IR_ULE, ir_i32(t->ir, 32), pos);
        uint32_t offset = (uint32_t)bits_sext(DECODE_FIELD(insn, 'i'), 16) << 2;
        mips_branch_if(t, taken, t->pc + 4 + offset, false);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* LWX, LHX, LBUX; arg: log2 of the bytes. */
void mips_tr_dsp_load(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_dsp_check(t)) {
        uint16_t aux = mips_mem(t, insn->row->arg, true);
        aux |= insn->row->arg == 1 ? IR_MEM_SIGN : 0;
        uint32_t address = ir_op2(t->ir, IR_ADD, reg(t, insn, 'b'), reg(t, insn, 'x'));
        mips_reg_set(t, DECODE_FIELD(insn, 'd'), ir_load(t->ir, IR_I32, address, 0, aux));
    }
}
