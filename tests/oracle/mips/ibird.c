/* Our side, on tests/oracle/flat.h. */
#include "tests/oracle/mips/engines.h"

#include "core/base/check.h"
#include "targets/mips/cpu.h"
#include "targets/mips/system.h"
#include "tests/oracle/flat.h"

#include <stdlib.h>
#include <string.h>

struct ibird {
    struct mips_cpu *cpu;
    struct flat flat;
};

static bool walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping)
{
    struct mips_cpu *cpu = mips_cpu(base);
    if (flat_map(address, access, mapping)) {
        return true;
    }
    if (!probe) {
        cpu->exception = access == CPU_FETCH   ? MIPS_EXC_IBE
                         : access == CPU_WRITE ? MIPS_EXC_TLBS
                                               : MIPS_EXC_TLBL;
        cpu->fault_address = (uint32_t)address;
    }
    return false;
}

static void misaligned(struct cpu *base, uint64_t address, enum cpu_access access)
{
    struct mips_cpu *cpu = mips_cpu(base);
    cpu->exception = access == CPU_WRITE ? MIPS_EXC_ADES : MIPS_EXC_ADEL;
    cpu->fault_address = (uint32_t)address;
}

static uint32_t mode(const struct cpu *base)
{
    return mips_translation_mode((const struct mips_cpu *)base);
}

struct ibird *ibird_create(const struct host_ops *host, bool quick, bool big, bool dsp)
{
    struct ibird *b = calloc(1, sizeof *b);
    CHECK(b);
    b->cpu = mips_cpu_create(dsp ? "34Kf" : "24Kf", big);
    CHECK(b->cpu);
    struct guest_ops ops = mips_guest_ops;
    ops.walk = walk;
    ops.mode = mode;
    ops.misaligned = misaligned;
    flat_create(&b->flat, &ops, &b->cpu->cpu, host, quick);
    return b;
}

void ibird_destroy(struct ibird *b)
{
    flat_destroy(&b->flat);
    mips_cpu_destroy(b->cpu);
    free(b);
}

const struct mips_cpu *ibird_cpu(const struct ibird *b)
{
    return b->cpu;
}

static void state_in(struct ibird *b, const struct test_case *test)
{
    struct mips_cpu *cpu = b->cpu;
    memcpy(cpu->r, test->before.r, sizeof cpu->r);
    cpu->hi[0] = test->before.hi;
    cpu->lo[0] = test->before.lo;
    memcpy(cpu->f, test->before.f, sizeof cpu->f);
    mips_fcsr_write(cpu, test->before.fcsr);
    cpu->cp0.status =
        MIPS_STATUS_CU1 | (test->fr ? MIPS_STATUS_FR : 0) | (test->dsp ? MIPS_STATUS_MX : 0);
    if (test->dsp) {
        memcpy(cpu->hi, test->before.acc_hi, sizeof cpu->hi);
        memcpy(cpu->lo, test->before.acc_lo, sizeof cpu->lo);
        cpu->dsp_control = test->before.dsp_control;
    }
    cpu->pc = test->address;
    cpu->delay = 0;
    cpu->ll_address = 1;
    cpu->exception = MIPS_EXC_NONE;
    cpu->fault_address = 0;
}

static enum outcome outcome_of(const struct mips_cpu *cpu)
{
    static const uint8_t outcomes[] = {
        [MIPS_EXC_SYS] = OUTCOME_SYSCALL,
        [MIPS_EXC_BP] = OUTCOME_BREAK,
        [MIPS_EXC_TR] = OUTCOME_TRAP,
        [MIPS_EXC_OV] = OUTCOME_OVERFLOW,
        [MIPS_EXC_FPE] = OUTCOME_FLOAT,
        [MIPS_EXC_RI] = OUTCOME_RESERVED,
        [MIPS_EXC_CPU] = OUTCOME_UNUSABLE,
        [MIPS_EXC_IBE] = OUTCOME_FETCH_FAULT,
        [MIPS_EXC_TLBL] = OUTCOME_DATA_FAULT,
        [MIPS_EXC_TLBS] = OUTCOME_DATA_FAULT,
        [MIPS_EXC_ADEL] = OUTCOME_LOAD_ALIGNMENT,
        [MIPS_EXC_ADES] = OUTCOME_STORE_ALIGNMENT,
    };
    if (cpu->exception == MIPS_EXC_NONE) {
        return OUTCOME_LIMIT;
    }
    bool known = cpu->exception < sizeof outcomes && outcomes[cpu->exception];
    return known || cpu->exception == MIPS_EXC_SYS ? outcomes[cpu->exception] : OUTCOME_OTHER;
}

void ibird_clear(struct ibird *b)
{
    flat_clear(&b->flat);
}

void ibird_run(struct ibird *b, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena)
{
    struct mips_cpu *cpu = b->cpu;
    state_in(b, test);
    flat_run(&b->flat, &cpu->cpu, test->address, test->code, sizeof test->code, test->arena, arena);
    memcpy(state->r, cpu->r, sizeof state->r);
    state->hi = cpu->hi[0];
    state->lo = cpu->lo[0];
    memcpy(state->f, cpu->f, sizeof state->f);
    state->fcsr = mips_fcsr_read(cpu);
    memcpy(state->acc_hi, cpu->hi, sizeof state->acc_hi);
    memcpy(state->acc_lo, cpu->lo, sizeof state->acc_lo);
    state->dsp_control = cpu->dsp_control;
    state->pc = cpu->pc;
    state->outcome = outcome_of(cpu);
    state->fault_address = cpu->fault_address;
}
