#include "devices/pci/ecam.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"

#include <stdlib.h>

struct ecam {
    struct pci_function pci;
    struct pci_aperture io, memory;
};

/* Bus number, device and function, register. */
static uint32_t read_part(struct ecam *ecam, uint64_t offset, unsigned size)
{
    uint32_t value;
    pci_config_read(ecam->pci.bus, (unsigned)(offset >> 20), offset >> 12 & 0xff, offset & 0xfff,
                    size, &value);
    return value;
}

static void write_part(struct ecam *ecam, uint64_t offset, unsigned size, uint32_t value)
{
    pci_config_write(ecam->pci.bus, (unsigned)(offset >> 20), offset >> 12 & 0xff, offset & 0xfff,
                     size, value);
}

static uint64_t config_read(void *opaque, uint64_t offset, unsigned size)
{
    if (size == 8) {
        return read_part(opaque, offset, 4) | (uint64_t)read_part(opaque, offset + 4, 4) << 32;
    }
    return read_part(opaque, offset, size);
}

static void config_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    write_part(opaque, offset, size < 4 ? size : 4, (uint32_t)value);
    if (size == 8) {
        write_part(opaque, offset + 4, 4, (uint32_t)(value >> 32));
    }
}

static const struct mmio_ops config_ops = {config_read, config_write};

static const struct pci_kind ecam_kind = {
    .name = "pcie-host",
    .vendor = 0x1b36, /* as QEMU's */
    .device = 0x0008,
    .class_code = 0x060000,
    .subsystem_vendor = 0x1af4,
    .subsystem = 0x1100,
};

static const struct field ecam_fields[] = {PCI_FIELDS(ecam, pci)};

static const struct device_ops ecam_ops = {
    .name = "pcie-host",
    .fields = ecam_fields,
    .field_count = ARRAY_SIZE(ecam_fields),
    .destroy = free,
};

static struct pci_aperture aperture(struct machine *machine, struct pci_bus *bus,
                                    enum pci_space space, uint64_t offset)
{
    return (struct pci_aperture){
        .space = pci_bus_space(bus, space),
        .offset = offset,
        .mask = UINT32_MAX,
        .log = &machine->config.log,
    };
}

struct pci_bus *ecam_create(struct machine *machine, const struct ecam_config *config)
{
    struct ecam *ecam = calloc(1, sizeof(*ecam));
    struct pci_bus *bus = pci_bus_create(machine);
    CHECK(ecam);
    pci_bus_wire(bus, &config->wiring);
    pci_function_init(&ecam->pci, bus, 0, &ecam_kind, &ecam_ops);
    ecam->io = aperture(machine, bus, PCI_IO, 0);
    ecam->memory = aperture(machine, bus, PCI_MEMORY, config->memory);
    bus_add_mmio(machine->bus, "pcie-config", config->config, config->config_size, &config_ops,
                 ecam);
    bus_add_mmio(machine->bus, "pcie-io", config->io, config->io_size, &pci_aperture_ops,
                 &ecam->io);
    bus_add_mmio(machine->bus, "pcie-memory", config->memory, config->memory_size,
                 &pci_aperture_ops, &ecam->memory);
    return bus;
}
