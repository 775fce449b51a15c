/* The two sides of a comparison. */
#ifndef TESTS_ORACLE_MIPS_ENGINES_H
#define TESTS_ORACLE_MIPS_ENGINES_H

#include "tests/oracle/mips/case.h"

struct host_ops;
struct mips_cpu;

/* ibird's CPU model "24Kf", "34Kf" for the DSP ASE, in kernel mode, on a flat memory; host is NULL
 * for the interpreter. `quick`: the first tier's code, not the second's. */
struct ibird *ibird_create(const struct host_ops *host, bool quick, bool big, bool dsp);
void ibird_destroy(struct ibird *ibird);
/* Empties the code memory, for a fresh Unicorn. */
void ibird_clear(struct ibird *ibird);
void ibird_run(struct ibird *ibird, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena);
/* Whose decode tables and features to generate from. */
const struct mips_cpu *ibird_cpu(const struct ibird *ibird);

struct unicorn *unicorn_create(bool big, bool dsp);
void unicorn_destroy(struct unicorn *unicorn);
/* Writes the code to its memory; always before unicorn_run(). */
void unicorn_load(struct unicorn *unicorn, const struct test_case *test);
void unicorn_run(struct unicorn *unicorn, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena);

#endif
