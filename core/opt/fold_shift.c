/* Rules of `fold` for shifts, fields, extensions and halves. */
#include "core/opt/fold_rules.h"

static uint64_t low_mask(unsigned bits)
{
    return UINT64_MAX >> (64 - bits);
}

/* The bits that a field at bit 0 keeps. */
static unsigned field_lsb(const struct ir_inst *inst)
{
    return inst->aux & 0xff;
}

static unsigned field_length(const struct ir_inst *inst)
{
    return inst->aux >> 8;
}

/* What `value` is if only `bits` count; 0 if it does not simply pass some operand on. */
static uint32_t pass(const struct fold *f, uint32_t value, uint64_t bits)
{
    const struct ir_inst *inst = fold_get(f, value);
    uint64_t field;
    switch (inst->op) {
    case IR_ZEXT8:
    case IR_SEXT8:
        return bits & ~UINT64_C(0xff) ? 0 : inst->a;
    case IR_ZEXT16:
    case IR_SEXT16:
        return bits & ~UINT64_C(0xffff) ? 0 : inst->a;
    case IR_EXTU:
    case IR_EXTS:
        return field_lsb(inst) != 0 || (bits & ~low_mask(field_length(inst))) ? 0 : inst->a;
    case IR_DEP:
        field = low_mask(field_length(inst)) << field_lsb(inst);
        if ((bits & field) == 0) {
            return inst->a;
        }
        return field_lsb(inst) == 0 && (bits & ~field) == 0 ? inst->b : 0;
    case IR_AND:
        return fold_is_const(f, inst->b) && (bits & ~fold_bits(f, inst->b)) == 0 ? inst->a : 0;
    case IR_OR:
    case IR_XOR:
        return fold_is_const(f, inst->b) && (bits & fold_bits(f, inst->b)) == 0 ? inst->a : 0;
    default:
        return 0;
    }
}

uint32_t fold_demand(const struct fold *f, uint32_t value, uint64_t bits)
{
    for (uint32_t next = pass(f, value, bits); next != 0; next = pass(f, value, bits)) {
        value = next;
    }
    return value;
}

/* ---- shifts and rotations -------------------------------------------------------------------- */

static uint32_t field(struct fold *f, enum ir_op op, const struct ir_inst *like, uint32_t a,
                      unsigned lsb, unsigned length)
{
    const struct ir_inst inst = {.op = op, .type = like->type, .a = a, .aux = lsb | length << 8};
    return fold_inst(f, &inst);
}

static uint32_t shift_by(struct fold *f, const struct ir_inst *like, uint32_t a, unsigned count)
{
    return fold_op(f, like->op, like->type, a, fold_const(f, IR_I32, count));
}

/* The constant count of a shift, modulo the width; -1 if it is not constant. Of other counts only
 * the low bits matter. */
static int shift_count(const struct fold *f, struct ir_inst *inst)
{
    unsigned modulo = fold_width(inst) - 1;
    if (fold_is_const(f, inst->b)) {
        return fold_bits(f, inst->b) & modulo;
    }
    inst->b = fold_demand(f, inst->b, modulo);
    return -1;
}

/* The count of `value` if it is `op` by a constant of 1 or more, else 0. */
static unsigned inner_count(const struct fold *f, uint32_t value, enum ir_op op)
{
    const struct ir_inst *inst = fold_get(f, value);
    if (inst->op != op || !fold_is_const(f, inst->b)) {
        return 0;
    }
    return fold_bits(f, inst->b) & (fold_width(inst) - 1);
}

FOLD_RULE(shl)
{
    int count = shift_count(f, inst);
    if (count < 0) {
        return 0;
    }
    if (count == 0) {
        return inst->a;
    }
    unsigned inner = inner_count(f, inst->a, IR_SHL), width = fold_width(inst);
    if (inner != 0 && inner + count >= width) {
        return fold_const(f, inst->type, 0);
    }
    if (inner != 0) {
        return shift_by(f, inst, fold_get(f, inst->a)->a, inner + count);
    }
    inst->a = fold_demand(f, inst->a, fold_mask(inst) >> count);
    return 0;
}

