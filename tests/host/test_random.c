/* Random regions: the host must leave exactly the state that the interpreter leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/opt/opt.h"
#include "host/x86_64/features.h"
#include "tests/host/host_fixture.h"
#include "tests/support/ir_random.h"

enum { REGIONS = 3000, RUNS = 4 };

/* SEED=n runs that one, with REGIONS=n so many from there; DUMP=1 shows a failure's code. */

static const struct ir_random_config base_config = {
    .helpers = fake_helpers,
    .max_blocks = 4,
    .max_insns = 6,
    .max_ops = 8,
    .fp_env = offsetof(struct fake_cpu, env),
    .memory_base = FAKE_RAM_BASE,
    .memory_mask = FAKE_RAM_SIZE - 1,
    .wild_percent = 5,
    .lazy = offsetof(struct fake_cpu, lazy),
    .pc = FAKE_CODE,
};

static void report(const struct ir_region *r, struct fixture *f, uint64_t seed, uint32_t block)
{
    fprintf(stderr, "seed %llu, block %u\n", (unsigned long long)seed, block);
    if (getenv("DUMP")) {
        ir_print(r, fake_slots, fake_slot_count, stderr);
        x64_host_ops.disassemble(f->host, &f->code, stderr);
    }
}

static void run_block(struct fixture *f, const struct ir_random_config *config,
                      const struct ir_region *r, uint32_t block, uint64_t seed)
{
    uint64_t random = seed * 77 + block + 1;
    uint32_t offset = (uint32_t)(r->blocks[block].pc - r->page);
    const uint8_t *entry = NULL;
    for (uint32_t i = 0; i < f->code.entry_count; i++) {
        if (f->code.entries[i].pc == offset) {
            entry = f->code.start + f->code.entries[i].code;
        }
    }
    assert_non_null(entry);
    for (unsigned run = 0; run < RUNS; run++) {
        fake_machine_init(&f->before, 1 + random_below(&random, 60), &random);
        if (config->plain_floats) {
            struct fp_env *env = &f->before.cpu.env;
            env->round = FP_ROUND_NEAREST;
            env->flush_inputs = env->flush_results = false;
            env->nan_rule = config->legacy_nans ? FP_NAN_LEGACY : FP_NAN_SIGNALLING;
        }
        for (unsigned page = 0; page < FAKE_RAM_SIZE >> SPACE_PAGE_BITS; page++) {
            fixture_map(f, page, !random_percent(&random, 20), !random_percent(&random, 20));
        }
        unsigned expected = fixture_interpret(f, r, block);
        unsigned actual = fixture_enter(f, entry);
        if (!fixture_equal(f, expected, actual)) {
            report(r, f, seed, block);
            fail();
        }
    }
}

/* Makes accesses share their base, as fields of a structure do. */
static void share_bases(struct ir_region *r, uint64_t *random)
{
    for (uint32_t block = 0; block < r->block_count; block++) {
        uint32_t base = 0;
        for (uint32_t i = r->blocks[block].first; i < r->blocks[block].end; i++) {
            struct ir_inst *inst = &r->insts[i];
            if (inst->op != IR_LOAD && inst->op != IR_STORE && inst->op != IR_CAS) {
                continue;
            }
            if (!base || random_percent(random, 20)) {
                base = inst->a;
            }
            inst->a = base;
            inst->imm = (int64_t)random_below(random, 32) * (random_percent(random, 80) ? 4 : 1) -
                        random_below(random, 2) * 64;
        }
    }
}

static void run_seed(struct fixture *f, const struct ir_random_config *config, uint64_t seed,
                     bool optimise)
{
    struct ir_region r;
    uint64_t random = seed;
    ir_region_init(&r);
    ir_random_region(&r, config, &random);
    fixture_make_booleans(&r);
    if (seed % 3) {
        share_bases(&r, &random);
    }
    if (optimise) {
        opt_run(&r, &fake_guest_ops);
    }
    assert_true(x64_host_ops.compile(f->host, &r, &f->code));
    for (uint32_t block = 0; block < r.block_count; block++) {
        if (r.blocks[block].entry) {
            run_block(f, config, &r, block, seed);
        }
    }
    x64_host_ops.release(f->host, &f->code);
    ir_region_free(&r);
}

static void run_all(struct ir_random_config config, uint32_t features)
{
    struct fixture f;
    const char *only = getenv("SEED"), *many = getenv("REGIONS");
    uint64_t first = only ? strtoull(only, NULL, 0) : 1;
    uint64_t regions = many ? strtoull(many, NULL, 0) : only ? 1 : REGIONS;
    config.slots = fake_slots;
    config.slot_count = fake_slot_count;
    config.helper_count = config.helpers ? fake_helper_count : 0;
    fixture_init(&f, features, true);
    for (uint64_t seed = first; seed < first + regions; seed++) {
        run_seed(&f, &config, seed, seed & 1);
    }
    fixture_done(&f);
}

static void integers_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.helpers = NULL;
    run_all(config, UINT32_MAX);
}

static void integers_agree_without_extensions(void **state)
{
    struct ir_random_config config = base_config;
    config.helpers = NULL;
    config.memory = true;
    run_all(config, 0);
}

static void helpers_agree(void **state)
{
    run_all(base_config, UINT32_MAX);
}

static void memory_agrees(void **state)
{
    struct ir_random_config config = base_config;
    config.memory = true;
    run_all(config, UINT32_MAX);
}

static void long_blocks_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.memory = true;
    config.max_insns = 12;
    config.max_ops = 30;
    run_all(config, UINT32_MAX);
}

static void floats_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.memory = true;
    run_all(config, UINT32_MAX);
}

static void plain_floats_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.plain_floats = config.memory = true;
    run_all(config, UINT32_MAX);
}

static void loops_of_plain_floats_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.plain_floats = config.memory = true;
    config.helpers = NULL;
    run_all(config, UINT32_MAX);
}

static void legacy_nans_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.plain_floats = config.legacy_nans = config.memory = true;
    run_all(config, UINT32_MAX);
}

static void loops_of_legacy_nans_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.plain_floats = config.legacy_nans = config.memory = true;
    config.helpers = NULL;
    run_all(config, UINT32_MAX);
}

static void loops_of_vectors_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.vectors = config.memory = true;
    config.helpers = NULL;
    run_all(config, UINT32_MAX);
}

static void loops_of_vectors_agree_without_extensions(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.vectors = true;
    config.helpers = NULL;
    run_all(config, 0);
}

static void plain_floats_agree_without_extensions(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.plain_floats = true;
    config.helpers = NULL;
    run_all(config, 0);
}

static void vectors_agree(void **state)
{
    struct ir_random_config config = base_config;
    config.floats = config.vectors = config.memory = true;
    run_all(config, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_agree),
        cmocka_unit_test(integers_agree_without_extensions),
        cmocka_unit_test(helpers_agree),
        cmocka_unit_test(memory_agrees),
        cmocka_unit_test(long_blocks_agree),
        cmocka_unit_test(floats_agree),
        cmocka_unit_test(plain_floats_agree),
        cmocka_unit_test(loops_of_plain_floats_agree),
        cmocka_unit_test(legacy_nans_agree),
        cmocka_unit_test(loops_of_legacy_nans_agree),
        cmocka_unit_test(loops_of_vectors_agree),
        cmocka_unit_test(loops_of_vectors_agree_without_extensions),
        cmocka_unit_test(plain_floats_agree_without_extensions),
        cmocka_unit_test(vectors_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
