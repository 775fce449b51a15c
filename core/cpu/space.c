#include "core/cpu/space.h"

#include "core/base/check.h"
#include "core/cpu/cpu.h"
#include "core/cpu/space_part.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SPACE_HOT_BITS = 6,
    SPACE_WINDOWS = 8,
    /* The border moves in steps of so many bytes of guest addresses (at least what one host page of
     * the table of code pages covers). */
    SPACE_STEP_BITS = 24,
    SPACE_WRITTEN_BITS = 20,
    /* After so many pages a space gives its memory back before it is used anew: processes differ in
     * where they have theirs. */
    SPACE_KEPT = 1 << 15,
};

/* Global pages of all spaces whose keys are equal but for the shared bits. */
struct space_window {
    struct space_part part; /* from the cache's border up */
    uint64_t key;           /* without the shared bits */
    int fd;                 /* memory of the tables */
    uint64_t stamp;         /* of the last selection of one of its spaces; 0: never used */
};

struct space {
    uint64_t key;
    /* Its own pages, below the border; from there on, the memory of `window` is mapped into the
     * tables. */
    struct space_part part;
    struct space_window *window; /* NULL: none yet */
    uint64_t stamp;              /* of the last selection; 0: never used */
};

/* Where a host page is entered writable: at one guest page, perhaps in many tables,
 * or at several. */
struct space_written {
    uint32_t owner; /* which of the host pages that share this place; 0: none */
    uint32_t page;  /* guest page number */
};
#define SPACE_WRITTEN_SHARED UINT32_MAX /* owner: more than one */
#define SPACE_WRITTEN_MANY   UINT32_MAX /* page: more than one */

struct space_cache {
    struct space *spaces;
    unsigned count;
    uint64_t filled; /* by number of space: its part may have pages */
    struct space_window windows[SPACE_WINDOWS];
    struct space *hot[1 << SPACE_HOT_BITS]; /* by hash of the key: where it probably is */
    struct space *current;
    uint32_t border; /* all pages that are not global are below; SPACE_ENTRIES: nothing is shared */
    uint64_t shared_bits; /* of keys: space_share() */
    uint64_t user_key;    /* of the current selection */
    struct space *user;   /* NULL until an unprivileged access needs it */
    uint64_t clock;
    uint64_t epoch;
    struct space_written *written; /* by the low bits of the host page number */
};

/* ---- windows --------------------------------------------------------------------------------- */

static void space_map_at(void *at, size_t size, int fd, size_t offset)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    if (size) {
        void *memory = mmap(at, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, (off_t)offset);
        CHECK(memory == at);
    }
}

/* Maps the memory of `fd`, or new memory, into the tables of a space for pages first ..
 * last - 1. */
static void space_map_pages(struct space *space, uint32_t first, uint32_t last, int fd)
{
    space_map_at(space->part.table + first, (last - first) * sizeof(uint64_t), fd,
                 first * sizeof(uint64_t));
    space_map_at(space->part.exec + first, (last - first) * sizeof(uint32_t), fd,
                 SPACE_DATA_BYTES + first * sizeof(uint32_t));
}

static void space_forget(struct space_cache *cache, struct space *space)
{
    space_part_clear(&space->part);
    space->stamp = 0;
    space->window = NULL;
    memset(cache->hot, 0, sizeof(cache->hot));
}

/* One that may be taken for another key: the current space keeps its own. */
static struct space_window *window_oldest(struct space_cache *cache)
{
    struct space_window *oldest = NULL;
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        struct space_window *window = &cache->windows[i];
        bool needed = cache->current && cache->current->window == window;
        if (!needed && (!oldest || window->stamp < oldest->stamp)) {
            oldest = window;
        }
    }
    return oldest;
}

