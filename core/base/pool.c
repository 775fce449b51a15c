#include "core/base/pool.h"

#include "core/base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PIECE_SIZE = 2 << 20, PIECE_HEAD = POOL_GRAIN };

struct pool_free {
    struct pool_free *next;
};

/* At the start of each piece. */
struct pool_piece {
    struct pool_piece *next;
};

/* Under AddressSanitizer every object is malloc's, so that wrong uses are found. */
#ifdef __SANITIZE_ADDRESS__
enum { POOL_USED = 0 };
#else
enum { POOL_USED = 1 };
#endif

static bool pool_serves(size_t size)
{
    return POOL_USED && size <= POOL_LARGEST;
}

static unsigned pool_class(size_t size)
{
    return size ? (unsigned)((size - 1) / POOL_GRAIN) : 0;
}

/* A piece is aligned to its size, which is that of a huge page. */
static void pool_grow(struct pool *pool)
{
    struct pool_piece *piece = mem_aligned(PIECE_SIZE, PIECE_SIZE);
    madvise(piece, PIECE_SIZE, MADV_HUGEPAGE); /* a hint */
    piece->next = pool->pieces;
    pool->pieces = piece;
    pool->next = (char *)piece + PIECE_HEAD;
    pool->end = (char *)piece + PIECE_SIZE;
}

void pool_done(struct pool *pool)
{
    while (pool->pieces) {
        struct pool_piece *piece = pool->pieces;
        pool->pieces = piece->next;
        free(piece);
    }
    *pool = (struct pool){0};
}

void *pool_alloc(struct pool *pool, size_t size)
{
    if (!pool_serves(size)) {
        return mem_resize(NULL, size ? size : 1);
    }
    unsigned class = pool_class(size);
    struct pool_free *memory = pool->free[class];
    if (memory) {
        pool->free[class] = memory->next;
        return memory;
    }
    size_t bytes = (class + 1u) * POOL_GRAIN;
    if ((size_t)(pool->end - pool->next) < bytes) {
        pool_grow(pool);
    }
    void *fresh = pool->next;
    pool->next += bytes;
    return fresh;
}

void pool_free(struct pool *pool, void *memory, size_t size)
{
    if (!pool_serves(size)) {
        free(memory);
        return;
    }
    unsigned class = pool_class(size);
    struct pool_free *place = memory;
    place->next = pool->free[class];
    pool->free[class] = place;
}
