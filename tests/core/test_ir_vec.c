/* The vector operations of the IR: vectors worked out by hand, then random ones against formulas on
 * C's own integer types, which share nothing with core/ir/interp_vec.c. */
#include "core/ir/ir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    S = IR_VEC_SIGNED,
    R = IR_VEC_ROUND,
    TS = IR_VEC_TO_SIGNED,
};

struct vec {
    uint64_t low, high;
};

static struct vec evaluate(enum ir_op op, unsigned aux, int64_t imm, struct vec a, struct vec b,
                           struct vec c)
{
    struct ir_inst inst = {.op = op, .type = IR_V128, .aux = aux, .imm = imm};
    union ir_value operands[3] = {
        {.v = {a.low, a.high}}, {.v = {b.low, b.high}}, {.v = {c.low, c.high}}};
    union ir_value result;
    assert_true(ir_evaluate_vec(&inst, operands, &result));
    return (struct vec){result.v[0], result.v[1]};
}

/* ---- by hand --------------------------------------------------------------------------------- */

struct vector {
    enum ir_op op;
    unsigned aux;
    int64_t imm;
    struct vec a, b, c, expected;
};

static const struct vector vectors[] = {
    {IR_VANDN, 0, 0, {0xff, ~0ull}, {0x0f, 1}, {0, 0}, {0xf0, ~1ull}},
    {IR_VBSL, 0, 0, {0xff00, 0}, {0x1234, 5}, {0x5678, 6}, {0x1278, 6}},
    {IR_VADD, 0, 0, {0xff80, 1}, {0x0180, 2}, {0, 0}, {0x0000, 3}},
    {IR_VADD, 1, 0, {0xff80, 1}, {0x0180, 2}, {0, 0}, {0x0100, 3}},
    {IR_VSUB, 3, 0, {0, 1}, {1, 2}, {0, 0}, {~0ull, ~0ull}},
    {IR_VMUL, 2, 0, {0x10001, 0}, {0x10001, 0}, {0, 0}, {0x20001, 0}},
    {IR_VMULL, 0 | S, 0, {0x80ff, ~0ull}, {0x8002, 9}, {0, 0}, {0x4000fffe, 0}},
    {IR_VMULL, 0, 0, {0x80ff, ~0ull}, {0x8002, 9}, {0, 0}, {0x400001fe, 0}},
    {IR_VMULQ, 1, 0, {0x80008000, 0x4000}, {0x80007fff, 0x4000}, {0, 0}, {0x7fff8001, 0x2000}},
    {IR_VMULQ, 1 | R, 0, {0x0003, 0}, {0x2000, 0}, {0, 0}, {0x0001, 0}},
    {IR_VMULQ, 1, 0, {0x0003, 0}, {0x2000, 0}, {0, 0}, {0x0000, 0}},
    {IR_VABS, 0, 0, {0x80ff7f01, 0}, {0, 0}, {0, 0}, {0x80017f01, 0}},
    {IR_VMIN, 0 | S, 0, {0x80, 0x01}, {0x7f, 0xff}, {0, 0}, {0x80, 0xff}},
    {IR_VMIN, 0, 0, {0x80, 0x01}, {0x7f, 0xff}, {0, 0}, {0x7f, 0x01}},
    {IR_VMAX, 3 | S, 0, {~0ull, 5}, {0, 4}, {0, 0}, {0, 5}},
    {IR_VAVG, 0, 0, {0xffff, 1}, {0xfffe, 2}, {0, 0}, {0xfffe, 1}},
    {IR_VAVG, 0 | R, 0, {0xffff, 1}, {0xfffe, 2}, {0, 0}, {0xffff, 2}},
    {IR_VAVG, 0 | S, 0, {0xff, 0x80}, {0x00, 0x80}, {0, 0}, {0xff, 0x80}},
    {IR_VSATADD, 0 | S, 0, {0x7f80, 0x01}, {0x01ff, 0x01}, {0, 0}, {0x7f80, 0x02}},
    {IR_VSATADD, 3, 0, {~0ull, 1}, {1, 1}, {0, 0}, {~0ull, 2}},
    {IR_VSATSUB, 1, 0, {0x0001, 0x0003}, {0x0002, 0x0001}, {0, 0}, {0, 2}},
    {IR_VCMPEQ, 1, 0, {0x12345678, 0}, {0x12340000, 0}, {0, 0}, {0xffffffffffff0000, ~0ull}},
    {IR_VCMPGT, 2 | S, 0, {0x1, 0}, {0xffffffff, 0}, {0, 0}, {0xffffffff, 0}},
    {IR_VCMPGT, 2, 0, {0x1, 0}, {0xffffffff, 0}, {0, 0}, {0, 0}},
    {IR_VPOPCNT, 0, 0, {0xff0301, 0x80}, {0, 0}, {0, 0}, {0x080201, 1}},
    {IR_VCLZ, 1, 0, {0x00010000, 0x8000}, {0, 0}, {0, 0}, {0x00100010000f0010, 0x0010001000100000}},
    {IR_VSHL, 0, 3, {0xff21, 1}, {0, 0}, {0, 0}, {0xf808, 8}},
    {IR_VSHR, 0, 8, {0xff80, 1}, {0, 0}, {0, 0}, {0, 0}},
    {IR_VSHR, 0 | S, 8, {0xff80, 1}, {0, 0}, {0, 0}, {0xffff, 0}},
    {IR_VSHLV, 2, 0, {1, 1}, {31, 32}, {0, 0}, {0x80000000, 0}},
    {IR_VSHRV, 3 | S, 0, {1ull << 63, 1ull << 63}, {1, ~0ull}, {0, 0}, {3ull << 62, ~0ull}},
    {IR_VWIDEN,
     1 | S,
     0,
     {0x0001ffff80007fff, 9},
     {0, 0},
     {0, 0},
     {0xffff800000007fff, 0x00000001ffffffff}},
    {IR_VNARROW,
     0,
     0,
     {0x0102030405060708, 0x090a0b0c0d0e0f10},
     {0, 0},
     {0, 0},
     {0x0a0c0e1002040608, 0}},
    {IR_VSATNARROW, 0 | S | TS, 0, {0x0100ff00007fff80, 0}, {0, 0}, {0, 0}, {0x7f807f80, 0}},
    {IR_VSATNARROW, 0 | S, 0, {0x0100ff00007fff80, 0}, {0, 0}, {0, 0}, {0xff007f00, 0}},
    {IR_VSATNARROW, 0, 0, {0x0100ff00007fff80, 0}, {0, 0}, {0, 0}, {0xffff7fff, 0}},
    {IR_VLOW, 2, 0, {0x1122334455667788, 0}, {0, 0}, {0, 0}, {0x55667788, 0}},
    {IR_VPAIR, 2, 0, {0x1122334455667788, 9}, {0x99aabbccddeeff00, 9}, {0, 0}, {0xddeeff0055667788, 0}},
    {IR_VPAIR, 3, 0, {1, 9}, {2, 9}, {0, 0}, {1, 2}},
    {IR_VDUP, 0, 0, {0x12, 0}, {0, 0}, {0, 0}, {0x1212121212121212, 0x1212121212121212}},
    {IR_VDUPL,
     2,
     3,
     {0, 0x1234567800000000},
     {0, 0},
     {0, 0},
     {0x1234567812345678, 0x1234567812345678}},
    {IR_VSETL, 1, 5, {1, 2}, {0xabcd, 0}, {0, 0}, {1, 0xabcd0002}},
    {IR_VZIPL, 0, 0, {0x04030201, 0}, {0x0d0c0b0a, 0}, {0, 0}, {0x0d040c030b020a01, 0}},
    {IR_VZIPH, 3, 0, {1, 2}, {3, 4}, {0, 0}, {2, 4}},
    {IR_VUZPE,
     1,
     0,
     {0x0004000300020001, 0x0008000700060005},
     {9, 0},
     {0, 0},
     {0x0007000500030001, 9}},
    {IR_VUZPO,
     1,
     0,
     {0x0004000300020001, 0x0008000700060005},
     {9, 0},
     {0, 0},
     {0x0008000600040002, 0}},
    {IR_VEXT,
     0,
     3,
     {0x0807060504030201, 0x100f0e0d0c0b0a09},
     {0x131211, 0},
     {0, 0},
     {0x0b0a090807060504, 0x131211100f0e0d0c}},
    {IR_VSHUF,
     0,
     0,
     {0x0706050403020100, 0x0f0e0d0c0b0a0908},
     {0xff100f0000010203, 0},
     {0, 0},
     {0x00000f0000010203, 0}},
    {IR_VPERM,
     0,
     0,
     {0x0706050403020100, 0},
     {0x1716151413121110, 0x11},
     {0x201f181711100307, 0},
     {0x0000111711100307, 0}},
};

