/* The engine that compares translated code with the interpreter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/x86_64/host.h"
#include "tests/support/toy_guest.h"

#include <pthread.h>
#include <time.h>

enum { CODE = TOY_RAM_BASE, DATA = TOY_RAM_BASE + 0x8000, TURNS = 1000000 };

static const struct jit_config both = {.engine = JIT_ENGINE_BOTH, .buffer_size = 1 << 20};

/* Stores r0 and counts it down to 0. */
static void put_loop(struct toy *toy)
{
    toy_put(toy, CODE + 0, TOY_ST, 0, 6);
    toy_put(toy, CODE + 4, TOY_ADD, 5, 0);
    toy_put(toy, CODE + 8, TOY_ADDI, 0, -1);
    toy_put(toy, CODE + 12, TOY_BNZ, 0, -3);
    toy_put(toy, CODE + 16, TOY_STOP, 0, 0);
}

static void run_loop(struct toy *toy, uint32_t turns)
{
    toy->cpu->r[0] = turns;
    toy->cpu->r[5] = 0;
    toy->cpu->r[6] = DATA;
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->r[0], 0);
    assert_int_equal(toy->cpu->r[5], (uint32_t)((uint64_t)turns * (turns + 1) / 2));
    assert_int_equal(toy->ram[DATA - TOY_RAM_BASE], 1);
}

static void stores_are_made_once(void **state)
{
    (void)state;
    struct toy toy;
    toy_create_with(&toy, &x64_host_ops, &both);
    put_loop(&toy);
    run_loop(&toy, 300);
    run_loop(&toy, 7);
    toy_destroy(&toy);
}

struct asker {
    struct cpu *cpu;
    atomic_bool done;
};

static void *ask(void *opaque)
{
    struct asker *asker = opaque;
    while (!asker->done) {
        cpu_kick(asker->cpu, CPU_POLL_IRQ);
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    return NULL;
}

/* Interrupts are asked for more often than the interpreter takes for the whole loop. */
static void a_loop_gets_on_between_interrupts(void **state)
{
    (void)state;
    struct toy toy;
    toy_create_with(&toy, &x64_host_ops, &both);
    put_loop(&toy);
    struct asker asker = {.cpu = &toy.cpu->cpu};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask, &asker), 0);
    run_loop(&toy, TURNS);
    asker.done = true;
    pthread_join(thread, NULL);
    toy_destroy(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_are_made_once),
        cmocka_unit_test(a_loop_gets_on_between_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
