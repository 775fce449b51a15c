/* The soft TLB. For each address-space key (whatever changes what an address means or who may use
 * it: ASID, privilege, domain rights) one flat table of 2^20 entries for the 4 KiB pages of a
 * 32-bit space. A change of key switches a pointer; nothing is flushed.
 *
 * A data entry e for page P of guest address V, host address H:
 *     bit 63  valid for reading      bit 62  also valid for writing in place
 *     bits 61..0  (H - V) >> 2, so that host = V + e * 4 modulo 2^64
 * Zero is invalid. A page that holds translated code, or that needs a look at each store for
 * another reason, has no bit 62: stores take the slow path, which knows why. Devices are never
 * entered.
 *
 * An exec entry is the number of the code page (core/jit) that is mapped executable there; 0: not
 * known. */
#ifndef CORE_CPU_SPACE_H
#define CORE_CPU_SPACE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

enum {
    SPACE_PAGE_BITS = 12,
    SPACE_PAGE_SIZE = 1 << SPACE_PAGE_BITS,
    SPACE_ENTRIES = 1 << 20,
    SPACE_DATA_BYTES = SPACE_ENTRIES * 8, /* of the data table; the one of code pages follows */
};
#define SPACE_READ  (UINT64_C(1) << 63)
#define SPACE_WRITE (UINT64_C(1) << 62)

/* How memory is accessed, for walks and faults. */
enum cpu_access { CPU_READ, CPU_WRITE, CPU_FETCH };

/* A successful translation of one page-sized or larger piece. */
struct cpu_mapping {
    uint64_t physical;       /* of the address asked for */
    uint8_t page_bits;       /* the piece around it that maps alike, >= SPACE_PAGE_BITS */
    bool read, write, fetch; /* what else is allowed there at this privilege, without a fault or an
                                update of the page table (access or dirty flags) */
    bool global;             /* the same in every space whose key differs only in the shared bits
                                (space_share()) */
    uint64_t tag; /* what guest_ops.still_maps() needs to say later whether a walk would find
                     the same; 0: it cannot */
    bool device;  /* strongly ordered or device memory: unaligned accesses fault */
};

struct space_cache; /* all tables of one CPU */

struct space_cache *space_cache_create(struct cpu *cpu, unsigned tables);
void space_cache_destroy(struct space_cache *cache);

/* Makes the table of `key` current, taking the least recently used one if the key is new. `key`
 * is for ordinary accesses; `user_key` for IR_MEM_USER ones. Cheap if the key is
 * current or alive. */
void space_select(struct cpu *cpu, uint64_t key, uint64_t user_key);

/* Which bits of a key do not matter for global pages (the ASID, rights to domains that have
 * none). Spaces whose keys differ only in those have one memory for them: pages above all that are
 * not global, since that is where guests have them. A change costs all global pages. */
void space_share(struct cpu *cpu, uint64_t bits);

/* TLB maintenance: forgets what tables with (key & mask) == value hold, wholly or for the page(s)
 * of 2^page_bits bytes at `address`. */
void space_flush(struct cpu *cpu, uint64_t mask, uint64_t value);
/* Maintenance of the whole TLB: forgets what a walk would not find again. An entry that it would
 * find could as well have been made after the maintenance. Only where the key agrees with the
 * current one in the bits `alike` can a walk tell; everything else is forgotten. */
void space_renew(struct cpu *cpu, uint64_t mask, uint64_t value, uint64_t alike);
/* Like space_flush(), but global pages may stay. */
void space_flush_private(struct cpu *cpu, uint64_t mask, uint64_t value);
void space_flush_page(struct cpu *cpu, uint64_t mask, uint64_t value, uint64_t address,
                      unsigned page_bits);

/* The RAM page at this host address now holds translated code: stores to it have to be seen, in
 * every table. What is entered later is the caller's of space_fill() to know. */
void space_protect(struct cpu *cpu, const uint8_t *host_page);

/* ---- for core/cpu/memory.c and core/jit: entering pages into the current tables -------------- */

enum space_which { SPACE_CURRENT, SPACE_USER };

/* The data entry for `address`, 0 if there is none (or the address is beyond 32 bits). */
uint64_t space_entry(struct cpu *cpu, enum space_which which, uint64_t address);
/* Enters the page of `address`, which a walk found to be `mapping` and whose bytes are at
 * host_page; write: stores may go straight there. */
void space_fill(struct cpu *cpu, enum space_which which, uint64_t address,
                const struct cpu_mapping *mapping, uint8_t *host_page, bool write);
/* Says which code page is mapped executable at `address` in the current space. */
void space_fill_exec(struct cpu *cpu, uint64_t address, const struct cpu_mapping *mapping,
                     uint32_t page_number);

/* Counts maintenance operations and changes of space: whoever remembers a translation elsewhere
 * compares it. */
uint64_t space_epoch(const struct cpu *cpu);

static inline uint8_t *space_host(uint64_t entry, uint64_t address)
{
    return (uint8_t *)(uintptr_t)(address + (entry << 2));
}

#endif
