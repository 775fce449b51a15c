#include "core/bus/bus.h"

#include "core/base/ahead.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BUS_MAX_REGIONS = 256, BUS_PAGE = 4096 };

struct entry {
    struct bus_region region;
    uint8_t *rom; /* what region.host is while reads are direct */
    bool owned;   /* RAM that the bus has mapped */
};

struct bus {
    const struct log *log;
    struct entry entries[BUS_MAX_REGIONS]; /* sorted by base, disjoint */
    unsigned count;
    unsigned last; /* index of the last hit of an access */
    uint64_t generation;
    void (*change)(void *opaque);
    void *change_opaque;
    void (*written)(void *opaque, const uint8_t *host, size_t size);
    void *written_opaque;
    struct ahead ahead; /* of RAM */
};

struct bus *bus_create(const struct log *log)
{
    struct bus *bus = calloc(1, sizeof(*bus));
    CHECK(bus);
    bus->log = log;
    return bus;
}

static void entry_release(struct entry *entry)
{
    if (entry->owned) {
        mem_unmap(entry->region.host, entry->region.size);
    }
}

void bus_destroy(struct bus *bus)
{
    if (!bus) {
        return;
    }
    ahead_end(&bus->ahead);
    for (unsigned i = 0; i < bus->count; i++) {
        entry_release(&bus->entries[i]);
    }
    free(bus);
}

static void changed(struct bus *bus)
{
    bus->generation++;
    bus->last = 0;
    if (bus->change) {
        bus->change(bus->change_opaque);
    }
}

