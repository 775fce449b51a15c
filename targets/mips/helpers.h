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
/* EXITS; a = address of the second page, where the delay slot is that is executed: walks it for
 * CPU_FETCH and raises; if the walk succeeds by now, leaves with JIT_EXIT_LOOKUP instead, the pc
 * back at the branch and the slot `delay` 0. */
extern const struct ir_helper mips_helper_fetch_fault;

/* ---- coprocessor 0: helpers_sys.c, cp0.c ----------------------------------------------------- */

/* What an MTC0 may change besides its register: the translator asks. */
enum mips_cp0_effect {
    MIPS_CP0_LEAVE =
        1 << 0, /* what translations depend on, the address space, or interrupt masks */
};
#define MIPS_CP0_KEY(rd, sel) ((uint32_t)(rd) << 3 | (sel))
/* Pure: enum mips_cp0_effect bits of a write to the register. */
unsigned mips_cp0_write_effect(uint32_t key);

extern const struct ir_helper mips_helper_mfc0; /* a = key; i32. READS */
extern const struct ir_helper mips_helper_mtc0; /* a = key, b = value. READS | WRITES */
/* a = 0 TLBR, 1 TLBWI, 2 TLBWR, 3 TLBP. READS | WRITES */
extern const struct ir_helper mips_helper_tlb;
extern const struct ir_helper
    mips_helper_eret; /* READS | WRITES; sets the pc slot; LEAVE follows */
extern const struct ir_helper
    mips_helper_wait; /* as arm_helper_wfi: the pc slot holds the next pc; LEAVE follows */
/* a = 1 EI, 0 DI; i32: Status before. READS | WRITES */
extern const struct ir_helper mips_helper_ei;
/* a = number; i32. Raises Reserved Instruction unless allowed (HWREna). READS | EXITS */
extern const struct ir_helper mips_helper_rdhwr;
/* CACHE: a = operation, b = address. READS | WRITES | EXITS. (Translations follow memory by
 * themselves; index operations are without effect.) */
extern const struct ir_helper mips_helper_cache;

/* ---- floating point: helpers_fpu.c ----------------------------------------------------------- */
extern const struct ir_helper mips_helper_cfc1; /* a = control register; i32. READS */
/* a = control register, b = value. READS | WRITES | EXITS: an enabled exception whose Cause bit is
 * written is raised at once. LEAVE follows. */
extern const struct ir_helper mips_helper_ctc1;

#endif
