/* Memory made ready ahead of its use: a thread takes the page faults and waits for pages to be
 * cleared, so that the owner need not. All of it are hints. The contents never change, so that the
 * owner may use the memory meanwhile. */
#ifndef CORE_BASE_AHEAD_H
#define CORE_BASE_AHEAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { AHEAD_STEPS = 3 };

enum ahead_kind {
    AHEAD_TOUCH,    /* every page is there */
    AHEAD_COLLAPSE, /* shared memory of which something is there becomes huge pages */
};

/* `memory` is aligned to pages, writable where it is touched. */
struct ahead_step {
    char *memory;
    size_t size;
    enum ahead_kind kind;
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
