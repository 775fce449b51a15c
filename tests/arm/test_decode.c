/* The decode tables of the ARM front end: complete, unambiguous, and the index right. */
#include "targets/arm/cpu.h"
#include "targets/arm/translate.h"
#include "tests/support/decode_check.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_index(void **state)
{
    const struct arm_decoders *d = ((struct arm_cpu *)*state)->decoders;
    decode_check_table(d->a32, 32);
    decode_check_table(d->a32_uncond, 32);
    decode_check_table(d->t16, 16);
    decode_check_table(d->t32, 32);
}

/* ---- all words ------------------------------------------------------------------------------- */

/* Rows either leave the condition open or fix it to 1110, so one condition other than 1110 stands
 * for all: what a table does not know is then known for 2^32 words from 3 * 2^28. */
static void test_conditions(void **state)
{
    const struct arm_decoders *d = ((struct arm_cpu *)*state)->decoders;
    uint32_t mask, value;
    for (unsigned n = 0; decode_table_row(d->a32, n, &mask, &value); n++) {
        assert_true(mask >> 28 == 0 || (mask >> 28 == 15 && value >> 28 == 14));
    }
    for (unsigned n = 0; decode_table_row(d->a32_uncond, n, &mask, &value); n++) {
        assert_true(mask >> 28 == 15 && value >> 28 == 15);
    }
}

/* A range of words and how many of them the table does not know. */
struct range {
    const struct decode_table *table;
    uint32_t features, first, last;
    uint64_t unknown;
};

static void *count_unknown(void *opaque)
{
    struct range *range = opaque;
    for (uint64_t word = range->first; word <= range->last; word++) {
        range->unknown += decode_find(range->table, (uint32_t)word, range->features) == NULL;
    }
    return NULL;
}

static uint64_t count_range(const struct arm_cpu *cpu, const struct decode_table *table,
                            uint32_t first, uint32_t last)
{
    uint32_t middle = first + (last - first) / 2;
    struct range ranges[2] = {{table, cpu->features, first, middle, 0},
                              {table, cpu->features, middle + 1, last, 0}};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_unknown, &ranges[0]), 0);
    count_unknown(&ranges[1]);
    pthread_join(thread, NULL);
    return ranges[0].unknown + ranges[1].unknown;
}

/* The numbers are Cortex-A15's. They change only with the tables, and then are to be looked at. */
static void test_all_words(void **state)
{
    const struct arm_cpu *cpu = *state;
    const struct arm_decoders *d = cpu->decoders;
    const struct {
        const char *name;
        const struct decode_table *table;
        uint32_t first, last;
        uint64_t unknown;
    } spaces[] = {
        {"a32, always", d->a32, 0xe0000000, 0xefffffff, 35767472},
        {"a32, another condition", d->a32, 0x30000000, 0x3fffffff, 35833008},
        {"a32, unconditional", d->a32_uncond, 0xf0000000, 0xffffffff, 196830797},
        {"t16", d->t16, 0x0000, 0xe7ff, 1038},
        {"t32", d->t32, 0xe8000000, 0xffffffff, 252985152},
    };
    for (unsigned i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        uint64_t unknown = count_range(cpu, spaces[i].table, spaces[i].first, spaces[i].last);
        if (unknown != spaces[i].unknown) {
            fail_msg("%s: %llu words are unknown, %llu expected", spaces[i].name,
                     (unsigned long long)unknown, (unsigned long long)spaces[i].unknown);
        }
    }
}

static int create(void **state)
{
    *state = arm_cpu_create("cortex-a15");
    return *state == NULL;
}

static int destroy(void **state)
{
    arm_cpu_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_all_words),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
