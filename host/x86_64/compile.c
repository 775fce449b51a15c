/* The compiler's way through a region. Code is made in scratch memory and
 * then installed (link.c). */
#include "host/x86_64/compile.h"

#include "host/x86_64/lower.h"

#include <stdlib.h>
#include <string.h>

struct x64_scratch *x64_scratch_create(void)
{
    struct x64_scratch *s = mem_resize(NULL, sizeof(*s));
    memset(s, 0, sizeof(*s));
    return s;
}

void x64_scratch_destroy(struct x64_scratch *s)
{
    free(s->code.start);
    free(s->values);
    free(s->labels.items);
    free(s->loop_of.items);
    free(s->loops.items);
    free(s->order.items);
    free(s->progress.items);
    free(s->fixups.items);
    free(s->stubs.items);
    free(s->relocs.items);
    free(s->sites.items);
    free(s->restores.items);
    free(s->entries.items);
    free(s->exits.items);
    free(s->exit_stubs.items);
    free(s);
}

struct x64_stub *x64_stub_add(struct x64_compile *c, enum x64_stub_kind kind)
{
    struct x64_stub *stub = x64_list_add(&c->s->stubs);
    stub->kind = (uint8_t)kind;
    stub->jump_count = 0;
    stub->misaligned.jump = 0;
    stub->restore_count = 0;
    return stub;
}

void x64_stub_jump(struct x64_stub *stub, uint32_t at)
{
    CHECK(stub->jump_count < sizeof(stub->jumps) / sizeof(stub->jumps[0]));
    stub->jumps[stub->jump_count++] = at;
}

void x64_reloc_add(struct x64_compile *c, enum x64_reloc_kind kind, uint32_t at, unsigned extra)
{
    *x64_list_add(&c->s->relocs) =
        (struct x64_reloc){.at = at, .kind = (uint16_t)kind, .extra = (uint16_t)extra};
}

/* Relative to offset 0 of the buffer for now: installing moves it. */
static void thunk_target(struct x64_compile *c, uint32_t at, enum x64_thunk thunk)
{
    x64_patch(c->e, at, (uint32_t)(c->host->thunks[thunk] - c->host->buffer.rx));
    x64_reloc_add(c, X64_RELOC_REL32, at, 0);
}

void x64_jump_thunk(struct x64_compile *c, enum x64_thunk thunk)
{
    thunk_target(c, x64_jmp(c->e), thunk);
}

void x64_call_thunk(struct x64_compile *c, enum x64_thunk thunk)
{
    thunk_target(c, x64_call(c->e), thunk);
}

/* An internal block goes on with the instructions that its predecessors account for. */
static void progress_begin(struct x64_compile *c)
{
    const struct x64_progress *progress = &c->s->progress.items[c->block];
    c->counted = progress->counted;
    c->reached = progress->reached;
    c->last_insn = progress->last_insn;
}

static void progress_note(struct x64_compile *c, uint32_t block)
{
    struct x64_progress *progress = &c->s->progress.items[block];
    if (!progress->known || c->reached > progress->reached) {
        *progress = (struct x64_progress){c->counted, c->reached, c->last_insn, true};
    }
}

static void progress_end(struct x64_compile *c)
{
    const struct ir_block *block = &c->ir->blocks[c->block];
    const struct ir_inst *end = x64_inst(c, block->end - 1);
    if (!block->entry && !c->s->progress.items[c->block].known && !c->counted) {
        return; /* nothing leads here */
    }
    if (end->op == IR_JUMP || end->op == IR_BRANCH) {
        progress_note(c, (uint32_t)end->imm);
    }
    if (end->op == IR_BRANCH) {
        progress_note(c, end->b);
    }
}

static void compile_block(struct x64_compile *c)
{
    const struct ir_block *block = &c->ir->blocks[c->block];
    x64_loop_begin(c);
    x64_scan(c, block);
    x64_alloc_begin(c);
    c->pc = (int64_t)block->pc;
    c->tag = 0;
    if (c->ir->insts[block->first].op != IR_ENTRY) {
        progress_begin(c);
        x64_reserve(c->e);
        x64_begin_inner(c);
    }
    bool falls_in = c->falls_in;
    for (uint32_t i = block->first; i < block->end; i++) {
        const struct ir_inst *inst = &c->ir->insts[i];
        if ((ir_ops[inst->op].flags & IR_FLAG_P || inst->op == IR_GET) && !c->values[i].uses) {
            continue;
        }
        x64_reserve(c->e);
        c->index = i;
        c->falls_in = inst->op == IR_ENTRY && falls_in;
        x64_lowering(inst->op)(c, inst);
        x64_alloc_end(c, inst);
    }
    progress_end(c);
}

