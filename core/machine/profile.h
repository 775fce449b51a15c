/* Where a machine's CPU time goes: its thread is interrupted each millisecond of CPU time that it
 * uses, and the guest pc counted. Sleep is not counted. */
#ifndef CORE_MACHINE_PROFILE_H
#define CORE_MACHINE_PROFILE_H

#include "core/jit/sample.h"

struct machine;
struct profile;

struct profile_row {
    uint64_t pc;
    bool privileged;
    uint32_t counts[JIT_SAMPLE_KINDS]; /* milliseconds of CPU time */
};

struct profile *profile_create(void);
void profile_destroy(struct profile *profile);

/* On the machine's thread, around its run. */
void profile_begin(struct profile *profile, struct machine *machine);
void profile_end(struct profile *profile);

/* What was counted, in no order; valid until the next profile_begin(). `lost`: milliseconds at
 * places that found no room in the table. */
const struct profile_row *profile_rows(struct profile *profile, unsigned *count, uint64_t *lost);

#endif
