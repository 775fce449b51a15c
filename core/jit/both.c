#include "core/jit/both.h"

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/cpu/trial.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* What a run left behind. */
struct both_outcome {
    unsigned exit;
    int64_t budget;
    uint8_t *slots; /* values of the guest's slots, one after another */
};

static size_t both_slots_size(const struct guest_ops *guest)
{
    size_t size = 0;
    for (unsigned i = 0; i < guest->slot_count; i++) {
        size += ir_type_size(guest->slots[i].type);
    }
    return size;
}

static void both_save(const struct cpu *cpu, uint8_t *to)
{
    for (unsigned i = 0; i < cpu->guest->slot_count; i++) {
        const struct guest_slot *slot = &cpu->guest->slots[i];
        unsigned size = ir_type_size(slot->type);
        memcpy(to, (const uint8_t *)cpu + slot->offset, size);
        to += size;
    }
}

/* Runs by one of the executors, exceptions caught. */
static unsigned both_run(struct cpu *cpu, const struct jit_entry *entry, bool interpret)
{
    struct jit *jit = cpu->jit;
    jmp_buf outer;
    memcpy(&outer, &cpu->leave, sizeof(outer));
    volatile unsigned why;
    int left = setjmp(cpu->leave);
    if (left) {
        why = (unsigned)left - 1;
    } else if (interpret) {
        why = ir_interpret(cpu, entry->code->ir, entry->block);
    } else {
        why = jit->config.host->enter(jit->host, cpu, entry->host);
    }
    memcpy(&cpu->leave, &outer, sizeof(outer));
    cpu->frame = NULL;
    return why == JIT_EXIT_LINK || why == JIT_EXIT_BRANCH ? JIT_EXIT_LOOKUP : why;
}

static struct both_outcome both_outcome(struct cpu *cpu, unsigned exit, uint8_t *slots)
{
    both_save(cpu, slots);
    return (struct both_outcome){.exit = exit, .budget = cpu->budget, .slots = slots};
}

static void both_print_slots(const struct cpu *cpu, const struct both_outcome *wanted,
                             const struct both_outcome *got, FILE *out)
{
    size_t at = 0;
    for (unsigned i = 0; i < cpu->guest->slot_count; i++) {
        const struct guest_slot *slot = &cpu->guest->slots[i];
        unsigned size = ir_type_size(slot->type);
        if (memcmp(wanted->slots + at, got->slots + at, size)) {
            uint64_t w[2] = {0}, g[2] = {0};
            memcpy(w, wanted->slots + at, size);
            memcpy(g, got->slots + at, size);
            fprintf(out,
                    "  %s: interpreter %016" PRIx64 "%016" PRIx64 ", host %016" PRIx64 "%016" PRIx64
                    "\n",
                    slot->name, w[1], w[0], g[1], g[0]);
        }
        at += size;
    }
}

static void both_differ(struct cpu *cpu, const struct jit_entry *entry,
                        const struct both_outcome *wanted, const struct both_outcome *got,
                        const struct trial_store *store)
{
    struct jit *jit = cpu->jit;
    FILE *out = stderr;
    fprintf(out, "ibird: interpreter and translated code differ in the region at 0x%" PRIx64 "\n",
            entry->pc);
    fprintf(out, "  exit: interpreter %u, host %u; budget %" PRId64 ", %" PRId64 "\n", wanted->exit,
            got->exit, wanted->budget, got->budget);
    if (store) {
        fprintf(out, "  store of %u bytes at host %p: interpreter 0x%" PRIx64 "\n", store->size,
                (void *)store->host, store->after);
    }
    both_print_slots(cpu, wanted, got, out);
    ir_print(entry->code->ir, cpu->guest->slots, cpu->guest->slot_count, out);
    jit->config.host->disassemble(jit->host, &entry->code->host, out);
    fflush(out);
    CHECK(!"--engine=both found a difference");
}

/* The last of the trial's stores to a place says what must be there now. */
static const struct trial_store *both_wrong_store(const struct cpu_trial *trial)
{
    for (size_t i = trial->count; i > 0; i--) {
        const struct trial_store *store = &trial->stores[i - 1];
        bool overwritten = false;
        for (size_t k = i; k < trial->count && !overwritten; k++) {
            const struct trial_store *later = &trial->stores[k];
            overwritten =
                later->host < store->host + store->size && store->host < later->host + later->size;
        }
        if (!overwritten && memcmp(store->host, &store->after, store->size)) {
            return store;
        }
    }
    return NULL;
}

unsigned jit_both_enter(struct cpu *cpu, const struct jit_entry *entry)
{
    const struct guest_ops *guest = cpu->guest;
    size_t state_size = guest->state_size - CPU_STATE_BIAS;
    size_t slots_size = both_slots_size(guest);
    uint8_t *state = mem_resize(NULL, state_size + 2 * slots_size);
    memcpy(state, (uint8_t *)cpu + CPU_STATE_BIAS, state_size);
    int64_t budget = cpu->budget;
    uint32_t poll = cpu->poll;

    struct cpu_trial trial = {0};
    cpu->trial = &trial;
    unsigned exit = both_run(cpu, entry, true);
    cpu->trial = NULL;
    if (exit != JIT_EXIT_UNTRIED && cpu->poll != poll) {
        /* Another thread has asked for something, which may have ended a loop midway. The host would
         * leave the same loop at its first turn: what takes the interpreter longer than from one
         * interrupt to the next would never get on. So this run counts. */
        free(trial.stores);
        free(state);
        return exit;
    }
    struct both_outcome wanted = both_outcome(cpu, exit, state + state_size);
    trial_undo(&trial);
    memcpy((uint8_t *)cpu + CPU_STATE_BIAS, state, state_size);
    cpu->budget = budget;

    exit = both_run(cpu, entry, false);
    /* Again, it may have asked meanwhile: only one of the two saw it. */
    if (wanted.exit != JIT_EXIT_UNTRIED && cpu->poll == poll) {
        struct both_outcome got = both_outcome(cpu, exit, state + state_size + slots_size);
        /* Beyond this many stores the quadratic search for overwritten ones takes too long. */
        const struct trial_store *store = trial.count < 4096 ? both_wrong_store(&trial) : NULL;
        if (wanted.exit != got.exit || wanted.budget != got.budget || store ||
            memcmp(wanted.slots, got.slots, slots_size)) {
            both_differ(cpu, entry, &wanted, &got, store);
        }
    }
    free(trial.stores);
    free(state);
    return exit;
}
