/* Coprocessor 0: what each register shows after reset and which bits software can change. */
#include "targets/mips/models.h"
#include "tests/mips/system_fixture.h"

SETUP_TEARDOWN("24Kf")

/* Value after reset, and after ones and zeros were written. */
struct row {
    uint32_t key, reset, ones, zeros;
};

static void check_rows(struct mips_cpu *cpu, const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        assert_int_equal(mfc0(cpu, row->key), row->reset);
        mtc0(cpu, row->key, ~UINT32_C(0));
        assert_int_equal(mfc0(cpu, row->key), row->ones);
        mtc0(cpu, row->key, 0);
        assert_int_equal(mfc0(cpu, row->key), row->zeros);
        mips_reset(&cpu->cpu);
    }
}

static void masks_of_24kf(void **state)
{
    static const struct row rows[] = {
        {INDEX, 0, 0xf, 0},
        {ENTRYLO0, 0, 0x03ffffff, 0},
        {ENTRYLO1, 0, 0x03ffffff, 0},
        {CONTEXT, 0, 0xff800000, 0},
        {USERLOCAL, 0, 0xffffffff, 0},
        {PAGEMASK, 0, 0x1fffe000, 0},
        {PAGEGRAIN, 0, 0, 0},
        {WIRED, 0, 0xf, 0},
        {HWRENA, 0, 0x2000000f, 0},
        {BADVADDR, 0, 0, 0},
        {ENTRYHI, 0, 0xffffe0ff, 0},
        {COMPARE, 0, 0xffffffff, 0},
        {STATUS, 0x00400004, 0x3440ff1f, 0},
        {INTCTL, 0xe0000000, 0xe00003e0, 0xe0000000},
        {SRSCTL, 0, 0, 0},
        {CAUSE, 0, 0x08800300, 0},
        {EPC, 0, 0xffffffff, 0},
        {PRID, 0x00019300, 0x00019300, 0x00019300},
        {EBASE, 0x80000000, 0xbffff000, 0x80000000},
        {CONFIG, 0x80000483, 0x80000487, 0x80000480},
        {CONFIG1, 0x9e281405, 0x9e281405, 0x9e281405},
        {CONFIG2, 0x80000000, 0x80000000, 0x80000000},
        {CONFIG3, 0x00002020, 0x00002020, 0x00002020},
        {ERROREPC, 0, 0xffffffff, 0},
    };
    check_rows(((struct fixture *)*state)->cpu, rows, ARRAY_SIZE(rows));
}

/* Release 1: no EBase, IntCtl, HWREna, UserLocal, PageGrain; no Supervisor Mode and no FPU. */
static void masks_of_4kc(void **state)
{
    static const struct row rows[] = {
        {INDEX, 0, 0xf, 0},
        {USERLOCAL, 0, 0, 0},
        {HWRENA, 0, 0, 0},
        {STATUS, 0x00400004, 0x1040ff17, 0},
        {INTCTL, 0, 0, 0},
        {CAUSE, 0, 0x00800300, 0},
        {PRID, 0x00018000, 0x00018000, 0x00018000},
        {EBASE, 0, 0, 0},
        {CONFIG, 0x80000083, 0x80000087, 0x80000080},
        {CONFIG1, 0x9e281400, 0x9e281400, 0x9e281400},
        {CONFIG3, 0, 0, 0},
    };
    struct fixture *f = fixture_create("4Kc");
    check_rows(f->cpu, rows, ARRAY_SIZE(rows));
    fixture_destroy(f);
}

static void masks_of_34kf(void **state)
{
    static const struct row rows[] = {
        {INDEX, 0, 0x3f, 0},
        {WIRED, 0, 0x3f, 0},
        {STATUS, 0x00400004, 0x3540ff1f, 0},
        {PRID, 0x00019500, 0x00019500, 0x00019500},
        {CONFIG1, 0xfe281405, 0xfe281405, 0xfe281405},
        {CONFIG3, 0x00002420, 0x00002420, 0x00002420},
    };
    struct fixture *f = fixture_create("34Kf");
    check_rows(f->cpu, rows, ARRAY_SIZE(rows));
    fixture_destroy(f);
}

/* Registers that no model has read as zero and stay so. */
static void absent_registers(void **state)
{
    static const uint8_t numbers[] = {18, 19, 20, 21, 22, 23, 24, 25, 27, 31};
    struct fixture *f = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        for (uint32_t select = 0; select < 8; select++) {
            uint32_t key = MIPS_CP0_KEY(numbers[i], select);
            mtc0(f->cpu, key, ~UINT32_C(0));
            assert_int_equal(mfc0(f->cpu, key), 0);
        }
    }
}

static void config_tells_endianness(void **state)
{
    struct fixture *f = fixture_create_on("24Kf", true, NULL);
    assert_int_equal(mfc0(f->cpu, CONFIG), 0x80008483);
    fixture_destroy(f);
}

