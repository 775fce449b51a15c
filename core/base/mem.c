#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

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
