/* Starting a kernel or firmware. */
#include "targets/arm/boards/virt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB(n) (UINT64_C(n) << 20)

enum {
    PAGE = 4096,
    /* Image expects to be run at this offset in a 2 MiB section; everything else above the page
     * tables that such a kernel would put below itself. */
    IMAGE_OFFSET = 0x8000,
    KERNEL_OFFSET = 0x10000,
    /* RAM that is made ready: less is not worth it, and a header may tell of too much. */
    LEAST_AHEAD = 4 << 20,
    MOST_AHEAD = 64 << 20,
};

static uint64_t ram_end(const struct machine *machine)
{
    return virt_map[VIRT_RAM].base + machine->config.ram_size;
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & -to;
}

/* First address after the kernel, with the room it says it needs. */
static uint64_t kernel_end(const struct kernel_image *kernel, uint64_t base)
{
    uint64_t end = kernel->relocatable ? base + kernel->size_in_memory : 0;
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t here = segment->address + segment->memory_size + (kernel->relocatable ? base : 0);
        end = here > end ? here : end;
    }
    return end;
}

static bool check_kernel(const struct machine *machine, const struct virt_layout *layout,
                         char *message, size_t message_size)
{
    const struct kernel_image *kernel = machine->config.kernel;
    if (kernel->big_endian) {
        snprintf(message, message_size,
                 "the kernel is big-endian, and board virt starts little-endian ones only");
        return false;
    }
    uint64_t base = virt_map[VIRT_RAM].base, end = ram_end(machine);
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t address = segment->address + (kernel->relocatable ? layout->kernel : 0);
        if (address < base || address > end || segment->memory_size > end - address) {
            snprintf(message, message_size,
                     "the kernel wants %llu bytes at 0x%llx, but RAM is 0x%llx to 0x%llx. Try: a "
                     "larger -m, or a kernel linked for this board",
                     (unsigned long long)segment->memory_size, (unsigned long long)address,
                     (unsigned long long)base, (unsigned long long)end - 1);
            return false;
        }
    }
    return true;
}

bool virt_layout_compute(const struct machine *machine, struct virt_layout *layout, char *message,
                         size_t message_size)
{
    const struct machine_config *config = &machine->config;
    const struct kernel_image *kernel = config->kernel;
    uint64_t base = virt_map[VIRT_RAM].base, end = ram_end(machine), after = base;
    *layout = (struct virt_layout){.dtb = base};
    if (!kernel || config->bios || config->flash[0]) {
        return true; /* firmware looks for the tree at the start of RAM, and loads all else
                      * itself */
    }
    layout->kernel = base + (kernel->kind == KERNEL_IMAGE ? IMAGE_OFFSET : KERNEL_OFFSET);
    layout->entry = kernel->entry + (kernel->relocatable ? layout->kernel : 0);
    if (!check_kernel(machine, layout, message, message_size)) {
        return false;
    }
    /* A zImage unpacks to the start of RAM: initrd and tree stay far above, where its first page
     * tables still reach them. */
    after = base + (config->ram_size / 2 < MIB(128) ? config->ram_size / 2 : MIB(128));
    uint64_t kernel_top = align_up(kernel_end(kernel, layout->kernel), PAGE);
    if (kernel_top > after && kernel_top < end) {
        after = kernel_top;
    }
    if (config->initrd) {
        layout->initrd = after;
        layout->initrd_size = config->initrd->size;
        if (config->initrd->size > end - after) {
            snprintf(
                message, message_size,
                "the initrd %s (%llu MiB) does not fit into RAM behind the kernel. Try: -m %llu",
                config->initrd->name, (unsigned long long)(config->initrd->size >> 20),
                (unsigned long long)((config->ram_size >> 20) + 2 * (config->initrd->size >> 20)));
            return false;
        }
        after += config->initrd->size;
    }
    layout->dtb = align_up(after, PAGE);
    return true;
}

static void load(struct machine *machine, uint64_t address, const void *data, uint64_t size)
{
    bus_dma_write(machine->bus, address, data, size);
}

static void clear(struct machine *machine, uint64_t address, uint64_t size)
{
    uint8_t *host = bus_dma_map(machine->bus, address, size);
    if (host) {
        memset(host, 0, size);
        bus_dma_written(machine->bus, host, size);
    }
}

static void load_kernel(struct machine *machine, const struct virt_layout *layout)
{
    const struct kernel_image *kernel = machine->config.kernel;
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t address = segment->address + (kernel->relocatable ? layout->kernel : 0);
        load(machine, address, segment->data, segment->file_size);
        clear(machine, address + segment->file_size, segment->memory_size - segment->file_size);
    }
}

/* Registers as Linux's Documentation/arm/booting.rst wants them: r0 0, r1 any machine type, r2 the
 * tree; the reset has left the CPU in Supervisor mode, interrupts masked, MMU and caches off. */
static void start_cpu(struct arm_cpu *cpu, const struct virt_layout *layout)
{
    cpu->r[0] = 0;
    cpu->r[1] = UINT32_MAX;
    cpu->r[2] = (uint32_t)layout->dtb;
    cpu->r[15] = (uint32_t)layout->entry;
}

/* Has the host make memory ready while the kernel is loaded and unpacks itself. First it moves out
 * of its own way, to right behind the room that it needs. */
static void boot_ahead(const struct machine *machine, const struct virt_layout *layout)
{
    uint64_t base = virt_map[VIRT_RAM].base;
    uint64_t size = kernel_end(machine->config.kernel, layout->kernel) - base;
    uint64_t most = machine->config.ram_size < MOST_AHEAD ? machine->config.ram_size : MOST_AHEAD;
    size += size / 8;
    if (size >= LEAST_AHEAD) {
        bus_ram_ahead(machine->bus, base, size < most ? size : most);
        jit_ahead(machine->jit);
    }
}

bool virt_boot(struct machine *machine, char *message, size_t message_size)
{
    struct virt *virt = machine->board_state;
    const struct machine_config *config = &machine->config;
    if (!config->kernel && !config->bios && !config->flash[0]) {
        snprintf(message, message_size,
                 "there is nothing to start. Try: -kernel FILE, or -bios FILE with firmware");
        return false;
    }
    struct virt_layout layout;
    size_t size;
    if (!virt_layout_compute(machine, &layout, message, message_size)) {
        return false;
    }
    if (layout.kernel) {
        boot_ahead(machine, &layout);
    }
    void *tree = virt_fdt_create(machine, &layout, &size, message, message_size);
    if (!tree) {
        return false;
    }
    if (size > ram_end(machine) - layout.dtb) {
        snprintf(message, message_size,
                 "no room in RAM for the device tree behind kernel and initrd. Try: a larger -m");
        free(tree);
        return false;
    }
    load(machine, layout.dtb, tree, size);
    free(tree);
    if (layout.kernel) {
        load_kernel(machine, &layout);
        if (config->initrd) {
            load(machine, layout.initrd, config->initrd->data, config->initrd->size);
        }
        start_cpu(virt->cpus[0], &layout);
    }
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        machine->cpus[i]->halted = false;
        machine->cpus[i]->stopped = i > 0; /* until PSCI CPU_ON */
    }
    return true;
}
