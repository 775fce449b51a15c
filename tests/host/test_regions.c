/* What the engine does with compiled code besides running it: links, copies, eviction; and what
 * code comes out for a few shapes that must be good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "core/opt/opt.h"
#include "host/x86_64/buffer.h"
#include "host/x86_64/features.h"
#include "tests/host/host_fixture.h"
#include "tests/support/ir_random.h"

static const uint32_t PAGE = SPACE_PAGE_SIZE;

static int set_up(void **state)
{
    struct fixture *f = malloc(sizeof(*f));
    fixture_init(f, UINT32_MAX, true);
    uint64_t random = 1;
    fake_machine_init(&f->before, 1000, &random);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_done(fixture_of(state));
    free(*state);
    return 0;
}

static size_t slot(const char *name)
{
    for (unsigned i = 0; i < fake_slot_count; i++) {
        if (strcmp(fake_slots[i].name, name) == 0) {
            return fake_slots[i].offset;
        }
    }
    CHECK_UNREACHABLE();
}

/* r1 = address that moves with the page; goes to `target`. */
static void compile_hop(struct fixture *f, uint64_t pc, uint64_t target, struct host_code *code)
{
    struct ir_region r;
    fixture_begin(&r, pc);
    ir_set(&r, slot("r1"), ir_pcrel(&r, IR_I32, pc + 8));
    ir_set(&r, slot("r2"), ir_op2(&r, IR_ADD, ir_get(&r, IR_I32, slot("r2")), ir_i32(&r, 1)));
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, (int64_t)target, 0);
    *code = fixture_finish(f, &r);
}

static unsigned run(struct fixture *f, const struct host_code *code)
{
    return fixture_enter(f, code->start + code->entries[0].code);
}

static void exits_link_and_unlink(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code one, two;
    compile_hop(f, FAKE_CODE, FAKE_CODE + 0x100, &one);
    compile_hop(f, FAKE_CODE + 0x100, FAKE_CODE + 0x200, &two);
    assert_int_equal(one.exit_count, 1);
    assert_false(one.exits[0].cross_page);
    assert_int_not_equal(one.exits[0].id, two.exits[0].id);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(run(f, &one), JIT_EXIT_LOOKUP);
        assert_int_equal(f->actual.cpu.pc, FAKE_CODE + 0x100);
        assert_int_equal(f->actual.cpu.cpu.exit_site, one.exits[0].id);
        x64_host_ops.link(f->host, &one, &one.exits[0], two.start + two.entries[0].code, 0);
        assert_int_equal(run(f, &one), JIT_EXIT_LOOKUP);
        assert_int_equal(f->actual.cpu.pc, FAKE_CODE + 0x200);
        assert_int_equal(f->actual.cpu.cpu.exit_site, two.exits[0].id);
        assert_int_equal(f->actual.cpu.r[2], f->before.cpu.r[2] + 2);
        x64_host_ops.unlink(f->host, &one, &one.exits[0]);
    }
}

/* Edges to blocks that only leave are exits themselves. */
static void exits_of_a_branch_link_apart(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code branch, hops[2];
    const uint32_t targets[2] = {FAKE_CODE + 0x100, FAKE_CODE + 0x200};
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t yes = ir_block_new(&r), no = ir_block_new(&r);
    ir_emit(&r, IR_BRANCH, IR_NONE, ir_get(&r, IR_I32, slot("r3")), no, 0, yes, 0);
    ir_block_begin(&r, yes, FAKE_CODE, false);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, targets[0], 0);
    ir_block_begin(&r, no, FAKE_CODE, false);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, targets[1], 0);
    branch = fixture_finish(f, &r);
    assert_int_equal(branch.exit_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        compile_hop(f, targets[i], FAKE_CODE + 0x300 + i, &hops[i]);
    }
    for (unsigned linked = 0; linked < 2; linked++) {
        for (unsigned i = 0; i < 2; i++) {
            f->before.cpu.r[3] = !i;
            assert_int_equal(run(f, &branch), JIT_EXIT_LOOKUP);
            assert_int_equal(f->actual.cpu.pc, linked ? FAKE_CODE + 0x300 + i : targets[i]);
        }
        for (unsigned i = 0; i < 2; i++) {
            unsigned to = branch.exits[i].target != targets[0];
            x64_host_ops.link(f->host, &branch, &branch.exits[i],
                              hops[to].start + hops[to].entries[0].code, 0);
        }
    }
}

