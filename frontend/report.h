/* What is printed after a run, to standard error: --stats, --state-hash; and --dump-block, to
 * standard output. */
#ifndef FRONTEND_REPORT_H
#define FRONTEND_REPORT_H

#include "frontend/hostio.h"
#include "frontend/options.h"

void report_print(const struct options *options, struct machine *machine,
                  const struct hostio_result *result);

#endif
