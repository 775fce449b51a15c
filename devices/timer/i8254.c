#include "devices/timer/i8254.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"

#include <stdlib.h>

enum { PORT_COUNTERS = 0x40, PORT_NMISC = 0x61, CHANNELS = 3 };

#define CLOCK_HZ      UINT64_C(1193182)
#define NS_PER_SECOND UINT64_C(1000000000)
/* Half a period of the refresh request, which NMISC shows. */
#define REFRESH_NS 15085

/* Control word ("Control Word Format") and read-back command. */
enum { SELECT_READ_BACK = 3 };
enum { READ_BACK_NOT_COUNT = 1 << 5, READ_BACK_NOT_STATUS = 1 << 4 };
enum { ACCESS_LATCH, ACCESS_LSB, ACCESS_MSB, ACCESS_BOTH };
enum { STATUS_OUT = 1 << 7, STATUS_NULL = 1 << 6 };

enum { NMISC_GATE = 1 << 0, NMISC_REFRESH = 1 << 4, NMISC_OUT = 1 << 5 };

struct channel {
    uint8_t mode, access;
    bool bcd, gate;
    bool loaded;     /* a count has reached the counting element */
    bool running;    /* it counts */
    uint32_t count;  /* what it was loaded with, 1 .. 0x10000 */
    uint32_t next;   /* a count that waits to be loaded; 0: none */
    uint64_t due;    /* clock at which it is, in modes that go round */
    uint64_t origin; /* clock of the load, if running */
    uint64_t held;   /* clocks that were counted, if not */
    uint16_t latch;
    uint8_t latch_left; /* bytes of the latched count that are not read yet */
    uint8_t status;
    bool status_latched;
    bool second_read, second_write; /* the other byte comes first */
    uint8_t low;                    /* first byte that was written */
};

struct i8254 {
    struct device device;
    struct reg_block regs, nmisc_regs;
    struct irq irq;
    struct sched_event event; /* channel 0's next edge */
    struct channel channels[CHANNELS];
    uint32_t nmisc;
};

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t clock_now(const struct i8254 *pit)
{
    uint64_t ns = sched_now(pit->device.machine->sched);
    return ns / NS_PER_SECOND * CLOCK_HZ + ns % NS_PER_SECOND * CLOCK_HZ / NS_PER_SECOND;
}

/* The first nanosecond at which clock_now() is `clock`. */
static uint64_t clock_ns(uint64_t clock)
{
    uint64_t part = clock % CLOCK_HZ * NS_PER_SECOND;
    return clock / CLOCK_HZ * NS_PER_SECOND + (part + CLOCK_HZ - 1) / CLOCK_HZ;
}

/* ---- modes ----------------------------------------------------------------------------------- */

/* What distinguishes the modes ("Mode Definitions"). `at` is how many clocks a loaded channel has
 * counted. */
struct mode {
    bool triggered; /* the gate's rise starts it, its level means nothing */
    bool periodic;
    bool (*out)(const struct channel *channel, uint64_t at);
    uint64_t (*edge)(const struct channel *channel, uint64_t at); /* next rise; UINT64_MAX: none */
};

static bool reached(const struct channel *channel, uint64_t at)
{
    return at >= channel->count;
}

static uint64_t reached_edge(const struct channel *channel, uint64_t at)
{
    return at < channel->count ? channel->count : UINT64_MAX;
}

static bool rate_out(const struct channel *channel, uint64_t at)
{
    return at % channel->count != channel->count - 1;
}

static uint64_t rate_edge(const struct channel *channel, uint64_t at)
{
    return (at / channel->count + 1) * channel->count;
}

/* Clocks of a square wave's first half, which is high. */
static uint32_t high_half(const struct channel *channel)
{
    return (channel->count + 1) / 2;
}

static bool square_out(const struct channel *channel, uint64_t at)
{
    return at % channel->count < high_half(channel);
}

/* Both edges: the line is seen to be low for half of the time. */
static uint64_t square_edge(const struct channel *channel, uint64_t at)
{
    uint64_t begin = at - at % channel->count;
    return begin + (square_out(channel, at) ? high_half(channel) : channel->count);
}

static bool strobe_out(const struct channel *channel, uint64_t at)
{
    return at != channel->count;
}

static uint64_t strobe_edge(const struct channel *channel, uint64_t at)
{
    return at <= channel->count ? channel->count + UINT64_C(1) : UINT64_MAX;
}

static const struct mode modes[6] = {
    {false, false, reached, reached_edge},   {true, false, reached, reached_edge},
    {false, true, rate_out, rate_edge},      {false, true, square_out, square_edge},
    {false, false, strobe_out, strobe_edge}, {true, false, strobe_out, strobe_edge},
};

