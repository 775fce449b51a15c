/* The host's side of a running machine: the machine runs on a thread of its own, and the main
 * thread polls consoles, signals and the time limit. */
#ifndef FRONTEND_HOSTIO_H
#define FRONTEND_HOSTIO_H

#include "core/machine/machine.h"
#include "frontend/message.h"

struct char_fd;
struct hostio;

struct hostio *hostio_create(struct message *message);
/* Destroys the channels too; the machine must be gone. */
void hostio_destroy(struct hostio *io);

void hostio_add(struct hostio *io, struct char_fd *channel);

/* How a run ended, for the exit status. */
struct hostio_result {
    enum machine_end end;
    int signal;       /* the signal that ended it; 0 if none */
    bool guest_panic; /* a console said so */
    bool stuck;       /* the machine did not stop when told to; it still runs */
    double seconds;   /* of the host */
};

/* Runs the machine to its end. time_limit in ms, 0: none. */
void hostio_run(struct hostio *io, struct machine *machine, uint64_t time_limit,
                struct hostio_result *result);

/* ---- for channels ---------------------------------------------------------------------------- */

/* The machine, NULL if it does not run yet. */
struct machine *hostio_machine(struct hostio *io);
/* Makes the main thread look at its channels. Any thread. */
void hostio_wake(struct hostio *io);
/* Ends the run. Main thread. */
void hostio_stop(struct hostio *io, enum machine_end why);

#endif
