/* The DSP ASE through decoding, translation and execution, by the interpreter and by host code
 * (MD00374). */
#include "targets/mips/dsp.h"
#include "tests/mips/run_fixture.h"

RUN_SETUPS("34Kf")

enum { DSP = MIPS_STATUS_MX };

/* t2 gets the result of t0 and t1; accumulator 3, in and out, is the pair hi, lo. */
static const struct {
    const char *text;
    uint32_t word, t0, t1, control;
    uint64_t acc;
    uint32_t result, control_after;
    uint64_t acc_after;
} cases[] = {
    {"addu_s.qb t2, t0, t1", 0x7d095110, 0xff010203, 0x01010101, 0, 0, 0xff020304, 1 << 20, 0},
    {"addq_s.ph t2, t0, t1", 0x7d095390, 0x7fff8000, 0x0001ffff, 0, 0, 0x7fff8000, 1 << 20, 0},
    {"addsc t2, t0, t1", 0x7d095410, 0xffffffff, 2, 0, 0, 1, 1 << 13, 0},
    {"muleu_s.ph.qbl t2, t0, t1", 0x7d095190, 0x02ff0000, 0x00030200, 0, 0, 0x0006ffff, 1 << 21, 0},
    {"mulq_rs.ph t2, t0, t1", 0x7d0957d0, 0x80004000, 0x80004000, 0, 0, 0x7fff2000, 1 << 21, 0},
    {"raddu.w.qb t2, t0", 0x7d005510, 0xff01ff02, 0, 0, 0, 0x201, 0, 0},
    {"cmpgu.lt.qb t2, t0, t1", 0x7d095151, 0x01020380, 0x02020490, 0, 0, 0xb, 0, 0},
    {"cmp.le.ph t0, t1", 0x7d090291, 0x8000ffff, 0x7fffffff, 0xc000000, 0, 0, 0xf000000, 0},
    {"pick.ph t2, t0, t1", 0x7d0952d1, 0x11112222, 0x33334444, 0x1000000, 0, 0x33332222, 0x1000000,
     0},
    {"precrqu_s.qb.ph t2, t0, t1", 0x7d0953d1, 0x7fff8000, 0x40000080, 0, 0, 0xff008001, 1 << 22,
     0},
    {"preceu.ph.qbla t2, t0", 0x7c085792, 0x12345678, 0, 0, 0, 0x00120056, 0, 0},
    {"absq_s.w t2, t0", 0x7c085452, 0x80000000, 0, 0, 0, 0x7fffffff, 1 << 20, 0},
    {"repl.ph t2, -3", 0x7ffd5292, 0, 0, 0, 0, 0xfffdfffd, 0, 0},
    {"bitrev t2, t0", 0x7c0856d2, 0xffff8001, 0, 0, 0, 0x8001, 0, 0},
    {"shll_s.ph t2, t0, 4", 0x7c885313, 0xf8000800, 0, 0, 0, 0x80007fff, 1 << 22, 0},
    {"shrlv.qb t2, t0, t1", 0x7d2850d3, 0xff804020, 4, 0, 0, 0x0f080402, 0, 0},
    {"shra_r.w t2, t0, 8", 0x7d085553, 0x80000080, 0, 0, 0, 0xff800001, 0, 0},
    {"maq_s.w.phl ac3, t0, t1", 0x7d091d30, 0x80000000, 0x80000000, 0, 1, 0, 1 << 19, 0x80000000},
    {"dpaq_sa.l.w ac3, t0, t1", 0x7d091b30, 0x80000000, 0x80000000, 0, 1, 0, 1 << 19,
     0x7fffffffffffffff},
    {"extr_rs.w t2, ac3, 4", 0x7c8a19b8, 0, 0, 0, 0x7fffffff8, 0x7fffffff, 1 << 23, 0x7fffffff8},
    {"extp t2, ac3, 7", 0x7cea18b8, 0, 0, 11, 0xabc, 0xab, 11, 0xabc},
    {"extp t2, ac3, 7", 0x7cea18b8, 0, 0, 6, 0xabc, 0, 6 | 1 << 14, 0xabc},
    {"extpdpv t2, ac3, t1", 0x7d2a1af8, 0, 7, 11 | 1 << 14, 0xabc, 0xab, 3, 0xabc},
    {"shilo ac3, -8", 0x7f801eb8, 0, 0, 0, 0x1234567812345678, 0, 0, 0x3456781234567800},
    {"mthlip t0, ac3", 0x7d001ff8, 7, 0, 5, 0x1111111122222222, 0, 37, 0x2222222200000007},
    {"insv t2, t0", 0x7d0a000c, 0xff5, 0, 8 | 4 << 7, 0, 0x500, 8 | 4 << 7, 0},
    {"mult ac3, t0, t1", 0x01091818, 0xffffffff, 2, 0, 0, 0, 0, 0xfffffffffffffffe},
    {"mfhi t2, ac3", 0x00605010, 0, 0, 0, 0x1111111122222222, 0x11111111, 0, 0x1111111122222222},
    {"rddsp t2, 63", 0x7c3f54b8, 0, 0, 0xfff7fbf, 0, 0xfff7fbf, 0xfff7fbf, 0},
    {"wrdsp t0, 2", 0x7d0014f8, 0xffffffff, 0, 1, 0, 0, 1 | 0x3f << 7, 0},
};

