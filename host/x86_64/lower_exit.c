/* Ways out of the region: exits that can be linked, calls and returns,
 * indirect branches, guards. */
#include "host/x86_64/lower.h"

static void store_pc(struct x64_compile *c, int64_t pc)
{
    struct x64_rm slot = x64_slot(c->host->guest->pc_offset);
    if (c->host->guest->pc_type == IR_I64) {
        x64_mov_imm64(c->e, X64_RAX, (uint64_t)pc);
        x64_reloc_add(c, X64_RELOC_PC64, x64_here(c->e) - 8, 0);
        x64_mov_store(c->e, 3, slot, X64_RAX);
    } else {
        x64_mov_store_imm(c->e, 2, slot, (int32_t)pc);
        x64_reloc_add(c, X64_RELOC_PC32, x64_here(c->e) - 4, 0);
    }
}

void x64_stub_exit(struct x64_compile *c, const struct x64_stub *stub)
{
    store_pc(c, stub->imm);
    x64_mov_store_imm(c->e, 2, x64_m(X64_STATE, X64_CPU(exit_site)), 0);
    x64_reloc_add(c, X64_RELOC_EXIT, x64_here(c->e) - 4, stub->site);
    x64_jump_thunk(c, X64_THUNK_EXIT_LINK);
}

/* A stack that has become too deep begins anew. */
void x64_stub_deep(struct x64_compile *c, const struct x64_stub *stub)
{
    x64_mov(c->e, true, X64_RSP, x64_m(X64_STATE, X64_SAVE(X64_SAVE_STACK)));
    x64_jmp_back(c->e, stub->resume);
}

/* A return came here that belongs elsewhere: what it took goes back on the stack, as a way to the
 * same place, and the pc in eax is looked up. */
void x64_stub_return(struct x64_compile *c, const struct x64_stub *stub)
{
    x64_call_thunk(c, X64_THUNK_LOOKUP);
    x64_jmp_back(c->e, stub->resume);
}

void x64_stub_leave(struct x64_compile *c, const struct x64_stub *stub)
{
    x64_restores_emit(c, stub->restore, stub->restore_count);
    store_pc(c, stub->imm);
    x64_jump_thunk(c, stub->kind == X64_STUB_POLL ? X64_THUNK_EXIT_POLL : X64_THUNK_EXIT_BRANCH);
}

void x64_stub_miss(struct x64_compile *c, const struct x64_stub *stub)
{
    x64_mov_store(c->e, stub->type == IR_I64 ? 3 : 2, x64_slot(c->host->guest->pc_offset),
                  stub->address);
    x64_jump_thunk(c, X64_THUNK_EXIT_BRANCH);
}

void x64_lower_leave(struct x64_compile *c, const struct ir_inst *inst)
{
    (void)inst;
    x64_jump_thunk(c, X64_THUNK_LEAVE);
}

/* cmp dword gs:[the code page at `address`], number; displacement and immediate can be patched. */
static void compare_exec(struct x64_compile *c, int64_t address, uint32_t number)
{
    uint32_t displacement = SPACE_DATA_BYTES + ((uint32_t)address >> SPACE_PAGE_BITS) * 4;
    x64_gs(c->e);
    x64_cmp_at_imm32(c->e, (int32_t)displacement, number);
    x64_reloc_add(c, X64_RELOC_VPAGE, x64_here(c->e) - 8, 0);
}

/* Leaves to the block's pc unless the comparison before says equal. */
static void leave_unless_equal(struct x64_compile *c, const struct ir_inst *inst)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_LEAVE);
    stub->imm = (int64_t)c->ir->blocks[c->block].pc;
    stub->restore = x64_restores_add(c, inst->snapshot, &stub->restore_count);
    x64_stub_jump(stub, x64_jcc(c->e, X64_NE));
}

static void leave_prepare(struct x64_compile *c, const struct ir_inst *inst)
{
    if (inst->snapshot) {
        x64_edge_prepare(c, inst->snapshot);
        x64_take(c, X64_RAX);
    }
}

void x64_lower_guard(struct x64_compile *c, const struct ir_inst *inst)
{
    leave_prepare(c, inst);
    compare_exec(c, inst->imm, inst->b);
    leave_unless_equal(c, inst);
}

void x64_lower_require(struct x64_compile *c, const struct ir_inst *inst)
{
    leave_prepare(c, inst);
    x64_alu_imm(c->e, X64_CMP, false, x64_slot((uint64_t)inst->imm), (int32_t)inst->b);
    leave_unless_equal(c, inst);
}

static struct x64_stub *exit_stub(struct x64_compile *c, int64_t pc)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_EXIT);
    stub->imm = pc;
    stub->site = c->s->exits.count;
    return stub;
}

/* The exit that the stub is for. `site`: offset of the rel32 that linking changes. */
static void exit_add(struct x64_compile *c, struct x64_stub *stub, uint32_t site, int64_t pc,
                     bool cross, bool returns)
{
    x64_stub_jump(stub, site);
    *x64_list_add(&c->s->exits) = (struct host_exit){
        .target = (uint64_t)pc, .site = site, .cross_page = cross, .returns = returns};
}

enum exit_kind { EXIT_JUMP, EXIT_CALL, EXIT_RETURN };

/* An exit that can be linked. */
static void exit_to(struct x64_compile *c, int64_t pc, bool cross, enum exit_kind kind)
{
    struct x64_stub *stub = exit_stub(c, pc);
    if (cross) {
        /* x64_link() knows this sequence. */
        compare_exec(c, pc, UINT32_MAX);
        x64_stub_jump(stub, x64_jcc(c->e, X64_NE));
    }
    uint32_t site = kind == EXIT_CALL ? x64_call(c->e) : x64_jmp(c->e);
    /* In counted time whether a return finds its call must make no difference. */
    exit_add(c, stub, site, pc, cross, kind == EXIT_RETURN && !c->host->options.counted);
}

