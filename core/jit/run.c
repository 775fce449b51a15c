/* The run loop: from the guest's pc to host code and back, linking as it goes. */
#include "core/jit/run.h"

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/jit/both.h"
#include "core/jit/tier.h"
#include "core/jit/translate.h"

#include <string.h>

static bool run_log_on(const struct jit *jit)
{
    return log_on(jit->config.log, LOG_EXEC);
}

/* Makes a translation, or copies that of another virtual page. */
static struct jit_entry *run_translate(struct cpu *cpu, struct jit_page *page,
                                       const struct jit_entry *alias, uint64_t pc, uint32_t mode)
{
    cpu->jit->translating = true;
    struct jit_entry *entry = alias ? jit_clone(cpu->jit, alias, pc) : NULL;
    if (!entry) {
        entry = jit_translate(cpu, page, pc, mode);
    }
    cpu->jit->translating = false;
    return entry;
}

/* The mode that translations at the CPU's pc have to have. */
static uint32_t run_mode(struct cpu *cpu)
{
    uint32_t mode = cpu->guest->mode(cpu), lazy = mode & cpu->guest->lazy_mode;
    if (cpu->guest->lazy_mode) {
        memcpy((char *)cpu + cpu->guest->lazy_offset, &lazy, sizeof(lazy));
    }
    return mode;
}

/* The translation at the CPU's pc, made if need be. NULL if the fetch faults: the exception is
 * recorded. */
static struct jit_entry *run_find(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    uint64_t pc = cpu->guest->pc(cpu);
    uint32_t mode = run_mode(cpu);
    struct jit_page *page = jit_code_page(cpu, pc, false);
    if (!page) {
        return NULL;
    }
    struct jit_entry *alias;
    struct jit_entry *entry = jit_codes_find(jit, page, pc, mode, &alias);
    if (!entry) {
        entry = run_translate(cpu, page, alias, pc, mode);
    }
    if (entry->code->page[1]) {
        /* An instruction across two pages: the second one must be what it was, and entered for
         * GUARD. */
        struct jit_page *next = jit_code_page(cpu, entry->code->page_va + SPACE_PAGE_SIZE, false);
        if (!next) {
            return NULL;
        }
        if (next != entry->code->page[1]) {
            jit_codes_drop(jit, entry->code);
            entry = run_translate(cpu, page, NULL, pc, mode);
        }
    }
    return entry;
}

/* After JIT_EXIT_LINK: the exit through which the CPU came can go to `entry` directly
 * from now on. */
static void run_link(struct cpu *cpu, uint32_t site, const struct jit_entry *entry)
{
    struct jit *jit = cpu->jit;
    struct jit_code *from = jit->exit_owner[site];
    if (jit->config.engine == JIT_ENGINE_BOTH || !from || from->dead || from->transient ||
        entry->code->transient || from->mode != entry->code->mode ||
        from->host.exits[jit->exit_index[site]].target != entry->pc) {
        return;
    }
    jit_codes_link(jit, from, jit->exit_index[site], entry);
}

/* After JIT_EXIT_BRANCH: the next one finds its way in translated code. */
static void run_branch(struct cpu *cpu, const struct jit_entry *entry)
{
    struct jit *jit = cpu->jit;
    if (entry->host && !entry->code->transient && jit->config.engine == JIT_ENGINE_JIT &&
        !(entry->mode & jit->config.guest->passing_mode)) {
        jit_jumps_add(&jit->jumps, entry);
    }
}

static unsigned run_enter(struct cpu *cpu, const struct jit_entry *entry)
{
    struct jit *jit = cpu->jit;
    if (run_log_on(jit)) {
        log_write(jit->config.log, LOG_EXEC, "exec 0x%llx mode 0x%x\n",
                  (unsigned long long)entry->pc, entry->code->mode);
    }
    jit->running = entry->code;
    cpu->jumps = jit_jumps_of(&jit->jumps, entry->code->mode);
    unsigned why = jit->config.engine == JIT_ENGINE_BOTH ? jit_both_enter(cpu, entry)
                   : jit->host ? jit->config.host->enter(jit->host, cpu, entry->host)
                               : ir_interpret(cpu, entry->code->ir, entry->block);
    jit->running = NULL;
    return why;
}

