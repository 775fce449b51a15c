/* Taking exceptions and interrupts (III 6). */
#include "core/base/check.h"
#include "core/base/log.h"
#include "targets/mips/system.h"

#include <inttypes.h>

/* Offsets of vectors from their base (III table 6.5). */
enum {
    VECTOR_REFILL = 0x000,
    VECTOR_GENERAL = 0x180,
    VECTOR_INTERRUPT = 0x200, /* Cause.IV */
};
/* Bases (III table 6.4). */
#define VECTOR_BASE_BOOT UINT32_C(0xbfc00200) /* Status.BEV */

enum {
    CAUSE_EXC = 0x1f << MIPS_CAUSE_EXC_SHIFT,
    INTCTL_VS = 0x1f << 5, /* in place: bytes between vectors */
};
#define CAUSE_CE (UINT32_C(3) << MIPS_CAUSE_CE_SHIFT)

static const struct {
    const char *name;
    bool tlb;     /* BadVAddr, Context and EntryHi tell the address (III 6.2.12 .. 6.2.15) */
    bool address; /* BadVAddr does (III 6.2.11) */
} mips_exceptions[] = {
    [MIPS_EXC_INT] = {"interrupt", false, false},
    [MIPS_EXC_MOD] = {"TLB modified", true, false},
    [MIPS_EXC_TLBL] = {"TLB load", true, false},
    [MIPS_EXC_TLBS] = {"TLB store", true, false},
    [MIPS_EXC_ADEL] = {"address error load", false, true},
    [MIPS_EXC_ADES] = {"address error store", false, true},
    [MIPS_EXC_IBE] = {"bus error fetch", false, false},
    [MIPS_EXC_DBE] = {"bus error data", false, false},
    [MIPS_EXC_SYS] = {"syscall", false, false},
    [MIPS_EXC_BP] = {"breakpoint", false, false},
    [MIPS_EXC_RI] = {"reserved instruction", false, false},
    [MIPS_EXC_CPU] = {"coprocessor unusable", false, false},
    [MIPS_EXC_OV] = {"overflow", false, false},
    [MIPS_EXC_TR] = {"trap", false, false},
    [MIPS_EXC_FPE] = {"floating point", false, false},
    [MIPS_EXC_DSPDIS] = {"DSP disabled", false, false},
};

void mips_exception_set(struct mips_cpu *cpu, enum mips_exception exception)
{
    cpu->exception = exception;
    cpu->refill = false;
}

static uint32_t mips_vector_base(const struct mips_cpu *cpu)
{
    return cpu->cp0.status & MIPS_STATUS_BEV ? VECTOR_BASE_BOOT : cpu->cp0.ebase & ~UINT32_C(0xfff);
}

/* III 6.1.2: with Cause.IV and IntCtl.VS each of the eight has a vector of its own, of which the
 * highest one that is pending and enabled is taken. */
static uint32_t mips_interrupt_offset(const struct mips_cpu *cpu)
{
    const struct mips_cp0 *cp0 = &cpu->cp0;
    if (!(cp0->cause & MIPS_CAUSE_IV)) {
        return VECTOR_GENERAL;
    }
    uint32_t spacing = cp0->status & MIPS_STATUS_BEV ? 0 : cp0->intctl & INTCTL_VS;
    uint32_t requests = (mips_pending(cpu) & cp0->status & MIPS_STATUS_IM) >> 8;
    unsigned number = requests ? 31 - (unsigned)__builtin_clz(requests) : 0;
    return VECTOR_INTERRUPT + number * spacing;
}

