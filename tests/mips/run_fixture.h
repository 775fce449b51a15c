/* For tests that run a few instructions, by the interpreter and by host code. */
#ifndef TESTS_MIPS_RUN_FIXTURE_H
#define TESTS_MIPS_RUN_FIXTURE_H

#include "host/x86_64/host.h"
#include "tests/mips/system_fixture.h"

enum {
    CODE = 0x1000,
    DATA = 0x2000,
    KSEG0 = INT32_MIN,
    VECTOR = 0x180,
    LOOP = 0x1000ffff, /* b . */
};

/* cmocka's setups, and its teardown. */
#define RUN_SETUP(name, model, big, host)                                                          \
    static __attribute__((unused)) int name(void **state)                                          \
    {                                                                                              \
        *state = fixture_create_on(model, big, host);                                              \
        return 0;                                                                                  \
    }
#define RUN_SETUPS(model)                                                                          \
    RUN_SETUP(interpreted, model, false, NULL)                                                     \
    RUN_SETUP(translated, model, false, &x64_host_ops)                                             \
    RUN_SETUP(interpreted_big, model, true, NULL)                                                  \
    RUN_SETUP(translated_big, model, true, &x64_host_ops)

static int destroy(void **state)
{
    fixture_destroy(*state);
    return 0;
}

static inline void put(struct fixture *f, uint32_t physical, uint32_t word)
{
    poke32(f, physical, f->cpu->big ? __builtin_bswap32(word) : word);
}

static inline void set_status(struct fixture *f, uint32_t bits)
{
    mtc0(f->cpu, STATUS, bits);
}

/* Puts a few instructions and "b ." somewhere and executes so many of them; returns the exception
 * that was taken, or -1. */
static inline int run_some(struct fixture *f, const uint32_t *words, unsigned count,
                           unsigned executed)
{
    struct mips_cpu *cpu = f->cpu;
    put(f, VECTOR, LOOP);
    put(f, VECTOR + 4, 0);
    for (unsigned i = 0; i < count; i++) {
        put(f, CODE + 4 * i, words[i]);
    }
    put(f, CODE + 4 * count, LOOP);
    put(f, CODE + 4 * count + 4, 0);
    jit_written(f->jit, f->ram, DATA);
    cpu->pc = (uint32_t)KSEG0 + CODE;
    cpu->cpu.counted = true;
    cpu->cpu.budget = executed;
    jit_run(&cpu->cpu);
    if (cpu->cp0.status & MIPS_STATUS_EXL) {
        cpu->cp0.status &= ~(uint32_t)MIPS_STATUS_EXL;
        mips_space_update(cpu);
        return cpu->cp0.cause >> MIPS_CAUSE_EXC_SHIFT & 31;
    }
    return -1;
}

static inline int run(struct fixture *f, const uint32_t *words, unsigned count)
{
    return run_some(f, words, count, count);
}

static inline int run_one(struct fixture *f, uint32_t word)
{
    return run(f, &word, 1);
}

#define ON(name, setup)                                                                            \
    {                                                                                              \
#name " " #setup, name, setup, destroy, NULL                                               \
    }
#define BOTH(name) ON(name, interpreted), ON(name, translated)
#define ALL(name)  BOTH(name), ON(name, interpreted_big), ON(name, translated_big)

#endif
