/* What the generator has to know about instructions beyond their patterns. */
#ifndef TESTS_ORACLE_RULES_H
#define TESTS_ORACLE_RULES_H

#include "core/decode/decode.h"
#include "tests/oracle/case.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows that cannot be compared in User mode: system calls, waits, registers of the system. */
bool rules_skip(const struct decode_row *row);
/* Keeps branches short and forward. */
uint32_t rules_tame(const struct decode_row *row, uint32_t word);
/* What DDI 0406C calls UNPREDICTABLE. */
bool rules_unpredictable(const struct decode_insn *insn, bool thumb, unsigned length);
/* Where Unicorn is known to differ from the manual: why, or NULL. `previous`: the instruction in
 * front of it, NULL if none. */
const char *rules_known(const struct decode_insn *insn, const struct decode_insn *previous,
                        const struct cpu_state *before);
bool rules_allowed_in_it(const struct decode_row *row);
/* Only as the last instruction of a sequence. */
bool rules_only_last(const struct decode_row *row);
/* By other means than branches. */
bool rules_writes_pc(const struct decode_insn *insn);
/* Core registers that the instruction writes, as a mask. */
uint32_t rules_written(const struct decode_insn *insn);
/* Rn is an address; Rm is added to it. */
bool rules_uses_memory(const struct decode_row *row);
bool rules_has_index(const struct decode_row *row);

#endif
