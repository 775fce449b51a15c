/* The compiler's working state and its register allocator.
 *
 * Each block is scanned backward once (scan.c: last uses, which values to compute straight into a
 * pinned register) and then lowered forward, instruction by instruction, allocating as it goes
 * (regalloc.c).
 *
 * A lowering function asks for its operands (x64_use*), then for its result (x64_def*), then emits.
 * Registers it has asked for stay its own until it returns. */
#ifndef HOST_X86_64_COMPILE_H
#define HOST_X86_64_COMPILE_H

#include "core/base/check.h"
#include "core/ir/ir.h"
#include "host/x86_64/features.h"
#include "host/x86_64/list.h"
#include "host/x86_64/x64.h"

enum x64_where {
    X64_NOWHERE,  /* not made yet, or dead */
    X64_IN_REG,   /* temp or xmm register `reg` */
    X64_IN_PIN,   /* equal to the content of pinned register `reg` */
    X64_IN_FRAME, /* spilled to frame unit `spill` - 1 */
    X64_IN_STATE, /* a GET not yet read: still in the state */
    X64_IS_CONST, /* CONST or PCREL */
    X64_IS_COND,  /* a comparison, or what only snapshots use, to be made where it is used */
};

struct x64_value {
    uint32_t last_use; /* instruction; 0: unused */
    uint32_t next;     /* next value in the same pinned register */
    uint16_t uses;
    uint16_t spill; /* frame unit + 1 if a copy is in the frame */
    uint8_t where;  /* enum x64_where */
    uint8_t reg;
    uint8_t want;  /* pinned register to compute it into, or X64_NONE */
    uint8_t plain; /* used other than as a condition, to set a boolean slot, or in a snapshot */
    uint8_t hot;   /* used other than in a snapshot */
};

/* What the host's arithmetic flags hold. */
enum x64_flags_kind {
    X64_FLAGS_CMP,    /* cmp a, b; and `result` if it was a subtraction */
    X64_FLAGS_ADD,    /* add a, b giving `result` */
    X64_FLAGS_ADD3,   /* adc a, b with carry c giving `result` */
    X64_FLAGS_SBB,    /* the same as sbb a, ~b: the host's carry is inverted */
    X64_FLAGS_RESULT, /* cmp result, 0 */
};
struct x64_flags {
    uint32_t writes; /* code.flag_writes just after; different now: not valid any more */
    uint32_t kind;
    uint32_t a, b, c, result;
};

/* Accesses at [base + anchor, base + end) have been found to lie in one page: the register holds
 * the host address of base + anchor, or 0 if they have to go out of line after all. Allocation
 * takes the register back at need. */
struct x64_group {
    uint32_t base; /* value; 0: no group */
    uint8_t reg;
    uint8_t align; /* what base + anchor is known to be a multiple of */
    bool store;    /* stores may go there too */
    int32_t anchor, end;
};
enum { X64_GROUPS = 2 };

/* A jump to a block that has no place yet. */
struct x64_fixup {
    uint32_t at;
    uint32_t label;
};

enum x64_stub_kind {
    X64_STUB_SLOW, /* memory access */
    X64_STUB_EXIT, /* direct exit until linked */
    X64_STUB_POLL,
    X64_STUB_ENTRY,  /* where a block is entered from outside, if not in line */
    X64_STUB_CARRY,  /* where the block numbered mem is reached other than through
     its loop, likewise */
    X64_STUB_MISS,   /* indirect branch not in cpu->jumps */
    X64_STUB_LEAVE,  /* GUARD */
    X64_STUB_DEEP,   /* guest call on a full stack */
    X64_STUB_RETURN, /* guest return that belongs elsewhere */
    X64_STUB_FLOAT,  /* operands in value[] and address, op in mem, environment in imm */
};
/* Code out of line, emitted after the last block. */
struct x64_stub {
    uint8_t kind;
    uint8_t jump_count;
    uint8_t address;  /* register */
    uint8_t value[2]; /* registers of STORE and CAS; X64_NONE: imm */
    uint8_t type;     /* enum ir_type of value and result */
    uint8_t result;   /* register, X64_NONE if unused */
    bool keep_xmm;
    bool rebuild;   /* `address` is `from` (or constant `from_value`) + offset; else
      address + offset */
    uint16_t clear; /* registers of groups: 0 afterwards */
    struct x64_rm from;
    uint32_t from_value;
    int32_t offset;
    uint32_t jumps[3]; /* rel32s that lead here */
    struct {
        uint32_t jump,
            back;     /* rel32 that comes with a misaligned address, 0: none; where to go on */
        uint8_t temp; /* a register for the check */
    } misaligned;
    uint32_t resume;
    uint32_t mem;
    uint32_t site; /* number of its site, filled in with the return address; or exit number */
    uint32_t restore, restore_count; /* polls: slots to be written first */
    int64_t imm;                     /* value of a store, or guest pc */
};

