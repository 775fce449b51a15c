/* Memory: streams, pointer chasing, strings. */
#include "bench/guest/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_WORDS = 1 << 20,
    STREAM_ROUNDS = 40,
    CHASE_SLOTS = 1 << 19,
    CHASE_STEPS = 10000000,
    STRINGS = 2000,
    STRING_ROUNDS = 30,
};

uint32_t bench_stream(void)
{
    uint32_t *a = malloc(STREAM_WORDS * 4), *b = malloc(STREAM_WORDS * 4);
    for (uint32_t i = 0; i < STREAM_WORDS; i++) {
        a[i] = i;
        b[i] = i * 3;
    }
    for (int round = 0; round < STREAM_ROUNDS; round++) {
        for (uint32_t i = 0; i < STREAM_WORDS; i++) {
            a[i] = b[i] + 5 * a[i];
        }
        memcpy(b, a + STREAM_WORDS / 2, STREAM_WORDS * 2);
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < STREAM_WORDS; i++) {
        sum = sum * 31 + a[i] + b[i];
    }
    free(a);
    free(b);
    return sum;
}

/* One cycle through all slots in random order. */
uint32_t bench_chase(void)
{
    uint32_t *next = malloc(CHASE_SLOTS * 4);
    uint32_t state = 5, at = 0;
    for (uint32_t i = 0; i < CHASE_SLOTS; i++) {
        next[i] = i;
    }
    for (uint32_t i = CHASE_SLOTS - 1; i; i--) {
        uint32_t j = bench_random(&state) % i;
        uint32_t kept = next[i];
        next[i] = next[j];
        next[j] = kept;
    }
    for (uint32_t i = 0; i < CHASE_STEPS; i++) {
        at = next[at];
    }
    free(next);
    return at;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

uint32_t bench_strings(void)
{
    static char text[STRINGS][64], joined[STRINGS * 64];
    static char *sorted[STRINGS];
    uint32_t state = 11, sum = 0;
    for (int round = 0; round < STRING_ROUNDS; round++) {
        char *out = joined;
        for (int i = 0; i < STRINGS; i++) {
            uint32_t x = bench_random(&state);
            snprintf(text[i], sizeof(text[i]), "item-%08x-%u-%s", x, x % 1000,
                     x & 1 ? "odd" : "even");
            sorted[i] = text[i];
        }
        qsort(sorted, STRINGS, sizeof(sorted[0]), compare);
        for (int i = 0; i < STRINGS; i++) {
            out = stpcpy(out, sorted[i]);
            *out++ = ' ';
        }
        *out = 0;
        for (char *word = strstr(joined, "odd"); word; word = strstr(word + 1, "odd")) {
            sum = sum * 31 + (uint32_t)(word - joined);
        }
        sum += (uint32_t)strlen(joined) + (memchr(joined, '~', sizeof(joined)) ? 1 : 0);
    }
    return sum;
}
