/* What floating-point instructions do in C. */
#include "targets/arm/system.h"
#include "targets/arm/vfp.h"

static uint64_t fpscr_read(void *state, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return arm_fpscr_read(state);
}

static uint32_t mode(const struct arm_cpu *cpu)
{
    return cpu->cpu.guest->mode(&cpu->cpu);
}

static uint64_t fpscr_write(void *state, uint64_t value, uint64_t b, uint64_t c, uint64_t d)
{
    struct arm_cpu *cpu = state;
    uint32_t before = mode(cpu);
    arm_fpscr_write(cpu, (uint32_t)value);
    return mode(cpu) != before;
}

static uint64_t fpexc_write(void *state, uint64_t value, uint64_t b, uint64_t c, uint64_t d)
{
    struct arm_cpu *cpu = state;
    uint32_t before = mode(cpu);
    cpu->fpexc = (uint32_t)value & ARM_FPEXC_EN;
    return mode(cpu) != before;
}

static uint64_t half_to_single(void *state, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return fp_f16_to_f32((uint16_t)a, &((struct arm_cpu *)state)->fp);
}

static uint64_t single_to_half(void *state, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return fp_f32_to_f16((uint32_t)a, &((struct arm_cpu *)state)->fp);
}

/* ---- fixed point: shape is arm_vfp_fixed() --------------------------------------------------- */

static unsigned fraction_of(uint64_t shape)
{
    return shape & 0xff;
}

static unsigned width_of(uint64_t shape)
{
    return shape >> 8 & 0xff;
}

static bool is_signed(uint64_t shape)
{
    return shape >> 16 & 1;
}

/* The low bits of a register as a fixed-point number. */
static uint64_t extend(uint64_t value, uint64_t shape)
{
    unsigned shift = 64 - width_of(shape);
    return is_signed(shape) ? (uint64_t)((int64_t)(value << shift) >> shift)
                            : value << shift >> shift;
}

static uint64_t f32_to_fixed(void *state, uint64_t a, uint64_t shape, uint64_t c, uint64_t d)
{
    return fp_to_fixed_f32((uint32_t)a, fraction_of(shape), width_of(shape), is_signed(shape),
                           FP_ROUND_ZERO, &((struct arm_cpu *)state)->fp);
}

static uint64_t f64_to_fixed(void *state, uint64_t a, uint64_t shape, uint64_t c, uint64_t d)
{
    return fp_to_fixed_f64(a, fraction_of(shape), width_of(shape), is_signed(shape), FP_ROUND_ZERO,
                           &((struct arm_cpu *)state)->fp);
}

static uint64_t f32_from_fixed(void *state, uint64_t a, uint64_t shape, uint64_t c, uint64_t d)
{
    return fp_from_fixed_f32(extend(a, shape), fraction_of(shape), is_signed(shape),
                             FP_ROUND_NEAREST, &((struct arm_cpu *)state)->fp);
}

static uint64_t f64_from_fixed(void *state, uint64_t a, uint64_t shape, uint64_t c, uint64_t d)
{
    return fp_from_fixed_f64(extend(a, shape), fraction_of(shape), is_signed(shape),
                             FP_ROUND_NEAREST, &((struct arm_cpu *)state)->fp);
}

#define HELPER(name, result)                                                                       \
    const struct ir_helper arm_helper_##name = {#name, name, result,                               \
                                                IR_EFFECT_READS | IR_EFFECT_WRITES}
HELPER(fpscr_read, IR_I32);
HELPER(fpscr_write, IR_I32);
HELPER(fpexc_write, IR_I32);
HELPER(half_to_single, IR_F32);
HELPER(single_to_half, IR_I32);
HELPER(f32_to_fixed, IR_I64);
HELPER(f64_to_fixed, IR_I64);
HELPER(f32_from_fixed, IR_F32);
HELPER(f64_from_fixed, IR_F64);
