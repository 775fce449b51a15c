/* What printer and parser share: the text form of each operation's fields that are no operands. */
#ifndef CORE_IR_TEXT_H
#define CORE_IR_TEXT_H

#include "core/ir/ir.h"

/* One letter per field, in the order of the text:
 *   x  imm in hexadecimal                 n  imm in signed decimal
 *   s  imm as a slot: [name], [name+4], [0x40]
 *   V  imm, then b | c << 32, hexadecimal
 *   w  aux in decimal                     t  b in hexadecimal
 *   l  aux as "lsb, len"                  m  aux as enum ir_mem, "4.s.be"
 *   j  imm as a block: @3                 k  b as a block
 *   L  "loop" if aux is 1
 *   g  aux as enum ir_hint, "call, 0x8004" or "return"; the pc only if the operation has no operand
 *   A  "aux 0x2" unless 0                 I  "imm 3" unless 0 */
const char *ir_text_fields(enum ir_op op);

extern const char *const ir_type_names[IR_TYPE_COUNT];

/* The flags of enum ir_mem that have a name. */
struct ir_text_flag {
    const char *name;
    uint16_t bit;
};
extern const struct ir_text_flag ir_text_mem_flags[];
extern const unsigned ir_text_mem_flag_count;

#endif
