/* Consoles and the terminal, with a machine that is no more than the queue of posted work. */
#include "frontend/char_fd.h"
#include "frontend/char_open.h"
#include "frontend/hostio.h"
#include "frontend/terminal.h"
#include "tests/support/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

static struct message message;

/* A terminal for a child process. */
struct pty {
    int fd;
    char name[64];
};

static struct pty open_pty(void)
{
    struct pty pty = {.fd = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(pty.fd >= 0);
    assert_int_equal(grantpt(pty.fd), 0);
    assert_int_equal(unlockpt(pty.fd), 0);
    assert_int_equal(ptsname_r(pty.fd, pty.name, sizeof(pty.name)), 0);
    return pty;
}

static bool is_raw(int fd)
{
    struct termios mode;
    assert_int_equal(tcgetattr(fd, &mode), 0);
    return !(mode.c_lflag & (ICANON | ECHO));
}

enum way_out { OUT_RESTORE, OUT_SEGV, OUT_ABORT, OUT_ILL, OUT_OVERFLOW };

static int recurse(int depth)
{
    volatile char space[4096];
    space[0] = (char)depth;
    return depth == -1 ? 0 : recurse(depth + 1) + space[0];
}

/* In a session of its own whose terminal is the pty. */
static _Noreturn void leave_by(const struct pty *pty, enum way_out way, int ready)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL};
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], SIG_DFL); /* the test runner has handlers of its own */
    }
    setsid();
    int fd = open(pty->name, O_RDWR);
    terminal_catch_crashes();
    void *stack = terminal_make_stack();
    bool raw = terminal_enter_raw(fd) && terminal_enter_raw(fd);
    ssize_t put = write(ready, raw ? "y" : "n", 1);
    char go;
    ssize_t got = read(fd, &go, 1);
    if (put != 1 || got != 1) {
        _exit(99);
    }
    switch (way) {
    case OUT_RESTORE:
        terminal_restore();
        terminal_restore();
        terminal_drop_stack(stack);
        _exit(0);
    case OUT_SEGV:
        raise(SIGSEGV);
        break;
    case OUT_ABORT:
        abort();
    case OUT_ILL:
        raise(SIGILL);
        break;
    case OUT_OVERFLOW:
        recurse(0);
    }
    _exit(98);
}

static void test_terminal_comes_back(void **state)
{
    (void)state;
    static const int expected[] = {0, SIGSEGV, SIGABRT, SIGILL, SIGSEGV};
    for (enum way_out way = OUT_RESTORE; way <= OUT_OVERFLOW; way++) {
        struct pty pty = open_pty();
        int keep = open(pty.name, O_RDWR | O_NOCTTY), ready[2];
        assert_int_equal(pipe(ready), 0);
        assert_false(is_raw(keep));
        pid_t child = fork();
        if (!child) {
            leave_by(&pty, way, ready[1]);
        }
        char answer;
        assert_int_equal(read(ready[0], &answer, 1), 1);
        assert_int_equal(answer, 'y');
        assert_true(is_raw(keep));
        assert_int_equal(write(pty.fd, "g", 1), 1);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, expected[way]);
        assert_false(is_raw(keep));
        close(keep);
        close(pty.fd);
        close(ready[0]);
        close(ready[1]);
    }
}

static void test_no_terminal(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(terminal_enter_raw(ends[0]));
    /* A terminal that another session owns. */
    struct pty pty = open_pty();
    int fd = open(pty.name, O_RDWR | O_NOCTTY);
    assert_false(terminal_enter_raw(fd));
    assert_false(is_raw(fd));
    close(fd);
    close(pty.fd);
    close(ends[0]);
    close(ends[1]);
}

