/* Real-time clock MC146818 (Motorola data sheet MC146818, ADI-856R2) on a 32.768 kHz crystal, with
 * 114 bytes of battery-backed RAM as in PIIX4 (290562-001, 4.2.5). It starts at the host's date in
 * UTC; byte 0x32 holds the century as firmware leaves it. */
#ifndef DEVICES_RTC_MC146818_H
#define DEVICES_RTC_MC146818_H

#include "core/bus/irq.h"

struct bus;
struct machine;
struct mc146818;

/* Maps ports 0x70 (index) and 0x71 (data) of I/O space. */
struct mc146818 *mc146818_create(struct machine *machine, struct bus *ports, struct irq irq);

#endif
