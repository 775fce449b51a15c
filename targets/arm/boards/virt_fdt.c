/* The device tree (Devicetree Specification 0.3; bindings as in Linux's
 * Documentation/devicetree). */
#include "targets/arm/boards/virt.h"

#include "core/base/check.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_SIZE = 0x10000, PATCH_ROOM = 0x2000 };
enum { PHANDLE_CLOCK = 1, PHANDLE_GIC, PHANDLE_GPIO, PHANDLE_CPU = 16 };
enum { GIC_SPI, GIC_PPI }; /* first cell of an interrupt */
enum { KEY_POWER = 116 };  /* Linux's input-event-codes.h */

/* PSCI (ARM DEN 0022) function numbers, for those who know only version 0.1. */
enum { PSCI_CPU_SUSPEND = 1, PSCI_CPU_OFF, PSCI_CPU_ON, PSCI_MIGRATE = 5 };
#define PSCI_BASE 0x84000000u

/* ---- writing in sequence --------------------------------------------------------------------- */
/* Errors can only mean that the buffer is too small, a bug of ours. */

static void begin(void *fdt, const char *name)
{
    CHECK(!fdt_begin_node(fdt, name));
}

static void begin_at(void *fdt, const char *name, uint64_t address)
{
    char text[64];
    snprintf(text, sizeof(text), "%s@%llx", name, (unsigned long long)address);
    begin(fdt, text);
}

static void end(void *fdt)
{
    CHECK(!fdt_end_node(fdt));
}

static void put_bytes(void *fdt, const char *name, const void *bytes, size_t size)
{
    CHECK(!fdt_property(fdt, name, bytes, (int)size));
}

static void put_text(void *fdt, const char *name, const char *text)
{
    put_bytes(fdt, name, text, strlen(text) + 1);
}

static void put_flag(void *fdt, const char *name)
{
    put_bytes(fdt, name, NULL, 0);
}

static void put_cells(void *fdt, const char *name, const uint32_t *cells, unsigned count)
{
    fdt32_t big[160];
    CHECK(count <= sizeof(big) / sizeof(big[0]));
    for (unsigned i = 0; i < count; i++) {
        big[i] = cpu_to_fdt32(cells[i]);
    }
    put_bytes(fdt, name, big, count * sizeof(big[0]));
}
#define PUT_CELLS(fdt, name, ...)                                                                  \
    put_cells(fdt, name, (const uint32_t[]){__VA_ARGS__},                                          \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* An address or a size in a tree whose root has two cells for each. */
#define CELLS64(v) (uint32_t)((uint64_t)(v) >> 32), (uint32_t)(v)

/* ---- nodes ----------------------------------------------------------------------------------- */

static void put_cpus(void *fdt, const struct machine *machine)
{
    const char *model = machine->config.cpu ? machine->config.cpu : machine->board->default_cpu;
    char compatible[64];
    snprintf(compatible, sizeof(compatible), "arm,%s", model);
    begin(fdt, "cpus");
    PUT_CELLS(fdt, "#address-cells", 1);
    PUT_CELLS(fdt, "#size-cells", 0);
    for (unsigned i = 0; i < machine->config.cpus; i++) {
        begin_at(fdt, "cpu", i);
        put_text(fdt, "device_type", "cpu");
        put_text(fdt, "compatible", compatible);
        PUT_CELLS(fdt, "reg", i);
        if (machine->config.cpus > 1) {
            put_text(fdt, "enable-method", "psci");
        }
        PUT_CELLS(fdt, "phandle", PHANDLE_CPU + i);
        end(fdt);
    }
    begin(fdt, "cpu-map");
    begin(fdt, "socket0");
    begin(fdt, "cluster0");
    for (unsigned i = 0; i < machine->config.cpus; i++) {
        char core[16];
        snprintf(core, sizeof(core), "core%u", i);
        begin(fdt, core);
        PUT_CELLS(fdt, "cpu", PHANDLE_CPU + i);
        end(fdt);
    }
    end(fdt);
    end(fdt);
    end(fdt);
    end(fdt);
}

static void put_psci(void *fdt)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";
    begin(fdt, "psci");
    put_bytes(fdt, "compatible", compatible, sizeof(compatible));
    put_text(fdt, "method", "hvc");
    PUT_CELLS(fdt, "cpu_suspend", PSCI_BASE + PSCI_CPU_SUSPEND);
    PUT_CELLS(fdt, "cpu_off", PSCI_BASE + PSCI_CPU_OFF);
    PUT_CELLS(fdt, "cpu_on", PSCI_BASE + PSCI_CPU_ON);
    PUT_CELLS(fdt, "migrate", PSCI_BASE + PSCI_MIGRATE);
    end(fdt);
}

