#include "tests/support/fake_memory.h"

#include "tests/support/random.h"

#include <string.h>

static struct fake_machine *machine_of(struct cpu *cpu)
{
    return (struct fake_machine *)cpu;
}

void fake_machine_init(struct fake_machine *machine, int64_t budget, uint64_t *random)
{
    memset(machine, 0, sizeof(*machine));
    fake_cpu_randomise(&machine->cpu, random);
    for (size_t i = 0; i < sizeof(machine->ram); i += sizeof(uint64_t)) {
        uint64_t word = random_next(random);
        memcpy(&machine->ram[i], &word, sizeof(word));
    }
    machine->cpu.cpu.guest = &fake_guest_ops;
    machine->cpu.cpu.counted = 1;
    machine->cpu.cpu.budget = budget;
    machine->cpu.cpu.exec = machine->exec;
}

unsigned fake_machine_interpret(struct fake_machine *machine, const struct ir_region *r,
                                uint32_t block)
{
    int left = setjmp(machine->cpu.cpu.leave);
    return left ? (unsigned)left - 1 : ir_interpret(&machine->cpu.cpu, r, block);
}

/* ---- what core/cpu and core/jit do otherwise ------------------------------------------------- */

void cpu_leave(struct cpu *cpu, enum jit_exit why)
{
    longjmp(cpu->leave, (int)why + 1);
}

void jit_sync(struct cpu *cpu)
{
    struct fake_machine *machine = machine_of(cpu);
    cpu->budget += cpu->frame || !machine->sync ? ir_sync(cpu) : machine->sync(machine);
}

void cpu_raise(struct cpu *cpu)
{
    jit_sync(cpu);
    cpu_leave(cpu, JIT_EXIT_EXCEPTION);
}

static uint8_t *find(struct cpu *cpu, uint64_t address, uint32_t mem, enum cpu_access access)
{
    unsigned size = 1u << (mem & IR_MEM_SIZE);
    unsigned align = (mem & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT;
    struct cpu_mapping mapping;
    if (address & ((1u << align) - 1)) {
        cpu->guest->misaligned(cpu, address, access);
        cpu_raise(cpu);
    }
    if (!cpu->guest->walk(cpu, address, access, false, false, &mapping) ||
        !cpu->guest->walk(cpu, address + size - 1, access, false, false, &mapping)) {
        cpu_raise(cpu);
    }
    return &machine_of(cpu)->ram[address - FAKE_RAM_BASE];
}

static uint64_t order(uint64_t value, uint32_t mem)
{
    unsigned size = 1u << (mem & IR_MEM_SIZE);
    if (!(mem & IR_MEM_BIG)) {
        return value;
    }
    value = __builtin_bswap64(value) >> (64 - 8 * size);
    return mem & IR_MEM_SWAP64 ? value << 32 | value >> 32 : value;
}

uint64_t cpu_load(struct cpu *cpu, uint64_t address, uint32_t mem)
{
    uint64_t value = 0;
    memcpy(&value, find(cpu, address, mem, CPU_READ), 1u << (mem & IR_MEM_SIZE));
    return order(value, mem);
}

void cpu_store(struct cpu *cpu, uint64_t address, uint64_t value, uint32_t mem)
{
    value = order(value, mem);
    memcpy(find(cpu, address, mem, CPU_WRITE), &value, 1u << (mem & IR_MEM_SIZE));
}

uint64_t cpu_cas(struct cpu *cpu, uint64_t address, uint64_t expected, uint64_t value, uint32_t mem)
{
    find(cpu, address, mem, CPU_WRITE);
    uint64_t old = cpu_load(cpu, address, mem);
    if (old == expected) {
        cpu_store(cpu, address, value, mem);
    }
    return old;
}
