/* A function for tests of the bus: one register per window that keeps what is written. */
#ifndef TESTS_DEVICES_PCI_H
#define TESTS_DEVICES_PCI_H

#include "devices/pci/pci.h"
#include "tests/devices/support.h"

struct toy {
    struct pci_function pci;
    uint32_t io, memory, other;
    unsigned written; /* the last register that was written */
};

static inline uint64_t toy_read(void *opaque, uint64_t offset, unsigned size)
{
    return *(uint32_t *)opaque >> (8 * (offset & 3));
}

static inline void toy_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    *(uint32_t *)opaque = (uint32_t)value;
}

static const struct mmio_ops toy_ops = {toy_read, toy_write};

static inline void toy_written(struct pci_function *function, unsigned reg, unsigned size)
{
    ((struct toy *)function)->written = reg;
}

static const struct pci_reg toy_regs[] = {
    {"toy", 0x40, 4, .reset = 0x11223344, .writable = 0x0000ffff, .clear = 0xff000000},
};

static const struct pci_kind toy_kind = {
    .name = "toy",
    .vendor = 0x1234,
    .device = 0x5678,
    .class_code = 0x020304,
    .revision = 9,
    .status = 0x0200,
    .pin = 2,
    .regs = toy_regs,
    .reg_count = 1,
    .written = toy_written,
};

static const struct device_ops toy_device_ops = {.name = "toy", .destroy = free};

/* BAR 0: 16 bytes of I/O; BAR 1: 4 KiB of memory; window 0: 8 bytes of I/O. */
static inline struct toy *toy_create(struct pci_bus *bus, unsigned devfn)
{
    struct toy *toy = calloc(1, sizeof(*toy));
    assert_non_null(toy);
    pci_function_init(&toy->pci, bus, devfn, &toy_kind, &toy_device_ops);
    pci_add_bar(&toy->pci, 0, &(struct pci_window){"io", PCI_IO, 16, &toy_ops, &toy->io});
    pci_add_bar(&toy->pci, 1,
                &(struct pci_window){"memory", PCI_MEMORY, 4096, &toy_ops, &toy->memory});
    pci_add_window(&toy->pci, 0, &(struct pci_window){"other", PCI_IO, 8, &toy_ops, &toy->other});
    return toy;
}

static inline uint32_t config_get(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size)
{
    uint32_t value;
    assert_true(pci_config_read(bus, 0, devfn, reg, size, &value));
    return value;
}

static inline void config_set(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size,
                              uint32_t value)
{
    assert_true(pci_config_write(bus, 0, devfn, reg, size, value));
}

static inline uint32_t lcg(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*random >> 32);
}

#endif
