/* Small bit helpers shared by decoders, devices and the IR. */
#ifndef CORE_BASE_BITS_H
#define CORE_BASE_BITS_H

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

/* The low `len` bits of `v` as a signed number; 1 <= len <= 64. */
static inline int64_t bits_sext(uint64_t v, unsigned len)
{
    return (int64_t)(v << (64 - len)) >> (64 - len);
}

#endif