static const uint8_t *follow_to; /* what follow() says */
static uint32_t follow_pc;       /* the guest's when it was asked */

static const uint8_t *follow(struct cpu *cpu)
{
    follow_pc = ((struct fake_cpu *)cpu)->pc;
    return follow_to;
}

/* r0 .. r7 += 3, in registers; leaves for another pc. */
static struct host_code compile_leave(struct fixture *f, uint64_t pc, uint64_t target)
{
    struct ir_region r;
    fixture_begin(&r, pc);
    ir_set(&r, offsetof(struct fake_cpu, pc), ir_i32(&r, (uint32_t)target));
    for (unsigned i = 0; i < 8; i++) {
        uint64_t offset = offsetof(struct fake_cpu, r[i]);
        ir_set(&r, offset, ir_op2(&r, IR_ADD, ir_get(&r, IR_I32, offset), ir_i32(&r, 3)));
    }
    ir_emit(&r, IR_LEAVE, IR_NONE, 0, 0, 0, 0, 0);
    return fixture_finish(f, &r);
}

/* Registers are where code expects them, whichever way was taken. */
static void a_leave_goes_on_where_it_is_told(void **state)
{
    for (unsigned counted = 0; counted < 2; counted++) {
        struct fixture f;
        const struct host_options options = {
            .buffer_size = 1 << 20, .counted = counted, .follow = follow};
        fixture_init_with(&f, UINT32_MAX, &options);
        f.before = fixture_of(state)->before;
        struct host_code hop, leave = compile_leave(&f, FAKE_CODE, FAKE_CODE + 0x100);
        compile_hop(&f, FAKE_CODE + 0x100, FAKE_CODE + 0x200, &hop);
        const uint8_t *told[] = {NULL, hop.start + hop.entries[0].code};
        for (unsigned i = 0; i < ARRAY_SIZE(told); i++) {
            follow_to = told[i];
            assert_int_equal(run(&f, &leave), JIT_EXIT_LOOKUP);
            assert_int_equal(follow_pc, FAKE_CODE + 0x100);
            assert_int_equal(f.actual.cpu.pc, FAKE_CODE + (told[i] ? 0x200 : 0x100));
            const uint32_t *before = f.before.cpu.r, *after = f.actual.cpu.r;
            assert_int_equal(after[1], told[i] ? FAKE_CODE + 0x108 : before[1] + 3);
            assert_int_equal(after[2], before[2] + 3 + (told[i] != NULL));
            assert_int_equal(after[0], before[0] + 3);
            for (unsigned n = 3; n < 8; n++) {
                assert_int_equal(after[n], before[n] + 3);
            }
        }
        fixture_done(&f);
    }
}

static void a_link_to_another_page_depends_on_its_mapping(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code one, two;
    compile_hop(f, FAKE_CODE, FAKE_CODE + PAGE, &one);
    compile_hop(f, FAKE_CODE + PAGE, FAKE_CODE, &two);
    assert_true(one.exits[0].cross_page);
    x64_host_ops.link(f->host, &one, &one.exits[0], two.start + two.entries[0].code, 7);
    f->exec[(FAKE_CODE + PAGE) >> SPACE_PAGE_BITS] = 8;
    assert_int_equal(run(f, &one), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.pc, FAKE_CODE + PAGE);
    f->exec[(FAKE_CODE + PAGE) >> SPACE_PAGE_BITS] = 7;
    assert_int_equal(run(f, &one), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.pc, FAKE_CODE);
    x64_host_ops.unlink(f->host, &one, &one.exits[0]);
    assert_int_equal(run(f, &one), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.pc, FAKE_CODE + PAGE);
    f->exec[(FAKE_CODE + PAGE) >> SPACE_PAGE_BITS] = 0;
}

