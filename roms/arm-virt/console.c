#include "roms/arm-virt/rom.h"

#include <stdarg.h>

/* PL011 (ARM DDI 0183), as far as a polled console needs it. */
enum { UART_DATA = 0x00, UART_FLAGS = 0x18, UART_LINE = 0x2c, UART_CONTROL = 0x30 };
enum { FLAG_RX_EMPTY = 1 << 4, FLAG_TX_FULL = 1 << 5 };
enum { LINE_8_BITS_FIFO = 0x70, CONTROL_ON = 0x301 };

void console_init(void)
{
    mmio_write(BOARD_UART + UART_LINE, LINE_8_BITS_FIFO);
    mmio_write(BOARD_UART + UART_CONTROL, CONTROL_ON);
}

void console_put(char c)
{
    if (c == '\n') {
        console_put('\r');
    }
    while (mmio_read(BOARD_UART + UART_FLAGS) & FLAG_TX_FULL) {
    }
    mmio_write(BOARD_UART + UART_DATA, (uint8_t)c);
}

static char console_get(void)
{
    while (mmio_read(BOARD_UART + UART_FLAGS) & FLAG_RX_EMPTY) {
    }
    return (char)mmio_read(BOARD_UART + UART_DATA);
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
        char c = console_get();
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