/* What all but resets do (III 6.2.2). */
static void mips_enter(struct mips_cpu *cpu, enum mips_exception exception, uint32_t offset)
{
    struct mips_cp0 *cp0 = &cpu->cp0;
    uint32_t pc = cpu->pc;
    if (!(cp0->status & MIPS_STATUS_EXL)) {
        cp0->epc = cpu->pc - cpu->delay;
        cp0->cause = (cp0->cause & ~MIPS_CAUSE_BD) | (cpu->delay ? MIPS_CAUSE_BD : 0);
    }
    cpu->delay = 0;
    cp0->cause =
        (cp0->cause & ~(CAUSE_EXC | CAUSE_CE)) | (uint32_t)exception << MIPS_CAUSE_EXC_SHIFT |
        (exception == MIPS_EXC_CPU ? (uint32_t)cpu->fault_coprocessor << MIPS_CAUSE_CE_SHIFT : 0);
    cp0->status |= MIPS_STATUS_EXL;
    cpu->pc = mips_vector_base(cpu) + offset;
    mips_space_update(cpu);
    if (log_on(cpu->cpu.log, LOG_INT)) {
        log_write(cpu->cpu.log, LOG_INT,
                  "taking %s at %08" PRIx32 ": status %08" PRIx32 " cause %08" PRIx32
                  " badvaddr %08" PRIx32 " epc %08" PRIx32 ", pc %08" PRIx32 "\n",
                  mips_exceptions[exception].name, pc, cp0->status, cp0->cause, cp0->badvaddr,
                  cp0->epc, cpu->pc);
    }
}

void mips_take_exception(struct cpu *base)
{
    struct mips_cpu *cpu = mips_cpu(base);
    struct mips_cp0 *cp0 = &cpu->cp0;
    enum mips_exception exception = cpu->exception;
    uint32_t address = cpu->fault_address;
    cpu->exception = MIPS_EXC_NONE;
    CHECK(exception <= MIPS_EXC_DSPDIS && mips_exceptions[exception].name);
    if (mips_exceptions[exception].tlb) {
        cp0->context = (cp0->context & ~UINT32_C(0x7fffff)) | (address >> 13 << 4);
        cp0->entryhi = (cp0->entryhi & 0xff) | (address & ~UINT32_C(0x1fff));
    }
    if (mips_exceptions[exception].tlb || mips_exceptions[exception].address) {
        cp0->badvaddr = address;
    }
    bool refill = cpu->refill && !(cp0->status & MIPS_STATUS_EXL);
    mips_enter(cpu, exception, refill ? VECTOR_REFILL : VECTOR_GENERAL);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

uint32_t mips_pending(const struct mips_cpu *cpu)
{
    uint32_t cause = cpu->cp0.cause;
    uint32_t timer = cause & MIPS_CAUSE_TI ? 1 << 15 : 0; /* IntCtl.IPTI is 7 */
    return (cause & 0x300) | cpu->interrupts << 8 | timer;
}

/* Whether one may be taken now (III 6.1). */
static bool mips_interrupted(const struct mips_cpu *cpu)
{
    uint32_t status = cpu->cp0.status;
    return (status & (MIPS_STATUS_IE | MIPS_STATUS_EXL | MIPS_STATUS_ERL)) == MIPS_STATUS_IE &&
           mips_pending(cpu) & status & MIPS_STATUS_IM;
}

void mips_check_interrupts(struct mips_cpu *cpu)
{
    if (mips_interrupted(cpu) || (cpu->cpu.halted && mips_wake(&cpu->cpu))) {
        cpu_kick(&cpu->cpu, CPU_POLL_IRQ);
    }
}

bool mips_take_interrupt(struct cpu *base)
{
    struct mips_cpu *cpu = mips_cpu(base);
    if (!mips_interrupted(cpu)) {
        return false;
    }
    mips_enter(cpu, MIPS_EXC_INT, mips_interrupt_offset(cpu));
    return true;
}

/* WAIT ends at what the mask lets through, whether or not IE does (Config7.WII). */
bool mips_wake(const struct cpu *base)
{
    const struct mips_cpu *cpu = (const struct mips_cpu *)base;
    return mips_pending(cpu) & cpu->cp0.status & MIPS_STATUS_IM;
}

void mips_cpu_set_irq(void *opaque, unsigned n, bool level)
{
    struct mips_cpu *cpu = opaque;
    uint32_t bit = UINT32_C(4) << n;
    CHECK(n < 6);
    cpu->interrupts = (cpu->interrupts & ~bit) | (level ? bit : 0);
    if (level) {
        mips_check_interrupts(cpu);
    }
}
