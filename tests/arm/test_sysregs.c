/* System registers: which exist, who may access them, what they hold (DDI 0406C B3.17, B4.1). */
#include "tests/arm/system_fixture.h"

#include "targets/arm/models.h"

SETUP_TEARDOWN("cortex-a15")

/* Every key that an instruction can name. */
static uint32_t nth_key(unsigned n)
{
    uint32_t key =
        ARM_SYSREG_KEY(n & 1 ? 15 : 14, n >> 1 & 7, n >> 4 & 15, n >> 8 & 15, n >> 12 & 7);
    return key | (n >> 15 & 1 ? ARM_SYSREG_KEY64 : 0);
}

enum { KEYS = 1 << 16 };

static bool is64(uint32_t key)
{
    return key & ARM_SYSREG_KEY64;
}

static bool refuses(struct arm_cpu *cpu, uint32_t key, bool write)
{
    const struct ir_helper *helper =
        write ? (is64(key) ? &arm_helper_cp15_write64 : &arm_helper_cp15_write)
              : (is64(key) ? &arm_helper_cp15_read64 : &arm_helper_cp15_read);
    bool refused = raises(cpu, helper, key, 0, 0, NULL);
    if (refused) {
        assert_int_equal(cpu->exception, ARM_EXC_UNDEFINED);
    }
    return refused;
}

/* All keys, both directions and privileges: accesses are refused exactly where no row allows
 * them. */
static void test_rights(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    /* What opens registers to User mode under conditions. */
    cpu->sys.cntkctl = 0x303;
    cpu->sys.pmuserenr = 1;
    for (unsigned n = 0; n < KEYS; n++) {
        uint32_t key = nth_key(n);
        const struct arm_sysreg *reg = arm_sysreg_find(cpu, key);
        if (reg && !strcmp(reg->name, "PMUSERENR")) {
            continue;
        }
        uint32_t flags = reg ? reg->flags : 0;
        set_mode(cpu, ARM_MODE_USR);
        assert_int_equal(refuses(cpu, key, false), !(flags & ARM_SYSREG_PL0_READ));
        assert_int_equal(refuses(cpu, key, true), !(flags & ARM_SYSREG_PL0_WRITE));
        set_mode(cpu, ARM_MODE_SYS);
        assert_int_equal(refuses(cpu, key, false), !(flags & ARM_SYSREG_PL1_READ));
        if (!reg || !strstr("SCTLR CNTKCTL ATS1CPR ATS1CPW ATS1CUR ATS1CUW", reg->name)) {
            assert_int_equal(refuses(cpu, key, true), !(flags & ARM_SYSREG_PL1_WRITE));
        }
    }
}

/* Registers that User mode may touch, as a list by hand. */
static void test_user_registers(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    static const char *const names[] = {
        "CP15ISB",    "CP15DSB",  "CP15DMB",  "PMCR",       "PMCNTENSET", "PMCNTENCLR", "PMOVSR",
        "PMSWINC",    "PMSELR",   "PMCEID0",  "PMCEID1",    "PMCCNTR",    "PMXEVTYPER", "PMXEVCNTR",
        "PMUSERENR",  "PMOVSSET", "TPIDRURW", "TPIDRURO",   "CNTFRQ",     "CNTP_TVAL",  "CNTP_CTL",
        "CNTV_TVAL",  "CNTV_CTL", "CNTPCT",   "CNTVCT",     "CNTP_CVAL",  "CNTV_CVAL",  "DBGDIDR",
        "DBGDSCRINT", "DBGDRAR",  "DBGDSAR",  "DBGDRAR_64", "DBGDSAR_64", "JIDR",
    };
    unsigned found = 0;
    for (unsigned n = 0; n < KEYS; n++) {
        const struct arm_sysreg *reg = arm_sysreg_find(cpu, nth_key(n));
        if (!reg || !(reg->flags & (ARM_SYSREG_PL0_READ | ARM_SYSREG_PL0_WRITE))) {
            continue;
        }
        found++;
        bool listed = false;
        for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
            listed |= !strcmp(names[i], reg->name);
        }
        assert_true(listed);
    }
    assert_int_equal(found, ARRAY_SIZE(names));
}

