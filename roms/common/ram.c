#include "roms/common/rom.h"

enum { BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };
enum { RAM_STEP = 4096, RAM_FULL_WORDS = 64 << 10 };

static uint32_t ram_errors;

static void expect_word(uint32_t address, uint32_t value)
{
    uint32_t found = mmio_read(address);
    if (found != value && ram_errors++ < 4) {
        console_print("            at %x: %x, written was %x\n", address, found, value);
    }
}

bool check_ram(void)
{
    uint32_t start = board_free_ram(), end = board_ram_end();
    ram_errors = 0;
    /* Each page its own address: finds address lines that do nothing. */
    for (uint32_t a = start; a - start < end - start; a += RAM_STEP) {
        mmio_write(a, a ^ 0x5a5a5a5a);
    }
    for (uint32_t a = start; a - start < end - start; a += RAM_STEP) {
        expect_word(a, a ^ 0x5a5a5a5a);
    }
    /* A stretch with all data lines, by words, halfwords and bytes. */
    for (uint32_t i = 0; i < RAM_FULL_WORDS; i++) {
        mmio_write(start + i * 4, i * 0x01000193);
    }
    for (uint32_t i = 0; i < RAM_FULL_WORDS; i++) {
        expect_word(start + i * 4, i * 0x01000193);
    }
    for (uint32_t i = 0; i < 256; i++) {
        volatile uint8_t *bytes = (volatile uint8_t *)(uintptr_t)(start + i * 4);
        volatile uint16_t *halves = (volatile uint16_t *)(uintptr_t)(start + i * 4);
        halves[1] = (uint16_t)(i * 257);
        bytes[1] = (uint8_t)~i;
        bytes[0] = (uint8_t)i;
        uint32_t half = i * 257, first = i, second = ~i & 0xff;
        expect_word(start + i * 4,
                    BIG ? first << 24 | second << 16 | half : half << 16 | second << 8 | first);
    }
    console_print("RAM         %u MB tested: %s\n", board_ram_size() >> 20,
                  ram_errors ? "BAD" : "good");
    return !ram_errors;
}
