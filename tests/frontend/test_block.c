#include "frontend/block.h"

#include "frontend/drives.h"
#include "tests/support/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { DISK_SIZE = 64 << 10, ROUNDS = 2000 };

struct place {
    char directory[TEMP_PATH], file[TEMP_PATH + 8];
};

static struct message message;

static void fill_file(const char *name, size_t size)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        fputc((int)(i * 7 >> 3), file);
    }
    fclose(file);
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    if (!mkdtemp(temp_template(place->directory))) {
        return -1;
    }
    snprintf(place->file, sizeof(place->file), "%s/disk", place->directory);
    fill_file(place->file, DISK_SIZE);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    rmdir(place->directory);
    free(place);
    return 0;
}

static int read_at(struct block_disk *disk, uint64_t offset, void *buffer, size_t size)
{
    return disk->ops->read(disk, offset, buffer, size);
}

static int write_at(struct block_disk *disk, uint64_t offset, const void *buffer, size_t size)
{
    return disk->ops->write(disk, offset, buffer, size);
}

static void test_file(void **state)
{
    struct place *place = *state;
    struct block_disk *disk = block_file_open(place->file, false, false, &message);
    assert_non_null(disk);
    assert_int_equal(disk->size, DISK_SIZE);
    assert_false(disk->read_only);
    char bytes[512] = "written";
    assert_int_equal(write_at(disk, 1024, bytes, 512), 0);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(read_at(disk, 1024, bytes, 512), 0);
    assert_string_equal(bytes, "written");
    assert_int_equal(disk->ops->flush(disk), 0);
    assert_int_equal(disk->ops->discard(disk, 0, 4096), 0);
    /* Outside, and where offset + size overflows. */
    assert_int_equal(read_at(disk, DISK_SIZE, bytes, 512), -EIO);
    assert_int_equal(read_at(disk, DISK_SIZE - 511, bytes, 512), -EIO);
    assert_int_equal(write_at(disk, UINT64_MAX - 100, bytes, 512), -EIO);
    assert_int_equal(disk->ops->discard(disk, 512, UINT64_MAX), -EIO);
    assert_int_equal(read_at(disk, DISK_SIZE, bytes, 0), 0);
    block_destroy(disk);
}

static void test_read_only(void **state)
{
    struct place *place = *state;
    struct block_disk *disk = block_file_open(place->file, true, false, &message);
    assert_non_null(disk);
    assert_true(disk->read_only);
    char bytes[512];
    assert_int_equal(read_at(disk, 0, bytes, 512), 0);
    assert_int_equal(write_at(disk, 0, bytes, 512), -EROFS);
    assert_int_equal(disk->ops->discard(disk, 0, 512), -EROFS);
    assert_int_equal(disk->ops->flush(disk), 0);
    block_destroy(disk);
}

static void test_odd_size(void **state)
{
    struct place *place = *state;
    fill_file(place->file, 1000);
    struct block_disk *disk = block_file_open(place->file, false, false, &message);
    assert_int_equal(disk->size, 1024);
    uint8_t bytes[512];
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(read_at(disk, 512, bytes, 512), 0);
    assert_int_equal(bytes[487], (uint8_t)(999 * 7 >> 3));
    assert_int_equal(bytes[488], 0);
    assert_int_equal(bytes[511], 0);
    assert_int_equal(write_at(disk, 512, bytes, 512), 0);
    block_destroy(disk);
}

static void test_lock(void **state)
{
    struct place *place = *state;
    struct block_disk *writer = block_file_open(place->file, false, false, &message);
    assert_non_null(writer);
    assert_null(block_file_open(place->file, false, false, &message));
    assert_non_null(strstr(message.text, "in use"));
    assert_null(block_file_open(place->file, true, false, &message));
    block_destroy(writer);
    struct block_disk *one = block_file_open(place->file, true, false, &message);
    struct block_disk *two = block_file_open(place->file, true, false, &message);
    assert_non_null(one);
    assert_non_null(two);
    assert_null(block_file_open(place->file, false, false, &message));
    block_destroy(one);
    block_destroy(two);
}

