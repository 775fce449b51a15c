/* CPU models: what tells them apart. */
#ifndef TARGETS_ARM_MODELS_H
#define TARGETS_ARM_MODELS_H

#include <stdint.h>

/* Values of the ID registers (DDI 0406C B4.1, B6.1, B7; the model's Technical Reference Manual).
 * They tell what this CPU does: extensions that the silicon has and we do not
 * are not advertised. */
struct arm_model {
    const char *name;
    uint32_t features; /* enum arm_feature */
    uint32_t midr, ctr, tcmtr, tlbtr, revidr, aidr;
    uint32_t id_pfr[2], id_dfr0, id_afr0, id_mmfr[4], id_isar[6];
    uint32_t clidr;
    uint32_t ccsidr[4]; /* by CSSELR: L1 data, L1 instruction, L2, - */
    uint32_t fpsid, mvfr[2];
    uint32_t sctlr;      /* at reset */
    uint32_t sctlr_mask; /* bits that software can change */
    uint32_t pmcr;       /* identification and number of event counters */
};

/* NULL if there is none of that name. */
const struct arm_model *arm_model_find(const char *name);

#endif
