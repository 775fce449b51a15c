/* Commands of both kinds of drives, and those of disks (8). */
#include "core/base/bits.h"
#include "devices/ide/ide_state.h"

#include <string.h>

enum { READ = 0, WRITE = 1, EXT = 2, DMA = 4, MULTIPLE = 8, VERIFY = 16 };

struct command {
    uint8_t opcode;
    uint8_t kinds; /* of drives that have it: enum ide_kind, as bits */
    uint8_t how;   /* of the above */
    void (*run)(struct ide_drive *drive, const struct command *command);
};

/* ---- addresses (6.2) ------------------------------------------------------------------------- */

static uint64_t low_bits(const uint8_t *task)
{
    return task[IDE_LBA_LOW] | task[IDE_LBA_MID] << 8 | task[IDE_LBA_HIGH] << 16;
}

/* UINT64_MAX if cylinder, head and sector make no address. */
static uint64_t address(const struct ide_drive *drive, bool ext)
{
    const uint8_t *task = drive->task;
    uint64_t low = low_bits(task);
    if (ext) {
        return low | low_bits(drive->previous) << 24;
    }
    unsigned head = task[IDE_DEVICE] & 15;
    if (task[IDE_DEVICE] & IDE_DEVICE_LBA) {
        return low | (uint64_t)head << 24;
    }
    uint64_t cylinder = low >> 8, sector = low & 0xff;
    if (!sector || sector > drive->sectors || head >= drive->heads) {
        return UINT64_MAX;
    }
    return (cylinder * drive->heads + head) * drive->sectors + sector - 1;
}

/* A count of 0 is the greatest. */
static uint32_t count(const struct ide_drive *drive, bool ext)
{
    uint32_t low = drive->task[IDE_COUNT];
    if (ext) {
        low |= (uint32_t)drive->previous[IDE_COUNT] << 8;
    }
    return low ? low : ext ? 65536 : 256;
}

/* ---- reading and writing --------------------------------------------------------------------- */

static void sectors(struct ide_drive *drive, const struct command *command)
{
    unsigned how = command->how;
    uint64_t lba = address(drive, how & EXT), capacity = drive->disk->size / IDE_SECTOR;
    uint32_t units = count(drive, how & EXT);
    if ((how & MULTIPLE && !drive->multiple) || (how & DMA && !drive->channel->dma)) {
        ide_fail(drive, IDE_ABRT);
        return;
    }
    if (how & WRITE && drive->disk->read_only) {
        ide_fail(drive, IDE_ABRT | IDE_WP);
        return;
    }
    if (lba >= capacity || units > capacity - lba) {
        ide_log(drive, "sectors beyond the end, command", command->opcode);
        ide_fail(drive, IDE_IDNF);
        return;
    }
    if (how & VERIFY) {
        ide_finish(drive);
        return;
    }
    drive->lba = lba;
    drive->left = units;
    drive->block = how & DMA ? IDE_BUFFER / IDE_SECTOR : how & MULTIPLE ? drive->multiple : 1;
    drive->limit = IDE_BUFFER;
    ide_transfer(drive, how & DMA ? (how & WRITE ? IDE_DMA_OUT : IDE_DMA_IN)
                                  : (how & WRITE ? IDE_PIO_OUT : IDE_PIO_IN));
}

static void set_multiple(struct ide_drive *drive, const struct command *command)
{
    uint8_t value = drive->task[IDE_COUNT];
    if (value > IDE_MAX_MULTIPLE || value & (value - 1)) {
        drive->multiple = 0;
        ide_fail(drive, IDE_ABRT);
        return;
    }
    drive->multiple = value;
    ide_finish(drive);
}

static void flush(struct ide_drive *drive, const struct command *command)
{
    if (!drive->disk->read_only && drive->disk->ops->flush(drive->disk)) {
        ide_fail(drive, IDE_ABRT);
        return;
    }
    ide_finish(drive);
}

/* READ NATIVE MAX ADDRESS (EXT) */
static void native_max(struct ide_drive *drive, const struct command *command)
{
    uint64_t last = drive->disk->size / IDE_SECTOR - 1;
    bool ext = command->how & EXT;
    last = !ext && last > 0x0ffffffe ? 0x0ffffffe : last;
    for (unsigned i = 0; i < 3; i++) {
        drive->task[IDE_LBA_LOW + i] = (uint8_t)(last >> (8 * i));
        drive->previous[IDE_LBA_LOW + i] = (uint8_t)(last >> (8 * i + 24));
    }
    if (!ext) {
        drive->task[IDE_DEVICE] = (uint8_t)((drive->task[IDE_DEVICE] & 0xf0) | (last >> 24 & 0x0f));
    }
    ide_finish(drive);
}

/* INITIALIZE DEVICE PARAMETERS, of standards before this one. */
static void set_translation(struct ide_drive *drive, const struct command *command)
{
    if (!drive->task[IDE_COUNT]) {
        ide_fail(drive, IDE_ABRT);
        return;
    }
    drive->sectors = drive->task[IDE_COUNT];
    drive->heads = (uint8_t)((drive->task[IDE_DEVICE] & 15) + 1);
    ide_finish(drive);
}

