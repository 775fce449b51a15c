/* The host as one object, and what it keeps of each compiled region. */
#ifndef HOST_X86_64_X64_H
#define HOST_X86_64_X64_H

#include "core/base/pool.h"
#include "core/cpu/cpu.h"
#include "core/jit/host.h"
#include "host/x86_64/buffer.h"
#include "host/x86_64/encode.h"
#include "host/x86_64/regs.h"

/* Displacement from rbp of a field of struct cpu, and of a slot at an offset from the state's
 * start. */
#define X64_CPU(field)   ((int32_t)offsetof(struct cpu, field) - (int32_t)CPU_STATE_BIAS)
#define X64_SLOT(offset) ((int32_t)(offset) - (int32_t)CPU_STATE_BIAS)

/* Use of cpu->host_save. */
enum x64_save {
    X64_SAVE_STACK = 0,    /* rsp where no guest call is on the stack */
    X64_SAVE_C = 1,        /* rsp of who entered */
    X64_SAVE_GPR = 2,      /* temps at a slow path, by register number */
    X64_SAVE_ARGS = 18,    /* operands and result of an op evaluated in C: 4 of 16 bytes */
    X64_SAVE_CONST = 26,   /* enum x64_const */
    X64_SAVE_XMM = 32,     /* all xmm registers at a slow path */
    X64_SAVE_VECTORS = 64, /* enum x64_vector, 16 bytes each */
    X64_SAVE_CALL = 126,   /* where the return address of a call of C is */
    X64_SAVE_TABLE = 127,  /* what the base of GS is: cpu->table as it was last made that */
    X64_SAVE_FRAME = 128,  /* X64_SPILL_UNITS */
};
#define X64_SAVE(n) (X64_CPU(host_save) + 8 * (int32_t)(n))

/* Numbers that translated code compares with, a doubleword each. */
enum x64_const {
    X64_CONST_ABS64, /* all bits but the sign of a double */
    X64_CONST_ABS32,
    X64_CONST_MIN64, /* the smallest normal double */
    X64_CONST_MIN32,
    X64_CONST_2_32,   /* 2^32 as a double */
    X64_CONST_MINUS1, /* -1 as a double */
    X64_CONST_COUNT,
};

/* Vectors that translated code has as operands. */
enum x64_vector {
    X64_VECTOR_ABS,       /* all bits but the signs of floats */
    X64_VECTOR_LEAST_ADD, /* floats whose sums are zero or normal, if they are zero
    or not smaller */
    X64_VECTOR_LEAST_MUL, /* the same for products */
    X64_VECTOR_LEAST_MLA, /* factors whose products are as large as LEAST_ADD */
    X64_VECTOR_LEAST_FMA, /* the same for b * c + a */
    X64_VECTOR_LEAST_NORMAL,
    X64_VECTOR_LARGEST, /* the largest finite float */
    X64_VECTOR_INFINITY,
    X64_VECTOR_LARGEST_INT, /* the largest float below 2^31 */
    X64_VECTOR_NIBBLES,     /* bytes 0x0f */
    X64_VECTOR_COUNTS,      /* bytes: the number of ones in the byte's own number */
    X64_VECTOR_POWERS,      /* bytes: 2 to the byte's own number, zero from 8 on */
    X64_VECTOR_POWERS_DOWN, /* bytes: 2 to 7 less that, zero from 8 on */
    X64_VECTOR_SEVENS,
    X64_VECTOR_ZEROS,      /* bytes: the number of zeros above the byte's own number of 4 bits */
    X64_VECTOR_EVEN_BYTES, /* control of pshufb: bytes 0, 2 .. 14, then zeros */
    X64_VECTOR_EVEN_WORDS,
    X64_VECTOR_LIMIT,   /* bytes 0x70: added with saturation, 16 and more get their top bit */
    X64_VECTOR_SIXTEEN, /* bytes 0x10 */
    X64_VECTOR_COUNT,
};

