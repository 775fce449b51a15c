/* One comparison: a few instructions, the state before them, the state after them. */
#ifndef TESTS_ORACLE_MIPS_CASE_H
#define TESTS_ORACLE_MIPS_CASE_H

#include "tests/oracle/layout.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CASE_PADDING = 44,
    CASE_WORDS = CASE_INSNS + CASE_PADDING, /* behind the sequence a NOP and exceptions */
    CASE_CODE = CASE_WORDS * 4,
};

/* How a case ends. */
enum outcome {
    OUTCOME_SYSCALL, /* reached the padding */
    OUTCOME_BREAK,
    OUTCOME_TRAP,
    OUTCOME_OVERFLOW,
    OUTCOME_FLOAT,
    OUTCOME_RESERVED,
    OUTCOME_UNUSABLE,
    OUTCOME_FETCH_FAULT,
    OUTCOME_DATA_FAULT,
    OUTCOME_LOAD_ALIGNMENT,
    OUTCOME_STORE_ALIGNMENT,
    OUTCOME_LIMIT,
    OUTCOME_OTHER,
};

struct cpu_state {
    uint32_t r[32], hi, lo;
    uint64_t f[32]; /* FR = 0: a pair in the even one, odd ones 0 */
    uint32_t fcsr;
    uint32_t acc_hi[4], acc_lo[4], dsp_control; /* of the DSP ASE; [0] as hi and lo */
    uint32_t pc;                                /* of the instruction that made the exception */
    enum outcome outcome;
    uint32_t fault_address; /* of a fault; 0 if there was none */
};

struct test_case {
    bool big;
    bool mips16;                /* an instruction before the case goes to the MIPS16e mode */
    bool sequence;              /* of more than one instruction */
    bool floating, fr;          /* floating-point registers matter; Status.FR */
    bool dsp;                   /* a 34Kf: the DSP ASE's registers matter */
    unsigned count;             /* instructions */
    uint32_t words[CASE_INSNS]; /* jumps: the distance in place of the index; MIPS16e: above
                                   0xffff are the ones of 32 bits */
    unsigned jump_reg;          /* holds an address in the case; 0: none */
    unsigned jump_distance;     /* in words, from the beginning */
    unsigned start;             /* of the instructions, in bytes from the address */
    uint32_t address;           /* where it runs */
    struct cpu_state before;
    uint8_t arena[CASE_ARENA];
    uint8_t code[CASE_CODE]; /* of the above: case_encode() */
};

/* Fills code and start, and the registers for jumps, for test->address. */
void case_encode(struct test_case *test);
uint32_t case_nop(bool mips16);

#endif
