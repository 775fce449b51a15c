/* What floating-point instructions do in C. */
#include "core/cpu/cpu.h"
#include "targets/mips/fpu.h"
#include "targets/mips/system.h"

static void raise_fpe(struct mips_cpu *cpu)
{
    mips_exception_set(cpu, MIPS_EXC_FPE);
    cpu_raise(&cpu->cpu);
}

static uint64_t compute(void *state, uint64_t code, uint64_t a, uint64_t b, uint64_t c)
{
    struct mips_cpu *cpu = state;
    struct fp_env env = cpu->fp;
    uint64_t result = mips_fp_compute(&env, (uint32_t)code, (const uint64_t[]){a, b, c});
    if (mips_fp_raised(cpu, env.flags)) {
        raise_fpe(cpu);
    }
    return result;
}

static uint64_t cfc1(void *state, uint64_t number, uint64_t b, uint64_t c, uint64_t d)
{
    return mips_fp_control_read(state, (unsigned)number);
}

static uint64_t ctc1(void *state, uint64_t number, uint64_t value, uint64_t c, uint64_t d)
{
    uint32_t before = mips_translation_mode(state);
    if (mips_fp_control_write(state, (unsigned)number, (uint32_t)value)) {
        raise_fpe(state);
    }
    return mips_translation_mode(state) != before;
}

#define COMPUTE(result)                                                                            \
    {                                                                                              \
        "fp_compute", compute, result, IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_EXITS        \
    }
const struct ir_helper mips_helper_fp_i32 = COMPUTE(IR_I32);
const struct ir_helper mips_helper_fp_f32 = COMPUTE(IR_F32);
const struct ir_helper mips_helper_fp_f64 = COMPUTE(IR_F64);

const struct ir_helper mips_helper_cfc1 = {"cfc1", cfc1, IR_I32,
                                           IR_EFFECT_READS | IR_EFFECT_WRITES};
const struct ir_helper mips_helper_ctc1 = {"ctc1", ctc1, IR_I32,
                                           IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_EXITS};
