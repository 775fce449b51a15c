/* The driver of the ARM front end: fetches and decodes the instructions of one guest block,
 * predicates them, and hands them to the handlers of their rows. Also every way in which a block
 * ends. */
#include "targets/arm/translate.h"

#include "core/base/bits.h"
#include "targets/arm/helpers.h"

#include <string.h>

enum { COND_ALWAYS = 14, PAGE_LAST_HALFWORD = SPACE_PAGE_SIZE - 2 };

/* ---- going on elsewhere ---------------------------------------------------------------------- */

static uint32_t thumb_bit(const struct arm_translation *t)
{
    return t->thumb;
}

uint32_t arm_next_pc(const struct arm_translation *t)
{
    return (t->pc + t->length) | thumb_bit(t);
}

static uint32_t fetch_half(const struct guest_code *code, uint32_t offset)
{
    return (uint32_t)code->bytes[offset] | (uint32_t)code->bytes[offset + 1] << 8;
}

/* The first halfword of a 32-bit Thumb instruction (A6.1). */
static bool is_wide(uint32_t half)
{
    return half >> 11 >= 0x1d;
}

/* An instruction that crosses into the next page needs a region of its own. */
static bool crosses_page(const struct arm_translation *t, uint32_t pc)
{
    return t->thumb && ((pc ^ t->code->page) & ~(uint32_t)(SPACE_PAGE_SIZE - 1)) == 0 &&
           (pc & (SPACE_PAGE_SIZE - 2)) == PAGE_LAST_HALFWORD &&
           is_wide(fetch_half(t->code, PAGE_LAST_HALFWORD));
}

static bool may_join(const struct arm_translation *t, uint32_t pc)
{
    return !t->alone && !crosses_page(t, pc);
}

static void emit_goto(struct arm_translation *t, uint32_t pc, enum ir_hint hint, uint32_t link)
{
    ir_emit(t->ir, IR_GOTO, IR_NONE, 0, link, 0, pc, hint);
    t->ended = true;
}

void arm_branch_to(struct arm_translation *t, uint32_t target)
{
    uint32_t pc = target | thumb_bit(t);
    if (may_join(t, target)) {
        guest_region_goto(t->region, pc);
        t->ended = true;
    } else {
        emit_goto(t, pc, IR_HINT_NONE, 0);
    }
}

void arm_branch_if(struct arm_translation *t, uint32_t cond, uint32_t target)
{
    uint32_t next = arm_next_pc(t);
    /* In a predicated body, which is UNPREDICTABLE, the guest block goes on after it. */
    bool in_body = t->body_cond != COND_ALWAYS;
    if (!in_body && may_join(t, target) && may_join(t, next)) {
        guest_region_branch(t->region, cond, target | thumb_bit(t), next);
        t->ended = true;
        return;
    }
    uint32_t taken = ir_block_new(t->ir), other = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, cond, other, 0, taken, 0);
    arm_block_begin(t, taken);
    arm_branch_to(t, target);
    arm_block_begin(t, other);
    arm_branch_to(t, next & ~UINT32_C(1));
}

void arm_branch_link(struct arm_translation *t, uint32_t pc)
{
    uint32_t link = arm_next_pc(t);
    arm_reg_set(t, 14, ir_pcrel(t->ir, IR_I32, link));
    emit_goto(t, pc, IR_HINT_CALL, link);
}

static void emit_gotoi(struct arm_translation *t, uint32_t value, enum ir_hint hint, uint32_t link)
{
    if (t->mode & ARM_TM_IT_MASK) {
        /* The inline lookup would look for this mode, which ends here. */
        ir_set(t->ir, ARM_OFF(r[15]), value);
        arm_leave(t);
        return;
    }
    ir_emit(t->ir, IR_GOTOI, IR_NONE, value, link, 0, 0, hint);
    t->ended = true;
}

void arm_branch_link_exchange(struct arm_translation *t, uint32_t value)
{
    uint32_t link = arm_next_pc(t);
    arm_reg_set(t, 14, ir_pcrel(t->ir, IR_I32, link));
    emit_gotoi(t, value, IR_HINT_CALL, link);
}

