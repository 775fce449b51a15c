#include "tests/devices/ide.h"

enum { CHECK_CONDITION = 0x41 };
enum { BLOCK = 2048 };

/* Sends a packet; data blocks have at most `limit` bytes. */
static void packet(struct ide_fixture *f, bool dma, unsigned limit, const uint8_t *bytes)
{
    out(f, PORT + DEVICE, 1, 0xb0);
    out(f, PORT + FEATURES, 1, dma);
    out(f, PORT + MID, 2, limit);
    out(f, PORT + COMMAND, 1, 0xa0);
    assert_int_equal(status(f), 0x48);
    assert_int_equal(in(f, PORT + COUNT, 1), 1);
    write_words(f, bytes, 12);
}
#define PACKET(f, limit, ...) packet(f, false, limit, (const uint8_t[12]){__VA_ARGS__})

/* Takes one answer in one block; returns its size. */
static unsigned take(struct ide_fixture *f, uint8_t *data)
{
    assert_true(f->isa[14].level);
    assert_int_equal(status(f), 0x48);
    assert_int_equal(in(f, PORT + COUNT, 1), 2);
    unsigned size = in(f, PORT + MID, 2);
    read_words(f, data, size);
    assert_true(f->isa[14].level);
    assert_int_equal(status(f), 0x40);
    assert_int_equal(in(f, PORT + COUNT, 1), 3);
    return size;
}

static void assert_sense(struct ide_fixture *f, uint8_t key, uint8_t code)
{
    uint8_t data[32];
    assert_int_equal(status(f), CHECK_CONDITION);
    assert_int_equal(in(f, PORT + ERROR, 1), key << 4 | 4);
    assert_int_equal(in(f, PORT + COUNT, 1), 3);
    PACKET(f, 0xfffe, 0x03, 0, 0, 0, 18);
    assert_int_equal(take(f, data), 18);
    assert_int_equal(data[2], key);
    assert_int_equal(data[12], code);
    PACKET(f, 0xfffe, 0x03, 0, 0, 0, 18);
    take(f, data);
    assert_int_equal(data[2], 0);
}

static int setup(void **state)
{
    ide_setup(state);
    PACKET(*state, 0xfffe, 0x00);
    assert_sense(*state, 6, 0x29); /* it was reset */
    return 0;
}

static void identify_is_by_packet_devices_of_their_own(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[512];
    out(f, PORT + DEVICE, 1, 0xb0);
    out(f, PORT + COMMAND, 1, 0xec);
    assert_int_equal(status(f), CHECK_CONDITION);
    assert_int_equal(in(f, PORT + ERROR, 1), 4);
    assert_int_equal(in(f, PORT + MID, 2), 0xeb14);
    out(f, PORT + DEVICE, 1, 0xb0);
    out(f, PORT + COMMAND, 1, 0xa1);
    unsigned rises = f->isa[14].rises;
    assert_int_equal(status(f), 0x58);
    read_words(f, data, 512);
    assert_int_equal(f->isa[14].rises, rises);
    assert_int_equal(status(f), 0x40);
    assert_int_equal(data[0] | data[1] << 8, 0x85c0);
    assert_memory_equal(data + 20, "4C65", 4);
}

static void answers_have_the_size_that_is_wanted(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[64];
    PACKET(f, 0xfffe, 0x12, 0, 0, 0, 96);
    assert_int_equal(take(f, data), 36);
    assert_int_equal(data[0], 5);
    assert_int_equal(data[1], 0x80);
    assert_memory_equal(data + 8, "IBIRD   CD-ROM  ", 16);
    PACKET(f, 0xfffe, 0x12, 0, 0, 0, 5);
    assert_int_equal(status(f), 0x48);
    assert_int_equal(in(f, PORT + MID, 2), 5);
    read_words(f, data, 6); /* the last word is half empty */
    assert_int_equal(status(f), 0x40);
    PACKET(f, 0xfffe, 0x12, 0, 0, 0, 0);
    assert_int_equal(status(f), 0x40);
    PACKET(f, 0xfffe, 0x12, 1, 0x80, 0, 36);
    assert_sense(f, 5, 0x24);
}

