/* Makes cases from the rows of the decode tables: each row equally likely, fields at random,
 * operands biased to the numbers where things go wrong. */
#ifndef TESTS_ORACLE_MIPS_GENERATE_H
#define TESTS_ORACLE_MIPS_GENERATE_H

#include "tests/oracle/mips/case.h"

#include <stdbool.h>
#include <stdint.h>

struct mips_cpu;

/* UNKNOWN: single words that are in no table. */
enum { GENERATE_UNKNOWN = 0, GENERATE_INT = 1, GENERATE_FPU = 2, GENERATE_DSP = 4 };

struct generator;

/* groups: GENERATE_ bits. row_filter: only rows whose name contains it; NULL: all. */
struct generator *generator_create(const struct mips_cpu *cpu, bool mips16, unsigned groups,
                                   const char *row_filter);
void generator_destroy(struct generator *generator);
unsigned generator_row_count(const struct generator *generator);

/* Fills everything but the address and the code. */
void generator_make(struct generator *generator, struct test_case *test, uint64_t seed,
                    unsigned count);
/* Name of the row of instruction n, "?" if there is none. */
const char *generator_name(const struct generator *generator, const struct test_case *test,
                           unsigned n);
/* Why Unicorn may differ from the manual in this case; NULL if no reason is known. */
const char *generator_known(const struct generator *generator, const struct test_case *test,
                            const struct cpu_state *ours, const struct cpu_state *theirs);

#endif
