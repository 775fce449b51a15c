#include "core/ir/ir.h"

/* Static initialisers cannot loop: the flags column has at most four letters. */
#define LETTER(s, i, letter) (sizeof(s) > (i) + 1 && (s)[(i) < sizeof(s) ? (i) : 0] == (letter))
#define FLAG(s, letter, bit)                                                                       \
    (LETTER(s, 0, letter) || LETTER(s, 1, letter) || LETTER(s, 2, letter) || LETTER(s, 3, letter)  \
         ? (bit)                                                                                   \
         : 0)
#define FLAGS(s)                                                                                   \
    (FLAG(s, 'P', IR_FLAG_P) | FLAG(s, 'C', IR_FLAG_C) | FLAG(s, 'R', IR_FLAG_R) |                 \
     FLAG(s, 'W', IR_FLAG_W) | FLAG(s, 'M', IR_FLAG_M) | FLAG(s, 'X', IR_FLAG_X) |                 \
     FLAG(s, 'E', IR_FLAG_E))

const struct ir_op_info ir_ops[IR_OP_COUNT] = {
#define IR_OP(id, text, res, operands, letters)                                                    \
    [IR_##id] = {.name = (text),                                                                   \
                 .args = (operands),                                                               \
                 .flags = FLAGS(letters),                                                          \
                 .result = (res),                                                                  \
                 .arity = sizeof(operands) - 1},
#include "core/ir/ops.inc"
#undef IR_OP
};
