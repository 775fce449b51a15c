/* Small bit helpers shared by decoders, devices and the IR. */
#ifndef CORE_BASE_BITS_H
#define CORE_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Bits [lsb, lsb + len) of `v`; 1 <= len <= 64. */
static inline uint64_t bits_get(uint64_t v, unsigned lsb, unsigned len)
{
    return (v >> lsb) & (~UINT64_C(0) >> (64 - len));
}

/* `v` with bits [lsb, lsb + len) replaced by the low bits of `field`. */
static inline uint64_t bits_put(uint64_t v, unsigned lsb, unsigned len, uint64_t field)
{
    uint64_t mask = (~UINT64_C(0) >> (64 - len)) << lsb;
    return (v & ~mask) | ((field << lsb) & mask);
}

/* Sets of small numbers: bit n % 64 of word n / 64 says whether n is in it. */
static inline bool bits_has(const uint64_t *set, unsigned n)
{
    return set[n / 64] >> n % 64 & 1;
}

static inline void bits_add(uint64_t *set, unsigned n)
{
    set[n / 64] |= UINT64_C(1) << n % 64;
}

/* The low `len` bits of `v` as a signed number; 1 <= len <= 64. */
static inline int64_t bits_sext(uint64_t v, unsigned len)
{
    return (int64_t)(v << (64 - len)) >> (64 - len);
}

#endif
