#include "frontend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR_SIZE = 512 };

struct block_file {
    struct block_disk disk;
    int fd;
    bool unsafe; /* flushes do nothing */
};

int block_read_fd(int fd, uint64_t offset, void *buffer, size_t size)
{
    uint8_t *out = buffer;
    while (size) {
        ssize_t got = pread(fd, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (!got) {
            memset(out, 0, size);
            return 0;
        }
        out += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return 0;
}

int block_write_fd(int fd, uint64_t offset, const void *buffer, size_t size)
{
    const uint8_t *in = buffer;
    while (size) {
        ssize_t put = pwrite(fd, in, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put ? -errno : -EIO;
        }
        in += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return 0;
}

static int file_read(struct block_disk *disk, uint64_t offset, void *buffer, size_t size)
{
    const struct block_file *file = (struct block_file *)disk;
    return block_in_range(disk, offset, size) ? block_read_fd(file->fd, offset, buffer, size)
                                              : -EIO;
}

static int file_write(struct block_disk *disk, uint64_t offset, const void *buffer, size_t size)
{
    const struct block_file *file = (struct block_file *)disk;
    if (disk->read_only) {
        return -EROFS;
    }
    return block_in_range(disk, offset, size) ? block_write_fd(file->fd, offset, buffer, size)
                                              : -EIO;
}

static int file_flush(struct block_disk *disk)
{
    const struct block_file *file = (struct block_file *)disk;
    return disk->read_only || file->unsafe || !fdatasync(file->fd) ? 0 : -errno;
}

static int file_discard(struct block_disk *disk, uint64_t offset, uint64_t size)
{
    const struct block_file *file = (struct block_file *)disk;
    if (disk->read_only) {
        return -EROFS;
    }
    if (!block_in_range(disk, offset, size)) {
        return -EIO;
    }
    if (!size || !fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                            (off_t)size)) {
        return 0;
    }
    /* A file system without holes keeps the data, which discard allows. */
    return errno == EOPNOTSUPP || errno == ENODEV ? 0 : -errno;
}

static void file_destroy(struct block_disk *disk)
{
    struct block_file *file = (struct block_file *)disk;
    close(file->fd);
    free(file);
}

static const struct block_disk_ops file_ops = {
    .read = file_read,
    .write = file_write,
    .flush = file_flush,
    .discard = file_discard,
    .destroy = file_destroy,
};

/* QEMU's convention, by which it and ibird see each other: a lock on byte 100 + R is "I use the
 * right R", one on byte 200 + R "nobody else may". */
enum right { RIGHT_READ, RIGHT_WRITE, RIGHT_RESIZE = 3 };
enum { LOCK_USES = 100, LOCK_REFUSES = 200 };

static bool lock_failed(void)
{
    return errno == EAGAIN || errno == EACCES; /* others: a file system that has no locks */
}

static bool lock_byte(int fd, int byte)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return !fcntl(fd, F_OFD_SETLK, &lock) || !lock_failed();
}

static bool is_byte_locked(int fd, int byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static bool lock_reader(int fd)
{
    return lock_byte(fd, LOCK_USES + RIGHT_READ) && lock_byte(fd, LOCK_REFUSES + RIGHT_WRITE) &&
           lock_byte(fd, LOCK_REFUSES + RIGHT_RESIZE) &&
           !is_byte_locked(fd, LOCK_REFUSES + RIGHT_READ) &&
           !is_byte_locked(fd, LOCK_USES + RIGHT_WRITE) &&
           !is_byte_locked(fd, LOCK_USES + RIGHT_RESIZE);
}

/* A writer uses and refuses everything. */
static bool lock_writer(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return !fcntl(fd, F_OFD_SETLK, &lock) || !lock_failed();
}

/* Two writers would destroy each other's file system. Locks are the open file's (not the
 * process's), so two machines in one process exclude each other too. */
static bool lock_file(int fd, const char *name, bool read_only, struct message *message)
{
    if (read_only ? lock_reader(fd) : lock_writer(fd)) {
        return true;
    }
    return message_image(
        message, "the disk %s is in use by another process%s. Try: end that one, or %s", name,
        read_only ? " that writes to it" : "",
        read_only ? "copy the file" : "use snapshot=on or readonly=on if it only reads");
}

static bool file_size(int fd, const char *name, uint64_t *size, struct message *message)
{
    struct stat status;
    if (fstat(fd, &status)) {
        return message_image(message, "cannot use the disk %s: %s", name, strerror(errno));
    }
    if (S_ISREG(status.st_mode)) {
        *size = (uint64_t)status.st_size;
    } else if (!S_ISBLK(status.st_mode)) {
        return message_image(message, "the disk %s is %s; it has to be a file or a block device",
                             name, S_ISDIR(status.st_mode) ? "a directory" : "no plain file");
    } else if (ioctl(fd, BLKGETSIZE64, size)) {
        return message_image(message, "cannot ask for the size of the disk %s: %s", name,
                             strerror(errno));
    }
    if (!*size) {
        return message_image(message, "the disk %s is empty. Try: truncate -s 1G %s", name, name);
    }
    return true;
}

struct block_disk *block_file_open(const char *name, bool read_only, bool unsafe,
                                   struct message *message)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its other end. It means nothing for files. */
    int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
    int fd = open(name, flags);
    if (fd < 0) {
        bool denied = errno == EACCES || errno == EROFS || errno == EPERM;
        message_image(message, "cannot open the disk %s: %s%s", name,
                      errno == EISDIR ? "it is a directory" : strerror(errno),
                      denied && !read_only ? ". Try: readonly=on or snapshot=on" : "");
        return NULL;
    }
    uint64_t size = 0;
    struct block_file *file = NULL;
    if (file_size(fd, name, &size, message) && lock_file(fd, name, read_only, message)) {
        file = malloc(sizeof(*file));
        if (!file) {
            message_set(message, EXIT_STATUS_EMULATOR, "no memory for the disk %s", name);
        }
    }
    if (!file) {
        close(fd);
        return NULL;
    }
    *file = (struct block_file){
        .disk = {&file_ops, (size + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE, read_only},
        .fd = fd,
        .unsafe = unsafe,
    };
    return &file->disk;
}

void block_destroy(struct block_disk *disk)
{
    if (disk) {
        disk->ops->destroy(disk);
    }
}
