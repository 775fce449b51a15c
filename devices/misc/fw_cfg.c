#include "devices/misc/fw_cfg.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in the window. */
enum { REG_DATA = 0x00, REG_SELECTOR = 0x08, REG_DMA = 0x10, WINDOW_SIZE = 0x18 };

enum { MAX_FILES = 16, MAX_NAME = 56, ITEMS = FW_CFG_FILE_FIRST + MAX_FILES };
enum { FEATURE_TRADITIONAL = 1, FEATURE_DMA = 2 };
#define DMA_SIGNATURE UINT64_C(0x51454d5520434647) /* "QEMU CFG" */

/* Control word of a DMA request. */
enum {
    DMA_ERROR = 1 << 0,
    DMA_READ = 1 << 1,
    DMA_SKIP = 1 << 2,
    DMA_SELECT = 1 << 3,
    DMA_WRITE = 1 << 4,
    DMA_KEY_SHIFT = 16,
};

struct dma_request { /* in guest memory, big-endian */
    uint32_t control, length;
    uint64_t address;
};

struct item {
    const uint8_t *data;
    size_t size;
    uint64_t number; /* room for small ones */
};

struct directory {
    uint32_t count; /* all big-endian */
    struct {
        uint32_t size;
        uint16_t key, reserved;
        char name[MAX_NAME];
    } files[MAX_FILES];
};

struct fw_cfg {
    struct device device;
    struct item items[ITEMS];
    struct directory directory;
    unsigned files;
    uint16_t key;
    uint32_t offset;   /* of the next byte in the selected item */
    uint32_t dma_high; /* upper half of the request's address */
};

/* ---- items ----------------------------------------------------------------------------------- */

void fw_cfg_add(struct fw_cfg *fw_cfg, enum fw_cfg_key key, const void *data, size_t size)
{
    CHECK((unsigned)key < ITEMS);
    fw_cfg->items[key].data = data;
    fw_cfg->items[key].size = size;
}

static void add_number(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint64_t value, size_t size)
{
    struct item *item = &fw_cfg->items[key];
    item->number = htole64(value);
    fw_cfg_add(fw_cfg, key, &item->number, size);
}

void fw_cfg_add_u16(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint16_t value)
{
    add_number(fw_cfg, key, value, 2);
}

void fw_cfg_add_u32(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint32_t value)
{
    add_number(fw_cfg, key, value, 4);
}

void fw_cfg_add_u64(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint64_t value)
{
    add_number(fw_cfg, key, value, 8);
}

void fw_cfg_add_file(struct fw_cfg *fw_cfg, const char *name, const void *data, size_t size)
{
    CHECK(fw_cfg->files < MAX_FILES && strlen(name) < MAX_NAME);
    unsigned n = fw_cfg->files++;
    fw_cfg_add(fw_cfg, FW_CFG_FILE_FIRST + n, data, size);
    fw_cfg->directory.count = htobe32(fw_cfg->files);
    fw_cfg->directory.files[n].size = htobe32((uint32_t)size);
    fw_cfg->directory.files[n].key = htobe16((uint16_t)(FW_CFG_FILE_FIRST + n));
    strcpy(fw_cfg->directory.files[n].name, name);
    fw_cfg_add(fw_cfg, FW_CFG_FILE_DIR, &fw_cfg->directory,
               sizeof(uint32_t) + fw_cfg->files * sizeof(fw_cfg->directory.files[0]));
}

static void select_item(struct fw_cfg *fw_cfg, uint16_t key)
{
    fw_cfg->key = key;
    fw_cfg->offset = 0;
}

/* The selected item's bytes from the current one on. */
static const uint8_t *remaining(const struct fw_cfg *fw_cfg, size_t *size)
{
    const struct item *item = fw_cfg->key < ITEMS ? &fw_cfg->items[fw_cfg->key] : NULL;
    if (!item || fw_cfg->offset >= item->size) {
        *size = 0;
        return NULL;
    }
    *size = item->size - fw_cfg->offset;
    return item->data + fw_cfg->offset;
}

