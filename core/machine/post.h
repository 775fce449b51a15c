/* Work that other threads hand to the machine's thread, in order. */
#ifndef CORE_MACHINE_POST_H
#define CORE_MACHINE_POST_H

#include <stddef.h>

struct machine;
struct post_queue;

struct post_queue *post_queue_create(void);
void post_queue_destroy(struct post_queue *queue);
/* Any thread. */
void post_queue_add(struct post_queue *queue,
                    void (*fn)(struct machine *machine, void *opaque, const void *data,
                               size_t size),
                    void *opaque, const void *data, size_t size);
/* Runs what was posted before the call. */
void post_queue_run(struct post_queue *queue, struct machine *machine);

#endif
