/* The verifier refuses one region per rule, and says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "tests/support/fake_guest.h"

#include <string.h>

static void refuse(const struct ir_region *r, const char *why)
{
    char message[256] = "(accepted)";
    bool accepted = ir_verify(r, message, sizeof(message));
    if (accepted || strstr(message, why) == NULL) {
        fail_msg("expected '%s', got '%s'", why, message);
    }
}

/* A block of these lines, ended by a leave. */
static void refuse_lines(struct ir_region *r, const char *lines, const char *why)
{
    char text[1024], message[256];
    snprintf(text, sizeof(text), "block 0 pc 0\n%s\n leave\n", lines);
    if (!ir_parse(r, fake_slots, fake_slot_count, fake_helpers, fake_helper_count, text, message,
                  sizeof(message))) {
        fail_msg("%s in: %s", message, lines);
    }
    refuse(r, why);
}

static void rules_of_instructions(void **state)
{
    static const struct {
        const char *lines, *why;
    } cases[] = {
        {" v1 = const.v128 1", "type v128 is not for this operation"},
        {" v1 = const 1", "type none is not for this operation"},
        {" v1 = constv.i32 1, 1", "type i32 is not for this operation"},
        {" v1 = pcrel.f32 0", "type f32 is not for this operation"},
        {" v1 = get.f32 [s0]\n v2 = add.f32 v1, v1", "type f32 is not for this operation"},
        {" v1 = get.i32 [r0]\n v2 = fadd.i32 v1, v1, [r0]", "type i32 is not for this operation"},
        {" v1 = get.i64 [x0]\n v2 = vadd.i64 v1, v1", "type i64 is not for this operation"},
        {" v1 = get.i32 [r0]\n v2 = add.i64 v1, v1", "has the wrong type i32"},
        {" v1 = get.i64 [x0]\n v2 = shl.i64 v1, v1", "has the wrong type i64"},
        {" v1 = get.i64 [x0]\n set.i32 v1, [r0]", "has the wrong type i64"},
        {" insn 0, 4, 0\n v1 = get.i64 [x0]\n store.i32 v1, v1, 0, 4", "has the wrong type i64"},
        {" insn 0, 4, 0\n v1 = get.f32 [s0]\n v2 = load.i32 v1, 0, 4", "has the wrong type f32"},
        {" v1 = get.v128 [v0]\n v2 = call.i32 pure v1", "has the wrong type v128"},
        {" v1 = get.f32 [s0]\n v2 = bits.i64 v1", "sizes differ"},
        {" insn 0, 4, 0\n v2 = not.i32 v0", "v0 is not a value made before in this block"},
        {" v1 = get.i32 [r0]\n v2 = extu.i32 v1, 30, 3", "bits outside the value"},
        {" v1 = get.i32 [r0]\n v2 = extu.i32 v1, 3, 0", "bits outside the value"},
        {" v1 = get.i32 [r0]\n v2 = dep.i32 v1, v1, 0, 33", "bits outside the value"},
        {" v1 = get.i32 [0xffffffff]", "offset out of range"},
        {" v1 = get.i32 [r0]\n v2 = load.i32 v1, 0, 4", "no insn precedes it"},
        {" v1 = call.i32 exits", "no insn precedes it"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = load.i32 v1, 0, 8", "8 bytes do not fit i32"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = load.v128 v1, 0, 8", "8 bytes do not fit v128"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = load.f64 v1, 0, 4",
         "only integers are extended"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n store.i32 v1, v1, 0, 2.s", "only loads extend signs"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = load.i64 v1, 0, 8.swap64", "swap64 is for"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = cas.i32 v1, v1, v1, 0, 4.s",
         "only loads extend signs"},
        {" v1 = call.i64 pure", "type is not the helper's"},
        {" count -1", "negative count"},
        {" v1 = get.i32 [r0] leave{[r1]=v0}", "has a snapshot but never leaves"},
        {" v1 = get.i32 [r0]\n v2 = call.i32 pure leave{[r1]=v1}", "never leaves"},
        {" insn 0, 4, 0\n v1 = get.i32 [r0]\n v2 = call.i64 all leave{[r1]=v1}",
         "writes slots and has a snapshot"},
        {" entry 0", "only and all entry blocks begin with entry"},
        {" insn 0, 4, 0\n entry 0", "not first in its block"},
    };
    struct ir_region r;
    ir_region_init(&r);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        refuse_lines(&r, cases[i].lines, cases[i].why);
    }
    ir_region_free(&r);
}

