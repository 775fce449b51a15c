/* Guest calls and returns, which are calls and returns of the host: matched, mismatched, deep, and
 * with what may happen to the caller meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/host/host_fixture.h"

enum {
    PAGE = SPACE_PAGE_SIZE,
    CALLER = FAKE_CODE,
    LINK = FAKE_CODE + 4, /* where the call returns to */
    CALLEE = FAKE_CODE + PAGE,
    OTHER = FAKE_CODE + 2 * PAGE,
    END = FAKE_CODE + 3 * PAGE,
    NUMBER = 7, /* code page of the caller; the others' follow */
};

/* r1 is the link register; r2 counts the regions that ran. */
enum { R_LINK = 1, R_COUNT = 2, R_TARGET = 3 };

static size_t slot(unsigned r)
{
    return offsetof(struct fake_cpu, r) + 4 * r;
}

static void map_code(struct fixture *f, bool mapped)
{
    for (unsigned i = 0; i < 4; i++) {
        f->exec[(CALLER >> SPACE_PAGE_BITS) + i] = mapped ? NUMBER + i : 0;
    }
}

static int set_up(void **state)
{
    struct fixture *f = malloc(sizeof(*f));
    CHECK(f);
    fixture_init(f, UINT32_MAX, true);
    uint64_t random = 1;
    fake_machine_init(&f->before, 1000000, &random);
    f->before.cpu.r[R_COUNT] = 0;
    map_code(f, true);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_done(fixture_of(state));
    free(*state);
    return 0;
}

/* Begins a region that counts itself. */
static void begin(struct ir_region *r, uint64_t pc)
{
    fixture_begin(r, pc);
    uint32_t count = ir_op2(r, IR_ADD, ir_get(r, IR_I32, slot(R_COUNT)), ir_i32(r, 1));
    ir_set(r, slot(R_COUNT), count);
}

static struct host_code make_caller(struct fixture *f, uint32_t pc, uint32_t callee)
{
    struct ir_region r;
    begin(&r, pc);
    ir_set(&r, slot(R_LINK), ir_pcrel(&r, IR_I32, pc + 4));
    ir_emit(&r, IR_GOTO, IR_NONE, 0, pc + 4, 0, callee, IR_HINT_CALL);
    return fixture_finish(f, &r);
}

static struct host_code make_indirect_caller(struct fixture *f, uint32_t pc)
{
    struct ir_region r;
    begin(&r, pc);
    ir_set(&r, slot(R_LINK), ir_pcrel(&r, IR_I32, pc + 4));
    ir_emit(&r, IR_GOTOI, IR_NONE, ir_get(&r, IR_I32, slot(R_TARGET)), pc + 4, 0, 0, IR_HINT_CALL);
    return fixture_finish(f, &r);
}

/* Returns to what register `link` holds. `helper` may be NULL. */
static struct host_code make_callee(struct fixture *f, uint32_t pc, unsigned link,
                                    const struct ir_helper *helper)
{
    struct ir_region r;
    begin(&r, pc);
    if (helper) {
        ir_call(&r, helper, 0, 0, 0, 0);
    }
    ir_emit(&r, IR_GOTOI, IR_NONE, ir_get(&r, IR_I32, slot(link)), 0, 0, 0, IR_HINT_RETURN);
    return fixture_finish(f, &r);
}

/* Ends at an exit that nobody links. */
static struct host_code make_end(struct fixture *f, uint32_t pc)
{
    struct ir_region r;
    begin(&r, pc);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, END, 0);
    return fixture_finish(f, &r);
}

static const uint8_t *entry_of(const struct host_code *code)
{
    return code->start + code->entries[0].code;
}

static const struct host_exit *exit_to(const struct host_code *code, uint64_t target)
{
    for (uint32_t i = 0; i < code->exit_count; i++) {
        if (code->exits[i].target == target) {
            return &code->exits[i];
        }
    }
    CHECK_UNREACHABLE();
}

static void link_to(struct fixture *f, const struct host_code *from, uint32_t target,
                    const struct host_code *to)
{
    x64_host_ops.link(f->host, from, exit_to(from, target), entry_of(to),
                      NUMBER + (target - CALLER) / PAGE);
}

