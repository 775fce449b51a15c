/* The decode tables of the MIPS front end: unambiguous, and nothing claimed that is not in the
 * manual's tables of encodings. */
#include "targets/mips/cpu.h"
#include "targets/mips/translate.h"
#include "tests/support/decode_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    FEATURES_24KF = MIPS_FEATURE_R2 | MIPS_FEATURE_FPU | MIPS_FEATURE_F64 | MIPS_FEATURE_MIPS16
};

static void test_index(void **state)
{
    const struct mips_decoders *d = *state;
    decode_check_table(d->mips32, 32);
    decode_check_table(d->mips16, 16);
    decode_check_table(d->mips16_extended, 32);
}

/* Which values of the opcode, and of the second fields below it, have rows (MD00086, tables of
 * "Instruction bit encodings"): bit n stands for value n. */
static uint64_t known(const struct decode_table *table, uint32_t base, unsigned shift,
                      unsigned bits)
{
    uint64_t map = 0;
    for (uint32_t n = 0; n < 1u << bits; n++) {
        if (decode_find(table, base | n << shift, FEATURES_24KF)) {
            map |= UINT64_C(1) << n;
        }
    }
    return map;
}

static uint64_t without(uint64_t map, const char *values)
{
    for (char *end; *values; values = end) {
        map &= ~(UINT64_C(1) << strtoul(values, &end, 8));
        end += *end == ' ';
    }
    return map;
}

static void test_encodings(void **state)
{
    const struct decode_table *table = ((struct mips_decoders *)*state)->mips32;
    /* In octal, as the manual's tables have rows and columns. */
    assert_int_equal(known(table, 0, 0, 6),
                     without(UINT64_MAX, "5 16 24 25 26 27 34 35 36 37 50 51 54 55 56 57 65 67 "
                                         "70 71 72 73 74 75 76 77"));
    assert_int_equal(known(table, 0x04000000, 16, 5),
                     without(UINT32_MAX, "4 5 6 7 15 17 24 25 26 27 30 31 32 33 34 35 36"));
    assert_int_equal(known(table, 0x70000000, 0, 6),
                     UINT64_C(1) << 0 | UINT64_C(1) << 1 | UINT64_C(1) << 2 | UINT64_C(1) << 4 |
                         UINT64_C(1) << 5 | UINT64_C(1) << 32 | UINT64_C(1) << 33);
    assert_int_equal(known(table, 0x7c000000, 0, 6),
                     UINT64_C(1) << 0 | UINT64_C(1) << 4 | UINT64_C(1) << 59);
    assert_int_equal(known(table, 0x7c000020, 6, 5),
                     UINT64_C(1) << 2 | UINT64_C(1) << 16 | UINT64_C(1) << 24);
}

/* MD00076's tables, the same way: opcodes, RR and I8. */
static void test_encodings_mips16(void **state)
{
    const struct mips_decoders *d = *state;
    assert_int_equal(known(d->mips16, 0, 11, 5), without(UINT32_MAX, "3 7 17 27 34 36 37"));
    assert_int_equal(known(d->mips16, 0xe800, 0, 5),
                     without(UINT32_MAX, "1 10 11 23 24 25 26 27 34 35 36 37"));
    assert_int_equal(known(d->mips16, 0x6000, 8, 3), without(0xff, "6"));
    assert_int_equal(known(d->mips16_extended, 0xf0000000, 11, 5),
                     without(UINT32_MAX, "3 7 17 27 34 35 36 37"));
}

static void test_features(void **state)
{
    const struct decode_table *table = ((struct mips_decoders *)*state)->mips32;
    static const struct {
        uint32_t word, features;
    } words[] = {
        {0x7c623900, MIPS_FEATURE_R2},     /* EXT */
        {0x00231142, MIPS_FEATURE_R2},     /* ROTR */
        {0x7c03e83b, MIPS_FEATURE_R2},     /* RDHWR */
        {0x74000000, MIPS_FEATURE_MIPS16}, /* JALX */
    };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_non_null(decode_find(table, words[i].word, words[i].features));
        assert_null(decode_find(table, words[i].word, FEATURES_24KF & ~words[i].features));
    }
}

static int create(void **state)
{
    *state = mips_decoders_create();
    return *state == NULL;
}

static int destroy(void **state)
{
    mips_decoders_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_encodings_mips16),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
