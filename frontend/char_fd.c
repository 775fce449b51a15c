#include "frontend/char_fd.h"

#include "core/machine/machine.h"
#include "frontend/hostio.h"
#include "frontend/keys.h"
#include "frontend/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OUTPUT_SIZE = 64 << 10,
    INPUT_SIZE = 4096,
    /* poll() promises room for no more than this in a pipe; a larger write could block. */
    WRITE_SIZE = 4096,
};

static const char panic_text[] = "Kernel panic - not syncing";

enum output_state {
    OUTPUT_OPEN,
    OUTPUT_HURRY, /* the machine is to end: nobody waits for room */
    OUTPUT_GONE,  /* nobody reads any more */
};

struct char_fd {
    struct char_channel channel;
    struct hostio *io;
    int in_fd, out_fd, kept_fd;
    unsigned flags;

    /* Main thread. */
    bool raw; /* in_fd is our terminal */
    bool eof; /* no more input */
    struct keys keys;

    /* Machine's thread. */
    unsigned panic_matched; /* bytes of panic_text that were the last of the output */
    bool panicked;

    /* Guest to host, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t room;
    uint8_t output[OUTPUT_SIZE];
    size_t output_start, output_count;
    enum output_state output_state;

    /* Host to guest. `outstanding` bytes were read and not yet taken by the device. */
    atomic_size_t outstanding;
    uint8_t input[INPUT_SIZE]; /* machine's thread */
    size_t input_start, input_count;
};

/* ---- machine's thread ------------------------------------------------------------------------ */

static void watch_for_panic(struct char_fd *c, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size && !c->panicked; i++) {
        /* No beginning of the text occurs again within it, so a mismatch starts over. */
        bool next = bytes[i] == (uint8_t)panic_text[c->panic_matched];
        c->panic_matched = next ? c->panic_matched + 1 : bytes[i] == (uint8_t)panic_text[0];
        c->panicked = !panic_text[c->panic_matched];
    }
}

/* Adds to the output buffer. */
static void put_output(struct char_fd *c, const uint8_t *bytes, size_t size, bool may_wait)
{
    pthread_mutex_lock(&c->lock);
    bool was_empty = !c->output_count;
    while (size && c->output_state != OUTPUT_GONE) {
        size_t room = OUTPUT_SIZE - c->output_count;
        if (!room) {
            if (!may_wait || c->output_state == OUTPUT_HURRY) {
                break;
            }
            hostio_wake(c->io);
            pthread_cond_wait(&c->room, &c->lock);
            was_empty = !c->output_count;
            continue;
        }
        size_t end = (c->output_start + c->output_count) % OUTPUT_SIZE;
        size_t piece = size < room ? size : room;
        piece = piece < OUTPUT_SIZE - end ? piece : OUTPUT_SIZE - end;
        memcpy(c->output + end, bytes, piece);
        c->output_count += piece;
        bytes += piece;
        size -= piece;
    }
    bool wake = was_empty && c->output_count;
    pthread_mutex_unlock(&c->lock);
    if (wake) {
        hostio_wake(c->io);
    }
}

static void channel_write(struct char_channel *base, const uint8_t *bytes, size_t size)
{
    struct char_fd *c = (struct char_fd *)base;
    watch_for_panic(c, bytes, size);
    put_output(c, bytes, size, !(c->flags & CHAR_FD_LOSSY));
}

/* Offers the device what waits for it. */
static void channel_resume(struct char_channel *base)
{
    struct char_fd *c = (struct char_fd *)base;
    while (c->input_count) {
        size_t piece = INPUT_SIZE - c->input_start;
        piece = piece < c->input_count ? piece : c->input_count;
        /* Nobody there: as with a serial line that leads nowhere. */
        size_t taken =
            base->receive ? base->receive(base->device, c->input + c->input_start, piece) : piece;
        if (!taken) {
            return;
        }
        c->input_start = (c->input_start + taken) % INPUT_SIZE;
        c->input_count -= taken;
        if (atomic_fetch_sub(&c->outstanding, taken) == INPUT_SIZE) {
            hostio_wake(c->io); /* there was no room; now there is */
        }
    }
}

static void channel_post(struct machine *machine, void *opaque, const void *data, size_t size)
{
    struct char_fd *c = opaque;
    const uint8_t *bytes = data;
    (void)machine;
    for (size_t i = 0; i < size; i++) { /* `outstanding` keeps it within INPUT_SIZE */
        c->input[(c->input_start + c->input_count++) % INPUT_SIZE] = bytes[i];
    }
    channel_resume(&c->channel);
}

static void channel_destroy(struct char_channel *base)
{
    (void)base; /* hostio's to destroy, after the machine */
}

static const struct char_channel_ops channel_ops = {
    .write = channel_write,
    .resume = channel_resume,
    .destroy = channel_destroy,
};

/* ---- main thread ----------------------------------------------------------------------------- */

struct char_fd *char_fd_create(struct hostio *io, int in_fd, int out_fd, unsigned flags)
{
    struct char_fd *c = calloc(1, sizeof(*c));
    if (!c) {
        return NULL;
    }
    c->channel.ops = &channel_ops;
    c->io = io;
    c->in_fd = in_fd;
    c->out_fd = out_fd;
    c->kept_fd = -1;
    c->flags = flags;
    c->output_state = out_fd < 0 ? OUTPUT_GONE : OUTPUT_OPEN;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->room, NULL);
    char_fd_resume_terminal(c);
    /* A terminal that is not ours now would stop us when read. */
    c->eof = in_fd < 0 || (flags & CHAR_FD_TERMINAL && isatty(in_fd) && !c->raw);
    return c;
}