static void reads_come_in_blocks_of_the_limit(void **state)
{
    struct ide_fixture *f = *state;
    static uint8_t data[40 * BLOCK];
    PACKET(f, 0x3001, 0x28, 0, 0, 0, 0, 7, 0, 0, 40);
    unsigned done = 0, blocks = 0, size;
    while (peek(f) & DRQ) {
        assert_true(f->isa[14].level);
        status(f);
        size = in(f, PORT + MID, 2);
        assert_true(size <= 0x3000 && size && done + size <= sizeof(data));
        read_words(f, data + done, size);
        done += size;
        blocks++;
    }
    assert_int_equal(done, sizeof(data));
    assert_int_equal(blocks, 6 + 2); /* of 64 KiB, and of the rest */
    assert_memory_equal(data, f->cd.bytes + 7 * BLOCK, sizeof(data));
    assert_true(f->isa[14].level);
    assert_int_equal(status(f), 0x40);
}

static void reads_by_dma(void **state)
{
    struct ide_fixture *f = *state;
    region(f, 0, DATA, 0);
    region(f, 1, DATA + 0x10000, 0x80000000 | (8 * BLOCK));
    packet(f, true, 0, (const uint8_t[12]){0xa8, 0, 0, 0, 0, 3, 0, 0, 0, 40});
    assert_false(f->isa[14].level);
    dma_start(f, true);
    assert_int_equal(in(f, BM_STATUS, 1), 4);
    assert_int_equal(status(f), 0x40);
    assert_int_equal(in(f, PORT + COUNT, 1), 3);
    assert_ram(f, DATA, f->cd.bytes + 3 * BLOCK, 40 * BLOCK);
    region(f, 0, DATA, 0x80000000 | 18);
    packet(f, true, 0, (const uint8_t[12]){0x03, 0, 0, 0, 18});
    dma_start(f, true);
    assert_int_equal(rd(f->machine, DATA, 1), 0x70);
    f->cd.error = -5;
    packet(f, true, 0, (const uint8_t[12]){0x28, 0, 0, 0, 0, 3, 0, 0, 1});
    dma_start(f, true);
    assert_sense(f, 3, 0x11);
}

static void the_medium_tells_about_itself(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[64];
    PACKET(f, 0xfffe, 0x25);
    assert_int_equal(take(f, data), 8);
    assert_memory_equal(data, ((uint8_t[]){0, 0, 1, 0xff, 0, 0, 8, 0}), 8);
    PACKET(f, 0xfffe, 0x43, 2, 0, 0, 0, 0, 0, 0, 64); /* as minutes, seconds, frames */
    assert_int_equal(take(f, data), 20);
    assert_memory_equal(data, ((uint8_t[]){0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0}), 12);
    assert_memory_equal(data + 12, ((uint8_t[]){0, 0x14, 0xaa, 0, 0, 0, 8, 62}), 8);
    PACKET(f, 0xfffe, 0x43, 0, 0, 0, 0, 0, 0xaa, 0, 64);
    assert_int_equal(take(f, data), 12);
    assert_memory_equal(data + 8, ((uint8_t[]){0, 0, 2, 0}), 4);
    PACKET(f, 0xfffe, 0x43, 0, 1, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 12);
    PACKET(f, 0xfffe, 0x43, 0, 5, 0, 0, 0, 0, 0, 64);
    assert_sense(f, 5, 0x24);
    PACKET(f, 0xfffe, 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 30);
    assert_int_equal(data[8], 0x2a);
    PACKET(f, 0xfffe, 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 38);
    PACKET(f, 0xfffe, 0x46, 0, 0, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 24);
    assert_int_equal(data[7], 8);
    PACKET(f, 0xfffe, 0x51, 0, 0, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 34);
    PACKET(f, 0xfffe, 0x52, 1, 0, 0, 0, 1, 0, 0, 64);
    assert_int_equal(take(f, data), 36);
    assert_memory_equal(data + 24, ((uint8_t[]){0, 0, 2, 0}), 4);
    PACKET(f, 0xfffe, 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 8);
}

