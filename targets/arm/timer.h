/* The generic timer's registers (DDI 0406C B8.1), without access checks. */
#ifndef TARGETS_ARM_TIMER_H
#define TARGETS_ARM_TIMER_H

#include "targets/arm/cpu.h"

#include <stdint.h>

enum arm_timer { ARM_TIMER_PHYSICAL, ARM_TIMER_VIRTUAL, ARM_TIMERS };
enum { ARM_TIMER_HZ = 62500000 };

void arm_timer_create(struct arm_cpu *cpu);
void arm_timer_destroy(struct arm_cpu *cpu);
/* After the registers were reset. */
void arm_timer_reset(struct arm_cpu *cpu);

uint64_t arm_timer_count(const struct arm_cpu *cpu, enum arm_timer timer);
uint32_t arm_timer_read_ctl(struct arm_cpu *cpu, enum arm_timer timer);
void arm_timer_write_ctl(struct arm_cpu *cpu, enum arm_timer timer, uint32_t value);
uint64_t arm_timer_read_cval(struct arm_cpu *cpu, enum arm_timer timer);
void arm_timer_write_cval(struct arm_cpu *cpu, enum arm_timer timer, uint64_t value);
uint32_t arm_timer_read_tval(struct arm_cpu *cpu, enum arm_timer timer);
void arm_timer_write_tval(struct arm_cpu *cpu, enum arm_timer timer, uint32_t value);

#endif