/* Moves on without wrapping around. */
static void advance(struct fw_cfg *fw_cfg, uint32_t by)
{
    fw_cfg->offset = by > UINT32_MAX - fw_cfg->offset ? UINT32_MAX : fw_cfg->offset + by;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

/* Copies to the guest, zeroes beyond the item's end. */
static bool dma_copy(struct fw_cfg *fw_cfg, uint64_t address, uint32_t length)
{
    static const uint8_t zeroes[4096];
    struct bus *bus = fw_cfg->device.machine->bus;
    size_t have;
    const uint8_t *data = remaining(fw_cfg, &have);
    uint32_t part = have < length ? (uint32_t)have : length;
    if (part && !bus_dma_write(bus, address, data, part)) {
        return false;
    }
    while (part < length) {
        uint32_t piece = length - part < sizeof(zeroes) ? length - part : (uint32_t)sizeof(zeroes);
        if (!bus_dma_write(bus, address + part, zeroes, piece)) {
            return false;
        }
        part += piece;
    }
    return true;
}

static void dma_run(struct fw_cfg *fw_cfg, uint64_t where)
{
    struct bus *bus = fw_cfg->device.machine->bus;
    struct dma_request request;
    if (!bus_dma_read(bus, where, &request, sizeof(request))) {
        return;
    }
    uint32_t control = be32toh(request.control), length = be32toh(request.length), result = 0;
    if (control & DMA_SELECT) {
        select_item(fw_cfg, (uint16_t)(control >> DMA_KEY_SHIFT));
    }
    if (control & DMA_WRITE) {
        result = DMA_ERROR; /* no item can be written */
    } else if (control & DMA_READ) {
        result = dma_copy(fw_cfg, be64toh(request.address), length) ? 0 : DMA_ERROR;
        advance(fw_cfg, length);
    } else if (control & DMA_SKIP) {
        advance(fw_cfg, length);
    }
    uint32_t done = htobe32(result);
    bus_dma_write(bus, where + offsetof(struct dma_request, control), &done, sizeof(done));
}

/* ---- the window ------------------------------------------------------------------------------ */

/* Registers are big-endian; the bus carries little-endian numbers. */
static uint64_t swap(uint64_t value, unsigned size)
{
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

static uint64_t fw_cfg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct fw_cfg *fw_cfg = opaque;
    uint64_t value = 0;
    if (offset < REG_SELECTOR) {
        /* The data register hands out the next bytes in order, whatever the width. */
        for (unsigned i = 0; i < size; i++) {
            size_t have;
            const uint8_t *data = remaining(fw_cfg, &have);
            value |= have ? (uint64_t)*data << (8 * i) : 0;
            advance(fw_cfg, 1);
        }
    } else if (offset >= REG_DMA && size >= 4) {
        value = swap(DMA_SIGNATURE, 8) >> (8 * (offset - REG_DMA));
    }
    return value;
}

static void fw_cfg_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct fw_cfg *fw_cfg = opaque;
    value = swap(value, size);
    if (offset == REG_SELECTOR && size == 2) {
        select_item(fw_cfg, (uint16_t)value);
    } else if (offset == REG_DMA && size == 8) {
        dma_run(fw_cfg, value);
    } else if (offset == REG_DMA && size == 4) {
        fw_cfg->dma_high = (uint32_t)value;
    } else if (offset == REG_DMA + 4 && size == 4) {
        dma_run(fw_cfg, (uint64_t)fw_cfg->dma_high << 32 | value);
        fw_cfg->dma_high = 0;
    } else {
        log_write(&fw_cfg->device.machine->config.log, LOG_GUEST_ERRORS,
                  "fw_cfg: write of %u bytes to offset 0x%x\n", size, (unsigned)offset);
    }
}

static const struct mmio_ops fw_cfg_mmio = {fw_cfg_read, fw_cfg_write};

static const struct field fw_cfg_fields[] = {
    FIELD(fw_cfg, key, FIELD_U16),
    FIELD(fw_cfg, offset, FIELD_U32),
    FIELD(fw_cfg, dma_high, FIELD_U32),
};

static void fw_cfg_reset(void *device)
{
    struct fw_cfg *fw_cfg = device;
    select_item(fw_cfg, FW_CFG_SIGNATURE);
    fw_cfg->dma_high = 0;
}

static const struct device_ops fw_cfg_ops = {
    .name = "fw_cfg",
    .fields = fw_cfg_fields,
    .field_count = ARRAY_SIZE(fw_cfg_fields),
    .reset = fw_cfg_reset,
    .destroy = free,
};

struct fw_cfg *fw_cfg_create(struct machine *machine, uint64_t base)
{
    static const uint8_t no_uuid[16];
    struct fw_cfg *fw_cfg = calloc(1, sizeof(*fw_cfg));
    CHECK(fw_cfg);
    fw_cfg->device.ops = &fw_cfg_ops;
    fw_cfg_add(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_u32(fw_cfg, FW_CFG_ID, FEATURE_TRADITIONAL | FEATURE_DMA);
    fw_cfg_add(fw_cfg, FW_CFG_UUID, no_uuid, sizeof(no_uuid));
    fw_cfg_add(fw_cfg, FW_CFG_FILE_DIR, &fw_cfg->directory, sizeof(uint32_t));
    machine_add_device(machine, &fw_cfg->device);
    bus_add_mmio(machine->bus, "fw_cfg", base, WINDOW_SIZE, &fw_cfg_mmio, fw_cfg);
    return fw_cfg;
}
