/* The second tier: hot code is replaced while the guest runs, and nobody can tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/x86_64/host.h"
#include "tests/support/random.h"
#include "tests/support/toy_guest.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { CODE = TOY_RAM_BASE, SLICE = 20000, LOOPS = 24, LOOP_BYTES = 0x400 };

static const struct jit_config repeatable = {
    .buffer_size = 1 << 20, .counted = true, .second_tier = true, .repeatable = true};

/* At `at`: r0 times in all, r5 += r6 and r7 += r5. Then STOP. */
static void put_loop(struct toy *toy, uint32_t at)
{
    toy_put(toy, at + 0, TOY_ADD, 5, 6);
    toy_put(toy, at + 4, TOY_ADD, 7, 5);
    toy_put(toy, at + 8, TOY_ADDI, 0, -1);
    toy_put(toy, at + 12, TOY_BNZ, 0, -3);
    toy_put(toy, at + 16, TOY_STOP, 0, 0);
}

static void begin(struct toy *toy, uint32_t pc, uint32_t count)
{
    struct toy_cpu *cpu = toy->cpu;
    cpu->pc = pc;
    cpu->r[0] = count;
    cpu->r[5] = cpu->r[7] = 0;
    cpu->r[6] = 3;
    cpu->exceptions = 0;
    atomic_store(&cpu->cpu.poll, 0);
}

/* One slice of instructions, as the machine does it. Returns false at STOP. */
static bool run_slice(struct toy *toy)
{
    struct cpu *cpu = &toy->cpu->cpu;
    cpu->budget = SLICE;
    jit_run(cpu);
    cpu->insns += (uint64_t)(SLICE - cpu->budget);
    return !(cpu->poll & CPU_POLL_STOP);
}

static void check_loop(const struct toy *toy, uint32_t count)
{
    assert_int_equal(toy->cpu->r[0], 0);
    assert_int_equal(toy->cpu->r[5], 3 * count);
    uint64_t sum = (uint64_t)count * (count + 1) / 2 * 3;
    assert_int_equal(toy->cpu->r[7], (uint32_t)sum);
}

static void a_hot_loop_is_replaced(void **state)
{
    struct toy toy;
    toy_create_with(&toy, &x64_host_ops, &repeatable);
    put_loop(&toy, CODE);
    begin(&toy, CODE, 300000);
    while (run_slice(&toy)) {
    }
    check_loop(&toy, 300000);
    assert_int_equal(jit_stats(toy.jit)->second_tier, 1);
    assert_true(jit_stats(toy.jit)->replaced >= 1);
    begin(&toy, CODE, 1000);
    while (run_slice(&toy)) {
    }
    check_loop(&toy, 1000);
    toy_destroy(&toy);
}

/* Many loops, one after the other and again and again; hashes where each slice ends. */
static uint64_t run_many(const struct jit_config *settings, struct jit_stats *stats)
{
    struct toy toy;
    toy_create_with(&toy, &x64_host_ops, settings);
    for (unsigned i = 0; i < LOOPS; i++) {
        put_loop(&toy, CODE + i * LOOP_BYTES);
    }
    uint64_t hash = 0;
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < LOOPS; i++) {
            uint32_t count = 20000 + 1000 * i;
            begin(&toy, CODE + i * LOOP_BYTES, count);
            while (run_slice(&toy)) {
                hash = (hash ^ toy.cpu->pc ^ toy.cpu->r[0]) * UINT64_C(0x100000001b3);
                hash ^= (uint64_t)toy.cpu->cpu.insns;
            }
            check_loop(&toy, count);
        }
    }
    *stats = *jit_stats(toy.jit);
    toy_destroy(&toy);
    return hash;
}

static void counted_runs_are_the_same(void **state)
{
    struct jit_stats first, second;
    uint64_t hash = run_many(&repeatable, &first);
    assert_true(run_many(&repeatable, &second) == hash);
    assert_true(first.second_tier > LOOPS / 2);
    assert_int_equal(first.second_tier, second.second_tier);
    assert_int_equal(first.replaced, second.replaced);
    assert_int_equal(first.host_bytes, second.host_bytes);
}

