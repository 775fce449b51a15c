#include "core/cpu/space_part.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/cpu/cpu.h"
#include "core/jit/guest.h"

#include <stdlib.h>
#include <sys/mman.h>

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
                                .tags = space_map(SPACE_ENTRIES * sizeof(uint64_t), -1)};
}

void space_part_destroy(struct space_part *part)
{
    if (part->table) {
        munmap(part->table, SPACE_TABLE_BYTES);
        munmap(part->tags, SPACE_ENTRIES * sizeof(uint64_t));
        free(part->filled);
    }
}

void space_part_note(struct space_part *part, uint32_t page, uint64_t tag)
{
    tag = tag ? tag : SPACE_NO_TAG;
    if (part->tags[page] == tag) {
        return;
    }
    if (part->tags[page]) {
        space_part_drop(part, page);
    } else {
        if (part->count == part->cap) {
            part->cap = part->cap ? part->cap * 2 : 256;
            part->filled = mem_resize(part->filled, part->cap * sizeof(*part->filled));
        }
        part->filled[part->count++] = page;
        part->noted++;
    }
    part->tags[page] = tag;
}

void space_part_clear(struct space_part *part)
{
    for (uint32_t i = 0; i < part->count; i++) {
        space_part_drop(part, part->filled[i]);
        part->tags[part->filled[i]] = 0;
    }
    part->count = 0;
}

void space_part_give_back(struct space_part *part, uint32_t border)
{
    CHECK(!part->count);
    madvise(part->table, border * sizeof(*part->table), MADV_DONTNEED);
    madvise(part->exec, border * sizeof(*part->exec), MADV_DONTNEED);
    madvise(part->tags, SPACE_ENTRIES * sizeof(*part->tags), MADV_DONTNEED);
    part->noted = 0;
}

void space_part_check(struct space_part *part, struct cpu *cpu)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        uint32_t page = part->filled[i];
        uint64_t tag = part->tags[page];
        if ((part->table[page] || part->exec[page]) && tag != SPACE_NO_TAG &&
            cpu->guest->still_maps(cpu, (uint64_t)page << SPACE_PAGE_BITS, tag)) {
            part->filled[kept++] = page;
        } else {
            space_part_drop(part, page);
            part->tags[page] = 0;
        }
    }
    part->count = kept;
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
        space_part_protect_at(part, part->filled[i], host_page);
    }
}
