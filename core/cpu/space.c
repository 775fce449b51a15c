#include "core/cpu/space.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/cpu/cpu.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    /* A table whose list of filled pages outgrows this is cleared instead of growing on: pages that
     * are flushed and filled again and again would lengthen the list without end. */
    SPACE_MAX_FILLED = 1 << 17,
    SPACE_WRITTEN_BITS = 20,
    SPACE_DATA_BYTES = SPACE_ENTRIES * 8,
    SPACE_EXEC_BYTES = SPACE_ENTRIES * 4,
    SPACE_GLOBAL_BYTES = SPACE_ENTRIES / 8,
    SPACE_BYTES = SPACE_DATA_BYTES + SPACE_EXEC_BYTES + SPACE_GLOBAL_BYTES,
    SPACE_HOT_BITS = 6,
};

struct space {
    uint64_t key;
    uint64_t *table; /* NULL until first used */
    uint32_t *exec;
    uint8_t *global;  /* one bit a page: its mapping is global */
    uint32_t *filled; /* virtual page numbers that may have entries */
    uint32_t filled_count, filled_cap;
    uint64_t stamp; /* of the last selection; 0: never used */
};

/* Where a host page is entered writable: at one guest page, perhaps in many tables, or at several.
 */
struct space_written {
    uint32_t owner; /* which of the host pages that share this place; 0: none */
    uint32_t page;  /* guest page number */
};
#define SPACE_WRITTEN_SHARED UINT32_MAX /* owner: more than one */
#define SPACE_WRITTEN_MANY   UINT32_MAX /* page: more than one */

struct space_cache {
    struct space *spaces;
    unsigned count;
    struct space *hot[1 << SPACE_HOT_BITS]; /* by hash of the key: where it probably is */
    struct space *current;
    uint64_t shared_bits; /* of keys: space_share() */
    uint64_t user_key;    /* of the current selection */
    struct space *user;   /* NULL until an unprivileged access needs it */
    uint64_t clock;
    uint64_t epoch;
    struct space_written *written; /* by the low bits of the host page number */
};

static bool space_is_global(const struct space *space, uint32_t page)
{
    return space->global[page / 8] >> page % 8 & 1;
}

static void space_set_global(struct space *space, uint32_t page, bool global)
{
    uint8_t bit = (uint8_t)(1 << page % 8);
    if (global != space_is_global(space, page)) {
        space->global[page / 8] ^= bit;
    }
}

static void space_clear(struct space *space)
{
    for (uint32_t i = 0; i < space->filled_count; i++) {
        space->table[space->filled[i]] = 0;
        space->exec[space->filled[i]] = 0;
    }
    space->filled_count = 0;
}

static void space_allocate(struct space *space)
{
    /* Untouched pages of the tables cost nothing: only address space is taken here. */
    uint8_t *memory = mmap(NULL, SPACE_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    space->table = (uint64_t *)memory;
    space->exec = (uint32_t *)(memory + SPACE_DATA_BYTES);
    space->global = memory + SPACE_DATA_BYTES + SPACE_EXEC_BYTES;
}

static void space_clear_private(struct space *space)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < space->filled_count; i++) {
        uint32_t page = space->filled[i];
        if (space_is_global(space, page)) {
            space->filled[kept++] = page;
        } else {
            space->table[page] = 0;
            space->exec[page] = 0;
        }
    }
    space->filled_count = kept;
}

static void space_append_filled(struct space *space, uint32_t page)
{
    if (space->filled_count == space->filled_cap) {
        space->filled_cap = space->filled_cap ? space->filled_cap * 2 : 256;
        space->filled = mem_resize(space->filled, space->filled_cap * sizeof(*space->filled));
    }
    space->filled[space->filled_count++] = page;
}

/* Gives a new, empty space the global pages of its kin that was used last. */
static void space_inherit(struct space_cache *cache, struct space *space)
{
    const struct space *donor = NULL;
    for (unsigned i = 0; i < cache->count; i++) {
        const struct space *kin = &cache->spaces[i];
        if (kin != space && kin->stamp && !((kin->key ^ space->key) & ~cache->shared_bits) &&
            (!donor || kin->stamp > donor->stamp)) {
            donor = kin;
        }
    }
    for (uint32_t i = 0; donor && i < donor->filled_count; i++) {
        uint32_t page = donor->filled[i];
        if (space_is_global(donor, page) && (donor->table[page] || donor->exec[page])) {
            space_append_filled(space, page);
            space->table[page] = donor->table[page];
            space->exec[page] = donor->exec[page];
            space_set_global(space, page, true);
        }
    }
}

