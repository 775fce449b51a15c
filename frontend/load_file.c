#include "frontend/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SIZE = 1 << 16 };

static bool read_all(int fd, struct machine_blob *blob, uint64_t expected, uint64_t limit,
                     struct message *message)
{
    /* One byte more than expected, so that the end of the file shows without another buffer. */
    size_t room = expected ? expected + 1 : FIRST_SIZE;
    blob->data = malloc(room);
    for (;;) {
        if (!blob->data) {
            return message_set(message, EXIT_STATUS_EMULATOR, "no memory for %s", blob->name);
        }
        ssize_t got = read(fd, blob->data + blob->size, room - blob->size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return message_image(message, "cannot read %s: %s", blob->name, strerror(errno));
        }
        if (!got) {
            return true;
        }
        blob->size += (size_t)got;
        if (blob->size > limit) {
            return message_image(message,
                                 "%s is larger than %llu MB, which is what the machine could take. "
                                 "Try a larger -m",
                                 blob->name, (unsigned long long)(limit >> 20));
        }
        if (blob->size == room) {
            room *= 2;
            uint8_t *larger = realloc(blob->data, room);
            if (!larger) {
                load_free(blob);
            }
            blob->data = larger;
        }
    }
}

bool load_file(struct machine_blob *blob, const char *name, const char *what, uint64_t limit,
               struct message *message)
{
    *blob = (struct machine_blob){.name = name};
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return message_image(message, "cannot open the %s %s: %s", what, name, strerror(errno));
    }
    struct stat status;
    bool ok = !fstat(fd, &status);
    if (!ok) {
        message_image(message, "cannot read the %s %s: %s", what, name, strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        ok = message_image(message, "the %s %s is a directory; it has to be a file", what, name);
    } else if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > limit) {
        ok = message_image(message,
                           "the %s %s has %llu MB, more than the machine can take. Try a larger -m",
                           what, name, (unsigned long long)status.st_size >> 20);
    } else {
        uint64_t expected = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
        ok = read_all(fd, blob, expected, limit, message);
    }
    close(fd);
    if (ok && !blob->size) {
        ok = message_image(message, "the %s %s is empty", what, name);
    }
    if (!ok) {
        load_free(blob);
    }
    return ok;
}

void load_free(struct machine_blob *blob)
{
    free(blob->data);
    blob->data = NULL;
    blob->size = 0;
}
