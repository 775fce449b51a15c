#include "roms/common/rom.h"

enum {
    INTEGER_ROUNDS = 8000000,
    CALL_ROUNDS = 24,
    COPY_WORDS = 64 << 10,
    COPY_ROUNDS = 64,
    CHASE = 1 << 22
};

static uint32_t integer(void)
{
    uint32_t x = 2463534242u, sum = 0;
    for (uint32_t i = 0; i < INTEGER_ROUNDS; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        sum += x * 5 + (x >> 27);
    }
    return sum;
}

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint32_t calls(void)
{
    return fibonacci(CALL_ROUNDS) * 8;
}

static uint32_t copies(void)
{
    volatile uint32_t *from = (volatile uint32_t *)(uintptr_t)board_free_ram();
    volatile uint32_t *to = from + COPY_WORDS;
    for (uint32_t i = 0; i < COPY_WORDS; i++) {
        from[i] = i * 2654435761u;
    }
    for (uint32_t round = 0; round < COPY_ROUNDS; round++) {
        for (uint32_t i = 0; i < COPY_WORDS; i++) {
            to[i] = from[i];
        }
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < COPY_WORDS; i++) {
        sum = sum * 31 + to[i];
    }
    return sum;
}

static uint32_t chase(void)
{
    volatile uint32_t *ring = (volatile uint32_t *)(uintptr_t)board_free_ram();
    for (uint32_t i = 0; i < 4096; i++) {
        ring[i] = (i * 1637 + 1) & 4095;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < CHASE; i++) {
        at = ring[at];
    }
    return at;
}

/* The results were computed by the same loops on another machine. */
static const struct {
    const char *name;
    uint32_t (*run)(void);
    uint32_t expected;
} programs[] = {
    {"integer", integer, 0xed0d0f43},
    {"calls", calls, 46368 * 8},
    {"copy", copies, 0x8bd88000},
    {"chase", chase, 0},
};

bool bench_run(void)
{
    uint32_t frequency = timer_frequency();
    if (!frequency) {
        return true;
    }
    console_print("Benchmark  ");
    bool good = true;
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        uint64_t start = timer_now();
        uint32_t result = programs[i].run();
        uint32_t ms = (uint32_t)(timer_now() - start) / (frequency / 1000);
        bool right = result == programs[i].expected;
        console_print(" %s %u ms%s", programs[i].name, ms, right ? "" : " (wrong result)");
        if (!right) {
            console_print(" %x", result);
        }
        good &= right;
    }
    console_print("\n");
    return good;
}
