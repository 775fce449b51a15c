#include "devices/pci/pci.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <stdlib.h>
#include <string.h>

struct pci_bus {
    struct device device;
    struct bus *spaces[2]; /* by enum pci_space */
    struct pci_function *functions[PCI_FUNCTIONS];
    struct pci_wiring wiring;
    uint32_t pulls[PCI_WIRES]; /* how many functions drive each wire */
};

/* ---- windows --------------------------------------------------------------------------------- */

static void log_mapping(const struct pci_function *function, const struct pci_mapping *mapping)
{
    log_write(&function->device.machine->config.log, LOG_GUEST_ERRORS,
              "pci: %s: no room for %s at 0x%08x\n", function->kind->name, mapping->window.name,
              mapping->base);
}

static void unmap(struct pci_bus *bus, struct pci_mapping *mapping)
{
    if (mapping->mapped) {
        bus_remove(bus->spaces[mapping->window.space], mapping->mapped_base);
        mapping->mapped = false;
    }
}

static void map(struct pci_function *function, struct pci_mapping *mapping)
{
    const struct pci_window *window = &mapping->window;
    struct bus *space = function->bus->spaces[window->space];
    if (!bus_has_room(space, mapping->base, window->size)) {
        log_mapping(function, mapping);
        return;
    }
    bus_add_mmio(space, window->name, mapping->base, window->size, window->ops, window->opaque);
    mapping->mapped = true;
    mapping->mapped_base = mapping->base;
}

/* Where the configuration wants a BAR's window. One at 0 is not assigned yet. */
static void place_bar(struct pci_function *function, unsigned n)
{
    struct pci_mapping *mapping = &function->mappings[n];
    uint32_t command = pci_config_get(function, PCI_COMMAND, 2);
    const struct pci_window *window = &mapping->window;
    uint32_t enable = window->space == PCI_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    mapping->base = pci_config_get(function, PCI_BAR0 + 4 * n, 4) & ~(window->size - 1);
    mapping->wanted = window->size && mapping->base && command & enable;
}

/* Brings the map of both spaces up to date. What is in the way of a window may have gone, so all
 * windows are tried, in the order of their functions. */
static void remap(struct pci_bus *bus)
{
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        for (unsigned n = 0; bus->functions[i] && n < PCI_WINDOWS; n++) {
            struct pci_mapping *mapping = &bus->functions[i]->mappings[n];
            if (n < PCI_BARS) {
                place_bar(bus->functions[i], n);
            }
            if (!mapping->wanted || mapping->base != mapping->mapped_base) {
                unmap(bus, mapping);
            }
        }
    }
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        for (unsigned n = 0; bus->functions[i] && n < PCI_WINDOWS; n++) {
            struct pci_mapping *mapping = &bus->functions[i]->mappings[n];
            if (mapping->wanted && !mapping->mapped) {
                map(bus->functions[i], mapping);
            }
        }
    }
}

void pci_add_bar(struct pci_function *function, unsigned n, const struct pci_window *window)
{
    uint32_t least = window->space == PCI_IO ? 4 : 16;
    CHECK(n < PCI_BARS && window->size >= least && !(window->size & (window->size - 1)));
    function->mappings[n].window = *window;
    unsigned reg = PCI_BAR0 + 4 * n;
    function->initial[reg] = function->config[reg] = window->space == PCI_IO;
    uint32_t mask = ~(window->size - 1);
    for (unsigned i = 0; i < 4; i++) {
        function->writable[reg + i] = (uint8_t)(mask >> (8 * i));
    }
}

void pci_add_window(struct pci_function *function, unsigned n, const struct pci_window *window)
{
    CHECK(PCI_BARS + n < PCI_WINDOWS && window->size);
    function->mappings[PCI_BARS + n].window = *window;
}

