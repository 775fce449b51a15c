/* The code between C and translated code: how it is entered and left, and slow memory accesses. */
#include "core/base/check.h"
#include "core/jit/jit.h"
#include "host/x86_64/x64.h"

static const uint8_t preserved[] = {X64_RBX, X64_RBP, X64_R12, X64_R13, X64_R14, X64_R15};
enum { PRESERVED_COUNT = sizeof(preserved) };

static void pins_load(struct x64_code *e, const struct host *host, uint32_t mask)
{
    for (; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov(e, false, reg, x64_m(X64_STATE, X64_SLOT(host->pin_offset[reg])));
    }
}

static void pins_store(struct x64_code *e, const struct host *host, uint32_t mask)
{
    for (; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov_store(e, 2, x64_m(X64_STATE, X64_SLOT(host->pin_offset[reg])), reg);
    }
}

/* Leaves `enter`. Not by RET: the host's return stack has guest calls on top. For the same reason
 * nothing between here and the run loop returns (host_enter()). */
static void make_exit(struct x64_code *e, const struct host *host, enum jit_exit why)
{
    pins_store(e, host, host->kept);
    x64_mov(e, true, X64_RSP, x64_m(X64_STATE, X64_SAVE(X64_SAVE_C)));
    x64_alu_imm(e, X64_SUB, true, x64_r(X64_RSP), 8); /* to a multiple of 16 */
    x64_lea(e, true, X64_RDI, x64_m(X64_STATE, X64_SLOT(0)));
    x64_mov_imm(e, true, X64_RAX, (int64_t)(uintptr_t)x64_float_leave);
    x64_call_rm(e, x64_r(X64_RAX));
    x64_alu_imm(e, X64_ADD, true, x64_r(X64_RSP), 8);
    x64_mov_imm(e, false, X64_RAX, why);
    for (unsigned i = PRESERVED_COUNT; i-- > 0;) {
        x64_pop(e, preserved[i]);
    }
    x64_pop(e, X64_RCX);
    x64_jmp_rm(e, x64_r(X64_RCX));
}

static uint32_t thunk_offset(const struct host *host, enum x64_thunk thunk)
{
    return (uint32_t)(host->thunks[thunk] - host->thunks[0]);
}

struct x64_rm x64_jump_lookup(struct x64_code *e, unsigned pc, unsigned entry, unsigned page,
                              uint32_t misses[2])
{
    x64_imul_imm(e, false, entry, x64_r(pc), (int32_t)JUMP_HASH); /* jump_index() */
    x64_shift_imm(e, X64_SHR, false, x64_r(entry), 32 - JUMP_ENTRY_BITS);
    x64_shift_imm(e, X64_SHL, false, x64_r(entry), JUMP_ENTRY_SHIFT);
    x64_alu(e, X64_ADD, true, entry, x64_m(X64_STATE, X64_CPU(jumps)));
    x64_alu(e, X64_CMP, false, pc, x64_m(entry, offsetof(struct jump_entry, pc)));
    misses[0] = x64_jcc(e, X64_NE);
    x64_mov(e, false, page, x64_r(pc));
    x64_shift_imm(e, X64_SHR, false, x64_r(page), SPACE_PAGE_BITS);
    x64_gs(e);
    x64_mov(e, false, page, x64_mx(X64_NONE, page, 2, SPACE_DATA_BYTES));
    x64_alu(e, X64_CMP, false, page, x64_m(entry, offsetof(struct jump_entry, page)));
    misses[1] = x64_jcc(e, X64_NE);
    return x64_m(entry, offsetof(struct jump_entry, code));
}

/* To the guest pc in eax. */
static void make_lookup(struct x64_code *e, const struct host *host)
{
    uint32_t misses[2];
    x64_jmp_rm(e, x64_jump_lookup(e, X64_RAX, X64_RCX, X64_RDX, misses));
    x64_patch_here(e, misses[0]);
    x64_patch_here(e, misses[1]);
    x64_mov_store(e, 2, x64_m(X64_STATE, X64_SLOT(host->guest->pc_offset)), X64_RAX);
    x64_patch(e, x64_jmp(e), thunk_offset(host, X64_THUNK_EXIT_BRANCH));
}

