#include "devices/block/cfi_flash.h"
#include "tests/devices/support.h"

#define SIZE UINT64_C(0x4000000)
enum { BLOCK = 0x40000 };

struct fixture {
    struct machine *machine;
    struct fake_disk disk;
    struct cfi_flash *flash;
};

static int setup_with(void **state, bool disk, bool read_only)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    if (disk) {
        f.disk.disk = (struct block_disk){&fake_disk_ops, 2 * BLOCK, read_only};
        f.disk.bytes = malloc(2 * BLOCK);
        memset(f.disk.bytes, 0xff, 2 * BLOCK);
        f.disk.bytes[1] = 0x42;
    }
    f.flash = cfi_flash_create(f.machine, "flash0", 0, SIZE, disk ? &f.disk.disk : NULL);
    assert_non_null(f.flash);
    *state = &f;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, false, false);
}

static int setup_disk(void **state)
{
    return setup_with(state, true, false);
}

static int setup_read_only(void **state)
{
    return setup_with(state, true, true);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_machine_free(f->machine);
    free(f->disk.bytes);
    return 0;
}

static void both(struct fixture *f, uint64_t at, uint16_t command)
{
    wr(f->machine, at, 4, command | (uint32_t)command << 16);
}

static uint32_t get(struct fixture *f, uint64_t at)
{
    return (uint32_t)rd(f->machine, at, 4);
}

static bool direct(struct fixture *f)
{
    return bus_find(f->machine->bus, 0)->host != NULL;
}

static void query_shows_two_chips_of_16_bits(void **state)
{
    struct fixture *f = *state;
    assert_true(direct(f));
    both(f, 0x55 << 2, 0x98);
    assert_false(direct(f));
    assert_int_equal(get(f, 0x10 << 2), 0x00510051);
    assert_int_equal(get(f, 0x11 << 2), 0x00520052);
    assert_int_equal(get(f, 0x12 << 2), 0x00590059);
    assert_int_equal(get(f, 0x13 << 2) & 0xffff, 1);
    assert_int_equal(get(f, 0x27 << 2) & 0xffff, 25); /* each chip 32 MiB */
    assert_int_equal(get(f, 0x2c << 2) & 0xffff, 1);
    assert_int_equal(get(f, 0x2d << 2) & 0xffff, 255);
    assert_int_equal(get(f, 0x30 << 2) & 0xffff, 2); /* 512 * 256 bytes */
    assert_int_equal(get(f, 0x31 << 2) & 0xffff, 'P');
    assert_int_equal(get(f, 0xff << 2), 0);
    assert_int_equal(rd(f->machine, 0x10 << 2, 1), 'Q');
    assert_int_equal(rd(f->machine, (0x10 << 2) + 2, 2), 'Q');
    both(f, 0, 0x90);
    assert_int_equal(get(f, 0), 0x00890089);
    assert_int_equal(get(f, 4), 0x00180018);
    assert_int_equal(get(f, 8), 0);
    both(f, 0, 0xff);
    assert_true(direct(f));
}

static void one_chip_of_32_bits(void **state)
{
    struct fixture *f = *state;
    cfi_flash_set_one_chip(f->flash);
    wr(f->machine, 0x55 << 2, 4, 0x98);
    assert_int_equal(get(f, 0x10 << 2), 'Q');
    assert_int_equal(get(f, 0x27 << 2), 26); /* all of the 64 MiB */
    assert_int_equal(get(f, 0x28 << 2), 3);
    assert_int_equal(get(f, 0x30 << 2), 4); /* 1024 * 256 bytes */
    assert_int_equal(rd(f->machine, (0x10 << 2) + 2, 2), 0);
    cfi_flash_set_big_endian(f->flash);
    assert_int_equal(get(f, 0x10 << 2), (uint32_t)'Q' << 24);
    wr(f->machine, 0, 4, 0x90000000);
    assert_int_equal(get(f, 0), 0x89000000);
    wr(f->machine, 0, 4, 0xff000000);
    assert_true(direct(f));
}

