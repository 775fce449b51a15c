/* The state of an ARMv7-A CPU (ARM DDI 0406C). Slots that IR touches come first. */
#ifndef TARGETS_ARM_CPU_H
#define TARGETS_ARM_CPU_H

#include "core/bus/irq.h"
#include "core/cpu/cpu.h"
#include "core/fp/fp.h"
#include "core/jit/guest.h"

#include <stdbool.h>
#include <stdint.h>

struct machine;

/* CPSR fields (B1.3.3). */
enum {
    ARM_CPSR_MODE = 0x1f,
    ARM_CPSR_T = 1 << 5,
    ARM_CPSR_F = 1 << 6,
    ARM_CPSR_I = 1 << 7,
    ARM_CPSR_A = 1 << 8,
    ARM_CPSR_E = 1 << 9,
    ARM_CPSR_GE_SHIFT = 16,
    ARM_CPSR_J = 1 << 24,
    ARM_CPSR_Q = 1 << 27,
    ARM_CPSR_V = 1 << 28,
    ARM_CPSR_C = 1 << 29,
    ARM_CPSR_Z = 1 << 30,
};
#define ARM_CPSR_N (UINT32_C(1) << 31)

enum arm_mode {
    ARM_MODE_USR = 0x10,
    ARM_MODE_FIQ = 0x11,
    ARM_MODE_IRQ = 0x12,
    ARM_MODE_SVC = 0x13,
    ARM_MODE_MON = 0x16,
    ARM_MODE_ABT = 0x17,
    ARM_MODE_HYP = 0x1a,
    ARM_MODE_UND = 0x1b,
    ARM_MODE_SYS = 0x1f,
};

/* What a translation depends on besides its bytes: guest_ops.mode(). */
enum arm_translation_mode {
    ARM_TM_PRIV = 1 << 0,    /* not User mode */
    ARM_TM_BIG = 1 << 1,     /* CPSR.E */
    ARM_TM_FP = 1 << 2,      /* VFP and Advanced SIMD may be used here (CPACR, FPEXC.EN) */
    ARM_TM_ALIGN = 1 << 3,   /* SCTLR.A */
    ARM_TM_VECLEN = 1 << 4,  /* FPSCR.LEN or STRIDE nonzero: VFP short vectors */
    ARM_TM_FPEXC = 1 << 5,   /* CPACR lets FPEXC etc. be accessed although FPEXC.EN = 0 */
    ARM_TM_FPPLAIN = 1 << 6, /* FPSCR rounds to nearest and flushes nothing: IR_FLOAT_PLAIN */
    ARM_TM_IT_SHIFT = 8,     /* ITSTATE<7:0>, nonzero only when entered within an IT block */
    ARM_TM_IT_MASK = 0xff << 8,
};

/* Features of a CPU model that decoding and registers depend on. */
enum arm_feature {
    ARM_FEATURE_V7 = 1 << 0,
    ARM_FEATURE_MP = 1 << 1,       /* multiprocessing extensions (PLDW) */
    ARM_FEATURE_DIV_ARM = 1 << 2,  /* SDIV and UDIV in A32 */
    ARM_FEATURE_DIV_THUMB = 1 << 3,
    ARM_FEATURE_LPAE = 1 << 4,
    ARM_FEATURE_VFP3 = 1 << 5,
    ARM_FEATURE_VFP4 = 1 << 6,     /* fused multiply-add */
    ARM_FEATURE_D32 = 1 << 7,
    ARM_FEATURE_NEON = 1 << 8,
    ARM_FEATURE_TIMER = 1 << 9,    /* generic timer */
    ARM_FEATURE_SECURITY = 1 << 10,
    ARM_FEATURE_VIRT = 1 << 11,
    ARM_FEATURE_L2CTLR = 1 << 12,  /* Cortex-A15's and A7's registers of the L2 cache */
    ARM_FEATURE_A9_REGS = 1 << 13, /* Cortex-A9's power, diagnostic and TLB lockdown registers */
    ARM_FEATURE_HALF = 1 << 14,    /* half-precision conversions */
};

