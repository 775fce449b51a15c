/* Coprocessor 0 and what else belongs to the system (MD00086; MD00090). The registers themselves
 * are behind helpers. */
#include "targets/mips/handlers.h"

#include "targets/mips/helpers.h"
#include "targets/mips/models.h"
#include "targets/mips/system.h"

static uint32_t key_of(const struct decode_insn *insn)
{
    return MIPS_CP0_KEY(mips_field(insn, 'd'), mips_field(insn, 'c'));
}

enum { KEY_STATUS = MIPS_CP0_KEY(12, 0), KEY_CAUSE = MIPS_CP0_KEY(13, 0) };

static void mfc0_by_helper(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t key = ir_i32(t->ir, key_of(insn));
    mips_reg_set(t, mips_field(insn, 't'), ir_call(t->ir, &mips_helper_mfc0, key, 0, 0, 0));
}

/* As cp0.c has it, without a look at the timer. */
static uint32_t cause_without_look(struct mips_translation *t)
{
    enum { SOFTWARE = 0x300, TIMER_INPUT = 1 << 15 };
    uint32_t absent = t->features & MIPS_FEATURE_R2 ? 0 : MIPS_CAUSE_TI | MIPS_CAUSE_DC;
    uint32_t cause = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.cause));
    uint32_t inputs = mips_op_imm(t, IR_SHL, ir_get(t->ir, IR_I32, MIPS_OFF(interrupts)), 8);
    uint32_t timer = mips_op_imm(t, IR_AND, mips_op_imm(t, IR_SHR, cause, 30 - 15), TIMER_INPUT);
    uint32_t requests = ir_op2(t->ir, IR_OR, inputs, timer);
    uint32_t kept = mips_op_imm(t, IR_AND, cause, ~(absent | (MIPS_CAUSE_IP & ~SOFTWARE)));
    return ir_op2(t->ir, IR_OR, kept, requests);
}

/* Handlers of exceptions begin by this: where nobody could be polling, the helper is not needed
 * (mips_timer_look()). */
static void mfc0_cause(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t handles = ir_block_new(t->ir), polls = ir_block_new(t->ir),
             go_on = ir_block_new(t->ir);
    uint32_t status = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.status));
    uint32_t exl = mips_op_imm(t, IR_AND, status, MIPS_STATUS_EXL);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, exl, polls, 0, handles, 0);
    mips_block_begin(t, handles);
    mips_reg_set(t, mips_field(insn, 't'), cause_without_look(t));
    mips_jump(t, go_on);
    mips_block_begin(t, polls);
    mfc0_by_helper(t, insn);
    mips_jump(t, go_on);
    mips_block_begin(t, go_on);
}

void mips_tr_mfc0(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp0_check(t)) {
        return;
    }
    struct mips_cp0_way way = mips_cp0_way(t->cpu, key_of(insn));
    if (way.read) {
        mips_reg_set(t, mips_field(insn, 't'), ir_get(t->ir, IR_I32, way.read));
    } else if (key_of(insn) == KEY_CAUSE && !t->cpu->cpu.counted) {
        mfc0_cause(t, insn);
    } else {
        mfc0_by_helper(t, insn);
    }
}

/* Only the bits of the mask. */
static void write_state(struct mips_translation *t, struct mips_cp0_way way, uint32_t value)
{
    if (~way.mask) {
        uint32_t old = mips_op_imm(t, IR_AND, ir_get(t->ir, IR_I32, way.write), ~way.mask);
        value = ir_op2(t->ir, IR_OR, old, mips_op_imm(t, IR_AND, value, way.mask));
    }
    ir_set(t->ir, way.write, value);
}

static void mtc0_by_helper(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t key = key_of(insn), value = mips_operand(t, insn, 't');
    uint32_t pc = ir_pcrel(t->ir, IR_I32, t->pc);
    uint32_t changed = ir_call(t->ir, &mips_helper_mtc0, ir_i32(t->ir, key), value, pc, 0);
    if (mips_cp0_write_leaves(key)) {
        mips_leave_next_if(t, changed);
    }
}

/* Has requests looked at, of which there are none at all most of the time, masked or not, and goes
 * on in that block. */
static void check_interrupts(struct mips_translation *t, uint32_t go_on)
{
    uint32_t check = ir_block_new(t->ir);
    uint32_t cause = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.cause));
    uint32_t inner = mips_op_imm(t, IR_AND, cause, MIPS_CAUSE_IP | MIPS_CAUSE_TI);
    uint32_t inputs = ir_get(t->ir, IR_I32, MIPS_OFF(interrupts));
    uint32_t requests = ir_op2(t->ir, IR_OR, inner, inputs);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, requests, go_on, 0, check, 0);
    mips_block_begin(t, check);
    ir_call(t->ir, &mips_helper_check_interrupts, 0, 0, 0, 0);
    mips_jump(t, go_on);
    mips_block_begin(t, go_on);
}

/* Kernels do this all the time: in Kernel Mode, which they stay in, to change IE, EXL, IM, or KSU
 * beneath EXL, on which neither translations nor the address space depend. */
