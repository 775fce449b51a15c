/* The Short-descriptor translation table format (DDI 0406C B3.5). */
#include "core/base/bits.h"
#include "targets/arm/mmu.h"
#include "targets/arm/system.h"

/* What a section or page descriptor says, with its fields in one order. */
struct arm_short_page {
    uint64_t base;
    unsigned bits;
    unsigned ap;    /* AP<2:0> */
    unsigned texcb; /* TEX<2:0> C B */
    bool xn, pxn, global, share;
};

/* Domain access (B4.1.43). */
enum { DOMAIN_CLIENT = 1, DOMAIN_MANAGER = 3 };

/* Normal memory with inner attributes, as a MAIR nibble (B4.1.104), of the two-bit codes of
 * TEX<1:0>, C and B in "cacheable memory" encodings: non-cacheable, write-back write-allocate,
 * write-through, write-back. */
static const uint8_t arm_cache_policy[4] = {0x4, 0xf, 0xa, 0xe};

/* Memory type as a MAIR byte without TEX remap (B3.8.2, Table B3-10). */
static uint8_t arm_attributes_plain(unsigned texcb)
{
    static const uint8_t low[16] = {
        0x00, 0x04, 0xaa, 0xee, 0x44, 0x44, 0x44, 0xff,
        0x04, 0x04, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44,
    };
    if (texcb & 0x10) {
        return (uint8_t)(arm_cache_policy[texcb >> 2 & 3] << 4 | arm_cache_policy[texcb & 3]);
    }
    return low[texcb];
}

/* With TEX remap (B3.8.3): PRRR gives the type, NMRR the cache policies of Normal memory. */
static uint8_t arm_attributes_remap(const struct arm_cpu *cpu, unsigned texcb)
{
    unsigned n = texcb & 7;
    switch (cpu->sys.prrr_mair0 >> 2 * n & 3) {
    case 0:
        return 0x00;
    case 1:
        return 0x04;
    default: {
        unsigned inner = cpu->sys.nmrr_mair1 >> 2 * n & 3;
        unsigned outer = cpu->sys.nmrr_mair1 >> (2 * n + 16) & 3;
        return (uint8_t)(arm_cache_policy[outer] << 4 | arm_cache_policy[inner]);
    }
    }
}

static struct arm_short_page arm_short_section(uint32_t d)
{
    bool super = d >> 18 & 1;
    return (struct arm_short_page){
        .base = super ? (d & 0xff000000) | bits_get(d, 20, 4) << 32 | bits_get(d, 5, 4) << 36
                      : d & 0xfff00000,
        .bits = super ? 24 : 20,
        .ap = (d >> 10 & 3) | (d >> 13 & 4),
        .texcb = (d >> 10 & 0x1c) | (d >> 2 & 3),
        .xn = d >> 4 & 1,
        .pxn = d & 1,
        .global = !(d >> 17 & 1),
        .share = d >> 16 & 1,
    };
}

static struct arm_short_page arm_short_small(uint32_t d, bool pxn)
{
    bool large = !(d & 2);
    return (struct arm_short_page){
        .base = d & (large ? 0xffff0000 : 0xfffff000),
        .bits = large ? 16 : 12,
        .ap = (d >> 4 & 3) | (d >> 7 & 4),
        .texcb = ((large ? d >> 10 : d >> 4) & 0x1c) | (d >> 2 & 3),
        .xn = large ? d >> 15 & 1 : d & 1,
        .pxn = pxn,
        .global = !(d >> 11 & 1),
        .share = d >> 10 & 1,
    };
}

static bool arm_short_fault(struct arm_lookup *lookup, enum arm_fault_type fault, unsigned level)
{
    lookup->fault = (uint8_t)fault;
    lookup->level = (uint8_t)level;
    return false;
}

