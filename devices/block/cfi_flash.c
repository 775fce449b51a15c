#include "devices/block/cfi_flash.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BUS = 4,                 /* bytes */
    NUMBER = 2,              /* bytes of what is no data that count */
    BLOCK_SIZE = 256 * 1024, /* of the bank: each chip erases its part of it */
    BUFFER_WORDS = 256,
};

/* What reading a chip gives. */
enum chip_mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY };

/* What the next write is (datasheet, table 16). */
enum chip_phase {
    PHASE_COMMAND,
    PHASE_WORD,    /* data of a word program */
    PHASE_ERASE,   /* confirmation */
    PHASE_LOCK,    /* which lock operation */
    PHASE_COUNT,   /* words of a buffer program, less one */
    PHASE_BUFFER,  /* its data */
    PHASE_CONFIRM, /* its confirmation */
    PHASE_PROTECT, /* data for the protection register, which is not there */
};

/* Status register */
enum {
    STATUS_LOCKED = 1 << 1,
    STATUS_PROGRAM_ERROR = 1 << 4,
    STATUS_ERASE_ERROR = 1 << 5,
    STATUS_READY = 1 << 7,
    STATUS_SEQUENCE_ERROR = STATUS_PROGRAM_ERROR | STATUS_ERASE_ERROR,
};

enum {
    COMMAND_PROGRAM_ALT = 0x10,
    COMMAND_ERASE = 0x20,
    COMMAND_PROGRAM = 0x40,
    COMMAND_CLEAR_STATUS = 0x50,
    COMMAND_LOCK_SETUP = 0x60,
    COMMAND_READ_STATUS = 0x70,
    COMMAND_READ_ID = 0x90,
    COMMAND_QUERY = 0x98,
    COMMAND_SUSPEND = 0xb0,
    COMMAND_PROTECT = 0xc0,
    COMMAND_CONFIRM = 0xd0, /* also resume */
    COMMAND_BUFFER = 0xe8,
    COMMAND_RESET_AMD = 0xf0, /* drivers that probe for other command sets send it */
    COMMAND_READ_ARRAY = 0xff,
    LOCK_SET = 0x01,
    LOCK_CONFIGURATION = 0x03,
    LOCK_DOWN = 0x2f,
};

enum { ID_MANUFACTURER = 0x89, ID_DEVICE = 0x18 };

/* A write of a buffer program. */
struct staged {
    uint32_t offset, size;
    uint64_t data;
};

enum { QUERY_SIZE = 0x50 };

/* The chips do the same at the same time: a command that reaches only one of them counts for both,
 * so that drivers find the bank whatever width they probe it with. */
struct cfi_flash {
    struct device device;
    const char *name;
    uint64_t base, size;
    uint8_t *memory;
    struct block_disk *disk;
    unsigned lane; /* bytes of the bus that a chip has */
    bool big;
    bool *locked; /* by block */
    uint8_t query[QUERY_SIZE];
    uint8_t mode, phase, status;
    uint16_t words, expected; /* of a buffer program */
    uint32_t block;           /* of the command in progress */
    struct staged staged[BUFFER_WORDS];
};

/* ---- contents -------------------------------------------------------------------------------- */

/* Tells everyone that [offset, offset + size) has changed; false if the disk failed. */
static bool changed(struct cfi_flash *flash, uint64_t offset, uint64_t size)
{
    struct block_disk *disk = flash->disk;
    bus_dma_written(flash->device.machine->bus, flash->memory + offset, size);
    if (!disk || offset >= disk->size) {
        return true;
    }
    if (size > disk->size - offset) {
        size = disk->size - offset;
    }
    return disk->ops->write(disk, offset, flash->memory + offset, size) == 0;
}

static bool writable(const struct cfi_flash *flash, uint32_t block)
{
    return !flash->locked[block] && !(flash->disk && flash->disk->read_only);
}

