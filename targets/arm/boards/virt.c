/* The board `virt`: no real hardware; memory and interrupt map are those of QEMU's board of that
 * name, which is what kernels and firmware for it expect. */
#include "targets/arm/boards/virt.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "devices/block/cfi_flash.h"
#include "devices/gpio/pl061.h"
#include "devices/irqchip/gicv2.h"
#include "devices/misc/fw_cfg.h"
#include "devices/pci/ecam.h"
#include "devices/rtc/pl031.h"
#include "devices/serial/pl011.h"
#include "targets/arm/boards/boards.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS(text) text, sizeof(text)
#define KIB(n)      (UINT64_C(n) << 10)
#define MIB(n)      (UINT64_C(n) << 20)

/* clang-format off */
const struct virt_window virt_map[VIRT_WINDOWS] = {
    /*                 node           base        size       spi  trigger     compatible          clocks          count */
    [VIRT_FLASH] =    {"flash",       0x00000000, MIB(128),  -1, 0,          TEXTS("cfi-flash")},
    [VIRT_GIC_DIST] = {"intc",        0x08000000, KIB(64),   -1, 0,          TEXTS("arm,cortex-a15-gic")},
    [VIRT_GIC_CPU] =  {NULL,          0x08010000, KIB(64),   -1, 0},
    [VIRT_UART] =     {"pl011",       0x09000000, KIB(4),     1, VIRT_LEVEL, TEXTS("arm,pl011\0arm,primecell"), TEXTS("uartclk\0apb_pclk")},
    [VIRT_RTC] =      {"pl031",       0x09010000, KIB(4),     2, VIRT_LEVEL, TEXTS("arm,pl031\0arm,primecell"), TEXTS("apb_pclk")},
    [VIRT_FW_CFG] =   {"fw-cfg",      0x09020000, 0x18,      -1, 0,          TEXTS("qemu,fw-cfg-mmio")},
    [VIRT_GPIO] =     {"pl061",       0x09030000, KIB(4),     7, VIRT_LEVEL, TEXTS("arm,pl061\0arm,primecell"), TEXTS("apb_pclk")},
    [VIRT_VIRTIO] =   {"virtio_mmio", 0x0a000000, 0x200,     16, VIRT_EDGE,  TEXTS("virtio,mmio"), .count = VIRT_SLOTS},
    [VIRT_PCIE] =     {"pcie",        0x10000000, 0x2eff0000, 3, VIRT_LEVEL, TEXTS("pci-host-ecam-generic")},
    [VIRT_PCIE_IO] =  {NULL,          0x3eff0000, KIB(64),   -1, 0},
    [VIRT_PCIE_CONFIG] = {NULL,       0x3f000000, MIB(16),   -1, 0},
    [VIRT_RAM] =      {NULL,          0x40000000, 0 /* -m */, -1, 0},
};
/* clang-format on */

const uint8_t virt_timer_ppi[4] = {13, 14, 11, 10};

/* ---- -M virt,name=value ---------------------------------------------------------------------- */

static const struct virt_option {
    const char *name;
    const char *values; /* what is possible, separated by commas */
    const char *why;    /* about anything else */
} virt_options[] = {
    {"gic-version", "2,host,max", "this machine has a GICv2"},
    {"highmem", "on,off", "it is on or off"},
    {"secure", "off", "its CPUs start in the non-secure state only"},
    {"virtualization", "off", "its CPUs have no hypervisor mode yet"},
    {"mte", "off", "32-bit CPUs have no memory tags"},
    {"its", "on,off", "it is on or off"},
    {"acpi", "on,off,auto", "it is on, off or auto"},
    {"ras", "off", "32-bit CPUs have no RAS extension"},
};

static bool value_listed(const char *values, const char *value, size_t length)
{
    while (*values) {
        size_t n = strcspn(values, ",");
        if (n == length && !memcmp(values, value, n)) {
            return true;
        }
        values += n + (values[n] == ',');
    }
    return false;
}

static bool check_options(const char *text, char *message, size_t message_size)
{
    while (text && *text) {
        size_t length = strcspn(text, ","), name = strcspn(text, "=,");
        const char *value = text[name] == '=' ? text + name + 1 : text + name;
        size_t value_length = (size_t)(text + length - value);
        const struct virt_option *option = NULL;
        for (unsigned i = 0; i < ARRAY_SIZE(virt_options); i++) {
            if (strlen(virt_options[i].name) == name && !memcmp(virt_options[i].name, text, name)) {
                option = &virt_options[i];
            }
        }
        if (!option) {
            snprintf(message, message_size,
                     "board virt has no option \"%.*s\". Try: -M virt,highmem=off or plain -M virt",
                     (int)name, text);
            return false;
        }
        if (!value_listed(option->values, value, value_length)) {
            snprintf(message, message_size, "board virt cannot have %.*s: %s. Try: %s=%.*s",
                     (int)length, text, option->why, option->name,
                     (int)strcspn(option->values, ","), option->values);
            return false;
        }
        text += length + (text[length] == ',');
    }
    return true;
}

