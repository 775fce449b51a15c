#include "frontend/load.h"

#include "frontend/load_bytes.h"
#include "tests/support/temp.h"

#include <elf.h>
#include <fcntl.h>
#include <libfdt.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <cmocka.h>

enum { LIMIT = 4 << 20, SAMPLE_SIZE = 6000, RANDOM_ROUNDS = 3000 };

static struct message message;
static uint64_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33);
}

static void put_le32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, 4);
}

static void put_be32(uint8_t *at, uint32_t value)
{
    put_le32(at, __builtin_bswap32(value));
}

/* Bytes that look like nothing in particular. */
static struct machine_blob make_raw(size_t size)
{
    struct machine_blob blob = {malloc(size), size, "sample"};
    for (size_t i = 0; i < size; i++) {
        blob.data[i] = (uint8_t)(next_random() >> 4 | 0x80);
    }
    return blob;
}

static struct machine_blob make_zimage(void)
{
    struct machine_blob blob = make_raw(SAMPLE_SIZE);
    put_le32(blob.data + 0x24, 0x016f2818);
    put_le32(blob.data + 0x28, 0);
    put_le32(blob.data + 0x2c, SAMPLE_SIZE);
    put_le32(blob.data + 0x30, 0x04030201);
    put_le32(blob.data + 0x34, 0x45454545);
    put_le32(blob.data + 0x38, 0x100);
    static const uint32_t table[] = {5, 0x5a534c4b, 0x200, 0x1000, 0x8000, 0};
    for (unsigned i = 0; i < 6; i++) {
        put_le32(blob.data + 0x100 + i * 4, table[i]);
    }
    put_le32(blob.data + 0x200, 0x500000);
    return blob;
}

static struct machine_blob make_elf(void)
{
    struct machine_blob blob = make_raw(SAMPLE_SIZE);
    Elf32_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_ARM,
        .e_version = EV_CURRENT,
        .e_entry = 0xc0008010,
        .e_phoff = sizeof(Elf32_Ehdr),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 2,
    };
    Elf32_Phdr programs[2] = {
        {PT_LOAD, 0x400, 0xc0008000, 0x40008000, 0x1000, 0x2000, 7, 0x1000},
        {PT_NOTE, 0, 0, 0, 0, 0, 0, 0},
    };
    memcpy(blob.data, &header, sizeof(header));
    memcpy(blob.data + sizeof(header), programs, sizeof(programs));
    return blob;
}

/* A big-endian MIPS kernel, linked where it runs: its addresses are not translated. */
static struct machine_blob make_mips_elf(void)
{
    struct machine_blob blob = make_raw(SAMPLE_SIZE);
    Elf32_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2MSB, EV_CURRENT},
        .e_type = htobe16(ET_EXEC),
        .e_machine = htobe16(EM_MIPS),
        .e_entry = htobe32(0x80100040),
        .e_phoff = htobe32(sizeof(Elf32_Ehdr)),
        .e_phentsize = htobe16(sizeof(Elf32_Phdr)),
        .e_phnum = htobe16(1),
    };
    Elf32_Phdr program = {
        .p_type = htobe32(PT_LOAD),
        .p_offset = htobe32(0x400),
        .p_vaddr = htobe32(0x80100000),
        .p_paddr = htobe32(0x80100000),
        .p_filesz = htobe32(0x1000),
        .p_memsz = htobe32(0x3000),
    };
    memcpy(blob.data, &header, sizeof(header));
    memcpy(blob.data + sizeof(header), &program, sizeof(program));
    return blob;
}

/* Wraps a payload, and frees it. */
static struct machine_blob make_uimage(struct machine_blob payload, uint8_t type, uint8_t arch)
{
    struct machine_blob blob = {calloc(1, 64 + payload.size), 64 + payload.size, "sample"};
    memcpy(blob.data + 64, payload.data, payload.size);
    put_be32(blob.data, 0x27051956);
    put_be32(blob.data + 12, (uint32_t)payload.size);
    put_be32(blob.data + 16, 0x40008000);
    put_be32(blob.data + 20, 0x40008000);
    put_be32(blob.data + 24, (uint32_t)crc32(0, payload.data, (uInt)payload.size));
    blob.data[28] = 5;
    blob.data[29] = arch;
    blob.data[30] = type;
    put_be32(blob.data + 4, (uint32_t)crc32(0, blob.data, 64));
    load_free(&payload);
    return blob;
}

