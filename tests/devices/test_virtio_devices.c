/* Block, console and entropy devices. */
#include "tests/devices/virtio.h"

#include <errno.h>

enum { DISK_SIZE = 64 * 512 };
enum { OK = 0, IOERR = 1, UNSUPP = 2 };

struct fixture {
    struct driver driver;
    struct fake_disk disk;
    struct fake_channel channel;
    struct virtio_device *device;
};

static void make(void **state, bool read_only, bool legacy)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    driver_make(&f.driver);
    f.disk.disk = (struct block_disk){&fake_disk_ops, DISK_SIZE + 100, read_only};
    f.disk.bytes = calloc(1, DISK_SIZE + 100);
    for (unsigned i = 0; i < DISK_SIZE; i++) {
        f.disk.bytes[i] = (uint8_t)(i / 512 + i);
    }
    const struct device_request request = {
        .driver = "virtio-blk-device", .options = "serial=A,,B,x=y", .disk = &f.disk.disk};
    char message[200];
    f.device = virtio_blk_create(f.driver.machine, &request, message, sizeof(message));
    assert_non_null(f.device);
    virtio_mmio_plug(f.driver.slot, f.device, legacy);
    driver_start(&f.driver, legacy, 1, 0);
    *state = &f;
}

static int setup_blk(void **state)
{
    make(state, false, true);
    return 0;
}

static int setup_read_only(void **state)
{
    make(state, true, false);
    return 0;
}

static int setup_console(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    driver_make(&f.driver);
    f.channel.channel.ops = &fake_channel_ops;
    const struct device_request request = {
        .driver = "virtio-serial-device", .options = "", .channel = &f.channel.channel};
    char message[200];
    virtio_mmio_plug(f.driver.slot,
                     virtio_console_create(f.driver.machine, &request, message, sizeof(message)),
                     true);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_machine_free(f->driver.machine);
    free(f->disk.bytes);
    return 0;
}

/* Runs one request: header at DATA, `size` bytes of data at DATA + 0x1000, status after them. */
static uint8_t request(struct fixture *f, uint32_t type, uint64_t sector, uint32_t size, bool in)
{
    struct driver *d = &f->driver;
    uint64_t data = DATA + 0x1000, status = data + size;
    wr(d->machine, DATA, 4, type);
    wr(d->machine, DATA + 4, 4, 0);
    wr(d->machine, DATA + 8, 8, sector);
    wr(d->machine, status, 1, 0xff);
    desc(d, 0, 0, DATA, 16, D_NEXT, size ? 1 : 2);
    desc(d, 0, 1, data, size, D_NEXT | (in ? D_WRITE : 0), 2);
    desc(d, 0, 2, status, 1, D_WRITE, 0);
    uint16_t before = used_index(d, 0);
    submit(d, 0, 0);
    assert_int_equal(used_index(d, 0), (uint16_t)(before + 1));
    return (uint8_t)rd(d->machine, status, 1);
}

static void the_configuration_tells_size_and_limits(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    assert_int_equal(get_slot(d, 8), 2);
    assert_int_equal(rd(d->machine, SLOT + 0x100, 8), 64);
    assert_int_equal(rd(d->machine, SLOT + 0x10c, 4), 254);
    assert_int_equal(rd(d->machine, SLOT + 0x114, 4), 512);
    assert_int_equal(rd(d->machine, SLOT + 0x1ff, 1), 0);
    wr(d->machine, SLOT + 0x100, 4, 0);
    assert_int_equal(rd(d->machine, SLOT + 0x100, 8), 64);
    put_slot(d, 0x14, 0);
    assert_int_equal(get_slot(d, 0x10) & 1 << 5, 0);
}

static void reads_and_writes_reach_the_disk(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    assert_int_equal(request(f, 0, 2, 1024, true), OK);
    assert_int_equal(used_length(d, 0, 0), 1025);
    assert_int_equal(rd(d->machine, DATA + 0x1000, 4), 0x05040302);
    assert_int_equal(rd(d->machine, DATA + 0x1200, 4), 0x06050403);
    wr(d->machine, DATA + 0x1000, 8, 0x8877665544332211);
    assert_int_equal(request(f, 1, 63, 512, false), OK);
    assert_int_equal(used_length(d, 0, 1), 1);
    assert_int_equal(f->disk.bytes[63 * 512], 0x11);
    assert_int_equal(request(f, 0, 5, 0, true), OK);
}

