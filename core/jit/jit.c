#include "core/jit/jit.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/jit/codes.h"
#include "core/jit/region.h"
#include "core/jit/run.h"
#include "core/jit/tier.h"

#include <stdlib.h>

enum {
    JIT_DEFAULT_BUFFER = 128 << 20,
    JIT_SPACES = 64, /* address spaces of a CPU that stay filled */
    JIT_LEAST_ENTRY_BITS = 10,
    JIT_BYTES_PER_ENTRY = 128, /* of host code, about */
};

static size_t table_size(const struct jit *jit)
{
    return sizeof(struct jit_entry *) << jit->entry_bits;
}

struct jit *jit_create(const struct jit_config *config, char *message, size_t message_size)
{
    struct jit *jit = calloc(1, sizeof(*jit));
    CHECK(jit);
    jit->config = *config;
    if (!jit->config.buffer_size) {
        jit->config.buffer_size = JIT_DEFAULT_BUFFER;
    }
    if (config->engine != JIT_ENGINE_INTERP) {
        struct host_options options = {.buffer_size = jit->config.buffer_size,
                                       .counted = config->counted,
                                       .follow =
                                           config->engine == JIT_ENGINE_JIT ? jit_follow : NULL,
                                       .log = config->log};
        jit->host = config->host->create(config->guest, &options, message, message_size);
        if (!jit->host) {
            free(jit);
            return NULL;
        }
    }
    jit_pages_init(&jit->pages);
    ir_region_init(&jit->ir);
    /* Never much fuller than one entry a bucket: a step in a chain is a cache miss. */
    jit->entry_bits = JIT_LEAST_ENTRY_BITS;
    while (jit->config.buffer_size >> jit->entry_bits > JIT_BYTES_PER_ENTRY) {
        jit->entry_bits++;
    }
    jit->entries = mem_table(table_size(jit));
    jit->aliases = mem_table(table_size(jit));
    jit->chunks = calloc(JIT_CHUNK_BUCKETS, sizeof(*jit->chunks));
    CHECK(jit->chunks);
    jit_jumps_init(&jit->jumps);
    jit->tier = jit->host ? jit_tier_create(jit) : NULL;
    jit->builder = mem_resize(NULL, sizeof(*jit->builder));
    return jit;
}

void jit_destroy(struct jit *jit)
{
    if (!jit) {
        return;
    }
    jit_tier_destroy(jit->tier);
    jit_flush(jit);
    for (unsigned i = 0; i < jit->cpu_count; i++) {
        space_cache_destroy(jit->cpus[i]->spaces);
        jit->cpus[i]->spaces = NULL;
    }
    if (jit->host) {
        jit->config.host->destroy(jit->host);
    }
    jit_pages_free(&jit->pages);
    pool_done(&jit->pool);
    ir_region_free(&jit->ir);
    free(jit->exit_owner);
    free(jit->exit_index);
    ahead_end(&jit->ahead);
    mem_unmap(jit->entries, table_size(jit));
    mem_unmap(jit->aliases, table_size(jit));
    free(jit->chunks);
    jit_jumps_free(&jit->jumps);
    free(jit->builder);
    free(jit);
}

/* Hashes spread what the first regions have all over the tables. */
void jit_ahead(struct jit *jit)
{
    const struct ahead_step steps[] = {
        {(char *)jit->entries, table_size(jit), AHEAD_TOUCH},
        {(char *)jit->aliases, table_size(jit), AHEAD_TOUCH},
    };
    if (jit->host) {
        ahead_begin(&jit->ahead, steps, 2);
    }
}

void jit_attach(struct jit *jit, struct cpu *cpu)
{
    CHECK(jit->cpu_count < CPU_MAX);
    jit->cpus[jit->cpu_count++] = cpu;
    cpu->jit = jit;
    cpu->guest = jit->config.guest;
    cpu->log = jit->config.log;
    cpu->jumps = jit->jumps.none;
    cpu->counted = jit->config.counted;
    space_cache_create(cpu, JIT_SPACES);
}

bool jit_page_has_code(const struct jit *jit, const uint8_t *host_page)
{
    const struct jit_page *page = jit_pages_find(&jit->pages, host_page);
    return page && page->lines;
}

/* Drops what was made from any of these lines of the page, and finds out anew which lines have
 * code. */
static void jit_written_lines(struct jit *jit, struct jit_page *page, uint64_t lines)
{
    struct jit_code *next;
    page->lines = 0;
    for (struct jit_code *code = page->codes; code; code = next) {
        unsigned which = code->page[0] != page;
        next = code->page_next[which];
        if (code->lines[which] & lines) {
            jit_codes_drop(jit, code);
        } else {
            page->lines |= code->lines[which];
        }
    }
}

void jit_written(struct jit *jit, const uint8_t *host, uint64_t size)
{
    bool dropped = false;
    while (size) {
        unsigned offset = (unsigned)((uintptr_t)host & JIT_PAGE_MASK);
        uint64_t part = SPACE_PAGE_SIZE - offset;
        part = part < size ? part : size;
        struct jit_page *page = jit_pages_find(&jit->pages, host - offset);
        if (page && page->lines) {
            unsigned first = offset >> JIT_LINE_BITS;
            unsigned last = (offset + (unsigned)part - 1) >> JIT_LINE_BITS;
            uint64_t lines = (~UINT64_C(0) >> (63 - (last - first))) << first;
            if (page->lines & lines) {
                jit_written_lines(jit, page, lines);
                dropped = true;
            }
        }
        host += part;
        size -= part;
    }
    if (dropped) {
        /* What runs now may be among it: no loop goes on in dropped code. */
        for (unsigned i = 0; i < jit->cpu_count; i++) {
            cpu_kick(jit->cpus[i], CPU_POLL_IRQ);
        }
    }
}

void jit_flush(struct jit *jit)
{
    while (jit->oldest) {
        jit_codes_drop(jit, jit->oldest);
    }
    jit_codes_bury(jit);
}

const struct jit_stats *jit_stats(const struct jit *jit)
{
    return &jit->stats;
}
