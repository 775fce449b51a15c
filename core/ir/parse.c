/* Reads the text form of a region: the grammar is in print.c. */
#include "core/ir/text.h"

#include "core/ir/scratch.h"
#include "core/jit/guest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_VALUE = 1 << 20, /* numbers in the text */
    MAX_BLOCK = 1 << 12,
    MAX_WORD = 64,
};

struct parser {
    struct ir_region *region;
    const struct guest_slot *slots;
    unsigned slot_count;
    const struct ir_helper *const *helpers;
    unsigned helper_count;
    const char *at; /* the cursor */
    unsigned line;
    bool first_item; /* of a list that is separated by commas */
    bool in_block;
    char *message;
    size_t message_size;
};

static __attribute__((format(printf, 2, 3))) bool fail(struct parser *p, const char *format, ...)
{
    int used = snprintf(p->message, p->message_size, "line %u: ", p->line);
    if (used >= 0 && (size_t)used < p->message_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(p->message + used, p->message_size - used, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void skip_blanks(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t') {
        p->at++;
    }
}

static bool at_line_end(struct parser *p)
{
    skip_blanks(p);
    return *p->at == '\n' || *p->at == '\0' || *p->at == ';';
}

static bool accept(struct parser *p, const char *text)
{
    skip_blanks(p);
    size_t length = strlen(text);
    if (strncmp(p->at, text, length) != 0) {
        return false;
    }
    p->at += length;
    return true;
}

static bool expect(struct parser *p, const char *text)
{
    return accept(p, text) || fail(p, "expected '%s'", text);
}

static bool is_word_letter(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

/* Reads [A-Za-z0-9_]+. */
static bool parse_word(struct parser *p, char word[MAX_WORD])
{
    skip_blanks(p);
    size_t length = 0;
    while (is_word_letter(p->at[length]) && length < MAX_WORD - 1) {
        word[length] = p->at[length];
        length++;
    }
    word[length] = '\0';
    p->at += length;
    return length > 0 || fail(p, "expected a word");
}

static bool accept_word(struct parser *p, const char *expected)
{
    const char *start = p->at;
    if (accept(p, expected) && !is_word_letter(*p->at)) {
        return true;
    }
    p->at = start;
    return false;
}

static bool parse_number(struct parser *p, uint64_t *number)
{
    skip_blanks(p);
    bool negative = *p->at == '-';
    const char *digits = p->at + negative;
    if (!isdigit((unsigned char)*digits)) {
        return fail(p, "expected a number");
    }
    char *end;
    uint64_t magnitude = strtoull(digits, &end, 0);
    p->at = end;
    *number = negative ? -magnitude : magnitude;
    return true;
}

static bool parse_limited(struct parser *p, uint64_t limit, uint64_t *number)
{
    return parse_number(p, number) && (*number <= limit || fail(p, "number is too large"));
}

/* Every item of a line but the first follows a comma. */
static bool next_item(struct parser *p)
{
    if (p->first_item) {
        p->first_item = false;
        return true;
    }
    return expect(p, ",");
}

/* An optional item that begins with this word. */
static bool accept_item(struct parser *p, const char *word)
{
    const char *start = p->at;
    if ((p->first_item || accept(p, ",")) && accept_word(p, word)) {
        p->first_item = false;
        return true;
    }
    p->at = start;
    return false;
}

/* ---- values, slots, blocks ------------------------------------------------------------------- */

static uint32_t *value_number(const struct parser *p, uint64_t number)
{
    uint32_t *map = ir_scratch_get(p->region, IR_SCRATCH_MAP, (number + 1) * sizeof(map[0]));
    return &map[number];
}

static bool parse_value(struct parser *p, uint32_t *value)
{
    uint64_t number;
    if (!expect(p, "v") || !parse_limited(p, MAX_VALUE, &number)) {
        return false;
    }
    *value = *value_number(p, number);
    return *value != 0 || number == 0 || fail(p, "v%u is not defined", (unsigned)number);
}

static bool parse_slot(struct parser *p, uint64_t *offset)
{
    if (!expect(p, "[")) {
        return false;
    }
    skip_blanks(p);
    if (isdigit((unsigned char)*p->at)) {
        return parse_limited(p, UINT32_MAX, offset) && expect(p, "]");
    }
    char name[MAX_WORD];
    uint64_t into = 0;
    if (!parse_word(p, name) || (accept(p, "+") && !parse_limited(p, UINT16_MAX, &into))) {
        return false;
    }
    for (unsigned i = 0; i < p->slot_count; i++) {
        if (strcmp(p->slots[i].name, name) == 0) {
            *offset = p->slots[i].offset + into;
            return expect(p, "]");
        }
    }
    return fail(p, "no slot is named %s", name);
}

/* Makes the block exist. */
static bool parse_block_number(struct parser *p, uint64_t *block)
{
    if (!parse_limited(p, MAX_BLOCK - 1, block)) {
        return false;
    }
    while (p->region->block_count <= *block) {
        ir_block_new(p->region);
    }
    return true;
}

/* ---- one function per letter of ir_text_fields() --------------------------------------------- */

static bool parse_imm(struct parser *p, struct ir_inst *inst)
{
    uint64_t imm;
    if (!next_item(p) || !parse_number(p, &imm)) {
        return false;
    }
    inst->imm = imm;
    return true;
}

static bool parse_slot_field(struct parser *p, struct ir_inst *inst)
{
    uint64_t offset;
    if (!next_item(p) || !parse_slot(p, &offset)) {
        return false;
    }
    inst->imm = offset;
    return true;
}

static bool parse_vector(struct parser *p, struct ir_inst *inst)
{
    uint64_t high;
    if (!parse_imm(p, inst) || !next_item(p) || !parse_number(p, &high)) {
        return false;
    }
    inst->b = high;
    inst->c = high >> 32;
    return true;
}

static bool parse_aux_number(struct parser *p, struct ir_inst *inst)
{
    uint64_t aux;
    if (!next_item(p) || !parse_limited(p, UINT16_MAX, &aux)) {
        return false;
    }
    inst->aux = aux;
    return true;
}

static bool parse_b(struct parser *p, struct ir_inst *inst)
{
    uint64_t b;
    if (!next_item(p) || !parse_limited(p, UINT32_MAX, &b)) {
        return false;
    }
    inst->b = b;
    return true;
}

static bool parse_bit_field(struct parser *p, struct ir_inst *inst)
{
    uint64_t lsb, length;
    if (!next_item(p) || !parse_limited(p, 63, &lsb) || !next_item(p) ||
        !parse_limited(p, 64, &length)) {
        return false;
    }
    inst->aux = lsb | length << 8;
    return true;
}

/* A number of bytes as its logarithm. */
static bool parse_log2(struct parser *p, unsigned limit, unsigned *log2)
{
    uint64_t bytes;
    if (!parse_limited(p, UINT64_C(1) << limit, &bytes)) {
        return false;
    }
    *log2 = bytes ? __builtin_ctzll(bytes) : 0;
    return bytes == UINT64_C(1) << *log2 || fail(p, "not a power of two");
}

static bool parse_mem_flag(struct parser *p, struct ir_inst *inst)
{
    for (unsigned i = 0; i < ir_text_mem_flag_count; i++) {
        if (accept_word(p, ir_text_mem_flags[i].name)) {
            inst->aux |= ir_text_mem_flags[i].bit;
            return true;
        }
    }
    unsigned log2;
    if (!accept(p, "a") || !parse_log2(p, 7, &log2)) {
        return fail(p, "unknown memory flag");
    }
    inst->aux |= log2 << IR_MEM_ALIGN_SHIFT;
    return true;
}

static bool parse_mem(struct parser *p, struct ir_inst *inst)
{
    unsigned log2;
    if (!next_item(p) || !parse_log2(p, 4, &log2)) {
        return false;
    }
    inst->aux = log2;
    while (accept(p, ".")) {
        if (!parse_mem_flag(p, inst)) {
            return false;
        }
    }
    return true;
}

static bool parse_block_imm(struct parser *p, struct ir_inst *inst)
{
    uint64_t block;
    if (!next_item(p) || !expect(p, "@") || !parse_block_number(p, &block)) {
        return false;
    }
    inst->imm = block;
    return true;
}

static bool parse_block_b(struct parser *p, struct ir_inst *inst)
{
    uint64_t block;
    if (!next_item(p) || !expect(p, "@") || !parse_block_number(p, &block)) {
        return false;
    }
    inst->b = block;
    return true;
}

static bool parse_loop(struct parser *p, struct ir_inst *inst)
{
    inst->aux = accept_item(p, "loop");
    return true;
}

static bool parse_hint(struct parser *p, struct ir_inst *inst)
{
    if (accept_item(p, "return")) {
        inst->aux = IR_HINT_RETURN;
    }
    if (!accept_item(p, "call")) {
        return true;
    }
    inst->aux = IR_HINT_CALL;
    uint64_t pc = 0;
    if (!next_item(p) || !parse_number(p, &pc)) {
        return false;
    }
    inst->b = pc;
    inst->c = pc >> 32;
    return true;
}

static bool parse_optional_aux(struct parser *p, struct ir_inst *inst)
{
    uint64_t aux = 0;
    if (accept_item(p, "aux") && !parse_limited(p, UINT16_MAX, &aux)) {
        return false;
    }
    inst->aux = aux;
    return true;
}

static bool parse_optional_imm(struct parser *p, struct ir_inst *inst)
{
    uint64_t imm = 0;
    if (accept_item(p, "imm") && !parse_number(p, &imm)) {
        return false;
    }
    inst->imm = imm;
    return true;
}

static bool (*const field_parsers[128])(struct parser *p, struct ir_inst *inst) = {
    ['x'] = parse_imm,          ['n'] = parse_imm,          ['s'] = parse_slot_field,
    ['V'] = parse_vector,       ['w'] = parse_aux_number,   ['t'] = parse_b,
    ['l'] = parse_bit_field,    ['m'] = parse_mem,          ['j'] = parse_block_imm,
    ['k'] = parse_block_b,      ['L'] = parse_loop,         ['g'] = parse_hint,
    ['A'] = parse_optional_aux, ['I'] = parse_optional_imm,
};

/* ---- lines ----------------------------------------------------------------------------------- */

/* "name{[slot]=v1, ...}" if it is there. */
static bool parse_list(struct parser *p, const char *name, uint32_t *index)
{
    if (!accept_word(p, name)) {
        return true;
    }
    if (!expect(p, "{")) {
        return false;
    }
    *index = p->region->snapshot_count;
    do {
        uint64_t offset;
        uint32_t value;
        if (!parse_slot(p, &offset) || !expect(p, "=") || !parse_value(p, &value)) {
            return false;
        }
        ir_snapshot_add(p->region, offset, value);
    } while (accept(p, ","));
    ir_snapshot_add(p->region, IR_SNAPSHOT_END, 0);
    return expect(p, "}");
}

static bool parse_op(struct parser *p, struct ir_inst *inst)
{
    char word[MAX_WORD];
    if (!parse_word(p, word)) {
        return false;
    }
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        if (strcmp(ir_ops[op].name, word) != 0) {
            continue;
        }
        inst->op = op;
        if (!accept(p, ".")) {
            return true;
        }
        if (!parse_word(p, word)) {
            return false;
        }
        for (unsigned type = 0; type < IR_TYPE_COUNT; type++) {
            if (strcmp(ir_type_names[type], word) == 0) {
                inst->type = type;
                return true;
            }
        }
        return fail(p, "no type is named %s", word);
    }
    return fail(p, "no operation is named %s", word);
}

static bool parse_helper(struct parser *p, struct ir_inst *inst)
{
    char name[MAX_WORD];
    if (!parse_word(p, name)) {
        return false;
    }
    for (unsigned i = 0; i < p->helper_count; i++) {
        if (strcmp(p->helpers[i]->name, name) == 0) {
            inst->imm = (int64_t)(uintptr_t)p->helpers[i];
            return true;
        }
    }
    return fail(p, "no helper is named %s", name);
}

static bool parse_operands(struct parser *p, struct ir_inst *inst)
{
    uint32_t *const operands[4] = {&inst->a, &inst->b, &inst->c, &inst->d};
    p->first_item = true;
    for (unsigned i = 0; i < ir_ops[inst->op].arity; i++) {
        if (inst->op == IR_CALL && i == 0 && (at_line_end(p) || strncmp(p->at, "leave", 5) == 0)) {
            return true;
        }
        if (inst->op == IR_CALL && i > 0 && !accept(p, ",")) {
            return true;
        }
        if (inst->op != IR_CALL && !next_item(p)) {
            return false;
        }
        if (!parse_value(p, operands[i])) {
            return false;
        }
    }
    return true;
}

static bool parse_inst(struct parser *p)
{
    struct ir_region *r = p->region;
    if (!p->in_block || (r->inst_count > r->blocks[r->current].first && ir_block_ended(r))) {
        return fail(p, "instruction outside a block");
    }

    uint64_t number = 0;
    struct ir_inst inst = {0};
    if (*p->at == 'v' && isdigit((unsigned char)p->at[1]) &&
        (!expect(p, "v") || !parse_limited(p, MAX_VALUE, &number) || !expect(p, "="))) {
        return false;
    }
    if (!parse_op(p, &inst) || (inst.op == IR_CALL && !parse_helper(p, &inst)) ||
        !parse_operands(p, &inst)) {
        return false;
    }
    for (const char *letter = ir_text_fields(inst.op); *letter; letter++) {
        if (!field_parsers[(unsigned char)*letter](p, &inst)) {
            return false;
        }
    }
    if (!parse_list(p, "leave", &inst.snapshot) ||
        (inst.op == IR_BRANCH &&
         (!parse_list(p, "taken", &inst.c) || !parse_list(p, "other", &inst.d)))) {
        return false;
    }

    uint32_t index = ir_emit(r, inst.op, inst.type, 0, 0, 0, 0, 0);
    r->insts[index] = inst;
    if (number != 0) {
        *value_number(p, number) = index;
    }
    return true;
}

static bool parse_region(struct parser *p)
{
    uint64_t insns;
    if (!expect(p, "pc") || !parse_number(p, &p->region->pc) || !expect(p, "page") ||
        !parse_number(p, &p->region->page) || !expect(p, "insns") ||
        !parse_limited(p, UINT32_MAX, &insns)) {
        return false;
    }
    p->region->guest_insns = insns;
    return true;
}

static bool parse_block(struct parser *p)
{
    struct ir_region *r = p->region;
    uint64_t block, pc;
    if (!parse_block_number(p, &block) || !expect(p, "pc") || !parse_number(p, &pc)) {
        return false;
    }
    if (r->blocks[block].end != 0) {
        return fail(p, "block %u begins again", (unsigned)block);
    }
    if (r->inst_count > 1 && !ir_block_ended(r)) {
        return fail(p, "the block before has no end");
    }
    r->last_insn = 0; /* the text has its own INSN */
    ir_block_begin(r, block, pc, accept_word(p, "entry"));
    p->in_block = true;
    return true;
}

static bool parse_line(struct parser *p)
{
    if (at_line_end(p)) {
        return true;
    }
    bool good = accept_word(p, "region")  ? parse_region(p)
                : accept_word(p, "block") ? parse_block(p)
                                          : parse_inst(p);
    return good && (at_line_end(p) || fail(p, "text after the end: %.20s", p->at));
}

bool ir_parse(struct ir_region *r, const struct guest_slot *slots, unsigned slot_count,
              const struct ir_helper *const *helpers, unsigned helper_count, const char *text,
              char *message, size_t message_size)
{
    struct parser p = {
        .region = r,
        .slots = slots,
        .slot_count = slot_count,
        .helpers = helpers,
        .helper_count = helper_count,
        .at = text,
        .line = 1,
        .message = message,
        .message_size = message_size,
    };
    ir_region_reset(r);
    memset(value_number(&p, 0), 0, r->scratch->size[IR_SCRATCH_MAP]);
    while (*p.at != '\0') {
        if (!parse_line(&p)) {
            return false;
        }
        p.at += strcspn(p.at, "\n");
        p.line += *p.at == '\n';
        p.at += *p.at == '\n';
    }
    return true;
}
