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

/* How many bits of the address the descriptors of a level leave over. */
static unsigned arm_long_bits(unsigned level)
{
    return 39 - 9 * level;
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
    unsigned bits = arm_long_bits(level);
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

/* Where the walk of an address is: at first as B3.6.6 says. */
struct arm_long_walk {
    uint64_t table;
    uint32_t within; /* of the address, what indexes the tables */
    unsigned level;
};

static bool arm_long_begin(const struct arm_cpu *cpu, uint32_t address, struct arm_long_walk *at)
{
    const uint32_t ttbcr = cpu->sys.ttbcr;
    unsigned size;
    int which = arm_long_select(ttbcr, address, &size);
    if (which < 0 || ttbcr & (which ? ARM_TTBCR_EPD1 : ARM_TTBCR_EPD0)) {
        return false;
    }
    /* A region of at most 1 GiB begins at the second level. */
    at->level = size < 2 ? 1 : 2;
    unsigned align = at->level == 1 ? 5 - size : 14 - size;
    at->table = bits_get(which ? cpu->sys.ttbr1 : cpu->sys.ttbr0, 0, 40) >> align << align;
    at->within = address << size >> size; /* a region is at least 2^25 bytes: size <= 7 */
    return true;
}

static bool arm_long_read(struct arm_cpu *cpu, const struct arm_long_walk *at, uint64_t *descriptor)
{
    return arm_walk_read(cpu, at->table + 8 * (at->within >> arm_long_bits(at->level)), 8,
                         descriptor);
}

static void arm_long_descend(struct arm_long_walk *at, uint32_t address, uint64_t descriptor)
{
    at->table = descriptor & UINT64_C(0xfffffff000);
    at->within = address & ((UINT32_C(1) << arm_long_bits(at->level)) - 1);
    at->level++;
}

enum { LONG_TABLE_RIGHTS = 59 /* the lowest of APTable, XNTable, PXNTable */, LONG_LAST = 3 };

static bool arm_long_is_leaf(uint64_t descriptor, unsigned level)
{
    return level == LONG_LAST || !(descriptor & 2);
}

bool arm_walk_long(struct arm_cpu *cpu, struct arm_lookup *lookup)
{
    struct arm_long_walk at;
    if (!arm_long_begin(cpu, lookup->address, &at)) {
        return arm_long_fault(lookup, ARM_FAULT_TRANSLATION, 1);
    }
    unsigned ap_table = 0;
    bool xn_table = false, pxn_table = false;
    for (;;) {
        uint64_t descriptor;
        if (!arm_long_read(cpu, &at, &descriptor)) {
            return arm_long_fault(lookup, ARM_FAULT_WALK_EXTERNAL, at.level);
        }
        if (!(descriptor & 1) || (at.level == LONG_LAST && !(descriptor & 2))) {
            return arm_long_fault(lookup, ARM_FAULT_TRANSLATION, at.level);
        }
        if (arm_long_is_leaf(descriptor, at.level)) {
            lookup->tag = at.level > 1 && !ap_table && !xn_table && !pxn_table ? descriptor : 0;
            return arm_long_leaf(cpu, lookup, descriptor, at.level, ap_table, xn_table, pxn_table);
        }
        ap_table |= descriptor >> 61 & 3;
        xn_table |= descriptor >> 60 & 1;
        pxn_table |= descriptor >> LONG_TABLE_RIGHTS & 1;
        arm_long_descend(&at, lookup->address, descriptor);
    }
}

/* A tag is the descriptor of a page or of a block at the second level (its bit 1 tells which), of
 * which no table above takes rights away. */
bool arm_still_long(struct arm_cpu *cpu, uint32_t address, uint64_t tag)
{
    struct arm_long_walk at;
    if (!arm_long_begin(cpu, address, &at)) {
        return false;
    }
    for (;;) {
        uint64_t descriptor;
        if (!arm_long_read(cpu, &at, &descriptor) || !(descriptor & 1)) {
            return false;
        }
        if (arm_long_is_leaf(descriptor, at.level)) {
            bool same =
                at.level > 1 && descriptor == tag && !(descriptor & 2) == (at.level < LONG_LAST);
            if (same) {
                arm_note_seen(cpu, address, arm_long_bits(at.level), !(descriptor >> 11 & 1));
            }
            return same;
        }
        if (descriptor >> LONG_TABLE_RIGHTS) {
            return false;
        }
        arm_long_descend(&at, address, descriptor);
    }
}
