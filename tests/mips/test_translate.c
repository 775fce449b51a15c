/* Guest instructions to IR text: the file translate.golden has what is expected, one section per
 * case. With UPDATE_GOLDEN=1 in the environment the file is written anew, to be looked at in the
 * diff. */
#include "tests/mips/translate_fixture.h"

#include "core/base/bits.h"
#include "tests/support/golden.h"

enum place { AT_END, ACROSS, ACROSS_UNKNOWN };
enum { USER = 1 << 3, BIG = 1 << 4, MIPS16 = 1 << 5, PLACE = 7 };

static const struct {
    const char *name; /* the instructions; "; " between them */
    unsigned flags;   /* enum place and more */
    unsigned count;
    uint32_t words[4]; /* MIPS16e: those of 32 bits are above 0xffff */
} cases[] = {
    /* arithmetic */
    {"addu v0, v1, a0; move a1, a2", 0, 2, {0x00641021, 0x00c02825}},
    {"addiu v0, zero, -1; lui v1, 1; ori v1, v1, 2", 0, 3, {0x2402ffff, 0x3c030001, 0x34630002}},
    {"add v0, v1, a0", 0, 1, {0x00641020}},
    {"sub v0, v1, a0", 0, 1, {0x00641022}},
    {"addi v0, v1, -2", 0, 1, {0x2062fffe}},
    {"nop; sll v0, v1, 3; rotr v0, v1, 5; srav v0, v1, a0",
     0,
     4,
     {0x00000000, 0x000310c0, 0x00231142, 0x00831007}},
    {"movz v0, v1, a0", 0, 1, {0x0064100a}},
    {"multu v0, v1; mfhi a0", 0, 2, {0x00430019, 0x00002010}},
    {"madd v0, v1", 0, 1, {0x70430000}},
    {"div v0, v1", 0, 1, {0x0043001a}},
    {"clo v0, v1", 0, 1, {0x70621021}},
    {"ext v0, v1, 4, 8; ins v0, v1, 8, 4", 0, 2, {0x7c623900, 0x7c625a04}},
    {"ins v0, v1, 8, -3", 0, 1, {0x7c622a04}},
    {"seh v0, v1; wsbh v0, v1", 0, 2, {0x7c031620, 0x7c0310a0}},
    /* branches */
    {"beq v0, v1, .+16; addiu v0, v0, 1", 0, 2, {0x10430003, 0x24420001}},
    {"beq v0, v1, .+16; add v0, v0, v1", 0, 2, {0x10430003, 0x00431020}},
    {"bnel v0, v1, .+16; addiu v0, v0, 1", 0, 2, {0x54430003, 0x24420001}},
    {"b .+16; nop", 0, 2, {0x10000003, 0x00000000}},
    {"bal .+16; nop", 0, 2, {0x04110003, 0x00000000}},
    {"bal .+8; nop", 0, 2, {0x04110001, 0x00000000}},
    {"bltzal v0, .+16; nop", 0, 2, {0x04500003, 0x00000000}},
    {"j 0x100; nop", 0, 2, {0x08000040, 0x00000000}},
    {"jal 0x100; move a0, v0", 0, 2, {0x0c000040, 0x00402025}},
    {"jalx 0x100; nop", 0, 2, {0x74000040, 0x00000000}},
    {"jr ra; addiu sp, sp, 8", 0, 2, {0x03e00008, 0x27bd0008}},
    {"jalr t9; addi sp, sp, 8", 0, 2, {0x0320f809, 0x23bd0008}},
    {"addiu v0, v0, -1; bne v0, zero, .-4; nop (a loop)",
     0,
     3,
     {0x2442ffff, 0x1440fffe, 0x00000000}},
    {"b .+16; syscall", 0, 2, {0x10000003, 0x0000000c}},
    {"b .+16; b .+16", 0, 2, {0x10000003, 0x10000003}},
    {"beq v0, v1, .+16; mtc0 v0, Status", 0, 2, {0x10430003, 0x40826000}},
    {"jal 0x100; lw v0, 4(v1) (across)", ACROSS, 2, {0x0c000040, 0x8c620004}},
    {"beql v0, v1, .+16; nop (across, not there)", ACROSS_UNKNOWN, 2, {0x50430003, 0}},
    /* loads and stores */
    {"lh v0, -2(v1); sw v0, 4(sp)", 0, 2, {0x8462fffe, 0xafa20004}},
    {"lw zero, 0(v0) (big-endian)", BIG, 1, {0x8c400000}},
    {"lwl v0, 3(v1); lwr v0, 0(v1)", 0, 2, {0x88620003, 0x98620000}},
    {"lwl v0, 0(v1) (big-endian)", BIG, 1, {0x88620000}},
    {"swr v0, 0(v1)", 0, 1, {0xb8620000}},
    {"ll v0, 4(v1)", 0, 1, {0xc0620004}},
    {"sc v0, 4(v1)", 0, 1, {0xe0620004}},
    /* exceptions, system */
    {"teq v0, v1", 0, 1, {0x00430034}},
    {"break", 0, 1, {0x0000000d}},
    {"mfc0 v0, EPC; mtc0 v0, EPC", 0, 2, {0x40027000, 0x40827000}},
    {"mfc0 v0, EPC (in User Mode)", USER, 1, {0x40027000}},
    {"tlbwi; tlbp", 0, 2, {0x42000002, 0x42000008}},
    {"eret", 0, 1, {0x42000018}},
    {"wait", 0, 1, {0x42000020}},
    {"rdhwr v1, $2", USER, 1, {0x7c03103b}},
    {"cop2", 0, 1, {0x48000000}},
    /* MIPS16e */
    {"addiu a0, pc, 8; lw v0, 4(a0)", MIPS16, 2, {0x0c02, 0x9c41}},
    {"beqz v0, .+6; nop", MIPS16, 2, {0x2202, 0x6500}},
    {"bteqz .-4 (extended)", MIPS16, 1, {0xf7ff601c}},
    {"jal 0x100; addiu v0, 1", MIPS16, 2, {0x18000040, 0x4a01}},
    {"jalx 0x100; nop", MIPS16, 2, {0x1c000040, 0x6500}},
    {"jalrc v0", MIPS16, 1, {0xeac0}},
    {"jr ra; nop (across)", MIPS16 | ACROSS, 2, {0xe820, 0x6500}},
    {"li v0, 0x1234 (across, not there)", MIPS16 | ACROSS_UNKNOWN, 1, {0xf2226a14}},
    {"save 16, ra, s0-s1; restore 16, ra, s0-s1", MIPS16, 2, {0x64f2, 0x6472}},
    {"save a0, 256, s2", MIPS16, 1, {0xf1246480}},
};

