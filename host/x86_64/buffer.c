#include "host/x86_64/buffer.h"

#include "core/base/check.h"
#include "core/base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t round_up(uint32_t size)
{
    return (size + X64_BUFFER_ALIGN - 1) & ~(uint32_t)(X64_BUFFER_ALIGN - 1);
}

/* Maps the memory at two addresses that are multiples of a huge page. */
static bool map_twice(struct x64_buffer *buffer, int fd)
{
    const size_t mask = MEM_HUGE_PAGE - 1, part = (buffer->size + mask) & ~mask;
    buffer->area_size = 2 * part + MEM_HUGE_PAGE;
    buffer->area = mmap(NULL, buffer->area_size, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (buffer->area == MAP_FAILED) {
        return false;
    }
    buffer->rw = (uint8_t *)(((uintptr_t)buffer->area + mask) & ~mask);
    buffer->rx = buffer->rw + part;
    if (mmap(buffer->rw, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
            MAP_FAILED &&
        mmap(buffer->rx, buffer->size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0) !=
            MAP_FAILED) {
        return true;
    }
    int error = errno;
    munmap(buffer->area, buffer->area_size);
    errno = error;
    return false;
}

bool x64_buffer_init(struct x64_buffer *buffer, size_t size, char *message, size_t message_size)
{
    memset(buffer, 0, sizeof(*buffer));
    size = (size + 4095) & ~(size_t)4095;
    if (size < 65536 || size > (size_t)1 << 30) {
        snprintf(message, message_size, "code buffer of %zu bytes: use 64 KiB to 1 GiB", size);
        return false;
    }
    buffer->size = size;
    int fd = memfd_create("ibird-code", MFD_CLOEXEC);
    bool good = fd >= 0 && ftruncate(fd, (off_t)size) == 0 && map_twice(buffer, fd);
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!good) {
        snprintf(message, message_size, "cannot map a code buffer of %zu bytes: %s", size,
                 strerror(error));
        return false;
    }
    buffer->span_cap = 64;
    buffer->spans = malloc(buffer->span_cap * sizeof(*buffer->spans));
    CHECK(buffer->spans);
    buffer->spans[0] = (struct x64_span){0, (uint32_t)size};
    buffer->span_count = 1;
    return true;
}

void x64_buffer_done(struct x64_buffer *buffer)
{
    ahead_end(&buffer->ahead);
    munmap(buffer->area, buffer->area_size);
    free(buffer->spans);
}

/* Translated code is large and jumps about: huge pages spare it a tenth of its time. Where there
 * are none, small ones do. The next is made when half of the present one is used. */
static void use_huge_pages(struct x64_buffer *buffer, uint32_t end)
{
    while (buffer->huge < end + MEM_HUGE_PAGE / 2 && buffer->huge + MEM_HUGE_PAGE <= buffer->size) {
        char *rw = (char *)buffer->rw + buffer->huge, *rx = (char *)buffer->rx + buffer->huge;
        const struct ahead_step steps[] = {
            {rw, MEM_PAGE, AHEAD_TOUCH},
            {rw, MEM_HUGE_PAGE, AHEAD_COLLAPSE},
            {rx, MEM_HUGE_PAGE, AHEAD_COLLAPSE},
        };
        ahead_begin(&buffer->ahead, steps, 3);
        buffer->huge += MEM_HUGE_PAGE;
    }
}

static void span_remove(struct x64_buffer *buffer, uint32_t i)
{
    buffer->span_count--;
    memmove(&buffer->spans[i], &buffer->spans[i + 1],
            (buffer->span_count - i) * sizeof(*buffer->spans));
}

uint32_t x64_buffer_alloc(struct x64_buffer *buffer, uint32_t size)
{
    size = round_up(size);
    for (uint32_t n = 0; n < buffer->span_count; n++) {
        if (buffer->rover >= buffer->span_count) {
            buffer->rover = 0;
        }
        struct x64_span *span = &buffer->spans[buffer->rover];
        if (span->size >= size) {
            uint32_t offset = span->offset;
            span->offset += size;
            span->size -= size;
            if (span->size == 0) {
                span_remove(buffer, buffer->rover);
            }
            use_huge_pages(buffer, offset + size);
            return offset;
        }
        buffer->rover++;
    }
    return UINT32_MAX;
}

void x64_buffer_free(struct x64_buffer *buffer, uint32_t offset, uint32_t size)
{
    size = round_up(size);
    /* i: the first free span after the piece. */
    uint32_t i = 0, end = buffer->span_count;
    while (i < end) {
        uint32_t mid = (i + end) / 2;
        if (buffer->spans[mid].offset < offset) {
            i = mid + 1;
        } else {
            end = mid;
        }
    }
    struct x64_span *next = i < buffer->span_count ? &buffer->spans[i] : NULL;
    struct x64_span *prev = i > 0 ? &buffer->spans[i - 1] : NULL;
    CHECK(!next || offset + size <= next->offset);
    CHECK(!prev || prev->offset + prev->size <= offset);
    bool joins_prev = prev && prev->offset + prev->size == offset;
    bool joins_next = next && offset + size == next->offset;
    if (joins_prev && joins_next) {
        prev->size += size + next->size;
        span_remove(buffer, i);
    } else if (joins_prev) {
        prev->size += size;
    } else if (joins_next) {
        next->offset = offset;
        next->size += size;
    } else {
        if (buffer->span_count == buffer->span_cap) {
            buffer->span_cap *= 2;
            buffer->spans = realloc(buffer->spans, buffer->span_cap * sizeof(*buffer->spans));
            CHECK(buffer->spans);
        }
        memmove(&buffer->spans[i + 1], &buffer->spans[i],
                (buffer->span_count - i) * sizeof(*buffer->spans));
        buffer->spans[i] = (struct x64_span){offset, size};
        buffer->span_count++;
    }
}
