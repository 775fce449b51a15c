/* The other side: Unicorn (QEMU's translator). */
#include "tests/oracle/engines.h"

#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

enum { REGS = 15 + 3 + 32 }; /* r0 to r14, pc, cpsr, fpscr, d0 to d31 */

struct unicorn {
    uc_engine *uc;
    uint8_t *code, *arena;
    int interrupt; /* QEMU's number of the exception that stopped it; -1 none */
    int ids[REGS];
    void *values[REGS];
    uint32_t word[18];
    uint64_t d[32];
    uc_mem_type fault;
    uint32_t fault_address; /* of the last one; 0 if there was none */
    bool faulted;           /* word, d and fault_arena are what they were at the first fault */
    uint8_t fault_arena[CASE_ARENA];
    uint32_t start; /* of the case */
    bool astray;
    uint32_t strayed_to, strayed_size; /* the block */
};

/* An address that no case comes to: they end by exceptions. */
#define NOWHERE 0x0bad0c0e

/* QEMU's exception numbers. */
enum { EXCP_UDEF = 1, EXCP_SWI = 2, EXCP_PREFETCH = 3, EXCP_DATA = 4, EXCP_BKPT = 7 };

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
        u->fault_address = (uint32_t)address;
        check(uc_reg_read_batch(uc, u->ids, u->values, REGS), "read");
        memcpy(u->fault_arena, u->arena, CASE_ARENA);
    }
    return false;
}

static bool is_arm_state(uc_engine *uc)
{
    uint32_t cpsr;
    check(uc_reg_read(uc, UC_ARM_REG_CPSR, &cpsr), "CPSR");
    return !(cpsr & 1 << 5);
}

/* A random jump may lead to what other cases left or will overwrite: words that were not made to be
 * executed; and in ARM state to an address with bit 1 set, which is UNPREDICTABLE (A2.3.1). */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *opaque)
{
    struct unicorn *u = opaque;
    if ((uint32_t)address - u->start >= CASE_CODE || (address & 2 && is_arm_state(uc))) {
        u->astray = true;
        u->strayed_to = (uint32_t)address;
        u->strayed_size = size;
        uc_emu_stop(uc);
    }
}

static uint8_t *map(struct unicorn *u, uint32_t base, size_t size, uint32_t prot)
{
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(host != MAP_FAILED);
    check(uc_mem_map_ptr(u->uc, base, size, prot, host), "map");
    return host;
}

struct unicorn *unicorn_create(void)
{
    struct unicorn *u = calloc(1, sizeof *u);
    CHECK(u);
    check(uc_open(UC_ARCH_ARM, UC_MODE_ARM, &u->uc), "open");
    check(uc_ctl_set_cpu_model(u->uc, UC_CPU_ARM_CORTEX_A15), "model");
    u->code = map(u, CASE_CODE_BASE, CASE_CODE_SIZE, UC_PROT_READ | UC_PROT_EXEC);
    u->arena = map(u, CASE_ARENA_BASE, CASE_ARENA, UC_PROT_READ | UC_PROT_WRITE);
    memcpy(u->code, &(uint32_t){CASE_FIRST_WORD}, 4); /* for close_monitor() */
    uint32_t cpacr = 0xf << 20, fpexc = 1 << 30, user = 0x10;
    check(uc_reg_write(u->uc, UC_ARM_REG_C1_C0_2, &cpacr), "CPACR");
    check(uc_reg_write(u->uc, UC_ARM_REG_FPEXC, &fpexc), "FPEXC");
    check(uc_reg_write(u->uc, UC_ARM_REG_CPSR, &user), "CPSR"); /* before banked registers */
    uc_hook hook;
    check(uc_hook_add(u->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, u, 1, 0), "hook");
    check(uc_hook_add(u->uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_fault, u, 1, 0), "hook");
    check(uc_hook_add(u->uc, &hook, UC_HOOK_BLOCK, (void *)on_block, u, CASE_CODE_BASE,
                      CASE_CODE_BASE + CASE_CODE_SIZE - 1),
          "hook");
    for (int i = 0; i < 18; i++) {
        static const int last[] = {UC_ARM_REG_R13, UC_ARM_REG_R14, UC_ARM_REG_R15, UC_ARM_REG_CPSR,
                                   UC_ARM_REG_FPSCR};
        u->ids[i] = i < 13 ? UC_ARM_REG_R0 + i : last[i - 13];
        u->values[i] = &u->word[i];
    }
    for (int i = 0; i < 32; i++) {
        u->ids[18 + i] = UC_ARM_REG_D0 + i;
        u->values[18 + i] = &u->d[i];
    }
    return u;
}

