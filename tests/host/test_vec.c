/* Vector operations: host code against the interpreter, for each set of host features. */
#include "host/x86_64/features.h"
#include "host/x86_64/host.h"
#include "host/x86_64/x64.h"
#include "tests/support/fake_guest.h"
#include "tests/support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REGIONS = 10000, POOL = 24, OPS = 14 };

struct bench {
    struct host *host;
    struct ir_region region;
    struct fake_cpu *cpu, *reference;
    uint64_t random;
    bool floats;
    unsigned exponent;   /* of many floats in this run */
    uint32_t pool[POOL]; /* v128 values */
    unsigned count;
};

static struct fake_cpu *cpu_create(void)
{
    struct fake_cpu *cpu = aligned_alloc(64, (sizeof(*cpu) + 63) / 64 * 64);
    memset(cpu, 0, sizeof(*cpu));
    cpu->cpu.guest = &fake_guest_ops;
    return cpu;
}

static void bench_init(struct bench *b, uint32_t features)
{
    const struct host_options options = {.buffer_size = 16 << 20};
    char message[200];
    memset(b, 0, sizeof(*b));
    b->host = x64_host_create(&fake_guest_ops, &options, features, message, sizeof(message));
    if (!b->host) {
        fail_msg("%s", message);
    }
    ir_region_init(&b->region);
    b->cpu = cpu_create();
    b->reference = cpu_create();
    b->random = 1;
}

static void bench_done(struct bench *b)
{
    x64_host_ops.destroy(b->host);
    ir_region_free(&b->region);
    free(b->cpu);
    free(b->reference);
}

static unsigned below(struct bench *b, unsigned n)
{
    return random_below(&b->random, n);
}

/* Numbers of like magnitude cancel; where that is small, results are denormals. */
static uint32_t random_float(struct bench *b)
{
    if (below(b, 4) == 0) {
        return random_f32(&b->random);
    }
    uint32_t exponent = b->exponent + below(b, 3), sign = below(b, 2) << 31;
    uint32_t fraction = below(b, 2) ? below(b, 4) : below(b, 1 << 23);
    return sign | (exponent & 0xff) << 23 | fraction;
}

static uint64_t random_word(struct bench *b)
{
    static const uint64_t words[] = {0x8080808080808080, 0x8000800080008000, 0x7fff7fff7fff7fff,
                                     0x8000000080000000, 0x7fffffff7fffffff, 0x0706050403020100,
                                     0x1f100f0e20ff1180, 0x0001000200030011};
    if (b->floats && below(b, 4)) {
        return random_float(b) | (uint64_t)random_float(b) << 32;
    }
    unsigned kind = below(b, 4);
    return kind == 0   ? words[below(b, sizeof(words) / sizeof(words[0]))]
           : kind == 1 ? random_next(&b->random) & 0x1f1f1f1f1f1f1f1f
           : kind == 2 ? random_number(&b->random)
                       : random_next(&b->random);
}

static void remember(struct bench *b, uint32_t value)
{
    if (b->count < POOL) {
        b->pool[b->count++] = value;
    } else {
        b->pool[below(b, POOL)] = value;
    }
}

static uint32_t vector(struct bench *b)
{
    if (below(b, 8) == 0) {
        uint64_t low = random_word(b), high = random_word(b);
        return ir_emit(&b->region, IR_CONSTV, IR_V128, 0, (uint32_t)high, high >> 32, low, 0);
    }
    return b->pool[below(b, b->count)];
}

static unsigned random_aux(struct bench *b, enum ir_op op, int64_t *imm)
{
    bool halves = op == IR_VMULL || op == IR_VWIDEN || op == IR_VNARROW || op == IR_VSATNARROW;
    unsigned size = op == IR_VMULQ  ? 1 + below(b, 2)
                    : op == IR_VLOW ? 2 + below(b, 2)
                                    : below(b, halves ? 3 : 4);
    *imm = op == IR_VSHL || op == IR_VSHR                       ? below(b, (8u << size) + 1)
           : op == IR_VEXT                                      ? below(b, 17)
           : op == IR_VDUPL || op == IR_VGETL || op == IR_VSETL ? below(b, 16u >> size)
                                                                : 0;
    return size | (below(b, 2) ? IR_VEC_SIGNED : 0) | (below(b, 2) ? IR_VEC_ROUND : 0) |
           (below(b, 2) ? IR_VEC_TO_SIGNED : 0);
}

/* A scalar of as many bits as the lane at least, from the state. */
static uint32_t scalar(struct bench *b, unsigned size)
{
    unsigned n = below(b, 4);
    if (size == 3) {
        return below(b, 2) ? ir_get(&b->region, IR_I64, offsetof(struct fake_cpu, x) + 8 * n)
                           : ir_get(&b->region, IR_F64, offsetof(struct fake_cpu, d) + 8 * n);
    }
    return below(b, 2) ? ir_get(&b->region, IR_I32, offsetof(struct fake_cpu, r) + 4 * n)
                       : ir_get(&b->region, IR_F32, offsetof(struct fake_cpu, s) + 4 * n);
}

static void emit_lane(struct bench *b, unsigned aux, int64_t imm)
{
    static const enum ir_type narrow[] = {IR_I32, IR_I64, IR_F32}, wide[] = {IR_I64, IR_F64};
    unsigned size = aux & IR_VEC_LANE;
    enum ir_type type = size == 3 ? wide[below(b, 2)] : narrow[below(b, size == 2 ? 3 : 2)];
    uint32_t value = ir_emit(&b->region, IR_VGETL, type, vector(b), 0, 0, imm, aux);
    if (ir_type_size(type) == 4) {
        ir_set(&b->region, offsetof(struct fake_cpu, r) + 4 * below(b, 4), value);
    } else {
        ir_set(&b->region, offsetof(struct fake_cpu, x) + 8 * below(b, 4), value);
    }
}