static void cache(struct fixture *f, uint32_t pc, const struct host_code *code)
{
    f->jumps[jump_index(pc)] = (struct jump_entry){
        .pc = pc, .page = f->exec[pc >> SPACE_PAGE_BITS], .code = entry_of(code)};
}

static void check_run(struct fixture *f, const struct host_code *from, uint32_t pc,
                      unsigned regions)
{
    f->code = *from;
    assert_int_equal(fixture_enter(f, entry_of(from)), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.pc, pc);
    assert_int_equal(f->actual.cpu.r[R_COUNT], regions);
}

/* ---- matched --------------------------------------------------------------------------------- */

static void a_return_needs_no_cache(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_caller(f, CALLER, CALLEE), end = make_end(f, LINK);
    struct host_code callee = make_callee(f, CALLEE, R_LINK, NULL);
    check_run(f, &caller, CALLEE, 1); /* not linked yet */
    link_to(f, &caller, CALLEE, &callee);
    check_run(f, &caller, LINK, 2);
    assert_int_equal(f->actual.cpu.cpu.exit_site, exit_to(&caller, LINK)->id);
    link_to(f, &caller, LINK, &end);
    check_run(f, &caller, END, 3);
    /* As many instructions as regions are accounted. */
    assert_int_equal(f->before.cpu.cpu.budget - f->actual.cpu.cpu.budget, 3);
}

static void an_indirect_call_returns_likewise(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_indirect_caller(f, CALLER), end = make_end(f, LINK);
    struct host_code callee = make_callee(f, CALLEE, R_LINK, NULL);
    f->before.cpu.r[R_TARGET] = CALLEE;
    check_run(f, &caller, CALLEE, 1);
    assert_int_equal(f->actual.cpu.r[R_LINK], LINK);
    cache(f, CALLEE, &callee);
    link_to(f, &caller, LINK, &end);
    check_run(f, &caller, END, 3);
}

static void clones_return_to_their_own_page(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_caller(f, CALLER, CALLEE), clone;
    struct host_code callee = make_callee(f, CALLEE, R_LINK, NULL);
    assert_true(x64_host_ops.clone(f->host, &caller, PAGE, &clone));
    fixture_keep(f, clone);
    x64_host_ops.link(f->host, &clone, exit_to(&clone, CALLEE + PAGE), entry_of(&callee),
                      NUMBER + 2);
    check_run(f, &clone, LINK + PAGE, 2);
    assert_int_equal(f->actual.cpu.cpu.exit_site, exit_to(&clone, LINK + PAGE)->id);
}

/* ---- mismatched ------------------------------------------------------------------------------ */

static void a_return_without_a_call_is_looked_up(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code callee = make_callee(f, CALLEE, R_LINK, NULL);
    struct host_code other = make_callee(f, OTHER, R_TARGET, NULL), end = make_end(f, LINK);
    f->before.cpu.r[R_LINK] = OTHER;
    f->before.cpu.r[R_TARGET] = LINK;
    check_run(f, &callee, OTHER, 1);
    cache(f, OTHER, &other);
    check_run(f, &callee, LINK, 2);
    cache(f, LINK, &end);
    check_run(f, &callee, END, 3);
    f->exec[OTHER >> SPACE_PAGE_BITS]++;
    check_run(f, &callee, OTHER, 1);
}

static void a_return_to_elsewhere_keeps_the_stack(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_caller(f, CALLER, CALLEE), end = make_end(f, LINK);
    /* The callee goes to OTHER, which returns to where the call expects it. */
    struct host_code callee = make_callee(f, CALLEE, R_TARGET, NULL);
    struct host_code other = make_callee(f, OTHER, R_LINK, NULL);
    link_to(f, &caller, CALLEE, &callee);
    link_to(f, &caller, LINK, &end);
    f->before.cpu.r[R_TARGET] = OTHER;
    check_run(f, &caller, OTHER, 2);
    cache(f, OTHER, &other);
    check_run(f, &caller, END, 4);
}

/* ---- what may happen to the caller ----------------------------------------------------------- */

