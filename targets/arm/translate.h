/* What the ARM translators share: one file per chapter of DDI 0406C adds rows and handlers, all
 * built on these. */
#ifndef TARGETS_ARM_TRANSLATE_H
#define TARGETS_ARM_TRANSLATE_H

#include "core/decode/decode.h"
#include "core/ir/ir.h"
#include "targets/arm/cpu.h"
#include "targets/arm/frontend.h"

#define ARM_OFF(member) offsetof(struct arm_cpu, member)

/* How the flags were last set in this block, so that conditions become direct comparisons. */
enum arm_flags_source {
    ARM_FLAGS_SLOTS, /* the slots */
    ARM_FLAGS_SUB,   /* a - b (CMP, SUBS, RSBS) */
    ARM_FLAGS_FLOAT, /* flag_a, an enum fp_relation (VCMP, VMRS) */
};

/* Row flags (struct decode_row). */
enum arm_row_flag {
    /* Writes one register by arm_reg_set() and does nothing else, unless field s asks for flags or
     * field d is 15: predicated by SELECT instead of a branch. */
    ARM_ROW_SELECT = 1 << 0,
    ARM_ROW_COND = 1 << 1,   /* the handler looks at t->cond itself */
    ARM_ROW_UNCOND = 1 << 2, /* executed whatever the condition (BKPT) */
};

/* One guest block being translated. */
struct arm_translation {
    struct ir_region *ir;
    struct guest_region *region;
    const struct guest_code *code;
    const struct arm_cpu *cpu; /* for constants of the model only */
    uint32_t features;         /* enum arm_feature */
    uint32_t mode;             /* enum arm_translation_mode */
    bool alone; /* the block may not join others of its region (ITSTATE, page crossing) */
    bool thumb;
    uint32_t pc;        /* address of the current instruction, without the Thumb bit */
    unsigned length;    /* of it: 2 or 4 */
    unsigned cond;      /* condition of the current instruction, 14 = always */
    uint32_t it;        /* ITSTATE before the current instruction; 0 outside IT blocks */
    uint32_t it_next;   /* ITSTATE after it */
    bool ended;         /* the current (internal) block has got its ending */
    bool flags_changed; /* by the current instruction */
    enum arm_flags_source flags;
    uint32_t flag_a, flag_b; /* IR values */
    uint32_t cond_value[14]; /* what arm_condition() gave since the flags changed or the block
                                began; 0: nothing */
    uint32_t fp_relation;    /* the value that fpscr_nzcv was last made of, in this block: an enum
                                fp_relation; 0: none */
    uint32_t select;         /* condition value by which arm_reg_set() predicates; 0: none */
    unsigned body_cond;      /* condition of the open predicated block; 14: none is open */
    uint32_t body_join;      /* where it joins */
};

/* ---- registers. Reading r15 gives a PCREL of pc + 8 (A32) or pc + 4 (T32), A2.3 -------------- */
uint32_t arm_reg(struct arm_translation *t, unsigned n);
/* Base of a literal access: a PCREL of Align(PC, 4) + offset. */
uint32_t arm_literal(struct arm_translation *t, int32_t offset);
/* Address of the next instruction, with the Thumb bit. */
uint32_t arm_next_pc(const struct arm_translation *t);
/* With n == 15 nothing is written: handlers that may write the pc look for it, elsewhere it is
 * UNPREDICTABLE. */
void arm_reg_set(struct arm_translation *t, unsigned n, uint32_t value);

