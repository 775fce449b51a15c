#include "devices/pci/gt64120.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/pci/pci.h"

#include <stdlib.h>

/* Windows of the CPU. Where they overlap the one that is there already stays. */
enum { WINDOW_REGISTERS, WINDOW_IO, WINDOW_MEMORY0, WINDOW_MEMORY1, WINDOWS };
static const char *const window_names[] = {"gt64120", "pci-io", "pci-memory0", "pci-memory1"};

enum {
    GRAIN = 21,           /* low bit of addresses that are decoded */
    LOW_MASK = 0x7fff,    /* decode registers: address bits 35:21 .. */
    HIGH_MASK = 0x7f,     /* .. and 27:21 of the upper bound */
    REMAP_MASK = 0x7ff,   /* bits 31:21 of the address on the bus */
    IO_MASK = 0x1fffff,   /* address bits of I/O cycles that the bus's functions decode */
    CPU_LITTLE = 1 << 12, /* CPU interface configuration: endianness */
    NO_MASTER_SWAP = 1,   /* PCI command: MByteSwap, which is off when it is set */
    NO_SLAVE_SWAP = 1 << 16,
};

/* Interrupt cause: summaries, and a master abort on PCI 0. */
#define CAUSE_SUMMARY      UINT32_C(0x00000001)
#define CAUSE_MASTER_ABORT UINT32_C(0x00040000)
#define CAUSE_CPU          UINT32_C(0x40000000)
#define CAUSE_PCI          UINT32_C(0x80000000)
#define CAUSE_EVENTS       (~(CAUSE_SUMMARY | CAUSE_CPU | CAUSE_PCI))

#define CONFIG_ENABLE      UINT32_C(0x80000000)
enum { CONFIG_DATA = 0xcfc };
/* A write to register 0 there is a special cycle, to which nobody answers. */
enum { SPECIAL_DEVFN = PCI_DEVFN(0x1f, 7) };

struct gt_window {
    bool wanted, mapped;
    uint64_t base, size, mapped_base, mapped_size;
};

struct gt64120 {
    struct pci_function pci;
    struct reg_block regs;
    struct gt64120_config config;
    struct pci_aperture apertures[WINDOWS]; /* none for the registers */
    struct gt_window windows[WINDOWS];
    uint32_t cpu_config, multi_gt;
    uint32_t bank_bounds[8]; /* low and high of SCS[1:0], SCS[3:2], CS[2:0], CS[3] with boot */
    uint32_t low[3], high[3], remap[3]; /* I/O, memory 0, memory 1 */
    uint32_t internal_decode;
    uint32_t pci1_decode[6], pci1_remap[3], bank_remap[4];
    uint32_t sdram_config, sdram_bank[4], sdram_mode, sdram_burst, sdram_decode;
    uint32_t bank_decode[16], device_bank[5];
    uint32_t pci_command, pci_timeout, bank_size[4], bar_enable;
    uint32_t cause, cpu_mask, pci_mask, serr_mask;
    uint32_t high_cpu_mask, high_pci_mask, int_select, inta_select;
    uint32_t config_address;
};

/* ---- CPU address decoding (datasheet: CPU Address Space Decoding) ---------------------------- */

static const struct mmio_ops gt64120_ops;

/* A range is closed if its upper bound is below the lower one. */
static void place(struct gt_window *window, uint64_t low, uint32_t high_bits)
{
    uint64_t high = (low & ~(uint64_t)HIGH_MASK) | high_bits;
    window->wanted = high >= low;
    window->base = low << GRAIN;
    window->size = (high - low + 1) << GRAIN;
}

static void open_window(struct gt64120 *gt, unsigned n)
{
    struct gt_window *window = &gt->windows[n];
    struct bus *bus = gt->pci.device.machine->bus;
    if (!bus_has_room(bus, window->base, window->size)) {
        log_write(gt->regs.log, LOG_GUEST_ERRORS,
                  "gt64120: no room for %s at 0x%09llx, size 0x%llx\n", window_names[n],
                  (unsigned long long)window->base, (unsigned long long)window->size);
        return;
    }
    bool own = n == WINDOW_REGISTERS;
    bus_add_mmio(bus, window_names[n], window->base, window->size,
                 own ? &gt64120_ops : &pci_aperture_ops, own ? (void *)gt : &gt->apertures[n]);
    window->mapped = true;
    window->mapped_base = window->base;
    window->mapped_size = window->size;
}

