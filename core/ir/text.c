#include "core/ir/text.h"

#include "core/base/bits.h"

const char *const ir_type_names[IR_TYPE_COUNT] = {"none", "i32", "i64", "f32", "f64", "v128"};

const struct ir_text_flag ir_text_mem_flags[] = {
    {"s", IR_MEM_SIGN},
    {"be", IR_MEM_BIG},
    {"user", IR_MEM_USER},
    {"swap64", IR_MEM_SWAP64},
};
const unsigned ir_text_mem_flag_count = ARRAY_SIZE(ir_text_mem_flags);

const char *ir_text_fields(enum ir_op op)
{
    static const char *const fields[IR_OP_COUNT] = {
        [IR_CONST] = "x",    [IR_CONSTV] = "V", [IR_PCREL] = "x",   [IR_GET] = "s",
        [IR_SET] = "s",      [IR_INSN] = "xwt", [IR_EXTU] = "l",    [IR_EXTS] = "l",
        [IR_DEP] = "l",      [IR_LOAD] = "nm",  [IR_STORE] = "nm",  [IR_CAS] = "nm",
        [IR_ENTRY] = "xL",   [IR_COUNT] = "n",  [IR_COUNTIF] = "n", [IR_GUARD] = "xt",
        [IR_REQUIRE] = "st", [IR_POLL] = "x",   [IR_JUMP] = "j",    [IR_BRANCH] = "jk",
        [IR_GOTO] = "xg",    [IR_GOTOI] = "g",
    };
    if (fields[op] != NULL) {
        return fields[op];
    }
    uint8_t flags = ir_ops[op].flags;
    if (flags == (IR_FLAG_R | IR_FLAG_W)) { /* floats: imm names their environment */
        return "sA";
    }
    return flags & IR_FLAG_P ? "AI" : "";
}
