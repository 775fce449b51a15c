/* The CPU interface's registers (IHI 0048B, 4.4), banked for each CPU. */
#include "devices/irqchip/gicv2_state.h"

#include "core/base/bits.h"
#include "core/base/log.h"

static struct gic_cpu *interface(struct gicv2 *gic)
{
    return &gic->cpu[gic_accessor(gic)];
}

static uint32_t ctlr_read(void *device, const struct reg *reg)
{
    return interface(device)->ctlr;
}

static void ctlr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->ctlr = value & 0x3ff;
    gic_update(gic);
}

static uint32_t pmr_read(void *device, const struct reg *reg)
{
    return interface(device)->pmr;
}

static void pmr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->pmr = value & 0xff;
    gic_update(gic);
}

static uint32_t bpr_read(void *device, const struct reg *reg)
{
    return interface(device)->bpr;
}

static void bpr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->bpr = value & 7;
    gic_update(gic);
}

static uint32_t abpr_read(void *device, const struct reg *reg)
{
    return interface(device)->abpr;
}

static void abpr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->abpr = value & 7 ? value & 7 : 1; /* 0 is below the minimum (4.4.8) */
    gic_update(gic);
}

/* Makes `id` active and no longer pending (3.2.4); returns what IAR reads. */
static uint32_t acknowledge(struct gicv2 *gic, unsigned id)
{
    unsigned self = gic_accessor(gic), source = 0;
    struct gic_cpu *cpu = &gic->cpu[self];
    uint32_t bit = 1u << (id % 32);
    bool group1 = gic_bit(&gic->group1, self, id);
    if (id < GIC_SGIS) {
        source = (unsigned)__builtin_ctz(cpu->sgi_sources[id]);
        cpu->sgi_sources[id] &= (uint8_t) ~(1u << source);
    }
    *gic_word(&gic->latched, self, id / 32) &= ~bit;
    *gic_word(&gic->active, self, id / 32) |= bit;
    unsigned level = (*gic_priority(gic, self, id) & gic_preemption_mask(cpu, group1)) >> 1;
    (group1 ? cpu->nsapr : cpu->apr)[level / 32] |= 1u << (level % 32);
    gic_update(gic);
    return id | source << 10;
}

static uint32_t iar_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    unsigned self = gic_accessor(gic), id = gic_best(gic, self);
    if (!gic_signals(gic, self, id)) {
        return GIC_SPURIOUS_ID;
    }
    if (gic_bit(&gic->group1, self, id) && !(gic->cpu[self].ctlr & GICC_ACK_CTL)) {
        return GIC_GROUP1_ID;
    }
    return acknowledge(gic, id);
}

static uint32_t aiar_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    unsigned self = gic_accessor(gic), id = gic_best(gic, self);
    if (!gic_signals(gic, self, id) || !gic_bit(&gic->group1, self, id)) {
        return GIC_SPURIOUS_ID;
    }
    return acknowledge(gic, id);
}

static void deactivate(struct gicv2 *gic, unsigned id)
{
    if (id >= gic->ids) {
        log_write(gic->cpu_regs.log, LOG_GUEST_ERRORS,
                  "gic: end of interrupt %u, which there is not\n", id);
        return;
    }
    *gic_word(&gic->active, gic_accessor(gic), id / 32) &= ~(1u << (id % 32));
}

/* Ends the highest active priority (priority drop, 3.2.1); Group 1's own only if so wanted. */
static void drop_priority(struct gic_cpu *cpu, bool group0_too)
{
    for (unsigned i = 0; i < GIC_APRS; i++) {
        uint32_t group0 = group0_too ? cpu->apr[i] : 0, active = group0 | cpu->nsapr[i];
        if (active) {
            uint32_t lowest = active & -active;
            *(group0 & lowest ? &cpu->apr[i] : &cpu->nsapr[i]) &= ~lowest;
            return;
        }
    }
}

static void end_of_interrupt(struct gicv2 *gic, uint32_t value, bool group0_too)
{
    unsigned id = value & 0x3ff;
    if (id >= 1020) {
        return; /* of a spurious acknowledge */
    }
    struct gic_cpu *cpu = interface(gic);
    drop_priority(cpu, group0_too);
    if (!(cpu->ctlr & GICC_EOI_MODE)) {
        deactivate(gic, id);
    }
    gic_update(gic);
}

