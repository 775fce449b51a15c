#include "tests/support/engine.h"

#include "core/base/check.h"
#include "core/jit/jit.h"

#include <stdio.h>

struct jit *engine_create(struct cpu *cpu, const struct guest_ops *guest,
                          const struct host_ops *host, bool counted, bool tiers, struct log *log)
{
    const struct jit_config config = {.engine = host ? JIT_ENGINE_JIT : JIT_ENGINE_INTERP,
                                      .guest = guest,
                                      .host = host,
                                      .counted = counted,
                                      .second_tier = tiers,
                                      .repeatable = counted,
                                      .log = log};
    char message[200];
    struct jit *jit = jit_create(&config, message, sizeof message);
    if (!jit) {
        fprintf(stderr, "%s\n", message);
    }
    CHECK(jit);
    jit_attach(jit, cpu);
    return jit;
}