static void remap(struct gt64120 *gt)
{
    place(&gt->windows[WINDOW_REGISTERS], gt->internal_decode, gt->internal_decode & HIGH_MASK);
    for (unsigned n = 0; n < 3; n++) {
        place(&gt->windows[WINDOW_IO + n], gt->low[n], gt->high[n]);
        gt->apertures[WINDOW_IO + n].offset = (uint64_t)gt->remap[n] << GRAIN;
    }
    for (unsigned n = 0; n < WINDOWS; n++) {
        struct gt_window *window = &gt->windows[n];
        bool moves = window->base != window->mapped_base || window->size != window->mapped_size;
        if (window->mapped && (!window->wanted || moves)) {
            bus_remove(gt->pci.device.machine->bus, window->mapped_base);
            window->mapped = false;
        }
    }
    for (unsigned n = 0; n < WINDOWS; n++) {
        if (gt->windows[n].wanted && !gt->windows[n].mapped) {
            open_window(gt, n);
        }
    }
}

static void decode_write(void *device, const struct reg *reg, uint32_t value)
{
    remap(device);
}

/* Writing a lower bound writes the remap register too. */
static void low_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gt64120 *gt = device;
    unsigned n = (reg->state - (unsigned)offsetof(struct gt64120, low)) / sizeof(uint32_t);
    gt->remap[n] = gt->low[n] & REMAP_MASK;
    remap(gt);
}

/* ---- interrupts (datasheet: Interrupt Cause, Mask) ------------------------------------------- */

static void update(struct gt64120 *gt)
{
    irq_set(&gt->config.interrupt, gt->cause & gt->cpu_mask & CAUSE_EVENTS);
}

static void master_abort(void *opaque)
{
    struct gt64120 *gt = opaque;
    gt->cause |= CAUSE_MASTER_ABORT;
    update(gt);
}

static uint32_t cause_read(void *device, const struct reg *reg)
{
    const struct gt64120 *gt = device;
    uint32_t cause = gt->cause;
    cause |= gt->cause ? CAUSE_SUMMARY : 0;
    cause |= gt->cause & gt->cpu_mask & CAUSE_EVENTS ? CAUSE_CPU : 0;
    return cause | (gt->cause & gt->pci_mask & CAUSE_EVENTS ? CAUSE_PCI : 0);
}

/* A written 0 clears. */
static void cause_write(void *device, const struct reg *reg, uint32_t value)
{
    struct gt64120 *gt = device;
    gt->cause &= value;
    update(gt);
}

static void mask_write(void *device, const struct reg *reg, uint32_t value)
{
    update(device);
}

/* Reading this runs an interrupt acknowledge cycle. */
static uint32_t acknowledge_read(void *device, const struct reg *reg)
{
    const struct gt64120 *gt = device;
    return gt->config.acknowledge ? gt->config.acknowledge(gt->config.opaque) : 0xff;
}

static void unbuilt_write(void *device, const struct reg *reg, uint32_t value)
{
    const struct gt64120 *gt = device;
    log_write(gt->regs.log, LOG_UNIMP, "gt64120: %s: DMA channels and timers are not there\n",
              reg->name);
}

/* ---- registers ------------------------------------------------------------------------------- */

#define STATE(member) offsetof(struct gt64120, member)
#define LOW(name, at, member, value)                                                               \
    {                                                                                              \
        name, at, 4, STATE(member), .reset = value, .writable = LOW_MASK, .write = low_write       \
    }
#define HIGH(name, at, member, value)                                                              \
    {                                                                                              \
        name, at, 4, STATE(member), .reset = value, .writable = HIGH_MASK, .write = decode_write   \
    }
#define KEPT(name, at, member, value)                                                              \
    {                                                                                              \
        name, at, 4, STATE(member), .reset = value, .writable = ~0u                                \
    }
