/* The intermediate representation: what a guest front end builds, passes improve, the
 * interpreter defines and the host lowers. It knows no guest: guest state is bytes at offsets
 * from the start of the CPU's state, named by the guest's slot table (core/jit/guest.h).
 *
 * A region is one or more blocks. A value is the index of the instruction that made it and is
 * used only within its block, after it was made: what lives across blocks lives in state slots,
 * the hottest of which the host keeps in registers everywhere. A block ends with one
 * instruction flagged E. Index 0 is a NOP, so that 0 can mean "no value". */
#ifndef CORE_IR_IR_H
#define CORE_IR_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum ir_type { IR_NONE, IR_I32, IR_I64, IR_F32, IR_F64, IR_V128, IR_TYPE_COUNT };

/* Bytes of a value of each type (0, 4, 8, 4, 8, 16). */
static inline unsigned ir_type_size(enum ir_type type)
{
    return (unsigned)(UINT64_C(0x100804080400) >> 8 * type) & 0xff;
}

enum ir_op {
#define IR_OP(id, name, result, args, flags) IR_##id,
#include "core/ir/ops.inc"
#undef IR_OP
    IR_OP_COUNT
};

/* The letters of the table's flags column. */
enum ir_flag {
    IR_FLAG_P = 1 << 0,
    IR_FLAG_C = 1 << 1,
    IR_FLAG_R = 1 << 2,
    IR_FLAG_W = 1 << 3,
    IR_FLAG_M = 1 << 4,
    IR_FLAG_X = 1 << 5,
    IR_FLAG_E = 1 << 6,
};

/* One row of the table, as data. */
struct ir_op_info {
    const char *name;
    const char *args;
    uint8_t flags; /* enum ir_flag bits */
    char result;
    uint8_t arity;
};
extern const struct ir_op_info ir_ops[IR_OP_COUNT];

/* aux of LOAD, STORE, CAS. */
enum ir_mem {
    IR_MEM_SIZE = 7,        /* mask: log2 of the bytes accessed, 0 .. 4 */
    IR_MEM_SIGN = 1 << 3,   /* loads narrower than the type extend the sign */
    IR_MEM_BIG = 1 << 4,    /* big-endian: bytes reversed within the access */
    IR_MEM_ALIGN = 7 << 5,  /* field: fault unless aligned to 2^n bytes (0: any address) */
    IR_MEM_USER = 1 << 8,   /* with the rights of the unprivileged mode */
    IR_MEM_SWAP64 = 1 << 9, /* with BIG, an 8-byte access reverses each 4-byte word */
    IR_MEM_WRITE = 1 << 10, /* set by the slow path for stores and CAS; zero in IR */
    IR_MEM_CAS = 1 << 11,   /* likewise for CAS */
};
#define IR_MEM_ALIGN_SHIFT 5

/* aux of the vector operations (core/ir/ops_vec.inc). */
enum ir_vec {
    IR_VEC_LANE = 3,           /* mask: log2 of a lane's bytes */
    IR_VEC_SIGNED = 1 << 2,    /* operand lanes are signed */
    IR_VEC_ROUND = 1 << 3,     /* round to nearest instead of down */
    IR_VEC_TO_SIGNED = 1 << 4, /* result lanes are signed */
    IR_VEC_FRACTION = 63 << 8, /* field: fraction bits of a fixed-point lane */
    IR_VEC_NEAREST = 1 << 14,  /* float lanes: wherever this is executed, the environment rounds to
                                  nearest */
};
#define IR_VEC_FRACTION_SHIFT 8

/* aux of floating-point operations. */
enum ir_float {
    IR_FLOAT_ROUND = 7,         /* field of FCVT_SI, FCVT_UI: enum fp_round */
    IR_FLOAT_SIGNALLING = 1,    /* FCMP: any NaN is invalid */
    IR_FLOAT_GREATEST = 1 << 3, /* FCVT_SI: what has no integer, a NaN too, becomes INT32_MAX */
    /* Scalars, with PLAIN: a set top fraction bit means that a NaN signals. One region has ops of
     * one kind only, and so has a guest: its environment's nan_rule says which. */
    IR_FLOAT_LEGACY_NAN = 1 << 14,
    /* Scalars: wherever this is executed, the environment rounds to nearest and flushes nothing,
     * and NaNs are as in IEEE 754-2008, a set top fraction bit meaning quiet (the guest's
     * translation mode says so), but for LEGACY_NAN. */
    IR_FLOAT_PLAIN = 1 << 15,
};

