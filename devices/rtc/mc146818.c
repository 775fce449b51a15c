#include "devices/rtc/mc146818.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"

#include <stdlib.h>

enum { PORT = 0x70, RAM_SIZE = 128 };
enum { TICKS_HZ = 32768, HOURS = 24, DAY_SECONDS = 86400 };
#define NS_PER_SECOND UINT64_C(1000000000)

/* Update in progress: from 244 us before the update, for that and the 1984 us that it takes
 * (table 4), in ticks. */
enum { UIP_TICKS = 8 + 65 };

/* Where in its second the divider chain is when the machine starts, which is arbitrary. */
enum { INITIAL_TICKS = TICKS_HZ * 7 / 10 };

/* Linux measures the clock of malta's CPU from one update to the next. Whoever looks for updates so
 * many times without doing anything else with the chip need not really wait: time moves on. The
 * whole is bounded, reset or not: the guest's clocks are ahead of the host's by it. */
enum { POLLS = 16 };
#define SKIPPED_MAX (4 * NS_PER_SECOND)

enum {
    SECONDS,
    SECONDS_ALARM,
    MINUTES,
    MINUTES_ALARM,
    HOUR,
    HOUR_ALARM,
    WEEKDAY,
    DAY,
    MONTH,
    YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    CENTURY = 0x32,
};

enum { A_UIP = 1 << 7, A_DIVIDER = 7 << 4, A_DIVIDER_32KHZ = 2 << 4, A_DIVIDER_RESET = 6 << 4 };
enum { A_RATE = 15, A_INITIAL = A_DIVIDER_32KHZ | 6 };
enum {
    B_SET = 1 << 7,
    B_SQWE = 1 << 3,
    B_BINARY = 1 << 2,
    B_24H = 1 << 1,
    B_DSE = 1 << 0,
};
/* Enables in B and flags in C have the same places. */
enum { INT_PERIODIC = 1 << 6, INT_ALARM = 1 << 5, INT_UPDATE = 1 << 4, INT_ALL = 7 << 4 };
enum { C_IRQF = 1 << 7, D_VRT = 1 << 7 };

enum { HOUR_PM = 1 << 7, ALARM_ANY = 0xc0 };

struct mc146818 {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct sched_event event;
    uint32_t index;
    uint8_t ram[RAM_SIZE];
    uint64_t base;    /* tick at which the divider chain was 0 */
    uint64_t ticks;   /* how far the registers have followed it */
    uint32_t polls;   /* reads of register A since anything else was accessed */
    uint64_t skipped; /* ns */
};

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t tick_now(const struct mc146818 *rtc)
{
    uint64_t ns = sched_now(rtc->device.machine->sched);
    return ns / NS_PER_SECOND * TICKS_HZ + ns % NS_PER_SECOND * TICKS_HZ / NS_PER_SECOND;
}

/* The first nanosecond at which tick_now() is `tick`. */
static uint64_t tick_ns(uint64_t tick)
{
    uint64_t part = tick % TICKS_HZ * NS_PER_SECOND;
    return tick / TICKS_HZ * NS_PER_SECOND + (part + TICKS_HZ - 1) / TICKS_HZ;
}

static bool divider_runs(const struct mc146818 *rtc)
{
    return (rtc->ram[REG_A] & A_DIVIDER) == A_DIVIDER_32KHZ;
}

/* Ticks of the periodic interrupt (table 5), 0: none. */
static unsigned period(const struct mc146818 *rtc)
{
    unsigned rate = rtc->ram[REG_A] & A_RATE;
    return !rate ? 0 : rate < 3 ? 128u << (rate - 1) : 1u << (rate - 1);
}

/* ---- calendar -------------------------------------------------------------------------------- */

