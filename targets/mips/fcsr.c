/* The floating-point control registers (MD00082 5.6), and what operations are.
 *
 * FCSR is in pieces: condition codes in slots of one bit each (fcc), RM, FS and Flags in the
 * floating-point environment (fp), where hosts find them, Enables by itself, and Cause:
 *
 * Every operation sets Cause to what it has raised, which nearly nobody ever reads. Operations that
 * are done by IR_FLOAT_PLAIN ops only have their flags joined to all the others', so Cause cannot
 * be told from these. Such an operation is noted with its operands instead, in the slots fp_last,
 * fp_last_s and fp_last_d: passes keep of those SETs the ones behind which something can leave the
 * translation. (That costs 8 % of bench's `double` and 2 % of `float`.) Who reads Cause does the
 * noted operation again, which is possible since nothing changes RM and FS meanwhile. All other
 * operations go through mips_fp_compute() and leave fp_last 0 and Cause in fp_cause.
 *
 * FS = 1 gives zeros of their signs for denormal results, in all rounding modes, and raises nothing
 * for that; operands are not flushed. That is what QEMU has for all its MIPS CPUs. The manual
 * leaves the operands to the implementation (5.6.5). FO and FN of the 24Kf's FCSR (bits 22, 21) are
 * 0, and with FS = 0 denormals do not cause Unimplemented Operation but are computed with: a system
 * that emulates them then sees no difference. */
#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/cpu/cpu.h"
#include "core/ir/float.h"
#include "targets/mips/fpu.h"
#include "targets/mips/models.h"

enum {
    FCSR_RM = 3,
    FCSR_FLAGS_SHIFT = 2,
    FCSR_ENABLES_SHIFT = 7,
    FCSR_CAUSE_SHIFT = 12,
    FCSR_FIELD = 0x1f, /* V, Z, O, U and I, from the highest down */
    FCSR_CAUSE = 0x3f << FCSR_CAUSE_SHIFT,
    FCSR_E = 1 << 17, /* Cause's Unimplemented Operation */
    FCSR_FCC0_SHIFT = 23,
    FCSR_FS = 1 << 24,
    FCSR_FCC1_SHIFT = 25,
};

/* Numbers of control registers (table 5.3). All but the first are views of FCSR. */
enum {
    CONTROL_FIR = 0,
    CONTROL_FCCR = 25,
    CONTROL_FEXR = 26,
    CONTROL_FENR = 28,
    CONTROL_FCSR = 31
};

/* ---- operations ------------------------------------------------------------------------------ */

const struct mips_fp_recipe mips_fp_recipes[MIPS_FP_OP_COUNT] = {
    [MIPS_FP_ADD] = {{{IR_FADD, {MIPS_FP_A, MIPS_FP_B}}}},
    [MIPS_FP_SUB] = {{{IR_FSUB, {MIPS_FP_A, MIPS_FP_B}}}},
    [MIPS_FP_MUL] = {{{IR_FMUL, {MIPS_FP_A, MIPS_FP_B}}}},
    [MIPS_FP_DIV] = {{{IR_FDIV, {MIPS_FP_A, MIPS_FP_B}}}},
    [MIPS_FP_SQRT] = {{{IR_FSQRT, {MIPS_FP_A}}}},
    [MIPS_FP_RECIP] = {{{IR_FDIV, {MIPS_FP_ONE, MIPS_FP_A}}}},
    [MIPS_FP_RSQRT] = {{{IR_FSQRT, {MIPS_FP_A}}, {IR_FDIV, {MIPS_FP_ONE, MIPS_FP_FIRST}}}},
    [MIPS_FP_MADD] = {{{IR_FMUL, {MIPS_FP_A, MIPS_FP_B}}, {IR_FADD, {MIPS_FP_FIRST, MIPS_FP_C}}}},
    [MIPS_FP_MSUB] = {{{IR_FMUL, {MIPS_FP_A, MIPS_FP_B}}, {IR_FSUB, {MIPS_FP_FIRST, MIPS_FP_C}}}},
    [MIPS_FP_NMADD] = {{{IR_FMUL, {MIPS_FP_A, MIPS_FP_B}}, {IR_FADD, {MIPS_FP_FIRST, MIPS_FP_C}}},
                       true},
    [MIPS_FP_NMSUB] = {{{IR_FMUL, {MIPS_FP_A, MIPS_FP_B}}, {IR_FSUB, {MIPS_FP_FIRST, MIPS_FP_C}}},
                       true},
    [MIPS_FP_COMPARE] = {{{IR_FCMP, {MIPS_FP_A, MIPS_FP_B}}}},
    [MIPS_FP_TO_SINGLE] = {{{IR_FCVT_FD, {MIPS_FP_A}}}},
    [MIPS_FP_TO_DOUBLE] = {{{IR_FCVT_DF, {MIPS_FP_A}}}},
    [MIPS_FP_TO_WORD] = {{{IR_FCVT_SI, {MIPS_FP_A}}}},
    [MIPS_FP_FROM_WORD] = {{{IR_FCVT_IS, {MIPS_FP_A}}}},
};

