#include "frontend/hostio.h"

#include "core/base/check.h"
#include "frontend/char_fd.h"
#include "frontend/terminal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CHANNELS = 32,
    GATHER_NS = 500000, /* what a guest prints within this time is one write */
    STOP_PATIENCE = 10, /* seconds between asking a machine to stop and giving it up */
    DRAIN_PATIENCE_MS = 1000,
};

struct hostio {
    struct machine *machine;
    struct char_fd *channels[MAX_CHANNELS];
    unsigned channel_count;
    int wake_fd, signal_fd, timer_fd;
    atomic_bool ended;
    enum machine_end end;
    int signal;
    bool stopping;
};

static void watched_signals(sigset_t *set)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    sigemptyset(set);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaddset(set, signals[i]);
    }
}

struct hostio *hostio_create(struct message *message)
{
    struct hostio *io = calloc(1, sizeof(*io));
    if (!io) {
        message_set(message, EXIT_STATUS_EMULATOR, "no memory");
        return NULL;
    }
    sigset_t set;
    watched_signals(&set);
    io->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    io->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    io->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (io->wake_fd < 0 || io->signal_fd < 0 || io->timer_fd < 0) {
        message_set(message, EXIT_STATUS_EMULATOR, "cannot get file descriptors: %s",
                    strerror(errno));
        hostio_destroy(io);
        return NULL;
    }
    return io;
}

void hostio_destroy(struct hostio *io)
{
    if (!io) {
        return;
    }
    for (unsigned i = 0; i < io->channel_count; i++) {
        char_fd_destroy(io->channels[i]);
    }
    close(io->wake_fd);
    close(io->signal_fd);
    close(io->timer_fd);
    free(io);
}

void hostio_add(struct hostio *io, struct char_fd *channel)
{
    CHECK(io->channel_count < MAX_CHANNELS);
    io->channels[io->channel_count++] = channel;
}

struct machine *hostio_machine(struct hostio *io)
{
    return io->machine;
}

void hostio_wake(struct hostio *io)
{
    uint64_t one = 1;
    ssize_t put = write(io->wake_fd, &one, sizeof(one));
    (void)put; /* fails only when as good as infinitely many wakes wait */
}

static void set_timer(struct hostio *io, uint64_t ms)
{
    struct itimerspec when = {.it_value = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000}};
    timerfd_settime(io->timer_fd, 0, &when, NULL);
}

void hostio_stop(struct hostio *io, enum machine_end why)
{
    if (io->stopping) {
        return;
    }
    io->stopping = true;
    for (unsigned i = 0; i < io->channel_count; i++) {
        char_fd_hurry(io->channels[i]);
    }
    set_timer(io, STOP_PATIENCE * 1000);
    machine_stop(io->machine, why);
}

static void *run_machine(void *opaque)
{
    struct hostio *io = opaque;
    void *stack = terminal_make_stack();
    io->end = machine_run(io->machine);
    terminal_drop_stack(stack);
    io->ended = true;
    hostio_wake(io);
    return NULL;
}

static void drain_fd(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got;
}

/* The user's shell wants us to sleep: leave it a sane terminal. */
static void suspend(struct hostio *io)
{
    terminal_restore();
    raise(SIGSTOP);
    for (unsigned i = 0; i < io->channel_count; i++) {
        char_fd_resume_terminal(io->channels[i]);
    }
}

static void take_signals(struct hostio *io)
{
    struct signalfd_siginfo info;
    while (read(io->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGTSTP) {
            suspend(io);
            continue;
        }
        io->signal = (int)info.ssi_signo;
        hostio_stop(io, MACHINE_QUIT);
    }
}

/* Waits for something to do. False if the machine was given up. */
static bool wait_and_serve(struct hostio *io, int timeout)
{
    struct pollfd fds[3 + 2 * MAX_CHANNELS] = {
        {io->wake_fd, POLLIN, 0},
        {io->signal_fd, POLLIN, 0},
        {io->timer_fd, POLLIN, 0},
    };
    for (unsigned i = 0; i < io->channel_count; i++) {
        char_fd_poll(io->channels[i], &fds[3 + 2 * i]);
    }
    if (poll(fds, 3 + 2 * io->channel_count, timeout) < 0) {
        return true; /* interrupted: look again */
    }
    if (fds[0].revents) {
        drain_fd(io->wake_fd);
        nanosleep(&(struct timespec){.tv_nsec = GATHER_NS}, NULL);
    }
    if (fds[1].revents) {
        take_signals(io);
    }
    if (fds[2].revents) {
        drain_fd(io->timer_fd);
        if (io->stopping) {
            return false;
        }
        hostio_stop(io, MACHINE_TIME_LIMIT);
    }
    for (unsigned i = 0; i < io->channel_count; i++) {
        char_fd_serve(io->channels[i], &fds[3 + 2 * i]);
    }
    return true;
}

/* Writes out what consoles still hold, as long as somebody takes it. */
static void drain_channels(struct hostio *io)
{
    for (int left = DRAIN_PATIENCE_MS; left > 0;) {
        struct pollfd fds[2 * MAX_CHANNELS];
        bool any = false;
        for (unsigned i = 0; i < io->channel_count; i++) {
            any |= char_fd_poll_output(io->channels[i], &fds[2 * i]);
        }
        if (!any) {
            return;
        }
        enum { STEP_MS = 50 };
        left -= poll(fds, 2 * io->channel_count, STEP_MS) <= 0 ? STEP_MS : 0;
        for (unsigned i = 0; i < io->channel_count; i++) {
            char_fd_serve(io->channels[i], &fds[2 * i]);
        }
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void hostio_run(struct hostio *io, struct machine *machine, uint64_t time_limit,
                struct hostio_result *result)
{
    *result = (struct hostio_result){0};
    sigset_t set, old;
    watched_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    io->machine = machine;
    set_timer(io, time_limit);
    double start = seconds_now();
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_machine, io)) {
        result->stuck = true;
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        return;
    }
    while (!io->ended && !result->stuck) {
        result->stuck = !wait_and_serve(io, -1);
    }
    result->seconds = seconds_now() - start;
    if (!result->stuck) {
        pthread_join(thread, NULL);
        drain_channels(io);
    }
    for (unsigned i = 0; i < io->channel_count; i++) {
        result->guest_panic |= char_fd_guest_panicked(io->channels[i]);
    }
    result->end = io->end;
    result->signal = io->signal;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}
