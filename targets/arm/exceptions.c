/* Taking exceptions and interrupts to PL1 modes (DDI 0406C B1.8, B1.9). */
#include "core/base/check.h"
#include "core/base/log.h"
#include "targets/arm/system.h"

#include <inttypes.h>

/* Table B1-3 (offsets), B1-7 (return addresses relative to the recorded pc), B1.8.5 (masks). */
struct arm_exception {
    const char *name;
    uint8_t mode;
    uint8_t vector;
    uint8_t link_arm, link_thumb; /* LR = address of the recorded instruction + this */
    bool next;                    /* of the instruction itself: ITSTATE advances first */
    uint16_t mask;                /* CPSR bits set besides I */
};

static const struct arm_exception arm_exceptions[] = {
    [ARM_EXC_RESET] = {"reset", ARM_MODE_SVC, 0x00, 0, 0, false, ARM_CPSR_A | ARM_CPSR_F},
    [ARM_EXC_UNDEFINED] = {"undefined instruction", ARM_MODE_UND, 0x04, 4, 2, false, 0},
    [ARM_EXC_SVC] = {"SVC", ARM_MODE_SVC, 0x08, 4, 2, true, 0},
    [ARM_EXC_PREFETCH_ABORT] = {"prefetch abort", ARM_MODE_ABT, 0x0c, 4, 4, false, ARM_CPSR_A},
    [ARM_EXC_DATA_ABORT] = {"data abort", ARM_MODE_ABT, 0x10, 8, 8, false, ARM_CPSR_A},
    [ARM_EXC_IRQ] = {"IRQ", ARM_MODE_IRQ, 0x18, 4, 4, false, ARM_CPSR_A},
    [ARM_EXC_FIQ] = {"FIQ", ARM_MODE_FIQ, 0x1c, 4, 4, false, ARM_CPSR_A | ARM_CPSR_F},
};

void arm_exception_set(struct arm_cpu *cpu, enum arm_exception_kind kind)
{
    cpu->exception = kind;
}

/* ITAdvance() (A2.5.2). */
static uint32_t arm_it_advance(uint32_t it)
{
    return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

static void arm_enter(struct arm_cpu *cpu, const struct arm_exception *exception)
{
    if (exception->next) {
        cpu->it = arm_it_advance(cpu->it);
    }
    bool thumb = cpu->r[15] & 1;
    uint32_t pc = cpu->r[15] & ~UINT32_C(1);
    uint32_t status = arm_cpsr_read(cpu);
    arm_mode_change(cpu, exception->mode);
    cpu->spsr[arm_mode_bank(exception->mode)] = status;
    cpu->r[14] = pc + (thumb ? exception->link_thumb : exception->link_arm);
    uint32_t sctlr = cpu->sys.sctlr;
    cpu->cpsr &= ~(uint32_t)(ARM_CPSR_J | ARM_CPSR_E);
    cpu->cpsr |= ARM_CPSR_I | exception->mask | (sctlr & ARM_SCTLR_EE ? ARM_CPSR_E : 0);
    cpu->it = 0;
    uint32_t base = sctlr & ARM_SCTLR_V ? UINT32_C(0xffff0000) : cpu->sys.vbar;
    cpu->r[15] = (base + exception->vector) | (sctlr & ARM_SCTLR_TE ? 1 : 0);
    /* An exception may come between LDREX and STREX of what is interrupted: that STREX must
     * fail. */
    cpu->exclusive_address = 1;
    if (log_on(cpu->cpu.log, LOG_INT)) {
        log_write(cpu->cpu.log, LOG_INT,
                  "taking %s at %08" PRIx32 ": cpsr %08" PRIx32 " -> mode %02x, lr %08" PRIx32
                  ", pc %08" PRIx32 "\n",
                  exception->name, pc, status, exception->mode, cpu->r[14], cpu->r[15] & ~1u);
    }
}

/* HVC answered by the board's firmware: execution goes on behind the instruction. */
static void arm_firmware_call(struct arm_cpu *cpu)
{
    log_write(cpu->cpu.log, LOG_INT, "HVC: r0 %08" PRIx32 " at %08" PRIx32 "\n", cpu->r[0],
              cpu->r[15] & ~1u);
    cpu->r[15] += 4;
    cpu->it = arm_it_advance(cpu->it);
    arm_psci_call(cpu);
}

void arm_take_exception(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu(base);
    enum arm_exception_kind kind = cpu->exception;
    cpu->exception = ARM_EXC_NONE;
    if (kind == ARM_EXC_HVC) {
        arm_firmware_call(cpu);
        return;
    }
    CHECK(kind != ARM_EXC_NONE && kind <= ARM_EXC_FIQ);
    if (kind == ARM_EXC_DATA_ABORT) {
        cpu->sys.dfsr = cpu->fault_status;
        cpu->sys.dfar = cpu->fault_address;
        log_write(base->log, LOG_INT, "dfsr %08" PRIx32 " dfar %08" PRIx32 ", ", cpu->sys.dfsr,
                  cpu->sys.dfar);
    } else if (kind == ARM_EXC_PREFETCH_ABORT) {
        cpu->sys.ifsr = cpu->fault_status;
        cpu->sys.ifar = cpu->fault_address;
        log_write(base->log, LOG_INT, "ifsr %08" PRIx32 " ifar %08" PRIx32 ", ", cpu->sys.ifsr,
                  cpu->sys.ifar);
    } else if (kind == ARM_EXC_SVC) {
        log_write(base->log, LOG_INT, "r7 %08" PRIx32 ", ", cpu->r[7]);
    }
    arm_enter(cpu, &arm_exceptions[kind]);
}

bool arm_take_interrupt(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu(base);
    uint32_t enabled = cpu->interrupts & ~cpu->cpsr;
    if (enabled & ARM_CPSR_F) {
        arm_enter(cpu, &arm_exceptions[ARM_EXC_FIQ]);
        return true;
    }
    if (enabled & ARM_CPSR_I) {
        arm_enter(cpu, &arm_exceptions[ARM_EXC_IRQ]);
        return true;
    }
    return false;
}

bool arm_wake(const struct cpu *base)
{
    return ((const struct arm_cpu *)base)->interrupts != 0;
}