static void by_hand(void **state)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        struct vec r = evaluate(v->op, v->aux, v->imm, v->a, v->b, v->c);
        if (r.low != v->expected.low || r.high != v->expected.high) {
            fail_msg("%s (vector %zu): got %016lx:%016lx, expected %016lx:%016lx",
                     ir_ops[v->op].name, i, r.high, r.low, v->expected.high, v->expected.low);
        }
    }
}

static void lanes_out(void **state)
{
    struct ir_inst inst = {.op = IR_VGETL, .type = IR_I32, .aux = 0 | S, .imm = 9};
    union ir_value operands[3] = {{.v = {0, 0x8000}}}, result;
    assert_true(ir_evaluate_vec(&inst, operands, &result));
    assert_int_equal(result.i64, 0xffffff80);
    inst.aux = 0;
    assert_true(ir_evaluate_vec(&inst, operands, &result));
    assert_int_equal(result.i64, 0x80);
    inst.op = IR_ADD;
    assert_false(ir_evaluate_vec(&inst, operands, &result));
}

/* ---- against formulas on C's types ----------------------------------------------------------- */

/* One lane as C sees it: the formula's operands have the lane's own type. */
#define FORMULA(name, type, expression)                                                            \
    static void name##_##type(const void *a, const void *b, void *r)                               \
    {                                                                                              \
        for (unsigned i = 0; i < 16 / sizeof(type); i++) {                                         \
            const type x = ((const type *)a)[i], y = ((const type *)b)[i], zero = 0;               \
            (void)zero;                                                                            \
            ((type *)r)[i] = (type)(expression);                                                   \
        }                                                                                          \
    }
