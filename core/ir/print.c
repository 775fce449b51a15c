/* The text form of a region, which parse.c reads:
 *
 *   region pc 0x8000 page 0x8000 insns 2
 *   block 0 pc 0x8000 entry
 *     entry 0x8000, loop
 *     insn 0x8000, 4, 0x0
 *     v4 = get.i32 [r1]
 *     v5 = load.i32 v4, 16, 2.s.a2                 bytes; sign-extended; aligned to 2 bytes
 *     v6 = call.i32 helper_name v4, v5 leave{[nf]=v4}
 *     branch v6, @0, @1 leave{[zf]=v4} taken{[cf]=v4} other{[cf]=v5, [vf]=v5}
 *
 * That is: result, name and type, operands, the fields that text.h lists, lists of slots: of the
 * snapshot ("leave"), and of a BRANCH's c ("taken") and d ("other"). NOPs are not printed. */
#include "core/ir/text.h"

#include "core/jit/guest.h"

#include <inttypes.h>

struct printer {
    const struct ir_region *region;
    const struct guest_slot *slots;
    unsigned slot_count;
    FILE *out;
    const char *separator; /* before the next operand or field of a line */
};

static void separate(struct printer *p)
{
    fputs(p->separator, p->out);
    p->separator = ", ";
}

static void print_slot(const struct printer *p, uint32_t offset)
{
    for (unsigned i = 0; i < p->slot_count; i++) {
        const struct guest_slot *slot = &p->slots[i];
        uint32_t into = offset - slot->offset;
        if (into < ir_type_size(slot->type)) {
            fprintf(p->out, into ? "[%s+%" PRIu32 "]" : "[%s]", slot->name, into);
            return;
        }
    }
    fprintf(p->out, "[0x%" PRIx32 "]", offset);
}

/* ---- one function per letter of ir_text_fields(); each writes one field or nothing ----------- */

static void print_hex(struct printer *p, const struct ir_inst *inst)
{
    uint64_t value = ir_type_size(inst->type) == 4 ? (uint32_t)inst->imm : (uint64_t)inst->imm;
    separate(p);
    fprintf(p->out, "0x%" PRIx64, value);
}

static void print_number(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "%" PRId64, inst->imm);
}

static void print_slot_field(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    print_slot(p, inst->imm);
}

static void print_vector(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "0x%" PRIx64 ", 0x%" PRIx64, (uint64_t)inst->imm,
            inst->b | (uint64_t)inst->c << 32);
}

static void print_aux_number(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "%u", inst->aux);
}

static void print_b(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "0x%" PRIx32, inst->b);
}

static void print_bit_field(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "%u, %u", inst->aux & 0xff, inst->aux >> 8);
}

static void print_mem(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "%u", 1u << (inst->aux & IR_MEM_SIZE));
    for (unsigned i = 0; i < ir_text_mem_flag_count; i++) {
        if (inst->aux & ir_text_mem_flags[i].bit) {
            fprintf(p->out, ".%s", ir_text_mem_flags[i].name);
        }
    }
    if (inst->aux & IR_MEM_ALIGN) {
        fprintf(p->out, ".a%u", 1u << ((inst->aux & IR_MEM_ALIGN) >> IR_MEM_ALIGN_SHIFT));
    }
}

static void print_block_imm(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "@%" PRId64, inst->imm);
}

static void print_block_b(struct printer *p, const struct ir_inst *inst)
{
    separate(p);
    fprintf(p->out, "@%" PRIu32, inst->b);
}

static void print_word(struct printer *p, const char *word)
{
    separate(p);
    fputs(word, p->out);
}

static void print_loop(struct printer *p, const struct ir_inst *inst)
{
    if (inst->aux == 1) {
        print_word(p, "loop");
    }
}

static void print_hint(struct printer *p, const struct ir_inst *inst)
{
    if (inst->aux == IR_HINT_RETURN) {
        print_word(p, "return");
    }
    if (inst->aux != IR_HINT_CALL) {
        return;
    }
    print_word(p, "call");
    fprintf(p->out, ", 0x%" PRIx64, inst->b | (uint64_t)inst->c << 32);
}

static void print_aux_unless_zero(struct printer *p, const struct ir_inst *inst)
{
    if (inst->aux == 0) {
        return;
    }
    print_word(p, "aux ");
    fprintf(p->out, "0x%x", inst->aux);
}

