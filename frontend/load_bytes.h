/* Numbers in files, at any alignment. */
#ifndef FRONTEND_LOAD_BYTES_H
#define FRONTEND_LOAD_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t load_le32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

static inline uint32_t load_be32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return be32toh(value);
}

/* Of files in either order. */
static inline uint32_t load_word(const uint8_t *bytes, bool big)
{
    return big ? load_be32(bytes) : load_le32(bytes);
}

static inline uint16_t load_half(const uint8_t *bytes, bool big)
{
    return (uint16_t)(big ? bytes[0] << 8 | bytes[1] : bytes[0] | bytes[1] << 8);
}

#endif
