/* A disk as the guest's block devices see it. Backends: raw file, read-only file, snapshot overlay
 * (writes kept in a temporary file), memory (tests). */
#ifndef CORE_IO_BLOCK_H
#define CORE_IO_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_disk;

/* Return 0 or a negative errno value; the guest gets its device's I/O error. */
struct block_disk_ops {
    int (*read)(struct block_disk *disk, uint64_t offset, void *buffer, size_t size);
    int (*write)(struct block_disk *disk, uint64_t offset, const void *buffer, size_t size);
    int (*flush)(struct block_disk *disk);
    int (*discard)(struct block_disk *disk, uint64_t offset, uint64_t size); /* zeroes or keeps */
    void (*destroy)(struct block_disk *disk);
};

struct block_disk {
    const struct block_disk_ops *ops;
    uint64_t size; /* bytes; backends fail accesses beyond it with -EIO */
    bool read_only;
};

#endif