/* aux of GOTO and GOTOI: what kind of branch the guest made. */
enum ir_hint { IR_HINT_NONE, IR_HINT_CALL, IR_HINT_RETURN };

/* What a helper does, besides computing its result from its operands. */
enum ir_effect {
    IR_EFFECT_READS = 1,     /* reads guest state slots */
    IR_EFFECT_WRITES = 2,    /* writes guest state slots */
    IR_EFFECT_EXITS = 4,     /* may raise an exception by cpu_raise() or cpu_leave() */
    IR_EFFECT_MEMORY = 8,    /* accesses guest memory */
    IR_EFFECT_UNDOABLE = 16, /* whatever it writes is slots or guest RAM: a trial can undo it
                                (core/cpu/trial.h) */
};

/* Every helper has this one signature: integers arrive zero-extended, floats as bit patterns;
 * `cpu` is the start of the guest's CPU state. Vectors stay in the state: pass their offset. */
struct ir_helper {
    const char *name;
    uint64_t (*fn)(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
    uint8_t result;  /* enum ir_type, IR_NONE if there is none; not V128 */
    uint8_t effects; /* enum ir_effect bits; 0 is pure and may be shared or removed */
};

/* What an operation's `type` may be, as bits 1 << enum ir_type. */
unsigned ir_op_types(enum ir_op op);

struct ir_inst {
    uint8_t op;   /* enum ir_op */
    uint8_t type; /* enum ir_type: what T stands for */
    uint16_t aux;
    uint32_t a, b, c, d; /* operands: instruction indices */
    uint32_t snapshot;   /* for X ops: index of the first entry in region->snapshots; 0 none.
                            Only passes make them */
    int64_t imm;
};

/* True if the instruction may leave the region before its end: what the flag X says, for a CALL if
 * its helper does. */
static inline bool ir_inst_leaves(const struct ir_inst *inst)
{
    if (inst->op == IR_CALL) {
        const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)inst->imm;
        return helper->effects & (IR_EFFECT_EXITS | IR_EFFECT_MEMORY);
    }
    return inst->op == IR_LOAD || inst->op == IR_STORE || inst->op == IR_CAS ||
           inst->op == IR_GUARD || inst->op == IR_REQUIRE || inst->op == IR_POLL ||
           inst->op == IR_JUMP || inst->op == IR_BRANCH;
}

/* The blocks of the region to which a block with this last instruction leads; returns how many. */
static inline unsigned ir_exits(const struct ir_inst *end, uint32_t exits[2])
{
    exits[0] = (uint32_t)end->imm;
    exits[1] = end->b;
    return end->op == IR_BRANCH ? 2 : end->op == IR_JUMP ? 1 : 0;
}

struct ir_block {
    uint32_t first, end; /* instructions [first, end); the last one has flag E */
    uint64_t pc;         /* guest pc of its first instruction */
    bool entry;          /* begins with ENTRY: legal target from outside the region */
};

/* A slot whose SET was removed although an X op follows before the slot's next SET: if that op
 * leaves, the slot must get this value. Entries of one op are consecutive; offset 0xffffffff ends.
 *
 * A call whose helper writes slots has none: it might undo what the helper wrote.
 *
 * Two uses at the edges between blocks keep flags that a loop overwrites out of the loop:
 *
 * - The snapshot of a JUMP or BRANCH is for the poll of the ENTRY it goes to (aux = 1): if that
 *   poll leaves when it is reached over this edge, the slots get these values, besides the pc slot
 *   its pc. A host makes the poll part of the edge, with one out-of-line exit per edge that has a
 *   snapshot.
 * - `c` and `d` of a BRANCH are lists in the same array (0: none) that hold SETs moved to an edge:
 *   those of c happen if the branch goes to block imm, those of d if it goes to block b, before
 *   any poll. Their values are used at the end of the block, like any operand of the BRANCH. */
struct ir_snapshot {
    uint32_t offset; /* of the slot in the guest state */
    uint32_t value;
};
#define IR_SNAPSHOT_END UINT32_MAX