/* ---- ends of a block ------------------------------------------------------------------------- */
/* BranchTo, same instruction set: target is a constant without Thumb bit. */
void arm_branch_to(struct arm_translation *t, uint32_t target);
/* The same if value `cond` is nonzero, else on to the next instruction. */
void arm_branch_if(struct arm_translation *t, uint32_t cond, uint32_t target);
/* To a constant pc that carries its Thumb bit, with a link. */
void arm_branch_link(struct arm_translation *t, uint32_t pc);
/* BXWritePC: bit 0 selects Thumb. hint is enum ir_hint. */
void arm_branch_exchange(struct arm_translation *t, uint32_t value, enum ir_hint hint);
/* The same with a link. */
void arm_branch_link_exchange(struct arm_translation *t, uint32_t value);
/* ALUWritePC (A2.3.2): exchanges in A32, stays in Thumb. LoadWritePC is arm_branch_exchange(). */
void arm_alu_write_pc(struct arm_translation *t, uint32_t value, enum ir_hint hint);
/* Ends the block by going on at the next instruction; it is fetched anew (ISB). */
void arm_goto_next(struct arm_translation *t);
/* The state has changed in ways that translations depend on: continue at the next instruction by
 * LEAVE. */
void arm_leave_next(struct arm_translation *t);
/* The same if value `changed` is nonzero; otherwise the block goes on (in a new internal block). */
void arm_leave_next_if(struct arm_translation *t, uint32_t changed);
/* Ends by a LEAVE; pc and mode are in the state. */
void arm_leave(struct arm_translation *t);

/* ---- exceptions ------------------------------------------------------------------------------ */
/* Calls a helper that raises an exception, with an immediate; ends the block. */
void arm_raise(struct arm_translation *t, const struct ir_helper *helper, uint32_t immediate);
/* Undefined Instruction exception; ends the block. */
void arm_undefined(struct arm_translation *t);
/* UNPREDICTABLE encodings: what we do (and Unicorn/QEMU mostly do) is Undefined unless a handler
 * says otherwise. */

/* ---- conditions ------------------------------------------------------------------------------ */
/* IR i32, nonzero if condition `cond` (0..13) holds, from `flags` or from the slots. */
uint32_t arm_condition(struct arm_translation *t, unsigned cond);
/* Predication is the driver's (translate.c): it opens an internal block around instructions of one
 * condition, or has arm_reg_set() select for rows marked ARM_ROW_SELECT. Handlers need not care. */

/* A handler with control flow of its own begins its internal blocks by this (values of earlier ones
 * are gone). */
void arm_block_begin(struct arm_translation *t, uint32_t block);
void arm_jump(struct arm_translation *t, uint32_t block);

/* Flag results. Whoever sets nf, zf, cf or vf otherwise says so by arm_flags_written(). */
void arm_flags_written(struct arm_translation *t);
void arm_set_nz(struct arm_translation *t, uint32_t result);
void arm_set_flags_add(struct arm_translation *t, uint32_t a, uint32_t b, uint32_t result);
void arm_set_flags_sub(struct arm_translation *t, uint32_t a, uint32_t b, uint32_t result);
void arm_set_q(struct arm_translation *t, uint32_t saturated); /* Q |= value, 0 or 1 */

/* ---- memory ---------------------------------------------------------------------------------- */
/* aux for LOAD/STORE of 2^size_log2 bytes under the current endianness (8 bytes reverse as a
 * whole). aligned: the access faults unless naturally aligned (LDM, LDRD, VLDR ..: to 4 bytes if
 * larger); otherwise only if SCTLR.A is set. */
uint16_t arm_mem(const struct arm_translation *t, unsigned size_log2, bool aligned);

/* Floating point and Advanced SIMD rows call this first: raises Undefined and returns false when
 * disabled. */
bool arm_fp_check(struct arm_translation *t);

/* Rows of other chapters, joined with those of a32.inc and a32_uncond.inc. VFP and Advanced SIMD
 * are written once as A32 patterns; T32 finds the same rows after mapping its first bits (A7.4:
 * 1111 001 U <-> 111 U 1111, 1111 0100 <-> 1111 1001; coprocessor space: cond 1110). */
struct arm_rows {
    const struct decode_row *rows;
    unsigned count;
};
extern const struct arm_rows arm_rows_vfp;  /* vfp_rows.c: coprocessors 10 and 11, conditional */
extern const struct arm_rows arm_rows_simd; /* simd_rows.c: 1111 001x and 1111 0100 xxx0 */

/* Condition 15 of A32 has a table of its own. */
struct arm_decoders {
    struct decode_table *a32, *a32_uncond, *t16, *t32;
};

#endif
