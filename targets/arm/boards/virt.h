/* What the parts of the `virt` board share. */
#ifndef TARGETS_ARM_BOARDS_VIRT_H
#define TARGETS_ARM_BOARDS_VIRT_H

#include "core/machine/machine.h"
#include "targets/arm/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum virt_window_id {
    VIRT_FLASH,
    VIRT_GIC_DIST,
    VIRT_GIC_CPU,
    VIRT_UART,
    VIRT_RTC,
    VIRT_FW_CFG,
    VIRT_GPIO,
    VIRT_VIRTIO,
    VIRT_PCIE, /* memory of its bus */
    VIRT_PCIE_IO,
    VIRT_PCIE_CONFIG,
    VIRT_RAM,
    VIRT_WINDOWS,
};

enum {
    VIRT_FLASH_BANKS = 2,
    VIRT_SLOTS = 32,     /* virtio-mmio transports */
    VIRT_PCI_SLOTS = 31, /* beside the host bridge */
    VIRT_SPIS = 256,
    VIRT_MAX_CPUS = 1,
    VIRT_POWER_PIN = 3,
    VIRT_CLOCK_HZ = 24000000,
};

/* Interrupt triggers as in a device tree (Linux's irq.h). */
enum { VIRT_EDGE = 1, VIRT_LEVEL = 4 };

struct virt_window {
    const char *node; /* its name in the device tree; NULL if it has no node of its own */
    uint64_t base, size;
    int spi; /* -1: no interrupt */
    unsigned trigger;
    const char *compatible;
    size_t compatible_size;
    const char *clock_names;
    size_t clock_names_size;
    unsigned count; /* windows like this, `size` apart, each with its interrupt; 0 or 1: one */
};
extern const struct virt_window virt_map[VIRT_WINDOWS];

/* Which of the interrupts of VIRT_PCIE, 0 .. 3, a pin (0: INTA) of a slot is. */
static inline unsigned virt_pci_route(unsigned slot, unsigned pin)
{
    return (slot + pin) % 4;
}

/* Private interrupts of the generic timer, in the order of arm_cpu.timer_irq[]. */
extern const uint8_t virt_timer_ppi[4];

/* Where boot images go; fixed when the machine is made. */
struct virt_layout {
    uint64_t kernel; /* base of a relocatable one; 0: firmware is to start, not a kernel */
    uint64_t entry;
    uint64_t initrd, initrd_size;
    uint64_t dtb;
};

struct gicv2;
struct pci_bus;
struct pl061;
struct virtio_mmio;

struct virt {
    struct arm_cpu *cpus[VIRT_MAX_CPUS];
    struct gicv2 *gic;
    struct pl061 *gpio;
    struct pci_bus *pci;
    struct virtio_mmio *slots[VIRT_SLOTS];
};

/* Makes the virtio slots and fills them as -device and -drive ask. */
bool virt_create_devices(struct machine *machine, char *message, size_t message_size);
/* The drivers it knows, NULL-terminated. */
extern const char *const virt_device_names[];

/* Computes the layout; fails if something does not fit. */
bool virt_layout_compute(const struct machine *machine, struct virt_layout *layout, char *message,
                         size_t message_size);
bool virt_boot(struct machine *machine, char *message, size_t message_size);

/* The tree for the guest, malloc'd, of *size bytes; the user's own (-dtb) patched or one from
 * virt_map. */
void *virt_fdt_create(struct machine *machine, const struct virt_layout *layout, size_t *size,
                      char *message, size_t message_size);

#endif