static void a_big_endian_bank_swaps_all_but_data(void **state)
{
    struct fixture *f = *state;
    cfi_flash_set_big_endian(f->flash);
    wr(f->machine, 0x55 << 2, 4, 0x98009800);
    assert_int_equal(get(f, 0x10 << 2), 0x51005100);
    assert_int_equal(rd(f->machine, (0x10 << 2) + 1, 1), 'Q');
    wr(f->machine, 1, 1, 0x90);
    assert_int_equal(get(f, 0), 0x89008900);
    wr(f->machine, BLOCK, 4, 0x20002000);
    wr(f->machine, BLOCK, 4, 0xd000d000);
    wr(f->machine, BLOCK, 4, 0xe800e800);
    assert_int_equal(get(f, BLOCK), 0x80008000);
    wr(f->machine, BLOCK, 4, 0x01000100);
    wr(f->machine, BLOCK, 4, 0x11223344);
    wr(f->machine, BLOCK + 4, 4, 0x55667788);
    wr(f->machine, BLOCK, 4, 0xd000d000);
    wr(f->machine, BLOCK, 4, 0xff00ff00);
    assert_int_equal(get(f, BLOCK), 0x11223344);
    assert_int_equal(get(f, BLOCK + 4), 0x55667788);
    assert_true(direct(f));
}

static void a_narrow_command_counts_for_both_chips(void **state)
{
    struct fixture *f = *state;
    wr(f->machine, 2, 2, 0x90);
    assert_false(direct(f));
    assert_int_equal(get(f, 0), 0x00890089);
    wr(f->machine, 3, 1, 0xf0);
    assert_true(direct(f));
    wr(f->machine, BLOCK, 2, 0x20);
    wr(f->machine, BLOCK, 2, 0xd0);
    wr(f->machine, BLOCK + 2, 2, 0xe8);
    wr(f->machine, BLOCK + 2, 2, 1);
    wr(f->machine, BLOCK + 2, 2, 0x1234);
    wr(f->machine, BLOCK + 4, 2, 0x5678);
    wr(f->machine, BLOCK + 2, 2, 0xd0);
    wr(f->machine, BLOCK, 2, 0xff);
    assert_int_equal(get(f, BLOCK), 0x1234ffff);
    assert_int_equal(get(f, BLOCK + 4), 0xffff5678);
}

static void erase_and_program(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, BLOCK), 0);
    both(f, BLOCK, 0x20);
    both(f, BLOCK, 0xd0);
    assert_int_equal(get(f, BLOCK), 0x00800080);
    both(f, 0, 0xff);
    assert_int_equal(get(f, BLOCK), 0xffffffff);
    assert_int_equal(get(f, 2 * BLOCK - 4), 0xffffffff);
    assert_int_equal(get(f, 2 * BLOCK), 0);
    assert_int_equal(get(f, BLOCK - 4), 0);
    both(f, BLOCK + 8, 0x40);
    wr(f->machine, BLOCK + 8, 4, 0x12345678);
    assert_int_equal(get(f, 0), 0x00800080);
    both(f, BLOCK + 8, 0x10);
    wr(f->machine, BLOCK + 8, 4, 0xf0f0f0f0);
    both(f, 0, 0xff);
    assert_int_equal(get(f, BLOCK + 8), 0x12345678 & 0xf0f0f0f0); /* only clears */
}

static void buffered_program(void **state)
{
    struct fixture *f = *state;
    both(f, 0, 0x20);
    both(f, 0, 0xd0);
    both(f, 0x100, 0xe8);
    assert_int_equal(get(f, 0), 0x00800080);
    both(f, 0x100, 3);
    for (unsigned i = 0; i < 4; i++) {
        wr(f->machine, 0x100 + 4 * i, 4, 0x11111111 * i);
    }
    both(f, 0x100, 0xd0);
    assert_int_equal(get(f, 0), 0x00800080);
    both(f, 0, 0xff);
    assert_int_equal(get(f, 0x10c), 0x33333333);
    assert_int_equal(get(f, 0x100), 0);
    assert_int_equal(get(f, 0x110), 0xffffffff);
}

static void wrong_sequences_show_in_the_status(void **state)
{
    struct fixture *f = *state;
    both(f, 0, 0x20);
    both(f, 0, 0x55); /* no confirmation */
    assert_int_equal(get(f, 0), 0x00b000b0);
    both(f, 0, 0x50);
    both(f, 0, 0x70);
    assert_int_equal(get(f, 0), 0x00800080);
    both(f, 0, 0xe8);
    both(f, 0, 256); /* one word too many */
    assert_int_equal(get(f, 0), 0x00b000b0);
    both(f, 0, 0x50);
    both(f, 0, 0xe8);
    both(f, 0, 1);
    wr(f->machine, 0, 4, 0);
    wr(f->machine, BLOCK, 4, 0); /* in another block */
    both(f, 0, 0xd0);
    assert_int_equal(get(f, 0), 0x00b000b0);
    both(f, 0, 0x50);
    both(f, 0, 0x77);
    assert_true(direct(f));
}

