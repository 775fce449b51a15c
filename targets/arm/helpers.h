/* The C functions that translated code calls, and what translation asks about system registers.
 * Effects are given here for each group; a helper that raises records the exception
 * (arm_exception_set) and calls cpu_raise().
 *
 * The system's side is in helpers_sys.c and sysregs.c, the integer ones are in helpers_int.c. */
#ifndef TARGETS_ARM_HELPERS_H
#define TARGETS_ARM_HELPERS_H

#include "core/ir/ir.h"
#include "targets/arm/cpu.h"

/* ---- exceptions ------------------------------------------------------------------------------ */
/* READS | WRITES: takes the exception at once. The pc and it slots are the instruction's own; LEAVE
 * follows. */
extern const struct ir_helper arm_helper_svc;
/* EXITS; a = immediate of the instruction. Taking HVC advances ITSTATE (B1.9). */
extern const struct ir_helper arm_helper_hvc;
extern const struct ir_helper arm_helper_smc;
extern const struct ir_helper arm_helper_bkpt;
extern const struct ir_helper arm_helper_undefined; /* a = 0 */
/* a = address: walks it for CPU_FETCH and raises; if the walk succeeds by now, leaves with
 * JIT_EXIT_LOOKUP instead. */
extern const struct ir_helper arm_helper_fetch_fault;

/* ---- status registers: READS | WRITES -------------------------------------------------------- */
/* a = value, b = mask. CPSRWriteByInstr: changes only what the current privilege may (NZCVQ, GE
 * and E in User mode) and never J, T, IT. i32: 1 if what translations depend on has changed
 * (translation mode); interrupts unmasked now are polled for. */
extern const struct ir_helper arm_helper_cpsr_write;
/* Has a pending and now enabled interrupt taken at the next entry. */
extern const struct ir_helper arm_helper_check_interrupts;
/* i32: of the current mode; 0 in User and System mode. */
extern const struct ir_helper arm_helper_spsr_read;
extern const struct ir_helper arm_helper_spsr_write; /* a = value, b = mask */
/* a = new pc without Thumb bit: CPSR = SPSR, all of it, then sets the pc slot (Thumb bit by
 * CPSR.T) and it slot. */
extern const struct ir_helper arm_helper_exception_return;
extern const struct ir_helper arm_helper_rfe; /* the same with CPSR = b */

/* ---- registers of other modes: READS | WRITES ------------------------------------------------ */
extern const struct ir_helper arm_helper_user_reg_read;  /* i32: User bank's register a (0 .. 14) */
extern const struct ir_helper arm_helper_user_reg_write; /* register a = b */
/* a = mode number (enum arm_mode), b = 8 .. 14, or 16 for its SPSR; c = value. For SRS and banked
 * MRS, MSR. */
extern const struct ir_helper arm_helper_bank_reg_read;
extern const struct ir_helper arm_helper_bank_reg_write;

/* ---- coprocessors 14 and 15 ------------------------------------------------------------------ */
/* Names a register: MRC and MCR, or with ARM_SYSREG_KEY64 MRRC and MCRR (crn and opc2 0). */
#define ARM_SYSREG_KEY(coproc, opc1, crn, crm, opc2)                                               \
    ((uint32_t)(coproc) << 24 | (opc1) << 16 | (crn) << 12 | (crm) << 8 | (opc2))
#define ARM_SYSREG_KEY64 (UINT32_C(1) << 28)

enum arm_sysreg_flag {
    /* Allowed in User mode (perhaps under further conditions: the helper checks). */
    ARM_SYSREG_PL0_READ = 1 << 0,
    ARM_SYSREG_PL0_WRITE = 1 << 1,
    ARM_SYSREG_PL1_READ = 1 << 2,
    ARM_SYSREG_PL1_WRITE = 1 << 3,
    /* A read is a plain read of the 4 bytes at `offset` in struct arm_cpu. */
    ARM_SYSREG_SLOT_READ = 1 << 4,
    ARM_SYSREG_SLOT_WRITE = 1 << 5, /* a write likewise */
    /* A write changes what translations depend on: the block ends by LEAVE. */
    ARM_SYSREG_LEAVE = 1 << 6,
    ARM_SYSREG_BARRIER = 1 << 7, /* a write is DMB or DSB and nothing else */
    ARM_SYSREG_NOP = 1 << 8,     /* a write does nothing */
    ARM_SYSREG_CONST = 1 << 9,   /* a read gives `reset`, whatever happens */
    ARM_SYSREG_ISB = 1 << 10,    /* a write is ISB */
    /* A write changes the address space or the TLB: the block ends by LEAVE if the helper's result
     * says so. */
    ARM_SYSREG_SPACE = 1 << 11,
};

struct arm_sysreg {
    const char *name;
    uint32_t key;
    uint32_t flags;  /* enum arm_sysreg_flag */
    uint32_t offset; /* in struct arm_cpu; 0: none */
    uint32_t reset;
    uint32_t mask;     /* bits that a write without hook changes */
    uint32_t features; /* all needed */
    /* NULL: the slot. */
    uint64_t (*read)(struct arm_cpu *cpu, const struct arm_sysreg *reg);
    /* NULL: the slot. */
    void (*write)(struct arm_cpu *cpu, const struct arm_sysreg *reg, uint64_t value);
};

/* Pure: for translation. NULL if the model has no such register. */
const struct arm_sysreg *arm_sysreg_find(const struct arm_cpu *cpu, uint32_t key);

extern const struct ir_helper arm_helper_cp15_read; /* a = key; i32. READS | EXITS */
/* a = key, b = value, c = pc. i32: 1 if the page of pc is not mapped executable as before. READS |
 * WRITES | EXITS */
extern const struct ir_helper arm_helper_cp15_write;
extern const struct ir_helper arm_helper_cp15_read64; /* a = key with KEY64; i64 */
/* a = key with KEY64, b = value, c = pc; likewise. */
extern const struct ir_helper arm_helper_cp15_write64;

/* ---- waiting --------------------------------------------------------------------------------- */
/* READS | WRITES. The pc slot already holds the next instruction's pc and LEAVE follows. */
extern const struct ir_helper arm_helper_wfi;
extern const struct ir_helper arm_helper_wfe;
extern const struct ir_helper arm_helper_sev; /* LEAVE does not follow */

/* ---- integer, pure --------------------------------------------------------------------------- */
/* Parallel addition and subtraction (A5.4.3): a, b operands, c = enum arm_parallel. i64: result |
 * GE<3:0> << 32. */
extern const struct ir_helper arm_helper_parallel;
/* Sum of absolute differences of the four bytes of a and b. */
extern const struct ir_helper arm_helper_usad8;
/* SSAT16, USAT16: a, b = bits, c = 1 for USAT16. i64: result | Q << 32. */
extern const struct ir_helper arm_helper_sat16;

#endif
