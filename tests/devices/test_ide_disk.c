#include "tests/devices/ide.h"

static unsigned word(const uint8_t *data, unsigned n)
{
    return data[2 * n] | (unsigned)data[2 * n + 1] << 8;
}

static void resets_leave_a_signature(void **state)
{
    struct ide_fixture *f = *state;
    assert_int_equal(peek(f), READY);
    assert_int_equal(in(f, PORT + ERROR, 1), 1);
    assert_int_equal(in(f, PORT + COUNT, 4), 0x00000101);
    out(f, PORT + MID, 1, 0x55);
    out(f, ALTERNATE, 1, 4);
    assert_int_equal(peek(f), 0x80);
    out(f, PORT + COMMAND, 1, 0xec); /* nobody hears it */
    assert_int_equal(peek(f), 0x80);
    out(f, ALTERNATE, 1, 0);
    assert_int_equal(peek(f), READY);
    assert_int_equal(in(f, PORT + COUNT, 4), 0x00000101);
    assert_int_equal(in(f, PORT + DEVICE, 1), 0xa0);
    out(f, PORT + DEVICE, 1, 0xb0);
    assert_int_equal(peek(f), 0);
    assert_int_equal(in(f, PORT + COUNT, 4), 0xeb140101);
    out(f, PORT + COMMAND, 1, 0x90); /* EXECUTE DEVICE DIAGNOSTIC */
    assert_true(f->isa[14].level);
    assert_int_equal(in(f, PORT + DEVICE, 1), 0xa0);
    assert_int_equal(in(f, PORT + ERROR, 1), 1);
    assert_int_equal(status(f), READY);
    assert_false(f->isa[14].level);
}

static void identify_tells_what_it_is(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512], sum = 0;
    command(f, 0xec, 0, 0);
    assert_true(f->isa[14].level);
    assert_int_equal(peek(f), READY | DRQ);
    assert_true(f->isa[14].level); /* Alternate Status leaves it */
    assert_int_equal(status(f), READY | DRQ);
    assert_false(f->isa[14].level);
    read_words(f, data, 510);
    assert_int_equal(peek(f), READY | DRQ);
    read_words(f, data + 510, 2);
    assert_int_equal(peek(f), READY);
    assert_false(f->isa[14].level);
    assert_int_equal(word(data, 0), 0x0040);
    assert_int_equal(word(data, 60) | word(data, 61) << 16, DISK_SIZE / 512);
    assert_int_equal(word(data, 100), DISK_SIZE / 512);
    assert_int_equal(word(data, 1), DISK_SIZE / 512 / (16 * 63));
    assert_memory_equal(data + 20, "1S32    ", 8);
    assert_memory_equal(data + 54, "BIRI DAHDRIDKS", 14);
    for (unsigned i = 0; i < 512; i++) {
        sum += data[i];
    }
    assert_int_equal(sum, 0);
}

static void pio_reads_interrupt_for_each_sector(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[1024];
    command(f, 0x20, 100, 2);
    assert_int_equal(f->isa[14].rises, 1);
    assert_int_equal(status(f), READY | DRQ);
    for (unsigned i = 0; i < 1024; i += 4) { /* 32 bits at a time, too */
        uint32_t value = in(f, PORT, 4);
        memcpy(data + i, &value, 4);
        if (i == 508) {
            assert_int_equal(f->isa[14].rises, 2);
            assert_int_equal(status(f), READY | DRQ);
        }
    }
    assert_int_equal(f->isa[14].rises, 2);
    assert_int_equal(status(f), READY);
    assert_memory_equal(data, f->disk.bytes + 100 * 512, 1024);
    assert_int_equal(in(f, PORT, 2), 0);
}

static void pio_writes_interrupt_after_each_sector(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[1024];
    for (unsigned i = 0; i < 1024; i++) {
        data[i] = (uint8_t)(i * 7);
    }
    command(f, 0x30, 5, 2);
    assert_int_equal(f->isa[14].rises, 0);
    assert_int_equal(status(f), READY | DRQ);
    write_words(f, data, 512);
    assert_int_equal(f->isa[14].rises, 1);
    assert_int_equal(status(f), READY | DRQ);
    write_words(f, data + 512, 512);
    assert_int_equal(f->isa[14].rises, 2);
    assert_int_equal(status(f), READY);
    assert_memory_equal(data, f->disk.bytes + 5 * 512, 1024);
    command(f, 0xe7, 0, 0);
    assert_int_equal(f->disk.flushes, 1);
}

