#include "targets/arm/mmu.h"

#include "core/base/log.h"
#include "core/bus/bus.h"
#include "targets/arm/system.h"

#include <inttypes.h>
#include <string.h>

/* Fault status: FS<4:0> of the short format by level (B3.13.3), STATUS of the long one, where the
 * low two bits are the level (B3.13.4). */
static const struct {
    uint8_t by_level[4];
    uint8_t status;
    bool levelled;
    const char *name;
} arm_faults[ARM_FAULT_TYPES] = {
    [ARM_FAULT_ALIGNMENT] = {{1, 1, 1, 1}, 0x21, false, "alignment"},
    [ARM_FAULT_TRANSLATION] = {{0, 0x05, 0x07, 0x07}, 0x04, true, "translation"},
    [ARM_FAULT_ACCESS_FLAG] = {{0, 0x03, 0x06, 0x06}, 0x08, true, "access flag"},
    [ARM_FAULT_DOMAIN] = {{0, 0x09, 0x0b, 0x0b}, 0x3c, true, "domain"},
    [ARM_FAULT_PERMISSION] = {{0, 0x0d, 0x0f, 0x0f}, 0x0c, true, "permission"},
    [ARM_FAULT_EXTERNAL] = {{8, 8, 8, 8}, 0x10, false, "external abort"},
    [ARM_FAULT_WALK_EXTERNAL] = {{0, 0x0c, 0x0e, 0x0e}, 0x14, true, "external abort on walk"},
    [ARM_FAULT_DEBUG] = {{2, 2, 2, 2}, 0x22, false, "debug event"},
};

uint32_t arm_fault_status(const struct arm_cpu *cpu, const struct arm_lookup *lookup,
                          enum cpu_access access)
{
    const uint32_t write = access == CPU_WRITE ? 1 << 11 : 0; /* WnR */
    if (cpu->sys.ttbcr & ARM_TTBCR_EAE) {
        uint32_t level = arm_faults[lookup->fault].levelled ? lookup->level : 0;
        return arm_faults[lookup->fault].status | level | 1 << 9 | write;
    }
    uint32_t fs = arm_faults[lookup->fault].by_level[lookup->level];
    uint32_t domain = access == CPU_FETCH ? 0 : (uint32_t)lookup->domain << 4;
    return (fs & 15) | (fs >> 4) << 10 | domain | write;
}

bool arm_walk_read(struct arm_cpu *cpu, uint64_t physical, unsigned size, uint64_t *value)
{
    struct arm_walk_window *window = &cpu->window;
    uint64_t offset = physical - window->base;
    if (offset >= window->size || window->size - offset < size ||
        window->generation != bus_generation(cpu->cpu.bus)) {
        const struct bus_region *region = bus_find(cpu->cpu.bus, physical);
        if (!region || !region->host || region->size - (physical - region->base) < size) {
            return false;
        }
        *window = (struct arm_walk_window){region->host, region->base, region->size,
                                           bus_generation(cpu->cpu.bus)};
        offset = physical - region->base;
    }
    bool big = cpu->sys.sctlr & ARM_SCTLR_EE;
    if (size == 4) {
        uint32_t word;
        memcpy(&word, window->host + offset, sizeof(word));
        *value = big ? __builtin_bswap32(word) : word;
    } else {
        memcpy(value, window->host + offset, sizeof(*value));
        *value = big ? __builtin_bswap64(*value) : *value;
    }
    return true;
}

uint8_t arm_ap_rights(unsigned ap, bool privileged)
{
    enum { R = ARM_RIGHT_READ, RW = ARM_RIGHT_READ | ARM_RIGHT_WRITE };
    static const uint8_t rights[2][8] = {
        {0, 0, R, RW, 0, 0, R, R},
        {0, RW, RW, RW, 0, R, R, R},
    };
    return rights[privileged][ap];
}

uint8_t arm_fetch_right(const struct arm_cpu *cpu, uint8_t rights, unsigned ap, bool privileged,
                        bool xn, bool pxn)
{
    uint32_t sctlr = cpu->sys.sctlr;
    bool never =
        xn || !(rights & ARM_RIGHT_READ) || (privileged && pxn) ||
        (sctlr & ARM_SCTLR_WXN && rights & ARM_RIGHT_WRITE) ||
        (sctlr & ARM_SCTLR_UWXN && privileged && arm_ap_rights(ap, false) & ARM_RIGHT_WRITE);
    return never ? rights : rights | ARM_RIGHT_FETCH;
}

/* B3.2.1: with the MMU off addresses are physical, nothing is checked, and data is
 * Strongly-ordered. */
