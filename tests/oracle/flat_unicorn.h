/* What their sides share: Unicorn (QEMU's translator) on the same flat memory map as flat.h. */
#ifndef TESTS_ORACLE_FLAT_UNICORN_H
#define TESTS_ORACLE_FLAT_UNICORN_H

#include "tests/oracle/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

struct flat_unicorn {
    uc_engine *uc;
    uint8_t *code, *arena;

    /* The guest's: takes the registers; tells whether an address in the code memory that has been
     * jumped to is not one to execute at; NULL: not asked. */
    void (*take_state)(struct flat_unicorn *flat);
    bool (*is_astray)(struct flat_unicorn *flat, uint32_t address);

    /* How the last case ended. */
    int interrupt;          /* QEMU's number of the exception that stopped it; -1 none */
    bool faulted;           /* the state has been taken, the arena's in fault_arena */
    bool fetch;             /* the fault is of a fetch */
    uint32_t fault_address; /* of the last fault; 0 if there was none */
    uint8_t fault_arena[CASE_ARENA];
    bool astray; /* it came to such an address, of a block */
    uint32_t strayed_to, strayed_size;
};

/* An address that no case comes to: they end by exceptions. */
#define FLAT_UNICORN_NOWHERE UINT32_C(0x0bad0c0c)

void flat_unicorn_check(uc_err err, const char *what);
/* `model` is one of Unicorn's. */
void flat_unicorn_open(struct flat_unicorn *flat, uc_arch arch, uc_mode mode, int model);
void flat_unicorn_close(struct flat_unicorn *flat);
/* Executes until an address or an exception, whatever comes first. */
uc_err flat_unicorn_execute(struct flat_unicorn *flat, uint32_t start, uint32_t until);
/* The same for a case, with its arena before and after it; its state has been taken. */
uc_err flat_unicorn_run(struct flat_unicorn *flat, uint32_t start, const uint8_t *before,
                        uint8_t *arena);

#endif
