/* Guest words to IR, without running them: for golden files and random pages. */
#ifndef TESTS_SUPPORT_TRANSLATION_H
#define TESTS_SUPPORT_TRANSLATION_H

#include "core/cpu/cpu.h"
#include "core/jit/guest.h"
#include "core/jit/region.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TRANSLATION_PAGE = 0x8000 };

struct translation {
    struct cpu *cpu; /* what translating asks */
    struct ir_region ir;
    struct jit_region_builder builder;
    uint8_t page[2][SPACE_PAGE_SIZE];
    bool has_next;
    uint32_t mode;
};

static inline struct translation *translation_new(struct cpu *cpu, uint32_t mode)
{
    struct translation *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->cpu = cpu;
    t->mode = mode;
    ir_region_init(&t->ir);
    return t;
}

static inline void translation_free(struct translation *t)
{
    ir_region_free(&t->ir);
    free(t);
}

/* Translates from `offset` in the page on, whose bit 0 may select an instruction set. */
static inline void translation_run(struct translation *t, uint32_t offset, unsigned max_insns)
{
    const struct guest_code code = {.page = TRANSLATION_PAGE,
                                    .bytes = t->page[0],
                                    .next = t->has_next ? t->page[1] : NULL,
                                    .next_number = 7,
                                    .mode = t->mode,
                                    .cpu = t->cpu,
                                    .max_insns = max_insns};
    region_build(&t->builder, t->cpu->guest, &code, &t->ir, TRANSLATION_PAGE + offset);
}

static inline void translation_print(const struct translation *t, FILE *out)
{
    ir_print(&t->ir, t->cpu->guest->slots, t->cpu->guest->slot_count, out);
}

static inline void translation_verify(const struct translation *t)
{
    char message[300];
    if (!ir_verify(&t->ir, message, sizeof message)) {
        translation_print(t, stderr);
        fail_msg("%s", message);
    }
}

#endif
