#include "devices/rtc/pl031.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/primecell.h"

#include <stdlib.h>

/* How often a match that is nearly there is looked for. */
#define POLL_NS       UINT64_C(10000000)
#define NS_PER_SECOND UINT64_C(1000000000)

struct pl031 {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct sched_event match_event;
    uint32_t offset; /* what the guest's setting adds to the host's seconds */
    uint32_t mr, lr, imsc, ris;
};

static uint32_t seconds(struct pl031 *rtc)
{
    return (uint32_t)sched_wall_seconds(rtc->device.machine->sched) + rtc->offset;
}

static void update(struct pl031 *rtc)
{
    irq_set(&rtc->irq, rtc->ris & rtc->imsc);
}

/* Waits for the next time that the counter equals MR, at most 2^32 - 1 seconds ahead. */
static void wait_for_match(struct pl031 *rtc)
{
    struct sched *sched = rtc->device.machine->sched;
    uint32_t left = rtc->mr - seconds(rtc);
    /* The second began some time ago, so the last one of the wait is polled. */
    uint64_t wait = left > 1 ? (left - 1) * NS_PER_SECOND : POLL_NS;
    sched_arm(sched, &rtc->match_event, sched_now(sched) + wait);
}

static void match(void *opaque, uint64_t late)
{
    struct pl031 *rtc = opaque;
    /* "Just passed" counts as well: the host may have slept over the very second. */
    if (seconds(rtc) - rtc->mr < UINT32_MAX / 2) {
        rtc->ris = 1;
        update(rtc);
    } else {
        wait_for_match(rtc);
    }
}

static uint32_t dr_read(void *device, const struct reg *reg)
{
    return seconds(device);
}

static void mr_write(void *device, const struct reg *reg, uint32_t value)
{
    wait_for_match(device);
}

static void lr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl031 *rtc = device;
    rtc->offset += value - seconds(rtc);
    wait_for_match(rtc);
}

static void imsc_write(void *device, const struct reg *reg, uint32_t value)
{
    update(device);
}

static uint32_t mis_read(void *device, const struct reg *reg)
{
    const struct pl031 *rtc = device;
    return rtc->ris & rtc->imsc;
}

static void icr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl031 *rtc = device;
    rtc->ris &= ~value;
    update(rtc);
}

/* CR reads as 1: the clock runs from reset, and writing 0 cannot stop it (3.3.4). */
#define STATE(member) offsetof(struct pl031, member)
static const struct reg pl031_regs[] = {
    {"DR", 0x00, 4, REG_NONE, .read = dr_read, .read_only = true},
    {"MR", 0x04, 4, STATE(mr), .writable = ~0u, .write = mr_write},
    {"LR", 0x08, 4, STATE(lr), .writable = ~0u, .write = lr_write},
    {"CR", 0x0c, 4, REG_NONE, .reset = 1},
    {"IMSC", 0x10, 4, STATE(imsc), .writable = 1, .write = imsc_write},
    {"RIS", 0x14, 4, STATE(ris), .read_only = true},
    {"MIS", 0x18, 4, REG_NONE, .read = mis_read, .read_only = true},
    {"ICR", 0x1c, 4, REG_NONE, .write = icr_write, .write_only = true},
    PRIMECELL_IDS(0x031, 0),
};

static const struct field pl031_fields[] = {
    FIELD(pl031, offset, FIELD_U32), FIELD(pl031, mr, FIELD_U32),  FIELD(pl031, lr, FIELD_U32),
    FIELD(pl031, imsc, FIELD_U32),   FIELD(pl031, ris, FIELD_U32),
};

/* A reset leaves the time alone: the counter is on its own supply. */
static void pl031_reset(void *device)
{
    struct pl031 *rtc = device;
    sched_cancel(rtc->device.machine->sched, &rtc->match_event);
    regs_reset(&rtc->regs);
    update(rtc);
}

static void pl031_destroy(void *device)
{
    struct pl031 *rtc = device;
    sched_cancel(rtc->device.machine->sched, &rtc->match_event);
    free(rtc);
}

static const struct device_ops pl031_ops = {
    .name = "pl031",
    .fields = pl031_fields,
    .field_count = ARRAY_SIZE(pl031_fields),
    .reset = pl031_reset,
    .destroy = pl031_destroy,
};

struct pl031 *pl031_create(struct machine *machine, uint64_t base, struct irq irq)
{
    struct pl031 *rtc = calloc(1, sizeof(*rtc));
    CHECK(rtc);
    rtc->device.ops = &pl031_ops;
    rtc->irq = irq;
    rtc->match_event = (struct sched_event){.name = "pl031", .fn = match, .opaque = rtc};
    rtc->regs = (struct reg_block){
        .device = "pl031",
        .regs = pl031_regs,
        .count = ARRAY_SIZE(pl031_regs),
        .log = &machine->config.log,
        .opaque = rtc,
    };
    regs_reset(&rtc->regs);
    machine_add_device(machine, &rtc->device);
    bus_add_mmio(machine->bus, "pl031", base, 0x1000, &regs_mmio_ops, &rtc->regs);
    return rtc;
}
