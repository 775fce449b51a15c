/* For tests that run each case by the interpreter and by host code: cmocka's setups, teardown. */
#ifndef TESTS_ARM_BOTH_FIXTURE_H
#define TESTS_ARM_BOTH_FIXTURE_H

#include "host/x86_64/host.h"
#include "tests/arm/system_fixture.h"

/* The test's own: what all its cases start from, beyond a reset Cortex-A15. */
static void prepare(struct fixture *f);

static int create_on(void **state, const struct host_ops *host, bool tiers)
{
    struct fixture *f = fixture_create_in("cortex-a15", host, tiers);
    prepare(f);
    *state = f;
    return 0;
}

static int interpreted(void **state)
{
    return create_on(state, NULL, false);
}

static int translated(void **state)
{
    return create_on(state, &x64_host_ops, false);
}

/* By code of the first tier, and of the second where it is hot. */
static __attribute__((unused)) int tiered(void **state)
{
    return create_on(state, &x64_host_ops, true);
}

static int destroy(void **state)
{
    fixture_destroy(*state);
    return 0;
}

#endif