static const struct reg gt64120_regs[] = {
    {"CPU Interface Configuration", 0x000, 4, STATE(cpu_config), .writable = 0x0007ffff},
    KEPT("SCS[1:0] Low", 0x008, bank_bounds[0], 0x000),
    KEPT("SCS[1:0] High", 0x010, bank_bounds[1], 0x007),
    KEPT("SCS[3:2] Low", 0x018, bank_bounds[2], 0x008),
    KEPT("SCS[3:2] High", 0x020, bank_bounds[3], 0x00f),
    KEPT("CS[2:0] Low", 0x028, bank_bounds[4], 0x0e0),
    KEPT("CS[2:0] High", 0x030, bank_bounds[5], 0x070),
    KEPT("CS[3] Low", 0x038, bank_bounds[6], 0x0f8),
    KEPT("CS[3] High", 0x040, bank_bounds[7], 0x07f),
    LOW("PCI_0 I/O Low", 0x048, low[0], 0x080),
    HIGH("PCI_0 I/O High", 0x050, high[0], 0x00f),
    LOW("PCI_0 Memory 0 Low", 0x058, low[1], 0x090),
    HIGH("PCI_0 Memory 0 High", 0x060, high[1], 0x01f),
    {"Internal Space Decode", 0x068, 4, STATE(internal_decode), .reset = 0x0a0,
     .writable = LOW_MASK, .write = decode_write},
    {"CPU Error Address", 0x070, 4, REG_NONE, .count = 2, .stride = 8, .read_only = true},
    LOW("PCI_0 Memory 1 Low", 0x080, low[2], 0x790),
    HIGH("PCI_0 Memory 1 High", 0x088, high[2], 0x01f),
    KEPT("PCI_1 I/O Low", 0x090, pci1_decode[0], 0x100),
    KEPT("PCI_1 I/O High", 0x098, pci1_decode[1], 0x00f),
    KEPT("PCI_1 Memory 0 Low", 0x0a0, pci1_decode[2], 0x110),
    KEPT("PCI_1 Memory 0 High", 0x0a8, pci1_decode[3], 0x01f),
    KEPT("PCI_1 Memory 1 Low", 0x0b0, pci1_decode[4], 0x120),
    KEPT("PCI_1 Memory 1 High", 0x0b8, pci1_decode[5], 0x02f),
    KEPT("SCS[1:0] Remap", 0x0d0, bank_remap[0], 0x000),
    KEPT("SCS[3:2] Remap", 0x0d8, bank_remap[1], 0x008),
    KEPT("CS[2:0] Remap", 0x0e0, bank_remap[2], 0x0e0),
    KEPT("CS[3] Remap", 0x0e8, bank_remap[3], 0x0f8),
    {"PCI_0 I/O Remap", 0x0f0, 4, STATE(remap[0]), .reset = 0x080, .writable = REMAP_MASK,
     .write = decode_write},
    {"PCI_0 Memory 0 Remap", 0x0f8, 4, STATE(remap[1]), .reset = 0x090, .writable = REMAP_MASK,
     .write = decode_write},
    {"PCI_0 Memory 1 Remap", 0x100, 4, STATE(remap[2]), .reset = 0x790, .writable = REMAP_MASK,
     .write = decode_write},
    KEPT("PCI_1 I/O Remap", 0x108, pci1_remap[0], 0x100),
    KEPT("PCI_1 Memory 0 Remap", 0x110, pci1_remap[1], 0x110),
    KEPT("PCI_1 Memory 1 Remap", 0x118, pci1_remap[2], 0x120),
    {"Multi-GT", 0x120, 4, STATE(multi_gt), .reset = 0x3, .read_only = true},
    {"CPU Error Data", 0x128, 4, REG_NONE, .count = 3, .stride = 8, .read_only = true},
    {"Bank Decode", 0x400, 4, STATE(bank_decode), .writable = ~0u, .count = 16, .stride = 4},
    KEPT("SDRAM Configuration", 0x448, sdram_config, 0x200),
    {"SDRAM Bank Parameters", 0x44c, 4, STATE(sdram_bank), .reset = 0x5, .writable = ~0u,
     .count = 4, .stride = 4},
    {"Device Bank Parameters", 0x45c, 4, STATE(device_bank), .reset = 0x386fffff, .writable = ~0u,
     .count = 5, .stride = 4},
    KEPT("SDRAM Operation Mode", 0x474, sdram_mode, 0x0),
    KEPT("SDRAM Burst Mode", 0x478, sdram_burst, 0x7),
    KEPT("SDRAM Address Decode", 0x47c, sdram_decode, 0x2),
    {"ECC", 0x480, 4, REG_NONE, .count = 5, .stride = 4, .read_only = true},
    {"DMA Channels", 0x800, 4, REG_NONE, .write = unbuilt_write, .count = 20, .stride = 4},
    {"Timers", 0x850, 4, REG_NONE, .write = unbuilt_write, .count = 10, .stride = 4},
    KEPT("PCI_0 Command", 0xc00, pci_command, 0),
    KEPT("PCI_0 Timeout and Retry", 0xc04, pci_timeout, 0x70f),
    {"PCI_0 Bank Sizes", 0xc08, 4, STATE(bank_size), .reset = 0x00fff000, .writable = ~0u,
     .count = 4, .stride = 4},
    {"Interrupt Cause", 0xc18, 4, REG_NONE, .read = cause_read, .write = cause_write},
    {"CPU Mask", 0xc1c, 4, STATE(cpu_mask), .writable = CAUSE_EVENTS, .write = mask_write},
    {"PCI_0 Mask", 0xc24, 4, STATE(pci_mask), .writable = CAUSE_EVENTS},
    KEPT("PCI_0 SErr0 Mask", 0xc28, serr_mask, 0),
    {"PCI_0 Interrupt Acknowledge", 0xc34, 4, REG_NONE, .read = acknowledge_read,
     .read_only = true},
    KEPT("PCI_0 Base Address Enable", 0xc3c, bar_enable, 0),
    KEPT("CPU Interrupt Select", 0xc70, int_select, 0),
    KEPT("PCI_0 INTA Select", 0xc74, inta_select, 0),
    {"High Interrupt Cause", 0xc98, 4, REG_NONE, .read_only = true},
    KEPT("CPU High Mask", 0xc9c, high_cpu_mask, 0),
    KEPT("PCI_0 High Mask", 0xca4, high_pci_mask, 0),
    {"PCI_0 Configuration Address", 0xcf8, 4, STATE(config_address), .writable = 0x80fffffc},
};

