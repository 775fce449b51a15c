/* Console device with one port (Virtual I/O Device 1.1, 5.3). */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/virtio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT };
/* Bytes of one request that are sent; nobody's console writes are longer. */
enum { PIECE = 4096, MOST = 1 << 20 };

struct virtio_console {
    struct virtio_device virtio;
    struct char_channel *channel; /* may be NULL */
    bool refused;                 /* the channel waits for room */
};

static void transmit(struct virtio_console *console)
{
    struct virtqueue *queue = &console->virtio.queues[QUEUE_TRANSMIT];
    while (virtq_pop(queue)) {
        for (uint32_t done = 0; done < MOST;) {
            uint8_t bytes[PIECE];
            size_t part = virtq_read(queue, done, bytes, sizeof(bytes));
            if (!part) {
                break;
            }
            if (console->channel) {
                console->channel->ops->write(console->channel, bytes, part);
            }
            done += (uint32_t)part;
        }
        virtq_push(queue, 0);
    }
    virtq_notify(queue);
}

static size_t receive(void *device, const uint8_t *bytes, size_t size)
{
    struct virtio_console *console = device;
    struct virtqueue *queue = &console->virtio.queues[QUEUE_RECEIVE];
    size_t taken = 0;
    while (taken < size && virtio_is_up(&console->virtio) && virtq_pop(queue)) {
        size_t part = virtq_write(queue, 0, bytes + taken, size - taken);
        virtq_push(queue, (uint32_t)part);
        taken += part;
    }
    console->refused = taken < size;
    virtq_notify(queue);
    return taken;
}

static void notify(struct virtio_device *device, unsigned n)
{
    struct virtio_console *console = (struct virtio_console *)device;
    if (n == QUEUE_TRANSMIT) {
        transmit(console);
    } else if (console->refused && virtq_pending(&device->queues[n])) {
        console->refused = false;
        console->channel->ops->resume(console->channel);
    }
}

static const struct virtio_ops virtio_console_ops = {
    .name = "virtio-console",
    .id = 3,
    .queues = 2,
    .notify = notify,
};

static const struct field virtio_console_fields[] = {VIRTIO_FIELDS(virtio_console, virtio)};

static void virtio_console_destroy(void *device)
{
    struct virtio_console *console = device;
    char_detach(console->channel);
    free(console);
}

static const struct device_ops virtio_console_device_ops = {
    .name = "virtio-console",
    .fields = virtio_console_fields,
    .field_count = ARRAY_SIZE(virtio_console_fields),
    .destroy = virtio_console_destroy,
};

struct virtio_device *virtio_console_create(struct machine *machine,
                                            const struct device_request *request, char *message,
                                            size_t message_size)
{
    struct virtio_console *console = calloc(1, sizeof(*console));
    CHECK(console);
    virtio_init(&console->virtio, machine, &virtio_console_device_ops, &virtio_console_ops, 0);
    console->channel = request->channel;
    char_attach(console->channel, console, receive, NULL);
    return &console->virtio;
}

static bool has_port(const struct device_request *request)
{
    return !strcmp(request->driver, "virtconsole") && request->channel;
}

static bool is_console(const struct device_request *request)
{
    static const char name[] = "virtio-serial";
    return !strncmp(request->driver, name, strlen(name));
}

bool virtio_console_join_ports(struct device_request *requests, unsigned count, char *message,
                               size_t message_size)
{
    struct device_request *end = requests + count;
    for (struct device_request *request = requests; request < end; request++) {
        struct device_request *port = request + 1;
        while (is_console(request) && port < end && !has_port(port)) {
            port++;
        }
        if (is_console(request) && port < end) {
            request->channel = port->channel;
            port->channel = NULL;
        } else if (has_port(request)) {
            snprintf(message, message_size,
                     "-device virtconsole has no device to be a port of. Try: -device "
                     "virtio-serial-.. before it");
            return false;
        }
    }
    return true;
}
