/* TLBR, TLBWI, TLBWR and TLBP (III 4.11 and II).
 *
 * What TLBWR replaces keeps working (tlb.h) until software could know that it has gone:
 *   - TLBP, or a write, for pages that it maps: it goes, since the probe says that nothing is
 * there, and the new entry is what these pages mean from now on. That is how an operating system
 * drops the entries of one page, and changes one.
 *   - TLBR: all go, since whoever reads one index after the other knows what there is.
 *   - TLBWI of every index from Wired on, in whatever order and however long that takes: all go,
 * since each index has something else now. That is how an operating system drops all entries. The
 *     write of an index does not count if TLBP has just found it and it keeps its pages: software
 * knew then what it had, and page faults do that all the time. What TLBWI itself replaces goes at
 * once, as on any TLB. */
#include "targets/mips/tlb.h"

#include "core/base/log.h"
#include "targets/mips/models.h"
#include "targets/mips/system.h"

#include <inttypes.h>

enum { PAIR_BITS = 13 /* a pair of the smallest pages */ };
#define INDEX_P  UINT32_C(0x80000000)
#define VPN2_LOW UINT32_C(0x1fff)

static bool tlb_matches(const struct mips_tlb_entry *entry, uint32_t address, uint8_t asid)
{
    return !((entry->vpn2 ^ address) & ~(entry->mask | VPN2_LOW)) &&
           (entry->global || entry->asid == asid);
}

const struct mips_tlb_entry *mips_tlb_find(const struct mips_cpu *cpu, uint32_t address)
{
    uint8_t asid = (uint8_t)cpu->cp0.entryhi;
    for (unsigned i = 0; i < cpu->tlb_count; i++) {
        if (tlb_matches(&cpu->tlb[i], address, asid)) {
            return &cpu->tlb[i];
        }
    }
    return NULL;
}

/* Addresses of kseg0 and kseg1 never get here: writing such entries is how operating systems make
 * an index have nothing. */
static bool tlb_maps(const struct mips_tlb_entry *entry)
{
    return (entry->lo[0] | entry->lo[1]) & MIPS_LO_V && entry->vpn2 >> 30 != 2;
}

void mips_tlb_drop_pages(struct mips_cpu *cpu, const struct mips_tlb_entry *entry)
{
    if (tlb_maps(entry)) {
        unsigned bits = PAIR_BITS + (unsigned)__builtin_popcount(entry->mask);
        mips_space_flush_page(cpu, entry->vpn2, bits, entry->global, entry->asid);
    }
}

static bool tlb_same_pages(const struct mips_tlb_entry *a, const struct mips_tlb_entry *b)
{
    return a->vpn2 == b->vpn2 && a->mask == b->mask && a->global == b->global &&
           (a->global || a->asid == b->asid);
}

/* Whether all that `old` allows `new` allows likewise, so that what was made from it may stay. */
static bool tlb_extends(const struct mips_tlb_entry *new, const struct mips_tlb_entry *old)
{
    if (!tlb_same_pages(new, old)) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint32_t lost = old->lo[i] & ~new->lo[i] & (MIPS_LO_V | MIPS_LO_D);
        bool moved = (old->lo[i] ^ new->lo[i]) >> MIPS_LO_PFN_SHIFT;
        if (old->lo[i] & MIPS_LO_V && (lost || moved)) {
            return false;
        }
    }
    return true;
}

static struct mips_tlb_entry tlb_new(const struct mips_cpu *cpu)
{
    const struct mips_cp0 *cp0 = &cpu->cp0;
    return (struct mips_tlb_entry){
        .vpn2 = cp0->entryhi & ~(cp0->pagemask | VPN2_LOW),
        .mask = cp0->pagemask,
        .asid = (uint8_t)cp0->entryhi,
        .global = cp0->entrylo[0] & cp0->entrylo[1] & MIPS_LO_G,
        .lo = {cp0->entrylo[0] & ~(uint32_t)MIPS_LO_G, cp0->entrylo[1] & ~(uint32_t)MIPS_LO_G},
    };
}

static void tlb_log(struct mips_cpu *cpu, const char *what, unsigned index,
                    const struct mips_tlb_entry *entry)
{
    if (log_on(cpu->cpu.log, LOG_MMU)) {
        log_write(cpu->cpu.log, LOG_MMU,
                  "%s %u: %08" PRIx32 " mask %08" PRIx32 " asid %02x%s, %08" PRIx32 " %08" PRIx32
                  "\n",
                  what, index, entry->vpn2, entry->mask, entry->asid, entry->global ? " G" : "",
                  entry->lo[0], entry->lo[1]);
    }
}

/* Two entries for one address are UNDEFINED (III 4.11); the one with the lower index wins here, and
 * no page may stay that says otherwise. */
