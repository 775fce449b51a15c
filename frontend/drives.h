/* From -drive to disks. */
#ifndef FRONTEND_DRIVES_H
#define FRONTEND_DRIVES_H

#include "core/machine/machine.h"
#include "frontend/message.h"

/* DRIVE_DEFAULT: what the board's drives usually are. */
enum drive_interface { DRIVE_NONE, DRIVE_VIRTIO, DRIVE_PFLASH, DRIVE_IDE, DRIVE_DEFAULT };

struct drive_set {
    struct {
        char *id; /* NULL if none */
        struct block_disk *disk;
        enum drive_interface interface;
        bool used;
        bool cdrom;
        int place; /* of IDE: twice the channel plus the unit; -1: the next that is free */
    } drives[MACHINE_MAX_DRIVES];
    unsigned count;
};
void drive_set_free(struct drive_set *set);

/* Opens one; flash drives go to flash[] at once. `snapshot`: as if each had snapshot=on. */
bool drive_open(struct drive_set *set, const char *spec, bool snapshot, struct block_disk *flash[2],
                struct message *message);
/* A drive of the kind that the board's drives usually are, at a place of IDE; `file` is a name and
 * nothing else. */
bool drive_open_at(struct drive_set *set, const char *file, int place, bool cdrom, bool snapshot,
                   struct message *message);
/* The disk of drive=ID, which has to be free. */
bool drive_take(struct drive_set *set, const char *id, struct block_disk **disk,
                struct message *message);

#endif
