#include "core/jit/codes.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/jit/sample.h"

#include <stdlib.h>
#include <string.h>

static uint32_t codes_hash(const struct jit *jit, const struct jit_page *page, uint64_t pc,
                           uint32_t mode)
{
    uint64_t key = (uint64_t)page->number << 36 ^ (uint64_t)mode << 20 ^ pc;
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - jit->entry_bits));
}

static bool codes_serves(const struct jit_entry *entry, uint32_t lazy)
{
    return entry->lazy == JIT_ANY_LAZY || entry->lazy == lazy;
}

struct jit_entry *jit_codes_find(struct jit *jit, const struct jit_page *page, uint64_t pc,
                                 uint32_t mode, struct jit_entry **alias)
{
    *alias = NULL;
    if (!bits_has(page->starts, jit_place(pc))) {
        return NULL; /* mostly so while translating, where the tables are not in the caches */
    }
    uint32_t lazy = mode & jit->config.guest->lazy_mode;
    mode ^= lazy;
    struct jit_entry *entry = jit->entries[codes_hash(jit, page, pc, mode)];
    for (; entry; entry = entry->next) {
        if (entry->pc == pc && entry->page == page->number && entry->mode == mode &&
            codes_serves(entry, lazy)) {
            return entry;
        }
    }
    entry = jit->aliases[codes_hash(jit, page, pc & JIT_PAGE_MASK, mode)];
    for (; entry; entry = entry->alias_next) {
        if (!((entry->pc ^ pc) & JIT_PAGE_MASK) && entry->page == page->number &&
            entry->mode == mode && codes_serves(entry, lazy) && !entry->code->page[1]) {
            break;
        }
    }
    *alias = entry;
    return NULL;
}

/* The buckets are cache misses: several on their way at a time cost little more than one. */
static void codes_prefetch(const struct jit *jit, const struct jit_entry *entry)
{
    const struct jit_page *page = entry->code->page[0];
    uint32_t mode = entry->code->mode;
    __builtin_prefetch(&jit->entries[codes_hash(jit, page, entry->pc, mode)], 1);
    __builtin_prefetch(&jit->aliases[codes_hash(jit, page, entry->pc & JIT_PAGE_MASK, mode)], 1);
}

static void codes_add_entry(struct jit *jit, struct jit_entry *entry)
{
    const struct jit_code *code = entry->code;
    bits_add(code->page[0]->starts, jit_place(entry->pc));
    entry->page = code->page[0]->number;
    entry->mode = code->mode;
    entry->lazy = code->lazy;
    struct jit_entry **bucket =
        &jit->entries[codes_hash(jit, code->page[0], entry->pc, code->mode)];
    entry->next = *bucket;
    entry->link = bucket;
    if (entry->next) {
        entry->next->link = &entry->next;
    }
    *bucket = entry;

    bucket = &jit->aliases[codes_hash(jit, code->page[0], entry->pc & JIT_PAGE_MASK, code->mode)];
    entry->alias_next = *bucket;
    entry->alias_link = bucket;
    if (entry->alias_next) {
        entry->alias_next->alias_link = &entry->alias_next;
    }
    *bucket = entry;
}

static void codes_remove_entry(struct jit *jit, struct jit_entry *entry)
{
    *entry->link = entry->next;
    if (entry->next) {
        entry->next->link = entry->link;
    }
    *entry->alias_link = entry->alias_next;
    if (entry->alias_next) {
        entry->alias_next->alias_link = entry->alias_link;
    }
    jit_jumps_remove(&jit->jumps, entry);
}

static uint32_t codes_chunk_hash(uintptr_t chunk)
{
    return (uint32_t)chunk & (JIT_CHUNK_BUCKETS - 1);
}

struct jit_code *jit_codes_at(const struct jit *jit, const uint8_t *address)
{
    uintptr_t chunk = (uintptr_t)address >> JIT_CHUNK_BITS;
    uintptr_t lowest = ((uintptr_t)address - jit->max_code_size) >> JIT_CHUNK_BITS;
    for (; chunk >= lowest; chunk--) {
        struct jit_code *code = jit->chunks[codes_chunk_hash(chunk)];
        for (; code; code = code->chunk_next) {
            if (address >= code->host.start && address - code->host.start < code->host.size) {
                return code;
            }
        }
    }
    return NULL;
}

static void codes_add_exits(struct jit *jit, struct jit_code *code)
{
    for (uint32_t i = 0; i < code->host.exit_count; i++) {
        uint32_t id = code->host.exits[i].id;
        if (id >= jit->exit_cap) {
            uint32_t cap = jit->exit_cap ? jit->exit_cap : 4096;
            while (cap <= id) {
                cap *= 2;
            }
            jit->exit_owner = mem_resize(jit->exit_owner, cap * sizeof(*jit->exit_owner));
            jit->exit_index = mem_resize(jit->exit_index, cap * sizeof(*jit->exit_index));
            for (uint32_t k = jit->exit_cap; k < cap; k++) {
                jit->exit_owner[k] = NULL;
            }
            jit->exit_cap = cap;
        }
        jit->exit_owner[id] = code;
        jit->exit_index[id] = i;
    }
}

/* On how many pages' lists it is: an instruction may cross from a page into the same page, mapped
 * twice. */
