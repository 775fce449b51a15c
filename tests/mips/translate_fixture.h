/* tests/support/translation.h for a 24Kf, of either byte order. */
#ifndef TESTS_MIPS_TRANSLATE_FIXTURE_H
#define TESTS_MIPS_TRANSLATE_FIXTURE_H

#include "targets/mips/cpu.h"
#include "targets/mips/translate.h"
#include "tests/support/translation.h"

#include <string.h>

static inline int translation_create(void **state)
{
    struct mips_cpu *cpu = mips_cpu_create("24Kf", false);
    assert_non_null(cpu);
    *state = translation_new(&cpu->cpu, MIPS_TM_KERNEL | MIPS_TM_CP0);
    return 0;
}

static inline int translation_destroy(void **state)
{
    struct translation *t = *state;
    mips_cpu_destroy(mips_cpu(t->cpu));
    translation_free(t);
    return 0;
}

/* `offset` counts from the first page on. */
static inline void translation_put(struct translation *t, uint32_t offset, uint32_t word)
{
    uint8_t *at = t->page[offset / SPACE_PAGE_SIZE] + offset % SPACE_PAGE_SIZE;
    word = mips_cpu(t->cpu)->big ? __builtin_bswap32(word) : word;
    memcpy(at, &word, sizeof word);
}

static inline void translation_put_half(struct translation *t, uint32_t offset, uint32_t half)
{
    uint8_t *at = t->page[offset / SPACE_PAGE_SIZE] + offset % SPACE_PAGE_SIZE;
    bool big = mips_cpu(t->cpu)->big;
    at[!big] = (uint8_t)(half >> 8);
    at[big] = (uint8_t)half;
}

#endif