enum x64_thunk {
    /* In the order in which they refer to each other. */
    X64_THUNK_EXIT_LOOKUP,
    X64_THUNK_EXIT_LINK,
    X64_THUNK_EXIT_BRANCH,
    X64_THUNK_EXIT_POLL,
    X64_THUNK_LOOKUP, /* indirect branch to the guest pc in eax */
    X64_THUNK_LEAVE,  /* pc and mode in the state have changed */
    X64_THUNK_ENTER,
    X64_THUNK_CALL,     /* calls the C function in rax */
    X64_THUNK_SLOW,     /* memory access out of line; no vector register is live */
    X64_THUNK_SLOW_XMM, /* the same, keeping the vector registers */
    X64_THUNK_FLOAT,    /* floating-point op out of line, keeping all registers */
    X64_THUNK_COUNT,
};

/* ---- positions in the code that depend on where it is ---------------------------------------- */

enum x64_reloc_kind {
    X64_RELOC_PC32, /* 32-bit guest address that moves with the page */
    X64_RELOC_PC64,
    X64_RELOC_VPAGE, /* SPACE_DATA_BYTES + 4 * guest page number: a displacement into cpu->table */
    X64_RELOC_REL32, /* to something outside the region: a thunk */
    X64_RELOC_EXIT,  /* the id of exit number `extra` */
};
struct x64_reloc {
    uint32_t at;
    uint16_t kind;
    uint16_t extra;
};

/* Every entry begins with a poll of so many bytes, unless instructions are counted. */
enum { X64_POLL_SIZE = 10 };

/* ---- side table ------------------------------------------------------------------------------ */

enum x64_place {
    X64_PLACE_CONST,
    X64_PLACE_PC,  /* a constant that moves with the page */
    X64_PLACE_GPR, /* temp saved by the slow path, as X64_SAVE_GPR */
    X64_PLACE_XMM,
    X64_PLACE_PIN,   /* pinned register `value`; at a call it is stored to its slot */
    X64_PLACE_STATE, /* state at offset `value` */
    X64_PLACE_FRAME, /* frame at byte `value` */
    X64_PLACE_COND, /* what nobody has computed, a comparison mostly: operation and type in `value`;
                       the places of its operands follow */
};
/* One slot to be written when a site leaves. */
struct x64_restore {
    uint32_t offset; /* of the slot in the state */
    uint8_t place;   /* enum x64_place */
    uint8_t size;
    int64_t value;
};
/* A call that may leave. */
struct x64_site {
    uint32_t ret;     /* return address in the code */
    uint32_t restore; /* first of its restores */
    uint16_t restore_count;
    uint16_t unexecuted; /* instructions accounted by COUNT but not reached */
    uint32_t tag;
    int64_t pc;
};

/* host_code.side: one allocation, with the arrays of host_code behind it. */
struct x64_side {
    uint32_t offset; /* of the code in the buffer */
    uint32_t bytes;  /* of this allocation */
    uint32_t reloc_count, site_count, restore_count;
    struct x64_reloc *relocs;
    struct x64_site *sites; /* by ret */
    struct x64_restore *restores;
    uint32_t *stubs; /* of each exit: where it goes while unlinked */
};

struct x64_scratch; /* working memory of the compiler (compile.h) */

struct host {
    const struct guest_ops *guest;
    struct host_options options;
    uint32_t features;                  /* enum x64_feature */
    void (*table_use)(struct cpu *cpu); /* x64_table_use() or the slow one */
    struct x64_buffer buffer;
    struct pool pool;                       /* the side tables' memory */
    const uint8_t *thunks[X64_THUNK_COUNT]; /* executable addresses */
    struct x64_scratch *scratch;
    uint32_t next_exit;
    uint32_t *free_exits; /* ids given back */
    uint32_t free_exit_count, free_exit_cap;