static void tlb_check_others(struct mips_cpu *cpu, unsigned index, const struct mips_tlb_entry *new)
{
    for (unsigned i = 0; i < cpu->tlb_count; i++) {
        const struct mips_tlb_entry *other = &cpu->tlb[i];
        if (i != index && mips_tlb_overlap(other, new)) {
            log_write(cpu->cpu.log, LOG_GUEST_ERRORS,
                      "TLB entries %u and %u both map %08" PRIx32 "\n", i, index, new->vpn2);
            mips_tlb_drop_pages(cpu, other);
            mips_tlb_drop_pages(cpu, new);
        }
    }
}

/* Returns what was there. */
static struct mips_tlb_entry tlb_write(struct mips_cpu *cpu, unsigned index,
                                       const struct mips_tlb_entry *new)
{
    struct mips_tlb_entry old = cpu->tlb[index];
    cpu->tlb[index] = *new;
    mips_evicted_drop(cpu, new);
    tlb_check_others(cpu, index, new);
    return old;
}

void mips_tlb_write_indexed(struct mips_cpu *cpu)
{
    unsigned index = cpu->cp0.index & (cpu->tlb_count - 1);
    struct mips_tlb_entry new = tlb_new(cpu);
    tlb_log(cpu, "TLBWI", index, &new);
    struct mips_tlb_entry old = tlb_write(cpu, index, &new);
    if (!tlb_extends(&new, &old)) {
        mips_tlb_drop_pages(cpu, &old);
    }
    if (index != cpu->tlb_probed || !tlb_same_pages(&new, &old)) {
        cpu->tlb_written |= UINT64_C(1) << index;
    }
    cpu->tlb_probed = MIPS_TLB_MAX;
    uint64_t all = (UINT64_C(2) << (cpu->tlb_count - 1)) - (UINT64_C(1) << cpu->cp0.wired);
    if ((cpu->tlb_written & all) == all) {
        mips_evicted_clear(cpu);
        cpu->tlb_written = 0;
    }
}

void mips_tlb_write_random(struct mips_cpu *cpu)
{
    unsigned index = mips_random(cpu);
    struct mips_tlb_entry new = tlb_new(cpu);
    tlb_log(cpu, "TLBWR", index, &new);
    struct mips_tlb_entry old = tlb_write(cpu, index, &new);
    cpu->tlb_probed = MIPS_TLB_MAX;
    if (tlb_extends(&new, &old)) {
        return;
    }
    if (mips_tlb_overlap(&new, &old)) {
        mips_tlb_drop_pages(cpu, &old);
    } else if (tlb_maps(&old)) {
        mips_evicted_add(cpu, &old);
    }
}

void mips_tlb_read(struct mips_cpu *cpu)
{
    struct mips_cp0 *cp0 = &cpu->cp0;
    const struct mips_tlb_entry *entry = &cpu->tlb[cp0->index & (cpu->tlb_count - 1)];
    mips_evicted_clear(cpu);
    cp0->pagemask = entry->mask;
    cp0->entryhi = entry->vpn2 | entry->asid;
    for (unsigned i = 0; i < 2; i++) {
        cp0->entrylo[i] = entry->lo[i] | (entry->global ? MIPS_LO_G : 0);
    }
    mips_space_update(cpu);
}

void mips_tlb_probe(struct mips_cpu *cpu)
{
    const struct mips_tlb_entry *entry = mips_tlb_find(cpu, cpu->cp0.entryhi);
    if (entry) {
        cpu->tlb_probed = (unsigned)(entry - cpu->tlb);
        cpu->cp0.index = cpu->tlb_probed;
        return;
    }
    struct mips_tlb_entry pages = {.vpn2 = cpu->cp0.entryhi & ~VPN2_LOW,
                                   .asid = (uint8_t)cpu->cp0.entryhi};
    mips_evicted_drop(cpu, &pages);
    cpu->tlb_probed = MIPS_TLB_MAX;
    cpu->cp0.index = INDEX_P;
}

/* Random (III 9.5): any index from Wired on. A xorshift generator, so that no order of accesses is
 * always the worst one. */
uint32_t mips_random(struct mips_cpu *cpu)
{
    uint32_t x = cpu->cp0.random, wired = cpu->cp0.wired;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    cpu->cp0.random = x;
    return wired + (x >> 8) % (cpu->tlb_count - wired);
}

void mips_tlb_reset(struct mips_cpu *cpu)
{
    for (unsigned i = 0; i < MIPS_TLB_MAX; i++) {
        cpu->tlb[i] = (struct mips_tlb_entry){.vpn2 = UINT32_C(0x80000000) + (i << PAIR_BITS)};
    }
    cpu->tlb_count = cpu->model->tlb_count;
    cpu->tlb_written = 0;
    cpu->tlb_probed = MIPS_TLB_MAX;
    mips_evicted_clear(cpu);
    if (cpu->cpu.spaces) {
        mips_space_flush(cpu);
    }
}