static void put_timer(void *fdt, const struct machine *machine)
{
    uint32_t cells[12], flags = ((1u << machine->config.cpus) - 1) << 8 | VIRT_LEVEL;
    for (unsigned i = 0; i < 4; i++) {
        cells[3 * i] = GIC_PPI;
        cells[3 * i + 1] = virt_timer_ppi[i];
        cells[3 * i + 2] = flags;
    }
    begin(fdt, "timer");
    put_text(fdt, "compatible", "arm,armv7-timer");
    put_flag(fdt, "always-on");
    put_cells(fdt, "interrupts", cells, 12);
    end(fdt);
}

static void put_clock(void *fdt)
{
    begin(fdt, "apb-pclk");
    put_text(fdt, "compatible", "fixed-clock");
    PUT_CELLS(fdt, "#clock-cells", 0);
    PUT_CELLS(fdt, "clock-frequency", VIRT_CLOCK_HZ);
    put_text(fdt, "clock-output-names", "clk24mhz");
    PUT_CELLS(fdt, "phandle", PHANDLE_CLOCK);
    end(fdt);
}

static void put_clocks(void *fdt, const struct virt_window *window)
{
    uint32_t clocks[4];
    unsigned count = 0;
    for (size_t i = 0; i < window->clock_names_size; i++) {
        if (!window->clock_names[i]) {
            clocks[count++] = PHANDLE_CLOCK;
        }
    }
    put_cells(fdt, "clocks", clocks, count);
    put_bytes(fdt, "clock-names", window->clock_names, window->clock_names_size);
}

/* Types of space in the first cell of an address (PCI Bus Binding 2.1, 2.2.1.1). */
#define PCI_SPACE_IO     UINT32_C(0x01000000)
#define PCI_SPACE_MEMORY UINT32_C(0x02000000)

/* The PCI host: interrupts by slot, of which every fourth has the same, and pin. */
static void put_pcie(void *fdt)
{
    const struct virt_window *memory = &virt_map[VIRT_PCIE], *io = &virt_map[VIRT_PCIE_IO];
    const struct virt_window *config = &virt_map[VIRT_PCIE_CONFIG];
    uint32_t map[160], *row = map;
    for (unsigned slot = 0; slot < 4; slot++) {
        for (unsigned pin = 0; pin < 4; pin++, row += 10) {
            const uint32_t cells[10] = {slot << 11,
                                        0,
                                        0,
                                        pin + 1,
                                        PHANDLE_GIC,
                                        0,
                                        0,
                                        GIC_SPI,
                                        (uint32_t)memory->spi + virt_pci_route(slot, pin),
                                        memory->trigger};
            memcpy(row, cells, sizeof(cells));
        }
    }
    put_text(fdt, "device_type", "pci");
    PUT_CELLS(fdt, "reg", CELLS64(config->base), CELLS64(config->size));
    PUT_CELLS(fdt, "#address-cells", 3);
    PUT_CELLS(fdt, "#size-cells", 2);
    PUT_CELLS(fdt, "#interrupt-cells", 1);
    PUT_CELLS(fdt, "linux,pci-domain", 0);
    PUT_CELLS(fdt, "bus-range", 0, (uint32_t)(config->size >> 20) - 1);
    PUT_CELLS(fdt, "ranges", PCI_SPACE_IO, CELLS64(0), CELLS64(io->base), CELLS64(io->size),
              PCI_SPACE_MEMORY, CELLS64(memory->base), CELLS64(memory->base),
              CELLS64(memory->size));
    PUT_CELLS(fdt, "interrupt-map-mask", 3 << 11, 0, 0, 7);
    put_cells(fdt, "interrupt-map", map, 160);
    put_flag(fdt, "dma-coherent");
}

