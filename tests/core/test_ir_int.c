/* What integer operations compute, against formulas on mathematical integers, for all pairs of edge
 * values and both widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "core/ir/ir.h"

static const uint64_t edges[] = {
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    33,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7ffffffe,
    0x7fffffff,
    0x80000000,
    0x80000001,
    0xfffffffe,
    0xffffffff,
    0x12345678,
    0x87654321,
    0x100000000,
    INT64_MAX,
    1ull << 63,
    UINT64_MAX,
    UINT64_MAX - 1,
    0x123456789abcdef0,
    0xfedcba9876543210,
};

/* Operands as unsigned and as signed numbers. */
struct args {
    unsigned width;
    __int128 a, b, sa, sb;
    unsigned carry;
};

static __int128 power(unsigned exponent)
{
    return (__int128)1 << exponent;
}

/* x mod 2^bits, 0 .. 2^bits - 1 */
static __int128 modulo(__int128 x, unsigned bits)
{
    return x & (power(bits) - 1);
}

/* x mod 2^bits, -2^(bits-1) .. 2^(bits-1) - 1 */
static __int128 signed_modulo(__int128 x, unsigned bits)
{
    x = modulo(x, bits);
    return x >= power(bits - 1) ? x - power(bits) : x;
}

static bool fits_signed(__int128 x, unsigned bits)
{
    return x >= -power(bits - 1) && x < power(bits - 1);
}

static bool bit(__int128 x, unsigned n)
{
    return modulo(x, n + 1) >= power(n);
}

/* Bit by bit, by a truth table: bit 2 * a + b of `table`. */
static __int128 by_bits(const struct args *g, unsigned table)
{
    __int128 sum = 0;
    for (unsigned n = 0; n < g->width; n++) {
        if (table >> (2 * bit(g->a, n) + bit(g->b, n)) & 1) {
            sum += power(n);
        }
    }
    return sum;
}

static __int128 floor_divide(__int128 x, __int128 by)
{
    return x >= 0 ? x / by : -((-x + by - 1) / by);
}

static unsigned count_of(const struct args *g)
{
    return (unsigned)(g->b % g->width);
}

static __int128 do_add(const struct args *g)
{
    return g->a + g->b;
}
static __int128 do_sub(const struct args *g)
{
    return g->a - g->b;
}
static __int128 do_mul(const struct args *g)
{
    return g->sa * g->sb;
}
static __int128 do_mulhu(const struct args *g)
{
    /* By halves, as the full product of 64-bit numbers does not fit a signed 128-bit one. */
    unsigned half = g->width / 2;
    __int128 low_a = modulo(g->a, half), low_b = modulo(g->b, half);
    __int128 high_a = g->a >> half, high_b = g->b >> half;
    __int128 middle = high_a * low_b + (low_a * low_b >> half);
    __int128 other = low_a * high_b + modulo(middle, half);
    return high_a * high_b + (middle >> half) + (other >> half);
}
static __int128 do_mulhs(const struct args *g)
{
    return floor_divide(g->sa * g->sb, power(g->width));
}
static __int128 do_divu(const struct args *g)
{
    return g->b ? g->a / g->b : 0;
}
static __int128 do_divs(const struct args *g)
{
    return g->b ? g->sa / g->sb : 0;
}
static __int128 do_and(const struct args *g)
{
    return by_bits(g, 8);
}
static __int128 do_or(const struct args *g)
{
    return by_bits(g, 14);
}
static __int128 do_xor(const struct args *g)
{
    return by_bits(g, 6);
}
static __int128 do_andn(const struct args *g)
{
    return by_bits(g, 4);
}
static __int128 do_not(const struct args *g)
{
    return by_bits(g, 3);
}
static __int128 do_neg(const struct args *g)
{
    return -g->a;
}
static __int128 do_shl(const struct args *g)
{
    return modulo(g->a, g->width - count_of(g)) * power(count_of(g));
}
static __int128 do_shr(const struct args *g)
{
    return g->a / power(count_of(g));
}
static __int128 do_sar(const struct args *g)
{
    return floor_divide(g->sa, power(count_of(g)));
}
static __int128 do_ror(const struct args *g)
{
    unsigned count = count_of(g);
    return do_shr(g) + modulo(g->a, count) * power(g->width - count);
}
static __int128 do_clz(const struct args *g)
{
    unsigned n = g->width;
    for (__int128 x = g->a; x != 0; x /= 2) {
        n--;
    }
    return n;
}
static __int128 do_ctz(const struct args *g)
{
    unsigned n = 0;
    while (n < g->width && !bit(g->a, n)) {
        n++;
    }
    return n;
}
static __int128 do_bswap(const struct args *g)
{
    __int128 sum = 0;
    for (unsigned n = 0; n < g->width; n += 8) {
        sum = sum * 256 + modulo(g->a >> n, 8);
    }
    return sum;
}
static __int128 do_sext8(const struct args *g)
{
    return signed_modulo(g->a, 8);
}
static __int128 do_sext16(const struct args *g)
{
    return signed_modulo(g->a, 16);
}
static __int128 do_zext8(const struct args *g)
{
    return modulo(g->a, 8);
}
static __int128 do_zext16(const struct args *g)
{
    return modulo(g->a, 16);
}
static __int128 do_eq(const struct args *g)
{
    return g->a == g->b;
}
static __int128 do_ne(const struct args *g)
{
    return g->a != g->b;
}
static __int128 do_ult(const struct args *g)
{
    return g->a < g->b;
}
static __int128 do_ule(const struct args *g)
{
    return g->a <= g->b;
}
static __int128 do_slt(const struct args *g)
{
    return g->sa < g->sb;
}
static __int128 do_sle(const struct args *g)
{
    return g->sa <= g->sb;
}
static __int128 do_addc(const struct args *g)
{
    return g->a + g->b >= power(g->width);
}
static __int128 do_addo(const struct args *g)
{
    return !fits_signed(g->sa + g->sb, g->width);
}
static __int128 do_subo(const struct args *g)
{
    return !fits_signed(g->sa - g->sb, g->width);
}
static __int128 do_add3(const struct args *g)
{
    return g->a + g->b + g->carry;
}
static __int128 do_add3c(const struct args *g)
{
    return do_add3(g) >= power(g->width);
}
static __int128 do_add3o(const struct args *g)
{
    return !fits_signed(g->sa + g->sb + g->carry, g->width);
}
static __int128 do_select(const struct args *g)
{
    return g->carry ? g->a : g->b;
}

