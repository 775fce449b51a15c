/* What translated code calls in C. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/ir/float.h"
#include "host/x86_64/x64.h"

/* cpu->slow: address, value (two words for 16 bytes, or expected and new), mem. The result replaces
 * the value. */
void x64_slow_access(struct cpu *cpu)
{
    uint32_t mem = (uint32_t)cpu->slow[3];
    uint64_t address = cpu->slow[0];
    uint32_t plain = mem & ~(uint32_t)(IR_MEM_WRITE | IR_MEM_CAS);
    bool vector = (mem & IR_MEM_SIZE) == 4;
    unsigned bits = vector ? 64 : 8u << (mem & IR_MEM_SIZE);
    if (mem & IR_MEM_CAS) {
        cpu->slow[1] = cpu_cas(cpu, address, bits_get(cpu->slow[1], 0, bits),
                               bits_get(cpu->slow[2], 0, bits), plain);
        return;
    }
    uint64_t next = address + 8;
    unsigned low = 1, high = 2;
    if (vector) {
        /* 16 bytes as two times 8; both checked for the alignment of the whole by the first. */
        plain = (plain & ~(uint32_t)IR_MEM_SIZE) | 3;
        if (cpu->guest->pc_type == IR_I32) {
            next = (uint32_t)next;
        }
        if (mem & IR_MEM_BIG) {
            low = 2;
            high = 1;
        }
    }
    uint32_t rest = plain & ~(uint32_t)IR_MEM_ALIGN;
    if (mem & IR_MEM_WRITE) {
        cpu_store(cpu, address, bits_get(cpu->slow[low], 0, bits), plain);
        if (vector) {
            cpu_store(cpu, next, cpu->slow[high], rest);
        }
        return;
    }
    uint64_t first = cpu_load(cpu, address, plain);
    cpu->slow[vector ? high : 2] = vector ? cpu_load(cpu, next, rest) : 0;
    cpu->slow[low] =
        mem & IR_MEM_SIGN ? (uint64_t)bits_sext(first, bits) : bits_get(first, 0, bits);
}

/* Evaluates an op on the operands in cpu->host_save. what = op | type << 8 | aux << 16. */
void x64_evaluate(struct cpu *cpu, uint32_t what, int64_t imm)
{
    struct ir_inst inst = {.op = (uint8_t)what,
                           .type = (uint8_t)(what >> 8),
                           .aux = (uint16_t)(what >> 16),
                           .imm = imm};
    union ir_value *values = (union ir_value *)&cpu->host_save[X64_SAVE_ARGS];
    union ir_value *result = &values[3];
    if (ir_ops[inst.op].flags & IR_FLAG_P) {
        CHECK(ir_evaluate(&inst, values, result) || ir_evaluate_vec(&inst, values, result));
    } else {
        struct fp_env *env = (struct fp_env *)((char *)cpu + imm);
        ir_float_vector(env, inst.op | (uint32_t)inst.aux << 16, &values[0], &values[1], &values[2],
                        result);
    }
}