struct ir_region {
    struct ir_inst *insts;
    struct ir_block *blocks;
    struct ir_snapshot *snapshots; /* [0] is an END entry */
    uint32_t inst_count, block_count, snapshot_count;
    uint32_t inst_cap, block_cap, snapshot_cap;
    uint64_t pc;   /* where translation began */
    uint64_t page; /* guest virtual page of the code (low 12 bits zero) */
    uint32_t guest_insns;
    uint32_t current;           /* block begun last */
    uint32_t last_insn;         /* the INSN added last; 0 none */
    struct ir_scratch *scratch; /* reusable memory of passes and interpreter (core/ir/scratch.h) */
};

void ir_region_init(struct ir_region *region);
void ir_region_reset(struct ir_region *region); /* empties, keeps the memory */
void ir_region_free(struct ir_region *region);
/* Makes `to` (initialised) hold the same code; scratch memory is not shared. */
void ir_region_copy(struct ir_region *to, const struct ir_region *from);

/* ---- building: values are returned as uint32_t indices --------------------------------------- */

/* Appends to the current (last begun) block. Type is what T stands for. */
uint32_t ir_emit(struct ir_region *r, enum ir_op op, enum ir_type type, uint32_t a, uint32_t b,
                 uint32_t c, int64_t imm, uint16_t aux);

/* Reserves a block to be begun later; its number can be branched to at once. */
uint32_t ir_block_new(struct ir_region *r);
/* Starts filling a reserved block; the previous one must have ended. An internal block (not entry)
 * that begins at the pc of the last INSN goes on with that instruction: the INSN is repeated. */
void ir_block_begin(struct ir_region *r, uint32_t block, uint64_t pc, bool entry);
/* True if the last begun block has got its ending instruction. */
bool ir_block_ended(const struct ir_region *r);

static inline enum ir_type ir_result_type(const struct ir_region *r, uint32_t value)
{
    const struct ir_inst *inst = &r->insts[value];
    char result = ir_ops[inst->op].result;
    if (__builtin_expect(result == 'T', 1)) {
        return (enum ir_type)inst->type;
    }
    return result == 'i' ? IR_I32 : IR_NONE;
}

static inline uint32_t ir_const(struct ir_region *r, enum ir_type type, int64_t imm)
{
    return ir_emit(r, IR_CONST, type, 0, 0, 0, imm, 0);
}
static inline uint32_t ir_i32(struct ir_region *r, uint32_t imm)
{
    return ir_const(r, IR_I32, imm);
}
static inline uint32_t ir_pcrel(struct ir_region *r, enum ir_type type, uint64_t address)
{
    return ir_emit(r, IR_PCREL, type, 0, 0, 0, (int64_t)address, 0);
}
static inline uint32_t ir_get(struct ir_region *r, enum ir_type type, size_t offset)
{
    return ir_emit(r, IR_GET, type, 0, 0, 0, (int64_t)offset, 0);
}
static inline void ir_set(struct ir_region *r, size_t offset, uint32_t value)
{
    ir_emit(r, IR_SET, ir_result_type(r, value), value, 0, 0, (int64_t)offset, 0);
}
/* Operations whose type is that of their first operand. */
static inline uint32_t ir_op1(struct ir_region *r, enum ir_op op, uint32_t a)
{
    return ir_emit(r, op, ir_result_type(r, a), a, 0, 0, 0, 0);
}
static inline uint32_t ir_op2(struct ir_region *r, enum ir_op op, uint32_t a, uint32_t b)
{
    return ir_emit(r, op, ir_result_type(r, a), a, b, 0, 0, 0);
}
static inline uint32_t ir_op3(struct ir_region *r, enum ir_op op, uint32_t a, uint32_t b,
                              uint32_t c)
{
    return ir_emit(r, op, ir_result_type(r, a), a, b, c, 0, 0);
}
/* Conversions, which have one operand and give another type. */
static inline uint32_t ir_conv(struct ir_region *r, enum ir_op op, enum ir_type type, uint32_t a)
{
    return ir_emit(r, op, type, a, 0, 0, 0, 0);
}
/* Bits lsb .. lsb + len - 1 of a value: extended, or replaced by those of `field`. */
static inline uint32_t ir_extu(struct ir_region *r, uint32_t value, unsigned lsb, unsigned len)
{
    return ir_emit(r, IR_EXTU, ir_result_type(r, value), value, 0, 0, 0,
                   (uint16_t)(lsb | len << 8));
}
static inline uint32_t ir_exts(struct ir_region *r, uint32_t value, unsigned lsb, unsigned len)
{
    return ir_emit(r, IR_EXTS, ir_result_type(r, value), value, 0, 0, 0,
                   (uint16_t)(lsb | len << 8));
}
static inline uint32_t ir_dep(struct ir_region *r, uint32_t value, uint32_t field, unsigned lsb,
                              unsigned len)
{
    return ir_emit(r, IR_DEP, ir_result_type(r, value), value, field, 0, 0,
                   (uint16_t)(lsb | len << 8));
}
static inline uint32_t ir_select(struct ir_region *r, uint32_t cond, uint32_t b, uint32_t c)
{
    return ir_emit(r, IR_SELECT, ir_result_type(r, b), cond, b, c, 0, 0);
}
static inline uint32_t ir_load(struct ir_region *r, enum ir_type type, uint32_t address,
                               int64_t offset, uint16_t mem)
{
    return ir_emit(r, IR_LOAD, type, address, 0, 0, offset, mem);
}
static inline void ir_store(struct ir_region *r, uint32_t address, int64_t offset, uint32_t value,
                            uint16_t mem)
{
    ir_emit(r, IR_STORE, ir_result_type(r, value), address, value, 0, offset, mem);
}
/* Unused operands are 0. Returns the result, meaningless if the helper has none. */
uint32_t ir_call(struct ir_region *r, const struct ir_helper *helper, uint32_t a, uint32_t b,
                 uint32_t c, uint32_t d);

