/* The soft TLB. For each address-space key (whatever changes what an address means or who may use it:
 * ASID, privilege, domain rights) one flat table of 2^20 entries for the 4 KiB pages of a 32-bit
 * space. A change of key switches a pointer; nothing is flushed.
 *
 * A data entry e for page P of guest address V, host address H:
 *     bit 63  valid for reading      bit 62  also valid for writing in place
 *     bits 61..0  (H - V) >> 2, so that host = V + e * 4 modulo 2^64
 * Zero is invalid. A page that holds translated code, or that needs a look at each store for another
 * reason, has no bit 62: stores take the slow path, which knows why. Devices are never entered.
 *
 * An exec entry is the number of the code page (core/jit) that is mapped executable there; 0: not known.
 */
#ifndef CORE_CPU_SPACE_H
#define CORE_CPU_SPACE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

enum {
    SPACE_PAGE_BITS = 12,
    SPACE_PAGE_SIZE = 1 << SPACE_PAGE_BITS,
    SPACE_ENTRIES = 1 << 20,
};
#define SPACE_READ  (UINT64_C(1) << 63)
#define SPACE_WRITE (UINT64_C(1) << 62)

/* How memory is accessed, for walks and faults. */
enum cpu_access { CPU_READ, CPU_WRITE, CPU_FETCH };

/* A successful translation of one page-sized or larger piece. */
struct cpu_mapping {
    uint64_t physical;   /* of the address asked for */
    uint8_t page_bits;   /* the piece around it that maps alike, >= SPACE_PAGE_BITS */
    bool read, write, fetch; /* what else is allowed there at this privilege, without a fault or an
                                update of the page table (access or dirty flags) */
    bool device;         /* strongly ordered or device memory: unaligned accesses fault */
};

struct space_cache; /* all tables of one CPU */

struct space_cache *space_cache_create(struct cpu *cpu, unsigned tables);
void space_cache_destroy(struct space_cache *cache);

/* Makes the table of `key` current, taking the least recently used one if the key is new. `key`
 * is for ordinary accesses; `user_key` for IR_MEM_USER ones. Cheap if the key is current or alive. */
void space_select(struct cpu *cpu, uint64_t key, uint64_t user_key);

/* TLB maintenance: forgets what tables with (key & mask) == value hold, wholly or for the page(s) of
 * 2^page_bits bytes at `address`. */
void space_flush(struct cpu *cpu, uint64_t mask, uint64_t value);
void space_flush_page(struct cpu *cpu, uint64_t mask, uint64_t value, uint64_t address,
                      unsigned page_bits);

/* Physical RAM page at this host address now holds translated code (or no longer does): stores to
 * it have to be seen, in every table. */
void space_protect(struct cpu *cpu, const uint8_t *host_page);
void space_unprotect(struct cpu *cpu, const uint8_t *host_page);

#endif