const uint8_t *jit_follow(struct cpu *cpu)
{
    if (cpu->halted) {
        return NULL;
    }
    uint64_t pc = cpu->guest->pc(cpu);
    uint32_t mode = run_mode(cpu) & ~cpu->guest->lazy_mode;
    struct jump_entry *jumps = jit_jumps_of(&cpu->jit->jumps, mode);
    const struct jump_entry *jump = &jumps[jump_index((uint32_t)pc)];
    if (jump->pc != pc || jump->page != cpu->exec[(uint32_t)pc >> SPACE_PAGE_BITS]) {
        return NULL;
    }
    cpu->jumps = jumps;
    return jump->code;
}

/* Deals with what was asked of the CPU. Returns true if the machine has to have its turn. */
static bool run_requests(struct cpu *cpu)
{
    uint32_t poll = cpu->poll;
    if (poll & CPU_POLL_IRQ || cpu->halted) {
        atomic_fetch_and(&cpu->poll, ~(uint32_t)CPU_POLL_IRQ);
        if (cpu->halted && cpu->guest->wake(cpu)) {
            cpu->halted = false;
        }
        if (!cpu->halted) {
            cpu->guest->take_interrupt(cpu);
        }
    }
    if (poll & CPU_POLL_EVENT) {
        atomic_fetch_and(&cpu->poll, ~(uint32_t)CPU_POLL_EVENT);
    }
    return poll & (CPU_POLL_EVENT | CPU_POLL_STOP) || cpu->halted || cpu->stopped ||
           (cpu->counted && cpu->budget <= 0);
}

void jit_run(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    if (jit->tier) {
        jit_tier_begin(jit->tier);
    }
    int left = setjmp(cpu->leave);
    if (left) {
        jit->running = NULL;
        cpu->frame = NULL;
        jit->stats.exits[left - 1]++;
        if (left - 1 == JIT_EXIT_EXCEPTION) {
            cpu->guest->take_exception(cpu);
        }
    }
    uint32_t link_site = UINT32_MAX;
    bool branched = false;
    for (;;) {
        if ((cpu->poll || cpu->halted || cpu->counted) && run_requests(cpu)) {
            break;
        }
        if (jit->tier && jit_tier_ready(jit->tier)) {
            jit_tier_install(jit->tier);
        }
        if (jit->dying) {
            jit_codes_bury(jit);
        }
        struct jit_entry *entry = run_find(cpu);
        if (!entry) {
            cpu->guest->take_exception(cpu);
            link_site = UINT32_MAX;
            branched = false;
            continue;
        }
        if (link_site != UINT32_MAX) {
            run_link(cpu, link_site, entry);
        }
        if (branched) {
            run_branch(cpu, entry);
        }
        if (jit->tier && jit_tier_asks(jit->tier)) {
            jit_tier_sample(jit->tier, cpu, entry);
        }
        if (entry->code->transient) {
            jit_codes_drop(jit, entry->code);
        }
        unsigned why = run_enter(cpu, entry);
        jit->stats.exits[why]++;
        if (why == JIT_EXIT_EXCEPTION) { /* caught by the engine that compares */
            cpu->guest->take_exception(cpu);
        }
        /* With something asked of the CPU, an interrupt may change the pc first. */
        link_site = why == JIT_EXIT_LINK && !cpu->poll ? cpu->exit_site : UINT32_MAX;
        branched = why == JIT_EXIT_BRANCH && !cpu->poll;
    }
    if (jit->tier) {
        jit_tier_end(jit->tier);
    }
}

void cpu_fp_sync(struct cpu *cpu)
{
    const struct jit *jit = cpu->jit;
    if (cpu->fp_live && jit->config.host->fp_sync) {
        jit->config.host->fp_sync(jit->host, cpu);
    }
}

void cpu_leave(struct cpu *cpu, enum jit_exit why)
{
    cpu_fp_sync(cpu);
    cpu->fp_live = false;
    longjmp(cpu->leave, (int)why + 1);
}

void cpu_raise(struct cpu *cpu)
{
    jit_sync(cpu);
    cpu_leave(cpu, JIT_EXIT_EXCEPTION);
}

void jit_sync(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    if (!jit->running) {
        return; /* not in translated code: take_interrupt, loaders, tests */
    }
    uint32_t unexecuted;
    if (jit->host && !cpu->frame) {
        const struct jit_code *code =
            jit_codes_at(jit, jit->config.host->call_site(jit->host, cpu));
        CHECK(code);
        unexecuted = jit->config.host->sync(jit->host, cpu, &code->host);
    } else {
        unexecuted = ir_sync(cpu);
    }
    cpu->budget += unexecuted;
}
