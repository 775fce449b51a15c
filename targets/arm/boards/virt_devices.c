/* Devices that the user asks for: virtio, in slots of their own or on the PCI bus. */
#include "targets/arm/boards/virt.h"

#include "core/base/bits.h"
#include "devices/irqchip/gicv2.h"
#include "devices/options.h"
#include "devices/pci/pci.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/mmio.h"
#include "devices/virtio/pci.h"

#include <stdio.h>

/* The order of struct driver's rows. */
const char *const virt_device_names[] = {
    "virtio-blk-device", "virtio-rng-device", "virtio-serial-device", "virtio-blk-pci",
    "virtio-rng-pci",    "virtio-serial-pci", "virtconsole",          NULL};

static const struct driver {
    struct virtio_device *(*create)(struct machine *machine, const struct device_request *request,
                                    char *message, size_t message_size);
    bool pci;
    const char *options[4];
} drivers[] = {
    {virtio_blk_create, false, {"serial", "force-legacy"}},
    {virtio_rng_create, false, {"force-legacy"}},
    {virtio_console_create, false, {"force-legacy"}},
    {virtio_blk_create, true, {"serial", "disable-legacy", "disable-modern"}},
    {virtio_rng_create, true, {"disable-legacy", "disable-modern"}},
    {virtio_console_create, true, {"disable-legacy", "disable-modern"}},
    {NULL, false, {"name"}}, /* a port of the console device before it */
};

/* NULL if the board has none of that name. */
static const struct driver *driver_of(const struct device_request *request)
{
    unsigned i = option_driver(request->driver, virt_device_names);
    return i < ARRAY_SIZE(drivers) ? &drivers[i] : NULL;
}

static void create_slots(struct machine *machine, struct virt *virt)
{
    const struct virt_window *window = &virt_map[VIRT_VIRTIO];
    for (unsigned i = 0; i < VIRT_SLOTS; i++) {
        virt->slots[i] = virtio_mmio_create(machine, window->base + i * window->size,
                                            gicv2_spi(virt->gic, (unsigned)window->spi + i));
    }
}

/* How many are in use. */
struct places {
    unsigned mmio, pci;
};

/* On virtio-mmio from the highest slot down, as on QEMU: kernels number disks by address. On PCI
 * from slot 1 up, behind the bridge. */
static bool plug(struct machine *machine, const struct device_request *request,
                 struct virtio_device *device, struct places *used, char *message,
                 size_t message_size)
{
    struct virt *virt = machine->board_state;
    enum virtio_pci_interface interface;
    if (!driver_of(request)->pci) {
        virtio_mmio_plug(virt->slots[VIRT_SLOTS - ++used->mmio], device,
                         option_is_on(request->options, "force-legacy", true));
        return true;
    }
    if (!virtio_pci_choose(request, &interface, message, message_size)) {
        return false;
    }
    virtio_pci_plug(machine, virt->pci, PCI_DEVFN(++used->pci, 0), device, interface);
    return true;
}

static bool has_place(const struct driver *driver, const struct places *used, char *message,
                      size_t message_size)
{
    if (driver->pci ? used->pci < VIRT_PCI_SLOTS : used->mmio < VIRT_SLOTS) {
        return true;
    }
    snprintf(message, message_size, "board virt has no more than %d virtio devices%s",
             driver->pci ? VIRT_PCI_SLOTS : VIRT_SLOTS, driver->pci ? " on PCI" : "");
    return false;
}

bool virt_create_devices(struct machine *machine, char *message, size_t message_size)
{
    struct virt *virt = machine->board_state;
    struct device_request *requests = machine->config.devices;
    unsigned count = machine->config.device_count;
    struct places used = {0};
    create_slots(machine, virt);
    if (!virtio_console_join_ports(requests, count, message, message_size)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        struct device_request *request = &requests[i];
        const struct driver *driver = driver_of(request);
        if (!option_check_request(request, "virt", driver ? driver->options : NULL, message,
                                  message_size)) {
            return false;
        }
        if (!driver->create) {
            continue;
        }
        if (!has_place(driver, &used, message, message_size)) {
            return false;
        }
        struct virtio_device *device = driver->create(machine, request, message, message_size);
        if (!device || !plug(machine, request, device, &used, message, message_size)) {
            return false;
        }
    }
    return true;
}
