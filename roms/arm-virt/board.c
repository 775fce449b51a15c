#include "roms/arm-virt/board.h"

/* PL011 (ARM DDI 0183), as far as a polled console needs it. */
enum { UART_DATA = 0x00, UART_FLAGS = 0x18, UART_LINE = 0x2c, UART_CONTROL = 0x30 };
enum { FLAG_RX_EMPTY = 1 << 4, FLAG_TX_FULL = 1 << 5 };
enum { LINE_8_BITS_FIFO = 0x70, CONTROL_ON = 0x301 };
enum { PSCI_SYSTEM_OFF = 0x84000008, PSCI_SYSTEM_RESET = 0x84000009 };

const char board_name[] = "ARM virt";

void board_init(void)
{
    mmio_write(BOARD_UART + UART_LINE, LINE_8_BITS_FIFO);
    mmio_write(BOARD_UART + UART_CONTROL, CONTROL_ON);
}

void board_put(char c)
{
    while (mmio_read(BOARD_UART + UART_FLAGS) & FLAG_TX_FULL) {
    }
    mmio_write(BOARD_UART + UART_DATA, (uint8_t)c);
}

char board_get(void)
{
    while (mmio_read(BOARD_UART + UART_FLAGS) & FLAG_RX_EMPTY) {
    }
    return (char)mmio_read(BOARD_UART + UART_DATA);
}

void board_sync_code(void)
{
    __asm__ volatile("dsb\n\tmcr p15, 0, %0, c7, c5, 0\n\tisb" : : "r"(0));
}

void board_reset(void)
{
    rom_psci(PSCI_SYSTEM_RESET);
}

void board_off(void)
{
    rom_psci(PSCI_SYSTEM_OFF);
}

uint32_t board_free_ram(void)
{
    return BOARD_FREE_RAM;
}

uint32_t board_ram_end(void)
{
    return BOARD_RAM + board_ram_size();
}

void rom_exception(uint32_t kind, uint32_t address)
{
    static const char *const names[] = {"", "undefined instruction", "supervisor call",
                                        "prefetch abort", "data abort"};
    uint32_t dfsr, dfar;
    __asm__("mrc p15, 0, %0, c5, c0, 0" : "=r"(dfsr));
    __asm__("mrc p15, 0, %0, c6, c0, 0" : "=r"(dfar));
    console_print("\n%s at %x", names[kind], address);
    if (kind == 4) {
        console_print(", address %x, status %x", dfar, dfsr);
    }
    console_print("\n");
    rom_prompt();
}