static const struct {
    enum ir_op op;
    __int128 (*formula)(const struct args *g);
} formulas[] = {
    {IR_ADD, do_add},       {IR_SUB, do_sub},       {IR_MUL, do_mul},     {IR_MULHU, do_mulhu},
    {IR_MULHS, do_mulhs},   {IR_DIVU, do_divu},     {IR_DIVS, do_divs},   {IR_AND, do_and},
    {IR_OR, do_or},         {IR_XOR, do_xor},       {IR_ANDN, do_andn},   {IR_NOT, do_not},
    {IR_NEG, do_neg},       {IR_SHL, do_shl},       {IR_SHR, do_shr},     {IR_SAR, do_sar},
    {IR_ROR, do_ror},       {IR_CLZ, do_clz},       {IR_CTZ, do_ctz},     {IR_BSWAP, do_bswap},
    {IR_SEXT8, do_sext8},   {IR_SEXT16, do_sext16}, {IR_ZEXT8, do_zext8}, {IR_ZEXT16, do_zext16},
    {IR_EQ, do_eq},         {IR_NE, do_ne},         {IR_ULT, do_ult},     {IR_ULE, do_ule},
    {IR_SLT, do_slt},       {IR_SLE, do_sle},       {IR_ADDC, do_addc},   {IR_ADDO, do_addo},
    {IR_SUBO, do_subo},     {IR_ADD3, do_add3},     {IR_ADD3C, do_add3c}, {IR_ADD3O, do_add3o},
    {IR_SELECT, do_select},
};

static uint64_t evaluate(const struct ir_inst *inst, uint64_t a, uint64_t b, uint64_t c)
{
    const union ir_value operands[3] = {{.v = {a, 0}}, {.v = {b, 0}}, {.v = {c, 0}}};
    union ir_value result = {.v = {~UINT64_C(0), ~UINT64_C(0)}};
    assert_true(ir_evaluate(inst, operands, &result));
    assert_int_equal(result.v[1], 0);
    return result.v[0];
}

static uint64_t run(const struct ir_inst *inst, const struct args *g)
{
    const char *letters = ir_ops[inst->op].args;
    uint64_t a = (uint64_t)g->a, b = (uint64_t)g->b;
    if (inst->op == IR_SELECT) {
        return evaluate(inst, g->carry, a, b);
    }
    return evaluate(inst, a, letters[0] && letters[1] == 'i' ? (uint32_t)b : b, g->carry);
}

static void check_pair(enum ir_type type, uint64_t a, uint64_t b)
{
    unsigned width = ir_type_size(type) * 8;
    struct args g = {.width = width, .a = modulo(a, width), .b = modulo(b, width)};
    g.sa = signed_modulo(a, width);
    g.sb = signed_modulo(b, width);
    for (g.carry = 0; g.carry < 2; g.carry++) {
        for (unsigned i = 0; i < ARRAY_SIZE(formulas); i++) {
            const struct ir_inst inst = {.op = formulas[i].op, .type = type};
            uint64_t expected = (uint64_t)modulo(formulas[i].formula(&g), width);
            uint64_t actual = run(&inst, &g);
            if (actual != expected) {
                fail_msg("%s.%u a=%lx b=%lx c=%u: %lx, not %lx", ir_ops[inst.op].name, width,
                         (unsigned long)g.a, (unsigned long)g.b, g.carry, (unsigned long)actual,
                         (unsigned long)expected);
            }
        }
    }
}

