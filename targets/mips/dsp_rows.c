#include "core/base/bits.h"
#include "targets/mips/dsp.h"
#include "targets/mips/handlers.h"

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    {name, pattern, features, mips_tr_##handler, arg, flags},
static const struct decode_row rows[] = {
#include "targets/mips/dsp.inc"
};

const struct mips_rows mips_rows_dsp = {rows, ARRAY_SIZE(rows)};
