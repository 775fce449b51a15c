/* Rules of `fold` for operations that are not pure. */
#include "core/opt/fold_rules.h"

/* BRANCH on what is known, to one block only, on x != 0 or on x == 0. */
FOLD_RULE(branch)
{
    bool decided = fold_is_const(f, inst->a) || inst->imm == inst->b;
    if (decided && inst->c == 0 && inst->d == 0) {
        uint32_t block = fold_bits(f, inst->a) != 0 ? (uint32_t)inst->imm : inst->b;
        *inst = (struct ir_inst){.op = IR_JUMP, .imm = block, .snapshot = inst->snapshot};
        return 0;
    }
    if (fold_condition(f, &inst->a)) {
        uint32_t block = inst->b, list = inst->d;
        inst->b = inst->imm;
        inst->imm = block;
        inst->d = inst->c;
        inst->c = list;
    }
    return 0;
}

/* To a known address that moves with the page. */
FOLD_RULE(gotoi)
{
    const struct ir_inst *target = fold_get(f, inst->a);
    if (target->op == IR_PCREL) {
        *inst = (struct ir_inst){
            .op = IR_GOTO, .aux = inst->aux, .b = inst->b, .c = inst->c, .imm = target->imm};
    }
    return 0;
}

/* Constants of an address move into imm, modulo the address's size. */
static void fold_address(const struct fold *f, struct ir_inst *inst)
{
    const struct ir_inst *base = fold_get(f, inst->a);
    bool wide = ir_result_type(f->region, inst->a) == IR_I64;
    if (base->op == IR_ADD && fold_is_const(f, base->b)) {
        int64_t sum = inst->imm + (int64_t)fold_bits(f, base->b);
        if (wide && sum != (int32_t)sum) {
            return; /* too far for an instruction's displacement */
        }
        inst->a = base->a;
        inst->imm = sum;
    }
    if (!wide) {
        inst->imm = (int32_t)inst->imm;
    }
}

/* LOAD, STORE, CAS. */
FOLD_RULE(memory)
{
    fold_address(f, inst);
    const struct ir_inst *base = fold_get(f, inst->a);
    if (base->op == IR_PCREL && inst->imm != 0) {
        const struct ir_inst address = {
            .op = IR_PCREL, .type = base->type, .imm = (base->imm + inst->imm) & fold_mask(base)};
        inst->a = fold_inst(f, &address);
        inst->imm = 0;
    }
    unsigned size = inst->aux & IR_MEM_SIZE;
    if (inst->op == IR_STORE && size < 3) {
        inst->b = fold_demand(f, inst->b, UINT64_MAX >> (64 - (8u << size)));
    }
    return 0;
}
