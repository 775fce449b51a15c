/* The Long-descriptor translation table format of the Large Physical Address Extension (DDI 0406C
 * B3.6). */
#include "core/base/bits.h"
#include "targets/arm/mmu.h"
#include "targets/arm/system.h"

static bool arm_long_fault(struct arm_lookup *lookup, enum arm_fault_type fault, unsigned level)
{
    lookup->fault = (uint8_t)fault;
    lookup->level = (uint8_t)level;
    return false;
}

/* Which table base register translates the address, and the size field of its region (B3.6.4); -1:
 * none. */
static int arm_long_select(uint32_t ttbcr, uint32_t address, unsigned *size)
{
    unsigned t0 = ttbcr & 7, t1 = ttbcr >> 16 & 7;
    bool low = !t0 || !(address >> (32 - t0));
    bool high = t1 ? !(~address >> (32 - t1)) : t0 && !low;
    *size = high ? t1 : t0;
    return high ? 1 : low ? 0 : -1;
}

/* A block or page descriptor at `level`, with what the tables above it took away. */
static bool arm_long_leaf(struct arm_cpu *cpu, struct arm_lookup *lookup, uint64_t d,
                          unsigned level, unsigned ap_table, bool xn_table, bool pxn_table)
{
    if (!(d >> 10 & 1)) {
        return arm_long_fault(lookup, ARM_FAULT_ACCESS_FLAG, level);
    }
    /* APTable<0> takes PL0's access away, APTable<1> writing (B3.7.1). */
    unsigned ap21 = (d >> 6 & 3 & ~(ap_table & 1)) | (ap_table & 2);
    unsigned ap = ap21 << 1 | 1;
    lookup->rights =
        arm_fetch_right(cpu, arm_ap_rights(ap, lookup->privileged), ap, lookup->privileged,
                        (d >> 54 & 1) || xn_table, (d >> 53 & 1) || pxn_table);
    unsigned bits = 39 - 9 * level;
    uint64_t within = (UINT64_C(1) << bits) - 1;
    lookup->physical = (d & UINT64_C(0xfffffff000) & ~within) | (lookup->address & within);
    lookup->page_bits = (uint8_t)bits;
    lookup->level = (uint8_t)level; /* for a permission fault */
    lookup->global = !(d >> 11 & 1);
    lookup->share = d >> 8 & 3;
    uint32_t mair = d >> 4 & 1 ? cpu->sys.nmrr_mair1 : cpu->sys.prrr_mair0;
    lookup->attributes = (uint8_t)(mair >> 8 * (d >> 2 & 3));
    return true;
}

bool arm_walk_long(struct arm_cpu *cpu, struct arm_lookup *lookup)
{
    const uint32_t address = lookup->address, ttbcr = cpu->sys.ttbcr;
    unsigned size;
    int which = arm_long_select(ttbcr, address, &size);
    if (which < 0 || ttbcr & (which ? ARM_TTBCR_EPD1 : ARM_TTBCR_EPD0)) {
        return arm_long_fault(lookup, ARM_FAULT_TRANSLATION, 1);
    }
    /* A region of at most 1 GiB begins at the second level (B3.6.6). */
    unsigned level = size < 2 ? 1 : 2;
    unsigned align = level == 1 ? 5 - size : 14 - size;
    uint64_t table = bits_get(which ? cpu->sys.ttbr1 : cpu->sys.ttbr0, 0, 40) >> align << align;
    uint32_t within = address << size >> size; /* a region is at least 2^25 bytes: size <= 7 */
    unsigned ap_table = 0;
    bool xn_table = false, pxn_table = false;
    for (;; level++) {
        unsigned shift = 39 - 9 * level;
        uint64_t descriptor;
        if (!arm_walk_read(cpu, table + 8 * (within >> shift), 8, &descriptor)) {
            return arm_long_fault(lookup, ARM_FAULT_WALK_EXTERNAL, level);
        }
        if (!(descriptor & 1) || (level == 3 && !(descriptor & 2))) {
            return arm_long_fault(lookup, ARM_FAULT_TRANSLATION, level);
        }
        if (level == 3 || !(descriptor & 2)) {
            return arm_long_leaf(cpu, lookup, descriptor, level, ap_table, xn_table, pxn_table);
        }
        ap_table |= descriptor >> 61 & 3;
        xn_table |= descriptor >> 60 & 1;
        pxn_table |= descriptor >> 59 & 1;
        table = descriptor & UINT64_C(0xfffffff000);
        within = address & ((UINT32_C(1) << shift) - 1);
    }
}