#define FORMULAS(name, expression)                                                                 \
    FORMULA(name, uint8_t, expression)                                                             \
    FORMULA(name, uint16_t, expression)                                                            \
    FORMULA(name, uint32_t, expression)                                                            \
    FORMULA(name, uint64_t, expression)                                                            \
    FORMULA(name, int8_t, expression)                                                              \
    FORMULA(name, int16_t, expression)                                                             \
    FORMULA(name, int32_t, expression)                                                             \
    FORMULA(name, int64_t, expression)

static unsigned bits_of(size_t size)
{
    return 8 * size;
}

FORMULAS(add, x + y)
FORMULAS(sub, x - y)
FORMULAS(mul, (uint64_t)x *(uint64_t)y)
FORMULAS(min, x < y ? x : y)
FORMULAS(max, x > y ? x : y)
FORMULAS(eq, x == y ? -1 : 0)
FORMULAS(gt, x > y ? -1 : 0)
FORMULAS(avg, (x & y) + ((x ^ y) >> 1))
FORMULAS(ravg, (x | y) - ((x ^ y) >> 1))
FORMULAS(shl, (uint64_t)y >= bits_of(sizeof(x)) ? 0 : (uint64_t)x << y)

/* Saturation by the compiler's own overflow test. */
#define UNSIGNED_FORMULAS(name, expression)                                                        \
    FORMULA(name, uint8_t, expression)                                                             \
    FORMULA(name, uint16_t, expression)                                                            \
    FORMULA(name, uint32_t, expression)                                                            \
    FORMULA(name, uint64_t, expression)
#define SIGNED_FORMULAS(name, expression)                                                          \
    FORMULA(name, int8_t, expression)                                                              \
    FORMULA(name, int16_t, expression)                                                             \
    FORMULA(name, int32_t, expression)                                                             \
    FORMULA(name, int64_t, expression)
#define FITS(operation) (!__builtin_##operation##_overflow_p(x, y, zero))
#define BOUND           (x < 0 ? INT64_MIN : INT64_MAX) >> (64 - bits_of(sizeof(x)))

