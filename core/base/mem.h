/* Memory of the process: growing where a caller could do nothing sensible about a failure, and
 * large pieces from the host. */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

/* Bytes of the host's pages. */
enum { MEM_PAGE = 4096, MEM_HUGE_PAGE = 2 << 20 };

/* realloc that never returns NULL: where the host is out of memory the process says so and exits
 * with MEM_EXIT_STATUS. `new_size` is greater than zero. */
void *mem_resize(void *memory, size_t new_size);

/* Zeroed memory; large memory is aligned to huge pages and of them where there are some. NULL with
 * errno if the host has none left. */
void *mem_map(size_t size);
/* The same, but never NULL. */
void *mem_table(size_t size);
/* Gives back what one of these two gave. */
void mem_unmap(void *memory, size_t size);

enum { MEM_EXIT_STATUS = 125 }; /* an emulator failure, as the command line documents */

#endif
