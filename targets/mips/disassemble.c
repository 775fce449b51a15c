/* Disassembly for logs, by Capstone: for people only, nothing depends on its text. */
#include "targets/mips/cpu.h"
#include "targets/mips/frontend.h"

#include <capstone/capstone.h>
#include <stdio.h>

enum { INSN_BYTES = 4 };

/* Capstone 4 knows no MIPS16e: halfwords are shown as they are. */
static unsigned disassemble_half(const struct guest_code *code, uint32_t offset, bool big,
                                 char *text, size_t size)
{
    const uint8_t *bytes = code->bytes + offset;
    snprintf(text, size, ".half 0x%02x%02x", bytes[!big], bytes[big]);
    return 2;
}

unsigned mips_disassemble(const struct guest_code *code, uint64_t pc, char *text, size_t size)
{
    const struct mips_cpu *cpu = (const struct mips_cpu *)code->cpu;
    uint32_t offset = (uint32_t)pc & (SPACE_PAGE_SIZE - 1);
    if (pc & 1) {
        return disassemble_half(code, offset - 1, cpu->big, text, size);
    }
    offset &= ~(uint32_t)(INSN_BYTES - 1);
    cs_mode mode = CS_MODE_MIPS32 + (cpu->big ? CS_MODE_BIG_ENDIAN : CS_MODE_LITTLE_ENDIAN);
    csh handle;
    if (cs_open(CS_ARCH_MIPS, mode, &handle) != CS_ERR_OK) {
        snprintf(text, size, "?");
        return INSN_BYTES;
    }
    const uint8_t *bytes = code->bytes + offset;
    cs_insn *insn;
    size_t found = cs_disasm(handle, bytes, INSN_BYTES, pc, 1, &insn);
    if (found) {
        snprintf(text, size, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, found);
    } else {
        snprintf(text, size, ".word 0x%02x%02x%02x%02x", bytes[cpu->big ? 0 : 3],
                 bytes[cpu->big ? 1 : 2], bytes[cpu->big ? 2 : 1], bytes[cpu->big ? 3 : 0]);
    }
    cs_close(&handle);
    return INSN_BYTES;
}