static void requests_outside_the_disk_are_errors(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(request(f, 0, 64, 512, true), IOERR);
    assert_int_equal(used_length(&f->driver, 0, 0), 1);
    assert_int_equal(request(f, 0, 63, 1024, true), IOERR);
    assert_int_equal(request(f, 0, UINT64_MAX, 512, true), IOERR);
    assert_int_equal(request(f, 0, UINT64_MAX / 512, 1024, true), IOERR);
    assert_int_equal(request(f, 1, 64, 512, false), IOERR);
    assert_int_equal(request(f, 0, 0, 511, true), IOERR);
    assert_int_equal(request(f, 77, 0, 512, true), UNSUPP);
    assert_int_equal(f->disk.writes, 0);
}

static void host_errors_become_the_guests(void **state)
{
    struct fixture *f = *state;
    f->disk.error = -ENOSPC;
    assert_int_equal(request(f, 1, 0, 512, false), IOERR);
    assert_int_equal(request(f, 0, 0, 512, true), IOERR);
    assert_int_equal(request(f, 4, 0, 0, true), IOERR);
    f->disk.error = 0;
    assert_int_equal(request(f, 4, 0, 0, true), OK);
    assert_int_equal(f->disk.flushes, 2);
}

static void the_serial_number_is_the_id(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(request(f, 8, 0, 20, true), OK);
    assert_int_equal(rd(f->driver.machine, DATA + 0x1000, 4), 0x422c41); /* "A,B" */
    assert_int_equal(used_length(&f->driver, 0, 0), 21);
    assert_int_equal(request(f, 8, 0, 2, true), OK);
    assert_int_equal(used_length(&f->driver, 0, 1), 3);
}

static void range(struct fixture *f, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    wr(f->driver.machine, DATA + 0x1000, 8, sector);
    wr(f->driver.machine, DATA + 0x1008, 4, sectors);
    wr(f->driver.machine, DATA + 0x100c, 4, flags);
}

static void discard_and_write_zeroes(void **state)
{
    struct fixture *f = *state;
    range(f, 8, 2, 0);
    assert_int_equal(request(f, 13, 0, 16, false), OK);
    assert_int_equal(f->disk.bytes[8 * 512 + 5] | f->disk.bytes[10 * 512 - 1], 0);
    assert_int_not_equal(f->disk.bytes[10 * 512], 0);
    assert_int_equal(request(f, 11, 0, 16, false), OK);
    assert_int_equal(f->disk.discards, 1);
    range(f, 8, 2, 1);
    assert_int_equal(request(f, 13, 0, 16, false), OK);
    assert_int_equal(request(f, 11, 0, 16, false), UNSUPP);
    range(f, 63, 2, 0);
    assert_int_equal(request(f, 13, 0, 16, false), IOERR);
    range(f, UINT64_MAX, 1, 0);
    assert_int_equal(request(f, 11, 0, 16, false), IOERR);
    range(f, 0, UINT32_MAX, 0);
    assert_int_equal(request(f, 13, 0, 16, false), IOERR);
    range(f, 0, 1, 0);
    assert_int_equal(request(f, 13, 0, 15, false), IOERR);
    assert_int_equal(request(f, 13, 0, 32, false), IOERR);
    assert_int_equal(request(f, 13, 0, 0, false), IOERR);
}

static void a_read_only_disk_refuses_changes(void **state)
{
    struct fixture *f = *state;
    put_slot(&f->driver, 0x14, 0);
    assert_int_equal(get_slot(&f->driver, 0x10) & (1 << 5 | 1 << 13), 1 << 5);
    assert_int_equal(request(f, 1, 0, 512, false), IOERR);
    range(f, 0, 1, 0);
    assert_int_equal(request(f, 13, 0, 16, false), IOERR);
    assert_int_equal(request(f, 11, 0, 16, false), IOERR);
    assert_int_equal(request(f, 0, 0, 512, true), OK);
}

