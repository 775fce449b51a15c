/* What addresses mean (III 4): segments, the TLB's rights, faults, and the keys of address spaces.
 */
#include "core/base/log.h"
#include "core/cpu/space.h"
#include "targets/mips/system.h"
#include "targets/mips/tlb.h"

#include <inttypes.h>

/* A key:
 *     bits 0-7 ASID · 8-9 mode · 10 ERL: useg is unmapped
 * A change of any of them selects other tables, and nothing is flushed. */
enum {
    KEY_ASID = 0xff,
    KEY_MODE_SHIFT = 8,
    KEY_ERL = 1 << 10,
};

enum mips_mode { MIPS_MODE_KERNEL, MIPS_MODE_SUPERVISOR, MIPS_MODE_USER };

static enum mips_mode mips_mode_now(const struct mips_cpu *cpu)
{
    if (mips_kernel(cpu)) {
        return MIPS_MODE_KERNEL;
    }
    return cpu->cp0.status & MIPS_STATUS_UM ? MIPS_MODE_USER : MIPS_MODE_SUPERVISOR;
}

/* Segments by the top three bits of an address (III table 4.1). */
enum mips_segment { MIPS_SEGMENT_NONE, MIPS_SEGMENT_UNMAPPED, MIPS_SEGMENT_MAPPED };

static enum mips_segment mips_segment(const struct mips_cpu *cpu, uint32_t address,
                                      enum mips_mode mode)
{
    enum { N = MIPS_SEGMENT_NONE, U = MIPS_SEGMENT_UNMAPPED, M = MIPS_SEGMENT_MAPPED };
    static const uint8_t segments[][8] = {
        /* useg ................ kseg0, 1, sseg, kseg3 */
        [MIPS_MODE_KERNEL] = {M, M, M, M, U, U, M, M},
        [MIPS_MODE_SUPERVISOR] = {M, M, M, M, N, N, M, N},
        [MIPS_MODE_USER] = {M, M, M, M, N, N, N, N},
    };
    if (!(address >> 31) && cpu->cp0.status & MIPS_STATUS_ERL) {
        return MIPS_SEGMENT_UNMAPPED; /* III 4.8 */
    }
    return segments[mode][address >> 29];
}

/* One translation. */
struct mips_lookup {
    uint32_t physical;
    uint8_t page_bits;
    bool write, global;
    enum mips_exception fault; /* MIPS_EXC_NONE: none */
    bool refill;
};

static void mips_lookup_unmapped(struct mips_lookup *lookup, uint32_t address)
{
    bool kseg = address >> 31;
    *lookup = (struct mips_lookup){
        .physical = kseg ? address & UINT32_C(0x1fffffff) : address,
        .page_bits = 29,
        .write = true,
        .global = kseg,
        .fault = MIPS_EXC_NONE,
    };
}

/* What one entry says (III 4.11). */
static void mips_lookup_entry(struct mips_lookup *lookup, const struct mips_tlb_entry *entry,
                              uint32_t address, enum cpu_access access)
{
    unsigned bits = 12 + (unsigned)__builtin_popcount(entry->mask);
    uint32_t lo = entry->lo[address >> bits & 1];
    uint32_t offset = (UINT32_C(1) << bits) - 1;
    uint32_t frame = lo >> MIPS_LO_PFN_SHIFT << 12;
    *lookup = (struct mips_lookup){
        .physical = (frame & ~offset) | (address & offset),
        .page_bits = (uint8_t)bits,
        .write = lo & MIPS_LO_D,
        .global = entry->global && address >> 31, /* ERL, too, changes what useg means */
        .fault = MIPS_EXC_NONE,
    };
    if (!(lo & MIPS_LO_V)) {
        lookup->fault = access == CPU_WRITE ? MIPS_EXC_TLBS : MIPS_EXC_TLBL;
    } else if (access == CPU_WRITE && !lookup->write) {
        lookup->fault = MIPS_EXC_MOD;
    }
}

static void mips_lookup_mapped(const struct mips_cpu *cpu, struct mips_lookup *lookup,
                               uint32_t address, enum cpu_access access)
{
    const struct mips_tlb_entry *entry = mips_tlb_find(cpu, address);
    if (entry) {
        mips_lookup_entry(lookup, entry, address, access);
        return;
    }
    entry = mips_evicted_find(cpu, address);
    if (entry) {
        mips_lookup_entry(lookup, entry, address, access);
        if (lookup->fault == MIPS_EXC_NONE) {
            return;
        }
    }
    *lookup = (struct mips_lookup){
        .fault = access == CPU_WRITE ? MIPS_EXC_TLBS : MIPS_EXC_TLBL,
        .refill = true,
    };
}

static void mips_lookup(const struct mips_cpu *cpu, struct mips_lookup *lookup, uint32_t address,
                        enum cpu_access access, enum mips_mode mode)
{
    switch (mips_segment(cpu, address, mode)) {
    case MIPS_SEGMENT_UNMAPPED:
        mips_lookup_unmapped(lookup, address);
        return;
    case MIPS_SEGMENT_MAPPED:
        mips_lookup_mapped(cpu, lookup, address, access);
        return;
    case MIPS_SEGMENT_NONE:
        break;
    }
    *lookup = (struct mips_lookup){.fault = access == CPU_WRITE ? MIPS_EXC_ADES : MIPS_EXC_ADEL};
}

