/* Disassembly for display. */
#include "core/base/check.h"
#include "host/x86_64/x64.h"

#include <capstone/capstone.h>
#include <inttypes.h>

void x64_disassemble(struct host *host, const struct host_code *code, FILE *out)
{
    /* Profilers name addresses in the code buffer by its offset. */
    fprintf(out, "at 0x%tx of the code buffer, %" PRIu32 " bytes\n", code->start - host->buffer.rx,
            code->size);
    csh handle;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
        fprintf(out, "no disassembler\n");
        return;
    }
    cs_insn *insn = cs_malloc(handle);
    CHECK(insn);
    const uint8_t *at = code->start;
    size_t left = code->size;
    uint64_t address = 0;
    while (left) {
        for (uint32_t i = 0; i < code->entry_count; i++) {
            if (code->entries[i].code == address) {
                fprintf(out, "entry +0x%x:\n", code->entries[i].pc);
            }
        }
        if (!cs_disasm_iter(handle, &at, &left, &address, insn)) {
            fprintf(out, "%6" PRIx64 ":  .byte 0x%02x\n", address, *at);
            at++;
            left--;
            address++;
            continue;
        }
        fprintf(out, "%6" PRIx64 ":  %s %s\n", insn->address, insn->mnemonic, insn->op_str);
    }
    cs_free(insn, 1);
    cs_close(&handle);
}
