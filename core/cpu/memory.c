/* Guest memory accesses that translated code does not do inline: misses of the soft TLB, devices,
 * accesses across pages or without alignment, pages that hold translated code, and everything
 * helpers do. */
#include "core/base/bits.h"
#include "core/bus/bus.h"
#include "core/cpu/cpu.h"
#include "core/cpu/trial.h"
#include "core/ir/ir.h"
#include "core/jit/guest.h"
#include "core/jit/pages.h"

#include <string.h>

/* Where one access within a page ends up. */
struct memory_place {
    uint8_t *host;     /* RAM, or NULL: a device */
    bool in_place;     /* stores may go straight there, no code is on the page */
    uint64_t physical; /* of a device access */
};

static uint64_t memory_reverse(uint64_t value, unsigned size, uint32_t mem)
{
    if (size == 8 && mem & IR_MEM_SWAP64) {
        return (uint64_t)__builtin_bswap32((uint32_t)(value >> 32)) << 32 |
               __builtin_bswap32((uint32_t)value);
    }
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

static uint64_t memory_swap(uint64_t value, unsigned size, uint32_t mem)
{
    return mem & IR_MEM_BIG && size > 1 ? memory_reverse(value, size, mem) : value;
}

static uint64_t memory_get(const uint8_t *host, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, host, size);
    return value;
}

/* Finds where an access within one page goes, or raises the guest's fault. */
static struct memory_place memory_find(struct cpu *cpu, uint64_t address, enum cpu_access access,
                                       uint32_t mem)
{
    enum space_which which = mem & IR_MEM_USER ? SPACE_USER : SPACE_CURRENT;
    uint64_t entry = space_entry(cpu, which, address);
    if (entry & (access == CPU_WRITE ? SPACE_WRITE : SPACE_READ)) {
        return (struct memory_place){.host = space_host(entry, address), .in_place = true};
    }
    struct cpu_mapping mapping;
    if (!cpu->guest->walk(cpu, address, access, mem & IR_MEM_USER, false, &mapping)) {
        cpu_raise(cpu);
    }
    const struct bus_region *region = bus_find(cpu->bus, mapping.physical);
    if (!region || !region->host || (access == CPU_WRITE && !region->writable)) {
        return (struct memory_place){.physical = mapping.physical};
    }
    uint8_t *host = region->host + (mapping.physical - region->base);
    uint8_t *page = host - (address & (SPACE_PAGE_SIZE - 1));
    bool code = region->writable && jit_page_has_code(cpu->jit, page);
    bool in_place = region->writable && !code;
    if (mapping.read) {
        /* A page of RAM that is smaller than ours, at the end of a region, would let accesses run
         * over. */
        uint64_t base = mapping.physical & ~(uint64_t)(SPACE_PAGE_SIZE - 1);
        if (base >= region->base && base - region->base + SPACE_PAGE_SIZE <= region->size) {
            space_fill(cpu, which, address, &mapping, page, in_place && mapping.write);
        }
    }
    return (struct memory_place){.host = host, .in_place = in_place};
}

static uint64_t memory_load_piece(struct cpu *cpu, uint64_t address, unsigned size, uint32_t mem)
{
    struct memory_place place = memory_find(cpu, address, CPU_READ, mem);
    if (place.host) {
        return memory_get(place.host, size);
    }
    trial_forbid(cpu);
    uint64_t value;
    if (!bus_read(cpu->bus, place.physical, size, &value)) {
        cpu->guest->bus_error(cpu, address, CPU_READ);
        cpu_raise(cpu);
    }
    return value;
}

static void memory_store_place(struct cpu *cpu, const struct memory_place *place, uint64_t address,
                               unsigned size, uint64_t value)
{
    if (!place->host || !place->in_place) {
        trial_forbid(cpu);
    }
    if (place->host) {
        if (cpu->trial) {
            trial_note_store(cpu->trial, place->host, size, value);
        }
        memcpy(place->host, &value, size);
        if (!place->in_place) {
            jit_written(cpu->jit, place->host, size);
        }
    } else if (!bus_write(cpu->bus, place->physical, size, value)) {
        cpu->guest->bus_error(cpu, address, CPU_WRITE);
        cpu_raise(cpu);
    }
}