enum { X64_PENDING = 16 };

/* A floating-point or vector slot that the blocks of a loop hand to each other in a vector
 * register, too (loops.c). */
struct x64_carry {
    uint32_t offset; /* of the slot in the state */
    uint32_t value;  /* what the current block sets it to last; 0: it does not */
    uint8_t type;    /* IR_F32, IR_F64 or IR_V128 */
    uint8_t reg;
    bool changed; /* a SET has been passed */
};
enum { X64_CARRIES = 6 };
struct x64_loop {
    struct x64_carry carries[X64_CARRIES];
    unsigned count;
};

/* Where in the guest's instructions the edges to a block come from. */
struct x64_progress {
    uint32_t counted, reached; /* as in struct x64_compile */
    int64_t last_insn;
    bool known; /* there is one */
};

/* Kept from region to region. */
struct x64_scratch {
    struct x64_code code;
    struct x64_value *values;
    uint32_t value_cap;
    X64_LIST(uint32_t) labels; /* by block and enum x64_label: offset + 1, 0 while unknown */
    X64_LIST(uint32_t) order;
    X64_LIST(struct x64_progress) progress; /* by block: the farthest edge so far */
    X64_LIST(uint32_t) loop_of;             /* by block: number + 1 of its loop, 0: none */
    X64_LIST(struct x64_loop) loops;
    X64_LIST(struct x64_fixup) fixups;
    X64_LIST(struct x64_stub) stubs;
    X64_LIST(struct x64_reloc) relocs;
    X64_LIST(struct x64_site) sites;
    X64_LIST(struct x64_restore) restores;
    X64_LIST(struct host_entry) entries;
    X64_LIST(struct host_exit) exits;
    X64_LIST(uint32_t) exit_stubs;
    uint32_t stubs_start; /* offset of the code out of line */
    uint64_t frame_used[X64_SPILL_UNITS / 64];
    uint32_t frame_top; /* units ever used in this block */
};

struct x64_compile {
    const struct host *host;
    const struct ir_region *ir;
    struct x64_scratch *s;
    struct x64_code *e; /* = &s->code */
    struct x64_value *values;
    uint32_t index;               /* instruction being lowered */
    uint32_t block;               /* its block */
    uint32_t next_block;          /* the one laid out behind it, or UINT32_MAX */
    uint32_t free;                /* registers that hold nothing, of temps and xmm */
    uint32_t locked;              /* registers the current instruction asked for */
    bool falls_in;                /* the block before runs into this one */
    bool falls_carried;           /* by an edge of their loop */
    struct x64_loop loop;         /* of the block; without carries if none */
    uint32_t carried;             /* registers of its carries, which nothing else uses */
    uint32_t scratch;             /* those of them that hold no value */
    uint32_t held[X64_REG_COUNT]; /* value in each temp or xmm */
    uint32_t pin_head[16];        /* values in each pinned register, linked by next */
    struct x64_sum {
        uint32_t base, value;
        int32_t addend;
    } sum; /* the last sum with a constant */
    struct x64_group groups[X64_GROUPS];
    uint32_t soft;                 /* registers of groups */
    uint32_t pending[X64_PENDING]; /* values that are IN_STATE */
    uint32_t pending_count;
    struct x64_flags flags;
    /* Position in the guest code, for sites. */
    int64_t pc;
    uint32_t tag;
    int64_t last_insn;
    uint32_t counted, reached; /* instructions accounted by COUNT; INSNs seen since */
};

static inline const struct ir_inst *x64_inst(const struct x64_compile *c, uint32_t v)
{
    return &c->ir->insts[v];
}
static inline bool x64_dies(const struct x64_compile *c, uint32_t v)
{
    return c->values[v].last_use <= c->index;
}
static inline bool x64_is_vector(enum ir_type type)
{
    return type >= IR_F32;
}
static inline bool x64_has(const struct x64_compile *c, enum x64_feature feature)
{
    return c->host->features & feature;
}
enum ir_type x64_type(const struct x64_compile *c, uint32_t v);

/* ---- loops.c --------------------------------------------------------------------------------- */
/* Finds the loops and what they carry, in the order of the blocks that has been made. */
void x64_loops_find(struct x64_compile *c);
/* Makes c->loop that of the current block. */
void x64_loop_begin(struct x64_compile *c);
/* Whether the edge to `block` stays in the loop of the current one and hands over the carries. */
bool x64_loop_edge(const struct x64_compile *c, uint32_t block);
/* Whether the current block has such an edge. */
bool x64_loop_goes_on(const struct x64_compile *c);
/* The register that has what GET reads, or X64_NONE. */
unsigned x64_loop_get(struct x64_compile *c, const struct ir_inst *inst);
void x64_loop_set(struct x64_compile *c, const struct ir_inst *inst);
/* At the block's end: the carried registers get what the block has set. Keeps
 * the arithmetic flags. */