static void multiple_sectors_share_an_interrupt(void **state)
{
    struct ide_fixture *f = *state;
    static uint8_t data[20 * 512];
    command(f, 0xc4, 0, 4);
    assert_int_equal(status(f), READY | ERR); /* not set yet */
    command(f, 0xc6, 0, 3);
    assert_int_equal(status(f), READY | ERR);
    command(f, 0xc6, 0, 16);
    assert_int_equal(status(f), READY);
    f->isa[14].rises = 0;
    command(f, 0xc4, 7, 20);
    for (unsigned i = 0; i < 20; i++) {
        status(f);
        read_words(f, data + 512 * i, 512);
    }
    assert_int_equal(f->isa[14].rises, 2);
    assert_int_equal(status(f), READY);
    assert_memory_equal(data, f->disk.bytes + 7 * 512, sizeof(data));
    memset(data, 0x5a, sizeof(data));
    command(f, 0xc5, 7, 20);
    write_words(f, data, sizeof(data));
    assert_int_equal(status(f), READY);
    assert_memory_equal(data, f->disk.bytes + 7 * 512, sizeof(data));
}

static void long_addresses_take_two_writes(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512];
    out(f, PORT + DEVICE, 1, 0x40);
    out(f, PORT + COUNT, 1, 0);
    out(f, PORT + COUNT, 1, 1);
    out(f, PORT + LOW, 1, 0x12);
    out(f, PORT + LOW, 1, 0x34);
    assert_int_equal(in(f, PORT + LOW, 1), 0x34);
    out(f, ALTERNATE, 1, 0x80);
    assert_int_equal(in(f, PORT + LOW, 1), 0x12);
    out(f, PORT + LOW, 1, 0);
    out(f, PORT + LOW, 1, 0x34); /* it is bits 7:0 that come last */
    out(f, PORT + MID, 1, 0);
    out(f, PORT + MID, 1, 0x10);
    out(f, PORT + HIGH, 1, 0);
    out(f, PORT + HIGH, 1, 0);
    out(f, PORT + COMMAND, 1, 0x24);
    assert_int_equal(status(f), READY | DRQ);
    read_words(f, data, 512);
    assert_memory_equal(data, f->disk.bytes + 0x1034 * 512, 512);
    out(f, PORT + LOW, 1, 1); /* 2^24 sectors on: not there */
    out(f, PORT + LOW, 1, 0);
    out(f, PORT + COMMAND, 1, 0x24);
    assert_int_equal(status(f), READY | ERR);
    assert_int_equal(in(f, PORT + ERROR, 1), 0x10);
    command(f, 0x27, 0, 0);
    assert_int_equal(in(f, PORT + LOW, 2), DISK_SIZE / 512 - 1);
}

static void cylinders_heads_and_sectors_are_addresses(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512];
    command(f, 0x91, 0, 32); /* 32 sectors, head 0 of the device register: 1 head */
    out(f, PORT + DEVICE, 1, 0xa3);
    out(f, PORT + COMMAND, 1, 0x91); /* 4 heads */
    assert_int_equal(status(f), READY);
    out(f, PORT + COUNT, 1, 1);
    out(f, PORT + LOW, 1, 9);
    out(f, PORT + MID, 1, 5);
    out(f, PORT + DEVICE, 1, 0xa2);
    out(f, PORT + COMMAND, 1, 0x20);
    read_words(f, data, 512);
    assert_memory_equal(data, f->disk.bytes + ((5 * 4 + 2) * 32 + 8) * 512, 512);
    out(f, PORT + LOW, 1, 0); /* no such sector */
    out(f, PORT + COMMAND, 1, 0x20);
    assert_int_equal(in(f, PORT + ERROR, 1), 0x10);
}

