/* Each floating-point op alone, on operands near every edge: the host's result and flags must be
 * core/fp's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "core/ir/float.h"
#include "host/x86_64/features.h"
#include "tests/host/host_fixture.h"
#include "tests/support/fp_random.h"

enum { CASES = 20000 };
#define OFF(member) offsetof(struct fake_cpu, member)

struct shape {
    enum ir_op op;
    enum ir_type type;
    enum ir_type operand;
    uint16_t aux;
};

static const struct shape shapes[] = {
    {IR_FADD, IR_F32, IR_F32, 0},
    {IR_FADD, IR_F64, IR_F64, 0},
    {IR_FSUB, IR_F32, IR_F32, 0},
    {IR_FSUB, IR_F64, IR_F64, 0},
    {IR_FMUL, IR_F32, IR_F32, 0},
    {IR_FMUL, IR_F64, IR_F64, 0},
    {IR_FDIV, IR_F32, IR_F32, 0},
    {IR_FDIV, IR_F64, IR_F64, 0},
    {IR_FSQRT, IR_F32, IR_F32, 0},
    {IR_FSQRT, IR_F64, IR_F64, 0},
    {IR_FMA, IR_F32, IR_F32, 0},
    {IR_FMA, IR_F64, IR_F64, 0},
    {IR_FCMP, IR_F32, IR_F32, 0},
    {IR_FCMP, IR_F64, IR_F64, 0},
    {IR_FCMP, IR_F32, IR_F32, IR_FLOAT_SIGNALLING},
    {IR_FCMP, IR_F64, IR_F64, IR_FLOAT_SIGNALLING},
    {IR_FCVT_FD, IR_F32, IR_F64, 0},
    {IR_FCVT_DF, IR_F64, IR_F32, 0},
    {IR_FCVT_SI, IR_F32, IR_F32, FP_ROUND_ZERO},
    {IR_FCVT_SI, IR_F64, IR_F64, FP_ROUND_ZERO},
    {IR_FCVT_SI, IR_F32, IR_F32, FP_ROUND_ENV},
    {IR_FCVT_SI, IR_F64, IR_F64, FP_ROUND_ENV},
    {IR_FCVT_SI, IR_F64, IR_F64, FP_ROUND_UP},
    {IR_FCVT_UI, IR_F32, IR_F32, FP_ROUND_ZERO},
    {IR_FCVT_UI, IR_F64, IR_F64, FP_ROUND_ZERO},
    {IR_FCVT_UI, IR_F64, IR_F64, FP_ROUND_ENV},
    {IR_FCVT_IS, IR_F32, IR_I32, 0},
    {IR_FCVT_IS, IR_F64, IR_I32, 0},
    {IR_FCVT_IU, IR_F32, IR_I32, 0},
    {IR_FCVT_IU, IR_F64, IR_I32, 0},
    {IR_FADD, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FADD, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FSUB, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FMUL, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FMUL, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FDIV, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FDIV, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FSQRT, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FSQRT, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FMA, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FCMP, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FCMP, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FCMP, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN | IR_FLOAT_SIGNALLING},
    {IR_FCMP, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN | IR_FLOAT_SIGNALLING},
    {IR_FCVT_FD, IR_F32, IR_F64, IR_FLOAT_LEGACY_NAN},
    {IR_FCVT_DF, IR_F64, IR_F32, IR_FLOAT_LEGACY_NAN},
    {IR_FCVT_SI, IR_F32, IR_F32, IR_FLOAT_LEGACY_NAN | IR_FLOAT_GREATEST | FP_ROUND_ZERO},
    {IR_FCVT_SI, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN | IR_FLOAT_GREATEST | FP_ROUND_ZERO},
    {IR_FCVT_SI, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN | IR_FLOAT_GREATEST | FP_ROUND_ENV},
    {IR_FCVT_SI, IR_F64, IR_F64, IR_FLOAT_GREATEST | FP_ROUND_ZERO},
    {IR_FCVT_UI, IR_F64, IR_F64, IR_FLOAT_LEGACY_NAN | FP_ROUND_ZERO},
};

static size_t operand_slot(enum ir_type type, unsigned i)
{
    return type == IR_I32 ? OFF(r) + 4 * i : type == IR_F32 ? OFF(s) + 4 * i : OFF(d) + 8 * i;
}

/* The result goes to x0, as 64 bits. */
static void build(struct ir_region *r, const struct shape *shape, uint16_t plain)
{
    ir_region_init(r);
    r->pc = r->page = FAKE_CODE;
    ir_block_begin(r, ir_block_new(r), FAKE_CODE, true);
    ir_emit(r, IR_ENTRY, IR_NONE, 0, 0, 0, FAKE_CODE, 0);
    uint32_t v[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[shape->op].arity; i++) {
        v[i] = ir_get(r, shape->operand, operand_slot(shape->operand, i));
    }
    uint32_t x = ir_emit(r, shape->op, shape->type, v[0], v[1], v[2], OFF(env), shape->aux | plain);
    enum ir_type type = ir_result_type(r, x);
    if (type == IR_F32 || type == IR_F64) {
        x = ir_emit(r, IR_BITS, type == IR_F64 ? IR_I64 : IR_I32, x, 0, 0, 0, 0);
    }
    if (ir_result_type(r, x) == IR_I32) {
        x = ir_emit(r, IR_ZEXT32, IR_I64, x, 0, 0, 0, 0);
    }
    ir_set(r, OFF(x), x);
    ir_emit(r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    char message[200];
    if (!ir_verify(r, message, sizeof(message))) {
        fail_msg("%s", message);
    }
}

static uint64_t operand(enum ir_type type, uint64_t *random)
{
    if (type == IR_I32) {
        return (uint32_t)((int32_t)random_next(random) >> random_below(random, 32));
    }
    return type == IR_F64 ? fp_random_f64(random) : fp_random_f32(random);
}

static void check_shape(struct fixture *f, const struct shape *shape, bool plain, uint64_t random)
{
    struct ir_region r;
    build(&r, shape, plain ? IR_FLOAT_PLAIN : 0);
    assert_true(x64_host_ops.compile(f->host, &r, &f->code));
    const uint8_t *entry = f->code.start + f->code.entries[0].code;
    struct ir_float_function function = ir_float_function(shape->op, shape->type);
    unsigned arity = ir_ops[shape->op].arity;
    bool legacy = shape->aux & IR_FLOAT_LEGACY_NAN;
    struct fake_cpu *before = &f->before.cpu, *after = &f->actual.cpu;
    fake_machine_init(&f->before, 1000, &random);
    for (unsigned i = 0; i < CASES; i++) {
        uint64_t v[4] = {0, shape->aux, shape->aux, shape->aux};
        for (unsigned k = 0; k < arity; k++) {
            v[k] = operand(shape->operand, &random);
            memcpy((char *)before + operand_slot(shape->operand, k), &v[k],
                   ir_type_size(shape->operand));
        }
        uint8_t rule = random_below(&random, 2) ? FP_NAN_SIGNALLING : FP_NAN_FIRST;
        before->env = (struct fp_env){.nan_rule = legacy ? FP_NAN_LEGACY : rule,
                                      .default_nan = random_below(&random, 2),
                                      .tiny_before = random_below(&random, 2)};
        if (!plain) {
            before->env.round = (uint8_t)random_below(&random, 4);
            before->env.flush_inputs = before->env.flush_results = random_below(&random, 2);
        }
        struct fp_env env = before->env;
        uint64_t expected = function.fn(&env, v[0], v[1], v[2]);
        fixture_enter(f, entry);
        if (after->x[0] != expected || after->env.flags != env.flags) {
            fail_msg(
                "%s type %d aux %#x of %#lx %#lx %#lx: %#lx flags %#x, the host's %#lx flags %#x",
                ir_ops[shape->op].name, shape->type, shape->aux, v[0], v[1], v[2], expected,
                env.flags, after->x[0], after->env.flags);
        }
    }
    x64_host_ops.release(f->host, &f->code);
    ir_region_free(&r);
}

static void check_all(uint32_t features, bool plain)
{
    struct fixture f;
    fixture_init(&f, features, false);
    for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++) {
        check_shape(&f, &shapes[i], plain, 1 + i);
    }
    fixture_done(&f);
}

static void plain_ops_agree(void **state)
{
    check_all(UINT32_MAX, true);
}

static void plain_ops_agree_without_extensions(void **state)
{
    check_all(0, true);
}

static void other_ops_agree(void **state)
{
    check_all(UINT32_MAX, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_ops_agree),
        cmocka_unit_test(plain_ops_agree_without_extensions),
        cmocka_unit_test(other_ops_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
