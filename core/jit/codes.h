/* Translations: finding, linking and dropping them. Internal to core/jit. */
#ifndef CORE_JIT_CODES_H
#define CORE_JIT_CODES_H

#include "core/base/pool.h"
#include "core/jit/jit.h"
#include "core/jit/jumps.h"
#include "core/jit/pages.h"

struct jit_code;

/* No set of lazy mode bits (guest_ops.lazy_mode): a translation that serves all of them. */
#define JIT_ANY_LAZY UINT32_MAX

/* A block of a translation that can be entered from outside. */
struct jit_entry {
    struct jit_entry *next, **link; /* in the chain by page, mode and whole pc */
    struct jit_entry *alias_next,
        **alias_link; /* in the chain by page, mode and place in the page */
    struct jit_code *code;
    uint64_t pc;               /* guest pc, whole */
    const uint8_t *host;       /* where to enter; NULL if only interpreted */
    uint32_t block;            /* of the region, for the interpreter */
    uint32_t page, mode, lazy; /* of the code, here for the search: set by jit_codes_add() */
};

/* One direct exit that is linked to an entry of `to` (NULL: not linked). */
struct jit_link {
    struct jit_code *from, *to;
    struct jit_link *next, **link; /* in to's list of incoming links */
};

/* One translated region. Entries and links are part of its memory. */
struct jit_code {
    struct host_code host;
    struct ir_region *ir;     /* kept for the interpreter, otherwise NULL */
    uint64_t page_va;         /* guest virtual page it was made for */
    uint32_t mode;            /* without the lazy bits */
    uint32_t lazy;            /* what those were, if it depends on them; else JIT_ANY_LAZY */
    struct jit_page *page[2]; /* what it was made from; [1] only for an instruction across pages */
    uint64_t lines[2];        /* which lines of them */
    uint64_t fixed;           /* guest_region.fixed */
    struct jit_code *page_next[2], **page_link[2]; /* in the lists of those pages */
    struct jit_entry *entries;
    uint32_t entry_count;
    struct jit_link *links; /* one per host exit */
    struct jit_link *incoming;
    struct jit_code *older, *newer; /* all live ones, by age */
    struct jit_code *chunk_next;    /* by host address */
    bool quick;                     /* of the first tier (core/jit/tier.h) */
    size_t bytes;                   /* of this memory */
    bool transient;                 /* to be dropped after one use */
    bool dead;                      /* dropped; freed when nothing runs in it */
};

enum { JIT_CHUNK_BITS = 12, JIT_CHUNK_BUCKETS = 1 << 14 };

struct jit {
    struct jit_config config;
    struct host *host;
    struct jit_pages pages;
    struct pool pool;           /* the translations' memory */
    unsigned entry_bits;        /* log2 of the buckets of both hashes of entries */
    struct jit_entry **entries; /* by page, mode and pc */
    struct jit_entry **aliases; /* by page, mode and place in the page */
    struct ahead ahead;         /* of these two */
    struct jit_code **chunks;   /* hash of JIT_CHUNK_BUCKETS */
    uint32_t max_code_size;
    struct jit_code **exit_owner; /* by host_exit.id */
    uint32_t *exit_index;
    uint32_t exit_cap;
    struct jit_code *oldest, *newest;
    struct jit_code *dying;   /* dead, linked by `older` */
    bool translating;         /* for profiles */
    struct jit_code *running; /* where the run loop entered; NULL outside translated code */
    struct jit_jumps jumps;
    struct cpu *cpus[CPU_MAX];
    unsigned cpu_count;
    struct ir_region ir; /* scratch of the translator */
    struct jit_region_builder *builder;
    struct jit_tier *tier; /* NULL: everything is translated once, by all passes */
    struct jit_stats stats;
};

/* The entry for pc and (whole) mode on code page `page`, NULL if none. If `alias` is not NULL it
 * gets an entry for the same code seen at another virtual page, which can be cloned, or NULL. */
struct jit_entry *jit_codes_find(struct jit *jit, const struct jit_page *page, uint64_t pc,
                                 uint32_t mode, struct jit_entry **alias);
/* Registers a filled-in translation (everything but lists and links is set; entries still
 * unhashed). */
void jit_codes_add(struct jit *jit, struct jit_code *code);
/* The live or dying translation whose host code contains this address; NULL if none. */
struct jit_code *jit_codes_at(const struct jit *jit, const uint8_t *address);

/* Unlinks a translation from everything; its memory goes when jit_codes_bury() is called. */
void jit_codes_drop(struct jit *jit, struct jit_code *code);
/* Frees what was dropped. Nothing may run in translated code. */
void jit_codes_bury(struct jit *jit);
/* Drops and frees the oldest translations, about `bytes` of host code. */
void jit_codes_evict(struct jit *jit, size_t bytes);

/* Makes exit number `exit` of `from` jump to `entry` directly. */
void jit_codes_link(struct jit *jit, struct jit_code *from, uint32_t exit,
                    const struct jit_entry *entry);

#endif