static bool arm_flat(struct arm_lookup *lookup)
{
    lookup->physical = lookup->address;
    lookup->page_bits = 32;
    lookup->rights = ARM_RIGHT_READ | ARM_RIGHT_WRITE | ARM_RIGHT_FETCH;
    lookup->attributes = 0;
    lookup->share = 2;
    lookup->global = true;
    return true;
}

bool arm_translate_address(struct arm_cpu *cpu, struct arm_lookup *lookup)
{
    if (!(cpu->sys.sctlr & ARM_SCTLR_M)) {
        return arm_flat(lookup);
    }
    bool good =
        cpu->sys.ttbcr & ARM_TTBCR_EAE ? arm_walk_long(cpu, lookup) : arm_walk_short(cpu, lookup);
    if (good && !(lookup->rights & lookup->need)) {
        lookup->fault = ARM_FAULT_PERMISSION;
        good = false;
    }
    return good;
}

void arm_abort(struct arm_cpu *cpu, const struct arm_lookup *lookup, enum cpu_access access)
{
    cpu->fault_address = lookup->address;
    cpu->fault_status = arm_fault_status(cpu, lookup, access);
    arm_exception_set(cpu, access == CPU_FETCH ? ARM_EXC_PREFETCH_ABORT : ARM_EXC_DATA_ABORT);
    if (log_on(cpu->cpu.log, LOG_MMU)) {
        static const char *const names[] = {"read", "write", "fetch"};
        log_write(cpu->cpu.log, LOG_MMU, "%s fault level %u domain %u: %s of %08" PRIx32 " as %s\n",
                  arm_faults[lookup->fault].name, lookup->level, lookup->domain, names[access],
                  lookup->address, lookup->privileged ? "PL1" : "PL0");
    }
}

/* Notes for TLB maintenance by address what sizes of mappings, and whether global ones, were handed
 * out. */
void arm_note_seen(struct arm_cpu *cpu, uint32_t address, unsigned bits, bool global)
{
    uint32_t count = bits > 20 ? UINT32_C(1) << (bits - 20) : 1;
    uint8_t *seen = &cpu->tlb_seen[address >> 20 & ~(count - 1)];
    for (uint32_t i = 0; i < count; i++) {
        uint8_t size = seen[i] & ARM_SEEN_BITS;
        seen[i] = (uint8_t)((seen[i] & ARM_SEEN_GLOBAL) | (global ? ARM_SEEN_GLOBAL : 0) |
                            (size > bits ? size : bits));
    }
}

bool arm_walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
              struct cpu_mapping *mapping)
{
    struct arm_cpu *cpu = arm_cpu(base);
    struct arm_lookup lookup = {
        .address = (uint32_t)address,
        .need = (uint8_t)(1 << access),
        .privileged = !user && arm_privileged(cpu),
    };
    if (!arm_translate_address(cpu, &lookup)) {
        if (!probe) {
            arm_abort(cpu, &lookup, access);
        }
        return false;
    }
    if (!probe && cpu->sys.sctlr & ARM_SCTLR_M) {
        arm_note_seen(cpu, lookup.address, lookup.page_bits, lookup.global);
        if (lookup.global) {
            arm_global_domain(cpu, lookup.domain);
        }
    }
    *mapping = (struct cpu_mapping){
        .physical = lookup.physical,
        .page_bits = lookup.page_bits,
        .read = lookup.rights & ARM_RIGHT_READ,
        .write = lookup.rights & ARM_RIGHT_WRITE,
        .fetch = lookup.rights & ARM_RIGHT_FETCH,
        .global = lookup.global,
        .device = !(lookup.attributes & 0xf0),
        .tag = lookup.tag,
    };
    return true;
}

bool arm_still_maps(struct cpu *base, uint64_t address, uint64_t tag)
{
    struct arm_cpu *cpu = arm_cpu(base);
    return cpu->sys.ttbcr & ARM_TTBCR_EAE ? arm_still_long(cpu, (uint32_t)address, tag)
                                          : arm_still_short(cpu, (uint32_t)address, tag);
}

static void arm_other_fault(struct cpu *base, uint64_t address, enum cpu_access access,
                            enum arm_fault_type type)
{
    struct arm_cpu *cpu = arm_cpu(base);
    struct arm_lookup lookup = {
        .address = (uint32_t)address,
        .privileged = arm_privileged(cpu),
        .fault = (uint8_t)type,
    };
    arm_abort(cpu, &lookup, access);
}

void arm_misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    arm_other_fault(cpu, address, access, ARM_FAULT_ALIGNMENT);
}

void arm_bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    arm_other_fault(cpu, address, access, ARM_FAULT_EXTERNAL);
}

void arm_debug_event(struct arm_cpu *cpu)
{
    /* IFAR is UNKNOWN after a debug event (B3.13.2); here it is 0. */
    arm_other_fault(&cpu->cpu, 0, CPU_FETCH, ARM_FAULT_DEBUG);
}
