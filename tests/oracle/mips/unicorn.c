/* The other side: Unicorn (QEMU's translator). */
#include "tests/oracle/mips/engines.h"

#include "core/base/check.h"
#include "tests/oracle/mips/unicorn_fpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

enum { REG_HI = 32, REG_LO, REG_PC, REGS };

struct unicorn {
    uc_engine *uc;
    uc_context *fresh[2]; /* by Status.FR: out of any delay slot, no LL done */
    struct unicorn_fpu *fpu;
    uint8_t *code, *arena;
    int interrupt; /* QEMU's number of the exception that stopped it; -1 none */
    int ids[REGS];
    void *values[REGS];
    uint32_t word[REGS];
    uc_mem_type fault;
    bool faulted; /* word and fault_arena are what they were at the first fault */
    uint8_t fault_arena[CASE_ARENA];
    bool extended, fr;            /* of the case: there is such a part */
    struct cpu_state fault_state; /* the part of unicorn_fpu.h */
};

/* An address that no case comes to: they end by exceptions. */
#define NOWHERE 0x0bad0c0c

/* QEMU's exception numbers. */
enum {
    EXCP_ADEL = 12,
    EXCP_ADES = 13,
    EXCP_SYSCALL = 17,
    EXCP_BREAK = 18,
    EXCP_CPU = 19,
    EXCP_RI = 20,
    EXCP_OVERFLOW = 21,
    EXCP_TRAP = 22,
    EXCP_FLOAT = 23,
};

static void check(uc_err err, const char *what)
{
    if (err) {
        fprintf(stderr, "unicorn: %s: %s\n", what, uc_strerror(err));
        exit(1);
    }
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *opaque)
{
    struct unicorn *u = opaque;
    u->interrupt = (int)number;
    uc_emu_stop(uc);
}

/* A failed store lets the rest of its block run, so the state is taken here. */
static bool on_fault(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                     void *opaque)
{
    struct unicorn *u = opaque;
    if (!u->faulted) {
        u->faulted = true;
        u->fault = type;
        check(uc_reg_read_batch(uc, u->ids, u->values, REGS), "read");
        memcpy(u->fault_arena, u->arena, CASE_ARENA);
        if (u->extended) {
            unicorn_fpu_get(u->fpu, &u->fault_state, u->fr);
        }
    }
    return false;
}

static uint8_t *map(struct unicorn *u, uint32_t base, size_t size, uint32_t prot)
{
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(host != MAP_FAILED);
    check(uc_mem_map_ptr(u->uc, base, size, prot, host), "map");
    return host;
}

/* Until an exception has stopped it, it leaves a pc of 0; and until there was an LL, an SC to 0
 * succeeds: the LL is of a word at the end of the arena. */
static void warm_up(struct unicorn *u, bool big)
{
    static const uint8_t code[2][8] = {{0, 0, 0x80, 0xc0, 0x0c, 0, 0, 0},
                                       {0xc0, 0x80, 0, 0, 0, 0, 0, 0x0c}};
    uint32_t address = CASE_ARENA_BASE + CASE_ARENA - 4;
    check(uc_reg_write(u->uc, UC_MIPS_REG_A0, &address), "write");
    memcpy(u->code, code[big], sizeof code[big]);
    uc_emu_start(u->uc, CASE_CODE_BASE, NOWHERE, 0, 0);
    memset(u->code, 0, sizeof code[big]);
}

struct unicorn *unicorn_create(bool big, bool dsp)
{
    struct unicorn *u = calloc(1, sizeof *u);
    CHECK(u);
    uc_mode endian = big ? UC_MODE_BIG_ENDIAN : UC_MODE_LITTLE_ENDIAN;
    check(uc_open(UC_ARCH_MIPS, UC_MODE_MIPS32 | endian, &u->uc), "open");
    check(uc_ctl_set_cpu_model(u->uc, dsp ? UC_CPU_MIPS32_34KF : UC_CPU_MIPS32_24KF), "model");
    u->code = map(u, CASE_CODE_BASE, CASE_CODE_SIZE, UC_PROT_READ | UC_PROT_EXEC);
    u->arena = map(u, CASE_ARENA_BASE, CASE_ARENA, UC_PROT_READ | UC_PROT_WRITE);
    uc_hook hook;
    check(uc_hook_add(u->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, u, 1, 0), "hook");
    check(uc_hook_add(u->uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_fault, u, 1, 0), "hook");
    for (int i = 0; i < REGS; i++) {
        static const int last[] = {UC_MIPS_REG_HI, UC_MIPS_REG_LO, UC_MIPS_REG_PC};
        u->ids[i] = i < REG_HI ? UC_MIPS_REG_0 + i : last[i - REG_HI];
        u->values[i] = &u->word[i];
    }
    warm_up(u, big);
    u->fpu = unicorn_fpu_create(u->uc, big, dsp, u->fresh);
    return u;
}

