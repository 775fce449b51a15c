/* Code pages: which pages of RAM hold guest code that was translated, and in which
 * of their lines. */
#ifndef CORE_JIT_PAGES_H
#define CORE_JIT_PAGES_H

#include "core/jit/jit.h"

#include <stdbool.h>
#include <stdint.h>

struct jit_code;

enum {
    JIT_LINE_BITS = 6,
    JIT_PAGE_MASK = SPACE_PAGE_SIZE - 1,
    JIT_PAGE_STARTS = SPACE_PAGE_SIZE / 2, /* places of two bytes */
};

/* Which place of its page a pc is. */
static inline unsigned jit_place(uint64_t pc)
{
    return (unsigned)(pc & JIT_PAGE_MASK) / 2;
}

/* One page of RAM or ROM from which code was fetched. Lives as long as the engine: its number may
 * be in any exec table. */
struct jit_page {
    const uint8_t *host;
    uint32_t number; /* index in the engine's array, from 1 */
    uint64_t
        lines; /* which of its 64-byte lines some translation was made from, or was until lately */
    uint64_t starts[JIT_PAGE_STARTS / 64]; /* places that may have entries */
    struct jit_code *codes;                /* translations that read this page (jit_code.page) */
    struct jit_page *next;                 /* in the hash chain */
};

enum { JIT_PAGES_FILTER = 1 << 16 };

/* All pages, by host address and by number. */
struct jit_pages {
    struct jit_page **array; /* [number]; [0] is NULL */
    uint32_t count, cap;
    struct jit_page **buckets;
    uint32_t bucket_mask;
    uint64_t filter[JIT_PAGES_FILTER / 64]; /* by the low bits of page numbers: may be among them */
};

void jit_pages_init(struct jit_pages *pages);
void jit_pages_free(struct jit_pages *pages);
/* The page at this host address (page-aligned), NULL if no code was ever fetched there. */
struct jit_page *jit_pages_find(const struct jit_pages *pages, const uint8_t *host);
struct jit_page *jit_pages_get(struct jit_pages *pages, const uint8_t *host);

/* Whether stores to this page have to be looked at. */
bool jit_page_has_code(const struct jit *jit, const uint8_t *host_page);

#endif
