/* Our side: the translator with the IR interpreter or the host backend, on a flat memory map
 * without an MMU. */
#include "tests/oracle/engines.h"

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/jit/jit.h"
#include "targets/arm/cpu.h"
#include "targets/arm/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ibird {
    struct arm_cpu *cpu;
    struct guest_ops ops;
    struct log log;
    struct bus *bus;
    struct jit *jit;
    uint8_t *code, *arena;
};

/* What ended the run, in the fields that the real exceptions use. */
enum { STATUS_NONE, STATUS_ABORT, STATUS_ALIGNMENT };

static bool in_range(uint64_t address, uint64_t base, uint64_t size)
{
    return address - base < size;
}

static bool walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping)
{
    struct arm_cpu *cpu = arm_cpu(base);
    bool is_code = in_range(address, CASE_CODE_BASE, CASE_CODE_SIZE);
    bool is_arena = in_range(address, CASE_ARENA_BASE, CASE_ARENA);
    bool allowed = access == CPU_FETCH   ? is_code
                   : access == CPU_WRITE ? is_arena
                                         : is_code || is_arena;
    if (!allowed) {
        if (!probe) {
            arm_exception_set(cpu,
                              access == CPU_FETCH ? ARM_EXC_PREFETCH_ABORT : ARM_EXC_DATA_ABORT);
            cpu->fault_status = STATUS_ABORT;
            cpu->fault_address = (uint32_t)address;
        }
        return false;
    }
    *mapping = (struct cpu_mapping){.physical = address,
                                    .page_bits = SPACE_PAGE_BITS,
                                    .read = true,
                                    .write = is_arena,
                                    .fetch = is_code};
    return true;
}

static void misaligned(struct cpu *base, uint64_t address, enum cpu_access access)
{
    arm_exception_set(arm_cpu(base), ARM_EXC_DATA_ABORT);
    arm_cpu(base)->fault_status = STATUS_ALIGNMENT;
}

/* Every exception ends the case. */
static void take_exception(struct cpu *base)
{
    cpu_kick(base, CPU_POLL_STOP);
}

struct ibird *ibird_create(const struct host_ops *host, bool quick)
{
    struct ibird *b = calloc(1, sizeof *b);
    CHECK(b);
    b->ops = arm_guest_ops;
    b->ops.walk = walk;
    b->ops.misaligned = misaligned;
    b->ops.take_exception = take_exception;
    b->log.file = stderr;
    b->cpu = arm_cpu_create("cortex-a15");
    b->bus = bus_create(&b->log);
    CHECK(b->cpu && b->bus);
    b->code = bus_add_ram(b->bus, "code", CASE_CODE_BASE, CASE_CODE_SIZE);
    b->arena = bus_add_ram(b->bus, "arena", CASE_ARENA_BASE, CASE_ARENA);
    CHECK(b->code && b->arena);
    char message[200];
    struct jit_config config = {.engine = host ? JIT_ENGINE_JIT : JIT_ENGINE_INTERP,
                                .guest = &b->ops,
                                .host = host,
                                .counted = true,
                                .second_tier = quick,
                                .repeatable = true,
                                .log = &b->log};
    b->jit = jit_create(&config, message, sizeof message);
    if (!b->jit) {
        fprintf(stderr, "%s\n", message);
    }
    CHECK(b->jit);
    struct cpu *cpu = &b->cpu->cpu;
    cpu->bus = b->bus;
    jit_attach(b->jit, cpu);
    b->cpu->sys.cpacr = 0xf << 20;
    b->cpu->fpexc = ARM_FPEXC_EN;
    arm_regime_update(b->cpu);
    arm_cpsr_write(b->cpu, ARM_MODE_USR, ARM_CPSR_MODE | ARM_CPSR_E | ARM_CPSR_A | ARM_CPSR_I);
    return b;
}

void ibird_destroy(struct ibird *b)
{
    jit_destroy(b->jit);
    bus_destroy(b->bus);
    arm_cpu_destroy(b->cpu);
    free(b);
}

struct arm_decoders *ibird_decoders(struct ibird *b)
{
    return b->cpu->decoders;
}

uint32_t ibird_features(const struct ibird *b)
{
    return b->cpu->features;
}

enum { FLAGS = 0xf8000000 | 0xf << ARM_CPSR_GE_SHIFT };

static void state_in(struct ibird *b, const struct test_case *test)
{
    struct arm_cpu *cpu = b->cpu;
    memcpy(cpu->r, test->before.r, sizeof test->before.r);
    cpu->r[15] = test->address | test->thumb;
    cpu->it = 0;
    cpu->exclusive_address = 1;
    arm_cpsr_write(cpu, test->before.cpsr, FLAGS | ARM_CPSR_E);
    memcpy(cpu->d, test->before.d, sizeof test->before.d);
    arm_fpscr_write(cpu, test->before.fpscr);
    cpu->exception = ARM_EXC_NONE;
    cpu->fault_status = STATUS_NONE;
    cpu->cpu.poll = 0;
    cpu->cpu.halted = false;
    cpu->cpu.budget = CASE_LIMIT;
}

static enum outcome outcome_of(const struct arm_cpu *cpu)
{
    if (cpu->fault_status == STATUS_ALIGNMENT) {
        return OUTCOME_ALIGNMENT;
    }
    switch (cpu->exception) {
    case ARM_EXC_NONE:
        return OUTCOME_LIMIT;
    case ARM_EXC_SVC:
        return OUTCOME_SVC;
    case ARM_EXC_UNDEFINED:
        return OUTCOME_UNDEFINED;
    case ARM_EXC_PREFETCH_ABORT:
        return cpu->fault_status == STATUS_ABORT ? OUTCOME_FETCH_ABORT : OUTCOME_BKPT;
    case ARM_EXC_DATA_ABORT:
        return OUTCOME_DATA_ABORT;
    default:
        return OUTCOME_OTHER;
    }
}

void ibird_clear(struct ibird *b)
{
    memset(b->code, 0, CASE_CODE_SIZE);
    jit_flush(b->jit);
}

void ibird_run(struct ibird *b, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena)
{
    uint8_t *code = b->code + (test->address - CASE_CODE_BASE);
    memcpy(code, test->code, sizeof test->code);
    jit_written(b->jit, code, sizeof test->code);
    memcpy(b->arena, test->arena, CASE_ARENA);
    state_in(b, test);
    jit_run(&b->cpu->cpu);
    struct arm_cpu *cpu = b->cpu;
    memcpy(state->r, cpu->r, sizeof state->r);
    state->pc = cpu->r[15] & ~UINT32_C(1);
    uint32_t thumb = (cpu->r[15] & 1) << 5;
    state->cpsr = (arm_cpsr_read(cpu) & FLAGS) | thumb;
    state->fpscr = arm_fpscr_read(cpu);
    memcpy(state->d, cpu->d, sizeof state->d);
    state->outcome = outcome_of(cpu);
    state->fault_address = cpu->fault_address;
    memcpy(arena, b->arena, CASE_ARENA);
    /* Nothing of the case may show in the next one. */
    arm_cpsr_write(cpu, 0, ARM_CPSR_E);
}
