/* A machine without CPUs: bus, counted clock, RAM at RAM_BASE; and watchers of lines. */
#ifndef TESTS_DEVICES_SUPPORT_H
#define TESTS_DEVICES_SUPPORT_H

#include "core/bus/irq.h"
#include "core/machine/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x100000)

struct line {
    bool level;
    unsigned rises;
};

static inline void line_set(void *opaque, unsigned n, bool level)
{
    struct line *line = (struct line *)opaque + n;
    line->rises += level && !line->level;
    line->level = level;
}

static inline struct irq line_irq(struct line *line)
{
    return (struct irq){line_set, line, 0};
}

static inline struct machine *fake_machine(void)
{
    struct machine *machine = calloc(1, sizeof(*machine));
    machine->config.log.file = stderr;
    machine->config.counted = true;
    machine->bus = bus_create(&machine->config.log);
    machine->sched = sched_create(true, 0);
    assert_non_null(bus_add_ram(machine->bus, "ram", RAM_BASE, RAM_SIZE));
    return machine;
}

static inline void fake_machine_free(struct machine *machine)
{
    for (struct device *device = machine->devices, *next; device; device = next) {
        next = device->next;
        device->ops->destroy(device);
    }
    bus_destroy(machine->bus);
    sched_destroy(machine->sched);
    free(machine);
}

static inline void fake_machine_reset(struct machine *machine)
{
    for (struct device *device = machine->devices; device; device = device->next) {
        if (device->ops->reset) {
            device->ops->reset(device);
        }
    }
}

/* Lets virtual time pass, with what happens in it. */
static inline void pass(struct machine *machine, uint64_t ns)
{
    uint64_t end = sched_now(machine->sched) + ns, next;
    while ((next = sched_next(machine->sched)) <= end) {
        uint64_t now = sched_now(machine->sched);
        sched_account(machine->sched, next > now ? next - now : 0);
        sched_run(machine->sched);
    }
    sched_account(machine->sched, end - sched_now(machine->sched));
}

static inline uint64_t rd(struct machine *machine, uint64_t address, unsigned size)
{
    uint64_t value;
    assert_true(bus_read(machine->bus, address, size, &value));
    return value;
}

static inline void wr(struct machine *machine, uint64_t address, unsigned size, uint64_t value)
{
    assert_true(bus_write(machine->bus, address, size, value));
}

/* A channel that keeps what the guest sends. */
struct fake_channel {
    struct char_channel channel;
    char text[256];
    size_t length;
    unsigned resumes;
};

static inline void fake_channel_write(struct char_channel *channel, const uint8_t *bytes,
                                      size_t size)
{
    struct fake_channel *fake = (struct fake_channel *)channel;
    assert_true(fake->length + size < sizeof(fake->text));
    memcpy(fake->text + fake->length, bytes, size);
    fake->length += size;
}

static inline void fake_channel_resume(struct char_channel *channel)
{
    ((struct fake_channel *)channel)->resumes++;
}

static const struct char_channel_ops fake_channel_ops = {fake_channel_write, fake_channel_resume,
                                                         NULL};

static inline size_t give(struct fake_channel *fake, const char *text)
{
    return fake->channel.receive(fake->channel.device, (const uint8_t *)text, strlen(text));
}

/* A disk in memory that can be told to fail. */
struct fake_disk {
    struct block_disk disk;
    uint8_t *bytes;
    int error;
    unsigned writes, flushes, discards;
};

static inline int fake_disk_read(struct block_disk *disk, uint64_t offset, void *buffer,
                                 size_t size)
{
    struct fake_disk *fake = (struct fake_disk *)disk;
    assert_true(offset <= disk->size && size <= disk->size - offset);
    memcpy(buffer, fake->bytes + offset, fake->error ? 0 : size);
    return fake->error;
}

static inline int fake_disk_write(struct block_disk *disk, uint64_t offset, const void *buffer,
                                  size_t size)
{
    struct fake_disk *fake = (struct fake_disk *)disk;
    assert_true(!disk->read_only && offset <= disk->size && size <= disk->size - offset);
    fake->writes++;
    memcpy(fake->bytes + offset, buffer, fake->error ? 0 : size);
    return fake->error;
}

static inline int fake_disk_flush(struct block_disk *disk)
{
    struct fake_disk *fake = (struct fake_disk *)disk;
    fake->flushes++;
    return fake->error;
}

static inline int fake_disk_discard(struct block_disk *disk, uint64_t offset, uint64_t size)
{
    struct fake_disk *fake = (struct fake_disk *)disk;
    assert_true(offset <= disk->size && size <= disk->size - offset);
    fake->discards++;
    return fake->error;
}

static const struct block_disk_ops fake_disk_ops = {fake_disk_read, fake_disk_write,
                                                    fake_disk_flush, fake_disk_discard, NULL};

#endif