static void rules_of_blocks(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "no blocks"},
        {"block 1 pc 0\n leave", "block 0 is empty or out of range"},
        {"block 0 pc 0\n jump @1", "block 1 is empty or out of range"},
        {"block 0 pc 0\n insn 0, 4, 0", "is last but does not end the block"},
        {"block 0 pc 0 entry\n leave", "only and all entry blocks begin with entry"},
        {"block 0 pc 4 entry\n entry 8\n leave", "pc is not the block's"},
        {"block 0 pc 0\n v1 = get.i32 [r0]\n jump @1\nblock 1 pc 0\n set.i32 v1, [r0]\n leave",
         "v1 is not a value made before in this block"},
    };
    struct ir_region r;
    char message[256];
    ir_region_init(&r);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(ir_parse(&r, fake_slots, fake_slot_count, fake_helpers, fake_helper_count,
                             cases[i].text, message, sizeof(message)));
        refuse(&r, cases[i].why);
    }
    ir_region_free(&r);
}

/* What text cannot say. */
static void rules_of_the_arrays(void **state)
{
    struct ir_region r;
    ir_region_init(&r);
    ir_block_begin(&r, ir_block_new(&r), 0, true);
    uint32_t entry = ir_emit(&r, IR_ENTRY, IR_NONE, 0, 0, 0, 0, 0);
    uint32_t value = ir_i32(&r, 1);
    uint32_t branch = ir_emit(&r, IR_BRANCH, IR_NONE, value, 0, 0, 0, 0);
    struct ir_region good = r;
    char message[256];
    assert_true(ir_verify(&r, message, sizeof(message)));

    r.insts[entry].aux = 2;
    refuse(&r, "aux is neither 0 nor 1");
    r.insts[entry].aux = 1;
    r.insts[branch].imm = 1;
    refuse(&r, "there is no block 1");
    r.insts[branch].imm = -1;
    refuse(&r, "there is no block -1");
    r.insts[branch].imm = 0;
    r.insts[branch].b = 9;
    refuse(&r, "there is no block 9");
    r.insts[branch].b = 0;
    r.insts[branch].snapshot = 5;
    refuse(&r, "a list of slots has no end");
    r.insts[branch].snapshot = ir_snapshot_add(&r, 0, branch);
    ir_snapshot_add(&r, IR_SNAPSHOT_END, 0);
    refuse(&r, "is not a value made before");
    r.insts[branch].snapshot = 0;
    r.insts[branch].c = 1;
    refuse(&r, "is not a value made before");
    r.insts[branch].c = 0;
    r.insts[value].op = IR_OP_COUNT;
    refuse(&r, "no such operation or type");
    r.insts[value].op = IR_CONST;
    r.insts[value].type = IR_TYPE_COUNT;
    refuse(&r, "no such operation or type");
    r.insts[value].type = IR_I32;
    r.insts[value].op = IR_GOTOI;
    refuse(&r, "ends the block too early");
    r.insts[value].op = IR_CALL;
    r.insts[value].imm = 0;
    refuse(&r, "no helper");
    r.insts[value].op = IR_CONST;
    r.insts[branch].a = entry;
    refuse(&r, "is not a value");
    r.insts[branch].a = value;

    r.insts[0].op = IR_CONST;
    refuse(&r, "instruction 0 is not a nop");
    r.insts[0].op = IR_NOP;
    r.snapshots[0].offset = 0;
    refuse(&r, "snapshot 0 is not an end");
    r.snapshots[0].offset = IR_SNAPSHOT_END;
    r.inst_count++;
    refuse(&r, "an instruction is in no block");
    r.inst_count--;
    ir_block_new(&r);
    r.blocks[1] = r.blocks[0];
    refuse(&r, "blocks 0 and 1 overlap");
    r.block_count = good.block_count;
    assert_true(ir_verify(&r, message, sizeof(message)));

    r.insts[branch] = (struct ir_inst){.op = IR_GOTO, .aux = 3};
    refuse(&r, "unknown hint 3");
    ir_region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_instructions),
        cmocka_unit_test(rules_of_blocks),
        cmocka_unit_test(rules_of_the_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
