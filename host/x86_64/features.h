/* What this host's CPU can do beyond x86-64-v2, which is required. */
#ifndef HOST_X86_64_FEATURES_H
#define HOST_X86_64_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

enum x64_feature {
    X64_HAS_BMI1 = 1 << 0,
    X64_HAS_BMI2 = 1 << 1,
    X64_HAS_LZCNT = 1 << 2,
    X64_HAS_MOVBE = 1 << 3,
    X64_HAS_AVX = 1 << 4,
    X64_HAS_AVX2 = 1 << 5,
    X64_HAS_FMA = 1 << 6,
    X64_HAS_FSGSBASE = 1 << 7, /* and the operating system allows it */
};

/* Features of this host. Returns false if it lacks what x86-64-v2 promises. */
bool x64_features_detect(uint32_t *features);

#endif
