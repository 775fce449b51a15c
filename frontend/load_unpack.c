#include "frontend/load.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum unpack_result {
    UNPACK_MORE, /* the output buffer is full */
    UNPACK_DONE,
    UNPACK_SHORT, /* the input ended too early */
    UNPACK_BAD,
};

/* One stream of any format. */
struct unpacker {
    const uint8_t *input;
    size_t input_size;
    uint8_t *output; /* where the next bytes go */
    size_t output_room;
    union {
        z_stream zlib;
        lzma_stream lzma;
        ZSTD_DStream *zstd;
    } state;
};

struct unpack_format {
    const char *name;
    uint8_t magic[6];
    uint8_t magic_size;
    bool (*start)(struct unpacker *unpacker);
    /* Consumes input and fills output; advances both. */
    enum unpack_result (*step)(struct unpacker *unpacker);
    void (*end)(struct unpacker *unpacker);
};

static bool gzip_start(struct unpacker *u)
{
    memset(&u->state.zlib, 0, sizeof(u->state.zlib));
    return inflateInit2(&u->state.zlib, 16 + MAX_WBITS) == Z_OK;
}

static enum unpack_result gzip_step(struct unpacker *u)
{
    z_stream *z = &u->state.zlib;
    /* zlib counts in unsigned int. */
    uInt in = u->input_size > UINT32_MAX ? UINT32_MAX : (uInt)u->input_size;
    uInt out = u->output_room > UINT32_MAX ? UINT32_MAX : (uInt)u->output_room;
    z->next_in = (Bytef *)u->input;
    z->avail_in = in;
    z->next_out = u->output;
    z->avail_out = out;
    int result = inflate(z, Z_NO_FLUSH);
    u->input += in - z->avail_in;
    u->input_size -= in - z->avail_in;
    u->output += out - z->avail_out;
    u->output_room -= out - z->avail_out;
    if (result == Z_STREAM_END) {
        return UNPACK_DONE;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
        return UNPACK_BAD;
    }
    return !u->output_room || u->input_size ? UNPACK_MORE : UNPACK_SHORT;
}

static void gzip_end(struct unpacker *u)
{
    inflateEnd(&u->state.zlib);
}

static bool xz_start(struct unpacker *u)
{
    enum { MEMORY_LIMIT = 256 << 20 };
    u->state.lzma = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&u->state.lzma, MEMORY_LIMIT, 0) == LZMA_OK;
}

static enum unpack_result xz_step(struct unpacker *u)
{
    lzma_stream *x = &u->state.lzma;
    x->next_in = u->input;
    x->avail_in = u->input_size;
    x->next_out = u->output;
    x->avail_out = u->output_room;
    lzma_ret result = lzma_code(x, LZMA_RUN);
    u->input = x->next_in;
    u->input_size = x->avail_in;
    u->output = x->next_out;
    u->output_room = x->avail_out;
    if (result == LZMA_STREAM_END) {
        return UNPACK_DONE;
    }
    if (result != LZMA_OK && result != LZMA_BUF_ERROR) {
        return UNPACK_BAD;
    }
    return !u->output_room || u->input_size ? UNPACK_MORE : UNPACK_SHORT;
}

static void xz_end(struct unpacker *u)
{
    lzma_end(&u->state.lzma);
}

static bool zstd_start(struct unpacker *u)
{
    u->state.zstd = ZSTD_createDStream();
    return u->state.zstd && !ZSTD_isError(ZSTD_initDStream(u->state.zstd));
}

static enum unpack_result zstd_step(struct unpacker *u)
{
    ZSTD_inBuffer in = {u->input, u->input_size, 0};
    ZSTD_outBuffer out = {u->output, u->output_room, 0};
    size_t result = ZSTD_decompressStream(u->state.zstd, &out, &in);
    u->input += in.pos;
    u->input_size -= in.pos;
    u->output += out.pos;
    u->output_room -= out.pos;
    if (ZSTD_isError(result)) {
        return UNPACK_BAD;
    }
    if (!result) {
        return UNPACK_DONE;
    }
    return !u->output_room || u->input_size ? UNPACK_MORE : UNPACK_SHORT;
}

static void zstd_end(struct unpacker *u)
{
    ZSTD_freeDStream(u->state.zstd);
}

static const struct unpack_format formats[] = {
    {"gzip", {0x1f, 0x8b}, 2, gzip_start, gzip_step, gzip_end},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, xz_start, xz_step, xz_end},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zstd_start, zstd_step, zstd_end},
    /* Recognised for a better message. */
    {"bzip2", {'B', 'Z', 'h'}, 3, NULL, NULL, NULL},
    {"lzma", {0x5d, 0, 0}, 3, NULL, NULL, NULL},
    {"lzop", {0x89, 'L', 'Z', 'O'}, 4, NULL, NULL, NULL},
    {"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, NULL, NULL, NULL},
    {"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, NULL, NULL, NULL},
};

static const struct unpack_format *find_format(const struct machine_blob *blob)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (blob->size >= formats[i].magic_size &&
            !memcmp(blob->data, formats[i].magic, formats[i].magic_size)) {
            return &formats[i];
        }
    }
    return NULL;
}

/* Makes room for more output: doubles the buffer, up to one byte past the limit. */
static bool grow(struct unpacker *u, uint8_t **data, size_t *room, uint64_t limit)
{
    size_t used = *room - u->output_room;
    size_t larger = *room * 2 > limit + 1 ? (size_t)limit + 1 : *room * 2;
    uint8_t *moved = realloc(*data, larger);
    if (!moved) {
        return false;
    }
    *data = moved;
    *room = larger;
    u->output = moved + used;
    u->output_room = larger - used;
    return true;
}

bool load_unpack(struct machine_blob *blob, uint64_t limit, struct message *message)
{
    const struct unpack_format *format = find_format(blob);
    if (!format) {
        return true;
    }
    if (!format->start) {
        return message_image(
            message,
            "%s is packed with %s, which ibird cannot unpack. Try: unpack it first, or "
            "pack it with gzip, xz or zstd",
            blob->name, format->name);
    }
    size_t room = 1 << 20;
    struct unpacker u = {.input = blob->data, .input_size = blob->size};
    uint8_t *data = malloc(room);
    if (!data || !format->start(&u)) {
        free(data);
        return message_set(message, EXIT_STATUS_EMULATOR, "no memory to unpack %s", blob->name);
    }
    u.output = data;
    u.output_room = room;
    bool ok = true;
    for (;;) {
        enum unpack_result result = format->step(&u);
        if (room - u.output_room > limit) {
            ok = message_image(message,
                               "%s unpacks to more than %llu MB, which is what the machine could "
                               "take. Try a larger -m",
                               blob->name, (unsigned long long)(limit >> 20));
            break;
        }
        if (result == UNPACK_DONE) {
            break;
        }
        if (result == UNPACK_MORE) {
            if (!u.output_room && !grow(&u, &data, &room, limit)) {
                ok = message_set(message, EXIT_STATUS_EMULATOR, "no memory to unpack %s",
                                 blob->name);
                break;
            }
            continue;
        }
        ok = message_image(
            message,
            result == UNPACK_SHORT
                ? "%s ends too early: the %s data in it is cut off. Try: get the file again"
                : "%s is damaged: the %s data in it does not unpack. Try: get the file again",
            blob->name, format->name);
        break;
    }
    format->end(&u);
    if (!ok) {
        free(data);
        return false;
    }
    load_free(blob);
    blob->data = data;
    blob->size = room - u.output_room;
    if (!blob->size) {
        return message_image(message, "%s unpacks to nothing", blob->name);
    }
    return true;
}
