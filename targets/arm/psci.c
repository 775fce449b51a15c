/* The Power State Coordination Interface, version 1.0 (DEN 0022), as the firmware behind HVC. */
#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/machine/machine.h"
#include "targets/arm/system.h"

#include <inttypes.h>

enum psci_result {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
};

enum {
    PSCI_VERSION_1_0 = 0x10000,
    PSCI_AFFINITY_ON = 0,
    PSCI_AFFINITY_OFF = 1,
    PSCI_MIGRATE_NOT_REQUIRED = 2, /* no trusted OS, or one that need not move */
    PSCI_AFFINITY_MASK = 0x00ffffff,
};

static int32_t psci_version(struct arm_cpu *cpu)
{
    return PSCI_VERSION_1_0;
}

/* A power-down state may be entered as standby, which returns from here when an interrupt is
 * pending (5.4.1). */
static int32_t psci_cpu_suspend(struct arm_cpu *cpu)
{
    cpu->cpu.halted = !arm_wake(&cpu->cpu);
    return PSCI_SUCCESS;
}

static int32_t psci_cpu_off(struct arm_cpu *cpu)
{
    cpu->cpu.stopped = true;
    cpu_kick(&cpu->cpu, CPU_POLL_EVENT);
    return PSCI_SUCCESS;
}

/* The CPU of an affinity value as callers give it; NULL if there is none. */
static struct arm_cpu *psci_target(struct arm_cpu *cpu, uint32_t affinity)
{
    struct machine *machine = cpu->cpu.machine;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        struct arm_cpu *other = arm_cpu(machine->cpus[i]);
        if ((other->mpidr & PSCI_AFFINITY_MASK) == affinity) {
            return other;
        }
    }
    return NULL;
}

/* Starts the target at r2 with r3 as its r0 (5.6). */
static int32_t psci_cpu_on(struct arm_cpu *cpu)
{
    struct arm_cpu *target = psci_target(cpu, cpu->r[1]);
    if (!target) {
        return PSCI_INVALID_PARAMETERS;
    }
    if (!target->cpu.stopped) {
        return PSCI_ALREADY_ON;
    }
    uint32_t entry = cpu->r[2], context = cpu->r[3];
    arm_reset(&target->cpu);
    target->r[0] = context;
    target->r[15] = entry & (entry & 1 ? ~UINT32_C(0) : ~UINT32_C(3));
    cpu_kick(&target->cpu, CPU_POLL_EVENT);
    return PSCI_SUCCESS;
}

static int32_t psci_affinity_info(struct arm_cpu *cpu)
{
    if (cpu->r[2] != 0) {
        return PSCI_INVALID_PARAMETERS; /* levels above the CPU need not be known from 1.0 on */
    }
    const struct arm_cpu *target = psci_target(cpu, cpu->r[1]);
    if (!target) {
        return PSCI_INVALID_PARAMETERS;
    }
    return target->cpu.stopped ? PSCI_AFFINITY_OFF : PSCI_AFFINITY_ON;
}

static int32_t psci_migrate(struct arm_cpu *cpu)
{
    return PSCI_NOT_SUPPORTED;
}

static int32_t psci_migrate_info_type(struct arm_cpu *cpu)
{
    return PSCI_MIGRATE_NOT_REQUIRED;
}

static int32_t psci_system_off(struct arm_cpu *cpu)
{
    machine_power_off(cpu->cpu.machine);
    return psci_cpu_off(cpu); /* nothing more runs here */
}

static int32_t psci_system_reset(struct arm_cpu *cpu)
{
    machine_request_reset(cpu->cpu.machine);
    return psci_cpu_off(cpu); /* until then */
}

static int32_t psci_features(struct arm_cpu *cpu);

static const struct {
    uint32_t id;
    int32_t (*call)(struct arm_cpu *cpu);
} psci_calls[] = {
    {0x84000000, psci_version},
    {0x84000001, psci_cpu_suspend},
    {0x84000002, psci_cpu_off},
    {0x84000003, psci_cpu_on},
    {0x84000004, psci_affinity_info},
    {0x84000005, psci_migrate},
    {0x84000006, psci_migrate_info_type},
    {0x84000008, psci_system_off},
    {0x84000009, psci_system_reset},
    {0x8400000a, psci_features},
    /* Version 0.1 left the numbers to the device tree: ours has those above, others have these. */
    {0x95c1ba5e, psci_cpu_suspend},
    {0x95c1ba5f, psci_cpu_off},
    {0x95c1ba60, psci_cpu_on},
    {0x95c1ba61, psci_migrate},
};

static int32_t (*psci_find(uint32_t id))(struct arm_cpu *cpu)
{
    for (unsigned i = 0; i < ARRAY_SIZE(psci_calls); i++) {
        if (psci_calls[i].id == id) {
            return psci_calls[i].call;
        }
    }
    return NULL;
}

static int32_t psci_features(struct arm_cpu *cpu)
{
    return psci_find(cpu->r[1]) ? 0 : PSCI_NOT_SUPPORTED;
}

void arm_psci_call(struct arm_cpu *cpu)
{
    int32_t (*call)(struct arm_cpu *) = psci_find(cpu->r[0]);
    if (!call) {
        log_write(cpu->cpu.log, LOG_UNIMP, "PSCI call %08" PRIx32 " at pc %08" PRIx32 "\n",
                  cpu->r[0], (cpu->r[15] & ~UINT32_C(1)) - 4);
    }
    cpu->r[0] = (uint32_t)(call ? call(cpu) : PSCI_NOT_SUPPORTED);
}
