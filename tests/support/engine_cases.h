/* What the engine must do whichever executor it has; included by one test per executor, which
 * defines ENGINE_HOST (a struct host_ops pointer, NULL for the interpreter). */
#ifndef TESTS_SUPPORT_ENGINE_CASES_H
#define TESTS_SUPPORT_ENGINE_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/toy_guest.h"

#include <stdlib.h>

enum { CODE = TOY_RAM_BASE, DATA = TOY_RAM_BASE + 0x8000, FAR = TOY_RAM_BASE + 0x4000 };

static int set_up(void **state)
{
    struct toy *toy = malloc(sizeof(*toy));
    toy_create(toy, ENGINE_HOST);
    *state = toy;
    return 0;
}

static int tear_down(void **state)
{
    toy_destroy(*state);
    free(*state);
    return 0;
}

static uint32_t *reg(struct toy *toy, unsigned n)
{
    return &toy->cpu->r[n];
}

static void a_loop_runs(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, CODE + 0, TOY_LI, 0, 1000);
    toy_put(toy, CODE + 4, TOY_LI, 5, 0);
    toy_put(toy, CODE + 8, TOY_ADD, 5, 0);
    toy_put(toy, CODE + 12, TOY_ADDI, 0, -1);
    toy_put(toy, CODE + 16, TOY_BNZ, 0, -2);
    toy_put(toy, CODE + 20, TOY_STOP, 0, 0);
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 5), 500500);
    assert_int_equal(*reg(toy, 0), 0);
    assert_int_equal(toy->cpu->pc, CODE + 24);
    assert_int_equal(toy->cpu->exceptions, 0);
}

static void memory_goes_through_the_page_table(void **state)
{
    struct toy *toy = *state;
    toy->cpu->pages[5] = (struct toy_page){DATA, true, false};
    toy_put(toy, CODE + 0, TOY_LI, 1, 0x5010);
    toy_put(toy, CODE + 4, TOY_LI, 2, 0x1234);
    toy_put(toy, CODE + 8, TOY_ST, 2, 1);
    toy_put(toy, CODE + 12, TOY_LD, 6, 1);
    toy_put(toy, CODE + 16, TOY_ST, 6, 1);
    toy_put(toy, CODE + 20, TOY_STOP, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        toy->ram[0x8010] = 0;
        toy_run(toy, CODE);
        assert_int_equal(*reg(toy, 6), 0x1234);
        assert_int_equal(toy->ram[0x8010] | toy->ram[0x8011] << 8, 0x1234);
    }
}

static void an_access_across_pages_sees_both(void **state)
{
    struct toy *toy = *state;
    toy->cpu->pages[5] = (struct toy_page){DATA, true, false};
    toy->cpu->pages[6] = (struct toy_page){FAR, true, false};
    toy_put(toy, CODE + 0, TOY_LI, 1, 0x5ffe);
    toy_put(toy, CODE + 4, TOY_LI, 2, 0);
    toy_put(toy, CODE + 8, TOY_ADDI, 2, 0x7654);
    toy_put(toy, CODE + 12, TOY_ADD, 2, 2);
    toy_put(toy, CODE + 16, TOY_ST, 2, 1);
    toy_put(toy, CODE + 20, TOY_LD, 3, 1);
    toy_put(toy, CODE + 24, TOY_STOP, 0, 0);
    *reg(toy, 2) = 0;
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 3), 0x7654 * 2);
    assert_int_equal(toy->ram[0x8ffe] | toy->ram[0x8fff] << 8, 0x7654 * 2 & 0xffff);
    /* The second page is not writable: nothing of the first is written either. */
    toy->cpu->pages[6].write = false;
    space_flush(&toy->cpu->cpu, 0, 0);
    toy_put(toy, CODE + 4, TOY_LI, 2, 0x1111);
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_MAP);
    assert_int_equal(toy->cpu->fault_address, 0x6000);
    assert_int_equal(toy->cpu->exception_pc, CODE + 16);
    assert_int_equal(toy->ram[0x8ffe] | toy->ram[0x8fff] << 8, 0x7654 * 2 & 0xffff);
}