static const struct mode *mode_of(const struct channel *channel)
{
    return &modes[channel->mode];
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Differences of clocks are signed: a load may lie ahead. */
static bool passed(uint64_t clock, uint64_t now)
{
    return (int64_t)(now - clock) >= 0;
}

static uint64_t elapsed(const struct channel *channel, uint64_t now)
{
    if (!channel->running) {
        return channel->held;
    }
    return passed(channel->origin, now) ? now - channel->origin : 0;
}

/* The next clock loads the waiting count, if any, and counting begins anew. */
static void load(struct channel *channel, uint64_t now)
{
    channel->count = channel->next ? channel->next : channel->count;
    channel->next = 0;
    channel->loaded = true;
    channel->held = 0;
    channel->running = channel->gate || mode_of(channel)->triggered;
    channel->origin = now + 1;
}

/* Takes over the count for which a cycle had to end. In a square wave the end of a half will do:
 * if that was the high one, the low one of the new count follows. */
static void catch_up(struct channel *channel, uint64_t now)
{
    if (!channel->next || !channel->running || !mode_of(channel)->periodic ||
        !passed(channel->due, now)) {
        return;
    }
    bool half = channel->mode == 3 && (channel->due - channel->origin) % channel->count;
    channel->count = channel->next;
    channel->next = 0;
    channel->origin = channel->due - (half ? high_half(channel) : 0);
}

static bool output(const struct channel *channel, uint64_t now)
{
    const struct mode *mode = mode_of(channel);
    if (!channel->loaded || (mode->periodic && !channel->running)) {
        return channel->mode != 0;
    }
    return mode->out(channel, elapsed(channel, now));
}

static uint32_t modulus(const struct channel *channel)
{
    return channel->bcd ? 10000 : 0x10000;
}

/* The counting element as a number. A square wave's goes down by two, from an even number. */
static uint32_t counter(const struct channel *channel, uint64_t now)
{
    if (!channel->loaded) {
        return 0;
    }
    uint64_t at = elapsed(channel, now);
    if (channel->mode == 2) {
        return (uint32_t)(channel->count - at % channel->count);
    }
    if (channel->mode == 3) {
        uint32_t in = (uint32_t)(at % channel->count), half = high_half(channel);
        return (channel->count & ~1u) - 2 * (in < half ? in : in - half);
    }
    return (uint32_t)(channel->count + modulus(channel) - at % modulus(channel));
}

static uint16_t counter_code(const struct channel *channel, uint64_t now)
{
    uint32_t value = counter(channel, now) % modulus(channel);
    if (!channel->bcd) {
        return (uint16_t)value;
    }
    return (uint16_t)(value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 |
                      value % 10);
}

static void count_write(struct channel *channel, uint16_t code, uint64_t now)
{
    uint32_t value = code;
    if (channel->bcd) {
        value =
            (code >> 12) * 1000u + (code >> 8 & 15) * 100u + (code >> 4 & 15) * 10u + (code & 15u);
    }
    const struct mode *mode = mode_of(channel);
    channel->next = value ? value : modulus(channel);
    if (mode->triggered) {
        return;
    }
    if (mode->periodic && channel->loaded) {
        if (channel->running) {
            uint64_t at = elapsed(channel, now);
            uint64_t end = channel->mode == 3 ? square_edge(channel, at) : rate_edge(channel, at);
            channel->due = channel->origin + end;
        }
        return;
    }
    load(channel, now);
}

static void gate_set(struct channel *channel, bool level, uint64_t now)
{
    const struct mode *mode = mode_of(channel);
    if (level == channel->gate) {
        return;
    }
    channel->gate = level;
    if (mode->triggered || mode->periodic) {
        if (level && (channel->loaded || channel->next)) {
            load(channel, now);
        } else if (!level && mode->periodic) {
            channel->held = elapsed(channel, now);
            channel->running = false;
        }
    } else if (level) {
        channel->origin = now - channel->held;
        channel->running = channel->loaded;
    } else {
        channel->held = elapsed(channel, now);
        channel->running = false;
    }
}

/* ---- channel 0's interrupt ------------------------------------------------------------------- */

static void update(struct i8254 *pit)
{
    struct channel *channel = &pit->channels[0];
    struct sched *sched = pit->device.machine->sched;
    uint64_t now = clock_now(pit);
    catch_up(channel, now);
    irq_set(&pit->irq, output(channel, now));
    uint64_t edge = UINT64_MAX;
    if (channel->loaded && channel->running) {
        edge = mode_of(channel)->edge(channel, elapsed(channel, now));
    }
    if (edge == UINT64_MAX) {
        sched_cancel(sched, &pit->event);
    } else {
        sched_arm(sched, &pit->event, clock_ns(channel->origin + edge));
    }
}

/* An edge has come. The output may be low for one clock only, and time may have run on beyond more
 * than one edge: the line is low in between in any case. */
static void edge_passed(void *opaque, uint64_t late)
{
    struct i8254 *pit = opaque;
    irq_set(&pit->irq, false);
    update(pit);
}

/* ---- registers ------------------------------------------------------------------------------- */

static void latch_count(struct channel *channel, uint64_t now)
{
    if (!channel->latch_left) {
        channel->latch = counter_code(channel, now);
        channel->latch_left = channel->access == ACCESS_BOTH ? 2 : 1;
    }
}

static void latch_status(struct channel *channel, uint64_t now)
{
    if (channel->status_latched) {
        return;
    }
    bool null =
        !channel->loaded || channel->next || (channel->running && !passed(channel->origin, now));
    channel->status_latched = true;
    channel->status = (uint8_t)(channel->access << 4 | channel->mode << 1 | channel->bcd);
    channel->status |= output(channel, now) ? STATUS_OUT : 0;
    channel->status |= null ? STATUS_NULL : 0;
}

static void read_back(struct i8254 *pit, uint32_t command, uint64_t now)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        if (!(command >> (i + 1) & 1)) {
            continue;
        }
        if (!(command & READ_BACK_NOT_COUNT)) {
            latch_count(&pit->channels[i], now);
        }
        if (!(command & READ_BACK_NOT_STATUS)) {
            latch_status(&pit->channels[i], now);
        }
    }
}

