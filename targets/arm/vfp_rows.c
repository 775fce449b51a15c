#include "core/base/bits.h"
#include "targets/arm/vfp.h"

#define ARM_ROW(name, pattern, features, handler, arg, flags)                                      \
    {name, pattern, features, arm_tr_##handler, arg, flags},
static const struct decode_row rows[] = {
#include "targets/arm/vfp.inc"
};

const struct arm_rows arm_rows_vfp = {rows, ARRAY_SIZE(rows)};
