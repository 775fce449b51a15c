#include "devices/irqchip/gicv2.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/irqchip/gicv2_state.h"

#include <stdlib.h>
#include <string.h>

unsigned gic_accessor(const struct gicv2 *gic)
{
    const struct cpu *cpu = gic->device.machine->running;
    return cpu && cpu->index < gic->cpus ? cpu->index : 0;
}

/* ---- selection (3.2, 3.3) -------------------------------------------------------------------- */

uint32_t gic_pending(struct gicv2 *gic, unsigned cpu, unsigned word)
{
    uint32_t pending = *gic_word(&gic->latched, cpu, word);
    pending |= *gic_word(&gic->line, cpu, word) & ~*gic_word(&gic->edge, cpu, word);
    if (!word) {
        for (unsigned i = 0; i < GIC_SGIS; i++) {
            pending |= gic->cpu[cpu].sgi_sources[i] ? 1u << i : 0;
        }
    }
    return pending;
}

unsigned gic_best(struct gicv2 *gic, unsigned cpu)
{
    unsigned best = GIC_SPURIOUS_ID, best_priority = GIC_IDLE;
    for (unsigned word = 0; word < gic->ids / 32; word++) {
        uint32_t enabled = *gic_word(&gic->enabled, cpu, word);
        if (!enabled) {
            continue;
        }
        uint32_t group1 = *gic_word(&gic->group1, cpu, word);
        uint32_t open = (gic->ctlr & GIC_ENABLE_GROUP0 ? ~group1 : 0) |
                        (gic->ctlr & GIC_ENABLE_GROUP1 ? group1 : 0);
        uint32_t candidates =
            gic_pending(gic, cpu, word) & enabled & open & ~*gic_word(&gic->active, cpu, word);
        if (word) {
            candidates &= gic->target_words[cpu][word];
        }
        for (; candidates; candidates &= candidates - 1) {
            unsigned id = 32 * word + (unsigned)__builtin_ctz(candidates);
            unsigned priority = *gic_priority(gic, cpu, id);
            if (priority < best_priority) {
                best = id;
                best_priority = priority;
            }
        }
    }
    return best;
}

unsigned gic_preemption_mask(const struct gic_cpu *cpu, bool group1)
{
    /* BPR n splits between bits n and n + 1; ABPR one lower (4.4.3, 4.4.8). */
    unsigned bpr = group1 && !(cpu->ctlr & GICC_CBPR) ? cpu->abpr - 1 : cpu->bpr;
    return 0xff & ~((2u << bpr) - 1);
}

unsigned gic_running_priority(const struct gic_cpu *cpu)
{
    for (unsigned i = 0; i < GIC_APRS; i++) {
        uint32_t active = cpu->apr[i] | cpu->nsapr[i];
        if (active) {
            return (32 * i + (unsigned)__builtin_ctz(active)) << 1;
        }
    }
    return GIC_IDLE;
}

bool gic_signals(struct gicv2 *gic, unsigned cpu, unsigned id)
{
    const struct gic_cpu *interface = &gic->cpu[cpu];
    if (id >= gic->ids) {
        return false;
    }
    bool group1 = gic_bit(&gic->group1, cpu, id);
    if (!(interface->ctlr & (group1 ? GIC_ENABLE_GROUP1 : GIC_ENABLE_GROUP0))) {
        return false;
    }
    unsigned priority = *gic_priority(gic, cpu, id);
    return priority < interface->pmr &&
           (priority & gic_preemption_mask(interface, group1)) < gic_running_priority(interface);
}

void gic_update(struct gicv2 *gic)
{
    for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
        unsigned id = gic_best(gic, cpu);
        bool signals = gic_signals(gic, cpu, id);
        bool fiq = signals && !gic_bit(&gic->group1, cpu, id) && gic->cpu[cpu].ctlr & GICC_FIQ_EN;
        irq_set(&gic->irq[cpu], signals && !fiq);
        irq_set(&gic->fiq[cpu], fiq);
    }
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* The input's number: the ID, and for private ones the CPU above. */
enum { INPUT_CPU_SHIFT = 16 };

