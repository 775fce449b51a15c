/* What the built-in ROMs have in common, and what each gives to it: bare-metal programs. */
#ifndef ROMS_COMMON_ROM_H
#define ROMS_COMMON_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void mmio_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static inline uint32_t mmio_read(uint32_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

/* ---- the board's start.S --------------------------------------------------------------------- */

/* 0 now, and 1 when rom_restore(state) comes back here. */
enum { ROM_SAVED_WORDS = 12 };
int rom_save(uint32_t *state);
_Noreturn void rom_restore(const uint32_t *state);

/* ---- the board's C --------------------------------------------------------------------------- */

extern const char board_name[];
void board_init(void);
void board_put(char c);
char board_get(void);
void board_sync_code(void); /* before code that was written is run */
void board_reset(void);
void board_off(void);
/* RAM that checks may use; the end is 0 if it is the address space's. */
uint32_t board_free_ram(void);
uint32_t board_ram_end(void);
uint32_t board_ram_size(void);

/* Each prints a line; false if something is wrong. */
bool check_cpu(void);
bool check_board(void);
bool check_timer(void);
bool check_interrupts(void);

uint32_t timer_frequency(void); /* Hz; 0: there is no timer */
uint64_t timer_now(void);

/* ---- console.c ------------------------------------------------------------------------------- */

void console_put(char c);
/* %s, %u, %x (8 digits), %c and %%. */
void console_print(const char *format, ...);
/* A line without its end; edits with backspace. */
void console_read_line(char *line, size_t size);

/* ---- ram.c, bench.c -------------------------------------------------------------------------- */

bool check_ram(void);
bool bench_run(void);

/* ---- main.c ---------------------------------------------------------------------------------- */

void rom_main(void);
/* After an exception's report: back to the prompt. */
_Noreturn void rom_prompt(void);

#endif
