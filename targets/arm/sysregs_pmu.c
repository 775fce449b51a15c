/* Performance monitors (DDI 0406C C12): the cycle counter at one cycle per ns of virtual time, and
 * event counters of the events that this emulator can tell. */
#include "core/sched/sched.h"
#include "targets/arm/sysregs.h"

enum {
    PMCR_E = 1 << 0,
    PMCR_P = 1 << 1,
    PMCR_C = 1 << 2,
    PMCR_D = 1 << 3,
    PMCR_WRITABLE = 0x39, /* E, D, X, DP */
    PMCR_N_SHIFT = 11,
    PMUSERENR_EN = 1 << 0,
    PMUSERENR_SW = 1 << 1,
    PMUSERENR_CR = 1 << 2,
    PMUSERENR_ER = 1 << 3,
    EVENT_SW_INCR = 0x00,
    EVENT_CPU_CYCLES = 0x11,
    CYCLES_PER_TICK = 64, /* with PMCR.D */
};
#define PM_CYCLE (UINT32_C(1) << 31)

static unsigned arm_pm_count(const struct arm_cpu *cpu)
{
    return cpu->sys.pmcr >> PMCR_N_SHIFT & 31;
}

/* Counters that exist: event counters and the cycle counter. */
static uint32_t arm_pm_mask(const struct arm_cpu *cpu)
{
    return PM_CYCLE | ((UINT32_C(1) << arm_pm_count(cpu)) - 1);
}

/* Adds to a counter; bit `n` of PMOVSR tells of overflow. */
static void arm_pm_add(struct arm_cpu *cpu, uint32_t *counter, unsigned n, uint64_t amount)
{
    uint64_t sum = *counter + amount;
    *counter = (uint32_t)sum;
    if (sum >> 32) {
        cpu->sys.pmovsr |= UINT32_C(1) << n;
    }
}

/* Brings the counters up to now: before anything that reads them or changes how they count. */
static void arm_pm_sync(struct arm_cpu *cpu)
{
    struct arm_sys *sys = &cpu->sys;
    uint64_t now = cpu->cpu.sched ? sched_now(cpu->cpu.sched) : 0;
    uint64_t cycles = now - sys->pm_time;
    if (!(sys->pmcr & PMCR_E)) {
        sys->pm_time = now;
        return;
    }
    uint64_t unit = sys->pmcr & PMCR_D ? CYCLES_PER_TICK : 1;
    if (sys->pmcnten & PM_CYCLE) {
        arm_pm_add(cpu, &sys->pmccntr, 31, now / unit - sys->pm_time / unit);
    }
    for (unsigned n = 0; n < arm_pm_count(cpu); n++) {
        if (sys->pmcnten >> n & 1 && (sys->pmevtyper[n] & 0xff) == EVENT_CPU_CYCLES) {
            arm_pm_add(cpu, &sys->pmevcntr[n], n, cycles);
        }
    }
    sys->pm_time = now;
}

/* C12.8: PMUSERENR opens the registers to User mode. */
static bool arm_pm_allowed(struct arm_cpu *cpu, uint32_t any)
{
    if (arm_privileged(cpu) || cpu->sys.pmuserenr & (any | PMUSERENR_EN)) {
        return true;
    }
    arm_sysreg_refuse(cpu);
    return false;
}

/* The event counter that PMSELR selects; NULL if there is none, or the access is not allowed. */
static uint32_t *arm_pm_selected(struct arm_cpu *cpu, uint32_t any, uint32_t bank[8])
{
    unsigned n = cpu->sys.pmselr & 31;
    return arm_pm_allowed(cpu, any) && n < arm_pm_count(cpu) ? &bank[n] : NULL;
}

ARM_SYSREG_READ(pmcr)
{
    return arm_pm_allowed(cpu, 0) ? cpu->sys.pmcr : 0;
}

ARM_SYSREG_WRITE(pmcr)
{
    if (!arm_pm_allowed(cpu, 0)) {
        return;
    }
    arm_pm_sync(cpu);
    if (value & PMCR_P) {
        for (unsigned n = 0; n < arm_pm_count(cpu); n++) {
            cpu->sys.pmevcntr[n] = 0;
        }
    }
    if (value & PMCR_C) {
        cpu->sys.pmccntr = 0;
    }
    cpu->sys.pmcr = (cpu->sys.pmcr & ~(uint32_t)PMCR_WRITABLE) | ((uint32_t)value & PMCR_WRITABLE);
}

ARM_SYSREG_READ(pmcnten)
{
    return arm_pm_allowed(cpu, 0) ? cpu->sys.pmcnten : 0;
}

static void arm_pm_enable(struct arm_cpu *cpu, uint32_t clear, uint32_t set)
{
    if (arm_pm_allowed(cpu, 0)) {
        arm_pm_sync(cpu);
        cpu->sys.pmcnten = ((cpu->sys.pmcnten & ~clear) | set) & arm_pm_mask(cpu);
    }
}

