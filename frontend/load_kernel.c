#include "frontend/load.h"

#include "core/base/bits.h"
#include "frontend/load_bytes.h"

#include <ctype.h>
#include <elf.h>
#include <libfdt.h>
#include <stddef.h>
#include <string.h>

enum {
    UNPACK_MAX_LAYERS = 4,
    ZIMAGE_MAGIC_OFFSET = 0x24,
    ARM64_MAGIC_OFFSET = 0x38,
    RISCV_MAGIC_OFFSET = 0x38,
    X86_MAGIC_OFFSET = 0x202,
    SNIFF_SIZE = 512,
};
#define ZIMAGE_MAGIC    0x016f2818u
#define UIMAGE_MAGIC    0x27051956u
#define FDT_IMAGE_MAGIC 0xd00dfeedu
/* mrc p15, 0, r9, c0, c0: every ARM Linux asks for its CPU within the first instructions of its
 * head. */
#define ARM_LINUX_READ_MIDR 0xee109f10u
enum { ARM_LINUX_HEAD_WORDS = 24 };

static bool word_is(const struct machine_blob *blob, size_t offset, uint32_t word)
{
    return blob->size >= offset + 4 && load_le32(blob->data + offset) == word;
}

static bool text_is(const struct machine_blob *blob, size_t offset, const char *text)
{
    size_t length = strlen(text);
    return blob->size >= offset + length && !memcmp(blob->data + offset, text, length);
}

static bool is_zimage(const struct machine_blob *blob)
{
    return word_is(blob, ZIMAGE_MAGIC_OFFSET, ZIMAGE_MAGIC);
}

static bool is_text(const struct machine_blob *blob)
{
    size_t size = blob->size < SNIFF_SIZE ? blob->size : SNIFF_SIZE;
    for (size_t i = 0; i < size; i++) {
        if (!isprint(blob->data[i]) && !isspace(blob->data[i])) {
            return false;
        }
    }
    return true;
}

/* Files that people hand over by mistake and that would run as garbage. */
static const struct {
    size_t offset;
    const char *magic;
    const char *what;
    uint16_t machine;
} foreign_signs[] = {
    {ARM64_MAGIC_OFFSET, "ARM\x64", "a Linux kernel for AArch64", EM_AARCH64},
    {RISCV_MAGIC_OFFSET, "RSC\x05", "a Linux kernel for RISC-V", EM_RISCV},
    {X86_MAGIC_OFFSET, "HdrS", "a Linux kernel for x86", EM_386},
    {0, "\xd0\x0d\xfe\xed", "a device tree or a FIT image", 0},
    {0, "070701", "a RAM disk (cpio)", 0},
    {0, "!<arch>", "an archive (.a or .deb)", 0},
    {0, "PK\x03\x04", "a zip archive", 0},
    {0, "QFI\xfb", "a qcow2 disk image", 0},
};

static bool is_foreign(const struct machine_blob *blob, size_t sign)
{
    return text_is(blob, foreign_signs[sign].offset, foreign_signs[sign].magic);
}

/* Is it Linux's own Image for ARM? */
static bool is_arm_image(const struct machine_blob *blob)
{
    for (unsigned i = 0; i < ARM_LINUX_HEAD_WORDS; i++) {
        if (word_is(blob, i * 4, ARM_LINUX_READ_MIDR)) {
            return true;
        }
    }
    return false;
}

static bool refuse_foreign(const struct machine_blob *blob, uint16_t elf_machine,
                           struct message *message)
{
    for (size_t i = 0; i < ARRAY_SIZE(foreign_signs); i++) {
        if (is_foreign(blob, i) && foreign_signs[i].machine != elf_machine) {
            return message_image(message, "%s is %s, not a kernel for this machine's CPU (%s)",
                                 blob->name, foreign_signs[i].what,
                                 load_elf_machine_name(elf_machine));
        }
    }
    if (elf_machine != EM_ARM && is_zimage(blob)) {
        return message_image(message, "%s is a zImage for ARM; this machine's CPU is %s",
                             blob->name, load_elf_machine_name(elf_machine));
    }
    if (is_text(blob)) {
        return message_image(message,
                             "%s is a text file, not a kernel. -kernel takes a zImage, uImage, "
                             "Image, ELF or raw code",
                             blob->name);
    }
    return true;
}

