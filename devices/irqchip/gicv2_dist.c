/* The distributor's registers (IHI 0048B, 4.3). */
#include "devices/irqchip/gicv2_state.h"

#include "core/base/bits.h"
#include "core/base/log.h"

/* What most hooks work on: a bitmap's word that the access is about. NULL beyond the last interrupt
 * (reads as zero, writes ignored). */
static uint32_t *accessed(struct gicv2 *gic, struct gic_bits *bits)
{
    unsigned word = gic->dist_regs.index;
    return word < gic->ids / 32 ? gic_word(bits, gic_accessor(gic), word) : NULL;
}

static uint32_t read_bits(struct gicv2 *gic, struct gic_bits *bits)
{
    const uint32_t *word = accessed(gic, bits);
    return word ? *word : 0;
}

static void set_bits(struct gicv2 *gic, struct gic_bits *bits, uint32_t value)
{
    uint32_t *word = accessed(gic, bits);
    if (word) {
        *word |= value;
        gic_update(gic);
    }
}

static void clear_bits(struct gicv2 *gic, struct gic_bits *bits, uint32_t value)
{
    uint32_t *word = accessed(gic, bits);
    if (word) {
        *word &= ~value;
        gic_update(gic);
    }
}

/* SGIs are word 0's low half: always enabled, edge-triggered, set and cleared by their own
 * registers. */
static uint32_t not_sgis(const struct gicv2 *gic, uint32_t value)
{
    return gic->dist_regs.index ? value : value & 0xffff0000;
}

static void ctlr_write(void *device, const struct reg *reg, uint32_t value)
{
    gic_update(device);
}

static uint32_t typer_read(void *device, const struct reg *reg)
{
    const struct gicv2 *gic = device;
    return (gic->ids / 32 - 1) | (gic->cpus - 1) << 5;
}

static uint32_t igroupr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    return read_bits(gic, &gic->group1);
}

static void igroupr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    uint32_t *word = accessed(gic, &gic->group1);
    if (word) {
        *word = value;
        gic_update(gic);
    }
}

static uint32_t enabler_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    return read_bits(gic, &gic->enabled);
}

static void isenabler_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    set_bits(gic, &gic->enabled, value);
}

static void icenabler_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    clear_bits(gic, &gic->enabled, not_sgis(gic, value));
}

static uint32_t pendr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    unsigned word = gic->dist_regs.index;
    return word < gic->ids / 32 ? gic_pending(gic, gic_accessor(gic), word) : 0;
}

static void ispendr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    set_bits(gic, &gic->latched, not_sgis(gic, value));
}

static void icpendr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    clear_bits(gic, &gic->latched, not_sgis(gic, value));
}

static uint32_t activer_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    return read_bits(gic, &gic->active);
}

static void isactiver_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    set_bits(gic, &gic->active, value);
}

static void icactiver_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    clear_bits(gic, &gic->active, value);
}

static uint32_t ipriorityr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    unsigned id = gic->dist_regs.index;
    return id < gic->ids ? *gic_priority(gic, gic_accessor(gic), id) : 0;
}

static void ipriorityr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    unsigned id = gic->dist_regs.index;
    if (id < gic->ids) {
        *gic_priority(gic, gic_accessor(gic), id) = (uint8_t)value;
        gic_update(gic);
    }
}

/* With one CPU these read as zero and everything goes to it (4.3.12). */
static uint32_t itargetsr_read(void *device, const struct reg *reg)
{
    const struct gicv2 *gic = device;
    unsigned id = gic->dist_regs.index;
    if (gic->cpus == 1 || id >= gic->ids) {
        return 0;
    }
    return id < GIC_PRIVATE ? 1u << gic_accessor(gic) : gic->targets[id];
}

static void itargetsr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    unsigned id = gic->dist_regs.index;
    if (gic->cpus == 1 || id >= gic->ids || id < GIC_PRIVATE) {
        return;
    }
    gic->targets[id] = (uint8_t)(value & ((1u << gic->cpus) - 1));
    for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
        uint32_t *word = &gic->target_words[cpu][id / 32];
        *word = (uint32_t)bits_put(*word, id % 32, 1, gic->targets[id] >> cpu);
    }
    gic_update(gic);
}

/* Two bits for each interrupt, the upper one: edge-triggered. */
static uint32_t icfgr_read(void *device, const struct reg *reg)
{
    struct gicv2 *gic = device;
    uint32_t value = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned id = 16 * gic->dist_regs.index + i;
        value |= id < gic->ids && gic_bit(&gic->edge, gic_accessor(gic), id) ? 2u << (2 * i) : 0;
    }
    return value;
}

static void icfgr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    for (unsigned i = 0; i < 16; i++) {
        unsigned id = 16 * gic->dist_regs.index + i;
        if (id >= GIC_SGIS && id < gic->ids) {
            uint32_t *word = gic_word(&gic->edge, gic_accessor(gic), id / 32);
            *word = (uint32_t)bits_put(*word, id % 32, 1, value >> (2 * i + 1));
        }
    }
    gic_update(gic);
}

