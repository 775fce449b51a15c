/* Devices that the user asks for: virtio, in slots of their own. */
#include "targets/arm/boards/virt.h"

#include "core/base/bits.h"
#include "devices/irqchip/gicv2.h"
#include "devices/options.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/mmio.h"

#include <stdio.h>
#include <string.h>

/* The order of struct driver's rows. */
const char *const virt_device_names[] = {"virtio-blk-device", "virtio-rng-device",
                                         "virtio-serial-device", "virtconsole", NULL};

static const struct driver {
    struct virtio_device *(*create)(struct machine *machine, const struct device_request *request,
                                    char *message, size_t message_size);
    const char *options[4];
} drivers[] = {
    {virtio_blk_create, {"serial", "force-legacy"}},
    {virtio_rng_create, {"force-legacy"}},
    {virtio_console_create, {"force-legacy"}},
    {NULL, {"name"}}, /* a port of the console device before it */
};

static unsigned driver_index(const char *name)
{
    unsigned i = 0;
    while (virt_device_names[i] && strcmp(virt_device_names[i], name)) {
        i++;
    }
    return i;
}

static bool check_request(const struct device_request *request, char *message, size_t message_size)
{
    unsigned i = driver_index(request->driver);
    if (i == ARRAY_SIZE(drivers)) {
        snprintf(message, message_size, "board virt has no device \"%s\". Try: -device help",
                 request->driver);
        return false;
    }
    size_t length;
    const char *unknown = option_unknown(request->options, drivers[i].options, &length);
    if (unknown) {
        snprintf(message, message_size, "-device %s has no option \"%.*s\" here. Try: %s=..",
                 request->driver, (int)length, unknown, drivers[i].options[0]);
        return false;
    }
    return true;
}

static bool is_legacy(const struct device_request *request)
{
    char value[8] = "on";
    option_get(request->options, "force-legacy", value, sizeof(value));
    return strcmp(value, "off") && strcmp(value, "false") && strcmp(value, "no");
}

static void create_slots(struct machine *machine, struct virt *virt)
{
    const struct virt_window *window = &virt_map[VIRT_VIRTIO];
    for (unsigned i = 0; i < VIRT_SLOTS; i++) {
        virt->slots[i] = virtio_mmio_create(machine, window->base + i * window->size,
                                            gicv2_spi(virt->gic, (unsigned)window->spi + i));
    }
}

bool virt_create_devices(struct machine *machine, char *message, size_t message_size)
{
    struct virt *virt = machine->board_state;
    struct device_request *requests = machine->config.devices;
    unsigned count = machine->config.device_count, slot = VIRT_SLOTS;
    create_slots(machine, virt);
    if (!virtio_console_join_ports(requests, count, message, message_size)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        struct device_request *request = &requests[i];
        if (!check_request(request, message, message_size)) {
            return false;
        }
        const struct driver *driver = &drivers[driver_index(request->driver)];
        if (!driver->create) {
            continue;
        }
        if (!slot) {
            snprintf(message, message_size, "board virt has no more than %d virtio devices",
                     VIRT_SLOTS);
            return false;
        }
        struct virtio_device *device = driver->create(machine, request, message, message_size);
        if (!device) {
            return false;
        }
        /* From the highest slot down, as on QEMU: kernels number disks by address. */
        virtio_mmio_plug(virt->slots[--slot], device, is_legacy(request));
    }
    return true;
}