enum packing { PACK_NONE, PACK_GZIP, PACK_XZ, PACK_ZSTD, PACK_COUNT };

/* Packs, and frees what it packed. */
static struct machine_blob pack(struct machine_blob blob, enum packing packing)
{
    if (packing == PACK_NONE) {
        return blob;
    }
    size_t room = blob.size * 2 + 4096, size = 0;
    uint8_t *out = malloc(room);
    if (packing == PACK_GZIP) {
        z_stream z = {0};
        deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
        z.next_in = blob.data;
        z.avail_in = (uInt)blob.size;
        z.next_out = out;
        z.avail_out = (uInt)room;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        size = z.total_out;
        deflateEnd(&z);
    } else if (packing == PACK_XZ) {
        assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, blob.data, blob.size,
                                                 out, &size, room),
                         LZMA_OK);
    } else {
        size = ZSTD_compress(out, room, blob.data, blob.size, 3);
    }
    load_free(&blob);
    return (struct machine_blob){out, size, "sample"};
}

static bool load(struct machine_blob *blob, struct kernel_image *image)
{
    message = (struct message){0};
    return load_kernel(blob, EM_ARM, LIMIT, image, &message);
}

/* What an image says must lie within the blob. */
static void check_sound(const struct machine_blob *blob, const struct kernel_image *image)
{
    assert_in_range(image->segment_count, 1, 16);
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct kernel_segment *s = &image->segments[i];
        assert_true(s->data >= blob->data && s->data + s->file_size <= blob->data + blob->size);
        assert_true(s->memory_size >= s->file_size);
        assert_true(s->address + s->memory_size <= UINT64_C(1) << 32);
    }
}

static void expect_refusal(struct machine_blob blob, const char *part)
{
    struct kernel_image image;
    assert_false(load(&blob, &image));
    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
    if (!strstr(message.text, part)) {
        fail_msg("\"%s\" has no \"%s\"", message.text, part);
    }
    load_free(&blob);
}

static void test_zimage(void **state)
{
    (void)state;
    for (enum packing p = PACK_NONE; p < PACK_COUNT; p++) {
        struct machine_blob blob = pack(make_zimage(), p);
        struct kernel_image image;
        assert_true(load(&blob, &image));
        assert_int_equal(image.kind, KERNEL_ZIMAGE);
        assert_true(image.relocatable && !image.big_endian);
        assert_int_equal(image.size_in_memory, SAMPLE_SIZE + 0x500000 + 0x1000);
        check_sound(&blob, &image);
        load_free(&blob);
    }
}

static void test_elf(void **state)
{
    (void)state;
    for (enum packing p = PACK_NONE; p < PACK_COUNT; p++) {
        struct machine_blob blob = pack(make_elf(), p);
        struct kernel_image image;
        assert_true(load(&blob, &image));
        assert_int_equal(image.kind, KERNEL_ELF);
        assert_int_equal(image.entry, 0x40008010);
        assert_int_equal(image.segment_count, 1);
        assert_int_equal(image.segments[0].address, 0x40008000);
        assert_int_equal(image.segments[0].file_size, 0x1000);
        assert_int_equal(image.size_in_memory, 0x2000);
        check_sound(&blob, &image);
        load_free(&blob);
    }
}

