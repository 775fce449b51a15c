#include "devices/gpio/pl061.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/primecell.h"

#include <stdlib.h>

#define PRESS_NS UINT64_C(100000000)

struct pl061 {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct sched_event release_event;
    uint32_t data;                                /* output latch */
    uint32_t inputs;                              /* levels from outside */
    uint32_t seen;                                /* pin levels at the last look, for edges */
    uint32_t dir, is, ibe, iev, ie, edges, afsel; /* edges: the latched part of RIS */
    uint32_t pressed;                             /* pins that release_event lets go */
};

/* Levels on the pins: outputs show the latch. */
static uint32_t pins(const struct pl061 *gpio)
{
    return (gpio->data & gpio->dir) | (gpio->inputs & ~gpio->dir);
}

static uint32_t raw_interrupts(const struct pl061 *gpio)
{
    uint32_t levels = ~(pins(gpio) ^ gpio->iev) & gpio->is & 0xff;
    return levels | gpio->edges;
}

static void update(struct pl061 *gpio)
{
    uint32_t now = pins(gpio), changed = now ^ gpio->seen;
    gpio->seen = now;
    /* Either edge, or the one that IEV names (3.3.4, 3.3.5). */
    gpio->edges |= changed & ~gpio->is & (gpio->ibe | ~(now ^ gpio->iev));
    irq_set(&gpio->irq, raw_interrupts(gpio) & gpio->ie);
}

void pl061_set_pin(void *opaque, unsigned pin, bool level)
{
    struct pl061 *gpio = opaque;
    gpio->inputs = (uint32_t)bits_put(gpio->inputs, pin, 1, level);
    update(gpio);
}

static void release(void *opaque, uint64_t late)
{
    struct pl061 *gpio = opaque;
    gpio->inputs &= ~gpio->pressed;
    gpio->pressed = 0;
    update(gpio);
}

void pl061_press(struct pl061 *gpio, unsigned pin)
{
    struct sched *sched = gpio->device.machine->sched;
    gpio->pressed |= 1u << pin;
    pl061_set_pin(gpio, pin, true);
    sched_arm(sched, &gpio->release_event, sched_now(sched) + PRESS_NS);
}

/* Address bits 9:2 are the mask of the pins that an access is about (3.3.1). */
static uint32_t data_read(void *device, const struct reg *reg)
{
    const struct pl061 *gpio = device;
    return pins(gpio) & gpio->regs.index;
}

static void data_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl061 *gpio = device;
    uint32_t mask = gpio->regs.index & gpio->dir;
    gpio->data = (gpio->data & ~mask) | (value & mask);
    update(gpio);
}

static void config_write(void *device, const struct reg *reg, uint32_t value)
{
    update(device);
}

static uint32_t ris_read(void *device, const struct reg *reg)
{
    return raw_interrupts(device);
}

static uint32_t mis_read(void *device, const struct reg *reg)
{
    const struct pl061 *gpio = device;
    return raw_interrupts(gpio) & gpio->ie;
}

static void ic_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl061 *gpio = device;
    gpio->edges &= ~value;
    update(gpio);
}

#define STATE(member) offsetof(struct pl061, member)
static const struct reg pl061_regs[] = {
    {"DATA", 0x000, 4, REG_NONE, .read = data_read, .write = data_write, .count = 256, .stride = 4},
    {"DIR", 0x400, 4, STATE(dir), .writable = 0xff, .write = config_write},
    {"IS", 0x404, 4, STATE(is), .writable = 0xff, .write = config_write},
    {"IBE", 0x408, 4, STATE(ibe), .writable = 0xff, .write = config_write},
    {"IEV", 0x40c, 4, STATE(iev), .writable = 0xff, .write = config_write},
    {"IE", 0x410, 4, STATE(ie), .writable = 0xff, .write = config_write},
    {"RIS", 0x414, 4, REG_NONE, .read = ris_read, .read_only = true},
    {"MIS", 0x418, 4, REG_NONE, .read = mis_read, .read_only = true},
    {"IC", 0x41c, 4, REG_NONE, .write = ic_write, .write_only = true},
    {"AFSEL", 0x420, 4, STATE(afsel), .writable = 0xff},
    PRIMECELL_IDS(0x061, 0),
};

static const struct field pl061_fields[] = {
    FIELD(pl061, data, FIELD_U32),    FIELD(pl061, inputs, FIELD_U32),
    FIELD(pl061, seen, FIELD_U32),    FIELD(pl061, dir, FIELD_U32),
    FIELD(pl061, is, FIELD_U32),      FIELD(pl061, ibe, FIELD_U32),
    FIELD(pl061, iev, FIELD_U32),     FIELD(pl061, ie, FIELD_U32),
    FIELD(pl061, edges, FIELD_U32),   FIELD(pl061, afsel, FIELD_U32),
    FIELD(pl061, pressed, FIELD_U32),
};

static void pl061_reset(void *device)
{
    struct pl061 *gpio = device;
    sched_cancel(gpio->device.machine->sched, &gpio->release_event);
    regs_reset(&gpio->regs);
    gpio->data = gpio->edges = 0;
    gpio->inputs &= ~gpio->pressed;
    gpio->pressed = 0;
    gpio->seen = pins(gpio);
    update(gpio);
}

static void pl061_destroy(void *device)
{
    struct pl061 *gpio = device;
    sched_cancel(gpio->device.machine->sched, &gpio->release_event);
    free(gpio);
}

static const struct device_ops pl061_ops = {
    .name = "pl061",
    .fields = pl061_fields,
    .field_count = ARRAY_SIZE(pl061_fields),
    .reset = pl061_reset,
    .destroy = pl061_destroy,
};

struct pl061 *pl061_create(struct machine *machine, uint64_t base, struct irq irq)
{
    struct pl061 *gpio = calloc(1, sizeof(*gpio));
    CHECK(gpio);
    gpio->device.ops = &pl061_ops;
    gpio->irq = irq;
    gpio->release_event = (struct sched_event){.name = "pl061", .fn = release, .opaque = gpio};
    gpio->regs = (struct reg_block){
        .device = "pl061",
        .regs = pl061_regs,
        .count = ARRAY_SIZE(pl061_regs),
        .log = &machine->config.log,
        .opaque = gpio,
    };
    machine_add_device(machine, &gpio->device);
    bus_add_mmio(machine->bus, "pl061", base, 0x1000, &regs_mmio_ops, &gpio->regs);
    return gpio;
}
