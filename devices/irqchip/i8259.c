#include "devices/irqchip/i8259.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"

#include <stdlib.h>

enum { PORT_MASTER = 0x20, PORT_SLAVE = 0xa0, PORT_ELCR = 0x4d0 };
enum { LINES = 8, CASCADE = 2, SPURIOUS = 7, NOTHING = 8 };

/* Initialization command words (fig. 7) */
enum { ICW1 = 1 << 4, ICW1_SINGLE = 1 << 1, ICW1_IC4 = 1 << 0 };
enum { ICW4_NESTED = 1 << 4, ICW4_AEOI = 1 << 1, ICW4_8086 = 1 << 0 };

/* Operation command words (fig. 8) */
enum { OCW3 = 1 << 3 };
enum { OCW2_ROTATE = 1 << 7, OCW2_SPECIFIC = 1 << 6, OCW2_EOI = 1 << 5 };
enum { OCW3_ESMM = 1 << 6, OCW3_SMM = 1 << 5, OCW3_POLL = 1 << 2, OCW3_RR = 1 << 1, OCW3_RIS = 1 };
enum { POLL_INTERRUPT = 1 << 7 };

/* What port 1 expects. */
enum stage { STAGE_READY, STAGE_ICW2, STAGE_ICW3, STAGE_ICW4 };

struct chip {
    struct i8259 *pic;
    struct reg_block regs;
    uint8_t pins, latched; /* input levels; rising edges since seen */
    uint32_t elcr;         /* level-triggered inputs */
    uint8_t imr, isr, icw1, icw3, icw4, vector;
    uint8_t lowest; /* the input of lowest priority */
    uint8_t stage;  /* enum stage */
    bool read_isr, poll, special_mask, rotate_aeoi;
};

struct i8259 {
    struct device device;
    struct reg_block elcr_regs;
    struct irq output;
    struct chip master, slave;
};

/* ---- priorities ------------------------------------------------------------------------------ */

static uint8_t requests(const struct chip *chip)
{
    uint8_t level = (uint8_t)chip->elcr;
    return chip->pins & (level | chip->latched);
}

/* Rank 0 is the highest priority; NOTHING if no bit is set. */
static unsigned best_rank(const struct chip *chip, uint8_t lines)
{
    unsigned rank = 0;
    while (rank < LINES && !(lines >> (chip->lowest + 1 + rank) % LINES & 1)) {
        rank++;
    }
    return rank;
}

static unsigned line_of(const struct chip *chip, unsigned rank)
{
    return rank == NOTHING ? NOTHING : (chip->lowest + 1 + rank) % LINES;
}

/* The input that interrupts now, or NOTHING. What is in service stands against lower priorities,
 * except where it is masked in special mask mode, and except a slave's input in special fully
 * nested mode, where the slave itself knows the priorities. Nothing does during initialization, so
 * that a slave's request is an edge for the master when both are done. */
