#include "frontend/session.h"

#include "frontend/load.h"
#include "frontend/names.h"
#include "frontend/properties.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BOARDS = 64 };
/* Of a kernel while its machine, and so the size of memory, is not known. */
#define INFER_LIMIT (UINT64_C(1) << 30)

static const struct board *board_named(const char *name)
{
    for (unsigned i = 0; session_boards[i]; i++) {
        if (!strcmp(session_boards[i]->name, name)) {
            return session_boards[i];
        }
    }
    return NULL;
}

static bool unknown_board(const char *name, struct message *message)
{
    const char *names[MAX_BOARDS + 1] = {0};
    for (unsigned i = 0; i < MAX_BOARDS && session_boards[i]; i++) {
        names[i] = session_boards[i]->name;
    }
    return names_unknown(NAMES_MACHINE, name, names, "Try: ibird -M help", message);
}

bool session_find_board(const struct options *options, const struct board **board,
                        char **board_options, char **dump_dtb, struct message *message)
{
    if (!options->machine) {
        return message_usage(message,
                             "no machine given, and no kernel that would tell it. Try: ibird -M "
                             "virt; ibird -M help lists the machines, ibird -help the options");
    }
    struct properties properties;
    if (!properties_parse(&properties, options->machine, "type", message)) {
        return false;
    }
    const char *name = properties_take(&properties, "type");
    const char *accel = properties_take(&properties, "accel");
    const char *dump = properties_take(&properties, "dumpdtb");
    *board = board_named(name ? name : "");
    bool ok = *board || unknown_board(name ? name : "", message);
    if (ok && accel && strcmp(accel, "tcg")) {
        ok = message_usage(message, "-M accel=%.80s: ibird runs everything in software", accel);
    }
    *dump_dtb = dump ? strdup(dump) : NULL;
    *board_options = properties_rest(&properties);
    properties_free(&properties);
    if (ok && !*board_options) {
        ok = message_set(message, EXIT_STATUS_EMULATOR, "no memory for options");
    }
    return ok;
}

bool session_infer_board(struct session *session, struct message *message)
{
    const struct options *options = session->options;
    struct machine_blob *kernel = &session->kernel_file;
    uint64_t limit = options->ram_size ? options->ram_size : INFER_LIMIT;
    if (!load_file(kernel, options->kernel, "kernel", limit, message) ||
        !load_unpack_kernel(kernel, limit, message)) {
        return false;
    }
    uint16_t machine = load_elf_machine(kernel);
    for (unsigned i = 0; machine && session_boards[i]; i++) {
        if (session_boards[i]->elf_machine == machine) {
            session->board = session_boards[i];
            session->board_options = strdup("");
            return session->board_options ||
                   message_set(message, EXIT_STATUS_EMULATOR, "no memory for options");
        }
    }
    if (machine) {
        return message_image(message, "%s is for %s, and no machine of ibird's has such a CPU",
                             kernel->name, load_elf_machine_name(machine));
    }
    return message_usage(message,
                         "%s does not tell which machine it is for. Try: ibird -M virt -kernel "
                         "%s; ibird -M help lists the machines; for a disk: -drive file=%s",
                         kernel->name, kernel->name, kernel->name);
}

static void list_boards(FILE *out)
{
    fputs("Supported machines are:\n", out);
    for (unsigned i = 0; session_boards[i]; i++) {
        fprintf(out, "%-20s %s\n", session_boards[i]->name, session_boards[i]->description);
    }
}

static void list_names(FILE *out, const char *title, const char *const *names)
{
    fprintf(out, "%s\n", title);
    for (; names && *names; names++) {
        fprintf(out, "  %s\n", *names);
    }
}

static void list_log_items(FILE *out)
{
    fputs("Log items (comma separated):\n", out);
#define X(id, name, help) fprintf(out, "  %-14s %s\n", name, help);
    LOG_CATEGORIES(X)
#undef X
    fprintf(out, "  %-14s %s\n", "all", "everything");
}

static bool is_query(const char *text)
{
    return text && (!strcmp(text, "help") || !strcmp(text, "?"));
}

static bool any_query(const struct option_list *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (is_query(list->items[i])) {
            return true;
        }
    }
    return false;
}

bool session_answer_queries(const struct options *options, FILE *out, struct message *message,
                            bool *ok)
{
    *ok = true;
    if (is_query(options->machine)) {
        list_boards(out);
        return true;
    }
    if (is_query(options->log_items)) {
        list_log_items(out);
        return true;
    }
    bool devices = any_query(&options->devices);
    if (!is_query(options->cpu) && !devices) {
        return false;
    }
    const struct board *board = NULL;
    char *board_options = NULL, *dump_dtb = NULL;
    *ok = session_find_board(options, &board, &board_options, &dump_dtb, message);
    free(board_options);
    free(dump_dtb);
    if (*ok) {
        list_names(
            out, devices ? "Devices:" : "Available CPUs:", devices ? board->devices : board->cpus);
    }
    return true;
}