/* Flags that translation relies on agree with what the helpers do. */
static void test_flags(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned n = 0; n < KEYS; n++) {
        const struct arm_sysreg *reg = arm_sysreg_find(cpu, nth_key(n));
        if (!reg) {
            continue;
        }
        assert_true(reg->key == nth_key(n) || (!reg->key && (nth_key(n) >> 12 & 15) == 15));
        if (reg->flags & ARM_SYSREG_SLOT_WRITE) {
            assert_true(!reg->write && reg->mask == ~0u && reg->flags & ARM_SYSREG_SLOT_READ);
        }
        if (reg->flags & ARM_SYSREG_SLOT_READ) {
            assert_true(!reg->read && reg->offset >= sizeof(struct cpu) && !is64(reg->key));
        }
        bool readable = reg->flags & ARM_SYSREG_PL1_READ;
        bool writable = reg->flags & ARM_SYSREG_PL1_WRITE;
        assert_true(!readable || reg->read || reg->offset || reg->flags & ARM_SYSREG_CONST);
        assert_true(!writable || reg->write || (reg->offset && reg->mask) ||
                    reg->flags & ARM_SYSREG_NOP);
    }
}

/* PMUSERENR and CNTKCTL bit by bit. */
static void test_conditional_rights(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    enum { CNTKCTL, PMUSERENR };
    static const struct {
        uint32_t key;
        unsigned control;
        uint32_t read, write; /* bits any of which allows it; 0: nothing does */
    } cases[] = {
        {ARM_SYSREG_KEY(15, 0, 14, 0, 0), CNTKCTL, 0x003, 0},
        {ARM_SYSREG_KEY(15, 0, 14, 2, 0), CNTKCTL, 0x200, 0x200},
        {ARM_SYSREG_KEY(15, 0, 14, 2, 1), CNTKCTL, 0x200, 0x200},
        {ARM_SYSREG_KEY(15, 0, 14, 3, 0), CNTKCTL, 0x100, 0x100},
        {ARM_SYSREG_KEY(15, 0, 14, 3, 1), CNTKCTL, 0x100, 0x100},
        {ARM_SYSREG_KEY(15, 0, 0, 14, 0) | ARM_SYSREG_KEY64, CNTKCTL, 0x001, 0},
        {ARM_SYSREG_KEY(15, 1, 0, 14, 0) | ARM_SYSREG_KEY64, CNTKCTL, 0x002, 0},
        {ARM_SYSREG_KEY(15, 2, 0, 14, 0) | ARM_SYSREG_KEY64, CNTKCTL, 0x200, 0x200},
        {ARM_SYSREG_KEY(15, 3, 0, 14, 0) | ARM_SYSREG_KEY64, CNTKCTL, 0x100, 0x100},
        {ARM_SYSREG_KEY(15, 0, 9, 12, 0), PMUSERENR, 1, 1},
        {ARM_SYSREG_KEY(15, 0, 9, 12, 1), PMUSERENR, 1, 1},
        {ARM_SYSREG_KEY(15, 0, 9, 12, 3), PMUSERENR, 1, 1},
        {ARM_SYSREG_KEY(15, 0, 9, 12, 4), PMUSERENR, 0, 3},
        {ARM_SYSREG_KEY(15, 0, 9, 12, 5), PMUSERENR, 9, 9},
        {ARM_SYSREG_KEY(15, 0, 9, 13, 0), PMUSERENR, 5, 1},
        {ARM_SYSREG_KEY(15, 0, 9, 13, 2), PMUSERENR, 9, 1},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned bit = 0; bit < 10; bit++) {
            cpu->sys.cntkctl = cases[i].control == CNTKCTL ? 1u << bit : 0;
            cpu->sys.pmuserenr = cases[i].control == PMUSERENR ? 1u << bit : 0;
            set_mode(cpu, ARM_MODE_USR);
            assert_int_equal(refuses(cpu, cases[i].key, false), !(cases[i].read >> bit & 1));
            assert_int_equal(refuses(cpu, cases[i].key, true), !(cases[i].write >> bit & 1));
            set_mode(cpu, ARM_MODE_SYS);
        }
    }
}

