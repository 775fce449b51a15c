/* The interpreter's memory operations and helper calls. */
#include "core/ir/interp.h"

#include "core/base/bits.h"
#include "core/cpu/cpu.h"
#include "core/cpu/trial.h"

static unsigned access_log2(const struct ir_inst *inst)
{
    return inst->aux & IR_MEM_SIZE;
}

static uint64_t address_of(const struct ir_frame *frame, const struct ir_inst *inst,
                           uint64_t displacement)
{
    uint64_t address = frame->values[inst->a].i64 + inst->imm + displacement;
    return ir_result_type(frame->region, inst->a) == IR_I32 ? (uint32_t)address : address;
}

/* A 16-byte access is two of 8 bytes, the low address first; only the first checks alignment. */
enum { WIDE = 4 };

static uint32_t first_half(const struct ir_inst *inst)
{
    return (inst->aux & ~IR_MEM_SIZE) | 3;
}

static uint32_t second_half(const struct ir_inst *inst)
{
    return first_half(inst) & ~IR_MEM_ALIGN;
}

/* Which half of the value is at the low address. */
static unsigned low_half(const struct ir_inst *inst)
{
    return inst->aux & IR_MEM_BIG ? 1 : 0;
}

void ir_interpret_load(struct ir_frame *frame, const struct ir_inst *inst)
{
    union ir_value *result = &frame->values[inst - frame->region->insts];
    union ir_value value = {.v = {0, 0}};
    if (access_log2(inst) == WIDE) {
        unsigned low = low_half(inst);
        value.v[low] = cpu_load(frame->cpu, address_of(frame, inst, 0), first_half(inst));
        value.v[low ^ 1] = cpu_load(frame->cpu, address_of(frame, inst, 8), second_half(inst));
    } else {
        unsigned bits = 8u << access_log2(inst);
        uint64_t raw = cpu_load(frame->cpu, address_of(frame, inst, 0), inst->aux);
        raw = inst->aux & IR_MEM_SIGN ? (uint64_t)bits_sext(raw, bits) : bits_get(raw, 0, bits);
        value.i64 = ir_type_size(inst->type) == 4 ? (uint32_t)raw : raw;
    }
    *result = value;
}

void ir_interpret_store(struct ir_frame *frame, const struct ir_inst *inst)
{
    const union ir_value *value = &frame->values[inst->b];
    if (access_log2(inst) == WIDE) {
        unsigned low = low_half(inst);
        cpu_store(frame->cpu, address_of(frame, inst, 0), value->v[low], first_half(inst));
        cpu_store(frame->cpu, address_of(frame, inst, 8), value->v[low ^ 1], second_half(inst));
    } else {
        uint64_t low_bytes = bits_get(value->i64, 0, 8u << access_log2(inst));
        cpu_store(frame->cpu, address_of(frame, inst, 0), low_bytes, inst->aux);
    }
}

void ir_interpret_cas(struct ir_frame *frame, const struct ir_inst *inst)
{
    unsigned bits = 8u << access_log2(inst);
    uint64_t expected = bits_get(frame->values[inst->b].i64, 0, bits);
    uint64_t value = bits_get(frame->values[inst->c].i64, 0, bits);
    uint64_t old = cpu_cas(frame->cpu, address_of(frame, inst, 0), expected, value, inst->aux);
    frame->values[inst - frame->region->insts] = (union ir_value){.v = {bits_get(old, 0, bits), 0}};
}

void ir_interpret_call(struct ir_frame *frame, const struct ir_inst *inst)
{
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
    const union ir_value *values = frame->values;
    if (helper->effects & (IR_EFFECT_WRITES | IR_EFFECT_EXITS) &&
        !(helper->effects & IR_EFFECT_UNDOABLE)) {
        trial_forbid(frame->cpu);
    }
    uint64_t result = helper->fn(frame->cpu, values[inst->a].i64, values[inst->b].i64,
                                 values[inst->c].i64, values[inst->d].i64);
    if (ir_type_size(inst->type) == 4) {
        result = (uint32_t)result;
    }
    frame->values[inst - frame->region->insts] = (union ir_value){.v = {result, 0}};
}
