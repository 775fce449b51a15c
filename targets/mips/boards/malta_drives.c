/* Devices that the user asks for: disks and CD-ROMs of the south bridge's IDE channels. */
#include "devices/ide/ide.h"
#include "devices/options.h"
#include "devices/pci/piix4.h"
#include "targets/mips/boards/malta.h"

#include <stdio.h>
#include <string.h>

const char *const malta_device_names[] = {"ide-hd", "ide-cd", NULL};

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

static bool check_ide(const struct device_request *request, char *message, size_t message_size)
{
    static const char *const names[] = {"bus", "unit", "serial", NULL};
    size_t length;
    const char *unknown = option_unknown(request->options, names, &length);
    if (unknown) {
        snprintf(message, message_size, "-device %s has no option \"%.*s\" here. Try: serial=..",
                 request->driver, (int)length, unknown);
        return false;
    }
    if (!request->disk && !is_cdrom(request)) {
        snprintf(message, message_size,
                 "-device ide-hd needs a disk. Try: -drive file=disk.img,if=none,id=d -device "
                 "ide-hd,drive=d");
        return false;
    }
    return true;
}

/* First those that name their place, then the others where there is room. */
bool malta_create_drives(struct machine *machine, char *message, size_t message_size)
{
    const struct malta *malta = machine->board_state;
    const struct device_request *places[IDE_PLACES] = {0};
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < machine->config.device_count; i++) {
            const struct device_request *request = &machine->config.devices[i];
            int place;
            if (!check_ide(request, message, message_size) ||
                !ide_place(request, &place, message, message_size)) {
                return false;
            }
            if ((place >= 0) != (round == 0)) {
                continue;
            }
            for (unsigned p = 0; place < 0 && p < IDE_PLACES; p++) {
                place = places[p] ? -1 : (int)p;
            }
            if (place < 0 || places[place]) {
                snprintf(message, message_size,
                         place < 0 ? "board malta has no more than %d IDE drives"
                                   : "two IDE drives are at the same place (of %d). Try: "
                                     "another unit= or bus=",
                         IDE_PLACES);
                return false;
            }
            places[place] = request;
        }
    }
    for (unsigned p = 0; p < IDE_PLACES; p++) {
        if (places[p]) {
            struct ide_channel *channel = piix4_ide_channel(malta->south_bridge, p / 2);
            char serial[24] = "";
            snprintf(serial, sizeof(serial), "IB%05u", p + 1);
            option_get(places[p]->options, "serial", serial, sizeof(serial));
            (is_cdrom(places[p]) ? ide_attach_cdrom : ide_attach_disk)(channel, p % 2,
                                                                       places[p]->disk, serial);
        }
    }
    return true;
}
