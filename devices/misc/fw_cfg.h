/* fw_cfg: what the emulator tells firmware about the machine, as named items. Layout as in QEMU's
 * docs/specs/fw_cfg.rst, memory-mapped variant. */
#ifndef DEVICES_MISC_FW_CFG_H
#define DEVICES_MISC_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

struct fw_cfg;
struct machine;

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
};

/* Maps it at `base` with the items signature, ID, UUID and the (empty) directory. */
struct fw_cfg *fw_cfg_create(struct machine *machine, uint64_t base);
/* Items. Data is borrowed; numbers are little-endian. */
void fw_cfg_add(struct fw_cfg *fw_cfg, enum fw_cfg_key key, const void *data, size_t size);
void fw_cfg_add_u16(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint16_t value);
void fw_cfg_add_u32(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint32_t value);
void fw_cfg_add_u64(struct fw_cfg *fw_cfg, enum fw_cfg_key key, uint64_t value);
/* A named item; the directory lists it. Names are at most 55 bytes long. */
void fw_cfg_add_file(struct fw_cfg *fw_cfg, const char *name, const void *data, size_t size);

#endif
