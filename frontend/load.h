/* Files that a machine starts from. Everything but load_file() is a pure function on memory, and no
 * content may bring it down: what a header says is believed only as far as the file's size bears it
 * out. */
#ifndef FRONTEND_LOAD_H
#define FRONTEND_LOAD_H

#include "core/machine/machine.h"
#include "frontend/message.h"

/* Reads a whole file, or a pipe until its end, of at most `limit` bytes. `what` is its role in
 * messages: "kernel". The name is borrowed. */
bool load_file(struct machine_blob *blob, const char *name, const char *what, uint64_t limit,
               struct message *message);
void load_free(struct machine_blob *blob);

/* Replaces data that is packed with gzip, xz or zstd by what is in it; leaves other data alone.
 * Fails if that takes more than `limit` bytes. */
bool load_unpack(struct machine_blob *blob, uint64_t limit, struct message *message);

/* Unpacks a kernel as often as needed. */
bool load_unpack_kernel(struct machine_blob *blob, uint64_t limit, struct message *message);
/* The CPU that an unpacked kernel is for, EM_ ..; 0 if one cannot tell. */
uint16_t load_elf_machine(const struct machine_blob *blob);

/* Recognises a kernel, unpacking it as often as needed. The image borrows from the blob.
 * elf_machine: EM_ .. of the machine's CPU. */
bool load_kernel(struct machine_blob *blob, uint16_t elf_machine, uint64_t limit,
                 struct kernel_image *image, struct message *message);

/* Is it a flattened device tree, whole and sound? */
bool load_check_dtb(const struct machine_blob *blob, struct message *message);

/* Formats. Each returns true with the image filled in; the caller has checked the magic number. */
bool load_zimage(const struct machine_blob *blob, struct kernel_image *image,
                 struct message *message);
bool load_elf(const struct machine_blob *blob, uint16_t elf_machine, struct kernel_image *image,
              struct message *message);
/* A uImage's header: the payload is blob->data + LOAD_UIMAGE_HEADER, of *size bytes. `image` gets
 * address and entry; its segments are left to the caller. */
enum { LOAD_UIMAGE_HEADER = 64 };
bool load_uimage(const struct machine_blob *blob, uint16_t elf_machine, struct kernel_image *image,
                 size_t *size, struct message *message);

/* The CPU that the header names, EM_ ..; 0 if none or an unknown one. */
uint16_t load_uimage_machine(const struct machine_blob *blob);

/* "ARM", "x86-64" ..; "an unknown CPU". */
const char *load_elf_machine_name(uint16_t elf_machine);

#endif