/* One CPU model: identification and ID registers (targets/arm/models.h). */
struct arm_model;
/* One system register (targets/arm/sysregs.h). */
struct arm_sysreg;

enum arm_bank {
    ARM_BANK_USR,
    ARM_BANK_FIQ,
    ARM_BANK_IRQ,
    ARM_BANK_SVC,
    ARM_BANK_ABT,
    ARM_BANK_UND,
    ARM_BANKS
};

/* What exception is to be taken (arm_take_exception). */
enum arm_exception_kind {
    ARM_EXC_NONE,
    ARM_EXC_RESET,
    ARM_EXC_UNDEFINED,
    ARM_EXC_SVC,
    ARM_EXC_PREFETCH_ABORT,
    ARM_EXC_DATA_ABORT,
    ARM_EXC_IRQ,
    ARM_EXC_FIQ,
    ARM_EXC_HVC,
};

/* System registers with state (sysregs.inc lists them as rows). Names as in DDI 0406C B4. */
struct arm_sys {
    uint32_t sctlr, actlr, cpacr;
    uint64_t ttbr0, ttbr1, par;
    uint32_t ttbcr, dacr, dfsr, ifsr, adfsr, aifsr, dfar, ifar;
    uint32_t prrr_mair0, nmrr_mair1, amair0, amair1;
    uint32_t vbar, contextidr, tpidrurw, tpidruro, tpidrprw;
    uint32_t csselr, l2ctlr, l2ectlr;
    uint32_t pmcr, pmcnten, pmovsr, pmselr, pmuserenr, pminten;
    uint32_t pmccntr, pmevtyper[8], pmevcntr[8];
    uint32_t c15[8]; /* implementation-defined ones without effect */
    uint64_t pm_time; /* virtual time up to which the counters have counted */
    uint32_t pmccfiltr;
    /* Generic timer (B8) */
    uint32_t cntfrq, cntkctl;
    uint64_t cntp_cval, cntv_cval, cntvoff;
    uint32_t cntp_ctl, cntv_ctl;
};

/* What else a translation depends on, besides what is in the tags of a hardware TLB: one regime is
 * one value of all this. A space key holds the number of the regime. */
struct arm_regime {
    uint32_t sctlr, ttbcr; /* of these, the bits that matter to walks */
    uint32_t prrr, nmrr;   /* or MAIR0 and MAIR1 */
};
enum { ARM_REGIMES = 16 };

/* RAM where the last page-table walk read, so that the next need not search the bus. */
struct arm_walk_window {
    const uint8_t *host;
    uint64_t base, size;
    uint64_t generation; /* of the bus */
};

/* arm_cpu.tlb_seen: what walks have found in each MiB since the last TLBIALL. */
enum {
    ARM_SEEN_BITS = 0x3f,   /* largest page_bits of a mapping there */
    ARM_SEEN_GLOBAL = 0x80, /* a global mapping was there: its TLB entries match every ASID */
};

enum { ARM_SYSREG_HASH = 512 };

struct arm_cpu {
    struct cpu cpu;

    /* ---- slots: what IR reads and writes (slots.inc) ---- */
    uint32_t r[16];   /* current mode's view; r[15] = pc: address of the instruction | Thumb bit */
    uint32_t nf;      /* N is bit 31 */
    uint32_t zf;      /* Z is set iff 0 */
    uint32_t cf;      /* C: 0 or 1 */
    uint32_t vf;      /* V: 0 or 1 */
    uint32_t qf;      /* Q: 0 or 1 */
    uint32_t ge;      /* GE<3:0> as 4 bits */
    uint32_t it;      /* ITSTATE: INSN's tag, so nonzero only at exceptions and when about to enter
                         an IT block in its middle */
    uint32_t lazy_mode; /* the engine's: bits of enum arm_translation_mode that are in force */
    uint32_t exclusive_address; /* local monitor: 1 (never an aligned address) when open */
    uint64_t exclusive_value;
    uint32_t fpscr_nzcv; /* FPSCR<31:28> in place, other bits 0 */
    _Alignas(16) uint64_t qc[2]; /* FPSCR.QC is set iff any bit is: Advanced SIMD joins in what
                                    saturation changed */
    _Alignas(16) uint64_t d[32]; /* VFP and Advanced SIMD registers; Sn, Qn alias as A2.6.2 */
    struct fp_env fp;      /* FPSCR rounding, FZ, DN and cumulative flags (core/fp/fp.h) */
    struct fp_env fp_std;  /* standard FPSCR, for Advanced SIMD; its flags join fp's on reading */

