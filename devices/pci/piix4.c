/* Function 0, the ISA bridge: interrupt routing, reset (datasheet, chapter 4). */
#include "devices/pci/piix4.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/pci/pci.h"
#include "devices/pci/piix4_parts.h"

#include <stdlib.h>

enum { PIRQRC = 0x60, PIRQ_OFF = 0x80, PIRQ_MASK = 0x0f };
/* ISA interrupts that a PIRQ may be routed to (4.1.10): 3-7, 9-12, 14, 15. */
enum { ROUTABLE = 0xdef8 };
/* What drives ISA interrupts: the PIRQs, and sources with a number of their own. */
enum { SOURCE_SCI = PCI_WIRES, SOURCE_IDE0, SOURCE_IDE1, SOURCES };
static const uint8_t fixed_routes[SOURCES] = {
    [SOURCE_SCI] = 9, [SOURCE_IDE0] = 14, [SOURCE_IDE1] = 15};
enum { APM_PORT = 0xb2, RESET_PORT = 0xcf9 };
enum { RESET_CPU = 1 << 2, RESET_HARD = 1 << 1 };

struct piix4 {
    struct pci_function pci;
    struct irq isa[16];
    struct piix4_ide *ide;
    struct reg_block apm, reset;
    uint32_t apm_control, apm_status, reset_control;
    uint8_t sources; /* their levels */
    uint16_t driven; /* ISA interrupts that they drive */
};

/* ---- interrupts ------------------------------------------------------------------------------ */

static void update(struct piix4 *piix4)
{
    uint16_t driven = 0;
    for (unsigned n = 0; n < SOURCES; n++) {
        uint8_t route = n < PCI_WIRES ? piix4->pci.config[PIRQRC + n] : fixed_routes[n];
        if (piix4->sources >> n & 1 && !(route & PIRQ_OFF)) {
            driven |= (uint16_t)(1u << (route & PIRQ_MASK));
        }
    }
    driven &= ROUTABLE;
    uint16_t changed = driven ^ piix4->driven;
    piix4->driven = driven;
    for (unsigned n = 0; n < 16; n++) {
        if (changed >> n & 1) {
            irq_set(&piix4->isa[n], driven >> n & 1);
        }
    }
}

static void source(void *opaque, unsigned n, bool level)
{
    struct piix4 *piix4 = opaque;
    piix4->sources = (uint8_t)bits_put(piix4->sources, n, 1, level);
    update(piix4);
}

struct irq piix4_pirq(struct piix4 *piix4, unsigned n)
{
    return (struct irq){source, piix4, n};
}

