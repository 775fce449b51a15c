#include "core/base/log.h"
#include "core/bus/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A device that writes down each access and answers with the offset in each byte. */
struct recorder {
    char text[256];
};

static uint64_t recorder_read(void *opaque, uint64_t offset, unsigned size)
{
    struct recorder *recorder = opaque;
    size_t length = strlen(recorder->text);
    snprintf(recorder->text + length, sizeof(recorder->text) - length, "r%u@%x ", size,
             (unsigned)offset);
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (offset + i) << (8 * i);
    }
    return value | (size < 8 ? UINT64_C(0xff) << (8 * size) : 0); /* excess bits are cut off */
}

static void recorder_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct recorder *recorder = opaque;
    size_t length = strlen(recorder->text);
    snprintf(recorder->text + length, sizeof(recorder->text) - length, "w%u@%x=%llx ", size,
             (unsigned)offset, (unsigned long long)value);
}

static const struct mmio_ops recorder_ops = {recorder_read, recorder_write};

struct fixture {
    struct log log;
    struct bus *bus;
    uint8_t *ram;
    uint8_t rom[4096];
    struct recorder device, flash;
    unsigned changes, written;
};

static void on_change(void *opaque)
{
    ((struct fixture *)opaque)->changes++;
}

static void on_written(void *opaque, const uint8_t *host, size_t size)
{
    ((struct fixture *)opaque)->written += (unsigned)size;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.log.file = stderr;
    f.bus = bus_create(&f.log);
    bus_on_change(f.bus, on_change, &f);
    bus_on_dma_write(f.bus, on_written, &f);
    f.ram = bus_add_ram(f.bus, "ram", 0x40000000, 0x10000);
    bus_add_mmio(f.bus, "device", 0x9000000, 0x100, &recorder_ops, &f.device);
    bus_add_rom(f.bus, "rom", 0x2000, sizeof(f.rom), f.rom, NULL, NULL);
    bus_add_alias(f.bus, "alias", 0x80000000, 0x10000, f.ram, true);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    bus_destroy(((struct fixture *)*state)->bus);
    return 0;
}

static void find_gives_the_region_of_an_address(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(bus_find(f->bus, 0x40000000)->name, "ram");
    assert_string_equal(bus_find(f->bus, 0x4000ffff)->name, "ram");
    assert_null(bus_find(f->bus, 0x40010000));
    assert_null(bus_find(f->bus, 0x3fffffff));
    assert_null(bus_find(f->bus, 0));
    assert_null(bus_find(f->bus, UINT64_MAX));
    assert_string_equal(bus_find(f->bus, 0x90000ff)->name, "device");
    assert_ptr_equal(bus_find(f->bus, 0x80001234)->host, f->ram);
}

static void ram_is_one_piece_seen_through_every_window(void **state)
{
    struct fixture *f = *state;
    uint64_t value;
    assert_true(bus_write(f->bus, 0x40000ffe, 8, 0x1122334455667788));
    assert_true(bus_read(f->bus, 0x80000ffe, 8, &value));
    assert_int_equal(value, 0x1122334455667788);
    assert_true(bus_read(f->bus, 0x80001000, 2, &value));
    assert_int_equal(value, 0x5566);
    assert_int_equal(f->written, 8);
}

static void devices_get_aligned_pieces(void **state)
{
    struct fixture *f = *state;
    uint64_t value;
    assert_true(bus_read(f->bus, 0x9000010, 4, &value));
    assert_int_equal(value, 0x13121110);
    assert_true(bus_read(f->bus, 0x9000013, 4, &value));
    assert_int_equal(value, 0x16151413);
    assert_true(bus_write(f->bus, 0x9000022, 4, 0xaabbccdd));
    assert_true(bus_write(f->bus, 0x9000028, 8, 0x0102030405060708));
    assert_string_equal(f->device.text, "r4@10 r1@13 r2@14 r1@16 w2@22=ccdd w2@24=aabb "
                                        "w8@28=102030405060708 ");
}

static void an_access_that_leaves_the_map_is_refused_whole(void **state)
{
    struct fixture *f = *state;
    uint64_t value = 1;
    assert_false(bus_read(f->bus, 0x90000fe, 4, &value));
    assert_int_equal(value, 0);
    assert_false(bus_write(f->bus, 0x90000fe, 4, 0));
    assert_string_equal(f->device.text, "");
    assert_false(bus_read(f->bus, 0x1234567890, 1, &value));
    assert_false(bus_write(f->bus, UINT64_MAX, 8, 0));
    assert_false(bus_write(f->bus, 0x4000fffe, 4, 0xffffffff));
    assert_int_equal(f->ram[0xfffe], 0);
}

static void rom_keeps_its_contents(void **state)
{
    struct fixture *f = *state;
    uint64_t value;
    f->rom[4] = 0x5a;
    assert_true(bus_write(f->bus, 0x2004, 1, 0));
    assert_true(bus_read(f->bus, 0x2004, 1, &value));
    assert_int_equal(value, 0x5a);
}

