#include "devices/block/cfi_flash.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CHIPS = 2,
    LANE = 2,                /* bytes of the bus that a chip has */
    BLOCK_SIZE = 256 * 1024, /* of the bank: each chip erases half of it */
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

struct chip {
    uint8_t mode, phase, status;
    uint16_t words, expected;       /* of a buffer program */
    uint32_t block;                 /* of the command in progress */
    uint32_t address[BUFFER_WORDS]; /* word addresses */
    uint16_t data[BUFFER_WORDS];
};

enum { QUERY_SIZE = 0x50 };

struct cfi_flash {
    struct device device;
    const char *name;
    uint64_t base, size;
    uint8_t *memory;
    struct block_disk *disk;
    bool *locked; /* by block */
    uint8_t query[QUERY_SIZE];
    struct chip chips[CHIPS];
};

/* ---- contents
 * ------------------------------------------------------------------------------------- */

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

/* A status bit if the chip's block may not be changed. */
static unsigned refused(const struct cfi_flash *flash, uint32_t block)
{
    bool read_only = flash->disk && flash->disk->read_only;
    return flash->locked[block] || read_only ? STATUS_LOCKED : 0;
}

/* Programming can only clear bits. */
static void program(struct cfi_flash *flash, unsigned n, uint32_t word, uint16_t data)
{
    uint64_t offset = (uint64_t)word * CHIPS * LANE + n * LANE;
    unsigned bad = refused(flash, (uint32_t)(offset / BLOCK_SIZE));
    if (!bad) {
        flash->memory[offset] &= (uint8_t)data;
        flash->memory[offset + 1] &= (uint8_t)(data >> 8);
        bad = changed(flash, offset, LANE) ? 0 : STATUS_PROGRAM_ERROR;
    } else {
        bad |= STATUS_PROGRAM_ERROR;
    }
    flash->chips[n].status |= (uint8_t)bad;
}

static void program_buffer(struct cfi_flash *flash, unsigned n)
{
    struct chip *chip = &flash->chips[n];
    for (unsigned i = 0; i < chip->words; i++) {
        if (chip->address[i] / (BLOCK_SIZE / (CHIPS * LANE)) != chip->block) {
            chip->status |= STATUS_SEQUENCE_ERROR; /* it must stay within the block */
            return;
        }
    }
    for (unsigned i = 0; i < chip->words; i++) {
        program(flash, n, chip->address[i], chip->data[i]);
    }
}

static void erase(struct cfi_flash *flash, unsigned n)
{
    struct chip *chip = &flash->chips[n];
    uint64_t start = (uint64_t)chip->block * BLOCK_SIZE;
    unsigned bad = refused(flash, chip->block);
    if (!bad) {
        for (uint64_t at = start + n * LANE; at < start + BLOCK_SIZE; at += CHIPS * LANE) {
            memset(flash->memory + at, 0xff, LANE);
        }
        bad = changed(flash, start, BLOCK_SIZE) ? 0 : STATUS_ERASE_ERROR;
    } else {
        bad |= STATUS_ERASE_ERROR;
    }
    chip->status |= (uint8_t)bad;
}

/* ---- reading
 * -------------------------------------------------------------------------------------- */

static uint16_t chip_read(const struct cfi_flash *flash, unsigned n, uint32_t word)
{
    const struct chip *chip = &flash->chips[n];
    uint64_t offset = (uint64_t)word * CHIPS * LANE + n * LANE;
    unsigned low = word & 0xff;
    switch (chip->mode) {
    case MODE_STATUS:
        return chip->status;
    case MODE_ID:
        return low == 0   ? ID_MANUFACTURER
               : low == 1 ? ID_DEVICE
               : low == 2 ? flash->locked[offset / BLOCK_SIZE]
                          : 0;
    case MODE_QUERY:
        return low < QUERY_SIZE ? flash->query[low] : 0;
    default:
        return (uint16_t)(flash->memory[offset] | flash->memory[offset + 1] << 8);
    }
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct cfi_flash *flash = opaque;
    uint64_t value = 0;
    for (unsigned done = 0; done < size;) {
        uint64_t at = offset + done;
        uint16_t word = chip_read(flash, at / LANE % CHIPS, (uint32_t)(at / (CHIPS * LANE)));
        unsigned skip = at % LANE;
        value |= (uint64_t)(word >> (8 * skip)) << (8 * done);
        done += LANE - skip;
    }
    return value;
}

/* ---- commands
 * ------------------------------------------------------------------------------------- */

static void enter(struct chip *chip, enum chip_mode mode, enum chip_phase phase)
{
    chip->mode = (uint8_t)mode;
    chip->phase = (uint8_t)phase;
}

