/* The other side, on tests/oracle/flat_unicorn.h. */
#include "tests/oracle/mips/engines.h"

#include "core/base/check.h"
#include "tests/oracle/flat_unicorn.h"
#include "tests/oracle/mips/unicorn_fpu.h"

#include <stdlib.h>
#include <string.h>

enum { REG_HI = 32, REG_LO, REG_PC, REGS };

struct unicorn {
    struct flat_unicorn flat;
    uc_context *fresh[2]; /* by Status.FR: out of any delay slot, no LL done */
    struct unicorn_fpu *fpu;
    int ids[REGS];
    void *values[REGS];
    uint32_t word[REGS];
    bool extended, fr;          /* of the case: there is such a part */
    struct cpu_state extension; /* the part of unicorn_fpu.h */
};

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

static void take_state(struct flat_unicorn *flat)
{
    struct unicorn *u = (struct unicorn *)flat;
    flat_unicorn_check(uc_reg_read_batch(flat->uc, u->ids, u->values, REGS), "read");
    if (u->extended) {
        unicorn_fpu_get(u->fpu, &u->extension, u->fr);
    }
}

/* Until an exception has stopped it, it leaves a pc of 0; and until there was an LL, an SC to 0
 * succeeds: the LL is of a word at the end of the arena. */
static void warm_up(struct unicorn *u, bool big)
{
    static const uint8_t code[2][8] = {{0, 0, 0x80, 0xc0, 0x0c, 0, 0, 0},
                                       {0xc0, 0x80, 0, 0, 0, 0, 0, 0x0c}};
    uint32_t address = CASE_ARENA_BASE + CASE_ARENA - 4;
    flat_unicorn_check(uc_reg_write(u->flat.uc, UC_MIPS_REG_A0, &address), "write");
    memcpy(u->flat.code, code[big], sizeof code[big]);
    flat_unicorn_execute(&u->flat, CASE_CODE_BASE, FLAT_UNICORN_NOWHERE);
    memset(u->flat.code, 0, sizeof code[big]);
}

struct unicorn *unicorn_create(bool big, bool dsp)
{
    struct unicorn *u = calloc(1, sizeof *u);
    CHECK(u);
    uc_mode endian = big ? UC_MODE_BIG_ENDIAN : UC_MODE_LITTLE_ENDIAN;
    u->flat.take_state = take_state; /* with is_astray() the pc of exceptions would be wrong */
    flat_unicorn_open(&u->flat, UC_ARCH_MIPS, UC_MODE_MIPS32 | endian,
                      dsp ? UC_CPU_MIPS32_34KF : UC_CPU_MIPS32_24KF);
    for (int i = 0; i < REGS; i++) {
        static const int last[] = {UC_MIPS_REG_HI, UC_MIPS_REG_LO, UC_MIPS_REG_PC};
        u->ids[i] = i < REG_HI ? UC_MIPS_REG_0 + i : last[i - REG_HI];
        u->values[i] = &u->word[i];
    }
    warm_up(u, big);
    u->fpu = unicorn_fpu_create(u->flat.uc, big, dsp, u->fresh);
    return u;
}

void unicorn_destroy(struct unicorn *u)
{
    unicorn_fpu_destroy(u->fpu);
    uc_context_free(u->fresh[0]);
    uc_context_free(u->fresh[1]);
    flat_unicorn_close(&u->flat);
    free(u);
}

static enum outcome outcome_of(const struct flat_unicorn *flat)
{
    if (flat->faulted) {
        return flat->fetch ? OUTCOME_FETCH_FAULT : OUTCOME_DATA_FAULT;
    }
    switch (flat->interrupt) {
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
    memcpy(u->flat.code + (test->address - CASE_CODE_BASE), test->code, sizeof test->code);
}

void unicorn_run(struct unicorn *u, const struct test_case *test, struct cpu_state *state,
                 uint8_t *arena)
{
    memcpy(u->word, test->before.r, sizeof test->before.r);
    u->word[REG_HI] = test->before.hi;
    u->word[REG_LO] = test->before.lo;
    u->word[REG_PC] = test->address;
    flat_unicorn_check(uc_context_restore(u->flat.uc, u->fresh[test->fr]), "context");
    u->extended = test->floating || test->dsp;
    u->fr = test->fr;
    if (u->extended) {
        unicorn_fpu_set(u->fpu, &test->before, u->fr);
    }
    flat_unicorn_check(uc_reg_write_batch(u->flat.uc, u->ids, u->values, REGS), "write");
    flat_unicorn_run(&u->flat, test->address, test->arena, arena);
    *state = u->extension;
    memcpy(state->r, u->word, sizeof state->r);
    state->hi = u->word[REG_HI];
    state->lo = u->word[REG_LO];
    /* Unicorn steps over a SYSCALL. */
    state->pc = u->word[REG_PC] - (u->flat.interrupt == EXCP_SYSCALL ? 4 : 0);
    state->outcome = outcome_of(&u->flat);
    state->fault_address = u->flat.fault_address;
}
