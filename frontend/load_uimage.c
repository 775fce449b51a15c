#include "frontend/load.h"

#include "core/base/bits.h"
#include "frontend/load_bytes.h"

#include <elf.h>
#include <zlib.h>

/* U-Boot's legacy image header; all numbers are big-endian. */
enum {
    UIMAGE_HEADER_CRC = 4,
    UIMAGE_SIZE = 12,
    UIMAGE_LOAD = 16,
    UIMAGE_ENTRY = 20,
    UIMAGE_DATA_CRC = 24,
    UIMAGE_ARCH = 29,
    UIMAGE_TYPE = 30,
    UIMAGE_PACKING = 31,
    UIMAGE_TYPE_KERNEL = 2,
    UIMAGE_TYPE_MULTI = 4,
    UIMAGE_TYPE_KERNEL_ANYWHERE = 14,
};

/* By UIMAGE_ARCH. */
static const uint16_t arch_machines[] = {
    [2] = EM_ARM,  [3] = EM_386,      [5] = EM_MIPS,    [7] = EM_PPC,    [9] = EM_SH,
    [12] = EM_68K, [22] = EM_AARCH64, [24] = EM_X86_64, [26] = EM_RISCV,
};

uint16_t load_uimage_machine(const struct machine_blob *blob)
{
    uint8_t arch = blob->size > UIMAGE_ARCH ? blob->data[UIMAGE_ARCH] : 0;
    return arch < ARRAY_SIZE(arch_machines) ? arch_machines[arch] : 0;
}

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    return (uint32_t)crc32_z(0, data, size);
}

bool load_uimage(const struct machine_blob *blob, uint16_t elf_machine, struct kernel_image *image,
                 size_t *size, struct message *message)
{
    if (blob->size < LOAD_UIMAGE_HEADER) {
        return message_image(message, "%s is cut off: its uImage header is not whole", blob->name);
    }
    uint8_t header[LOAD_UIMAGE_HEADER];
    memcpy(header, blob->data, sizeof(header));
    uint32_t header_crc = load_be32(header + UIMAGE_HEADER_CRC);
    memset(header + UIMAGE_HEADER_CRC, 0, 4);
    if (crc_of(header, sizeof(header)) != header_crc) {
        return message_image(message,
                             "%s is damaged: its uImage header has a wrong checksum. Try: get the "
                             "file again",
                             blob->name);
    }
    uint16_t machine = load_uimage_machine(blob);
    if (elf_machine && machine != elf_machine) {
        return message_image(message, "%s is a uImage for %s; this machine's CPU is %s", blob->name,
                             load_elf_machine_name(machine), load_elf_machine_name(elf_machine));
    }
    *size = load_be32(header + UIMAGE_SIZE);
    if (*size > blob->size - LOAD_UIMAGE_HEADER || !*size) {
        return message_image(
            message,
            "%s is cut off: its uImage header tells of %zu bytes of data, the file "
            "has %zu. Try: get the file again",
            blob->name, *size, blob->size - LOAD_UIMAGE_HEADER);
    }
    if (crc_of(blob->data + LOAD_UIMAGE_HEADER, *size) != load_be32(header + UIMAGE_DATA_CRC)) {
        return message_image(
            message, "%s is damaged: its data has a wrong checksum. Try: get the file again",
            blob->name);
    }
    uint8_t type = header[UIMAGE_TYPE];
    if (type == UIMAGE_TYPE_MULTI) {
        return message_image(
            message,
            "%s is a uImage of several parts. Try: give kernel and RAM disk apart, "
            "with -kernel and -initrd",
            blob->name);
    }
    if (type != UIMAGE_TYPE_KERNEL && type != UIMAGE_TYPE_KERNEL_ANYWHERE) {
        return message_image(message, "%s is a uImage, but of no kernel (type %u)", blob->name,
                             type);
    }
    *image = (struct kernel_image){
        .kind = KERNEL_UIMAGE,
        .elf_machine = machine,
        .relocatable = type == UIMAGE_TYPE_KERNEL_ANYWHERE,
    };
    if (!image->relocatable) {
        image->segments[0].address = load_be32(header + UIMAGE_LOAD);
        image->entry = load_be32(header + UIMAGE_ENTRY);
    }
    return true;
}
