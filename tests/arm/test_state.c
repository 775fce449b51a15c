/* Status registers, banks, reset, hash. */
#include "tests/arm/system_fixture.h"

#include "targets/arm/models.h"

SETUP_TEARDOWN("cortex-a15")

static const uint32_t modes[] = {ARM_MODE_USR, ARM_MODE_FIQ, ARM_MODE_IRQ, ARM_MODE_SVC,
                                 ARM_MODE_ABT, ARM_MODE_UND, ARM_MODE_SYS};

static void test_reset(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(arm_cpsr_read(f->cpu), 0x400001d3);
    assert_int_equal(f->cpu->r[15], 0);
    assert_int_equal(f->cpu->sys.sctlr, 0x00c50078);
    assert_int_equal(f->cpu->exclusive_address, 1);
    assert_null(arm_cpu_create("cortex-a99"));
    for (unsigned i = 0; arm_model_names[i]; i++) {
        struct arm_cpu *cpu = arm_cpu_create(arm_model_names[i]);
        assert_non_null(cpu);
        assert_string_equal(cpu->model->name, arm_model_names[i]);
        arm_cpu_destroy(cpu);
    }
}

/* Every bit of the CPSR comes back, whatever slot it lives in, and nothing else changes. */
static void test_cpsr_round_trip(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    const uint32_t all = UINT32_C(0xff0fffff) & ~(uint32_t)ARM_CPSR_MODE;
    for (unsigned bit = 5; bit < 32; bit++) {
        uint32_t mask = UINT32_C(1) << bit;
        if (!(all & mask)) {
            continue;
        }
        arm_cpsr_write(cpu, 0, all);
        arm_cpsr_write(cpu, ~UINT32_C(0), mask);
        assert_int_equal(arm_cpsr_read(cpu), mask | ARM_MODE_SVC);
        arm_cpsr_write(cpu, ~UINT32_C(0), all);
        arm_cpsr_write(cpu, 0, mask);
        assert_int_equal(arm_cpsr_read(cpu), (all & ~mask) | ARM_MODE_SVC);
    }
    arm_cpsr_write(cpu, 0, all);
    cpu->nf = 0xffffffff; /* only bit 31 counts, and zf is 0 when Z is set */
    cpu->zf = 0;
    assert_int_equal(arm_cpsr_read(cpu), 0xc0000013);
}

/* r8..r14 and the SPSR of each mode are its own where the manual says so (Figure B1-2). */
static unsigned bank_of(uint32_t mode, unsigned n)
{
    unsigned bank = mode == ARM_MODE_SYS ? ARM_MODE_USR : mode;
    return n < 13 && bank != ARM_MODE_FIQ ? ARM_MODE_USR : bank;
}

static void test_banks(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        set_mode(cpu, modes[i]);
        for (unsigned n = 0; n < 15; n++) {
            cpu->r[n] = n < 8 ? n : bank_of(modes[i], n) << 8 | n;
        }
    }
    for (unsigned from = 0; from < ARRAY_SIZE(modes); from++) {
        for (unsigned to = 0; to < ARRAY_SIZE(modes); to++) {
            set_mode(cpu, modes[from]);
            set_mode(cpu, modes[to]);
            for (unsigned n = 0; n < 15; n++) {
                uint32_t expected = n < 8 ? n : bank_of(modes[to], n) << 8 | n;
                assert_int_equal(cpu->r[n], expected);
            }
            for (unsigned n = 8; n < 15; n++) {
                assert_int_equal(call(cpu, &arm_helper_user_reg_read, n, 0, 0),
                                 bank_of(ARM_MODE_USR, n) << 8 | n);
                assert_int_equal(call(cpu, &arm_helper_bank_reg_read, modes[from], n, 0),
                                 bank_of(modes[from], n) << 8 | n);
            }
        }
    }
}