static void dma_follows_the_table(void **state)
{
    struct ide_fixture *f = *state;
    region(f, 0, DATA, 512);
    region(f, 1, DATA + 0x8000, 0x80000000 | 1024);
    command(f, 0xc8, 300, 3);
    assert_false(f->isa[14].level);
    dma_start(f, true);
    assert_true(f->isa[14].level);
    assert_int_equal(in(f, BM_STATUS, 1), 4);
    assert_int_equal(status(f), READY);
    out(f, BM_COMMAND, 1, 0);
    assert_ram(f, DATA, f->disk.bytes + 300 * 512, 512);
    assert_ram(f, DATA + 0x8000, f->disk.bytes + 301 * 512, 1024);
    /* And back, to another place; this time the engine waits for the command. */
    dma_start(f, false);
    assert_int_equal(in(f, BM_STATUS, 1), 1);
    command(f, 0xca, 1000, 3);
    assert_int_equal(in(f, BM_STATUS, 1), 4);
    assert_memory_equal(f->disk.bytes + 1000 * 512, f->disk.bytes + 300 * 512, 3 * 512);
    assert_int_equal(f->isa[14].rises, 2);
}

static void dma_of_much_data_has_regions_of_64_kib(void **state)
{
    struct ide_fixture *f = *state;
    region(f, 0, DATA, 0);
    region(f, 1, DATA + 0x10000, 0);
    region(f, 2, DATA + 0x20000, 0x80000000 | 0x8000);
    out(f, PORT + COUNT, 1, 1); /* 0x140 sectors */
    out(f, PORT + LOW, 1, 0);
    out(f, PORT + MID, 1, 0);
    out(f, PORT + HIGH, 1, 0);
    command(f, 0x25, 0xe0000010, 0x40);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 4);
    assert_ram(f, DATA, f->disk.bytes + 0x10 * 512, 0x140 * 512);
}

static void tables_may_be_wrong(void **state)
{
    struct ide_fixture *f = *state;
    /* Too short: the drive waits. */
    region(f, 0, DATA, 0x80000000 | 512);
    command(f, 0xc8, 0, 2);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 0);
    assert_false(f->isa[14].level);
    assert_true(peek(f) & DRQ);
    /* Too long: the engine stays active. */
    command(f, 0xc8, 0, 1);
    region(f, 0, DATA, 0x80000000 | 1024);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 5);
    out(f, BM_COMMAND, 1, 0);
    assert_int_equal(in(f, BM_STATUS, 1), 4);
    /* A region, then the table outside of memory. */
    command(f, 0xc8, 0, 2);
    region(f, 0, RAM_BASE + RAM_SIZE - 512, 0x80000000 | 1024);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 2);
    out(f, BM_COMMAND, 1, 0);
    out(f, BM_TABLE, 4, 0xfffffffc);
    out(f, BM_COMMAND, 1, 9);
    assert_int_equal(in(f, BM_STATUS, 1), 2);
    /* The other direction. */
    region(f, 0, DATA, 0x80000000 | 512);
    command(f, 0xc8, 0, 1);
    dma_start(f, false);
    assert_int_equal(in(f, BM_STATUS, 1), 1);
    out(f, BM_COMMAND, 1, 0);
    /* No mastering allowed. */
    config_set(f->bus, PCI_DEVFN(SLOT, 1), 4, 2, PCI_COMMAND_IO);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 2);
}

static void bad_disks_and_requests_are_errors(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512] = {0};
    command(f, 0x20, DISK_SIZE / 512 - 1, 2);
    assert_int_equal(status(f), READY | ERR);
    assert_int_equal(in(f, PORT + ERROR, 1), 0x10);
    f->disk.error = -5;
    command(f, 0x20, 0x1234, 1);
    assert_int_equal(status(f), READY | ERR);
    assert_int_equal(in(f, PORT + ERROR, 1), 0x40);
    assert_int_equal(in(f, PORT + LOW, 2), 0x1234);
    command(f, 0x30, 0, 1);
    write_words(f, data, 512);
    assert_int_equal(status(f), READY | ERR);
    assert_int_equal(in(f, PORT + ERROR, 1), 4);
    command(f, 0xea, 0, 0);
    assert_int_equal(status(f), READY | ERR);
    region(f, 0, DATA, 0x80000000 | 512);
    command(f, 0xc8, 0, 1);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 5); /* it did not come to the end of its table */
    assert_int_equal(status(f), READY | ERR);
    f->disk.error = 0;
    f->disk.disk.read_only = true;
    command(f, 0x30, 0, 1);
    assert_int_equal(status(f), READY | ERR);
    command(f, 0xff, 0, 1);
    assert_int_equal(in(f, PORT + ERROR, 1), 4);
    assert_int_equal(status(f), READY | ERR);
    command(f, 0xa1, 0, 1);
    assert_int_equal(status(f), READY | ERR);
}

