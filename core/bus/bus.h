/* The physical address space of a machine: RAM, ROM and device windows. */
#ifndef CORE_BUS_BUS_H
#define CORE_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;

/* Device window: offset is from the window's start; size 1, 2, 4 or 8, naturally aligned (the bus
 * splits others). Values are in the guest-neutral sense: the number that a little-endian device
 * bus carries. A hook that has nothing at that offset logs a guest error and answers 0. */
struct mmio_ops {
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
};

/* One window of the map. RAM has `host` and takes direct accesses; ROM is host memory whose writes
 * go to ops->write if there are ops (flash), or are logged guest errors. */
struct bus_region {
    const char *name;
    uint64_t base, size;
    uint8_t *host; /* RAM, ROM, or flash in read mode; NULL for devices */
    bool writable; /* in place */
    const struct mmio_ops *ops;
    void *opaque;
};

struct bus;

struct bus *bus_create(const struct log *log);
void bus_destroy(struct bus *bus);

/* Allocates zeroed page-aligned RAM (huge pages advised) and maps it. NULL with
 * errno if the host cannot. */
uint8_t *bus_add_ram(struct bus *bus, const char *name, uint64_t base, uint64_t size);
/* A piece of RAM that is going to be used soon, all of it: the host makes it ready meanwhile. A
 * hint; one piece at a time. */
void bus_ram_ahead(struct bus *bus, uint64_t base, uint64_t size);
/* Maps a second window onto RAM or ROM that exists. */
void bus_add_alias(struct bus *bus, const char *name, uint64_t base, uint64_t size, uint8_t *host,
                   bool writable);
void bus_add_mmio(struct bus *bus, const char *name, uint64_t base, uint64_t size,
                  const struct mmio_ops *ops, void *opaque);
/* Read-only host memory whose writes are `ops`' (may be NULL). bus_set_direct() switches reads
 * between host memory and ops->read: flash in command mode. */
void bus_add_rom(struct bus *bus, const char *name, uint64_t base, uint64_t size, uint8_t *host,
                 const struct mmio_ops *ops, void *opaque);
void bus_set_direct(struct bus *bus, uint64_t base, bool direct);
void bus_remove(struct bus *bus, uint64_t base);
/* Whether a region may be added there: nothing is in the way, and the map has a free entry. For
 * windows that guests move. */
bool bus_has_room(const struct bus *bus, uint64_t base, uint64_t size);

/* The region that holds a physical address, or NULL. Pointers stay good until the map changes;
 * `generation` counts changes. */
const struct bus_region *bus_find(const struct bus *bus, uint64_t physical);
uint64_t bus_generation(const struct bus *bus);
/* Called after each change of the map (soft TLBs drop what they hold). One listener. */
void bus_on_change(struct bus *bus, void (*fn)(void *opaque), void *opaque);

/* A CPU's access to anything but direct RAM. False if nothing is there: the CPU's external abort;
 * logged as a guest error. */
bool bus_read(struct bus *bus, uint64_t physical, unsigned size, uint64_t *value);
bool bus_write(struct bus *bus, uint64_t physical, unsigned size, uint64_t value);

/* DMA: bounds-checked copies between RAM (or ROM, for reads) and the host. False, with nothing or a
 * prefix copied, if any byte is outside RAM; the caller reports the device's own error. Writes
 * tell the listener (own code in RAM must be noticed). */
bool bus_dma_read(struct bus *bus, uint64_t physical, void *buffer, size_t size);
bool bus_dma_write(struct bus *bus, uint64_t physical, const void *buffer, size_t size);
/* Host pointer for [physical, physical + size) if that is one piece of RAM, else NULL. Whoever
 * writes through it calls bus_dma_written() afterwards. */
uint8_t *bus_dma_map(struct bus *bus, uint64_t physical, size_t size);
void bus_dma_written(struct bus *bus, const uint8_t *host, size_t size);
void bus_on_dma_write(struct bus *bus, void (*fn)(void *opaque, const uint8_t *host, size_t size),
                      void *opaque);

/* Folds the contents of all RAM into a hash (FNV-1a over 64-bit words; zero pages count as
 * untouched). */
uint64_t bus_hash(const struct bus *bus, uint64_t hash);

#endif
