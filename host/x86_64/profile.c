/* What profiles ask about translated code. */
#include "host/x86_64/x64.h"

#include <ucontext.h>

const uint8_t *x64_signal_pc(const void *context)
{
    const ucontext_t *interrupted = context;
    return (const uint8_t *)(uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP];
}

/* The last entry or call at or before the address. Code out of line follows that of all blocks, so
 * its own calls are what places it. */
uint64_t x64_guest_pc(const struct host_code *code, uint64_t page_va, const uint8_t *address)
{
    const struct x64_side *side = code->side;
    uint32_t offset = (uint32_t)(address - code->start), best = 0;
    uint64_t pc = page_va + (code->entry_count ? code->entries[0].pc : 0);
    for (uint32_t i = 0; i < code->entry_count; i++) {
        const struct host_entry *entry = &code->entries[i];
        if (entry->code <= offset && entry->code >= best) {
            best = entry->code;
            pc = page_va + entry->pc;
        }
    }
    uint32_t count = x64_sites_before(side, offset + 1);
    return count > 0 && side->sites[count - 1].ret >= best ? (uint64_t)side->sites[count - 1].pc
                                                           : pc;
}
