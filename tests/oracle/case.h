/* One comparison: a few instructions, the state before them, the state after them. */
#ifndef TESTS_ORACLE_CASE_H
#define TESTS_ORACLE_CASE_H

#include "tests/oracle/layout.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CASE_CODE = CASE_INSNS * 4 + 160, /* bytes with the padding behind it, all of it SVC #0 */
};
/* The first word of the code memory, which loads can see: a CLREX for Unicorn's use. */
#define CASE_FIRST_WORD UINT32_C(0xf57ff01f)

/* How a case ends. */
enum outcome {
    OUTCOME_SVC, /* reached the padding */
    OUTCOME_UNDEFINED,
    OUTCOME_FETCH_ABORT,
    OUTCOME_DATA_ABORT,
    OUTCOME_ALIGNMENT, /* data abort that Unicorn does not know of */
    OUTCOME_BKPT,
    OUTCOME_LIMIT,
    OUTCOME_OTHER,
};

struct cpu_state {
    uint32_t r[15], pc; /* pc without Thumb bit; the instruction that made the exception */
    uint32_t cpsr;      /* N Z C V Q GE T */
    uint32_t fpscr;
    uint64_t d[32];
    enum outcome outcome;
    bool astray;            /* theirs: has left the case, see unicorn.c */
    uint32_t fault_address; /* of an abort; 0 if there was none */
};

struct test_case {
    bool thumb;
    unsigned cond;  /* that A32 instructions prefer, or its opposite */
    bool sequence;  /* of more than one instruction */
    unsigned count; /* instructions */
    uint32_t words[CASE_INSNS];
    uint8_t lengths[CASE_INSNS];
    uint8_t code[CASE_CODE];
    unsigned code_size; /* of the instructions, without padding */
    uint32_t address;   /* where it runs */
    struct cpu_state before;
    uint8_t arena[CASE_ARENA];
};

#endif
