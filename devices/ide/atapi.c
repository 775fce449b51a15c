/* Packet commands of a CD-ROM (ATA/ATAPI-6 9.8 and 9.9 for their way to it, SPC-2 and MMC-2 for
 * what they mean). */
#include "core/base/bits.h"
#include "devices/ide/ide_state.h"

#include <string.h>

enum { DMA = 1, OVERLAPPED = 2 }; /* bits of the Features register (8.23) */
enum { MAX_BYTE_COUNT = 0xfffe };

/* Sense keys, additional sense codes (SPC-2, 7.23). */
enum { NOT_READY = 2, ILLEGAL_REQUEST = 5, UNIT_ATTENTION = 6 };
enum {
    INVALID_COMMAND = 0x20,
    OUT_OF_RANGE = 0x21,
    INVALID_FIELD = 0x24,
    WAS_RESET = 0x29,
    NO_MEDIUM = 0x3a,
    REMOVAL_PREVENTED = 0x53,
};

enum {
    NEEDS_MEDIUM = 1,
    ALWAYS = 2, /* even while there is a unit attention to report */
};

struct packet_command {
    uint8_t opcode, flags;
    void (*run)(struct ide_drive *drive, const uint8_t *packet);
};

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) << 16 | get16(bytes + 2);
}

static void put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

static bool has_medium(const struct ide_drive *drive)
{
    return drive->disk && !drive->ejected;
}

static uint32_t blocks(const struct ide_drive *drive)
{
    uint64_t count = drive->disk->size / IDE_CD_BLOCK;
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

/* ---- ends ------------------------------------------------------------------------------------ */

void atapi_finish(struct ide_drive *drive)
{
    ide_end(drive);
    drive->task[IDE_COUNT] = IDE_REASON_COMMAND | IDE_REASON_IN;
    ide_interrupt(drive);
}

void atapi_fail(struct ide_drive *drive, uint8_t key, uint8_t code)
{
    ide_end(drive);
    drive->sense_key = key;
    drive->sense_code = code;
    drive->task[IDE_COUNT] = IDE_REASON_COMMAND | IDE_REASON_IN;
    drive->status |= IDE_ERR;
    drive->error = (uint8_t)(key << 4 | IDE_ABRT);
    ide_interrupt(drive);
}

/* Answers with what is in the buffer, as much as the host wants. */
static void reply(struct ide_drive *drive, uint32_t size, uint32_t wanted)
{
    size = size < wanted ? size : wanted;
    if (!size) {
        atapi_finish(drive);
        return;
    }
    ide_send(drive, size, drive->packet_dma);
}

/* A zeroed buffer for an answer. */
static uint8_t *answer(struct ide_drive *drive, unsigned size)
{
    return memset(drive->buffer, 0, size);
}

/* ---- what the drive is ----------------------------------------------------------------------- */

static void inquiry(struct ide_drive *drive, const uint8_t *packet)
{
    if (packet[1] & 1 || packet[2]) {
        atapi_fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
        return;
    }
    uint8_t *data = answer(drive, 36);
    data[0] = 0x05; /* CD-ROM */
    data[1] = 0x80; /* removable medium */
    data[3] = 0x21; /* ATAPI, response format 1 */
    data[4] = 36 - 5;
    memcpy(data + 8, "IBIRD   CD-ROM          1.0 ", 28);
    reply(drive, 36, packet[4]);
}

static void request_sense(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 18);
    data[0] = 0x70;
    data[7] = 18 - 8;
    data[2] = drive->attention ? UNIT_ATTENTION : drive->sense_key;
    data[12] = drive->attention ? WAS_RESET : drive->sense_code;
    drive->attention = false;
    drive->sense_key = drive->sense_code = 0;
    reply(drive, 18, packet[4]);
}