static int open_locked(const char *name, int byte)
{
    int fd = open(name, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

/* Byte 100 is locked by QEMU when it reads an image, byte 101 when it writes. */
static void test_lock_of_qemu(void **state)
{
    struct place *place = *state;
    int reader = open_locked(place->file, 100);
    struct block_disk *disk = block_file_open(place->file, true, false, &message);
    assert_non_null(disk);
    struct flock refused = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 200, .l_len = 1};
    assert_int_equal(fcntl(reader, F_OFD_GETLK, &refused), 0);
    assert_int_equal(refused.l_type, F_UNLCK);
    block_destroy(disk);
    assert_null(block_file_open(place->file, false, false, &message));
    close(reader);
    int writer = open_locked(place->file, 101);
    assert_null(block_file_open(place->file, true, false, &message));
    close(writer);
}

static void test_refusals(void **state)
{
    struct place *place = *state;
    assert_null(block_file_open(place->directory, false, false, &message));
    assert_non_null(strstr(message.text, "directory"));
    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
    assert_null(block_file_open(place->directory, true, false, &message));
    assert_non_null(strstr(message.text, "directory"));
    unlink(place->file);
    assert_null(block_file_open(place->file, false, false, &message));
    assert_non_null(strstr(message.text, "No such file"));
    assert_int_equal(mkfifo(place->file, 0600), 0);
    assert_null(block_file_open(place->file, false, false, &message));
    assert_null(block_file_open(place->file, true, false, &message));
    assert_non_null(strstr(message.text, "no plain file"));
    unlink(place->file);
    fill_file(place->file, 0);
    assert_null(block_file_open(place->file, false, false, &message));
    assert_non_null(strstr(message.text, "empty"));
    assert_null(block_file_open("/dev/null", true, false, &message));
}

/* Random accesses against a plain copy in memory; the file itself must not change. */
static void test_overlay(void **state)
{
    struct place *place = *state;
    static uint8_t model[DISK_SIZE], before[DISK_SIZE], bytes[DISK_SIZE];
    struct block_disk *base = block_file_open(place->file, true, false, &message);
    assert_int_equal(read_at(base, 0, before, DISK_SIZE), 0);
    memcpy(model, before, DISK_SIZE);
    struct block_disk *disk = block_overlay_create(base, &message);
    assert_non_null(disk);
    assert_false(disk->read_only);
    assert_int_equal(disk->size, DISK_SIZE);
    srand(1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t offset = (size_t)rand() % DISK_SIZE;
        size_t size = (size_t)rand() % (round % 8 ? 1500 : 20000);
        size = size < DISK_SIZE - offset ? size : DISK_SIZE - offset;
        if (rand() & 1) {
            memset(bytes, rand(), size);
            assert_int_equal(write_at(disk, offset, bytes, size), 0);
            memcpy(model + offset, bytes, size);
        } else {
            assert_int_equal(read_at(disk, offset, bytes, size), 0);
            assert_memory_equal(bytes, model + offset, size);
        }
        if (round % 200 == 0) {
            assert_int_equal(disk->ops->discard(disk, offset, size), 0);
            assert_int_equal(disk->ops->flush(disk), 0);
        }
    }
    assert_int_equal(write_at(disk, DISK_SIZE, bytes, 1), -EIO);
    assert_int_equal(read_at(disk, DISK_SIZE, bytes, 1), -EIO);
    block_destroy(disk);
    base = block_file_open(place->file, true, false, &message);
    assert_int_equal(read_at(base, 0, bytes, DISK_SIZE), 0);
    assert_memory_equal(bytes, before, DISK_SIZE);
    block_destroy(base);
}

/* A host without room: RLIMIT_FSIZE ends the overlay's file at 8 KiB. */
static void test_no_room(void **state)
{
    struct place *place = *state;
    static uint8_t bytes[16384];
    struct block_disk *base = block_file_open(place->file, true, false, &message);
    struct block_disk *disk = block_overlay_create(base, &message);
    assert_non_null(disk);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 8192;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    memset(bytes, 0x5a, sizeof(bytes));
    assert_int_equal(write_at(disk, 0, bytes, 8192), 0);
    assert_int_equal(write_at(disk, 16384, bytes, 4096), -EFBIG);
    assert_int_equal(write_at(disk, 16384 + 512, bytes, 512), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &old);
    /* What failed is as before, what worked is there. */
    uint8_t seen[4096];
    assert_int_equal(read_at(disk, 0, seen, 4096), 0);
    assert_memory_equal(seen, bytes, 4096);
    assert_int_equal(read_at(disk, 16384, seen, 4096), 0);
    assert_int_equal(seen[0], (uint8_t)(16384 * 7 >> 3));
    assert_int_equal(write_at(disk, 16384, bytes, 4096), 0);
    block_destroy(disk);
}

/* /dev/full is what a full disk does to writes. */
static void test_write_error(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    uint8_t bytes[512] = {0};
    assert_int_equal(block_write_fd(fd, 0, bytes, sizeof(bytes)), -ENOSPC);
    close(fd);
    assert_int_equal(block_write_fd(-1, 0, bytes, sizeof(bytes)), -EBADF);
    assert_int_equal(block_read_fd(-1, 0, bytes, sizeof(bytes)), -EBADF);
}

static void test_no_place_for_overlay(void **state)
{
    struct place *place = *state;
    const char *usual = getenv("TMPDIR");
    char *kept = usual ? strdup(usual) : NULL;
    setenv("TMPDIR", "/nonexistent/place", 1);
    struct block_disk *base = block_file_open(place->file, true, false, &message);
    assert_null(block_overlay_create(base, &message));
    assert_non_null(strstr(message.text, "TMPDIR"));
    if (kept) {
        setenv("TMPDIR", kept, 1);
    } else {
        unsetenv("TMPDIR");
    }
    free(kept);
}

static bool open_drive(struct drive_set *set, struct block_disk **flash, const char *format,
                       const char *file)
{
    char spec[256];
    snprintf(spec, sizeof(spec), format, file);
    return drive_open(set, spec, false, flash, &message);
}

static void test_drives(void **state)
{
    struct place *place = *state;
    struct drive_set set = {0};
    struct block_disk *flash[2] = {0}, *disk;
    const char *file = place->file;
    assert_false(open_drive(&set, flash, "if=virtio", file));
    assert_false(open_drive(&set, flash, "file=%s,format=qcow2", file));
    assert_false(open_drive(&set, flash, "file=%s,if=scsi", file));
    assert_false(open_drive(&set, flash, "file=%s,readonyl=on", file));
    assert_non_null(strstr(message.text, "did you mean \"readonly\""));
    assert_false(open_drive(&set, flash, "file=%s,if=pflash,unit=2,readonly=on", file));
    assert_true(open_drive(&set, flash, "file=%s,if=none,id=a,format=raw,snapshot=on", file));
    assert_false(open_drive(&set, flash, "file=%s,if=none,id=a,readonly=on", file));
    assert_true(open_drive(&set, flash, "file=%s,readonly=on,id=b", file));
    assert_true(open_drive(&set, flash, "file=%s,if=pflash,readonly=on", file));
    assert_true(open_drive(&set, flash, "file=%s,if=pflash,readonly=on", file));
    assert_non_null(flash[0]);
    assert_non_null(flash[1]);
    assert_false(drive_take(&set, "c", &disk, &message));
    assert_false(drive_take(&set, "b", &disk, &message));
    assert_true(drive_take(&set, "a", &disk, &message));
    assert_false(disk->read_only);
    assert_false(drive_take(&set, "a", &disk, &message));
    drive_set_free(&set);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_file),         TEST(test_read_only),
        TEST(test_odd_size),     TEST(test_lock),
        TEST(test_lock_of_qemu), TEST(test_refusals),
        TEST(test_overlay),      TEST(test_no_room),
        TEST(test_write_error),  TEST(test_no_place_for_overlay),
        TEST(test_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
