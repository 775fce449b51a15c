#include "frontend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A cluster is wholly in the overlay or wholly in the base. */
enum { CLUSTER_SIZE = 4096, BITS = 8 };

struct block_overlay {
    struct block_disk disk;
    struct block_disk *base;
    int fd;         /* sparse; a cluster is at its own offset */
    uint8_t *owned; /* bit per cluster: it is in the overlay */
};

static bool is_owned(const struct block_overlay *overlay, uint64_t cluster)
{
    return overlay->owned[cluster / BITS] >> cluster % BITS & 1;
}

static void own(struct block_overlay *overlay, uint64_t cluster)
{
    overlay->owned[cluster / BITS] |= (uint8_t)(1u << cluster % BITS);
}

/* Bytes from offset on, at most `size`, that lie on one side. */
static size_t run_length(const struct block_overlay *overlay, uint64_t offset, size_t size)
{
    uint64_t cluster = offset / CLUSTER_SIZE;
    bool side = is_owned(overlay, cluster);
    size_t run = CLUSTER_SIZE - offset % CLUSTER_SIZE;
    while (run < size && is_owned(overlay, ++cluster) == side) {
        run += CLUSTER_SIZE;
    }
    return run < size ? run : size;
}

static int overlay_read(struct block_disk *disk, uint64_t offset, void *buffer, size_t size)
{
    struct block_overlay *overlay = (struct block_overlay *)disk;
    if (!block_in_range(disk, offset, size)) {
        return -EIO;
    }
    uint8_t *out = buffer;
    while (size) {
        size_t run = run_length(overlay, offset, size);
        int error = is_owned(overlay, offset / CLUSTER_SIZE)
                        ? block_read_fd(overlay->fd, offset, out, run)
                        : overlay->base->ops->read(overlay->base, offset, out, run);
        if (error) {
            return error;
        }
        out += run;
        offset += run;
        size -= run;
    }
    return 0;
}

/* Copies a cluster up, so that part of it can be overwritten. */
static int take_cluster(struct block_overlay *overlay, uint64_t cluster)
{
    if (is_owned(overlay, cluster)) {
        return 0;
    }
    uint8_t bytes[CLUSTER_SIZE] = {0};
    uint64_t start = cluster * CLUSTER_SIZE;
    uint64_t left = overlay->disk.size - start;
    size_t size = left < CLUSTER_SIZE ? (size_t)left : CLUSTER_SIZE;
    int error = overlay->base->ops->read(overlay->base, start, bytes, size);
    if (!error) {
        error = block_write_fd(overlay->fd, start, bytes, size);
    }
    if (!error) {
        own(overlay, cluster);
    }
    return error;
}

static int overlay_write(struct block_disk *disk, uint64_t offset, const void *buffer, size_t size)
{
    struct block_overlay *overlay = (struct block_overlay *)disk;
    if (!block_in_range(disk, offset, size)) {
        return -EIO;
    }
    if (!size) {
        return 0;
    }
    uint64_t first = offset / CLUSTER_SIZE, last = (offset + size - 1) / CLUSTER_SIZE;
    /* Only the two ends can be partial. */
    int error = offset % CLUSTER_SIZE ? take_cluster(overlay, first) : 0;
    if (!error && (offset + size) % CLUSTER_SIZE) {
        error = take_cluster(overlay, last);
    }
    if (!error) {
        error = block_write_fd(overlay->fd, offset, buffer, size);
    }
    for (uint64_t i = first; !error && i <= last; i++) {
        own(overlay, i);
    }
    return error;
}

static int overlay_flush(struct block_disk *disk)
{
    (void)disk; /* gone at the end anyway */
    return 0;
}

static int overlay_discard(struct block_disk *disk, uint64_t offset, uint64_t size)
{
    return block_in_range(disk, offset, size) ? 0 : -EIO; /* keeps the data */
}

static void overlay_destroy(struct block_disk *disk)
{
    struct block_overlay *overlay = (struct block_overlay *)disk;
    block_destroy(overlay->base);
    if (overlay->fd >= 0) {
        close(overlay->fd);
    }
    free(overlay->owned);
    free(overlay);
}

static const struct block_disk_ops overlay_ops = {
    .read = overlay_read,
    .write = overlay_write,
    .flush = overlay_flush,
    .discard = overlay_discard,
    .destroy = overlay_destroy,
};

/* /var/tmp and not /tmp, which may be in memory. */
static int open_temporary(char *directory, size_t size)
{
    const char *wanted = getenv("TMPDIR");
    snprintf(directory, size, "%s", wanted && *wanted ? wanted : "/var/tmp");
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) {
        return fd;
    }
    char name[4096];
    if (snprintf(name, sizeof(name), "%s/ibird-XXXXXX", directory) >= (int)sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

struct block_disk *block_overlay_create(struct block_disk *base, struct message *message)
{
    struct block_overlay *overlay = calloc(1, sizeof(*overlay));
    uint64_t clusters = base->size / CLUSTER_SIZE + 1;
    if (!overlay) {
        block_destroy(base);
        message_set(message, EXIT_STATUS_EMULATOR, "no memory for a snapshot");
        return NULL;
    }
    char directory[2048];
    overlay->disk = (struct block_disk){&overlay_ops, base->size, false};
    overlay->base = base;
    overlay->owned = calloc(clusters / BITS + 1, 1);
    overlay->fd = open_temporary(directory, sizeof(directory));
    int error = errno;
    if (overlay->fd < 0 || !overlay->owned) {
        block_destroy(&overlay->disk);
        message_set(
            message, EXIT_STATUS_EMULATOR,
            "cannot make a temporary file for a snapshot in %.200s: %s. Try: set TMPDIR to a "
            "directory with room",
            directory, strerror(error));
        return NULL;
    }
    return &overlay->disk;
}
