/* Function 2, the USB controller (datasheet, chapter 6; UHCI Design Guide 1.1): registers of a host
 * controller whose two ports stay empty. It counts frames while it runs, and reads no schedule. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/pci/pci.h"
#include "devices/pci/piix4_parts.h"

#include <stdlib.h>

/* USBCMD, USBSTS (UHCI 2.1.1, 2.1.2) */
enum { RUN = 1 << 0, HOST_RESET = 1 << 1 };
enum { HALTED = 1 << 5 };
enum { PORT_ALWAYS = 1 << 7 }; /* PORTSC: a bit that reads as 1 */
enum { FRAME_NS = 1000000, FRAME_MASK = 0x7ff };

struct piix4_usb {
    struct pci_function pci;
    struct reg_block regs;
    uint32_t command, status, enable, frame, base, modify, ports[2];
    uint64_t began; /* virtual time of frame 0 while it runs */
};

static uint64_t frames(struct piix4_usb *usb)
{
    return sched_now(usb->pci.device.machine->sched) / FRAME_NS;
}

static uint32_t frame_read(void *device, const struct reg *reg)
{
    struct piix4_usb *usb = device;
    return (usb->command & RUN ? (uint32_t)(frames(usb) - usb->began) + usb->frame : usb->frame) &
           FRAME_MASK;
}

static void command_write(void *device, const struct reg *reg, uint32_t value)
{
    struct piix4_usb *usb = device;
    bool ran = !(usb->status & HALTED), runs = usb->command & RUN;
    if (value & HOST_RESET) {
        regs_reset(&usb->regs);
        return;
    }
    if (ran && !runs) {
        usb->frame = (uint32_t)(usb->frame + frames(usb) - usb->began) & FRAME_MASK;
        usb->status |= HALTED;
    } else if (!ran && runs) {
        usb->began = frames(usb);
        usb->status &= ~(uint32_t)HALTED;
    }
}

#define STATE(member) offsetof(struct piix4_usb, member)
static const struct reg usb_regs[] = {
    {"USBCMD", 0x00, 2, STATE(command), .writable = 0x00fd, .write = command_write},
    {"USBSTS", 0x02, 2, STATE(status), .reset = HALTED, .clear = 0x001f},
    {"USBINTR", 0x04, 2, STATE(enable), .writable = 0x000f},
    {"FRNUM", 0x06, 2, STATE(frame), .writable = FRAME_MASK, .read = frame_read},
    {"FRBASEADD", 0x08, 4, STATE(base), .writable = 0xfffff000},
    {"SOFMOD", 0x0c, 1, STATE(modify), .reset = 0x40, .writable = 0x7f},
    {"PORTSC", 0x10, 2, STATE(ports), .reset = PORT_ALWAYS, .writable = 0x1240, .count = 2,
     .stride = 2},
};

static const struct pci_reg usb_config_regs[] = {
    {"PCICMD", PCI_COMMAND, 2, .writable = PCI_COMMAND_IO | PCI_COMMAND_MASTER},
    {"SBRNUM", 0x60, 1, .reset = 0x10},
    {"LEGSUP", 0xc0, 2, .reset = 0x2000, .writable = 0x30bf, .clear = 0x8f00},
};

static const struct pci_kind usb_kind = {
    .name = "piix4-usb",
    .vendor = 0x8086,
    .device = 0x7112,
    .class_code = 0x0c0300,
    .revision = 0x01,
    .status = 0x0280,
    .pin = 4,
    .regs = usb_config_regs,
    .reg_count = ARRAY_SIZE(usb_config_regs),
};

static const struct field usb_fields[] = {
    PCI_FIELDS(piix4_usb, pci),          FIELD(piix4_usb, command, FIELD_U32),
    FIELD(piix4_usb, status, FIELD_U32), FIELD(piix4_usb, enable, FIELD_U32),
    FIELD(piix4_usb, frame, FIELD_U32),  FIELD(piix4_usb, base, FIELD_U32),
    FIELD(piix4_usb, modify, FIELD_U32), FIELD_ARRAY(piix4_usb, ports, FIELD_U32, 2),
    FIELD(piix4_usb, began, FIELD_U64),
};

static void usb_reset(void *device)
{
    struct piix4_usb *usb = device;
    regs_reset(&usb->regs);
}

static const struct device_ops usb_ops = {
    .name = "piix4-usb",
    .fields = usb_fields,
    .field_count = ARRAY_SIZE(usb_fields),
    .reset = usb_reset,
    .destroy = free,
};

void piix4_usb_create(struct machine *machine, struct pci_bus *bus, unsigned devfn)
{
    struct piix4_usb *usb = calloc(1, sizeof(*usb));
    CHECK(usb);
    usb->regs = (struct reg_block){
        .device = "piix4-usb",
        .regs = usb_regs,
        .count = ARRAY_SIZE(usb_regs),
        .log = &machine->config.log,
        .opaque = usb,
    };
    pci_function_init(&usb->pci, bus, devfn, &usb_kind, &usb_ops);
    pci_add_bar(&usb->pci, 4, &(struct pci_window){"usb", PCI_IO, 32, &regs_mmio_ops, &usb->regs});
    usb_reset(usb);
}