void x64_loop_hand_over(struct x64_compile *c);
/* Around calls of C functions, which change the vector registers. */
void x64_loop_call_begin(struct x64_compile *c);
void x64_loop_call_end(struct x64_compile *c);
/* Reads the carries of a loop from the state. */
void x64_loop_load(struct x64_compile *c, const struct x64_loop *loop);

/* The snapshot of a BRANCH if one of its edges needs it beyond what the edge sets
 * anyway; else 0. */
uint32_t x64_branch_snapshot(const struct x64_compile *c, const struct ir_inst *branch);

/* ---- lower_int.c ----------------------------------------------------------------------------- */
/* Whether value v is not computed by itself but as part of the sum that comes next, which alone
 * uses it. */
bool x64_is_scale(const struct x64_compile *c, uint32_t v);

/* ---- scan.c ---------------------------------------------------------------------------------- */
void x64_scan(struct x64_compile *c, const struct ir_block *block);

/* ---- regalloc.c: operands -------------------------------------------------------------------- */

/* The value as an immediate that instructions take (sign-extended 32 bits, in
 * the value's width). */
bool x64_imm(const struct x64_compile *c, uint32_t v, int32_t *imm);
bool x64_const(const struct x64_compile *c, uint32_t v, int64_t *imm);
/* In a register: general or vector, as its type says. */
unsigned x64_use(struct x64_compile *c, uint32_t v);
/* In a register or, where that is as good, in memory. Not for vectors that need alignment. */
struct x64_rm x64_use_rm(struct x64_compile *c, uint32_t v);
/* In this general register, whose old content goes elsewhere; the value itself stays
 * where it was. */
void x64_use_in(struct x64_compile *c, uint32_t v, unsigned reg);

/* ---- regalloc.c: results --------------------------------------------------------------------- */

/* A register for the result of the current instruction: the pinned one it wants, unless that is in
 * `avoid`; else that of operand `reuse` if it dies here (0: none); else a free one. */
unsigned x64_def(struct x64_compile *c, uint32_t reuse, uint32_t avoid);
/* The same where the result is about to be in temp `reg`, which holds no live value: that one, if
 * the result is not wanted in a pinned register. */
unsigned x64_def_taken(struct x64_compile *c, unsigned reg);
/* A register for the duration of the current instruction. */
unsigned x64_temp(struct x64_compile *c);
unsigned x64_temp_xmm(struct x64_compile *c);
/* Makes a certain temp free, and the current instruction's own. */
void x64_take(struct x64_compile *c, unsigned reg);
/* Makes a register of the current instruction's own that of a new group. */
void x64_group_add(struct x64_compile *c, const struct x64_group *group);
void x64_groups_drop(struct x64_compile *c, uint32_t regs);
/* A register for a value that was not in one until now. */
unsigned x64_hold_temp(struct x64_compile *c, uint32_t v);
/* Gives a temp back before the instruction ends. */
void x64_give(struct x64_compile *c, unsigned reg);

/* ---- regalloc.c: the whole ------------------------------------------------------------------- */
void x64_alloc_begin(struct x64_compile *c);
/* Ends the current instruction: frees operands that die. */
void x64_alloc_end(struct x64_compile *c, const struct ir_inst *inst);
/* Frees an operand ahead of that, if it dies here. */
void x64_operand_done(struct x64_compile *c, uint32_t v);
void x64_spill(struct x64_compile *c, unsigned reg);
/* A value that is the content of a carried register gets a register of its own. */
void x64_uncarry(struct x64_compile *c, uint32_t v);
/* Before pinned register `reg` changes: values that still need its content go elsewhere. */
void x64_pin_vacate(struct x64_compile *c, unsigned reg);
/* A value that is the content of a pinned register goes elsewhere. */
void x64_unpin(struct x64_compile *c, uint32_t v);
/* Value v is the content of pinned register `reg` from now on. */
void x64_pin_holds(struct x64_compile *c, unsigned reg, uint32_t v);
/* Before the state in [offset, offset + size) changes: unread GETs of it are read. */
void x64_state_changes(struct x64_compile *c, uint32_t offset, uint32_t size);
/* Moves every live value out of registers that a call changes; `all`: also those that die here. */
void x64_spill_for_call(struct x64_compile *c, bool all, bool writes);
uint32_t x64_frame_alloc(struct x64_compile *c, unsigned units);
void x64_frame_free(struct x64_compile *c, uint32_t unit, unsigned units);
static inline struct x64_rm x64_frame(uint32_t unit)
{
    return x64_m(X64_STATE, X64_SAVE(X64_SAVE_FRAME + unit));
}
static inline struct x64_rm x64_slot(uint64_t offset)
{
    return x64_m(X64_STATE, X64_SLOT(offset));
}

