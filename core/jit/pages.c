#include "core/jit/pages.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/mem.h"

#include <stdlib.h>

enum { JIT_PAGES_FIRST_BUCKETS = 1024 };

void jit_pages_init(struct jit_pages *pages)
{
    pages->cap = JIT_PAGES_FIRST_BUCKETS;
    pages->array = calloc(pages->cap, sizeof(struct jit_page *));
    pages->count = 1;
    pages->buckets = calloc(JIT_PAGES_FIRST_BUCKETS, sizeof(struct jit_page *));
    pages->bucket_mask = JIT_PAGES_FIRST_BUCKETS - 1;
    CHECK(pages->array && pages->buckets);
}

void jit_pages_free(struct jit_pages *pages)
{
    for (uint32_t i = 1; i < pages->count; i++) {
        free(pages->array[i]);
    }
    free(pages->array);
    free(pages->buckets);
}

static uint32_t jit_pages_hash(const struct jit_pages *pages, const uint8_t *host)
{
    uint64_t page = (uintptr_t)host >> SPACE_PAGE_BITS;
    return (uint32_t)(page * UINT64_C(0x9e3779b97f4a7c15) >> 32) & pages->bucket_mask;
}

/* Its bit in the filter, which spares most pages without code the search: RAM is large, and its
 * pages are not in the caches. */
static unsigned jit_pages_bit(const uint8_t *host)
{
    return (unsigned)((uintptr_t)host >> SPACE_PAGE_BITS) % JIT_PAGES_FILTER;
}

struct jit_page *jit_pages_find(const struct jit_pages *pages, const uint8_t *host)
{
    if (!bits_has(pages->filter, jit_pages_bit(host))) {
        return NULL;
    }
    struct jit_page *page = pages->buckets[jit_pages_hash(pages, host)];
    while (page && page->host != host) {
        page = page->next;
    }
    return page;
}

/* Doubles array and hash together; both are as large as the number of pages. */
static void jit_pages_grow(struct jit_pages *pages)
{
    pages->cap *= 2;
    pages->array = mem_resize(pages->array, pages->cap * sizeof(struct jit_page *));
    free(pages->buckets);
    pages->buckets = calloc(pages->cap, sizeof(struct jit_page *));
    CHECK(pages->buckets);
    pages->bucket_mask = pages->cap - 1;
    for (uint32_t i = 1; i < pages->count; i++) {
        struct jit_page **bucket = &pages->buckets[jit_pages_hash(pages, pages->array[i]->host)];
        pages->array[i]->next = *bucket;
        *bucket = pages->array[i];
    }
}

struct jit_page *jit_pages_get(struct jit_pages *pages, const uint8_t *host)
{
    struct jit_page *page = jit_pages_find(pages, host);
    if (page) {
        return page;
    }
    if (pages->count == pages->cap) {
        jit_pages_grow(pages);
    }
    page = calloc(1, sizeof(*page));
    CHECK(page);
    struct jit_page **bucket = &pages->buckets[jit_pages_hash(pages, host)];
    *page = (struct jit_page){.host = host, .number = pages->count, .next = *bucket};
    pages->array[pages->count++] = page;
    *bucket = page;
    bits_add(pages->filter, jit_pages_bit(host));
    return page;
}
