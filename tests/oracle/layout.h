/* Where the cases of every guest run, and how long. */
#ifndef TESTS_ORACLE_LAYOUT_H
#define TESTS_ORACLE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CASE_INSNS = 64,   /* at most, of the tested sequence */
    CASE_ARENA = 8192, /* bytes of memory that the instructions reach */
    CASE_LIMIT = 400,  /* instructions after which a case is given up */
};
#define CASE_CODE_BASE  UINT32_C(0x2a350000) /* not what random numbers come to */
#define CASE_CODE_SIZE  UINT32_C(0x01000000)
#define CASE_ARENA_BASE UINT32_C(0x5b7c8000)

/* Whether an access that faults at an address may be one across the end of the arena, which has
 * done a part of its work, and each engine another one. */
bool layout_is_edge(uint32_t address);
/* Whether a pc is in what other cases than the one at an address left: a random jump led there. */
bool layout_is_left_over(uint32_t pc, uint32_t address, uint32_t size);

#endif
