#include "core/machine/regs.h"

#include "core/base/log.h"

#include <stddef.h>

static unsigned reg_count(const struct reg *reg)
{
    return reg->count ? reg->count : 1;
}

/* The row that holds `offset`, with block->index set; *first is the offset of the register itself.
 */
static const struct reg *find(struct reg_block *block, uint64_t offset, uint64_t *first)
{
    unsigned low = 0, high = block->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (block->regs[middle].offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (!low) {
        return NULL;
    }
    const struct reg *reg = &block->regs[low - 1];
    uint64_t index = 0;
    if (reg->count > 1) {
        index = (offset - reg->offset) / reg->stride;
    }
    *first = reg->offset + index * reg->stride;
    if (index >= reg_count(reg) || offset - *first >= reg->width) {
        return NULL;
    }
    block->index = (uint32_t)index;
    return reg;
}

static uint32_t *stored(struct reg_block *block, const struct reg *reg, uint32_t index)
{
    if (reg->state == REG_NONE) {
        return NULL;
    }
    return (uint32_t *)((uint8_t *)block->opaque + reg->state) + index;
}

static uint32_t width_mask(unsigned bytes)
{
    return (uint32_t)(~UINT64_C(0) >> (64 - 8 * bytes));
}

static void complain(const struct reg_block *block, const char *what, uint64_t offset,
                     const char *name)
{
    log_write(block->log, LOG_GUEST_ERRORS, "%s: %s offset 0x%llx (%s)\n", block->device, what,
              (unsigned long long)offset, name);
}

/* One access that lies within one register, or touches none. */
static uint32_t read_part(struct reg_block *block, uint64_t offset, unsigned size)
{
    uint64_t first;
    const struct reg *reg = find(block, offset, &first);
    if (!reg) {
        complain(block, "read of", offset, "no register there");
        return 0;
    }
    if (reg->write_only) {
        complain(block, "read of write-only", offset, reg->name);
        return 0;
    }
    uint32_t *state = stored(block, reg, block->index);
    uint32_t value = reg->read ? reg->read(block->opaque, reg) : state ? *state : reg->reset;
    return value >> (8 * (offset - first)) & width_mask(size);
}

static void write_part(struct reg_block *block, uint64_t offset, unsigned size, uint32_t value)
{
    uint64_t first;
    const struct reg *reg = find(block, offset, &first);
    if (!reg) {
        complain(block, "write to", offset, "no register there");
        return;
    }
    if (reg->read_only) {
        complain(block, "write to read-only", offset, reg->name);
        return;
    }
    unsigned shift = 8 * (unsigned)(offset - first);
    uint32_t lanes = width_mask(size) << shift;
    value <<= shift;
    uint32_t *state = stored(block, reg, block->index);
    if (state) {
        uint32_t set = reg->writable & lanes;
        *state = ((*state & ~set) | (value & set)) & ~(value & reg->clear & lanes);
    }
    if (reg->write) {
        reg->write(block->opaque, reg, value & lanes);
    }
}

/* Width of the register at offset, by which wider accesses are cut. */
static unsigned step_at(struct reg_block *block, uint64_t offset, unsigned size)
{
    uint64_t first;
    const struct reg *reg = find(block, offset, &first);
    unsigned width = reg ? reg->width : 4;
    return size < width ? size : width;
}

uint64_t regs_read(struct reg_block *block, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned done = 0, step; done < size; done += step) {
        step = step_at(block, offset + done, size - done);
        value |= (uint64_t)read_part(block, offset + done, step) << (8 * done);
    }
    return value;
}

void regs_write(struct reg_block *block, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned done = 0, step; done < size; done += step) {
        step = step_at(block, offset + done, size - done);
        write_part(block, offset + done, step, (uint32_t)(value >> (8 * done)) & width_mask(step));
    }
}

void regs_reset(struct reg_block *block)
{
    for (unsigned i = 0; i < block->count; i++) {
        const struct reg *reg = &block->regs[i];
        for (uint32_t n = 0; reg->state != REG_NONE && n < reg_count(reg); n++) {
            *stored(block, reg, n) = reg->reset;
        }
    }
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    return regs_read(opaque, offset, size);
}

static void mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    regs_write(opaque, offset, size, value);
}

const struct mmio_ops regs_mmio_ops = {mmio_read, mmio_write};
