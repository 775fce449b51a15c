#include "core/cpu/trial.h"

#include "core/base/mem.h"

#include <string.h>

void trial_note_store(struct cpu_trial *trial, uint8_t *host, unsigned size, uint64_t value)
{
    if (trial->count == trial->cap) {
        trial->cap = trial->cap ? trial->cap * 2 : 64;
        trial->stores = mem_resize(trial->stores, trial->cap * sizeof(*trial->stores));
    }
    struct trial_store *store = &trial->stores[trial->count++];
    *store = (struct trial_store){.host = host, .after = value, .size = size};
    memcpy(&store->before, host, size);
}

void trial_undo(const struct cpu_trial *trial)
{
    for (size_t i = trial->count; i > 0; i--) {
        const struct trial_store *store = &trial->stores[i - 1];
        memcpy(store->host, &store->before, store->size);
    }
}