static void faults_are_precise(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, CODE + 0, TOY_LI, 0, 1);
    toy_put(toy, CODE + 4, TOY_LI, 4, 2);
    toy_put(toy, CODE + 8, TOY_LI, 1, 0x3000);
    toy_put(toy, CODE + 12, TOY_LD, 0, 1); /* not mapped */
    toy_put(toy, CODE + 16, TOY_LI, 0, 3);
    toy_put(toy, CODE + 20, TOY_LI, 4, 4);
    toy_put(toy, CODE + 24, TOY_STOP, 0, 0);
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->exceptions, 1);
    assert_int_equal(toy->cpu->exception_pc, CODE + 12);
    assert_int_equal(toy->cpu->fault_address, 0x3000);
    assert_int_equal(*reg(toy, 0), 1);
    assert_int_equal(*reg(toy, 4), 2);
    /* Mapped now, it goes on from where it was. */
    toy->cpu->pages[3] = (struct toy_page){DATA, true, false};
    toy_run(toy, toy->cpu->pc);
    assert_int_equal(toy->cpu->exceptions, 0);
    assert_int_equal(*reg(toy, 0), 3);
    assert_int_equal(*reg(toy, 4), 4);
}

static void nothing_on_the_bus_is_a_bus_error(void **state)
{
    struct toy *toy = *state;
    toy->cpu->pages[3] = (struct toy_page){0x9000000, true, true};
    toy_put(toy, CODE + 0, TOY_LI, 1, 0x3000);
    toy_put(toy, CODE + 4, TOY_LD, 0, 1);
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_BUS);
    assert_int_equal(toy->cpu->exception_pc, CODE + 4);
    toy_run(toy, 0x3000);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_BUS);
    assert_int_equal(toy->cpu->exception_pc, 0x3000);
}

static void traps_and_fetch_faults_are_taken(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, CODE + 0, TOY_LI, 7, 9);
    toy_put(toy, CODE + 4, TOY_TRAP, 0, 42);
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->exception, 42);
    assert_int_equal(toy->cpu->exception_pc, CODE + 4);
    assert_int_equal(*reg(toy, 7), 9);
    toy_run(toy, 0x2000);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_MAP);
    assert_int_equal(toy->cpu->fault_address, 0x2000);
}

/* FAR: r5 += 1; back to r6. Called from two pages, twice around, over direct and indirect
 * branches. */
static void branches_cross_pages(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, CODE + 0, TOY_LI, 0, 50);
    toy_put(toy, CODE + 4, TOY_LI, 6, 0x0010);
    toy_put(toy, CODE + 8, TOY_ADD, 6, 7);
    toy_put(toy, CODE + 12, TOY_B, 0, (FAR - (CODE + 12)) / 4);
    toy_put(toy, CODE + 16, TOY_ADDI, 0, -1);
    toy_put(toy, CODE + 20, TOY_BNZ, 0, -4);
    toy_put(toy, CODE + 24, TOY_STOP, 0, 0);
    toy_put(toy, FAR + 0, TOY_ADDI, 5, 1);
    toy_put(toy, FAR + 4, TOY_JR, 6, 0);
    *reg(toy, 7) = CODE;
    *reg(toy, 5) = 0;
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 5), 50);
    /* The page behind the linked exit is mapped elsewhere: the link must not be followed. */
    toy_put(toy, DATA + 0, TOY_ADDI, 5, 2);
    toy_put(toy, DATA + 4, TOY_JR, 6, 0);
    toy->cpu->pages[FAR >> SPACE_PAGE_BITS].physical = DATA;
    space_flush_page(&toy->cpu->cpu, 0, 0, FAR, SPACE_PAGE_BITS);
    *reg(toy, 5) = 0;
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 5), 100);
    /* And no longer executable. */
    toy->cpu->pages[FAR >> SPACE_PAGE_BITS].fetch = false;
    space_flush_page(&toy->cpu->cpu, 0, 0, FAR, SPACE_PAGE_BITS);
    toy_run(toy, CODE);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_MAP);
    assert_int_equal(toy->cpu->exception_pc, FAR);
}

