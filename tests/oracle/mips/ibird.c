/* Our side: the translator with the IR interpreter or the host backend, on a flat memory map
 * without an MMU. */
#include "tests/oracle/mips/engines.h"

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/jit/jit.h"
#include "targets/mips/cpu.h"
#include "targets/mips/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ibird {
    struct mips_cpu *cpu;
    struct guest_ops ops;
    struct log log;
    struct bus *bus;
    struct jit *jit;
    uint8_t *code, *arena;
};

static bool in_range(uint64_t address, uint64_t base, uint64_t size)
{
    return address - base < size;
}

static bool walk(struct cpu *base, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping)
{
    struct mips_cpu *cpu = mips_cpu(base);
    bool is_code = in_range(address, CASE_CODE_BASE, CASE_CODE_SIZE);
    bool is_arena = in_range(address, CASE_ARENA_BASE, CASE_ARENA);
    bool allowed = access == CPU_FETCH   ? is_code
                   : access == CPU_WRITE ? is_arena
                                         : is_code || is_arena;
    if (!allowed) {
        if (!probe) {
            cpu->exception = access == CPU_FETCH   ? MIPS_EXC_IBE
                             : access == CPU_WRITE ? MIPS_EXC_TLBS
                                                   : MIPS_EXC_TLBL;
            cpu->fault_address = (uint32_t)address;
        }
        return false;
    }
    *mapping = (struct cpu_mapping){.physical = address,
                                    .page_bits = SPACE_PAGE_BITS,
                                    .read = true,
                                    .write = is_arena,
                                    .fetch = is_code};
    return true;
}

static void misaligned(struct cpu *base, uint64_t address, enum cpu_access access)
{
    struct mips_cpu *cpu = mips_cpu(base);
    cpu->exception = access == CPU_WRITE ? MIPS_EXC_ADES : MIPS_EXC_ADEL;
    cpu->fault_address = (uint32_t)address;
}

/* Every exception ends the case. */
static void take_exception(struct cpu *base)
{
    cpu_kick(base, CPU_POLL_STOP);
}

static uint32_t mode(const struct cpu *base)
{
    return mips_translation_mode((const struct mips_cpu *)base);
}

struct ibird *ibird_create(const struct host_ops *host, bool quick, bool big, bool dsp)
{
    struct ibird *b = calloc(1, sizeof *b);
    CHECK(b);
    b->ops = mips_guest_ops;
    b->ops.walk = walk;
    b->ops.mode = mode;
    b->ops.misaligned = misaligned;
    b->ops.take_exception = take_exception;
    b->log.file = stderr;
    b->cpu = mips_cpu_create(dsp ? "34Kf" : "24Kf", big);
    b->bus = bus_create(&b->log);
    CHECK(b->cpu && b->bus);
    b->code = bus_add_ram(b->bus, "code", CASE_CODE_BASE, CASE_CODE_SIZE);
    b->arena = bus_add_ram(b->bus, "arena", CASE_ARENA_BASE, CASE_ARENA);
    CHECK(b->code && b->arena);
    char message[200];
    struct jit_config config = {.engine = host ? JIT_ENGINE_JIT : JIT_ENGINE_INTERP,
                                .guest = &b->ops,
                                .host = host,
                                .counted = true,
                                .second_tier = quick,
                                .repeatable = true,
                                .log = &b->log};
    b->jit = jit_create(&config, message, sizeof message);
    if (!b->jit) {
        fprintf(stderr, "%s\n", message);
    }
    CHECK(b->jit);
    struct cpu *cpu = &b->cpu->cpu;
    cpu->bus = b->bus;
    jit_attach(b->jit, cpu);
    return b;
}

void ibird_destroy(struct ibird *b)
{
    jit_destroy(b->jit);
    bus_destroy(b->bus);
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
    cpu->cpu.poll = 0;
    cpu->cpu.halted = false;
    cpu->cpu.budget = CASE_LIMIT;
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
    memset(b->code, 0, CASE_CODE_SIZE);
    jit_flush(b->jit);
}

void ibird_run(struct ibird *b, const struct test_case *test, struct cpu_state *state,
               uint8_t *arena)
{
    uint8_t *code = b->code + (test->address - CASE_CODE_BASE);
    memcpy(code, test->code, sizeof test->code);
    jit_written(b->jit, code, sizeof test->code);
    memcpy(b->arena, test->arena, CASE_ARENA);
    state_in(b, test);
    jit_run(&b->cpu->cpu);
    struct mips_cpu *cpu = b->cpu;
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
    memcpy(arena, b->arena, CASE_ARENA);
}