UNSIGNED_FORMULAS(satadd, FITS(add) ? x + y : ~UINT64_C(0))
UNSIGNED_FORMULAS(satsub, FITS(sub) ? x - y : 0)
SIGNED_FORMULAS(satadd, FITS(add) ? x + y : BOUND)
SIGNED_FORMULAS(satsub, FITS(sub) ? x - y : BOUND)

#define BY_TYPE(name)                                                                              \
    {                                                                                              \
        {name##_uint8_t, name##_uint16_t, name##_uint32_t, name##_uint64_t},                       \
        {                                                                                          \
            name##_int8_t, name##_int16_t, name##_int32_t, name##_int64_t                          \
        }                                                                                          \
    }

static const struct formula {
    enum ir_op op;
    unsigned flags;
    void (*fn[2][4])(const void *a, const void *b, void *r); /* unsigned, signed; by lane size */
} formulas[] = {
    {IR_VADD, 0, BY_TYPE(add)},  {IR_VSUB, 0, BY_TYPE(sub)},       {IR_VMUL, 0, BY_TYPE(mul)},
    {IR_VMIN, 0, BY_TYPE(min)},  {IR_VMAX, 0, BY_TYPE(max)},       {IR_VCMPEQ, 0, BY_TYPE(eq)},
    {IR_VCMPGT, 0, BY_TYPE(gt)}, {IR_VAVG, 0, BY_TYPE(avg)},       {IR_VAVG, R, BY_TYPE(ravg)},
    {IR_VSHLV, 0, BY_TYPE(shl)}, {IR_VSATADD, 0, BY_TYPE(satadd)}, {IR_VSATSUB, 0, BY_TYPE(satsub)},
};

static uint64_t seed = 1;

static uint64_t random64(void)
{
    static const uint64_t special[] = {0,
                                       ~0ull,
                                       0x8080808080808080,
                                       0x8000800080008000,
                                       0x7fff7fff7fff7fff,
                                       0x8000000080000000,
                                       0x0123456789abcdef};
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % 3 == 0 ? special[seed / 3 % 7] : seed * 0x2545f4914f6cdd1d;
}

static void random_lanes(void **state)
{
    for (unsigned n = 0; n < 20000; n++) {
        const struct formula *f = &formulas[n % (sizeof(formulas) / sizeof(formulas[0]))];
        unsigned size = random64() % 4, sign = random64() % 2;
        struct vec a = {random64(), random64()}, b = {random64(), random64()}, expected;
        f->fn[sign][size](&a, &b, &expected);
        struct vec r = evaluate(f->op, size | f->flags | (sign ? S : 0), 0, a, b, a);
        if (r.low != expected.low || r.high != expected.high) {
            fail_msg("%s size %u sign %u", ir_ops[f->op].name, size, sign);
        }
    }
}

/* Unzipping undoes zipping; narrowing undoes widening; a table of all bytes copies. */
static void inverses(void **state)
{
    const struct vec none = {0, 0}, all = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    for (unsigned n = 0; n < 2000; n++) {
        unsigned size = n % 4;
        struct vec a = {random64(), random64()}, b = {random64(), random64()};
        struct vec low = evaluate(IR_VZIPL, size, 0, a, b, none);
        struct vec high = evaluate(IR_VZIPH, size, 0, a, b, none);
        struct vec even = evaluate(IR_VUZPE, size, 0, low, high, none);
        struct vec odd = evaluate(IR_VUZPO, size, 0, low, high, none);
        assert_memory_equal(&even, &a, sizeof(a));
        assert_memory_equal(&odd, &b, sizeof(b));
        struct vec copy = evaluate(IR_VSHUF, 0, 0, a, all, none);
        assert_memory_equal(&copy, &a, sizeof(a));
        if (size == 3) {
            continue;
        }
        struct vec wide = evaluate(IR_VWIDEN, size | (n & 8 ? S : 0), 0, a, none, none);
        struct vec narrow = evaluate(IR_VNARROW, size, 0, wide, none, none);
        assert_true(narrow.low == a.low && narrow.high == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(lanes_out),
        cmocka_unit_test(random_lanes),
        cmocka_unit_test(inverses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
