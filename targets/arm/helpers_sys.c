/* Helpers of the system side: exceptions, status registers, other modes' registers, coprocessors,
 * waiting. */
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "targets/arm/helpers.h"
#include "targets/arm/sysregs.h"
#include "targets/arm/system.h"

#include <inttypes.h>

enum {
    READS = IR_EFFECT_READS,
    WRITES = IR_EFFECT_WRITES,
    EXITS = IR_EFFECT_EXITS,
};

/* A helper `arm_helper_NAME` whose function gets the CPU and as many operands as it names. */
#define HELPER(name, result, effects)                                                              \
    static uint64_t arm_do_##name(void *opaque, uint64_t a, uint64_t b, uint64_t c, uint64_t d);   \
    const struct ir_helper arm_helper_##name = {"arm_" #name, arm_do_##name, result, effects};     \
    static uint64_t arm_do_##name(void *opaque, uint64_t a, uint64_t b, uint64_t c, uint64_t d)

_Noreturn static void arm_raise(struct arm_cpu *cpu, enum arm_exception_kind kind)
{
    arm_exception_set(cpu, kind);
    cpu_raise(&cpu->cpu);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

HELPER(svc, IR_NONE, READS | WRITES)
{
    struct arm_cpu *cpu = opaque;
    arm_exception_set(cpu, ARM_EXC_SVC);
    cpu->cpu.guest->take_exception(&cpu->cpu);
    return 0;
}

HELPER(hvc, IR_NONE, EXITS)
{
    /* Without the Virtualization Extensions HVC is Undefined, unless the board's firmware answers
     * it. */
    struct arm_cpu *cpu = opaque;
    bool answered = cpu->psci_hvc && arm_privileged(cpu);
    arm_raise(cpu, answered ? ARM_EXC_HVC : ARM_EXC_UNDEFINED);
}

HELPER(smc, IR_NONE, EXITS)
{
    arm_raise(opaque, ARM_EXC_UNDEFINED); /* no Security Extensions */
}

HELPER(bkpt, IR_NONE, EXITS)
{
    arm_debug_event(opaque);
    cpu_raise(opaque);
}

HELPER(undefined, IR_NONE, EXITS)
{
    arm_raise(opaque, ARM_EXC_UNDEFINED);
}

HELPER(fetch_fault, IR_NONE, EXITS)
{
    struct arm_cpu *cpu = opaque;
    struct cpu_mapping mapping;
    if (arm_walk(&cpu->cpu, a, CPU_FETCH, false, false, &mapping)) {
        const struct bus_region *region = bus_find(cpu->cpu.bus, mapping.physical);
        if (region && region->host) {
            jit_sync(&cpu->cpu);
            cpu_leave(&cpu->cpu, JIT_EXIT_LOOKUP);
        }
        arm_bus_error(&cpu->cpu, a, CPU_FETCH);
    }
    cpu_raise(&cpu->cpu);
}

/* ---- status registers ------------------------------------------------------------------------ */

/* What User mode may write by MSR (never the execution state, B1.3.3): N, Z, C, V, Q, GE, E. */
#define CPSR_USER UINT32_C(0xf80f0200)
/* What PL1 may. */
#define CPSR_PL1 UINT32_C(0xf80f03df)

HELPER(cpsr_write, IR_I32, READS | WRITES)
{
    struct arm_cpu *cpu = opaque;
    uint32_t before = arm_translation_mode(cpu);
    uint32_t rights = arm_privileged(cpu) ? CPSR_PL1 : CPSR_USER;
    arm_cpsr_write(cpu, (uint32_t)a, (uint32_t)b & rights);
    return before != arm_translation_mode(cpu);
}

HELPER(check_interrupts, IR_NONE, READS | WRITES)
{
    arm_check_interrupts(opaque);
    return 0;
}

/* The current mode's SPSR; NULL in User and System mode, which have none. */
static uint32_t *arm_spsr(struct arm_cpu *cpu)
{
    unsigned bank = arm_mode_bank(cpu->cpsr & ARM_CPSR_MODE);
    return bank == ARM_BANK_USR ? NULL : &cpu->spsr[bank];
}

HELPER(spsr_read, IR_I32, READS)
{
    const uint32_t *spsr = arm_spsr(opaque);
    return spsr ? *spsr : 0;
}

HELPER(spsr_write, IR_NONE, READS | WRITES)
{
    uint32_t *spsr = arm_spsr(opaque);
    if (spsr) {
        *spsr = (*spsr & ~(uint32_t)b) | ((uint32_t)a & (uint32_t)b);
    }
    return 0;
}

/* CPSR = status and PC = target, as exception returns do it (B1.8.10). */
static void arm_return(struct arm_cpu *cpu, uint32_t target, uint32_t status)
{
    status &= ~(uint32_t)ARM_CPSR_J; /* there is no Jazelle or ThumbEE state to return to */
    bool thumb = status & ARM_CPSR_T;
    cpu->r[15] = target & (thumb ? ~UINT32_C(1) : ~UINT32_C(3));
    arm_cpsr_write(cpu, status, ~UINT32_C(0));
    if (!thumb) {
        cpu->it = 0;
    }
    if (log_on(cpu->cpu.log, LOG_INT)) {
        log_write(cpu->cpu.log, LOG_INT, "exception return to %08" PRIx32 ": cpsr %08" PRIx32 "\n",
                  cpu->r[15], status);
    }
}

HELPER(exception_return, IR_NONE, READS | WRITES)
{
    struct arm_cpu *cpu = opaque;
    const uint32_t *spsr = arm_spsr(cpu);
    arm_return(cpu, (uint32_t)a, spsr ? *spsr : arm_cpsr_read(cpu));
    return 0;
}

HELPER(rfe, IR_NONE, READS | WRITES)
{
    arm_return(opaque, (uint32_t)a, (uint32_t)b);
    return 0;
}

/* ---- registers of other modes ---------------------------------------------------------------- */

enum { BANKED_SPSR = 16 };

/* Where a register of a mode is now; NULL if the mode or its SPSR does not exist. */
static uint32_t *arm_banked(struct arm_cpu *cpu, uint32_t mode, unsigned n)
{
    if (!arm_mode_valid(mode)) {
        return NULL;
    }
    uint32_t current = cpu->cpsr & ARM_CPSR_MODE;
    unsigned bank = arm_mode_bank(mode);
    if (n == BANKED_SPSR) {
        return bank == ARM_BANK_USR ? NULL : &cpu->spsr[bank];
    }
    if (n >= 13) {
        if (bank == arm_mode_bank(current)) {
            return &cpu->r[n];
        }
        return n == 13 ? &cpu->r13[bank] : &cpu->r14[bank];
    }
    if (n < 8 || (mode == ARM_MODE_FIQ) == (current == ARM_MODE_FIQ)) {
        return &cpu->r[n];
    }
    return mode == ARM_MODE_FIQ ? &cpu->r8_fiq[n - 8] : &cpu->r8_usr[n - 8];
}

HELPER(user_reg_read, IR_I32, READS)
{
    return *arm_banked(opaque, ARM_MODE_USR, (unsigned)a);
}

HELPER(user_reg_write, IR_NONE, READS | WRITES)
{
    *arm_banked(opaque, ARM_MODE_USR, (unsigned)a) = (uint32_t)b;
    return 0;
}

HELPER(bank_reg_read, IR_I32, READS)
{
    const uint32_t *reg = arm_banked(opaque, (uint32_t)a, (unsigned)b);
    return reg ? *reg : 0;
}

HELPER(bank_reg_write, IR_NONE, READS | WRITES)
{
    uint32_t *reg = arm_banked(opaque, (uint32_t)a, (unsigned)b);
    if (reg) {
        *reg = (uint32_t)c;
    }
    return 0;
}

/* ---- coprocessors ---------------------------------------------------------------------------- */

/* An access was refused, or has faulted. Registers that nobody knows are worth a line. */
_Noreturn static void arm_refused(struct arm_cpu *cpu, uint32_t key)
{
    jit_sync(&cpu->cpu);
    if (!arm_sysreg_find(cpu, key)) {
        log_write(cpu->cpu.log, LOG_UNIMP,
                  "unknown p%u register: opc1 %u, c%u, c%u, opc2 %u%s at pc %08" PRIx32 "\n",
                  key >> 24 & 15, key >> 16 & 15, key >> 12 & 15, key >> 8 & 15, key & 15,
                  key & ARM_SYSREG_KEY64 ? " (64 bits)" : "", cpu->r[15] & ~UINT32_C(1));
    }
    cpu_leave(&cpu->cpu, JIT_EXIT_EXCEPTION);
}

static uint64_t arm_cp_read(struct arm_cpu *cpu, uint32_t key)
{
    cpu->exception = ARM_EXC_NONE;
    uint64_t value = arm_sysreg_read(cpu, key);
    if (cpu->exception != ARM_EXC_NONE) {
        arm_refused(cpu, key);
    }
    return value;
}

/* Returns whether the page that is being executed has to be looked up again. */
static bool arm_cp_write(struct arm_cpu *cpu, uint32_t key, uint64_t value, uint32_t pc)
{
    uint32_t page = pc >> SPACE_PAGE_BITS;
    uint32_t before = cpu->cpu.exec ? cpu->cpu.exec[page] : 0;
    cpu->exception = ARM_EXC_NONE;
    arm_sysreg_write(cpu, key, value);
    if (cpu->exception != ARM_EXC_NONE) {
        arm_refused(cpu, key);
    }
    return !before || cpu->cpu.exec[page] != before;
}

HELPER(cp15_read, IR_I32, READS | EXITS)
{
    return (uint32_t)arm_cp_read(opaque, (uint32_t)a);
}

HELPER(cp15_write, IR_I32, READS | WRITES | EXITS)
{
    return arm_cp_write(opaque, (uint32_t)a, (uint32_t)b, (uint32_t)c);
}

HELPER(cp15_read64, IR_I64, READS | EXITS)
{
    return arm_cp_read(opaque, (uint32_t)a);
}

HELPER(cp15_write64, IR_I32, READS | WRITES | EXITS)
{
    return arm_cp_write(opaque, (uint32_t)a, b, (uint32_t)c);
}

/* ---- waiting --------------------------------------------------------------------------------- */

HELPER(wfi, IR_NONE, READS | WRITES)
{
    struct arm_cpu *cpu = opaque;
    cpu->cpu.halted = !arm_wake(&cpu->cpu);
    return 0;
}

/* WFE may return at any time (B1.8.13); it does at once, since events are not modelled. SEV wakes
 * nobody then. */
HELPER(wfe, IR_NONE, READS | WRITES)
{
    return 0;
}

HELPER(sev, IR_NONE, READS | WRITES)
{
    return 0;
}
