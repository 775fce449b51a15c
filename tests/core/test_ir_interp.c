/* What the interpreter does at the edges, exits and accesses of a region. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/fake_memory.h"
#include "tests/support/ir_text.h"

#include <stdlib.h>
#include <string.h>

enum { BUDGET = 100 };

struct fixture {
    struct fake_machine machine;
    struct ir_region region;
};

static int set_up(void **state)
{
    struct fixture *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);
    uint64_t random = 1;
    fake_machine_init(&f->machine, BUDGET, &random);
    ir_region_init(&f->region);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ir_region_free(&f->region);
    free(f);
    return 0;
}

static unsigned run(struct fixture *f, const char *text)
{
    ir_text_read(&f->region, text);
    return fake_machine_interpret(&f->machine, &f->region, 0);
}

static void a_region_runs_to_its_goto(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 40;
    assert_int_equal(run(f, "block 0 pc 0x40000 entry\n"
                            " entry 0x40000\n"
                            " count 1\n"
                            " insn 0x40000, 4, 0x33\n"
                            " v1 = get.i32 [r1]\n"
                            " v2 = const.i32 2\n"
                            " v3 = add.i32 v1, v2\n"
                            " set.i32 v3, [r2]\n"
                            " goto 0x40004\n"),
                     JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.r[2], 42);
    assert_int_equal(f->machine.cpu.pc, 0x40004);
    assert_int_equal(f->machine.cpu.tag, 0); /* only where something leaves in between */
    assert_int_equal(f->machine.cpu.cpu.budget, BUDGET - 1);
    assert_null(f->machine.cpu.cpu.frame);
}

static void gotoi_and_leave_exit(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 0x1235;
    f->machine.cpu.tag = 7; /* somebody wrote it: about to enter an instruction's middle */
    assert_int_equal(run(f, "block 0 pc 0\n v1 = get.i32 [r1]\n gotoi v1, return\n"),
                     JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.pc, 0x1235);
    f->machine.cpu.pc = 0x77;
    assert_int_equal(run(f, "block 0 pc 0\n leave\n"), JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.pc, 0x77);
    assert_int_equal(f->machine.cpu.tag, 7);
}

static const char branch[] = "block 0 pc 0\n"
                             " v1 = get.i32 [r1]\n"
                             " v2 = const.i32 5\n"
                             " v3 = const.i32 6\n"
                             " branch v1, @1, @2 taken{[cf]=v2} other{[vf]=v3, [cf]=v3}\n"
                             "block 1 pc 0\n goto 0x100\n"
                             "block 2 pc 0\n goto 0x200\n";

static void a_branch_makes_the_sets_of_its_edge(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 0x80000000;
    f->machine.cpu.vf = 9;
    run(f, branch);
    assert_int_equal(f->machine.cpu.pc, 0x100);
    assert_int_equal(f->machine.cpu.cf, 5);
    assert_int_equal(f->machine.cpu.vf, 9);
    f->machine.cpu.r[1] = 0;
    run(f, branch);
    assert_int_equal(f->machine.cpu.pc, 0x200);
    assert_int_equal(f->machine.cpu.cf, 6);
    assert_int_equal(f->machine.cpu.vf, 6);
}

static const char loop[] = "block 0 pc 0x40000 entry\n"
                           " entry 0x40000, loop\n"
                           " count 2\n"
                           " v1 = get.i32 [r1]\n"
                           " v2 = const.i32 1\n"
                           " v3 = add.i32 v1, v2\n"
                           " set.i32 v3, [r1]\n"
                           " jump @0 leave{[nf]=v3}\n";