    /* Which slot is in which register. */
    uint32_t pinned; /* mask of registers in use */
    uint32_t
        kept; /* these, and X64_BUDGET if instructions are counted: what C finds in the state */
    uint32_t pin_offset[16]; /* offset of the slot, by register */
    uint8_t *pin_at;         /* register by offset / 4, X64_NONE: none there */
    bool *boolean_at;        /* by offset / 4: in memory, and always 0 or 1 */
    uint32_t pin_at_count;   /* of both */
};

/* The pinned register at a state offset, or X64_NONE. */
static inline unsigned x64_pin_at(const struct host *host, uint64_t offset)
{
    return offset / 4 < host->pin_at_count ? host->pin_at[offset / 4] : X64_NONE;
}

/* Slots in memory that are always 0 or 1 are written and read as one byte: the others stay 0. */
static inline bool x64_is_boolean(const struct host *host, uint64_t offset)
{
    return offset / 4 < host->pin_at_count && host->boolean_at[offset / 4];
}

/* thunks.c */
void x64_thunks_make(struct host *host);
/* The inline cache: compares `pc` with its entry in cpu->jumps and the page with what is mapped,
 * and gives the place of the address to go on at. `misses`: rel32s of the jumps if there is none.
 * The other registers are changed. */
struct x64_rm x64_jump_lookup(struct x64_code *e, unsigned pc, unsigned entry, unsigned page,
                              uint32_t misses[2]);
/* compile.c */
bool x64_compile(struct host *host, const struct ir_region *region, struct host_code *code);
struct x64_scratch *x64_scratch_create(void);
void x64_scratch_destroy(struct x64_scratch *scratch);
/* Leaves the code in the scratch. Reads of `host` only what stays as it was made. */
void x64_prepare(const struct host *host, struct x64_scratch *s, const struct ir_region *region);
/* link.c: x64_install() takes what is in the scratch */
bool x64_install(struct host *host, const struct x64_scratch *s, struct host_code *code);
bool x64_clone(struct host *host, const struct host_code *from, int64_t delta,
               struct host_code *code);
void x64_release(struct host *host, struct host_code *code);
void x64_link(struct host *host, const struct host_code *code, const struct host_exit *exit,
              const uint8_t *entry, uint32_t page_number);
void x64_unlink(struct host *host, const struct host_code *code, const struct host_exit *exit);
/* sidetable.c */
/* The number of sites whose return address is below `ret`. */
uint32_t x64_sites_before(const struct x64_side *side, uint32_t ret);
uint32_t x64_sync(struct host *host, struct cpu *cpu, const struct host_code *code);
const uint8_t *x64_call_site(struct host *host, const struct cpu *cpu);
/* profile.c */
const uint8_t *x64_signal_pc(const void *context);
uint64_t x64_guest_pc(const struct host_code *code, uint64_t page_va, const uint8_t *address);
/* disasm.c */
void x64_disassemble(struct host *host, const struct host_code *code, FILE *out);
/* table.c: makes cpu->table the base of GS. The first is for hosts that have the instruction. */
void x64_table_use(struct cpu *cpu);
void x64_table_use_slowly(struct cpu *cpu);
/* outside.c: called by translated code */
void x64_slow_access(struct cpu *cpu);
/* cpu->slow: operands, then op | type << 8 | aux << 16 with the environment's offset in the high
 * half; the result replaces the first operand. */
void x64_slow_float(struct cpu *cpu);
/* Fills in the vectors of enum x64_vector. */
void x64_vectors_set(uint64_t *to);
/* Before and after translated code runs: MXCSR gathers the guest's flags meanwhile. */
void x64_float_enter(struct cpu *cpu);
void x64_float_leave(struct cpu *cpu);
void x64_fp_sync(struct host *host, struct cpu *cpu);
void x64_evaluate(struct cpu *cpu, uint32_t what, int64_t imm);

#endif
