/* What every virtio device is, whatever transport it sits on (Virtual I/O Device 1.1). */
#ifndef DEVICES_VIRTIO_VIRTIO_H
#define DEVICES_VIRTIO_VIRTIO_H

#include "core/machine/device.h"
#include "devices/virtio/queue.h"

struct machine;

enum { VIRTIO_MAX_QUEUES = 2, VIRTIO_QUEUE_SIZE = 1024, VIRTIO_CONFIG_SIZE = 64 };

/* Feature bits that are not a device's own (6). */
enum {
    VIRTIO_F_NOTIFY_ON_EMPTY = 24, /* legacy */
    VIRTIO_F_ANY_LAYOUT = 27,      /* legacy */
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
};
#define VIRTIO_FEATURE(bit) (UINT64_C(1) << (bit))

enum {
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
};

enum { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

struct virtio_device;

struct virtio_ops {
    const char *name;
    uint32_t id; /* 5 */
    unsigned queues;
    /* The driver has put something into a queue. */
    void (*notify)(struct virtio_device *device, unsigned queue);
    /* The driver has reset the device: forget what is in progress. NULL: nothing. */
    void (*reset)(struct virtio_device *device);
};

struct virtio_device {
    struct device device;
    const struct virtio_ops *ops;
    uint64_t features;        /* offered */
    uint64_t driver_features; /* accepted */
    uint8_t status;
    bool broken; /* the driver broke the rules: nothing happens until it resets the device */
    bool legacy; /* which interface is in use */
    uint8_t config[VIRTIO_CONFIG_SIZE]; /* read-only for the driver */
    struct virtqueue queues[VIRTIO_MAX_QUEUES];
    /* The transport's. */
    void (*interrupt)(void *transport, uint32_t bits);
    void *transport;
};

/* Fills in the common part; the device joins the machine. */
void virtio_init(struct virtio_device *device, struct machine *machine,
                 const struct device_ops *device_ops, const struct virtio_ops *ops,
                 uint64_t features);
/* By the driver, or with the machine. */
void virtio_reset(struct virtio_device *device);
/* The guest broke the rules; it is logged. */
void virtio_break(struct virtio_device *device, const char *why);
void virtio_interrupt(struct virtio_device *device, uint32_t bits);

/* What transports do for the driver. The features that the interface in use shows: */
uint64_t virtio_offered(const struct virtio_device *device);
/* Half 0 or 1 of a set of features; there are no others. */
uint32_t virtio_half(uint64_t features, uint32_t half);
/* That half of the features that the driver accepts. */
void virtio_accept(struct virtio_device *device, uint32_t half, uint32_t value);
/* Queue `n`, NULL if there is none such. */
struct virtqueue *virtio_queue(struct virtio_device *device, uint32_t n);
uint64_t virtio_config_read(const struct virtio_device *device, uint64_t offset, unsigned size);
/* A status other than 0, which is the reset; runs what was notified too early. */
void virtio_set_status(struct virtio_device *device, uint8_t status);
void virtio_set_queue_size(struct virtqueue *queue, uint32_t size);
/* All three parts in one piece at `pfn` pages (2.6.2); sizes and alignment as the driver says. */
void virtio_place_legacy(struct virtqueue *queue, uint32_t pfn, uint64_t page, uint64_t align);
void virtio_kick(struct virtio_device *device, uint32_t queue);

static inline bool virtio_has_feature(const struct virtio_device *device, unsigned bit)
{
    return device->driver_features >> bit & 1;
}

/* The driver runs and plays by the rules. Legacy drivers (U-Boot's) use a device before they set
 * DRIVER_OK (3.1.2). */
static inline bool virtio_is_up(const struct virtio_device *device)
{
    return (device->status & VIRTIO_STATUS_DRIVER_OK || device->legacy) && !device->broken;
}

/* State that devices of every kind have. */
#define VIRTIO_FIELDS(type, base)                                                                  \
    FIELD(type, base.driver_features, FIELD_U64), FIELD(type, base.status, FIELD_U8),              \
        FIELD(type, base.broken, FIELD_BOOL), FIELD(type, base.legacy, FIELD_BOOL),                \
        VIRTIO_QUEUE_FIELDS(type, base.queues[0]), VIRTIO_QUEUE_FIELDS(type, base.queues[1])
#define VIRTIO_QUEUE_FIELDS(type, queue)                                                           \
    FIELD(type, queue.size, FIELD_U16), FIELD(type, queue.ready, FIELD_BOOL),                      \
        FIELD(type, queue.desc, FIELD_U64), FIELD(type, queue.avail, FIELD_U64),                   \
        FIELD(type, queue.used, FIELD_U64), FIELD(type, queue.pfn, FIELD_U64),                     \
        FIELD(type, queue.next_avail, FIELD_U16), FIELD(type, queue.next_used, FIELD_U16),         \
        FIELD(type, queue.signalled_used, FIELD_U16),                                              \
        FIELD(type, queue.signalled_valid, FIELD_BOOL)

#endif