static void test_big_endian_elf(void **state)
{
    (void)state;
    struct machine_blob blob = make_mips_elf();
    struct kernel_image image;
    assert_true(load_kernel(&blob, EM_MIPS, LIMIT, &image, &message));
    assert_int_equal(image.elf_machine, EM_MIPS);
    assert_true(image.big_endian && !image.relocatable);
    assert_int_equal(image.entry, 0x80100040);
    assert_int_equal(image.segments[0].address, 0x80100000);
    assert_int_equal(image.segments[0].memory_size, 0x3000);
    check_sound(&blob, &image);
    load_free(&blob);
    expect_refusal(make_mips_elf(), "is for MIPS; this machine's CPU is ARM");
}

static void expect_machine(struct machine_blob blob, uint16_t machine)
{
    assert_true(load_unpack_kernel(&blob, LIMIT, &message));
    assert_int_equal(load_elf_machine(&blob), machine);
    load_free(&blob);
}

static void test_machine_of_images(void **state)
{
    (void)state;
    for (enum packing p = PACK_NONE; p < PACK_COUNT; p++) {
        expect_machine(pack(make_zimage(), p), EM_ARM);
        expect_machine(pack(make_elf(), p), EM_ARM);
        expect_machine(pack(make_mips_elf(), p), EM_MIPS);
    }
    expect_machine(make_uimage(make_raw(100), 2, 2), EM_ARM);
    expect_machine(make_uimage(make_raw(100), 2, 5), EM_MIPS);
    expect_machine(make_uimage(make_raw(100), 2, 99), 0);
    struct machine_blob image = make_raw(SAMPLE_SIZE);
    put_le32(image.data + 12, 0xee109f10);
    expect_machine(image, EM_ARM);
    image = make_raw(SAMPLE_SIZE);
    memcpy(image.data + 0x38, "ARM\x64", 4);
    expect_machine(image, EM_AARCH64);
    for (size_t size = 1; size < 64; size++) {
        expect_machine(make_raw(size), 0);
        struct machine_blob cut = make_elf();
        cut.size = size;
        expect_machine(cut, size >= 20 ? EM_ARM : 0);
    }
}

static void test_uimage(void **state)
{
    (void)state;
    for (enum packing inner = PACK_NONE; inner < PACK_COUNT; inner++) {
        struct machine_blob blob = make_uimage(pack(make_zimage(), inner), 2, 2);
        struct kernel_image image;
        assert_true(load(&blob, &image));
        assert_int_equal(image.kind, KERNEL_UIMAGE);
        assert_int_equal(image.entry, 0x40008000);
        assert_false(image.relocatable);
        assert_true(image.size_in_memory > 0x500000);
        check_sound(&blob, &image);
        load_free(&blob);
    }
    struct machine_blob anywhere = make_uimage(make_zimage(), 14, 2);
    struct kernel_image image;
    assert_true(load(&anywhere, &image));
    assert_true(image.relocatable);
    load_free(&anywhere);
    expect_refusal(make_uimage(make_zimage(), 4, 2), "several parts");
    expect_refusal(make_uimage(make_zimage(), 3, 2), "no kernel");
    expect_refusal(make_uimage(make_zimage(), 2, 22), "for AArch64");
    expect_refusal(make_uimage(make_zimage(), 2, 99), "unknown CPU");
    struct machine_blob damaged = make_uimage(make_zimage(), 2, 2);
    damaged.data[70] ^= 1;
    expect_refusal(damaged, "wrong checksum");
    damaged = make_uimage(make_zimage(), 2, 2);
    damaged.data[13] ^= 1;
    expect_refusal(damaged, "wrong checksum");
}

static void test_raw(void **state)
{
    (void)state;
    struct machine_blob blob = make_raw(SAMPLE_SIZE);
    struct kernel_image image;
    assert_true(load(&blob, &image));
    assert_int_equal(image.kind, KERNEL_RAW);
    put_le32(blob.data + 12, 0xee109f10);
    assert_true(load(&blob, &image));
    assert_int_equal(image.kind, KERNEL_IMAGE);
    load_free(&blob);
}