static void program(struct channel *channel, uint32_t command)
{
    uint8_t mode = bits_get(command, 1, 3);
    *channel = (struct channel){
        .mode = mode < ARRAY_SIZE(modes) ? mode : mode & 3,
        .access = bits_get(command, 4, 2),
        .bcd = command & 1,
        .gate = channel->gate,
    };
}

static void control_write(void *device, const struct reg *reg, uint32_t value)
{
    struct i8254 *pit = device;
    uint64_t now = clock_now(pit);
    for (unsigned i = 0; i < CHANNELS; i++) {
        catch_up(&pit->channels[i], now);
    }
    unsigned select = bits_get(value, 6, 2);
    if (select == SELECT_READ_BACK) {
        read_back(pit, value, now);
    } else if (bits_get(value, 4, 2) == ACCESS_LATCH) {
        latch_count(&pit->channels[select], now);
    } else {
        program(&pit->channels[select], value);
    }
    update(pit);
}

static uint32_t counter_read(void *device, const struct reg *reg)
{
    struct i8254 *pit = device;
    struct channel *channel = &pit->channels[pit->regs.index];
    uint64_t now = clock_now(pit);
    catch_up(channel, now);
    if (channel->status_latched) {
        channel->status_latched = false;
        return channel->status;
    }
    uint16_t code = channel->latch_left ? channel->latch : counter_code(channel, now);
    bool high = channel->access == ACCESS_MSB;
    if (channel->access == ACCESS_BOTH) {
        high = channel->second_read;
        channel->second_read = !high;
    }
    channel->latch_left -= channel->latch_left != 0;
    return high ? code >> 8 : code & 0xff;
}

static void counter_write(void *device, const struct reg *reg, uint32_t value)
{
    struct i8254 *pit = device;
    struct channel *channel = &pit->channels[pit->regs.index];
    uint64_t now = clock_now(pit);
    uint8_t byte = (uint8_t)value;
    catch_up(channel, now);
    if (channel->access == ACCESS_LSB) {
        count_write(channel, byte, now);
    } else if (channel->access == ACCESS_MSB) {
        count_write(channel, (uint16_t)(byte << 8), now);
    } else if (channel->second_write) {
        channel->second_write = false;
        count_write(channel, (uint16_t)(byte << 8 | channel->low), now);
    } else {
        channel->second_write = true;
        channel->low = byte;
        if (channel->mode == 0) {
            channel->loaded = channel->running = false; /* the first byte stops it */
        }
    }
    update(pit);
}

static const struct reg i8254_regs[] = {
    {"counter", 0, 1, REG_NONE, .read = counter_read, .write = counter_write, .count = CHANNELS,
     .stride = 1},
    {"control", 3, 1, REG_NONE, .write = control_write, .write_only = true},
};