void unicorn_destroy(struct unicorn *u)
{
    uc_close(u->uc);
    munmap(u->code, CASE_CODE_SIZE);
    munmap(u->arena, CASE_ARENA);
    free(u);
}

static enum outcome outcome_of(const struct unicorn *u, uc_err err)
{
    if (u->faulted) {
        return u->fault == UC_MEM_FETCH_UNMAPPED || u->fault == UC_MEM_FETCH_PROT
                   ? OUTCOME_FETCH_ABORT
                   : OUTCOME_DATA_ABORT;
    }
    if (err == UC_ERR_INSN_INVALID) {
        return OUTCOME_UNDEFINED;
    }
    switch (u->interrupt) {
    case EXCP_SWI:
        return OUTCOME_SVC;
    case EXCP_UDEF:
        return OUTCOME_UNDEFINED;
    case EXCP_PREFETCH:
        return OUTCOME_FETCH_ABORT;
    case EXCP_DATA:
        return OUTCOME_DATA_ABORT;
    case EXCP_BKPT:
        return OUTCOME_BKPT;
    }
    return OUTCOME_OTHER;
}

void unicorn_load(struct unicorn *u, const struct test_case *test)
{
    memcpy(u->code + (test->address - CASE_CODE_BASE), test->code, sizeof test->code);
}

/* `until`: or an exception. */
static uc_err execute(struct unicorn *u, uint32_t start, uint64_t until)
{
    u->start = start & ~UINT32_C(1);
    u->astray = false;
    uc_err err = uc_emu_start(u->uc, start, until, 0, 0);
    if (u->astray) {
        /* A case may come to be there. */
        check(uc_ctl_remove_cache(u->uc, u->strayed_to, u->strayed_to + u->strayed_size), "remove");
    }
    return err;
}

/* By CLREX, in front of all cases: the address of an earlier case's LDREX must not count. */
static void close_monitor(struct unicorn *u)
{
    check(execute(u, CASE_CODE_BASE, CASE_CODE_BASE + 4), "CLREX");
}

void unicorn_run(struct unicorn *u, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena)
{
    u->faulted = false;
    u->fault_address = 0;
    memcpy(u->arena, test->arena, CASE_ARENA);
    memcpy(u->word, test->before.r, sizeof test->before.r);
    u->word[15] = test->address;
    u->word[16] = test->before.cpsr | 0x10 | (uint32_t)test->thumb << 5;
    u->word[17] = test->before.fpscr;
    memcpy(u->d, test->before.d, sizeof u->d);
    check(uc_reg_write_batch(u->uc, u->ids, u->values, REGS), "write");
    close_monitor(u);
    u->interrupt = -1;
    uc_err err = execute(u, test->address | test->thumb, NOWHERE);
    if (!u->faulted) {
        check(uc_reg_read_batch(u->uc, u->ids, u->values, REGS), "read");
    }
    memcpy(state->r, u->word, sizeof state->r);
    state->outcome = outcome_of(u, err);
    state->fault_address = u->fault_address;
    state->pc = u->word[15];
    state->astray = u->astray;
    state->cpsr = u->word[16] & 0xf80f0020;
    state->fpscr = u->word[17];
    memcpy(state->d, u->d, sizeof u->d);
    memcpy(arena, u->faulted ? u->fault_arena : u->arena, CASE_ARENA);
}
