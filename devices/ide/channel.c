/* Registers of a channel: two drives that hear every write, one of which answers. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/ide/ide_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ide_log(const struct ide_drive *drive, const char *what, unsigned value)
{
    log_write(&drive->channel->device.machine->config.log, LOG_GUEST_ERRORS,
              "ide: drive %u: %s 0x%02x\n", (unsigned)(drive - drive->channel->drives), what,
              value);
}

/* ---- interrupts, ends of commands ------------------------------------------------------------ */

static struct ide_drive *selected(struct ide_channel *channel)
{
    return &channel->drives[channel->selected];
}

/* INTRQ is the selected drive's (5.2.9). */
static void update(struct ide_channel *channel)
{
    bool level = selected(channel)->interrupt && !(channel->control & IDE_NIEN);
    bool rises = level && !channel->line;
    channel->line = level;
    if (rises && channel->dma) {
        channel->dma->interrupt(channel->dma_opaque);
    }
    irq_set(&channel->irq, level);
}

void ide_interrupt(struct ide_drive *drive)
{
    drive->interrupt = true;
    update(drive->channel);
}

void ide_end(struct ide_drive *drive)
{
    drive->phase = IDE_IDLE;
    drive->position = drive->stop = drive->size = drive->left = 0;
    drive->error = 0;
    drive->status = drive->kind == IDE_ATA ? IDE_DRDY | IDE_DSC : IDE_DRDY;
}

void ide_finish(struct ide_drive *drive)
{
    ide_end(drive);
    ide_interrupt(drive);
}

void ide_fail(struct ide_drive *drive, uint8_t error)
{
    ide_end(drive);
    drive->error = error;
    drive->status |= IDE_ERR;
    ide_interrupt(drive);
}

/* ---- resets ---------------------------------------------------------------------------------- */

void ide_signature(struct ide_drive *drive)
{
    bool packet = drive->kind == IDE_ATAPI;
    ide_end(drive);
    drive->error = 1; /* diagnostics passed */
    drive->task[IDE_COUNT] = drive->task[IDE_LBA_LOW] = 1;
    drive->task[IDE_LBA_MID] = packet ? 0x14 : 0;
    drive->task[IDE_LBA_HIGH] = packet ? 0xeb : 0;
    drive->task[IDE_DEVICE] = 0;
    memset(drive->previous, 0, sizeof(drive->previous));
    if (packet) {
        drive->status = 0; /* until its first command */
    }
}

/* By the software reset (9.3); settings stay, as after SET FEATURES with 66h (8.46). */
static void drive_soft_reset(struct ide_drive *drive)
{
    drive->interrupt = false;
    drive->packet = drive->packet_dma = false;
    if (drive->kind != IDE_NONE) {
        ide_signature(drive);
    }
}

static void drive_power_on(struct ide_drive *drive)
{
    drive_soft_reset(drive);
    drive->multiple = 0;
    drive->transfer_mode = 0;
    drive->heads = 16;
    drive->sectors = 63;
    drive->write_cache = drive->look_ahead = true;
    drive->sense_key = drive->sense_code = 0;
    drive->attention = true;
    drive->ejected = drive->locked = false;
    drive->media_event = drive->disk;
}

static void control_write(struct ide_channel *channel, uint8_t value)
{
    bool begins = value & ~channel->control & IDE_SRST, ends = ~value & channel->control & IDE_SRST;
    channel->control = value;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *drive = &channel->drives[i];
        if (begins && drive->kind != IDE_NONE) {
            ide_end(drive);
            drive->status = IDE_BSY;
        }
        if (ends) {
            drive_soft_reset(drive);
        }
    }
    if (begins || ends) {
        channel->selected = 0;
    }
    update(channel);
}

/* ---- command block (7, 9.16) ----------------------------------------------------------------- */

static uint8_t status(const struct ide_channel *channel)
{
    const struct ide_drive *drive = &channel->drives[channel->selected];
    bool any = channel->drives[0].kind || channel->drives[1].kind;
    /* Drive 0 answers for an absent drive 1, but with no status. A cable without drives has DD7
     * pulled down. */
    return drive->kind ? drive->status : any ? 0 : 0x7f;
}