static uint32_t nmisc_read(void *device, const struct reg *reg)
{
    struct i8254 *pit = device;
    struct channel *channel = &pit->channels[2];
    uint64_t now = clock_now(pit);
    catch_up(channel, now);
    uint32_t value = pit->nmisc;
    value |= sched_now(pit->device.machine->sched) / REFRESH_NS & 1 ? NMISC_REFRESH : 0;
    value |= output(channel, now) ? NMISC_OUT : 0;
    return value;
}

static void nmisc_write(void *device, const struct reg *reg, uint32_t value)
{
    struct i8254 *pit = device;
    uint64_t now = clock_now(pit);
    catch_up(&pit->channels[2], now);
    gate_set(&pit->channels[2], pit->nmisc & NMISC_GATE, now);
}

#define STATE(member) offsetof(struct i8254, member)
static const struct reg nmisc_reg_rows[] = {
    {"NMISC", 0, 1, STATE(nmisc), .writable = 0x0f, .read = nmisc_read, .write = nmisc_write},
};

/* ---- the device ------------------------------------------------------------------------------ */

#define CHANNEL_FIELD(n, member, kind) FIELD(i8254, channels[n].member, kind)
#define CHANNEL_FIELDS(n)                                                                          \
    CHANNEL_FIELD(n, mode, FIELD_U8), CHANNEL_FIELD(n, access, FIELD_U8),                          \
        CHANNEL_FIELD(n, bcd, FIELD_BOOL), CHANNEL_FIELD(n, gate, FIELD_BOOL),                     \
        CHANNEL_FIELD(n, loaded, FIELD_BOOL), CHANNEL_FIELD(n, running, FIELD_BOOL),               \
        CHANNEL_FIELD(n, count, FIELD_U32), CHANNEL_FIELD(n, next, FIELD_U32),                     \
        CHANNEL_FIELD(n, due, FIELD_U64), CHANNEL_FIELD(n, origin, FIELD_U64),                     \
        CHANNEL_FIELD(n, held, FIELD_U64), CHANNEL_FIELD(n, latch, FIELD_U16),                     \
        CHANNEL_FIELD(n, latch_left, FIELD_U8), CHANNEL_FIELD(n, status, FIELD_U8),                \
        CHANNEL_FIELD(n, status_latched, FIELD_BOOL), CHANNEL_FIELD(n, second_read, FIELD_BOOL),   \
        CHANNEL_FIELD(n, second_write, FIELD_BOOL), CHANNEL_FIELD(n, low, FIELD_U8)
static const struct field i8254_fields[] = {
    CHANNEL_FIELDS(0),
    CHANNEL_FIELDS(1),
    CHANNEL_FIELDS(2),
    FIELD(i8254, nmisc, FIELD_U32),
};

/* The chip has no reset; what it does before it is programmed is undefined. Here it rests. */
static void i8254_reset(void *device)
{
    struct i8254 *pit = device;
    for (unsigned i = 0; i < CHANNELS; i++) {
        pit->channels[i] = (struct channel){.access = ACCESS_BOTH, .gate = i != 2};
    }
    pit->nmisc = 0;
    update(pit);
}

static void i8254_destroy(void *device)
{
    struct i8254 *pit = device;
    sched_cancel(pit->device.machine->sched, &pit->event);
    free(pit);
}

static const struct device_ops i8254_ops = {
    .name = "i8254",
    .fields = i8254_fields,
    .field_count = ARRAY_SIZE(i8254_fields),
    .reset = i8254_reset,
    .destroy = i8254_destroy,
};

struct i8254 *i8254_create(struct machine *machine, struct bus *ports, struct irq irq)
{
    struct i8254 *pit = calloc(1, sizeof(*pit));
    CHECK(pit);
    pit->device.ops = &i8254_ops;
    pit->irq = irq;
    pit->event = (struct sched_event){.name = "i8254", .fn = edge_passed, .opaque = pit};
    pit->regs = (struct reg_block){
        .device = "i8254",
        .regs = i8254_regs,
        .count = ARRAY_SIZE(i8254_regs),
        .log = &machine->config.log,
        .opaque = pit,
    };
    pit->nmisc_regs = pit->regs;
    pit->nmisc_regs.regs = nmisc_reg_rows;
    pit->nmisc_regs.count = ARRAY_SIZE(nmisc_reg_rows);
    machine_add_device(machine, &pit->device);
    i8254_reset(pit);
    bus_add_mmio(ports, "i8254", PORT_COUNTERS, 4, &regs_mmio_ops, &pit->regs);
    bus_add_mmio(ports, "nmisc", PORT_NMISC, 1, &regs_mmio_ops, &pit->nmisc_regs);
    return pit;
}
