/* FPSCR (DDI 0406C B4.1.58): its fields live where they are used. */
#include "core/base/bits.h"
#include "targets/arm/cpu.h"

enum {
    FPSCR_LEN_STRIDE = 7 << 16 | 3 << 20,
    FPSCR_RMODE_SHIFT = 22, /* as enum fp_round */
    FPSCR_FZ = 1 << 24,
    FPSCR_DN = 1 << 25,
    FPSCR_AHP = 1 << 26,
    FPSCR_QC = 1 << 27,
};
#define FPSCR_NZCV (UINT32_C(15) << 28)

/* Cumulative flags: IOC, DZC, OFC, UFC and IXC are bits 0 to 4 as in enum fp_flag, IDC is bit 7. */
enum { FPSCR_FLAGS = 0x1f, FPSCR_IDC = 1 << 7 };

uint32_t arm_fpscr_read(struct arm_cpu *cpu)
{
    cpu_fp_sync(&cpu->cpu);
    uint32_t flags = cpu->fp.flags | cpu->fp_std.flags;
    uint32_t value = cpu->fpscr_nzcv | cpu->fpscr_rest | (flags & FPSCR_FLAGS);
    value |= (uint32_t)cpu->fp.round << FPSCR_RMODE_SHIFT;
    value |= flags & FP_DENORMAL ? FPSCR_IDC : 0;
    value |= cpu->fp.flush_inputs ? FPSCR_FZ : 0;
    value |= cpu->fp.default_nan ? FPSCR_DN : 0;
    value |= cpu->qc[0] | cpu->qc[1] ? FPSCR_QC : 0;
    return value;
}

void arm_fpscr_write(struct arm_cpu *cpu, uint32_t value)
{
    cpu_fp_sync(&cpu->cpu);
    bool flush = value & FPSCR_FZ, alternative = value & FPSCR_AHP;
    uint8_t flags = (uint8_t)((value & FPSCR_FLAGS) | (value & FPSCR_IDC ? FP_DENORMAL : 0));
    cpu->fp = (struct fp_env){
        .round = (uint8_t)bits_get(value, FPSCR_RMODE_SHIFT, 2),
        .nan_rule = FP_NAN_SIGNALLING,
        .default_nan = value & FPSCR_DN,
        .flush_inputs = flush,
        .flush_results = flush,
        .tiny_before = true,
        .half_alternative = alternative,
        .flags = flags,
    };
    /* StandardFPSCRValue() in A2.7.7. */
    cpu->fp_std = (struct fp_env){
        .round = FP_ROUND_NEAREST,
        .nan_rule = FP_NAN_SIGNALLING,
        .default_nan = true,
        .flush_inputs = true,
        .flush_results = true,
        .tiny_before = true,
        .half_alternative = alternative,
    };
    cpu->qc[0] = value & FPSCR_QC;
    cpu->qc[1] = 0;
    cpu->fpscr_nzcv = value & FPSCR_NZCV;
    cpu->fpscr_rest = value & (FPSCR_LEN_STRIDE | FPSCR_AHP);
}

uint32_t arm_fpscr_mode(const struct arm_cpu *cpu)
{
    bool plain = cpu->fp.round == FP_ROUND_NEAREST && !cpu->fp.flush_inputs;
    return (cpu->fpscr_rest & FPSCR_LEN_STRIDE ? ARM_TM_VECLEN : 0) | (plain ? ARM_TM_FPPLAIN : 0);
}
