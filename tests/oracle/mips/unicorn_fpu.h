/* Unicorn's floating-point registers and those of the DSP ASE, which its interface does not have:
 * they are set by code, and read from the copy of the CPU's state that a saved context is. */
#ifndef TESTS_ORACLE_MIPS_UNICORN_FPU_H
#define TESTS_ORACLE_MIPS_UNICORN_FPU_H

#include "tests/oracle/mips/case.h"

#include <unicorn/unicorn.h>

struct unicorn_fpu;

/* Maps some memory of its own and finds where the registers are. `fresh`, one for each value of
 * Status.FR, are made to be contexts from which cases begin. */
struct unicorn_fpu *unicorn_fpu_create(uc_engine *uc, bool big, bool dsp, uc_context *fresh[2]);
void unicorn_fpu_destroy(struct unicorn_fpu *fpu);
/* Sets FPRs and FCSR, and with the DSP ASE accumulators and DSPControl; general registers are
 * lost. */
void unicorn_fpu_set(struct unicorn_fpu *fpu, const struct cpu_state *state, bool fr);
void unicorn_fpu_get(struct unicorn_fpu *fpu, struct cpu_state *state, bool fr);
/* Whether the memory of its own is at an address. */
bool unicorn_fpu_is_at(uint32_t address);

#endif
