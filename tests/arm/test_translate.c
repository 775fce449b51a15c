/* Guest instructions to IR text: the file translate.golden has what is expected, one section per
 * case. With UPDATE_GOLDEN=1 in the environment the file is written anew, to be looked at in the
 * diff. */
#include "tests/arm/translate_fixture.h"

#include "core/base/bits.h"
#include "tests/support/golden.h"

#include <string.h>

static const struct {
    const char *name; /* the instructions; "; " between them */
    bool thumb;
    uint32_t mode;
    unsigned count;
    uint32_t words[6]; /* Thumb: halfwords above 0xe800 begin 32-bit instructions */
} cases[] = {
    /* data processing */
    {"add r0, r1, r2", false, 0, 1, {0xe0810002}},
    {"adds r0, r1, r2, lsr #3", false, 0, 1, {0xe09101a2}},
    {"movs r0, r1, lsl r2", false, 0, 1, {0xe1b00211}},
    {"ands r0, r1, #0xff000000", false, 0, 1, {0xe21104ff}},
    {"adcs r0, r1, r2; sbc r3, r4, #1", false, 0, 2, {0xe0b10002, 0xe2c43001}},
    {"add r0, pc, #16", false, 0, 1, {0xe28f0010}},
    {"movw r0, #0x1234; movt r0, #0x5678", false, 0, 2, {0xe3010234, 0xe3450678}},
    {"movs pc, lr", false, ARM_TM_PRIV, 1, {0xe1b0f00e}},
    /* conditions */
    {"cmp r0, r1; blt .+8", false, 0, 2, {0xe1500001, 0xba000000}},
    {"cmp r0, #0; moveq r1, #1; movne r1, #2", false, 0, 3, {0xe3500000, 0x03a01001, 0x13a01002}},
    {"ldrgt r0, [r1]; strgt r0, [r2]; ldrle r3, [r1]",
     false,
     0,
     3,
     {0xc5910000, 0xc5820000, 0xd5913000}},
    {"ite hi; addhi r0, r0, r1; subls r0, r0, r1", true, 0, 3, {0xbf8c, 0x1840, 0x1a40}},
    {"itt ne; cmpne r0, #3; ldrne r1, [r2]", true, 0, 3, {0xbf1c, 0x2803, 0x6811}},
    /* branches */
    {"bl .+8", false, 0, 1, {0xeb000000}},
    {"blx r3", false, 0, 1, {0xe12fff33}},
    {"bx lr", false, 0, 1, {0xe12fff1e}},
    {"blx .+8 (to A32)", true, 0, 2, {0xf000, 0xe804}},
    {"cbz r0, .+8", true, 0, 1, {0xb110}},
    {"tbb [pc, r0]", true, 0, 2, {0xe8df, 0xf000}},
    {"add r0, #1; b .-2 (a loop)", true, 0, 2, {0x3001, 0xe7fd}},
    /* loads and stores */
    {"ldr r0, [r1, #4]!", false, 0, 1, {0xe5b10004}},
    {"ldrsh r0, [r1], -r2", false, 0, 1, {0xe01100f2}},
    {"strb r0, [r1, r2, lsl #2]", false, 0, 1, {0xe7c10102}},
    {"ldr r0, [pc, #8]", true, 0, 1, {0x4802}},
    {"ldrd r0, r1, [r2, #8]", false, 0, 1, {0xe1c200d8}},
    {"strd r0, r1, [r2] (big-endian)", false, ARM_TM_BIG, 1, {0xe1c200f0}},
    {"ldrt r0, [r1], #4", false, ARM_TM_PRIV, 1, {0xe4b10004}},
    {"push {r4, lr}", true, 0, 1, {0xb510}},
    {"pop {r4, pc}", true, 0, 1, {0xbd10}},
    {"ldmdb r1!, {r1, r2, r3}", false, 0, 1, {0xe931000e}},
    {"ldm sp, {r0, pc}^", false, ARM_TM_PRIV, 1, {0xe8dd8001}},
    {"stmdb sp, {r0, sp, lr}^", false, ARM_TM_PRIV, 1, {0xe94d6001}},
    /* exclusives, system */
    {"ldrex r0, [r1]", false, 0, 1, {0xe1910f9f}},
    {"strexb r0, r1, [r2]", false, 0, 1, {0xe1c20f91}},
    {"msr cpsr_f, r0", false, 0, 1, {0xe128f000}},
    {"msr cpsr_c, r0", false, ARM_TM_PRIV, 1, {0xe121f000}},
    {"cpsid i; cpsie i", false, ARM_TM_PRIV, 2, {0xf10c0080, 0xf1080080}},
    {"svc 0", true, 0, 1, {0xdf00}},
    {"wfi", false, ARM_TM_PRIV, 1, {0xe320f003}},
    {"isb", false, 0, 1, {0xf57ff06f}},
    {"mcr p15, 0, r0, c8, c7, 0", false, ARM_TM_PRIV, 1, {0xee080f17}},
    /* media and multiplication */
    {"umull r0, r1, r2, r3", false, 0, 1, {0xe0810392}},
    {"smlabb r0, r1, r2, r3", false, 0, 1, {0xe1003281}},
    {"uadd8 r0, r1, r2; sel r0, r3, r4", false, 0, 2, {0xe6510f92, 0xe6830fb4}},
    {"ubfx r0, r1, #4, #8; bfi r0, r1, #8, #4", false, 0, 2, {0xe7e70251, 0xe7cb0411}},
    {"ssat r0, #8, r1, asr #2", false, 0, 1, {0xe6a70151}},
    {"sxtab16 r0, r1, r2, ror #8", false, 0, 1, {0xe6810472}},
    {"udf", false, 0, 1, {0xe7f000f0}},
};

/* At the end of the page, so that nothing follows. Returns the offset. */
static uint32_t fill(struct translation *t, unsigned n)
{
    unsigned size = cases[n].thumb ? 2 : 4;
    uint32_t offset = SPACE_PAGE_SIZE - cases[n].count * size;
    memset(t->page, 0, sizeof t->page);
    for (unsigned i = 0; i < cases[n].count; i++) {
        memcpy(t->page[0] + offset + i * size, &cases[n].words[i], size);
    }
    return offset;
}

/* What the front end makes of case n. */
static void print_translation(void *opaque, unsigned n, FILE *out)
{
    struct translation *t = opaque;
    uint32_t offset = fill(t, n);
    t->mode = cases[n].mode;
    translation_run(t, offset | cases[n].thumb, REGION_MAX_BLOCK_INSNS);
    translation_verify(t);
    fprintf(out, "==== %s\n", cases[n].name);
    translation_print(t, out);
}

static void test_golden(void **state)
{
    golden_check(TEST_DATA "/translate.golden", ARRAY_SIZE(cases), print_translation, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_golden, translation_create, translation_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