static void flash_switches_between_memory_and_device(void **state)
{
    struct fixture *f = *state;
    uint64_t value;
    bus_add_rom(f->bus, "flash", 0x4000, sizeof(f->rom), f->rom, &recorder_ops, &f->flash);
    f->rom[0] = 0x77;
    unsigned changes = f->changes;
    uint64_t generation = bus_generation(f->bus);
    assert_true(bus_read(f->bus, 0x4000, 1, &value));
    assert_int_equal(value, 0x77);
    assert_true(bus_write(f->bus, 0x4000, 1, 0x90));
    bus_set_direct(f->bus, 0x4000, false);
    bus_set_direct(f->bus, 0x4000, false);
    assert_int_equal(f->changes, changes + 1);
    assert_int_equal(bus_generation(f->bus), generation + 1);
    assert_true(bus_read(f->bus, 0x4000, 1, &value));
    assert_string_equal(f->flash.text, "w1@0=90 r1@0 ");
    bus_set_direct(f->bus, 0x4000, true);
    assert_true(bus_read(f->bus, 0x4000, 1, &value));
    assert_int_equal(value, 0x77);
    bus_remove(f->bus, 0x4000);
    assert_null(bus_find(f->bus, 0x4000));
}

static void dma_stays_within_memory(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[64] = {1, 2, 3};
    assert_true(bus_dma_write(f->bus, 0x4000ffc0, buffer, 64));
    assert_int_equal(f->written, 64);
    assert_false(bus_dma_write(f->bus, 0x4000ffc1, buffer, 64));
    assert_false(bus_dma_write(f->bus, 0x9000000, buffer, 4));
    assert_false(bus_dma_write(f->bus, 0x2000, buffer, 4));
    assert_true(bus_dma_read(f->bus, 0x2000, buffer, 4));
    assert_false(bus_dma_read(f->bus, 0x9000000, buffer, 4));
    assert_string_equal(f->device.text, "");
    assert_false(bus_dma_read(f->bus, UINT64_MAX - 3, buffer, 8));
    assert_ptr_equal(bus_dma_map(f->bus, 0x40000010, 0x10), f->ram + 0x10);
    assert_null(bus_dma_map(f->bus, 0x40000010, 0x10000));
    assert_null(bus_dma_map(f->bus, 0x40000010, SIZE_MAX));
    assert_null(bus_dma_map(f->bus, 0x2000, 4));
    assert_null(bus_dma_map(f->bus, 0x9000000, 4));
}

static void dma_runs_across_neighbouring_memory(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8] = {0};
    uint8_t *next = bus_add_ram(f->bus, "next", 0x40010000, 0x1000);
    assert_true(bus_dma_write(f->bus, 0x4000fffc, buffer, 8));
    assert_int_equal(next[0], 5);
    assert_true(bus_dma_read(f->bus, 0x4000fffc, back, 8));
    assert_memory_equal(back, buffer, 8);
}

static void the_hash_sees_contents_and_not_touches(void **state)
{
    struct fixture *f = *state;
    uint64_t empty = bus_hash(f->bus, 1);
    f->ram[0x5000] = 1;
    uint64_t one = bus_hash(f->bus, 1);
    assert_int_not_equal(one, empty);
    f->ram[0x5000] = 0;
    assert_int_equal(bus_hash(f->bus, 1), empty);
    f->ram[0x6000] = 1;
    assert_int_not_equal(bus_hash(f->bus, 1), one);
}

static void only_ram_is_made_ready(void **state)
{
    struct fixture *f = *state;
    enum { BASE = 0x50000000, SIZE = 8 << 20 };
    uint8_t *ram = bus_add_ram(f->bus, "more", BASE, SIZE);
    ram[0] = 1;
    ram[SIZE - 1] = 2;
    bus_ram_ahead(f->bus, BASE, SIZE);
    bus_ram_ahead(f->bus, BASE + 5, SIZE - 5);
    bus_ram_ahead(f->bus, BASE + 5, SIZE);
    bus_ram_ahead(f->bus, BASE, UINT64_MAX);
    bus_ram_ahead(f->bus, UINT64_MAX, UINT64_MAX);
    bus_ram_ahead(f->bus, 0x2000, SIZE);
    bus_ram_ahead(f->bus, 0x9000000, SIZE);
    assert_int_equal(ram[0], 1);
    assert_int_equal(ram[SIZE - 1], 2);
    bus_ram_ahead(f->bus, BASE, SIZE);
    bus_remove(f->bus, BASE);
}

static void room_is_what_no_region_has(void **state)
{
    struct fixture *f = *state;
    const uint64_t base = 0x50000000;
    assert_true(bus_has_room(f->bus, base, 0x1000));
    bus_add_mmio(f->bus, "new", base, 0x1000, NULL, NULL);
    assert_false(bus_has_room(f->bus, base, 1));
    assert_false(bus_has_room(f->bus, base + 0xfff, 1));
    assert_false(bus_has_room(f->bus, base - 0x1000, 0x1001));
    assert_false(bus_has_room(f->bus, base - 0x1000, 0x3000));
    assert_true(bus_has_room(f->bus, base - 0x1000, 0x1000));
    assert_true(bus_has_room(f->bus, base + 0x1000, 0x1000));
    assert_false(bus_has_room(f->bus, base + 0x1000, 0));
    assert_false(bus_has_room(f->bus, UINT64_MAX, 2));
    for (uint64_t at = base + 0x1000; bus_has_room(f->bus, at, 1); at++) {
        assert_true(at < base + 0x2000);
        bus_add_mmio(f->bus, "full", at, 1, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(find_gives_the_region_of_an_address),
        TEST(ram_is_one_piece_seen_through_every_window),
        TEST(devices_get_aligned_pieces),
        TEST(an_access_that_leaves_the_map_is_refused_whole),
        TEST(rom_keeps_its_contents),
        TEST(flash_switches_between_memory_and_device),
        TEST(dma_stays_within_memory),
        TEST(dma_runs_across_neighbouring_memory),
        TEST(the_hash_sees_contents_and_not_touches),
        TEST(only_ram_is_made_ready),
        TEST(room_is_what_no_region_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