void unicorn_destroy(struct unicorn *u)
{
    unicorn_fpu_destroy(u->fpu);
    uc_context_free(u->fresh[0]);
    uc_context_free(u->fresh[1]);
    uc_close(u->uc);
    munmap(u->code, CASE_CODE_SIZE);
    munmap(u->arena, CASE_ARENA);
    free(u);
}

static enum outcome outcome_of(const struct unicorn *u)
{
    if (u->faulted) {
        return u->fault == UC_MEM_FETCH_UNMAPPED || u->fault == UC_MEM_FETCH_PROT
                   ? OUTCOME_FETCH_FAULT
                   : OUTCOME_DATA_FAULT;
    }
    switch (u->interrupt) {
    case EXCP_ADEL:
        return OUTCOME_LOAD_ALIGNMENT;
    case EXCP_ADES:
        return OUTCOME_STORE_ALIGNMENT;
    case EXCP_SYSCALL:
        return OUTCOME_SYSCALL;
    case EXCP_BREAK:
        return OUTCOME_BREAK;
    case EXCP_CPU:
        return OUTCOME_UNUSABLE;
    case EXCP_RI:
        return OUTCOME_RESERVED;
    case EXCP_OVERFLOW:
        return OUTCOME_OVERFLOW;
    case EXCP_TRAP:
        return OUTCOME_TRAP;
    case EXCP_FLOAT:
        return OUTCOME_FLOAT;
    }
    return OUTCOME_OTHER;
}

void unicorn_load(struct unicorn *u, const struct test_case *test)
{
    memcpy(u->code + (test->address - CASE_CODE_BASE), test->code, sizeof test->code);
}

void unicorn_run(struct unicorn *u, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena)
{
    u->faulted = false;
    memcpy(u->arena, test->arena, CASE_ARENA);
    memcpy(u->word, test->before.r, sizeof test->before.r);
    u->word[REG_HI] = test->before.hi;
    u->word[REG_LO] = test->before.lo;
    u->word[REG_PC] = test->address;
    check(uc_context_restore(u->uc, u->fresh[test->fr]), "context");
    u->extended = test->floating || test->dsp;
    u->fr = test->fr;
    if (u->extended) {
        unicorn_fpu_set(u->fpu, &test->before, u->fr);
    }
    check(uc_reg_write_batch(u->uc, u->ids, u->values, REGS), "write");
    u->interrupt = -1;
    uc_emu_start(u->uc, test->address, NOWHERE, 0, 0);
    if (!u->faulted) {
        check(uc_reg_read_batch(u->uc, u->ids, u->values, REGS), "read");
    }
    if (u->extended && !u->faulted) {
        unicorn_fpu_get(u->fpu, &u->fault_state, u->fr);
    }
    memcpy(state->f, u->fault_state.f, sizeof state->f);
    state->fcsr = u->fault_state.fcsr;
    memcpy(state->acc_hi, u->fault_state.acc_hi, sizeof state->acc_hi);
    memcpy(state->acc_lo, u->fault_state.acc_lo, sizeof state->acc_lo);
    state->dsp_control = u->fault_state.dsp_control;
    memcpy(state->r, u->word, sizeof state->r);
    state->hi = u->word[REG_HI];
    state->lo = u->word[REG_LO];
    /* Unicorn steps over a SYSCALL. */
    state->pc = u->word[REG_PC] - (u->interrupt == EXCP_SYSCALL ? 4 : 0);
    state->outcome = outcome_of(u);
    memcpy(arena, u->faulted ? u->fault_arena : u->arena, CASE_ARENA);
}
