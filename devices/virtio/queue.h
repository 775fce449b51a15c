/* Split virtqueues (Virtual I/O Device 1.1, 2.6), for little-endian guests. The guest may write
 * anything into its rings at any time: each index and address is checked when it is used, and no
 * walk is longer than the queue. */
#ifndef DEVICES_VIRTIO_QUEUE_H
#define DEVICES_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct virtio_device;

enum { VIRTQ_MAX_SIZE = 1024 };

/* A piece of guest memory in a request. */
struct virtq_piece {
    uint64_t address;
    uint32_t size;
};

/* One request: `out` pieces to read, then `in` pieces to write. */
struct virtq_chain {
    uint16_t head;
    unsigned out, in;
    uint32_t out_size, in_size; /* bytes in all; a chain with more than UINT32_MAX is broken */
    struct virtq_piece pieces[VIRTQ_MAX_SIZE];
};

struct virtqueue {
    struct virtio_device *device;
    uint16_t size;
    bool ready;
    uint64_t desc, avail, used; /* physical addresses */
    uint64_t pfn;               /* legacy: what the driver wrote */
    uint16_t next_avail, next_used;
    uint16_t signalled_used; /* next_used at the last interrupt decision */
    bool signalled_valid;
    struct virtq_chain chain; /* of the request in progress */
};

/* Takes the next request into queue->chain; false if there is none or the queue is broken (the
 * device is then marked so). */
bool virtq_pop(struct virtqueue *queue);
/* Whether virtq_pop() would find something. */
bool virtq_pending(struct virtqueue *queue);
/* Gives the request of queue->chain back, `written` bytes long. */
void virtq_push(struct virtqueue *queue, uint32_t written);
/* Interrupts the driver if it wants that; after a run of virtq_push(). */
void virtq_notify(struct virtqueue *queue);

/* Copies from the out part or to the in part of queue->chain, beginning `offset` bytes into it.
 * They return how many bytes there were; memory that is not there marks the device as broken and
 * gives 0. */
size_t virtq_read(struct virtqueue *queue, uint32_t offset, void *buffer, size_t size);
size_t virtq_write(struct virtqueue *queue, uint32_t offset, const void *buffer, size_t size);

#endif