/* The second operand of ADD3 and its kin. What it is the complement of serves for it where there is
 * such a thing (subtraction with borrow): the complement itself is not computed then. */
static inline uint32_t x64_addend(const struct x64_compile *c, const struct ir_inst *inst,
                                  bool *inverted)
{
    const struct ir_inst *b = x64_inst(c, inst->b);
    *inverted = inst->op >= IR_ADD3 && inst->op <= IR_ADD3O && b->op == IR_NOT;
    return *inverted ? b->a : inst->b;
}
/* Whether a value is left to whoever restores it from a snapshot. */
static inline bool x64_is_left(const struct x64_compile *c, uint32_t v)
{
    const struct ir_inst *inst = x64_inst(c, v);
    return !c->values[v].hot && inst->type == IR_I32 &&
           (inst->op == IR_ADD || inst->op == IR_SUB || inst->op == IR_AND || inst->op == IR_OR ||
            inst->op == IR_XOR);
}
/* What ADD3 and its kin take as carry without its having been computed. */
static inline bool x64_is_carry(const struct ir_inst *inst)
{
    return inst->op == IR_ADDC || inst->op == IR_ADD3C || inst->op == IR_ULE || inst->op == IR_ULT;
}

/* ---- flags: lower_cond.c --------------------------------------------------------------------- */

/* Makes the flags say whether v != 0; returns the condition. */
enum x64_cond x64_condition(struct x64_compile *c, uint32_t v);
/* Makes the host's carry flag 1 if carry v is `set`, which moves do not change. */
void x64_carry_in(struct x64_compile *c, uint32_t v, bool set);
/* The sum of ADD3 and its kin: sum += b + carry, where the carry flag is as x64_carry_in() made it
 * with `inverted` of x64_addend(). Returns what the flags hold. */
enum x64_flags_kind x64_add_carry(struct x64_compile *c, bool w, unsigned sum, struct x64_rm b,
                                  bool inverted);
/* The condition that comparison `op` of a and b is in the present flags; false if they
 * do not tell. */
bool x64_flags_tell(const struct x64_compile *c, const struct ir_inst *inst, enum x64_cond *cond);
static inline void x64_flags_set(struct x64_compile *c, enum x64_flags_kind kind, uint32_t a,
                                 uint32_t b, uint32_t third, uint32_t result)
{
    c->flags = (struct x64_flags){
        .writes = c->e->flag_writes, .kind = kind, .a = a, .b = b, .c = third, .result = result};
}

/* The current instruction's result is base + addend, modulo its width. */
static inline void x64_sum_remember(struct x64_compile *c, uint32_t base, int32_t addend)
{
    c->sum = (struct x64_sum){.base = base, .value = c->index, .addend = addend};
}
/* The register that holds base + addend already, or X64_NONE. */
static inline unsigned x64_sum_find(const struct x64_compile *c, uint32_t base, int64_t addend)
{
    const struct x64_value *value = &c->values[c->sum.value];
    bool found = c->sum.base == base && c->sum.addend == addend &&
                 (value->where == X64_IN_REG || value->where == X64_IN_PIN);
    return found ? value->reg : X64_NONE;
}

/* ---- compile.c ------------------------------------------------------------------------------- */
struct x64_stub *x64_stub_add(struct x64_compile *c, enum x64_stub_kind kind);
void x64_stub_jump(struct x64_stub *stub, uint32_t at);
void x64_reloc_add(struct x64_compile *c, enum x64_reloc_kind kind, uint32_t at, unsigned extra);
/* Emits a constant, with its relocation if it is a PCREL. */
void x64_load_const(struct x64_compile *c, unsigned reg, const struct ir_inst *inst);
void x64_jump_thunk(struct x64_compile *c, enum x64_thunk thunk);
void x64_call_thunk(struct x64_compile *c, enum x64_thunk thunk);

/* ---- sidetable.c ----------------------------------------------------------------------------- */
/* Adds a site with what the snapshot says now; its return address is filled in when
 * it is emitted. */
uint32_t x64_site_add(struct x64_compile *c, uint32_t snapshot);
/* The restores alone. Returns the first. */
uint32_t x64_restores_add(struct x64_compile *c, uint32_t snapshot, uint32_t *count);
/* Restores done by code, where the registers still hold what they did; may change rax. */
void x64_restores_emit(struct x64_compile *c, uint32_t first, uint32_t count);

#endif