static void mips_fault(struct mips_cpu *cpu, uint32_t address, enum cpu_access access,
                       enum mips_exception exception, bool refill)
{
    mips_exception_set(cpu, exception);
    cpu->fault_address = address;
    cpu->refill = refill;
    if (log_on(cpu->cpu.log, LOG_MMU)) {
        static const char *const names[] = {"read", "write", "fetch"};
        log_write(cpu->cpu.log, LOG_MMU,
                  "%s of %08" PRIx32 " faults: code %u%s, asid %02x, mode %u\n", names[access],
                  address, exception, refill ? " (refill)" : "",
                  (unsigned)(cpu->cp0.entryhi & 0xff), mips_mode_now(cpu));
    }
}

/* Bit 0 of a pc is the ISA mode; where there is no MIPS16e, such a pc is only a bad address. */
static bool mips_pc_aligned(const struct mips_cpu *cpu, uint32_t pc)
{
    return cpu->features & MIPS_FEATURE_MIPS16 && pc & 1 ? true : !(pc & 3);
}

/* cpu_mapping.tag: all that a walk of a page finds. */
static uint64_t mips_tag(const struct mips_lookup *lookup)
{
    enum { TAG_SET = 1, TAG_WRITE = 2, TAG_GLOBAL = 4 };
    return (lookup->physical & ~UINT32_C(0xfff)) | TAG_SET | (lookup->write ? TAG_WRITE : 0) |
           (lookup->global ? TAG_GLOBAL : 0);
}

bool mips_walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
               struct cpu_mapping *mapping)
{
    struct mips_cpu *cpu = mips_cpu(base);
    struct mips_lookup lookup;
    uint32_t va = (uint32_t)address;
    enum mips_mode mode = user ? MIPS_MODE_USER : mips_mode_now(cpu);
    if (access == CPU_FETCH && !mips_pc_aligned(cpu, va)) {
        lookup = (struct mips_lookup){.fault = MIPS_EXC_ADEL};
    } else {
        va = access == CPU_FETCH ? va & ~UINT32_C(1) : va;
        mips_lookup(cpu, &lookup, va, access, mode);
    }
    if (lookup.fault != MIPS_EXC_NONE) {
        if (!probe) {
            mips_fault(cpu, va, access, lookup.fault, lookup.refill);
        }
        return false;
    }
    *mapping = (struct cpu_mapping){
        .physical = lookup.physical,
        .page_bits = lookup.page_bits,
        .read = true,
        .write = lookup.write,
        .fetch = true,
        .global = lookup.global,
        .tag = mips_tag(&lookup),
    };
    return true;
}

bool mips_still_maps(struct cpu *base, uint64_t address, uint64_t tag)
{
    struct mips_cpu *cpu = mips_cpu(base);
    struct mips_lookup lookup;
    mips_lookup(cpu, &lookup, (uint32_t)address, CPU_READ, mips_mode_now(cpu));
    return lookup.fault == MIPS_EXC_NONE && mips_tag(&lookup) == tag;
}

void mips_misaligned(struct cpu *base, uint64_t address, enum cpu_access access)
{
    mips_fault(mips_cpu(base), (uint32_t)address, access,
               access == CPU_WRITE ? MIPS_EXC_ADES : MIPS_EXC_ADEL, false);
}

void mips_bus_error(struct cpu *base, uint64_t address, enum cpu_access access)
{
    mips_fault(mips_cpu(base), (uint32_t)address, access,
               access == CPU_FETCH ? MIPS_EXC_IBE : MIPS_EXC_DBE, false);
}

/* ---- spaces ---------------------------------------------------------------------------------- */

void mips_space_update(struct mips_cpu *cpu)
{
    uint64_t key = (cpu->cp0.entryhi & KEY_ASID) | (uint64_t)mips_mode_now(cpu) << KEY_MODE_SHIFT;
    if (cpu->cp0.status & MIPS_STATUS_ERL) {
        key |= KEY_ERL;
    }
    if (key != cpu->space_key) {
        cpu->space_key = key;
        if (cpu->cpu.spaces) {
            space_select(&cpu->cpu, key, key);
        }
    }
}

void mips_space_flush_page(struct mips_cpu *cpu, uint32_t address, unsigned bits, bool global,
                           uint8_t asid)
{
    if (cpu->cpu.spaces) {
        uint64_t mask = global ? 0 : KEY_ASID;
        space_flush_page(&cpu->cpu, mask, asid & mask, address, bits);
    }
}

void mips_space_renew(struct mips_cpu *cpu)
{
    if (cpu->cpu.spaces) {
        space_renew(&cpu->cpu, 0, 0, ~UINT64_C(0));
    }
}

void mips_space_flush(struct mips_cpu *cpu)
{
    space_share(&cpu->cpu, KEY_ASID | KEY_ERL);
    space_flush(&cpu->cpu, 0, 0);
}
