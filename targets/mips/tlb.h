/* The TLB (III 4.10, 4.11), and entries that TLBWR has replaced and that still serve.
 *
 * What TLBWR replaces is random, so software cannot tell an entry that has gone from one that a TLB
 * with more entries than those that have an index would still have. tlb.c has the rule for when it
 * could. Evicted entries only serve accesses that succeed: one that is invalid, or not writable for
 * a store, is as good as none, and the access is a refill, after which TLBP finds what software
 * needs to find. The soft TLB has nothing but pages of the TLB's entries and of evicted ones. */
#ifndef TARGETS_MIPS_TLB_H
#define TARGETS_MIPS_TLB_H

#include "targets/mips/cpu.h"

/* EntryLo (III 9.6). */
enum {
    MIPS_LO_G = 1 << 0,
    MIPS_LO_V = 1 << 1,
    MIPS_LO_D = 1 << 2,
    MIPS_LO_PFN_SHIFT = 6,
};

/* Whether there is an address that both match under some ASID. */
static inline bool mips_tlb_overlap(const struct mips_tlb_entry *a, const struct mips_tlb_entry *b)
{
    return !((a->vpn2 ^ b->vpn2) & ~(a->mask | b->mask)) &&
           (a->global || b->global || a->asid == b->asid);
}

/* Forgets what the soft TLB has of the pages of this entry. */
void mips_tlb_drop_pages(struct mips_cpu *cpu, const struct mips_tlb_entry *entry);

/* ---- tlb_evicted.c --------------------------------------------------------------------------- */

struct mips_evicted *mips_evicted_create(void);
void mips_evicted_destroy(struct mips_evicted *evicted);

/* One that matches the address under the current ASID, NULL if there is none. */
const struct mips_tlb_entry *mips_evicted_find(const struct mips_cpu *cpu, uint32_t address);
/* Adds the entry; where there is no room, the oldest one goes. */
void mips_evicted_add(struct mips_cpu *cpu, const struct mips_tlb_entry *entry);
/* Drops all that overlap with `entry`, with their pages. */
void mips_evicted_drop(struct mips_cpu *cpu, const struct mips_tlb_entry *entry);
/* Drops all, with their pages. */
void mips_evicted_clear(struct mips_cpu *cpu);

#endif
