/* The code buffer: one memory object mapped twice, writable here and executable there, so that no
 * page is ever both. Freed pieces are reused. */
#ifndef HOST_X86_64_BUFFER_H
#define HOST_X86_64_BUFFER_H

#include "core/base/ahead.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { X64_BUFFER_ALIGN = 32 };

struct x64_span {
    uint32_t offset, size;
};

struct x64_buffer {
    uint8_t *rw;
    uint8_t *rx;
    size_t size;
    struct x64_span *spans; /* free ones, by offset, never adjacent */
    uint32_t span_count, span_cap;
    uint32_t rover; /* span where the next search begins */
    uint32_t huge;  /* bytes from the start for which huge pages were asked */
    struct ahead ahead;
    void *area; /* address space with both mappings in it */
    size_t area_size;
};

bool x64_buffer_init(struct x64_buffer *buffer, size_t size, char *message, size_t message_size);
void x64_buffer_done(struct x64_buffer *buffer);

/* Returns the offset of `size` bytes, or UINT32_MAX if there is no such piece. */
uint32_t x64_buffer_alloc(struct x64_buffer *buffer, uint32_t size);
void x64_buffer_free(struct x64_buffer *buffer, uint32_t offset, uint32_t size);

#endif