static void requests_can_be_cut_anyhow(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    wr(d->machine, DATA, 4, 0);
    wr(d->machine, DATA + 8, 8, 1);
    desc(d, 0, 0, DATA, 3, D_NEXT, 1);
    desc(d, 0, 1, DATA + 3, 13, D_NEXT, 2);
    desc(d, 0, 2, DATA + 0x1000, 100, D_NEXT | D_WRITE, 3);
    desc(d, 0, 3, DATA + 0x2000, 413, D_WRITE, 0); /* the last byte is the status */
    submit(d, 0, 0);
    assert_int_equal(used_length(d, 0, 0), 513);
    assert_int_equal(rd(d->machine, DATA + 0x2000, 1), 1 + 100);
    assert_int_equal(rd(d->machine, DATA + 0x2000 + 412, 1), OK);
}

static void requests_without_header_or_status_break_the_device(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    desc(d, 0, 0, DATA, 15, D_NEXT, 1);
    desc(d, 0, 1, DATA + 64, 1, D_WRITE, 0);
    submit(d, 0, 0);
    assert_true(f->device->broken);
    driver_start(d, true, 1, 0);
    desc(d, 0, 0, DATA, 16, 0, 0);
    submit(d, 0, 0);
    assert_true(f->device->broken);
    assert_int_equal(used_index(d, 0), 0);
}

static void data_outside_memory_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    for (unsigned type = 0; type < 2; type++) {
        driver_start(d, true, 1, 0);
        wr(d->machine, DATA, 4, type);
        wr(d->machine, DATA + 8, 8, 0);
        desc(d, 0, 0, DATA, 16, D_NEXT, 1);
        desc(d, 0, 1, RAM_BASE + RAM_SIZE - 256, 512, D_NEXT | (type ? 0 : D_WRITE), 2);
        desc(d, 0, 2, DATA + 64, 1, D_WRITE, 0);
        submit(d, 0, 0);
        assert_int_equal(used_index(d, 0), 1);
        assert_int_equal(rd(d->machine, DATA + 64, 1), IOERR);
    }
}

static void the_console_sends(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    driver_start(d, true, 2, 0);
    bus_dma_write(d->machine->bus, DATA, "hello world", 11);
    desc(d, 1, 0, DATA, 5, D_NEXT, 1);
    desc(d, 1, 1, DATA + 5, 6, 0, 0);
    submit(d, 1, 0);
    assert_string_equal(f->channel.text, "hello world");
    assert_int_equal(used_index(d, 1), 1);
    assert_true(d->line.level);
}

static void the_console_receives_when_there_are_buffers(void **state)
{
    struct fixture *f = *state;
    struct driver *d = &f->driver;
    assert_int_equal(give(&f->channel, "early"), 0);
    driver_start(d, true, 2, 0);
    assert_int_equal(give(&f->channel, "abc"), 0);
    desc(d, 0, 0, DATA, 2, D_WRITE, 0);
    submit(d, 0, 0);
    assert_int_equal(f->channel.resumes, 1);
    assert_int_equal(give(&f->channel, "abc"), 2);
    assert_int_equal(used_length(d, 0, 0), 2);
    assert_int_equal(rd(d->machine, DATA, 2), 0x6261);
    desc(d, 0, 1, DATA + 16, 64, D_WRITE, 0);
    submit(d, 0, 1);
    assert_int_equal(f->channel.resumes, 2);
    assert_int_equal(give(&f->channel, "c"), 1);
    assert_int_equal(used_length(d, 0, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name, set) cmocka_unit_test_setup_teardown(name, set, teardown)
        TEST(the_configuration_tells_size_and_limits, setup_blk),
        TEST(reads_and_writes_reach_the_disk, setup_blk),
        TEST(requests_outside_the_disk_are_errors, setup_blk),
        TEST(host_errors_become_the_guests, setup_blk),
        TEST(the_serial_number_is_the_id, setup_blk),
        TEST(discard_and_write_zeroes, setup_blk),
        TEST(a_read_only_disk_refuses_changes, setup_read_only),
        TEST(requests_can_be_cut_anyhow, setup_blk),
        TEST(requests_without_header_or_status_break_the_device, setup_blk),
        TEST(data_outside_memory_is_an_error, setup_blk),
        TEST(the_console_sends, setup_console),
        TEST(the_console_receives_when_there_are_buffers, setup_console),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
