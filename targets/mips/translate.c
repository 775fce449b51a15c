/* The driver of the MIPS front end: fetches and decodes the instructions of one guest block and
 * hands them to the handlers of their rows; a branch takes effect behind the instruction in its
 * delay slot (MD00082 "Jump and branch instructions"). */
#include "targets/mips/translate.h"

#include "core/base/bits.h"
#include "targets/mips/helpers.h"

enum { INSN_BYTES = 4, PAGE_LAST_WORD = SPACE_PAGE_SIZE - INSN_BYTES };

static bool in_page(const struct mips_translation *t, uint32_t pc)
{
    return !((pc ^ t->code->page) & ~(uint32_t)(SPACE_PAGE_SIZE - 1));
}

/* ---- fetching -------------------------------------------------------------------------------- */

static uint32_t word_at(const struct mips_translation *t, const uint8_t *bytes)
{
    return t->big ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                        (uint32_t)bytes[3]
                  : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 |
                        (uint32_t)bytes[0];
}

static uint32_t fetch(const struct mips_translation *t, uint32_t pc)
{
    return word_at(t, t->code->bytes + (pc & (SPACE_PAGE_SIZE - 1)));
}

static bool decode(const struct mips_translation *t, uint32_t word, struct decode_insn *insn)
{
    return decode_insn(t->cpu->decoders->mips32, word, t->features, insn);
}

/* A branch in the last word of the page: its delay slot is in the next one, and both are a region
 * of their own. */
static bool crosses_page(const struct mips_translation *t, uint32_t pc)
{
    if ((pc & (SPACE_PAGE_SIZE - 1)) != PAGE_LAST_WORD || !in_page(t, pc)) {
        return false;
    }
    const struct decode_row *row = decode_find(t->cpu->decoders->mips32, fetch(t, pc), t->features);
    return row && row->flags & MIPS_ROW_BRANCH;
}

/* ---- going on elsewhere ---------------------------------------------------------------------- */

uint32_t mips_next_pc(const struct mips_translation *t)
{
    return t->pc + t->length;
}

uint32_t mips_link_pc(const struct mips_translation *t)
{
    return t->pc + t->length + INSN_BYTES;
}

