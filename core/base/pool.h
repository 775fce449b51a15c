/* Memory for many small objects that live long and come and go in any order: by size class from
 * large pieces of huge pages, so that new memory costs few page faults. One thread at a time. */
#ifndef CORE_BASE_POOL_H
#define CORE_BASE_POOL_H

#include "core/base/ahead.h"

#include <stddef.h>

enum {
    POOL_GRAIN = 64, /* bytes; sizes are rounded up to it */
    POOL_CLASSES = 96,
    POOL_LARGEST = POOL_GRAIN * POOL_CLASSES, /* larger objects are malloc's */
};

struct pool_free;
struct pool_piece;

struct pool {
    struct pool_free *free[POOL_CLASSES];
    struct pool_piece *pieces;
    char *next, *end; /* of half the newest piece, not yet used */
    char *ready;      /* the next piece, from when the newest is half used up; NULL before */
    struct ahead ahead;
};

/* All zero is an empty pool. */
void pool_done(struct pool *pool);
/* Never NULL; the content is undefined. */
void *pool_alloc(struct pool *pool, size_t size);
/* `size` as it was asked for. */
void pool_free(struct pool *pool, void *memory, size_t size);

#endif
