/* Devices that the user asks for: disks and CD-ROMs of the south bridge's IDE channels, virtio in
 * PCI connectors. */
#include "core/base/bits.h"
#include "devices/ide/ide.h"
#include "devices/options.h"
#include "devices/pci/pci.h"
#include "devices/pci/piix4.h"
#include "devices/virtio/devices.h"
#include "devices/virtio/pci.h"
#include "targets/mips/boards/malta.h"

#include <stdio.h>
#include <string.h>

/* The order of struct driver's rows. */
const char *const malta_device_names[] = {
    "ide-hd",      "ide-cd", "virtio-blk-pci", "virtio-rng-pci", "virtio-serial-pci",
    "virtconsole", NULL};

static const struct driver {
    /* NULL: not on the PCI bus. */
    struct virtio_device *(*create)(struct machine *machine, const struct device_request *request,
                                    char *message, size_t message_size);
    bool ide;
    const char *options[5];
} drivers[] = {
    {NULL, true, {"bus", "unit", "serial"}},
    {NULL, true, {"bus", "unit", "serial"}},
    {virtio_blk_create, false, {"serial", "disable-legacy", "disable-modern"}},
    {virtio_rng_create, false, {"disable-legacy", "disable-modern"}},
    {virtio_console_create, false, {"disable-legacy", "disable-modern"}},
    {NULL, false, {"name"}}, /* a port of the console device before it */
};

/* NULL if the board has none of that name. */
static const struct driver *driver_of(const struct device_request *request)
{
    unsigned i = option_driver(request->driver, malta_device_names);
    return i < ARRAY_SIZE(drivers) ? &drivers[i] : NULL;
}

/* ---- virtio, in the PCI connectors ----------------------------------------------------------- */

static bool create_virtio_devices(struct machine *machine, const struct malta *malta, char *message,
                                  size_t message_size)
{
    unsigned slot = 0;
    for (unsigned i = 0; i < machine->config.device_count; i++) {
        const struct device_request *request = &machine->config.devices[i];
        const struct driver *driver = driver_of(request);
        if (!driver->create) {
            continue;
        }
        if (slot == MALTA_CONNECTORS) {
            snprintf(message, message_size, "board malta has no more than %d PCI connectors",
                     MALTA_CONNECTORS);
            return false;
        }
        enum virtio_pci_interface interface;
        if (!virtio_pci_choose(request, &interface, message, message_size)) {
            return false;
        }
        struct virtio_device *device = driver->create(machine, request, message, message_size);
        if (!device) {
            return false;
        }
        virtio_pci_plug(machine, malta->pci, PCI_DEVFN(MALTA_CONNECTOR_SLOT + slot++, 0), device,
                        interface);
    }
    return true;
}

/* ---- IDE ------------------------------------------------------------------------------------- */

enum { IDE_PLACES = 4 };

static bool is_cdrom(const struct device_request *request)
{
    return !strcmp(request->driver, "ide-cd");
}

/* Where a drive is to be, twice the channel plus the unit; -1 if it does not say. False with a
 * message if there is no such place. */
static bool ide_place(const struct device_request *request, int *place, char *message,
                      size_t message_size)
{
    char bus[16] = "ide.0", unit[8] = "0";
    bool given = option_get(request->options, "bus", bus, sizeof(bus));
    given |= option_get(request->options, "unit", unit, sizeof(unit));
    bool good = !strncmp(bus, "ide.", 4) && (bus[4] == '0' || bus[4] == '1') && !bus[5] &&
                (unit[0] == '0' || unit[0] == '1') && !unit[1];
    *place = given ? 2 * (bus[4] - '0') + (unit[0] - '0') : -1;
    if (!good) {
        snprintf(message, message_size,
                 "-device %s: there is no bus=%s,unit=%s. Try: bus=ide.0 or ide.1, unit=0 or 1",
                 request->driver, bus, unit);
    }
    return good;
}

static bool check_disk(const struct device_request *request, char *message, size_t message_size)
{
    if (!request->disk && !is_cdrom(request)) {
        snprintf(message, message_size,
                 "-device ide-hd needs a disk. Try: -drive file=disk.img,if=none,id=d -device "
                 "ide-hd,drive=d");
        return false;
    }
    return true;
}

enum round { ROUND_NAMED, ROUND_FREE, ROUNDS };

/* Puts a drive to the place that it names, or in the other round to the first free one. */
static bool place_drive(const struct device_request *request, enum round round,
                        const struct device_request *places[IDE_PLACES], char *message,
                        size_t message_size)
{
    int place;
    if (!check_disk(request, message, message_size) ||
        !ide_place(request, &place, message, message_size)) {
        return false;
    }
    if ((place < 0) != (round == ROUND_FREE)) {
        return true;
    }
    for (unsigned p = 0; place < 0 && p < IDE_PLACES; p++) {
        place = places[p] ? -1 : (int)p;
    }
    if (place < 0 || places[place]) {
        snprintf(message, message_size,
                 place < 0 ? "board malta has no more than %d IDE drives"
                           : "two IDE drives are at the same place (of %d). Try: another unit= or "
                             "bus=",
                 IDE_PLACES);
        return false;
    }
    places[place] = request;
    return true;
}

static void attach_drive(const struct malta *malta, unsigned place,
                         const struct device_request *request)
{
    struct ide_channel *channel = piix4_ide_channel(malta->south_bridge, place / 2);
    char serial[24] = "";
    snprintf(serial, sizeof(serial), "IB%05u", place + 1);
    option_get(request->options, "serial", serial, sizeof(serial));
    (is_cdrom(request) ? ide_attach_cdrom : ide_attach_disk)(channel, place % 2, request->disk,
                                                             serial);
}

static bool create_drives(struct machine *machine, const struct malta *malta, char *message,
                          size_t message_size)
{
    const struct device_request *places[IDE_PLACES] = {0};
    for (enum round round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < machine->config.device_count; i++) {
            const struct device_request *request = &machine->config.devices[i];
            if (driver_of(request)->ide &&
                !place_drive(request, round, places, message, message_size)) {
                return false;
            }
        }
    }
    for (unsigned p = 0; p < IDE_PLACES; p++) {
        if (places[p]) {
            attach_drive(malta, p, places[p]);
        }
    }
    return true;
}

bool malta_create_user_devices(struct machine *machine, char *message, size_t message_size)
{
    const struct malta *malta = machine->board_state;
    struct machine_config *config = &machine->config;
    for (unsigned i = 0; i < config->device_count; i++) {
        const struct device_request *request = &config->devices[i];
        const struct driver *driver = driver_of(request);
        if (!option_check_request(request, "malta", driver ? driver->options : NULL, message,
                                  message_size)) {
            return false;
        }
    }
    return virtio_console_join_ports(config->devices, config->device_count, message,
                                     message_size) &&
           create_drives(machine, malta, message, message_size) &&
           create_virtio_devices(machine, malta, message, message_size);
}