/* What a node has besides the common properties. */
static void put_special(void *fdt, enum virt_window_id id)
{
    const struct virt_window *window = &virt_map[id];
    switch (id) {
    case VIRT_FLASH: {
        uint64_t half = window->size / VIRT_FLASH_BANKS;
        PUT_CELLS(fdt, "reg", CELLS64(window->base), CELLS64(half), CELLS64(window->base + half),
                  CELLS64(half));
        PUT_CELLS(fdt, "bank-width", 4);
        return;
    }
    case VIRT_GIC_DIST:
        PUT_CELLS(fdt, "reg", CELLS64(window->base), CELLS64(window->size),
                  CELLS64(virt_map[VIRT_GIC_CPU].base), CELLS64(virt_map[VIRT_GIC_CPU].size));
        put_flag(fdt, "interrupt-controller");
        PUT_CELLS(fdt, "#interrupt-cells", 3);
        PUT_CELLS(fdt, "#address-cells", 2);
        PUT_CELLS(fdt, "#size-cells", 2);
        put_flag(fdt, "ranges");
        PUT_CELLS(fdt, "phandle", PHANDLE_GIC);
        return;
    case VIRT_PCIE:
        put_pcie(fdt);
        return;
    case VIRT_GPIO:
        put_flag(fdt, "gpio-controller");
        PUT_CELLS(fdt, "#gpio-cells", 2);
        PUT_CELLS(fdt, "phandle", PHANDLE_GPIO);
        break;
    case VIRT_FW_CFG:
    case VIRT_VIRTIO:
        put_flag(fdt, "dma-coherent");
        break;
    default:
        break;
    }
}

static void put_window(void *fdt, enum virt_window_id id, unsigned n)
{
    const struct virt_window *window = &virt_map[id];
    uint64_t base = window->base + n * window->size;
    begin_at(fdt, window->node, base);
    put_bytes(fdt, "compatible", window->compatible, window->compatible_size);
    if (id != VIRT_FLASH && id != VIRT_GIC_DIST && id != VIRT_PCIE) {
        PUT_CELLS(fdt, "reg", CELLS64(base), CELLS64(window->size));
    }
    if (window->spi >= 0 && id != VIRT_PCIE) {
        PUT_CELLS(fdt, "interrupts", GIC_SPI, (uint32_t)window->spi + n, window->trigger);
    }
    if (window->clock_names) {
        put_clocks(fdt, window);
    }
    put_special(fdt, id);
    end(fdt);
}

static void put_keys(void *fdt)
{
    begin(fdt, "gpio-keys");
    put_text(fdt, "compatible", "gpio-keys");
    begin(fdt, "poweroff");
    put_text(fdt, "label", "GPIO Key Poweroff");
    PUT_CELLS(fdt, "linux,code", KEY_POWER);
    PUT_CELLS(fdt, "gpios", PHANDLE_GPIO, VIRT_POWER_PIN, 0);
    end(fdt);
    end(fdt);
}

/* The board as it is, without what depends on the boot. */
static void *board_tree(const struct machine *machine)
{
    void *fdt = calloc(1, TREE_SIZE);
    CHECK(fdt && !fdt_create(fdt, TREE_SIZE) && !fdt_finish_reservemap(fdt));
    begin(fdt, "");
    put_text(fdt, "compatible", "linux,dummy-virt");
    put_text(fdt, "model", "linux,dummy-virt");
    PUT_CELLS(fdt, "#address-cells", 2);
    PUT_CELLS(fdt, "#size-cells", 2);
    PUT_CELLS(fdt, "interrupt-parent", PHANDLE_GIC);
    begin(fdt, "chosen");
    char stdout_path[64];
    snprintf(stdout_path, sizeof(stdout_path), "/%s@%llx", virt_map[VIRT_UART].node,
             (unsigned long long)virt_map[VIRT_UART].base);
    put_text(fdt, "stdout-path", stdout_path);
    end(fdt);
    put_psci(fdt);
    put_cpus(fdt, machine);
    put_timer(fdt, machine);
    put_clock(fdt);
    for (unsigned id = 0; id < VIRT_WINDOWS; id++) {
        unsigned count = virt_map[id].count ? virt_map[id].count : 1;
        for (unsigned n = 0; virt_map[id].node && n < count; n++) {
            put_window(fdt, id, n);
        }
    }
    put_keys(fdt);
    end(fdt);
    CHECK(!fdt_finish(fdt));
    return fdt;
}

