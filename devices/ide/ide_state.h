/* What the parts of an IDE channel share; nobody else includes it. */
#ifndef DEVICES_IDE_IDE_STATE_H
#define DEVICES_IDE_IDE_STATE_H

#include "core/io/block.h"
#include "core/machine/device.h"
#include "devices/ide/ide.h"

/* Registers of the command block (7). */
enum {
    IDE_DATA = 0,
    IDE_FEATURES = 1, /* reads: Error */
    IDE_COUNT = 2,    /* for packets the interrupt reason */
    IDE_LBA_LOW = 3,
    IDE_LBA_MID = 4, /* for packets the byte count */
    IDE_LBA_HIGH = 5,
    IDE_DEVICE = 6,
    IDE_COMMAND = 7, /* reads: Status */
};
enum { IDE_DEVICE_1 = 0x10, IDE_DEVICE_LBA = 0x40 };

/* Status (7.15) */
enum {
    IDE_ERR = 0x01,
    IDE_DRQ = 0x08,
    IDE_DSC = 0x10, /* seek complete, as disks before this standard have it */
    IDE_DRDY = 0x40,
    IDE_BSY = 0x80,
};
/* Error (7.9) */
enum { IDE_ABRT = 0x04, IDE_IDNF = 0x10, IDE_UNC = 0x40, IDE_WP = 0x40 };
/* Device Control (7.8) */
enum { IDE_NIEN = 0x02, IDE_SRST = 0x04, IDE_HOB = 0x80 };
/* Interrupt reason of packet commands (8.23) */
enum { IDE_REASON_COMMAND = 0x01, IDE_REASON_IN = 0x02 };

enum { IDE_SECTOR = 512, IDE_CD_BLOCK = 2048, IDE_BUFFER = 65536, IDE_PACKET_SIZE = 12 };
enum { IDE_MAX_MULTIPLE = 16 };
enum { IDE_SERIAL_SIZE = 20 };

enum ide_kind { IDE_NONE = 0, IDE_ATA = 1, IDE_ATAPI = 2 };

enum ide_phase {
    IDE_IDLE,
    IDE_PIO_IN,
    IDE_PIO_OUT,
    IDE_PACKET_OUT, /* waits for the 12 bytes of a packet */
    IDE_DMA_IN,
    IDE_DMA_OUT,
};

struct ide_drive {
    struct ide_channel *channel;
    struct block_disk *disk;
    uint8_t kind; /* enum ide_kind */
    char serial[IDE_SERIAL_SIZE + 1];
    /* Command block; `previous` has what was written before, for 48-bit addresses. */
    uint8_t task[8], previous[8];
    uint8_t status, error;
    bool interrupt;
    /* The transfer in progress. The buffer's bytes are moved from position to stop, where a data
     * block ends, and on to size; then it is refilled from the disk while units are left. */
    uint8_t phase; /* enum ide_phase */
    uint32_t position, stop, size;
    uint32_t limit; /* most bytes of a data block */
    uint64_t lba;
    uint32_t left, block; /* units to come, and at a time */
    /* Settings. */
    uint8_t multiple, transfer_mode;
    uint8_t heads, sectors; /* of addresses without LBA */
    bool write_cache, look_ahead;
    /* ATAPI: sense data, whether the command is a packet's, the tray. */
    uint8_t sense_key, sense_code;
    bool attention, packet, packet_dma, ejected, locked, media_event;
    uint8_t buffer[IDE_BUFFER];
};

struct ide_channel {
    struct device device;
    struct irq irq;
    const struct ide_dma_ops *dma; /* NULL: none */
    void *dma_opaque;
    struct ide_drive drives[2];
    uint8_t selected; /* drive */
    uint8_t control;
    bool line;
};

/* channel.c: ends of commands, without and with an interrupt. */
void ide_end(struct ide_drive *drive);
void ide_finish(struct ide_drive *drive);
void ide_fail(struct ide_drive *drive, uint8_t error);
void ide_interrupt(struct ide_drive *drive);
void ide_log(const struct ide_drive *drive, const char *what, unsigned value);
/* What drives show after resets and diagnostics (9.12). */
void ide_signature(struct ide_drive *drive);

/* ata.c: runs a command, of either kind of drive. */
void ide_command(struct ide_drive *drive, uint8_t opcode);
/* identify.c: fills the buffer with 512 bytes. */
void ide_identify(struct ide_drive *drive);

/* atapi.c */
void atapi_packet_command(struct ide_drive *drive);
void atapi_packet(struct ide_drive *drive); /* all bytes of the packet are in the buffer */
void atapi_finish(struct ide_drive *drive);
void atapi_fail(struct ide_drive *drive, uint8_t key, uint8_t code);

/* transfer.c */
static inline uint32_t ide_unit(const struct ide_drive *drive)
{
    return drive->kind == IDE_ATAPI ? IDE_CD_BLOCK : IDE_SECTOR;
}
/* The first `size` bytes of the buffer to the host. */
void ide_send(struct ide_drive *drive, uint32_t size, bool dma);
/* `left` units from or to `lba` on; the drive's `block` of them at a time, data blocks of `limit`
 * bytes. */
void ide_transfer(struct ide_drive *drive, enum ide_phase phase);
/* The data register. */
uint32_t ide_data_read(struct ide_drive *drive, unsigned size);
void ide_data_write(struct ide_drive *drive, unsigned size, uint32_t value);
/* Goes on with DMA if the engine is ready. */
void ide_dma_run(struct ide_drive *drive);

#endif