/* ---- creation -------------------------------------------------------------------------------- */

static bool create_cpus(struct machine *machine, struct virt *virt, char *message,
                        size_t message_size)
{
    const char *model = machine->config.cpu ? machine->config.cpu : arm_virt_board.default_cpu;
    for (unsigned i = 0; i < machine->config.cpus; i++) {
        struct arm_cpu *cpu = arm_cpu_create(model);
        if (!cpu) {
            snprintf(message, message_size,
                     "board virt has no CPU \"%s\". Try: -cpu %s, or -cpu help for all", model,
                     arm_virt_board.default_cpu);
            return false;
        }
        virt->cpus[i] = cpu;
        cpu->psci_hvc = true;
        machine_add_cpu(machine, &cpu->cpu);
    }
    return true;
}

static void create_gic(struct machine *machine, struct virt *virt)
{
    struct gicv2_config config = {
        .dist_base = virt_map[VIRT_GIC_DIST].base,
        .cpu_base = virt_map[VIRT_GIC_CPU].base,
        .cpus = machine->cpu_count,
        .spis = VIRT_SPIS,
    };
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        config.irq[i] = (struct irq){arm_cpu_set_irq, virt->cpus[i], 0};
        config.fiq[i] = (struct irq){arm_cpu_set_irq, virt->cpus[i], 1};
    }
    virt->gic = gicv2_create(machine, &config);
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        for (unsigned t = 0; t < ARRAY_SIZE(virt_timer_ppi); t++) {
            virt->cpus[i]->timer_irq[t] = gicv2_ppi(virt->gic, i, virt_timer_ppi[t]);
        }
    }
}

static struct irq window_irq(const struct virt *virt, enum virt_window_id window)
{
    return gicv2_spi(virt->gic, (unsigned)virt_map[window].spi);
}

/* Where QEMU has it for firmware; kernels without LPAE cannot use the place that it has for
 * kernels. */
static void create_pci(struct machine *machine, struct virt *virt)
{
    struct ecam_config config = {
        .config = virt_map[VIRT_PCIE_CONFIG].base,
        .config_size = virt_map[VIRT_PCIE_CONFIG].size,
        .io = virt_map[VIRT_PCIE_IO].base,
        .io_size = virt_map[VIRT_PCIE_IO].size,
        .memory = virt_map[VIRT_PCIE].base,
        .memory_size = virt_map[VIRT_PCIE].size,
        .wiring.route = virt_pci_route,
    };
    for (unsigned n = 0; n < PCI_WIRES; n++) {
        config.wiring.wires[n] = gicv2_spi(virt->gic, (unsigned)virt_map[VIRT_PCIE].spi + n);
    }
    virt->pci = ecam_create(machine, &config);
}

static bool create_memory(struct machine *machine, char *message, size_t message_size)
{
    if (bus_add_ram(machine->bus, "ram", virt_map[VIRT_RAM].base, machine->config.ram_size)) {
        return true;
    }
    machine->fault = MACHINE_FAULT_HOST;
    snprintf(message, message_size,
             "cannot get %llu MiB of memory for the guest: %m. Try: a smaller -m",
             (unsigned long long)(machine->config.ram_size >> 20));
    return false;
}

static bool create_flash(struct machine *machine, char *message, size_t message_size)
{
    static const char *const names[VIRT_FLASH_BANKS] = {"flash0", "flash1"};
    const struct machine_blob *bios = machine->config.bios;
    uint64_t size = virt_map[VIRT_FLASH].size / VIRT_FLASH_BANKS;
    if (bios && bios->size > size) {
        machine->fault = MACHINE_FAULT_IMAGE;
        snprintf(message, message_size,
                 "the firmware %s has %zu bytes, but the flash only %llu. Try: -kernel, if it is a "
                 "kernel",
                 bios->name, bios->size, (unsigned long long)size);
        return false;
    }
    if (bios && machine->config.flash[0]) {
        snprintf(message, message_size,
                 "-bios and -drive if=pflash,unit=0 are both for the first flash bank. Try: one of "
                 "them");
        return false;
    }
    for (unsigned i = 0; i < VIRT_FLASH_BANKS; i++) {
        struct block_disk *disk = machine->config.flash[i];
        if (disk && disk->size > size) {
            machine->fault = MACHINE_FAULT_IMAGE;
            snprintf(message, message_size,
                     "the file of flash bank %u has %llu bytes, the bank only %llu. Try: a smaller "
                     "file",
                     i, (unsigned long long)disk->size, (unsigned long long)size);
            return false;
        }
        struct cfi_flash *flash =
            cfi_flash_create(machine, names[i], virt_map[VIRT_FLASH].base + i * size, size, disk);
        if (!flash) {
            machine->fault = MACHINE_FAULT_IMAGE;
            snprintf(message, message_size, "cannot read the contents of flash bank %u: %m", i);
            return false;
        }
        if (bios && i == 0) {
            memcpy(cfi_flash_memory(flash), bios->data, bios->size);
        }
    }
    return true;
}

