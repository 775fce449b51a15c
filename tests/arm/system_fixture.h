/* One CPU with RAM, scheduler (counted) and soft TLB, but no board: what the tests of the system
 * side share. */
#ifndef TESTS_ARM_SYSTEM_FIXTURE_H
#define TESTS_ARM_SYSTEM_FIXTURE_H

#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/jit/jit.h"
#include "core/sched/sched.h"
#include "targets/arm/helpers.h"
#include "targets/arm/sysregs.h"
#include "targets/arm/system.h"
#include "tests/support/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RAM_BASE = 0x40000000, RAM_SIZE = 16 << 20 };

struct fixture {
    struct log log;
    struct bus *bus;
    struct sched *sched;
    struct jit *jit;
    struct arm_cpu *cpu;
    uint8_t *ram;
};

/* Executed by the host, or by the interpreter if that is NULL; in two tiers if asked for. */
static inline struct fixture *fixture_create_in(const char *model, const struct host_ops *host,
                                                bool tiers)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->log = (struct log){.file = stderr};
    f->bus = bus_create(&f->log);
    f->ram = bus_add_ram(f->bus, "ram", RAM_BASE, RAM_SIZE);
    f->sched = sched_create(true, 0);
    f->cpu = arm_cpu_create(model);
    assert_non_null(f->cpu);
    f->cpu->cpu.bus = f->bus;
    f->cpu->cpu.sched = f->sched;
    f->jit = engine_create(&f->cpu->cpu, &arm_guest_ops, host, true, tiers, &f->log);
    return f;
}

static inline struct fixture *fixture_create_on(const char *model, const struct host_ops *host)
{
    return fixture_create_in(model, host, false);
}

static inline struct fixture *fixture_create(const char *model)
{
    return fixture_create_on(model, NULL);
}

static inline void fixture_destroy(struct fixture *f)
{
    jit_destroy(f->jit);
    arm_cpu_destroy(f->cpu);
    sched_destroy(f->sched);
    bus_destroy(f->bus);
    test_free(f);
}

/* Calls a helper as translated code would. True if it left with an exception, which is then
 * recorded. */
static inline bool raises(struct arm_cpu *cpu, const struct ir_helper *helper, uint64_t a,
                          uint64_t b, uint64_t c, uint64_t *result)
{
    if (setjmp(cpu->cpu.leave)) {
        return true;
    }
    uint64_t value = helper->fn(cpu, a, b, c, 0);
    if (result) {
        *result = value;
    }
    return false;
}

/* A helper that must not raise. */
static inline uint64_t call(struct arm_cpu *cpu, const struct ir_helper *helper, uint64_t a,
                            uint64_t b, uint64_t c)
{
    uint64_t result = 0;
    assert_false(raises(cpu, helper, a, b, c, &result));
    return result;
}

static inline void set_mode(struct arm_cpu *cpu, uint32_t mode)
{
    arm_cpsr_write(cpu, mode, ARM_CPSR_MODE);
}

static inline void poke32(struct fixture *f, uint64_t physical, uint32_t value)
{
    memcpy(f->ram + (physical - RAM_BASE), &value, sizeof(value));
}

static inline void poke64(struct fixture *f, uint64_t physical, uint64_t value)
{
    memcpy(f->ram + (physical - RAM_BASE), &value, sizeof(value));
}

/* MRC p15, MCR p15 that must work. */
static inline uint32_t cp15_read(struct arm_cpu *cpu, unsigned opc1, unsigned crn, unsigned crm,
                                 unsigned opc2)
{
    return (uint32_t)call(cpu, &arm_helper_cp15_read, ARM_SYSREG_KEY(15, opc1, crn, crm, opc2), 0,
                          0);
}

static inline void cp15_write(struct arm_cpu *cpu, unsigned opc1, unsigned crn, unsigned crm,
                              unsigned opc2, uint32_t value)
{
    call(cpu, &arm_helper_cp15_write, ARM_SYSREG_KEY(15, opc1, crn, crm, opc2), value, 0);
}

#endif
