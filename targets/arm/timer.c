/* The generic timer (DDI 0406C B8): the physical and the virtual timer of a CPU without Security
 * and Virtualization Extensions. The counter is the scheduler's virtual time at 62.5 MHz, so one
 * tick is 16 ns. */
#include "targets/arm/timer.h"

#include "core/base/check.h"
#include "core/sched/sched.h"

#include <stdlib.h>

enum {
    TIMER_TICK_SHIFT = 4,
    TIMER_ENABLE = 1,
    TIMER_IMASK = 2,
    TIMER_ISTATUS = 4,
};

/* Which of the CPU's timer outputs each one drives. */
static const uint8_t arm_timer_output[ARM_TIMERS] = {
    [ARM_TIMER_PHYSICAL] = 1,
    [ARM_TIMER_VIRTUAL] = 2,
};

static uint64_t *arm_timer_cval(struct arm_cpu *cpu, enum arm_timer timer)
{
    return timer == ARM_TIMER_PHYSICAL ? &cpu->sys.cntp_cval : &cpu->sys.cntv_cval;
}

static uint32_t *arm_timer_ctl(struct arm_cpu *cpu, enum arm_timer timer)
{
    return timer == ARM_TIMER_PHYSICAL ? &cpu->sys.cntp_ctl : &cpu->sys.cntv_ctl;
}

static uint64_t arm_timer_offset(const struct arm_cpu *cpu, enum arm_timer timer)
{
    return timer == ARM_TIMER_VIRTUAL ? cpu->sys.cntvoff : 0;
}

uint64_t arm_timer_count(const struct arm_cpu *cpu, enum arm_timer timer)
{
    uint64_t now = cpu->cpu.sched ? sched_now(cpu->cpu.sched) : 0;
    return (now >> TIMER_TICK_SHIFT) - arm_timer_offset(cpu, timer);
}

/* Whether the timer condition is met (B8.1.5). */
static bool arm_timer_met(struct arm_cpu *cpu, enum arm_timer timer)
{
    return *arm_timer_ctl(cpu, timer) & TIMER_ENABLE &&
           arm_timer_count(cpu, timer) >= *arm_timer_cval(cpu, timer);
}

/* Sets output and event by the registers. */
static void arm_timer_update(struct arm_cpu *cpu, enum arm_timer timer)
{
    uint32_t control = *arm_timer_ctl(cpu, timer);
    bool met = arm_timer_met(cpu, timer);
    irq_set(&cpu->timer_irq[arm_timer_output[timer]], met && !(control & TIMER_IMASK));
    if (!cpu->cpu.sched) {
        return;
    }
    struct sched_event *event = &cpu->timer_events[timer];
    /* The count at which the compare value is reached, as time; beyond the clock's range: never. */
    uint64_t count = *arm_timer_cval(cpu, timer) + arm_timer_offset(cpu, timer);
    if (control & TIMER_ENABLE && !(control & TIMER_IMASK) && !met &&
        count <= UINT64_MAX >> TIMER_TICK_SHIFT) {
        sched_arm(cpu->cpu.sched, event, count << TIMER_TICK_SHIFT);
    } else if (event->armed) {
        sched_cancel(cpu->cpu.sched, event);
    }
}

static void arm_timer_physical_due(void *opaque, uint64_t late)
{
    arm_timer_update(opaque, ARM_TIMER_PHYSICAL);
}

static void arm_timer_virtual_due(void *opaque, uint64_t late)
{
    arm_timer_update(opaque, ARM_TIMER_VIRTUAL);
}

void arm_timer_create(struct arm_cpu *cpu)
{
    cpu->timer_events = calloc(ARM_TIMERS, sizeof(*cpu->timer_events));
    CHECK(cpu->timer_events);
    cpu->timer_events[ARM_TIMER_PHYSICAL] =
        (struct sched_event){.name = "cntp", .fn = arm_timer_physical_due, .opaque = cpu};
    cpu->timer_events[ARM_TIMER_VIRTUAL] =
        (struct sched_event){.name = "cntv", .fn = arm_timer_virtual_due, .opaque = cpu};
}

void arm_timer_destroy(struct arm_cpu *cpu)
{
    for (unsigned i = 0; i < ARM_TIMERS; i++) {
        if (cpu->timer_events[i].armed) {
            sched_cancel(cpu->cpu.sched, &cpu->timer_events[i]);
        }
    }
    free(cpu->timer_events);
}

void arm_timer_reset(struct arm_cpu *cpu)
{
    for (unsigned i = 0; i < ARM_TIMERS; i++) {
        arm_timer_update(cpu, i);
    }
}

uint32_t arm_timer_read_ctl(struct arm_cpu *cpu, enum arm_timer timer)
{
    return *arm_timer_ctl(cpu, timer) | (arm_timer_met(cpu, timer) ? TIMER_ISTATUS : 0);
}

void arm_timer_write_ctl(struct arm_cpu *cpu, enum arm_timer timer, uint32_t value)
{
    *arm_timer_ctl(cpu, timer) = value & (TIMER_ENABLE | TIMER_IMASK);
    arm_timer_update(cpu, timer);
}

uint64_t arm_timer_read_cval(struct arm_cpu *cpu, enum arm_timer timer)
{
    return *arm_timer_cval(cpu, timer);
}

void arm_timer_write_cval(struct arm_cpu *cpu, enum arm_timer timer, uint64_t value)
{
    *arm_timer_cval(cpu, timer) = value;
    arm_timer_update(cpu, timer);
}

uint32_t arm_timer_read_tval(struct arm_cpu *cpu, enum arm_timer timer)
{
    return (uint32_t)(*arm_timer_cval(cpu, timer) - arm_timer_count(cpu, timer));
}

void arm_timer_write_tval(struct arm_cpu *cpu, enum arm_timer timer, uint32_t value)
{
    uint64_t ahead = (uint64_t)(int64_t)(int32_t)value;
    arm_timer_write_cval(cpu, timer, arm_timer_count(cpu, timer) + ahead);
}