static uint8_t task_read(const struct ide_channel *channel, unsigned reg)
{
    const struct ide_drive *drive = &channel->drives[channel->selected];
    drive = drive->kind ? drive : &channel->drives[!channel->selected];
    if (drive->kind == IDE_NONE) {
        return 0x7f;
    }
    if (reg == IDE_DEVICE) {
        return (uint8_t)(drive->task[reg] | 0xa0);
    }
    if (channel->control & IDE_HOB && reg != IDE_FEATURES) {
        return drive->previous[reg];
    }
    return reg == IDE_FEATURES ? drive->error : drive->task[reg];
}

/* Both drives take what is written, unless they are busy. */
static void task_write(struct ide_channel *channel, unsigned reg, uint8_t value)
{
    channel->control &= (uint8_t)~IDE_HOB;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *drive = &channel->drives[i];
        if (!(drive->status & IDE_BSY)) {
            drive->previous[reg] = drive->task[reg];
            drive->task[reg] = value;
        }
    }
    if (reg == IDE_DEVICE) {
        channel->selected = !!(value & IDE_DEVICE_1);
        update(channel);
    }
}

static void diagnose(struct ide_channel *channel)
{
    for (unsigned i = 0; i < 2; i++) {
        if (channel->drives[i].kind) {
            ide_signature(&channel->drives[i]);
            channel->drives[i].interrupt = i == 0;
        }
    }
    channel->selected = 0;
    update(channel);
}

static void command_write(struct ide_channel *channel, uint8_t opcode)
{
    struct ide_drive *drive = selected(channel);
    channel->control &= (uint8_t)~IDE_HOB;
    if (channel->control & IDE_SRST) {
        return;
    }
    if (opcode == 0x90) { /* EXECUTE DEVICE DIAGNOSTIC is for both (8.9) */
        diagnose(channel);
        return;
    }
    if (drive->kind == IDE_NONE) {
        return;
    }
    if (drive->phase != IDE_IDLE) {
        ide_log(drive, "command during a transfer:", opcode);
    }
    drive->interrupt = drive->packet = false;
    ide_end(drive);
    ide_command(drive, opcode);
    update(channel);
}

static uint64_t command_read_hook(void *opaque, uint64_t offset, unsigned size)
{
    struct ide_channel *channel = opaque;
    if (offset == IDE_DATA) {
        uint64_t value = ide_data_read(selected(channel), size < 4 ? size : 4);
        return size < 8 ? value : value | (uint64_t)ide_data_read(selected(channel), 4) << 32;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned reg = (unsigned)offset + i;
        uint64_t byte = reg == IDE_COMMAND ? status(channel) : task_read(channel, reg);
        value |= byte << (8 * i);
        if (reg == IDE_COMMAND) {
            selected(channel)->interrupt = false;
            update(channel);
        }
    }
    return value;
}

static void command_write_hook(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide_channel *channel = opaque;
    if (offset == IDE_DATA) {
        ide_data_write(selected(channel), size < 4 ? size : 4, (uint32_t)value);
        if (size == 8) {
            ide_data_write(selected(channel), 4, (uint32_t)(value >> 32));
        }
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        unsigned reg = (unsigned)offset + i;
        uint8_t byte = (uint8_t)(value >> (8 * i));
        if (reg == IDE_COMMAND) {
            command_write(channel, byte);
        } else {
            task_write(channel, reg, byte);
        }
    }
}

const struct mmio_ops ide_command_ops = {command_read_hook, command_write_hook};

/* Alternate Status leaves the interrupt pending (7.3). */
static uint64_t control_read_hook(void *opaque, uint64_t offset, unsigned size)
{
    return status(opaque);
}

static void control_write_hook(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    control_write(opaque, (uint8_t)value);
}

const struct mmio_ops ide_control_ops = {control_read_hook, control_write_hook};

/* ---- DMA ------------------------------------------------------------------------------------- */

void ide_set_dma(struct ide_channel *channel, const struct ide_dma_ops *ops, void *opaque)
{
    channel->dma = ops;
    channel->dma_opaque = opaque;
}

void ide_dma_started(struct ide_channel *channel)
{
    ide_dma_run(selected(channel));
}

/* ---- the channel ----------------------------------------------------------------------------- */

