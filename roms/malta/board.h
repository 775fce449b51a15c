/* The board MIPS Malta (MD00048), little-endian, as far as the ROM uses it. */
#ifndef ROMS_MALTA_BOARD_H
#define ROMS_MALTA_BOARD_H

#include "roms/common/rom.h"

/* Unmapped and uncached. */
#define BOARD_RAM      0xa0000000u
#define BOARD_RAM_MOST 0x10000000u /* of it that is at address 0 */
#define BOARD_PORTS    0xb8000000u
#define BOARD_BRIDGE   0xbbe00000u
#define BOARD_FPGA     0xbf000000u
#define BOARD_REVISION 0xbfc00010u
#define BOARD_FREE_RAM 0xa0100000u /* below are our own data */
enum { BOARD_SOUTH_BRIDGE = 10 };  /* its slot */

static inline void port_write(uint32_t port, uint8_t value)
{
    *(volatile uint8_t *)(uintptr_t)(BOARD_PORTS + port) = value;
}

static inline uint8_t port_read(uint32_t port)
{
    return *(volatile uint8_t *)(uintptr_t)(BOARD_PORTS + port);
}

uint32_t pci_read(unsigned slot, unsigned function, unsigned reg);
void pci_write(unsigned slot, unsigned function, unsigned reg, uint32_t value);

/* Called by start.S. */
void rom_exception(uint32_t code, uint32_t address);
void rom_interrupt(void);

#endif