/* Access flag, domain and rights, in the order of the manual's checking sequence (B3.12.2). */
static bool arm_short_check(struct arm_cpu *cpu, struct arm_lookup *lookup,
                            const struct arm_short_page *page, unsigned level)
{
    unsigned ap = page->ap;
    if (cpu->sys.sctlr & ARM_SCTLR_AFE) {
        if (!(ap & 1)) {
            return arm_short_fault(lookup, ARM_FAULT_ACCESS_FLAG, level);
        }
    }
    switch (cpu->sys.dacr >> 2 * lookup->domain & 3) {
    case DOMAIN_CLIENT:
        lookup->rights = arm_fetch_right(cpu, arm_ap_rights(ap, lookup->privileged), ap,
                                         lookup->privileged, page->xn, page->pxn);
        break;
    case DOMAIN_MANAGER:
        lookup->rights = ARM_RIGHT_READ | ARM_RIGHT_WRITE | ARM_RIGHT_FETCH;
        break;
    default: /* none; the reserved value is UNPREDICTABLE and denies too */
        return arm_short_fault(lookup, ARM_FAULT_DOMAIN, level);
    }
    lookup->level = (uint8_t)level; /* for a permission fault */
    lookup->page_bits = (uint8_t)page->bits;
    lookup->physical = page->base | (lookup->address & ((UINT64_C(1) << page->bits) - 1));
    lookup->global = page->global;
    lookup->attributes = cpu->sys.sctlr & ARM_SCTLR_TRE ? arm_attributes_remap(cpu, page->texcb)
                                                        : arm_attributes_plain(page->texcb);
    lookup->share = page->share ? 2 : 0;
    return true;
}

/* Where the first-level descriptor of the address is (B3.5.4): TTBR0 translates the lowest 2^(32-N)
 * bytes, TTBR1 the rest. False: nowhere. */
static bool arm_short_first(const struct arm_cpu *cpu, uint32_t address, uint64_t *where)
{
    const uint32_t ttbcr = cpu->sys.ttbcr;
    unsigned n = ttbcr & ARM_TTBCR_N;
    bool high = n && address >> (32 - n);
    n = high ? 0 : n;
    uint32_t table = (uint32_t)(high ? cpu->sys.ttbr1 : cpu->sys.ttbr0) >> (14 - n) << (14 - n);
    *where = table + 4 * (address << n >> n >> 20);
    return !(ttbcr & (high ? ARM_TTBCR_PD1 : ARM_TTBCR_PD0));
}

static uint32_t arm_short_second(uint32_t first, uint32_t address)
{
    return (first & 0xfffffc00) | (address >> 10 & 0x3fc);
}

bool arm_walk_short(struct arm_cpu *cpu, struct arm_lookup *lookup)
{
    const uint32_t address = lookup->address;
    uint64_t where, descriptor;
    if (!arm_short_first(cpu, address, &where)) {
        return arm_short_fault(lookup, ARM_FAULT_TRANSLATION, 1);
    }
    if (!arm_walk_read(cpu, where, 4, &descriptor)) {
        return arm_short_fault(lookup, ARM_FAULT_WALK_EXTERNAL, 1);
    }
    uint32_t first = (uint32_t)descriptor;
    /* Sections with bit 0 set have PXN, which came with LPAE; otherwise the encoding is
     * reserved. */
    bool section = first & 2;
    if (!(first & 3) || (section && first & 1 && !(cpu->features & ARM_FEATURE_LPAE))) {
        return arm_short_fault(lookup, ARM_FAULT_TRANSLATION, 1);
    }
    lookup->tag = first;
    if (section) {
        struct arm_short_page page = arm_short_section(first);
        lookup->domain = page.bits == 24 ? 0 : first >> 5 & 15;
        return arm_short_check(cpu, lookup, &page, 1);
    }
    lookup->domain = first >> 5 & 15;
    if (!arm_walk_read(cpu, arm_short_second(first, address), 4, &descriptor)) {
        return arm_short_fault(lookup, ARM_FAULT_WALK_EXTERNAL, 2);
    }
    uint32_t second = (uint32_t)descriptor;
    if (!(second & 3)) {
        return arm_short_fault(lookup, ARM_FAULT_TRANSLATION, 2);
    }
    lookup->tag |= descriptor << 32;
    bool pxn = first & 4 && cpu->features & ARM_FEATURE_LPAE;
    struct arm_short_page page = arm_short_small(second, pxn);
    return arm_short_check(cpu, lookup, &page, 2);
}

/* A tag is the first-level descriptor and above it, unless that is a section's, the second-level
 * one. */
bool arm_still_short(struct arm_cpu *cpu, uint32_t address, uint64_t tag)
{
    uint64_t where, descriptor;
    if (!arm_short_first(cpu, address, &where) || !arm_walk_read(cpu, where, 4, &descriptor) ||
        descriptor != (uint32_t)tag) {
        return false;
    }
    if (descriptor & 2) {
        arm_note_seen(cpu, address, descriptor >> 18 & 1 ? 24 : 20, !(descriptor >> 17 & 1));
        return true;
    }
    if (!arm_walk_read(cpu, arm_short_second((uint32_t)tag, address), 4, &descriptor) ||
        descriptor != tag >> 32) {
        return false;
    }
    arm_note_seen(cpu, address, descriptor & 2 ? 12 : 16, !(descriptor >> 11 & 1));
    return true;
}
