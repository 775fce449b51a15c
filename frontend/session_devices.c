#include "frontend/session.h"

#include "frontend/char_open.h"
#include "frontend/names.h"
#include "frontend/properties.h"

#include <stdlib.h>
#include <string.h>

bool session_open_serials(struct session *session, struct message *message)
{
    const struct option_list *serials = &session->options->serials;
    if (!serials->count) {
        return char_open(&session->chars, session->io, "mon:stdio", "serial 0",
                         &session->config.serials[0], message);
    }
    if (serials->count > MACHINE_MAX_SERIALS) {
        return message_usage(message, "more than %d -serial", MACHINE_MAX_SERIALS);
    }
    for (unsigned i = 0; i < serials->count; i++) {
        char what[32];
        snprintf(what, sizeof(what), "serial %u", i);
        if (!char_open(&session->chars, session->io, serials->items[i], what,
                       &session->config.serials[i], message)) {
            return false;
        }
    }
    return true;
}

static struct device_request *add_request(struct session *session, struct message *message)
{
    if (session->config.device_count == MACHINE_MAX_DEVICES) {
        message_usage(message, "more than %d devices", MACHINE_MAX_DEVICES);
        return NULL;
    }
    struct device_request *request = &session->config.devices[session->config.device_count++];
    *request = (struct device_request){.options = ""};
    return request;
}

static bool add_device(struct session *session, const char *spec, struct message *message)
{
    struct properties properties;
    if (!properties_parse(&properties, spec, "driver", message)) {
        return false;
    }
    struct device_request *request = add_request(session, message);
    bool ok = request != NULL;
    unsigned index = session->config.device_count - 1;
    const char *driver = properties_take(&properties, "driver");
    const char *drive = properties_take(&properties, "drive");
    const char *chardev = properties_take(&properties, "chardev");
    properties_take(&properties, "id"); /* nothing refers to it yet */
    if (ok && !names_contain(session->board->devices, driver ? driver : "")) {
        char try[128];
        snprintf(try, sizeof(try), "Try: ibird -M %s -device help", session->board->name);
        ok = names_unknown(NAMES_DEVICE, driver ? driver : "", session->board->devices, try,
                           message);
    }
    if (ok) {
        request->driver = session->device_texts[index] = strdup(driver);
        request->options = session->device_options[index] = properties_rest(&properties);
        ok = (request->driver && request->options) ||
             message_set(message, EXIT_STATUS_EMULATOR, "no memory for options");
    }
    ok = ok && (!drive || drive_take(&session->drives, drive, &request->disk, message));
    ok = ok && (!chardev || char_take_named(&session->chars, chardev, &request->channel, message));
    properties_free(&properties);
    return ok;
}

/* The driver of a drive that no -device asks for; NULL: none, or the board has no such device. */
static const char *drive_driver(const struct session *session, enum drive_interface interface,
                                bool cdrom)
{
    static const char *const virtio[] = {"virtio-blk-device", "virtio-blk-pci"};
    const char *const *devices = session->board->devices;
    const char *ide = cdrom ? "ide-cd" : "ide-hd";
    if (interface == DRIVE_DEFAULT) {
        interface = names_contain(devices, ide) ? DRIVE_IDE : DRIVE_VIRTIO;
    }
    if (interface == DRIVE_IDE) {
        return names_contain(devices, ide) ? ide : NULL;
    }
    for (unsigned i = 0; i < sizeof(virtio) / sizeof(virtio[0]); i++) {
        if (names_contain(devices, virtio[i])) {
            return virtio[i];
        }
    }
    return NULL;
}

/* A drive that no -device asks for gets a device of its own: of the kind that it names, or else of
 * the one that the board's disks usually are. */
static bool add_drive_devices(struct session *session, struct message *message)
{
    for (unsigned i = 0; i < session->drives.count; i++) {
        enum drive_interface interface = session->drives.drives[i].interface;
        int place = session->drives.drives[i].place;
        if (interface == DRIVE_NONE || interface == DRIVE_PFLASH) {
            continue;
        }
        const char *driver = drive_driver(session, interface, session->drives.drives[i].cdrom);
        if (!driver) {
            return message_usage(message, "the machine %s takes no -drive if=%s",
                                 session->board->name, interface == DRIVE_IDE ? "ide" : "virtio");
        }
        struct device_request *request = add_request(session, message);
        if (!request) {
            return false;
        }
        request->driver = driver;
        request->disk = session->drives.drives[i].disk;
        if (place >= 0 && !strncmp(driver, "ide", 3)) {
            char **options = &session->device_options[session->config.device_count - 1];
            if (asprintf(options, "bus=ide.%d,unit=%d", place / 2, place % 2) < 0) {
                *options = NULL;
                return message_set(message, EXIT_STATUS_EMULATOR, "no memory for options");
            }
            request->options = *options;
        }
    }
    return true;
}

/* -hda .. -hdd, -cdrom */
static bool open_places(struct session *session, struct message *message)
{
    enum { DISKS = 4, CDROM_PLACE = 2 };
    const struct options *options = session->options;
    struct drive_set *drives = &session->drives;
    if (options->cdrom && options->disks[CDROM_PLACE]) {
        return message_usage(message, "-cdrom and -hdc are the same place. Try: -hdd for the disk");
    }
    for (int place = 0; place < DISKS; place++) {
        const char *file = options->disks[place];
        if (file && !drive_open_at(drives, file, place, false, options->snapshot, message)) {
            return false;
        }
    }
    return !options->cdrom ||
           drive_open_at(drives, options->cdrom, CDROM_PLACE, true, options->snapshot, message);
}

bool session_open_disks(struct session *session, struct message *message)
{
    const struct options *options = session->options;
    for (unsigned i = 0; i < options->chardevs.count; i++) {
        if (!char_open_named(&session->chars, session->io, options->chardevs.items[i], message)) {
            return false;
        }
    }
    if (!open_places(session, message)) {
        return false;
    }
    for (unsigned i = 0; i < options->drives.count; i++) {
        if (!drive_open(&session->drives, options->drives.items[i], options->snapshot,
                        session->config.flash, message)) {
            return false;
        }
    }
    for (unsigned i = 0; i < options->devices.count; i++) {
        if (!add_device(session, options->devices.items[i], message)) {
            return false;
        }
    }
    return add_drive_devices(session, message);
}