/* The table of `key`, cleared for it if the key was not alive. `keep` is not to be taken away. */
static struct space *space_find(struct space_cache *cache, uint64_t key, const struct space *keep)
{
    struct space **hot = &cache->hot[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SPACE_HOT_BITS)];
    if (*hot && (*hot)->key == key) {
        (*hot)->stamp = ++cache->clock;
        return *hot;
    }
    struct space *oldest = NULL;
    for (unsigned i = 0; i < cache->count; i++) {
        struct space *space = &cache->spaces[i];
        if (space->stamp && space->key == key) {
            space->stamp = ++cache->clock;
            return *hot = space;
        }
        if (space != keep && (!oldest || space->stamp < oldest->stamp)) {
            oldest = space;
        }
    }
    if (oldest->table) {
        space_clear(oldest);
    } else {
        space_allocate(oldest);
    }
    oldest->key = key;
    oldest->stamp = ++cache->clock;
    if (cache->shared_bits) {
        space_inherit(cache, oldest);
    }
    return *hot = oldest;
}

struct space_cache *space_cache_create(struct cpu *cpu, unsigned tables)
{
    CHECK(tables >= 2);
    struct space_cache *cache = calloc(1, sizeof(*cache));
    CHECK(cache);
    cache->spaces = calloc(tables, sizeof(*cache->spaces));
    cache->written = calloc((size_t)1 << SPACE_WRITTEN_BITS, sizeof(*cache->written));
    CHECK(cache->spaces && cache->written);
    cache->count = tables;
    cpu->spaces = cache;
    space_select(cpu, 0, 0);
    return cache;
}

void space_cache_destroy(struct space_cache *cache)
{
    if (!cache) {
        return;
    }
    for (unsigned i = 0; i < cache->count; i++) {
        if (cache->spaces[i].table) {
            munmap(cache->spaces[i].table, SPACE_BYTES);
        }
        free(cache->spaces[i].filled);
    }
    free(cache->spaces);
    free(cache->written);
    free(cache);
}

void space_select(struct cpu *cpu, uint64_t key, uint64_t user_key)
{
    struct space_cache *cache = cpu->spaces;
    if (!cache) {
        return; /* not attached to an engine yet, which will ask for a reset */
    }
    if (cache->current && cache->current->key == key && cache->user_key == user_key) {
        return;
    }
    cache->user = NULL;
    cache->user_key = user_key;
    if (!cache->current || cache->current->key != key) {
        cache->current = space_find(cache, key, NULL);
    }
    cache->epoch++;
    cpu->table = cache->current->table;
    cpu->exec = cache->current->exec;
}

void space_flush(struct cpu *cpu, uint64_t mask, uint64_t value)
{
    struct space_cache *cache = cpu->spaces;
    for (unsigned i = 0; i < cache->count; i++) {
        if (cache->spaces[i].stamp && (cache->spaces[i].key & mask) == value) {
            space_clear(&cache->spaces[i]);
        }
    }
    cache->epoch++;
}

void space_flush_private(struct cpu *cpu, uint64_t mask, uint64_t value)
{
    struct space_cache *cache = cpu->spaces;
    for (unsigned i = 0; i < cache->count; i++) {
        if (cache->spaces[i].stamp && (cache->spaces[i].key & mask) == value) {
            space_clear_private(&cache->spaces[i]);
        }
    }
    cache->epoch++;
}

void space_share(struct cpu *cpu, uint64_t bits)
{
    cpu->spaces->shared_bits = bits;
}

void space_flush_page(struct cpu *cpu, uint64_t mask, uint64_t value, uint64_t address,
                      unsigned page_bits)
{
    struct space_cache *cache = cpu->spaces;
    cache->epoch++;
    if (address >> 32) {
        return;
    }
    CHECK(page_bits >= SPACE_PAGE_BITS);
    if (page_bits >= 32) {
        space_flush(cpu, mask, value);
        return;
    }
    uint32_t first = (uint32_t)(address >> page_bits << page_bits >> SPACE_PAGE_BITS);
    uint32_t count = UINT32_C(1) << (page_bits - SPACE_PAGE_BITS);
    for (unsigned i = 0; i < cache->count; i++) {
        struct space *space = &cache->spaces[i];
        if (!space->stamp || !space->filled_count || (space->key & mask) != value) {
            continue;
        }
        for (uint32_t page = first; page - first < count; page++) {
            /* Only written where something is: an untouched page of the table stays untouched. */
            if (space->table[page]) {
                space->table[page] = 0;
            }
            if (space->exec[page]) {
                space->exec[page] = 0;
            }
        }
    }
}

