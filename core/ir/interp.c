/* The reference executor: each instruction does what its row in ops.inc says, and what a host
 * keeps in side tables for leaving in mid-block is kept in the frame. */
#include "core/ir/interp.h"

#include "core/base/check.h"
#include "core/cpu/cpu.h"
#include "core/ir/scratch.h"
#include "core/jit/guest.h"

#include <stdatomic.h>
#include <string.h>

static void *slot(const struct ir_frame *frame, int64_t offset)
{
    return (char *)frame->cpu + offset;
}

static void write_slot(const struct ir_frame *frame, int64_t offset, enum ir_type type,
                       const union ir_value *value)
{
    memcpy(slot(frame, offset), value, ir_type_size(type));
}

static void write_pc(const struct ir_frame *frame, uint64_t pc)
{
    const struct guest_ops *guest = frame->cpu->guest;
    memcpy(slot(frame, guest->pc_offset), &pc, ir_type_size(guest->pc_type));
}

static void write_tag(const struct ir_frame *frame, uint32_t tag)
{
    if (frame->cpu->guest->tag_offset != 0) {
        memcpy(slot(frame, frame->cpu->guest->tag_offset), &tag, sizeof(tag));
    }
}

/* Writes a list of snapshot entries (0: none). */
static void write_list(const struct ir_frame *frame, uint32_t index)
{
    if (index == 0) {
        return;
    }
    for (const struct ir_snapshot *entry = &frame->region->snapshots[index];
         entry->offset != IR_SNAPSHOT_END; entry++) {
        write_slot(frame, entry->offset, ir_result_type(frame->region, entry->value),
                   &frame->values[entry->value]);
    }
}

static bool leave(struct ir_frame *frame, enum jit_exit exit)
{
    frame->exit = exit;
    return false;
}

static bool leave_to(struct ir_frame *frame, uint64_t pc, enum jit_exit exit)
{
    write_pc(frame, pc);
    return leave(frame, exit);
}

static bool poll_asks(const struct cpu *cpu)
{
    return cpu->poll != 0 || (cpu->counted && cpu->budget <= 0);
}

/* ---- one function per operation that is not pure; false: the region is left ------------------ */

static bool exec_nop(struct ir_frame *frame, const struct ir_inst *inst)
{
    return true;
}

static bool exec_pcrel(struct ir_frame *frame, const struct ir_inst *inst)
{
    uint64_t value = inst->type == IR_I32 ? (uint32_t)inst->imm : (uint64_t)inst->imm;
    frame->values[inst - frame->region->insts] = (union ir_value){.v = {value, 0}};
    return true;
}

static bool exec_get(struct ir_frame *frame, const struct ir_inst *inst)
{
    union ir_value value = {.v = {0, 0}};
    memcpy(&value, slot(frame, inst->imm), ir_type_size(inst->type));
    frame->values[inst - frame->region->insts] = value;
    return true;
}

static bool exec_set(struct ir_frame *frame, const struct ir_inst *inst)
{
    write_slot(frame, inst->imm, inst->type, &frame->values[inst->a]);
    return true;
}

static bool exec_insn(struct ir_frame *frame, const struct ir_inst *inst)
{
    bool repeated = frame->counted_insn && frame->pc == (uint64_t)inst->imm;
    if (!repeated && frame->undone > 0) {
        frame->undone--;
    }
    frame->counted_insn = true;
    frame->pc = inst->imm;
    frame->tag = inst->b;
    return true;
}

static bool exec_count(struct ir_frame *frame, const struct ir_inst *inst)
{
    if (frame->cpu->counted) {
        frame->cpu->budget -= inst->imm;
        frame->undone = inst->imm;
        frame->counted_insn = false;
    }
    return true;
}

static bool exec_countif(struct ir_frame *frame, const struct ir_inst *inst)
{
    if (frame->cpu->counted && frame->values[inst->a].i32 != 0) {
        frame->cpu->budget -= inst->imm;
    }
    return true;
}

