#include "frontend/drives.h"

#include "frontend/block.h"
#include "frontend/names.h"
#include "frontend/properties.h"

#include <stdlib.h>
#include <string.h>

static const char *const drive_keys[] = {"file",     "if",    "id",     "bus",
                                         "unit",     "index", "format", "readonly",
                                         "snapshot", "media", "cache",  NULL};

struct drive_request {
    const char *file, *id;
    enum drive_interface interface;
    int unit;  /* -1: the next free one */
    int place; /* see drives.h */
    bool read_only, snapshot;
    bool cdrom;
    bool unsafe; /* cache=unsafe: the guest's flushes need not reach the host's disk */
};

static bool parse_interface(const char *text, enum drive_interface *interface,
                            struct message *message)
{
    static const char *const names[] = {
        [DRIVE_NONE] = "none",
        [DRIVE_VIRTIO] = "virtio",
        [DRIVE_PFLASH] = "pflash",
        [DRIVE_IDE] = "ide",
    };
    *interface = DRIVE_DEFAULT;
    for (unsigned i = 0; text && i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(text, names[i])) {
            *interface = (enum drive_interface)i;
            return true;
        }
    }
    return !text ||
           message_usage(message, "-drive if=%.80s: ibird has none, virtio, ide and pflash", text);
}

/* *number is kept if there is no such property. */
static bool parse_number(struct properties *properties, const char *key, int *number,
                         struct message *message)
{
    const char *text = properties_take(properties, key);
    char *end;
    long value = text ? strtol(text, &end, 10) : 0;
    if (!text) {
        return true;
    }
    if (!*text || *end || value < 0 || value > MACHINE_MAX_DRIVES) {
        return message_usage(message, "-drive %s=%.80s is not a number of a %s", key, text, key);
    }
    *number = (int)value;
    return true;
}

static bool parse_place(struct properties *properties, struct drive_request *request,
                        struct message *message)
{
    int bus = -1, unit = -1, index = -1;
    if (!parse_number(properties, "bus", &bus, message) ||
        !parse_number(properties, "unit", &unit, message) ||
        !parse_number(properties, "index", &index, message)) {
        return false;
    }
    bool ide = request->interface == DRIVE_IDE || request->interface == DRIVE_DEFAULT;
    if (ide && (bus > 1 || (bus >= 0 && unit > 1) || index > 3)) {
        return message_usage(message,
                             "-drive: IDE has index=0 to 3, or bus=0 and 1 with unit=0 and 1");
    }
    request->unit = unit >= 0 ? unit : index;
    request->place = index >= 0              ? index
                     : bus >= 0 || unit >= 0 ? 2 * (bus > 0) + (unit > 0 ? unit : 0)
                                             : -1;
    return true;
}

static bool parse_drive(struct properties *properties, struct drive_request *request,
                        struct message *message)
{
    request->file = properties_take(properties, "file");
    request->id = properties_take(properties, "id");
    const char *format = properties_take(properties, "format");
    const char *media = properties_take(properties, "media");
    const char *cache = properties_take(properties, "cache");
    if (!parse_interface(properties_take(properties, "if"), &request->interface, message) ||
        !parse_place(properties, request, message) ||
        !properties_take_bool(properties, "readonly", &request->read_only, message) ||
        !properties_take_bool(properties, "snapshot", &request->snapshot, message) ||
        !properties_finish(properties, "-drive", drive_keys, message)) {
        return false;
    }
    if (!request->file || !*request->file) {
        return message_usage(message, "-drive needs a file. Try: -drive file=disk.img,if=virtio");
    }
    /* All other modes differ only in speed here: flushes are kept. */
    request->unsafe = cache && !strcmp(cache, "unsafe");
    if (format && strcmp(format, "raw")) {
        return message_usage(
            message, "-drive format=%.80s: ibird knows only raw. Try: qemu-img convert -O raw",
            format);
    }
    if (media && strcmp(media, "cdrom") && strcmp(media, "disk")) {
        return message_usage(message, "-drive media=%.80s: there are disk and cdrom", media);
    }
    request->cdrom = media && !strcmp(media, "cdrom");
    request->read_only |= request->cdrom;
    return true;
}

