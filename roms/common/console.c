#include "roms/common/rom.h"

#include <stdarg.h>

void console_put(char c)
{
    if (c == '\n') {
        board_put('\r');
    }
    board_put(c);
}

static void put_text(const char *text)
{
    while (*text) {
        console_put(*text++);
    }
}

static void put_number(uint32_t number)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count) {
        console_put(digits[--count]);
    }
}

static void put_hex(uint32_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4) {
        console_put("0123456789abcdef"[number >> shift & 15]);
    }
}

void console_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            console_put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_text(va_arg(args, const char *));
            break;
        case 'u':
            put_number(va_arg(args, uint32_t));
            break;
        case 'x':
            put_hex(va_arg(args, uint32_t));
            break;
        case 'c':
            console_put((char)va_arg(args, int));
            break;
        default:
            console_put(*format);
        }
    }
    va_end(args);
}

void console_read_line(char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        char c = board_get();
        if (c == '\r' || c == '\n') {
            console_put('\n');
            line[length] = 0;
            return;
        }
        if ((c == '\b' || c == 0x7f) && length) {
            length--;
            console_print("\b \b");
        } else if (c >= ' ' && c < 0x7f && length + 1 < size) {
            line[length++] = c;
            console_put(c);
        }
    }
}
