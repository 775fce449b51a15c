#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

void *mem_resize(void *memory, size_t new_size)
{
    void *resized = realloc(memory, new_size);
    if (resized == NULL) {
        fprintf(stderr, "ibird: out of memory (%zu more bytes needed): give the guest less (-m)\n",
                new_size);
        exit(MEM_EXIT_STATUS);
    }
    return resized;
}