static void it_works_in_little_room(void **state)
{
    struct jit_config small = repeatable;
    small.buffer_size = 64 << 10;
    struct jit_stats stats;
    run_many(&small, &stats);
}

/* The loop is overwritten after any number of slices: before the code is hot, while the thread
 * translates it, when it waits to be installed, and later. */
static void what_is_overwritten_is_not_installed(void **state)
{
    enum { COUNT = 200000, OTHER = -7 };
    for (unsigned slices = 1; slices <= 20; slices++) {
        struct toy toy;
        toy_create_with(&toy, &x64_host_ops, &repeatable);
        put_loop(&toy, CODE);
        begin(&toy, CODE, COUNT);
        for (unsigned i = 0; i < slices; i++) {
            assert_true(run_slice(&toy));
        }
        uint32_t left = toy.cpu->r[0], sum = toy.cpu->r[5];
        bool at_start = toy.cpu->pc == CODE;
        assert_true(at_start);
        toy_put(&toy, CODE, TOY_ADDI, 5, OTHER);
        while (run_slice(&toy)) {
        }
        assert_int_equal(toy.cpu->r[5], sum + left * (uint32_t)OTHER);
        toy_destroy(&toy);
    }
}

/* ---- in real time ---------------------------------------------------------------------------- */

struct stopper {
    struct cpu *cpu;
    unsigned microseconds;
};

static void *stop_later(void *opaque)
{
    const struct stopper *stopper = opaque;
    struct timespec wait = {.tv_nsec = stopper->microseconds * 1000L};
    nanosleep(&wait, NULL);
    cpu_kick(stopper->cpu, CPU_POLL_EVENT);
    return NULL;
}

/* Runs for about so long; false at STOP. */
static bool run_for(struct toy *toy, unsigned microseconds)
{
    struct stopper stopper = {&toy->cpu->cpu, microseconds};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_later, &stopper), 0);
    jit_run(&toy->cpu->cpu);
    pthread_join(thread, NULL);
    bool stopped = toy->cpu->cpu.poll & CPU_POLL_STOP;
    atomic_store(&toy->cpu->cpu.poll, 0);
    return !stopped;
}

/* The loop is changed again and again, whatever the thread is doing with it. */
static void code_changes_while_it_is_translated(void **state)
{
    static const struct jit_config settings = {.buffer_size = 1 << 20, .second_tier = true};
    struct toy toy;
    toy_create_with(&toy, &x64_host_ops, &settings);
    put_loop(&toy, CODE);
    uint64_t random = 1;
    int step = 3;
    uint32_t expected = 0, before = UINT32_MAX;
    begin(&toy, CODE, before);
    toy_put(&toy, CODE, TOY_ADDI, 5, step);
    for (unsigned i = 0; i < 150 || (i < 2000 && !jit_stats(toy.jit)->second_tier); i++) {
        assert_true(run_for(&toy, 1000 + (unsigned)random_below(&random, 20000)));
        assert_int_equal(toy.cpu->pc, CODE);
        expected += (before - toy.cpu->r[0]) * (uint32_t)step;
        before = toy.cpu->r[0];
        assert_int_equal(toy.cpu->r[5], expected);
        if (i % 4 == 3) {
            step = (int)random_below(&random, 1000) - 500;
            toy_put(&toy, CODE, TOY_ADDI, 5, step);
        }
        if (before < UINT32_MAX / 2) {
            toy.cpu->r[0] = before = UINT32_MAX;
        }
    }
    assert_true(jit_stats(toy.jit)->second_tier > 0);
    toy_destroy(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hot_loop_is_replaced),
        cmocka_unit_test(counted_runs_are_the_same),
        cmocka_unit_test(it_works_in_little_room),
        cmocka_unit_test(what_is_overwritten_is_not_installed),
        cmocka_unit_test(code_changes_while_it_is_translated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
