/* The board `malta`: MIPS Malta with a CoreLV card (Malta User's Manual, MD00048). Memory map and
 * boot protocol are those of QEMU's board of that name where the manual leaves them open. */
#include "targets/mips/boards/malta.h"

#include "core/base/check.h"
#include "devices/block/cfi_flash.h"
#include "devices/options.h"
#include "targets/mips/boards/boards.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MIB(n) (UINT64_C(n) << 20)

/* clang-format off */
const struct malta_window malta_map[MALTA_WINDOWS] = {
    /*                    name            base        size */
    [MALTA_RAM_LOW] =   {"ram-low",       0x00000000, MIB(256)}, /* at most; the same RAM as below */
    [MALTA_FLASH] =     {"flash",         0x1e000000, MIB(4)},
    [MALTA_FPGA] =      {"malta-fpga",    0x1f000000, 0x900},
    [MALTA_CBUS_UART] = {"cbus-uart",     0x1f000900, 0x40},
    [MALTA_FPGA_HIGH] = {"malta-fpga",    0x1f000a00, MIB(1) - 0xa00},
    [MALTA_ROM] =       {"rom",           0x1fc00000, MIB(4)},
    [MALTA_RAM] =       {"ram",           0x80000000, 0 /* -m */},
};
/* clang-format on */

/* ---- byte order ------------------------------------------------------------------------------ */

static bool parse_endian(const char *options, enum malta_order *order, char *message,
                         size_t message_size)
{
    static const char *const names[] = {"endian", NULL};
    size_t length;
    char value[16] = "";
    const char *unknown = option_unknown(options, names, &length);
    if (unknown) {
        snprintf(message, message_size,
                 "board malta has no option \"%.*s\". Try: -M malta,endian=big or plain -M malta",
                 (int)length, unknown);
        return false;
    }
    bool given = option_get(options, "endian", value, sizeof(value));
    *order = !strcmp(value, "big")      ? MALTA_ORDER_BIG
             : !strcmp(value, "little") ? MALTA_ORDER_LITTLE
                                        : MALTA_ORDER_UNKNOWN;
    if (given && !*order) {
        snprintf(message, message_size,
                 "board malta cannot have endian=%s. Try: endian=big or endian=little", value);
        return false;
    }
    return true;
}

static struct malta_firmware look_at_images(const struct machine_config *config,
                                            const struct malta *malta, enum malta_order asked)
{
    if (config->kernel && config->kernel->kind == KERNEL_ELF) {
        return (struct malta_firmware){
            config->kernel->big_endian ? MALTA_ORDER_BIG : MALTA_ORDER_LITTLE, false};
    }
    if (config->bios) {
        return malta_firmware_look(config->bios->data, config->bios->size, asked);
    }
    if (config->flash[0] && !config->kernel) {
        return malta_firmware_look(cfi_flash_memory(malta->flash), malta_map[MALTA_FLASH].size,
                                   asked);
    }
    return (struct malta_firmware){MALTA_ORDER_UNKNOWN, false};
}

/* What was asked for, what the image is, and little-endian if neither says anything. */
static bool settle_order(struct machine *machine, struct malta *malta, enum malta_order asked,
                         char *message, size_t message_size)
{
    const struct machine_config *config = &machine->config;
    struct malta_firmware image = look_at_images(config, malta, asked);
    machine->fault = MACHINE_FAULT_IMAGE;
    if (asked && image.order && asked != image.order) {
        snprintf(message, message_size, "the %s is %s-endian. Try: -M malta without endian=",
                 config->kernel ? "kernel" : "firmware",
                 image.order == MALTA_ORDER_BIG ? "big" : "little");
        return false;
    }
    if (config->flash[0] && image.reversed) {
        snprintf(message, message_size,
                 "the flash image has the bytes of each word reversed, as QEMU wants it. Try: "
                 "-bios for such a file, or an image as the board would have it");
        return false;
    }
    malta->big = (asked ? asked : image.order) == MALTA_ORDER_BIG;
    if (config->bios) {
        malta_firmware_copy(cfi_flash_memory(malta->flash), config->bios->data, config->bios->size,
                            image.reversed);
    }
    cfi_flash_set_one_chip(malta->flash);
    if (malta->big) {
        cfi_flash_set_big_endian(malta->flash);
    }
    machine->fault = MACHINE_FAULT_REQUEST;
    return true;
}

/* ---- creation -------------------------------------------------------------------------------- */

