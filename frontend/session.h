/* From the command line to a machine that can run: everything the options name, opened, read and
 * checked. */
#ifndef FRONTEND_SESSION_H
#define FRONTEND_SESSION_H

#include "core/machine/machine.h"
#include "frontend/char_open.h"
#include "frontend/drives.h"
#include "frontend/options.h"

struct session {
    const struct options *options;
    const struct board *board;
    struct machine_config config;
    struct machine_blob kernel_file, initrd, dtb, bios;
    struct kernel_image kernel;
    struct drive_set drives;
    struct char_set chars;
    struct hostio *io;
    struct symbols *symbols; /* these three: NULL if nobody asks for them */
    struct perf_map *perf_map;
    struct profile *profile;
    FILE *log_file; /* of -D; NULL if none */
    char *dump_dtb; /* of -M ..,dumpdtb=; NULL if none */
    char *board_options;
    char *device_texts[MACHINE_MAX_DEVICES]; /* what config.devices points into */
    char *device_options[MACHINE_MAX_DEVICES];
    struct machine *machine;
};

/* -M help, -cpu help, -device help, -d help: prints and returns true if one was asked for. */
bool session_answer_queries(const struct options *options, FILE *out, struct message *message,
                            bool *ok);

/* False with a message; session_close() in any case. */
bool session_open(struct session *session, const struct options *options, struct message *message);
void session_close(struct session *session);

/* The table of boards (boards.c); NULL-terminated. */
extern const struct board *const session_boards[];
/* The host backend of this build (boards.c). */
extern const struct host_ops *const session_host;

/* ---- parts of session_open() ----------------------------------------------------------------- */

/* The board that -M names, and its options. */
bool session_find_board(const struct options *options, const struct board **board,
                        char **board_options, char **dump_dtb, struct message *message);
/* Without -M: loads the kernel and takes the first board that has the CPU it is for. */
bool session_infer_board(struct session *session, struct message *message);
/* --profile, --perf-map and --symbols. After the kernel is loaded. */
bool session_open_profile(struct session *session, struct message *message);
/* Drives and devices. */
bool session_open_disks(struct session *session, struct message *message);
/* Serial lines. Last: opening the terminal puts it into raw mode. */
bool session_open_serials(struct session *session, struct message *message);

#endif