void arm_branch_exchange(struct arm_translation *t, uint32_t value, enum ir_hint hint)
{
    emit_gotoi(t, value, hint, 0);
}

void arm_alu_write_pc(struct arm_translation *t, uint32_t value, enum ir_hint hint)
{
    if (t->thumb) {
        value = ir_op2(t->ir, IR_OR, value, ir_i32(t->ir, 1));
    }
    arm_branch_exchange(t, value, hint);
}

void arm_leave(struct arm_translation *t)
{
    ir_emit(t->ir, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
    t->ended = true;
}

static void leave_to(struct arm_translation *t, uint32_t pc, uint32_t it)
{
    if (it) {
        ir_set(t->ir, ARM_OFF(it), ir_i32(t->ir, it));
    }
    ir_set(t->ir, ARM_OFF(r[15]), ir_pcrel(t->ir, IR_I32, pc));
    arm_leave(t);
}

void arm_leave_next(struct arm_translation *t)
{
    leave_to(t, arm_next_pc(t), t->it_next);
}

void arm_leave_next_if(struct arm_translation *t, uint32_t changed)
{
    uint32_t leave = ir_block_new(t->ir), stay = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, changed, stay, 0, leave, 0);
    arm_block_begin(t, leave);
    arm_leave_next(t);
    arm_block_begin(t, stay);
}

void arm_goto_next(struct arm_translation *t)
{
    if (t->it_next) {
        arm_leave_next(t);
    } else {
        emit_goto(t, arm_next_pc(t), IR_HINT_NONE, 0);
    }
}

void arm_raise(struct arm_translation *t, const struct ir_helper *helper, uint32_t immediate)
{
    ir_call(t->ir, helper, ir_i32(t->ir, immediate), 0, 0, 0);
    arm_leave(t);
}

