/* Border: what a guest CPU gives to the engine. One const table per CPU family. */
#ifndef CORE_JIT_GUEST_H
#define CORE_JIT_GUEST_H

#include "core/cpu/cpu.h"
#include "core/ir/ir.h"

/* A named piece of guest state that IR reads and writes. */
struct guest_slot {
    const char *name;
    uint32_t offset; /* from the start of the CPU's state */
    uint8_t type;    /* enum ir_type of its usual accesses */
    uint8_t pin; /* 1 = first to be kept in a host register everywhere (i32 only), 2 the next, ..;
                    0 = in memory, kept in values within a block */
    bool track;  /* SETs that no path reads are removed across the blocks of a region; at most 64 */
    bool boolean; /* i32 that is always 0 or 1 */
};

/* What to translate. Everything a translation may depend on is here and nothing else, so that it
 * can be found again by physical page and mode. */
struct guest_code {
    uint64_t page;         /* guest virtual address of the page, low 12 bits zero */
    const uint8_t *bytes;  /* the page's 4096 bytes */
    const uint8_t *next;   /* the bytes of the virtually next page, or NULL if it is not executable
                              RAM; only for an instruction that crosses into it */
    uint32_t next_number;  /* code page number of it, for GUARD */
    uint32_t mode;         /* as guest_ops.mode() returned it */
    const struct cpu *cpu; /* only for constants of the CPU model (features), never for state */
    unsigned max_insns;    /* end the block after so many */
};

/* The engine's side of a region under construction (core/jit/region.c). */
struct guest_region {
    struct ir_region *ir;
    const struct guest_code *code;
    uint64_t heads[SPACE_PAGE_SIZE / 128]; /* halfwords of the page where loops begin, as far as
                                              guest_region_find_heads() has looked */
    uint32_t looked;                       /* up to this offset */
    uint64_t fixed; /* the front end's: bits of the page's address that the code depends on: it
                       is not moved to pages where they are different */
    bool uses_next; /* the front end sets it if the region read `next` */
    bool uses_lazy; /* and this if the current block depends on guest_ops.lazy_mode bits */
};

/* Ends the current block by going to `pc` in the same mode: a JUMP if that pc is or can be made a
 * block of this region, otherwise a GOTO. */
void guest_region_goto(struct guest_region *g, uint64_t pc);
/* Ends the current block by a conditional branch on value `cond`: to `taken` if nonzero. */
void guest_region_branch(struct guest_region *g, uint32_t cond, uint64_t taken, uint64_t other);
/* True if a block of this region begins at pc: a front end that reaches it in a straight line
 * calls guest_region_goto(pc) instead of translating it again. */
bool guest_region_has(const struct guest_region *g, uint64_t pc);

/* Looks ahead of pc, not beyond offset `end` of its page, for branches backward and notes where
 * they lead, so that a block ends where a loop begins: found out later, the loop's first turn would
 * be translated twice. What is no code does no harm. `look` returns the length of the instruction
 * at an offset, 0 to stop there, and sets *distance to where it branches from itself, which counts
 * if it is negative. */
void guest_region_find_heads(struct guest_region *g, uint64_t pc, uint32_t end,
                             unsigned (*look)(const void *translation, uint32_t offset,
                                              int32_t *distance),
                             const void *translation);
/* Whether a loop begins at pc. */
bool guest_region_is_head(const struct guest_region *g, uint64_t pc);

struct guest_ops {
    const char *name;
    const struct guest_slot *slots;
    unsigned slot_count;
    size_t state_size;  /* of the CPU's whole struct */
    uint32_t pc_offset; /* i32 or i64 slot that holds the guest pc at exits */
    uint8_t pc_type;    /* IR_I32 or IR_I64 */
    /* i32 slot that gets INSN's tag at exceptions (what is left of an IT block, a delay slot); 0:
     * none. It holds 0 whenever translated code runs. */
    uint32_t tag_offset;

    uint32_t fp_env_offset; /* struct fp_env whose flags get what floating-point arithmetic raised
                               (whatever environment the IR names: their modes differ, their flags
                               are read together); 0: none */

    /* Translates one guest basic block starting at `pc` (within code->page) into the block that
     * region.c has begun: INSN before each instruction, one ending at the end. It may create
     * further internal blocks (predicated instructions) by ir_block_new(). */
    void (*translate)(struct guest_region *g, uint64_t pc);

    /* The pc as code lookup and branches see it, and the mode bits that translations depend on.
     * What a branch target carries itself (bit 0 as another instruction set) is part of the pc here
     * and not of mode: GOTO, GOTOI and the pc slot hold such pcs. */
    uint64_t (*pc)(const struct cpu *cpu);
    uint32_t (*mode)(const struct cpu *cpu);
    /* Bits of the mode that few blocks depend on (uses_lazy): code that does not serves all their
     * values, code that does checks at its entry. The engine keeps the bits' current value in the
     * i32 slot lazy_offset; what changes them ends its block by LEAVE. 0: none. */
    uint32_t lazy_mode, lazy_offset;
    uint32_t passing_mode; /* bits that are set for a few instructions only: no cache of branches is
                              made for them */
    uint32_t
        privileged_mode; /* bits of the mode that say that the guest's system runs, for reports */

    /* Translates an address for an access of `size` bytes; `user`: as the unprivileged mode. On
     * failure records the fault in the target's state as the pending exception and returns false;
     * with `probe` set it must change nothing. */
    bool (*walk)(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping);
    /* Whether a walk of `address` would find now what it found when it gave this
     * cpu_mapping.tag, which is not 0. */
    bool (*still_maps)(struct cpu *cpu, uint64_t address, uint64_t tag);
    /* Records other memory faults likewise: misalignment, and a physical address where nothing
     * answers (external abort). */
    void (*misaligned)(struct cpu *cpu, uint64_t address, enum cpu_access access);
    void (*bus_error)(struct cpu *cpu, uint64_t address, enum cpu_access access);

    /* Delivers the recorded exception: the state is precise. */
    void (*take_exception)(struct cpu *cpu);
    /* Takes the most urgent enabled interrupt, if there is one; returns whether. */
    bool (*take_interrupt)(struct cpu *cpu);
    /* Whether a halted CPU has to go on (a pending interrupt, masked or not, as WFI defines). */
    bool (*wake)(const struct cpu *cpu);

    void (*reset)(struct cpu *cpu);
    void (*dump)(const struct cpu *cpu, FILE *out);
    /* Folds the architectural state into a hash (FNV-1a 64), for repeatability checks. */
    uint64_t (*hash)(const struct cpu *cpu, uint64_t hash);
    /* Disassembly for logs: writes text of one instruction, returns its length in bytes. */
    unsigned (*disassemble)(const struct guest_code *code, uint64_t pc, char *text, size_t size);
};

#endif