static struct space_window *window_find(struct space_cache *cache, uint64_t key)
{
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        struct space_window *window = &cache->windows[i];
        if (window->stamp && window->key == key) {
            return window;
        }
    }
    struct space_window *window = window_oldest(cache);
    if (window->part.table) {
        for (unsigned i = 0; i < cache->count; i++) {
            if (cache->spaces[i].window == window) {
                space_forget(cache, &cache->spaces[i]);
            }
        }
        space_part_clear(&window->part);
    } else {
        window->fd = memfd_create("ibird-tlb", MFD_CLOEXEC);
        CHECK(window->fd >= 0 && !ftruncate(window->fd, SPACE_TABLE_BYTES));
        space_part_create(&window->part, window->fd);
    }
    window->key = key;
    return window;
}

static void space_bind(struct space_cache *cache, struct space *space)
{
    if (cache->border < SPACE_ENTRIES) {
        space->window = window_find(cache, space->key & ~cache->shared_bits);
        space->window->stamp = ++cache->clock;
        space_map_pages(space, cache->border, SPACE_ENTRIES, space->window->fd);
    }
}

/* Gives up all that is shared, and what is the spaces' own from page `border` on. */
static void space_move_border(struct space_cache *cache, uint32_t border)
{
    uint32_t old = cache->border;
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        if (cache->windows[i].part.table) {
            space_part_clear(&cache->windows[i].part);
            cache->windows[i].stamp = 0;
        }
    }
    cache->border = border;
    for (unsigned i = 0; i < cache->count; i++) {
        struct space *space = &cache->spaces[i];
        if (border < old) {
            space_part_clear(&space->part);
        }
        if (space->part.table && border > old) {
            space_map_pages(space, old, border, -1);
        }
        space->window = NULL;
    }
    memset(cache->hot, 0, sizeof(cache->hot));
    cache->user = NULL;
    cache->epoch++;
    space_bind(cache, cache->current);
}

/* A page that is not global was found beyond the border. */
static void space_raise_border(struct space_cache *cache, uint32_t page)
{
    const uint32_t step = 1 << (SPACE_STEP_BITS - SPACE_PAGE_BITS);
    space_move_border(cache, (page / step + 1) * step);
}

void space_share(struct cpu *cpu, uint64_t bits)
{
    struct space_cache *cache = cpu->spaces;
    if (cache->shared_bits == bits) {
        return;
    }
    uint32_t border = cache->shared_bits ? cache->border : 0;
    cache->shared_bits = bits;
    space_move_border(cache, bits ? border : SPACE_ENTRIES);
}

/* ---- choosing a space ------------------------------------------------------------------------ */

/* The live space of `key`, NULL if there is none. */
static struct space *space_search(struct space_cache *cache, uint64_t key)
{
    for (unsigned i = 0; i < cache->count; i++) {
        if (cache->spaces[i].stamp && cache->spaces[i].key == key) {
            return &cache->spaces[i];
        }
    }
    return NULL;
}

/* A space to be given to `key`: the least recently used one, but for `keep`. If all are in use and
 * enough have the key's window already, one of these, which saves mapping its memory. */
static struct space *space_oldest(struct space_cache *cache, uint64_t key, const struct space *keep)
{
    struct space *oldest = NULL, *kin = NULL;
    unsigned kin_count = 0;
    for (unsigned i = 0; i < cache->count; i++) {
        struct space *space = &cache->spaces[i];
        if (space == keep) {
            continue;
        }
        if (!oldest || space->stamp < oldest->stamp) {
            oldest = space;
        }
        if (space->window && space->window->key == (key & ~cache->shared_bits)) {
            kin_count++;
            kin = !kin || space->stamp < kin->stamp ? space : kin;
        }
    }
    return oldest->stamp && kin && kin_count >= cache->count / 4 ? kin : oldest;
}