/* Appends an entry to the snapshots; offset IR_SNAPSHOT_END ends a list. Returns its index. */
uint32_t ir_snapshot_add(struct ir_region *r, uint32_t offset, uint32_t value);

/* ---- text ------------------------------------------------------------------------------------ */
/* One instruction a line, "v12 = add.i32 v10, v11"; the exact grammar is in print.c. */

struct guest_slot; /* core/jit/guest.h; names for offsets, may be NULL */
void ir_print(const struct ir_region *r, const struct guest_slot *slots, unsigned slot_count,
              FILE *out);
/* Parses what ir_print writes (values are renumbered in the order of the text, blocks keep their
 * numbers), with the helpers that it may name. On error returns false and puts line and reason into
 * message. */
bool ir_parse(struct ir_region *r, const struct guest_slot *slots, unsigned slot_count,
              const struct ir_helper *const *helpers, unsigned helper_count, const char *text,
              char *message, size_t message_size);

/* Checks every rule of this header and of ops.inc. Besides those: LOAD, STORE, CAS and calls that
 * may leave follow an INSN in their block. Returns false and explains into message. */
bool ir_verify(const struct ir_region *r, char *message, size_t message_size);

/* ---- the reference: interprets a region on a CPU state --------------------------------------- */

struct cpu;
/* Runs block `block` of the region and on from there until the region is left; returns an
 * enum jit_exit (core/jit/jit.h) with the guest pc stored in the state. Memory and helpers are
 * reached as by the host (core/cpu/cpu.h); exceptions leave through cpu_leave(). */
unsigned ir_interpret(struct cpu *cpu, const struct ir_region *r, uint32_t block);

/* jit_sync() while the interpreter runs (cpu->frame is set): writes pc, tag and snapshot of the
 * instruction in progress to the state, as a host does from its side tables, and returns the
 * instructions that COUNT accounted but that were not reached (the current one was). */
uint32_t ir_sync(struct cpu *cpu);

/* Evaluates one P instruction on constants. Vectors as two words; false if it cannot fold. */
union ir_value {
    uint32_t i32;
    uint64_t i64;
    float f32;
    double f64;
    uint64_t v[2];
};
bool ir_evaluate(const struct ir_inst *inst, const union ir_value operands[3],
                 union ir_value *result);
/* The P operations of ops_vec.inc: false for any other. */
bool ir_evaluate_vec(const struct ir_inst *inst, const union ir_value operands[3],
                     union ir_value *result);

#endif
