/* The C functions that translated code calls. Effects are given here for each group; a helper that
 * raises records the exception (mips_exception_set) and calls cpu_raise(). */
#ifndef TARGETS_MIPS_HELPERS_H
#define TARGETS_MIPS_HELPERS_H

#include "core/ir/ir.h"
#include "targets/mips/cpu.h"

/* ---- exceptions: helpers_sys.c --------------------------------------------------------------- */
/* EXITS; a = enum mips_exception, b = the coprocessor for MIPS_EXC_CPU. MIPS_EXC_ADEL: the pc is
 * not aligned. */
extern const struct ir_helper mips_helper_raise;
/* READS | WRITES; a = enum mips_exception: takes it at once. The pc slot and that of the delay are
 * the instruction's own; LEAVE follows. */
extern const struct ir_helper mips_helper_take;
/* EXITS; a = address of the second page, where the delay slot is that is executed: walks it for
 * CPU_FETCH and raises; if the walk succeeds by now, leaves with JIT_EXIT_LOOKUP instead, the pc
 * back at the branch and the slot `delay` 0. */
extern const struct ir_helper mips_helper_fetch_fault;

/* ---- coprocessor 0: helpers_sys.c, cp0.c ----------------------------------------------------- */

/* Where a register is in struct mips_cpu, if reading or writing it is no more than that; else 0. A
 * write changes the bits of `mask`. */
struct mips_cp0_way {
    uint32_t read, write, mask;
};
struct mips_cp0_way mips_cp0_way(const struct mips_cpu *cpu, uint32_t key);

#define MIPS_CP0_KEY(rd, sel) ((uint32_t)(rd) << 3 | (sel))
/* Whether a write to the register may change what translations depend on, or the address space. */
bool mips_cp0_write_leaves(uint32_t key);

/* a = key; i32. READS | WRITES: looking at Count, Cause or Random brings them up to date. */
extern const struct ir_helper mips_helper_mfc0;
/* a = key, b = value, c = pc. i32: 1 if the translation mode has changed, or the page of pc is not
 * mapped executable as before. READS | WRITES */
extern const struct ir_helper mips_helper_mtc0;
/* a = 0 TLBR, 1 TLBWI, 2 TLBWR, 3 TLBP; b = pc. i32: likewise. READS | WRITES */
extern const struct ir_helper mips_helper_tlb;
/* READS | WRITES; sets the pc slot; LEAVE follows. */
extern const struct ir_helper mips_helper_eret;
/* READS | WRITES; the pc slot holds the next pc, LEAVE follows. */
extern const struct ir_helper mips_helper_wait;
/* Has a pending and enabled interrupt taken at the next entry. READS | WRITES */
extern const struct ir_helper mips_helper_check_interrupts;
/* Hardware registers (III 9.9). */
enum mips_hwr {
    MIPS_HWR_CPUNUM = 0,
    MIPS_HWR_SYNCI_STEP = 1,
    MIPS_HWR_CC = 2,
    MIPS_HWR_CCRES = 3,
    MIPS_HWR_ULR = 29,
};
/* a = number; i32. Raises Reserved Instruction unless allowed (HWREna). READS | EXITS */
extern const struct ir_helper mips_helper_rdhwr;
/* CACHE: a = operation, b = address. READS | WRITES | EXITS. (Translations follow memory by
 * themselves; index operations are without effect.) */
extern const struct ir_helper mips_helper_cache;

/* ---- floating point: helpers_fpu.c ----------------------------------------------------------- */
/* a = control register; i32. READS | WRITES: looking at FCSR folds flags together. */
extern const struct ir_helper mips_helper_cfc1;
/* a = control register, b = value; i32: 1 if the translation mode has changed. READS | WRITES |
 * EXITS: an enabled exception whose Cause bit is written is raised at once. */
extern const struct ir_helper mips_helper_ctc1;

#endif
