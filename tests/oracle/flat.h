/* What our sides share: the translator with the IR interpreter or the host backend, on a flat
 * memory map without an MMU. */
#ifndef TESTS_ORACLE_FLAT_H
#define TESTS_ORACLE_FLAT_H

#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/cpu/cpu.h"
#include "core/jit/jit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flat {
    struct guest_ops ops;
    struct log log;
    struct bus *bus;
    struct jit *jit;
    uint8_t *code, *arena;
};

/* For a CPU of that guest, whose walk() ends in flat_map(); every exception ends the case. host is
 * NULL for the interpreter. `quick`: the first tier's code, not the second's. */
void flat_create(struct flat *flat, const struct guest_ops *guest, struct cpu *cpu,
                 const struct host_ops *host, bool quick);
void flat_destroy(struct flat *flat);
/* False if the access is not allowed. */
bool flat_map(uint64_t address, enum cpu_access access, struct cpu_mapping *mapping);
/* Empties the code memory. */
void flat_clear(struct flat *flat);
/* Runs a case on a CPU with the state before it; `arena` gets what `before` became. */
void flat_run(struct flat *flat, struct cpu *cpu, uint32_t address, const uint8_t *code,
              size_t size, const uint8_t *before, uint8_t *arena);

#endif
