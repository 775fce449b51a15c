/* Function 3, power management and SMBus host (datasheet, chapter 7). */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/pci/pci.h"
#include "devices/pci/piix4_parts.h"

#include <stdlib.h>

/* Configuration */
enum { PMBA = 0x40, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xd2 };
enum { PM_WINDOW = 0, SMB_WINDOW = 1, PM_SIZE = 64, SMB_SIZE = 16 };

/* PMSTS and PMEN (7.2.1, 7.2.2), PMCNTRL (7.2.3) */
enum { TIMER = 1 << 0, EVENTS = 0x0521 };
enum { SCI_EN = 1 << 0, SUSPEND = 1 << 13, SUSPEND_TYPE = 10 };
enum { SOFT_OFF = 0 };

/* SMBHSTSTS (7.3.1), SMBHSTCNT (7.3.3) */
enum { SMB_NO_ANSWER = 1 << 2, SMB_START = 1 << 6 };

#define TIMER_HZ      UINT64_C(3579545)
#define NS_PER_SECOND UINT64_C(1000000000)
enum { TIMER_MASK = 0xffffff, TIMER_HALF = 23 };

struct piix4_pm {
    struct pci_function pci;
    struct reg_block regs, smbus;
    struct irq sci;
    struct sched_event overflow;
    uint64_t halves; /* of the timer's range that are accounted for in the status */
    uint32_t status, enable, control, gp_status, gp_enable, processor;
    uint32_t global_status, device_status, global_enable, global_control, device_control, outputs;
    uint32_t smb_status, smb_control, smb_command, smb_address, smb_data[2];
};

/* ---- the timer (7.2.4) ----------------------------------------------------------------------- */

static uint64_t ticks(struct piix4_pm *pm)
{
    uint64_t now = sched_now(pm->pci.device.machine->sched);
    return now / NS_PER_SECOND * TIMER_HZ + now % NS_PER_SECOND * TIMER_HZ / NS_PER_SECOND;
}

/* The status tells that the highest bit has changed. */
static void account(struct piix4_pm *pm)
{
    uint64_t halves = ticks(pm) >> TIMER_HALF;
    pm->status |= halves != pm->halves ? TIMER : 0;
    pm->halves = halves;
}

static void update(struct piix4_pm *pm)
{
    struct sched *sched = pm->pci.device.machine->sched;
    account(pm);
    bool enabled = pm->control & SCI_EN;
    irq_set(&pm->sci, enabled && pm->status & pm->enable & EVENTS);
    sched_cancel(sched, &pm->overflow);
    if (enabled && pm->enable & ~pm->status & TIMER) {
        uint64_t left = ((pm->halves + 1) << TIMER_HALF) - ticks(pm);
        sched_arm(sched, &pm->overflow, sched_now(sched) + (left + 1) * NS_PER_SECOND / TIMER_HZ);
    }
}

static void overflow(void *opaque, uint64_t late)
{
    update(opaque);
}

static uint32_t timer_read(void *device, const struct reg *reg)
{
    return (uint32_t)ticks(device) & TIMER_MASK;
}

/* ---- power management registers -------------------------------------------------------------- */

static uint32_t status_read(void *device, const struct reg *reg)
{
    struct piix4_pm *pm = device;
    account(pm);
    return pm->status;
}

static void events_write(void *device, const struct reg *reg, uint32_t value)
{
    update(device);
}

/* Setting SUS_EN begins the suspend state of SUS_TYP. */
static void control_write(void *device, const struct reg *reg, uint32_t value)
{
    struct piix4_pm *pm = device;
    unsigned type = (unsigned)bits_get(pm->control, SUSPEND_TYPE, 3);
    if (value & SUSPEND && type == SOFT_OFF) {
        machine_power_off(pm->pci.device.machine);
    } else if (value & SUSPEND) {
        log_write(pm->regs.log, LOG_UNIMP, "piix4: suspend type %u\n", type);
    }
    update(pm);
}

