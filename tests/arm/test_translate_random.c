/* Whatever is in memory becomes IR that follows the rules: the guest's code is untrusted input. */
#include "tests/arm/translate_fixture.h"

#include "targets/arm/translate.h"
#include "tests/support/random.h"

#include <string.h>

enum { PAGES = 8000 };

static uint32_t random_mode(uint64_t *seed)
{
    uint32_t mode = (uint32_t)random_next(seed) & 0x3f;
    if (random_percent(seed, 10)) {
        mode |= (uint32_t)(random_next(seed) >> 32) & ARM_TM_IT_MASK;
    }
    return mode;
}

/* Pages of words from the rows of a table, which run longer than random ones. */
static void fill_from(struct translation *t, const struct decode_table *table, unsigned width,
                      bool thumb, uint64_t *seed)
{
    unsigned rows = 0;
    uint32_t mask, value;
    while (decode_table_row(table, rows, &mask, &value)) {
        rows++;
    }
    for (uint32_t at = 0; at < SPACE_PAGE_SIZE; at += width / 8) {
        decode_table_row(table, random_below(seed, rows), &mask, &value);
        uint32_t word = value | ((uint32_t)random_next(seed) & ~mask);
        if (thumb && width == 32) {
            word = word >> 16 | word << 16;
        }
        memcpy(t->page[0] + at, &word, width / 8);
    }
}

static void fill_random(struct translation *t, uint64_t *seed)
{
    for (uint32_t at = 0; at < SPACE_PAGE_SIZE; at += 4) {
        uint32_t word = (uint32_t)(random_next(seed) >> 32);
        memcpy(t->page[0] + at, &word, 4);
    }
}

/* From several places of the page; every region must verify. */
static void translate_page(struct translation *t, bool thumb, uint64_t *seed)
{
    for (unsigned i = 0; i < 20; i++) {
        uint32_t offset = random_below(seed, SPACE_PAGE_SIZE) & (thumb ? ~1u : ~3u);
        if (random_percent(seed, 5)) {
            offset = SPACE_PAGE_SIZE - (thumb ? 2 : 4);
        }
        t->mode = random_mode(seed);
        if (!thumb) {
            t->mode &= ~(uint32_t)ARM_TM_IT_MASK;
        }
        t->has_next = random_percent(seed, 50);
        translation_run(t, offset | thumb, 1 + random_below(seed, REGION_MAX_BLOCK_INSNS));
        translation_verify(t);
    }
}

static void test_random_words(void **state)
{
    struct translation *t = *state;
    uint64_t seed = 3;
    for (unsigned i = 0; i < PAGES; i++) {
        fill_random(t, &seed);
        translate_page(t, i & 1, &seed);
    }
}

static void test_random_rows(void **state)
{
    struct translation *t = *state;
    const struct arm_decoders *d = arm_cpu(t->cpu)->decoders;
    uint64_t seed = 4;
    for (unsigned i = 0; i < PAGES; i += 4) {
        fill_from(t, d->a32, 32, false, &seed);
        translate_page(t, false, &seed);
        fill_from(t, d->a32_uncond, 32, false, &seed);
        translate_page(t, false, &seed);
        fill_from(t, d->t16, 16, true, &seed);
        translate_page(t, true, &seed);
        fill_from(t, d->t32, 32, true, &seed);
        translate_page(t, true, &seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_words, translation_create, translation_destroy),
        cmocka_unit_test_setup_teardown(test_random_rows, translation_create, translation_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
