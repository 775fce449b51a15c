/* Block device (Virtual I/O Device 1.1, 5.2). */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/options.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/virtio.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Feature bits (5.2.3) */
enum {
    BLK_F_SEG_MAX = 2,
    BLK_F_GEOMETRY = 4,
    BLK_F_RO = 5,
    BLK_F_BLK_SIZE = 6,
    BLK_F_FLUSH = 9,
    BLK_F_DISCARD = 13,
    BLK_F_WRITE_ZEROES = 14,
};

/* Request types (5.2.6) */
enum {
    BLK_IN = 0,
    BLK_OUT = 1,
    BLK_FLUSH = 4,
    BLK_GET_ID = 8,
    BLK_DISCARD = 11,
    BLK_WRITE_ZEROES = 13,
};
enum { BLK_OK = 0, BLK_IOERR = 1, BLK_UNSUPP = 2 };

enum {
    SECTOR = 512,
    ID_SIZE = 20,
    BOUNCE = 65536,
    SEG_MAX = 254,
    MAX_ZERO_SECTORS = 1 << 21, /* of one WRITE_ZEROES or DISCARD segment: 1 GiB */
    UNMAP = 1,                  /* flag of a WRITE_ZEROES segment */
};

struct blk_header { /* little-endian */
    uint32_t type, reserved;
    uint64_t sector;
};

struct blk_segment { /* of DISCARD and WRITE_ZEROES */
    uint64_t sector;
    uint32_t sectors, flags;
};

/* Configuration space (5.2.4), little-endian. */
struct blk_config {
    uint64_t capacity;
    uint32_t size_max, seg_max;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint32_t blk_size;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback, unused0;
    uint16_t num_queues;
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap, unused1[3];
};
_Static_assert(sizeof(struct blk_config) <= VIRTIO_CONFIG_SIZE, "does not fit");

struct virtio_blk {
    struct virtio_device virtio;
    struct block_disk *disk;
    char id[ID_SIZE];
    uint8_t bounce[BOUNCE]; /* for pieces that are not in one piece of RAM */
};

static bool in_range(const struct virtio_blk *blk, uint64_t sector, uint64_t size)
{
    uint64_t capacity = blk->disk->size / SECTOR;
    return size % SECTOR == 0 && sector <= capacity && size / SECTOR <= capacity - sector;
}

/* ---- data ------------------------------------------------------------------------------------ */

/* Reads one piece of guest memory from the disk, directly if it can be. */
static bool read_piece(struct virtio_blk *blk, uint64_t offset, uint64_t address, uint32_t size)
{
    struct bus *bus = blk->virtio.device.machine->bus;
    struct block_disk *disk = blk->disk;
    uint8_t *host = bus_dma_map(bus, address, size);
    if (host) {
        bool ok = disk->ops->read(disk, offset, host, size) == 0;
        bus_dma_written(bus, host, size);
        return ok;
    }
    for (uint32_t done = 0, part; done < size; done += part) {
        part = size - done < BOUNCE ? size - done : BOUNCE;
        if (disk->ops->read(disk, offset + done, blk->bounce, part) ||
            !bus_dma_write(bus, address + done, blk->bounce, part)) {
            return false;
        }
    }
    return true;
}

static bool write_piece(struct virtio_blk *blk, uint64_t offset, uint64_t address, uint32_t size)
{
    struct bus *bus = blk->virtio.device.machine->bus;
    struct block_disk *disk = blk->disk;
    const uint8_t *host = bus_dma_map(bus, address, size);
    if (host) {
        return disk->ops->write(disk, offset, host, size) == 0;
    }
    for (uint32_t done = 0, part; done < size; done += part) {
        part = size - done < BOUNCE ? size - done : BOUNCE;
        if (!bus_dma_read(bus, address + done, blk->bounce, part) ||
            disk->ops->write(disk, offset + done, blk->bounce, part)) {
            return false;
        }
    }
    return true;
}

