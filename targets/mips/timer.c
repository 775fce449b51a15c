/* Count and Compare (III 9.16, 9.23): Count runs at half of the CPU's clock of 200 MHz, in the
 * scheduler's virtual time. */
#include "core/base/check.h"
#include "core/sched/sched.h"
#include "targets/mips/system.h"

#include <stdlib.h>

enum { COUNT_NS = 10 /* each tick */ };

static uint64_t mips_ticks(const struct mips_cpu *cpu)
{
    return cpu->cpu.sched ? sched_now(cpu->cpu.sched) / COUNT_NS : 0;
}

uint32_t mips_count_read(const struct mips_cpu *cpu)
{
    if (cpu->cp0.cause & MIPS_CAUSE_DC) {
        return cpu->cp0.count;
    }
    return (uint32_t)(mips_ticks(cpu) + cpu->cp0.count_base);
}

void mips_count_write(struct mips_cpu *cpu, uint32_t value)
{
    cpu->cp0.count = value;
    cpu->cp0.count_base = value - mips_ticks(cpu);
    mips_timer_update(cpu);
}

void mips_timer_update(struct mips_cpu *cpu)
{
    if (!cpu->cpu.sched) {
        return;
    }
    if (cpu->cp0.cause & MIPS_CAUSE_DC) {
        if (cpu->timer_event->armed) {
            sched_cancel(cpu->cpu.sched, cpu->timer_event);
        }
        return;
    }
    /* Where Count equals Compare now, it next does so after a whole turn. */
    uint64_t now = mips_ticks(cpu);
    uint32_t ahead = cpu->cp0.compare - (uint32_t)(now + cpu->cp0.count_base) - 1;
    sched_arm(cpu->cpu.sched, cpu->timer_event, (now + ahead + 1) * COUNT_NS);
}

static void mips_timer_due(void *opaque, uint64_t late)
{
    struct mips_cpu *cpu = opaque;
    cpu->cp0.cause |= MIPS_CAUSE_TI;
    mips_timer_update(cpu);
    mips_check_interrupts(cpu);
}

/* Handlers of exceptions read Cause each time, and reading the clock takes as long as the rest of
 * one; in real time they cannot tell that the event comes a little later. Who polls can. */
void mips_timer_look(struct mips_cpu *cpu)
{
    struct sched_event *event = cpu->timer_event;
    bool polls = cpu->cpu.counted || !(cpu->cp0.status & MIPS_STATUS_EXL);
    if (cpu->cpu.sched && polls && event->armed && sched_now(cpu->cpu.sched) >= event->deadline) {
        mips_timer_due(cpu, 0);
    }
}

void mips_timer_create(struct mips_cpu *cpu)
{
    cpu->timer_event = calloc(1, sizeof(*cpu->timer_event));
    CHECK(cpu->timer_event);
    *cpu->timer_event =
        (struct sched_event){.name = "compare", .fn = mips_timer_due, .opaque = cpu};
}

void mips_timer_destroy(struct mips_cpu *cpu)
{
    if (cpu->timer_event->armed) {
        sched_cancel(cpu->cpu.sched, cpu->timer_event);
    }
    free(cpu->timer_event);
}

void mips_timer_reset(struct mips_cpu *cpu)
{
    mips_count_write(cpu, 0);
}
