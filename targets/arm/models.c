#include "targets/arm/models.h"

#include "core/base/bits.h"
#include "targets/arm/cpu.h"

#include <string.h>

/* SCTLR bits (B4.1.130): EE TE AFE TRE V I Z SW C A M. The CP15 barriers cannot be disabled:
 * CP15BEN is RAO/WI. WXN and UWXN come with the Virtualization Extensions, whose cores have the
 * bits whether or not Hyp mode is there. */
#define SCTLR_BITS     UINT32_C(0x72003c07)
#define SCTLR_BITS_WXN (SCTLR_BITS | UINT32_C(0x00180000))

#define FEATURES_V7                                                                                \
    (ARM_FEATURE_V7 | ARM_FEATURE_MP | ARM_FEATURE_VFP3 | ARM_FEATURE_D32 | ARM_FEATURE_NEON |     \
     ARM_FEATURE_HALF)
#define FEATURES_V7VE                                                                              \
    (FEATURES_V7 | ARM_FEATURE_DIV_ARM | ARM_FEATURE_DIV_THUMB | ARM_FEATURE_LPAE |                \
     ARM_FEATURE_VFP4 | ARM_FEATURE_TIMER | ARM_FEATURE_L2CTLR)

/* What all three leave out of their silicon's values: ThumbEE (ID_PFR0.State3, ID_ISAR3<31:28>),
 * the Security and Virtualization Extensions (ID_PFR1), debug and trace (ID_DFR0; its PMU field
 * stays). Without the Security Extensions SMC is still an instruction (ID_ISAR4.SMC) in silicon;
 * here it is Undefined, so the field is 0. */
static const struct arm_model arm_models[] = {
    {
        /* Cortex-A15 MPCore r4p0 (DDI 0438), whose errata need no workarounds. */
        .name = "cortex-a15",
        .features = FEATURES_V7VE,
        .midr = 0x414fc0f0,
        .ctr = 0x8444c004,
        .id_pfr = {0x00000131, 0x00010001},
        .id_dfr0 = 0x02000000,
        .id_mmfr = {0x10201105, 0x20000000, 0x01240000, 0x02102211},
        .id_isar = {0x02101110, 0x13112111, 0x21232041, 0x01112131, 0x10010142, 0},
        .clidr = 0x0a200023,
        .ccsidr = {0x701fe00a, 0x201fe00a, 0x711fe07a},
        .fpsid = 0x410430f0,
        .mvfr = {0x10110222, 0x11111111},
        .sctlr = 0x00c50078,
        .sctlr_mask = SCTLR_BITS_WXN,
        .pmcr = 0x410f3000,
    },
    {
        /* Cortex-A7 MPCore r0p5 (DDI 0464). */
        .name = "cortex-a7",
        .features = FEATURES_V7VE,
        .midr = 0x410fc075,
        .ctr = 0x84448003,
        .id_pfr = {0x00000131, 0x00010001},
        .id_dfr0 = 0x02000000,
        .id_mmfr = {0x10101105, 0x40000000, 0x01240000, 0x02102211},
        .id_isar = {0x02101110, 0x13112111, 0x21232041, 0x01112131, 0x10010142, 0},
        .clidr = 0x0a200023,
        .ccsidr = {0x700fe01a, 0x203fe009, 0x707fe03a},
        .fpsid = 0x41023075,
        .mvfr = {0x10110222, 0x11111111},
        .sctlr = 0x00c50078,
        .sctlr_mask = SCTLR_BITS_WXN,
        .pmcr = 0x41072000,
    },
    {
        /* Cortex-A9 MPCore r0p0 (DDI 0388, DDI 0407). */
        .name = "cortex-a9",
        .features = FEATURES_V7 | ARM_FEATURE_A9_REGS,
        .midr = 0x410fc090,
        .ctr = 0x80038003,
        .id_pfr = {0x00000031, 0x00000001},
        .id_dfr0 = 0x01000000,
        .id_mmfr = {0x00100103, 0x20000000, 0x01230000, 0x00002111},
        .id_isar = {0x00101111, 0x13112111, 0x21232041, 0x01112131, 0x00010142, 0},
        .clidr = 0x09000003,
        .ccsidr = {0x700fe019, 0x200fe019},
        .fpsid = 0x41033090,
        .mvfr = {0x10110222, 0x01111111},
        .sctlr = 0x00c50078,
        .sctlr_mask = SCTLR_BITS,
        .pmcr = 0x41093000,
    },
};

const char *const arm_model_names[] = {"cortex-a15", "cortex-a7", "cortex-a9", NULL};

const struct arm_model *arm_model_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(arm_models); i++) {
        if (!strcmp(arm_models[i].name, name)) {
            return &arm_models[i];
        }
    }
    return NULL;
}
