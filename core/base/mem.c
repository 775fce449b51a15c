#include "core/base/mem.h"

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

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

/* Private, since hosts seldom give huge pages to shared memory, and aligned for them. */
void *mem_map(size_t size)
{
    size_t spare = size < MEM_HUGE_PAGE ? 0 : MEM_HUGE_PAGE;
    char *memory = mmap(NULL, size + spare, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (spare) {
        size_t before = -(uintptr_t)memory & (MEM_HUGE_PAGE - 1);
        mem_unmap(memory, before);
        memory += before;
        mem_unmap(memory + size, spare - before);
        madvise(memory, size, MADV_HUGEPAGE); /* a hint: not every host has huge pages */
    }
    return memory;
}

void *mem_table(size_t size)
{
    void *table = mem_map(size);
    if (!table) {
        mem_out(size);
    }
    return table;
}

void mem_unmap(void *memory, size_t size)
{
    if (size) {
        munmap(memory, size);
    }
}
