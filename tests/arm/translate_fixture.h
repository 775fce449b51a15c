/* tests/support/translation.h for a Cortex-A15. */
#ifndef TESTS_ARM_TRANSLATE_FIXTURE_H
#define TESTS_ARM_TRANSLATE_FIXTURE_H

#include "targets/arm/cpu.h"
#include "tests/support/translation.h"

static inline int translation_create(void **state)
{
    struct arm_cpu *cpu = arm_cpu_create("cortex-a15");
    assert_non_null(cpu);
    *state = translation_new(&cpu->cpu, ARM_TM_PRIV | ARM_TM_FP | ARM_TM_FPEXC);
    return 0;
}

static inline int translation_destroy(void **state)
{
    struct translation *t = *state;
    arm_cpu_destroy(arm_cpu(t->cpu));
    translation_free(t);
    return 0;
}

#endif
