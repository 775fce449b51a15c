/* The passes over a region, in the order of the pipeline array in pipeline.c. */
#ifndef CORE_OPT_OPT_H
#define CORE_OPT_OPT_H

#include "core/ir/ir.h"
#include "core/jit/guest.h"

struct opt_pass {
    const char *name;
    void (*run)(struct ir_region *region, const struct guest_ops *guest);
};

extern const struct opt_pass opt_pipeline[];
extern const unsigned opt_pipeline_count;

/* Runs all passes; with IBIRD_VERIFY defined, the verifier after each. */
void opt_run(struct ir_region *region, const struct guest_ops *guest);
/* The same for code that may run only a few times: only what pays for itself at once. */
void opt_run_quick(struct ir_region *region, const struct guest_ops *guest);

#endif