static void test_banked_writes(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned current = 0; current < ARRAY_SIZE(modes); current++) {
        for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
            set_mode(cpu, modes[current]);
            for (unsigned n = 8; n < 15; n++) {
                uint32_t value = current << 16 | i << 8 | n;
                call(cpu, &arm_helper_bank_reg_write, modes[i], n, value);
                set_mode(cpu, modes[i]);
                assert_int_equal(cpu->r[n], value);
                set_mode(cpu, modes[current]);
            }
            call(cpu, &arm_helper_bank_reg_write, modes[i], 16, 0x100 + i);
            bool has = modes[i] != ARM_MODE_USR && modes[i] != ARM_MODE_SYS;
            assert_int_equal(call(cpu, &arm_helper_bank_reg_read, modes[i], 16, 0),
                             has ? 0x100 + i : 0);
        }
        call(cpu, &arm_helper_user_reg_write, 13, 0xabc00 + current, 0);
        set_mode(cpu, ARM_MODE_SYS);
        assert_int_equal(cpu->r[13], 0xabc00 + current);
    }
    /* Modes that do not exist: nothing happens. */
    for (uint32_t mode = 0; mode < 32; mode++) {
        if (!arm_mode_valid(mode)) {
            call(cpu, &arm_helper_bank_reg_write, mode, 13, 1);
            assert_int_equal(call(cpu, &arm_helper_bank_reg_read, mode, 13, 0), 0);
        }
    }
}

static void test_mode_values(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    const uint32_t valid = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 7 | 1u << 11 | 1u << 15;
    for (uint32_t mode = 0; mode < 32; mode++) {
        set_mode(cpu, ARM_MODE_SVC);
        set_mode(cpu, mode);
        bool good = mode >= 16 && valid >> (mode & 15) & 1;
        assert_int_equal(cpu->cpsr & ARM_CPSR_MODE, good ? mode : (uint32_t)ARM_MODE_SVC);
    }
}

/* MSR: what each privilege may change; execution state never (B1.3.3, B9.3.11). */
static void test_msr_rights(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    set_mode(cpu, ARM_MODE_USR);
    arm_cpsr_write(cpu, 0, ~(uint32_t)ARM_CPSR_MODE);
    call(cpu, &arm_helper_cpsr_write, ~UINT32_C(0), ~UINT32_C(0), 0);
    assert_int_equal(arm_cpsr_read(cpu), 0xf80f0210);
    call(cpu, &arm_helper_cpsr_write, 0x13, 0xff, 0);
    assert_int_equal(arm_cpsr_read(cpu), 0xf80f0210);

    set_mode(cpu, ARM_MODE_SVC);
    arm_cpsr_write(cpu, 0, ~(uint32_t)ARM_CPSR_MODE);
    assert_int_equal(call(cpu, &arm_helper_cpsr_write, ~UINT32_C(0), ~UINT32_C(0), 0), 1);
    assert_int_equal(arm_cpsr_read(cpu), 0xf80f03df);
    assert_int_equal(call(cpu, &arm_helper_cpsr_write, 0x80, 0xc0, 0), 0);
    assert_int_equal(arm_cpsr_read(cpu), 0xf80f039f);
    /* To User mode translations differ. */
    assert_int_equal(call(cpu, &arm_helper_cpsr_write, ARM_MODE_USR, 0xff, 0), 1);
}

static void test_spsr(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        set_mode(cpu, modes[i]);
        call(cpu, &arm_helper_spsr_write, 0x11111111 * i, ~UINT32_C(0), 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        set_mode(cpu, modes[i]);
        bool has = modes[i] != ARM_MODE_USR && modes[i] != ARM_MODE_SYS;
        assert_int_equal(call(cpu, &arm_helper_spsr_read, 0, 0, 0), has ? 0x11111111 * i : 0);
    }
    set_mode(cpu, ARM_MODE_IRQ);
    call(cpu, &arm_helper_spsr_write, 0x12345678, 0xff00ff00, 0);
    assert_int_equal(call(cpu, &arm_helper_spsr_read, 0, 0, 0), 0x12225622);
}

