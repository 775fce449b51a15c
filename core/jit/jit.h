/* The engine: finds, makes, links and drops translations, and runs them. One per machine,
 * shared by its CPUs. */
#ifndef CORE_JIT_JIT_H
#define CORE_JIT_JIT_H

#include "core/cpu/cpu.h"
#include "core/jit/host.h"

#include <stdio.h>

enum jit_engine { JIT_ENGINE_JIT, JIT_ENGINE_INTERP, JIT_ENGINE_BOTH };

/* Inline cache of indirect branches, one for each mode (without lazy bits): direct-mapped by
 * jump_index(). Valid if pc matches and cpu->exec of pc's page is `page`. */
struct jump_entry {
    uint32_t pc;
    uint32_t page;
    const uint8_t *code;
};
enum { JUMP_ENTRY_BITS = 15, JUMP_ENTRY_SHIFT = 4 };
_Static_assert(sizeof(struct jump_entry) == 1 << JUMP_ENTRY_SHIFT, "hosts shift by it");
/* No code page has this number, and 0 means an unknown one. */
#define JUMP_ENTRY_UNUSED ((struct jump_entry){.page = UINT32_MAX})
/* Index = the top bits of pc * JUMP_HASH (2^32 through the golden ratio). */
#define JUMP_HASH UINT32_C(0x9e3779b1)
static inline uint32_t jump_index(uint32_t pc)
{
    return pc * JUMP_HASH >> (32 - JUMP_ENTRY_BITS);
}

/* Told where the code of each translated guest block is, as it is made. */
struct jit_listener {
    void (*block)(void *opaque, const uint8_t *start, size_t size, uint64_t pc, bool privileged);
    void *opaque;
};

struct jit_config {
    enum jit_engine engine;
    const struct guest_ops *guest;
    const struct host_ops *host;
    size_t buffer_size; /* 0: default */
    bool counted;
    const struct log *log;
    const struct jit_listener *listener; /* NULL: none */
    bool second_tier; /* translate hot regions anew, by more passes, on another thread */
    bool repeatable;  /* what is done when depends on instruction counts only */
};

struct jit_stats {
    uint64_t regions, blocks, guest_insns_translated, host_bytes;
    uint64_t translate_ns;
    uint64_t exits[JIT_EXIT_UNTRIED + 1]; /* by enum jit_exit */
    uint64_t clones, invalidations, evictions;
    uint64_t second_tier, replaced; /* regions translated anew; first-tier ones dropped for them */
};

/* Returns NULL and a message on failure. */
struct jit *jit_create(const struct jit_config *config, char *message, size_t message_size);
void jit_destroy(struct jit *jit);
/* A large program is going to run: what it will need is made ready meanwhile. A hint. */
void jit_ahead(struct jit *jit);
void jit_attach(struct jit *jit, struct cpu *cpu);

/* Runs the CPU until cpu->poll or the end of its budget stops it, or it halts. Interrupts and
 * exceptions are taken inside. */
void jit_run(struct cpu *cpu);

/* RAM was written by someone other than translated code: DMA, loaders, debuggers. */
void jit_written(struct jit *jit, const uint8_t *host, uint64_t size);
/* Drops every translation (tests, snapshots, model changes). */
void jit_flush(struct jit *jit);

const struct jit_stats *jit_stats(const struct jit *jit);

/* --dump-block: translates the region at the CPU's virtual `pc` and prints guest code, IR, the IR
 * after each pass and host code. Returns false if that page is not executable RAM. */
bool jit_dump_block(struct cpu *cpu, uint64_t pc, FILE *out);

#endif
