#include "core/machine/device.h"

#include "core/base/hash.h"

static unsigned field_size(const struct field *field)
{
    static const uint8_t sizes[] = {
        [FIELD_U8] = 1,  [FIELD_U16] = 2,  [FIELD_U32] = 4,
        [FIELD_U64] = 8, [FIELD_BOOL] = 1, [FIELD_BYTES] = 1,
    };
    return sizes[field->kind] * field->count;
}

uint64_t fields_hash(const void *state, const struct field *fields, unsigned count, uint64_t hash)
{
    for (unsigned i = 0; i < count; i++) {
        hash = hash_bytes(hash, (const uint8_t *)state + fields[i].offset, field_size(&fields[i]));
    }
    return hash;
}