static void print_imm_unless_zero(struct printer *p, const struct ir_inst *inst)
{
    if (inst->imm == 0) {
        return;
    }
    print_word(p, "imm ");
    fprintf(p->out, "%" PRId64, inst->imm);
}

static void (*const field_printers[128])(struct printer *p, const struct ir_inst *inst) = {
    ['x'] = print_hex,
    ['n'] = print_number,
    ['s'] = print_slot_field,
    ['V'] = print_vector,
    ['w'] = print_aux_number,
    ['t'] = print_b,
    ['l'] = print_bit_field,
    ['m'] = print_mem,
    ['j'] = print_block_imm,
    ['k'] = print_block_b,
    ['L'] = print_loop,
    ['g'] = print_hint,
    ['A'] = print_aux_unless_zero,
    ['I'] = print_imm_unless_zero,
};

static void print_list(const struct printer *p, const char *name, uint32_t index)
{
    if (index == 0) {
        return;
    }
    fprintf(p->out, " %s{", name);
    const struct ir_snapshot *entry = &p->region->snapshots[index];
    for (const char *comma = ""; entry->offset != IR_SNAPSHOT_END; entry++, comma = ", ") {
        fputs(comma, p->out);
        print_slot(p, entry->offset);
        fprintf(p->out, "=v%" PRIu32, entry->value);
    }
    fputc('}', p->out);
}

static unsigned operand_count(const struct ir_inst *inst)
{
    if (inst->op != IR_CALL) {
        return ir_ops[inst->op].arity;
    }
    return inst->d ? 4 : inst->c ? 3 : inst->b ? 2 : inst->a ? 1 : 0;
}

static void print_inst(struct printer *p, const struct ir_inst *inst)
{
    const struct ir_op_info *info = &ir_ops[inst->op];
    uint32_t index = inst - p->region->insts;
    fputs("  ", p->out);
    if (ir_result_type(p->region, index) != IR_NONE) {
        fprintf(p->out, "v%" PRIu32 " = ", index);
    }
    fputs(info->name, p->out);
    if (inst->type != IR_NONE) {
        fprintf(p->out, ".%s", ir_type_names[inst->type]);
    }
    if (inst->op == IR_CALL) {
        fprintf(p->out, " %s", ((const struct ir_helper *)(uintptr_t)inst->imm)->name);
    }

    p->separator = " ";
    const uint32_t operands[4] = {inst->a, inst->b, inst->c, inst->d};
    for (unsigned i = 0; i < operand_count(inst); i++) {
        separate(p);
        fprintf(p->out, "v%" PRIu32, operands[i]);
    }
    for (const char *letter = ir_text_fields(inst->op); *letter; letter++) {
        field_printers[(unsigned char)*letter](p, inst);
    }

    print_list(p, "leave", inst->snapshot);
    if (inst->op == IR_BRANCH) {
        print_list(p, "taken", inst->c);
        print_list(p, "other", inst->d);
    }
    fputc('\n', p->out);
}

/* The first block laid out at or after an instruction; NULL after the last. */
static const struct ir_block *block_from(const struct ir_region *r, uint32_t inst)
{
    const struct ir_block *found = NULL;
    for (const struct ir_block *block = r->blocks; block < r->blocks + r->block_count; block++) {
        if (block->first >= inst && (found == NULL || block->first < found->first)) {
            found = block;
        }
    }
    return found;
}

void ir_print(const struct ir_region *r, const struct guest_slot *slots, unsigned slot_count,
              FILE *out)
{
    struct printer p = {.region = r, .slots = slots, .slot_count = slot_count, .out = out};
    fprintf(out, "region pc 0x%" PRIx64 " page 0x%" PRIx64 " insns %" PRIu32 "\n", r->pc, r->page,
            r->guest_insns);
    for (const struct ir_block *block = block_from(r, 1); block != NULL;
         block = block_from(r, block->end)) {
        fprintf(out, "block %td pc 0x%" PRIx64 "%s\n", block - r->blocks, block->pc,
                block->entry ? " entry" : "");
        for (uint32_t i = block->first; i < block->end; i++) {
            if (r->insts[i].op != IR_NOP) {
                print_inst(&p, &r->insts[i]);
            }
        }
    }
}
