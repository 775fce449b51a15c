#include "host/x86_64/host.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "host/x86_64/features.h"
#include "host/x86_64/x64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The guest's best-ranked i32 slots go to registers. */
static void host_pin(struct host *host)
{
    static const uint8_t order[X64_PINNED_COUNT] = X64_PINNED_ORDER;
    const struct guest_ops *guest = host->guest;
    const unsigned count = X64_PINNED_COUNT - host->options.counted;
    unsigned used = 0;
    uint32_t last = 0;
    for (unsigned rank = 1; rank < 256 && used < count; rank++) {
        for (unsigned i = 0; i < guest->slot_count && used < count; i++) {
            const struct guest_slot *slot = &guest->slots[i];
            /* The pc slot is written at exits only. */
            if (slot->pin != rank || slot->type != IR_I32 || slot->offset == guest->pc_offset ||
                slot->offset == guest->tag_offset) {
                continue;
            }
            unsigned reg = order[used++];
            host->pinned |= X64_BIT(reg);
            host->pin_offset[reg] = slot->offset;
            last = slot->offset > last ? slot->offset : last;
        }
    }
    host->kept = host->pinned;
    if (host->options.counted) {
        CHECK(order[count] == X64_BUDGET);
        host->kept |= X64_BIT(X64_BUDGET);
        host->pin_offset[X64_BUDGET] = offsetof(struct cpu, budget);
    }
    for (unsigned i = 0; i < guest->slot_count; i++) {
        const struct guest_slot *slot = &guest->slots[i];
        last = slot->boolean && slot->offset > last ? slot->offset : last;
    }
    host->pin_at_count = last / 4 + 1;
    host->pin_at = mem_resize(NULL, host->pin_at_count);
    memset(host->pin_at, X64_NONE, host->pin_at_count);
    host->boolean_at = mem_resize(NULL, host->pin_at_count * sizeof(bool));
    memset(host->boolean_at, 0, host->pin_at_count * sizeof(bool));
    for (unsigned i = 0; i < guest->slot_count; i++) {
        if (guest->slots[i].boolean) {
            host->boolean_at[guest->slots[i].offset / 4] = true;
        }
    }
    for (uint32_t mask = host->pinned; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        CHECK(host->pin_offset[reg] % 4 == 0);
        host->pin_at[host->pin_offset[reg] / 4] = (uint8_t)reg;
        host->boolean_at[host->pin_offset[reg] / 4] = false;
    }
}

static struct host_work *host_work_create(void)
{
    return (struct host_work *)x64_scratch_create();
}

static void host_work_destroy(struct host_work *work)
{
    x64_scratch_destroy((struct x64_scratch *)work);
}

static void host_prepare(const struct host *host, struct host_work *work,
                         const struct ir_region *region)
{
    x64_prepare(host, (struct x64_scratch *)work, region);
}

static bool host_install(struct host *host, const struct host_work *work, struct host_code *code)
{
    return x64_install(host, (const struct x64_scratch *)work, code);
}

static void host_destroy(struct host *host)
{
    x64_scratch_destroy(host->scratch);
    x64_buffer_done(&host->buffer);
    pool_done(&host->pool);
    free(host->free_exits);
    free(host->pin_at);
    free(host->boolean_at);
    free(host);
}

struct host *x64_host_create(const struct guest_ops *guest, const struct host_options *options,
                             uint32_t feature_mask, char *message, size_t message_size)
{
    uint32_t features;
    if (!x64_features_detect(&features)) {
        snprintf(message, message_size,
                 "this CPU lacks SSE4.2, SSSE3 or POPCNT, which translated code needs");
        return NULL;
    }
    struct host *host = mem_resize(NULL, sizeof(*host));
    *host = (struct host){.guest = guest, .options = *options, .features = features & feature_mask};
    host->table_use = host->features & X64_HAS_FSGSBASE ? x64_table_use : x64_table_use_slowly;
    if (!x64_buffer_init(&host->buffer, options->buffer_size, message, message_size)) {
        free(host);
        return NULL;
    }
    host->scratch = x64_scratch_create();
    host_pin(host);
    x64_thunks_make(host);
    return host;
}

static struct host *host_create(const struct guest_ops *guest, const struct host_options *options,
                                char *message, size_t message_size)
{
    return x64_host_create(guest, options, UINT32_MAX, message, message_size);
}

static unsigned host_enter(struct host *host, struct cpu *cpu, const uint8_t *entry)
{
    unsigned (*enter)(char *state, const uint8_t *entry) =
        (unsigned (*)(char *, const uint8_t *))(uintptr_t)host->thunks[X64_THUNK_ENTER];
    x64_float_enter(cpu);
    host->table_use(cpu);
    return enter((char *)cpu + CPU_STATE_BIAS, entry); /* which calls x64_float_leave() */
}

const struct host_ops x64_host_ops = {
    .name = "x86-64",
    .create = host_create,
    .destroy = host_destroy,
    .compile = x64_compile,
    .work_create = host_work_create,
    .work_destroy = host_work_destroy,
    .prepare = host_prepare,
    .install = host_install,
    .clone = x64_clone,
    .release = x64_release,
    .link = x64_link,
    .unlink = x64_unlink,
    .enter = host_enter,
    .sync = x64_sync,
    .fp_sync = x64_fp_sync,
    .call_site = x64_call_site,
    .signal_pc = x64_signal_pc,
    .guest_pc = x64_guest_pc,
    .disassemble = x64_disassemble,
};
