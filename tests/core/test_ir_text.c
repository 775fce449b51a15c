/* Printer and parser: random regions survive the round trip; errors are told with their line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "tests/support/fake_guest.h"
#include "tests/support/ir_random.h"
#include "tests/support/ir_text.h"

#include <stdlib.h>
#include <string.h>

static const struct ir_random_config config = {
    .slots = fake_slots,
    .helpers = fake_helpers,
    .max_blocks = 5,
    .max_insns = 5,
    .max_ops = 8,
    .floats = true,
    .vectors = true,
    .fp_env = offsetof(struct fake_cpu, env),
    .memory = true,
    .memory_base = FAKE_RAM_BASE,
    .memory_mask = FAKE_RAM_SIZE - 64,
    .wild_percent = 5,
    .pc = FAKE_CODE,
};

static void random_regions_survive(void **state)
{
    struct ir_random_config c = config;
    c.slot_count = fake_slot_count;
    c.helper_count = fake_helper_count;
    struct ir_region first, second;
    ir_region_init(&first);
    ir_region_init(&second);
    uint64_t random = 1;
    for (unsigned i = 0; i < 300; i++) {
        ir_random_region(&first, &c, &random);
        char *text = ir_text_write(&first);
        ir_text_read(&second, text);
        char *again = ir_text_write(&second);
        assert_string_equal(text, again);
        assert_int_equal(first.guest_insns, second.guest_insns);
        assert_int_equal(first.block_count, second.block_count);
        assert_int_equal(first.inst_count, second.inst_count);
        for (uint32_t n = 0; n < first.inst_count; n++) {
            const struct ir_inst *a = &first.insts[n], *b = &second.insts[n];
            assert_int_equal(a->op, b->op);
            assert_int_equal(a->aux, b->aux);
            if (a->type != IR_I32) {
                assert_int_equal(a->imm, b->imm);
            }
        }
        free(text);
        free(again);
    }
    ir_region_free(&first);
    ir_region_free(&second);
}

/* One region with every kind of field and list. */
static void the_text_is_as_documented(void **state)
{
    static const char text[] =
        "region pc 0x40000 page 0x40000 insns 2\n"
        "block 0 pc 0x40000 entry\n"
        "  entry 0x40000, loop\n"
        "  count 2\n"
        "  guard 0x41000, 0x7\n"
        "  insn 0x40000, 4, 0x0\n"
        "  v5 = get.i32 [r1]\n"
        "  v6 = get.i32 [v0+8]\n"
        "  v7 = const.i32 0xffffffff\n"
        "  v8 = constv.v128 0x1, 0xf000000000000002\n"
        "  v9 = load.i32 v5, -16, 2.s.be.a4\n"
        "  v10 = load.i64 v5, 0, 8.be.user.swap64\n"
        "  v11 = cas.i32 v5, v6, v7, 8, 4\n"
        "  v12 = call.i32 exits v5, v6 leave{[nf]=v5, [zf]=v6}\n"
        "  v13 = call.i32 exits\n"
        "  call writes v5, v0, v6\n"
        "  v15 = extu.i32 v5, 3, 8\n"
        "  v16 = dep.i32 v5, v6, 0, 16\n"
        "  v17 = vshl.v128 v8, aux 0x2, imm 3\n"
        "  set.v128 v17, [v1]\n"
        "  v19 = eq.i32 v5, v6\n"
        "  branch v19, @0, @1 leave{[nf]=v5} taken{[cf]=v5} other{[cf]=v6, [vf]=v7}\n"
        "block 1 pc 0x40004\n"
        "  v21 = get.i32 [r2]\n"
        "  branch v21, @2, @3\n"
        "block 2 pc 0x40004\n"
        "  goto 0x50000, call, 0x40008\n"
        "block 3 pc 0x40004\n"
        "  v24 = get.i32 [0x10]\n"
        "  gotoi v24, return\n";
    struct ir_region r;
    ir_region_init(&r);
    ir_text_read(&r, text);
    char *again = ir_text_write(&r);
    assert_string_equal(text, again);
    free(again);
    ir_region_free(&r);
}

static void errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"v1 = const.i32 1", "line 1: instruction outside a block"},
        {"block 0 pc 0\n v1 = cinst.i32 1", "line 2: no operation is named cinst"},
        {"block 0 pc 0\n v1 = const.i31 1", "line 2: no type is named i31"},
        {"block 0 pc 0\n v1 = const.i32", "line 2: expected a number"},
        {"block 0 pc 0\n\n v1 = not.i32 v7", "line 3: v7 is not defined"},
        {"block 0 pc 0\n v1 = get.i32 [r77]", "line 2: no slot is named r77"},
        {"block 0 pc 0\n v1 = get.i32 [r1", "line 2: expected ']'"},
        {"block 0 pc 0\n v1 = const.i32 1 2", "line 2: text after the end: 2"},
        {"block 0 pc 0\n call nothing", "line 2: no helper is named nothing"},
        {"block 0 pc 0\n leave\nblock 0 pc 0", "line 3: block 0 begins again"},
        {"block 0 pc 0\n insn 0, 4, 0\nblock 1 pc 0", "line 3: the block before has no end"},
        {"block 0 pc 0\n leave\n leave", "line 3: instruction outside a block"},
        {"block 0 pc 0\n v1 = const.i32 1\n v2 = load.i32 v1, 0, 3", "line 3: not a power of two"},
        {"block 0 pc 0\n v1 = const.i32 1\n v2 = load.i32 v1, 0, 4.q",
         "line 3: unknown memory flag"},
        {"block 0 pc 0\n jump @99999", "line 2: number is too large"},
    };
    struct ir_region r;
    ir_region_init(&r);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        char message[128] = "";
        assert_false(ir_parse(&r, fake_slots, fake_slot_count, fake_helpers, fake_helper_count,
                              cases[i].text, message, sizeof(message)));
        assert_string_equal(message, cases[i].message);
    }
    ir_region_free(&r);
}

/* Any prefix of a good text, and any change of one letter, is either read or refused, no worse. */
static void damaged_text_is_harmless(void **state)
{
    struct ir_random_config c = config;
    c.slot_count = fake_slot_count;
    c.helper_count = fake_helper_count;
    struct ir_region r, damaged;
    ir_region_init(&r);
    ir_region_init(&damaged);
    uint64_t random = 7;
    char message[128];
    for (unsigned i = 0; i < 20; i++) {
        ir_random_region(&r, &c, &random);
        char *text = ir_text_write(&r);
        size_t length = strlen(text);
        for (unsigned n = 0; n < 200; n++) {
            size_t at = random % length;
            char kept = text[at];
            random = random * 6364136223846793005 + 1442695040888963407;
            text[at] = n & 1 ? '\0' : " v,.0@[{"[random >> 61];
            if (ir_parse(&damaged, fake_slots, fake_slot_count, fake_helpers, fake_helper_count,
                         text, message, sizeof(message))) {
                (void)ir_verify(&damaged, message, sizeof(message));
            }
            text[at] = kept;
        }
        free(text);
    }
    ir_region_free(&r);
    ir_region_free(&damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_survive),
        cmocka_unit_test(the_text_is_as_documented),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(damaged_text_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