/* What U-Boot and EDK2 ask for; a kernel is there for firmware to start. */
static void create_fw_cfg(struct machine *machine)
{
    const struct machine_config *config = &machine->config;
    struct fw_cfg *fw_cfg = fw_cfg_create(machine, virt_map[VIRT_FW_CFG].base);
    fw_cfg_add_u64(fw_cfg, FW_CFG_RAM_SIZE, config->ram_size);
    fw_cfg_add_u16(fw_cfg, FW_CFG_NOGRAPHIC, 1);
    fw_cfg_add_u16(fw_cfg, FW_CFG_NB_CPUS, (uint16_t)config->cpus);
    fw_cfg_add_u16(fw_cfg, FW_CFG_MAX_CPUS, (uint16_t)config->cpus);
    fw_cfg_add_u16(fw_cfg, FW_CFG_BOOT_MENU, 0);
    if (!config->bios && !config->flash[0]) {
        return;
    }
    if (config->kernel && config->kernel->segment_count == 1) {
        const struct kernel_segment *segment = &config->kernel->segments[0];
        fw_cfg_add_u32(fw_cfg, FW_CFG_KERNEL_SIZE, (uint32_t)segment->file_size);
        fw_cfg_add(fw_cfg, FW_CFG_KERNEL_DATA, segment->data, segment->file_size);
    }
    if (config->initrd) {
        fw_cfg_add_u32(fw_cfg, FW_CFG_INITRD_SIZE, (uint32_t)config->initrd->size);
        fw_cfg_add(fw_cfg, FW_CFG_INITRD_DATA, config->initrd->data, config->initrd->size);
    }
    if (config->append && *config->append) {
        uint32_t size = (uint32_t)strlen(config->append) + 1;
        fw_cfg_add_u32(fw_cfg, FW_CFG_CMDLINE_SIZE, size);
        fw_cfg_add(fw_cfg, FW_CFG_CMDLINE_DATA, config->append, size);
    }
}

static bool virt_create(struct machine *machine, char *message, size_t message_size)
{
    struct virt *virt = calloc(1, sizeof(*virt));
    CHECK(virt);
    machine->board_state = virt;
    if (!check_options(machine->config.board_options, message, message_size) ||
        !create_memory(machine, message, message_size) ||
        !create_flash(machine, message, message_size) ||
        !create_cpus(machine, virt, message, message_size)) {
        return false;
    }
    create_gic(machine, virt);
    pl011_create(machine, virt_map[VIRT_UART].base, window_irq(virt, VIRT_UART),
                 machine->config.serials[0]);
    pl031_create(machine, virt_map[VIRT_RTC].base, window_irq(virt, VIRT_RTC));
    virt->gpio = pl061_create(machine, virt_map[VIRT_GPIO].base, window_irq(virt, VIRT_GPIO));
    create_fw_cfg(machine);
    create_pci(machine, virt);
    if (!virt_create_devices(machine, message, message_size)) {
        return false;
    }
    struct virt_layout layout;
    machine->fault = MACHINE_FAULT_IMAGE;
    return virt_layout_compute(machine, &layout, message, message_size);
}

static void virt_destroy(struct machine *machine)
{
    struct virt *virt = machine->board_state;
    for (unsigned i = 0; virt && i < VIRT_MAX_CPUS; i++) {
        if (virt->cpus[i]) {
            arm_cpu_destroy(virt->cpus[i]);
        }
    }
    free(virt);
}

static void *virt_device_tree(struct machine *machine, size_t *size)
{
    char message[256];
    struct virt_layout layout;
    if (!virt_layout_compute(machine, &layout, message, sizeof(message))) {
        return NULL;
    }
    return virt_fdt_create(machine, &layout, size, message, sizeof(message));
}

static void virt_power_key(struct machine *machine)
{
    const struct virt *virt = machine->board_state;
    pl061_press(virt->gpio, VIRT_POWER_PIN);
}

const struct board arm_virt_board = {
    .name = "virt",
    .description = "ARM virtual machine: GICv2, PL011, virtio (as QEMU's virt)",
    .default_cpu = "cortex-a15",
    .cpus = arm_model_names,
    .default_ram = MIB(128),
    .min_ram = MIB(16),
    .max_ram = MIB(3072), /* what is left below 4 GiB */
    .max_cpus = VIRT_MAX_CPUS,
    .devices = virt_device_names,
    .elf_machine = EM_ARM,
    .create = virt_create,
    .boot = virt_boot,
    .destroy = virt_destroy,
    .device_tree = virt_device_tree,
    .power_key = virt_power_key,
};