/* Programming can only clear bits. */
static void program(struct cfi_flash *flash, uint64_t offset, unsigned size, uint64_t data)
{
    if (!writable(flash, (uint32_t)(offset / BLOCK_SIZE))) {
        flash->status |= STATUS_PROGRAM_ERROR | STATUS_LOCKED;
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        flash->memory[offset + i] &= (uint8_t)(data >> (8 * i));
    }
    if (!changed(flash, offset, size)) {
        flash->status |= STATUS_PROGRAM_ERROR;
    }
}

static void program_staged(struct cfi_flash *flash)
{
    for (unsigned i = 0; i < flash->words; i++) {
        if (flash->staged[i].offset / BLOCK_SIZE != flash->block) {
            flash->status |= STATUS_SEQUENCE_ERROR; /* it must stay within the block */
            return;
        }
    }
    for (unsigned i = 0; i < flash->words; i++) {
        program(flash, flash->staged[i].offset, flash->staged[i].size, flash->staged[i].data);
    }
}

static void erase(struct cfi_flash *flash)
{
    uint64_t start = (uint64_t)flash->block * BLOCK_SIZE;
    if (!writable(flash, flash->block)) {
        flash->status |= STATUS_ERASE_ERROR | STATUS_LOCKED;
        return;
    }
    memset(flash->memory + start, 0xff, BLOCK_SIZE);
    if (!changed(flash, start, BLOCK_SIZE)) {
        flash->status |= STATUS_ERASE_ERROR;
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What each chip gives in its low 16 bits for a word address while not in array mode. */
static uint16_t chip_word(const struct cfi_flash *flash, uint64_t offset)
{
    unsigned low = (unsigned)(offset / BUS) & 0xff;
    if (flash->mode == MODE_STATUS) {
        return flash->status;
    }
    if (flash->mode == MODE_QUERY) {
        return low < QUERY_SIZE ? flash->query[low] : 0;
    }
    return low == 0   ? ID_MANUFACTURER
           : low == 1 ? ID_DEVICE
           : low == 2 ? flash->locked[offset / BLOCK_SIZE]
                      : 0;
}

/* Which byte of its chip the byte at this offset is, 0: the low one. */
static unsigned lane(const struct cfi_flash *flash, uint64_t offset)
{
    unsigned place = (unsigned)(offset % flash->lane);
    return flash->big ? flash->lane - 1 - place : place;
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct cfi_flash *flash = opaque;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = offset + i;
        uint8_t byte = flash->mode == MODE_ARRAY
                           ? flash->memory[at]
                           : (uint8_t)((uint32_t)chip_word(flash, at) >> 8 * lane(flash, at));
        value |= (uint64_t)byte << (8 * i);
    }
    return value;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void enter(struct cfi_flash *flash, enum chip_mode mode, enum chip_phase phase)
{
    flash->mode = (uint8_t)mode;
    flash->phase = (uint8_t)phase;
}

static void command(struct cfi_flash *flash, uint8_t code)
{
    static const struct {
        uint8_t code, mode, phase;
    } rows[] = {
        {COMMAND_READ_ARRAY, MODE_ARRAY, PHASE_COMMAND},
        {COMMAND_RESET_AMD, MODE_ARRAY, PHASE_COMMAND},
        {COMMAND_READ_STATUS, MODE_STATUS, PHASE_COMMAND},
        {COMMAND_SUSPEND, MODE_STATUS, PHASE_COMMAND}, /* nothing takes long enough */
        {COMMAND_CONFIRM, MODE_STATUS, PHASE_COMMAND},
        {COMMAND_READ_ID, MODE_ID, PHASE_COMMAND},
        {COMMAND_QUERY, MODE_QUERY, PHASE_COMMAND},
        {COMMAND_PROGRAM, MODE_STATUS, PHASE_WORD},
        {COMMAND_PROGRAM_ALT, MODE_STATUS, PHASE_WORD},
        {COMMAND_ERASE, MODE_STATUS, PHASE_ERASE},
        {COMMAND_LOCK_SETUP, MODE_STATUS, PHASE_LOCK},
        {COMMAND_BUFFER, MODE_STATUS, PHASE_COUNT},
        {COMMAND_PROTECT, MODE_STATUS, PHASE_PROTECT},
    };
    if (code == COMMAND_CLEAR_STATUS) {
        flash->status = STATUS_READY;
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].code == code) {
            enter(flash, rows[i].mode, rows[i].phase);
            return;
        }
    }
    log_write(&flash->device.machine->config.log, LOG_GUEST_ERRORS, "%s: unknown command 0x%02x\n",
              flash->name, code);
    enter(flash, MODE_ARRAY, PHASE_COMMAND);
}