/* ---- the window of the registers ------------------------------------------------------------- */

/* Byte lanes the other way round within a word. */
static void swap_lanes(uint64_t *offset, unsigned size, uint64_t *value)
{
    *offset = (*offset & ~UINT64_C(3)) | (4 - size - (*offset & 3));
    *value = __builtin_bswap64(*value) >> (64 - 8 * size);
}

/* The registers are little-endian; they are swapped for a CPU whose endianness the configuration
 * register tells wrong. */
static bool registers_swapped(const struct gt64120 *gt)
{
    return !!(gt->cpu_config & CPU_LITTLE) == gt->config.cpu_big_endian;
}

/* Data of configuration cycles are swapped once more, but not to the bridge itself. */
static bool data_swapped(const struct gt64120 *gt)
{
    return !(gt->pci_command & NO_MASTER_SWAP) && gt->config_address & 0x00fff800;
}

static bool config_access(struct gt64120 *gt, uint64_t offset, unsigned size, uint32_t *value,
                          bool write)
{
    uint32_t address = gt->config_address;
    unsigned number = address >> 16 & 0xff, devfn = address >> 8 & 0xff;
    unsigned reg = (address & 0xfc) | (offset & 3);
    *value = write ? *value : ~0u;
    if (!(address & CONFIG_ENABLE)) {
        return true;
    }
    return write ? (devfn == SPECIAL_DEVFN && !reg) ||
                       pci_config_write(gt->pci.bus, number, devfn, reg, size, *value)
                 : pci_config_read(gt->pci.bus, number, devfn, reg, size, value);
}

static uint64_t access_word(struct gt64120 *gt, uint64_t offset, unsigned size, uint64_t value,
                            bool write)
{
    uint64_t at = offset, none = 0;
    bool swapped = registers_swapped(gt), data = (offset & ~UINT64_C(3)) == CONFIG_DATA;
    swapped ^= data && data_swapped(gt);
    if (swapped) {
        swap_lanes(&at, size, &value);
    }
    if (data) {
        uint32_t word = (uint32_t)value;
        if (!config_access(gt, at, size, &word, write)) {
            master_abort(gt);
        }
        value = word;
    } else if (write) {
        regs_write(&gt->regs, at, size, value);
    } else {
        value = regs_read(&gt->regs, at, size);
    }
    if (swapped) {
        swap_lanes(&none, size, &value);
    }
    return value;
}

static uint64_t gt_read(void *opaque, uint64_t offset, unsigned size)
{
    if (size == 8) {
        uint64_t low = access_word(opaque, offset, 4, 0, false);
        return low | access_word(opaque, offset + 4, 4, 0, false) << 32;
    }
    return access_word(opaque, offset, size, 0, false);
}

static void gt_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 8) {
        access_word(opaque, offset, 4, (uint32_t)value, true);
        access_word(opaque, offset + 4, 4, value >> 32, true);
        return;
    }
    access_word(opaque, offset, size, value, true);
}

static const struct mmio_ops gt64120_ops = {gt_read, gt_write};

/* ---- the bridge ------------------------------------------------------------------------------ */

/* Its own base address registers: what masters see of memory, which here is all of it at the CPU's
 * addresses. So they are fixed. */
static const struct pci_reg gt64120_config_regs[] = {
    {"SCS[1:0] Base", 0x10, 4, .reset = 0x00000008},
    {"SCS[3:2] Base", 0x14, 4, .reset = 0x01000008},
    {"CS[2:0] Base", 0x18, 4, .reset = 0x1c000000},
    {"CS[3] Base", 0x1c, 4, .reset = 0x1f000000},
    {"Registers Base", 0x20, 4, .reset = 0x14000000},
    {"Registers I/O Base", 0x24, 4, .reset = 0x14000001},
};

