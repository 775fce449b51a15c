#include "core/base/bits.h"
#include "targets/mips/fpu.h"

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    {name, pattern, features, mips_tr_##handler, arg, flags},
static const struct decode_row rows[] = {
#include "targets/mips/fpu.inc"
};

const struct mips_rows mips_rows_fpu = {rows, ARRAY_SIZE(rows)};