static uint8_t encode(const struct mc146818 *rtc, unsigned value)
{
    return (uint8_t)(rtc->ram[REG_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static unsigned decode(const struct mc146818 *rtc, uint8_t code)
{
    return rtc->ram[REG_B] & B_BINARY ? code : (code >> 4) * 10u + (code & 15u);
}

/* Hours of the day; with 12 of them, the upper bit says that it is afternoon. */
static uint8_t encode_hour(const struct mc146818 *rtc, unsigned hour)
{
    if (rtc->ram[REG_B] & B_24H) {
        return encode(rtc, hour);
    }
    unsigned clock = hour % 12 ? hour % 12 : 12;
    return encode(rtc, clock) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned decode_hour(const struct mc146818 *rtc, uint8_t code)
{
    if (rtc->ram[REG_B] & B_24H) {
        return decode(rtc, code);
    }
    return decode(rtc, code & ~HOUR_PM) % 12 + (code & HOUR_PM ? 12 : 0);
}

/* The chip knows two digits of the year: each fourth one is a leap year. */
static unsigned days_of(unsigned month, unsigned year)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year % 4 == 0 ? 29 : days[month - 1];
}

static void add_days(struct mc146818 *rtc, uint64_t days)
{
    unsigned day = decode(rtc, rtc->ram[DAY]), month = decode(rtc, rtc->ram[MONTH]);
    unsigned year = decode(rtc, rtc->ram[YEAR]) % 100, weekday = decode(rtc, rtc->ram[WEEKDAY]);
    month = month >= 1 && month <= 12 ? month : 1;
    rtc->ram[WEEKDAY] = encode(rtc, (unsigned)((weekday + 6 + days) % 7) + 1);
    for (days %= 100 * 366; days; days--) {
        if (++day > days_of(month, year)) {
            day = 1;
            month = month % 12 + 1;
            year = (year + (month == 1)) % 100;
        }
    }
    rtc->ram[DAY] = encode(rtc, day);
    rtc->ram[MONTH] = encode(rtc, month);
    rtc->ram[YEAR] = encode(rtc, year);
}

/* What the guest has written may be no time of day at all; then the clock runs on from one. */
static unsigned second_of_day(const struct mc146818 *rtc)
{
    unsigned hour = decode_hour(rtc, rtc->ram[HOUR]) % HOURS;
    unsigned minute = decode(rtc, rtc->ram[MINUTES]) % 60;
    return (hour * 60 + minute) * 60 + decode(rtc, rtc->ram[SECONDS]) % 60;
}

static void put_second_of_day(struct mc146818 *rtc, unsigned second)
{
    rtc->ram[SECONDS] = encode(rtc, second % 60);
    rtc->ram[MINUTES] = encode(rtc, second / 60 % 60);
    rtc->ram[HOUR] = encode_hour(rtc, second / 3600);
}

static bool alarm_matches(const struct mc146818 *rtc, unsigned alarm, uint8_t code)
{
    return (rtc->ram[alarm] & ALARM_ANY) == ALARM_ANY || rtc->ram[alarm] == code;
}

/* Does the alarm ring in one of the `count` seconds after `second`? */
static bool alarm_rings(const struct mc146818 *rtc, unsigned second, uint64_t count)
{
    unsigned last = second + (unsigned)(count < DAY_SECONDS ? count : DAY_SECONDS);
    while (second++ < last) {
        if (alarm_matches(rtc, SECONDS_ALARM, encode(rtc, second % 60)) &&
            alarm_matches(rtc, MINUTES_ALARM, encode(rtc, second / 60 % 60)) &&
            alarm_matches(rtc, HOUR_ALARM, encode_hour(rtc, second / 3600 % HOURS))) {
            return true;
        }
    }
    return false;
}

static void add_seconds(struct mc146818 *rtc, uint64_t count)
{
    unsigned second = second_of_day(rtc);
    uint64_t total = second + count;
    if (!(rtc->ram[REG_C] & INT_ALARM) && alarm_rings(rtc, second, count)) {
        rtc->ram[REG_C] |= INT_ALARM;
    }
    rtc->ram[REG_C] |= INT_UPDATE;
    put_second_of_day(rtc, (unsigned)(total % DAY_SECONDS));
    if (total >= DAY_SECONDS) {
        add_days(rtc, total / DAY_SECONDS);
    }
}

/* ---- following the divider ------------------------------------------------------------------- */

static void catch_up(struct mc146818 *rtc)
{
    uint64_t ticks = tick_now(rtc) - rtc->base, old = rtc->ticks;
    rtc->ticks = ticks;
    if (!divider_runs(rtc)) {
        return;
    }
    uint64_t seconds = ticks / TICKS_HZ - old / TICKS_HZ;
    if (seconds && !(rtc->ram[REG_B] & B_SET)) {
        add_seconds(rtc, seconds);
    }
    unsigned step = period(rtc);
    if (step && ticks / step != old / step) {
        rtc->ram[REG_C] |= INT_PERIODIC;
    }
}

/* Interrupts, and waiting for those that are enabled and yet to come. */
static void update(struct mc146818 *rtc)
{
    struct sched *sched = rtc->device.machine->sched;
    uint8_t enabled = rtc->ram[REG_B] & INT_ALL, awaited = enabled & ~rtc->ram[REG_C];
    irq_set(&rtc->irq, enabled & rtc->ram[REG_C]);
    uint64_t next = UINT64_MAX;
    if (awaited & (INT_ALARM | INT_UPDATE) && !(rtc->ram[REG_B] & B_SET)) {
        next = (rtc->ticks / TICKS_HZ + 1) * TICKS_HZ;
    }
    unsigned step = period(rtc);
    if (awaited & INT_PERIODIC && step && (rtc->ticks / step + 1) * step < next) {
        next = (rtc->ticks / step + 1) * step;
    }
    if (next == UINT64_MAX || !divider_runs(rtc)) {
        sched_cancel(sched, &rtc->event);
    } else {
        sched_arm(sched, &rtc->event, tick_ns(rtc->base + next));
    }
}

static void boundary(void *opaque, uint64_t late)
{
    struct mc146818 *rtc = opaque;
    catch_up(rtc);
    update(rtc);
}

/* ---- registers ------------------------------------------------------------------------------- */

static bool updating(const struct mc146818 *rtc)
{
    return divider_runs(rtc) && !(rtc->ram[REG_B] & B_SET) &&
           rtc->ticks % TICKS_HZ >= TICKS_HZ - UIP_TICKS;
}

/* To the next change of UIP. */
static void skip(struct mc146818 *rtc)
{
    struct sched *sched = rtc->device.machine->sched;
    uint64_t ticks = tick_now(rtc) - rtc->base, second = (ticks / TICKS_HZ + 1) * TICKS_HZ;
    uint64_t change = ticks < second - UIP_TICKS ? second - UIP_TICKS : second;
    if (divider_runs(rtc) && !(rtc->ram[REG_B] & B_SET) && rtc->skipped < SKIPPED_MAX) {
        rtc->skipped += sched_skip(sched, tick_ns(rtc->base + change));
    }
    rtc->polls = 0;
}

static uint32_t data_read(void *device, const struct reg *reg)
{
    struct mc146818 *rtc = device;
    rtc->polls = rtc->index == REG_A ? rtc->polls + 1 : 0;
    if (rtc->polls > POLLS) {
        skip(rtc);
    }
    catch_up(rtc);
    uint8_t value = rtc->ram[rtc->index];
    if (rtc->index == REG_A) {
        value |= updating(rtc) ? A_UIP : 0;
    } else if (rtc->index == REG_C) {
        value |= value & rtc->ram[REG_B] & INT_ALL ? C_IRQF : 0;
        rtc->ram[REG_C] = 0;
    }
    update(rtc);
    return value;
}

/* The first update comes half a second after the divider's reset has ended. */
static void a_write(struct mc146818 *rtc, uint8_t value)
{
    bool ran = divider_runs(rtc);
    rtc->ram[REG_A] = value & ~A_UIP;
    if (!ran && divider_runs(rtc)) {
        rtc->ticks = TICKS_HZ / 2;
        rtc->base = tick_now(rtc) - rtc->ticks;
    } else if (!divider_runs(rtc) && (value & A_DIVIDER_RESET) != A_DIVIDER_RESET) {
        log_write(rtc->regs.log, LOG_GUEST_ERRORS, "mc146818: divider for another crystal\n");
    }
}

static void b_write(struct mc146818 *rtc, uint8_t value)
{
    rtc->ram[REG_B] = value & B_SET ? value & ~INT_UPDATE : value;
    if (value & B_DSE) {
        log_write(rtc->regs.log, LOG_UNIMP, "mc146818: daylight saving is not there\n");
    }
}

static void data_write(void *device, const struct reg *reg, uint32_t value)
{
    struct mc146818 *rtc = device;
    rtc->polls = 0;
    catch_up(rtc);
    switch (rtc->index) {
    case REG_A:
        a_write(rtc, (uint8_t)value);
        break;
    case REG_B:
        b_write(rtc, (uint8_t)value);
        break;
    case REG_C:
    case REG_D:
        log_write(rtc->regs.log, LOG_GUEST_ERRORS, "mc146818: write to a read-only register\n");
        break;
    default:
        rtc->ram[rtc->index] = (uint8_t)value;
    }
    update(rtc);
}

/* Bit 7 of the index enables NMI in a PC. */
#define STATE(member) offsetof(struct mc146818, member)
static const struct reg mc146818_regs[] = {
    {"index", 0, 1, STATE(index), .writable = RAM_SIZE - 1, .write_only = true},
    {"data", 1, 1, REG_NONE, .read = data_read, .write = data_write},
};

/* ---- the device ------------------------------------------------------------------------------ */

static const struct field mc146818_fields[] = {
    FIELD(mc146818, index, FIELD_U32), FIELD_ARRAY(mc146818, ram, FIELD_U8, RAM_SIZE),
    FIELD(mc146818, base, FIELD_U64),  FIELD(mc146818, ticks, FIELD_U64),
    FIELD(mc146818, polls, FIELD_U32), FIELD(mc146818, skipped, FIELD_U64),
};

/* The date of the host. 146097 days are 400 years, after which the calendar repeats. */
static void set_date(struct mc146818 *rtc)
{
    int64_t now = sched_wall_seconds(rtc->device.machine->sched);
    uint64_t seconds = now > 0 ? (uint64_t)now : 0;
    unsigned days = (unsigned)(seconds / DAY_SECONDS % 146097), year = 1970, length;
    put_second_of_day(rtc, (unsigned)(seconds % DAY_SECONDS));
    rtc->ram[WEEKDAY] = encode(rtc, (days + 4) % 7 + 1); /* 1 is Sunday; the epoch, a Thursday */
    while (days >= (length = year % 4 || (year % 100 == 0 && year % 400) ? 365 : 366)) {
        days -= length;
        year++;
    }
    unsigned month = 1;
    bool short_century = year % 100 == 0 && year % 400; /* such a year has no leap day */
    while (days >= (length = days_of(month, short_century ? 1 : year))) {
        days -= length;
        month++;
    }
    rtc->ram[DAY] = encode(rtc, days + 1);
    rtc->ram[MONTH] = encode(rtc, month);
    rtc->ram[YEAR] = encode(rtc, year % 100);
    rtc->ram[CENTURY] = encode(rtc, year / 100);
}

/* The reset pin leaves time and RAM alone: they have a battery. */
static void mc146818_reset(void *device)
{
    struct mc146818 *rtc = device;
    catch_up(rtc);
    regs_reset(&rtc->regs);
    rtc->ram[REG_B] &= ~(INT_ALL | B_SQWE);
    rtc->ram[REG_C] = 0;
    update(rtc);
}

static void mc146818_destroy(void *device)
{
    struct mc146818 *rtc = device;
    sched_cancel(rtc->device.machine->sched, &rtc->event);
    free(rtc);
}

static const struct device_ops mc146818_ops = {
    .name = "mc146818",
    .fields = mc146818_fields,
    .field_count = ARRAY_SIZE(mc146818_fields),
    .reset = mc146818_reset,
    .destroy = mc146818_destroy,
};

struct mc146818 *mc146818_create(struct machine *machine, struct bus *ports, struct irq irq)
{
    struct mc146818 *rtc = calloc(1, sizeof(*rtc));
    CHECK(rtc);
    rtc->device.ops = &mc146818_ops;
    rtc->irq = irq;
    rtc->event = (struct sched_event){.name = "mc146818", .fn = boundary, .opaque = rtc};
    rtc->regs = (struct reg_block){
        .device = "mc146818",
        .regs = mc146818_regs,
        .count = ARRAY_SIZE(mc146818_regs),
        .log = &machine->config.log,
        .opaque = rtc,
    };
    machine_add_device(machine, &rtc->device);
    rtc->ram[REG_A] = A_INITIAL;
    rtc->ram[REG_B] = B_24H;
    rtc->ram[REG_D] = D_VRT;
    rtc->ticks = INITIAL_TICKS;
    rtc->base = tick_now(rtc) - rtc->ticks;
    set_date(rtc);
    bus_add_mmio(ports, "mc146818", PORT, 2, &regs_mmio_ops, &rtc->regs);
    return rtc;
}