static void test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        uint32_t midr, ctr, pfr1, mmfr0, isar0, clidr;
        bool lpae, timer, l2;
    } cases[] = {
        {"cortex-a15", 0x414fc0f0, 0x8444c004, 0x00010001, 0x10201105, 0x02101110, 0x0a200023, true,
         true, true},
        {"cortex-a7", 0x410fc075, 0x84448003, 0x00010001, 0x10101105, 0x02101110, 0x0a200023, true,
         true, true},
        {"cortex-a9", 0x410fc090, 0x80038003, 0x00000001, 0x00100103, 0x00101111, 0x09000003, false,
         false, false},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture *f = fixture_create(cases[i].model);
        struct arm_cpu *cpu = f->cpu;
        assert_int_equal(cp15_read(cpu, 0, 0, 0, 0), cases[i].midr);
        assert_int_equal(cp15_read(cpu, 0, 0, 0, 7), cases[i].midr);
        assert_int_equal(cp15_read(cpu, 0, 0, 0, 1), cases[i].ctr);
        assert_int_equal(cp15_read(cpu, 0, 0, 1, 1), cases[i].pfr1);
        assert_int_equal(cp15_read(cpu, 0, 0, 1, 4), cases[i].mmfr0);
        assert_int_equal(cp15_read(cpu, 0, 0, 2, 0), cases[i].isar0);
        assert_int_equal(cp15_read(cpu, 1, 0, 0, 1), cases[i].clidr);
        cpu->mpidr = 3;
        assert_int_equal(cp15_read(cpu, 0, 0, 0, 5), 0x80000003);
        for (unsigned select = 0; select < 16; select++) {
            cp15_write(cpu, 2, 0, 0, 0, select | 0xfffffff0);
            assert_int_equal(cp15_read(cpu, 2, 0, 0, 0), select);
            assert_int_equal(cp15_read(cpu, 1, 0, 0, 0),
                             select < 4 ? cpu->model->ccsidr[select] : 0);
        }
        /* Extensions that are not there have no registers, and no field tells of them. */
        assert_int_equal(!!arm_sysreg_find(cpu, ARM_SYSREG_KEY(15, 0, 0, 2, 0) | ARM_SYSREG_KEY64),
                         cases[i].lpae);
        assert_int_equal((cases[i].mmfr0 & 15) == 5, cases[i].lpae);
        assert_int_equal(!!arm_sysreg_find(cpu, ARM_SYSREG_KEY(15, 0, 14, 0, 0)), cases[i].timer);
        assert_int_equal(cases[i].pfr1 >> 16 & 15, cases[i].timer);
        assert_int_equal(!!arm_sysreg_find(cpu, ARM_SYSREG_KEY(15, 1, 9, 0, 2)), cases[i].l2);
        assert_int_equal(cases[i].isar0 >> 24 & 15, cpu->features & ARM_FEATURE_DIV_ARM ? 2 : 0);
        assert_null(arm_sysreg_find(cpu, ARM_SYSREG_KEY(15, 0, 1, 1, 0))); /* SCR */
        assert_null(arm_sysreg_find(cpu, ARM_SYSREG_KEY(15, 4, 1, 1, 0))); /* HCR */
        assert_null(arm_sysreg_find(cpu, ARM_SYSREG_KEY(14, 6, 0, 0, 0))); /* TEECR */
        fixture_destroy(f);
    }
}

/* Bits that can be written, of registers where not all can. */
static void test_masks(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    cp15_write(cpu, 0, 1, 0, 0, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 1, 0, 0), 0x72dd3c7f);
    cp15_write(cpu, 0, 1, 0, 0, 0);
    assert_int_equal(cp15_read(cpu, 0, 1, 0, 0), 0x00c50078);
    cp15_write(cpu, 0, 1, 0, 2, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 1, 0, 2), 0x00f00000);
    cp15_write(cpu, 0, 12, 0, 0, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 12, 0, 0), 0xffffffe0);
    cp15_write(cpu, 0, 2, 0, 2, 0x7fffffff);
    assert_int_equal(cp15_read(cpu, 0, 2, 0, 2), 0x37);
    cp15_write(cpu, 0, 13, 0, 0, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 13, 0, 0), 0);
    /* 32-bit writes of 64-bit registers keep the other half. */
    const uint32_t ttbr0_64 = ARM_SYSREG_KEY(15, 0, 0, 2, 0) | ARM_SYSREG_KEY64;
    call(cpu, &arm_helper_cp15_write64, ttbr0_64, UINT64_C(0x0012000340000000), 0);
    cp15_write(cpu, 0, 2, 0, 0, 0x50000000);
    assert_true(call(cpu, &arm_helper_cp15_read64, ttbr0_64, 0, 0) == UINT64_C(0x0012000350000000));
    assert_int_equal(cp15_read(cpu, 0, 2, 0, 0), 0x50000000);
    /* Interrupt status. */
    arm_cpu_set_irq(cpu, 0, true);
    assert_int_equal(cp15_read(cpu, 0, 12, 1, 0), 0x80);
    arm_cpu_set_irq(cpu, 1, true);
    assert_int_equal(cp15_read(cpu, 0, 12, 1, 0), 0xc0);
}