static const struct pci_kind gt64120_kind = {
    .name = "gt64120",
    .vendor = 0x11ab,
    .device = 0x4620,
    .class_code = 0x060000,
    .revision = 0x10,
    .status = 0x0280,
    .pin = 1,
    .regs = gt64120_config_regs,
    .reg_count = ARRAY_SIZE(gt64120_config_regs),
};

static const struct field gt64120_fields[] = {
    PCI_FIELDS(gt64120, pci),
    FIELD(gt64120, cpu_config, FIELD_U32),
    FIELD_ARRAY(gt64120, bank_bounds, FIELD_U32, 8),
    FIELD_ARRAY(gt64120, low, FIELD_U32, 3),
    FIELD_ARRAY(gt64120, high, FIELD_U32, 3),
    FIELD_ARRAY(gt64120, remap, FIELD_U32, 3),
    FIELD(gt64120, internal_decode, FIELD_U32),
    FIELD_ARRAY(gt64120, pci1_decode, FIELD_U32, 6),
    FIELD_ARRAY(gt64120, pci1_remap, FIELD_U32, 3),
    FIELD_ARRAY(gt64120, bank_remap, FIELD_U32, 4),
    FIELD(gt64120, sdram_config, FIELD_U32),
    FIELD_ARRAY(gt64120, sdram_bank, FIELD_U32, 4),
    FIELD(gt64120, sdram_mode, FIELD_U32),
    FIELD(gt64120, sdram_burst, FIELD_U32),
    FIELD(gt64120, sdram_decode, FIELD_U32),
    FIELD_ARRAY(gt64120, bank_decode, FIELD_U32, 16),
    FIELD_ARRAY(gt64120, device_bank, FIELD_U32, 5),
    FIELD(gt64120, pci_command, FIELD_U32),
    FIELD(gt64120, pci_timeout, FIELD_U32),
    FIELD_ARRAY(gt64120, bank_size, FIELD_U32, 4),
    FIELD(gt64120, bar_enable, FIELD_U32),
    FIELD(gt64120, cause, FIELD_U32),
    FIELD(gt64120, cpu_mask, FIELD_U32),
    FIELD(gt64120, pci_mask, FIELD_U32),
    FIELD(gt64120, serr_mask, FIELD_U32),
    FIELD(gt64120, high_cpu_mask, FIELD_U32),
    FIELD(gt64120, high_pci_mask, FIELD_U32),
    FIELD(gt64120, int_select, FIELD_U32),
    FIELD(gt64120, inta_select, FIELD_U32),
    FIELD(gt64120, config_address, FIELD_U32),
};

/* Two straps tell the endianness. */
static void gt64120_reset(void *device)
{
    struct gt64120 *gt = device;
    regs_reset(&gt->regs);
    gt->cpu_config = gt->config.cpu_big_endian ? 0 : CPU_LITTLE;
    gt->pci_command = gt->config.cpu_big_endian ? 0 : NO_MASTER_SWAP | NO_SLAVE_SWAP;
    gt->cause = 0;
    update(gt);
    remap(gt);
}

static const struct device_ops gt64120_device_ops = {
    .name = "gt64120",
    .fields = gt64120_fields,
    .field_count = ARRAY_SIZE(gt64120_fields),
    .reset = gt64120_reset,
    .destroy = free,
};

struct gt64120 *gt64120_create(struct machine *machine, struct pci_bus *bus,
                               const struct gt64120_config *config)
{
    struct gt64120 *gt = calloc(1, sizeof(*gt));
    CHECK(gt);
    gt->config = *config;
    gt->regs = (struct reg_block){
        .device = "gt64120",
        .regs = gt64120_regs,
        .count = ARRAY_SIZE(gt64120_regs),
        .log = &machine->config.log,
        .opaque = gt,
    };
    for (unsigned n = WINDOW_IO; n < WINDOWS; n++) {
        gt->apertures[n] = (struct pci_aperture){
            .space = pci_bus_space(bus, n == WINDOW_IO ? PCI_IO : PCI_MEMORY),
            .mask = n == WINDOW_IO ? IO_MASK : UINT32_MAX,
            .log = &machine->config.log,
            .abort = master_abort,
            .opaque = gt,
        };
    }
    pci_function_init(&gt->pci, bus, 0, &gt64120_kind, &gt64120_device_ops);
    gt64120_reset(gt);
    return gt;
}