static void the_same_page_runs_at_two_addresses(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, FAR + 0, TOY_LI, 0, 3);
    toy_put(toy, FAR + 4, TOY_ADDI, 5, 1);
    toy_put(toy, FAR + 8, TOY_ADDI, 0, -1);
    toy_put(toy, FAR + 12, TOY_BNZ, 0, -2);
    toy_put(toy, FAR + 16, TOY_STOP, 0, 0);
    toy->cpu->pages[7] = (struct toy_page){FAR, false, true};
    *reg(toy, 5) = 0;
    toy_run(toy, FAR);
    assert_int_equal(toy->cpu->pc, FAR + 20);
    toy_run(toy, 0x7000);
    assert_int_equal(toy->cpu->pc, 0x7000 + 20);
    assert_int_equal(*reg(toy, 5), 6);
    uint64_t regions = jit_stats(toy->jit)->regions;
    toy_run(toy, 0x7000);
    assert_int_equal(jit_stats(toy->jit)->regions, regions);
}

static void stores_into_code_take_effect(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, FAR + 0, TOY_LI, 5, 1);
    toy_put(toy, FAR + 4, TOY_JR, 6, 0);
    toy_put(toy, DATA, TOY_LI, 5, 2);
    toy_put(toy, CODE + 0, TOY_LD, 1, 2);
    toy_put(toy, CODE + 4, TOY_ST, 1, 3);
    toy_put(toy, CODE + 8, TOY_JR, 3, 0);
    toy_put(toy, CODE + 12, TOY_STOP, 0, 0);
    *reg(toy, 6) = CODE + 12;
    *reg(toy, 2) = DATA;
    *reg(toy, 3) = FAR;
    toy_run(toy, FAR);
    assert_int_equal(*reg(toy, 5), 1);
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 5), 2);
    /* Many times into the instruction that runs next, with the page's data beside it. */
    toy_put(toy, CODE + 0, TOY_LI, 0, 20000);
    toy_put(toy, CODE + 4, TOY_LD, 1, 2);
    toy_put(toy, CODE + 8, TOY_ST, 1, 3);
    toy_put(toy, CODE + 12, TOY_ADDI, 0, -1);
    toy_put(toy, CODE + 16, TOY_BNZ, 0, -3);
    toy_put(toy, CODE + 20, TOY_STOP, 0, 0);
    *reg(toy, 3) = CODE + 20;
    toy_put(toy, DATA, TOY_STOP, 0, 0);
    toy_run(toy, CODE);
    while (*reg(toy, 0)) { /* STOP's kick of an earlier round may end the run early */
        toy_run(toy, toy->cpu->pc);
    }
    assert_int_equal(toy->cpu->exceptions, 0);
}

static void an_instruction_across_pages_depends_on_both(void **state)
{
    struct toy *toy = *state;
    uint32_t last = CODE + 0xffc;
    toy_put(toy, last, TOY_WIDE, 5, 0);
    toy_put(toy, last + 4, 0x11, 0, 0);
    toy_put(toy, last + 8, TOY_STOP, 0, 0);
    toy_run(toy, last);
    assert_int_equal(*reg(toy, 5), 0x11);
    assert_int_equal(toy->cpu->pc, last + 12);
    toy_put(toy, last + 4, 0x22, 0, 0);
    toy_run(toy, last);
    assert_int_equal(*reg(toy, 5), 0x22);
    /* Another page behind it. */
    unsigned next = (last + 4) >> SPACE_PAGE_BITS;
    toy_put(toy, FAR, 0x33, 0, 0);
    toy_put(toy, FAR + 4, TOY_STOP, 0, 0);
    struct toy_page old = toy->cpu->pages[next];
    toy->cpu->pages[next].physical = FAR;
    space_flush_page(&toy->cpu->cpu, 0, 0, last + 4, SPACE_PAGE_BITS);
    toy_run(toy, last);
    assert_int_equal(*reg(toy, 5), 0x33);
    /* None: a fault at the second half, and everything right again afterwards. */
    toy->cpu->pages[next].physical = 0;
    space_flush_page(&toy->cpu->cpu, 0, 0, last + 4, SPACE_PAGE_BITS);
    toy_run(toy, last);
    assert_int_equal(toy->cpu->exception, TOY_FAULT_MAP);
    assert_int_equal(toy->cpu->exception_pc, last);
    toy->cpu->pages[next] = old;
    toy_run(toy, last);
    assert_int_equal(toy->cpu->exceptions, 0);
    assert_int_equal(*reg(toy, 5), 0x22);
}

