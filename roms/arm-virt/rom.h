/* The built-in ROM of the ARM virt board: a bare-metal program. */
#ifndef ROMS_ARM_VIRT_ROM_H
#define ROMS_ARM_VIRT_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The board (QEMU's virt). */
#define BOARD_RAM             0x40000000u
#define BOARD_UART            0x09000000u
#define BOARD_GIC_DISTRIBUTOR 0x08000000u
#define BOARD_GIC_CPU         0x08010000u
/* Below that in RAM are the device tree and our own data. */
#define BOARD_FREE_RAM 0x40400000u

static inline void mmio_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static inline uint32_t mmio_read(uint32_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

/* ---- start.S --------------------------------------------------------------------------------- */

int rom_save(uint32_t *state);
_Noreturn void rom_restore(const uint32_t *state);
void rom_psci(uint32_t function);

/* ---- called by it ---------------------------------------------------------------------------- */

void rom_main(void);
void rom_exception(uint32_t kind, uint32_t address);
void rom_interrupt(void);

/* ---- console.c ------------------------------------------------------------------------------- */

void console_init(void);
void console_put(char c);
/* %s, %u, %x (8 digits), %c and %%. */
void console_print(const char *format, ...);
/* A line without its end; edits with backspace. */
void console_read_line(char *line, size_t size);

/* ---- checks.c: each prints a line; false if something is wrong ------------------------------- */

bool check_cpu(void);
bool check_board(void); /* reads the device tree */
bool check_ram(void);
bool check_timer(void);
bool check_interrupts(void);
/* Bytes of RAM by the device tree. */
uint32_t board_ram_size(void);

/* ---- bench.c --------------------------------------------------------------------------------- */

bool bench_run(void);
/* The generic timer; 0 Hz if the CPU has none. */
uint32_t timer_frequency(void);
uint64_t timer_now(void);

#endif