static void operations_match_formulas(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(edges); i++) {
        for (unsigned n = 0; n < ARRAY_SIZE(edges); n++) {
            check_pair(IR_I32, edges[i], edges[n]);
            check_pair(IR_I64, edges[i], edges[n]);
        }
    }
}

static void fields_match_formulas(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(edges); i++) {
        for (unsigned lsb = 0; lsb < 64; lsb++) {
            for (unsigned length = 1; lsb + length <= 64; length++) {
                bool wide = lsb + length > 32;
                uint64_t a = wide ? edges[i] : (uint32_t)edges[i], b = edges[(i + 5) % 30];
                struct ir_inst inst = {
                    .op = IR_EXTU, .type = wide ? IR_I64 : IR_I32, .aux = lsb | length << 8};
                unsigned width = wide ? 64 : 32;
                __int128 field = modulo(a / power(lsb), length);
                assert_int_equal(evaluate(&inst, a, 0, 0), (uint64_t)field);
                inst.op = IR_EXTS;
                assert_int_equal(evaluate(&inst, a, 0, 0),
                                 (uint64_t)modulo(signed_modulo(field, length), width));
                inst.op = IR_DEP;
                __int128 put = (a - field * power(lsb)) + modulo(b, length) * power(lsb);
                assert_int_equal(evaluate(&inst, a, (uint64_t)modulo(b, width), 0), (uint64_t)put);
            }
        }
    }
}

static void halves_and_patterns(void **state)
{
    static const struct {
        struct ir_inst inst;
        uint64_t a, b, result;
    } cases[] = {
        {{.op = IR_SEXT32, .type = IR_I64}, 0x80000000, 0, 0xffffffff80000000},
        {{.op = IR_SEXT32, .type = IR_I64}, 0x7fffffff, 0, 0x7fffffff},
        {{.op = IR_ZEXT32, .type = IR_I64}, 0x80000000, 0, 0x80000000},
        {{.op = IR_LO32, .type = IR_I32}, 0x123456789abcdef0, 0, 0x9abcdef0},
        {{.op = IR_HI32, .type = IR_I32}, 0x123456789abcdef0, 0, 0x12345678},
        {{.op = IR_PAIR, .type = IR_I64}, 0x9abcdef0, 0x12345678, 0x123456789abcdef0},
        {{.op = IR_COPY, .type = IR_I64}, UINT64_MAX, 0, UINT64_MAX},
        {{.op = IR_CONST, .type = IR_I32, .imm = -1}, 0, 0, 0xffffffff},
        {{.op = IR_CONST, .type = IR_F64, .imm = -1}, 0, 0, UINT64_MAX},
        {{.op = IR_FNEG, .type = IR_F32}, 0x7fc00001, 0, 0xffc00001},
        {{.op = IR_FNEG, .type = IR_F64}, 1ull << 63, 0, 0},
        {{.op = IR_FABS, .type = IR_F32}, 0xff800000, 0, 0x7f800000},
        {{.op = IR_FABS, .type = IR_F64}, UINT64_MAX, 0, INT64_MAX},
        {{.op = IR_BITS, .type = IR_F32}, 0x80000001, 0, 0x80000001},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(evaluate(&cases[i].inst, cases[i].a, cases[i].b, 0), cases[i].result);
    }
}

/* What is not pure, and addresses that move, cannot be folded. */
static void some_things_do_not_fold(void **state)
{
    static const uint8_t ops[] = {IR_NOP,  IR_PCREL, IR_GET,  IR_SET,  IR_LOAD,
                                  IR_CALL, IR_FADD,  IR_JUMP, IR_ENTRY};
    const union ir_value operands[3] = {{.v = {1, 0}}, {.v = {1, 0}}, {.v = {1, 0}}};
    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
        const struct ir_inst inst = {.op = ops[i], .type = IR_I32};
        union ir_value result;
        assert_false(ir_evaluate(&inst, operands, &result));
    }
}

/* A new operation without a formula fails here. */
static void every_operation_has_a_formula(void **state)
{
    for (unsigned op = IR_ADD; op <= IR_SELECT; op++) {
        bool found =
            op == IR_EXTU || op == IR_EXTS || op == IR_DEP || (op >= IR_SEXT32 && op <= IR_PAIR);
        for (unsigned i = 0; i < ARRAY_SIZE(formulas); i++) {
            found |= formulas[i].op == op;
        }
        if (!found) {
            fail_msg("%s has no formula", ir_ops[op].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_match_formulas),     cmocka_unit_test(fields_match_formulas),
        cmocka_unit_test(halves_and_patterns),           cmocka_unit_test(some_things_do_not_fold),
        cmocka_unit_test(every_operation_has_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
