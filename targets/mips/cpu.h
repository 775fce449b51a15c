/* The state of a MIPS32 CPU, release 2 ("MIPS Architecture For Programmers", volumes I-A MD00082,
 * II-A MD00086 and III MD00090). Slots that IR touches come first. */
#ifndef TARGETS_MIPS_CPU_H
#define TARGETS_MIPS_CPU_H

#include "core/bus/irq.h"
#include "core/cpu/cpu.h"
#include "core/fp/fp.h"
#include "core/jit/guest.h"

#include <stdbool.h>
#include <stdint.h>

/* What a translation depends on besides its bytes: guest_ops.mode(). What a CPU cannot change
 * (endianness, features) is not here. */
enum mips_translation_mode {
    MIPS_TM_KERNEL = 1 << 0,  /* Kernel Mode: KSU is 0, or EXL or ERL is set (III 3.1) */
    MIPS_TM_CP0 = 1 << 1,     /* Kernel Mode, or Status.CU0 */
    MIPS_TM_CP1 = 1 << 2,     /* Status.CU1 */
    MIPS_TM_FR = 1 << 3,      /* Status.FR: 32 registers of 64 bits */
    MIPS_TM_FPPLAIN = 1 << 4, /* FCSR: round to nearest, no flush to zero, no exception enabled */
    MIPS_TM_DSP = 1 << 5,     /* Status.MX */
};

/* Features of a CPU model that decoding depends on. */
enum mips_feature {
    MIPS_FEATURE_R2 = 1 << 0,
    MIPS_FEATURE_FPU = 1 << 1,
    MIPS_FEATURE_F64 = 1 << 2, /* 64-bit floating-point registers: Status.FR can be set */
    MIPS_FEATURE_MIPS16 = 1 << 3,
    MIPS_FEATURE_DSP = 1 << 4,
};

/* Exceptions by Cause.ExcCode (III table 9.53). */
enum mips_exception {
    MIPS_EXC_INT = 0,
    MIPS_EXC_MOD = 1,
    MIPS_EXC_TLBL = 2,
    MIPS_EXC_TLBS = 3,
    MIPS_EXC_ADEL = 4,
    MIPS_EXC_ADES = 5,
    MIPS_EXC_IBE = 6,
    MIPS_EXC_DBE = 7,
    MIPS_EXC_SYS = 8,
    MIPS_EXC_BP = 9,
    MIPS_EXC_RI = 10,
    MIPS_EXC_CPU = 11,
    MIPS_EXC_OV = 12,
    MIPS_EXC_TR = 13,
    MIPS_EXC_FPE = 15,
    MIPS_EXC_DSPDIS = 26,
    MIPS_EXC_NONE = 0xff,
};

enum { MIPS_TLB_MAX = 64 };

/* A pair of pages (III 4.2). */
struct mips_tlb_entry {
    uint32_t vpn2; /* VA<31:13>, bits that PageMask covers are 0 */
    uint32_t mask; /* PageMask, in place: bits 28..13 */
    uint8_t asid;
    bool global;
    uint32_t lo[2]; /* PFN, C, D, V as in EntryLo0 and EntryLo1, without G */
};

/* Coprocessor 0 (III 9), as last written or set; what reading adds is in cp0.c. Names as there. */
struct mips_cp0 {
    uint32_t index, entrylo[2], context, pagemask, pagegrain, wired, hwrena, badvaddr;
    uint32_t entryhi, compare, status, intctl, cause, epc, ebase;
    uint32_t config[8];
    uint32_t userlocal, errorepc, errctl;
    uint32_t tags[8];    /* TagLo, DataLo, TagLo1, DataLo1, TagHi and so on: there to be written */
    uint32_t random;     /* state of the sequence that Random is taken from */
    uint32_t count;      /* while Cause.DC stops it */
    uint64_t count_base; /* Count - virtual time in its ticks, while it runs */
};

struct mips_decoders;
struct mips_evicted;
struct mips_model;

struct mips_cpu {
    struct cpu cpu;

