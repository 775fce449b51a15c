/* Memory made ready ahead of its use: a thread takes the page faults and waits for pages to be
 * cleared, so that the owner need not. All of it are hints. The contents never change, so that the
 * owner may use the memory meanwhile. */
#ifndef CORE_BASE_AHEAD_H
#define CORE_BASE_AHEAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

enum { AHEAD_HUGE_PAGE = 2 << 20, AHEAD_STEPS = 3 };

/* Linux 5.14, 6.1. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* One advice to the host; `memory` is aligned to pages. */
struct ahead_step {
    char *memory;
    size_t size;
    int advice; /* MADV_.. */
};

/* The thread lives only while there is something to do. All zero: nothing was begun. */
struct ahead {
    pthread_t thread;
    bool begun; /* the thread is to be joined */
    atomic_bool stop;
    struct ahead_step steps[AHEAD_STEPS];
    unsigned count;
};

/* Begins at most AHEAD_STEPS steps, in order; waits for those begun before. */
void ahead_begin(struct ahead *ahead, const struct ahead_step *steps, unsigned count);
/* Ends or breaks off what was begun: to be called before the memory goes. */
void ahead_end(struct ahead *ahead);

#endif
