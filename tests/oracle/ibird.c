/* Our side, on tests/oracle/flat.h. */
#include "tests/oracle/engines.h"

#include "core/base/check.h"
#include "targets/arm/cpu.h"
#include "targets/arm/system.h"
#include "tests/oracle/flat.h"

#include <stdlib.h>
#include <string.h>

struct ibird {
    struct arm_cpu *cpu;
    struct flat flat;
};

/* What ended the run, in the fields that the real exceptions use. */
enum { STATUS_NONE, STATUS_ABORT, STATUS_ALIGNMENT };

static bool walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping)
{
    struct arm_cpu *cpu = arm_cpu(base);
    if (flat_map(address, access, mapping)) {
        return true;
    }
    if (!probe) {
        arm_exception_set(cpu, access == CPU_FETCH ? ARM_EXC_PREFETCH_ABORT : ARM_EXC_DATA_ABORT);
        cpu->fault_status = STATUS_ABORT;
        cpu->fault_address = (uint32_t)address;
    }
    return false;
}

static void misaligned(struct cpu *base, uint64_t address, enum cpu_access access)
{
    arm_exception_set(arm_cpu(base), ARM_EXC_DATA_ABORT);
    arm_cpu(base)->fault_status = STATUS_ALIGNMENT;
}

struct ibird *ibird_create(const struct host_ops *host, bool quick)
{
    struct ibird *b = calloc(1, sizeof *b);
    CHECK(b);
    b->cpu = arm_cpu_create("cortex-a15");
    CHECK(b->cpu);
    struct guest_ops ops = arm_guest_ops;
    ops.walk = walk;
    ops.misaligned = misaligned;
    flat_create(&b->flat, &ops, &b->cpu->cpu, host, quick);
    b->cpu->sys.cpacr = 0xf << 20;
    b->cpu->fpexc = ARM_FPEXC_EN;
    arm_regime_update(b->cpu);
    ibird_clear(b);
    arm_cpsr_write(b->cpu, ARM_MODE_USR, ARM_CPSR_MODE | ARM_CPSR_E | ARM_CPSR_A | ARM_CPSR_I);
    return b;
}

void ibird_destroy(struct ibird *b)
{
    flat_destroy(&b->flat);
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
    cpu->fault_address = 0;
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
    flat_clear(&b->flat);
    memcpy(b->flat.code, &(uint32_t){CASE_FIRST_WORD}, 4);
}

void ibird_run(struct ibird *b, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena)
{
    struct arm_cpu *cpu = b->cpu;
    state_in(b, test);
    flat_run(&b->flat, &cpu->cpu, test->address, test->code, sizeof test->code, test->arena, arena);
    memcpy(state->r, cpu->r, sizeof state->r);
    state->pc = cpu->r[15] & ~UINT32_C(1);
    uint32_t thumb = (cpu->r[15] & 1) << 5;
    state->cpsr = (arm_cpsr_read(cpu) & FLAGS) | thumb;
    state->fpscr = arm_fpscr_read(cpu);
    memcpy(state->d, cpu->d, sizeof state->d);
    state->outcome = outcome_of(cpu);
    state->fault_address = cpu->fault_address;
    /* Nothing of the case may show in the next one. */
    arm_cpsr_write(cpu, 0, ARM_CPSR_E);
}
