/* The two sides of a comparison. */
#ifndef TESTS_ORACLE_ENGINES_H
#define TESTS_ORACLE_ENGINES_H

#include "tests/oracle/case.h"

struct arm_decoders;
struct host_ops;

/* ibird's CPU model "cortex-a15" in User mode, on a flat memory; host is NULL for the
 * interpreter. */
/* `quick`: the first tier's code, not the second's. */
struct ibird *ibird_create(const struct host_ops *host, bool quick);
void ibird_destroy(struct ibird *ibird);
/* Empties the code memory, for a fresh Unicorn. */
void ibird_clear(struct ibird *ibird);
void ibird_run(struct ibird *ibird, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena);
/* The decode tables to generate from, and the CPU's features. */
struct arm_decoders *ibird_decoders(struct ibird *ibird);
uint32_t ibird_features(const struct ibird *ibird);

struct unicorn *unicorn_create(void);
void unicorn_destroy(struct unicorn *unicorn);
/* Writes the code to its memory; always before unicorn_run(). */
void unicorn_load(struct unicorn *unicorn, const struct test_case *test);
void unicorn_run(struct unicorn *unicorn, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena);

#endif
