/* What the C helpers of Advanced SIMD share: access to lanes of registers in the state, and
 * estimates. */
#ifndef TARGETS_ARM_SIMD_LANES_H
#define TARGETS_ARM_SIMD_LANES_H

#include "targets/arm/simd.h"

#include <string.h>

/* Lane i, of 2^size bytes, of the registers from byte offset `reg` of the state on. */
static inline uint64_t simd_lane(const void *cpu, uint64_t reg, unsigned i, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)cpu + reg + (i << size), 1u << size);
    return value;
}

static inline void simd_lane_set(void *cpu, uint64_t reg, unsigned i, unsigned size, uint64_t value)
{
    memcpy((char *)cpu + reg + (i << size), &value, 1u << size);
}

/* The tables of 9-bit estimates behind VRECPE and VRSQRTE (A2.7.8): the 8 bits after the leading
 * one of 1/a and of 1/sqrt(a). */
unsigned simd_recip_estimate(unsigned q); /* a = (q + 1/2) / 512, q in 256 .. 511 */
unsigned simd_rsqrt_estimate(unsigned q,
                             bool low); /* a = (q + 1/2) / 256, or / 512 if low; q in 128 .. 255 */

#endif