static struct machine_blob make_marked(size_t offset, const char *mark)
{
    struct machine_blob blob = make_raw(SAMPLE_SIZE);
    memcpy(blob.data + offset, mark, strlen(mark));
    return blob;
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal(make_marked(0x38, "ARM\x64"), "AArch64");
    expect_refusal(make_marked(0x202, "HdrS"), "x86");
    expect_refusal(make_marked(0, "\xd0\x0d\xfe\xed"), "device tree");
    expect_refusal(make_marked(0, "070701"), "RAM disk");
    expect_refusal(make_marked(0, "BZh91AY"), "bzip2");
    expect_refusal(make_raw(3), "3 bytes");
    struct machine_blob text = {malloc(SAMPLE_SIZE), SAMPLE_SIZE, "sample"};
    memset(text.data, 'x', SAMPLE_SIZE);
    expect_refusal(text, "text file");

    struct machine_blob elf = make_elf();
    elf.data[18] = EM_MIPS;
    expect_refusal(elf, "is for MIPS; this machine's CPU is ARM");
    elf = make_elf();
    elf.data[4] = ELFCLASS64;
    expect_refusal(elf, "64-bit");
    elf = make_elf();
    elf.data[16] = ET_REL;
    expect_refusal(elf, "no program");
    elf = make_elf();
    elf.data[44] = 0;
    expect_refusal(elf, "nothing to load");
    elf = make_elf();
    put_le32(elf.data + 52 + 16, 0xfffffff0);
    expect_refusal(elf, "cut off");
    elf = make_elf();
    put_le32(elf.data + 52 + 20, 0xfffffff0);
    expect_refusal(elf, "no sense");
    elf = make_elf();
    put_le32(elf.data + 28, 0xfffffff0);
    expect_refusal(elf, "program headers");

    struct machine_blob zimage = make_zimage();
    put_le32(zimage.data + 0x2c, SAMPLE_SIZE + 1);
    expect_refusal(zimage, "cut off");
    zimage = make_zimage();
    put_le32(zimage.data + 0x28, SAMPLE_SIZE + 1);
    expect_refusal(zimage, "no sense");
}

/* Nested packing is undone up to a depth; a bomb stops at the limit. */
static void test_unpack_limits(void **state)
{
    (void)state;
    struct machine_blob blob = pack(pack(make_zimage(), PACK_XZ), PACK_GZIP);
    struct kernel_image image;
    assert_true(load(&blob, &image));
    load_free(&blob);
    for (enum packing p = PACK_GZIP; p < PACK_COUNT; p++) {
        struct machine_blob bomb = {calloc(1, 2 * LIMIT), 2 * LIMIT, "sample"};
        expect_refusal(pack(bomb, p), "more than");
        struct machine_blob exact = {calloc(1, LIMIT), LIMIT, "sample"};
        exact = pack(exact, p);
        assert_true(load_unpack(&exact, LIMIT, &message));
        assert_int_equal(exact.size, LIMIT);
        load_free(&exact);
        struct machine_blob nothing = {malloc(1), 0, "sample"};
        nothing = pack(nothing, p);
        assert_false(load_unpack(&nothing, LIMIT, &message));
        load_free(&nothing);
    }
}

/* Copies the first bytes into a block of just that size, so that a sanitizer sees any step
 * beyond. */
static struct machine_blob cut(const struct machine_blob *whole, size_t size)
{
    struct machine_blob blob = {malloc(size), size, "sample"};
    memcpy(blob.data, whole->data, size);
    return blob;
}

static struct machine_blob make_kind(unsigned kind)
{
    switch (kind) {
    case 0:
        return make_zimage();
    case 1:
        return make_elf();
    case 2:
        return make_uimage(make_zimage(), 2, 2);
    default:
        return make_raw(SAMPLE_SIZE);
    }
}

