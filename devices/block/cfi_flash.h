/* A bank of two 16-bit NOR flash chips side by side (32 bits wide), or of one with 32 bits, with
 * the Intel command set (Intel 28F128J3 datasheet 290667; Common Flash Interface, JEDEC JESD68.01).
 * Without a disk it starts all zero and forgets. */
#ifndef DEVICES_BLOCK_CFI_FLASH_H
#define DEVICES_BLOCK_CFI_FLASH_H

#include <stddef.h>
#include <stdint.h>

struct block_disk;
struct cfi_flash;
struct machine;

/* Maps a bank of `size` bytes, a power of two of at least 256 KiB. What is programmed goes to the
 * disk (may be NULL) as far as that reaches. NULL with errno if memory or the disk fails. */
struct cfi_flash *cfi_flash_create(struct machine *machine, const char *name, uint64_t base,
                                   uint64_t size, struct block_disk *disk);
/* Before the machine runs: one chip of 32 bits. */
void cfi_flash_set_one_chip(struct cfi_flash *flash);
/* Wires the chips for a bus whose first byte is the high one, as boards with big-endian CPUs do.
 * Before the machine runs. */
void cfi_flash_set_big_endian(struct cfi_flash *flash);
/* The contents, for loading firmware. */
uint8_t *cfi_flash_memory(struct cfi_flash *flash);

#endif
