/* A decode table's index against a linear search. */
#ifndef TESTS_SUPPORT_DECODE_CHECK_H
#define TESTS_SUPPORT_DECODE_CHECK_H

#include "core/decode/decode.h"
#include "tests/support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline const struct decode_row *decode_find_linear(const struct decode_table *table,
                                                          uint32_t word, uint32_t features)
{
    const struct decode_row *row, *found = NULL;
    uint32_t mask, value;
    int most = -1;
    for (unsigned n = 0; (row = decode_table_row(table, n, &mask, &value)); n++) {
        int fixed = __builtin_popcount(mask);
        if ((word & mask) == value && !(row->features & ~features) && fixed > most) {
            most = fixed;
            found = row;
        }
    }
    return found;
}

/* `width`: of an instruction, in bits. */
static inline void decode_check_table(const struct decode_table *table, unsigned width)
{
    uint64_t seed = 1;
    uint32_t mask, value, all = width == 16 ? 0xffff : UINT32_MAX;
    for (unsigned n = 0; decode_table_row(table, n, &mask, &value); n++) {
        for (unsigned i = 0; i < 200; i++) {
            uint64_t random = random_next(&seed);
            /* A word of the row, and one that is nearly so. */
            uint32_t word = (value | ((uint32_t)random & ~mask)) & all;
            uint32_t near = word ^ UINT32_C(1) << (random >> 59) % width;
            uint32_t features = (uint32_t)(random >> 32);
            assert_ptr_equal(decode_find(table, word, features),
                             decode_find_linear(table, word, features));
            assert_ptr_equal(decode_find(table, near, features),
                             decode_find_linear(table, near, features));
        }
    }
}

#endif