static bool leaves_page(const struct x64_compile *c, const struct ir_inst *inst)
{
    return ((uint64_t)inst->imm ^ c->ir->page) >> SPACE_PAGE_BITS;
}

bool x64_only_leaves(const struct x64_compile *c, uint32_t block)
{
    const struct ir_block *b = &c->ir->blocks[block];
    const struct ir_inst *end = x64_inst(c, b->end - 1);
    for (uint32_t i = b->first; i < b->end - 1; i++) {
        enum ir_op op = x64_inst(c, i)->op;
        if (op != IR_NOP && op != IR_INSN) {
            return false;
        }
    }
    return end->op == IR_GOTO && end->aux != IR_HINT_CALL && !leaves_page(c, end);
}

void x64_exit_edge(struct x64_compile *c, uint32_t block, enum x64_cond cond)
{
    int64_t pc = x64_inst(c, c->ir->blocks[block].end - 1)->imm;
    struct x64_stub *stub = exit_stub(c, pc);
    uint32_t site = cond == X64_ALWAYS ? x64_jmp(c->e) : x64_jcc(c->e, cond);
    exit_add(c, stub, site, pc, false, false);
}

/* ---- calls and returns ----------------------------------------------------------------------- */

/* Calls of the guest are calls of the host, so that its return stack predicts where they return to.
 * A guest return has its pc in eax and executes RET. Behind each call is code that compares eax
 * with the pc that the call expects and goes on there; a return that belongs elsewhere is looked
 * up, with the stack as it was. At the stack's base is a return address that looks up, too.
 *
 * Whatever leaves translated code empties the stack, and the mode stays the same until then. Thus
 * all that can change between a call and its return is the mapping of the caller's page, which is
 * compared, and that the caller's code is dropped, which unlinks its exits; the memory itself is
 * freed by the run loop only. Not to be unlinked is the way to a block of the same region: dropped
 * code would run on until the next poll. That is as with any code that is dropped while it runs
 * (jit_written()), since nobody but the guest itself can have written there meanwhile. */

static bool is_call(const struct x64_compile *c, const struct ir_inst *inst)
{
    return inst->aux == IR_HINT_CALL && c->host->guest->pc_type == IR_I32;
}

static void check_depth(struct x64_compile *c)
{
    x64_test_imm(c->e, false, x64_r(X64_RSP), X64_STACK_DEPTH);
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_DEEP);
    x64_stub_jump(stub, x64_jcc(c->e, X64_E));
    stub->resume = x64_here(c->e);
}

/* Where the call before returns to. */
static void return_to(struct x64_compile *c, int64_t pc)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_RETURN);
    stub->resume = x64_here(c->e);
    x64_cmp_eax_imm32(c->e, (uint32_t)pc);
    x64_reloc_add(c, X64_RELOC_PC32, x64_here(c->e) - 4, 0);
    x64_stub_jump(stub, x64_jcc(c->e, X64_NE));
    exit_to(c, pc, true, EXIT_RETURN);
}

void x64_lower_goto(struct x64_compile *c, const struct ir_inst *inst)
{
    bool cross = leaves_page(c, inst);
    bool call = is_call(c, inst);
    if (call) {
        check_depth(c);
    }
    exit_to(c, inst->imm, cross, call ? EXIT_CALL : EXIT_JUMP);
    if (call) {
        return_to(c, (int64_t)inst->b);
    }
}

/* Goes to the guest pc in a register by the inline cache. */
static void go_to(struct x64_compile *c, unsigned pc, bool call)
{
    struct x64_stub *stub = x64_stub_add(c, X64_STUB_MISS);
    stub->address = (uint8_t)pc;
    stub->type = IR_I32;
    unsigned entry = x64_temp(c), page = x64_temp(c);
    uint32_t misses[2];
    struct x64_rm code = x64_jump_lookup(c->e, pc, entry, page, misses);
    x64_stub_jump(stub, misses[0]);
    x64_stub_jump(stub, misses[1]);
    if (call) {
        x64_call_rm(c->e, code);
    } else {
        x64_jmp_rm(c->e, code);
    }
}

void x64_lower_gotoi(struct x64_compile *c, const struct ir_inst *inst)
{
    if (inst->type == IR_I64 || c->host->guest->pc_type != IR_I32) {
        /* The inline cache is for 32-bit pcs. */
        struct x64_stub *stub = x64_stub_add(c, X64_STUB_MISS);
        stub->address = (uint8_t)x64_use(c, inst->a);
        stub->type = inst->type;
        x64_stub_jump(stub, x64_jmp(c->e));
        return;
    }
    if (inst->aux == IR_HINT_RETURN) {
        x64_use_in(c, inst->a, X64_RAX);
        x64_ret(c->e);
        return;
    }
    unsigned pc = x64_use(c, inst->a);
    bool call = is_call(c, inst);
    if (call) {
        check_depth(c);
    }
    go_to(c, pc, call);
    if (call) {
        return_to(c, (int64_t)inst->b);
    }
}

/* A locked operation on the stack is cheaper than MFENCE. */
void x64_lower_fence(struct x64_compile *c, const struct ir_inst *inst)
{
    (void)inst;
    x64_lock(c->e);
    x64_alu_imm(c->e, X64_OR, false, x64_m(X64_RSP, -64), 0);
}