static void a_loop_polls_and_applies_the_snapshot(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 0;
    f->machine.cpu.cpu.budget = 5;
    f->machine.cpu.nf = 99;
    assert_int_equal(run(f, loop), JIT_EXIT_POLL);
    assert_int_equal(f->machine.cpu.r[1], 3);
    assert_int_equal(f->machine.cpu.nf, 3);
    assert_int_equal(f->machine.cpu.pc, 0x40000);
    assert_int_equal(f->machine.cpu.cpu.budget, -1);
    /* Entered from outside, it polls at once and the snapshot is nobody's. */
    f->machine.cpu.nf = 99;
    assert_int_equal(run(f, loop), JIT_EXIT_POLL);
    assert_int_equal(f->machine.cpu.r[1], 3);
    assert_int_equal(f->machine.cpu.nf, 99);
    /* Not counted, only a request stops it. */
    f->machine.cpu.cpu.counted = 0;
    f->machine.cpu.cpu.poll = CPU_POLL_EVENT;
    assert_int_equal(run(f, loop), JIT_EXIT_POLL);
    assert_int_equal(f->machine.cpu.cpu.budget, -1);
}

static void an_entry_within_the_region_does_not_poll(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.cpu.poll = CPU_POLL_IRQ;
    assert_int_equal(run(f, "block 0 pc 0\n jump @1\n"
                            "block 1 pc 0x40000 entry\n entry 0x40000\n goto 0x300\n"),
                     JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.pc, 0x300);
}

static void a_guard_compares_the_page(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "block 0 pc 0x40000 entry\n"
                               " entry 0x40000\n"
                               " guard 0x41000, 0x7\n"
                               " goto 0x300\n";
    assert_int_equal(run(f, text), JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.pc, 0x40000);
    f->machine.exec[0x41] = 7;
    assert_int_equal(run(f, text), JIT_EXIT_LOOKUP);
    assert_int_equal(f->machine.cpu.pc, 0x300);
}

/* A fault in the second of three instructions; the region would set r3 and nf otherwise. */
static void a_fault_is_precise(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 0x123;
    f->machine.cpu.r[3] = 9;
    assert_int_equal(run(f, "block 0 pc 0x40000 entry\n"
                            " entry 0x40000\n"
                            " count 3\n"
                            " insn 0x40000, 4, 0x0\n"
                            " v1 = get.i32 [r1]\n"
                            " set.i32 v1, [r2]\n"
                            " insn 0x40004, 4, 0x55\n"
                            " v2 = load.i32 v1, 0, 4 leave{[nf]=v1}\n"
                            " set.i32 v2, [r3]\n"
                            " insn 0x40008, 4, 0x0\n"
                            " goto 0x4000c\n"),
                     JIT_EXIT_EXCEPTION);
    assert_int_equal(f->machine.cpu.fault_kind, FAKE_WALK);
    assert_int_equal(f->machine.cpu.fault_address, 0x123);
    assert_int_equal(f->machine.cpu.pc, 0x40004);
    assert_int_equal(f->machine.cpu.tag, 0x55);
    assert_int_equal(f->machine.cpu.r[2], 0x123);
    assert_int_equal(f->machine.cpu.r[3], 9);
    assert_int_equal(f->machine.cpu.nf, 0x123);
    assert_int_equal(f->machine.cpu.cpu.budget, BUDGET - 2); /* the faulting one was begun */
    assert_null(f->machine.cpu.cpu.frame);
}

/* An instruction that goes on in an internal block is one instruction. */
static void a_repeated_insn_counts_once(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = 1;
    assert_int_equal(run(f, "block 0 pc 0x40000 entry\n"
                            " entry 0x40000\n"
                            " count 5\n"
                            " insn 0x40000, 4, 0x0\n"
                            " insn 0x40004, 4, 0x0\n"
                            " v1 = get.i32 [r1]\n"
                            " branch v1, @1, @2\n"
                            "block 1 pc 0x40004\n"
                            " insn 0x40004, 4, 0x0\n"
                            " v2 = get.i32 [r1]\n"
                            " v3 = load.i32 v2, 0, 4\n"
                            " jump @2\n"
                            "block 2 pc 0x40008\n"
                            " goto 0x4000c\n"),
                     JIT_EXIT_EXCEPTION);
    assert_int_equal(f->machine.cpu.cpu.budget, BUDGET - 2);
}