/* ---- others ---------------------------------------------------------------------------------- */

static void identify(struct ide_drive *drive, const struct command *command)
{
    drive->limit = IDE_SECTOR;
    ide_identify(drive);
    ide_send(drive, IDE_SECTOR, false);
}

static void abort_with_signature(struct ide_drive *drive, const struct command *command)
{
    ide_signature(drive);
    ide_fail(drive, IDE_ABRT);
}

static void device_reset(struct ide_drive *drive, const struct command *command)
{
    ide_signature(drive); /* without an interrupt (8.7) */
}

static void abort_command(struct ide_drive *drive, const struct command *command)
{
    ide_fail(drive, IDE_ABRT);
}

static void done(struct ide_drive *drive, const struct command *command)
{
    ide_finish(drive);
}

static void power_mode(struct ide_drive *drive, const struct command *command)
{
    drive->task[IDE_COUNT] = 0xff; /* active or idle */
    ide_finish(drive);
}

static void packet(struct ide_drive *drive, const struct command *command)
{
    atapi_packet_command(drive);
}

/* PIO modes up to 4, multiword DMA up to 2, Ultra DMA up to 5 (table 45). */
static bool mode_exists(uint8_t mode)
{
    unsigned kind = mode >> 3, number = mode & 7;
    return (kind == 0 && number <= 1) || (kind == 1 && number <= 4) || (kind == 4 && number <= 2) ||
           (kind == 8 && number <= 5);
}

/* SET FEATURES (8.46) */
static void set_features(struct ide_drive *drive, const struct command *command)
{
    uint8_t feature = drive->task[IDE_FEATURES], mode = drive->task[IDE_COUNT];
    switch (feature) {
    case 0x02:
    case 0x82:
        drive->write_cache = feature == 0x02;
        break;
    case 0x55:
    case 0xaa:
        drive->look_ahead = feature == 0xaa;
        break;
    case 0x03:
        if (!mode_exists(mode)) {
            ide_fail(drive, IDE_ABRT);
            return;
        }
        if (mode >> 3 >= 4) {
            drive->transfer_mode = mode;
        }
        break;
    case 0x66:
    case 0xcc: /* whether settings survive a software reset: they always do */
        break;
    default:
        ide_fail(drive, IDE_ABRT);
        return;
    }
    ide_finish(drive);
}

enum { DISK = IDE_ATA, CDROM = IDE_ATAPI, ANY = IDE_ATA | IDE_ATAPI };
static const struct command commands[] = {
    {0x00, ANY, 0, abort_command}, /* NOP (8.25) */
    {0x08, CDROM, 0, device_reset},
    {0x10, DISK, 0, done}, /* RECALIBRATE */
    {0x20, DISK, READ, sectors},
    {0x20, CDROM, 0, abort_with_signature},
    {0x21, DISK, READ, sectors},
    {0x24, DISK, READ | EXT, sectors},
    {0x25, DISK, READ | EXT | DMA, sectors},
    {0x27, DISK, EXT, native_max},
    {0x29, DISK, READ | EXT | MULTIPLE, sectors},
    {0x30, DISK, WRITE, sectors},
    {0x31, DISK, WRITE, sectors},
    {0x34, DISK, WRITE | EXT, sectors},
    {0x35, DISK, WRITE | EXT | DMA, sectors},
    {0x39, DISK, WRITE | EXT | MULTIPLE, sectors},
    {0x40, DISK, VERIFY, sectors},
    {0x41, DISK, VERIFY, sectors},
    {0x42, DISK, VERIFY | EXT, sectors},
    {0x70, DISK, 0, done}, /* SEEK */
    {0x91, DISK, 0, set_translation},
    {0xa0, CDROM, 0, packet},
    {0xa1, CDROM, 0, identify},
    {0xc4, DISK, READ | MULTIPLE, sectors},
    {0xc5, DISK, WRITE | MULTIPLE, sectors},
    {0xc6, DISK, 0, set_multiple},
    {0xc8, DISK, READ | DMA, sectors},
    {0xc9, DISK, READ | DMA, sectors},
    {0xca, DISK, WRITE | DMA, sectors},
    {0xcb, DISK, WRITE | DMA, sectors},
    {0xe0, ANY, 0, done}, /* STANDBY IMMEDIATE, IDLE IMMEDIATE, STANDBY, IDLE */
    {0xe1, ANY, 0, done},
    {0xe2, DISK, 0, done},
    {0xe3, DISK, 0, done},
    {0xe5, ANY, 0, power_mode},
    {0xe6, ANY, 0, done}, /* SLEEP: it wakes at once */
    {0xe7, DISK, 0, flush},
    {0xea, DISK, EXT, flush},
    {0xec, DISK, 0, identify},
    {0xec, CDROM, 0, abort_with_signature},
    {0xef, ANY, 0, set_features},
    {0xf8, DISK, 0, native_max},
};

void ide_command(struct ide_drive *drive, uint8_t opcode)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].opcode == opcode && commands[i].kinds & drive->kind) {
            commands[i].run(drive, &commands[i]);
            return;
        }
    }
    ide_log(drive, "no such command:", opcode);
    ide_fail(drive, IDE_ABRT);
}
