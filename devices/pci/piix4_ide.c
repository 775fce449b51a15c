/* Function 1, the IDE controller (datasheet, chapter 5): two channels at the addresses of PCs,
 * which their timing registers enable. Timings themselves have no effect. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/ide/busmaster.h"
#include "devices/pci/piix4_parts.h"

#include <stdlib.h>

enum { IDETIM = 0x40, DECODE = 0x8000 };

struct piix4_ide {
    struct pci_function pci;
    struct ide_channel *channels[2];
    struct ide_busmaster master;
};

/* Windows 2n and 2n + 1 are channel n's. */
static const struct {
    const char *command, *control;
    uint32_t command_port, control_port;
} ports[] = {
    {"ide0-command", "ide0-control", 0x1f0, 0x3f6},
    {"ide1-command", "ide1-control", 0x170, 0x376},
};

static void place(struct piix4_ide *ide)
{
    bool io = pci_config_get(&ide->pci, PCI_COMMAND, 2) & PCI_COMMAND_IO;
    for (unsigned n = 0; n < 2; n++) {
        bool open = io && pci_config_get(&ide->pci, IDETIM + 2 * n, 2) & DECODE;
        pci_set_window(&ide->pci, 2 * n, open, ports[n].command_port);
        pci_set_window(&ide->pci, 2 * n + 1, open, ports[n].control_port);
    }
}

static void config_written(struct pci_function *function, unsigned reg, unsigned size)
{
    if (pci_hits(reg, size, PCI_COMMAND, 2) || pci_hits(reg, size, IDETIM, 4)) {
        place((struct piix4_ide *)function);
    }
}

static const struct pci_reg ide_regs[] = {
    {"PCICMD", PCI_COMMAND, 2, .writable = PCI_COMMAND_IO | PCI_COMMAND_MASTER},
    {"IDETIM0", 0x40, 2, .writable = 0xffff},
    {"IDETIM1", 0x42, 2, .writable = 0xffff},
    {"SIDETIM", 0x44, 1, .writable = 0xff},
    {"SDMACTL", 0x48, 1, .writable = 0x0f},
    {"SDMATIM", 0x4a, 2, .writable = 0x3333},
};

static const struct pci_kind ide_kind = {
    .name = "piix4-ide",
    .vendor = 0x8086,
    .device = 0x7111,
    .class_code = 0x010180, /* bus master; both channels at their fixed addresses */
    .status = 0x0280,
    .regs = ide_regs,
    .reg_count = ARRAY_SIZE(ide_regs),
    .written = config_written,
};

static const struct field ide_fields[] = {
    PCI_FIELDS(piix4_ide, pci),
    IDE_BUSMASTER_FIELDS(piix4_ide, master),
};

static void piix4_ide_reset(void *device)
{
    struct piix4_ide *ide = device;
    ide_busmaster_reset(&ide->master);
}

static const struct device_ops piix4_ide_ops = {
    .name = "piix4-ide",
    .fields = ide_fields,
    .field_count = ARRAY_SIZE(ide_fields),
    .reset = piix4_ide_reset,
    .destroy = free,
};

struct piix4_ide *piix4_ide_create(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                                   const struct irq irqs[2])
{
    struct piix4_ide *ide = calloc(1, sizeof(*ide));
    CHECK(ide);
    pci_function_init(&ide->pci, bus, devfn, &ide_kind, &piix4_ide_ops);
    for (unsigned n = 0; n < 2; n++) {
        ide->channels[n] = ide_channel_create(machine, irqs[n]);
        pci_add_window(&ide->pci, 2 * n,
                       &(struct pci_window){ports[n].command, PCI_IO, IDE_COMMAND_SIZE,
                                            &ide_command_ops, ide->channels[n]});
        pci_add_window(&ide->pci, 2 * n + 1,
                       &(struct pci_window){ports[n].control, PCI_IO, IDE_CONTROL_SIZE,
                                            &ide_control_ops, ide->channels[n]});
    }
    ide_busmaster_init(&ide->master, &ide->pci, ide->channels, &machine->config.log);
    pci_add_bar(&ide->pci, 4,
                &(struct pci_window){"ide-busmaster", PCI_IO, IDE_BUSMASTER_SIZE,
                                     &ide_busmaster_ops, &ide->master});
    return ide;
}

struct ide_channel *piix4_ide_get(struct piix4_ide *ide, unsigned n)
{
    return ide->channels[n];
}