/* The table of `key`, cleared for it if the key was not alive. `keep` is not to be taken away. */
static struct space *space_find(struct space_cache *cache, uint64_t key, const struct space *keep)
{
    struct space **hot = &cache->hot[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SPACE_HOT_BITS)];
    if (*hot && (*hot)->key == key) {
        (*hot)->stamp = ++cache->clock;
        return *hot;
    }
    struct space *space = space_search(cache, key);
    if (!space) {
        space = space_oldest(cache, key, keep);
        if (space->part.table) {
            space_part_clear(&space->part);
            if (space->part.noted > SPACE_KEPT) {
                space_part_give_back(&space->part, cache->border);
            }
        } else {
            space_part_create(&space->part, -1);
        }
        if (space->window && space->window->key != (key & ~cache->shared_bits)) {
            space->window = NULL;
        }
        space->key = key;
    }
    space->stamp = ++cache->clock;
    if (!space->window) {
        space_bind(cache, space);
    }
    return *hot = space;
}

struct space_cache *space_cache_create(struct cpu *cpu, unsigned tables)
{
    CHECK(tables >= 2 && tables <= 64);
    struct space_cache *cache = calloc(1, sizeof(*cache));
    CHECK(cache);
    cache->spaces = calloc(tables, sizeof(*cache->spaces));
    cache->written = calloc((size_t)1 << SPACE_WRITTEN_BITS, sizeof(*cache->written));
    CHECK(cache->spaces && cache->written);
    cache->count = tables;
    cache->border = SPACE_ENTRIES;
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
        space_part_destroy(&cache->spaces[i].part);
    }
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        if (cache->windows[i].part.table) {
            space_part_destroy(&cache->windows[i].part);
            close(cache->windows[i].fd);
        }
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
    cpu->table = cache->current->part.table;
    cpu->exec = cache->current->part.exec;
}

/* ---- maintenance ----------------------------------------------------------------------------- */

/* The next space that has pages of its own and a key with (key & mask) == value, behind those that
 * are no longer in *filled; NULL: no more. */
static struct space *space_next(struct space_cache *cache, uint64_t *filled, uint64_t mask,
                                uint64_t value)
{
    for (; *filled; *filled &= *filled - 1) {
        struct space *space = &cache->spaces[__builtin_ctzll(*filled)];
        if (!space->part.count) {
            cache->filled &= ~(*filled & -*filled);
        } else if ((space->key & mask) == value) {
            *filled &= *filled - 1;
            return space;
        }
    }
    return NULL;
}

static bool window_matches(const struct space_cache *cache, const struct space_window *window,
                           uint64_t mask, uint64_t value)
{
    return window->part.count && (window->key & mask) == (value & ~cache->shared_bits);
}

void space_flush_private(struct cpu *cpu, uint64_t mask, uint64_t value)
{
    struct space_cache *cache = cpu->spaces;
    uint64_t filled = cache->filled;
    for (struct space *space; (space = space_next(cache, &filled, mask, value));) {
        space_part_clear(&space->part);
    }
    cache->epoch++;
}

void space_flush(struct cpu *cpu, uint64_t mask, uint64_t value)
{
    struct space_cache *cache = cpu->spaces;
    space_flush_private(cpu, mask, value);
    mask &= ~cache->shared_bits;
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        if (window_matches(cache, &cache->windows[i], mask, value)) {
            space_part_clear(&cache->windows[i].part);
        }
    }
}

static void space_renew_part(struct cpu *cpu, struct space_part *part, bool alike)
{
    if (alike) {
        space_part_check(part, cpu);
    } else {
        space_part_clear(part);
    }
}

void space_renew(struct cpu *cpu, uint64_t mask, uint64_t value, uint64_t alike)
{
    struct space_cache *cache = cpu->spaces;
    uint64_t now = cache->current->key, filled = cache->filled;
    for (struct space *space; (space = space_next(cache, &filled, mask, value));) {
        space_renew_part(cpu, &space->part, !((space->key ^ now) & alike));
    }
    mask &= ~cache->shared_bits;
    alike &= ~cache->shared_bits;
    for (unsigned i = 0; i < SPACE_WINDOWS; i++) {
        struct space_window *window = &cache->windows[i];
        if (window_matches(cache, window, mask, value)) {
            space_renew_part(cpu, &window->part, !((window->key ^ now) & alike));
        }
    }
    cache->epoch++;
}