/* Moves `size` bytes from `skip` bytes into the first of the chain's pieces on. */
static uint8_t transfer(struct virtio_blk *blk, uint64_t sector, unsigned first, unsigned count,
                        uint32_t skip, uint32_t size,
                        bool (*move)(struct virtio_blk *blk, uint64_t offset, uint64_t address,
                                     uint32_t size))
{
    const struct virtq_chain *chain = &blk->virtio.queues[0].chain;
    uint64_t offset = sector * SECTOR;
    if (!in_range(blk, sector, size)) {
        return BLK_IOERR;
    }
    for (unsigned i = first; i < first + count && size; i++) {
        const struct virtq_piece *piece = &chain->pieces[i];
        if (skip >= piece->size) {
            skip -= piece->size;
            continue;
        }
        uint32_t part = piece->size - skip < size ? piece->size - skip : size;
        if (!move(blk, offset, piece->address + skip, part)) {
            return BLK_IOERR;
        }
        offset += part;
        size -= part;
        skip = 0;
    }
    return BLK_OK;
}

/* ---- requests -------------------------------------------------------------------------------- */

static uint8_t do_in(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written)
{
    const struct virtq_chain *chain = &blk->virtio.queues[0].chain;
    uint32_t size = chain->in_size - 1;
    uint8_t status = transfer(blk, header->sector, chain->out, chain->in, 0, size, read_piece);
    *written = status == BLK_OK ? size : 0;
    return status;
}

static uint8_t do_out(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written)
{
    const struct virtq_chain *chain = &blk->virtio.queues[0].chain;
    if (blk->disk->read_only) {
        return BLK_IOERR;
    }
    return transfer(blk, header->sector, 0, chain->out, sizeof(*header),
                    chain->out_size - (uint32_t)sizeof(*header), write_piece);
}

static uint8_t do_flush(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written)
{
    return blk->disk->ops->flush(blk->disk) ? BLK_IOERR : BLK_OK;
}

static uint8_t do_get_id(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written)
{
    struct virtqueue *queue = &blk->virtio.queues[0];
    uint32_t room = queue->chain.in_size - 1, size = room < ID_SIZE ? room : ID_SIZE;
    *written = (uint32_t)virtq_write(queue, 0, blk->id, size);
    return BLK_OK;
}

static bool write_zeroes(struct virtio_blk *blk, uint64_t sector, uint64_t sectors)
{
    memset(blk->bounce, 0, BOUNCE);
    for (uint64_t done = 0, size = sectors * SECTOR, part; done < size; done += part) {
        part = size - done < BOUNCE ? size - done : BOUNCE;
        if (blk->disk->ops->write(blk->disk, sector * SECTOR + done, blk->bounce, part)) {
            return false;
        }
    }
    return true;
}

/* DISCARD may leave anything there; WRITE_ZEROES leaves zeroes. */
static uint8_t do_ranges(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written)
{
    struct virtqueue *queue = &blk->virtio.queues[0];
    struct block_disk *disk = blk->disk;
    bool zero = header->type == BLK_WRITE_ZEROES;
    uint32_t at = sizeof(*header), end = queue->chain.out_size;
    struct blk_segment segment;
    if (disk->read_only || end - at != sizeof(segment)) {
        return BLK_IOERR; /* one segment is what the configuration promises */
    }
    virtq_read(queue, at, &segment, sizeof(segment));
    uint64_t sector = le64toh(segment.sector), sectors = le32toh(segment.sectors);
    uint32_t flags = le32toh(segment.flags);
    if (flags & (zero ? ~(uint32_t)UNMAP : ~0u)) {
        return BLK_UNSUPP;
    }
    if (sectors > MAX_ZERO_SECTORS || !in_range(blk, sector, sectors * SECTOR)) {
        return BLK_IOERR;
    }
    if (zero) {
        return write_zeroes(blk, sector, sectors) ? BLK_OK : BLK_IOERR;
    }
    return disk->ops->discard(disk, sector * SECTOR, sectors * SECTOR) ? BLK_IOERR : BLK_OK;
}

static const struct {
    uint32_t type;
    uint8_t (*run)(struct virtio_blk *blk, const struct blk_header *header, uint32_t *written);
} blk_requests[] = {
    {BLK_IN, do_in},         {BLK_OUT, do_out},        {BLK_FLUSH, do_flush},
    {BLK_GET_ID, do_get_id}, {BLK_DISCARD, do_ranges}, {BLK_WRITE_ZEROES, do_ranges},
};

