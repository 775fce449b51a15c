/* The virtio devices there are. Each creator returns NULL with "what, why, what to try" if the
 * options make no sense; the machine owns what it returns. */
#ifndef DEVICES_VIRTIO_DEVICES_H
#define DEVICES_VIRTIO_DEVICES_H

#include <stdbool.h>
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

/* Of all that is asked for, before devices are created: gives the channel of each virtconsole,
 * which is a port, to the console device before it. False with a message if there is none. */
bool virtio_console_join_ports(struct device_request *requests, unsigned count, char *message,
                               size_t message_size);

#endif
