/* One comparison: a few instructions, the state before them, the state after them. */
#ifndef TESTS_ORACLE_CASE_H
#define TESTS_ORACLE_CASE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CASE_INSNS = 64,                  /* at most, of the tested sequence */
    CASE_CODE = CASE_INSNS * 4 + 160, /* bytes with the padding behind it, all of it SVC #0 */
    CASE_ARENA = 8192,                /* bytes of memory that the instructions reach */
    CASE_LIMIT = 400,                 /* instructions after which a case is given up */
};
#define CASE_CODE_BASE  UINT32_C(0x2a350000) /* not what random numbers come to */
#define CASE_CODE_SIZE  UINT32_C(0x01000000)
#define CASE_ARENA_BASE UINT32_C(0x5b7c8000)

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
    uint32_t fault_address; /* ours, of a data abort */
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