static void mtc0_status(struct mips_translation *t, const struct decode_insn *insn)
{
    const uint32_t mask = mips_status_mask(t->cpu), plain = mask & MIPS_STATUS_PLAIN;
    uint32_t by_helper = ir_block_new(t->ir), directly = ir_block_new(t->ir);
    uint32_t go_on = ir_block_new(t->ir);
    uint32_t value = mips_operand(t, insn, 't');
    uint32_t status = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.status));
    uint32_t change = ir_op2(t->ir, IR_XOR, status, value);
    uint32_t more = mips_op_imm(t, IR_AND, change, (mask | MIPS_STATUS_CLEARED) & ~plain);
    uint32_t user = mips_op_imm(t, IR_NE, mips_op_imm(t, IR_AND, value, MIPS_STATUS_KSU), 0);
    uint32_t level = mips_op_imm(t, IR_AND, value, MIPS_STATUS_EXL);
    uint32_t leaves = ir_op2(t->ir, IR_AND, user, mips_op_imm(t, IR_EQ, level, 0));
    uint32_t other = ir_op2(t->ir, IR_OR, more, leaves);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, other, directly, 0, by_helper, 0);
    mips_block_begin(t, by_helper);
    mtc0_by_helper(t, insn);
    mips_jump(t, go_on);
    mips_block_begin(t, directly);
    value = mips_op_imm(t, IR_AND, mips_operand(t, insn, 't'), plain);
    status = mips_op_imm(t, IR_AND, ir_get(t->ir, IR_I32, MIPS_OFF(cp0.status)), ~plain);
    ir_set(t->ir, MIPS_OFF(cp0.status), ir_op2(t->ir, IR_OR, status, value));
    check_interrupts(t, go_on);
}

void mips_tr_mtc0(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp0_check(t)) {
        return;
    }
    struct mips_cp0_way way = mips_cp0_way(t->cpu, key_of(insn));
    if (way.write) {
        write_state(t, way, mips_operand(t, insn, 't'));
    } else if (key_of(insn) == KEY_STATUS && t->mode & MIPS_TM_KERNEL && !t->delay) {
        mtc0_status(t, insn);
    } else {
        mtc0_by_helper(t, insn);
    }
}

/* RDPGPR and WRPGPR: there is one set of general registers only (SRSCtl.HSS is 0). */
void mips_tr_move_shadow(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp0_check(t)) {
        mips_reg_set(t, mips_field(insn, 'd'), mips_operand(t, insn, 't'));
    }
}

/* Kernels do these all the time: translations depend on other bits of Status only. */
static uint32_t read_status(struct mips_translation *t, const struct decode_insn *insn)
{
    uint32_t status = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.status));
    mips_reg_set(t, mips_field(insn, 't'), status);
    return status;
}

void mips_tr_di(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp0_check(t)) {
        uint32_t status = read_status(t, insn);
        ir_set(t->ir, MIPS_OFF(cp0.status),
               mips_op_imm(t, IR_AND, status, ~(uint32_t)MIPS_STATUS_IE));
    }
}

void mips_tr_ei(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp0_check(t)) {
        return;
    }
    uint32_t status = read_status(t, insn);
    ir_set(t->ir, MIPS_OFF(cp0.status), mips_op_imm(t, IR_OR, status, MIPS_STATUS_IE));
    check_interrupts(t, ir_block_new(t->ir));
}

/* The address space may change. */
void mips_tr_tlb(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp0_check(t)) {
        uint32_t pc = ir_pcrel(t->ir, IR_I32, t->pc), arg = ir_i32(t->ir, insn->row->arg);
        uint32_t changed = ir_call(t->ir, &mips_helper_tlb, arg, pc, 0, 0);
        if (insn->row->arg != MIPS_TLB_PROBE) {
            mips_leave_next_if(t, changed);
        }
    }
}

/* UNPREDICTABLE in a delay slot. */
void mips_tr_eret(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp0_check(t)) {
        return;
    }
    if (t->delay) {
        mips_reserved(t);
        return;
    }
    ir_call(t->ir, &mips_helper_eret, 0, 0, 0, 0);
    mips_leave(t);
}

/* UNPREDICTABLE in a delay slot: there it does nothing. */
void mips_tr_wait(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (!mips_cp0_check(t) || t->delay) {
        return;
    }
    ir_set(t->ir, MIPS_OFF(pc), ir_pcrel(t->ir, IR_I32, mips_next_pc(t)));
    ir_call(t->ir, &mips_helper_wait, 0, 0, 0, 0);
    mips_leave(t);
}

void mips_tr_cache(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp0_check(t)) {
        uint32_t base = mips_operand(t, insn, 's');
        uint32_t address = mips_op_imm(t, IR_ADD, base, (uint32_t)mips_offset(insn));
        ir_call(t->ir, &mips_helper_cache, ir_i32(t->ir, mips_field(insn, 'c')), address, 0, 0);
    }
}

/* UserLocal is the one that programs read all the time, for thread-local storage: Config3.ULRI says
 * that there is one, HWREna bit 29 that User Mode may read it. */
void mips_tr_rdhwr(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    unsigned number = mips_field(insn, 'd');
    uint32_t value;
    if (number == MIPS_HWR_ULR && t->cpu->cp0.config[3] & MIPS_CONFIG3_ULRI) {
        if (!(t->mode & MIPS_TM_CP0)) {
            uint32_t enabled = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.hwrena));
            uint32_t allowed = mips_op_imm(t, IR_AND, enabled, UINT32_C(1) << MIPS_HWR_ULR);
            mips_raise_if(t, mips_op_imm(t, IR_EQ, allowed, 0), MIPS_EXC_RI);
        }
        value = ir_get(t->ir, IR_I32, MIPS_OFF(cp0.userlocal));
    } else {
        value = ir_call(t->ir, &mips_helper_rdhwr, ir_i32(t->ir, number), 0, 0, 0);
    }
    mips_reg_set(t, mips_field(insn, 't'), value);
}

/* ---- encodings that are none ----------------------------------------------------------------- */

void mips_tr_cop0_none(void *translation, const struct decode_insn *insn)
{
    struct mips_translation *t = translation;
    if (mips_cp0_check(t)) {
        mips_reserved(t);
    }
}

void mips_tr_cop2_none(void *translation, const struct decode_insn *insn)
{
    mips_unusable(translation, 2);
}