static void accesses_extend_reverse_and_wrap(void **state)
{
    struct fixture *f = *state;
    static const uint8_t bytes[] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
                                    0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98};
    memcpy(f->machine.ram, bytes, sizeof(bytes));
    f->machine.cpu.r[1] = FAKE_RAM_BASE + 16;
    run(f, "block 0 pc 0\n"
           " insn 0, 4, 0\n"
           " v1 = get.i32 [r1]\n"
           " v2 = load.i32 v1, -16, 1\n"
           " set.i32 v2, [r2]\n"
           " v3 = load.i32 v1, -16, 1.s\n"
           " set.i32 v3, [r3]\n"
           " v4 = load.i32 v1, -16, 2.s.be\n"
           " set.i32 v4, [r4]\n"
           " v5 = load.i64 v1, -16, 4.s\n"
           " set.i64 v5, [x0]\n"
           " v6 = load.i64 v1, -16, 8.be\n"
           " set.i64 v6, [x1]\n"
           " v7 = load.i64 v1, -16, 8.be.swap64\n"
           " set.i64 v7, [x2]\n"
           " v8 = load.v128 v1, -16, 16\n"
           " set.v128 v8, [v0]\n"
           " v9 = load.v128 v1, -16, 16.be\n"
           " set.v128 v9, [v1]\n"
           " v10 = const.i32 0xffffffff\n"
           " v11 = load.i32 v10, 65553, 1\n"
           " set.i32 v11, [r5]\n"
           " leave\n");
    assert_int_equal(f->machine.cpu.r[2], 0x81);
    assert_int_equal(f->machine.cpu.r[3], 0xffffff81);
    assert_int_equal(f->machine.cpu.r[4], 0xffff8182);
    assert_int_equal(f->machine.cpu.x[0], 0xffffffff84838281);
    assert_int_equal(f->machine.cpu.x[1], 0x8182838485868788);
    assert_int_equal(f->machine.cpu.x[2], 0x8586878881828384);
    assert_int_equal(f->machine.cpu.v[0][0], 0x8887868584838281);
    assert_int_equal(f->machine.cpu.v[0][1], 0x9897969594939291);
    assert_int_equal(f->machine.cpu.v[1][0], 0x9192939495969798);
    assert_int_equal(f->machine.cpu.v[1][1], 0x8182838485868788);
    assert_int_equal(f->machine.cpu.r[5], f->machine.ram[16]); /* 0xffffffff + 0x10011 */
}

static void stores_and_cas(void **state)
{
    struct fixture *f = *state;
    f->machine.cpu.r[1] = FAKE_RAM_BASE;
    f->machine.cpu.x[0] = 0x1122334455667788;
    f->machine.cpu.r[2] = 0x66778811;
    memset(f->machine.ram, 0, 32);
    run(f, "block 0 pc 0\n"
           " insn 0, 4, 0\n"
           " v1 = get.i32 [r1]\n"
           " v2 = get.i64 [x0]\n"
           " v3 = get.i32 [r2]\n"
           " store.i64 v1, v2, 0, 8\n"
           " store.i64 v1, v2, 8, 2.be\n"
           " store.i32 v1, v3, 12, 1\n"
           " v4 = const.i32 0x55667788\n"
           " v5 = cas.i32 v1, v4, v3, 0, 4\n"
           " set.i32 v5, [r3]\n"
           " v6 = cas.i32 v1, v4, v4, 0, 4\n"
           " set.i32 v6, [r4]\n"
           " leave\n");
    static const uint8_t after[16] = {0x11, 0x88, 0x77, 0x66, 0x44, 0x33, 0x22, 0x11,
                                      0x77, 0x88, 0,    0,    0x11, 0,    0,    0};
    assert_memory_equal(f->machine.ram, after, sizeof(after));
    assert_int_equal(f->machine.cpu.r[3], 0x55667788); /* old, equal: stored */
    assert_int_equal(f->machine.cpu.r[4], 0x66778811); /* old, not equal: not stored */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_region_runs_to_its_goto, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gotoi_and_leave_exit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_branch_makes_the_sets_of_its_edge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loop_polls_and_applies_the_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_entry_within_the_region_does_not_poll, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_guard_compares_the_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fault_is_precise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_insn_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accesses_extend_reverse_and_wrap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stores_and_cas, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
