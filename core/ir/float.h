/* The functions that define the floating-point operations; interpreter and hosts share them. */
#ifndef CORE_IR_FLOAT_H
#define CORE_IR_FLOAT_H

#include "core/fp/fp.h"
#include "core/ir/ir.h"

/* A scalar operation. Operands and result are bit patterns, zero-extended to 64 bits; the argument
 * after the last operand is the instruction's aux. */
struct ir_float_function {
    uint64_t (*fn)(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c);
};

/* The function of a floating-point op that uses an environment (flags R and W in ops.inc). `type`
 * is the instruction's; an f32 <-> f64 conversion has only one. */
struct ir_float_function ir_float_function(enum ir_op op, enum ir_type type);

/* The vector operations of ops_vec.inc: what = op | aux << 16. The result may be one of the
 * operands. */
void ir_float_vector(struct fp_env *env, uint32_t what, const union ir_value *a,
                     const union ir_value *b, const union ir_value *c, union ir_value *result);

#endif