/* Levels of the PPI and SPI inputs (GIC-400: DDI 0471B, 3.2). */
static uint32_t ppisr_read(void *device, const struct reg *reg)
{
    const struct gicv2 *gic = device;
    return gic->line.banked[gic_accessor(gic)] >> 16;
}

static uint32_t spisr_read(void *device, const struct reg *reg)
{
    const struct gicv2 *gic = device;
    unsigned word = gic->dist_regs.index + 1;
    return word < gic->ids / 32 ? gic->line.shared[word] : 0;
}

static void sgir_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    unsigned self = gic_accessor(gic), id = value & 15, targets = 0;
    switch (bits_get(value, 24, 2)) { /* TargetListFilter */
    case 0:
        targets = (unsigned)bits_get(value, 16, 8);
        break;
    case 1:
        targets = ~(1u << self);
        break;
    case 2:
        targets = 1u << self;
        break;
    case 3:
        log_write(gic->dist_regs.log, LOG_GUEST_ERRORS, "gic: reserved target filter in SGIR\n");
        break;
    }
    for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
        if (targets >> cpu & 1) {
            gic->cpu[cpu].sgi_sources[id] |= (uint8_t)(1u << self);
        }
    }
    gic_update(gic);
}

/* One byte for each SGI: the CPUs it is pending from. */
static uint32_t pendsgir_read(void *device, const struct reg *reg)
{
    const struct gicv2 *gic = device;
    return gic->cpu[gic_accessor(gic)].sgi_sources[gic->dist_regs.index];
}

static void cpendsgir_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    gic->cpu[gic_accessor(gic)].sgi_sources[gic->dist_regs.index] &= (uint8_t)~value;
    gic_update(gic);
}

static void spendsgir_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gicv2 *gic = device;
    gic->cpu[gic_accessor(gic)].sgi_sources[gic->dist_regs.index] |=
        (uint8_t)(value & ((1u << gic->cpus) - 1));
    gic_update(gic);
}

#define BITMAP(name, at, get, set)                                                                 \
    {                                                                                              \
        name, at, 4, REG_NONE, .read = get, .write = set, .count = GIC_WORDS, .stride = 4          \
    }
#define ID(name, at, value)                                                                        \
    {                                                                                              \
        name, at, 4, REG_NONE, .reset = value, .read_only = true                                   \
    }
const struct reg gicv2_dist_regs[] = {
    {"CTLR", 0x000, 4, offsetof(struct gicv2, ctlr), .writable = 3, .write = ctlr_write},
    {"TYPER", 0x004, 4, REG_NONE, .read = typer_read, .read_only = true},
    ID("IIDR", 0x008, 0x0200143b),
    BITMAP("IGROUPR", 0x080, igroupr_read, igroupr_write),
    BITMAP("ISENABLER", 0x100, enabler_read, isenabler_write),
    BITMAP("ICENABLER", 0x180, enabler_read, icenabler_write),
    BITMAP("ISPENDR", 0x200, pendr_read, ispendr_write),
    BITMAP("ICPENDR", 0x280, pendr_read, icpendr_write),
    BITMAP("ISACTIVER", 0x300, activer_read, isactiver_write),
    BITMAP("ICACTIVER", 0x380, activer_read, icactiver_write),
    {"IPRIORITYR", 0x400, 1, REG_NONE, .read = ipriorityr_read, .write = ipriorityr_write,
     .count = GIC_IDS, .stride = 1},
    {"ITARGETSR", 0x800, 1, REG_NONE, .read = itargetsr_read, .write = itargetsr_write,
     .count = GIC_IDS, .stride = 1},
    {"ICFGR", 0xc00, 4, REG_NONE, .read = icfgr_read, .write = icfgr_write, .count = 2 * GIC_WORDS,
     .stride = 4},
    {"PPISR", 0xd00, 4, REG_NONE, .read = ppisr_read, .read_only = true},
    {"SPISR", 0xd04, 4, REG_NONE, .read = spisr_read, .read_only = true, .count = GIC_WORDS - 1,
     .stride = 4},
    {"SGIR", 0xf00, 4, REG_NONE, .write = sgir_write, .write_only = true},
    {"CPENDSGIR", 0xf10, 1, REG_NONE, .read = pendsgir_read, .write = cpendsgir_write,
     .count = GIC_SGIS, .stride = 1},
    {"SPENDSGIR", 0xf20, 1, REG_NONE, .read = pendsgir_read, .write = spendsgir_write,
     .count = GIC_SGIS, .stride = 1},
    ID("PIDR4", 0xfd0, 0x04),
    ID("PIDR5", 0xfd4, 0x00),
    ID("PIDR6", 0xfd8, 0x00),
    ID("PIDR7", 0xfdc, 0x00),
    ID("PIDR0", 0xfe0, 0x90),
    ID("PIDR1", 0xfe4, 0xb4),
    ID("PIDR2", 0xfe8, 0x2b),
    ID("PIDR3", 0xfec, 0x00),
    ID("CIDR0", 0xff0, 0x0d),
    ID("CIDR1", 0xff4, 0xf0),
    ID("CIDR2", 0xff8, 0x05),
    ID("CIDR3", 0xffc, 0xb1),
};
const unsigned gicv2_dist_reg_count = ARRAY_SIZE(gicv2_dist_regs);