static bool check_request(const struct machine *machine, char *message, size_t message_size)
{
    const struct machine_config *config = &machine->config;
    if (config->dtb) {
        snprintf(message, message_size,
                 "board malta gives no device tree to its kernels: they have their own. Try: "
                 "without -dtb");
        return false;
    }
    if (config->bios && config->flash[0]) {
        snprintf(message, message_size,
                 "-bios and -drive if=pflash are both for the flash. Try: one of them");
        return false;
    }
    if (config->flash[1]) {
        snprintf(message, message_size, "board malta has one flash. Try: -drive if=pflash,unit=0");
        return false;
    }
    if (config->bios && config->kernel) {
        snprintf(message, message_size,
                 "-kernel and -bios exclude each other: firmware of malta finds its kernel itself. "
                 "Try: one of them");
        return false;
    }
    return true;
}

static bool create_memory(struct machine *machine, char *message, size_t message_size)
{
    const struct malta_window *low = &malta_map[MALTA_RAM_LOW], *all = &malta_map[MALTA_RAM];
    uint8_t *ram = bus_add_ram(machine->bus, all->name, all->base, machine->config.ram_size);
    if (!ram) {
        machine->fault = MACHINE_FAULT_HOST;
        snprintf(message, message_size,
                 "cannot get %llu MiB of memory for the guest: %m. Try: a smaller -m",
                 (unsigned long long)(machine->config.ram_size >> 20));
        return false;
    }
    bus_add_alias(machine->bus, low->name, low->base, malta_low_ram(machine), ram, true);
    return true;
}

/* The flash, and what is to be its view at the reset vector. */
static bool create_flash(struct machine *machine, struct malta *malta, char *message,
                         size_t message_size)
{
    const struct malta_window *flash = &malta_map[MALTA_FLASH], *rom = &malta_map[MALTA_ROM];
    const struct machine_blob *bios = machine->config.bios;
    struct block_disk *disk = machine->config.flash[0];
    uint64_t size = bios ? bios->size : disk ? disk->size : 0;
    machine->fault = MACHINE_FAULT_IMAGE;
    if (size > flash->size) {
        snprintf(message, message_size,
                 "the flash of board malta has %llu bytes, and the image for it %llu. Try: "
                 "-kernel, if it is a kernel",
                 (unsigned long long)flash->size, (unsigned long long)size);
        return false;
    }
    malta->flash = cfi_flash_create(machine, flash->name, flash->base, flash->size, disk);
    if (!malta->flash) {
        snprintf(message, message_size, "cannot read the contents of the flash: %m");
        return false;
    }
    void *memory = mmap(NULL, rom->size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        machine->fault = MACHINE_FAULT_HOST;
        snprintf(message, message_size, "cannot get memory for the ROM: %m");
        return false;
    }
    malta->rom = memory;
    bus_add_rom(machine->bus, rom->name, rom->base, rom->size, memory, NULL, NULL);
    machine->fault = MACHINE_FAULT_REQUEST;
    return true;
}

static bool create_cpu(struct machine *machine, struct malta *malta, char *message,
                       size_t message_size)
{
    const char *model = machine->config.cpu ? machine->config.cpu : mips_malta_board.default_cpu;
    malta->cpu = mips_cpu_create(model, malta->big);
    if (!malta->cpu) {
        snprintf(message, message_size,
                 "board malta has no CPU \"%s\". Try: -cpu %s, or -cpu help for all", model,
                 mips_malta_board.default_cpu);
        return false;
    }
    machine_add_cpu(machine, &malta->cpu->cpu);
    return true;
}

static bool malta_create(struct machine *machine, char *message, size_t message_size)
{
    struct malta *malta = calloc(1, sizeof(*malta));
    CHECK(malta);
    machine->board_state = malta;
    enum malta_order asked;
    if (!parse_endian(machine->config.board_options, &asked, message, message_size) ||
        !check_request(machine, message, message_size) ||
        !create_memory(machine, message, message_size) ||
        !create_flash(machine, malta, message, message_size) ||
        !settle_order(machine, malta, asked, message, message_size) ||
        !create_cpu(machine, malta, message, message_size) ||
        !malta_create_devices(machine, message, message_size)) {
        return false;
    }
    uint64_t initrd;
    machine->fault = MACHINE_FAULT_IMAGE;
    return malta_layout(machine, &initrd, message, message_size);
}

static void malta_destroy(struct machine *machine)
{
    struct malta *malta = machine->board_state;
    if (malta && malta->cpu) {
        mips_cpu_destroy(malta->cpu);
    }
    if (malta && malta->rom) {
        munmap(malta->rom, malta_map[MALTA_ROM].size);
    }
    free(malta);
}

const struct board mips_malta_board = {
    .name = "malta",
    .description = "MIPS Malta, either byte order: GT-64120, PIIX4 (as QEMU's malta)",
    .default_cpu = "24Kf",
    .cpus = mips_model_names,
    .default_ram = MIB(128),
    .min_ram = MIB(16),
    .max_ram = MIB(2048), /* what is left below 4 GiB */
    .max_cpus = 1,
    .devices = malta_device_names,
    .elf_machine = EM_MIPS,
    .create = malta_create,
    .boot = malta_boot,
    .destroy = malta_destroy,
};