static unsigned codes_page_count(const struct jit_code *code)
{
    return code->page[1] && code->page[1] != code->page[0] ? 2 : 1;
}

void jit_codes_add(struct jit *jit, struct jit_code *code)
{
    for (uint32_t i = 0; i < code->entry_count; i++) {
        codes_prefetch(jit, &code->entries[i]);
    }
    for (uint32_t i = 0; i < code->entry_count; i++) {
        codes_add_entry(jit, &code->entries[i]);
    }
    for (unsigned i = 0; i < codes_page_count(code); i++) {
        struct jit_page *page = code->page[i];
        if (!page->lines) {
            for (unsigned c = 0; c < jit->cpu_count; c++) {
                space_protect(jit->cpus[c], page->host);
            }
        }
        page->lines |= code->lines[i];
        code->page_next[i] = page->codes;
        code->page_link[i] = &page->codes;
        if (page->codes) {
            struct jit_code *first = page->codes;
            first->page_link[first->page[0] != page] = &code->page_next[i];
        }
        page->codes = code;
    }
    if (code->host.start) {
        struct jit_code **chunk =
            &jit->chunks[codes_chunk_hash((uintptr_t)code->host.start >> JIT_CHUNK_BITS)];
        code->chunk_next = *chunk;
        *chunk = code;
        if (code->host.size > jit->max_code_size) {
            jit->max_code_size = code->host.size;
        }
        codes_add_exits(jit, code);
        jit_announce(jit, code);
    }
    code->older = jit->newest;
    code->newer = NULL;
    *(jit->newest ? &jit->newest->newer : &jit->oldest) = code;
    jit->newest = code;
}

static void codes_remove_from_pages(struct jit_code *code)
{
    for (unsigned i = 0; i < codes_page_count(code); i++) {
        struct jit_code *next = code->page_next[i];
        *code->page_link[i] = next;
        /* A translation may be on one page's list as its first or its second page. */
        if (next) {
            next->page_link[next->page[0] != code->page[i]] = code->page_link[i];
        }
        if (!code->page[i]->codes) {
            code->page[i]->lines = 0;
            memset(code->page[i]->starts, 0, sizeof(code->page[i]->starts));
        }
    }
}

static void codes_unlink(struct jit *jit, struct jit_link *link)
{
    struct jit_code *from = link->from;
    jit->config.host->unlink(jit->host, &from->host, &from->host.exits[link - from->links]);
    *link->link = link->next;
    if (link->next) {
        link->next->link = link->link;
    }
    link->to = NULL;
}

void jit_codes_drop(struct jit *jit, struct jit_code *code)
{
    CHECK(!code->dead);
    code->dead = true;
    for (uint32_t i = 0; i < code->entry_count; i++) {
        codes_remove_entry(jit, &code->entries[i]);
    }
    codes_remove_from_pages(code);
    while (code->incoming) {
        codes_unlink(jit, code->incoming);
    }
    for (uint32_t i = 0; i < code->host.exit_count; i++) {
        if (code->links[i].to) {
            codes_unlink(jit, &code->links[i]);
        }
    }
    *(code->newer ? &code->newer->older : &jit->newest) = code->older;
    *(code->older ? &code->older->newer : &jit->oldest) = code->newer;
    code->older = jit->dying;
    jit->dying = code;
    jit->stats.invalidations++;
}

static void codes_free(struct jit *jit, struct jit_code *code)
{
    if (code->host.start) {
        struct jit_code **at =
            &jit->chunks[codes_chunk_hash((uintptr_t)code->host.start >> JIT_CHUNK_BITS)];
        while (*at != code) {
            at = &(*at)->chunk_next;
        }
        *at = code->chunk_next;
        for (uint32_t i = 0; i < code->host.exit_count; i++) {
            jit->exit_owner[code->host.exits[i].id] = NULL;
        }
        jit->config.host->release(jit->host, &code->host);
    }
    if (code->ir) {
        ir_region_free(code->ir);
        free(code->ir);
    }
    pool_free(&jit->pool, code, code->bytes);
}

void jit_codes_bury(struct jit *jit)
{
    while (jit->dying) {
        struct jit_code *code = jit->dying;
        jit->dying = code->older;
        codes_free(jit, code);
    }
}

void jit_codes_evict(struct jit *jit, size_t bytes)
{
    size_t freed = 0;
    while (jit->oldest && freed < bytes) {
        freed += jit->oldest->host.size;
        jit->stats.evictions++;
        jit->stats.invalidations--; /* counted as an eviction instead */
        jit_codes_drop(jit, jit->oldest);
    }
    jit_codes_bury(jit);
}

void jit_codes_link(struct jit *jit, struct jit_code *from, uint32_t exit,
                    const struct jit_entry *entry)
{
    struct jit_link *link = &from->links[exit];
    if (link->to) {
        codes_unlink(jit, link);
    }
    struct jit_code *to = entry->code;
    jit->config.host->link(jit->host, &from->host, &from->host.exits[exit], entry->host,
                           to->page[0]->number);
    *link = (struct jit_link){.from = from, .to = to, .next = to->incoming, .link = &to->incoming};
    if (link->next) {
        link->next->link = &link->next;
    }
    to->incoming = link;
}
