#include "core/base/pool.h"

#include "core/base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

enum { PIECE_SIZE = MEM_HUGE_PAGE, PIECE_HEAD = POOL_GRAIN };

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

/* The first half of a new piece. */
static void pool_next_piece(struct pool *pool)
{
    char *memory = pool->ready ? pool->ready : mem_table(PIECE_SIZE);
    struct pool_piece *piece = (struct pool_piece *)memory;
    pool->ready = NULL;
    piece->next = pool->pieces;
    pool->pieces = piece;
    pool->next = memory + PIECE_HEAD;
    pool->end = memory + PIECE_SIZE / 2;
}

/* The other half; the next piece is made ready while it is used up. */
static void pool_next_half(struct pool *pool)
{
    pool->end += PIECE_SIZE / 2;
    pool->ready = mem_table(PIECE_SIZE);
    struct ahead_step step = {pool->ready, PIECE_SIZE, AHEAD_TOUCH};
    ahead_begin(&pool->ahead, &step, 1);
}

static void pool_grow(struct pool *pool, size_t bytes)
{
    if (pool->pieces && pool->end == (char *)pool->pieces + PIECE_SIZE / 2) {
        pool_next_half(pool);
    }
    if ((size_t)(pool->end - pool->next) < bytes) {
        pool_next_piece(pool);
    }
}

void pool_done(struct pool *pool)
{
    ahead_end(&pool->ahead);
    if (pool->ready) {
        mem_unmap(pool->ready, PIECE_SIZE);
    }
    while (pool->pieces) {
        struct pool_piece *piece = pool->pieces;
        pool->pieces = piece->next;
        mem_unmap(piece, PIECE_SIZE);
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
        pool_grow(pool, bytes);
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