static void a_dropped_caller_is_looked_up(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_caller(f, CALLER, CALLEE), end = make_end(f, LINK);
    struct host_code callee = make_callee(f, CALLEE, R_LINK, NULL);
    link_to(f, &caller, CALLEE, &callee);
    link_to(f, &caller, LINK, &end);
    x64_host_ops.unlink(f->host, &caller, exit_to(&caller, LINK));
    check_run(f, &caller, LINK, 2);
}

static uint64_t remap(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    ((struct fake_cpu *)cpu)->cpu.exec[CALLER >> SPACE_PAGE_BITS] = NUMBER + 10;
    return 0;
}
static const struct ir_helper remap_helper = {
    .name = "remap", .fn = remap, .result = IR_NONE, .effects = IR_EFFECT_READS};

static void a_caller_that_is_mapped_no_more_is_looked_up(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code caller = make_caller(f, CALLER, CALLEE), end = make_end(f, LINK);
    struct host_code callee = make_callee(f, CALLEE, R_LINK, &remap_helper);
    link_to(f, &caller, CALLEE, &callee);
    link_to(f, &caller, LINK, &end);
    check_run(f, &caller, LINK, 2);
    assert_int_equal(f->actual.cpu.cpu.exit_site, exit_to(&caller, LINK)->id);
}

/* ---- depth ----------------------------------------------------------------------------------- */

static uint64_t check_alignment(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    ((struct fake_cpu *)cpu)->r[5] |= (uint32_t)(uintptr_t)__builtin_frame_address(0) & 15;
    return 0;
}
static const struct ir_helper alignment_helper = {.name = "check_alignment",
                                                  .fn = check_alignment,
                                                  .result = IR_NONE,
                                                  .effects = IR_EFFECT_READS | IR_EFFECT_WRITES};

/* A function that calls itself until r2 has a bit set, keeping no link, then returns as often:
 * each return is to LINK, which returns again until r4 is 0. */
static void recursion_has_no_end(void **state)
{
    struct fixture *f = fixture_of(state);
    enum { DEPTH = 1 << 16 };
    struct ir_region r;
    begin(&r, CALLER);
    ir_call(&r, &alignment_helper, 0, 0, 0, 0);
    uint32_t deep = ir_op2(&r, IR_AND, ir_get(&r, IR_I32, slot(R_COUNT)), ir_i32(&r, DEPTH));
    uint32_t call = ir_block_new(&r), back = ir_block_new(&r);
    ir_emit(&r, IR_BRANCH, IR_NONE, deep, call, 0, back, 0);
    ir_block_begin(&r, call, CALLER, false);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, LINK, 0, CALLER, IR_HINT_CALL);
    ir_block_begin(&r, back, CALLER, false);
    ir_emit(&r, IR_GOTOI, IR_NONE, ir_get(&r, IR_I32, slot(R_LINK)), 0, 0, 0, IR_HINT_RETURN);
    struct host_code function = fixture_finish(f, &r);
    begin(&r, LINK);
    uint32_t left = ir_op2(&r, IR_SUB, ir_get(&r, IR_I32, slot(4)), ir_i32(&r, 1));
    ir_set(&r, slot(4), left);
    uint32_t more = ir_block_new(&r), done = ir_block_new(&r);
    ir_emit(&r, IR_BRANCH, IR_NONE, left, done, 0, more, 0);
    ir_block_begin(&r, more, LINK, false);
    ir_emit(&r, IR_GOTOI, IR_NONE, ir_get(&r, IR_I32, slot(R_LINK)), 0, 0, 0, IR_HINT_RETURN);
    ir_block_begin(&r, done, LINK, false);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, END, 0);
    struct host_code after = fixture_finish(f, &r);
    link_to(f, &function, CALLER, &function);
    link_to(f, &function, LINK, &after);
    cache(f, LINK, &after);
    f->before.cpu.r[4] = DEPTH;
    f->before.cpu.r[5] = 0;
    f->before.cpu.r[R_LINK] = LINK;
    check_run(f, &function, END, 2 * DEPTH);
    assert_int_equal(f->actual.cpu.r[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_return_needs_no_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_indirect_call_returns_likewise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clones_return_to_their_own_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_return_without_a_call_is_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_return_to_elsewhere_keeps_the_stack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dropped_caller_is_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_caller_that_is_mapped_no_more_is_looked_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(recursion_has_no_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
