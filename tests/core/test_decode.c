/* The matcher: patterns, settings, priorities, ambiguity, features, and the index against a linear
 * search. */
#include "core/decode/decode.h"

#include "core/base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void nop(void *translation, const struct decode_insn *insn)
{
    (void)translation;
    (void)insn;
}

#define ROW(name, pattern, features)                                                               \
    {                                                                                              \
        name, pattern, features, nop, 0, 0                                                         \
    }

static struct decode_table *create(const struct decode_row *rows, unsigned count, unsigned width)
{
    char message[200] = "";
    struct decode_table *table = decode_table_create(rows, count, width, message, sizeof message);
    if (!table) {
        fail_msg("%s", message);
    }
    return table;
}

static void test_fields(void **state)
{
    (void)state;
    static const struct decode_row rows[] = {
        ROW("split", "iiii 0000 -nnn 1iij", 0),
        ROW("set", "iiii 0001 -nnn ddda; n=d s=2 i<<2 d+8 a=0x1f", 0),
    };
    struct decode_table *table = create(rows, ARRAY_SIZE(rows), 16);
    struct decode_insn insn;
    assert_true(decode_insn(table, 0xa0db, 0, &insn));
    assert_string_equal(insn.row->name, "split");
    assert_int_equal(DECODE_FIELD(&insn, 'i'), 0xa << 2 | 1);
    assert_int_equal(DECODE_FIELD(&insn, 'j'), 1);
    assert_int_equal(DECODE_FIELD(&insn, 'n'), 5);
    assert_int_equal(DECODE_FIELD(&insn, 'd'), 0);
    assert_true(decode_insn(table, 0x310c, 0, &insn));
    assert_int_equal(DECODE_FIELD(&insn, 'n'), 6);
    assert_int_equal(DECODE_FIELD(&insn, 'd'), 14);
    assert_int_equal(DECODE_FIELD(&insn, 's'), 2);
    assert_int_equal(DECODE_FIELD(&insn, 'i'), 12);
    assert_int_equal(DECODE_FIELD(&insn, 'a'), 0x1f);
    assert_false(decode_insn(table, 0x3200, 0, &insn));
    decode_table_destroy(table);
}

static void test_priority_and_features(void **state)
{
    (void)state;
    static const struct decode_row rows[] = {
        ROW("general", "0000 nnnn dddd mmmm", 0),
        ROW("special", "0000 nnnn 1111 mmmm", 1),
        ROW("most", "0000 1111 1111 0000", 2),
    };
    struct decode_table *table = create(rows, ARRAY_SIZE(rows), 16);
    assert_string_equal(decode_find(table, 0x0ff0, 3)->name, "most");
    assert_string_equal(decode_find(table, 0x0ff0, 1)->name, "special");
    assert_string_equal(decode_find(table, 0x0ff0, 0)->name, "general");
    assert_string_equal(decode_find(table, 0x0af0, 3)->name, "special");
    assert_string_equal(decode_find(table, 0x0ae0, 3)->name, "general");
    assert_null(decode_find(table, 0x1ae0, 3));
    decode_table_destroy(table);
}

static void expect_error(const struct decode_row *rows, unsigned count, const char *part)
{
    char message[200] = "";
    assert_null(decode_table_create(rows, count, 16, message, sizeof message));
    assert_non_null(strstr(message, part));
}

static void test_errors(void **state)
{
    (void)state;
    static const struct decode_row crossing[] = {
        ROW("one", "00-- ---- ---- ----", 0),
        ROW("two", "-01- ---- ---- ----", 0),
    };
    static const struct decode_row equal[] = {
        ROW("one", "00nn ---- ---- ----", 0),
        ROW("two", "00mm ---- ---- ----", 4),
    };
    static const struct decode_row bad[] = {
        ROW("short", "00nn ---- ---- ---", 0),
        ROW("long", "00nn ---- ---- ---- -", 0),
        ROW("char", "00nn ---- ---- ---?", 0),
        ROW("setting", "00nn ---- ---- ----; n=", 0),
        ROW("setting2", "00nn ---- ---- ----; n<2", 0),
    };
    expect_error(crossing, 2, "ambiguous");
    expect_error(equal, 2, "ambiguous");
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        expect_error(&bad[i], 1, bad[i].name);
    }
}

/* Random nested tables: the index must find what a linear search finds. */
static void test_random_tables(void **state)
{
    (void)state;
    enum { ROWS = 120 };
    static char patterns[ROWS][24];
    srand(1);
    for (unsigned round = 0; round < 20; round++) {
        struct decode_row rows[ROWS];
        unsigned count = 0;
        for (unsigned tries = 0; tries < ROWS; tries++) {
            for (unsigned bit = 0; bit < 16; bit++) {
                patterns[count][bit] = "01nm-"[rand() % (bit < 6 ? 5 : 8) % 5];
            }
            patterns[count][16] = 0;
            rows[count] = (struct decode_row)ROW("row", patterns[count], (uint32_t)rand() & 3);
            char message[200];
            struct decode_table *table =
                decode_table_create(rows, count + 1, 16, message, sizeof message);
            count += table != NULL; /* an ambiguous candidate is left out */
            decode_table_destroy(table);
        }
        struct decode_table *table = create(rows, count, 16);
        for (uint32_t word = 0; word < 0x10000; word += 1 + (rand() & 7)) {
            uint32_t features = (uint32_t)rand() & 3;
            const struct decode_row *expected = NULL, *row;
            int best = -1;
            uint32_t mask, value;
            for (unsigned n = 0; (row = decode_table_row(table, n, &mask, &value)); n++) {
                int fixed = __builtin_popcount(mask);
                if ((word & mask) == value && !(row->features & ~features) && fixed > best) {
                    best = fixed;
                    expected = row;
                }
            }
            assert_ptr_equal(decode_find(table, word, features), expected);
        }
        decode_table_destroy(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_priority_and_features),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_random_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