void pci_set_window(struct pci_function *function, unsigned n, bool open, uint32_t base)
{
    struct pci_mapping *mapping = &function->mappings[PCI_BARS + n];
    mapping->wanted = open;
    mapping->base = base;
    remap(function->bus);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

/* Passes on what the function drives, unless its command register forbids it (6.2.2). */
static void update_wire(struct pci_function *function)
{
    struct pci_bus *bus = function->bus;
    bool level =
        function->interrupt && !(pci_config_get(function, PCI_COMMAND, 2) & PCI_COMMAND_NO_INTX);
    function->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
    function->config[PCI_STATUS] |= function->interrupt ? PCI_STATUS_INTERRUPT : 0;
    unsigned pin = function->config[PCI_INTERRUPT_PIN];
    if (!pin || !bus->wiring.route || level == function->wire) {
        return;
    }
    function->wire = level;
    unsigned wire = bus->wiring.route(function->devfn / 8u, pin - 1) % PCI_WIRES;
    bus->pulls[wire] += level ? 1u : -1u;
    irq_set(&bus->wiring.wires[wire], bus->pulls[wire]);
}

void pci_interrupt(struct pci_function *function, bool level)
{
    function->interrupt = level;
    update_wire(function);
}

/* ---- configuration --------------------------------------------------------------------------- */

static struct pci_function *function_at(struct pci_bus *bus, unsigned number, unsigned devfn)
{
    return number == 0 && devfn < PCI_FUNCTIONS ? bus->functions[devfn] : NULL;
}

bool pci_config_read(struct pci_bus *bus, unsigned number, unsigned devfn, unsigned reg,
                     unsigned size, uint32_t *value)
{
    struct pci_function *function = function_at(bus, number, devfn);
    if (!function || reg + size > PCI_CONFIG_SIZE) {
        *value = (uint32_t)(~UINT64_C(0) >> (64 - 8 * size));
        return false;
    }
    if (function->kind->reading) {
        function->kind->reading(function, reg, size);
    }
    *value = pci_config_get(function, reg, size);
    return true;
}

bool pci_config_write(struct pci_bus *bus, unsigned number, unsigned devfn, unsigned reg,
                      unsigned size, uint32_t value)
{
    struct pci_function *function = function_at(bus, number, devfn);
    if (!function || reg + size > PCI_CONFIG_SIZE) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i)), set = function->writable[reg + i];
        uint8_t *stored = &function->config[reg + i];
        *stored = (uint8_t)((*stored & ~set) | (byte & set));
        *stored &= (uint8_t) ~(byte & function->clear[reg + i]);
    }
    if (pci_hits(reg, size, PCI_COMMAND, 2)) {
        update_wire(function);
    }
    if (pci_hits(reg, size, PCI_COMMAND, 2) || pci_hits(reg, size, PCI_BAR0, 4 * PCI_BARS)) {
        remap(bus);
    }
    if (function->kind->written) {
        function->kind->written(function, reg, size);
    }
    return true;
}

unsigned pci_add_capability(struct pci_function *function, uint8_t id, const void *body,
                            unsigned size)
{
    unsigned at = function->next_capability;
    CHECK(at + 2 + size <= PCI_CONFIG_SIZE);
    uint8_t *initial = function->initial;
    initial[at] = id;
    initial[at + 1] = initial[PCI_CAPABILITIES];
    memcpy(&initial[at + 2], body, size);
    initial[PCI_CAPABILITIES] = (uint8_t)at;
    initial[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    function->next_capability = (uint8_t)((at + 2 + size + 3) & ~3u);
    memcpy(function->config, initial, PCI_CONFIG_SIZE);
    return at;
}

/* ---- bus mastering --------------------------------------------------------------------------- */

static bool may_master(struct pci_function *function)
{
    if (pci_config_get(function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER) {
        return true;
    }
    log_write(&function->device.machine->config.log, LOG_GUEST_ERRORS,
              "pci: %s: DMA while it may not master the bus\n", function->kind->name);
    return false;
}

bool pci_dma_read(struct pci_function *function, uint64_t address, void *buffer, size_t size)
{
    return may_master(function) &&
           bus_dma_read(function->device.machine->bus, address, buffer, size);
}

bool pci_dma_write(struct pci_function *function, uint64_t address, const void *buffer, size_t size)
{
    return may_master(function) &&
           bus_dma_write(function->device.machine->bus, address, buffer, size);
}

/* ---- functions ------------------------------------------------------------------------------- */

/* What headers have (6.1, 6.2.2, 6.2.3), as rows. */
static const struct pci_reg header_regs[] = {
    {"Command", PCI_COMMAND, 2, .writable = 0x0547},
    {"Status", PCI_STATUS, 2, .clear = 0xf900},
    {"Cache Line Size", PCI_CACHE_LINE, 1, .writable = 0xff},
    {"Latency Timer", PCI_LATENCY, 1, .writable = 0xf8},
    {"Interrupt Line", PCI_INTERRUPT_LINE, 1, .writable = 0xff},
};

static void put(uint8_t *config, unsigned reg, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        config[reg + i] = (uint8_t)(value >> (8 * i));
    }
}

static void add_rows(struct pci_function *function, const struct pci_reg *rows, unsigned count)
{
    for (const struct pci_reg *row = rows; row < rows + count; row++) {
        if (row->reset) {
            put(function->initial, row->reg, row->width, row->reset);
        }
        put(function->writable, row->reg, row->width, row->writable);
        put(function->clear, row->reg, row->width, row->clear);
    }
}

void pci_function_init(struct pci_function *function, struct pci_bus *bus, unsigned devfn,
                       const struct pci_kind *kind, const struct device_ops *ops)
{
    CHECK(devfn < PCI_FUNCTIONS && !bus->functions[devfn]);
    function->device.ops = ops;
    function->kind = kind;
    function->bus = bus;
    function->devfn = (uint8_t)devfn;
    function->next_capability = PCI_HEADER_END;
    uint8_t *initial = function->initial;
    put(initial, PCI_VENDOR_ID, 2, kind->vendor);
    put(initial, PCI_DEVICE_ID, 2, kind->device);
    put(initial, PCI_STATUS, 2, kind->status);
    put(initial, PCI_REVISION, 1, kind->revision);
    put(initial, PCI_CLASS, 3, kind->class_code);
    put(initial, PCI_HEADER_TYPE, 1, kind->multifunction ? 0x80 : 0);
    put(initial, PCI_SUBSYSTEM_VENDOR, 2, kind->subsystem_vendor);
    put(initial, PCI_SUBSYSTEM, 2, kind->subsystem);
    put(initial, PCI_INTERRUPT_PIN, 1, kind->pin);
    add_rows(function, header_regs, ARRAY_SIZE(header_regs));
    add_rows(function, kind->regs, kind->reg_count);
    memcpy(function->config, initial, PCI_CONFIG_SIZE);
    bus->functions[devfn] = function;
    machine_add_device(bus->device.machine, &function->device);
}

/* ---- the bus --------------------------------------------------------------------------------- */

static const struct field pci_bus_fields[] = {
    FIELD_ARRAY(pci_bus, pulls, FIELD_U32, PCI_WIRES),
};

static void function_reset(struct pci_function *function)
{
    memcpy(function->config, function->initial, PCI_CONFIG_SIZE);
    for (unsigned n = PCI_BARS; n < PCI_WINDOWS; n++) {
        function->mappings[n].wanted = false;
    }
    pci_interrupt(function, false);
}

static void pci_bus_reset(void *device)
{
    struct pci_bus *bus = device;
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        if (bus->functions[i]) {
            function_reset(bus->functions[i]);
        }
    }
    remap(bus);
}

