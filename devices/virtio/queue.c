#include "devices/virtio/queue.h"

#include "core/machine/machine.h"
#include "devices/virtio/virtio.h"

#include <endian.h>

/* 2.6.5 */
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };
struct descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

enum { AVAIL_NO_INTERRUPT = 1 };
/* Offsets in the rings (2.6.6, 2.6.8). */
enum { RING_FLAGS = 0, RING_INDEX = 2, RING_ENTRIES = 4, AVAIL_ENTRY = 2, USED_ENTRY = 8 };

static struct bus *bus_of(const struct virtqueue *queue)
{
    return queue->device->device.machine->bus;
}

/* ---- small accesses -------------------------------------------------------------------------- */

static bool get16(struct virtqueue *queue, uint64_t address, uint16_t *value)
{
    if (!bus_dma_read(bus_of(queue), address, value, sizeof(*value))) {
        virtio_break(queue->device, "a ring is not in memory");
        return false;
    }
    *value = le16toh(*value);
    return true;
}

static bool put(struct virtqueue *queue, uint64_t address, const void *data, size_t size)
{
    if (!bus_dma_write(bus_of(queue), address, data, size)) {
        virtio_break(queue->device, "a ring is not in memory");
        return false;
    }
    return true;
}

static bool put16(struct virtqueue *queue, uint64_t address, uint16_t value)
{
    value = htole16(value);
    return put(queue, address, &value, sizeof(value));
}

static uint64_t used_event_address(const struct virtqueue *queue)
{
    return queue->avail + RING_ENTRIES + (uint64_t)AVAIL_ENTRY * queue->size;
}

static uint64_t avail_event_address(const struct virtqueue *queue)
{
    return queue->used + RING_ENTRIES + (uint64_t)USED_ENTRY * queue->size;
}

/* ---- taking requests ------------------------------------------------------------------------- */

static bool get_descriptor(struct virtqueue *queue, uint64_t table, unsigned n,
                           struct descriptor *descriptor)
{
    uint64_t address = table + (uint64_t)n * sizeof(*descriptor);
    if (!bus_dma_read(bus_of(queue), address, descriptor, sizeof(*descriptor))) {
        virtio_break(queue->device, "a descriptor is not in memory");
        return false;
    }
    descriptor->address = le64toh(descriptor->address);
    descriptor->size = le32toh(descriptor->size);
    descriptor->flags = le16toh(descriptor->flags);
    descriptor->next = le16toh(descriptor->next);
    return true;
}

static bool add_piece(struct virtqueue *queue, const struct descriptor *descriptor)
{
    struct virtq_chain *chain = &queue->chain;
    bool in = descriptor->flags & DESC_WRITE;
    uint32_t *total = in ? &chain->in_size : &chain->out_size;
    if (!in && chain->in) {
        virtio_break(queue->device, "a request has readable memory after writable memory");
        return false;
    }
    if (__builtin_add_overflow(*total, descriptor->size, total)) {
        virtio_break(queue->device, "a request has more than 4 GiB");
        return false;
    }
    chain->pieces[chain->out + chain->in] =
        (struct virtq_piece){descriptor->address, descriptor->size};
    if (in) {
        chain->in++;
    } else {
        chain->out++;
    }
    return true;
}

/* Follows a table of `count` descriptors from entry `n` on. */
static bool walk(struct virtqueue *queue, uint64_t table, unsigned count, unsigned n, bool indirect)
{
    for (unsigned steps = 0;; steps++) {
        struct descriptor descriptor;
        if (n >= count) {
            virtio_break(queue->device, "a descriptor number is beyond its table");
            return false;
        }
        if (!get_descriptor(queue, table, n, &descriptor)) {
            return false;
        }
        if (descriptor.flags & DESC_INDIRECT) {
            unsigned entries = descriptor.size / sizeof(descriptor);
            if (indirect || descriptor.flags & DESC_NEXT ||
                !virtio_has_feature(queue->device, VIRTIO_F_INDIRECT_DESC) ||
                descriptor.size % sizeof(descriptor) || !entries || entries > VIRTQ_MAX_SIZE) {
                virtio_break(queue->device, "an indirect descriptor that is not allowed");
                return false;
            }
            return walk(queue, descriptor.address, entries, 0, true);
        }
        if (steps == count || queue->chain.out + queue->chain.in == VIRTQ_MAX_SIZE) {
            virtio_break(queue->device, "a request has too many descriptors, or a loop of them");
            return false;
        }
        if (!add_piece(queue, &descriptor)) {
            return false;
        }
        if (!(descriptor.flags & DESC_NEXT)) {
            return true;
        }
        n = descriptor.next;
    }
}