/* The run loop's way from pc to code, if it is as short as an indirect branch's. No guest call is
 * on the stack afterwards (lower_exit.c). */
static void make_leave(struct x64_code *e, const struct host *host)
{
    if (!host->options.follow) {
        x64_patch(e, x64_jmp(e), thunk_offset(host, X64_THUNK_EXIT_LOOKUP));
        return;
    }
    uint32_t clobbered = host->kept & X64_CALL_CLOBBERS;
    pins_store(e, host, clobbered);
    x64_mov(e, true, X64_RSP, x64_m(X64_STATE, X64_SAVE(X64_SAVE_STACK)));
    x64_alu_imm(e, X64_SUB, true, x64_r(X64_RSP), 8); /* to a multiple of 16 */
    x64_lea(e, true, X64_RDI, x64_m(X64_STATE, X64_SLOT(0)));
    x64_mov_imm(e, true, X64_RAX, (int64_t)(uintptr_t)host->options.follow);
    x64_call_rm(e, x64_r(X64_RAX));
    x64_alu_imm(e, X64_ADD, true, x64_r(X64_RSP), 8);
    pins_load(e, host, clobbered);
    x64_test(e, true, x64_r(X64_RAX), X64_RAX);
    x64_patch(e, x64_jcc(e, X64_E), thunk_offset(host, X64_THUNK_EXIT_BRANCH));
    x64_jmp_rm(e, x64_r(X64_RAX));
}

/* unsigned enter(char *state + CPU_STATE_BIAS, const uint8_t *entry)
 *
 * Calls the entry, so that the return address at the base of the guest's calls is behind that: a
 * guest return that finds it there is looked up, and the base stays what it is. */
static void make_enter(struct x64_code *e, const struct host *host)
{
    for (unsigned i = 0; i < PRESERVED_COUNT; i++) {
        x64_push(e, preserved[i]);
    }
    x64_mov(e, true, X64_STATE, x64_r(X64_RDI));
    x64_mov_store(e, 3, x64_m(X64_STATE, X64_SAVE(X64_SAVE_C)), X64_RSP);
    x64_alu_imm(e, X64_AND, true, x64_r(X64_RSP), -2 * X64_STACK_DEPTH);
    x64_lea(e, true, X64_RAX, x64_m(X64_RSP, -8));
    x64_mov_store(e, 3, x64_m(X64_STATE, X64_SAVE(X64_SAVE_STACK)), X64_RAX);
    pins_load(e, host, host->kept);
    x64_call_rm(e, x64_r(X64_RSI));
    uint32_t base = x64_here(e);
    x64_patch(e, x64_call(e), thunk_offset(host, X64_THUNK_LOOKUP));
    x64_jmp_back(e, base);
}

/* After a call of C, which may have selected another space. Keeps rax. */
static void follow_table(struct x64_code *e, const struct host *host)
{
    struct x64_rm keep = x64_m(X64_STATE, X64_SAVE(X64_SAVE_ARGS));
    x64_mov(e, true, X64_RCX, x64_m(X64_STATE, X64_CPU(table)));
    x64_alu(e, X64_CMP, true, X64_RCX, x64_m(X64_STATE, X64_SAVE(X64_SAVE_TABLE)));
    uint32_t same = x64_jcc(e, X64_E);
    x64_mov_store(e, 3, keep, X64_RAX);
    x64_lea(e, true, X64_RDI, x64_m(X64_STATE, X64_SLOT(0)));
    x64_mov_imm(e, true, X64_RAX, (int64_t)(uintptr_t)host->table_use);
    x64_call_rm(e, x64_r(X64_RAX));
    x64_mov(e, true, X64_RAX, keep);
    x64_patch_here(e, same);
}

/* Calls C from translated code, where the stack is aligned to 8 bytes only. */
static void make_call(struct x64_code *e, const struct host *host)
{
    x64_mov_store(e, 3, x64_m(X64_STATE, X64_SAVE(X64_SAVE_CALL)), X64_RSP);
    x64_alu_imm(e, X64_AND, true, x64_r(X64_RSP), -16);
    x64_call_rm(e, x64_r(X64_RAX));
    follow_table(e, host);
    x64_mov(e, true, X64_RSP, x64_m(X64_STATE, X64_SAVE(X64_SAVE_CALL)));
    x64_ret(e);
}

