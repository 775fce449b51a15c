/* What --profile writes after the run. */
#ifndef FRONTEND_PROFILE_REPORT_H
#define FRONTEND_PROFILE_REPORT_H

#include "core/machine/profile.h"
#include "frontend/symbols.h"

/* Functions by the CPU time that was spent on them. False with a message if the file cannot be
 * written. */
bool profile_report(struct profile *profile, struct symbols *symbols, const char *file_name,
                    struct message *message);

#endif
