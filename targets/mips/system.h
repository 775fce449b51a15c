/* What the files of the system side share: coprocessor 0, exceptions, the TLB, time. */
#ifndef TARGETS_MIPS_SYSTEM_H
#define TARGETS_MIPS_SYSTEM_H

#include "targets/mips/cpu.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Status (III 9.24). */
enum {
    MIPS_STATUS_IE = 1 << 0,
    MIPS_STATUS_EXL = 1 << 1,
    MIPS_STATUS_ERL = 1 << 2,
    MIPS_STATUS_KSU = 3 << 3,
    MIPS_STATUS_UM = 1 << 4,
    MIPS_STATUS_IM = 0xff << 8,
    MIPS_STATUS_NMI = 1 << 19,
    MIPS_STATUS_SR = 1 << 20,
    MIPS_STATUS_TS = 1 << 21,
    MIPS_STATUS_BEV = 1 << 22,
    MIPS_STATUS_MX = 1 << 24,
    MIPS_STATUS_FR = 1 << 26,
    MIPS_STATUS_CU0 = 1 << 28,
    MIPS_STATUS_CU1 = 1 << 29,

    MIPS_STATUS_CLEARED = MIPS_STATUS_NMI | MIPS_STATUS_SR | MIPS_STATUS_TS, /* not set by MTC0 */
    /* On which neither translations nor the address space depend while it is Kernel Mode. */
    MIPS_STATUS_PLAIN = MIPS_STATUS_IE | MIPS_STATUS_EXL | MIPS_STATUS_KSU | MIPS_STATUS_IM |
                        MIPS_STATUS_BEV | MIPS_STATUS_CU0,
};

/* Cause (III 9.28). */
enum {
    MIPS_CAUSE_EXC_SHIFT = 2,
    MIPS_CAUSE_IP = 0xff << 8,
    MIPS_CAUSE_IV = 1 << 23,
    MIPS_CAUSE_DC = 1 << 27,
    MIPS_CAUSE_CE_SHIFT = 28,
    MIPS_CAUSE_TI = 1 << 30,
};
#define MIPS_CAUSE_BD (UINT32_C(1) << 31)

static inline bool mips_kernel(const struct mips_cpu *cpu)
{
    uint32_t status = cpu->cp0.status;
    return !(status & MIPS_STATUS_KSU) || status & (MIPS_STATUS_EXL | MIPS_STATUS_ERL);
}

/* ---- state.c --------------------------------------------------------------------------------- */

void mips_reset(struct cpu *cpu);
void mips_dump(const struct cpu *cpu, FILE *out);
uint64_t mips_hash(const struct cpu *cpu, uint64_t hash);

/* ---- exceptions.c ---------------------------------------------------------------------------- */

void mips_take_exception(struct cpu *cpu);
bool mips_take_interrupt(struct cpu *cpu);
bool mips_wake(const struct cpu *cpu);
/* Cause.IP<7:0> in place as software sees it: inputs, timer, software interrupts. */
uint32_t mips_pending(const struct mips_cpu *cpu);
/* If an interrupt is pending and enabled, has the run loop look: after changes of the masks. */
void mips_check_interrupts(struct mips_cpu *cpu);

/* ---- mmu.c: what addresses mean (III 4) ------------------------------------------------------ */

bool mips_walk(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user, bool probe,
               struct cpu_mapping *mapping);
bool mips_still_maps(struct cpu *cpu, uint64_t address, uint64_t tag);
void mips_misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access);
void mips_bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access);
/* Selects the space of the current state; after changes of Status and EntryHi.ASID. */
void mips_space_update(struct mips_cpu *cpu);
/* Forgets what spaces have of the 2^bits bytes at `address`: all of them, or those of an ASID. */
void mips_space_flush_page(struct mips_cpu *cpu, uint32_t address, unsigned bits, bool global,
                           uint8_t asid);
/* Forgets everything. */
void mips_space_flush(struct mips_cpu *cpu);
/* Forgets all that a walk would not find any more. */
void mips_space_renew(struct mips_cpu *cpu);

/* ---- tlb.c: TLBR, TLBWI, TLBWR, TLBP --------------------------------------------------------- */

void mips_tlb_read(struct mips_cpu *cpu);
void mips_tlb_write_indexed(struct mips_cpu *cpu);
void mips_tlb_write_random(struct mips_cpu *cpu);
void mips_tlb_probe(struct mips_cpu *cpu);
/* The entry that matches in the current address space, NULL if none. */
const struct mips_tlb_entry *mips_tlb_find(const struct mips_cpu *cpu, uint32_t address);
void mips_tlb_reset(struct mips_cpu *cpu);
uint32_t mips_random(struct mips_cpu *cpu); /* the Random register */

/* ---- cp0.c ----------------------------------------------------------------------------------- */

/* As MFC0 and MTC0 do it; `key` is MIPS_CP0_KEY() (helpers.h). */
uint32_t mips_cp0_read(struct mips_cpu *cpu, uint32_t key);
void mips_cp0_write(struct mips_cpu *cpu, uint32_t key, uint32_t value);
/* What of Status the model lets software change. */
uint32_t mips_status_mask(const struct mips_cpu *cpu);
/* Status as MTC0, EI, DI and ERET change it. */
void mips_status_write(struct mips_cpu *cpu, uint32_t value);
void mips_cp0_reset(struct mips_cpu *cpu);

/* ---- timer.c --------------------------------------------------------------------------------- */

void mips_timer_create(struct mips_cpu *cpu);
void mips_timer_destroy(struct mips_cpu *cpu);
void mips_timer_reset(struct mips_cpu *cpu);
uint32_t mips_count_read(const struct mips_cpu *cpu);
void mips_count_write(struct mips_cpu *cpu, uint32_t value);
/* After Compare or Cause.DC changed: sets the next event anew. */
void mips_timer_update(struct mips_cpu *cpu);
/* Events come late, by up to half a millisecond; kernels that try whether Compare interrupts poll
 * Cause for less. Before it is read: sees to what is due. */
void mips_timer_look(struct mips_cpu *cpu);

/* ---- guest.c --------------------------------------------------------------------------------- */

/* enum mips_translation_mode bits of the current state. */
uint32_t mips_translation_mode(const struct mips_cpu *cpu);

#endif
