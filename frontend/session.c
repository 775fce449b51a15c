#include "frontend/session.h"

#include "frontend/block.h"
#include "frontend/hostio.h"
#include "frontend/load.h"
#include "frontend/names.h"
#include "frontend/perf_map.h"
#include "frontend/profile_report.h"
#include "frontend/roms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BIOS_SIZE = 64 << 20, MAX_DTB_SIZE = 2 << 20, COUNTED_SEED = 1 };

static bool set_cpu(struct session *session, struct message *message)
{
    const char *name = session->options->cpu;
    if (!name || names_contain(session->board->cpus, name)) {
        session->config.cpu = name ? name : session->board->default_cpu;
        return true;
    }
    if (strchr(name, ',')) {
        return message_usage(message, "-cpu %.80s: ibird's CPUs take no properties. Try: -cpu %.*s",
                             name, (int)strcspn(name, ","), name);
    }
    char try[128];
    snprintf(try, sizeof(try), "Try: ibird -M %s -cpu help", session->board->name);
    return names_unknown(NAMES_CPU, name, session->board->cpus, try, message);
}

static bool set_sizes(struct session *session, struct message *message)
{
    const struct board *board = session->board;
    const struct options *options = session->options;
    uint64_t size = options->ram_size ? options->ram_size : board->default_ram;
    if (size < board->min_ram || size > board->max_ram) {
        return message_usage(message,
                             "-m: the machine %s takes from %llu to %llu MB of memory, not %.0f MB",
                             board->name, (unsigned long long)(board->min_ram >> 20),
                             (unsigned long long)(board->max_ram >> 20), (double)size / 0x1p20);
    }
    if (size % (1 << 20)) {
        return message_usage(message, "-m: memory comes in whole megabytes. Try: -m %llu",
                             (unsigned long long)((size >> 20) + 1));
    }
    session->config.ram_size = size;
    session->config.cpus = options->cpus ? options->cpus : 1;
    if (session->config.cpus > board->max_cpus) {
        return message_usage(message, "-smp %u: ibird's %s has no more than %u CPU (yet)",
                             session->config.cpus, board->name, board->max_cpus);
    }
    return true;
}

static bool set_log(struct session *session, struct message *message)
{
    const struct options *options = session->options;
    session->config.log.file = stderr;
    if (options->log_file) {
        session->log_file = fopen(options->log_file, "we");
        if (!session->log_file) {
            return message_usage(message, "cannot write the log to %s: %s", options->log_file,
                                 strerror(errno));
        }
        session->config.log.file = session->log_file;
    }
    const char *bad;
    if (options->log_items && !log_parse(options->log_items, &session->config.log.mask, &bad)) {
        static const char *const items[] = {
#define X(id, name, help) name,
            LOG_CATEGORIES(X)
#undef X
                "all",
            NULL};
        char name[40];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(bad, ","), bad);
        const char *nearest = names_nearest(name, items);
        return message_usage(message, "-d: unknown item \"%s\"%s%s%s. Try: ibird -d help", name,
                             nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                             nearest ? "\"?" : "");
    }
    return true;
}

static bool load_images(struct session *session, struct message *message)
{
    const struct options *options = session->options;
    struct machine_config *config = &session->config;
    if (options->kernel) {
        bool loaded = session->kernel_file.data != NULL; /* to find out the board */
        if ((!loaded && !load_file(&session->kernel_file, options->kernel, "kernel",
                                   config->ram_size, message)) ||
            !load_kernel(&session->kernel_file, session->board->elf_machine, config->ram_size,
                         &session->kernel, message)) {
            return false;
        }
        config->kernel = &session->kernel;
    }
    if (options->initrd) {
        if (!load_file(&session->initrd, options->initrd, "initial RAM disk", config->ram_size,
                       message)) {
            return false;
        }
        config->initrd = &session->initrd;
    }
    if (options->dtb) {
        if (!load_file(&session->dtb, options->dtb, "device tree", MAX_DTB_SIZE, message) ||
            !load_check_dtb(&session->dtb, message)) {
            return false;
        }
        config->dtb = &session->dtb;
    }
    if (options->bios) {
        if (!load_file(&session->bios, options->bios, "firmware", MAX_BIOS_SIZE, message)) {
            return false;
        }
        config->bios = &session->bios;
    }
    /* Called after the drives are open: a flash with firmware is something to start, too. */
    if (!options->kernel && !options->bios && !config->flash[0] &&
        roms_load(session->board, &session->bios)) {
        config->bios = &session->bios;
    }
    if (!options->kernel && (options->initrd || options->append || options->dtb) &&
        !options->bios) {
        return message_usage(message, "-%s is for a kernel, and there is none. Try: -kernel FILE",
                             options->initrd   ? "initrd"
                             : options->append ? "append"
                                               : "dtb");
    }
    return true;
}