FOLD_RULE(shr)
{
    int count = shift_count(f, inst);
    if (count < 0) {
        return 0;
    }
    if (count == 0) {
        return inst->a;
    }
    if (fold_possible(f, inst->a) >> count == 0) {
        return fold_const(f, inst->type, 0);
    }
    unsigned width = fold_width(inst);
    unsigned inner = inner_count(f, inst->a, IR_SHR);
    if (inner != 0) {
        return shift_by(f, inst, fold_get(f, inst->a)->a, inner + count);
    }
    inner = inner_count(f, inst->a, IR_SHL);
    if (inner != 0 && inner <= (unsigned)count) {
        return field(f, IR_EXTU, inst, fold_get(f, inst->a)->a, count - inner, width - count);
    }
    inst->a = fold_demand(f, inst->a, fold_mask(inst) << count & fold_mask(inst));
    return 0;
}

FOLD_RULE(sar)
{
    int count = shift_count(f, inst);
    if (count < 0) {
        return 0;
    }
    if (count == 0) {
        return inst->a;
    }
    unsigned width = fold_width(inst);
    if (!(fold_possible(f, inst->a) >> (width - 1) & 1)) {
        return fold_op(f, IR_SHR, inst->type, inst->a, inst->b);
    }
    unsigned inner = inner_count(f, inst->a, IR_SAR);
    if (inner != 0) {
        return shift_by(f, inst, fold_get(f, inst->a)->a,
                        inner + count < width ? inner + count : width - 1);
    }
    inner = inner_count(f, inst->a, IR_SHL);
    if (inner != 0 && inner <= (unsigned)count) {
        return field(f, IR_EXTS, inst, fold_get(f, inst->a)->a, count - inner, width - count);
    }
    return 0;
}

FOLD_RULE(ror)
{
    int count = shift_count(f, inst);
    if (count < 0) {
        return 0;
    }
    if (count == 0) {
        return inst->a;
    }
    unsigned inner = inner_count(f, inst->a, IR_ROR);
    if (inner == 0) {
        return 0;
    }
    return shift_by(f, inst, fold_get(f, inst->a)->a, (inner + count) & (fold_width(inst) - 1));
}

/* Operations that undo themselves. */
FOLD_RULE(involution)
{
    const struct ir_inst *a = fold_get(f, inst->a);
    return a->op == inst->op ? a->a : 0;
}

/* ---- fields and extensions ------------------------------------------------------------------- */

FOLD_RULE(zext)
{
    unsigned bits = inst->op == IR_ZEXT8 ? 8 : 16;
    if (fold_possible(f, inst->a) >> bits == 0) {
        return inst->a;
    }
    inst->a = fold_demand(f, inst->a, low_mask(bits));
    return fold_possible(f, inst->a) >> bits == 0 ? inst->a : 0;
}

/* True if the bits of a value above `bits` repeat bit `bits - 1`. */
static bool is_extended(const struct fold *f, uint32_t value, unsigned bits)
{
    const struct ir_inst *inst = fold_get(f, value);
    if (fold_possible(f, value) >> (bits - 1) == 0) {
        return true;
    }
    switch (inst->op) {
    case IR_SEXT8:
        return bits >= 8;
    case IR_SEXT16:
        return bits >= 16;
    case IR_EXTS:
        return bits >= field_length(inst);
    case IR_LOAD:
        return (inst->aux & IR_MEM_SIGN) && bits >= 8u << (inst->aux & IR_MEM_SIZE);
    default:
        return false;
    }
}

FOLD_RULE(sext)
{
    unsigned bits = inst->op == IR_SEXT8 ? 8 : 16;
    if (is_extended(f, inst->a, bits)) {
        return inst->a;
    }
    inst->a = fold_demand(f, inst->a, low_mask(bits));
    return is_extended(f, inst->a, bits) ? inst->a : 0;
}