/* Mostly lanes of f32 and a known rounding, which have host code. */
static void emit_float(struct bench *b)
{
    enum ir_op op = IR_VFADD + below(b, IR_OP_COUNT - IR_VFADD);
    unsigned aux = below(b, 8) ? 2 | IR_VEC_NEAREST : 2 + below(b, 2);
    aux |= below(b, 2) ? IR_VEC_SIGNED : 0;
    if (op == IR_VFTOI || op == IR_VITOF) {
        aux |= (below(b, 2) ? below(b, 33) : 0) << IR_VEC_FRACTION_SHIFT;
    }
    uint32_t operand[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[op].arity; i++) {
        operand[i] = vector(b);
    }
    remember(b, ir_emit(&b->region, op, IR_V128, operand[0], operand[1], operand[2],
                        offsetof(struct fake_cpu, env), aux));
}

static void emit_random(struct bench *b)
{
    if (b->floats && below(b, 4)) {
        emit_float(b);
        return;
    }
    enum ir_op op;
    do {
        op = IR_VAND + below(b, IR_OP_COUNT - IR_VAND);
    } while (!(ir_ops[op].flags & IR_FLAG_P));
    int64_t imm;
    unsigned aux = random_aux(b, op, &imm), size = aux & IR_VEC_LANE;
    if (op == IR_VGETL) {
        emit_lane(b, aux, imm);
        return;
    }
    uint32_t operand[3] = {0, 0, 0};
    for (unsigned i = 0; i < ir_ops[op].arity; i++) {
        operand[i] = ir_ops[op].args[i] == '*' ? scalar(b, size) : vector(b);
    }
    remember(b, ir_emit(&b->region, op, IR_V128, operand[0], operand[1], operand[2], imm, aux));
}

static void make_region(struct bench *b)
{
    struct ir_region *r = &b->region;
    ir_region_reset(r);
    r->page = FAKE_CODE;
    r->pc = FAKE_CODE;
    ir_block_begin(r, ir_block_new(r), FAKE_CODE, true);
    ir_emit(r, IR_ENTRY, IR_NONE, 0, 0, 0, FAKE_CODE, 0);
    b->count = 0;
    for (unsigned i = 0; i < 4; i++) {
        remember(b, ir_get(r, IR_V128, offsetof(struct fake_cpu, v) + 16 * i));
    }
    for (unsigned i = 0; i < OPS; i++) {
        emit_random(b);
    }
    for (unsigned i = 0; i < 4; i++) {
        ir_set(r, offsetof(struct fake_cpu, v) + 16 * i, b->pool[b->count - 1 - i]);
    }
    ir_emit(r, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
    char message[300];
    if (!ir_verify(r, message, sizeof(message))) {
        fail_msg("%s", message);
    }
}

static void run_region(struct bench *b, unsigned n)
{
    static const unsigned exponents[] = {0, 24, 63, 86, 126, 157, 253};
    b->exponent = below(b, 2) ? exponents[below(b, 7)] : below(b, 256);
    for (unsigned i = 0; i < 4; i++) {
        b->cpu->r[i] = (uint32_t)random_word(b);
        b->cpu->x[i] = random_word(b);
        b->cpu->v[i][0] = random_word(b);
        b->cpu->v[i][1] = random_word(b);
    }
    bool standard = below(b, 2); /* as ARM's Advanced SIMD has it */
    b->cpu->env = (struct fp_env){.round = FP_ROUND_NEAREST,
                                  .nan_rule = FP_NAN_SIGNALLING,
                                  .default_nan = standard || below(b, 2),
                                  .flush_inputs = standard || below(b, 2),
                                  .flush_results = standard || below(b, 2),
                                  .tiny_before = true};
    memcpy(b->reference, b->cpu, sizeof(*b->cpu));
    struct host_code code;
    assert_true(x64_host_ops.compile(b->host, &b->region, &code));
    x64_host_ops.enter(b->host, &b->cpu->cpu, code.start + code.entries[0].code);
    ir_interpret(&b->reference->cpu, &b->region, 0);
    if (!fake_cpu_equal(b->cpu, b->reference) || b->cpu->env.flags != b->reference->env.flags) {
        ir_print(&b->region, fake_slots, fake_slot_count, stderr);
        x64_host_ops.disassemble(b->host, &code, stderr);
        fail_msg("region %u differs", n);
    }
    x64_host_ops.release(b->host, &code);
}

static void run(uint32_t features, bool floats)
{
    struct bench b;
    bench_init(&b, features);
    b.floats = floats;
    for (unsigned n = 0; n < REGIONS; n++) {
        make_region(&b);
        run_region(&b, n);
    }
    bench_done(&b);
}

static void all_features(void **state)
{
    run(UINT32_MAX, false);
}

static void avx_only(void **state)
{
    run(X64_HAS_AVX, false);
}

static void baseline(void **state)
{
    run(0, false);
}

static void floats_all_features(void **state)
{
    run(UINT32_MAX, true);
}

static void floats_baseline(void **state)
{
    run(0, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_features),    cmocka_unit_test(avx_only),
        cmocka_unit_test(baseline),        cmocka_unit_test(floats_all_features),
        cmocka_unit_test(floats_baseline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
