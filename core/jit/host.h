/* Border: what a host backend gives to the engine. One const table per host architecture.
 *
 * The register contract: at every block entry, exit and link each pinned guest slot is in its host
 * register and every other slot is in the state. `enter` loads the pinned registers, exits store
 * them. */
#ifndef CORE_JIT_HOST_H
#define CORE_JIT_HOST_H

#include "core/ir/ir.h"
#include "core/jit/guest.h"

#include <stdio.h>

struct host_work; /* working memory of a compilation */
struct host;      /* one backend instance: code buffer, thunks, register map of one guest */

/* A block that can be entered from outside. */
struct host_entry {
    uint32_t pc;   /* low bits of guest pc: offset in the page, mode bits a pc carries included */
    uint32_t code; /* byte offset in the region's code */
};

/* A direct exit that can be linked to another region's entry. */
struct host_exit {
    uint64_t target; /* guest pc */
    uint32_t id;     /* what cpu->exit_site holds after JIT_EXIT_LINK; unique in the host */
    uint32_t site;   /* byte offset in the code of what gets patched */
    bool cross_page; /* guarded by cpu->exec at each pass */
    bool returns;    /* of a call: needs no poll, since the call has polled */
};

/* The result of compiling one region. Arrays are owned by the code and
 * freed by host_ops.release. */
struct host_code {
    const uint8_t *start; /* executable address */
    uint32_t size;
    struct host_entry *entries;
    struct host_exit *exits;
    uint32_t entry_count, exit_count;
    void *side; /* the backend's side tables: host address -> guest pc and snapshot values */
};

struct host_options {
    size_t buffer_size; /* bytes of code buffer */
    bool counted;       /* maintain cpu->budget and leave when it is used up */
    /* Where to go on after LEAVE, the guest state being complete: code of a jump_entry, or NULL
     * to let the run loop see (JIT_EXIT_BRANCH). NULL: it always does. */
    const uint8_t *(*follow)(struct cpu *cpu);
    const struct log *log;
};

struct host_ops {
    const char *name;
    /* Returns NULL and a message if the host cannot run (missing CPU features, no memory). */
    struct host *(*create)(const struct guest_ops *guest, const struct host_options *options,
                           char *message, size_t message_size);
    void (*destroy)(struct host *host);

    /* Compiles a verified region. Returns false if the buffer has no room (evict, then retry). */
    bool (*compile)(struct host *host, const struct ir_region *region, struct host_code *code);
    /* The same in two steps: prepare() on any thread, with working memory of its own. */
    struct host_work *(*work_create)(void);
    void (*work_destroy)(struct host_work *work);
    void (*prepare)(const struct host *host, struct host_work *work,
                    const struct ir_region *region);
    bool (*install)(struct host *host, const struct host_work *work, struct host_code *code);
    /* Copies `from` for the same guest code seen at another virtual page: every pc-relative
     * constant, pc of the side table and exit target moves by `delta`. Links are not copied. */
    bool (*clone)(struct host *host, const struct host_code *from, int64_t delta,
                  struct host_code *code);
    /* Frees the code's space and tables. Nothing may link to it or run in it any more. */
    void (*release)(struct host *host, struct host_code *code);

    /* Patches an exit to jump straight to `entry` (an executable address); for a cross-page exit
     * only while the target's page maps to code page `page_number`. unlink undoes it. */
    void (*link)(struct host *host, const struct host_code *code, const struct host_exit *exit,
                 const uint8_t *entry, uint32_t page_number);
    void (*unlink)(struct host *host, const struct host_code *code, const struct host_exit *exit);

    /* Runs translated code from `entry` until it leaves; returns enum jit_exit with all guest
     * state stored. The target's helpers and core's slow paths are called from inside. */
    unsigned (*enter)(struct host *host, struct cpu *cpu, const uint8_t *entry);

    /* jit_sync(): writes to the state what the side table says for the call that is in progress
     * (the backend finds its return address in cpu->host_save), the pc included, and returns the
     * instructions of the block that were accounted but not executed. */
    uint32_t (*sync)(struct host *host, struct cpu *cpu, const struct host_code *code);
    /* cpu_fp_sync(): if cpu->fp_live, moves the flags gathered in the host's unit to the state.
     * `enter` does it when translated code has been left, cpu_leave() when it is cut short; both
     * clear cpu->fp_live. NULL if the host computes everything by core/fp. */
    void (*fp_sync)(struct host *host, struct cpu *cpu);
    /* The host address of the slow path or helper call in progress, for finding its code. */
    const uint8_t *(*call_site)(struct host *host, const struct cpu *cpu);

    /* For profiles. What a signal interrupted, out of its ucontext; and the guest pc of about what
     * is at a host address of the code, exact for call_site(). */
    const uint8_t *(*signal_pc)(const void *context);
    uint64_t (*guest_pc)(const struct host_code *code, uint64_t page_va, const uint8_t *address);

    void (*disassemble)(struct host *host, const struct host_code *code, FILE *out);
};

#endif
