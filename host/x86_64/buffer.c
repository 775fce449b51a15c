#include "host/x86_64/buffer.h"

#include "core/base/check.h"

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

bool x64_buffer_init(struct x64_buffer *buffer, size_t size, char *message, size_t message_size)
{
    memset(buffer, 0, sizeof(*buffer));
    size = (size + 4095) & ~(size_t)4095;
    if (size < 65536 || size > (size_t)1 << 30) {
        snprintf(message, message_size, "code buffer of %zu bytes: use 64 KiB to 1 GiB", size);
        return false;
    }
    int fd = memfd_create("ibird-code", MFD_CLOEXEC);
    void *rw = MAP_FAILED, *rx = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0) {
        rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (rw == MAP_FAILED || rx == MAP_FAILED) {
        if (rw != MAP_FAILED) {
            munmap(rw, size);
        }
        if (rx != MAP_FAILED) {
            munmap(rx, size);
        }
        snprintf(message, message_size, "cannot map a code buffer of %zu bytes: %s", size,
                 strerror(error));
        return false;
    }
    buffer->rw = rw;
    buffer->rx = rx;
    buffer->size = size;
    buffer->span_cap = 64;
    buffer->spans = malloc(buffer->span_cap * sizeof(*buffer->spans));
    CHECK(buffer->spans);
    buffer->spans[0] = (struct x64_span){0, (uint32_t)size};
    buffer->span_count = 1;
    return true;
}

void x64_buffer_done(struct x64_buffer *buffer)
{
    munmap(buffer->rw, buffer->size);
    munmap(buffer->rx, buffer->size);
    free(buffer->spans);
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