#define STATE(member) offsetof(struct piix4_pm, member)
static const struct reg pm_regs[] = {
    {"PMSTS", 0x00, 2, STATE(status), .clear = 0x8d31, .read = status_read, .write = events_write},
    {"PMEN", 0x02, 2, STATE(enable), .writable = EVENTS, .write = events_write},
    {"PMCNTRL", 0x04, 2, STATE(control), .writable = 0x1c03, .write = control_write},
    {"PMTMR", 0x08, 4, REG_NONE, .read = timer_read, .read_only = true},
    {"GPSTS", 0x0c, 2, STATE(gp_status), .clear = 0x0f81},
    {"GPEN", 0x0e, 2, STATE(gp_enable), .writable = 0x0f01},
    {"PCNTRL", 0x10, 4, STATE(processor), .writable = 0x00023e1e},
    {"PLVL2", 0x14, 1, REG_NONE, .read_only = true},
    {"PLVL3", 0x15, 1, REG_NONE, .read_only = true},
    {"GLBSTS", 0x18, 2, STATE(global_status), .clear = 0x0cf5},
    {"DEVSTS", 0x1c, 4, STATE(device_status), .clear = 0x3fff0000},
    {"GLBEN", 0x20, 2, STATE(global_enable), .writable = 0x8d1f},
    {"GLBCTL", 0x28, 4, STATE(global_control), .writable = 0x07fffe1f},
    {"DEVCTL", 0x2c, 4, STATE(device_control), .writable = 0x1fffffff},
    {"GPIREG", 0x30, 4, REG_NONE, .read_only = true},
    {"GPOREG", 0x34, 4, STATE(outputs), .reset = 0x7fffbfff, .writable = 0x7fffffff},
};

/* ---- SMBus host: nobody is on the bus -------------------------------------------------------- */

static void smb_control_write(void *device, const struct reg *reg, uint32_t value)
{
    struct piix4_pm *pm = device;
    if (value & SMB_START) {
        pm->smb_status |= SMB_NO_ANSWER;
    }
}

static const struct reg smb_regs[] = {
    {"SMBHSTSTS", 0x0, 1, STATE(smb_status), .clear = 0x1e},
    {"SMBSLVSTS", 0x1, 1, REG_NONE, .read_only = true},
    {"SMBHSTCNT", 0x2, 1, STATE(smb_control), .writable = 0x1d, .write = smb_control_write},
    {"SMBHSTCMD", 0x3, 1, STATE(smb_command), .writable = 0xff},
    {"SMBHSTADD", 0x4, 1, STATE(smb_address), .writable = 0xff},
    {"SMBHSTDAT", 0x5, 1, STATE(smb_data), .writable = 0xff, .count = 2, .stride = 1},
    {"SMBBLKDAT", 0x7, 1, REG_NONE, .reset = 0},
    {"SMBSLVCNT", 0x8, 1, REG_NONE, .reset = 0},
};

/* ---- configuration --------------------------------------------------------------------------- */

static void config_written(struct pci_function *function, unsigned reg, unsigned size)
{
    uint32_t pm_base = pci_config_get(function, PMBA, 4) & 0xffc0;
    uint32_t smb_base = pci_config_get(function, SMBBA, 4) & 0xfff0;
    bool io = pci_config_get(function, PCI_COMMAND, 2) & PCI_COMMAND_IO;
    if (pci_hits(reg, size, PMBA, 4) || pci_hits(reg, size, PMREGMISC, 1)) {
        bool open = pm_base && function->config[PMREGMISC] & 1;
        pci_set_window(function, PM_WINDOW, open, pm_base);
    }
    if (pci_hits(reg, size, SMBBA, 4) || pci_hits(reg, size, SMBHSTCFG, 1) ||
        pci_hits(reg, size, PCI_COMMAND, 2)) {
        bool open = smb_base && io && function->config[SMBHSTCFG] & 1;
        pci_set_window(function, SMB_WINDOW, open, smb_base);
    }
}

static const struct pci_reg pm_config_regs[] = {
    {"PCICMD", PCI_COMMAND, 2, .writable = PCI_COMMAND_IO},
    {"PMBA", PMBA, 4, .reset = 1, .writable = 0xffc0},
    {"CNTA", 0x44, 4, .writable = ~0u},
    {"CNTB", 0x48, 4, .writable = ~0u},
    {"GPICTL", 0x4c, 4, .writable = ~0u},
    {"DEVRESD", 0x50, 4, .writable = ~0u},
    {"DEVACTA", 0x54, 4, .writable = ~0u},
    {"DEVACTB", 0x58, 4, .writable = ~0u},
    {"DEVRESA", 0x5c, 4, .writable = ~0u},
    {"DEVRESB", 0x60, 4, .writable = ~0u},
    {"DEVRESC", 0x64, 4, .writable = ~0u},
    {"DEVRESE", 0x68, 4, .writable = ~0u},
    {"DEVRESF", 0x6c, 4, .writable = ~0u},
    {"DEVRESG", 0x70, 4, .writable = ~0u},
    {"DEVRESH", 0x74, 4, .writable = ~0u},
    {"DEVRESI", 0x78, 4, .writable = ~0u},
    {"DEVRESJ", 0x7c, 4, .writable = ~0u},
    {"PMREGMISC", PMREGMISC, 1, .writable = 1},
    {"SMBBA", SMBBA, 4, .reset = 1, .writable = 0xfff0},
    {"SMBHSTCFG", SMBHSTCFG, 1, .writable = 0x0f},
    {"SMBSLVC", 0xd3, 1, .writable = 0xff},
    {"SMBSHDW1", 0xd4, 1, .writable = 0xff},
    {"SMBSHDW2", 0xd5, 1, .writable = 0xff},
};

