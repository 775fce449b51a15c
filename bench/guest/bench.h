/* Programs to measure with. Each computes something and returns a checksum that does not depend on
 * the machine. */
#ifndef BENCH_GUEST_BENCH_H
#define BENCH_GUEST_BENCH_H

#include <stdint.h>

uint32_t bench_integer(void);
uint32_t bench_integer_a32(void); /* the same, compiled to A32 and not to T32 */
uint32_t bench_calls(void);
uint32_t bench_indirect(void);
uint32_t bench_int64(void);
uint32_t bench_stream(void);
uint32_t bench_chase(void);
uint32_t bench_strings(void);
uint32_t bench_double(void);
uint32_t bench_float(void);
uint32_t bench_simd(void);
uint32_t bench_syscalls(void);
uint32_t bench_forkexec(void);
uint32_t bench_faults(void);
uint32_t bench_pipes(void);

static inline uint32_t bench_random(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

#endif
