/* The driver of the MIPS front end: fetches and decodes the instructions of one guest block and
 * hands them to the handlers of their rows; a branch takes effect behind the instruction in its
 * delay slot (MD00082 "Jump and branch instructions"). */
#include "targets/mips/translate.h"

#include "targets/mips/fetch.h"
#include "targets/mips/helpers.h"

/* The address of an instruction as it is in the pc and in branch targets. */
static uint32_t with_isa(const struct mips_translation *t, uint32_t pc)
{
    return pc | t->mips16;
}

/* ---- going on elsewhere ---------------------------------------------------------------------- */

uint32_t mips_next_pc(const struct mips_translation *t)
{
    return with_isa(t, t->pc + t->length);
}

uint32_t mips_link_pc(const struct mips_translation *t)
{
    return with_isa(t, t->pc + t->length + t->slot_length);
}

/* pc has its ISA bit. A block of the other ISA mode is of another region: this one's can only tell
 * where their own instructions cross into the next page. */
static bool may_join(const struct mips_translation *t, uint32_t pc)
{
    return !t->alone && (pc & 1) == t->mips16 && !mips_crosses_page(t, pc & ~UINT32_C(1));
}

static void emit_goto(struct mips_translation *t, uint32_t pc, enum ir_hint hint, uint32_t link)
{
    ir_emit(t->ir, IR_GOTO, IR_NONE, 0, link, 0, pc, hint);
    t->ended = true;
}

/* Ends the block by going to a constant pc. */
static void go_to(struct mips_translation *t, uint32_t pc)
{
    if (may_join(t, pc)) {
        guest_region_goto(t->region, pc);
        t->ended = true;
    } else {
        emit_goto(t, pc, IR_HINT_NONE, 0);
    }
}

