/* Whatever is in memory becomes IR that follows the rules: the guest's code is untrusted input. */
#include "tests/mips/translate_fixture.h"

#include "tests/support/random.h"

enum { PAGES = 6000 };

/* Pages of words from the table's rows, which run longer than random ones. */
static void fill_from(struct translation *t, const struct decode_table *table, uint64_t *seed)
{
    unsigned rows = 0;
    uint32_t mask, value;
    while (decode_table_row(table, rows, &mask, &value)) {
        rows++;
    }
    for (uint32_t at = 0; at < sizeof t->page; at += 4) {
        decode_table_row(table, random_below(seed, rows), &mask, &value);
        translation_put(t, at, value | ((uint32_t)random_next(seed) & ~mask));
    }
}

/* The same in MIPS16e. */
static void fill_mips16(struct translation *t, uint64_t *seed)
{
    const struct mips_decoders *d = mips_cpu(t->cpu)->decoders;
    for (uint32_t at = 0; at < sizeof t->page; at += 2) {
        uint32_t mask, value, random = (uint32_t)random_next(seed);
        if (random_percent(seed, 70)) {
            while (!decode_table_row(d->mips16, random_below(seed, 80), &mask, &value)) {
            }
        } else {
            while (!decode_table_row(d->mips16_extended, random_below(seed, 40), &mask, &value)) {
            }
            translation_put_half(t, at, (value | (random & ~mask)) >> 16);
            at += at + 2 < sizeof t->page ? 2 : 0;
        }
        translation_put_half(t, at, value | (random & ~mask));
    }
}

static void fill_random(struct translation *t, uint64_t *seed)
{
    for (uint32_t at = 0; at < sizeof t->page; at += 4) {
        translation_put(t, at, (uint32_t)(random_next(seed) >> 32));
    }
}

/* From several places of the page; every region must verify. */
static void translate_page(struct translation *t, bool mips16, uint64_t *seed)
{
    for (unsigned i = 0; i < 20; i++) {
        uint32_t offset = random_below(seed, SPACE_PAGE_SIZE) & (mips16 ? ~1u : ~3u);
        if (random_percent(seed, 5)) {
            offset = SPACE_PAGE_SIZE - (mips16 ? 2 : 4);
        }
        offset |= mips16 ? 1 : random_percent(seed, 2) ? 2 : 0;
        t->mode = (uint32_t)random_next(seed) & 0x3f;
        t->has_next = random_percent(seed, 50);
        translation_run(t, offset, 1 + random_below(seed, REGION_MAX_BLOCK_INSNS));
        translation_verify(t);
    }
}

static void test_random_words(void **state)
{
    struct translation *t = *state;
    uint64_t seed = 3;
    for (unsigned i = 0; i < PAGES; i++) {
        mips_cpu(t->cpu)->big = i & 1;
        fill_random(t, &seed);
        translate_page(t, i & 2, &seed);
    }
}

static void test_random_rows(void **state)
{
    struct translation *t = *state;
    mips_cpu(t->cpu)->features |= MIPS_FEATURE_DSP;
    uint64_t seed = 4;
    for (unsigned i = 0; i < PAGES; i++) {
        mips_cpu(t->cpu)->big = i & 1;
        fill_from(t, mips_cpu(t->cpu)->decoders->mips32, &seed);
        translate_page(t, false, &seed);
        fill_mips16(t, &seed);
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
