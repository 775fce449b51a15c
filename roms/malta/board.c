#include "roms/malta/board.h"

const char board_name[] = "MIPS Malta";

/* ---- north bridge (GT-64120) ----------------------------------------------------------------- */

static const struct {
    uint32_t address, value;
} bridge_writes[] = {
    {0xb4000068, 0xdf},          /* its registers, from where a reset puts them */
    {BOARD_BRIDGE + 0x48, 0xc0}, /* PCI I/O: 0x18000000 .. 0x181fffff */
    {BOARD_BRIDGE + 0x50, 0x40},
    {BOARD_BRIDGE + 0x58, 0x80}, /* PCI memory: 0x10000000 .. 0x17ffffff */
    {BOARD_BRIDGE + 0x60, 0x3f},
};

static void select(unsigned slot, unsigned function, unsigned reg)
{
    mmio_write(BOARD_BRIDGE + 0xcf8, 0x80000000u | slot << 11 | function << 8 | reg);
}

uint32_t pci_read(unsigned slot, unsigned function, unsigned reg)
{
    select(slot, function, reg);
    return mmio_read(BOARD_BRIDGE + 0xcfc);
}

void pci_write(unsigned slot, unsigned function, unsigned reg, uint32_t value)
{
    select(slot, function, reg);
    mmio_write(BOARD_BRIDGE + 0xcfc, value);
}

/* ---- console: the super I/O's first 16550 ---------------------------------------------------- */

enum { UART = 0x3f8, UART_FIFO = 2, UART_LINE = 3, UART_MODEM = 4, UART_STATUS = 5 };
enum { LINE_8_BITS = 3, LINE_DIVISOR = 0x80, STATUS_RECEIVED = 1, STATUS_EMPTY = 0x20 };

void board_init(void)
{
    for (unsigned i = 0; i < sizeof(bridge_writes) / sizeof(bridge_writes[0]); i++) {
        mmio_write(bridge_writes[i].address, bridge_writes[i].value);
    }
    port_write(UART + UART_LINE, LINE_DIVISOR | LINE_8_BITS);
    port_write(UART, 3); /* 38400 baud */
    port_write(UART + 1, 0);
    port_write(UART + UART_LINE, LINE_8_BITS);
    port_write(UART + UART_FIFO, 7);
    port_write(UART + UART_MODEM, 3);
}

void board_put(char c)
{
    while (!(port_read(UART + UART_STATUS) & STATUS_EMPTY)) {
    }
    port_write(UART, (uint8_t)c);
}

char board_get(void)
{
    while (!(port_read(UART + UART_STATUS) & STATUS_RECEIVED)) {
    }
    return (char)port_read(UART);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* Writes are uncached; what the instruction cache has of the place is of no use any more. */
void board_sync_code(void)
{
    for (uint32_t address = 0x80000000; address < 0x80008000; address += 16) {
        __asm__ volatile("cache 0, 0(%0)" : : "r"(address)); /* index invalidate */
    }
    __asm__ volatile("sync\n\tehb");
}

void board_reset(void)
{
    mmio_write(BOARD_FPGA + 0x500, 0x42);
}

/* Power management of the south bridge: base address, on, and the state that it is to enter. */
void board_off(void)
{
    enum { POWER_FUNCTION = 3, POWER_BASE = 0x1000, CONTROL = 4, SUSPEND_HIGH = 0x20 };
    pci_write(BOARD_SOUTH_BRIDGE, POWER_FUNCTION, 0x40, POWER_BASE | 1);
    pci_write(BOARD_SOUTH_BRIDGE, POWER_FUNCTION, 0x80, 1);
    pci_write(BOARD_SOUTH_BRIDGE, POWER_FUNCTION, 0x04, 1);
    port_write(POWER_BASE + CONTROL + 1, SUSPEND_HIGH);
}

uint32_t board_free_ram(void)
{
    return BOARD_FREE_RAM;
}

uint32_t board_ram_end(void)
{
    return BOARD_RAM + board_ram_size();
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static uint32_t probe_state[ROM_SAVED_WORDS];
static volatile bool probing;

/* By megabytes until nothing answers. */
uint32_t board_ram_size(void)
{
    static uint32_t size;
    volatile uint32_t next = 1 << 20;
    if (size) {
        return size;
    }
    probing = true;
    if (!rom_save(probe_state)) {
        for (; next < BOARD_RAM_MOST; next += 1 << 20) {
            mmio_read(BOARD_RAM + next);
        }
    }
    probing = false;
    size = next;
    return size;
}

void rom_exception(uint32_t code, uint32_t address)
{
    static const char *const names[32] = {
        [1] = "TLB modification",
        [2] = "TLB load",
        [3] = "TLB store",
        [4] = "address error",
        [5] = "address error",
        [6] = "instruction bus error",
        [7] = "data bus error",
        [8] = "system call",
        [9] = "breakpoint",
        [10] = "reserved instruction",
        [11] = "coprocessor unusable",
        [12] = "overflow",
        [13] = "trap",
    };
    uint32_t where;
    if (probing) {
        rom_restore(probe_state);
    }
    __asm__("mfc0 %0, $8" : "=r"(where));
    console_print("\n%s at %x", names[code] ? names[code] : "exception", address);
    if (code >= 1 && code <= 5) {
        console_print(", address %x", where);
    }
    console_print("\n");
    rom_prompt();
}
