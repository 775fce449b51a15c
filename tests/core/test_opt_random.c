/* The passes change nothing that can be seen: random regions before and after them, interpreted on
 * the same state, end alike. TEST_SEED and TEST_COUNT in the environment choose other and more
 * regions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/opt/opt.h"
#include "tests/support/fake_memory.h"
#include "tests/support/ir_random.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

enum { STATES = 6, DEFAULT_COUNT = 4000, RUN_INSNS = 2000, RUN_STEP = 200 };

static struct ir_random_config random_config(uint64_t *random)
{
    struct ir_random_config config = {
        .slots = fake_slots,
        .slot_count = fake_slot_count,
        .helpers = fake_helpers,
        .helper_count = random_below(random, 2) ? fake_helper_count : 0,
        .max_blocks = 1 + random_below(random, 12),
        .max_insns = 1 + random_below(random, 5),
        .max_ops = 1 + random_below(random, 10),
        .floats = random_percent(random, 30),
        .vectors = random_percent(random, 30),
        .fp_env = offsetof(struct fake_cpu, env),
        .memory = random_below(random, 2),
        .memory_base = FAKE_RAM_BASE,
        .memory_mask = FAKE_RAM_SIZE - 64,
        .wild_percent = random_below(random, 10),
        .lazy = offsetof(struct fake_cpu, lazy),
        .pc = FAKE_CODE,
    };
    return config;
}

static void print_both(const struct ir_region *before, const struct ir_region *after)
{
    ir_print(before, fake_slots, fake_slot_count, stderr);
    ir_print(after, fake_slots, fake_slot_count, stderr);
}

static bool same_end(struct fake_machine *a, unsigned exit_a, struct fake_machine *b,
                     unsigned exit_b)
{
    if (exit_a != exit_b || a->cpu.cpu.budget != b->cpu.cpu.budget) {
        fprintf(stderr, "exit %u and %u, budget %ld and %ld\n", exit_a, exit_b,
                (long)a->cpu.cpu.budget, (long)b->cpu.cpu.budget);
        return false;
    }
    return fake_cpu_equal(&a->cpu, &b->cpu) && memcmp(a->ram, b->ram, sizeof(a->ram)) == 0;
}

/* The entry at a pc, or the number of blocks. */
static uint32_t entry_at(const struct ir_region *r, uint64_t pc)
{
    uint32_t block = 0;
    while (block < r->block_count && (!r->blocks[block].entry || r->blocks[block].pc != pc)) {
        block++;
    }
    return block;
}

/* Interprets the region; where a poll leaves it, goes on from there. JIT_EXIT_POLL: no end came. */
static unsigned run_on(struct fake_machine *machine, const struct ir_region *r, uint32_t block)
{
    int64_t given = 0;
    unsigned exit = fake_machine_interpret(machine, r, block);
    while (exit == JIT_EXIT_POLL && given < RUN_INSNS) {
        given += RUN_STEP;
        machine->cpu.cpu.budget += RUN_STEP;
        block = entry_at(r, machine->cpu.pc);
        assert_true(block < r->block_count);
        exit = fake_machine_interpret(machine, r, block);
    }
    machine->cpu.cpu.budget -= given;
    return exit;
}

/* Runs both from one random state; true if they end alike. `polls`: they may poll at different
 * places. */
static bool compare(const struct ir_region *before, const struct ir_region *after,
                    struct fake_machine machines[2], bool polls, uint64_t *random)
{
    unsigned (*run)(struct fake_machine *, const struct ir_region *, uint32_t) =
        polls ? run_on : fake_machine_interpret;
    uint32_t block;
    do {
        block = random_below(random, after->block_count);
    } while (!after->blocks[block].entry);
    uint64_t pc = after->blocks[block].pc;
    fake_machine_init(&machines[0], 1 + random_below(random, 40), random);
    memcpy(&machines[1], &machines[0], sizeof(machines[0]));
    machines[1].cpu.cpu.exec = machines[1].exec;
    unsigned exit_a = run(&machines[0], before, entry_at(before, pc));
    unsigned exit_b = run(&machines[1], after, block);
    if ((polls && (exit_a == JIT_EXIT_POLL || exit_b == JIT_EXIT_POLL)) ||
        same_end(&machines[0], exit_a, &machines[1], exit_b)) {
        return true;
    }
    fprintf(stderr, "entered at pc 0x%lx\n", (unsigned long)pc);
    return false;
}

static void check_region(struct ir_region *before, struct ir_region *after,
                         struct fake_machine machines[2], uint64_t seed)
{
    uint64_t random = seed * 2 + 1;
    random_next(&random);
    struct ir_random_config config = random_config(&random);
    ir_random_region(before, &config, &random);
    ir_region_copy(after, before);
    char message[256];
    for (unsigned i = 0; i < opt_pipeline_count; i++) {
        opt_pipeline[i].run(after, &fake_guest_ops);
        if (!ir_verify(after, message, sizeof(message))) {
            print_both(before, after);
            fail_msg("seed %lu, after %s: %s", (unsigned long)seed, opt_pipeline[i].name, message);
        }
        uint64_t states = random;
        bool flow = strcmp(opt_pipeline[i].name, "flow") == 0;
        for (unsigned n = 0; n < STATES; n++) {
            if (compare(before, after, machines, flow, &states)) {
                continue;
            }
            print_both(before, after);
            fail_msg("seed %lu: results differ after %s", (unsigned long)seed,
                     opt_pipeline[i].name);
        }
        if (flow) {
            ir_region_copy(before, after); /* from now on they poll at the same places */
        }
    }
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void passes_keep_the_meaning(void **state)
{
    struct ir_region before, after;
    struct fake_machine *machines = aligned_alloc(64, 2 * ((sizeof(*machines) + 63) / 64 * 64));
    ir_region_init(&before);
    ir_region_init(&after);
    uint64_t seed = number_from("TEST_SEED", 1), count = number_from("TEST_COUNT", DEFAULT_COUNT);
    for (uint64_t i = 0; i < count; i++) {
        check_region(&before, &after, machines, seed + i);
    }
    ir_region_free(&before);
    ir_region_free(&after);
    free(machines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_keep_the_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
