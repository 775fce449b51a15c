/* IDENTIFY DEVICE and IDENTIFY PACKET DEVICE data (8.15, 8.16), word by word. */
#include "core/base/bits.h"
#include "devices/ide/ide_state.h"

#include <string.h>

enum { MAX_CYLINDERS = 16383, MAX_LBA28 = 0x0fffffff };

struct word {
    uint8_t at;
    uint16_t value;
};

/* What never changes. */
static const struct word disk_words[] = {
    {0, 0x0040}, /* fixed */
    {3, 16},     /* heads of the default translation */
    {6, 63},     /* its sectors */
    {47, 0x8000 | IDE_MAX_MULTIPLE},
    {48, 0x0001}, /* data register 32 bits wide (before this standard) */
    {49, 0x0f00}, /* IORDY, LBA, DMA */
    {50, 0x4000},
    {53, 0x0007}, /* words 54-58, 64-70 and 88 are valid */
    {63, 0x0007}, /* multiword DMA 0-2 */
    {64, 0x0003}, /* PIO 3, 4 */
    {65, 120},    /* cycle times in ns */
    {66, 120},
    {67, 120},
    {68, 120},
    {80, 0x0070}, /* ATA/ATAPI-4 to -6 */
    {81, 0x0019},
    {82, 0x4060}, /* NOP, look-ahead, write cache */
    {83, 0x7400}, /* FLUSH CACHE, FLUSH CACHE EXT, 48-bit addresses */
    {84, 0x4000},
    {86, 0x3400},
    {87, 0x4000},
    {88, 0x003f}, /* Ultra DMA 0-5 */
};

static const struct word cdrom_words[] = {
    {0, 0x85c0},  /* CD-ROM, removable, DRQ within 50 us, packets of 12 bytes */
    {49, 0x0f00}, /* IORDY, LBA, DMA */
    {53, 0x0006}, {63, 0x0007}, {64, 0x0003}, {65, 120},    {66, 120},    {67, 120},
    {68, 120},    {80, 0x0070}, {81, 0x0019}, {82, 0x4210}, /* NOP, DEVICE RESET, packets */
    {83, 0x4000}, {84, 0x4000}, {85, 0x4210}, {87, 0x4000}, {88, 0x003f},
};

static void put(struct ide_drive *drive, unsigned at, uint16_t value)
{
    drive->buffer[2 * at] = (uint8_t)value;
    drive->buffer[2 * at + 1] = (uint8_t)(value >> 8);
}

static void put_words(struct ide_drive *drive, const struct word *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        put(drive, words[i].at, words[i].value);
    }
}

/* Text has the first character of each pair in the upper byte, and spaces behind it. */
static void put_text(struct ide_drive *drive, unsigned at, unsigned size, const char *text)
{
    size_t length = strlen(text);
    for (unsigned i = 0; i < size; i++) {
        drive->buffer[2 * at + (i ^ 1)] = i < length ? (uint8_t)text[i] : ' ';
    }
}

static void put_number(struct ide_drive *drive, unsigned at, unsigned words, uint64_t value)
{
    for (unsigned i = 0; i < words; i++) {
        put(drive, at + i, (uint16_t)(value >> (16 * i)));
    }
}

static void put_capacity(struct ide_drive *drive)
{
    uint64_t sectors = drive->disk->size / IDE_SECTOR;
    uint64_t cylinders = sectors / (16 * 63), current = sectors / (drive->heads * drive->sectors);
    put(drive, 1, (uint16_t)(cylinders < MAX_CYLINDERS ? cylinders : MAX_CYLINDERS));
    current = current < 65535 ? current : 65535;
    put(drive, 54, (uint16_t)current);
    put(drive, 55, drive->heads);
    put(drive, 56, drive->sectors);
    put_number(drive, 57, 2, current * drive->heads * drive->sectors);
    put_number(drive, 60, 2, sectors < MAX_LBA28 ? sectors : MAX_LBA28);
    put_number(drive, 100, 4, sectors);
}

/* The selected modes are in the upper bytes of words 63 and 88. */
static void put_transfer_mode(struct ide_drive *drive)
{
    uint8_t mode = drive->transfer_mode, bit = (uint8_t)(1u << (mode & 7));
    if ((mode & 0xf8) == 0x20) {
        drive->buffer[2 * 63 + 1] = bit;
    }
    if ((mode & 0xf8) == 0x40) {
        drive->buffer[2 * 88 + 1] = bit;
    }
}

void ide_identify(struct ide_drive *drive)
{
    bool cdrom = drive->kind == IDE_ATAPI;
    bool second = drive != drive->channel->drives;
    memset(drive->buffer, 0, IDE_SECTOR);
    if (cdrom) {
        put_words(drive, cdrom_words, ARRAY_SIZE(cdrom_words));
    } else {
        put_words(drive, disk_words, ARRAY_SIZE(disk_words));
        put_capacity(drive);
        put(drive, 59, drive->multiple ? 0x0100 | drive->multiple : 0);
        put(drive, 85,
            (uint16_t)(0x4000 | (drive->look_ahead ? 0x40 : 0) | (drive->write_cache ? 0x20 : 0)));
    }
    put_text(drive, 10, 20, drive->serial);
    put_text(drive, 23, 8, "1.0");
    put_text(drive, 27, 40, cdrom ? "IBIRD CD-ROM" : "IBIRD HARDDISK");
    put_transfer_mode(drive);
    put(drive, 93, second ? 0x6b00 : 0x600b); /* 80-conductor cable; how it knew its number */
    uint8_t sum = 0xa5;
    drive->buffer[510] = 0xa5;
    for (unsigned i = 0; i < 510; i++) {
        sum += drive->buffer[i];
    }
    drive->buffer[511] = (uint8_t)-sum;
}
