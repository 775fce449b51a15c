#include "tests/support/random.h"

uint64_t random_number(uint64_t *state)
{
    static const uint64_t extremes[] = {
        0,
        1,
        UINT64_MAX,
        INT32_MAX,
        UINT32_C(1) << 31,
        UINT32_MAX,
        INT64_MAX,
        UINT64_C(1) << 63,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        UINT64_C(1) << 32,
    };
    switch (random_below(state, 6)) {
    case 0:
        return random_below(state, 16);
    case 1:
        return extremes[random_below(state, sizeof(extremes) / sizeof(extremes[0]))];
    case 2:
        return UINT64_C(1) << random_below(state, 64);
    case 3:
        return -(uint64_t)random_below(state, 16);
    case 4:
        return random_next(state) >> random_below(state, 64);
    default:
        return random_next(state);
    }
}

uint64_t random_f64(uint64_t *state)
{
    uint64_t bits = random_next(state);
    uint64_t sign = bits & UINT64_C(1) << 63;
    switch (random_below(state, 8)) {
    case 0:
        return sign;
    case 1:
        return sign | UINT64_C(0x7ff) << 52;
    case 2:
        return bits | UINT64_C(0x7ff) << 52;
    case 3:
        return bits & ~(UINT64_C(0x7ff) << 52);
    case 4:
        return bits;
    default: /* exponents near 1.0, few digits */
        return sign | (uint64_t)(1023 - 4 + random_below(state, 9)) << 52 |
               (uint64_t)random_below(state, 16) << 48;
    }
}

uint32_t random_f32(uint64_t *state)
{
    uint32_t bits = (uint32_t)(random_next(state) >> 32);
    uint32_t sign = bits & UINT32_C(1) << 31;
    switch (random_below(state, 8)) {
    case 0:
        return sign;
    case 1:
        return sign | UINT32_C(0xff) << 23;
    case 2:
        return bits | UINT32_C(0xff) << 23;
    case 3:
        return bits & ~(UINT32_C(0xff) << 23);
    case 4:
        return bits;
    default:
        return sign | (uint32_t)(127 - 4 + random_below(state, 9)) << 23 |
               random_below(state, 16) << 19;
    }
}