static void page_sizes(void **state)
{
    struct fixture *f = *state;
    for (unsigned n = 0; n <= 8; n++) {
        uint32_t mask = ((UINT32_C(1) << 2 * n) - 1) << 13;
        mtc0(f->cpu, PAGEMASK, mask);
        assert_int_equal(mfc0(f->cpu, PAGEMASK), mask);
    }
    mtc0(f->cpu, PAGEMASK, 0x0000c000 << 1); /* without the lowest pair: no size at all */
    assert_int_equal(mfc0(f->cpu, PAGEMASK), 0);
    mtc0(f->cpu, PAGEMASK, 0x0000e000); /* half a pair */
    assert_int_equal(mfc0(f->cpu, PAGEMASK), 0x00006000);
}

static void random_is_above_wired(void **state)
{
    struct fixture *f = *state;
    for (uint32_t wired = 0; wired < 16; wired++) {
        uint32_t seen = 0;
        mtc0(f->cpu, WIRED, wired);
        for (unsigned i = 0; i < 1000; i++) {
            seen |= 1u << mfc0(f->cpu, RANDOM);
        }
        assert_int_equal(seen, 0xffff & ~((1u << wired) - 1));
    }
}

/* NMI, SR and TS can be cleared and not set. */
static void sticky_status_bits(void **state)
{
    struct fixture *f = *state;
    const uint32_t sticky = MIPS_STATUS_NMI | MIPS_STATUS_SR | MIPS_STATUS_TS;
    f->cpu->cp0.status |= sticky;
    mtc0(f->cpu, STATUS, sticky);
    assert_int_equal(mfc0(f->cpu, STATUS), sticky);
    mtc0(f->cpu, STATUS, sticky & ~(uint32_t)MIPS_STATUS_SR);
    mtc0(f->cpu, STATUS, sticky);
    assert_int_equal(mfc0(f->cpu, STATUS), sticky & ~(uint32_t)MIPS_STATUS_SR);
}

/* II, RDHWR: by HWREna in User Mode, always with CU0 or in Kernel Mode; numbers that do not exist
 * never. */
static void hardware_registers(void **state)
{
    static const uint8_t numbers[] = {0, 1, 2, 3, 29};
    struct fixture *f = *state;
    uint64_t value;
    mtc0(f->cpu, USERLOCAL, 0x12345678);
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        unsigned n = numbers[i];
        mtc0(f->cpu, STATUS, 0);
        mtc0(f->cpu, HWRENA, 0);
        assert_false(raises(f->cpu, &mips_helper_rdhwr, n, 0, &value));
        mtc0(f->cpu, STATUS, MIPS_STATUS_UM);
        assert_true(raises(f->cpu, &mips_helper_rdhwr, n, 0, &value));
        assert_int_equal(f->cpu->exception, MIPS_EXC_RI);
        mtc0(f->cpu, STATUS, MIPS_STATUS_UM | MIPS_STATUS_CU0);
        assert_false(raises(f->cpu, &mips_helper_rdhwr, n, 0, &value));
        mtc0(f->cpu, STATUS, MIPS_STATUS_UM);
        mtc0(f->cpu, HWRENA, UINT32_C(1) << n);
        assert_false(raises(f->cpu, &mips_helper_rdhwr, n, 0, &value));
    }
    assert_int_equal(value, 0x12345678);
    assert_int_equal(call(f->cpu, &mips_helper_rdhwr, 29, 0), 0x12345678);
    mtc0(f->cpu, STATUS, 0);
    assert_int_equal(call(f->cpu, &mips_helper_rdhwr, 0, 0), 0);
    assert_int_equal(call(f->cpu, &mips_helper_rdhwr, 1, 0), 64);
    assert_int_equal(call(f->cpu, &mips_helper_rdhwr, 3, 0), 2);
    for (unsigned n = 4; n < 32; n++) {
        assert_true(n == 29 || raises(f->cpu, &mips_helper_rdhwr, n, 0, &value));
    }
}

static void models(void **state)
{
    for (unsigned i = 0; mips_model_names[i]; i++) {
        const struct mips_model *model = mips_model_find(mips_model_names[i]);
        assert_non_null(model);
        assert_int_equal(!!model->fir, !!(model->features & MIPS_FEATURE_FPU));
    }
    assert_null(mips_model_find("R3000"));
    assert_null(mips_cpu_create("R3000", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(masks_of_24kf),
        cmocka_unit_test(masks_of_4kc),
        cmocka_unit_test(masks_of_34kf),
        TEST(absent_registers),
        cmocka_unit_test(config_tells_endianness),
        TEST(page_sizes),
        TEST(random_is_above_wired),
        TEST(sticky_status_bits),
        TEST(hardware_registers),
        cmocka_unit_test(models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