void mips_leave(struct mips_translation *t)
{
    ir_emit(t->ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
    t->ended = true;
}

/* Ends by a LEAVE to the pc that is value `pc`. */
static void leave_to(struct mips_translation *t, uint32_t pc)
{
    ir_set(t->ir, MIPS_OFF(pc), pc);
    mips_leave(t);
}

void mips_leave_next(struct mips_translation *t)
{
    t->leave = true;
}

/* ---- internal blocks ------------------------------------------------------------------------- */

void mips_block_begin(struct mips_translation *t, uint32_t block)
{
    ir_block_begin(t->ir, block, with_isa(t, t->pc), false);
    t->ended = false;
}

void mips_jump(struct mips_translation *t, uint32_t block)
{
    ir_emit(t->ir, IR_JUMP, IR_NONE, 0, 0, 0, block, 0);
    t->ended = true;
}

static void branch_blocks(struct mips_translation *t, uint32_t cond, uint32_t taken, uint32_t other)
{
    ir_emit(t->ir, IR_BRANCH, IR_NONE, cond, other, 0, taken, 0);
    t->ended = true;
}

void mips_leave_next_if(struct mips_translation *t, uint32_t changed)
{
    if (t->delay) {
        mips_leave_next(t); /* where to goes with the branch, which is rare enough */
        return;
    }
    uint32_t leave = ir_block_new(t->ir), stay = ir_block_new(t->ir);
    branch_blocks(t, changed, leave, stay);
    mips_block_begin(t, leave);
    leave_to(t, ir_pcrel(t->ir, IR_I32, mips_next_pc(t)));
    mips_block_begin(t, stay);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static void raise_helper(struct mips_translation *t, enum mips_exception exception,
                         unsigned coprocessor)
{
    ir_call(t->ir, &mips_helper_raise, ir_i32(t->ir, exception), ir_i32(t->ir, coprocessor), 0, 0);
    mips_leave(t);
}

void mips_raise(struct mips_translation *t, enum mips_exception exception)
{
    raise_helper(t, exception, 0);
}

void mips_raise_if(struct mips_translation *t, uint32_t cond, enum mips_exception exception)
{
    uint32_t raise = ir_block_new(t->ir), go_on = ir_block_new(t->ir);
    branch_blocks(t, cond, raise, go_on);
    mips_block_begin(t, raise);
    mips_raise(t, exception);
    mips_block_begin(t, go_on);
}

void mips_reserved(struct mips_translation *t)
{
    mips_raise(t, MIPS_EXC_RI);
}

void mips_unusable(struct mips_translation *t, unsigned coprocessor)
{
    raise_helper(t, MIPS_EXC_CPU, coprocessor);
}

/* ---- branches -------------------------------------------------------------------------------- */

void mips_branch_to(struct mips_translation *t, uint32_t target, enum ir_hint hint)
{
    t->branch = (struct mips_branch){
        .kind = MIPS_BRANCH_TO, .hint = hint, .target = target, .link = mips_link_pc(t)};
}

void mips_branch_if(struct mips_translation *t, uint32_t taken, uint32_t target, bool likely)
{
    t->branch = (struct mips_branch){
        .kind = MIPS_BRANCH_IF, .likely = likely, .taken = taken, .target = target};
}

void mips_branch_register(struct mips_translation *t, uint32_t to, enum ir_hint hint)
{
    t->branch = (struct mips_branch){
        .kind = MIPS_BRANCH_REGISTER, .hint = hint, .to = to, .link = mips_link_pc(t)};
}

/* What the branch needs behind its delay slot goes through slots if that begins blocks. */
static void branch_keep(struct mips_translation *t)
{
    if (t->branch.kind == MIPS_BRANCH_IF) {
        ir_set(t->ir, MIPS_OFF(branch_taken), t->branch.taken);
    } else if (t->branch.kind == MIPS_BRANCH_REGISTER) {
        ir_set(t->ir, MIPS_OFF(branch_target), t->branch.to);
    }
}

static void branch_recall(struct mips_translation *t)
{
    if (t->branch.kind == MIPS_BRANCH_IF) {
        t->branch.taken = ir_get(t->ir, IR_I32, MIPS_OFF(branch_taken));
    } else if (t->branch.kind == MIPS_BRANCH_REGISTER) {
        t->branch.to = ir_get(t->ir, IR_I32, MIPS_OFF(branch_target));
    }
}

/* The same as branch_end() by a LEAVE. `next` is where the branch goes if it is not taken. */
static void branch_leave(struct mips_translation *t, uint32_t next)
{
    const struct mips_branch *b = &t->branch;
    if (b->kind == MIPS_BRANCH_REGISTER) {
        leave_to(t, b->to);
        return;
    }
    uint32_t target = ir_pcrel(t->ir, IR_I32, b->target);
    if (b->kind == MIPS_BRANCH_IF) {
        target = ir_select(t->ir, b->taken, target, ir_pcrel(t->ir, IR_I32, next));
    }
    leave_to(t, target);
}

static void branch_conditional(struct mips_translation *t, uint32_t next)
{
    const struct mips_branch *b = &t->branch;
    if (may_join(t, b->target) && may_join(t, next)) {
        guest_region_branch(t->region, b->taken, b->target, next);
        t->ended = true;
        return;
    }
    uint32_t taken = ir_block_new(t->ir), other = ir_block_new(t->ir), target = b->target;
    branch_blocks(t, b->taken, taken, other);
    mips_block_begin(t, taken);
    go_to(t, target);
    mips_block_begin(t, other);
    go_to(t, next);
}

static void branch_end(struct mips_translation *t, uint32_t next)
{
    const struct mips_branch *b = &t->branch;
    if (t->leave) {
        branch_leave(t, next);
    } else if (b->kind == MIPS_BRANCH_IF) {
        branch_conditional(t, next);
    } else if (b->kind == MIPS_BRANCH_REGISTER) {
        ir_emit(t->ir, IR_GOTOI, IR_NONE, b->to, b->link, 0, 0, b->hint);
        t->ended = true;
    } else if (b->hint != IR_HINT_NONE) {
        emit_goto(t, b->target, b->hint, b->link);
    } else {
        go_to(t, b->target);
    }
}

/* ---- instructions ---------------------------------------------------------------------------- */

static void insn_begin(struct mips_translation *t, unsigned length)
{
    t->length = length;
    ir_emit(t->ir, IR_INSN, IR_NONE, 0, t->delay, 0, with_isa(t, t->pc), (uint16_t)length);
}

/* A part of the instruction is in the next page, which cannot be fetched. */
static void fetch_fault(struct mips_translation *t)
{
    uint32_t page = (uint32_t)t->code->page + SPACE_PAGE_SIZE;
    ir_call(t->ir, &mips_helper_fetch_fault, ir_pcrel(t->ir, IR_I32, page), 0, 0, 0);
    mips_leave(t);
}

/* The instruction in the delay slot, then the branch. */
static void translate_slot(struct mips_translation *t)
{
    uint32_t next = mips_link_pc(t);
    struct mips_fetched fetched;
    struct decode_insn insn;
    bool whole = mips_fetch(t, t->pc + t->length, &fetched);
    bool known = whole && mips_decode(t, &fetched, &insn);
    bool blocks = known && insn.row->flags & MIPS_ROW_BLOCKS;
    if (blocks) {
        branch_keep(t);
    }
    t->pc += t->length;
    t->delay = t->length;
    insn_begin(t, fetched.length);
    if (fetched.length != t->slot_length) {
        mips_reserved(t); /* an extended one: UNPREDICTABLE */
    } else if (!whole) {
        fetch_fault(t);
    } else if (!known || insn.row->flags & (MIPS_ROW_BRANCH | MIPS_ROW_COMPACT)) {
        mips_reserved(t);
    } else {
        insn.row->handler(t, &insn);
    }
    t->delay = 0;
    if (t->ended) {
        return;
    }
    if (blocks) {
        branch_recall(t);
    }
    branch_end(t, next);
}

/* A likely branch that is not taken skips its delay slot. */
static void translate_likely(struct mips_translation *t)
{
    uint32_t next = mips_link_pc(t);
    uint32_t taken = ir_block_new(t->ir), other = ir_block_new(t->ir);
    branch_blocks(t, t->branch.taken, taken, other);
    ir_block_begin(t->ir, taken, mips_next_pc(t), false);
    t->ended = false;
    t->branch = (struct mips_branch){
        .kind = MIPS_BRANCH_TO, .hint = t->branch.hint, .target = t->branch.target, .link = next};
    translate_slot(t);
    t->pc = next & ~UINT32_C(1);
    mips_block_begin(t, other);
    go_to(t, next);
}

/* The instruction, or its delay slot, depends on what is mapped at the next page. */
static void begin_crossing(struct mips_translation *t)
{
    t->alone = true;
    t->region->uses_next = true;
    if (t->code->next) {
        uint32_t page = (uint32_t)t->code->page + SPACE_PAGE_SIZE;
        ir_emit(t->ir, IR_GUARD, IR_NONE, 0, t->code->next_number, 0, page, 0);
    }
}

/* What the instruction has left to the driver. */
static void finish_insn(struct mips_translation *t)
{
    if (t->branch.kind == MIPS_BRANCH_NONE) {
        if (t->leave) {
            leave_to(t, ir_pcrel(t->ir, IR_I32, mips_next_pc(t)));
        }
    } else if (!t->slot_length) {
        branch_end(t, mips_next_pc(t));
    } else if (t->branch.likely) {
        translate_likely(t);
    } else {
        translate_slot(t);
    }
}

static void translate_insn(struct mips_translation *t)
{
    struct mips_fetched fetched;
    struct decode_insn insn;
    if (mips_crosses_page(t, t->pc)) {
        begin_crossing(t);
    }
    bool whole = mips_fetch(t, t->pc, &fetched);
    insn_begin(t, fetched.length);
    t->branch.kind = MIPS_BRANCH_NONE;
    t->leave = false;
    if (!whole) {
        fetch_fault(t);
    } else if (!mips_decode(t, &fetched, &insn)) {
        mips_reserved(t);
    } else {
        bool has_slot = insn.row->flags & MIPS_ROW_BRANCH;
        t->slot_length = has_slot ? (t->mips16 ? 2 : 4) : 0;
        insn.row->handler(t, &insn);
        if (!t->ended) {
            finish_insn(t);
        }
    }
}

/* ---- blocks of the guest --------------------------------------------------------------------- */

/* Whether the block stops before the instruction at t->pc. */
static bool stops_here(const struct mips_translation *t, unsigned insns)
{
    return !mips_in_page(t, t->pc) || mips_crosses_page(t, t->pc) || insns >= t->code->max_insns ||
           guest_region_is_head(t->region, t->pc) ||
           guest_region_has(t->region, with_isa(t, t->pc));
}

/* A jump to an address that is none of an instruction: the fetch raises (MD00090, Address Error
 * exception). */
static void misaligned_pc(struct mips_translation *t, uint32_t pc)
{
    ir_emit(t->ir, IR_INSN, IR_NONE, 0, 0, 0, pc, 4);
    ir_set(t->ir, MIPS_OFF(fault_address), ir_pcrel(t->ir, IR_I32, pc));
    mips_raise(t, MIPS_EXC_ADEL);
}

void mips_translate(struct guest_region *region, uint64_t pc)
{
    const struct mips_cpu *cpu = (const struct mips_cpu *)region->code->cpu;
    struct mips_translation t = {
        .ir = region->ir,
        .region = region,
        .code = region->code,
        .cpu = cpu,
        .features = cpu->features,
        .mode = region->code->mode,
        .big = cpu->big,
        .mips16 = pc & 1 && cpu->features & MIPS_FEATURE_MIPS16,
    };
    t.pc = (uint32_t)pc & ~(uint32_t)t.mips16;
    if (!t.mips16 && pc & 3) {
        misaligned_pc(&t, (uint32_t)pc);
        return;
    }
    mips_find_heads(&t);
    for (unsigned insns = 0; !t.ended; insns++) {
        if (insns && stops_here(&t, insns)) {
            go_to(&t, with_isa(&t, t.pc));
        } else {
            translate_insn(&t);
            t.pc += t.length;
        }
    }
}
