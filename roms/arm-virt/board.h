/* QEMU's board `virt`, as far as the ROM uses it. */
#ifndef ROMS_ARM_VIRT_BOARD_H
#define ROMS_ARM_VIRT_BOARD_H

#include "roms/common/rom.h"

#define BOARD_RAM             0x40000000u
#define BOARD_UART            0x09000000u
#define BOARD_GIC_DISTRIBUTOR 0x08000000u
#define BOARD_GIC_CPU         0x08010000u
/* Below that in RAM are the device tree and our own data. */
#define BOARD_FREE_RAM 0x40400000u

/* start.S */
void rom_psci(uint32_t function);

/* Called by it. */
void rom_exception(uint32_t kind, uint32_t address);
void rom_interrupt(void);

#endif
