/* What the parts of the GICv2 share: distributor, CPU interface, selection of interrupts. */
#ifndef DEVICES_IRQCHIP_GICV2_STATE_H
#define DEVICES_IRQCHIP_GICV2_STATE_H

#include "core/machine/device.h"
#include "core/machine/regs.h"
#include "devices/irqchip/gicv2.h"

enum {
    GIC_IDS = 1024,
    GIC_WORDS = GIC_IDS / 32,
    GIC_SGIS = 16,
    GIC_PRIVATE = 32, /* IDs below are banked for each CPU */
    GIC_GROUP1_ID =
        1022, /* IAR: a Group 1 interrupt that AckCtl does not let be acknowledged here */
    GIC_SPURIOUS_ID = 1023,
    GIC_IDLE = 0x100, /* running priority of a CPU that handles no interrupt */
    GIC_APRS = 4,     /* 128 preemption levels */
};

/* GICD_CTLR, GICC_CTLR */
enum {
    GIC_ENABLE_GROUP0 = 1 << 0,
    GIC_ENABLE_GROUP1 = 1 << 1,
    GICC_ACK_CTL = 1 << 2,
    GICC_FIQ_EN = 1 << 3,
    GICC_CBPR = 1 << 4,
    GICC_EOI_MODE = 1 << 9,
};

/* One bit for each interrupt. Word 0 is banked. */
struct gic_bits {
    uint32_t banked[GICV2_MAX_CPUS];
    uint32_t shared[GIC_WORDS]; /* [0] unused */
};

struct gic_cpu {
    uint32_t ctlr, pmr, bpr, abpr;
    uint32_t apr[GIC_APRS], nsapr[GIC_APRS]; /* active priorities of Group 0 and Group 1 */
    uint8_t sgi_sources[GIC_SGIS];           /* CPUs whose software interrupt is pending here */
};

struct gicv2 {
    struct device device;
    struct reg_block dist_regs, cpu_regs;
    struct irq irq[GICV2_MAX_CPUS], fiq[GICV2_MAX_CPUS];
    unsigned cpus, ids;
    uint32_t ctlr;
    struct gic_bits enabled, latched, active, edge, group1;
    struct gic_bits line; /* levels of the inputs */
    uint8_t banked_priority[GICV2_MAX_CPUS][GIC_PRIVATE];
    uint8_t priority[GIC_IDS];
    uint8_t targets[GIC_IDS];                         /* CPU masks of SPIs */
    uint32_t target_words[GICV2_MAX_CPUS][GIC_WORDS]; /* the same by CPU */
    struct gic_cpu cpu[GICV2_MAX_CPUS];
};

extern const struct reg gicv2_dist_regs[];
extern const unsigned gicv2_dist_reg_count;
extern const struct reg gicv2_cpu_regs[];
extern const unsigned gicv2_cpu_reg_count;

static inline uint32_t *gic_word(struct gic_bits *bits, unsigned cpu, unsigned word)
{
    return word ? &bits->shared[word] : &bits->banked[cpu];
}

static inline bool gic_bit(struct gic_bits *bits, unsigned cpu, unsigned id)
{
    return *gic_word(bits, cpu, id / 32) >> (id % 32) & 1;
}

static inline uint8_t *gic_priority(struct gicv2 *gic, unsigned cpu, unsigned id)
{
    return id < GIC_PRIVATE ? &gic->banked_priority[cpu][id] : &gic->priority[id];
}

/* The CPU that makes the access in progress. */
unsigned gic_accessor(const struct gicv2 *gic);
/* Interrupts of one word that are pending at this CPU, enabled or not. */
uint32_t gic_pending(struct gicv2 *gic, unsigned cpu, unsigned word);
/* Highest-priority interrupt that is pending and enabled for this CPU, ignoring its mask and what
 * it runs; GIC_SPURIOUS_ID if none. */
unsigned gic_best(struct gicv2 *gic, unsigned cpu);
/* Priority bits that decide about preemption by an interrupt of this group. */
unsigned gic_preemption_mask(const struct gic_cpu *cpu, bool group1);
unsigned gic_running_priority(const struct gic_cpu *cpu);
/* True if gic_best()'s `id` would be signalled to the CPU now. */
bool gic_signals(struct gicv2 *gic, unsigned cpu, unsigned id);
/* Drives the CPUs' inputs; after every change. */
void gic_update(struct gicv2 *gic);

#endif
