/* Disassembly for logs, by Capstone: for people only, nothing depends on its text. */
#include "targets/arm/frontend.h"

#include <capstone/capstone.h>
#include <stdio.h>

/* The instruction's bytes; those on the next page are missing if it is not known. */
static size_t fetch(const struct guest_code *code, uint32_t offset, uint8_t bytes[4])
{
    size_t count = 0;
    for (; count < 4; count++) {
        uint32_t at = offset + (uint32_t)count;
        if (at < SPACE_PAGE_SIZE) {
            bytes[count] = code->bytes[at];
        } else if (code->next) {
            bytes[count] = code->next[at - SPACE_PAGE_SIZE];
        } else {
            break;
        }
    }
    return count;
}

unsigned arm_disassemble(const struct guest_code *code, uint64_t pc, char *text, size_t size)
{
    bool thumb = pc & 1;
    uint32_t address = (uint32_t)pc & ~UINT32_C(1);
    uint8_t bytes[4] = {0};
    size_t count = fetch(code, address & (SPACE_PAGE_SIZE - 1), bytes);
    unsigned length = thumb && bytes[1] >> 3 < 0x1d ? 2 : 4;
    csh handle;
    if (cs_open(CS_ARCH_ARM, thumb ? CS_MODE_THUMB : CS_MODE_ARM, &handle) != CS_ERR_OK) {
        snprintf(text, size, "?");
        return length;
    }
    cs_insn *insn;
    size_t found = cs_disasm(handle, bytes, count, address, 1, &insn);
    if (found) {
        snprintf(text, size, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, found);
    } else if (length == 2) {
        snprintf(text, size, ".inst.n 0x%02x%02x", bytes[1], bytes[0]);
    } else if (thumb) {
        snprintf(text, size, ".inst.w 0x%02x%02x%02x%02x", bytes[1], bytes[0], bytes[3], bytes[2]);
    } else {
        snprintf(text, size, ".inst 0x%02x%02x%02x%02x", bytes[3], bytes[2], bytes[1], bytes[0]);
    }
    cs_close(&handle);
    return length;
}