static void test_truncations(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        for (enum packing p = PACK_NONE; p < PACK_COUNT; p++) {
            struct machine_blob whole = pack(make_kind(kind), p);
            for (size_t size = 1; size < whole.size; size += size < 300 ? 1 : 97) {
                struct machine_blob blob = cut(&whole, size);
                struct kernel_image image;
                if (load(&blob, &image)) {
                    /* A header that is cut away leaves raw code; a packed file must show its
                     * loss. */
                    assert_true(p == PACK_NONE || size < 6);
                    check_sound(&blob, &image);
                } else {
                    assert_int_equal(message.status, EXIT_STATUS_IMAGE);
                    assert_true(message.text[0]);
                }
                load_free(&blob);
            }
            load_free(&whole);
        }
    }
}

static void test_corruption(void **state)
{
    (void)state;
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        struct machine_blob blob = pack(make_kind(round % 3), round / 3 % PACK_COUNT);
        for (unsigned flips = next_random() % 4 + 1; flips; flips--) {
            size_t at = next_random() % (flips & 1 ? 128 : blob.size);
            blob.data[at % blob.size] = (uint8_t)next_random();
        }
        struct kernel_image image;
        if (load(&blob, &image)) {
            check_sound(&blob, &image);
        }
        load_free(&blob);
    }
}

static void test_dtb(void **state)
{
    (void)state;
    struct machine_blob whole = {calloc(1, 1024), 1024, "sample"};
    fdt_create(whole.data, 1024);
    fdt_finish_reservemap(whole.data);
    fdt_begin_node(whole.data, "");
    fdt_property_string(whole.data, "compatible", "linux,dummy-virt");
    fdt_begin_node(whole.data, "chosen");
    fdt_end_node(whole.data);
    fdt_end_node(whole.data);
    fdt_finish(whole.data);
    assert_true(load_check_dtb(&whole, &message));
    size_t size = fdt_totalsize(whole.data);
    for (size_t i = 0; i < size; i++) {
        struct machine_blob blob = cut(&whole, i);
        assert_false(load_check_dtb(&blob, &message));
        load_free(&blob);
    }
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        struct machine_blob blob = cut(&whole, size);
        blob.data[next_random() % size] = (uint8_t)next_random();
        load_check_dtb(&blob, &message);
        load_free(&blob);
    }
    load_free(&whole);
}

static void test_files(void **state)
{
    (void)state;
    char directory[TEMP_PATH], name[TEMP_PATH + 8];
    assert_non_null(mkdtemp(temp_template(directory)));
    snprintf(name, sizeof(name), "%s/file", directory);
    struct machine_blob blob;
    assert_false(load_file(&blob, name, "kernel", LIMIT, &message));
    assert_non_null(strstr(message.text, "No such file"));
    assert_false(load_file(&blob, directory, "kernel", LIMIT, &message));
    assert_non_null(strstr(message.text, "directory"));
    FILE *file = fopen(name, "w");
    fclose(file);
    assert_false(load_file(&blob, name, "kernel", LIMIT, &message));
    assert_non_null(strstr(message.text, "empty"));
    file = fopen(name, "w");
    for (int i = 0; i < 100000; i++) {
        fputc(i, file);
    }
    fclose(file);
    assert_true(load_file(&blob, name, "kernel", LIMIT, &message));
    assert_int_equal(blob.size, 100000);
    assert_int_equal(blob.data[99999], (uint8_t)99999);
    load_free(&blob);
    assert_false(load_file(&blob, name, "kernel", 99999, &message));
    /* A size that is not known before: a pipe. */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (!fork()) {
        static uint8_t bytes[200000];
        close(ends[0]);
        ssize_t put = write(ends[1], bytes, sizeof(bytes));
        _exit(put != sizeof(bytes));
    }
    close(ends[1]);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    assert_true(load_file(&blob, name, "kernel", LIMIT, &message));
    assert_int_equal(blob.size, 200000);
    load_free(&blob);
    close(ends[0]);
    snprintf(name, sizeof(name), "%s/file", directory);
    unlink(name);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zimage),
        cmocka_unit_test(test_elf),
        cmocka_unit_test(test_big_endian_elf),
        cmocka_unit_test(test_machine_of_images),
        cmocka_unit_test(test_uimage),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_unpack_limits),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_corruption),
        cmocka_unit_test(test_dtb),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
