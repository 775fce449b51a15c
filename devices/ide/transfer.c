/* Data blocks between drive and host, by the data register (PIO) or by DMA. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "devices/ide/ide_state.h"

#include <string.h>

static void finish(struct ide_drive *drive)
{
    if (drive->packet) {
        atapi_finish(drive);
    } else {
        ide_finish(drive);
    }
}

/* The medium failed at drive->lba. */
static void fail(struct ide_drive *drive, bool write)
{
    if (drive->packet) {
        atapi_fail(drive, 0x3, 0x11); /* medium error, unrecovered read error */
        return;
    }
    drive->task[IDE_LBA_LOW] = (uint8_t)drive->lba;
    drive->task[IDE_LBA_MID] = (uint8_t)(drive->lba >> 8);
    drive->task[IDE_LBA_HIGH] = (uint8_t)(drive->lba >> 16);
    drive->previous[IDE_LBA_LOW] = (uint8_t)(drive->lba >> 24);
    drive->previous[IDE_LBA_MID] = (uint8_t)(drive->lba >> 32);
    drive->previous[IDE_LBA_HIGH] = (uint8_t)(drive->lba >> 40);
    ide_fail(drive, write ? IDE_ABRT : IDE_UNC);
}

/* How many units the buffer takes next. */
static uint32_t next_units(const struct ide_drive *drive)
{
    return drive->left < drive->block ? drive->left : drive->block;
}

static bool fill(struct ide_drive *drive)
{
    uint32_t units = next_units(drive), unit = ide_unit(drive);
    struct block_disk *disk = drive->disk;
    if (!disk || disk->ops->read(disk, drive->lba * unit, drive->buffer, units * unit)) {
        fail(drive, false);
        return false;
    }
    drive->position = 0;
    drive->size = units * unit;
    drive->lba += units;
    drive->left -= units;
    return true;
}

static bool drain(struct ide_drive *drive)
{
    struct block_disk *disk = drive->disk;
    if (drive->size &&
        disk->ops->write(disk, drive->lba * IDE_SECTOR, drive->buffer, drive->size)) {
        fail(drive, true);
        return false;
    }
    drive->lba += drive->size / IDE_SECTOR;
    drive->left -= drive->size / IDE_SECTOR;
    drive->position = 0;
    drive->size = next_units(drive) * IDE_SECTOR;
    return true;
}

/* ---- PIO (9.5, 9.6, 9.8) --------------------------------------------------------------------- */

/* Offers the next data block. */
static void offer(struct ide_drive *drive)
{
    uint32_t size = drive->size - drive->position;
    size = size < drive->limit ? size : drive->limit;
    drive->stop = drive->position + size;
    drive->status = IDE_DRDY | IDE_DSC | IDE_DRQ;
    if (drive->packet) {
        drive->status = IDE_DRDY | IDE_DRQ;
        drive->task[IDE_COUNT] = IDE_REASON_IN;
        drive->task[IDE_LBA_MID] = (uint8_t)size;
        drive->task[IDE_LBA_HIGH] = (uint8_t)(size >> 8);
    }
}

static void next_in(struct ide_drive *drive)
{
    if (drive->position == drive->size) {
        if (!drive->left) {
            if (drive->packet) {
                atapi_finish(drive);
            } else {
                ide_end(drive); /* the interrupt came with the last block */
            }
            return;
        }
        if (!fill(drive)) {
            return;
        }
    }
    offer(drive);
    ide_interrupt(drive);
}

static void next_out(struct ide_drive *drive)
{
    if (!drain(drive)) {
        return;
    }
    if (!drive->size) {
        finish(drive);
        return;
    }
    offer(drive);
    ide_interrupt(drive);
}

/* A data block is through. */
static void block_done(struct ide_drive *drive)
{
    switch (drive->phase) {
    case IDE_PIO_IN:
        next_in(drive);
        break;
    case IDE_PIO_OUT:
        next_out(drive);
        break;
    default:
        drive->phase = IDE_IDLE;
        atapi_packet(drive);
        break;
    }
}

static bool has_data(const struct ide_drive *drive, bool in)
{
    bool out = drive->phase == IDE_PIO_OUT || drive->phase == IDE_PACKET_OUT;
    return drive->status & IDE_DRQ && (in ? drive->phase == IDE_PIO_IN : out);
}

uint32_t ide_data_read(struct ide_drive *drive, unsigned size)
{
    uint32_t value = 0;
    if (!has_data(drive, true)) {
        return 0;
    }
    for (unsigned i = 0; i < size && drive->position < drive->stop; i++) {
        value |= (uint32_t)drive->buffer[drive->position++] << (8 * i);
    }
    if (drive->position == drive->stop) {
        block_done(drive);
    }
    return value;
}

void ide_data_write(struct ide_drive *drive, unsigned size, uint32_t value)
{
    if (!has_data(drive, false)) {
        return;
    }
    for (unsigned i = 0; i < size && drive->position < drive->stop; i++) {
        drive->buffer[drive->position++] = (uint8_t)(value >> (8 * i));
    }
    if (drive->position == drive->stop) {
        block_done(drive);
    }
}

/* ---- DMA (9.7, 9.9) -------------------------------------------------------------------------- */

/* Refills or empties the buffer; false if the command has ended. */
static bool dma_step(struct ide_drive *drive, bool in)
{
    if (in ? drive->left && fill(drive) : drain(drive) && drive->size) {
        return true;
    }
    drive->channel->dma->finished(drive->channel->dma_opaque);
    if (drive->phase != IDE_IDLE) { /* it has not failed */
        finish(drive);
    }
    return false;
}

void ide_dma_run(struct ide_drive *drive)
{
    struct ide_channel *channel = drive->channel;
    bool in = drive->phase == IDE_DMA_IN;
    if ((!in && drive->phase != IDE_DMA_OUT) || !channel->dma ||
        !channel->dma->ready(channel->dma_opaque, in)) {
        return;
    }
    while (drive->position < drive->size || dma_step(drive, in)) {
        size_t size = drive->size - drive->position;
        size_t moved =
            channel->dma->move(channel->dma_opaque, drive->buffer + drive->position, size);
        CHECK(moved <= size);
        drive->position += (uint32_t)moved;
        if (moved < size) {
            return; /* the engine has stopped: the drive waits for what never comes */
        }
    }
}

/* ---- beginnings ------------------------------------------------------------------------------ */

void ide_send(struct ide_drive *drive, uint32_t size, bool dma)
{
    drive->position = 0;
    drive->size = size;
    drive->left = 0;
    if (dma) {
        drive->phase = IDE_DMA_IN;
        drive->status = IDE_DRDY | IDE_DRQ;
        ide_dma_run(drive);
    } else if (!size) {
        finish(drive);
    } else {
        drive->phase = IDE_PIO_IN;
        offer(drive);
        ide_interrupt(drive);
    }
}

void ide_transfer(struct ide_drive *drive, enum ide_phase phase)
{
    drive->phase = (uint8_t)phase;
    drive->position = drive->size = 0;
    drive->status = IDE_DRDY | IDE_DRQ;
    switch (phase) {
    case IDE_PIO_IN:
        next_in(drive);
        break;
    case IDE_PIO_OUT:
        drive->size = next_units(drive) * IDE_SECTOR; /* the first block has no interrupt */
        offer(drive);
        break;
    default:
        ide_dma_run(drive);
        break;
    }
}