static void operations(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    set_status(f, DSP);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        cpu->r[8] = cases[i].t0;
        cpu->r[9] = cases[i].t1;
        cpu->r[10] = 0;
        cpu->dsp_control = cases[i].control;
        cpu->lo[3] = (uint32_t)cases[i].acc;
        cpu->hi[3] = (uint32_t)(cases[i].acc >> 32);
        assert_int_equal(run_one(f, cases[i].word), -1);
        uint64_t acc = cpu->lo[3] | (uint64_t)cpu->hi[3] << 32;
        if (cpu->r[10] != cases[i].result || cpu->dsp_control != cases[i].control_after ||
            acc != cases[i].acc_after) {
            fail_msg("%s: %#x control %#x acc %#lx, not %#x %#x %#lx", cases[i].text, cpu->r[10],
                     cpu->dsp_control, acc, cases[i].result, cases[i].control_after,
                     cases[i].acc_after);
        }
    }
}

static void indexed_loads(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    set_status(f, DSP);
    put(f, DATA + 4, 0x8899aabb);
    cpu->r[4] = (uint32_t)KSEG0 + DATA;
    cpu->r[9] = 4;
    assert_int_equal(run_one(f, 0x7c89500a), -1); /* lwx t2, t1(a0) */
    assert_int_equal(cpu->r[10], 0x8899aabb);
    assert_int_equal(run_one(f, 0x7c89510a), -1); /* lhx */
    assert_int_equal(cpu->r[10], cpu->big ? 0xffff8899 : 0xffffaabb);
    assert_int_equal(run_one(f, 0x7c89518a), -1); /* lbux */
    assert_int_equal(cpu->r[10], cpu->big ? 0x88 : 0xbb);
    cpu->r[9] = 5;
    assert_int_equal(run_one(f, 0x7c89510a), MIPS_EXC_ADEL);
}

static void branch_on_position(void **state)
{
    struct fixture *f = *state;
    struct mips_cpu *cpu = f->cpu;
    set_status(f, DSP);
    for (unsigned pos = 31; pos <= 32; pos++) {
        cpu->dsp_control = pos;
        cpu->r[9] = 0;
        const uint32_t words[] = {
            0x041c0002, /* bposge32, over the next but one */
            0x25290001, /* addiu t1, t1, 1 */
            0x25290010, /* addiu t1, t1, 16 */
        };
        run_some(f, words, 3, pos == 32 ? 2 : 3);
        assert_int_equal(cpu->r[9], pos == 32 ? 1 : 0x11);
    }
}

/* With Status.MX = 0; accumulator 0 belongs to the base. */
static void disabled(void **state)
{
    struct fixture *f = *state;
    set_status(f, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(run_one(f, cases[i].word), MIPS_EXC_DSPDIS);
    }
    assert_int_equal(run_one(f, 0x01090018), -1); /* mult t0, t1 */
    assert_int_equal(run_one(f, 0x00005010), -1); /* mfhi t2 */
    assert_int_equal(run_one(f, 0x01400013), -1); /* mtlo t2 */
    assert_int_equal(run_one(f, 0x00205010), MIPS_EXC_DSPDIS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(operations),
        ALL(indexed_loads),
        BOTH(branch_on_position),
        BOTH(disabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
