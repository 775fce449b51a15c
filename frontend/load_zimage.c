#include "frontend/load.h"

#include "frontend/load_bytes.h"

#include <elf.h>

/* The head of an ARM zImage (Linux, Documentation/arch/arm/booting.rst and the layout that its boot
 * loaders rely on). Offsets are in bytes from the image's start. */
enum {
    ZIMAGE_HEADER = 0x34,
    ZIMAGE_START = 0x28,
    ZIMAGE_END = 0x2c,
    ZIMAGE_ENDIAN = 0x30,
    ZIMAGE_MORE = 0x34, /* a second magic number, then where the table of tags is */
    ZIMAGE_TABLE = 0x38,
    TAG_WORDS = 0,
    TAG_NUMBER = 4,
    TAG_SIZE_PLACE = 8, /* where in the image the unpacked kernel's size is stored */
    TAG_BSS_SIZE = 12,
};
#define ZIMAGE_BIG_ENDIAN 0x01020304u
#define ZIMAGE_MORE_MAGIC 0x45454545u
#define TAG_KERNEL_SIZE   0x5a534c4bu

/* Bytes that the unpacked kernel takes, bss included; 0 if the image does not tell. */
static uint64_t unpacked_size(const uint8_t *data, uint64_t size)
{
    if (size < ZIMAGE_TABLE + 4 || load_le32(data + ZIMAGE_MORE) != ZIMAGE_MORE_MAGIC) {
        return 0;
    }
    uint64_t tag = load_le32(data + ZIMAGE_TABLE);
    while (tag + TAG_BSS_SIZE + 4 <= size) {
        uint64_t words = load_le32(data + tag + TAG_WORDS);
        if (load_le32(data + tag + TAG_NUMBER) == TAG_KERNEL_SIZE && words >= 4) {
            uint64_t place = load_le32(data + tag + TAG_SIZE_PLACE);
            return place + 4 <= size
                       ? (uint64_t)load_le32(data + place) + load_le32(data + tag + TAG_BSS_SIZE)
                       : 0;
        }
        if (!words) {
            return 0;
        }
        tag += words * 4;
    }
    return 0;
}

bool load_zimage(const struct machine_blob *blob, struct kernel_image *image,
                 struct message *message)
{
    if (blob->size < ZIMAGE_HEADER) {
        return message_image(message, "%s is cut off: its zImage header is not whole", blob->name);
    }
    uint32_t start = load_le32(blob->data + ZIMAGE_START);
    uint32_t end = load_le32(blob->data + ZIMAGE_END);
    uint64_t size = (uint64_t)end - start;
    if (end < start || size < ZIMAGE_HEADER) {
        return message_image(message, "%s is damaged: the size in its zImage header makes no sense",
                             blob->name);
    }
    /* More than that is a device tree appended to it. */
    if (size > blob->size) {
        return message_image(message,
                             "%s is cut off: its zImage header tells of %llu bytes, the file has "
                             "%zu. Try: get the file again",
                             blob->name, (unsigned long long)size, blob->size);
    }
    *image = (struct kernel_image){
        .kind = KERNEL_ZIMAGE,
        .elf_machine = EM_ARM,
        .big_endian = load_le32(blob->data + ZIMAGE_ENDIAN) == ZIMAGE_BIG_ENDIAN,
        .relocatable = true,
        .size_in_memory = blob->size + unpacked_size(blob->data, size),
        .segments = {{0, blob->data, blob->size, blob->size}},
        .segment_count = 1,
    };
    return true;
}
