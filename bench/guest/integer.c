/* Integer work: a bitwise CRC, a sieve, sorting. Compiled twice, to T32 and A32. */
#include "bench/guest/bench.h"

#include <string.h>

#ifndef INTEGER_NAME
#define INTEGER_NAME bench_integer
#endif

enum { CRC_BYTES = 1 << 20, SIEVE_SIZE = 1 << 20, SIEVE_ROUNDS = 3, SORT_SIZE = 1 << 16 };

static uint32_t crc(void)
{
    uint32_t state = 1, value = ~0u;
    for (int i = 0; i < CRC_BYTES; i++) {
        value ^= bench_random(&state) & 0xff;
        for (int bit = 0; bit < 8; bit++) {
            value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
        }
    }
    return value;
}

static uint32_t sieve(void)
{
    static uint8_t composite[SIEVE_SIZE];
    uint32_t primes = 0;
    for (int round = 0; round < SIEVE_ROUNDS; round++) {
        memset(composite, 0, sizeof(composite));
        for (uint32_t i = 2; i < SIEVE_SIZE; i++) {
            if (!composite[i]) {
                primes++;
                for (uint32_t j = i * 2; j < SIEVE_SIZE; j += i) {
                    composite[j] = 1;
                }
            }
        }
    }
    return primes;
}

static void sift(uint32_t *heap, uint32_t at, uint32_t size)
{
    uint32_t value = heap[at];
    for (uint32_t child; (child = at * 2 + 1) < size; at = child) {
        child += child + 1 < size && heap[child + 1] > heap[child];
        if (heap[child] <= value) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = value;
}

static uint32_t sort(void)
{
    static uint32_t heap[SORT_SIZE];
    uint32_t state = 7, sum = 0;
    for (int i = 0; i < SORT_SIZE; i++) {
        heap[i] = bench_random(&state);
    }
    for (uint32_t i = SORT_SIZE / 2; i--;) {
        sift(heap, i, SORT_SIZE);
    }
    for (uint32_t size = SORT_SIZE; --size;) {
        uint32_t top = heap[0];
        heap[0] = heap[size];
        heap[size] = top;
        sift(heap, 0, size);
    }
    for (int i = 0; i < SORT_SIZE; i++) {
        sum = sum * 31 + heap[i];
    }
    return sum;
}

uint32_t INTEGER_NAME(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++) {
        sum = sum * 31 + crc();
        sum = sum * 31 + sieve();
        sum = sum * 31 + sort();
    }
    return sum;
}
