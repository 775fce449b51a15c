#include "frontend/char_open.h"

#include "frontend/char_fd.h"
#include "frontend/hostio.h"
#include "frontend/names.h"
#include "frontend/properties.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* What a backend's opener gets. */
struct char_request {
    struct char_set *set;
    struct hostio *io;
    const char *path; /* "" if none */
    const char *what;
    unsigned flags;
};

static bool finish(const struct char_request *request, int in_fd, int out_fd, unsigned flags,
                   struct char_fd **channel, struct message *message)
{
    *channel = char_fd_create(request->io, in_fd, out_fd, flags);
    if (!*channel) {
        return message_set(message, EXIT_STATUS_EMULATOR, "no memory for a console");
    }
    hostio_add(request->io, *channel);
    return true;
}

static bool open_null(const struct char_request *request, struct char_fd **channel,
                      struct message *message)
{
    return finish(request, -1, -1, 0, channel, message);
}

static bool open_stdio(const struct char_request *request, struct char_fd **channel,
                       struct message *message)
{
    if (request->set->stdio_used) {
        return message_usage(message,
                             "%s: standard input and output are in use by another line already. "
                             "Try: -serial null or -serial pty",
                             request->what);
    }
    request->set->stdio_used = true;
    return finish(request, STDIN_FILENO, STDOUT_FILENO, CHAR_FD_TERMINAL | request->flags, channel,
                  message);
}

static bool open_file(const struct char_request *request, struct char_fd **channel,
                      struct message *message)
{
    int fd = open(request->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return message_set(message, EXIT_STATUS_EMULATOR, "%s: cannot write to %s: %s",
                           request->what, request->path, strerror(errno));
    }
    return finish(request, -1, fd, 0, channel, message);
}

