/* For tests without engine and bus: cpu_load() and its kin on one piece of memory, and exceptions
 * that come back to the test. A test that links this cannot use core's own (core/cpu, core/jit). */
#ifndef TESTS_SUPPORT_FAKE_MEMORY_H
#define TESTS_SUPPORT_FAKE_MEMORY_H

#include "tests/support/fake_guest.h"

struct fake_machine {
    struct fake_cpu cpu;
    uint8_t ram[FAKE_RAM_SIZE];
    uint32_t exec[0x100]; /* cpu.exec: guards of low pages */
    /* What jit_sync() calls when the interpreter is not running; may be NULL. */
    uint32_t (*sync)(struct fake_machine *machine);
};

/* A counted CPU with this budget, random slots, random RAM. */
void fake_machine_init(struct fake_machine *machine, int64_t budget, uint64_t *random);

/* ir_interpret() with exceptions caught: returns enum jit_exit. */
unsigned fake_machine_interpret(struct fake_machine *machine, const struct ir_region *r,
                                uint32_t block);

#endif