static bool exec_load(struct ir_frame *frame, const struct ir_inst *inst)
{
    frame->snapshot = inst->snapshot;
    ir_interpret_load(frame, inst);
    return true;
}

static bool exec_store(struct ir_frame *frame, const struct ir_inst *inst)
{
    frame->snapshot = inst->snapshot;
    ir_interpret_store(frame, inst);
    return true;
}

static bool exec_cas(struct ir_frame *frame, const struct ir_inst *inst)
{
    frame->snapshot = inst->snapshot;
    ir_interpret_cas(frame, inst);
    return true;
}

static bool exec_fence(struct ir_frame *frame, const struct ir_inst *inst)
{
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

static bool exec_call(struct ir_frame *frame, const struct ir_inst *inst)
{
    frame->snapshot = inst->snapshot;
    ir_interpret_call(frame, inst);
    return true;
}

static bool exec_guard(struct ir_frame *frame, const struct ir_inst *inst)
{
    if (frame->cpu->exec[(uint32_t)inst->imm >> SPACE_PAGE_BITS] == inst->b) {
        return true;
    }
    write_list(frame, inst->snapshot);
    return leave_to(frame, frame->region->blocks[frame->block].pc, JIT_EXIT_LOOKUP);
}

static bool exec_require(struct ir_frame *frame, const struct ir_inst *inst)
{
    uint32_t value;
    memcpy(&value, slot(frame, inst->imm), sizeof(value));
    if (value == inst->b) {
        return true;
    }
    write_list(frame, inst->snapshot);
    return leave_to(frame, frame->region->blocks[frame->block].pc, JIT_EXIT_LOOKUP);
}

static bool exec_poll(struct ir_frame *frame, const struct ir_inst *inst)
{
    if (!poll_asks(frame->cpu)) {
        return true;
    }
    write_list(frame, inst->snapshot);
    return leave_to(frame, inst->imm, JIT_EXIT_POLL);
}

/* ENTRY reached from outside; edges within the region poll for themselves. */
static bool exec_entry(struct ir_frame *frame, const struct ir_inst *inst)
{
    return poll_asks(frame->cpu) ? leave_to(frame, inst->imm, JIT_EXIT_POLL) : true;
}

static bool go_to_block(struct ir_frame *frame, uint32_t block, uint32_t snapshot)
{
    uint32_t first = frame->region->blocks[block].first;
    const struct ir_inst *inst = &frame->region->insts[first];
    frame->block = block;
    frame->next = first;
    if (inst->op != IR_ENTRY) {
        return true;
    }
    frame->next++;
    if (inst->aux == 0 || !poll_asks(frame->cpu)) {
        return true;
    }
    write_list(frame, snapshot);
    return leave_to(frame, inst->imm, JIT_EXIT_POLL);
}

static bool exec_jump(struct ir_frame *frame, const struct ir_inst *inst)
{
    return go_to_block(frame, inst->imm, inst->snapshot);
}

static bool exec_branch(struct ir_frame *frame, const struct ir_inst *inst)
{
    bool taken = frame->values[inst->a].i32 != 0;
    write_list(frame, taken ? inst->c : inst->d);
    return go_to_block(frame, taken ? (uint32_t)inst->imm : inst->b, inst->snapshot);
}

static bool exec_goto(struct ir_frame *frame, const struct ir_inst *inst)
{
    return leave_to(frame, inst->imm, JIT_EXIT_LOOKUP);
}

static bool exec_gotoi(struct ir_frame *frame, const struct ir_inst *inst)
{
    return leave_to(frame, frame->values[inst->a].i64, JIT_EXIT_LOOKUP);
}

static bool exec_leave(struct ir_frame *frame, const struct ir_inst *inst)
{
    return leave(frame, JIT_EXIT_LOOKUP);
}

static bool (*const execs[IR_OP_COUNT])(struct ir_frame *frame, const struct ir_inst *inst) = {
    [IR_NOP] = exec_nop,
    [IR_PCREL] = exec_pcrel,
    [IR_GET] = exec_get,
    [IR_SET] = exec_set,
    [IR_INSN] = exec_insn,
    [IR_LOAD] = exec_load,
    [IR_STORE] = exec_store,
    [IR_CAS] = exec_cas,
    [IR_FENCE] = exec_fence,
    [IR_CALL] = exec_call,
    [IR_ENTRY] = exec_entry,
    [IR_COUNT] = exec_count,
    [IR_COUNTIF] = exec_countif,
    [IR_GUARD] = exec_guard,
    [IR_REQUIRE] = exec_require,
    [IR_POLL] = exec_poll,
    [IR_JUMP] = exec_jump,
    [IR_BRANCH] = exec_branch,
    [IR_GOTO] = exec_goto,
    [IR_GOTOI] = exec_gotoi,
    [IR_LEAVE] = exec_leave,
    [IR_FADD] = ir_interpret_float,
    [IR_FSUB] = ir_interpret_float,
    [IR_FMUL] = ir_interpret_float,
    [IR_FDIV] = ir_interpret_float,
    [IR_FSQRT] = ir_interpret_float,
    [IR_FMA] = ir_interpret_float,
    [IR_FCMP] = ir_interpret_float,
    [IR_FCVT_FD] = ir_interpret_float,
    [IR_FCVT_DF] = ir_interpret_float,
    [IR_FCVT_SI] = ir_interpret_float,
    [IR_FCVT_UI] = ir_interpret_float,
    [IR_FCVT_IS] = ir_interpret_float,
    [IR_FCVT_IU] = ir_interpret_float,
    [IR_VFADD] = ir_interpret_float,
    [IR_VFSUB] = ir_interpret_float,
    [IR_VFMUL] = ir_interpret_float,
    [IR_VFMA] = ir_interpret_float,
    [IR_VFMLA] = ir_interpret_float,
    [IR_VFMLS] = ir_interpret_float,
    [IR_VFMIN] = ir_interpret_float,
    [IR_VFMAX] = ir_interpret_float,
    [IR_VFEQ] = ir_interpret_float,
    [IR_VFGT] = ir_interpret_float,
    [IR_VFGE] = ir_interpret_float,
    [IR_VFTOI] = ir_interpret_float,
    [IR_VITOF] = ir_interpret_float,
};

static void exec_pure(struct ir_frame *frame, const struct ir_inst *inst)
{
    union ir_value *values = frame->values;
    unsigned arity = ir_ops[inst->op].arity; /* fields that are no operands hold anything */
    const union ir_value operands[3] = {values[arity > 0 ? inst->a : 0],
                                        values[arity > 1 ? inst->b : 0],
                                        values[arity > 2 ? inst->c : 0]};
    CHECK(ir_evaluate(inst, operands, &values[inst - frame->region->insts]));
}

unsigned ir_interpret(struct cpu *cpu, const struct ir_region *r, uint32_t block)
{
    struct ir_frame frame = {
        .cpu = cpu,
        .region = r,
        .values = ir_scratch_get(r, IR_SCRATCH_VALUES, r->inst_count * sizeof(union ir_value)),
        .block = block,
        .next = r->blocks[block].first,
    };
    frame.values[0] = (union ir_value){.v = {0, 0}};
    cpu->frame = &frame;
    for (;;) {
        const struct ir_inst *inst = &r->insts[frame.next++];
        if (execs[inst->op] == NULL) {
            exec_pure(&frame, inst);
        } else if (!execs[inst->op](&frame, inst)) {
            break;
        }
    }
    cpu->frame = NULL;
    return frame.exit;
}

uint32_t ir_sync(struct cpu *cpu)
{
    struct ir_frame *frame = cpu->frame;
    write_list(frame, frame->snapshot);
    write_pc(frame, frame->pc);
    write_tag(frame, frame->tag);
    cpu->frame = NULL;
    return frame->undone;
}
