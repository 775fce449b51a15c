/* The decode tables of a CPU, joined from the rows of all chapters. */
#include "targets/mips/translate.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/mem.h"
#include "targets/mips/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIPS_ROW(name, pattern, features, handler, arg, flags)                                     \
    {name, pattern, features, mips_tr_##handler, arg, flags},

static const struct decode_row mips32_rows[] = {
#include "targets/mips/mips32.inc"
};

static const struct decode_row mips16_rows[] = {
#include "targets/mips/mips16.inc"
};
static const struct decode_row mips16_extended_rows[] = {
#include "targets/mips/mips16_extended.inc"
};

static struct decode_table *table_create(const struct mips_rows *const *parts, unsigned count,
                                         unsigned width)
{
    struct decode_row *all = NULL;
    unsigned total = 0;
    for (unsigned i = 0; i < count; i++) {
        all = mem_resize(all, (total + parts[i]->count) * sizeof *all);
        memcpy(all + total, parts[i]->rows, parts[i]->count * sizeof *all);
        total += parts[i]->count;
    }
    char message[256];
    struct decode_table *table = decode_table_create(all, total, width, message, sizeof message);
    if (!table) {
        fprintf(stderr, "MIPS decode table: %s\n", message);
    }
    CHECK(table);
    free(all);
    return table;
}

struct mips_decoders *mips_decoders_create(void)
{
    static const struct mips_rows mips32 = {mips32_rows, ARRAY_SIZE(mips32_rows)};
    static const struct mips_rows *const parts[] = {&mips32, &mips_rows_fpu, &mips_rows_dsp};
    static const struct mips_rows short_rows = {mips16_rows, ARRAY_SIZE(mips16_rows)};
    static const struct mips_rows long_rows = {mips16_extended_rows,
                                               ARRAY_SIZE(mips16_extended_rows)};
    static const struct mips_rows *const mips16 = &short_rows, *const extended = &long_rows;
    struct mips_decoders *d = mem_resize(NULL, sizeof *d);
    d->mips32 = table_create(parts, ARRAY_SIZE(parts), 32);
    d->mips16 = table_create(&mips16, 1, 16);
    d->mips16_extended = table_create(&extended, 1, 32);
    return d;
}

void mips_decoders_destroy(struct mips_decoders *decoders)
{
    if (!decoders) {
        return;
    }
    decode_table_destroy(decoders->mips32);
    decode_table_destroy(decoders->mips16);
    decode_table_destroy(decoders->mips16_extended);
    free(decoders);
}
