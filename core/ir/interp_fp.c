#include "core/ir/float.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/cpu/cpu.h"
#include "core/ir/interp.h"

/* ---- scalars --------------------------------------------------------------------------------- */

#define UNARY(name, F, type)                                                                       \
    static uint64_t name##_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)             \
    {                                                                                              \
        return fp_##name##_##F((type)a, env);                                                      \
    }
#define BINARY(name, F, type)                                                                      \
    static uint64_t name##_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)             \
    {                                                                                              \
        return fp_##name##_##F((type)a, (type)b, env);                                             \
    }
#define REST(F, type)                                                                              \
    static uint64_t fma_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)                \
    {                                                                                              \
        return fp_fma_##F((type)a, (type)b, (type)c, env);                                         \
    }                                                                                              \
    static uint64_t compare_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t aux)          \
    {                                                                                              \
        return fp_compare_##F((type)a, (type)b, aux & IR_FLOAT_SIGNALLING, env);                   \
    }                                                                                              \
    static uint64_t to_signed_##F(struct fp_env *env, uint64_t a, uint64_t aux, uint64_t c)        \
    {                                                                                              \
        uint8_t before = env->flags;                                                               \
        env->flags = 0;                                                                            \
        uint64_t x =                                                                               \
            fp_to_fixed_##F((type)a, 0, 32, true, (enum fp_round)(aux & IR_FLOAT_ROUND), env);     \
        bool invalid = env->flags & FP_INVALID;                                                    \
        env->flags |= before;                                                                      \
        return invalid && aux & IR_FLOAT_GREATEST ? INT32_MAX : (uint32_t)x;                       \
    }                                                                                              \
    static uint64_t to_unsigned_##F(struct fp_env *env, uint64_t a, uint64_t aux, uint64_t c)      \
    {                                                                                              \
        return (uint32_t)fp_to_fixed_##F((type)a, 0, 32, false,                                    \
                                         (enum fp_round)(aux & IR_FLOAT_ROUND), env);              \
    }                                                                                              \
    static uint64_t from_signed_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)        \
    {                                                                                              \
        return fp_from_fixed_##F((uint64_t)(int32_t)a, 0, true, FP_ROUND_ENV, env);                \
    }                                                                                              \
    static uint64_t from_unsigned_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)      \
    {                                                                                              \
        return fp_from_fixed_##F((uint32_t)a, 0, false, FP_ROUND_ENV, env);                        \
    }
#define FAMILY(F, type)                                                                            \
    BINARY(add, F, type)                                                                           \
    BINARY(sub, F, type)                                                                           \
    BINARY(mul, F, type)                                                                           \
    BINARY(div, F, type)                                                                           \
    UNARY(sqrt, F, type)                                                                           \
    REST(F, type)
FAMILY(f32, uint32_t)
FAMILY(f64, uint64_t)

static uint64_t narrow(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)
{
    return fp_f64_to_f32(a, env);
}

static uint64_t widen(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)
{
    return fp_f32_to_f64((uint32_t)a, env);
}

struct ir_float_function ir_float_function(enum ir_op op, enum ir_type type)
{
    static const struct ir_float_function functions[][2] = {
        [IR_FADD] = {{add_f32}, {add_f64}},
        [IR_FSUB] = {{sub_f32}, {sub_f64}},
        [IR_FMUL] = {{mul_f32}, {mul_f64}},
        [IR_FDIV] = {{div_f32}, {div_f64}},
        [IR_FSQRT] = {{sqrt_f32}, {sqrt_f64}},
        [IR_FMA] = {{fma_f32}, {fma_f64}},
        [IR_FCMP] = {{compare_f32}, {compare_f64}},
        [IR_FCVT_FD] = {{narrow}, {narrow}},
        [IR_FCVT_DF] = {{widen}, {widen}},
        [IR_FCVT_SI] = {{to_signed_f32}, {to_signed_f64}},
        [IR_FCVT_UI] = {{to_unsigned_f32}, {to_unsigned_f64}},
        [IR_FCVT_IS] = {{from_signed_f32}, {from_signed_f64}},
        [IR_FCVT_IU] = {{from_unsigned_f32}, {from_unsigned_f64}},
    };
    CHECK(op < ARRAY_SIZE(functions) && functions[op][type == IR_F64].fn != NULL);
    return functions[op][type == IR_F64];
}

/* ---- vectors --------------------------------------------------------------------------------- */

/* One lane; the argument after the last operand is aux. */
struct lane_functions {
    uint64_t (*fn[2])(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c); /* f32, f64 */
};

#define FRACTION(aux) ((unsigned)(aux) >> IR_VEC_FRACTION_SHIFT & 63)

