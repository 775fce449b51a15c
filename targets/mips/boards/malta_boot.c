/* Starting a kernel as YAMON does, or firmware. */
#include "devices/block/cfi_flash.h"
#include "targets/mips/boards/malta.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB(n) (UINT64_C(n) << 20)

enum {
    KSEG_SIZE = 0x20000000,
    RAW_KERNEL = 0x100000, /* where one without an address goes; Linux is linked there */
    TABLES_END = RAW_KERNEL,
    STRING_STEP = 256,
    INITRD_STEP = 0x10000,
    REVISION_OFFSET = 0x10,
    REVISION = 0x420, /* core card CoreLV, which has a GT-64120 */
    SEED_SIZE = 32,
    LEAST_AHEAD = 4 << 20,
    MOST_AHEAD = 64 << 20,
};
#define KSEG0        0x80000000u
#define KSEG2        0xc0000000u
#define TABLES       (MALTA_ARGUMENTS - KSEG0)
#define FIRST_STRING (TABLES + 0x40)

uint64_t malta_low_ram(const struct machine *machine)
{
    uint64_t window = malta_map[MALTA_RAM_LOW].size, size = machine->config.ram_size;
    return size < window ? size : window;
}

/* ---- layout ---------------------------------------------------------------------------------- */

/* Kernels are linked for the unmapped segments (III 4.3). */
static uint64_t physical(uint64_t address)
{
    return address >= KSEG0 && address < KSEG2 ? address % KSEG_SIZE : address;
}

static uint64_t segment_address(const struct kernel_image *kernel,
                                const struct kernel_segment *segment)
{
    return kernel->relocatable ? RAW_KERNEL + segment->address : physical(segment->address);
}

static uint64_t kernel_end(const struct kernel_image *kernel)
{
    uint64_t end = 0;
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t here = segment_address(kernel, segment) + segment->memory_size;
        end = here > end ? here : end;
    }
    return end;
}

static uint32_t kernel_entry(const struct kernel_image *kernel)
{
    return (uint32_t)(kernel->relocatable ? KSEG0 + RAW_KERNEL + kernel->entry : kernel->entry);
}

static bool check_kernel(const struct machine *machine, char *message, size_t message_size)
{
    const struct kernel_image *kernel = machine->config.kernel;
    uint64_t end = malta_low_ram(machine);
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t address = segment_address(kernel, segment);
        if (address < TABLES_END || address > end || segment->memory_size > end - address) {
            snprintf(message, message_size,
                     "the kernel wants %llu bytes at 0x%llx, but RAM for it is 0x%x to 0x%llx. "
                     "Try: a larger -m, or a kernel linked for this board",
                     (unsigned long long)segment->memory_size, (unsigned long long)segment->address,
                     KSEG0 + TABLES_END, (unsigned long long)(KSEG0 + end - 1));
            return false;
        }
    }
    return true;
}

bool malta_layout(const struct machine *machine, uint64_t *initrd, char *message,
                  size_t message_size)
{
    const struct machine_config *config = &machine->config;
    *initrd = 0;
    if (!config->kernel) {
        return true;
    }
    if (!check_kernel(machine, message, message_size)) {
        return false;
    }
    if (strlen(config->append) > TABLES_END / 2) {
        snprintf(message, message_size, "-append is too long for board malta");
        return false;
    }
    if (config->initrd) {
        uint64_t end = malta_low_ram(machine), size = config->initrd->size;
        uint64_t room = kernel_end(config->kernel) + INITRD_STEP;
        if (size > end || end - size < room + INITRD_STEP) {
            snprintf(message, message_size,
                     "the initrd %s (%llu MiB) does not fit into the first %llu MiB of RAM with "
                     "the kernel. Try: %s",
                     config->initrd->name, (unsigned long long)(size >> 20),
                     (unsigned long long)(end >> 20),
                     end < malta_map[MALTA_RAM_LOW].size ? "a larger -m" : "a smaller one");
            return false;
        }
        *initrd = (end - size - INITRD_STEP) & -(uint64_t)INITRD_STEP;
    }
    return true;
}

/* ---- loading --------------------------------------------------------------------------------- */