static void eoir_write(void *device, const struct reg *reg, uint32_t value)
{
    end_of_interrupt(device, value, true);
}

static void aeoir_write(void *device, const struct reg *reg, uint32_t value)
{
    end_of_interrupt(device, value, false);
}

static void dir_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    if (!(interface(gic)->ctlr & GICC_EOI_MODE)) {
        log_write(gic->cpu_regs.log, LOG_GUEST_ERRORS, "gic: DIR written while EOImode is 0\n");
        return;
    }
    deactivate(gic, value & 0x3ff);
    gic_update(gic);
}

static uint32_t rpr_read(void *device, const struct reg *reg)
{
    unsigned priority = gic_running_priority(interface(device));
    return priority == GIC_IDLE ? 0xff : priority;
}

/* What IAR or AIAR would be about, were there no mask and nothing running (4.4.7). */
static uint32_t highest_pending(struct gicv2 *gic, bool alias)
{
    unsigned self = gic_accessor(gic), id = gic_best(gic, self);
    if (id == GIC_SPURIOUS_ID) {
        return id;
    }
    const struct gic_cpu *cpu = &gic->cpu[self];
    bool group1 = gic_bit(&gic->group1, self, id);
    if (alias && !group1) {
        return GIC_SPURIOUS_ID;
    }
    if (!alias && group1 && !(cpu->ctlr & GICC_ACK_CTL)) {
        return GIC_GROUP1_ID;
    }
    unsigned source = id < GIC_SGIS ? (unsigned)__builtin_ctz(cpu->sgi_sources[id]) : 0;
    return id | source << 10;
}

static uint32_t hppir_read(void *device, const struct reg *reg)
{
    return highest_pending(device, false);
}

static uint32_t ahppir_read(void *device, const struct reg *reg)
{
    return highest_pending(device, true);
}

static uint32_t apr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    return interface(gic)->apr[gic->cpu_regs.index];
}

static void apr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->apr[gic->cpu_regs.index] = value;
    gic_update(gic);
}

static uint32_t nsapr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    return interface(gic)->nsapr[gic->cpu_regs.index];
}

static void nsapr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    interface(gic)->nsapr[gic->cpu_regs.index] = value;
    gic_update(gic);
}

const struct reg gicv2_cpu_regs[] = {
    {"CTLR", 0x00, 4, REG_NONE, .read = ctlr_read, .write = ctlr_write},
    {"PMR", 0x04, 4, REG_NONE, .read = pmr_read, .write = pmr_write},
    {"BPR", 0x08, 4, REG_NONE, .read = bpr_read, .write = bpr_write},
    {"IAR", 0x0c, 4, REG_NONE, .read = iar_read, .read_only = true},
    {"EOIR", 0x10, 4, REG_NONE, .write = eoir_write, .write_only = true},
    {"RPR", 0x14, 4, REG_NONE, .read = rpr_read, .read_only = true},
    {"HPPIR", 0x18, 4, REG_NONE, .read = hppir_read, .read_only = true},
    {"ABPR", 0x1c, 4, REG_NONE, .read = abpr_read, .write = abpr_write},
    {"AIAR", 0x20, 4, REG_NONE, .read = aiar_read, .read_only = true},
    {"AEOIR", 0x24, 4, REG_NONE, .write = aeoir_write, .write_only = true},
    {"AHPPIR", 0x28, 4, REG_NONE, .read = ahppir_read, .read_only = true},
    {"APR", 0xd0, 4, REG_NONE, .read = apr_read, .write = apr_write, .count = 4, .stride = 4},
    {"NSAPR", 0xe0, 4, REG_NONE, .read = nsapr_read, .write = nsapr_write, .count = 4, .stride = 4},
    {"IIDR", 0xfc, 4, REG_NONE, .reset = 0x0202143b, .read_only = true},
    {"DIR", 0x1000, 4, REG_NONE, .write = dir_write, .write_only = true},
};
const unsigned gicv2_cpu_reg_count = ARRAY_SIZE(gicv2_cpu_regs);
