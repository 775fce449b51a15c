#include "targets/mips/models.h"

#include "core/base/bits.h"
#include "targets/mips/cpu.h"

#include <stddef.h>
#include <string.h>

/* Config to Config3 (III 9.36 .. 9.39) and the 24K's Config7. */
enum {
    CONFIG_K0_CACHED = 3, /* cacheable, noncoherent, write-back */
    CONFIG_MT_TLB = 1 << 7,
    CONFIG_AR_R2 = 1 << 10,
    CONFIG_BE = 1 << 15,
    CONFIG1_FP = 1 << 0,
    CONFIG1_CA = 1 << 2, /* MIPS16e */
    CONFIG1_MMU_SHIFT = 25,
    CONFIG3_VINT = 1 << 5,
    CONFIG3_DSPP = 1 << 10,
};
#define CONFIG_MORE UINT32_C(0x80000000)
/* WAIT ends at an interrupt that IM lets through, though IE keeps it from being taken:
 * mips_wake(). */
#define CONFIG7_WII UINT32_C(0x80000000)

/* The caches that guests are told of: 64 sets of one way, lines of 64 bytes. Nothing is cached,
 * so what guests do line by line is for nothing, and sizes are chosen for it to be little of that;
 * pages are not larger than a way, so there are no aliases to look out for. Without caches, guests
 * that rely on a 24K having some step through memory by lines of size 0. */
#define CONFIG1_CACHES  (UINT32_C(5) << 19 | UINT32_C(5) << 10)

#define FEATURES_R2_FPU (MIPS_FEATURE_R2 | MIPS_FEATURE_FPU | MIPS_FEATURE_F64)

/* What all leave out of their silicon: EJTAG, watch registers and performance counters (Config1 EP,
 * WR, PC), and the 34K's threads (Config3.MT). */
static const struct mips_model mips_models[] = {
    {
        .name = "24Kf",
        .features = FEATURES_R2_FPU | MIPS_FEATURE_MIPS16,
        .prid = 0x00019300,
        .fir = 0x00739300,
        .config3 = CONFIG3_VINT | MIPS_CONFIG3_ULRI,
        .config7 = CONFIG7_WII,
        .tlb_count = 16,
    },
    {
        .name = "4Kc", /* release 1 */
        .prid = 0x00018000,
        .tlb_count = 16,
    },
    {
        .name = "34Kf",
        .features = FEATURES_R2_FPU | MIPS_FEATURE_MIPS16 | MIPS_FEATURE_DSP,
        .prid = 0x00019500,
        .fir = 0x00739500,
        .config3 = CONFIG3_VINT | MIPS_CONFIG3_ULRI,
        .config7 = CONFIG7_WII,
        .tlb_count = 64,
    },
};

const char *const mips_model_names[] = {"24Kf", "4Kc", "34Kf", NULL};

const struct mips_model *mips_model_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(mips_models); i++) {
        if (!strcmp(mips_models[i].name, name)) {
            return &mips_models[i];
        }
    }
    return NULL;
}

uint32_t mips_model_config(const struct mips_model *model, unsigned n, bool big)
{
    uint32_t features = model->features;
    switch (n) {
    case 0:
        return CONFIG_MORE | CONFIG_K0_CACHED | CONFIG_MT_TLB | (big ? CONFIG_BE : 0) |
               (features & MIPS_FEATURE_R2 ? CONFIG_AR_R2 : 0);
    case 1:
        return CONFIG_MORE | (model->tlb_count - 1u) << CONFIG1_MMU_SHIFT | CONFIG1_CACHES |
               (features & MIPS_FEATURE_FPU ? CONFIG1_FP : 0) |
               (features & MIPS_FEATURE_MIPS16 ? CONFIG1_CA : 0);
    case 2:
        return CONFIG_MORE;
    case 3:
        return model->config3 | (features & MIPS_FEATURE_DSP ? CONFIG3_DSPP : 0);
    case 7:
        return model->config7;
    default:
        return 0;
    }
}