static const struct pci_kind pm_kind = {
    .name = "piix4-pm",
    .vendor = 0x8086,
    .device = 0x7113,
    .class_code = 0x068000,
    .revision = 0x03,
    .status = 0x0280,
    .pin = 1,
    .regs = pm_config_regs,
    .reg_count = ARRAY_SIZE(pm_config_regs),
    .written = config_written,
};

static const struct field pm_fields[] = {
    PCI_FIELDS(piix4_pm, pci),
    FIELD(piix4_pm, halves, FIELD_U64),
    FIELD(piix4_pm, status, FIELD_U32),
    FIELD(piix4_pm, enable, FIELD_U32),
    FIELD(piix4_pm, control, FIELD_U32),
    FIELD(piix4_pm, gp_status, FIELD_U32),
    FIELD(piix4_pm, gp_enable, FIELD_U32),
    FIELD(piix4_pm, processor, FIELD_U32),
    FIELD(piix4_pm, global_status, FIELD_U32),
    FIELD(piix4_pm, device_status, FIELD_U32),
    FIELD(piix4_pm, global_enable, FIELD_U32),
    FIELD(piix4_pm, global_control, FIELD_U32),
    FIELD(piix4_pm, device_control, FIELD_U32),
    FIELD(piix4_pm, outputs, FIELD_U32),
    FIELD(piix4_pm, smb_status, FIELD_U32),
    FIELD(piix4_pm, smb_control, FIELD_U32),
    FIELD(piix4_pm, smb_command, FIELD_U32),
    FIELD(piix4_pm, smb_address, FIELD_U32),
    FIELD_ARRAY(piix4_pm, smb_data, FIELD_U32, 2),
};

static void pm_reset(void *device)
{
    struct piix4_pm *pm = device;
    regs_reset(&pm->regs);
    regs_reset(&pm->smbus);
    pm->halves = ticks(pm) >> TIMER_HALF;
    update(pm);
}

static void pm_destroy(void *device)
{
    struct piix4_pm *pm = device;
    sched_cancel(pm->pci.device.machine->sched, &pm->overflow);
    free(pm);
}

static const struct device_ops pm_ops = {
    .name = "piix4-pm",
    .fields = pm_fields,
    .field_count = ARRAY_SIZE(pm_fields),
    .reset = pm_reset,
    .destroy = pm_destroy,
};

static struct reg_block block(struct piix4_pm *pm, const char *name, const struct reg *regs,
                              unsigned count)
{
    return (struct reg_block){
        .device = name,
        .regs = regs,
        .count = count,
        .log = &pm->pci.device.machine->config.log,
        .opaque = pm,
    };
}

void piix4_pm_create(struct machine *machine, struct pci_bus *bus, unsigned devfn, struct irq sci)
{
    struct piix4_pm *pm = calloc(1, sizeof(*pm));
    CHECK(pm);
    pm->sci = sci;
    pm->overflow = (struct sched_event){.name = "piix4-pm", .fn = overflow, .opaque = pm};
    pci_function_init(&pm->pci, bus, devfn, &pm_kind, &pm_ops);
    pm->regs = block(pm, "piix4-pm", pm_regs, ARRAY_SIZE(pm_regs));
    pm->smbus = block(pm, "piix4-smbus", smb_regs, ARRAY_SIZE(smb_regs));
    pci_add_window(&pm->pci, PM_WINDOW,
                   &(struct pci_window){"pm", PCI_IO, PM_SIZE, &regs_mmio_ops, &pm->regs});
    pci_add_window(&pm->pci, SMB_WINDOW,
                   &(struct pci_window){"smbus", PCI_IO, SMB_SIZE, &regs_mmio_ops, &pm->smbus});
    pm_reset(pm);
}