static void memory_check_alignment(struct cpu *cpu, uint64_t address, enum cpu_access access,
                                   uint32_t mem)
{
    unsigned bits = (mem & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT;
    if (address & ((UINT64_C(1) << bits) - 1)) {
        cpu->guest->misaligned(cpu, address, access);
        cpu_raise(cpu);
    }
}

/* Bytes of an access at `address` that lie in its first page. */
static unsigned memory_first_part(uint64_t address, unsigned size)
{
    unsigned room = SPACE_PAGE_SIZE - (unsigned)(address & (SPACE_PAGE_SIZE - 1));
    return room < size ? room : size;
}

static uint64_t memory_next_page(const struct cpu *cpu, uint64_t address, unsigned part)
{
    uint64_t next = address + part;
    return cpu->guest->pc_type == IR_I32 ? (uint32_t)next : next;
}

uint64_t cpu_load(struct cpu *cpu, uint64_t address, uint32_t mem)
{
    unsigned size = 1u << (mem & IR_MEM_SIZE);
    memory_check_alignment(cpu, address, CPU_READ, mem);
    unsigned part = memory_first_part(address, size);
    uint64_t value = memory_load_piece(cpu, address, part, mem);
    if (part < size) {
        uint64_t next = memory_next_page(cpu, address, part);
        value |= memory_load_piece(cpu, next, size - part, mem) << 8 * part;
    }
    value = memory_swap(value, size, mem);
    return mem & IR_MEM_SIGN ? (uint64_t)bits_sext(value, 8 * size) : value;
}

void cpu_store(struct cpu *cpu, uint64_t address, uint64_t value, uint32_t mem)
{
    unsigned size = 1u << (mem & IR_MEM_SIZE);
    memory_check_alignment(cpu, address, CPU_WRITE, mem);
    value = memory_swap(value, size, mem);
    unsigned part = memory_first_part(address, size);
    struct memory_place place = memory_find(cpu, address, CPU_WRITE, mem);
    if (part < size) {
        /* Both pages must be writable before either is written. */
        uint64_t next = memory_next_page(cpu, address, part);
        struct memory_place second = memory_find(cpu, next, CPU_WRITE, mem);
        memory_store_place(cpu, &second, next, size - part, value >> 8 * part);
    }
    memory_store_place(cpu, &place, address, part, value);
}

uint64_t cpu_cas(struct cpu *cpu, uint64_t address, uint64_t expected, uint64_t value, uint32_t mem)
{
    unsigned size = 1u << (mem & IR_MEM_SIZE);
    memory_check_alignment(cpu, address, CPU_WRITE, mem);
    /* Exclusive accesses are aligned on every guest; one that is not is done as a load and a
     * store. */
    if (memory_first_part(address, size) < size) {
        uint64_t old = cpu_load(cpu, address, mem & ~(uint32_t)IR_MEM_SIGN);
        if (old == expected) {
            cpu_store(cpu, address, value, mem);
        }
        return old;
    }
    struct memory_place place = memory_find(cpu, address, CPU_WRITE, mem);
    uint64_t old;
    if (place.host) {
        old = memory_get(place.host, size);
    } else if (cpu->trial) {
        cpu_leave(cpu, JIT_EXIT_UNTRIED);
    } else if (!bus_read(cpu->bus, place.physical, size, &old)) {
        cpu->guest->bus_error(cpu, address, CPU_WRITE);
        cpu_raise(cpu);
    }
    old = memory_swap(old, size, mem);
    if (old == expected) {
        memory_store_place(cpu, &place, address, size, memory_swap(value, size, mem));
    }
    return old;
}