static void locked_blocks_refuse(void **state)
{
    struct fixture *f = *state;
    both(f, BLOCK, 0x60);
    both(f, BLOCK, 0x01);
    both(f, 0, 0x90);
    assert_int_equal(get(f, BLOCK + 8), 0x00010001);
    assert_int_equal(get(f, 8), 0);
    both(f, BLOCK, 0x20);
    both(f, BLOCK, 0xd0);
    assert_int_equal(get(f, 0), 0x00a200a2);
    both(f, 0, 0x50);
    both(f, BLOCK, 0x60);
    both(f, BLOCK, 0xd0);
    both(f, BLOCK, 0x20);
    both(f, BLOCK, 0xd0);
    assert_int_equal(get(f, 0), 0x00800080);
}

static void the_disk_keeps_what_is_programmed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, 0), 0xffff42ff);
    assert_int_equal(get(f, 2 * BLOCK), 0); /* beyond the disk */
    both(f, 4, 0x40);
    wr(f->machine, 4, 4, 0xcafebabe);
    uint32_t stored;
    memcpy(&stored, f->disk.bytes + 4, 4);
    assert_int_equal(stored, 0xcafebabe);
    both(f, 0, 0x20);
    both(f, 0, 0xd0);
    assert_int_equal(f->disk.bytes[1], 0xff);
    f->disk.error = -5;
    both(f, 4, 0x40);
    wr(f->machine, 4, 4, 0);
    assert_int_equal(get(f, 0), 0x00900090);
    both(f, 0, 0x50);
    both(f, 0, 0x20);
    both(f, 0, 0xd0);
    assert_int_equal(get(f, 0), 0x00a000a0);
    both(f, 0, 0x50);
    unsigned writes = f->disk.writes;
    both(f, 4 * BLOCK, 0x20);
    both(f, 4 * BLOCK, 0xd0); /* memory only */
    assert_int_equal(get(f, 0), 0x00800080);
    assert_int_equal(f->disk.writes, writes);
}

static void a_read_only_disk_refuses(void **state)
{
    struct fixture *f = *state;
    both(f, 4, 0x40);
    wr(f->machine, 4, 4, 0);
    assert_int_equal(get(f, 0), 0x00920092);
    both(f, 0, 0xff);
    assert_int_equal(get(f, 4), 0xffffffff);
    assert_int_equal(f->disk.writes, 0);
}

static void reset_reads_the_array(void **state)
{
    struct fixture *f = *state;
    both(f, 0, 0xe8);
    fake_machine_reset(f->machine);
    assert_true(direct(f));
}

static void random_writes_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 100000; i++) {
        static const uint8_t commands[] = {0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98,
                                           0xb0, 0xc0, 0xd0, 0xe8, 0xf0, 0xff, 0x01, 0x03};
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t at = (random >> 20 & 7) ? random >> 30 & 0xffff : random >> 30 & (SIZE - 1);
        uint64_t value = random >> 18 & 1 ? 0x00010001u * commands[random >> 60] : random >> 8;
        unsigned size = 1u << (random >> 28 & 3);
        wr(f->machine, at & -(uint64_t)size, size, value);
        rd(f->machine, at & -(uint64_t)size, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name, set) cmocka_unit_test_setup_teardown(name, set, teardown)
        TEST(query_shows_two_chips_of_16_bits, setup),
        TEST(one_chip_of_32_bits, setup),
        TEST(a_big_endian_bank_swaps_all_but_data, setup),
        TEST(a_narrow_command_counts_for_both_chips, setup),
        TEST(erase_and_program, setup),
        TEST(buffered_program, setup),
        TEST(wrong_sequences_show_in_the_status, setup),
        TEST(locked_blocks_refuse, setup),
        TEST(the_disk_keeps_what_is_programmed, setup_disk),
        TEST(a_read_only_disk_refuses, setup_read_only),
        TEST(reset_reads_the_array, setup),
        TEST(random_writes_do_no_harm, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
