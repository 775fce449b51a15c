#include "host/x86_64/features.h"

#include <sys/auxv.h>

/* In AT_HWCAP2 (Linux, Documentation/x86/x86_64/fsgs.rst). */
enum { HWCAP2_FSGSBASE = 1 << 1 };

bool x64_features_detect(uint32_t *features)
{
    __builtin_cpu_init();
    *features = (__builtin_cpu_supports("bmi") ? X64_HAS_BMI1 : 0) |
                (__builtin_cpu_supports("bmi2") ? X64_HAS_BMI2 : 0) |
                (__builtin_cpu_supports("lzcnt") ? X64_HAS_LZCNT : 0) |
                (__builtin_cpu_supports("movbe") ? X64_HAS_MOVBE : 0) |
                (__builtin_cpu_supports("avx") ? X64_HAS_AVX : 0) |
                (__builtin_cpu_supports("avx2") ? X64_HAS_AVX2 : 0) |
                (__builtin_cpu_supports("fma") ? X64_HAS_FMA : 0) |
                (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE ? X64_HAS_FSGSBASE : 0);
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") &&
           __builtin_cpu_supports("popcnt");
}
