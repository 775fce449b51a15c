/* A guest CPU that is not one: registers, flags, wide and vector slots, helpers of every effect,
 * for tests of everything that knows IR but no real guest. */
#ifndef TESTS_SUPPORT_FAKE_GUEST_H
#define TESTS_SUPPORT_FAKE_GUEST_H

#include "core/cpu/cpu.h"
#include "core/fp/fp.h"
#include "core/jit/guest.h"

struct fake_cpu {
    struct cpu cpu;

    /* From here on: the architectural state that tests compare. */
    uint32_t r[12];
    uint32_t nf, zf, cf, vf;
    uint32_t pc, tag;
    uint32_t untracked;
    uint32_t lazy; /* what REQUIRE compares; 0 or 1, no slot */
    uint64_t x[4];
    _Alignas(16) union {
        uint64_t v[4][2];
        uint64_t d[8];
        uint32_t s[16];
    };
    struct fp_env env;
    uint32_t helper_calls; /* a hash of what helpers saw */
    uint32_t fault_kind;   /* enum fake_fault */
    uint64_t fault_address;
};

enum fake_fault { FAKE_NO_FAULT, FAKE_HELPER, FAKE_WALK, FAKE_MISALIGNED, FAKE_BUS };

enum {
    FAKE_RAM_BASE = 0x10000, /* physical = virtual */
    FAKE_RAM_SIZE = 0x4000,
    FAKE_CODE = 0x40000, /* virtual page of the code */
};

/* r0 .. r11 (r0 .. r7 pinned), nf zf cf vf (zf pinned), x0 .. x3, v0, v1 (128
 * bits), d4
 * .. d7, s0, s1 (the latter overlap v0). */
extern const struct guest_slot fake_slots[];
extern const unsigned fake_slot_count;

/* walk() allows the RAM and nothing else; nothing in the table decodes or disassembles. */
extern const struct guest_ops fake_guest_ops;

/* One helper for each kind of effect; those with EXITS leave for one value of `a` in eight. */
extern const struct ir_helper *const fake_helpers[];
extern const unsigned fake_helper_count;

/* Random contents of every slot; nothing else. */
void fake_cpu_randomise(struct fake_cpu *cpu, uint64_t *random);

/* True if the architectural states are equal; otherwise says on stderr what differs first. */
bool fake_cpu_equal(const struct fake_cpu *a, const struct fake_cpu *b);

#endif
