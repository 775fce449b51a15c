/* The generic timer as registers, with the access rights of PL0 (DDI 0406C B8.1.2, B8.1.5). */
#include "targets/arm/sysregs.h"
#include "targets/arm/timer.h"

/* CNTKCTL (B8.1.2): what User mode may access. */
enum {
    CNTKCTL_PL0PCTEN = 1 << 0,
    CNTKCTL_PL0VCTEN = 1 << 1,
    CNTKCTL_PL0VTEN = 1 << 8,
    CNTKCTL_PL0PTEN = 1 << 9,
};

static bool arm_timer_allowed(struct arm_cpu *cpu, uint32_t any)
{
    if (arm_privileged(cpu) || cpu->sys.cntkctl & any) {
        return true;
    }
    arm_sysreg_refuse(cpu);
    return false;
}

/* A register that one bit of CNTKCTL opens. */
#define TIMER_READ(name, bit, expression)                                                          \
    ARM_SYSREG_READ(name)                                                                          \
    {                                                                                              \
        return arm_timer_allowed(cpu, bit) ? (expression) : 0;                                     \
    }
#define TIMER_WRITE(name, bit, timer, what)                                                        \
    ARM_SYSREG_WRITE(name)                                                                         \
    {                                                                                              \
        if (arm_timer_allowed(cpu, bit)) {                                                         \
            arm_timer_write_##what(cpu, timer, value);                                             \
        }                                                                                          \
    }

TIMER_READ(cntfrq, CNTKCTL_PL0PCTEN | CNTKCTL_PL0VCTEN, cpu->sys.cntfrq)
TIMER_READ(cntpct, CNTKCTL_PL0PCTEN, arm_timer_count(cpu, ARM_TIMER_PHYSICAL))
TIMER_READ(cntvct, CNTKCTL_PL0VCTEN, arm_timer_count(cpu, ARM_TIMER_VIRTUAL))

TIMER_READ(cntp_tval, CNTKCTL_PL0PTEN, arm_timer_read_tval(cpu, ARM_TIMER_PHYSICAL))
TIMER_READ(cntp_ctl, CNTKCTL_PL0PTEN, arm_timer_read_ctl(cpu, ARM_TIMER_PHYSICAL))
TIMER_READ(cntp_cval, CNTKCTL_PL0PTEN, arm_timer_read_cval(cpu, ARM_TIMER_PHYSICAL))
TIMER_WRITE(cntp_tval, CNTKCTL_PL0PTEN, ARM_TIMER_PHYSICAL, tval)
TIMER_WRITE(cntp_ctl, CNTKCTL_PL0PTEN, ARM_TIMER_PHYSICAL, ctl)
TIMER_WRITE(cntp_cval, CNTKCTL_PL0PTEN, ARM_TIMER_PHYSICAL, cval)

TIMER_READ(cntv_tval, CNTKCTL_PL0VTEN, arm_timer_read_tval(cpu, ARM_TIMER_VIRTUAL))
TIMER_READ(cntv_ctl, CNTKCTL_PL0VTEN, arm_timer_read_ctl(cpu, ARM_TIMER_VIRTUAL))
TIMER_READ(cntv_cval, CNTKCTL_PL0VTEN, arm_timer_read_cval(cpu, ARM_TIMER_VIRTUAL))
TIMER_WRITE(cntv_tval, CNTKCTL_PL0VTEN, ARM_TIMER_VIRTUAL, tval)
TIMER_WRITE(cntv_ctl, CNTKCTL_PL0VTEN, ARM_TIMER_VIRTUAL, ctl)
TIMER_WRITE(cntv_cval, CNTKCTL_PL0VTEN, ARM_TIMER_VIRTUAL, cval)
