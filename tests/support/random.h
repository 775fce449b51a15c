/* Random numbers for tests: reproducible from the seed that a failing test prints. */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* xorshift64*; the state must not be 0. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. n - 1 */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (random_next(state) >> 32) * n >> 32;
}

static inline bool random_percent(uint64_t *state, uint32_t percent)
{
    return random_below(state, 100) < percent;
}

/* A number as programs have them: small, an extreme, a mask, or anything. */
uint64_t random_number(uint64_t *state);

/* Bits of a double or float (in the low half): ordinary, zero, denormal, infinite, NaN. */
uint64_t random_f64(uint64_t *state);
uint32_t random_f32(uint64_t *state);

#endif