static void a_clone_runs_at_its_own_page(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code one, two, clone;
    compile_hop(f, FAKE_CODE, FAKE_CODE + PAGE, &one);
    compile_hop(f, FAKE_CODE + PAGE, FAKE_CODE, &two);
    x64_host_ops.link(f->host, &one, &one.exits[0], two.start + two.entries[0].code, 7);
    int64_t delta = 0x7fff0000;
    assert_true(x64_host_ops.clone(f->host, &one, delta, &clone));
    fixture_keep(f, clone);
    uint32_t page = (uint32_t)(FAKE_CODE + PAGE + delta) >> SPACE_PAGE_BITS;
    /* Links are not copied, the guard is for the other page. */
    f->exec[page] = 7;
    assert_int_equal(run(f, &clone), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.pc, FAKE_CODE + PAGE + delta);
    assert_int_equal(f->actual.cpu.r[1], FAKE_CODE + 8 + delta);
    assert_int_equal(f->actual.cpu.cpu.exit_site, clone.exits[0].id);
    assert_int_equal(clone.exits[0].target, FAKE_CODE + PAGE + delta);
    x64_host_ops.link(f->host, &clone, &clone.exits[0], two.start + two.entries[0].code, 7);
    assert_int_equal(run(f, &clone), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.r[2], f->before.cpu.r[2] + 2);
    f->exec[page] = 0;
}

/* Clones of random regions, exceptions included, against the interpreter on the region made for
 * there. */
static void clones_agree(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_random_config config = {
        .slots = fake_slots,
        .slot_count = fake_slot_count,
        .helpers = fake_helpers,
        .helper_count = fake_helper_count,
        .max_blocks = 3,
        .max_insns = 6,
        .max_ops = 8,
        .memory = true,
        .memory_base = FAKE_RAM_BASE,
        .memory_mask = FAKE_RAM_SIZE - 1,
        .wild_percent = 5,
        .pc = FAKE_CODE,
    };
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct ir_region here, there;
        struct host_code original;
        uint64_t random = seed;
        ir_region_init(&here);
        ir_random_region(&here, &config, &random);
        random = seed;
        struct ir_random_config moved = config;
        moved.pc = FAKE_CODE + 5 * PAGE;
        ir_region_init(&there);
        ir_random_region(&there, &moved, &random);
        fixture_make_booleans(&here);
        fixture_make_booleans(&there);
        opt_run(&here, &fake_guest_ops);
        opt_run(&there, &fake_guest_ops);
        assert_true(x64_host_ops.compile(f->host, &here, &original));
        assert_true(x64_host_ops.clone(f->host, &original, 5 * PAGE, &f->code));
        x64_host_ops.release(f->host, &original);
        uint64_t run_random = seed * 3;
        fake_machine_init(&f->before, 30, &run_random);
        unsigned expected = fixture_interpret(f, &there, 0);
        unsigned actual = run(f, &f->code);
        if (!fixture_equal(f, expected, actual)) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
            fail();
        }
        x64_host_ops.release(f->host, &f->code);
        ir_region_free(&here);
        ir_region_free(&there);
    }
}

static void polls_leave(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code code;
    compile_hop(f, FAKE_CODE, FAKE_CODE + 0x100, &code);
    f->before.cpu.cpu.poll = CPU_POLL_STOP;
    assert_int_equal(run(f, &code), JIT_EXIT_POLL);
    assert_int_equal(f->actual.cpu.pc, FAKE_CODE);
    f->before.cpu.cpu.poll = 0;
    f->before.cpu.cpu.budget = 0;
    assert_int_equal(run(f, &code), JIT_EXIT_POLL);
    f->before.cpu.cpu.budget = 1;
    assert_int_equal(run(f, &code), JIT_EXIT_LOOKUP);
    assert_int_equal(f->actual.cpu.cpu.budget, 0);
}

