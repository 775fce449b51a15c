/* The other side, on tests/oracle/flat_unicorn.h. */
#include "tests/oracle/engines.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "tests/oracle/flat_unicorn.h"

#include <stdlib.h>
#include <string.h>

enum { REGS = 15 + 3 + 32 }; /* r0 to r14, pc, cpsr, fpscr, d0 to d31 */

struct unicorn {
    struct flat_unicorn flat;
    const struct test_case *test; /* being run */
    int ids[REGS];
    void *values[REGS];
    uint32_t word[18];
    uint64_t d[32];
};

/* QEMU's exception numbers. */
enum { EXCP_UDEF = 1, EXCP_SWI = 2, EXCP_PREFETCH = 3, EXCP_DATA = 4, EXCP_BKPT = 7 };

static void take_state(struct flat_unicorn *flat)
{
    struct unicorn *u = (struct unicorn *)flat;
    flat_unicorn_check(uc_reg_read_batch(flat->uc, u->ids, u->values, REGS), "read");
}

/* The words of a case were made to be executed in one state and from the beginning of each. */
static bool is_instruction(const struct test_case *test, uint32_t offset, bool thumb)
{
    uint32_t at = 0;
    for (unsigned n = 0; n < test->count && at < offset; n++) {
        at += test->lengths[n];
    }
    return thumb == test->thumb && at == offset;
}

/* A random jump may lead to what is no case's code or an older one's; into an instruction; and in
 * ARM state to an address with bit 1 set, which is UNPREDICTABLE (A2.3.1). */
static bool is_astray(struct flat_unicorn *flat, uint32_t address)
{
    const struct test_case *test = ((struct unicorn *)flat)->test;
    if (!test) {
        return false;
    }
    uint32_t cpsr, offset = address - test->address;
    flat_unicorn_check(uc_reg_read(flat->uc, UC_ARM_REG_CPSR, &cpsr), "CPSR");
    bool thumb = cpsr & 1 << 5;
    return offset >= CASE_CODE || (!thumb && address & 2) ||
           (offset < test->code_size && !is_instruction(test, offset, thumb));
}

struct unicorn *unicorn_create(void)
{
    struct unicorn *u = calloc(1, sizeof *u);
    CHECK(u);
    u->flat.take_state = take_state;
    u->flat.is_astray = is_astray;
    flat_unicorn_open(&u->flat, UC_ARCH_ARM, UC_MODE_ARM, UC_CPU_ARM_CORTEX_A15);
    memcpy(u->flat.code, &(uint32_t){CASE_FIRST_WORD}, 4); /* for close_monitor() */
    static const struct {
        int reg;
        uint32_t value;
    } first[] = {
        {UC_ARM_REG_C1_C0_2, 0xf << 20}, /* CPACR */
        {UC_ARM_REG_FPEXC, 1 << 30},
        {UC_ARM_REG_CPSR, 0x10}, /* User mode, before banked registers */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(first); i++) {
        flat_unicorn_check(uc_reg_write(u->flat.uc, first[i].reg, &first[i].value), "write");
    }
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
    flat_unicorn_close(&u->flat);
    free(u);
}

static enum outcome outcome_of(const struct flat_unicorn *flat, uc_err err)
{
    if (flat->faulted) {
        return flat->fetch ? OUTCOME_FETCH_ABORT : OUTCOME_DATA_ABORT;
    }
    if (err == UC_ERR_INSN_INVALID) {
        return OUTCOME_UNDEFINED;
    }
    switch (flat->interrupt) {
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
    memcpy(u->flat.code + (test->address - CASE_CODE_BASE), test->code, sizeof test->code);
}

/* By CLREX, in front of all cases: the address of an earlier case's LDREX must not count. */
static void close_monitor(struct unicorn *u)
{
    u->test = NULL;
    flat_unicorn_check(flat_unicorn_execute(&u->flat, CASE_CODE_BASE, CASE_CODE_BASE + 4), "CLREX");
}

void unicorn_run(struct unicorn *u, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena)
{
    memcpy(u->word, test->before.r, sizeof test->before.r);
    u->word[15] = test->address;
    u->word[16] = test->before.cpsr | 0x10 | (uint32_t)test->thumb << 5;
    u->word[17] = test->before.fpscr;
    memcpy(u->d, test->before.d, sizeof u->d);
    flat_unicorn_check(uc_reg_write_batch(u->flat.uc, u->ids, u->values, REGS), "write");
    close_monitor(u);
    u->test = test;
    uc_err err = flat_unicorn_run(&u->flat, test->address | test->thumb, test->arena, arena);
    memcpy(state->r, u->word, sizeof state->r);
    state->outcome = outcome_of(&u->flat, err);
    state->astray = u->flat.astray;
    state->fault_address = u->flat.fault_address;
    state->pc = u->word[15];
    state->cpsr = u->word[16] & 0xf80f0020;
    state->fpscr = u->word[17];
    memcpy(state->d, u->d, sizeof u->d);
}