/* Calls a function with cpu->slow filled in; keeps every register. */
static void make_slow(struct x64_code *e, const struct host *host,
                      void (*function)(struct cpu *cpu), bool xmm)
{
    pins_store(e, host, host->kept);
    for (uint32_t mask = X64_TEMPS; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov_store(e, 3, x64_m(X64_STATE, X64_SAVE(X64_SAVE_GPR + reg)), reg);
    }
    for (unsigned i = 0; i < 16 && xmm; i++) {
        x64_movx_store(e, 4, x64_m(X64_STATE, X64_SAVE(X64_SAVE_XMM + 2 * i)), X64_XMM0 + i);
    }
    x64_mov_store(e, 3, x64_m(X64_STATE, X64_SAVE(X64_SAVE_CALL)), X64_RSP);
    x64_alu_imm(e, X64_AND, true, x64_r(X64_RSP), -16);
    x64_lea(e, true, X64_RDI, x64_m(X64_STATE, X64_SLOT(0)));
    x64_mov_imm(e, true, X64_RAX, (int64_t)(uintptr_t)function);
    x64_call_rm(e, x64_r(X64_RAX));
    follow_table(e, host);
    x64_mov(e, true, X64_RSP, x64_m(X64_STATE, X64_SAVE(X64_SAVE_CALL)));
    for (unsigned i = 0; i < 16 && xmm; i++) {
        x64_movx_load(e, 4, X64_XMM0 + i, x64_m(X64_STATE, X64_SAVE(X64_SAVE_XMM + 2 * i)));
    }
    for (uint32_t mask = X64_TEMPS; mask; mask &= mask - 1) {
        unsigned reg = (unsigned)__builtin_ctz(mask);
        x64_mov(e, true, reg, x64_m(X64_STATE, X64_SAVE(X64_SAVE_GPR + reg)));
    }
    pins_load(e, host, host->kept & X64_CALL_CLOBBERS);
    x64_ret(e);
}

static void make(struct x64_code *e, const struct host *host, enum x64_thunk thunk)
{
    switch (thunk) {
    case X64_THUNK_ENTER:
        make_enter(e, host);
        break;
    case X64_THUNK_LEAVE:
        make_leave(e, host);
        break;
    case X64_THUNK_EXIT_LOOKUP:
        make_exit(e, host, JIT_EXIT_LOOKUP);
        break;
    case X64_THUNK_EXIT_LINK:
        make_exit(e, host, JIT_EXIT_LINK);
        break;
    case X64_THUNK_EXIT_BRANCH:
        make_exit(e, host, JIT_EXIT_BRANCH);
        break;
    case X64_THUNK_EXIT_POLL:
        make_exit(e, host, JIT_EXIT_POLL);
        break;
    case X64_THUNK_LOOKUP:
        make_lookup(e, host);
        break;
    case X64_THUNK_CALL:
        make_call(e, host);
        break;
    case X64_THUNK_SLOW:
        make_slow(e, host, x64_slow_access, false);
        break;
    case X64_THUNK_SLOW_XMM:
        make_slow(e, host, x64_slow_access, true);
        break;
    case X64_THUNK_FLOAT:
        make_slow(e, host, x64_slow_float, true);
        break;
    case X64_THUNK_COUNT:
        break;
    }
}

void x64_thunks_make(struct host *host)
{
    enum { THUNKS_SIZE = 4096 };
    uint32_t offset = x64_buffer_alloc(&host->buffer, THUNKS_SIZE);
    CHECK(offset != UINT32_MAX);
    uint8_t *start = host->buffer.rw + offset;
    struct x64_code e = {.start = start, .p = start, .end = start + THUNKS_SIZE};
    for (unsigned i = 0; i < X64_THUNK_COUNT; i++) {
        host->thunks[i] = host->buffer.rx + offset + x64_here(&e);
        make(&e, host, i);
    }
    CHECK(e.p <= e.end);
}