ARM_SYSREG_WRITE(pmcntenset)
{
    arm_pm_enable(cpu, 0, (uint32_t)value);
}

ARM_SYSREG_WRITE(pmcntenclr)
{
    arm_pm_enable(cpu, (uint32_t)value, 0);
}

ARM_SYSREG_READ(pmovsr)
{
    if (!arm_pm_allowed(cpu, 0)) {
        return 0;
    }
    arm_pm_sync(cpu);
    return cpu->sys.pmovsr;
}

ARM_SYSREG_WRITE(pmovsr)
{
    if (arm_pm_allowed(cpu, 0)) {
        arm_pm_sync(cpu);
        cpu->sys.pmovsr &= ~(uint32_t)value;
    }
}

ARM_SYSREG_WRITE(pmovsset)
{
    if (arm_pm_allowed(cpu, 0)) {
        arm_pm_sync(cpu);
        cpu->sys.pmovsr |= (uint32_t)value & arm_pm_mask(cpu);
    }
}

ARM_SYSREG_WRITE(pmswinc)
{
    if (!arm_pm_allowed(cpu, PMUSERENR_SW) || !(cpu->sys.pmcr & PMCR_E)) {
        return;
    }
    for (unsigned n = 0; n < arm_pm_count(cpu); n++) {
        if (value >> n & 1 && cpu->sys.pmcnten >> n & 1 &&
            (cpu->sys.pmevtyper[n] & 0xff) == EVENT_SW_INCR) {
            arm_pm_add(cpu, &cpu->sys.pmevcntr[n], n, 1);
        }
    }
}

ARM_SYSREG_READ(pmselr)
{
    return arm_pm_allowed(cpu, PMUSERENR_ER) ? cpu->sys.pmselr : 0;
}

ARM_SYSREG_WRITE(pmselr)
{
    if (arm_pm_allowed(cpu, PMUSERENR_ER)) {
        cpu->sys.pmselr = (uint32_t)value & 31;
    }
}

ARM_SYSREG_READ(pmceid)
{
    if (!arm_pm_allowed(cpu, 0) || reg->key & 1) { /* PMCEID1: events 32 .. 63 */
        return 0;
    }
    return 1 << EVENT_SW_INCR | 1 << EVENT_CPU_CYCLES;
}

ARM_SYSREG_READ(pmccntr)
{
    if (!arm_pm_allowed(cpu, PMUSERENR_CR)) {
        return 0;
    }
    arm_pm_sync(cpu);
    return cpu->sys.pmccntr;
}

ARM_SYSREG_WRITE(pmccntr)
{
    if (arm_pm_allowed(cpu, 0)) {
        arm_pm_sync(cpu);
        cpu->sys.pmccntr = (uint32_t)value;
    }
}

ARM_SYSREG_READ(pmxevtyper)
{
    if ((cpu->sys.pmselr & 31) == 31) {
        return arm_pm_allowed(cpu, 0) ? cpu->sys.pmccfiltr : 0;
    }
    const uint32_t *type = arm_pm_selected(cpu, 0, cpu->sys.pmevtyper);
    return type ? *type : 0;
}

ARM_SYSREG_WRITE(pmxevtyper)
{
    const uint32_t filters = UINT32_C(0xc0000000); /* P, U: stored; every mode is counted alike */
    if ((cpu->sys.pmselr & 31) == 31) {
        if (arm_pm_allowed(cpu, 0)) {
            cpu->sys.pmccfiltr = (uint32_t)value & filters;
        }
        return;
    }
    uint32_t *type = arm_pm_selected(cpu, 0, cpu->sys.pmevtyper);
    if (type) {
        arm_pm_sync(cpu);
        *type = (uint32_t)value & (filters | 0xff);
    }
}

ARM_SYSREG_READ(pmxevcntr)
{
    const uint32_t *counter = arm_pm_selected(cpu, PMUSERENR_ER, cpu->sys.pmevcntr);
    if (!counter) {
        return 0;
    }
    arm_pm_sync(cpu);
    return *counter;
}

ARM_SYSREG_WRITE(pmxevcntr)
{
    uint32_t *counter = arm_pm_selected(cpu, 0, cpu->sys.pmevcntr);
    if (counter) {
        arm_pm_sync(cpu);
        *counter = (uint32_t)value;
    }
}

/* There is no overflow interrupt: the bits are stored for software that reads them back. */
ARM_SYSREG_WRITE(pmintenset)
{
    cpu->sys.pminten |= (uint32_t)value & arm_pm_mask(cpu);
}

ARM_SYSREG_WRITE(pmintenclr)
{
    cpu->sys.pminten &= ~(uint32_t)value;
}
