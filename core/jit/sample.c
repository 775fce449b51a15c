#include "core/jit/sample.h"

#include "core/jit/codes.h"

void jit_sample(const struct jit *jit, const struct cpu *cpu, const void *context,
                struct jit_sample *sample)
{
    const struct guest_ops *guest = jit->config.guest;
    const struct host_ops *host = jit->config.host;
    const struct jit_code *code = jit->running;
    if (!code) {
        *sample = (struct jit_sample){.pc = guest->pc(cpu),
                                      .privileged = guest->mode(cpu) & guest->privileged_mode,
                                      .kind = jit->translating ? JIT_SAMPLE_TRANSLATING
                                                               : JIT_SAMPLE_ENGINE};
        return;
    }
    /* The run loop knows only where it entered: links have led on since. */
    *sample = (struct jit_sample){.pc = code->entries[0].pc, .kind = JIT_SAMPLE_CODE};
    if (jit->host && !cpu->frame) {
        const uint8_t *address = host->signal_pc(context);
        const struct jit_code *at = jit_codes_at(jit, address);
        if (!at) {
            sample->kind = JIT_SAMPLE_CALLED;
            address = host->call_site(jit->host, cpu);
            at = jit_codes_at(jit, address);
        }
        if (at) {
            code = at;
            sample->pc = host->guest_pc(&code->host, code->page_va, address);
        }
    }
    sample->privileged = code->mode & guest->privileged_mode;
}

void jit_announce(const struct jit *jit, const struct jit_code *code)
{
    const struct jit_listener *listener = jit->config.listener;
    for (uint32_t i = 0; listener && i < code->host.entry_count; i++) {
        const struct host_entry *entry = &code->host.entries[i];
        uint32_t end = code->host.size;
        for (uint32_t k = 0; k < code->host.entry_count; k++) {
            uint32_t next = code->host.entries[k].code;
            end = next > entry->code && next < end ? next : end;
        }
        listener->block(listener->opaque, code->host.start + entry->code, end - entry->code,
                        code->page_va + entry->pc, code->mode & jit->config.guest->privileged_mode);
    }
}
