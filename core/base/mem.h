/* Growing memory where a caller could do nothing sensible about a failure. */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

/* realloc that never returns NULL: where the host is out of memory the process says so and exits
 * with MEM_EXIT_STATUS. `new_size` is greater than zero. */
void *mem_resize(void *memory, size_t new_size);
/* aligned_alloc likewise; `size` is a multiple of `alignment`. */
void *mem_aligned(size_t alignment, size_t size);

/* calloc likewise, for tables that are large and used all over: from huge pages where there are
 * some. free() gives it back. */
void *mem_table(size_t count, size_t size);

enum { MEM_EXIT_STATUS = 125 }; /* an emulator failure, as the command line documents */

#endif
