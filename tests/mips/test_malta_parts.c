/* What the board `malta` does with firmware files, and the ROM that a bare kernel finds. */
#include "targets/mips/boards/malta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIZE = 4096, ROM_SIZE = 0x1000 };
static uint8_t file[SIZE];

/* Firmware that begins with `b`, and has a name in it. */
static void make(bool big, bool reversed, const char *name)
{
    static uint8_t plain[SIZE];
    memset(plain, 0, sizeof(plain));
    malta_put_word(plain, big, 0x1000013f);
    malta_put_word(plain + 0x500, big, 0x03e00008);
    strcpy((char *)plain + 0x803, name);
    malta_firmware_copy(file, plain, sizeof(plain), reversed);
}

static void expect(enum malta_order asked, enum malta_order order, bool reversed)
{
    struct malta_firmware firmware = malta_firmware_look(file, sizeof(file), asked);
    assert_int_equal(firmware.order, order);
    assert_int_equal(firmware.reversed, reversed);
}

static void firmware_tells_its_order(void **state)
{
    for (unsigned big = 0; big < 2; big++) {
        enum malta_order order = big ? MALTA_ORDER_BIG : MALTA_ORDER_LITTLE;
        enum malta_order other = big ? MALTA_ORDER_LITTLE : MALTA_ORDER_BIG;
        for (unsigned reversed = 0; reversed < 2; reversed++) {
            make(big, reversed, "U-Boot 2023.01");
            expect(MALTA_ORDER_UNKNOWN, order, reversed);
            expect(order, order, reversed);
            expect(other, order, reversed); /* which the board refuses */
            /* Without a name only the caller can tell. */
            make(big, reversed, "nothing known");
            expect(order, order, reversed);
            expect(MALTA_ORDER_UNKNOWN, reversed ? other : order, false);
        }
    }
}

static void no_firmware_tells_nothing(void **state)
{
    memset(file, 0, sizeof(file));
    expect(MALTA_ORDER_UNKNOWN, MALTA_ORDER_UNKNOWN, false);
    expect(MALTA_ORDER_BIG, MALTA_ORDER_UNKNOWN, false);
    for (size_t size = 0; size < 8; size++) {
        make(true, false, "U-Boot");
        enum malta_order order = malta_firmware_look(file, size, MALTA_ORDER_UNKNOWN).order;
        assert_int_equal(order, size < 4 ? MALTA_ORDER_UNKNOWN : MALTA_ORDER_BIG);
    }
}

static void reversal_is_by_words(void **state)
{
    static const uint8_t bytes[6] = {1, 2, 3, 4, 5, 6};
    uint8_t to[8] = {0};
    malta_firmware_copy(to, bytes, sizeof(bytes), true);
    static const uint8_t reversed[8] = {4, 3, 2, 1, 0, 0, 6, 5};
    assert_memory_equal(to, reversed, sizeof(to));
    malta_firmware_copy(to, bytes, sizeof(bytes), false);
    assert_memory_equal(to, bytes, sizeof(bytes));
}

static uint32_t word(const uint8_t *rom, bool big, uint32_t offset)
{
    const uint8_t *at = rom + offset;
    return big ? (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | at[2] << 16 | at[1] << 8 | at[0];
}

static void the_rom_enters_the_kernel(void **state)
{
    for (unsigned big = 0; big < 2; big++) {
        uint8_t *rom = calloc(1, ROM_SIZE);
        malta_yamon_fill(rom, big, 0x8062b118, 0x10000000);
        assert_int_equal(word(rom, big, 0), 0x0bf00160); /* j 0xbfc00580 */
        assert_int_equal(word(rom, big, 0x10), 0);       /* the revision's place */
        /* lui, ori t9 before jalr t9 */
        unsigned at = 0x580;
        while (word(rom, big, at) != 0x0320f809) {
            at += 4;
            assert_true(at < 0x800);
        }
        assert_int_equal(word(rom, big, at - 8), 0x3c198062);
        assert_int_equal(word(rom, big, at - 4), 0x3739b118);
        /* Every vector leads to the beginning of a function: right behind one's end. */
        unsigned vectors = 0;
        for (unsigned offset = 0x500; offset < 0x580; offset += 4) {
            uint32_t vector = word(rom, big, offset);
            if (vector) {
                vectors++;
                assert_in_range(vector, 0x9fc00800, 0x9fc00900);
                if (vector != 0x9fc00800) {
                    uint32_t before = word(rom, big, (vector & 0xfff) - 8);
                    assert_true(before == 0x03e00008 || before == 0x1000ffff);
                }
            }
        }
        assert_int_equal(vectors, 12);
        free(rom);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firmware_tells_its_order),
        cmocka_unit_test(no_firmware_tells_nothing),
        cmocka_unit_test(reversal_is_by_words),
        cmocka_unit_test(the_rom_enters_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
