#include "core/jit/tier.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/base/thread.h"
#include "core/jit/region.h"
#include "core/jit/translate.h"
#include "core/opt/opt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TIER_PERIOD = 2000000, /* ns between two questions */
    TIER_DELAY = 200000,   /* repeatable: instructions until installing */
};

/* The one job of the thread. It belongs to the machine's thread unless it is queued. */
enum tier_state { TIER_IDLE, TIER_QUEUED, TIER_DONE, TIER_QUIT };

struct jit_tier {
    struct jit *jit;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;        /* state, or `runs` of a parked thread */
    _Atomic enum tier_state state; /* changes under the mutex */
    bool parked;                   /* under the mutex: the thread waits for a CPU to run */
    atomic_bool runs;              /* a CPU does */
    atomic_bool asks;              /* jit_tier_asks() */
    uint64_t queued_at;            /* repeatable: tier_insns() */

    /* What to translate. */
    uint8_t bytes[SPACE_PAGE_SIZE];
    struct guest_code code;
    struct jit_page *page;
    uint64_t pc;
    uint64_t taken[JIT_PAGE_STARTS / 64]; /* places that have second-tier code */

    /* The result. */
    struct ir_region ir;
    struct jit_region_builder builder;
    struct host_work *work;
};

/* ---- the thread ------------------------------------------------------------------------------ */

static bool tier_known(void *opaque, uint64_t pc)
{
    const struct jit_tier *tier = opaque;
    return bits_has(tier->taken, jit_place(pc));
}

static void tier_translate(struct jit_tier *tier)
{
    const struct jit_config *config = &tier->jit->config;
    region_build(&tier->builder, config->guest, &tier->code, &tier->ir, tier->pc);
    opt_run(&tier->ir, config->guest);
    config->host->prepare(tier->jit->host, tier->work, &tier->ir);
}

static void tier_change(struct jit_tier *tier, enum tier_state state)
{
    pthread_mutex_lock(&tier->mutex);
    if (tier->state != TIER_QUIT) {
        tier->state = state;
    }
    pthread_cond_broadcast(&tier->changed);
    pthread_mutex_unlock(&tier->mutex);
}

static void tier_kick(struct jit_tier *tier)
{
    for (unsigned i = 0; !tier->jit->config.repeatable && i < tier->jit->cpu_count; i++) {
        cpu_kick(tier->jit->cpus[i], CPU_POLL_IRQ);
    }
}