#define LANES(F, type, width)                                                                      \
    BINARY(min, F, type)                                                                           \
    BINARY(max, F, type)                                                                           \
    static uint64_t equal_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t aux)            \
    {                                                                                              \
        return -(uint64_t)(fp_compare_##F((type)a, (type)b, false, env) == FP_EQUAL);              \
    }                                                                                              \
    static uint64_t greater_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t aux)          \
    {                                                                                              \
        return -(uint64_t)(fp_compare_##F((type)a, (type)b, true, env) == FP_GREATER);             \
    }                                                                                              \
    static uint64_t not_less_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t aux)         \
    {                                                                                              \
        enum fp_relation relation = fp_compare_##F((type)a, (type)b, true, env);                   \
        return -(uint64_t)(relation == FP_GREATER || relation == FP_EQUAL);                        \
    }                                                                                              \
    static uint64_t to_fixed_##F(struct fp_env *env, uint64_t a, uint64_t aux, uint64_t c)         \
    {                                                                                              \
        return fp_to_fixed_##F((type)a, FRACTION(aux), width, aux & IR_VEC_SIGNED, FP_ROUND_ZERO,  \
                               env);                                                               \
    }                                                                                              \
    static uint64_t from_fixed_##F(struct fp_env *env, uint64_t a, uint64_t aux, uint64_t c)       \
    {                                                                                              \
        bool is_signed = aux & IR_VEC_SIGNED;                                                      \
        uint64_t value = is_signed ? (uint64_t)bits_sext(a, width) : a;                            \
        return fp_from_fixed_##F(value, FRACTION(aux), is_signed, FP_ROUND_ENV, env);              \
    }
#define CHAINS(F, type)                                                                            \
    static uint64_t mla_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)                \
    {                                                                                              \
        return fp_add_##F((type)a, fp_mul_##F((type)b, (type)c, env), env);                        \
    }                                                                                              \
    static uint64_t mls_##F(struct fp_env *env, uint64_t a, uint64_t b, uint64_t c)                \
    {                                                                                              \
        return fp_sub_##F((type)a, fp_mul_##F((type)b, (type)c, env), env);                        \
    }
CHAINS(f32, uint32_t)
CHAINS(f64, uint64_t)
LANES(f32, uint32_t, 32)
LANES(f64, uint64_t, 64)

static uint64_t lane(const union ir_value *v, unsigned lane_log2, unsigned i)
{
    return lane_log2 == 3 ? v->v[i] : (uint32_t)(v->v[i / 2] >> i % 2 * 32);
}

void ir_float_vector(struct fp_env *env, uint32_t what, const union ir_value *a,
                     const union ir_value *b, const union ir_value *c, union ir_value *result)
{
    static const struct lane_functions functions[IR_OP_COUNT] = {
        [IR_VFADD] = {{add_f32, add_f64}},
        [IR_VFSUB] = {{sub_f32, sub_f64}},
        [IR_VFMUL] = {{mul_f32, mul_f64}},
        [IR_VFMA] = {{fma_f32, fma_f64}},
        [IR_VFMLA] = {{mla_f32, mla_f64}},
        [IR_VFMLS] = {{mls_f32, mls_f64}},
        [IR_VFMIN] = {{min_f32, min_f64}},
        [IR_VFMAX] = {{max_f32, max_f64}},
        [IR_VFEQ] = {{equal_f32, equal_f64}},
        [IR_VFGT] = {{greater_f32, greater_f64}},
        [IR_VFGE] = {{not_less_f32, not_less_f64}},
        [IR_VFTOI] = {{to_fixed_f32, to_fixed_f64}},
        [IR_VITOF] = {{from_fixed_f32, from_fixed_f64}},
    };
    unsigned op = what & 0xffff, aux = what >> 16, lane_log2 = aux & IR_VEC_LANE;
    unsigned arity = ir_ops[op].arity;
    union ir_value out = {.v = {0, 0}};
    CHECK(lane_log2 >= 2 && functions[op].fn[0] != NULL);
    for (unsigned i = 0; i < 16u >> lane_log2; i++) {
        uint64_t x = functions[op].fn[lane_log2 == 3](env, lane(a, lane_log2, i),
                                                      arity > 1 ? lane(b, lane_log2, i) : aux,
                                                      arity > 2 ? lane(c, lane_log2, i) : aux);
        if (lane_log2 == 3) {
            out.v[i] = x;
        } else {
            out.v[i / 2] |= (uint64_t)(uint32_t)x << i % 2 * 32;
        }
    }
    *result = out;
}

/* ---- the interpreter's side ------------------------------------------------------------------ */

bool ir_interpret_float(struct ir_frame *frame, const struct ir_inst *inst)
{
    union ir_value *values = frame->values, *result = &values[inst - frame->region->insts];
    struct fp_env *env = (struct fp_env *)((char *)frame->cpu + inst->imm);
    unsigned arity = ir_ops[inst->op].arity;
    if (inst->type == IR_V128) {
        const union ir_value *a = &values[inst->a];
        ir_float_vector(env, inst->op | (uint32_t)inst->aux << 16, a,
                        arity > 1 ? &values[inst->b] : a, arity > 2 ? &values[inst->c] : a, result);
    } else {
        struct ir_float_function function = ir_float_function(inst->op, inst->type);
        uint64_t x =
            function.fn(env, values[inst->a].i64, arity > 1 ? values[inst->b].i64 : inst->aux,
                        arity > 2 ? values[inst->c].i64 : inst->aux);
        *result = (union ir_value){.v = {x, 0}};
    }
    return true;
}
