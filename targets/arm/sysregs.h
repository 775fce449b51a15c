/* System registers of coprocessors 14 and 15: the table, and the hooks of its rows. */
#ifndef TARGETS_ARM_SYSREGS_H
#define TARGETS_ARM_SYSREGS_H

#include "targets/arm/helpers.h"

#include <stdint.h>

/* Builds the model's index; once, after `features` is set. */
void arm_sysreg_index(struct arm_cpu *cpu);
/* Gives every register its reset value. Derived state is the caller's. */
void arm_sysreg_reset(struct arm_cpu *cpu);

/* As MRC, MCR, MRRC and MCRR do it at the current privilege. If the access is refused, or faults
 * (ATS1Cxx), the exception is recorded. */
uint64_t arm_sysreg_read(struct arm_cpu *cpu, uint32_t key);
void arm_sysreg_write(struct arm_cpu *cpu, uint32_t key, uint64_t value);

/* From a hook: the access is Undefined after all (CNTKCTL, PMUSERENR). */
void arm_sysreg_refuse(struct arm_cpu *cpu);

#define ARM_SYSREG_READ(name)                                                                      \
    uint64_t arm_read_##name(struct arm_cpu *cpu, const struct arm_sysreg *reg)
#define ARM_SYSREG_WRITE(name)                                                                     \
    void arm_write_##name(struct arm_cpu *cpu, const struct arm_sysreg *reg, uint64_t value)

/* sysregs_id.c */
ARM_SYSREG_READ(id); /* `reset` is the offset in struct arm_model */
ARM_SYSREG_READ(mpidr);
ARM_SYSREG_READ(ccsidr);

/* sysregs_vmsa.c: control, translation, cache and TLB maintenance */
ARM_SYSREG_WRITE(sctlr);
ARM_SYSREG_WRITE(ttbr);
ARM_SYSREG_READ(wide);
ARM_SYSREG_WRITE(wide);
ARM_SYSREG_WRITE(ttbcr);
ARM_SYSREG_WRITE(dacr);
ARM_SYSREG_WRITE(contextidr);
ARM_SYSREG_WRITE(mair);
ARM_SYSREG_WRITE(barrier);
ARM_SYSREG_WRITE(ats);
ARM_SYSREG_READ(isr);
ARM_SYSREG_WRITE(tlbiall);
ARM_SYSREG_WRITE(tlbiasid);
ARM_SYSREG_WRITE(tlbimva);
ARM_SYSREG_WRITE(tlbimvaa);

/* sysregs_time.c: generic timer */
ARM_SYSREG_READ(cntfrq);
ARM_SYSREG_READ(cntp_tval);
ARM_SYSREG_WRITE(cntp_tval);
ARM_SYSREG_READ(cntp_ctl);
ARM_SYSREG_WRITE(cntp_ctl);
ARM_SYSREG_READ(cntv_tval);
ARM_SYSREG_WRITE(cntv_tval);
ARM_SYSREG_READ(cntv_ctl);
ARM_SYSREG_WRITE(cntv_ctl);
ARM_SYSREG_READ(cntpct);
ARM_SYSREG_READ(cntvct);
ARM_SYSREG_READ(cntp_cval);
ARM_SYSREG_WRITE(cntp_cval);
ARM_SYSREG_READ(cntv_cval);
ARM_SYSREG_WRITE(cntv_cval);

/* sysregs_pmu.c: performance monitors */
ARM_SYSREG_READ(pmcr);
ARM_SYSREG_WRITE(pmcr);
ARM_SYSREG_READ(pmcnten);
ARM_SYSREG_WRITE(pmcntenset);
ARM_SYSREG_WRITE(pmcntenclr);
ARM_SYSREG_READ(pmovsr);
ARM_SYSREG_WRITE(pmovsr);
ARM_SYSREG_WRITE(pmovsset);
ARM_SYSREG_WRITE(pmswinc);
ARM_SYSREG_READ(pmselr);
ARM_SYSREG_WRITE(pmselr);
ARM_SYSREG_READ(pmceid);
ARM_SYSREG_READ(pmccntr);
ARM_SYSREG_WRITE(pmccntr);
ARM_SYSREG_READ(pmxevtyper);
ARM_SYSREG_WRITE(pmxevtyper);
ARM_SYSREG_READ(pmxevcntr);
ARM_SYSREG_WRITE(pmxevcntr);
ARM_SYSREG_WRITE(pmintenset);
ARM_SYSREG_WRITE(pmintenclr);

#endif