/* A loop whose edge sets r0 and polls: what the poll writes to r1 is the r0 before that. */
static void a_poll_gets_what_its_edge_overwrites(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    r.insts[r.blocks[0].first].aux = 1;
    uint32_t r0 = ir_get(&r, IR_I32, slot("r0")), zero = ir_i32(&r, 0);
    uint32_t out = ir_block_new(&r);
    uint32_t sets = ir_snapshot_add(&r, (uint32_t)slot("r0"), zero);
    ir_snapshot_add(&r, IR_SNAPSHOT_END, 0);
    uint32_t snapshot = ir_snapshot_add(&r, (uint32_t)slot("r1"), r0);
    ir_snapshot_add(&r, IR_SNAPSHOT_END, 0);
    uint32_t again = ir_op2(&r, IR_NE, r0, zero);
    uint32_t branch = ir_emit(&r, IR_BRANCH, IR_NONE, again, out, sets, 0, 0);
    r.insts[branch].snapshot = snapshot;
    ir_block_begin(&r, out, FAKE_CODE, false);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 0x100, 0);
    char message[200];
    assert_true(ir_verify(&r, message, sizeof(message)));
    f->before.cpu.r[0] = 7;
    f->before.cpu.cpu.budget = 1;
    f->code = fixture_finish(f, &r);
    assert_int_equal(run(f, &f->code), JIT_EXIT_POLL);
    assert_int_equal(f->actual.cpu.r[0], 0);
    assert_int_equal(f->actual.cpu.r[1], 7);
}

static void indirect_branches_use_the_cache(void **state)
{
    struct fixture *f = fixture_of(state);
    struct host_code from, to;
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    ir_emit(&r, IR_GOTOI, IR_NONE, ir_get(&r, IR_I32, slot("r3")), 0, 0, 0, 0);
    from = fixture_finish(f, &r);
    compile_hop(f, FAKE_CODE + PAGE, FAKE_CODE, &to);
    uint32_t target = FAKE_CODE + PAGE;
    f->before.cpu.r[3] = target;
    struct jump_entry *entry = &f->jumps[jump_index(target)];
    const struct jump_entry good = {.pc = target, .page = 9, .code = to.start + to.entries[0].code};
    struct jump_entry bad_pc = good, bad_page = good;
    bad_pc.pc++;
    bad_page.page++;
    const struct jump_entry *const entries[] = {&good, &bad_pc, &bad_page};
    f->exec[target >> SPACE_PAGE_BITS] = 9;
    for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
        *entry = *entries[i];
        assert_int_equal(run(f, &from), JIT_EXIT_LOOKUP);
        assert_int_equal(f->actual.cpu.pc, i == 0 ? FAKE_CODE : target);
    }
    *entry = JUMP_ENTRY_UNUSED;
    f->exec[target >> SPACE_PAGE_BITS] = 0;
}

static void a_full_buffer_is_reported_and_reused(void **state)
{
    struct fixture *f = fixture_of(state);
    enum { MANY = 40000 };
    struct host_code *codes = calloc(MANY, sizeof(*codes));
    assert_non_null(codes);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    unsigned count = 0;
    while (count < MANY && x64_host_ops.compile(f->host, &r, &codes[count])) {
        count++;
    }
    assert_true(count > 1000 && count < MANY);
    struct host_code clone;
    assert_false(x64_host_ops.clone(f->host, &codes[0], PAGE, &clone));
    /* Every other one, then the rest: the free pieces join. */
    for (unsigned start = 0; start < 2; start++) {
        for (unsigned i = start; i < count; i += 2) {
            x64_host_ops.release(f->host, &codes[i]);
        }
    }
    unsigned again = 0;
    while (again < MANY && x64_host_ops.compile(f->host, &r, &codes[again])) {
        again++;
    }
    assert_int_equal(again, count);
    for (unsigned i = 0; i < again; i++) {
        x64_host_ops.release(f->host, &codes[i]);
    }
    ir_region_free(&r);
    free(codes);
}