/* Pages of MODE SENSE: error recovery, capabilities. */
static const uint8_t page_recovery[] = {0x01, 6, 0, 5, 0, 0, 0, 0};
static const uint8_t page_capabilities[] = {
    0x2a, 20,   0x00, 0x00, 0x00, 0x00, 0x29, 0x00, /* tray, ejects, locks */
    0x05, 0x84, 0x00, 0x00, 0x02, 0x00, 0x05, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static void mode_sense(struct ide_drive *drive, const uint8_t *packet)
{
    unsigned page = packet[2] & 0x3f, size = 8;
    bool all = page == 0x3f;
    uint8_t *data = answer(drive, 64);
    if (packet[2] >> 6 == 3 || (!all && page != 0x01 && page != 0x2a)) {
        atapi_fail(drive, ILLEGAL_REQUEST, packet[2] >> 6 == 3 ? 0x39 : INVALID_FIELD);
        return;
    }
    if (all || page == 0x01) {
        memcpy(data + size, page_recovery, sizeof(page_recovery));
        size += sizeof(page_recovery);
    }
    if (all || page == 0x2a) {
        memcpy(data + size, page_capabilities, sizeof(page_capabilities));
        data[size + 6] |= drive->locked ? 2 : 0;
        size += sizeof(page_capabilities);
    }
    put16(data, size - 2);
    data[2] = has_medium(drive) ? 0x01 : drive->ejected ? 0x71 : 0x70;
    reply(drive, size, get16(packet + 7));
}

/* GET CONFIGURATION: the profile, and two features that every drive has. */
static void get_configuration(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 32);
    uint8_t current = has_medium(drive);
    unsigned size = 8, first = get16(packet + 2);
    put16(data + 6, current ? 0x0008 : 0);
    if (first == 0) {
        const uint8_t profiles[] = {0x00, 0x00, 0x03, 0x04, 0x00, 0x08, current, 0x00};
        memcpy(data + size, profiles, sizeof(profiles));
        size += sizeof(profiles);
    }
    if (first <= 1) {
        const uint8_t core[] = {0x00, 0x01, 0x03, 0x04, 0x00, 0x00, 0x00, 0x02}; /* ATAPI */
        memcpy(data + size, core, sizeof(core));
        size += sizeof(core);
    }
    put32(data, size - 4);
    reply(drive, size, get16(packet + 7));
}

/* ---- the medium ------------------------------------------------------------------------------ */

static void done(struct ide_drive *drive, const uint8_t *packet)
{
    atapi_finish(drive);
}

static void start_stop(struct ide_drive *drive, const uint8_t *packet)
{
    bool load_or_eject = packet[4] & 2, start = packet[4] & 1;
    if (load_or_eject && !start && drive->locked) {
        atapi_fail(drive, ILLEGAL_REQUEST, REMOVAL_PREVENTED);
        return;
    }
    if (load_or_eject) {
        drive->media_event = drive->ejected == start && drive->disk;
        drive->ejected = !start;
    }
    atapi_finish(drive);
}

static void prevent_removal(struct ide_drive *drive, const uint8_t *packet)
{
    drive->locked = packet[4] & 1;
    atapi_finish(drive);
}

/* GET EVENT STATUS NOTIFICATION: only polled, only of the medium. */
static void get_event(struct ide_drive *drive, const uint8_t *packet)
{
    if (!(packet[1] & 1)) {
        atapi_fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
        return;
    }
    bool medium = packet[4] & 0x10;
    uint8_t *data = answer(drive, 8);
    put16(data, medium ? 6 : 2);
    data[2] = medium ? 0x04 : 0x80; /* class, or none of these */
    data[3] = 0x10;                 /* classes there are */
    data[4] = !drive->media_event ? 0 : has_medium(drive) ? 2 : 3;
    data[5] = (uint8_t)((drive->ejected ? 1 : 0) | (has_medium(drive) ? 2 : 0));
    drive->media_event &= !medium;
    reply(drive, medium ? 8 : 4, get16(packet + 7));
}

static void read_capacity(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 8);
    put32(data, blocks(drive) ? blocks(drive) - 1 : 0);
    put32(data + 4, IDE_CD_BLOCK);
    reply(drive, 8, 8);
}

static void read_blocks(struct ide_drive *drive, uint32_t lba, uint32_t count)
{
    if (lba > blocks(drive) || count > blocks(drive) - lba) {
        atapi_fail(drive, ILLEGAL_REQUEST, OUT_OF_RANGE);
        return;
    }
    if (!count) {
        atapi_finish(drive);
        return;
    }
    drive->lba = lba;
    drive->left = count;
    drive->block = IDE_BUFFER / IDE_CD_BLOCK;
    ide_transfer(drive, drive->packet_dma ? IDE_DMA_IN : IDE_PIO_IN);
}

static void read10(struct ide_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, get32(packet + 2), get16(packet + 7));
}

static void read12(struct ide_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, get32(packet + 2), get32(packet + 6));
}

/* READ CD of what the image has: user data. */
static void read_cd(struct ide_drive *drive, const uint8_t *packet)
{
    uint32_t count = (uint32_t)packet[6] << 16 | get16(packet + 7);
    if (packet[9] & 0xf8 && (packet[9] & 0xf8) != 0x10) {
        atapi_fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
        return;
    }
    read_blocks(drive, get32(packet + 2), packet[9] & 0xf8 ? count : 0);
}

/* An address in the form that the host asked for: 150 blocks are before the first. */
static void put_address(uint8_t *bytes, uint32_t lba, bool msf)
{
    uint32_t frames = lba + 150;
    put32(bytes, lba);
    if (msf) {
        bytes[0] = 0;
        bytes[1] = (uint8_t)(frames / (75 * 60));
        bytes[2] = (uint8_t)(frames / 75 % 60);
        bytes[3] = (uint8_t)(frames % 75);
    }
}

