#include "core/machine/regs.h"

#include "core/base/log.h"

#include <stddef.h>

static unsigned reg_count(const struct reg *reg)
{
    return reg->count ? reg->count : 1;
}

/* The row that holds `offset`, with block->index set; *first is the offset of the register
 * itself. */
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

/* The piece of an access at `offset` that lies within one register, or hits none; *size is cut to
 * that. */
static const struct reg *piece(struct reg_block *block, const char *what, uint64_t offset,
                               unsigned *size, unsigned *shift)
{
    uint64_t first;
    const struct reg *reg = find(block, offset, &first);
    unsigned room = reg ? reg->width - (unsigned)(offset - first) : 4;
    if (*size > room) {
        *size = room;
    }
    if (!reg) {
        complain(block, what, offset, "no register there");
        return NULL;
    }
    *shift = 8 * (unsigned)(offset - first);
    return reg;
}

uint64_t regs_read(struct reg_block *block, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned done = 0, step, shift; done < size; done += step) {
        step = size - done;
        const struct reg *reg = piece(block, "read of", offset + done, &step, &shift);
        if (!reg) {
            continue;
        }
        if (reg->write_only) {
            complain(block, "read of write-only", offset + done, reg->name);
            continue;
        }
        const uint32_t *state = stored(block, reg, block->index);
        uint32_t whole = reg->read ? reg->read(block->opaque, reg) : state ? *state : reg->reset;
        value |= (uint64_t)(whole >> shift & width_mask(step)) << (8 * done);
    }
    return value;
}

void regs_write(struct reg_block *block, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned done = 0, step, shift; done < size; done += step) {
        step = size - done;
        const struct reg *reg = piece(block, "write to", offset + done, &step, &shift);
        if (!reg) {
            continue;
        }
        if (reg->read_only) {
            complain(block, "write to read-only", offset + done, reg->name);
            continue;
        }
        uint32_t lanes = width_mask(step) << shift;
        uint32_t part = (uint32_t)(value >> (8 * done)) << shift & lanes;
        uint32_t *state = stored(block, reg, block->index);
        if (state) {
            uint32_t set = reg->writable & lanes;
            *state = ((*state & ~set) | (part & set)) & ~(part & reg->clear);
        }
        if (reg->write) {
            reg->write(block->opaque, reg, part);
        }
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