static void a_kick_ends_an_endless_loop(void **state)
{
    struct toy *toy = *state;
    toy_put(toy, CODE + 0, TOY_B, 0, 0);
    toy->cpu->pc = CODE;
    cpu_kick(&toy->cpu->cpu, CPU_POLL_EVENT);
    jit_run(&toy->cpu->cpu);
    assert_int_equal(toy->cpu->pc, CODE);
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
/* In turns between two modes; `mode` has more code than the other one. */
static void run_in_turns(struct toy *toy, int mode)
{
    toy_put(toy, CODE + 0, TOY_LI, 0, 1000);
    toy_put(toy, CODE + 4, TOY_LI, 5, 0);
    toy_put(toy, CODE + 8, TOY_LI, 6, 0);
    toy_put(toy, CODE + 12, TOY_MODE, 0, mode);
    toy_put(toy, CODE + 16, TOY_TM, 1, 0);
    toy_put(toy, CODE + 20, TOY_ADD, 5, 1);
    toy_put(toy, CODE + 24, TOY_MODE, 0, 2);
    toy_put(toy, CODE + 28, TOY_TM, 1, 0);
    toy_put(toy, CODE + 32, TOY_ADD, 6, 1);
    toy_put(toy, CODE + 36, TOY_ADDI, 0, -1);
    toy_put(toy, CODE + 40, TOY_BNZ, 0, -7);
    toy_put(toy, CODE + 44, TOY_STOP, 0, 0);
    toy_run(toy, CODE);
    assert_int_equal(*reg(toy, 5), 1000 * mode);
    assert_int_equal(*reg(toy, 6), 2000);
}

/* Host code goes from mode to mode by itself, but for passing modes. */
static void modes_have_code_of_their_own(void **state)
{
    struct toy *toy = *state;
    const struct host_ops *host = ENGINE_HOST;
    const uint64_t *exits = jit_stats(toy->jit)->exits;
    run_in_turns(toy, 1);
    uint64_t lookups = exits[JIT_EXIT_LOOKUP] + exits[JIT_EXIT_BRANCH];
    assert_true(host ? lookups < 20 : lookups >= 2000);
    run_in_turns(toy, TOY_PASSING_MODE);
    lookups = exits[JIT_EXIT_LOOKUP] + exits[JIT_EXIT_BRANCH] - lookups;
    assert_true(host ? lookups >= 1000 && lookups < 1020 : lookups >= 2000);
}

#define ENGINE_TESTS                                                                               \
    ENGINE_TEST(a_loop_runs), ENGINE_TEST(memory_goes_through_the_page_table),                     \
        ENGINE_TEST(an_access_across_pages_sees_both), ENGINE_TEST(faults_are_precise),            \
        ENGINE_TEST(nothing_on_the_bus_is_a_bus_error),                                            \
        ENGINE_TEST(traps_and_fetch_faults_are_taken), ENGINE_TEST(branches_cross_pages),          \
        ENGINE_TEST(the_same_page_runs_at_two_addresses),                                          \
        ENGINE_TEST(stores_into_code_take_effect),                                                 \
        ENGINE_TEST(an_instruction_across_pages_depends_on_both),                                  \
        ENGINE_TEST(modes_have_code_of_their_own), ENGINE_TEST(a_kick_ends_an_endless_loop)

#endif