static void load_kernel(struct machine *machine)
{
    const struct kernel_image *kernel = machine->config.kernel;
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        uint64_t address = segment_address(kernel, segment);
        uint64_t rest = segment->memory_size - segment->file_size;
        bus_dma_write(machine->bus, address, segment->data, segment->file_size);
        uint8_t *clear = bus_dma_map(machine->bus, address + segment->file_size, rest);
        if (clear) {
            memset(clear, 0, rest);
            bus_dma_written(machine->bus, clear, rest);
        }
    }
}

/* Tables of arguments and of the environment, and where the next of their strings goes. */
struct tables {
    struct machine *machine;
    uint64_t pointer, string;
    bool big;
};

__attribute__((format(printf, 2, 3))) static void add_string(struct tables *tables,
                                                             const char *format, ...)
{
    char *text;
    uint8_t pointer[4];
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    malta_put_word(pointer, tables->big, (uint32_t)(KSEG0 + tables->string));
    bus_dma_write(tables->machine->bus, tables->pointer, pointer, sizeof(pointer));
    bus_dma_write(tables->machine->bus, tables->string, text, (size_t)length + 1);
    tables->pointer += sizeof(pointer);
    tables->string += ((unsigned)length / STRING_STEP + 1) * STRING_STEP;
    free(text);
}

static void fill_tables(struct machine *machine, bool big, uint64_t initrd)
{
    static const uint8_t end[4];
    const struct machine_config *config = &machine->config;
    struct tables tables = {machine, TABLES, FIRST_STRING, big};
    add_string(&tables, "kernel");
    if (config->initrd) {
        add_string(&tables, "rd_start=0x%016llx rd_size=%zu %s",
                   (unsigned long long)(int64_t)(int32_t)(KSEG0 + initrd), config->initrd->size,
                   config->append);
    } else {
        add_string(&tables, "%s", config->append);
    }
    add_string(&tables, "memsize");
    add_string(&tables, "%llu", (unsigned long long)malta_low_ram(machine));
    add_string(&tables, "ememsize");
    add_string(&tables, "%llu", (unsigned long long)config->ram_size);
    add_string(&tables, "modetty0");
    add_string(&tables, "38400n8r");
    uint8_t seed[SEED_SIZE];
    char digits[2 * SEED_SIZE + 1];
    machine_random(machine, seed, sizeof(seed));
    for (unsigned i = 0; i < SEED_SIZE; i++) {
        snprintf(digits + 2 * i, 3, "%02x", seed[i]);
    }
    add_string(&tables, "rngseed");
    add_string(&tables, "%s", digits);
    bus_dma_write(machine->bus, tables.pointer, end, sizeof(end));
}

/* Has the host make memory ready while the kernel is loaded and unpacks itself. */
static void boot_ahead(const struct machine *machine)
{
    uint64_t size = kernel_end(machine->config.kernel);
    uint64_t low = malta_low_ram(machine), most = low < MOST_AHEAD ? low : MOST_AHEAD;
    size += size / 8;
    if (size >= LEAST_AHEAD) {
        bus_ram_ahead(machine->bus, 0, size < most ? size : most);
        jit_ahead(machine->jit);
    }
}

bool malta_boot(struct machine *machine, char *message, size_t message_size)
{
    struct malta *malta = machine->board_state;
    const struct machine_config *config = &machine->config;
    uint64_t initrd;
    if (!config->kernel && !config->bios && !config->flash[0]) {
        snprintf(message, message_size,
                 "there is nothing to start. Try: -kernel FILE, or -bios FILE with firmware");
        return false;
    }
    if (!malta_layout(machine, &initrd, message, message_size)) {
        return false;
    }
    /* The ROM is the flash seen at another place, as it is when the board is reset. */
    memcpy(malta->rom, cfi_flash_memory(malta->flash), malta_map[MALTA_ROM].size);
    if (config->kernel) {
        boot_ahead(machine);
        load_kernel(machine);
        if (config->initrd) {
            bus_dma_write(machine->bus, initrd, config->initrd->data, config->initrd->size);
        }
        fill_tables(machine, malta->big, initrd);
        malta_yamon_fill(malta->rom, malta->big, kernel_entry(config->kernel),
                         (uint32_t)malta_low_ram(machine));
    }
    malta_put_word(malta->rom + REVISION_OFFSET, malta->big, REVISION);
    bus_dma_written(machine->bus, malta->rom, malta_map[MALTA_ROM].size);
    malta->cpu->cpu.halted = malta->cpu->cpu.stopped = false;
    return true;
}