static bool place_flash(struct drive_request *request, struct block_disk *disk,
                        struct block_disk *flash[2], struct message *message)
{
    int unit = request->unit >= 0 ? request->unit : flash[0] ? 1 : 0;
    if (unit > 1 || flash[unit]) {
        return message_usage(message,
                             unit > 1 ? "-drive if=pflash: there are units 0 and 1, no %d"
                                      : "-drive if=pflash: unit %d is there twice",
                             unit);
    }
    flash[unit] = disk;
    return true;
}

static bool open_request(struct drive_set *set, struct drive_request *request,
                         struct block_disk *flash[2], struct message *message)
{
    if (set->count == MACHINE_MAX_DRIVES) {
        return message_usage(message, "more than %d drives", MACHINE_MAX_DRIVES);
    }
    for (unsigned i = 0; request->id && i < set->count; i++) {
        if (set->drives[i].id && !strcmp(set->drives[i].id, request->id)) {
            return message_usage(message, "there are two drives with id=%.80s", request->id);
        }
    }
    struct block_disk *disk = block_file_open(
        request->file, request->read_only || request->snapshot, request->unsafe, message);
    if (disk && request->snapshot && !request->read_only) {
        disk = block_overlay_create(disk, message);
    }
    if (!disk) {
        return false;
    }
    set->drives[set->count].disk = disk;
    set->drives[set->count].id = request->id ? strdup(request->id) : NULL;
    set->drives[set->count].interface = request->interface;
    set->drives[set->count].cdrom = request->cdrom;
    set->drives[set->count].place = request->place;
    set->drives[set->count++].used = request->interface == DRIVE_PFLASH;
    return request->interface != DRIVE_PFLASH || place_flash(request, disk, flash, message);
}

bool drive_open(struct drive_set *set, const char *spec, bool snapshot, struct block_disk *flash[2],
                struct message *message)
{
    struct properties properties;
    struct drive_request request = {.snapshot = snapshot};
    if (!properties_parse(&properties, spec, NULL, message)) {
        return false;
    }
    bool ok =
        parse_drive(&properties, &request, message) && open_request(set, &request, flash, message);
    properties_free(&properties);
    return ok;
}

bool drive_open_at(struct drive_set *set, const char *file, int place, bool cdrom, bool snapshot,
                   struct message *message)
{
    struct drive_request request = {
        .file = file,
        .interface = DRIVE_DEFAULT,
        .place = place,
        .read_only = cdrom,
        .snapshot = snapshot,
        .cdrom = cdrom,
    };
    return open_request(set, &request, NULL, message);
}

bool drive_take(struct drive_set *set, const char *id, struct block_disk **disk,
                struct message *message)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (!set->drives[i].id || strcmp(set->drives[i].id, id)) {
            continue;
        }
        if (set->drives[i].used || set->drives[i].interface != DRIVE_NONE) {
            return message_usage(message,
                                 "the drive \"%.80s\" is connected twice. Try: -drive if=none for "
                                 "one that a -device names",
                                 id);
        }
        set->drives[i].used = true;
        *disk = set->drives[i].disk;
        return true;
    }
    const char *ids[MACHINE_MAX_DRIVES + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < set->count; i++) {
        if (set->drives[i].id) {
            ids[count++] = set->drives[i].id;
        }
    }
    ids[count] = NULL;
    const char *nearest = names_nearest(id, ids);
    if (nearest) {
        return message_usage(message, "there is no drive \"%.80s\"; did you mean \"%.80s\"?", id,
                             nearest);
    }
    return message_usage(
        message, "there is no drive \"%.80s\". Try: -drive file=disk.img,if=none,id=%.80s", id, id);
}

void drive_set_free(struct drive_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        block_destroy(set->drives[i].disk);
        free(set->drives[i].id);
    }
    set->count = 0;
}
