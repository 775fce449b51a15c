/* Registers of the board's FPGA (Malta User's Manual, MD00048): words, 8 bytes apart, in
 * the CPU's byte order. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/regs.h"
#include "targets/mips/boards/malta.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { STRIDE = 8, CHARACTERS = 8 };
enum { STATUS_BIG_ENDIAN = 1 << 1, SOFT_RESET_MAGIC = 0x42 };
enum { I2C_LINES = 3 }; /* SCL, SDA */

struct malta_fpga {
    struct device device;
    struct reg_block regs;
    bool big;
    char display[CHARACTERS + 1];
    uint32_t led_bar, ascii_word, break_reset, gpio_out;
    uint32_t i2c_enable, i2c_out, i2c_select;
};

static uint32_t status_read(void *device, const struct reg *reg)
{
    const struct malta_fpga *fpga = device;
    return fpga->big ? STATUS_BIG_ENDIAN : 0;
}

/* Nothing is on the bus: pulled up unless driven. */
static uint32_t i2c_read(void *device, const struct reg *reg)
{
    const struct malta_fpga *fpga = device;
    return (~fpga->i2c_enable | fpga->i2c_out) & I2C_LINES;
}

static void character_write(void *device, const struct reg *reg, uint32_t value)
{
    struct malta_fpga *fpga = device;
    unsigned char c = (unsigned char)value;
    fpga->display[fpga->regs.index] = isprint(c) ? (char)c : ' ';
    log_write(fpga->regs.log, LOG_UNIMP, "malta-fpga: display \"%s\"\n", fpga->display);
}

static void soft_reset_write(void *device, const struct reg *reg, uint32_t value)
{
    struct malta_fpga *fpga = device;
    if (value == SOFT_RESET_MAGIC) {
        machine_request_reset(fpga->device.machine);
    }
}

#define STATE(member) offsetof(struct malta_fpga, member)
static const struct reg fpga_regs[] = {
    {"SWITCH", 0x200, 4, REG_NONE, .read_only = true}, /* all off */
    {"STATUS", 0x208, 4, REG_NONE, .read = status_read, .read_only = true},
    {"JMPRS", 0x210, 4, REG_NONE, .read_only = true}, /* a PCI clock of 33 MHz */
    {"LEDBAR", 0x408, 4, STATE(led_bar), .writable = ~0u},
    {"ASCIIWORD", 0x410, 4, STATE(ascii_word), .writable = ~0u},
    {"ASCIIPOS", 0x418, 4, REG_NONE, .write = character_write, .count = CHARACTERS,
     .stride = STRIDE},
    {"SOFTRES", 0x500, 4, REG_NONE, .write = soft_reset_write, .write_only = true},
    {"BRKRES", 0x508, 4, STATE(break_reset), .reset = 0x0a, .writable = ~0u},
    {"GPOUT", 0xa00, 4, STATE(gpio_out), .writable = ~0u},
    {"GPINP", 0xa08, 4, REG_NONE, .read_only = true},
    {"I2CINP", 0xb00, 4, REG_NONE, .read = i2c_read, .read_only = true},
    {"I2COE", 0xb08, 4, STATE(i2c_enable), .writable = ~0u},
    {"I2COUT", 0xb10, 4, STATE(i2c_out), .writable = ~0u},
    {"I2CSEL", 0xb18, 4, STATE(i2c_select), .writable = ~0u},
};

/* Number of the byte of a register that the first one of an access is. */
static unsigned shift_of(const struct malta_fpga *fpga, uint64_t offset, unsigned size)
{
    unsigned byte = (unsigned)offset % 4;
    return 8 * (fpga->big ? 4 - size - byte : byte);
}

/* Between the CPU's order and the bus's. */
static uint32_t reorder(const struct malta_fpga *fpga, uint32_t value, unsigned size)
{
    return fpga->big ? __builtin_bswap32(value) >> (32 - 8 * size) : value;
}

static uint64_t fpga_read(void *opaque, uint64_t offset, unsigned size)
{
    struct malta_fpga *fpga = opaque;
    if (offset % STRIDE >= 4 || size > 4) {
        return 0;
    }
    uint32_t whole = (uint32_t)regs_read(&fpga->regs, offset & ~UINT64_C(3), 4);
    uint32_t value = whole >> shift_of(fpga, offset, size);
    return reorder(fpga, size == 4 ? value : value & ((1u << 8 * size) - 1), size);
}

static void fpga_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct malta_fpga *fpga = opaque;
    if (offset % STRIDE >= 4 || size > 4) {
        return;
    }
    /* Narrow writes leave zeros in the other bytes. */
    regs_write(&fpga->regs, offset & ~UINT64_C(3), 4,
               reorder(fpga, (uint32_t)value, size) << shift_of(fpga, offset, size));
}

static const struct mmio_ops fpga_mmio = {fpga_read, fpga_write};

/* The part of the registers behind the CBUS UART. */
static uint64_t high_offset(void)
{
    return malta_map[MALTA_FPGA_HIGH].base - malta_map[MALTA_FPGA].base;
}

static uint64_t fpga_high_read(void *opaque, uint64_t offset, unsigned size)
{
    return fpga_read(opaque, offset + high_offset(), size);
}

static void fpga_high_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    fpga_write(opaque, offset + high_offset(), size, value);
}

static const struct mmio_ops fpga_high_mmio = {fpga_high_read, fpga_high_write};

static const struct field malta_fpga_fields[] = {
    FIELD_ARRAY(malta_fpga, display, FIELD_BYTES, CHARACTERS),
    FIELD(malta_fpga, led_bar, FIELD_U32),
    FIELD(malta_fpga, ascii_word, FIELD_U32),
    FIELD(malta_fpga, break_reset, FIELD_U32),
    FIELD(malta_fpga, gpio_out, FIELD_U32),
    FIELD(malta_fpga, i2c_enable, FIELD_U32),
    FIELD(malta_fpga, i2c_out, FIELD_U32),
    FIELD(malta_fpga, i2c_select, FIELD_U32),
};

static void malta_fpga_reset(void *device)
{
    struct malta_fpga *fpga = device;
    regs_reset(&fpga->regs);
    memset(fpga->display, ' ', CHARACTERS);
}

static const struct device_ops malta_fpga_ops = {
    .name = "malta-fpga",
    .fields = malta_fpga_fields,
    .field_count = ARRAY_SIZE(malta_fpga_fields),
    .reset = malta_fpga_reset,
    .destroy = free,
};

void malta_fpga_create(struct machine *machine, bool big)
{
    struct malta_fpga *fpga = calloc(1, sizeof(*fpga));
    CHECK(fpga);
    fpga->device.ops = &malta_fpga_ops;
    fpga->big = big;
    fpga->regs = (struct reg_block){
        .device = "malta-fpga",
        .regs = fpga_regs,
        .count = ARRAY_SIZE(fpga_regs),
        .log = &machine->config.log,
        .opaque = fpga,
    };
    machine_add_device(machine, &fpga->device);
    const struct malta_window *low = &malta_map[MALTA_FPGA], *high = &malta_map[MALTA_FPGA_HIGH];
    bus_add_mmio(machine->bus, low->name, low->base, low->size, &fpga_mmio, fpga);
    bus_add_mmio(machine->bus, high->name, high->base, high->size, &fpga_high_mmio, fpga);
    malta_fpga_reset(fpga);
}