FOLD_RULE(extu)
{
    unsigned lsb = field_lsb(inst), length = field_length(inst);
    inst->a = fold_demand(f, inst->a, low_mask(length) << lsb);
    if (fold_is_const(f, inst->a)) {
        return fold_const(f, inst->type, fold_bits(f, inst->a) >> lsb & low_mask(length));
    }
    if (fold_possible(f, inst->a) >> lsb >> (length - 1) >> 1 == 0 ||
        lsb + length == fold_width(inst)) {
        return fold_op(f, IR_SHR, inst->type, inst->a, fold_const(f, IR_I32, lsb));
    }
    if (lsb == 0 && (length == 8 || length == 16)) {
        return fold_op(f, length == 8 ? IR_ZEXT8 : IR_ZEXT16, inst->type, inst->a, 0);
    }
    if (lsb == 0) {
        return fold_op(f, IR_AND, inst->type, inst->a, fold_const(f, inst->type, low_mask(length)));
    }
    return 0;
}

FOLD_RULE(exts)
{
    unsigned lsb = field_lsb(inst), length = field_length(inst);
    inst->a = fold_demand(f, inst->a, low_mask(length) << lsb);
    if (lsb + length == fold_width(inst)) {
        return fold_op(f, IR_SAR, inst->type, inst->a, fold_const(f, IR_I32, lsb));
    }
    if (lsb == 0 && is_extended(f, inst->a, length)) {
        return inst->a;
    }
    if (lsb == 0 && (length == 8 || length == 16)) {
        return fold_op(f, length == 8 ? IR_SEXT8 : IR_SEXT16, inst->type, inst->a, 0);
    }
    return 0;
}

FOLD_RULE(dep)
{
    unsigned lsb = field_lsb(inst), length = field_length(inst);
    uint64_t mask = low_mask(length) << lsb;
    if (length == fold_width(inst)) {
        return inst->b;
    }
    inst->a = fold_demand(f, inst->a, fold_mask(inst) & ~mask);
    inst->b = fold_demand(f, inst->b, low_mask(length));
    if (inst->a == inst->b && lsb == 0) {
        return inst->a;
    }
    if (!fold_is_const(f, inst->a) || !fold_is_const(f, inst->b)) {
        return 0;
    }
    uint64_t inserted = fold_bits(f, inst->b) << lsb & mask;
    return fold_const(f, inst->type, (fold_bits(f, inst->a) & ~mask) | inserted);
}

/* ---- halves ---------------------------------------------------------------------------------- */

FOLD_RULE(sext32)
{
    if (fold_possible(f, inst->a) >> 31) {
        return 0;
    }
    return fold_op(f, IR_ZEXT32, inst->type, inst->a, 0);
}

FOLD_RULE(lo32)
{
    const struct ir_inst *a = fold_get(f, inst->a);
    return a->op == IR_SEXT32 || a->op == IR_ZEXT32 || a->op == IR_PAIR ? a->a : 0;
}

FOLD_RULE(hi32)
{
    const struct ir_inst *a = fold_get(f, inst->a);
    if (a->op == IR_PAIR) {
        return a->b;
    }
    return fold_possible(f, inst->a) >> 32 == 0 ? fold_const(f, IR_I32, 0) : 0;
}

FOLD_RULE(pair)
{
    const struct ir_inst *a = fold_get(f, inst->a), *b = fold_get(f, inst->b);
    if (fold_is_const(f, inst->b) && fold_bits(f, inst->b) == 0) {
        return fold_op(f, IR_ZEXT32, inst->type, inst->a, 0);
    }
    return a->op == IR_LO32 && b->op == IR_HI32 && a->a == b->a ? a->a : 0;
}

/* BITS */
FOLD_RULE(pattern)
{
    if (ir_result_type(f->region, inst->a) == inst->type) {
        return inst->a;
    }
    const struct ir_inst *a = fold_get(f, inst->a);
    if (a->op != IR_BITS) {
        return 0;
    }
    return ir_result_type(f->region, a->a) == inst->type ? a->a : 0;
}
