/* A channel of parallel ATA with up to two drives: disks and CD-ROMs (ATA/ATAPI-6, T13/1410D). A
 * controller maps the channel's two blocks of registers, and may give it a DMA engine. */
#ifndef DEVICES_IDE_IDE_H
#define DEVICES_IDE_IDE_H

#include "core/bus/bus.h"
#include "core/bus/irq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_disk;
struct ide_channel;
struct machine;

/* Bytes of the command block, and of the control block: Alternate Status and Device Control. */
enum { IDE_COMMAND_SIZE = 8, IDE_CONTROL_SIZE = 1 };

/* The controller's DMA engine. */
struct ide_dma_ops {
    /* Whether it has been started, in that direction. */
    bool (*ready)(void *opaque, bool to_memory);
    /* Moves the next bytes between buffer and memory; returns how many it could. */
    size_t (*move)(void *opaque, void *buffer, size_t size);
    /* The drive has no more to move. */
    void (*finished)(void *opaque);
    /* The channel's interrupt line has risen. */
    void (*interrupt)(void *opaque);
};

struct ide_channel *ide_channel_create(struct machine *machine, struct irq irq);
void ide_set_dma(struct ide_channel *channel, const struct ide_dma_ops *ops, void *opaque);
/* The engine has been started: moves what waits for it. */
void ide_dma_started(struct ide_channel *channel);

/* Connects drive 0 or 1, before the machine runs. A serial number has at most 20 characters. The
 * disk of a CD-ROM may be NULL: no medium. */
void ide_attach_disk(struct ide_channel *channel, unsigned unit, struct block_disk *disk,
                     const char *serial);
void ide_attach_cdrom(struct ide_channel *channel, unsigned unit, struct block_disk *disk,
                      const char *serial);

/* The two blocks of registers; opaque: struct ide_channel. */
extern const struct mmio_ops ide_command_ops, ide_control_ops;

#endif
