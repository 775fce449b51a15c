/* A character channel on host file descriptors: terminal, pipe, file, pty, or nothing.
 *
 * Bytes from the guest gather in a buffer that the main thread writes out when the descriptor takes
 * them; if the buffer is full, the guest waits. Bytes for the guest are read only as far as it
 * takes them. */
#ifndef FRONTEND_CHAR_FD_H
#define FRONTEND_CHAR_FD_H

#include "core/io/char.h"

#include <poll.h>
#include <stdbool.h>

struct char_fd;
struct hostio;

enum char_fd_flags {
    CHAR_FD_TERMINAL = 1, /* raw mode while open, if the input is a terminal */
    CHAR_FD_KEYS = 2,     /* Ctrl-a is for us even if the input is no terminal */
    CHAR_FD_LOSSY = 4,    /* nobody need be there to read: what has no room is lost (pty) */
};

/* -1: no input, or output into nothing. Closes the descriptors at the end unless they are standard
 * ones. NULL without memory. */
struct char_fd *char_fd_create(struct hostio *io, int in_fd, int out_fd, unsigned flags);
void char_fd_destroy(struct char_fd *channel);
struct char_channel *char_fd_channel(struct char_fd *channel);
/* Keeps one more descriptor open as long as the channel (the other end of a pty). */
void char_fd_keep(struct char_fd *channel, int fd);

/* ---- for hostio, on the main thread ---------------------------------------------------------- */

/* Fills in two entries. */
void char_fd_poll(struct char_fd *channel, struct pollfd fds[2]);
/* Output only; true if there is some. */
bool char_fd_poll_output(struct char_fd *channel, struct pollfd fds[2]);
void char_fd_serve(struct char_fd *channel, const struct pollfd fds[2]);
/* The guest no longer waits for room: what does not fit is lost. */
void char_fd_hurry(struct char_fd *channel);
/* After a stop by SIGTSTP. */
void char_fd_resume_terminal(struct char_fd *channel);
/* A Linux kernel said on this console that it panicked. */
bool char_fd_guest_panicked(const struct char_fd *channel);

#endif