    /* ---- slots: what IR reads and writes (slots.inc) ---- */
    uint32_t r[32];        /* r[0] is never read or written by IR, and stays 0 */
    uint32_t lo[4], hi[4]; /* [0]: LO, HI; the others: accumulators of the DSP ASE */
    uint32_t pc;           /* address of the instruction; bit 0: ISA mode, 1 for MIPS16e */
    uint32_t delay;        /* INSN's tag: how many bytes before the pc the branch is in whose delay
                              slot the instruction is; 0: in none */
    uint32_t lazy_mode;    /* the engine's: bits of enum mips_translation_mode that are in force */
    /* Only between a branch and the instruction in its delay slot, if that has IR blocks of its
     * own. */
    uint32_t branch_taken, branch_target;
    uint32_t ll_address; /* virtual address | 2: LL has read from there; 1: no SC can succeed */
    uint32_t ll_value;
    uint32_t fcc[8];   /* floating-point condition codes, 0 or 1 */
    uint32_t fp_cause; /* FCSR.Cause of the last floating-point operation, in bits 17..12, as far
                          as it is not fp_last's to say */
    uint32_t fp_last;  /* the last operation, if Cause has to be found by doing it again: fcsr.c;
                          else 0 */
    uint32_t fp_last_s[3]; /* its operands, if single or words */
    uint32_t dsp_control;
    uint64_t fp_last_d[3];       /* if double */
    _Alignas(16) uint64_t f[32]; /* FR = 1: the registers; FR = 0: f[n], n even, is the pair n, n +
                                    1 with the even one in the low word; odd ones are not used */
    struct fp_env fp;            /* FCSR.RM, FS and Flags (core/fp/fp.h) */

    /* ---- not touched by IR ---- */
    uint32_t fcsr_enables; /* FCSR<11:7> in place */
    struct mips_cp0 cp0;
    struct mips_tlb_entry tlb[MIPS_TLB_MAX];
    unsigned tlb_count;
    uint32_t interrupts; /* inputs: bits 7..2, hardware interrupts 5..0 as Cause.IP<7:2> has them */
    const struct mips_model *model;
    uint32_t features;              /* enum mips_feature */
    bool big;                       /* big-endian */
    struct mips_decoders *decoders; /* frontend.h */

    enum mips_exception exception; /* recorded by walk() and helpers until taken */
    uint32_t fault_address;        /* BadVAddr for it */
    bool refill;                   /* it is a TLB refill: no entry matched */
    uint8_t fault_coprocessor;     /* Cause.CE for MIPS_EXC_CPU */

    struct sched_event *timer_event; /* Compare's */

    /* ---- derived from the above ---- */
    uint64_t space_key;           /* as last selected */
    struct mips_evicted *evicted; /* tlb.h */
    uint64_t tlb_written;         /* by index: tlb.c */
    unsigned tlb_probed;          /* the entry that TLBP found last; MIPS_TLB_MAX: none */
};

static inline struct mips_cpu *mips_cpu(struct cpu *cpu)
{
    return (struct mips_cpu *)cpu;
}

extern const struct guest_ops mips_guest_ops;
extern const struct guest_slot mips_slots[];
extern const unsigned mips_slot_count;

/* Returns a CPU of the named model ("24Kf"), reset; NULL if the name is unknown. */
struct mips_cpu *mips_cpu_create(const char *model, bool big_endian);
void mips_cpu_destroy(struct mips_cpu *cpu);
/* NULL-terminated. */
extern const char *const mips_model_names[];

/* Interrupt inputs, for the board: n = 0 .. 5, the hardware interrupts. */
void mips_cpu_set_irq(void *cpu, unsigned n, bool level);

/* Records an exception; a helper then calls cpu_raise(). */
void mips_exception_set(struct mips_cpu *cpu, enum mips_exception exception);

/* FCSR and its kin, assembled from and spread over the slots (I 5.6). */
uint32_t mips_fcsr_read(struct mips_cpu *cpu);
void mips_fcsr_write(struct mips_cpu *cpu, uint32_t value);

#endif