static void test_exception_return(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    set_mode(cpu, ARM_MODE_ABT);
    /* To Thumb in an IT block, in User mode. */
    call(cpu, &arm_helper_spsr_write, 0x06000030 | 0xa800 | ARM_CPSR_Z, ~UINT32_C(0), 0);
    call(cpu, &arm_helper_exception_return, 0x8003, 0, 0);
    assert_int_equal(cpu->r[15], 0x8003);
    assert_int_equal(cpu->it, 0xab);
    assert_int_equal(arm_cpsr_read(cpu), 0x4600a830);
    /* To A32: low bits go, IT has no meaning. */
    set_mode(cpu, ARM_MODE_SVC);
    call(cpu, &arm_helper_rfe, 0x9003, 0x06008013, 0);
    assert_int_equal(cpu->r[15], 0x9000);
    assert_int_equal(cpu->it, 0);
    /* There is no Jazelle state. */
    call(cpu, &arm_helper_rfe, 0x9002, 0x01000033, 0);
    assert_int_equal(cpu->r[15], 0x9003);
    assert_int_equal(cpu->cpsr & ARM_CPSR_J, 0);
}

/* CPACR and FPEXC as translation mode. */
static void test_fp_mode(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    for (unsigned access = 0; access < 4; access++) {
        for (unsigned enabled = 0; enabled < 2; enabled++) {
            for (unsigned user = 0; user < 2; user++) {
                cpu->sys.cpacr = access * 0x500000;
                cpu->fpexc = enabled << 30;
                set_mode(cpu, user ? ARM_MODE_USR : ARM_MODE_SVC);
                bool allowed = access == 3 || (access == 1 && !user);
                uint32_t mode = arm_translation_mode(cpu);
                assert_int_equal(!!(mode & ARM_TM_FPEXC), allowed);
                assert_int_equal(!!(mode & ARM_TM_FP), allowed && enabled);
                assert_int_equal(!!(mode & ARM_TM_PRIV), !user);
                set_mode(cpu, ARM_MODE_SYS);
            }
        }
    }
}

/* The hash is of architectural state: equal after a round trip, different after any change. */
static void test_hash(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    cpu->zf = 1;
    uint64_t hash = arm_hash(&cpu->cpu, 1);
    cpu->zf = 77;
    cpu->nf = 0x7fffffff;
    set_mode(cpu, ARM_MODE_FIQ);
    set_mode(cpu, ARM_MODE_UND);
    set_mode(cpu, ARM_MODE_SVC);
    assert_true(arm_hash(&cpu->cpu, 1) == hash);
    cpu->r8_fiq[2]++;
    uint64_t other = arm_hash(&cpu->cpu, 1);
    assert_true(other != hash);
    cpu->r8_fiq[2]--;
    cpu->d[31] = 1;
    assert_true(arm_hash(&cpu->cpu, 1) != hash);
    cpu->d[31] = 0;
    assert_true(arm_hash(&cpu->cpu, 1) == hash);
    cpu->sys.tpidruro = 1;
    assert_true(arm_hash(&cpu->cpu, 1) != hash);
}

static void test_dump(void **state)
{
    struct arm_cpu *cpu = ((struct fixture *)*state)->cpu;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cpu->r[7] = 0xdeadbeef;
    arm_dump(&cpu->cpu, out);
    fclose(out);
    assert_non_null(strstr(text, "r7  deadbeef"));
    assert_non_null(strstr(text, "cpsr 400001d3"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reset),       TEST(test_cpsr_round_trip),
        TEST(test_banks),       TEST(test_banked_writes),
        TEST(test_mode_values), TEST(test_msr_rights),
        TEST(test_spsr),        TEST(test_exception_return),
        TEST(test_fp_mode),     TEST(test_hash),
        TEST(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