static void lock_operation(struct cfi_flash *flash, uint8_t code)
{
    switch (code) {
    case LOCK_SET:
    case LOCK_DOWN:
        flash->locked[flash->block] = true;
        break;
    case COMMAND_CONFIRM:
        flash->locked[flash->block] = false;
        break;
    case LOCK_CONFIGURATION: /* timing of synchronous reads */
        break;
    default:
        flash->status |= STATUS_SEQUENCE_ERROR;
        break;
    }
}

/* What a phase other than PHASE_COMMAND does with a write. */
static void advance(struct cfi_flash *flash, enum chip_phase phase, uint64_t offset, unsigned size,
                    uint64_t value)
{
    bool confirmed = (uint8_t)value == COMMAND_CONFIRM;
    switch (phase) {
    case PHASE_WORD:
        program(flash, offset, size, value);
        break;
    case PHASE_ERASE:
        if (confirmed) {
            erase(flash);
        } else {
            flash->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    case PHASE_LOCK:
        lock_operation(flash, (uint8_t)value);
        break;
    case PHASE_COUNT:
        flash->words = 0;
        flash->expected = (uint16_t)(value + 1);
        if (flash->expected >= 1 && flash->expected <= BUFFER_WORDS) {
            flash->phase = PHASE_BUFFER;
        } else {
            flash->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    case PHASE_BUFFER:
        flash->staged[flash->words++] = (struct staged){(uint32_t)offset, size, value};
        flash->phase = flash->words == flash->expected ? PHASE_CONFIRM : PHASE_BUFFER;
        break;
    case PHASE_CONFIRM:
        if (confirmed) {
            program_staged(flash);
        } else {
            flash->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    default: /* PHASE_PROTECT */
        flash->status |= STATUS_PROGRAM_ERROR | STATUS_LOCKED;
        break;
    }
}

static void update_direct(struct cfi_flash *flash)
{
    bus_set_direct(flash->device.machine->bus, flash->base, flash->mode == MODE_ARRAY);
}

/* What a chip takes a value on the bus for that is no data. */
static uint16_t chip_number(const struct cfi_flash *flash, unsigned size, uint64_t value)
{
    if (!flash->big || size == 1) {
        return (uint16_t)value;
    }
    return __builtin_bswap16((uint16_t)(value >> 8 * (size - NUMBER)));
}

static void flash_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct cfi_flash *flash = opaque;
    enum chip_phase phase = flash->phase;
    if (phase != PHASE_BUFFER && phase != PHASE_CONFIRM) {
        flash->block = (uint32_t)(offset / BLOCK_SIZE);
    }
    bool data = phase == PHASE_WORD || phase == PHASE_BUFFER;
    uint64_t number = data ? value : chip_number(flash, size, value);
    if (phase == PHASE_COMMAND) {
        command(flash, (uint8_t)number);
    } else {
        flash->phase = PHASE_COMMAND;
        advance(flash, phase, offset, size, number);
    }
    update_direct(flash);
}

static const struct mmio_ops cfi_flash_mmio = {flash_read, flash_write};

/* ---- the device ------------------------------------------------------------------------------ */

static unsigned log2_of(uint64_t power)
{
    return (unsigned)__builtin_ctzll(power);
}

/* JESD68.01 tables 2 to 4 and Intel's extended table, as one chip of the bank answers. */
static void fill_query(struct cfi_flash *flash)
{
    unsigned chips = BUS / flash->lane, block = BLOCK_SIZE / chips;
    unsigned blocks = (unsigned)(flash->size / BLOCK_SIZE);
    const uint8_t table[] = {
        'Q',
        'R',
        'Y',
        0x01,
        0x00, /* 13: command set Intel/Sharp extended */
        0x31,
        0x00, /* 15: its table */
        0x00,
        0x00,
        0x00,
        0x00, /* 17: no alternative */
        0x27,
        0x36,
        0x00,
        0x00, /* 1b: supply voltages */
        0x07,
        0x07,
        0x0a,
        0x00, /* 1f: typical times, log2: word, buffer (us), block (ms), chip */
        0x04,
        0x04,
        0x04,
        0x00, /* 23: how many times longer at most, log2 */
        (uint8_t)log2_of(flash->size / chips),
        flash->lane == BUS ? 0x03 : 0x01,
        0x00, /* 28: 16 or 32 bits wide */
        (uint8_t)log2_of(BUFFER_WORDS * flash->lane),
        0x00,
        0x01, /* 2c: one region of equal blocks */
        (uint8_t)(blocks - 1),
        (uint8_t)((blocks - 1) >> 8),
        (uint8_t)(block >> 8),
        (uint8_t)(block >> 16),
        'P',
        'R',
        'I',
        '1',
        '0', /* 31 */
        0x00,
        0x00,
        0x00,
        0x00, /* 36: no optional features */
        0x00, /* 3a */
        0x01,
        0x00, /* 3b: block status has the lock bit */
        0x33,
        0x00, /* 3d: best voltages */
        0x01, /* 3f: one protection field, of no size */
    };
    memcpy(flash->query + 0x10, table, sizeof(table));
}

static const struct field cfi_flash_fields[] = {
    FIELD(cfi_flash, mode, FIELD_U8),   FIELD(cfi_flash, phase, FIELD_U8),
    FIELD(cfi_flash, status, FIELD_U8), FIELD(cfi_flash, words, FIELD_U16),
    FIELD(cfi_flash, block, FIELD_U32), FIELD(cfi_flash, expected, FIELD_U16),
};

static void cfi_flash_reset(void *device)
{
    struct cfi_flash *flash = device;
    enter(flash, MODE_ARRAY, PHASE_COMMAND);
    flash->status = STATUS_READY;
    update_direct(flash);
}

static void cfi_flash_destroy(void *device)
{
    struct cfi_flash *flash = device;
    if (flash->memory) {
        munmap(flash->memory, flash->size);
    }
    free(flash->locked);
    free(flash);
}

static const struct device_ops cfi_flash_ops = {
    .name = "cfi-flash",
    .fields = cfi_flash_fields,
    .field_count = ARRAY_SIZE(cfi_flash_fields),
    .reset = cfi_flash_reset,
    .destroy = cfi_flash_destroy,
};

struct cfi_flash *cfi_flash_create(struct machine *machine, const char *name, uint64_t base,
                                   uint64_t size, struct block_disk *disk)
{
    CHECK(size >= BLOCK_SIZE && !(size & (size - 1)));
    struct cfi_flash *flash = calloc(1, sizeof(*flash));
    CHECK(flash);
    flash->device.ops = &cfi_flash_ops;
    flash->name = name;
    flash->base = base;
    flash->size = size;
    flash->disk = disk;
    flash->lane = 2;
    flash->locked = calloc(size / BLOCK_SIZE, sizeof(flash->locked[0]));
    CHECK(flash->locked);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        cfi_flash_destroy(flash);
        return NULL;
    }
    flash->memory = memory;
    if (disk) {
        int error = disk->ops->read(disk, 0, memory, disk->size < size ? disk->size : size);
        if (error) {
            cfi_flash_destroy(flash);
            errno = -error;
            return NULL;
        }
    }
    fill_query(flash);
    machine_add_device(machine, &flash->device);
    bus_add_rom(machine->bus, name, base, size, flash->memory, &cfi_flash_mmio, flash);
    cfi_flash_reset(flash);
    return flash;
}

void cfi_flash_set_one_chip(struct cfi_flash *flash)
{
    flash->lane = BUS;
    fill_query(flash);
}

void cfi_flash_set_big_endian(struct cfi_flash *flash)
{
    flash->big = true;
}

uint8_t *cfi_flash_memory(struct cfi_flash *flash)
{
    return flash->memory;
}
