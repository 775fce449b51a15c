/* Firmware files: for which byte order, and whether each word has its bytes reversed. QEMU wants
 * little-endian firmware in that form; what builds make is the plain one. */
#include "targets/mips/boards/malta.h"

#include <string.h>

enum { WORD = 4 };

static uint32_t word_at(const uint8_t *data, bool big)
{
    return big ? (uint32_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3]
               : (uint32_t)data[3] << 24 | data[2] << 16 | data[1] << 8 | data[0];
}

/* Does code begin like this? What is at the reset vector jumps over what has fixed places in the
 * ROM (b, j), or begins with coprocessor 0 or constants (mfc0, mtc0, lui). */
static bool is_start(uint32_t word)
{
    enum { OP_J = 2, OP_JAL = 3, OP_LUI = 15, OP_COP0 = 16 };
    uint32_t op = word >> 26;
    bool branch = word >> 16 == 0x1000 || word >> 16 == 0x0411; /* b, bal */
    bool move = op == OP_COP0 && !(word & 0x7f8) && (word >> 21 & 0x1b) == 0;
    bool constant = op == OP_LUI && !(word >> 21 & 31);
    return branch || op == OP_J || op == OP_JAL || move || constant;
}

/* A name that firmware has in it, as it is and with the bytes of each word reversed, at each of the
 * four places it can have in a word. */
static bool has_text(const uint8_t *data, size_t size, bool reversed)
{
    static const char *const names[] = {"U-Boot", "YAMON", "barebox", "Indigobird"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        for (size_t at = 0; at + length + WORD <= size; at++) {
            size_t n = 0;
            while (n < length &&
                   data[reversed ? (at + n) ^ (WORD - 1) : at + n] == (uint8_t)names[i][n]) {
                n++;
            }
            if (n == length) {
                return true;
            }
        }
    }
    return false;
}

static enum malta_order other(enum malta_order order)
{
    return order == MALTA_ORDER_BIG      ? MALTA_ORDER_LITTLE
           : order == MALTA_ORDER_LITTLE ? MALTA_ORDER_BIG
                                         : MALTA_ORDER_UNKNOWN;
}

struct malta_firmware malta_firmware_look(const uint8_t *data, size_t size, enum malta_order order)
{
    struct malta_firmware firmware = {MALTA_ORDER_UNKNOWN, false};
    if (size < WORD) {
        return firmware;
    }
    bool little = is_start(word_at(data, false)), big = is_start(word_at(data, true));
    if (little == big) {
        return firmware;
    }
    firmware.order = big ? MALTA_ORDER_BIG : MALTA_ORDER_LITTLE;
    bool plain_text = has_text(data, size, false), reversed_text = has_text(data, size, true);
    if (plain_text != reversed_text) {
        firmware.reversed = reversed_text;
    } else if (order) {
        firmware.reversed = firmware.order != order;
    }
    if (firmware.reversed) {
        firmware.order = other(firmware.order);
    }
    return firmware;
}

void malta_firmware_copy(uint8_t *to, const uint8_t *data, size_t size, bool reversed)
{
    for (size_t i = 0; i < size; i++) {
        to[reversed ? i ^ (WORD - 1) : i] = data[i];
    }
}