static void pci_bus_destroy(void *device)
{
    struct pci_bus *bus = device;
    bus_destroy(bus->spaces[PCI_IO]);
    bus_destroy(bus->spaces[PCI_MEMORY]);
    free(bus);
}

static const struct device_ops pci_bus_ops = {
    .name = "pci",
    .fields = pci_bus_fields,
    .field_count = ARRAY_SIZE(pci_bus_fields),
    .reset = pci_bus_reset,
    .destroy = pci_bus_destroy,
};

struct pci_bus *pci_bus_create(struct machine *machine)
{
    struct pci_bus *bus = calloc(1, sizeof(*bus));
    CHECK(bus);
    bus->device.ops = &pci_bus_ops;
    bus->spaces[PCI_IO] = bus_create(&machine->config.log);
    bus->spaces[PCI_MEMORY] = bus_create(&machine->config.log);
    machine_add_device(machine, &bus->device);
    return bus;
}

void pci_bus_wire(struct pci_bus *bus, const struct pci_wiring *wiring)
{
    bus->wiring = *wiring;
}

struct bus *pci_bus_space(struct pci_bus *bus, enum pci_space space)
{
    return bus->spaces[space];
}

/* ---- apertures ------------------------------------------------------------------------------- */

/* Whether one window holds the whole access. */
static bool answers(const struct pci_aperture *aperture, uint64_t address, unsigned size)
{
    const struct bus_region *region = bus_find(aperture->space, address);
    return region && region->size - (address - region->base) >= size;
}

static void nobody(const struct pci_aperture *aperture, const char *what, uint64_t address)
{
    log_write(aperture->log, LOG_GUEST_ERRORS, "pci: %s 0x%08llx, where nothing answers\n", what,
              (unsigned long long)address);
    if (aperture->abort) {
        aperture->abort(aperture->opaque);
    }
}

static uint64_t aperture_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_aperture *aperture = opaque;
    uint64_t address = (aperture->offset + offset) & aperture->mask, value = 0;
    if (answers(aperture, address, size)) {
        bus_read(aperture->space, address, size, &value);
        return value;
    }
    if (size == 1) {
        nobody(aperture, "read of", address);
        return 0xff;
    }
    unsigned half = size / 2;
    value = aperture_read(opaque, offset, half);
    return value | aperture_read(opaque, offset + half, half) << (8 * half);
}

static void aperture_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pci_aperture *aperture = opaque;
    uint64_t address = (aperture->offset + offset) & aperture->mask;
    if (answers(aperture, address, size)) {
        bus_write(aperture->space, address, size, value);
        return;
    }
    if (size == 1) {
        nobody(aperture, "write to", address);
        return;
    }
    unsigned half = size / 2;
    aperture_write(opaque, offset, half, value & (~UINT64_C(0) >> (64 - 8 * half)));
    aperture_write(opaque, offset + half, half, value >> (8 * half));
}

const struct mmio_ops pci_aperture_ops = {aperture_read, aperture_write};
