#include "core/cpu/space_part.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/cpu/cpu.h"
#include "core/jit/guest.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SPACE_PLACES_BYTES = SPACE_ENTRIES * sizeof(uint32_t) };

static void *space_map(size_t size, int fd)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

void space_part_create(struct space_part *part, int fd)
{
    uint8_t *memory = space_map(SPACE_TABLE_BYTES, fd);
    *part = (struct space_part){.table = (uint64_t *)memory,
                                .exec = (uint32_t *)(memory + SPACE_DATA_BYTES),
                                .places = space_map(SPACE_PLACES_BYTES, -1)};
}

void space_part_destroy(struct space_part *part)
{
    if (part->table) {
        munmap(part->table, SPACE_TABLE_BYTES);
        munmap(part->places, SPACE_PLACES_BYTES);
        free(part->filled);
    }
}

void space_part_note(struct space_part *part, uint32_t page, uint64_t tag)
{
    uint32_t place = part->places[page];
    if (place) {
        struct space_filled *filled = &part->filled[place - 1];
        if (filled->tag != tag) {
            space_part_drop(part, page);
            filled->tag = tag;
        }
        return;
    }
    if (part->count == part->cap) {
        part->cap = part->cap ? part->cap * 2 : 256;
        part->filled = mem_resize(part->filled, part->cap * sizeof(*part->filled));
    }
    part->filled[part->count++] = (struct space_filled){.tag = tag, .page = page};
    part->places[page] = part->count;
    part->noted++;
}

void space_part_clear(struct space_part *part)
{
    for (uint32_t i = 0; i < part->count; i++) {
        space_part_drop(part, part->filled[i].page);
        part->places[part->filled[i].page] = 0;
    }
    part->count = 0;
}

void space_part_give_back(struct space_part *part, uint32_t border)
{
    CHECK(!part->count);
    madvise(part->table, border * sizeof(*part->table), MADV_DONTNEED);
    madvise(part->exec, border * sizeof(*part->exec), MADV_DONTNEED);
    madvise(part->places, SPACE_PLACES_BYTES, MADV_DONTNEED);
    part->noted = 0;
}

void space_part_check(struct space_part *part, struct cpu *cpu)
{
    for (uint32_t i = 0; i < part->count;) {
        const struct space_filled filled = part->filled[i];
        uint64_t address = (uint64_t)filled.page << SPACE_PAGE_BITS;
        /* Pages without entries may stay, too: a look into the tables costs more. */
        if (filled.tag && cpu->guest->still_maps(cpu, address, filled.tag)) {
            i++;
            continue;
        }
        space_part_drop(part, filled.page);
        part->filled[i] = part->filled[--part->count];
        part->places[part->filled[i].page] = i + 1;
        part->places[filled.page] = 0;
    }
}

void space_part_protect_at(struct space_part *part, uint64_t page, const uint8_t *host_page)
{
    uint64_t entry = part->table[page];
    if (entry & SPACE_WRITE && space_host(entry, page << SPACE_PAGE_BITS) == host_page) {
        part->table[page] = entry & ~SPACE_WRITE;
    }
}

void space_part_protect(struct space_part *part, const uint8_t *host_page)
{
    for (uint32_t i = 0; i < part->count; i++) {
        space_part_protect_at(part, part->filled[i].page, host_page);
    }
}