/* Index of the first region that ends above `physical`, or count. */
static unsigned first_above(const struct bus *bus, uint64_t physical)
{
    unsigned low = 0, high = bus->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const struct bus_region *region = &bus->entries[middle].region;
        if (region->base + (region->size - 1) < physical) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool bus_has_room(const struct bus *bus, uint64_t base, uint64_t size)
{
    uint64_t last = base + (size - 1);
    unsigned at = first_above(bus, base);
    return size && last >= base && bus->count < BUS_MAX_REGIONS &&
           (at == bus->count || bus->entries[at].region.base > last);
}

static void insert(struct bus *bus, const struct entry *entry)
{
    const struct bus_region *new = &entry->region;
    CHECK(bus_has_room(bus, new->base, new->size));
    unsigned at = first_above(bus, new->base);
    memmove(&bus->entries[at + 1], &bus->entries[at], (bus->count - at) * sizeof(bus->entries[0]));
    bus->entries[at] = *entry;
    bus->count++;
    changed(bus);
}

uint8_t *bus_add_ram(struct bus *bus, const char *name, uint64_t base, uint64_t size)
{
    CHECK(base % BUS_PAGE == 0 && size % BUS_PAGE == 0);
    uint8_t *host = mem_map(size);
    if (!host) {
        return NULL;
    }
    struct entry entry = {
        .region = {.name = name, .base = base, .size = size, .host = host, .writable = true},
        .owned = true,
    };
    insert(bus, &entry);
    return host;
}

void bus_ram_ahead(struct bus *bus, uint64_t base, uint64_t size)
{
    const struct bus_region *region = bus_find(bus, base);
    if (!region || !region->writable || size > region->size - (base - region->base)) {
        return;
    }
    uint64_t before = (base - region->base) % BUS_PAGE;
    char *memory = (char *)region->host + (base - region->base - before);
    size = (before + size + BUS_PAGE - 1) & -(uint64_t)BUS_PAGE;
    ahead_begin(&bus->ahead, &(struct ahead_step){memory, size, AHEAD_TOUCH}, 1);
}

void bus_add_alias(struct bus *bus, const char *name, uint64_t base, uint64_t size, uint8_t *host,
                   bool writable)
{
    struct entry entry = {
        .region = {.name = name, .base = base, .size = size, .host = host, .writable = writable},
    };
    insert(bus, &entry);
}

void bus_add_mmio(struct bus *bus, const char *name, uint64_t base, uint64_t size,
                  const struct mmio_ops *ops, void *opaque)
{
    struct entry entry = {
        .region = {.name = name, .base = base, .size = size, .ops = ops, .opaque = opaque},
    };
    insert(bus, &entry);
}

void bus_add_rom(struct bus *bus, const char *name, uint64_t base, uint64_t size, uint8_t *host,
                 const struct mmio_ops *ops, void *opaque)
{
    struct entry entry = {
        .region =
            {.name = name, .base = base, .size = size, .host = host, .ops = ops, .opaque = opaque},
        .rom = host,
    };
    insert(bus, &entry);
}

/* The region that begins at `base`; there must be one. */
static struct entry *entry_at(struct bus *bus, uint64_t base)
{
    unsigned i = first_above(bus, base);
    CHECK(i < bus->count && bus->entries[i].region.base == base);
    return &bus->entries[i];
}

void bus_set_direct(struct bus *bus, uint64_t base, bool direct)
{
    struct entry *entry = entry_at(bus, base);
    CHECK(entry->rom && entry->region.ops);
    uint8_t *host = direct ? entry->rom : NULL;
    if (entry->region.host != host) {
        entry->region.host = host;
        changed(bus);
    }
}

void bus_remove(struct bus *bus, uint64_t base)
{
    struct entry *entry = entry_at(bus, base);
    ahead_end(&bus->ahead);
    entry_release(entry);
    size_t after = (size_t)(&bus->entries[bus->count] - (entry + 1));
    memmove(entry, entry + 1, after * sizeof(*entry));
    bus->count--;
    changed(bus);
}

const struct bus_region *bus_find(const struct bus *bus, uint64_t physical)
{
    unsigned i = first_above(bus, physical);
    if (i == bus->count || bus->entries[i].region.base > physical) {
        return NULL;
    }
    return &bus->entries[i].region;
}

/* bus_find() for accesses, which mostly hit the same device again. */
static const struct bus_region *find_again(struct bus *bus, uint64_t physical)
{
    const struct bus_region *region = &bus->entries[bus->last].region;
    if (physical - region->base < region->size) {
        return region;
    }
    region = bus_find(bus, physical);
    if (region) {
        bus->last = (unsigned)((const struct entry *)region - bus->entries);
    }
    return region;
}

uint64_t bus_generation(const struct bus *bus)
{
    return bus->generation;
}

void bus_on_change(struct bus *bus, void (*fn)(void *opaque), void *opaque)
{
    bus->change = fn;
    bus->change_opaque = opaque;
}

/* ---- accesses of CPUs ------------------------------------------------------------------------ */

/* Size of the first piece when [address, address + size) is cut into naturally aligned accesses. */
static unsigned piece_size(uint64_t address, unsigned size)
{
    unsigned piece = 8;
    while (piece > size || address % piece) {
        piece /= 2;
    }
    return piece;
}

static bool mapped(struct bus *bus, uint64_t physical, unsigned size, const char *what)
{
    for (uint64_t at = physical, left = size; left;) {
        const struct bus_region *region = find_again(bus, at);
        if (!region) {
            log_write(bus->log, LOG_GUEST_ERRORS,
                      "bus: %s of %u bytes at 0x%08llx, where nothing is\n", what, size,
                      (unsigned long long)at);
            return false;
        }
        uint64_t here = region->size - (at - region->base);
        if (here >= left) {
            break;
        }
        at += here;
        left -= here;
    }
    return true;
}

bool bus_read(struct bus *bus, uint64_t physical, unsigned size, uint64_t *value)
{
    if (!mapped(bus, physical, size, "read")) {
        *value = 0;
        return false;
    }
    uint64_t result = 0;
    for (unsigned done = 0; done < size;) {
        uint64_t at = physical + done, part = 0;
        unsigned piece = piece_size(at, size - done);
        const struct bus_region *region = find_again(bus, at);
        if (!region) {
            break; /* the map changed under a split access */
        }
        if (region->host) {
            memcpy(&part, region->host + (at - region->base), piece);
        } else {
            part = region->ops->read(region->opaque, at - region->base, piece);
            part &= ~UINT64_C(0) >> (64 - 8 * piece);
        }
        result |= part << (8 * done);
        done += piece;
    }
    *value = result;
    return true;
}

bool bus_write(struct bus *bus, uint64_t physical, unsigned size, uint64_t value)
{
    if (!mapped(bus, physical, size, "write")) {
        return false;
    }
    for (unsigned done = 0; done < size;) {
        uint64_t at = physical + done;
        unsigned piece = piece_size(at, size - done);
        uint64_t part = (value >> (8 * done)) & (~UINT64_C(0) >> (64 - 8 * piece));
        const struct bus_region *region = find_again(bus, at);
        if (!region) {
            break;
        }
        if (region->writable) {
            uint8_t *host = region->host + (at - region->base);
            memcpy(host, &part, piece);
            bus_dma_written(bus, host, piece);
        } else if (region->ops) {
            region->ops->write(region->opaque, at - region->base, piece, part);
        } else {
            log_write(bus->log, LOG_GUEST_ERRORS,
                      "bus: write to %s at 0x%08llx, which is read-only\n", region->name,
                      (unsigned long long)at);
        }
        done += piece;
    }
    return true;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

/* Memory at `physical`, with at least one byte; *size is cut to what is in one piece. */
static uint8_t *memory_at(struct bus *bus, uint64_t physical, bool write, size_t *size)
{
    const struct bus_region *region = find_again(bus, physical);
    if (!region || !region->host || (write && !region->writable)) {
        log_write(bus->log, LOG_GUEST_ERRORS, "bus: DMA %s 0x%08llx, which is not memory\n",
                  write ? "to" : "from", (unsigned long long)physical);
        return NULL;
    }
    uint64_t offset = physical - region->base;
    if (*size > region->size - offset) {
        *size = region->size - offset;
    }
    return region->host + offset;
}

bool bus_dma_read(struct bus *bus, uint64_t physical, void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t piece = size - done;
        const uint8_t *host = memory_at(bus, physical + done, false, &piece);
        if (!host) {
            return false;
        }
        memcpy((uint8_t *)buffer + done, host, piece);
        done += piece;
    }
    return true;
}

bool bus_dma_write(struct bus *bus, uint64_t physical, const void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t piece = size - done;
        uint8_t *host = memory_at(bus, physical + done, true, &piece);
        if (!host) {
            return false;
        }
        memcpy(host, (const uint8_t *)buffer + done, piece);
        bus_dma_written(bus, host, piece);
        done += piece;
    }
    return true;
}