/* NAME.in and NAME.out if they exist, else NAME for both directions. */
static bool open_pipe(const struct char_request *request, struct char_fd **channel,
                      struct message *message)
{
    char in_name[1024], out_name[1024];
    snprintf(in_name, sizeof(in_name), "%s.in", request->path);
    snprintf(out_name, sizeof(out_name), "%s.out", request->path);
    /* Read and write, so that neither open waits for the other side. */
    int in_fd = open(in_name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    int out_fd = open(out_name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (in_fd < 0 || out_fd < 0) {
        if (in_fd >= 0) {
            close(in_fd);
        }
        if (out_fd >= 0) {
            close(out_fd);
        }
        in_fd = out_fd = open(request->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    }
    if (in_fd < 0) {
        return message_set(message, EXIT_STATUS_EMULATOR,
                           "%s: cannot open the pipe %s: %s. Try: mkfifo %s.in %s.out",
                           request->what, request->path, strerror(errno), request->path,
                           request->path);
    }
    return finish(request, in_fd, out_fd, 0, channel, message);
}

static bool open_pty(const struct char_request *request, struct char_fd **channel,
                     struct message *message)
{
    char name[128];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    int other = -1;
    if (fd >= 0 && !grantpt(fd) && !unlockpt(fd) && !ptsname_r(fd, name, sizeof(name))) {
        /* Kept open: without any opener, reads of our side fail. */
        other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    }
    struct termios mode;
    if (other < 0 || tcgetattr(other, &mode)) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return message_set(message, EXIT_STATUS_EMULATOR, "%s: cannot get a pseudo-terminal: %s",
                           request->what, strerror(error));
    }
    cfmakeraw(&mode);
    tcsetattr(other, TCSANOW, &mode);
    fprintf(stderr, "ibird: %s is at %s\n", request->what, name);
    if (!finish(request, fd, fd, CHAR_FD_LOSSY, channel, message)) {
        return false;
    }
    char_fd_keep(*channel, other);
    return true;
}

static const struct {
    const char *name;
    bool needs_path;
    bool (*open)(const struct char_request *request, struct char_fd **channel,
                 struct message *message);
} backends[] = {
    {"stdio", false, open_stdio}, {"null", false, open_null}, {"file", true, open_file},
    {"pipe", true, open_pipe},    {"pty", false, open_pty},
};
enum { BACKEND_COUNT = sizeof(backends) / sizeof(backends[0]) };

static bool open_backend(const char *name, const struct char_request *request,
                         struct char_channel **channel, struct message *message)
{
    const char *names[BACKEND_COUNT + 1] = {0};
    for (unsigned i = 0; i < BACKEND_COUNT; i++) {
        names[i] = backends[i].name;
        if (strcmp(name, backends[i].name)) {
            continue;
        }
        if (backends[i].needs_path && !*request->path) {
            return message_usage(message, "%s: \"%s\" needs a path", request->what, name);
        }
        struct char_fd *made;
        if (!backends[i].open(request, &made, message)) {
            return false;
        }
        *channel = char_fd_channel(made);
        return true;
    }
    const char *nearest = names_nearest(name, names);
    return message_usage(message,
                         "%s: unknown kind of console \"%.80s\"%s%s%s. There are stdio, "
                         "mon:stdio, null, none, file:PATH, pipe:PATH, pty",
                         request->what, name, nearest ? "; did you mean \"" : "",
                         nearest ? nearest : "", nearest ? "\"?" : "");
}

bool char_open(struct char_set *set, struct hostio *io, const char *spec, const char *what,
               struct char_channel **channel, struct message *message)
{
    *channel = NULL;
    if (!strcmp(spec, "none")) {
        return true;
    }
    unsigned flags = 0;
    if (!strncmp(spec, "mon:", 4)) {
        flags = CHAR_FD_KEYS;
        spec += 4;
    }
    char name[32];
    size_t length = strcspn(spec, ":");
    snprintf(name, sizeof(name), "%.*s", (int)length, spec);
    const char *path = spec[length] ? spec + length + 1 : "";
    if (!strcmp(name, "chardev")) {
        return char_take_named(set, path, channel, message);
    }
    struct char_request request = {set, io, path, what, flags};
    return open_backend(name, &request, channel, message);
}

bool char_open_named(struct char_set *set, struct hostio *io, const char *spec,
                     struct message *message)
{
    static const char *const keys[] = {"id", "path", "mux", "signal", NULL};
    struct properties properties;
    if (!properties_parse(&properties, spec, "backend", message)) {
        return false;
    }
    const char *backend = properties_take(&properties, "backend");
    const char *id = properties_take(&properties, "id");
    const char *path = properties_take(&properties, "path");
    properties_take(&properties, "signal"); /* the guest gets Ctrl-C in any case */
    bool mux = false;
    char what[64];
    snprintf(what, sizeof(what), "-chardev %s", id ? id : "");
    struct char_request request = {set, io, path ? path : "", what, 0};
    struct char_channel *channel;
    bool ok = properties_take_bool(&properties, "mux", &mux, message) &&
              properties_finish(&properties, "-chardev", keys, message);
    request.flags = mux ? CHAR_FD_KEYS : 0;
    if (ok && (!id || !*id)) {
        ok = message_usage(message, "-chardev %.80s needs id=NAME", spec);
    }
    for (unsigned i = 0; ok && i < set->count; i++) {
        if (!strcmp(set->named[i].id, id)) {
            ok = message_usage(message, "there are two -chardev with id=%.80s", id);
        }
    }
    if (ok && set->count == CHAR_OPEN_MAX) {
        ok = message_usage(message, "more than %d -chardev", CHAR_OPEN_MAX);
    }
    ok = ok && open_backend(backend ? backend : "", &request, &channel, message);
    if (ok) {
        set->named[set->count].channel = channel;
        set->named[set->count].used = false;
        set->named[set->count++].id = strdup(id);
    }
    properties_free(&properties);
    return ok;
}

bool char_take_named(struct char_set *set, const char *id, struct char_channel **channel,
                     struct message *message)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (strcmp(set->named[i].id, id)) {
            continue;
        }
        if (set->named[i].used) {
            return message_usage(message, "chardev \"%.80s\" is used twice", id);
        }
        set->named[i].used = true;
        *channel = set->named[i].channel;
        return true;
    }
    return message_usage(message, "there is no chardev \"%.80s\". Try: -chardev pty,id=%.80s", id,
                         id);
}

void char_set_free(struct char_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        free(set->named[i].id);
    }
    set->count = 0;
}
