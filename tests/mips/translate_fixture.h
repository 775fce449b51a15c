/* Guest words to IR, without running them. */
#ifndef TESTS_MIPS_TRANSLATE_FIXTURE_H
#define TESTS_MIPS_TRANSLATE_FIXTURE_H

#include "core/jit/region.h"
#include "targets/mips/cpu.h"
#include "targets/mips/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIXTURE_PAGE = 0x8000 };

struct translation {
    struct mips_cpu cpu; /* what translating asks of it */
    struct ir_region ir;
    struct jit_region_builder builder;
    uint8_t page[2][SPACE_PAGE_SIZE];
    bool has_next;
    uint32_t mode;
};

static inline int translation_create(void **state)
{
    struct translation *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->cpu.features = MIPS_FEATURE_R2 | MIPS_FEATURE_FPU | MIPS_FEATURE_F64 | MIPS_FEATURE_MIPS16;
    t->cpu.decoders = mips_decoders_create();
    t->cpu.cpu.guest = &mips_guest_ops;
    ir_region_init(&t->ir);
    t->mode = MIPS_TM_KERNEL | MIPS_TM_CP0;
    *state = t;
    return 0;
}

static inline int translation_destroy(void **state)
{
    struct translation *t = *state;
    ir_region_free(&t->ir);
    mips_decoders_destroy(t->cpu.decoders);
    free(t);
    return 0;
}

/* `offset` counts from the first page on. */
static inline void translation_put(struct translation *t, uint32_t offset, uint32_t word)
{
    uint8_t *at = t->page[offset / SPACE_PAGE_SIZE] + offset % SPACE_PAGE_SIZE;
    word = t->cpu.big ? __builtin_bswap32(word) : word;
    memcpy(at, &word, sizeof word);
}

static inline void translation_put_half(struct translation *t, uint32_t offset, uint32_t half)
{
    uint8_t *at = t->page[offset / SPACE_PAGE_SIZE] + offset % SPACE_PAGE_SIZE;
    at[!t->cpu.big] = (uint8_t)(half >> 8);
    at[t->cpu.big] = (uint8_t)half;
}

/* Translates from `offset` in the page on (bit 0: MIPS16e). */
static inline void translation_run(struct translation *t, uint32_t offset, unsigned max_insns)
{
    const struct guest_code code = {.page = FIXTURE_PAGE,
                                    .bytes = t->page[0],
                                    .next = t->has_next ? t->page[1] : NULL,
                                    .next_number = 7,
                                    .mode = t->mode,
                                    .cpu = &t->cpu.cpu,
                                    .max_insns = max_insns};
    region_build(&t->builder, &mips_guest_ops, &code, &t->ir, FIXTURE_PAGE + offset);
}

static inline void translation_verify(const struct translation *t)
{
    char message[300];
    if (!ir_verify(&t->ir, message, sizeof message)) {
        ir_print(&t->ir, mips_slots, mips_slot_count, stderr);
        fail_msg("%s", message);
    }
}

#endif
