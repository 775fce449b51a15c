/* What the generator has to know about instructions beyond their patterns. */
#ifndef TESTS_ORACLE_MIPS_RULES_H
#define TESTS_ORACLE_MIPS_RULES_H

#include "core/decode/decode.h"
#include "tests/oracle/mips/case.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows that cannot be compared: coprocessor 0, waits, hints that stop Unicorn. */
bool rules_skip(const struct decode_row *row);
/* J, JAL, JALX: the word holds a distance for case_encode(). */
bool rules_is_jump(bool mips16, uint32_t word);
/* JR, JALR. */
bool rules_is_register_jump(const struct decode_insn *insn);
/* Branches and jumps become short and lead forward, offsets of memory small. */
uint32_t rules_tame(const struct decode_row *row, bool mips16, uint32_t word, uint64_t *seed);
/* What MD00086 calls UNPREDICTABLE. */
bool rules_unpredictable(const struct decode_insn *insn);
/* Where Unicorn is known to differ from the manual: why, or NULL. `insn` is the one at which ours
 * ended, NULL if there is none. */
const char *rules_known(const struct decode_insn *insn, const struct test_case *test,
                        const struct cpu_state *ours, const struct cpu_state *theirs);
/* The register that the instruction writes, 0 if none. */
unsigned rules_written(const struct decode_insn *insn);
/* The register rules_base() is an address. */
bool rules_uses_memory(const struct decode_row *row);
unsigned rules_base(const struct decode_insn *insn);
/* May not be in a delay slot. */
bool rules_not_in_slot(const struct decode_row *row);
/* Unicorn ends the whole process where it meets that. */
bool rules_fatal_in_slot(const struct decode_row *row);
/* Ends a sequence in most cases. */
bool rules_ends(const struct decode_row *row);

#endif
