/* Layer 3: lowering, one function per kind of IR op. The table that names them is in lower.c. */
#ifndef HOST_X86_64_LOWER_H
#define HOST_X86_64_LOWER_H

#include "host/x86_64/compile.h"

typedef void x64_lower_fn(struct x64_compile *c, const struct ir_inst *inst);

/* Never NULL: ops without a row of their own are evaluated in C. */
x64_lower_fn *x64_lowering(enum ir_op op);

/* lower_state.c */
x64_lower_fn x64_lower_nop, x64_lower_const, x64_lower_constv, x64_lower_get, x64_lower_set,
    x64_lower_insn;
/* Stores a value of the type to memory in the state; constants as immediates. */
void x64_state_store(struct x64_compile *c, enum ir_type type, struct x64_rm rm, uint32_t v);

/* lower_int.c */
x64_lower_fn x64_lower_alu, x64_lower_andn, x64_lower_unary, x64_lower_add3, x64_lower_mul,
    x64_lower_mulh, x64_lower_div, x64_lower_shift, x64_lower_clz, x64_lower_ctz, x64_lower_bswap,
    x64_lower_extend, x64_lower_hi32, x64_lower_pair, x64_lower_extract, x64_lower_deposit;

/* lower_cond.c */
x64_lower_fn x64_lower_compare, x64_lower_select;
/* Computes a condition, which then is a value in a register. */
void x64_materialise(struct x64_compile *c, uint32_t v);
/* x64_condition() where nothing may be allocated; rax may change. `v` is a condition. */
enum x64_cond x64_condition_at_edge(struct x64_compile *c, uint32_t v);
/* "alu a, b" and the condition after it for a comparison, carry or overflow; with ADC the carry in
 * comes first. */
enum x64_alu x64_compare_alu(enum ir_op op);
enum x64_cond x64_compare_cond(enum ir_op op);

/* lower_ctl.c */
x64_lower_fn x64_lower_entry, x64_lower_count, x64_lower_countif, x64_lower_jump, x64_lower_branch;
/* What edges to a block lead to. */
enum x64_label {
    X64_LABEL_INNER,
    X64_LABEL_POLL,    /* polls first */
    X64_LABEL_CARRIED, /* edges of its loop */
    X64_LABEL_CARRIED_POLL,
    X64_LABELS
};
/* The labels of a block without ENTRY. */
void x64_begin_inner(struct x64_compile *c);
void x64_stub_carry(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_entry(struct x64_compile *c, const struct x64_stub *stub);

/* Reads the values of a list that are still in the state: SETs of the same list may change it. */
void x64_edge_prepare(struct x64_compile *c, uint32_t list);
/* A general value where nothing may be allocated: into `reg`; as an operand, which it must be able
 * to be. */
void x64_edge_load(struct x64_compile *c, unsigned reg, uint32_t v);
struct x64_rm x64_edge_rm(const struct x64_compile *c, uint32_t v);

/* lower_exit.c */
x64_lower_fn x64_lower_guard, x64_lower_require, x64_lower_poll, x64_lower_goto, x64_lower_gotoi,
    x64_lower_leave, x64_lower_fence;
/* Whether all the block does is to leave for the same page by an exit that can be linked: edges to
 * it are that exit then, and the block itself is not made. */
bool x64_only_leaves(const struct x64_compile *c, uint32_t block);
void x64_exit_edge(struct x64_compile *c, uint32_t block, enum x64_cond cond);
void x64_stub_exit(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_leave(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_miss(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_deep(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_return(struct x64_compile *c, const struct x64_stub *stub);

/* lower_mem.c */
x64_lower_fn x64_lower_load, x64_lower_store, x64_lower_cas;
void x64_stub_misaligned(struct x64_compile *c, const struct x64_stub *stub);
void x64_stub_slow(struct x64_compile *c, const struct x64_stub *stub);

/* lower_call.c */
x64_lower_fn x64_lower_call, x64_lower_float, x64_lower_evaluate;
/* Writes pinned registers to their slots, and back. */
void x64_call_pins_store(struct x64_compile *c, uint32_t mask);
void x64_call_pins_load(struct x64_compile *c, uint32_t mask);

/* lower_fp.c */
/* Begins the out-of-line twin of a floating-point op whose operands and result are in these
 * registers. All registers must have been taken by now. */
struct x64_stub *x64_float_stub(struct x64_compile *c, const struct ir_inst *inst,
                                const unsigned operands[3], unsigned d);
void x64_stub_float(struct x64_compile *c, const struct x64_stub *stub);

/* lower_fp.c and lower_vec.c: rows of their own tables; NULL if there is none. */
x64_lower_fn *x64_lowering_fp(enum ir_op op);
x64_lower_fn *x64_lowering_vec(enum ir_op op);

#endif