/* Code without a header: Linux's own Image if it looks like one. */
static bool load_raw(const struct machine_blob *blob, uint16_t elf_machine,
                     struct kernel_image *image, struct message *message)
{
    if (!refuse_foreign(blob, elf_machine, message)) {
        return false;
    }
    if (blob->size < 4) {
        return message_image(message, "%s has only %zu bytes; that is no kernel", blob->name,
                             blob->size);
    }
    *image = (struct kernel_image){
        .kind = KERNEL_RAW,
        .relocatable = true,
        .size_in_memory = blob->size,
        .segments = {{0, blob->data, blob->size, blob->size}},
        .segment_count = 1,
    };
    if (elf_machine == EM_ARM && is_arm_image(blob)) {
        image->kind = KERNEL_IMAGE;
    }
    return true;
}

/* Puts the payload, unpacked, in the place of the whole uImage. */
static bool open_uimage(struct machine_blob *blob, uint16_t elf_machine, uint64_t limit,
                        struct kernel_image *image, struct message *message)
{
    size_t size;
    if (!load_uimage(blob, elf_machine, image, &size, message)) {
        return false;
    }
    memmove(blob->data, blob->data + LOAD_UIMAGE_HEADER, size);
    blob->size = size;
    if (!load_unpack(blob, limit, message)) {
        return false;
    }
    /* A zImage in it runs anywhere; the address in the header stays what its maker wanted. */
    image->segments[0].data = blob->data;
    image->segments[0].file_size = image->segments[0].memory_size = blob->size;
    image->segment_count = 1;
    image->size_in_memory = blob->size;
    struct kernel_image inner;
    if (is_zimage(blob)) {
        if (!load_zimage(blob, &inner, message)) {
            return false;
        }
        image->size_in_memory = inner.size_in_memory;
        image->big_endian = inner.big_endian;
    }
    uint64_t address = image->segments[0].address;
    if (!image->relocatable && (image->entry < address || image->entry >= address + blob->size ||
                                address + blob->size > UINT64_C(1) << 32)) {
        return message_image(
            message,
            "%s: the entry 0x%llx in its uImage header is outside of the kernel at "
            "0x%llx",
            blob->name, (unsigned long long)image->entry, (unsigned long long)address);
    }
    return true;
}

bool load_unpack_kernel(struct machine_blob *blob, uint64_t limit, struct message *message)
{
    for (unsigned layer = 0; layer < UNPACK_MAX_LAYERS; layer++) {
        const uint8_t *before = blob->data;
        if (!load_unpack(blob, limit, message)) {
            return false;
        }
        if (blob->data == before) {
            break;
        }
    }
    return true;
}

uint16_t load_elf_machine(const struct machine_blob *blob)
{
    if (text_is(blob, 0, ELFMAG) && blob->size >= offsetof(Elf32_Ehdr, e_machine) + 2) {
        return load_half(blob->data + offsetof(Elf32_Ehdr, e_machine),
                         blob->data[EI_DATA] == ELFDATA2MSB);
    }
    if (word_is(blob, 0, htobe32(UIMAGE_MAGIC))) {
        return load_uimage_machine(blob);
    }
    for (size_t i = 0; i < ARRAY_SIZE(foreign_signs); i++) {
        if (foreign_signs[i].machine && is_foreign(blob, i)) {
            return foreign_signs[i].machine;
        }
    }
    return is_zimage(blob) || is_arm_image(blob) ? EM_ARM : 0;
}

bool load_kernel(struct machine_blob *blob, uint16_t elf_machine, uint64_t limit,
                 struct kernel_image *image, struct message *message)
{
    if (!load_unpack_kernel(blob, limit, message)) {
        return false;
    }
    if (text_is(blob, 0, ELFMAG)) {
        return load_elf(blob, elf_machine, image, message);
    }
    if (elf_machine == EM_ARM && is_zimage(blob)) {
        return load_zimage(blob, image, message);
    }
    if (word_is(blob, 0, htobe32(UIMAGE_MAGIC))) {
        return open_uimage(blob, elf_machine, limit, image, message);
    }
    return load_raw(blob, elf_machine, image, message);
}

bool load_check_dtb(const struct machine_blob *blob, struct message *message)
{
    if (blob->size < 4 || load_be32(blob->data) != FDT_IMAGE_MAGIC) {
        return message_image(
            message,
            "%s is not a device tree (.dtb). Try: dtc -O dtb, if this is the source "
            "of one",
            blob->name);
    }
    if (blob->size < FDT_V1_SIZE || fdt_totalsize(blob->data) > blob->size) {
        return message_image(message,
                             "the device tree %s is cut off: the file has %zu bytes. Try: get the "
                             "file again",
                             blob->name, blob->size);
    }
    int error = fdt_check_full(blob->data, blob->size);
    if (error) {
        return message_image(message, "the device tree %s is damaged: %s", blob->name,
                             fdt_strerror(error));
    }
    return true;
}
