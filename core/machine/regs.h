/* Device registers as rows: masking, reset and tracing are generic; hooks do the rest. */
#ifndef CORE_MACHINE_REGS_H
#define CORE_MACHINE_REGS_H

#include "core/bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

struct log;

struct reg {
    const char *name;
    uint32_t offset;
    uint8_t width;  /* bytes: 1, 2, 4 */
    uint32_t state; /* offset in the device's struct of the uint32_t that holds it, or REG_NONE */
    uint32_t reset;
    uint32_t writable; /* bits that a write sets; others keep their value */
    uint32_t clear;    /* bits that a written 1 clears */
    uint32_t (*read)(void *device, const struct reg *reg); /* NULL: the stored value */
    /* After masking and storing (if it has state); value is what was written. NULL: nothing else
     * happens. */
    void (*write)(void *device, const struct reg *reg, uint32_t value);
    uint32_t count; /* a bank of registers `stride` apart, state consecutive; 0 or 1: one */
    uint32_t stride;
    bool write_only, read_only; /* the other access is a logged guest error (reads give 0) */
};
#define REG_NONE UINT32_MAX

/* A block of registers of one device. */
struct reg_block {
    const char *device;
    const struct reg *regs; /* sorted by offset */
    unsigned count;
    const struct log *log;
    void *opaque;   /* the device */
    uint32_t index; /* within the bank, during a hook */
};

uint64_t regs_read(struct reg_block *block, uint64_t offset, unsigned size);
void regs_write(struct reg_block *block, uint64_t offset, unsigned size, uint64_t value);
void regs_reset(struct reg_block *block);
/* mmio_ops whose opaque is a struct reg_block. */
extern const struct mmio_ops regs_mmio_ops;

#endif
