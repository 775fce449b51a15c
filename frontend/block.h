/* Disks on the host: a raw file, and an overlay that keeps writes apart from it. */
#ifndef FRONTEND_BLOCK_H
#define FRONTEND_BLOCK_H

#include "core/io/block.h"
#include "frontend/message.h"

/* Opens and locks a file or block device. NULL with a message. A size that is no multiple of 512 is
 * rounded up: what is missing reads as zeros. unsafe: flushes do nothing; what the guest has
 * written is safe only once the host has put its page cache on disk. */
struct block_disk *block_file_open(const char *name, bool read_only, bool unsafe,
                                   struct message *message);

/* Takes over `base` (destroys it with itself, also on failure). Writes go to an unlinked temporary
 * file. */
struct block_disk *block_overlay_create(struct block_disk *base, struct message *message);

void block_destroy(struct block_disk *disk);

/* pread/pwrite of everything; 0 or a negative errno value. Bytes past the end of the file read as
 * zeros. */
int block_read_fd(int fd, uint64_t offset, void *buffer, size_t size);
int block_write_fd(int fd, uint64_t offset, const void *buffer, size_t size);

/* Is [offset, offset + size) on the disk? */
static inline bool block_in_range(const struct block_disk *disk, uint64_t offset, uint64_t size)
{
    return offset <= disk->size && size <= disk->size - offset;
}

#endif