/* False if the request is malformed beyond an answer. */
static bool run_request(struct virtio_blk *blk)
{
    struct virtqueue *queue = &blk->virtio.queues[0];
    struct blk_header header;
    if (virtq_read(queue, 0, &header, sizeof(header)) != sizeof(header) || !queue->chain.in_size) {
        virtio_break(&blk->virtio, "a request without header or status");
        return false;
    }
    header.type = le32toh(header.type);
    header.sector = le64toh(header.sector);
    uint32_t written = 0;
    uint8_t status = BLK_UNSUPP;
    for (unsigned i = 0; i < ARRAY_SIZE(blk_requests); i++) {
        if (blk_requests[i].type == header.type) {
            status = blk_requests[i].run(blk, &header, &written);
        }
    }
    /* The status is the last writable byte, wherever the data ended. */
    virtq_write(queue, queue->chain.in_size - 1, &status, 1);
    virtq_push(queue, written + 1);
    return true;
}

static void notify(struct virtio_device *device, unsigned n)
{
    struct virtio_blk *blk = (struct virtio_blk *)device;
    while (virtq_pop(&device->queues[n]) && run_request(blk)) {
    }
    virtq_notify(&device->queues[n]);
}

/* ---- the device ------------------------------------------------------------------------------ */

static void fill_config(struct virtio_blk *blk)
{
    uint64_t capacity = blk->disk->size / SECTOR, cylinders = capacity / (16 * 63);
    const struct blk_config config = {
        .capacity = htole64(capacity),
        .seg_max = htole32(SEG_MAX),
        .cylinders = htole16(cylinders > 65535 ? 65535 : (uint16_t)cylinders),
        .heads = 16,
        .sectors = 63,
        .blk_size = htole32(SECTOR),
        .max_discard_sectors = htole32(MAX_ZERO_SECTORS),
        .max_discard_seg = htole32(1),
        .discard_sector_alignment = htole32(1),
        .max_write_zeroes_sectors = htole32(MAX_ZERO_SECTORS),
        .max_write_zeroes_seg = htole32(1),
    };
    memcpy(blk->virtio.config, &config, sizeof(config));
}

static const struct virtio_ops virtio_blk_ops = {
    .name = "virtio-blk",
    .id = 2,
    .queues = 1,
    .notify = notify,
};

static const struct field virtio_blk_fields[] = {VIRTIO_FIELDS(virtio_blk, virtio)};

static const struct device_ops virtio_blk_device_ops = {
    .name = "virtio-blk",
    .fields = virtio_blk_fields,
    .field_count = ARRAY_SIZE(virtio_blk_fields),
    .destroy = free,
};

struct virtio_device *virtio_blk_create(struct machine *machine,
                                        const struct device_request *request, char *message,
                                        size_t message_size)
{
    if (!request->disk) {
        snprintf(message, message_size,
                 "virtio-blk-device has no disk. Try: -drive file=disk.img,if=none,id=hd0 -device "
                 "virtio-blk-device,drive=hd0");
        return NULL;
    }
    struct virtio_blk *blk = calloc(1, sizeof(*blk));
    CHECK(blk);
    blk->disk = request->disk;
    char serial[ID_SIZE + 1] = "";
    option_get(request->options, "serial", serial, sizeof(serial));
    memcpy(blk->id, serial, ID_SIZE);
    fill_config(blk);
    uint64_t features = VIRTIO_FEATURE(BLK_F_SEG_MAX) | VIRTIO_FEATURE(BLK_F_GEOMETRY) |
                        VIRTIO_FEATURE(BLK_F_BLK_SIZE) | VIRTIO_FEATURE(BLK_F_FLUSH);
    features |= blk->disk->read_only
                    ? VIRTIO_FEATURE(BLK_F_RO)
                    : VIRTIO_FEATURE(BLK_F_DISCARD) | VIRTIO_FEATURE(BLK_F_WRITE_ZEROES);
    virtio_init(&blk->virtio, machine, &virtio_blk_device_ops, &virtio_blk_ops, features);
    return &blk->virtio;
}