void char_fd_resume_terminal(struct char_fd *c)
{
    if (c->flags & CHAR_FD_TERMINAL) {
        c->raw = terminal_enter_raw(c->in_fd);
        c->eof &= !c->raw;
    }
}

void char_fd_destroy(struct char_fd *c)
{
    if (c->raw) {
        terminal_restore();
    }
    if (c->in_fd > STDERR_FILENO) {
        close(c->in_fd);
    }
    if (c->out_fd > STDERR_FILENO && c->out_fd != c->in_fd) {
        close(c->out_fd);
    }
    if (c->kept_fd >= 0) {
        close(c->kept_fd);
    }
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->room);
    free(c);
}

void char_fd_keep(struct char_fd *c, int fd)
{
    c->kept_fd = fd;
}

struct char_channel *char_fd_channel(struct char_fd *c)
{
    return &c->channel;
}

bool char_fd_guest_panicked(const struct char_fd *c)
{
    return c->panicked;
}

bool char_fd_poll_output(struct char_fd *c, struct pollfd fds[2])
{
    pthread_mutex_lock(&c->lock);
    bool any = c->output_count && c->out_fd >= 0;
    pthread_mutex_unlock(&c->lock);
    fds[0] = (struct pollfd){-1, 0, 0};
    fds[1] = (struct pollfd){any ? c->out_fd : -1, POLLOUT, 0};
    return any;
}

void char_fd_poll(struct char_fd *c, struct pollfd fds[2])
{
    char_fd_poll_output(c, fds);
    if (!c->eof && c->outstanding < INPUT_SIZE) {
        fds[0] = (struct pollfd){c->in_fd, POLLIN, 0};
    }
}

static void print_note(struct char_fd *c, const char *text)
{
    put_output(c, (const uint8_t *)text, strlen(text), false);
}

static void do_action(struct char_fd *c, enum keys_action action)
{
    switch (action) {
    case KEYS_QUIT:
        hostio_stop(c->io, MACHINE_QUIT);
        break;
    case KEYS_HELP:
        print_note(c, "\r\nAfter Ctrl-a:\r\n");
        for (size_t i = 0; i < keys_help_count; i++) {
            char line[128];
            snprintf(line, sizeof(line), "  %-8s%s\r\n", keys_help[i].key, keys_help[i].meaning);
            print_note(c, line);
        }
        break;
    case KEYS_MONITOR:
        print_note(c, "\r\nibird has no monitor yet. Ctrl-a h lists the keys.\r\n");
        break;
    case KEYS_NONE:
        break;
    }
}

static void serve_input(struct char_fd *c)
{
    uint8_t bytes[INPUT_SIZE];
    size_t room = INPUT_SIZE - c->outstanding;
    ssize_t got = read(c->in_fd, bytes, room);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    if (got <= 0) {
        c->eof = true; /* the machine goes on without input */
        return;
    }
    size_t size = (size_t)got;
    if (c->raw || c->flags & CHAR_FD_KEYS) {
        size = 0;
        for (ssize_t i = 0; i < got; i++) {
            bool pass;
            uint8_t byte = bytes[i];
            do_action(c, keys_take(&c->keys, &byte, &pass));
            if (pass) {
                bytes[size++] = byte;
            }
        }
    }
    if (size) {
        c->outstanding += size;
        machine_post(hostio_machine(c->io), channel_post, c, bytes, size);
    }
}

static void serve_output(struct char_fd *c)
{
    uint8_t bytes[WRITE_SIZE];
    pthread_mutex_lock(&c->lock);
    size_t size = c->output_count < WRITE_SIZE ? c->output_count : WRITE_SIZE;
    size = size < OUTPUT_SIZE - c->output_start ? size : OUTPUT_SIZE - c->output_start;
    memcpy(bytes, c->output + c->output_start, size);
    pthread_mutex_unlock(&c->lock);

    ssize_t put = size ? write(c->out_fd, bytes, size) : 0;
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    pthread_mutex_lock(&c->lock);
    if (put < 0) {
        fprintf(stderr, "ibird: cannot write a console's output: %s; it is lost from here on\n",
                strerror(errno));
        c->output_state = OUTPUT_GONE;
        c->output_count = 0;
    } else {
        c->output_start = (c->output_start + (size_t)put) % OUTPUT_SIZE;
        c->output_count -= (size_t)put;
    }
    pthread_cond_signal(&c->room);
    pthread_mutex_unlock(&c->lock);
}

void char_fd_serve(struct char_fd *c, const struct pollfd fds[2])
{
    if (fds[0].fd >= 0 && fds[0].revents) {
        serve_input(c);
    }
    if (fds[1].fd >= 0 && fds[1].revents) {
        serve_output(c);
    }
}

void char_fd_hurry(struct char_fd *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->output_state == OUTPUT_OPEN) {
        c->output_state = OUTPUT_HURRY;
    }
    pthread_cond_signal(&c->room);
    pthread_mutex_unlock(&c->lock);
}
