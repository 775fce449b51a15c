/* Inside the interpreter: what its parts share. */
#ifndef CORE_IR_INTERP_H
#define CORE_IR_INTERP_H

#include "core/ir/ir.h"

/* One run of the interpreter. Its address is in cpu->frame meanwhile. */
struct ir_frame {
    struct cpu *cpu;
    const struct ir_region *region;
    union ir_value *values; /* by instruction; scalars are zero-extended to 128 bits */
    uint32_t block;         /* the current one */
    uint32_t next;          /* instruction after the current one */
    uint32_t snapshot;      /* of the X op in progress */
    uint32_t tag;           /* of the guest instruction in progress, and its pc */
    uint64_t pc;
    uint32_t undone;   /* instructions that COUNT accounted and that were not reached */
    bool counted_insn; /* the one in progress is not among them */
    unsigned exit;     /* enum jit_exit, when the run is over */
};

/* Memory operations and calls (interp_mem.c). */
void ir_interpret_load(struct ir_frame *frame, const struct ir_inst *inst);
void ir_interpret_store(struct ir_frame *frame, const struct ir_inst *inst);
void ir_interpret_cas(struct ir_frame *frame, const struct ir_inst *inst);
void ir_interpret_call(struct ir_frame *frame, const struct ir_inst *inst);

/* Floating-point operations, scalar and vector (interp_fp.c). Returns true. */
bool ir_interpret_float(struct ir_frame *frame, const struct ir_inst *inst);

#endif
