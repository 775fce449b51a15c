/* Helpers of the system side: exceptions, coprocessor 0, the TLB, waiting. */
#include "core/base/log.h"
#include "core/bus/bus.h"
#include "targets/mips/helpers.h"
#include "targets/mips/system.h"

#include <inttypes.h>

enum {
    READS = IR_EFFECT_READS,
    WRITES = IR_EFFECT_WRITES,
    EXITS = IR_EFFECT_EXITS,
};

/* A helper `mips_helper_NAME` whose function gets the CPU and as many operands as it names. */
#define HELPER(name, result, effects)                                                              \
    static uint64_t mips_do_##name(void *opaque, uint64_t a, uint64_t b, uint64_t c, uint64_t d);  \
    const struct ir_helper mips_helper_##name = {#name, mips_do_##name, result, effects};          \
    static uint64_t mips_do_##name(void *opaque, uint64_t a, uint64_t b, uint64_t c, uint64_t d)

/* ---- exceptions ------------------------------------------------------------------------------ */

HELPER(raise, IR_NONE, EXITS)
{
    struct mips_cpu *cpu = opaque;
    mips_exception_set(cpu, (enum mips_exception)a);
    cpu->fault_coprocessor = (uint8_t)b;
    jit_sync(&cpu->cpu);
    cpu->fault_address = cpu->pc;
    cpu_leave(&cpu->cpu, JIT_EXIT_EXCEPTION);
}

HELPER(take, IR_NONE, READS | WRITES)
{
    struct mips_cpu *cpu = opaque;
    mips_exception_set(cpu, (enum mips_exception)a);
    cpu->cpu.guest->take_exception(&cpu->cpu);
    return 0;
}

HELPER(fetch_fault, IR_NONE, EXITS)
{
    struct mips_cpu *cpu = opaque;
    struct cpu_mapping mapping;
    if (mips_walk(&cpu->cpu, a, CPU_FETCH, false, false, &mapping)) {
        const struct bus_region *region = bus_find(cpu->cpu.bus, mapping.physical);
        if (region && region->host) {
            jit_sync(&cpu->cpu);
            cpu->pc -= cpu->delay; /* from the branch on anew */
            cpu->delay = 0;
            cpu_leave(&cpu->cpu, JIT_EXIT_LOOKUP);
        }
        mips_bus_error(&cpu->cpu, a, CPU_FETCH);
    }
    cpu_raise(&cpu->cpu);
}

/* ---- coprocessor 0 --------------------------------------------------------------------------- */

HELPER(mfc0, IR_I32, READS | WRITES)
{
    return mips_cp0_read(opaque, (uint32_t)a);
}

/* What the code that is running depends on. */
struct mips_place {
    uint32_t mode, page;
};

static struct mips_place mips_place(const struct mips_cpu *cpu, uint64_t pc)
{
    const uint32_t *exec = cpu->cpu.exec;
    return (struct mips_place){.mode = mips_translation_mode(cpu),
                               .page = exec ? exec[(uint32_t)pc >> SPACE_PAGE_BITS] : 0};
}

static bool mips_place_changed(struct mips_place before, struct mips_place after)
{
    return before.mode != after.mode || before.page != after.page || !before.page;
}

HELPER(mtc0, IR_I32, READS | WRITES)
{
    struct mips_cpu *cpu = opaque;
    struct mips_place before = mips_place(cpu, c);
    mips_cp0_write(cpu, (uint32_t)a, (uint32_t)b);
    return mips_place_changed(before, mips_place(cpu, c));
}

HELPER(tlb, IR_I32, READS | WRITES)
{
    struct mips_cpu *cpu = opaque;
    struct mips_place before = mips_place(cpu, b);
    static void (*const operations[])(struct mips_cpu * cpu) = {
        mips_tlb_read,
        mips_tlb_write_indexed,
        mips_tlb_write_random,
        mips_tlb_probe,
    };
    operations[a & 3](cpu);
    return mips_place_changed(before, mips_place(cpu, b));
}

/* II, ERET: ErrorEPC if ERL is set, else EPC; SC fails afterwards. */
HELPER(eret, IR_NONE, READS | WRITES)
{
    struct mips_cpu *cpu = opaque;
    uint32_t status = cpu->cp0.status;
    bool error = status & MIPS_STATUS_ERL;
    cpu->pc = error ? cpu->cp0.errorepc : cpu->cp0.epc;
    cpu->ll_address = 1;
    mips_status_write(cpu, status & ~(uint32_t)(error ? MIPS_STATUS_ERL : MIPS_STATUS_EXL));
    if (log_on(cpu->cpu.log, LOG_INT)) {
        log_write(cpu->cpu.log, LOG_INT, "ERET to %08" PRIx32 ": status %08" PRIx32 "\n", cpu->pc,
                  cpu->cp0.status);
    }
    return 0;
}

HELPER(wait, IR_NONE, READS | WRITES)
{
    struct mips_cpu *cpu = opaque;
    cpu->cpu.halted = !mips_wake(&cpu->cpu);
    return 0;
}

HELPER(check_interrupts, IR_NONE, READS | WRITES)
{
    mips_check_interrupts(opaque);
    return 0;
}

/* ---- hardware registers (III 9.9, and II, RDHWR) --------------------------------------------- */

#define HWR_ALL                                                                                    \
    (UINT32_C(1) << MIPS_HWR_CPUNUM | UINT32_C(1) << MIPS_HWR_SYNCI_STEP |                         \
     UINT32_C(1) << MIPS_HWR_CC | UINT32_C(1) << MIPS_HWR_CCRES | UINT32_C(1) << MIPS_HWR_ULR)

HELPER(rdhwr, IR_I32, READS | EXITS)
{
    struct mips_cpu *cpu = opaque;
    bool any = mips_kernel(cpu) || cpu->cp0.status & MIPS_STATUS_CU0;
    if (!((any ? HWR_ALL : HWR_ALL & cpu->cp0.hwrena) >> (a & 31) & 1)) {
        mips_exception_set(cpu, MIPS_EXC_RI);
        cpu_raise(&cpu->cpu);
    }
    switch (a & 31) {
    case MIPS_HWR_SYNCI_STEP:
        return 64; /* the line size that Config1 tells */
    case MIPS_HWR_CC:
        return mips_count_read(cpu);
    case MIPS_HWR_CCRES:
        return 2; /* CPU cycles for each of CC */
    case MIPS_HWR_ULR:
        return cpu->cp0.userlocal;
    default:
        return 0; /* CPUNum */
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* II, CACHE: bits 1..0 choose the cache, 4..2 the operation. Hits name an address, which faults
 * like that of a load; indices need not mean one, and do not. */
HELPER(cache, IR_NONE, READS | WRITES | EXITS)
{
    enum { INDEX_LOAD_TAG = 1, HITS = 4 };
    struct mips_cpu *cpu = opaque;
    unsigned operation = a >> 2 & 7;
    if (operation >= HITS) {
        struct cpu_mapping mapping;
        if (!mips_walk(&cpu->cpu, b, CPU_READ, false, false, &mapping)) {
            cpu_raise(&cpu->cpu);
        }
    } else if (operation == INDEX_LOAD_TAG) {
        unsigned first = a & 1 ? 2 : 0; /* the data cache's are in TagLo1 and so on */
        cpu->cp0.tags[first] = cpu->cp0.tags[first + 1] = 0;
    }
    return 0;
}