/* One session with one data track. */
static void read_toc(struct ide_drive *drive, const uint8_t *packet)
{
    unsigned format = packet[2] & 15 ? packet[2] & 15 : packet[9] >> 6, first = packet[6];
    bool msf = packet[1] & 2;
    uint8_t *data = answer(drive, 20);
    unsigned size = 4;
    data[2] = data[3] = 1; /* first and last track, or session */
    if (format > 1 || (format == 0 && first > 1 && first != 0xaa)) {
        atapi_fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
        return;
    }
    if (format == 1 || first <= 1) {
        data[size + 1] = 0x14; /* data track */
        data[size + 2] = 1;
        put_address(data + size + 4, 0, msf);
        size += 8;
    }
    if (format == 0) {
        data[size + 1] = 0x14;
        data[size + 2] = 0xaa; /* lead-out */
        put_address(data + size + 4, blocks(drive), msf);
        size += 8;
    }
    put16(data, size - 2);
    reply(drive, size, get16(packet + 7));
}

static void read_disc_information(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 34);
    put16(data, 32);
    data[2] = 0x0e;                            /* complete, last session complete */
    data[3] = data[4] = data[5] = data[6] = 1; /* tracks, sessions */
    data[7] = 0x20;                            /* unrestricted use */
    memset(data + 16, 0xff, 8);                /* no further session can begin */
    reply(drive, 34, get16(packet + 7));
}

/* READ TRACK INFORMATION of the only track. */
static void read_track_information(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 36);
    put16(data, 34);
    data[2] = data[3] = 1; /* track, session */
    data[5] = 0x04;        /* data track */
    data[6] = 0x01;        /* of mode 1 */
    put32(data + 24, blocks(drive));
    reply(drive, 36, get16(packet + 7));
}

static void mechanism_status(struct ide_drive *drive, const uint8_t *packet)
{
    uint8_t *data = answer(drive, 8);
    data[1] = drive->ejected ? 0x10 : 0;
    reply(drive, 8, get16(packet + 8));
}

/* ---- the way in ------------------------------------------------------------------------------ */

static const struct packet_command packet_commands[] = {
    {0x00, NEEDS_MEDIUM, done}, /* TEST UNIT READY */
    {0x03, ALWAYS, request_sense},
    {0x12, ALWAYS, inquiry},
    {0x1b, 0, start_stop},
    {0x1e, 0, prevent_removal},
    {0x25, NEEDS_MEDIUM, read_capacity},
    {0x28, NEEDS_MEDIUM, read10},
    {0x2b, NEEDS_MEDIUM, done}, /* SEEK */
    {0x43, NEEDS_MEDIUM, read_toc},
    {0x46, ALWAYS, get_configuration},
    {0x4a, ALWAYS, get_event},
    {0x51, NEEDS_MEDIUM, read_disc_information},
    {0x52, NEEDS_MEDIUM, read_track_information},
    {0x5a, 0, mode_sense},
    {0xa8, NEEDS_MEDIUM, read12},
    {0xbd, 0, mechanism_status},
    {0xbe, NEEDS_MEDIUM, read_cd},
};

/* PACKET: the drive asks for the packet. */
void atapi_packet_command(struct ide_drive *drive)
{
    uint8_t features = drive->task[IDE_FEATURES];
    uint32_t limit = drive->task[IDE_LBA_MID] | (uint32_t)drive->task[IDE_LBA_HIGH] << 8;
    if (features & OVERLAPPED || (features & DMA && !drive->channel->dma)) {
        ide_fail(drive, IDE_ABRT);
        return;
    }
    drive->packet = true;
    drive->packet_dma = features & DMA;
    /* An odd count is for the last block alone; 0 is no count at all. */
    limit &= ~1u;
    drive->limit = limit ? limit : MAX_BYTE_COUNT;
    drive->phase = IDE_PACKET_OUT;
    drive->stop = drive->size = IDE_PACKET_SIZE;
    drive->status = IDE_DRDY | IDE_DRQ;
    drive->task[IDE_COUNT] = IDE_REASON_COMMAND;
}

void atapi_packet(struct ide_drive *drive)
{
    uint8_t packet[IDE_PACKET_SIZE];
    memcpy(packet, drive->buffer, sizeof(packet));
    const struct packet_command *found = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(packet_commands); i++) {
        if (packet_commands[i].opcode == packet[0]) {
            found = &packet_commands[i];
        }
    }
    if (!found) {
        ide_log(drive, "no such packet command:", packet[0]);
        atapi_fail(drive, ILLEGAL_REQUEST, INVALID_COMMAND);
        return;
    }
    if (drive->attention && !(found->flags & ALWAYS)) {
        drive->attention = false;
        atapi_fail(drive, UNIT_ATTENTION, WAS_RESET);
        return;
    }
    if (found->flags & NEEDS_MEDIUM && !has_medium(drive)) {
        atapi_fail(drive, NOT_READY, NO_MEDIUM);
        return;
    }
    if (packet[0] != 0x03) {
        drive->sense_key = drive->sense_code = 0;
    }
    found->run(drive, packet);
}