/* Sleeps for a period, for as long as no CPU runs, or until there is something else to do. */
static void tier_sleep(struct jit_tier *tier)
{
    struct timespec until;
    if (tier->jit->config.repeatable) {
        pthread_cond_wait(&tier->changed, &tier->mutex);
        return;
    }
    tier->parked = !tier->runs;
    if (tier->parked) {
        pthread_cond_wait(&tier->changed, &tier->mutex);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TIER_PERIOD;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (pthread_cond_timedwait(&tier->changed, &tier->mutex, &until) && tier->state == TIER_IDLE) {
        tier->asks = true;
        tier_kick(tier);
    }
}

static void *tier_run(void *opaque)
{
    struct jit_tier *tier = opaque;
    pthread_mutex_lock(&tier->mutex);
    while (tier->state != TIER_QUIT) {
        if (tier->state != TIER_QUEUED) {
            tier_sleep(tier);
            continue;
        }
        pthread_mutex_unlock(&tier->mutex);
        tier_translate(tier);
        tier_change(tier, TIER_DONE);
        tier_kick(tier); /* a loop may run on for long without passing the run loop */
        pthread_mutex_lock(&tier->mutex);
    }
    pthread_mutex_unlock(&tier->mutex);
    return NULL;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

struct jit_tier *jit_tier_create(struct jit *jit)
{
    if (!jit->config.second_tier || jit->config.engine != JIT_ENGINE_JIT) {
        return NULL;
    }
    struct jit_tier *tier = calloc(1, sizeof(*tier));
    CHECK(tier);
    tier->jit = jit;
    tier->builder.known = tier_known;
    tier->builder.opaque = tier;
    tier->work = jit->config.host->work_create();
    ir_region_init(&tier->ir);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    CHECK(!pthread_mutex_init(&tier->mutex, NULL) &&
          !pthread_cond_init(&tier->changed, &monotonic));
    pthread_condattr_destroy(&monotonic);
    tier->thread = thread_start(tier_run, tier);
    pthread_setname_np(tier->thread, "ibird-tier");
    return tier;
}

void jit_tier_destroy(struct jit_tier *tier)
{
    if (!tier) {
        return;
    }
    tier_change(tier, TIER_QUIT);
    pthread_join(tier->thread, NULL);
    pthread_cond_destroy(&tier->changed);
    pthread_mutex_destroy(&tier->mutex);
    tier->jit->config.host->work_destroy(tier->work);
    ir_region_free(&tier->ir);
    free(tier);
}

/* ---- the machine's thread -------------------------------------------------------------------- */

static uint64_t tier_insns(const struct jit_tier *tier)
{
    uint64_t insns = 0;
    for (unsigned i = 0; i < tier->jit->cpu_count; i++) {
        insns += tier->jit->cpus[i]->insns;
    }
    return insns;
}

static bool tier_serves(const struct jit_code *code, uint32_t mode, uint32_t lazy_bits)
{
    return code->mode == (mode & ~lazy_bits) &&
           (code->lazy == JIT_ANY_LAZY || code->lazy == (mode & lazy_bits));
}

/* Blocks that have second-tier code already are gone to, not translated again: no two such regions
 * have a block in common, so that neither drives the other out. */
static void tier_note_taken(struct jit_tier *tier, const struct jit_code *hot, uint32_t mode)
{
    memset(tier->taken, 0, sizeof(tier->taken));
    const struct jit_code *next;
    for (const struct jit_code *code = hot->page[0]->codes; code; code = next) {
        next = code->page_next[code->page[0] != hot->page[0]];
        if (code->quick || code->page_va != hot->page_va ||
            !tier_serves(code, mode, tier->jit->config.guest->lazy_mode)) {
            continue;
        }
        for (uint32_t i = 0; i < code->entry_count; i++) {
            bits_add(tier->taken, jit_place(code->entries[i].pc));
        }
    }
}

bool jit_tier_asks(const struct jit_tier *tier)
{
    return atomic_load_explicit(&tier->asks, memory_order_relaxed);
}

void jit_tier_sample(struct jit_tier *tier, const struct cpu *cpu, const struct jit_entry *entry)
{
    const struct jit_code *code = entry->code;
    tier->asks = false;
    if (!code->quick || tier->state != TIER_IDLE) {
        return;
    }
    tier->page = code->page[0];
    tier->pc = entry->pc;
    tier->queued_at = tier_insns(tier);
    memcpy(tier->bytes, code->page[0]->host, sizeof(tier->bytes));
    tier->code = (struct guest_code){.page = code->page_va,
                                     .bytes = tier->bytes,
                                     .mode = cpu->guest->mode(cpu),
                                     .cpu = cpu,
                                     .max_insns = REGION_MAX_BLOCK_INSNS};
    tier_note_taken(tier, code, tier->code.mode);
    tier_change(tier, TIER_QUEUED);
}

/* The first tier's code of the same blocks goes; what led to it is linked anew when it is run. */
static void tier_replace(struct jit_tier *tier, const struct host_code *host)
{
    struct jit *jit = tier->jit;
    for (uint32_t i = 0; i < host->entry_count; i++) {
        struct jit_entry *old, *alias;
        uint64_t pc = tier->code.page + host->entries[i].pc;
        while ((old = jit_codes_find(jit, tier->page, pc, tier->code.mode, &alias))) {
            jit_codes_drop(jit, old->code);
            jit->stats.invalidations--; /* counted as replaced instead */
            jit->stats.replaced++;
        }
    }
}

static void tier_finish(struct jit_tier *tier)
{
    struct jit *jit = tier->jit;
    if (tier->builder.guest.uses_next ||
        memcmp(tier->bytes, tier->page->host, sizeof(tier->bytes)) != 0) {
        return; /* written meanwhile */
    }
    struct jit_code draft = {
        .page_va = tier->code.page,
        .mode = tier->code.mode & ~jit->config.guest->lazy_mode,
        .lazy = tier->builder.lazy ? tier->code.mode & jit->config.guest->lazy_mode : JIT_ANY_LAZY,
        .page = {tier->page},
        .lines = {tier->builder.lines[0]},
        .fixed = tier->builder.guest.fixed,
    };
    if (!jit->config.host->install(jit->host, tier->work, &draft.host)) {
        return; /* no room: hot as it is, it will ask again */
    }
    tier_replace(tier, &draft.host);
    jit_code_add(jit, &draft, &tier->ir);
    jit->stats.second_tier++;
}

bool jit_tier_ready(const struct jit_tier *tier)
{
    return tier->state == TIER_DONE && !tier->jit->config.repeatable;
}

void jit_tier_install(struct jit_tier *tier)
{
    tier_finish(tier);
    tier_change(tier, TIER_IDLE);
}

/* Where all has to be repeatable, a slice of instructions begins: what is due is waited for. */
static void tier_slice(struct jit_tier *tier)
{
    if (tier->state != TIER_IDLE && tier_insns(tier) - tier->queued_at >= TIER_DELAY) {
        pthread_mutex_lock(&tier->mutex);
        while (tier->state != TIER_DONE) {
            pthread_cond_wait(&tier->changed, &tier->mutex);
        }
        pthread_mutex_unlock(&tier->mutex);
        jit_tier_install(tier);
    }
    tier->asks = tier->state == TIER_IDLE;
}

void jit_tier_begin(struct jit_tier *tier)
{
    if (tier->jit->config.repeatable) {
        tier_slice(tier);
        return;
    }
    tier->runs = true;
    pthread_mutex_lock(&tier->mutex);
    if (tier->parked) {
        tier->parked = false;
        pthread_cond_broadcast(&tier->changed);
    }
    pthread_mutex_unlock(&tier->mutex);
}

void jit_tier_end(struct jit_tier *tier)
{
    tier->runs = false;
}
