/* What the files of the system side share: status registers, exceptions, translation, time,
 * power. */
#ifndef TARGETS_ARM_SYSTEM_H
#define TARGETS_ARM_SYSTEM_H

#include "targets/arm/cpu.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* SCTLR (B4.1.130). */
enum {
    ARM_SCTLR_M = 1 << 0,
    ARM_SCTLR_A = 1 << 1,
    ARM_SCTLR_C = 1 << 2,
    ARM_SCTLR_V = 1 << 13,
    ARM_SCTLR_WXN = 1 << 19,
    ARM_SCTLR_UWXN = 1 << 20,
    ARM_SCTLR_EE = 1 << 25,
    ARM_SCTLR_TRE = 1 << 28,
    ARM_SCTLR_AFE = 1 << 29,
    ARM_SCTLR_TE = 1 << 30,
};

/* TTBCR (B4.1.153): N, PD0, PD1 in the short format, the rest in the long one. */
enum {
    ARM_TTBCR_N = 7,
    ARM_TTBCR_PD0 = 1 << 4,
    ARM_TTBCR_PD1 = 1 << 5,
    ARM_TTBCR_EPD0 = 1 << 7,
    ARM_TTBCR_A1 = 1 << 22,
    ARM_TTBCR_EPD1 = 1 << 23,
};
#define ARM_TTBCR_EAE        (UINT32_C(1) << 31)
#define ARM_TTBCR_LONG_BITS  UINT32_C(0xffc73f87)
#define ARM_TTBCR_SHORT_BITS (ARM_TTBCR_N | ARM_TTBCR_PD0 | ARM_TTBCR_PD1)

#define ARM_FPEXC_EN         (UINT32_C(1) << 30)

/* ---- state.c --------------------------------------------------------------------------------- */

/* The bank of a mode's r13, r14 and SPSR. Not for modes that do not exist here. */
unsigned arm_mode_bank(uint32_t mode);
/* Whether a CPSR.M value is a mode of this CPU. */
bool arm_mode_valid(uint32_t mode);
/* Saves the banked registers of the current mode and brings in those of `mode`; sets CPSR.M. */
void arm_mode_change(struct arm_cpu *cpu, uint32_t mode);
/* If an interrupt is pending and not masked, has the run loop look: after changes of the masks. */
void arm_check_interrupts(struct arm_cpu *cpu);

void arm_reset(struct cpu *cpu);
void arm_dump(const struct cpu *cpu, FILE *out);
uint64_t arm_hash(const struct cpu *cpu, uint64_t hash);

/* ---- exceptions.c ---------------------------------------------------------------------------- */

void arm_take_exception(struct cpu *cpu);
bool arm_take_interrupt(struct cpu *cpu);
bool arm_wake(const struct cpu *cpu);

/* ---- mmu.c ----------------------------------------------------------------------------------- */

bool arm_walk(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user, bool probe,
              struct cpu_mapping *mapping);
bool arm_still_maps(struct cpu *cpu, uint64_t address, uint64_t tag);
void arm_misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access);
void arm_bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access);
/* Records a BKPT instruction or another debug event as the pending prefetch abort. */
void arm_debug_event(struct arm_cpu *cpu);

/* ---- tlb.c: address-space keys and TLB maintenance ------------------------------------------- */

/* The current ASID. */
uint8_t arm_asid(const struct arm_cpu *cpu);
/* Selects the space of the current state; after changes of mode, DACR, ASID. */
void arm_space_update(struct arm_cpu *cpu);
/* The same after changes of SCTLR, TTBCR, PRRR, NMRR or MAIR. */
void arm_regime_update(struct arm_cpu *cpu);
/* A global mapping of a domain was found that had none so far. */
void arm_global_domain(struct arm_cpu *cpu, unsigned domain);
void arm_tlb_flush_all(struct arm_cpu *cpu);
/* TLBIALL: the same as far as a guest can tell. */
void arm_tlb_renew(struct arm_cpu *cpu);
void arm_tlb_flush_asid(struct arm_cpu *cpu, uint8_t asid);
/* Entries for the address with that ASID, and global ones. */
void arm_tlb_flush_page(struct arm_cpu *cpu, uint32_t address, uint8_t asid);
void arm_tlb_flush_page_all(struct arm_cpu *cpu, uint32_t address);

/* ---- guest.c --------------------------------------------------------------------------------- */

/* enum arm_translation_mode bits of the current state. */
uint32_t arm_translation_mode(const struct arm_cpu *cpu);

/* ---- psci.c ---------------------------------------------------------------------------------- */

/* The call of r0..r3; its result goes to r0, unless the call does not return. */
void arm_psci_call(struct arm_cpu *cpu);

#endif