/* What the recipes lack: integers of 64 bits. */
static uint64_t compute_long(struct fp_env *env, uint32_t code, uint64_t a)
{
    bool wide = mips_fp_code_type(code) == IR_F64;
    if (mips_fp_code_op(code) == MIPS_FP_FROM_LONG) {
        return wide ? fp_from_fixed_f64(a, 0, true, FP_ROUND_ENV, env)
                    : fp_from_fixed_f32(a, 0, true, FP_ROUND_ENV, env);
    }
    CHECK(mips_fp_code_op(code) == MIPS_FP_TO_LONG);
    enum fp_round round = (enum fp_round)(mips_fp_code_aux(code) & IR_FLOAT_ROUND);
    uint64_t result = wide ? fp_to_fixed_f64(a, 0, 64, true, round, env)
                           : fp_to_fixed_f32((uint32_t)a, 0, 64, true, round, env);
    return env->flags & FP_INVALID ? INT64_MAX : result;
}

uint64_t mips_fp_compute(struct fp_env *env, uint32_t code, const uint64_t operands[3])
{
    const struct mips_fp_recipe *recipe = &mips_fp_recipes[mips_fp_code_op(code)];
    enum ir_type type = mips_fp_code_type(code);
    env->flags = 0;
    uint64_t from[] = {[MIPS_FP_A] = operands[0],
                       [MIPS_FP_B] = operands[1],
                       [MIPS_FP_C] = operands[2],
                       [MIPS_FP_ONE] = mips_fp_one(type)};
    uint64_t result = 0;
    if (recipe->steps[0].op == IR_NOP) {
        result = compute_long(env, code, operands[0]);
    }
    for (unsigned i = 0; i < 2 && recipe->steps[i].op != IR_NOP; i++) {
        const struct mips_fp_step *step = &recipe->steps[i];
        unsigned aux = mips_fp_code_aux(code), arity = ir_ops[step->op].arity;
        result = ir_float_function(step->op, type)
                     .fn(env, from[step->source[0]], arity > 1 ? from[step->source[1]] : aux, aux);
        from[MIPS_FP_FIRST] = result;
    }
    if (recipe->negate) {
        result ^= type == IR_F64 ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    }
    if (env->flush_results) {
        env->flags &= (uint8_t)~FP_UNDERFLOW; /* all that can have raised it is a flushed result */
    }
    return result;
}

/* ---- Cause, Enables, Flags ------------------------------------------------------------------- */

/* A field of FCSR of enum fp_flag bits, whose order is the opposite one; and back. */
static uint32_t field_of(uint32_t flags)
{
    uint32_t field = 0;
    for (unsigned i = 0; i < 5; i++) {
        field |= (flags >> i & 1) << (4 - i);
    }
    return field;
}

bool mips_fp_raised(struct mips_cpu *cpu, uint32_t flags)
{
    uint32_t cause = field_of(flags);
    cpu->fp_last = MIPS_FP_NONE;
    cpu->fp_cause = cause << FCSR_CAUSE_SHIFT;
    if (cause & cpu->fcsr_enables >> FCSR_ENABLES_SHIFT) {
        return true;
    }
    cpu->fp.flags |= (uint8_t)flags;
    return false;
}

static uint32_t cause(const struct mips_cpu *cpu)
{
    if (cpu->fp_last == MIPS_FP_NONE) {
        return cpu->fp_cause;
    }
    struct fp_env env = cpu->fp;
    bool wide = cpu->fp_last & MIPS_FP_CODE_DOUBLE;
    uint64_t operands[3];
    for (unsigned i = 0; i < 3; i++) {
        operands[i] = wide ? cpu->fp_last_d[i] : cpu->fp_last_s[i];
    }
    mips_fp_compute(&env, cpu->fp_last, operands);
    return field_of(env.flags) << FCSR_CAUSE_SHIFT;
}

/* ---- registers ------------------------------------------------------------------------------- */

static const uint8_t round_of_rm[] = {FP_ROUND_NEAREST, FP_ROUND_ZERO, FP_ROUND_UP, FP_ROUND_DOWN};
static const uint8_t rm_of_round[] = {
    [FP_ROUND_NEAREST] = 0, [FP_ROUND_ZERO] = 1, [FP_ROUND_UP] = 2, [FP_ROUND_DOWN] = 3};

