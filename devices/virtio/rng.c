/* Entropy device (Virtual I/O Device 1.1, 5.4). */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/virtio.h"

#include <stdlib.h>

/* What one request gets at most; the driver asks again. */
enum { PIECE = 256, MOST = 65536 };

struct virtio_rng {
    struct virtio_device virtio;
};

static void notify(struct virtio_device *device, unsigned n)
{
    struct virtqueue *queue = &device->queues[n];
    while (virtq_pop(queue)) {
        uint32_t want = queue->chain.in_size < MOST ? queue->chain.in_size : MOST, done = 0;
        while (done < want) {
            uint8_t bytes[PIECE];
            uint32_t part = want - done < PIECE ? want - done : PIECE;
            machine_random(device->device.machine, bytes, part);
            if (virtq_write(queue, done, bytes, part) != part) {
                return;
            }
            done += part;
        }
        virtq_push(queue, done);
    }
    virtq_notify(queue);
}

static const struct virtio_ops virtio_rng_ops = {
    .name = "virtio-rng",
    .id = 4,
    .queues = 1,
    .notify = notify,
};

static const struct field virtio_rng_fields[] = {VIRTIO_FIELDS(virtio_rng, virtio)};

static const struct device_ops virtio_rng_device_ops = {
    .name = "virtio-rng",
    .fields = virtio_rng_fields,
    .field_count = ARRAY_SIZE(virtio_rng_fields),
    .destroy = free,
};

struct virtio_device *virtio_rng_create(struct machine *machine,
                                        const struct device_request *request, char *message,
                                        size_t message_size)
{
    struct virtio_rng *rng = calloc(1, sizeof(*rng));
    CHECK(rng);
    virtio_init(&rng->virtio, machine, &virtio_rng_device_ops, &virtio_rng_ops, 0);
    return &rng->virtio;
}
