#include "core/base/mem.h"

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static _Noreturn void mem_out(size_t size)
{
    fprintf(stderr, "ibird: out of memory (%zu more bytes needed): give the guest less (-m)\n",
            size);
    exit(MEM_EXIT_STATUS);
}

void *mem_resize(void *memory, size_t new_size)
{
    void *resized = realloc(memory, new_size);
    if (!resized) {
        mem_out(new_size);
    }
    return resized;
}

void *mem_aligned(size_t alignment, size_t size)
{
    void *memory = aligned_alloc(alignment, size);
    if (!memory) {
        mem_out(size);
    }
    return memory;
}

void *mem_table(size_t count, size_t size)
{
    char *table = calloc(count, size);
    if (!table) {
        mem_out(count * size);
    }
    size_t skip = -(uintptr_t)table & (HUGE_PAGE - 1);
    if (count * size >= skip + HUGE_PAGE) {
        madvise(table + skip, (count * size - skip) & -(size_t)HUGE_PAGE, MADV_HUGEPAGE);
    }
    return table;
}
