/* Checks the rules of ir.h and ops.inc. */
#include "core/ir/ir.h"

#include "core/ir/text.h"

#include <inttypes.h>
#include <stdarg.h>

struct verifier {
    const struct ir_region *region;
    const struct ir_block *block;
    bool seen_insn; /* in this block */
    char *message;
    size_t message_size;
};

static __attribute__((format(printf, 3, 4))) bool
fail(const struct verifier *v, const struct ir_inst *inst, const char *format, ...)
{
    int used = 0;
    if (inst != NULL) {
        used = snprintf(
            v->message, v->message_size, "block %td, v%td, %s: ", v->block - v->region->blocks,
            inst - v->region->insts, inst->op < IR_OP_COUNT ? ir_ops[inst->op].name : "?");
    }
    if (used >= 0 && (size_t)used < v->message_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(v->message + used, v->message_size - used, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* ---- types ----------------------------------------------------------------------------------- */

enum {
    INTS = 1 << IR_I32 | 1 << IR_I64,
    FLOATS = 1 << IR_F32 | 1 << IR_F64,
    SCALARS = INTS | FLOATS,
    VECTOR = 1 << IR_V128,
    ANY = SCALARS | VECTOR,
};

unsigned ir_op_types(enum ir_op op)
{
    static const struct {
        uint8_t first, last, types;
    } rows[] = {
        {IR_CONST, IR_CONST, SCALARS},
        {IR_CONSTV, IR_CONSTV, VECTOR},
        {IR_PCREL, IR_PCREL, INTS},
        {IR_COPY, IR_SET, ANY},
        {IR_ADD, IR_DEP, INTS},
        {IR_SEXT32, IR_ZEXT32, 1 << IR_I64},
        {IR_LO32, IR_HI32, 1 << IR_I32},
        {IR_PAIR, IR_PAIR, 1 << IR_I64},
        {IR_EQ, IR_ADD3O, INTS},
        {IR_SELECT, IR_STORE, ANY},
        {IR_CAS, IR_CAS, INTS},
        {IR_CALL, IR_CALL, SCALARS | 1 << IR_NONE},
        {IR_FADD, IR_FCMP, FLOATS},
        {IR_FCVT_FD, IR_FCVT_FD, 1 << IR_F32},
        {IR_FCVT_DF, IR_FCVT_DF, 1 << IR_F64},
        {IR_FCVT_SI, IR_FABS, FLOATS},
        {IR_BITS, IR_BITS, SCALARS},
        {IR_VGETL, IR_VGETL, SCALARS},
        {IR_VAND, IR_OP_COUNT - 1, VECTOR},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (op >= rows[i].first && op <= rows[i].last) {
            return rows[i].types;
        }
    }
    return ANY | 1 << IR_NONE;
}

/* The types that an operand with this letter may have. */
static unsigned operand_types(char letter, enum ir_type own)
{
    switch (letter) {
    case 'T':
        return 1 << own;
    case 'i':
        return 1 << IR_I32;
    case 'l':
        return 1 << IR_I64;
    case 'A':
        return INTS;
    case 'v':
        return VECTOR;
    case 'f':
        return 1 << IR_F32;
    case 'd':
        return 1 << IR_F64;
    default:
        return ANY;
    }
}

/* ---- operands -------------------------------------------------------------------------------- */

static bool check_value(const struct verifier *v, const struct ir_inst *inst, uint32_t value,
                        unsigned types)
{
    uint32_t index = inst - v->region->insts;
    if (value < v->block->first || value >= index) {
        return fail(v, inst, "v%" PRIu32 " is not a value made before in this block", value);
    }
    enum ir_type type = ir_result_type(v->region, value);
    if (type == IR_NONE) {
        return fail(v, inst, "v%" PRIu32 " is not a value", value);
    }
    if (!(types >> type & 1)) {
        return fail(v, inst, "v%" PRIu32 " has the wrong type %s", value, ir_type_names[type]);
    }
    return true;
}

static bool check_operands(const struct verifier *v, const struct ir_inst *inst)
{
    const struct ir_op_info *info = &ir_ops[inst->op];
    const uint32_t operands[4] = {inst->a, inst->b, inst->c, inst->d};
    if (!(ir_op_types(inst->op) >> inst->type & 1)) {
        return fail(v, inst, "type %s is not for this operation", ir_type_names[inst->type]);
    }
    for (unsigned i = 0; i < info->arity; i++) {
        if (inst->op == IR_CALL && operands[i] == 0) {
            continue;
        }
        unsigned types = operand_types(info->args[i], inst->type);
        if (inst->op == IR_SET || (inst->op == IR_STORE && i == 1)) {
            types = 1 << inst->type;
        }
        if (inst->op == IR_CALL) {
            types = SCALARS;
        }
        if (!check_value(v, inst, operands[i], types)) {
            return false;
        }
    }
    return true;
}

/* A list of slots and values; 0: none. */
static bool check_list(const struct verifier *v, const struct ir_inst *inst, uint32_t index)
{
    if (index == 0) {
        return true;
    }
    for (; index < v->region->snapshot_count; index++) {
        const struct ir_snapshot *entry = &v->region->snapshots[index];
        if (entry->offset == IR_SNAPSHOT_END) {
            return true;
        }
        if (!check_value(v, inst, entry->value, ANY)) {
            return false;
        }
    }
    return fail(v, inst, "a list of slots has no end");
}

static bool check_block_number(const struct verifier *v, const struct ir_inst *inst, int64_t block)
{
    return (block >= 0 && block < v->region->block_count) ||
           fail(v, inst, "there is no block %" PRId64, block);
}

/* ---- fields of single operations ------------------------------------------------------------- */

static bool check_slot(const struct verifier *v, const struct ir_inst *inst)
{
    return (inst->imm >= 0 && inst->imm <= INT32_MAX) || fail(v, inst, "offset out of range");
}

static bool check_bit_field(const struct verifier *v, const struct ir_inst *inst)
{
    unsigned lsb = inst->aux & 0xff, length = inst->aux >> 8;
    return (length >= 1 && lsb + length <= 8 * ir_type_size(inst->type)) ||
           fail(v, inst, "bits outside the value");
}

static bool check_bits(const struct verifier *v, const struct ir_inst *inst)
{
    return ir_type_size(inst->type) == ir_type_size(ir_result_type(v->region, inst->a)) ||
           fail(v, inst, "sizes differ");
}

static bool check_mem(const struct verifier *v, const struct ir_inst *inst)
{
    unsigned size = 1u << (inst->aux & IR_MEM_SIZE), type_size = ir_type_size(inst->type);
    unsigned known =
        IR_MEM_SIZE | IR_MEM_SIGN | IR_MEM_BIG | IR_MEM_ALIGN | IR_MEM_USER | IR_MEM_SWAP64;
    if (inst->aux & ~known) {
        return fail(v, inst, "unknown memory flags 0x%x", inst->aux & ~known);
    }
    if (size > type_size || (inst->type == IR_V128 && size != 16)) {
        return fail(v, inst, "%u bytes do not fit %s", size, ir_type_names[inst->type]);
    }
    if (inst->type != IR_I32 && inst->type != IR_I64 && size != type_size) {
        return fail(v, inst, "only integers are extended");
    }
    if ((inst->aux & IR_MEM_SIGN) && inst->op != IR_LOAD) {
        return fail(v, inst, "only loads extend signs");
    }
    if ((inst->aux & IR_MEM_SWAP64) && (size != 8 || !(inst->aux & IR_MEM_BIG))) {
        return fail(v, inst, "swap64 is for big-endian accesses of 8 bytes");
    }
    return true;
}

static bool check_call(const struct verifier *v, const struct ir_inst *inst)
{
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
    if (inst->snapshot != 0 && (helper->effects & IR_EFFECT_WRITES)) {
        return fail(v, inst, "writes slots and has a snapshot");
    }
    return inst->type == helper->result || fail(v, inst, "type is not the helper's");
}

static bool check_entry(const struct verifier *v, const struct ir_inst *inst)
{
    if (inst->aux > 1) {
        return fail(v, inst, "aux is neither 0 nor 1");
    }
    if ((uint64_t)inst->imm != v->block->pc) {
        return fail(v, inst, "pc is not the block's");
    }
    return inst == &v->region->insts[v->block->first] || fail(v, inst, "not first in its block");
}

static bool check_count(const struct verifier *v, const struct ir_inst *inst)
{
    return inst->imm >= 0 || fail(v, inst, "negative count");
}

static bool check_jump(const struct verifier *v, const struct ir_inst *inst)
{
    return check_block_number(v, inst, inst->imm);
}

static bool check_branch(const struct verifier *v, const struct ir_inst *inst)
{
    return check_block_number(v, inst, inst->imm) && check_block_number(v, inst, inst->b) &&
           check_list(v, inst, inst->c) && check_list(v, inst, inst->d);
}

static bool check_hint(const struct verifier *v, const struct ir_inst *inst)
{
    return inst->aux <= IR_HINT_RETURN || fail(v, inst, "unknown hint %u", inst->aux);
}

static bool (*const checks[IR_OP_COUNT])(const struct verifier *v, const struct ir_inst *inst) = {
    [IR_GET] = check_slot,       [IR_SET] = check_slot,      [IR_EXTU] = check_bit_field,
    [IR_EXTS] = check_bit_field, [IR_DEP] = check_bit_field, [IR_BITS] = check_bits,
    [IR_LOAD] = check_mem,       [IR_STORE] = check_mem,     [IR_CAS] = check_mem,
    [IR_CALL] = check_call,      [IR_ENTRY] = check_entry,   [IR_COUNT] = check_count,
    [IR_COUNTIF] = check_count,  [IR_JUMP] = check_jump,     [IR_BRANCH] = check_branch,
    [IR_GOTO] = check_hint,      [IR_GOTOI] = check_hint,
};

/* ---- blocks ---------------------------------------------------------------------------------- */

/* LOAD, STORE, CAS and calls leave with the pc of an INSN; the others know where they leave to. */
static bool needs_insn(const struct ir_inst *inst)
{
    return (ir_ops[inst->op].flags & IR_FLAG_M) && ir_inst_leaves(inst);
}

static bool check_inst(struct verifier *v, const struct ir_inst *inst)
{
    if (inst->op >= IR_OP_COUNT || inst->type >= IR_TYPE_COUNT) {
        return fail(v, inst, "no such operation or type");
    }
    bool last = inst == &v->region->insts[v->block->end - 1];
    bool ends = ir_ops[inst->op].flags & IR_FLAG_E;
    if (last != ends) {
        return fail(v, inst,
                    ends ? "ends the block too early" : "is last but does not end the block");
    }
    if (inst->op == IR_CALL && inst->imm == 0) {
        return fail(v, inst, "no helper");
    }
    if (inst->snapshot != 0 && !ir_inst_leaves(inst)) {
        return fail(v, inst, "has a snapshot but never leaves");
    }
    if (needs_insn(inst) && !v->seen_insn) {
        return fail(v, inst, "may leave, but no insn precedes it in its block");
    }
    v->seen_insn |= inst->op == IR_INSN;
    return check_operands(v, inst) && check_list(v, inst, inst->snapshot) &&
           (checks[inst->op] == NULL || checks[inst->op](v, inst));
}

static bool check_block(struct verifier *v)
{
    const struct ir_block *block = v->block;
    const struct ir_region *r = v->region;
    ptrdiff_t number = block - r->blocks;
    if (block->first < 1 || block->first >= block->end || block->end > r->inst_count) {
        return fail(v, NULL, "block %td is empty or out of range", number);
    }
    for (const struct ir_block *other = r->blocks; other < block; other++) {
        if (block->first < other->end && other->first < block->end) {
            return fail(v, NULL, "blocks %td and %td overlap", other - r->blocks, number);
        }
    }
    if (block->entry != (r->insts[block->first].op == IR_ENTRY)) {
        return fail(v, NULL, "block %td: only and all entry blocks begin with entry", number);
    }
    v->seen_insn = false;
    for (uint32_t i = block->first; i < block->end; i++) {
        if (!check_inst(v, &r->insts[i])) {
            return false;
        }
    }
    return true;
}

bool ir_verify(const struct ir_region *r, char *message, size_t message_size)
{
    struct verifier v = {.region = r, .message = message, .message_size = message_size};
    if (r->inst_count < 1 || r->insts[0].op != IR_NOP) {
        return fail(&v, NULL, "instruction 0 is not a nop");
    }
    if (r->snapshot_count < 1 || r->snapshots[0].offset != IR_SNAPSHOT_END) {
        return fail(&v, NULL, "snapshot 0 is not an end");
    }
    if (r->block_count == 0) {
        return fail(&v, NULL, "no blocks");
    }
    uint32_t count = 1;
    for (v.block = r->blocks; v.block < r->blocks + r->block_count; v.block++) {
        if (!check_block(&v)) {
            return false;
        }
        count += v.block->end - v.block->first;
    }
    return count == r->inst_count || fail(&v, NULL, "an instruction is in no block");
}