static unsigned put(struct translation *t, unsigned n, uint32_t offset, uint32_t word)
{
    if (!(cases[n].flags & MIPS16)) {
        translation_put(t, offset, word);
        return 4;
    }
    bool wide = word > 0xffff;
    if (wide) {
        translation_put_half(t, offset, word >> 16);
    }
    translation_put_half(t, offset + 2 * wide, word & 0xffff);
    return wide ? 4 : 2;
}

/* At the end of the page, so that nothing follows; or only its beginning. Returns the offset. */
static uint32_t fill(struct translation *t, unsigned n)
{
    bool across = (cases[n].flags & PLACE) != AT_END, mips16 = cases[n].flags & MIPS16;
    memset(t->page, 0, sizeof t->page);
    mips_cpu(t->cpu)->big = cases[n].flags & BIG;
    t->has_next = (cases[n].flags & PLACE) == ACROSS;
    t->mode = cases[n].flags & USER ? 0 : MIPS_TM_KERNEL | MIPS_TM_CP0;
    uint32_t size = 0;
    for (unsigned i = 0; i < cases[n].count; i++) {
        size += put(t, n, size, cases[n].words[i]);
    }
    uint32_t offset = SPACE_PAGE_SIZE - (across ? (mips16 ? 2 : 4) : size);
    memset(t->page, 0, sizeof t->page);
    for (uint32_t i = 0, at = offset; i < cases[n].count; i++) {
        at += put(t, n, at, cases[n].words[i]);
    }
    return offset | mips16;
}

/* What the front end makes of case n. */
static void print_translation(void *opaque, unsigned n, FILE *out)
{
    struct translation *t = opaque;
    uint32_t offset = fill(t, n);

    translation_run(t, offset, REGION_MAX_BLOCK_INSNS);
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
