#include "core/machine/post.h"

#include "core/base/check.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct post {
    struct post *next;
    void (*fn)(struct machine *machine, void *opaque, const void *data, size_t size);
    void *opaque;
    size_t size;
    _Alignas(16) uint8_t data[];
};

struct post_queue {
    pthread_mutex_t lock;
    struct post *first, **end;
    _Atomic bool any; /* spares the lock when there is nothing */
};

struct post_queue *post_queue_create(void)
{
    struct post_queue *queue = calloc(1, sizeof(*queue));
    CHECK(queue);
    pthread_mutex_init(&queue->lock, NULL);
    queue->end = &queue->first;
    return queue;
}

static struct post *take_all(struct post_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct post *list = queue->first;
    queue->first = NULL;
    queue->end = &queue->first;
    queue->any = false;
    pthread_mutex_unlock(&queue->lock);
    return list;
}

void post_queue_destroy(struct post_queue *queue)
{
    if (!queue) {
        return;
    }
    for (struct post *post = take_all(queue), *next; post; post = next) {
        next = post->next;
        free(post);
    }
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void post_queue_add(struct post_queue *queue,
                    void (*fn)(struct machine *machine, void *opaque, const void *data,
                               size_t size),
                    void *opaque, const void *data, size_t size)
{
    struct post *post = mem_resize(NULL, sizeof(*post) + size);
    post->next = NULL;
    post->fn = fn;
    post->opaque = opaque;
    post->size = size;
    if (size) {
        memcpy(post->data, data, size);
    }
    pthread_mutex_lock(&queue->lock);
    *queue->end = post;
    queue->end = &post->next;
    queue->any = true;
    pthread_mutex_unlock(&queue->lock);
}

void post_queue_run(struct post_queue *queue, struct machine *machine)
{
    if (!queue->any) {
        return;
    }
    for (struct post *post = take_all(queue), *next; post; post = next) {
        next = post->next;
        post->fn(machine, post->opaque, post->data, post->size);
        free(post);
    }
}