static void compile_stub(struct x64_compile *c, struct x64_stub *stub)
{
    x64_reserve(c->e);
    if (stub->misaligned.jump) {
        x64_stub_misaligned(c, stub);
    }
    for (unsigned i = 0; i < stub->jump_count; i++) {
        x64_patch_here(c->e, stub->jumps[i]);
    }
    switch ((enum x64_stub_kind)stub->kind) {
    case X64_STUB_SLOW:
        x64_stub_slow(c, stub);
        break;
    case X64_STUB_EXIT:
        *x64_list_add(&c->s->exit_stubs) = x64_here(c->e);
        x64_stub_exit(c, stub);
        break;
    case X64_STUB_ENTRY:
        x64_stub_entry(c, stub);
        break;
    case X64_STUB_CARRY:
        x64_stub_carry(c, stub);
        break;
    case X64_STUB_POLL:
    case X64_STUB_LEAVE:
        x64_stub_leave(c, stub);
        break;
    case X64_STUB_FLOAT:
        x64_stub_float(c, stub);
        break;
    case X64_STUB_DEEP:
        x64_stub_deep(c, stub);
        break;
    case X64_STUB_RETURN:
        x64_stub_return(c, stub);
        break;
    case X64_STUB_MISS:
        x64_stub_miss(c, stub);
        break;
    }
}

/* Blocks in the order of their instructions, which is that of the guest's code as it was found. */
static void compile_order(struct x64_compile *c)
{
    struct x64_scratch *s = c->s;
    const struct ir_block *blocks = c->ir->blocks;
    s->order.count = 0;
    for (uint32_t i = 0; i < c->ir->block_count; i++) {
        if (blocks[i].end == blocks[i].first || x64_only_leaves(c, i)) {
            continue; /* removed by the passes, or part of the edges to it */
        }
        x64_list_add(&s->order);
        uint32_t at = s->order.count - 1;
        for (; at > 0 && blocks[s->order.items[at - 1]].first > blocks[i].first; at--) {
            s->order.items[at] = s->order.items[at - 1];
        }
        s->order.items[at] = i;
    }
}

static void compile_begin(struct x64_compile *c)
{
    struct x64_scratch *s = c->s;
    if (s->value_cap < c->ir->inst_count) {
        s->value_cap = c->ir->inst_count * 2;
        s->values = mem_resize(s->values, s->value_cap * sizeof(*s->values));
    }
    c->values = s->values;
    c->values[0] = (struct x64_value){.want = X64_NONE};
    s->labels.count = s->progress.count = 0;
    for (uint32_t i = 0; i < c->ir->block_count * X64_LABELS; i++) {
        *x64_list_add(&s->labels) = 0;
    }
    for (uint32_t i = 0; i < c->ir->block_count; i++) {
        *x64_list_add(&s->progress) = (struct x64_progress){0};
    }
    s->code.p = s->code.start;
    s->fixups.count = s->stubs.count = s->relocs.count = 0;
    s->sites.count = s->restores.count = 0;
    s->entries.count = s->exits.count = s->exit_stubs.count = 0;
    compile_order(c);
    x64_loops_find(c);
}

void x64_prepare(const struct host *host, struct x64_scratch *s, const struct ir_region *region)
{
    struct x64_compile c;
    c.host = host;
    c.ir = region;
    c.s = s;
    c.e = &s->code;
    c.counted = c.reached = 0;
    c.falls_in = c.falls_carried = false;
    compile_begin(&c);
    for (uint32_t i = 0; i < s->order.count; i++) {
        c.block = s->order.items[i];
        c.next_block = i + 1 < s->order.count ? s->order.items[i + 1] : UINT32_MAX;
        compile_block(&c);
    }
    s->stubs_start = x64_here(c.e);
    for (uint32_t i = 0; i < s->stubs.count; i++) {
        compile_stub(&c, &s->stubs.items[i]);
    }
    for (uint32_t i = 0; i < s->fixups.count; i++) {
        uint32_t target = s->labels.items[s->fixups.items[i].label];
        CHECK(target);
        x64_patch(c.e, s->fixups.items[i].at, target - 1);
    }
}

bool x64_compile(struct host *host, const struct ir_region *region, struct host_code *code)
{
    x64_prepare(host, host->scratch, region);
    return x64_install(host, host->scratch, code);
}