static void test_standard_files(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        close(0);
        close(1);
        close(2);
        terminal_fill_standard_files();
        int next = open("/dev/null", O_RDONLY);
        _exit(next > 2 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* Serves a channel as the main loop does, until its output is written. */
static void serve_output(struct char_fd *channel)
{
    struct pollfd fds[2];
    for (unsigned i = 0; i < 1000 && char_fd_poll_output(channel, fds); i++) {
        poll(fds, 2, 10);
        char_fd_serve(channel, fds);
    }
}

static void write_text(struct char_fd *channel, const char *text)
{
    struct char_channel *base = char_fd_channel(channel);
    base->ops->write(base, (const uint8_t *)text, strlen(text));
}

static void test_output(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct hostio *io = hostio_create(&message);
    struct char_fd *channel = char_fd_create(io, -1, ends[1], 0);
    hostio_add(io, channel);
    write_text(channel, "hello ");
    write_text(channel, "world");
    serve_output(channel);
    char text[64] = "";
    assert_int_equal(read(ends[0], text, sizeof(text)), 11);
    assert_string_equal(text, "hello world");
    /* Nobody reads any more: the guest goes on. */
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    static char much[100000];
    memset(much, 'x', sizeof(much) - 1);
    write_text(channel, "lost");
    serve_output(channel);
    write_text(channel, much);
    write_text(channel, much);
    serve_output(channel);
    hostio_destroy(io);
}

/* When the run is to end, a guest that waits for room goes on. */
static void test_hurry(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct hostio *io = hostio_create(&message);
    struct char_fd *channel = char_fd_create(io, -1, ends[1], 0);
    hostio_add(io, channel);
    char_fd_hurry(channel);
    static char much[200000];
    memset(much, 'x', sizeof(much) - 1);
    write_text(channel, much);
    hostio_destroy(io);
    close(ends[0]);
}

static void test_panic(void **state)
{
    (void)state;
    struct hostio *io = hostio_create(&message);
    struct char_fd *channel = char_fd_create(io, -1, -1, 0);
    hostio_add(io, channel);
    write_text(channel, "Kernel pan\nKernel panic - not syn\nKKernel panic - not");
    assert_false(char_fd_guest_panicked(channel));
    write_text(channel, " syncing: x");
    assert_true(char_fd_guest_panicked(channel));
    hostio_destroy(io);
}

static void test_open(void **state)
{
    (void)state;
    struct hostio *io = hostio_create(&message);
    struct char_set set = {0};
    struct char_channel *channel;
    char directory[TEMP_PATH], spec[TEMP_PATH + 16];
    assert_non_null(mkdtemp(temp_template(directory)));
    assert_true(char_open(&set, io, "none", "serial 0", &channel, &message));
    assert_null(channel);
    assert_true(char_open(&set, io, "null", "serial 0", &channel, &message));
    assert_non_null(channel);
    snprintf(spec, sizeof(spec), "file:%s/log", directory);
    assert_true(char_open(&set, io, spec, "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "file:/nonexistent/log", "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "file:", "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "stdoi", "serial 0", &channel, &message));
    assert_non_null(strstr(message.text, "did you mean \"stdio\""));
    assert_false(char_open(&set, io, "", "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "pipe:/nonexistent/x", "serial 0", &channel, &message));
    assert_non_null(strstr(message.text, "mkfifo"));
    assert_false(char_open(&set, io, "chardev:c", "serial 0", &channel, &message));
    assert_false(char_open_named(&set, io, "null", &message));
    assert_false(char_open_named(&set, io, "null,id=c,pth=x", &message));
    assert_true(char_open_named(&set, io, "null,id=c", &message));
    assert_false(char_open_named(&set, io, "null,id=c", &message));
    assert_true(char_open(&set, io, "chardev:c", "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "chardev:c", "serial 0", &channel, &message));
    assert_true(char_open(&set, io, "mon:stdio", "serial 0", &channel, &message));
    assert_false(char_open(&set, io, "stdio", "serial 1", &channel, &message));
    char_set_free(&set);
    hostio_destroy(io);
    snprintf(spec, sizeof(spec), "%s/log", directory);
    unlink(spec);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal_comes_back),
        cmocka_unit_test(test_no_terminal),
        cmocka_unit_test(test_standard_files),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_hurry),
        cmocka_unit_test(test_panic),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
