/* One CPU with RAM, scheduler (counted) and soft TLB, but no board: what the tests of the system
 * side share. */
#ifndef TESTS_MIPS_SYSTEM_FIXTURE_H
#define TESTS_MIPS_SYSTEM_FIXTURE_H

#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "core/jit/jit.h"
#include "core/sched/sched.h"
#include "targets/mips/helpers.h"
#include "targets/mips/system.h"
#include "targets/mips/tlb.h"
#include "tests/support/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RAM_SIZE = 16 << 20 /* at physical 0 */ };

/* Keys of coprocessor 0, by the manual's names. */
enum {
    INDEX = MIPS_CP0_KEY(0, 0),
    RANDOM = MIPS_CP0_KEY(1, 0),
    ENTRYLO0 = MIPS_CP0_KEY(2, 0),
    ENTRYLO1 = MIPS_CP0_KEY(3, 0),
    CONTEXT = MIPS_CP0_KEY(4, 0),
    USERLOCAL = MIPS_CP0_KEY(4, 2),
    PAGEMASK = MIPS_CP0_KEY(5, 0),
    PAGEGRAIN = MIPS_CP0_KEY(5, 1),
    WIRED = MIPS_CP0_KEY(6, 0),
    HWRENA = MIPS_CP0_KEY(7, 0),
    BADVADDR = MIPS_CP0_KEY(8, 0),
    COUNT = MIPS_CP0_KEY(9, 0),
    ENTRYHI = MIPS_CP0_KEY(10, 0),
    COMPARE = MIPS_CP0_KEY(11, 0),
    STATUS = MIPS_CP0_KEY(12, 0),
    INTCTL = MIPS_CP0_KEY(12, 1),
    SRSCTL = MIPS_CP0_KEY(12, 2),
    CAUSE = MIPS_CP0_KEY(13, 0),
    EPC = MIPS_CP0_KEY(14, 0),
    PRID = MIPS_CP0_KEY(15, 0),
    EBASE = MIPS_CP0_KEY(15, 1),
    CONFIG = MIPS_CP0_KEY(16, 0),
    CONFIG1 = MIPS_CP0_KEY(16, 1),
    CONFIG2 = MIPS_CP0_KEY(16, 2),
    CONFIG3 = MIPS_CP0_KEY(16, 3),
    ERROREPC = MIPS_CP0_KEY(30, 0),
};

struct fixture {
    struct log log;
    struct bus *bus;
    struct sched *sched;
    struct jit *jit;
    struct mips_cpu *cpu;
    uint8_t *ram;
};

/* Executed by the host, or by the interpreter if that is NULL. */
static inline struct fixture *fixture_create_in(const char *model, bool big,
                                                const struct host_ops *host, bool counted)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->log = (struct log){.file = stderr};
    f->bus = bus_create(&f->log);
    f->ram = bus_add_ram(f->bus, "ram", 0, RAM_SIZE);
    f->sched = sched_create(true, 0);
    f->cpu = mips_cpu_create(model, big);
    assert_non_null(f->cpu);
    f->cpu->cpu.bus = f->bus;
    f->cpu->cpu.sched = f->sched;
    f->jit = engine_create(&f->cpu->cpu, &mips_guest_ops, host, counted, false, &f->log);
    mips_reset(&f->cpu->cpu);
    return f;
}

static inline struct fixture *fixture_create_on(const char *model, bool big,
                                                const struct host_ops *host)
{
    return fixture_create_in(model, big, host, true);
}

static inline struct fixture *fixture_create(const char *model)
{
    return fixture_create_on(model, false, NULL);
}

static inline void fixture_destroy(struct fixture *f)
{
    jit_destroy(f->jit);
    mips_cpu_destroy(f->cpu);
    sched_destroy(f->sched);
    bus_destroy(f->bus);
    test_free(f);
}

/* Calls a helper as translated code would. True if it left with an exception, which is then
 * recorded. */
static inline bool raises(struct mips_cpu *cpu, const struct ir_helper *helper, uint64_t a,
                          uint64_t b, uint64_t *result)
{
    if (setjmp(cpu->cpu.leave)) {
        return true;
    }
    uint64_t value = helper->fn(cpu, a, b, 0, 0);
    if (result) {
        *result = value;
    }
    return false;
}

/* A helper that must not raise. */
static inline uint64_t call(struct mips_cpu *cpu, const struct ir_helper *helper, uint64_t a,
                            uint64_t b)
{
    uint64_t result = 0;
    assert_false(raises(cpu, helper, a, b, &result));
    return result;
}

static inline uint32_t mfc0(struct mips_cpu *cpu, uint32_t key)
{
    return (uint32_t)call(cpu, &mips_helper_mfc0, key, 0);
}

static inline void mtc0(struct mips_cpu *cpu, uint32_t key, uint32_t value)
{
    call(cpu, &mips_helper_mtc0, key, value);
}

enum tlb_operation { TLBR, TLBWI, TLBWR, TLBP };

static inline void tlb(struct mips_cpu *cpu, enum tlb_operation operation)
{
    call(cpu, &mips_helper_tlb, operation, 0);
}

/* EntryLo of a page at this physical address. */
static inline uint32_t lo(uint32_t physical, uint32_t bits)
{
    return physical >> 12 << MIPS_LO_PFN_SHIFT | bits;
}

enum { VALID = MIPS_LO_V, DIRTY = MIPS_LO_V | MIPS_LO_D, GLOBAL = MIPS_LO_G };

/* Writes an entry as the operation does; index < 0: TLBWR. */
static inline void tlb_put(struct mips_cpu *cpu, int index, uint32_t hi, uint32_t lo0, uint32_t lo1)
{
    uint32_t before = mfc0(cpu, ENTRYHI);
    mtc0(cpu, ENTRYHI, hi);
    mtc0(cpu, ENTRYLO0, lo0);
    mtc0(cpu, ENTRYLO1, lo1);
    if (index >= 0) {
        mtc0(cpu, INDEX, (uint32_t)index);
    }
    tlb(cpu, index < 0 ? TLBWR : TLBWI);
    mtc0(cpu, ENTRYHI, before);
}

static inline void set_asid(struct mips_cpu *cpu, uint8_t asid)
{
    mtc0(cpu, ENTRYHI, asid);
}

/* An access by the memory path, which enters pages into the soft TLB. True if it raises. */
static inline bool load_raises(struct mips_cpu *cpu, uint32_t address, uint32_t *value)
{
    if (setjmp(cpu->cpu.leave)) {
        return true;
    }
    uint64_t loaded = cpu_load(&cpu->cpu, address, 2 | 2 << IR_MEM_ALIGN_SHIFT);
    if (value) {
        *value = (uint32_t)loaded;
    }
    return false;
}

static inline bool store_raises(struct mips_cpu *cpu, uint32_t address, uint32_t value)
{
    if (setjmp(cpu->cpu.leave)) {
        return true;
    }
    cpu_store(&cpu->cpu, address, value, 2 | 2 << IR_MEM_ALIGN_SHIFT);
    return false;
}

static inline void poke32(struct fixture *f, uint32_t physical, uint32_t value)
{
    memcpy(f->ram + physical, &value, sizeof(value));
}

static inline uint32_t peek32(struct fixture *f, uint32_t physical)
{
    uint32_t value;
    memcpy(&value, f->ram + physical, sizeof(value));
    return value;
}

#endif