/* ---- what depends on the boot, in our tree or the user's ------------------------------------- */

/* An address or size of 1 or 2 cells at `bytes`; returns how many bytes that is. */
static unsigned store_cells(uint8_t *bytes, int cells, uint64_t value)
{
    if (cells == 2) {
        fdt64_st(bytes, value);
    } else {
        fdt32_st(bytes, (uint32_t)value);
    }
    return 4 * (unsigned)cells;
}

static int patch_memory(void *fdt, const struct machine *machine)
{
    uint64_t base = virt_map[VIRT_RAM].base;
    int node = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));
    if (node < 0) {
        char name[64];
        snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)base);
        node = fdt_add_subnode(fdt, 0, name);
        if (node < 0) {
            return node;
        }
        int error = fdt_setprop_string(fdt, node, "device_type", "memory");
        if (error) {
            return error;
        }
    }
    int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return -FDT_ERR_BADNCELLS;
    }
    uint8_t reg[16];
    unsigned size = store_cells(reg, address_cells, base);
    size += store_cells(reg + size, size_cells, machine->config.ram_size);
    return fdt_setprop(fdt, node, "reg", reg, (int)size);
}

static int patch_chosen(void *fdt, struct machine *machine, const struct virt_layout *layout)
{
    int node = fdt_path_offset(fdt, "/chosen"), error = 0;
    if (node == -FDT_ERR_NOTFOUND) {
        node = fdt_add_subnode(fdt, 0, "chosen");
    }
    if (node < 0) {
        return node;
    }
    const char *append = machine->config.append;
    if (append && *append) {
        error = fdt_setprop_string(fdt, node, "bootargs", append);
    }
    if (!error && layout->initrd_size) {
        uint32_t start = (uint32_t)layout->initrd, after = start + (uint32_t)layout->initrd_size;
        error = fdt_setprop_u32(fdt, node, "linux,initrd-start", start);
        error = error ? error : fdt_setprop_u32(fdt, node, "linux,initrd-end", after);
    }
    uint8_t seed[32 + 8];
    machine_random(machine, seed, sizeof(seed));
    error = error ? error : fdt_setprop(fdt, node, "kaslr-seed", seed, 8);
    return error ? error : fdt_setprop(fdt, node, "rng-seed", seed + 8, 32);
}

void *virt_fdt_create(struct machine *machine, const struct virt_layout *layout, size_t *size,
                      char *message, size_t message_size)
{
    const struct machine_blob *own = machine->config.dtb;
    void *base = own ? NULL : board_tree(machine);
    const void *from = own ? own->data : base;
    const char *append = machine->config.append;
    size_t room = fdt_totalsize(from) + PATCH_ROOM + (append ? strlen(append) : 0);
    void *fdt = calloc(1, room); /* the guest sees the rest of it, too */
    CHECK(fdt);
    int error = fdt_open_into(from, fdt, (int)room);
    error = error ? error : patch_memory(fdt, machine);
    error = error ? error : patch_chosen(fdt, machine, layout);
    free(base);
    if (error) {
        snprintf(
            message, message_size,
            "cannot add memory and boot arguments to the device tree%s%s: %s. Try: without -dtb",
            own ? " " : "", own ? own->name : "", fdt_strerror(error));
        free(fdt);
        return NULL;
    }
    *size = room;
    return fdt;
}
