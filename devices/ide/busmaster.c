#include "devices/ide/busmaster.h"

#include "core/base/bits.h"
#include "core/base/log.h"

#include <endian.h>

/* Command (3.1), Status (3.2) */
enum { START = 1 << 0, TO_MEMORY = 1 << 3 };
enum { ACTIVE = 1 << 0, ERROR = 1 << 1, INTERRUPT = 1 << 2, CAPABLE = 3 << 5 };

/* A region of the table (1.1), little-endian. */
struct region {
    uint32_t address;
    uint32_t count; /* bits 15:1, 0 for 64 KiB; bit 31: the last one */
};
#define REGION_LAST UINT32_C(0x80000000)

/* ---- walking the table ----------------------------------------------------------------------- */

/* Regions cross no 64 KiB boundary by the rules; here they may. */
static bool next_region(struct ide_engine *engine)
{
    struct region region;
    if (engine->last) {
        engine->status &= ~(uint32_t)ACTIVE;
        return false;
    }
    if (!pci_dma_read(engine->function, engine->next, &region, sizeof(region))) {
        engine->status = (engine->status & ~(uint32_t)ACTIVE) | ERROR;
        return false;
    }
    uint32_t count = le32toh(region.count);
    engine->next += sizeof(region);
    engine->address = le32toh(region.address) & ~UINT32_C(1);
    engine->left = count & 0xfffe ? count & 0xfffe : 0x10000;
    engine->last = count & REGION_LAST;
    return true;
}

static size_t move(void *opaque, void *buffer, size_t size)
{
    struct ide_engine *engine = opaque;
    size_t done = 0;
    while (done < size) {
        if (!engine->left && !next_region(engine)) {
            break;
        }
        size_t part = size - done < engine->left ? size - done : engine->left;
        uint8_t *bytes = (uint8_t *)buffer + done;
        bool ok = engine->command & TO_MEMORY
                      ? pci_dma_write(engine->function, engine->address, bytes, part)
                      : pci_dma_read(engine->function, engine->address, bytes, part);
        if (!ok) {
            engine->status = (engine->status & ~(uint32_t)ACTIVE) | ERROR;
            break;
        }
        engine->address += (uint32_t)part;
        engine->left -= (uint32_t)part;
        done += part;
    }
    return done;
}

static bool ready(void *opaque, bool to_memory)
{
    const struct ide_engine *engine = opaque;
    if (!(engine->status & ACTIVE)) {
        return false;
    }
    if (to_memory != !!(engine->command & TO_MEMORY)) {
        log_write(engine->regs.log, LOG_GUEST_ERRORS,
                  "ide: the bus master's direction is not the command's\n");
        return false;
    }
    return true;
}

/* If the table goes on, the engine remains active until it is stopped (2.4, table of states). */
static void finished(void *opaque)
{
    struct ide_engine *engine = opaque;
    if (engine->last && !engine->left) {
        engine->status &= ~(uint32_t)ACTIVE;
    }
}

static void interrupt(void *opaque)
{
    struct ide_engine *engine = opaque;
    engine->status |= INTERRUPT;
}

static const struct ide_dma_ops engine_ops = {ready, move, finished, interrupt};

/* ---- registers ------------------------------------------------------------------------------- */

static void command_write(void *device, const struct reg *reg, uint32_t value)
{
    struct ide_engine *engine = device;
    bool was = engine->started;
    engine->started = engine->command & START;
    if (was && !engine->started) {
        engine->status &= ~(uint32_t)ACTIVE;
    }
    if (!was && engine->started) {
        engine->status |= ACTIVE;
        engine->next = engine->table;
        engine->left = 0;
        engine->last = false;
        ide_dma_started(engine->channel);
    }
}

#define STATE(member) offsetof(struct ide_engine, member)
static const struct reg engine_regs[] = {
    {"BMICX", 0, 1, STATE(command), .writable = START | TO_MEMORY, .write = command_write},
    {"BMISX", 2, 1, STATE(status), .writable = CAPABLE, .clear = ERROR | INTERRUPT},
    {"BMIDTPX", 4, 4, STATE(table), .writable = ~UINT32_C(3)},
};

static uint64_t busmaster_read(void *opaque, uint64_t offset, unsigned size)
{
    struct ide_busmaster *master = opaque;
    return regs_read(&master->engines[offset / 8].regs, offset % 8, size);
}

static void busmaster_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide_busmaster *master = opaque;
    regs_write(&master->engines[offset / 8].regs, offset % 8, size, value);
}

const struct mmio_ops ide_busmaster_ops = {busmaster_read, busmaster_write};

void ide_busmaster_init(struct ide_busmaster *master, struct pci_function *function,
                        struct ide_channel *const channels[2], const struct log *log)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_engine *engine = &master->engines[i];
        engine->function = function;
        engine->channel = channels[i];
        engine->regs = (struct reg_block){
            .device = "ide-busmaster",
            .regs = engine_regs,
            .count = ARRAY_SIZE(engine_regs),
            .log = log,
            .opaque = engine,
        };
        ide_set_dma(channels[i], &engine_ops, engine);
    }
}

void ide_busmaster_reset(struct ide_busmaster *master)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_engine *engine = &master->engines[i];
        regs_reset(&engine->regs);
        engine->next = engine->address = engine->left = 0;
        engine->last = engine->started = false;
    }
}