static void the_buffer_joins_free_pieces(void **state)
{
    struct x64_buffer buffer;
    char message[100];
    assert_true(x64_buffer_init(&buffer, 1 << 16, message, sizeof(message)));
    uint32_t a = x64_buffer_alloc(&buffer, 100), b = x64_buffer_alloc(&buffer, 1),
             c = x64_buffer_alloc(&buffer, (1 << 16) - 128 - X64_BUFFER_ALIGN);
    assert_int_not_equal(c, UINT32_MAX);
    assert_int_equal(x64_buffer_alloc(&buffer, 1), UINT32_MAX);
    x64_buffer_free(&buffer, a, 100);
    assert_int_equal(x64_buffer_alloc(&buffer, 129), UINT32_MAX);
    x64_buffer_free(&buffer, c, (1 << 16) - 128 - X64_BUFFER_ALIGN);
    assert_int_equal(buffer.span_count, 2);
    x64_buffer_free(&buffer, b, 1);
    assert_int_equal(buffer.span_count, 1);
    assert_int_equal(x64_buffer_alloc(&buffer, 1 << 16), 0);
    /* What is written at one address is executed at another. */
    buffer.rw[0] = 0xc3;
    ((void (*)(void))(uintptr_t)buffer.rx)();
    x64_buffer_done(&buffer);
    assert_false(x64_buffer_init(&buffer, 100, message, sizeof(message)));
}

/* The code of a region without what leads in and out, one instruction a line. */
static char *listing(struct fixture *f, struct ir_region *r)
{
    struct host_code code = fixture_finish(f, r);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    x64_host_ops.disassemble(f->host, &code, out);
    fclose(out);
    return text;
}

static void assert_contains(char *text, const char *const *lines)
{
    const char *at = text;
    for (; *lines; lines++) {
        at = strstr(at, *lines);
        if (!at) {
            fprintf(stderr, "%s\nmissing (in this order): %s\n", text, *lines);
        }
        assert_non_null(at);
        at += strlen(*lines);
    }
    free(text);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    while ((text = strstr(text, what))) {
        count++;
        text += strlen(what);
    }
    return count;
}

static void a_register_operation_is_one_instruction(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t r0 = ir_get(&r, IR_I32, slot("r0")), r1 = ir_get(&r, IR_I32, slot("r1"));
    ir_set(&r, slot("r0"), ir_op2(&r, IR_ADD, r0, r1));
    ir_set(&r, slot("r2"), ir_op2(&r, IR_ADD, r1, ir_i32(&r, 12)));
    ir_set(&r, slot("r3"), ir_op2(&r, IR_XOR, ir_get(&r, IR_I32, slot("r3")), r1));
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    assert_contains(listing(f, &r),
                    (const char *const[]){"add ebx, r12d\n", "lea r13d, [r12 + 0xc]\n",
                                          "xor r14d, r12d\n", "jmp", NULL});
}

static void a_comparison_serves_flags_and_branch(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t yes = ir_block_new(&r), no = ir_block_new(&r);
    uint32_t a = ir_get(&r, IR_I32, slot("r0")), b = ir_get(&r, IR_I32, slot("r1"));
    ir_set(&r, slot("r8"), ir_op2(&r, IR_SUB, a, b));
    ir_set(&r, slot("cf"), ir_op2(&r, IR_ULE, b, a));
    ir_set(&r, slot("vf"), ir_op2(&r, IR_SUBO, a, b));
    ir_emit(&r, IR_BRANCH, IR_NONE, ir_op2(&r, IR_ULE, a, b), no, 0, yes, 0);
    for (unsigned i = 0; i < 2; i++) {
        ir_block_begin(&r, i ? no : yes, FAKE_CODE + 4 + 4 * i, false);
        ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 0x40 * i, 0);
    }
    char *text = listing(f, &r);
    assert_int_equal(count_of(text, "cmp e"), 0);
    assert_contains(text,
                    (const char *const[]){"sub esi, r12d\n", "setae", "seto", "jbe 0x", NULL});
}

/* A space of its own: the same pages as the fixture's, but for those that map_elsewhere() made. */
static uint64_t elsewhere[SPACE_ENTRIES + SPACE_ENTRIES / 2];

static uint64_t select_elsewhere(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    ((struct cpu *)cpu)->table = elsewhere;
    ((struct cpu *)cpu)->exec = (uint32_t *)(elsewhere + SPACE_ENTRIES);
    return a + 1;
}

static const struct ir_helper helper_elsewhere = {
    .name = "select_elsewhere",
    .fn = select_elsewhere,
    .result = IR_I32,
    .effects = IR_EFFECT_WRITES,
};

/* What is accessed behind a call is in the space that the call selected, and what is accessed in
 * the next run is in the first one again. */