/* How many requests wait; -1 if the ring makes no sense. */
static int waiting(struct virtqueue *queue)
{
    uint16_t index;
    if (!queue->ready || queue->device->broken ||
        !get16(queue, queue->avail + RING_INDEX, &index)) {
        return -1;
    }
    uint16_t count = (uint16_t)(index - queue->next_avail);
    if (count > queue->size) {
        virtio_break(queue->device, "more requests are available than the queue has room for");
        return -1;
    }
    return count;
}

static bool has_event_index(const struct virtqueue *queue)
{
    return virtio_has_feature(queue->device, VIRTIO_F_EVENT_IDX);
}

bool virtq_pending(struct virtqueue *queue)
{
    int count = waiting(queue);
    if (count == 0 && has_event_index(queue)) {
        /* Ask for a notification, then look again. */
        put16(queue, avail_event_address(queue), queue->next_avail);
        count = waiting(queue);
    }
    return count > 0;
}

bool virtq_pop(struct virtqueue *queue)
{
    uint16_t head;
    struct virtq_chain *chain = &queue->chain;
    if (!virtq_pending(queue) ||
        !get16(queue,
               queue->avail + RING_ENTRIES +
                   (uint64_t)AVAIL_ENTRY * (queue->next_avail % queue->size),
               &head)) {
        return false;
    }
    chain->head = head;
    chain->out = chain->in = 0;
    chain->out_size = chain->in_size = 0;
    if (!walk(queue, queue->desc, queue->size, head, false)) {
        return false;
    }
    queue->next_avail++;
    return true;
}

/* ---- giving them back ------------------------------------------------------------------------ */

void virtq_push(struct virtqueue *queue, uint32_t written)
{
    uint32_t entry[2] = {htole32(queue->chain.head), htole32(written)};
    uint64_t address =
        queue->used + RING_ENTRIES + (uint64_t)USED_ENTRY * (queue->next_used % queue->size);
    if (queue->device->broken || !put(queue, address, entry, sizeof(entry))) {
        return;
    }
    queue->next_used++;
    put16(queue, queue->used + RING_INDEX, queue->next_used);
}

/* 2.6.7.1, 2.6.8 */
static bool wants_interrupt(struct virtqueue *queue)
{
    uint16_t value, old = queue->signalled_used;
    bool valid = queue->signalled_valid;
    queue->signalled_used = queue->next_used;
    queue->signalled_valid = true;
    if (valid && old == queue->next_used) {
        return false; /* nothing was given back */
    }
    if (has_event_index(queue)) {
        return get16(queue, used_event_address(queue), &value) &&
               (!valid ||
                (uint16_t)(queue->next_used - value - 1) < (uint16_t)(queue->next_used - old));
    }
    return get16(queue, queue->avail + RING_FLAGS, &value) && !(value & AVAIL_NO_INTERRUPT);
}

void virtq_notify(struct virtqueue *queue)
{
    if (queue->ready && !queue->device->broken && wants_interrupt(queue)) {
        virtio_interrupt(queue->device, VIRTIO_INTERRUPT_USED);
    }
}

/* ---- data ------------------------------------------------------------------------------------ */

static size_t copy(struct virtqueue *queue, unsigned first, unsigned count, uint32_t offset,
                   uint8_t *to, const uint8_t *from, size_t size)
{
    size_t done = 0;
    for (unsigned i = first; i < first + count && done < size; i++) {
        const struct virtq_piece *piece = &queue->chain.pieces[i];
        if (offset >= piece->size) {
            offset -= piece->size;
            continue;
        }
        size_t part = piece->size - offset;
        if (part > size - done) {
            part = size - done;
        }
        bool ok = to ? bus_dma_read(bus_of(queue), piece->address + offset, to + done, part)
                     : bus_dma_write(bus_of(queue), piece->address + offset, from + done, part);
        if (!ok) {
            virtio_break(queue->device, "a request's data is not in memory");
            return 0;
        }
        offset = 0;
        done += part;
    }
    return done;
}

size_t virtq_read(struct virtqueue *queue, uint32_t offset, void *buffer, size_t size)
{
    return copy(queue, 0, queue->chain.out, offset, buffer, NULL, size);
}

size_t virtq_write(struct virtqueue *queue, uint32_t offset, const void *buffer, size_t size)
{
    return copy(queue, queue->chain.out, queue->chain.in, offset, NULL, buffer, size);
}
