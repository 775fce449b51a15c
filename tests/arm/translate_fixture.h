/* Guest words to IR, without running them. */
#ifndef TESTS_ARM_TRANSLATE_FIXTURE_H
#define TESTS_ARM_TRANSLATE_FIXTURE_H

#include "core/jit/region.h"
#include "targets/arm/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIXTURE_PAGE = 0x8000 };

struct translation {
    struct arm_cpu *cpu;
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
    t->cpu = arm_cpu_create("cortex-a15");
    assert_non_null(t->cpu);
    ir_region_init(&t->ir);
    t->mode = ARM_TM_PRIV | ARM_TM_FP | ARM_TM_FPEXC;
    *state = t;
    return 0;
}

static inline int translation_destroy(void **state)
{
    struct translation *t = *state;
    ir_region_free(&t->ir);
    arm_cpu_destroy(t->cpu);
    free(t);
    return 0;
}

/* Translates from `offset` in the page on (bit 0: Thumb). */
static inline void translation_run(struct translation *t, uint32_t offset, unsigned max_insns)
{
    const struct guest_code code = {.page = FIXTURE_PAGE,
                                    .bytes = t->page[0],
                                    .next = t->has_next ? t->page[1] : NULL,
                                    .next_number = 7,
                                    .mode = t->mode,
                                    .cpu = &t->cpu->cpu,
                                    .max_insns = max_insns};
    region_build(&t->builder, &arm_guest_ops, &code, &t->ir, FIXTURE_PAGE + offset);
}

static inline void translation_verify(const struct translation *t)
{
    char message[300];
    if (!ir_verify(&t->ir, message, sizeof message)) {
        ir_print(&t->ir, arm_slots, arm_slot_count, stderr);
        fail_msg("%s", message);
    }
}

#endif