void arm_undefined(struct arm_translation *t)
{
    arm_raise(t, &arm_helper_undefined, 0);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void block_begin(struct arm_translation *t, uint32_t block, uint32_t pc)
{
    ir_block_begin(t->ir, block, pc, false);
    t->ended = false;
    t->flags = ARM_FLAGS_SLOTS;
    t->fp_relation = 0;
    memset(t->cond_value, 0, sizeof t->cond_value);
}

void arm_block_begin(struct arm_translation *t, uint32_t block)
{
    block_begin(t, block, t->pc | thumb_bit(t));
}

void arm_jump(struct arm_translation *t, uint32_t block)
{
    ir_emit(t->ir, IR_JUMP, IR_NONE, 0, 0, 0, block, 0);
    t->ended = true;
}

/* Opens the block of instructions that are executed if `cond` holds. */
static void body_open(struct arm_translation *t, unsigned cond)
{
    uint32_t body = ir_block_new(t->ir);
    t->body_cond = cond;
    t->body_join = ir_block_new(t->ir);
    ir_emit(t->ir, IR_BRANCH, IR_NONE, arm_condition(t, cond), t->body_join, 0, body, 0);
    arm_block_begin(t, body);
}

/* `pc` is where both ways go on. */
static void body_close(struct arm_translation *t, uint32_t pc)
{
    if (t->body_cond == COND_ALWAYS) {
        return;
    }
    if (!t->ended) {
        arm_jump(t, t->body_join);
    }
    block_begin(t, t->body_join, pc | thumb_bit(t));
    t->body_cond = COND_ALWAYS;
}

/* The instructions of the opposite condition follow: what is skipped to becomes their block. */
static void body_flip(struct arm_translation *t)
{
    uint32_t join = ir_block_new(t->ir);
    arm_jump(t, join);
    block_begin(t, t->body_join, t->pc | thumb_bit(t));
    t->body_join = join;
    t->body_cond ^= 1;
}

/* ---- instructions ---------------------------------------------------------------------------- */

/* A7.4, A6.3.18: T32 has Advanced SIMD and coprocessors 10 and 11 in other places than A32, with
 * the same fields. */
static const struct decode_table *table_t32(const struct arm_decoders *d, uint32_t *word)
{
    if ((*word & 0xef000000) == 0xef000000) {
        *word = 0xf2000000 | (*word >> 4 & 0x01000000) | (*word & 0x00ffffff);
        return d->a32_uncond;
    }
    if ((*word & 0xff100000) == 0xf9000000) {
        *word = 0xf4000000 | (*word & 0x00ffffff);
        return d->a32_uncond;
    }
    if ((*word & 0xfc000e00) == 0xec000a00) {
        return d->a32;
    }
    return d->t32;
}

static bool decode(struct arm_translation *t, uint32_t word, struct decode_insn *insn)
{
    const struct arm_decoders *d = t->cpu->decoders;
    const struct decode_table *table;
    if (!t->thumb) {
        bool uncond = word >> 28 == 15;
        t->cond = uncond ? COND_ALWAYS : word >> 28;
        table = uncond ? d->a32_uncond : d->a32;
    } else {
        t->cond = t->it ? t->it >> 4 : COND_ALWAYS;
        if (t->cond == 15) {
            t->cond = COND_ALWAYS;
        }
        table = t->length == 2 ? d->t16 : table_t32(d, &word);
    }
    return decode_insn(table, word, t->features, insn);
}

/* Whether the row's promise of ARM_ROW_SELECT holds for these fields. */
static bool is_select(const struct decode_insn *insn)
{
    uint32_t s = DECODE_FIELD(insn, 's');
    return insn->row->flags & ARM_ROW_SELECT && DECODE_FIELD(insn, 'd') != 15 && s != 1;
}

static void run_handler(struct arm_translation *t, const struct decode_insn *insn, bool known)
{
    if (known) {
        insn->row->handler(t, insn);
    } else {
        arm_undefined(t);
    }
}

static void translate_word(struct arm_translation *t, uint32_t word)
{
    struct decode_insn insn;
    bool known = decode(t, word, &insn);
    uint32_t flags = known ? insn.row->flags : 0;
    if (flags & ARM_ROW_UNCOND) {
        t->cond = COND_ALWAYS;
    }
    bool in_body = t->body_cond != COND_ALWAYS;

    if (in_body && t->cond == (t->body_cond ^ 1) && !(flags & ARM_ROW_COND)) {
        body_flip(t);
    } else if (in_body && t->cond != t->body_cond) {
        body_close(t, t->pc);
    }
    in_body = t->body_cond != COND_ALWAYS;

    ir_emit(t->ir, IR_INSN, IR_NONE, 0, t->it, 0, t->pc | thumb_bit(t), t->length);
    t->flags_changed = false;
    t->it_next = (t->it & 7) ? (t->it & 0xe0) | (t->it << 1 & 0x1f) : 0;
    if (t->cond != COND_ALWAYS && !in_body && !(flags & ARM_ROW_COND)) {
        if (known && is_select(&insn)) {
            t->select = arm_condition(t, t->cond);
        } else {
            body_open(t, t->cond);
        }
        t->cond = COND_ALWAYS;
    } else if (in_body) {
        t->cond = COND_ALWAYS;
    }
    run_handler(t, &insn, known);
    t->select = 0;
    if (t->ended || t->flags_changed) {
        body_close(t, t->pc + t->length);
    }
}

/* The second halfword is in the next page, or cannot be fetched. */
static bool fetch_crossing(struct arm_translation *t, uint32_t *word)
{
    const struct guest_code *code = t->code;
    t->alone = true;
    t->region->uses_next = true;
    if (code->next) {
        ir_emit(t->ir, IR_GUARD, IR_NONE, 0, code->next_number, 0, t->pc + 2, 0);
        *word = *word << 16 | code->next[0] | (uint32_t)code->next[1] << 8;
        return true;
    }
    ir_emit(t->ir, IR_INSN, IR_NONE, 0, t->it, 0, t->pc | 1, 4);
    ir_call(t->ir, &arm_helper_fetch_fault, ir_pcrel(t->ir, IR_I32, t->pc + 2), 0, 0, 0);
    arm_leave(t);
    return false;
}

static bool fetch(struct arm_translation *t, uint32_t *word)
{
    uint32_t offset = t->pc & (SPACE_PAGE_SIZE - 1);
    t->length = 4;
    *word = fetch_half(t->code, offset);
    if (!t->thumb) {
        *word |= fetch_half(t->code, offset + 2) << 16;
    } else if (!is_wide(*word)) {
        t->length = 2;
    } else if (offset == PAGE_LAST_HALFWORD) {
        return fetch_crossing(t, word);
    } else {
        *word = *word << 16 | fetch_half(t->code, offset + 2);
    }
    return true;
}

/* ---- where loops begin ----------------------------------------------------------------------- */

/* Where the instruction branches to as a distance from itself, if that is backward; else
 * nothing below 0. Calls do not count. */
static int32_t distance_of(const struct arm_translation *t, uint32_t first, uint32_t second)
{
    int32_t distance = 0;
    if (!t->thumb) {
        /* B (A8.8.18) */
        uint32_t word = first | second << 16;
        if ((word & 0x0f000000) == 0x0a000000 && word >> 28 != 15) {
            distance = (int32_t)bits_sext(word, 24) * 4 + 8;
        }
    } else if (first >> 12 == 0xd && (first >> 8 & 15) < 14) {
        distance = (int32_t)bits_sext(first, 8) * 2 + 4;
    } else if (first >> 11 == 0x1c) {
        distance = (int32_t)bits_sext(first, 11) * 2 + 4;
    } else if (first >> 10 == 0x3d && (second & 0xe800) == 0xa800) {
        /* B.W (T3, with a condition, and T4) of a sign whose copies are all one */
        bool always = second >> 12 & 1;
        unsigned bits = always ? 10 : 6;
        if (always || (first >> 7 & 7) != 7) {
            uint32_t low = (first & ((1u << bits) - 1)) << 11 | (second & 0x7ff);
            distance = ((int32_t)low - (1 << (bits + 11))) * 2 + 4;
        }
    }
    return distance;
}

static unsigned look(const void *translation, uint32_t offset, int32_t *distance)
{
    const struct arm_translation *t = translation;
    uint32_t first = fetch_half(t->code, offset), second = fetch_half(t->code, offset + 2);
    *distance = distance_of(t, first, second);
    return t->thumb && !is_wide(first) ? 2 : 4;
}

/* ---- blocks of the guest --------------------------------------------------------------------- */

/* Whether the block stops before the instruction at t->pc. */
static bool stops_here(const struct arm_translation *t, unsigned insns)
{
    if ((t->pc ^ t->code->page) & ~(uint32_t)(SPACE_PAGE_SIZE - 1) || crosses_page(t, t->pc)) {
        return true;
    }
    if (t->it) {
        return false;
    }
    return insns >= t->code->max_insns ||
           (!t->alone && (guest_region_is_head(t->region, t->pc) ||
                          guest_region_has(t->region, t->pc | thumb_bit(t))));
}

void arm_translate(struct guest_region *region, uint64_t pc)
{
    const struct arm_cpu *cpu = (const struct arm_cpu *)region->code->cpu;
    struct arm_translation t = {
        .ir = region->ir,
        .region = region,
        .code = region->code,
        .cpu = cpu,
        .features = cpu->features,
        .mode = region->code->mode,
        .thumb = pc & 1,
        .pc = (uint32_t)pc & ~(pc & 1 ? 1u : 3u),
        .cond = COND_ALWAYS,
        .body_cond = COND_ALWAYS,
    };
    if (t.mode & ARM_TM_IT_MASK) {
        /* Only the region's first block is entered so; it leaves by GOTO, with ITSTATE 0. */
        t.it = t.mode >> ARM_TM_IT_SHIFT & 0xff;
        t.alone = true;
        ir_set(t.ir, ARM_OFF(it), ir_i32(t.ir, 0));
    }
    guest_region_find_heads(region, t.pc, SPACE_PAGE_SIZE - 4, look, &t);
    uint32_t word;
    for (unsigned insns = 0; !t.ended; insns++) {
        if (insns && stops_here(&t, insns)) {
            body_close(&t, t.pc);
            if (t.it) {
                leave_to(&t, t.pc | thumb_bit(&t), t.it);
            } else {
                arm_branch_to(&t, t.pc);
            }
        } else if (fetch(&t, &word)) {
            translate_word(&t, word);
            t.it = t.it_next;
            t.pc += t.length;
        }
    }
}