static void space_drop_pages(struct space_part *part, uint32_t first, uint32_t last)
{
    for (uint32_t page = first; page < last; page++) {
        space_part_drop(part, page);
    }
}

static uint32_t space_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
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
    uint32_t last = first + (UINT32_C(1) << (page_bits - SPACE_PAGE_BITS));
    uint32_t own_last = space_least(last, cache->border);
    uint64_t filled = first < own_last ? cache->filled : 0;
    for (struct space *space; (space = space_next(cache, &filled, mask, value));) {
        space_drop_pages(&space->part, first, own_last);
    }
    first = first > cache->border ? first : cache->border;
    mask &= ~cache->shared_bits;
    for (unsigned i = 0; i < SPACE_WINDOWS && first < last; i++) {
        if (window_matches(cache, &cache->windows[i], mask, value)) {
            space_drop_pages(&cache->windows[i].part, first, last);
        }
    }
}

/* ---- stores to code -------------------------------------------------------------------------- */

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

void space_protect(struct cpu *cpu, const uint8_t *host_page)
{
    struct space_cache *cache = cpu->spaces;
    uint32_t owner;
    struct space_written *written = space_written_at(cache, host_page, &owner);
    if (written->owner != owner && written->owner != SPACE_WRITTEN_SHARED) {
        return; /* no table lets stores through to it */
    }
    for (unsigned i = 0; i < cache->count + SPACE_WINDOWS; i++) {
        bool own = i < cache->count;
        struct space_part *part =
            own ? &cache->spaces[i].part : &cache->windows[i - cache->count].part;
        if (part->count && written->page == SPACE_WRITTEN_MANY) {
            space_part_protect(part, host_page);
        } else if (part->count && own == (written->page < cache->border)) {
            space_part_protect_at(part, written->page, host_page);
        }
    }
    if (written->owner == owner) {
        *written = (struct space_written){0};
    }
}

/* ---- entering pages -------------------------------------------------------------------------- */

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
    return space_which_one(cpu, which)->part.table[address >> SPACE_PAGE_BITS];
}

/* Where entries of the page go, ready to be written. */
static struct space_part *space_part_for(struct cpu *cpu, enum space_which which, uint32_t page,
                                         const struct cpu_mapping *mapping)
{
    struct space_cache *cache = cpu->spaces;
    if (!mapping->global && page >= cache->border) {
        space_raise_border(cache, page);
    }
    struct space *space = space_which_one(cpu, which);
    struct space_part *part = page < cache->border ? &space->part : &space->window->part;
    cache->filled |= UINT64_C(1) << (space - cache->spaces);
    space_part_note(part, page, mapping->tag);
    return part;
}

void space_fill(struct cpu *cpu, enum space_which which, uint64_t address,
                const struct cpu_mapping *mapping, uint8_t *host_page, bool write)
{
    if (address >> 32) {
        return;
    }
    uint32_t page = (uint32_t)(address >> SPACE_PAGE_BITS);
    uint64_t base = (uint64_t)page << SPACE_PAGE_BITS;
    uint64_t addend = (uint64_t)(uintptr_t)host_page - base;
    CHECK(!(addend >> 62) && !(addend & 3));
    space_part_for(cpu, which, page, mapping)->table[page] =
        addend >> 2 | SPACE_READ | (write ? SPACE_WRITE : 0);
    if (write) {
        space_note_written(cpu->spaces, host_page, page);
    }
}

void space_fill_exec(struct cpu *cpu, uint64_t address, const struct cpu_mapping *mapping,
                     uint32_t page_number)
{
    if (address >> 32) {
        return;
    }
    uint32_t page = (uint32_t)(address >> SPACE_PAGE_BITS);
    space_part_for(cpu, SPACE_CURRENT, page, mapping)->exec[page] = page_number;
}

uint64_t space_epoch(const struct cpu *cpu)
{
    return cpu->spaces->epoch;
}