static void command(struct cfi_flash *flash, unsigned n, uint8_t code)
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
    struct chip *chip = &flash->chips[n];
    if (code == COMMAND_CLEAR_STATUS) {
        chip->status = STATUS_READY;
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].code == code) {
            enter(chip, rows[i].mode, rows[i].phase);
            return;
        }
    }
    log_write(&flash->device.machine->config.log, LOG_GUEST_ERRORS, "%s: unknown command 0x%02x\n",
              flash->name, code);
    enter(chip, MODE_ARRAY, PHASE_COMMAND);
}

static void lock_operation(struct cfi_flash *flash, unsigned n, uint8_t code)
{
    struct chip *chip = &flash->chips[n];
    switch (code) {
    case LOCK_SET:
    case LOCK_DOWN:
        flash->locked[chip->block] = true;
        break;
    case COMMAND_CONFIRM:
        flash->locked[chip->block] = false;
        break;
    case LOCK_CONFIGURATION: /* timing of synchronous reads */
        break;
    default:
        chip->status |= STATUS_SEQUENCE_ERROR;
        break;
    }
}

/* One write as chip `n` sees it. `data` has ones where the access does not reach. */
static void chip_write(struct cfi_flash *flash, unsigned n, uint32_t word, uint16_t data)
{
    struct chip *chip = &flash->chips[n];
    uint8_t code = (uint8_t)data;
    enum chip_phase phase = chip->phase;
    if (phase != PHASE_BUFFER && phase != PHASE_CONFIRM) {
        chip->block = word / (BLOCK_SIZE / (CHIPS * LANE));
    }
    chip->phase = PHASE_COMMAND;
    switch (phase) {
    case PHASE_COMMAND:
        command(flash, n, code);
        break;
    case PHASE_WORD:
        program(flash, n, word, data);
        break;
    case PHASE_ERASE:
        if (code == COMMAND_CONFIRM) {
            erase(flash, n);
        } else {
            chip->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    case PHASE_LOCK:
        lock_operation(flash, n, code);
        break;
    case PHASE_COUNT:
        chip->words = 0;
        chip->expected = (uint16_t)(data + 1);
        if (chip->expected >= 1 && chip->expected <= BUFFER_WORDS) {
            chip->phase = PHASE_BUFFER;
        } else {
            chip->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    case PHASE_BUFFER:
        chip->address[chip->words] = word;
        chip->data[chip->words++] = data;
        chip->phase = chip->words == chip->expected ? PHASE_CONFIRM : PHASE_BUFFER;
        break;
    case PHASE_CONFIRM:
        if (code == COMMAND_CONFIRM) {
            program_buffer(flash, n);
        } else {
            chip->status |= STATUS_SEQUENCE_ERROR;
        }
        break;
    case PHASE_PROTECT:
        chip->status |= STATUS_PROGRAM_ERROR | STATUS_LOCKED;
        break;
    }
}

static void update_direct(struct cfi_flash *flash)
{
    bool direct = flash->chips[0].mode == MODE_ARRAY && flash->chips[1].mode == MODE_ARRAY;
    bus_set_direct(flash->device.machine->bus, flash->base, direct);
}

static void flash_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct cfi_flash *flash = opaque;
    for (unsigned done = 0; done < size;) {
        uint64_t at = offset + done;
        unsigned skip = at % LANE, bytes = size - done < LANE - skip ? size - done : LANE - skip;
        uint16_t lanes = (uint16_t)((bytes == 1 ? 0xff : 0xffff) << (8 * skip));
        uint16_t data = (uint16_t)((value >> (8 * done)) << (8 * skip));
        chip_write(flash, at / LANE % CHIPS, (uint32_t)(at / (CHIPS * LANE)),
                   (uint16_t)((data & lanes) | (uint16_t)~lanes));
        done += bytes;
    }
    update_direct(flash);
}

static const struct mmio_ops cfi_flash_mmio = {flash_read, flash_write};

/* ---- the device
 * ----------------------------------------------------------------------------------- */

static unsigned log2_of(uint64_t power)
{
    return (unsigned)__builtin_ctzll(power);
}

/* JESD68.01 tables 2 to 4 and Intel's extended table, as one chip of the bank answers. */
static void fill_query(struct cfi_flash *flash)
{
    unsigned blocks = (unsigned)(flash->size / BLOCK_SIZE), block = BLOCK_SIZE / CHIPS;
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
        (uint8_t)log2_of(flash->size / CHIPS),
        0x01,
        0x00, /* 28: 16 bits wide */
        (uint8_t)log2_of(BUFFER_WORDS * LANE),
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
    FIELD_ARRAY(cfi_flash, chips, FIELD_BYTES, sizeof(((struct cfi_flash *)0)->chips)),
};

static void cfi_flash_reset(void *device)
{
    struct cfi_flash *flash = device;
    memset(flash->chips, 0, sizeof(flash->chips));
    for (unsigned i = 0; i < CHIPS; i++) {
        flash->chips[i].status = STATUS_READY;
    }
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

uint8_t *cfi_flash_memory(struct cfi_flash *flash)
{
    return flash->memory;
}
