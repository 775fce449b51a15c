/* The virtio devices there are. Each creator returns NULL with "what, why, what to try" if the
 * options make no sense; the machine owns what it returns. */
#ifndef DEVICES_VIRTIO_DEVICES_H
#define DEVICES_VIRTIO_DEVICES_H

#include <stddef.h>

struct device_request;
struct machine;
struct virtio_device;

struct virtio_device *virtio_blk_create(struct machine *machine,
                                        const struct device_request *request, char *message,
                                        size_t message_size);
struct virtio_device *virtio_console_create(struct machine *machine,
                                            const struct device_request *request, char *message,
                                            size_t message_size);
struct virtio_device *virtio_rng_create(struct machine *machine,
                                        const struct device_request *request, char *message,
                                        size_t message_size);

#endif
