/* Registers of the board's FPGA (Malta User's Manual, MD00048): words, 8 bytes apart, in
 * the CPU's byte order. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "targets/mips/boards/malta.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    FPGA_SWITCH = 0x200,
    FPGA_STATUS = 0x208,
    FPGA_JUMPERS = 0x210,
    FPGA_LED_BAR = 0x408,
    FPGA_ASCII_WORD = 0x410,
    FPGA_ASCII = 0x418, /* eight registers, a character each */
    FPGA_SOFT_RESET = 0x500,
    FPGA_BREAK_RESET = 0x508,
    FPGA_GPIO_OUT = 0xa00,
    FPGA_GPIO_IN = 0xa08,
    FPGA_I2C_IN = 0xb00,
    FPGA_I2C_ENABLE = 0xb08,
    FPGA_I2C_OUT = 0xb10,
    FPGA_I2C_SELECT = 0xb18,
    FPGA_STRIDE = 8,
    FPGA_CHARACTERS = 8,
};
enum { STATUS_BIG_ENDIAN = 1 << 1 };
enum { SOFT_RESET_MAGIC = 0x42, BREAK_RESET_DEFAULT = 0x0a };
enum { I2C_LINES = 3 }; /* SCL, SDA */

struct malta_fpga {
    struct device device;
    bool big;
    char display[FPGA_CHARACTERS + 1];
    uint32_t led_bar, ascii_word, break_reset, gpio_out;
    uint32_t i2c_enable, i2c_out, i2c_select;
};

/* Registers that keep what is written. */
static uint32_t *stored(struct malta_fpga *fpga, uint64_t reg)
{
    switch (reg) {
    case FPGA_LED_BAR:
        return &fpga->led_bar;
    case FPGA_ASCII_WORD:
        return &fpga->ascii_word;
    case FPGA_BREAK_RESET:
        return &fpga->break_reset;
    case FPGA_GPIO_OUT:
        return &fpga->gpio_out;
    case FPGA_I2C_ENABLE:
        return &fpga->i2c_enable;
    case FPGA_I2C_OUT:
        return &fpga->i2c_out;
    case FPGA_I2C_SELECT:
        return &fpga->i2c_select;
    default:
        return NULL;
    }
}

static void log_access(const struct malta_fpga *fpga, const char *what, uint64_t reg)
{
    log_write(&fpga->device.machine->config.log, LOG_GUEST_ERRORS, "malta-fpga: %s 0x%llx\n", what,
              (unsigned long long)reg);
}

static uint32_t read_register(struct malta_fpga *fpga, uint64_t reg)
{
    const uint32_t *keeps = stored(fpga, reg);
    if (keeps) {
        return *keeps;
    }
    switch (reg) {
    case FPGA_STATUS:
        return fpga->big ? STATUS_BIG_ENDIAN : 0;
    case FPGA_SWITCH:  /* all off */
    case FPGA_JUMPERS: /* a PCI clock of 33 MHz */
    case FPGA_GPIO_IN:
        return 0;
    case FPGA_I2C_IN: /* nothing is on the bus: pulled up unless driven */
        return (~fpga->i2c_enable | fpga->i2c_out) & I2C_LINES;
    default:
        if (reg < FPGA_ASCII || reg >= FPGA_ASCII + FPGA_CHARACTERS * FPGA_STRIDE) {
            log_access(fpga, "read of no register", reg);
        }
        return 0;
    }
}

static void write_register(struct malta_fpga *fpga, uint64_t reg, uint32_t value)
{
    uint32_t *keeps = stored(fpga, reg);
    if (keeps) {
        *keeps = value;
    } else if (reg == FPGA_SOFT_RESET) {
        if (value == SOFT_RESET_MAGIC) {
            machine_request_reset(fpga->device.machine);
        }
    } else if (reg >= FPGA_ASCII && reg < FPGA_ASCII + FPGA_CHARACTERS * FPGA_STRIDE) {
        char c = (char)value;
        fpga->display[(reg - FPGA_ASCII) / FPGA_STRIDE] = isprint((unsigned char)c) ? c : ' ';
        log_write(&fpga->device.machine->config.log, LOG_UNIMP, "malta-fpga: display \"%s\"\n",
                  fpga->display);
    } else {
        log_access(fpga, "write of no register", reg);
    }
}

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
    if (offset % FPGA_STRIDE >= 4 || size > 4) {
        return 0;
    }
    uint32_t value = read_register(fpga, offset & ~UINT64_C(3)) >> shift_of(fpga, offset, size);
    return reorder(fpga, size == 4 ? value : value & ((1u << 8 * size) - 1), size);
}

static void fpga_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct malta_fpga *fpga = opaque;
    if (offset % FPGA_STRIDE >= 4 || size > 4) {
        return;
    }
    /* Narrow writes leave zeros in the other bytes. */
    write_register(fpga, offset & ~UINT64_C(3),
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
    FIELD_ARRAY(malta_fpga, display, FIELD_BYTES, FPGA_CHARACTERS),
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
    memset(fpga->display, ' ', FPGA_CHARACTERS);
    fpga->led_bar = fpga->ascii_word = fpga->gpio_out = 0;
    fpga->i2c_enable = fpga->i2c_out = fpga->i2c_select = 0;
    fpga->break_reset = BREAK_RESET_DEFAULT;
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
    machine_add_device(machine, &fpga->device);
    const struct malta_window *low = &malta_map[MALTA_FPGA], *high = &malta_map[MALTA_FPGA_HIGH];
    bus_add_mmio(machine->bus, low->name, low->base, low->size, &fpga_mmio, fpga);
    bus_add_mmio(machine->bus, high->name, high->base, high->size, &fpga_high_mmio, fpga);
    malta_fpga_reset(fpga);
}
