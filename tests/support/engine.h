/* A CPU that runs, without a board. */
#ifndef TESTS_SUPPORT_ENGINE_H
#define TESTS_SUPPORT_ENGINE_H

#include <stdbool.h>

struct cpu;
struct guest_ops;
struct host_ops;
struct log;

/* Executes a CPU, on the bus that it has, by the host, or by the interpreter if that is NULL; in
 * two tiers if asked for; counted runs are repeatable. */
struct jit *engine_create(struct cpu *cpu, const struct guest_ops *guest,
                          const struct host_ops *host, bool counted, bool tiers, struct log *log);

/* cmocka's setup and teardown of a system_fixture.h. */
#define SETUP_TEARDOWN(model)                                                                      \
    static int setup(void **state)                                                                 \
    {                                                                                              \
        *state = fixture_create(model);                                                            \
        return 0;                                                                                  \
    }                                                                                              \
    static int teardown(void **state)                                                              \
    {                                                                                              \
        fixture_destroy(*state);                                                                   \
        return 0;                                                                                  \
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