static void check_space_follows_calls(struct fixture *f)
{
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t address = ir_i32(&r, FAKE_RAM_BASE);
    ir_set(&r, slot("r0"), ir_load(&r, IR_I32, address, 0, 2));
    ir_set(&r, slot("r1"), ir_call(&r, &helper_elsewhere, ir_i32(&r, 41), 0, 0, 0));
    ir_set(&r, slot("r2"), ir_load(&r, IR_I32, address, 0, 2));
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    f->code = fixture_finish(f, &r);
    fixture_map(f, 0, true, true);
    fixture_map(f, 1, true, true);
    elsewhere[FAKE_RAM_BASE >> SPACE_PAGE_BITS] =
        f->table[FAKE_RAM_BASE >> SPACE_PAGE_BITS] + PAGE / 4;
    uint32_t here, there;
    memcpy(&here, f->before.ram, 4);
    memcpy(&there, f->before.ram + PAGE, 4);
    assert_int_not_equal(here, there);
    for (unsigned turn = 0; turn < 2; turn++) {
        assert_int_equal(run(f, &f->code), JIT_EXIT_LOOKUP);
        assert_int_equal(f->actual.cpu.r[0], here);
        assert_int_equal(f->actual.cpu.r[1], 42);
        assert_int_equal(f->actual.cpu.r[2], there);
    }
}

static void space_follows_calls(void **state)
{
    check_space_follows_calls(fixture_of(state));
}

/* The same where the host does not let programs change the base of GS by an instruction. */
static void space_follows_calls_slowly(void **state)
{
    struct fixture *f = fixture_of(state);
    fixture_done(f);
    fixture_init(f, ~(uint32_t)X64_HAS_FSGSBASE, true);
    uint64_t random = 1;
    fake_machine_init(&f->before, 1000, &random);
    check_space_follows_calls(f);
}

static void fields_of_a_structure_share_one_lookup(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t base = ir_get(&r, IR_I32, slot("r7"));
    const char *const to[] = {"r0", "r1", "r2", "r3"};
    for (unsigned i = 0; i < 4; i++) {
        ir_set(&r, slot(to[i]), ir_load(&r, IR_I32, base, 4 * i, 2 | 2 << IR_MEM_ALIGN_SHIFT));
    }
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    char *text = listing(f, &r);
    assert_int_equal(count_of(text, "shr "), 1);
    assert_contains(text, (const char *const[]){"ebx, dword ptr [", "r12d, dword ptr [",
                                                "r13d, dword ptr [", "r14d, dword ptr [", NULL});
}

static void a_conditional_move_needs_no_branch(void **state)
{
    struct fixture *f = fixture_of(state);
    struct ir_region r;
    fixture_begin(&r, FAKE_CODE);
    uint32_t a = ir_get(&r, IR_I32, slot("r0")), b = ir_get(&r, IR_I32, slot("r1"));
    uint32_t cond = ir_op2(&r, IR_SLT, a, ir_i32(&r, 7));
    ir_set(&r, slot("r2"), ir_select(&r, cond, b, ir_get(&r, IR_I32, slot("r2"))));
    ir_emit(&r, IR_GOTO, IR_NONE, 0, 0, 0, FAKE_CODE + 4, 0);
    assert_contains(listing(f, &r),
                    (const char *const[]){"cmp ebx, 7\n", "cmovl r13d, r12d\n", NULL});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(exits_link_and_unlink),
        TEST(exits_of_a_branch_link_apart),
        TEST(a_link_to_another_page_depends_on_its_mapping),
        TEST(a_clone_runs_at_its_own_page),
        TEST(clones_agree),
        TEST(polls_leave),
        TEST(a_poll_gets_what_its_edge_overwrites),
        TEST(indirect_branches_use_the_cache),
        TEST(space_follows_calls),
        TEST(space_follows_calls_slowly),
        TEST(a_full_buffer_is_reported_and_reused),
        TEST(a_leave_goes_on_where_it_is_told),
        cmocka_unit_test(the_buffer_joins_free_pieces),
        TEST(a_register_operation_is_one_instruction),
        TEST(a_comparison_serves_flags_and_branch),
        TEST(fields_of_a_structure_share_one_lookup),
        TEST(a_conditional_move_needs_no_branch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