#define DRIVE_FIELDS(n)                                                                            \
    FIELD_ARRAY(ide_channel, drives[n].task, FIELD_U8, 8),                                         \
        FIELD_ARRAY(ide_channel, drives[n].previous, FIELD_U8, 8),                                 \
        FIELD(ide_channel, drives[n].status, FIELD_U8),                                            \
        FIELD(ide_channel, drives[n].error, FIELD_U8),                                             \
        FIELD(ide_channel, drives[n].interrupt, FIELD_BOOL),                                       \
        FIELD(ide_channel, drives[n].phase, FIELD_U8),                                             \
        FIELD(ide_channel, drives[n].position, FIELD_U32),                                         \
        FIELD(ide_channel, drives[n].stop, FIELD_U32),                                             \
        FIELD(ide_channel, drives[n].size, FIELD_U32),                                             \
        FIELD(ide_channel, drives[n].limit, FIELD_U32),                                            \
        FIELD(ide_channel, drives[n].lba, FIELD_U64),                                              \
        FIELD(ide_channel, drives[n].left, FIELD_U32),                                             \
        FIELD(ide_channel, drives[n].block, FIELD_U32),                                            \
        FIELD(ide_channel, drives[n].multiple, FIELD_U8),                                          \
        FIELD(ide_channel, drives[n].transfer_mode, FIELD_U8),                                     \
        FIELD(ide_channel, drives[n].heads, FIELD_U8),                                             \
        FIELD(ide_channel, drives[n].sectors, FIELD_U8),                                           \
        FIELD(ide_channel, drives[n].write_cache, FIELD_BOOL),                                     \
        FIELD(ide_channel, drives[n].look_ahead, FIELD_BOOL),                                      \
        FIELD(ide_channel, drives[n].sense_key, FIELD_U8),                                         \
        FIELD(ide_channel, drives[n].sense_code, FIELD_U8),                                        \
        FIELD(ide_channel, drives[n].attention, FIELD_BOOL),                                       \
        FIELD(ide_channel, drives[n].packet, FIELD_BOOL),                                          \
        FIELD(ide_channel, drives[n].packet_dma, FIELD_BOOL),                                      \
        FIELD(ide_channel, drives[n].ejected, FIELD_BOOL),                                         \
        FIELD(ide_channel, drives[n].locked, FIELD_BOOL),                                          \
        FIELD(ide_channel, drives[n].media_event, FIELD_BOOL),                                     \
        FIELD_ARRAY(ide_channel, drives[n].buffer, FIELD_BYTES, IDE_BUFFER)

static const struct field ide_fields[] = {
    DRIVE_FIELDS(0),
    DRIVE_FIELDS(1),
    FIELD(ide_channel, selected, FIELD_U8),
    FIELD(ide_channel, control, FIELD_U8),
};

static void ide_reset(void *device)
{
    struct ide_channel *channel = device;
    drive_power_on(&channel->drives[0]);
    drive_power_on(&channel->drives[1]);
    channel->selected = channel->control = 0;
    update(channel);
}

static const struct device_ops ide_device_ops = {
    .name = "ide",
    .fields = ide_fields,
    .field_count = ARRAY_SIZE(ide_fields),
    .reset = ide_reset,
    .destroy = free,
};

struct ide_channel *ide_channel_create(struct machine *machine, struct irq irq)
{
    struct ide_channel *channel = calloc(1, sizeof(*channel));
    CHECK(channel);
    channel->device.ops = &ide_device_ops;
    channel->irq = irq;
    channel->drives[0].channel = channel->drives[1].channel = channel;
    machine_add_device(machine, &channel->device);
    return channel;
}

static void attach(struct ide_channel *channel, unsigned unit, enum ide_kind kind,
                   struct block_disk *disk, const char *serial)
{
    CHECK(unit < 2 && channel->drives[unit].kind == IDE_NONE);
    struct ide_drive *drive = &channel->drives[unit];
    drive->kind = (uint8_t)kind;
    drive->disk = disk;
    snprintf(drive->serial, sizeof(drive->serial), "%s", serial);
    drive_power_on(drive);
}

void ide_attach_disk(struct ide_channel *channel, unsigned unit, struct block_disk *disk,
                     const char *serial)
{
    attach(channel, unit, IDE_ATA, disk, serial);
}

void ide_attach_cdrom(struct ide_channel *channel, unsigned unit, struct block_disk *disk,
                      const char *serial)
{
    attach(channel, unit, IDE_ATAPI, disk, serial);
}