static unsigned pending(const struct chip *chip)
{
    if (chip->stage != STAGE_READY) {
        return NOTHING;
    }
    uint8_t service = chip->isr;
    if (chip->special_mask) {
        service &= ~chip->imr;
    }
    if (chip->icw4 & ICW4_NESTED && chip == &chip->pic->master) {
        service &= ~(1 << CASCADE);
    }
    unsigned rank = best_rank(chip, requests(chip) & ~chip->imr);
    return rank < best_rank(chip, service) ? line_of(chip, rank) : NOTHING;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void chip_set(struct chip *chip, unsigned n, bool level)
{
    uint8_t bit = (uint8_t)(1 << n);
    if (!level) {
        /* An edge whose line falls before the acknowledge is gone (fig. 9). */
        chip->pins &= ~bit;
        chip->latched &= ~bit;
    } else if (!(chip->pins & bit)) {
        chip->pins |= bit;
        chip->latched |= bit;
    }
}

static void update(struct i8259 *pic)
{
    chip_set(&pic->master, CASCADE, pending(&pic->slave) != NOTHING);
    irq_set(&pic->output, pending(&pic->master) != NOTHING);
}

static void input_set(void *opaque, unsigned n, bool level)
{
    struct i8259 *pic = opaque;
    chip_set(n < LINES ? &pic->master : &pic->slave, n % LINES, level);
    update(pic);
}

/* ---- acknowledge ----------------------------------------------------------------------------- */

/* Takes input n into service. */
static void accept(struct chip *chip, unsigned n)
{
    uint8_t bit = (uint8_t)(1 << n);
    chip->latched &= ~bit;
    if (chip == &chip->pic->slave) {
        /* INT falls with the acknowledge, so that a further request is an edge for the master. */
        chip_set(&chip->pic->master, CASCADE, false);
    }
    if (!(chip->icw4 & ICW4_AEOI)) {
        chip->isr |= bit;
    } else if (chip->rotate_aeoi) {
        chip->lowest = (uint8_t)n;
    }
}

/* One chip's part: its input; input 7 is answered, without being in service, if the request has
 * gone (the data sheet's "default IR7"). */
static unsigned chip_acknowledge(struct chip *chip)
{
    unsigned n = pending(chip);
    if (n == NOTHING) {
        return SPURIOUS;
    }
    accept(chip, n);
    return n;
}

uint8_t i8259_acknowledge(struct i8259 *pic)
{
    bool single = pic->master.icw1 & ICW1_SINGLE;
    bool cascaded = !single && pending(&pic->master) == CASCADE;
    struct chip *chip = &pic->master;
    unsigned n = chip_acknowledge(chip);
    if (cascaded) {
        chip = &pic->slave;
        n = chip_acknowledge(chip);
    }
    update(pic);
    return (uint8_t)(chip->vector | n);
}

static uint32_t poll(struct chip *chip)
{
    unsigned n = pending(chip);
    chip->poll = false;
    if (n == NOTHING) {
        return 0;
    }
    accept(chip, n);
    update(chip->pic);
    return POLL_INTERRUPT | n;
}

/* ---- command words --------------------------------------------------------------------------- */

/* ICW1 begins anew: edges are forgotten, nothing is masked, input 7 is the lowest. Level or edge
 * is ELCR's to say here, not bit LTIM's. */
static void icw1_write(struct chip *chip, uint8_t value)
{
    chip->icw1 = value;
    chip->latched = chip->imr = chip->isr = chip->icw4 = 0;
    chip->lowest = 7;
    chip->read_isr = chip->poll = chip->special_mask = chip->rotate_aeoi = false;
    chip->stage = STAGE_ICW2;
}

static void end_of_interrupt(struct chip *chip, uint8_t command)
{
    uint8_t service = chip->isr;
    if (chip->special_mask) {
        service &= ~chip->imr; /* masked ones are not cleared ("special mask mode") */
    }
    unsigned n = command & OCW2_SPECIFIC ? command & 7u : line_of(chip, best_rank(chip, service));
    if (n == NOTHING) {
        return;
    }
    chip->isr &= ~(1 << n);
    if (command & OCW2_ROTATE) {
        chip->lowest = (uint8_t)n;
    }
}

static void ocw2_write(struct chip *chip, uint8_t value)
{
    if (value & OCW2_EOI) {
        end_of_interrupt(chip, value);
    } else if (!(value & OCW2_SPECIFIC)) {
        chip->rotate_aeoi = value & OCW2_ROTATE;
    } else if (value & OCW2_ROTATE) {
        chip->lowest = value & 7;
    }
}

static void ocw3_write(struct chip *chip, uint8_t value)
{
    if (value & OCW3_ESMM) {
        chip->special_mask = value & OCW3_SMM;
    }
    chip->poll = value & OCW3_POLL;
    if (value & OCW3_RR) {
        chip->read_isr = value & OCW3_RIS;
    }
}

static void command_write(void *opaque, const struct reg *reg, uint32_t value)
{
    struct chip *chip = opaque;
    if (value & ICW1) {
        icw1_write(chip, (uint8_t)value);
    } else if (value & OCW3) {
        ocw3_write(chip, (uint8_t)value);
    } else {
        ocw2_write(chip, (uint8_t)value);
    }
    update(chip->pic);
}

static uint32_t command_read(void *opaque, const struct reg *reg)
{
    struct chip *chip = opaque;
    return chip->poll ? poll(chip) : chip->read_isr ? chip->isr : requests(chip);
}

static void icw4_write(struct chip *chip, uint8_t value)
{
    chip->icw4 = value;
    if (!(value & ICW4_8086)) {
        log_write(chip->regs.log, LOG_UNIMP, "i8259: MCS-80 mode is not there\n");
    }
}

static void data_write(void *opaque, const struct reg *reg, uint32_t value)
{
    struct chip *chip = opaque;
    bool single = chip->icw1 & ICW1_SINGLE, has_icw4 = chip->icw1 & ICW1_IC4;
    enum stage last = has_icw4 ? STAGE_ICW4 : STAGE_READY;
    switch ((enum stage)chip->stage) {
    case STAGE_READY:
        chip->imr = (uint8_t)value;
        break;
    case STAGE_ICW2:
        chip->vector = value & 0xf8;
        chip->stage = single ? last : STAGE_ICW3;
        break;
    case STAGE_ICW3:
        chip->icw3 = (uint8_t)value;
        chip->stage = last;
        break;
    case STAGE_ICW4:
        icw4_write(chip, (uint8_t)value);
        chip->stage = STAGE_READY;
        break;
    }
    update(chip->pic);
}

static uint32_t data_read(void *opaque, const struct reg *reg)
{
    struct chip *chip = opaque;
    return chip->poll ? poll(chip) : chip->imr;
}

static const struct reg chip_regs[] = {
    {"ICW1/OCW2/OCW3", 0, 1, REG_NONE, .read = command_read, .write = command_write},
    {"ICW2-4/OCW1", 1, 1, REG_NONE, .read = data_read, .write = data_write},
};

static void elcr_write(void *opaque, const struct reg *reg, uint32_t value)
{
    update(opaque);
}

/* The timer, the keyboard, the cascade, the clock and the FPU's error are edges for ever. */
#define STATE(member) offsetof(struct i8259, member)
static const struct reg elcr_regs[] = {
    {"ELCR1", 0, 1, STATE(master.elcr), .writable = 0xf8, .write = elcr_write},
    {"ELCR2", 1, 1, STATE(slave.elcr), .writable = 0xde, .write = elcr_write},
};

/* ---- the device ------------------------------------------------------------------------------ */

#define CHIP_FIELDS(chip)                                                                          \
    FIELD(i8259, chip.pins, FIELD_U8), FIELD(i8259, chip.latched, FIELD_U8),                       \
        FIELD(i8259, chip.elcr, FIELD_U32), FIELD(i8259, chip.imr, FIELD_U8),                      \
        FIELD(i8259, chip.isr, FIELD_U8), FIELD(i8259, chip.icw1, FIELD_U8),                       \
        FIELD(i8259, chip.icw3, FIELD_U8), FIELD(i8259, chip.icw4, FIELD_U8),                      \
        FIELD(i8259, chip.vector, FIELD_U8), FIELD(i8259, chip.lowest, FIELD_U8),                  \
        FIELD(i8259, chip.stage, FIELD_U8), FIELD(i8259, chip.read_isr, FIELD_BOOL),               \
        FIELD(i8259, chip.poll, FIELD_BOOL), FIELD(i8259, chip.special_mask, FIELD_BOOL),          \
        FIELD(i8259, chip.rotate_aeoi, FIELD_BOOL)
static const struct field i8259_fields[] = {CHIP_FIELDS(master), CHIP_FIELDS(slave)};

static void chip_reset(struct chip *chip)
{
    icw1_write(chip, 0);
    chip->elcr = 0;
    chip->icw3 = chip->vector = 0;
    chip->stage = STAGE_READY;
}

/* The inputs' levels are their devices' to change. */
static void i8259_reset(void *device)
{
    struct i8259 *pic = device;
    chip_reset(&pic->master);
    chip_reset(&pic->slave);
    update(pic);
}

static const struct device_ops i8259_ops = {
    .name = "i8259",
    .fields = i8259_fields,
    .field_count = ARRAY_SIZE(i8259_fields),
    .reset = i8259_reset,
    .destroy = free,
};

static void chip_init(struct i8259 *pic, struct chip *chip, struct bus *ports, uint64_t base)
{
    chip->pic = pic;
    chip->regs = (struct reg_block){
        .device = "i8259",
        .regs = chip_regs,
        .count = ARRAY_SIZE(chip_regs),
        .log = &pic->device.machine->config.log,
        .opaque = chip,
    };
    chip_reset(chip);
    bus_add_mmio(ports, "i8259", base, 2, &regs_mmio_ops, &chip->regs);
}

struct i8259 *i8259_create(struct machine *machine, struct bus *ports, struct irq output)
{
    struct i8259 *pic = calloc(1, sizeof(*pic));
    CHECK(pic);
    pic->device.ops = &i8259_ops;
    pic->output = output;
    machine_add_device(machine, &pic->device);
    chip_init(pic, &pic->master, ports, PORT_MASTER);
    chip_init(pic, &pic->slave, ports, PORT_SLAVE);
    pic->elcr_regs = (struct reg_block){
        .device = "i8259",
        .regs = elcr_regs,
        .count = ARRAY_SIZE(elcr_regs),
        .log = &machine->config.log,
        .opaque = pic,
    };
    bus_add_mmio(ports, "elcr", PORT_ELCR, 2, &regs_mmio_ops, &pic->elcr_regs);
    return pic;
}

struct irq i8259_input(struct i8259 *pic, unsigned n)
{
    CHECK(n < I8259_INPUTS && n != CASCADE);
    return (struct irq){input_set, pic, n};
}