static void features_show_in_identify(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512];
    out(f, PORT + FEATURES, 1, 0x03);
    command(f, 0xef, 0, 0x42); /* Ultra DMA 2 */
    assert_int_equal(status(f), READY);
    out(f, PORT + FEATURES, 1, 0x82);
    command(f, 0xef, 0, 0);
    command(f, 0xec, 0, 0);
    read_words(f, data, 512);
    assert_int_equal(word(data, 88), 0x043f);
    assert_int_equal(word(data, 85), 0x4040);
    out(f, PORT + FEATURES, 1, 0x03);
    command(f, 0xef, 0, 0x47);
    assert_int_equal(status(f), READY | ERR);
    out(f, PORT + FEATURES, 1, 0x77);
    command(f, 0xef, 0, 0);
    assert_int_equal(status(f), READY | ERR);
}

static void interrupts_can_be_kept_off(void **state)
{
    struct ide_fixture *f = *state;
    out(f, ALTERNATE, 1, 2);
    command(f, 0x20, 0, 1);
    assert_false(f->isa[14].level);
    out(f, ALTERNATE, 1, 0);
    assert_true(f->isa[14].level);
    out(f, PORT + DEVICE, 1, 0xf0); /* the other drive has none */
    assert_false(f->isa[14].level);
}

static void absent_drives_have_no_status(void **state)
{
    struct ide_fixture *f = *state;
    ide_attach_disk(piix4_ide_channel(f->piix4, 1), 0, &f->disk.disk, "");
    out(f, 0x176, 1, 0xf0);
    assert_int_equal(in(f, 0x177, 1), 0);
    assert_int_equal(in(f, 0x172, 1), 1); /* drive 0 answers */
    out(f, 0x177, 1, 0xec);
    assert_int_equal(in(f, 0x177, 1), 0);
    assert_int_equal(in(f, 0x170, 2), 0);
    struct ide_fixture empty;
    ide_make(&empty, false);
    assert_int_equal(in(&empty, 0x1f7, 1), 0x7f);
    out(&empty, 0x1f7, 1, 0x90);
    assert_false(empty.isa[14].level);
    fake_machine_free(empty.machine);
}

static void random_accesses_do_no_harm(void **state)
{
    struct ide_fixture *f = *state;
    uint64_t random = 1;
    static const uint8_t opcodes[] = {0xc8, 0xca, 0x25, 0x35, 0xa0, 0x20, 0x30, 0xc6,
                                      0xc4, 0xc5, 0x08, 0x90, 0xec, 0xa1, 0x91, 0xef};
    for (unsigned i = 0; i < 400000; i++) {
        unsigned port = PORT + lcg(&random) % 8, size = 1u << lcg(&random) % 4;
        uint32_t value = lcg(&random);
        switch (lcg(&random) % 8) {
        case 0:
            out(f, PORT + COMMAND, 1, opcodes[value % sizeof(opcodes)]);
            break;
        case 1:
            region(f, value % 4, DATA - 0x8000 + (value >> 4 & 0xfffff), lcg(&random));
            dma_start(f, value >> 31);
            break;
        case 2:
            out(f, ALTERNATE, 1, value % 16 ? 0 : value);
            break;
        case 3:
            write_words(f, f->cd.bytes + value % 4096, 12);
            break;
        case 4:
            out(f, PORT + MID, 2, value & 1);
            break;
        case 5:
            out(f, port, size, value);
            break;
        default:
            in(f, port, size);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, ide_setup, ide_teardown)
        TEST(resets_leave_a_signature),
        TEST(identify_tells_what_it_is),
        TEST(pio_reads_interrupt_for_each_sector),
        TEST(pio_writes_interrupt_after_each_sector),
        TEST(multiple_sectors_share_an_interrupt),
        TEST(long_addresses_take_two_writes),
        TEST(cylinders_heads_and_sectors_are_addresses),
        TEST(dma_follows_the_table),
        TEST(dma_of_much_data_has_regions_of_64_kib),
        TEST(tables_may_be_wrong),
        TEST(bad_disks_and_requests_are_errors),
        TEST(features_show_in_identify),
        TEST(interrupts_can_be_kept_off),
        TEST(absent_drives_have_no_status),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