static void test_unknown_is_logged(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    f->log.file = open_memstream(&text, &size);
    f->log.mask = 1u << LOG_UNIMP;
    f->cpu->r[15] = 0x8001;
    assert_true(refuses(f->cpu, ARM_SYSREG_KEY(15, 3, 11, 12, 5), true));
    fclose(f->log.file);
    f->log = (struct log){.file = stderr};
    assert_non_null(strstr(text, "unknown p15 register: opc1 3, c11, c12, opc2 5"));
    assert_non_null(strstr(text, "pc 00008000"));
    free(text);
}

/* ---- performance monitors -------------------------------------------------------------------- */

static void pass(struct fixture *f, uint64_t ns)
{
    sched_account(f->sched, ns);
}

static void test_cycle_counter(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    assert_int_equal(cp15_read(cpu, 0, 9, 12, 0), 0x410f3000);
    pass(f, 1000);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 0), 0);
    cp15_write(cpu, 0, 9, 12, 0, 1);          /* PMCR.E */
    cp15_write(cpu, 0, 9, 12, 1, 0x80000000); /* PMCNTENSET.C */
    pass(f, 100);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 0), 100);
    cp15_write(cpu, 0, 9, 12, 2, 0x80000000);
    pass(f, 100);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 0), 100);
    cp15_write(cpu, 0, 9, 12, 1, 0x80000000);
    cp15_write(cpu, 0, 9, 13, 0, 0xfffffff0);
    assert_int_equal(cp15_read(cpu, 0, 9, 12, 3), 0);
    pass(f, 32);
    assert_int_equal(cp15_read(cpu, 0, 9, 12, 3), 0x80000000);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 0), 16);
    cp15_write(cpu, 0, 9, 12, 3, 0x80000000);
    assert_int_equal(cp15_read(cpu, 0, 9, 12, 3), 0);
    cp15_write(cpu, 0, 9, 12, 0, 1 | 4 | 8); /* E, C, D */
    pass(f, 6400);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 0), 100);
}

static void test_event_counters(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    assert_int_equal(cp15_read(cpu, 0, 9, 12, 6), 1 << 0x11 | 1);
    cp15_write(cpu, 0, 9, 12, 5, 2); /* PMSELR */
    cp15_write(cpu, 0, 9, 13, 1, 0x11);
    cp15_write(cpu, 0, 9, 12, 5, 5);
    cp15_write(cpu, 0, 9, 13, 1, 0x00);
    cp15_write(cpu, 0, 9, 12, 1, 1 << 2 | 1 << 5);
    cp15_write(cpu, 0, 9, 12, 0, 1);
    pass(f, 77);
    cp15_write(cpu, 0, 9, 12, 4, 0x3f); /* PMSWINC */
    cp15_write(cpu, 0, 9, 12, 4, 1 << 5);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 2), 2);
    cp15_write(cpu, 0, 9, 12, 5, 2);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 2), 77);
    cp15_write(cpu, 0, 9, 12, 5, 6); /* there are six, 0 to 5 */
    cp15_write(cpu, 0, 9, 13, 2, 1);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 2), 0);
    cp15_write(cpu, 0, 9, 12, 5, 31);
    cp15_write(cpu, 0, 9, 13, 1, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 1), 0xc0000000);
    cp15_write(cpu, 0, 9, 14, 1, ~0u);
    assert_int_equal(cp15_read(cpu, 0, 9, 14, 2), 0x8000003f);
    cp15_write(cpu, 0, 9, 14, 2, 0x0f);
    assert_int_equal(cp15_read(cpu, 0, 9, 14, 1), 0x80000030);
    cp15_write(cpu, 0, 9, 12, 0, 1 | 2); /* PMCR.P */
    cp15_write(cpu, 0, 9, 12, 5, 2);
    assert_int_equal(cp15_read(cpu, 0, 9, 13, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rights),
        TEST(test_user_registers),
        TEST(test_flags),
        TEST(test_conditional_rights),
        TEST(test_ids),
        TEST(test_masks),
        TEST(test_unknown_is_logged),
        TEST(test_cycle_counter),
        TEST(test_event_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
