#include "core/opt/opt.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/opt/cse.h"
#include "core/opt/dead.h"
#include "core/opt/flow.h"
#include "core/opt/fold.h"
#include "core/opt/sink.h"
#include "core/opt/slots.h"

const struct opt_pass opt_pipeline[] = {
    {"flow", opt_flow}, {"slots", opt_slots}, {"fold", opt_fold},
    {"cse", opt_cse},   {"sink", opt_sink},   {"dead", opt_dead},
};
const unsigned opt_pipeline_count = ARRAY_SIZE(opt_pipeline);

#ifdef IBIRD_VERIFY
static void verify_after(const struct ir_region *region, const char *pass)
{
    char message[256];
    if (ir_verify(region, message, sizeof(message))) {
        return;
    }
    fprintf(stderr, "ibird: bad IR after %s: %s\n", pass, message);
    ir_print(region, NULL, 0, stderr);
    CHECK_UNREACHABLE();
}
#else
static void verify_after(const struct ir_region *region, const char *pass)
{
}
#endif

void opt_run(struct ir_region *region, const struct guest_ops *guest)
{
    verify_after(region, "translation");
    for (unsigned i = 0; i < opt_pipeline_count; i++) {
        opt_pipeline[i].run(region, guest);
        verify_after(region, opt_pipeline[i].name);
    }
}

void opt_run_quick(struct ir_region *region, const struct guest_ops *guest)
{
    verify_after(region, "translation");
    opt_slots_alone(region, guest);
    verify_after(region, "slots");
    opt_dead(region, guest);
    verify_after(region, "dead");
}
