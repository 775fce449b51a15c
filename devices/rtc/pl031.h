/* ARM PrimeCell real-time clock PL031 (ARM DDI 0224). */
#ifndef DEVICES_RTC_PL031_H
#define DEVICES_RTC_PL031_H

#include "core/bus/irq.h"

#include <stdint.h>

struct machine;
struct pl031;

struct pl031 *pl031_create(struct machine *machine, uint64_t base, struct irq irq);

#endif
