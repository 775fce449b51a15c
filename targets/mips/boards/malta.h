/* What the parts of the `malta` board share. */
#ifndef TARGETS_MIPS_BOARDS_MALTA_H
#define TARGETS_MIPS_BOARDS_MALTA_H

#include "core/machine/machine.h"
#include "targets/mips/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum malta_window_id {
    MALTA_RAM_LOW,
    MALTA_FLASH,
    MALTA_FPGA,
    MALTA_CBUS_UART,
    MALTA_FPGA_HIGH,
    MALTA_ROM,
    MALTA_RAM,
    MALTA_WINDOWS,
};

struct malta_window {
    const char *name;
    uint64_t base, size;
};
extern const struct malta_window malta_map[MALTA_WINDOWS];

/* Hardware interrupts of the CPU, 0 .. 5, on which things are (Malta User's Manual). */
enum { MALTA_IRQ_SOUTH_BRIDGE = 0, MALTA_IRQ_CBUS_UART = 2 };

/* Slots of the PCI bus; the first of four connectors. The north bridge is in slot 0. */
enum {
    MALTA_SOUTH_BRIDGE_SLOT = 10,
    MALTA_ETHERNET_SLOT = 11,
    MALTA_AUDIO_SLOT = 12,
    MALTA_CONNECTOR_SLOT = 18,
    MALTA_CONNECTORS = 4,
};

struct cfi_flash;
struct i8259;
struct pci_bus;
struct piix4;

struct malta {
    struct mips_cpu *cpu;
    bool big; /* endianness of CPU, flash and FPGA, as the board's switch has it */
    struct cfi_flash *flash;
    struct pci_bus *pci;
    struct piix4 *south_bridge;
    struct i8259 *pic;
    uint8_t *rom; /* what is at the reset vector */
};

/* ---- malta_fpga.c ---------------------------------------------------------------------------- */

void malta_fpga_create(struct machine *machine, bool big);

/* ---- malta_devices.c ------------------------------------------------------------------------- */

/* Everything but CPU, RAM and flash. */
bool malta_create_devices(struct machine *machine, char *message, size_t message_size);

/* ---- malta_user.c ---------------------------------------------------------------------------- */

/* The drivers it knows, NULL-terminated. */
extern const char *const malta_device_names[];
bool malta_create_user_devices(struct machine *machine, char *message, size_t message_size);

/* ---- malta_firmware.c ------------------------------------------------------------------------ */

enum malta_order { MALTA_ORDER_UNKNOWN, MALTA_ORDER_LITTLE, MALTA_ORDER_BIG };

/* What firmware for the start of the flash looks like. */
struct malta_firmware {
    enum malta_order order; /* of the CPU that it is for */
    bool reversed;          /* the file has the bytes of each word the other way round */
};
/* `order`: the CPU's if that is known; firmware of the other order is then taken as reversed. */
struct malta_firmware malta_firmware_look(const uint8_t *data, size_t size, enum malta_order order);
/* Copies it, with the bytes of each word as the CPU is to see them. */
void malta_firmware_copy(uint8_t *to, const uint8_t *data, size_t size, bool reversed);

/* ---- malta_yamon.c: the firmware's part for a bare kernel ------------------------------------ */

/* Where the kernel's stack and its tables of arguments are, and how many arguments there are. */
#define MALTA_STACK       0x80001fc0u
#define MALTA_ARGUMENTS   0x80002000u
#define MALTA_ENVIRONMENT 0x80002008u
enum { MALTA_ARGUMENT_COUNT = 2 };

/* Fills the ROM: from the reset vector on, what programs the north bridge and enters the kernel,
 * and the functions that YAMON offers to programs. */
void malta_yamon_fill(uint8_t *rom, bool big, uint32_t entry, uint32_t memory);

/* ---- malta_boot.c ---------------------------------------------------------------------------- */

/* Checks that everything fits; where the initrd goes. */
bool malta_layout(const struct machine *machine, uint64_t *initrd, char *message,
                  size_t message_size);
bool malta_boot(struct machine *machine, char *message, size_t message_size);

/* The part of RAM that unmapped segments reach at address 0. */
uint64_t malta_low_ram(const struct machine *machine);

/* A word in the CPU's order. */
void malta_put_word(uint8_t *at, bool big, uint32_t word);

#endif
