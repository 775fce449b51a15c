#include "frontend/help.h"
#include "frontend/hostio.h"
#include "frontend/perf_map.h"
#include "frontend/profile_report.h"
#include "frontend/report.h"
#include "frontend/session.h"
#include "frontend/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const struct message *message)
{
    terminal_restore();
    fprintf(stderr, "ibird: %s\n", message->text);
    return (int)message->status;
}

/* Output that did not reach its file is an error, as in `ibird -help >/dev/full`. */
static int flush_output(void)
{
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "ibird: cannot write to standard output: %s\n", strerror(errno));
        return EXIT_STATUS_EMULATOR;
    }
    return EXIT_STATUS_OK;
}

static int exit_status(const struct machine *machine, const struct hostio_result *result)
{
    if (result->signal) {
        return EXIT_STATUS_SIGNAL + result->signal;
    }
    if (result->guest_panic && result->end != MACHINE_QUIT) {
        return EXIT_STATUS_GUEST_PANIC;
    }
    switch (result->end) {
    case MACHINE_EXIT:
        return machine->exit_code;
    case MACHINE_TIME_LIMIT:
        return EXIT_STATUS_TIME_LIMIT;
    case MACHINE_RUNNING:
        return EXIT_STATUS_EMULATOR;
    case MACHINE_POWER_OFF:
    case MACHINE_RESET:
    case MACHINE_QUIT:
        break;
    }
    return EXIT_STATUS_OK;
}

static bool dump_device_tree(struct session *session, struct message *message)
{
    size_t size;
    void *tree =
        session->board->device_tree ? session->board->device_tree(session->machine, &size) : NULL;
    if (!tree) {
        return message_usage(message, "the machine %s has no device tree", session->board->name);
    }
    FILE *file = fopen(session->dump_dtb, "wbe");
    bool ok = file && fwrite(tree, 1, size, file) == size;
    if (file && fclose(file)) {
        ok = false;
    }
    free(tree);
    return ok ||
           message_set(message, EXIT_STATUS_EMULATOR, "cannot write the device tree to %s: %s",
                       session->dump_dtb, strerror(errno));
}

static int run(struct session *session, struct message *message)
{
    if (session->dump_dtb) {
        return dump_device_tree(session, message) ? EXIT_STATUS_OK : fail(message);
    }
    struct hostio_result result;
    hostio_run(session->io, session->machine, session->options->time_limit, &result);
    terminal_restore();
    if (result.stuck) {
        fputs("ibird: the machine does not stop; giving up\n", stderr);
        _exit(EXIT_STATUS_EMULATOR); /* its thread still uses everything */
    }
    report_print(session->options, session->machine, &result);
    if (session->profile &&
        !profile_report(session->profile, session->symbols, session->options->profile, message)) {
        return fail(message);
    }
    if (session->perf_map && !perf_map_finish(session->perf_map, message)) {
        return fail(message);
    }
    return exit_status(session->machine, &result);
}

int main(int argc, char **argv)
{
    terminal_fill_standard_files();
    terminal_catch_crashes();
    signal(SIGPIPE, SIG_IGN);

    struct message message;
    struct options options;
    bool ok;
    if (!options_parse(&options, argc, argv, &message)) {
        return fail(&message);
    }
    if (options.help) {
        help_print(stdout);
        return flush_output();
    }
    if (options.version) {
        puts("Indigobird (ibird) " IBIRD_VERSION);
        return flush_output();
    }
    if (options.man_page) {
        help_print_man_page(stdout);
        return flush_output();
    }
    if (options.bash_completion) {
        help_print_bash_completion(stdout);
        return flush_output();
    }
    if (session_answer_queries(&options, stdout, &message, &ok)) {
        return ok ? flush_output() : fail(&message);
    }

    void *stack = terminal_make_stack();
    struct session session;
    int status =
        session_open(&session, &options, &message) ? run(&session, &message) : fail(&message);
    session_close(&session);
    terminal_drop_stack(stack);
    return status;
}
