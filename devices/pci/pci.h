/* One conventional PCI bus (PCI Local Bus Specification 3.0): configuration spaces, windows that
 * follow base address registers, INTx wires, bus mastering.
 *
 * The bus owns its two address spaces. ISA devices and functions put their registers into them; a
 * host bridge lets a CPU in through apertures. Wherever a guest moves a window, it is only mapped
 * where there is room. */
#ifndef DEVICES_PCI_PCI_H
#define DEVICES_PCI_PCI_H

#include "core/bus/bus.h"
#include "core/bus/irq.h"
#include "core/machine/device.h"

enum {
    PCI_FUNCTIONS = 256, /* 32 slots with 8 functions each */
    PCI_CONFIG_SIZE = 256,
    PCI_BARS = 6,
    PCI_WINDOWS = PCI_BARS + 4,
    PCI_WIRES = 4, /* INTA .. INTD */
};
#define PCI_DEVFN(slot, function) ((slot)*8 + (function))

/* Registers of the header (6.1). */
enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09, /* three bytes */
    PCI_CACHE_LINE = 0x0c,
    PCI_LATENCY = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR = 0x2c,
    PCI_SUBSYSTEM = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_HEADER_END = 0x40,
};
enum {
    PCI_COMMAND_IO = 1 << 0,
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_NO_INTX = 1 << 10,
};
enum { PCI_STATUS_INTERRUPT = 1 << 3, PCI_STATUS_CAPABILITIES = 1 << 4 };

struct machine;
struct pci_bus;
struct pci_function;

enum pci_space { PCI_IO, PCI_MEMORY };

/* A piece of a space that a function answers in. */
struct pci_window {
    const char *name;
    enum pci_space space;
    uint32_t size; /* a BAR's: power of two, I/O at least 4, memory at least 16; 0: no window */
    const struct mmio_ops *ops;
    void *opaque;
};

/* Where a window should be, and where it is: the bus's own. */
struct pci_mapping {
    struct pci_window window;
    bool wanted, mapped;
    uint32_t base, mapped_base;
};

/* A configuration register beyond the header, or different from what every header has. */
struct pci_reg {
    const char *name;
    uint8_t reg, width;
    uint32_t reset;
    uint32_t writable; /* bits that a write sets */
    uint32_t clear;    /* bits that a written 1 clears */
};

/* What a kind of function is. */
struct pci_kind {
    const char *name;
    uint16_t vendor, device;
    uint32_t class_code; /* class, subclass, programming interface: 0x060100 */
    uint8_t revision;
    uint16_t subsystem_vendor, subsystem;
    uint16_t status;    /* DEVSEL timing and capabilities that never change */
    uint8_t pin;        /* 0: none, 1: INTA .. 4: INTD */
    bool multifunction; /* for function 0 of several */
    const struct pci_reg *regs;
    unsigned reg_count;
    /* A write has reached registers [reg, reg + size). NULL: nothing else happens. */
    void (*written)(struct pci_function *function, unsigned reg, unsigned size);
    /* They are going to be read. NULL: the stored values. */
    void (*reading)(struct pci_function *function, unsigned reg, unsigned size);
};

/* Base of a function (first member of its device's struct). */
struct pci_function {
    struct device device;
    const struct pci_kind *kind;
    struct pci_bus *bus;
    uint8_t devfn;
    bool interrupt; /* the level it gives its pin */
    bool wire;      /* what of it is on the wire */
    uint8_t next_capability;
    uint8_t config[PCI_CONFIG_SIZE], initial[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE], clear[PCI_CONFIG_SIZE];
    struct pci_mapping mappings[PCI_WINDOWS]; /* BARs, then others */
};
#define PCI_FIELDS(type, base)                                                                     \
    FIELD_ARRAY(type, base.config, FIELD_BYTES, PCI_CONFIG_SIZE),                                  \
        FIELD(type, base.interrupt, FIELD_BOOL)

/* Which wire, 0 .. 3, a pin (0: INTA) of a slot is soldered to. */
struct pci_wiring {
    unsigned (*route)(unsigned slot, unsigned pin);
    struct irq wires[PCI_WIRES];
};

/* The machine owns it; it resets its functions' configuration before they reset themselves. */
struct pci_bus *pci_bus_create(struct machine *machine);
/* Before the machine runs; without it interrupts go nowhere. */
void pci_bus_wire(struct pci_bus *bus, const struct pci_wiring *wiring);
struct bus *pci_bus_space(struct pci_bus *bus, enum pci_space space);

/* Accesses of `size` 1, 2 or 4 to a function's registers. False if nothing is there: reads then
 * give all ones. `number` is the bus's, of which there is only 0. */
bool pci_config_read(struct pci_bus *bus, unsigned number, unsigned devfn, unsigned reg,
                     unsigned size, uint32_t *value);
bool pci_config_write(struct pci_bus *bus, unsigned number, unsigned devfn, unsigned reg,
                      unsigned size, uint32_t value);

/* Fills in the common part; the function joins bus and machine. */
void pci_function_init(struct pci_function *function, struct pci_bus *bus, unsigned devfn,
                       const struct pci_kind *kind, const struct device_ops *ops);
/* Gives it base address register `n`. */
void pci_add_bar(struct pci_function *function, unsigned n, const struct pci_window *window);
/* A window of other registers' making, closed; n is its number, 0 .. 3. */
void pci_add_window(struct pci_function *function, unsigned n, const struct pci_window *window);
void pci_set_window(struct pci_function *function, unsigned n, bool open, uint32_t base);
/* Puts a capability (6.7) into the list; `body` begins behind the link. Returns its register. */
unsigned pci_add_capability(struct pci_function *function, uint8_t id, const void *body,
                            unsigned size);

static inline uint32_t pci_config_get(const struct pci_function *function, unsigned reg,
                                      unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)function->config[reg + i] << (8 * i);
    }
    return value;
}

static inline bool pci_hits(unsigned reg, unsigned size, unsigned first, unsigned count)
{
    return reg < first + count && first < reg + size;
}

/* Level of the function's interrupt pin. */
void pci_interrupt(struct pci_function *function, bool level);
/* Bus mastering: bus_dma_read() and bus_dma_write() that fail, logged, until the guest allows
 * them. */
bool pci_dma_read(struct pci_function *function, uint64_t address, void *buffer, size_t size);
bool pci_dma_write(struct pci_function *function, uint64_t address, const void *buffer,
                   size_t size);

/* A host bridge's window onto a space: offset x in it is address (offset + x) & mask. Where nobody
 * answers reads give all ones, and `abort` (may be NULL) is told. */
struct pci_aperture {
    struct bus *space;
    uint64_t offset, mask;
    const struct log *log;
    void (*abort)(void *opaque);
    void *opaque;
};
extern const struct mmio_ops pci_aperture_ops; /* opaque: struct pci_aperture */

#endif