static struct space_written *space_written_at(const struct space_cache *cache,
                                              const uint8_t *host_page, uint32_t *owner)
{
    uint64_t number = (uintptr_t)host_page >> SPACE_PAGE_BITS;
    *owner = (uint32_t)(number >> SPACE_WRITTEN_BITS) + 1;
    return &cache->written[number & ((UINT32_C(1) << SPACE_WRITTEN_BITS) - 1)];
}

static void space_note_written(const struct space_cache *cache, const uint8_t *host_page,
                               uint32_t page)
{
    uint32_t owner;
    struct space_written *written = space_written_at(cache, host_page, &owner);
    if (!written->owner) {
        *written = (struct space_written){.owner = owner, .page = page};
    } else if (written->owner != owner) {
        *written = (struct space_written){SPACE_WRITTEN_SHARED, SPACE_WRITTEN_MANY};
    } else if (written->page != page) {
        written->page = SPACE_WRITTEN_MANY;
    }
}

static void space_protect_at(struct space *space, uint64_t page, const uint8_t *host_page)
{
    uint64_t entry = space->table[page];
    if (entry & SPACE_WRITE && space_host(entry, page << SPACE_PAGE_BITS) == host_page) {
        space->table[page] = entry & ~SPACE_WRITE;
    }
}

void space_protect(struct cpu *cpu, const uint8_t *host_page)
{
    const struct space_cache *cache = cpu->spaces;
    uint32_t owner;
    struct space_written *written = space_written_at(cache, host_page, &owner);
    if (written->owner != owner && written->owner != SPACE_WRITTEN_SHARED) {
        return; /* no table lets stores through to it */
    }
    for (unsigned i = 0; i < cache->count; i++) {
        struct space *space = &cache->spaces[i];
        if (written->page != SPACE_WRITTEN_MANY && space->filled_count) {
            space_protect_at(space, written->page, host_page);
        } else {
            for (uint32_t k = 0; k < space->filled_count; k++) {
                space_protect_at(space, space->filled[k], host_page);
            }
        }
    }
    if (written->owner == owner) {
        *written = (struct space_written){0};
    }
}

static struct space *space_which_one(struct cpu *cpu, enum space_which which)
{
    struct space_cache *cache = cpu->spaces;
    if (which == SPACE_CURRENT || cache->user_key == cache->current->key) {
        return cache->current;
    }
    if (!cache->user) {
        cache->user = space_find(cache, cache->user_key, cache->current);
    }
    return cache->user;
}

uint64_t space_entry(struct cpu *cpu, enum space_which which, uint64_t address)
{
    if (address >> 32) {
        return 0;
    }
    return space_which_one(cpu, which)->table[address >> SPACE_PAGE_BITS];
}

static void space_note_filled(struct space *space, uint32_t page)
{
    if (space->table[page] || space->exec[page]) {
        return; /* is in the list */
    }
    if (space->filled_count == SPACE_MAX_FILLED) {
        space_clear(space);
    }
    space_append_filled(space, page);
}

void space_fill(struct cpu *cpu, enum space_which which, uint64_t address, uint8_t *host_page,
                bool write, bool global)
{
    if (address >> 32) {
        return;
    }
    struct space *space = space_which_one(cpu, which);
    uint32_t page = (uint32_t)(address >> SPACE_PAGE_BITS);
    uint64_t base = (uint64_t)page << SPACE_PAGE_BITS;
    space_note_filled(space, page);
    space_set_global(space, page, global);
    uint64_t addend = (uint64_t)(uintptr_t)host_page - base;
    CHECK(!(addend >> 62) && !(addend & 3));
    space->table[page] = addend >> 2 | SPACE_READ | (write ? SPACE_WRITE : 0);
    if (write) {
        space_note_written(cpu->spaces, host_page, page);
    }
}

void space_fill_exec(struct cpu *cpu, uint64_t address, uint32_t page_number, bool global)
{
    if (address >> 32) {
        return;
    }
    struct space *space = cpu->spaces->current;
    uint32_t page = (uint32_t)(address >> SPACE_PAGE_BITS);
    space_note_filled(space, page);
    space_set_global(space, page, global);
    space->exec[page] = page_number;
}

uint64_t space_epoch(const struct cpu *cpu)
{
    return cpu->spaces->epoch;
}
