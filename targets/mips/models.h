/* CPU models: what tells them apart. */
#ifndef TARGETS_MIPS_MODELS_H
#define TARGETS_MIPS_MODELS_H

#include <stdbool.h>
#include <stdint.h>

struct mips_model {
    const char *name;
    uint32_t features; /* enum mips_feature: Config1 and Config3 tell them, too */
    uint32_t prid;
    uint32_t fir;      /* floating-point implementation register; 0: no unit */
    uint32_t config3;  /* besides the bits that come from the features */
    uint32_t config7;  /* implementation-specific */
    uint8_t tlb_count; /* entries, a power of two */
};

enum { MIPS_CONFIG3_ULRI = 1 << 13 /* UserLocal, and RDHWR 29 */ };

/* NULL if there is none of that name. */
const struct mips_model *mips_model_find(const char *name);

/* Confign of the model as software reads it first (III 9.36 .. 9.39). */
uint32_t mips_model_config(const struct mips_model *model, unsigned n, bool big);

#endif