uint8_t *bus_dma_map(struct bus *bus, uint64_t physical, size_t size)
{
    const struct bus_region *region = find_again(bus, physical);
    if (!region || !region->writable || size > region->size - (physical - region->base)) {
        return NULL;
    }
    return region->host + (physical - region->base);
}

void bus_dma_written(struct bus *bus, const uint8_t *host, size_t size)
{
    if (bus->written) {
        bus->written(bus->written_opaque, host, size);
    }
}

void bus_on_dma_write(struct bus *bus, void (*fn)(void *opaque, const uint8_t *host, size_t size),
                      void *opaque)
{
    bus->written = fn;
    bus->written_opaque = opaque;
}

/* ---- hash ------------------------------------------------------------------------------------ */

static uint64_t hash_page(uint64_t hash, uint64_t address, const uint8_t *host)
{
    uint64_t words[BUS_PAGE / 8], any = 0;
    memcpy(words, host, BUS_PAGE);
    for (unsigned i = 0; i < BUS_PAGE / 8; i++) {
        any |= words[i];
    }
    if (!any) {
        return hash; /* the same as never touched */
    }
    hash = hash_word(hash, address);
    for (unsigned i = 0; i < BUS_PAGE / 8; i++) {
        hash = hash_word(hash, words[i]);
    }
    return hash;
}

uint64_t bus_hash(const struct bus *bus, uint64_t hash)
{
    for (unsigned i = 0; i < bus->count; i++) {
        const struct entry *entry = &bus->entries[i];
        if (!entry->owned) {
            continue;
        }
        for (uint64_t at = 0; at < entry->region.size; at += BUS_PAGE) {
            hash = hash_page(hash, entry->region.base + at, entry->region.host + at);
        }
    }
    return hash;
}
