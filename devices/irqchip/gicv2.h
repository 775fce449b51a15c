/* ARM Generic Interrupt Controller, architecture version 2.0 (ARM IHI 0048B), without the Security
 * and Virtualization Extensions; identifies itself as a GIC-400. Up to 8 CPUs. */
#ifndef DEVICES_IRQCHIP_GICV2_H
#define DEVICES_IRQCHIP_GICV2_H

#include "core/bus/irq.h"

#include <stdint.h>

enum { GICV2_MAX_CPUS = 8 };

struct gicv2;
struct machine;

struct gicv2_config {
    uint64_t dist_base, cpu_base; /* 4 KiB and 8 KiB */
    unsigned cpus;
    unsigned spis;                                       /* a multiple of 32, at most 960 */
    struct irq irq[GICV2_MAX_CPUS], fiq[GICV2_MAX_CPUS]; /* outputs */
};

struct gicv2 *gicv2_create(struct machine *machine, const struct gicv2_config *config);

/* Inputs: shared peripheral interrupt n (ID 32 + n), private peripheral interrupt n (ID 16 + n). */
struct irq gicv2_spi(struct gicv2 *gic, unsigned n);
struct irq gicv2_ppi(struct gicv2 *gic, unsigned cpu, unsigned n);

#endif