    uint32_t cpsr;    /* mode, A, I, F, E and J only; T is in r[15], the rest above */
    uint32_t interrupts; /* active inputs: ARM_CPSR_I for IRQ, ARM_CPSR_F for FIQ */

    /* ---- not touched by IR, but for system registers ---- */
    uint32_t fpscr_rest; /* LEN, STRIDE and AHP; the trap enables are RAZ */
    uint32_t fpexc;
    uint32_t spsr[ARM_BANKS];
    uint32_t r13[ARM_BANKS], r14[ARM_BANKS]; /* of modes that are not current */
    uint32_t r8_usr[5], r8_fiq[5];
    struct arm_sys sys;
    const struct arm_model *model;
    uint32_t features; /* enum arm_feature */
    struct arm_decoders *decoders; /* frontend.h */

    enum arm_exception_kind exception; /* recorded by walk() and helpers until taken */
    uint32_t fault_address, fault_status; /* FAR and FSR (short or long format) for aborts */

    struct irq timer_irq[4]; /* outputs: secure physical, physical, virtual, hypervisor */
    struct sched_event *timer_events; /* the generic timer's own (timer.c) */
    bool psci_hvc;           /* HVC is the board's PSCI conduit */
    uint32_t mpidr;
    uint32_t cbar;           /* the board's: physical base of the private peripherals */

    /* ---- derived from the above ---- */
    uint64_t space_key, space_user_key; /* as last selected */
    struct arm_regime regimes[ARM_REGIMES];
    unsigned regime_count, regime;
    struct arm_walk_window window;
    uint8_t tlb_seen[4096];
    uint16_t global_domains; /* that global mappings were seen in */
    uint16_t sysreg_hash[ARM_SYSREG_HASH]; /* rows of sysregs.inc that this model has, by key */
};

static inline struct arm_cpu *arm_cpu(struct cpu *cpu)
{
    return (struct arm_cpu *)cpu;
}

static inline bool arm_privileged(const struct arm_cpu *cpu)
{
    return (cpu->cpsr & ARM_CPSR_MODE) != ARM_MODE_USR;
}

extern const struct guest_ops arm_guest_ops;
extern const struct guest_slot arm_slots[];
extern const unsigned arm_slot_count;

/* Returns a CPU of the named model ("cortex-a15"), reset; NULL if the name is unknown. */
struct arm_cpu *arm_cpu_create(const char *model);
void arm_cpu_destroy(struct arm_cpu *cpu);
/* NULL-terminated. */
extern const char *const arm_model_names[];

/* Interrupt inputs, for the board: n = 0 IRQ, 1 FIQ. */
void arm_cpu_set_irq(void *cpu, unsigned n, bool level);

/* Whole status registers (B1.3.3), assembled from and spread over the slots. arm_cpsr_write obeys the
 * mask only; mode changes swap banks; the caller has checked rights. */
uint32_t arm_cpsr_read(const struct arm_cpu *cpu);
void arm_cpsr_write(struct arm_cpu *cpu, uint32_t value, uint32_t mask);
uint32_t arm_fpscr_read(struct arm_cpu *cpu);
void arm_fpscr_write(struct arm_cpu *cpu, uint32_t value);
/* The bits of enum arm_translation_mode that follow from FPSCR: ARM_TM_VECLEN, ARM_TM_FPPLAIN. */
uint32_t arm_fpscr_mode(const struct arm_cpu *cpu);

/* Records an exception; a helper then calls cpu_raise(). */
void arm_exception_set(struct arm_cpu *cpu, enum arm_exception_kind kind);

#endif
