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

static struct decode_table *table_create(const struct decode_row *rows, unsigned count,
                                         const struct mips_rows *more, unsigned width)
{
    unsigned total = count + (more ? more->count : 0);
    struct decode_row *all = mem_resize(NULL, total * sizeof *all);
    memcpy(all, rows, count * sizeof *all);
    if (more && more->count) {
        memcpy(all + count, more->rows, more->count * sizeof *all);
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
    struct mips_decoders *d = mem_resize(NULL, sizeof *d);
    *d = (struct mips_decoders){0};
    d->mips32 = table_create(mips32_rows, ARRAY_SIZE(mips32_rows), &mips_rows_fpu, 32);
    return d;
}

void mips_decoders_destroy(struct mips_decoders *decoders)
{
    if (!decoders) {
        return;
    }
    decode_table_destroy(decoders->mips32);
    free(decoders);
}
