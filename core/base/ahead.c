#include "core/base/ahead.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/base/thread.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Linux 6.1: whatever the system's policy for shared memory is. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* Writes a zero where there is one. That may be while the owner writes, of which ThreadSanitizer
 * need not know. MADV_POPULATE_WRITE would hold a lock for which the owner's mmap() waits. */
__attribute__((no_sanitize("thread"))) static void touch(char *memory, size_t size)
{
    for (size_t i = 0; i < size; i += MEM_PAGE) {
        uint64_t zero = 0;
        __atomic_compare_exchange_n((uint64_t *)(memory + i), &zero, 0, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    }
}

/* Huge page by huge page, so that ahead_end() waits for one only. */
static void step_run(struct ahead *ahead, const struct ahead_step *step)
{
    char *end = step->memory + step->size;
    for (char *at = step->memory, *next; at < end && !ahead->stop; at = next) {
        size_t room = MEM_HUGE_PAGE - ((uintptr_t)at & (MEM_HUGE_PAGE - 1));
        next = (size_t)(end - at) < room ? end : at + room;
        if (step->kind == AHEAD_TOUCH) {
            touch(at, (size_t)(next - at));
        } else {
            madvise(at, (size_t)(next - at), MADV_COLLAPSE);
        }
    }
}

static void *ahead_run(void *opaque)
{
    struct ahead *ahead = opaque;
    for (unsigned i = 0; i < ahead->count; i++) {
        step_run(ahead, &ahead->steps[i]);
    }
    return NULL;
}

static void ahead_join(struct ahead *ahead)
{
    if (ahead->begun) {
        pthread_join(ahead->thread, NULL);
        ahead->begun = false;
    }
}

void ahead_begin(struct ahead *ahead, const struct ahead_step *steps, unsigned count)
{
    CHECK(count <= AHEAD_STEPS);
    ahead_join(ahead);
    memcpy(ahead->steps, steps, count * sizeof(*steps));
    ahead->count = count;
    ahead->begun = thread_try(&ahead->thread, ahead_run, ahead);
}

void ahead_end(struct ahead *ahead)
{
    ahead->stop = true;
    ahead_join(ahead);
    ahead->stop = false;
}