static void the_tray_opens_unless_locked(void **state)
{
    struct ide_fixture *f = *state;
    uint8_t data[64];
    PACKET(f, 0xfffe, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 8);
    assert_memory_equal(data, ((uint8_t[]){0, 6, 4, 0x10, 2, 2, 0, 0}), 8); /* new medium */
    PACKET(f, 0xfffe, 0x1e, 0, 0, 0, 1);
    PACKET(f, 0xfffe, 0x1b, 0, 0, 0, 2);
    assert_sense(f, 5, 0x53);
    PACKET(f, 0xfffe, 0x1e, 0, 0, 0, 0);
    PACKET(f, 0xfffe, 0x1b, 0, 0, 0, 2);
    assert_int_equal(status(f), 0x40);
    PACKET(f, 0xfffe, 0x00);
    assert_sense(f, 2, 0x3a);
    PACKET(f, 0xfffe, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 64);
    take(f, data);
    assert_int_equal(data[4], 3);
    assert_int_equal(data[5], 1);
    PACKET(f, 0xfffe, 0x1b, 0, 0, 0, 3);
    PACKET(f, 0xfffe, 0x00);
    assert_int_equal(status(f), 0x40);
    PACKET(f, 0xfffe, 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 64);
    assert_int_equal(take(f, data), 4);
    assert_int_equal(data[2], 0x80);
    PACKET(f, 0xfffe, 0x4a, 0, 0, 0, 0x10, 0, 0, 0, 64);
    assert_sense(f, 5, 0x24);
}

static void wrong_packets_are_refused(void **state)
{
    struct ide_fixture *f = *state;
    PACKET(f, 0xfffe, 0xff);
    assert_sense(f, 5, 0x20);
    PACKET(f, 0xfffe, 0x28, 0, 0, 0, 2, 0, 0, 0, 1);
    assert_sense(f, 5, 0x21);
    PACKET(f, 0xfffe, 0xa8, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff);
    assert_sense(f, 5, 0x21);
    PACKET(f, 0xfffe, 0x28, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(status(f), 0x40);
    PACKET(f, 0xfffe, 0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8);
    assert_sense(f, 5, 0x24);
    out(f, PORT + FEATURES, 1, 2); /* overlapped */
    out(f, PORT + COMMAND, 1, 0xa0);
    assert_int_equal(status(f), CHECK_CONDITION);
    out(f, PORT + COMMAND, 1, 0xa0);
    out(f, PORT + COMMAND, 1, 0x08); /* reset within a packet */
    assert_int_equal(status(f), 0);
    assert_int_equal(in(f, PORT + MID, 2), 0xeb14);
}

static void drives_may_have_no_medium(void **state)
{
    struct ide_fixture *f = *state;
    ide_attach_cdrom(piix4_ide_channel(f->piix4, 1), 0, NULL, "");
    for (unsigned i = 0; i < 2; i++) {
        out(f, 0x177, 1, 0xa0);
        for (unsigned n = 0; n < 6; n++) {
            out(f, 0x170, 2, n ? 0 : 0x43);
        }
        assert_int_equal(in(f, 0x177, 1), CHECK_CONDITION);
    }
    assert_int_equal(in(f, 0x171, 1), 0x24);
    assert_true(f->isa[15].rises);
}

static void random_packets_do_no_harm(void **state)
{
    struct ide_fixture *f = *state;
    uint64_t random = 7;
    static const uint8_t opcodes[] = {0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x43,
                                      0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe, 0x2b};
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[12];
        for (unsigned n = 0; n < 12; n++) {
            bytes[n] = lcg(&random) % 3 ? 0 : (uint8_t)lcg(&random);
        }
        bytes[0] = lcg(&random) % 8 ? opcodes[lcg(&random) % 16] : bytes[0];
        bool dma = lcg(&random) % 2;
        packet(f, dma, lcg(&random) & 0xffff, bytes);
        if (dma) {
            region(f, 0, DATA + (lcg(&random) & 0xfffff), lcg(&random));
            region(f, 1, DATA, 0x80000000);
            dma_start(f, lcg(&random) % 8);
        }
        for (unsigned n = 0; peek(f) & DRQ && n < 64; n++) {
            in(f, PORT, 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ide_teardown)
        TEST(identify_is_by_packet_devices_of_their_own),
        TEST(answers_have_the_size_that_is_wanted),
        TEST(reads_come_in_blocks_of_the_limit),
        TEST(reads_by_dma),
        TEST(the_medium_tells_about_itself),
        TEST(the_tray_opens_unless_locked),
        TEST(wrong_packets_are_refused),
        TEST(drives_may_have_no_medium),
        TEST(random_packets_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
