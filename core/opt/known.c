/* What is known of the bits of integer values. */
#include "core/opt/fold_rules.h"

#include "core/base/bits.h"

static struct known nothing(const struct ir_inst *inst)
{
    return (struct known){.zeros = ~fold_mask(inst), .ones = 0};
}

static struct known below_bit(unsigned bit)
{
    return (struct known){.zeros = bit == 64 ? 0 : ~UINT64_C(0) << bit, .ones = 0};
}

/* Moves by a constant count; the bits that come in are zeros. */
static struct known shift(const struct fold *f, const struct ir_inst *inst)
{
    struct known a = f->known[inst->a], none = nothing(inst);
    if (!fold_is_const(f, inst->b)) {
        return none;
    }
    unsigned count = fold_bits(f, inst->b) & (fold_width(inst) - 1);
    uint64_t mask = fold_mask(inst);
    if (inst->op == IR_SHL) {
        return (struct known){.zeros = ~(~a.zeros << count & mask), .ones = a.ones << count & mask};
    }
    return (struct known){.zeros = ~(~a.zeros >> count), .ones = a.ones >> count};
}

static struct known load(const struct ir_inst *inst)
{
    unsigned bits = 8u << (inst->aux & IR_MEM_SIZE);
    if ((inst->aux & IR_MEM_SIGN) || bits > 64) {
        return nothing(inst);
    }
    return below_bit(bits);
}

static struct known pair(const struct fold *f, const struct ir_inst *inst)
{
    struct known a = f->known[inst->a], b = f->known[inst->b];
    return (struct known){.zeros = (uint32_t)a.zeros | b.zeros << 32,
                          .ones = a.ones | b.ones << 32};
}

/* A sum has zeros below the lowest bit of both. */
static struct known sum(const struct fold *f, const struct ir_inst *inst)
{
    uint64_t low = fold_possible(f, inst->a) | fold_possible(f, inst->b);
    struct known none = nothing(inst);
    if (low != 0) {
        none.zeros |= (low & -low) - 1;
    }
    return none;
}

struct known fold_known(const struct fold *f, const struct ir_inst *inst)
{
    struct known a = f->known[inst->op == IR_CONSTV ? 0 : inst->a], b;
    switch (inst->op) {
    case IR_CONST:
        return (struct known){.zeros = ~(uint64_t)inst->imm, .ones = inst->imm};
    case IR_PCREL:
        return (struct known){.zeros = ~fold_mask(inst) | (~inst->imm & 0xfff),
                              .ones = inst->imm & 0xfff};
    case IR_ADD:
    case IR_SUB:
        return sum(f, inst);
    case IR_AND:
        b = f->known[inst->b];
        return (struct known){.zeros = a.zeros | b.zeros, .ones = a.ones & b.ones};
    case IR_OR:
        b = f->known[inst->b];
        return (struct known){.zeros = a.zeros & b.zeros, .ones = a.ones | b.ones};
    case IR_XOR:
        b = f->known[inst->b];
        return (struct known){.zeros = (a.zeros & b.zeros) | (a.ones & b.ones),
                              .ones = (a.zeros & b.ones) | (a.ones & b.zeros)};
    case IR_ANDN:
        b = f->known[inst->b];
        return (struct known){.zeros = a.zeros | b.ones, .ones = a.ones & b.zeros};
    case IR_NOT:
        return (struct known){.zeros = a.ones | ~fold_mask(inst),
                              .ones = a.zeros & fold_mask(inst)};
    case IR_SHL:
    case IR_SHR:
        return shift(f, inst);
    case IR_CLZ:
    case IR_CTZ:
        return below_bit(7);
    case IR_ZEXT8:
        return (struct known){.zeros = a.zeros | ~UINT64_C(0xff), .ones = a.ones & 0xff};
    case IR_ZEXT16:
        return (struct known){.zeros = a.zeros | ~UINT64_C(0xffff), .ones = a.ones & 0xffff};
    case IR_EXTU:
        return (struct known){.zeros = ~bits_get(~a.zeros, inst->aux & 0xff, inst->aux >> 8),
                              .ones = bits_get(a.ones, inst->aux & 0xff, inst->aux >> 8)};
    case IR_DEP:
        b = f->known[inst->b];
        return (struct known){.zeros = bits_put(a.zeros, inst->aux & 0xff, inst->aux >> 8, b.zeros),
                              .ones = bits_put(a.ones, inst->aux & 0xff, inst->aux >> 8, b.ones)};
    case IR_ZEXT32:
        return a;
    case IR_LO32:
        return (struct known){.zeros = a.zeros | ~(uint64_t)UINT32_MAX, .ones = (uint32_t)a.ones};
    case IR_HI32:
        return (struct known){.zeros = ~(~a.zeros >> 32), .ones = a.ones >> 32};
    case IR_PAIR:
        return pair(f, inst);
    case IR_SELECT:
        a = f->known[inst->b];
        b = f->known[inst->c];
        return (struct known){.zeros = a.zeros & b.zeros, .ones = a.ones & b.ones};
    case IR_EQ ... IR_SUBO:
    case IR_ADD3C:
    case IR_ADD3O:
        return below_bit(1);
    case IR_FCMP:
        return below_bit(2);
    case IR_LOAD:
        return load(inst);
    default:
        return inst->type == IR_I32 ? nothing(inst) : (struct known){0, 0};
    }
}
