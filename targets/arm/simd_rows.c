/* Advanced SIMD (DDI 0406C A7.4, A7.7): the rows of the tables, each with a handler that calls the
 * row's form. */
#include "targets/arm/simd_fns.h"

/* The bits of an encoding that all its rows have; see the tables for what the letters mean. */
#define SAME(u, size, op, b)    "1111 001" u " 0d" size " nnnn dddd " op " Nqm" b " mmmm"
#define LONG(u, size, op, q)    "1111 001" u " 1d" size " nnnn dddd " op " N" q "m0 mmmm"
#define SHIFT(u, lane, op, lqm) "1111 001" u " 1d" lane " dddd " op " " lqm "1 mmmm"
#define MISC(size, a, b, q)     "1111 0011 1d11 " size a " dddd 0" b " " q "m0 mmmm"

/* One handler of each row. */
#define SIMD_ROW(id, name, pattern, form, ...)                                                     \
    static void handle_##id(void *t, const struct decode_insn *insn)                               \
    {                                                                                              \
        form(t, insn, ##__VA_ARGS__);                                                              \
    }
#define SIMD_ROW_V2                  SIMD_ROW /* Advanced SIMDv2, which comes with VFPv4 */
#define SIMD_MORE(id, name, pattern)          /* another row of the same handler */
#include "targets/arm/simd_same.inc"
#include "targets/arm/simd_long.inc"
#include "targets/arm/simd_shift.inc"
#include "targets/arm/simd_misc.inc"
#include "targets/arm/simd_mem.inc"
#undef SIMD_ROW
#undef SIMD_ROW_V2
#undef SIMD_MORE

/* The rows. */
#define ROW(id, name, pattern, features)       {name, pattern, features, handle_##id, 0, 0},
#define SIMD_ROW(id, name, pattern, form, ...) ROW(id, name, pattern, ARM_FEATURE_NEON)
#define SIMD_ROW_V2(id, name, pattern, form, ...)                                                  \
    ROW(id, name, pattern, ARM_FEATURE_NEON | ARM_FEATURE_VFP4)
#define SIMD_MORE(id, name, pattern) ROW(id, name, pattern, ARM_FEATURE_NEON)
static const struct decode_row rows[] = {
#include "targets/arm/simd_same.inc"
#include "targets/arm/simd_long.inc"
#include "targets/arm/simd_shift.inc"
#include "targets/arm/simd_misc.inc"
#include "targets/arm/simd_mem.inc"
};

const struct arm_rows arm_rows_simd = {rows, sizeof(rows) / sizeof(rows[0])};