static bool may_join(const struct mips_translation *t, uint32_t pc)
{
    return !t->alone && !crosses_page(t, pc);
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
    ir_block_begin(t->ir, block, t->pc, false);
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

static void insn_begin(struct mips_translation *t)
{
    ir_emit(t->ir, IR_INSN, IR_NONE, 0, t->delay, 0, t->pc, (uint16_t)t->length);
}

/* The delay slot's word; false if it is in the next page and cannot be fetched. */
static bool fetch_slot(const struct mips_translation *t, uint32_t pc, uint32_t *word)
{
    if (in_page(t, pc)) {
        *word = fetch(t, pc);
        return true;
    }
    if (t->code->next) {
        *word = word_at(t, t->code->next);
    }
    return t->code->next;
}

/* The instruction in the delay slot, then the branch. */
static void translate_slot(struct mips_translation *t)
{
    uint32_t word, next = mips_link_pc(t);
    struct decode_insn insn;
    bool fetched = fetch_slot(t, t->pc + t->length, &word);
    bool known = fetched && decode(t, word, &insn);
    bool blocks = known && insn.row->flags & MIPS_ROW_BLOCKS;
    if (blocks) {
        branch_keep(t);
    }
    t->pc += t->length;
    t->delay = t->length;
    insn_begin(t);
    if (!fetched) {
        ir_call(t->ir, &mips_helper_fetch_fault, ir_pcrel(t->ir, IR_I32, t->pc), 0, 0, 0);
        mips_leave(t);
    } else if (!known || insn.row->flags & MIPS_ROW_BRANCH) {
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
    ir_block_begin(t->ir, taken, t->pc + t->length, false);
    t->ended = false;
    t->branch = (struct mips_branch){
        .kind = MIPS_BRANCH_TO, .hint = t->branch.hint, .target = t->branch.target, .link = next};
    translate_slot(t);
    t->pc = next;
    mips_block_begin(t, other);
    go_to(t, next);
}

/* The delay slot is in the next page: the pair depends on what is mapped there. */
static void begin_crossing(struct mips_translation *t)
{
    t->alone = true;
    t->region->uses_next = true;
    if (t->code->next) {
        uint32_t slot = t->pc + t->length;
        ir_emit(t->ir, IR_GUARD, IR_NONE, 0, t->code->next_number, 0, slot, 0);
    }
}

static void translate_insn(struct mips_translation *t)
{
    struct decode_insn insn;
    if (crosses_page(t, t->pc)) {
        begin_crossing(t);
    }
    insn_begin(t);
    t->branch.kind = MIPS_BRANCH_NONE;
    t->leave = false;
    if (!decode(t, fetch(t, t->pc), &insn)) {
        mips_reserved(t);
        return;
    }
    insn.row->handler(t, &insn);
    if (t->ended) {
        return;
    }
    if (t->branch.kind != MIPS_BRANCH_NONE && t->branch.likely) {
        translate_likely(t);
    } else if (t->branch.kind != MIPS_BRANCH_NONE) {
        translate_slot(t);
    } else if (t->leave) {
        leave_to(t, ir_pcrel(t->ir, IR_I32, mips_next_pc(t)));
    }
}

/* ---- where loops begin ----------------------------------------------------------------------- */

enum { HEADS_REACH = 256 }; /* bytes */

static bool is_head(const struct guest_region *region, uint32_t pc)
{
    return bits_has(region->heads, (pc & (SPACE_PAGE_SIZE - 1)) / 2);
}

/* Whether the word is a branch with an offset that is no call: REGIMM's first four, BEQ to BGTZ,
 * their likely forms, and branches by a floating-point condition. */
static bool is_branch(uint32_t word)
{
    uint32_t opcode = word >> 26;
    return (opcode == 1 && !(word >> 16 & 0x1c)) || (opcode & 0x2c) == 0x04 || word >> 21 == 0x228;
}

/* Looks ahead for branches backward, so that a block ends where a loop begins: found out later, the
 * loop's first turn would be translated twice. What is no code does no harm. */
static void find_heads(const struct mips_translation *t, struct guest_region *region)
{
    uint32_t start = t->pc & (SPACE_PAGE_SIZE - 1), at = start, end = start + HEADS_REACH;
    end = end > SPACE_PAGE_SIZE ? SPACE_PAGE_SIZE : end;
    if (at < region->looked && region->looked < end) {
        at = region->looked;
    }
    for (; at < end; at += INSN_BYTES) {
        uint32_t word = fetch(t, at);
        int32_t head = (int32_t)at + INSN_BYTES + (int16_t)word * INSN_BYTES;
        if (is_branch(word) && head <= (int32_t)at && head > (int32_t)start) {
            bits_add(region->heads, (unsigned)head / 2);
        }
    }
    region->looked = at;
}

/* ---- blocks of the guest --------------------------------------------------------------------- */

/* Whether the block stops before the instruction at t->pc. */
static bool stops_here(const struct mips_translation *t, unsigned insns)
{
    return !in_page(t, t->pc) || crosses_page(t, t->pc) || insns >= t->code->max_insns ||
           is_head(t->region, t->pc) || guest_region_has(t->region, t->pc);
}

/* A jump to an address that is none of an instruction: the fetch raises (III, Address Error). */
static void misaligned_pc(struct mips_translation *t, uint32_t pc)
{
    ir_emit(t->ir, IR_INSN, IR_NONE, 0, 0, 0, pc, INSN_BYTES);
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
        .pc = (uint32_t)pc,
        .length = INSN_BYTES,
    };
    if (pc & (INSN_BYTES - 1)) {
        misaligned_pc(&t, (uint32_t)pc);
        return;
    }
    find_heads(&t, region);
    for (unsigned insns = 0; !t.ended; insns++) {
        if (insns && stops_here(&t, insns)) {
            go_to(&t, t.pc);
        } else {
            translate_insn(&t);
            t.pc += t.length;
        }
    }
}