/* FCSR without its condition codes. */
static uint32_t fcsr_modes(struct mips_cpu *cpu)
{
    cpu_fp_sync(&cpu->cpu);
    return rm_of_round[cpu->fp.round] | field_of(cpu->fp.flags) << FCSR_FLAGS_SHIFT |
           cpu->fcsr_enables | cause(cpu) | (cpu->fp.flush_results ? FCSR_FS : 0);
}

/* The condition codes as FCCR has them. */
static uint32_t fccr_read(const struct mips_cpu *cpu)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->fcc); i++) {
        value |= cpu->fcc[i] << i;
    }
    return value;
}

static void fccr_write(struct mips_cpu *cpu, uint32_t value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->fcc); i++) {
        cpu->fcc[i] = value >> i & 1;
    }
}

uint32_t mips_fcsr_read(struct mips_cpu *cpu)
{
    uint32_t codes = fccr_read(cpu);
    return fcsr_modes(cpu) | (codes & 1) << FCSR_FCC0_SHIFT | codes >> 1 << FCSR_FCC1_SHIFT;
}

void mips_fcsr_write(struct mips_cpu *cpu, uint32_t value)
{
    cpu_fp_sync(&cpu->cpu);
    cpu->fp = (struct fp_env){
        .round = round_of_rm[value & FCSR_RM],
        .nan_rule = FP_NAN_LEGACY,
        .flush_results = value & FCSR_FS,
        .flags = (uint8_t)field_of(value >> FCSR_FLAGS_SHIFT & FCSR_FIELD),
    };
    cpu->fcsr_enables = value & FCSR_FIELD << FCSR_ENABLES_SHIFT;
    cpu->fp_last = MIPS_FP_NONE;
    cpu->fp_cause = value & FCSR_CAUSE;
    fccr_write(cpu, (value >> FCSR_FCC0_SHIFT & 1) | value >> FCSR_FCC1_SHIFT << 1);
}

/* The bits of FCSR that FEXR and FENR show, in place; FENR has FS in bit 2. */
enum {
    FEXR_BITS = FCSR_CAUSE | FCSR_FIELD << FCSR_FLAGS_SHIFT,
    FENR_BITS = FCSR_FIELD << FCSR_ENABLES_SHIFT | FCSR_RM,
    FENR_FS_SHIFT = 22,
};

uint32_t mips_fp_control_read(struct mips_cpu *cpu, unsigned number)
{
    uint32_t fcsr = mips_fcsr_read(cpu);
    switch (number) {
    case CONTROL_FIR:
        return cpu->model->fir;
    case CONTROL_FCCR:
        return fccr_read(cpu);
    case CONTROL_FEXR:
        return fcsr & FEXR_BITS;
    case CONTROL_FENR:
        return (fcsr & FENR_BITS) | (fcsr & FCSR_FS) >> FENR_FS_SHIFT;
    default: /* others are UNPREDICTABLE */
        return fcsr;
    }
}

/* Bits that must be written as zeros to the views: what happens otherwise is UNPREDICTABLE, and
 * nothing does here, as in QEMU. */
static uint32_t must_be_zero(unsigned number)
{
    enum { FCSR_RESERVED = 0x1f << 18 };
    return number == CONTROL_FCCR ? ~UINT32_C(0xff) : number == CONTROL_FCSR ? 0 : FCSR_RESERVED;
}

bool mips_fp_control_write(struct mips_cpu *cpu, unsigned number, uint32_t value)
{
    uint32_t fcsr = mips_fcsr_read(cpu);
    if (value & must_be_zero(number)) {
        return false;
    }
    switch (number) {
    case CONTROL_FCCR:
        fccr_write(cpu, value);
        fcsr = mips_fcsr_read(cpu);
        break;
    case CONTROL_FEXR:
        fcsr = (fcsr & ~(uint32_t)FEXR_BITS) | (value & FEXR_BITS);
        break;
    case CONTROL_FENR:
        fcsr = (fcsr & ~(uint32_t)(FENR_BITS | FCSR_FS)) | (value & FENR_BITS) |
               (value << FENR_FS_SHIFT & FCSR_FS);
        break;
    case CONTROL_FCSR:
        fcsr = value;
        break;
    default: /* FIR cannot be written, others are UNPREDICTABLE */
        return false;
    }
    mips_fcsr_write(cpu, fcsr);
    uint32_t trapping = FCSR_E | (fcsr & FCSR_FIELD << FCSR_ENABLES_SHIFT)
                                     << (FCSR_CAUSE_SHIFT - FCSR_ENABLES_SHIFT);
    return fcsr & trapping;
}