bool session_open_profile(struct session *session, struct message *message)
{
    const struct options *options = session->options;
    if (!options->profile && !options->perf_map) {
        return !options->symbols.count ||
               message_usage(message,
                             "--symbols is for --profile or --perf-map. Try: --profile FILE");
    }
    session->symbols = symbols_create();
    if (session->kernel.kind == KERNEL_ELF &&
        !symbols_add(session->symbols, &session->kernel_file, 0, message)) {
        return false;
    }
    for (unsigned i = 0; i < options->symbols.count; i++) {
        if (!symbols_add_file(session->symbols, options->symbols.items[i], message)) {
            return false;
        }
    }
    if (options->perf_map) {
        session->perf_map = perf_map_create(session->symbols, message);
        if (!session->perf_map) {
            return false;
        }
        session->config.listener = perf_map_listener(session->perf_map);
    }
    session->profile = options->profile ? profile_create() : NULL;
    session->config.profile = session->profile;
    return true;
}

bool session_open(struct session *session, const struct options *options, struct message *message)
{
    *session = (struct session){.options = options};
    struct machine_config *config = &session->config;
    if (!options->machine && options->kernel) {
        if (!session_infer_board(session, message)) {
            return false;
        }
    } else if (!session_find_board(options, &session->board, &session->board_options,
                                   &session->dump_dtb, message)) {
        return false;
    }
    config->board_options = session->board_options;
    config->describe_only = session->dump_dtb != NULL;
    config->append = options->append ? options->append : "";
    config->engine = options->engine;
    config->second_tier = !options->one_tier;
    config->counted = options->icount.counted;
    config->count_insns = options->count;
    config->shift = options->icount.shift;
    config->no_reboot = options->no_reboot;
    /* Counted time promises identical runs, random numbers included. */
    config->seed = options->seed ? options->seed : config->counted ? COUNTED_SEED : 0;
    session->io = hostio_create(message);
    if (!session->io || !set_cpu(session, message) || !set_sizes(session, message) ||
        !set_log(session, message) || !session_open_disks(session, message) ||
        !load_images(session, message) || !session_open_profile(session, message) ||
        !session_open_serials(session, message)) {
        return false;
    }
    char text[sizeof(message->text)];
    static const enum exit_status statuses[] = {
        [MACHINE_FAULT_REQUEST] = EXIT_STATUS_USAGE,
        [MACHINE_FAULT_IMAGE] = EXIT_STATUS_IMAGE,
        [MACHINE_FAULT_HOST] = EXIT_STATUS_EMULATOR,
    };
    enum machine_fault fault;
    session->machine =
        machine_create(session->board, config, session_host, &fault, text, sizeof(text));
    return session->machine || message_set(message, statuses[fault], "%s", text);
}

void session_close(struct session *session)
{
    if (session->machine) {
        machine_destroy(session->machine);
    }
    hostio_destroy(session->io);
    perf_map_destroy(session->perf_map);
    profile_destroy(session->profile);
    symbols_destroy(session->symbols);
    drive_set_free(&session->drives);
    char_set_free(&session->chars);
    load_free(&session->kernel_file);
    load_free(&session->initrd);
    load_free(&session->dtb);
    load_free(&session->bios);
    for (unsigned i = 0; i < MACHINE_MAX_DEVICES; i++) {
        free(session->device_texts[i]);
        free(session->device_options[i]);
    }
    free(session->board_options);
    free(session->dump_dtb);
    if (session->log_file) {
        fclose(session->log_file);
    }
}
