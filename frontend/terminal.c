#include "frontend/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { CRASH_STACK_SIZE = 64 << 10 };

/* The one exception from "no mutable globals": a process has one terminal, and a signal handler has
 * nothing else to find it by. */
static struct {
    struct termios saved;
    int fd;
    atomic_bool raw;
} terminal;

void terminal_fill_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            /* open() takes the lowest free number, which is this one. */
            int opened = open("/dev/null", O_RDWR);
            (void)opened;
        }
    }
}

bool terminal_enter_raw(int fd)
{
    struct termios mode;
    if (!isatty(fd) || tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &mode)) {
        return false;
    }
    if (!terminal.raw) {
        terminal.saved = mode;
        terminal.fd = fd;
    }
    mode.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    /* Output processing stays on: what we and the guest's firmware print with bare line feeds reads
     * well. */
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSANOW, &mode)) {
        return false;
    }
    terminal.raw = true;
    return true;
}

void terminal_restore(void)
{
    if (atomic_exchange(&terminal.raw, false)) {
        tcsetattr(terminal.fd, TCSADRAIN, &terminal.saved);
    }
}

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
enum { CRASH_SIGNALS = sizeof(crash_signals) / sizeof(crash_signals[0]) };

/* What was set before: nothing, or a sanitizer's reports. */
static struct sigaction before[CRASH_SIGNALS];

static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    if (atomic_exchange(&terminal.raw, false)) {
        /* Not TCSADRAIN: nothing may make us wait here. */
        tcsetattr(terminal.fd, TCSANOW, &terminal.saved);
    }
    for (unsigned i = 0; i < CRASH_SIGNALS; i++) {
        if (crash_signals[i] == number) {
            sigaction(number, &before[i], NULL);
        }
    }
    errno = error;
    /* A fault happens again as soon as we return, now in the old hands; a signal that was sent does
     * not. */
    if (info->si_code <= 0) {
        raise(number);
    }
}

void terminal_catch_crashes(void)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i], &action, &before[i]);
    }
}

void *terminal_make_stack(void)
{
    void *stack = mmap(NULL, CRASH_STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        return NULL;
    }
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = CRASH_STACK_SIZE}, NULL);
    return stack;
}

void terminal_drop_stack(void *stack)
{
    if (stack) {
        sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
        munmap(stack, CRASH_STACK_SIZE);
    }
}
