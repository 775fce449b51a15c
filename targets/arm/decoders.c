/* The decode tables of a CPU, joined from the rows of all chapters. */
#include "targets/arm/translate.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/mem.h"
#include "targets/arm/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARM_ROW(name, pattern, features, handler, arg, flags)                                      \
    {name, pattern, features, arm_tr_##handler, arg, flags},

static const struct decode_row a32_rows[] = {
#include "targets/arm/a32.inc"
};
static const struct decode_row a32_uncond_rows[] = {
#include "targets/arm/a32_uncond.inc"
};
static const struct decode_row t16_rows[] = {
#include "targets/arm/t16.inc"
};
static const struct decode_row t32_rows[] = {
#include "targets/arm/t32.inc"
};

static struct decode_table *table_create(const struct decode_row *rows, unsigned count,
                                         const struct arm_rows *more, unsigned width)
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
        fprintf(stderr, "ARM decode table: %s\n", message);
    }
    CHECK(table);
    free(all);
    return table;
}

struct arm_decoders *arm_decoders_create(void)
{
    struct arm_decoders *d = mem_resize(NULL, sizeof *d);
    d->a32 = table_create(a32_rows, ARRAY_SIZE(a32_rows), &arm_rows_vfp, 32);
    d->a32_uncond = table_create(a32_uncond_rows, ARRAY_SIZE(a32_uncond_rows), &arm_rows_simd, 32);
    d->t16 = table_create(t16_rows, ARRAY_SIZE(t16_rows), NULL, 16);
    d->t32 = table_create(t32_rows, ARRAY_SIZE(t32_rows), NULL, 32);
    return d;
}

void arm_decoders_destroy(struct arm_decoders *decoders)
{
    if (!decoders) {
        return;
    }
    decode_table_destroy(decoders->a32);
    decode_table_destroy(decoders->a32_uncond);
    decode_table_destroy(decoders->t16);
    decode_table_destroy(decoders->t32);
    free(decoders);
}