static void config_written(struct pci_function *function, unsigned reg, unsigned size)
{
    struct piix4 *piix4 = (struct piix4 *)function;
    if (pci_hits(reg, size, PIRQRC, PCI_WIRES)) {
        update(piix4);
    }
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* Reset Control (4.2.7.1): the CPU is reset when bit 2 rises. */
static void reset_write(void *device, const struct reg *reg, uint32_t value)
{
    struct piix4 *piix4 = device;
    if (value & RESET_CPU) {
        machine_request_reset(piix4->pci.device.machine);
    }
}

#define STATE(member) offsetof(struct piix4, member)
static const struct reg apm_regs[] = {
    {"APMC", 0, 1, STATE(apm_control), .writable = 0xff},
    {"APMS", 1, 1, STATE(apm_status), .writable = 0xff},
};
static const struct reg reset_regs[] = {
    {"RC", 0, 1, STATE(reset_control), .writable = RESET_HARD, .write = reset_write},
};

/* ---- the function ---------------------------------------------------------------------------- */

static const struct pci_reg piix4_regs[] = {
    {"PCICMD", PCI_COMMAND, 2, .reset = 0x0007, .writable = 0x0108},
    {"IORT", 0x4c, 1, .reset = 0x4d, .writable = 0xff},
    {"XBCS", 0x4e, 2, .reset = 0x0003, .writable = 0xffff},
    {"PIRQRCA", 0x60, 1, .reset = PIRQ_OFF, .writable = 0x8f},
    {"PIRQRCB", 0x61, 1, .reset = PIRQ_OFF, .writable = 0x8f},
    {"PIRQRCC", 0x62, 1, .reset = PIRQ_OFF, .writable = 0x8f},
    {"PIRQRCD", 0x63, 1, .reset = PIRQ_OFF, .writable = 0x8f},
    {"SERIRQC", 0x64, 1, .reset = 0x10, .writable = 0xff},
    {"TOM", 0x69, 1, .reset = 0x02, .writable = 0xfe},
    {"MSTAT", 0x6a, 2, .writable = 0x8080},
    {"MBDMA0", 0x76, 1, .reset = 0x0c, .writable = 0x8f},
    {"MBDMA1", 0x77, 1, .reset = 0x0c, .writable = 0x8f},
    {"APICBASE", 0x80, 1, .writable = 0x7f},
    {"DLC", 0x82, 1, .writable = 0x0f},
    {"PDMACFG", 0x90, 2, .writable = 0xffff},
    {"DDMABP0", 0x92, 2, .writable = 0xffc0},
    {"DDMABP1", 0x94, 2, .writable = 0xffc0},
    {"GENCFG", 0xb0, 4, .writable = 0xffffffff},
    {"RTCCFG", 0xcb, 1, .reset = 0x21, .writable = 0x3d},
};

static const struct pci_kind piix4_kind = {
    .name = "piix4",
    .vendor = 0x8086,
    .device = 0x7110,
    .class_code = 0x060100,
    .status = 0x0280,
    .multifunction = true,
    .regs = piix4_regs,
    .reg_count = ARRAY_SIZE(piix4_regs),
    .written = config_written,
};

static const struct field piix4_fields[] = {
    PCI_FIELDS(piix4, pci),
    FIELD(piix4, apm_control, FIELD_U32),
    FIELD(piix4, apm_status, FIELD_U32),
    FIELD(piix4, reset_control, FIELD_U32),
    FIELD(piix4, sources, FIELD_U8),
    FIELD(piix4, driven, FIELD_U16),
};

static void piix4_reset(void *device)
{
    struct piix4 *piix4 = device;
    regs_reset(&piix4->apm);
    regs_reset(&piix4->reset);
    update(piix4);
}

static const struct device_ops piix4_ops = {
    .name = "piix4",
    .fields = piix4_fields,
    .field_count = ARRAY_SIZE(piix4_fields),
    .reset = piix4_reset,
    .destroy = free,
};

static void add_ports(struct piix4 *piix4, struct pci_bus *bus, struct reg_block *block,
                      const struct reg *regs, unsigned count, const char *name, unsigned port)
{
    *block = (struct reg_block){
        .device = name,
        .regs = regs,
        .count = count,
        .log = &piix4->pci.device.machine->config.log,
        .opaque = piix4,
    };
    bus_add_mmio(pci_bus_space(bus, PCI_IO), name, port, count, &regs_mmio_ops, block);
}

struct piix4 *piix4_create(struct machine *machine, struct pci_bus *bus,
                           const struct piix4_config *config)
{
    struct piix4 *piix4 = calloc(1, sizeof(*piix4));
    CHECK(piix4);
    for (unsigned n = 0; n < 16; n++) {
        piix4->isa[n] = config->isa[n];
    }
    pci_function_init(&piix4->pci, bus, PCI_DEVFN(config->slot, 0), &piix4_kind, &piix4_ops);
    add_ports(piix4, bus, &piix4->apm, apm_regs, ARRAY_SIZE(apm_regs), "apm", APM_PORT);
    add_ports(piix4, bus, &piix4->reset, reset_regs, 1, "reset-control", RESET_PORT);
    const struct irq ide_irqs[] = {{source, piix4, SOURCE_IDE0}, {source, piix4, SOURCE_IDE1}};
    piix4->ide = piix4_ide_create(machine, bus, PCI_DEVFN(config->slot, 1), ide_irqs);
    piix4_usb_create(machine, bus, PCI_DEVFN(config->slot, 2));
    piix4_pm_create(machine, bus, PCI_DEVFN(config->slot, 3),
                    (struct irq){source, piix4, SOURCE_SCI});
    return piix4;
}

struct ide_channel *piix4_ide_channel(struct piix4 *piix4, unsigned n)
{
    return piix4_ide_get(piix4->ide, n);
}
