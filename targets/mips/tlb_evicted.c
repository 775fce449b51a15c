#include "core/base/check.h"
#include "targets/mips/system.h"
#include "targets/mips/tlb.h"

#include <stdlib.h>
#include <string.h>

enum {
    EVICTED_MAX = 4096, /* 32 MiB of the smallest pages */
    EVICTED_SIZES = 9,  /* of pages: 4 KiB << 2 * n */
    /* With more than so many to drop it is quicker to have all pages looked at. */
    EVICTED_FEW = 64,
};
#define EVICTED_NONE UINT16_MAX

struct mips_evicted {
    struct mips_tlb_entry entries[EVICTED_MAX];
    uint16_t next[EVICTED_MAX]; /* of the same bucket, or EVICTED_NONE */
    bool used[EVICTED_MAX];
    uint16_t buckets[EVICTED_MAX];
    unsigned cursor; /* where the next one goes: the oldest */
    unsigned count;
    unsigned by_size[EVICTED_SIZES];
    unsigned odd; /* private ones of the kernel's segments, where most are global */
};

static bool evicted_odd(const struct mips_tlb_entry *entry)
{
    return !entry->global && entry->vpn2 >> 31;
}

static void evicted_empty(struct mips_evicted *evicted)
{
    memset(evicted->used, 0, sizeof(evicted->used));
    memset(evicted->buckets, 0xff, sizeof(evicted->buckets));
    memset(evicted->by_size, 0, sizeof(evicted->by_size));
    evicted->cursor = evicted->count = evicted->odd = 0;
}

struct mips_evicted *mips_evicted_create(void)
{
    struct mips_evicted *evicted = malloc(sizeof(*evicted));
    CHECK(evicted);
    evicted_empty(evicted);
    return evicted;
}

void mips_evicted_destroy(struct mips_evicted *evicted)
{
    free(evicted);
}

static unsigned evicted_size(uint32_t mask)
{
    return (unsigned)__builtin_popcount(mask) / 2;
}

static uint32_t evicted_mask(unsigned size)
{
    return ((UINT32_C(1) << 2 * size) - 1) << 13;
}

static uint16_t *evicted_bucket(struct mips_evicted *evicted, uint32_t vpn2, unsigned size,
                                bool global, uint8_t asid)
{
    uint32_t space = (global ? 256 : asid) | size << 9;
    uint32_t hash = ((vpn2 >> 13) + space * UINT32_C(0x2545f)) * UINT32_C(0x9e3779b1);
    return &evicted->buckets[hash >> 20];
}
_Static_assert(EVICTED_MAX == 1 << 12, "the hash has 12 bits");

static uint16_t *evicted_bucket_of(struct mips_evicted *evicted, const struct mips_tlb_entry *entry)
{
    return evicted_bucket(evicted, entry->vpn2, evicted_size(entry->mask), entry->global,
                          entry->asid);
}

static void evicted_remove(struct mips_cpu *cpu, unsigned number)
{
    struct mips_evicted *evicted = cpu->evicted;
    const struct mips_tlb_entry *entry = &evicted->entries[number];
    uint16_t *link = evicted_bucket_of(evicted, entry);
    while (*link != number) {
        CHECK(*link != EVICTED_NONE);
        link = &evicted->next[*link];
    }
    *link = evicted->next[number];
    evicted->used[number] = false;
    evicted->count--;
    evicted->by_size[evicted_size(entry->mask)]--;
    evicted->odd -= evicted_odd(entry);
    mips_tlb_drop_pages(cpu, entry);
}

/* The entry of exactly these pages and rights; EVICTED_NONE if there is none. */
static unsigned evicted_at(struct mips_evicted *evicted, uint32_t address, unsigned size,
                           bool global, uint8_t asid)
{
    uint32_t mask = evicted_mask(size), vpn2 = address & ~(mask | 0x1fff);
    unsigned number = *evicted_bucket(evicted, vpn2, size, global, asid);
    for (; number != EVICTED_NONE; number = evicted->next[number]) {
        const struct mips_tlb_entry *entry = &evicted->entries[number];
        if (entry->vpn2 == vpn2 && entry->mask == mask && entry->global == global &&
            (global || entry->asid == asid)) {
            return number;
        }
    }
    return EVICTED_NONE;
}

const struct mips_tlb_entry *mips_evicted_find(const struct mips_cpu *cpu, uint32_t address)
{
    struct mips_evicted *evicted = cpu->evicted;
    uint8_t asid = (uint8_t)cpu->cp0.entryhi;
    for (unsigned size = 0; size < EVICTED_SIZES; size++) {
        for (unsigned global = 0; evicted->by_size[size] && global < 2; global++) {
            unsigned number = evicted_at(evicted, address, size, global, asid);
            if (number != EVICTED_NONE) {
                return &evicted->entries[number];
            }
        }
    }
    return NULL;
}

void mips_evicted_add(struct mips_cpu *cpu, const struct mips_tlb_entry *entry)
{
    struct mips_evicted *evicted = cpu->evicted;
    unsigned number = evicted->cursor;
    evicted->cursor = (number + 1) % EVICTED_MAX;
    if (evicted->used[number]) {
        evicted_remove(cpu, number);
    }
    uint16_t *bucket = evicted_bucket_of(evicted, entry);
    evicted->entries[number] = *entry;
    evicted->next[number] = *bucket;
    evicted->used[number] = true;
    *bucket = (uint16_t)number;
    evicted->count++;
    evicted->by_size[evicted_size(entry->mask)]++;
    evicted->odd += evicted_odd(entry);
}

void mips_evicted_drop(struct mips_cpu *cpu, const struct mips_tlb_entry *entry)
{
    struct mips_evicted *evicted = cpu->evicted;
    unsigned size = evicted_size(entry->mask);
    bool any_asid = entry->global && (evicted->odd || !(entry->vpn2 >> 31));
    if (evicted->by_size[size] == evicted->count && !any_asid) {
        for (unsigned global = 0; evicted->count && global < 2; global++) {
            unsigned number;
            while ((number = evicted_at(evicted, entry->vpn2, size, global, entry->asid)) !=
                   EVICTED_NONE) {
                evicted_remove(cpu, number);
            }
        }
        return;
    }
    /* Other sizes or any ASID: rare enough to look at all. */
    for (unsigned i = 0; i < EVICTED_MAX; i++) {
        if (evicted->used[i] && mips_tlb_overlap(&evicted->entries[i], entry)) {
            evicted_remove(cpu, i);
        }
    }
}

void mips_evicted_clear(struct mips_cpu *cpu)
{
    struct mips_evicted *evicted = cpu->evicted;
    if (evicted->count > EVICTED_FEW) {
        evicted_empty(evicted);
        mips_space_renew(cpu);
        return;
    }
    for (unsigned i = 0; evicted->count; i++) {
        if (evicted->used[i]) {
            evicted_remove(cpu, i);
        }
    }
}