static void set_input(void *opaque, unsigned n, bool level)
{
    struct gicv2 *gic = opaque;
    unsigned cpu = n >> INPUT_CPU_SHIFT, id = n & (GIC_IDS - 1);
    uint32_t bit = 1u << (id % 32), *line = gic_word(&gic->line, cpu, id / 32);
    if (level == !!(*line & bit)) {
        return;
    }
    *line ^= bit;
    if (level && gic_bit(&gic->edge, cpu, id)) {
        *gic_word(&gic->latched, cpu, id / 32) |= bit;
    }
    gic_update(gic);
}

struct irq gicv2_spi(struct gicv2 *gic, unsigned n)
{
    CHECK(n + GIC_PRIVATE < gic->ids);
    return (struct irq){set_input, gic, n + GIC_PRIVATE};
}

struct irq gicv2_ppi(struct gicv2 *gic, unsigned cpu, unsigned n)
{
    CHECK(cpu < gic->cpus && n + GIC_SGIS < GIC_PRIVATE);
    return (struct irq){set_input, gic, cpu << INPUT_CPU_SHIFT | (n + GIC_SGIS)};
}

/* ---- the device ------------------------------------------------------------------------------ */

#define BITS_FIELD(member) FIELD_ARRAY(gicv2, member, FIELD_BYTES, sizeof(struct gic_bits))
static const struct field gicv2_fields[] = {
    FIELD(gicv2, ctlr, FIELD_U32),
    BITS_FIELD(enabled),
    BITS_FIELD(latched),
    BITS_FIELD(active),
    BITS_FIELD(edge),
    BITS_FIELD(group1),
    BITS_FIELD(line),
    FIELD_ARRAY(gicv2, banked_priority, FIELD_U8, GICV2_MAX_CPUS *GIC_PRIVATE),
    FIELD_ARRAY(gicv2, priority, FIELD_U8, GIC_IDS),
    FIELD_ARRAY(gicv2, targets, FIELD_U8, GIC_IDS),
    FIELD_ARRAY(gicv2, cpu, FIELD_BYTES, GICV2_MAX_CPUS * sizeof(struct gic_cpu)),
};

static void gicv2_reset(void *device)
{
    struct gicv2 *gic = device;
    struct gic_bits line = gic->line; /* the devices' own */
    memset(&gic->ctlr, 0, sizeof(*gic) - offsetof(struct gicv2, ctlr));
    gic->line = line;
    for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
        gic->enabled.banked[cpu] = gic->edge.banked[cpu] = 0xffff; /* SGIs, for good */
        gic->cpu[cpu].abpr = 1;
    }
    if (gic->cpus == 1) {
        memset(gic->target_words[0], 0xff, sizeof(gic->target_words[0]));
    }
    gic_update(gic);
}

static void gicv2_destroy(void *device)
{
    free(device);
}

static const struct device_ops gicv2_ops = {
    .name = "gicv2",
    .fields = gicv2_fields,
    .field_count = ARRAY_SIZE(gicv2_fields),
    .reset = gicv2_reset,
    .destroy = gicv2_destroy,
};

struct gicv2 *gicv2_create(struct machine *machine, const struct gicv2_config *config)
{
    CHECK(config->cpus >= 1 && config->cpus <= GICV2_MAX_CPUS);
    CHECK(config->spis % 32 == 0 && config->spis <= 960);
    struct gicv2 *gic = calloc(1, sizeof(*gic));
    CHECK(gic);
    gic->device.ops = &gicv2_ops;
    gic->cpus = config->cpus;
    gic->ids = config->spis + GIC_PRIVATE;
    memcpy(gic->irq, config->irq, sizeof(gic->irq));
    memcpy(gic->fiq, config->fiq, sizeof(gic->fiq));
    gic->dist_regs = (struct reg_block){
        .device = "gic distributor",
        .regs = gicv2_dist_regs,
        .count = gicv2_dist_reg_count,
        .log = &machine->config.log,
        .opaque = gic,
    };
    gic->cpu_regs = (struct reg_block){
        .device = "gic cpu interface",
        .regs = gicv2_cpu_regs,
        .count = gicv2_cpu_reg_count,
        .log = &machine->config.log,
        .opaque = gic,
    };
    machine_add_device(machine, &gic->device);
    gicv2_reset(gic);
    bus_add_mmio(machine->bus, "gic_dist", config->dist_base, 0x1000, &regs_mmio_ops,
                 &gic->dist_regs);
    bus_add_mmio(machine->bus, "gic_cpu", config->cpu_base, 0x2000, &regs_mmio_ops, &gic->cpu_regs);
    return gic;
}
