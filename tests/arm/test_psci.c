/* PSCI calls on a machine of two CPUs without a board. */
#include "core/machine/machine.h"
#include "tests/arm/system_fixture.h"

static bool board_create(struct machine *machine, char *message, size_t message_size)
{
    for (unsigned i = 0; i < 2; i++) {
        struct arm_cpu *cpu = arm_cpu_create("cortex-a15");
        cpu->psci_hvc = true;
        cpu->mpidr = i;
        machine_add_cpu(machine, &cpu->cpu);
    }
    return true;
}

static bool board_boot(struct machine *machine, char *message, size_t message_size)
{
    machine->cpus[1]->stopped = true;
    return true;
}

static void board_destroy(struct machine *machine)
{
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        arm_cpu_destroy(arm_cpu(machine->cpus[i]));
    }
}

static const struct board board = {
    .name = "psci", .create = board_create, .boot = board_boot, .destroy = board_destroy};

static int setup(void **state)
{
    const struct machine_config config = {
        .engine = JIT_ENGINE_INTERP, .counted = true, .log = {.file = stderr}};
    char message[200];
    *state = machine_create(&board, &config, NULL, NULL, message, sizeof(message));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    machine_destroy(*state);
    return 0;
}

/* HVC with these registers; returns r0. */
static uint32_t psci(struct machine *machine, uint32_t id, uint32_t r1, uint32_t r2, uint32_t r3)
{
    struct arm_cpu *cpu = arm_cpu(machine->cpus[0]);
    cpu->r[0] = id;
    cpu->r[1] = r1;
    cpu->r[2] = r2;
    cpu->r[3] = r3;
    cpu->r[15] = 0x8000;
    assert_true(raises(cpu, &arm_helper_hvc, 0, 0, 0, NULL));
    arm_take_exception(&cpu->cpu);
    assert_int_equal(cpu->r[15], 0x8004);
    assert_int_equal(cpu->cpsr & ARM_CPSR_MODE, ARM_MODE_SVC);
    return cpu->r[0];
}

enum {
    NOT_SUPPORTED = -1,
    INVALID = -2,
    ALREADY_ON = -4,
};

static void test_queries(void **state)
{
    struct machine *machine = *state;
    assert_int_equal(psci(machine, 0x84000000, 0, 0, 0), 0x10000);
    assert_int_equal(psci(machine, 0x84000006, 0, 0, 0), 2);
    assert_int_equal((int32_t)psci(machine, 0x84000005, 0, 0, 0), NOT_SUPPORTED);
    assert_int_equal((int32_t)psci(machine, 0x84000077, 0, 0, 0), NOT_SUPPORTED);
    assert_int_equal((int32_t)psci(machine, 0xc4000003, 0, 0, 0), NOT_SUPPORTED);
    for (uint32_t id = 0x84000000; id < 0x84000020; id++) {
        bool has = (id & 31) <= 10 && id != 0x84000007;
        assert_int_equal((int32_t)psci(machine, 0x8400000a, id, 0, 0), has ? 0 : NOT_SUPPORTED);
    }
}

static void test_cpus(void **state)
{
    struct machine *machine = *state;
    struct arm_cpu *second = arm_cpu(machine->cpus[1]);
    assert_int_equal(psci(machine, 0x84000004, 0, 0, 0), 0);
    assert_int_equal(psci(machine, 0x84000004, 1, 0, 0), 1);
    assert_int_equal((int32_t)psci(machine, 0x84000004, 2, 0, 0), INVALID);
    assert_int_equal((int32_t)psci(machine, 0x84000004, 1, 1, 0), INVALID);
    assert_int_equal((int32_t)psci(machine, 0x84000003, 0, 0x1000, 0), ALREADY_ON);
    assert_int_equal((int32_t)psci(machine, 0x84000003, 7, 0x1000, 0), INVALID);
    second->r[5] = 5;
    assert_int_equal(psci(machine, 0x84000003, 1, 0x1001, 0xabc), 0);
    assert_false(second->cpu.stopped);
    assert_int_equal(second->r[15], 0x1001);
    assert_int_equal(second->r[0], 0xabc);
    assert_int_equal(second->r[5], 0);
    assert_int_equal(psci(machine, 0x84000004, 1, 0, 0), 0);
    assert_int_equal((int32_t)psci(machine, 0x84000003, 1, 0x1000, 0), ALREADY_ON);
    /* CPU_OFF, also by its old number. */
    psci(machine, 0x84000002, 0, 0, 0);
    assert_true(machine->cpus[0]->stopped);
    machine->cpus[0]->stopped = false;
    psci(machine, 0x95c1ba5f, 0, 0, 0);
    assert_true(machine->cpus[0]->stopped);
    machine->cpus[0]->stopped = false;
    /* CPU_SUSPEND is standby: it waits like WFI. */
    assert_int_equal(psci(machine, 0x84000001, 0, 0, 0), 0);
    assert_true(machine->cpus[0]->halted);
    machine->cpus[0]->halted = false;
    arm_cpu_set_irq(machine->cpus[0], 0, true);
    assert_int_equal(psci(machine, 0x84000001, 0, 0, 0), 0);
    assert_false(machine->cpus[0]->halted);
}

static void test_power_off(void **state)
{
    struct machine *machine = *state;
    psci(machine, 0x84000008, 0, 0, 0);
    assert_int_equal(machine_run(machine), MACHINE_POWER_OFF);
}

static void test_reset(void **state)
{
    struct machine *machine = *state;
    psci(machine, 0x84000009, 0, 0, 0);
    assert_true(machine->reset_pending);
    assert_int_not_equal(machine->cpus[0]->poll, 0);
}

static void test_user_mode(void **state)
{
    struct machine *machine = *state;
    struct arm_cpu *cpu = arm_cpu(machine->cpus[0]);
    set_mode(cpu, ARM_MODE_USR);
    assert_true(raises(cpu, &arm_helper_hvc, 0, 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_UNDEFINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_queries), TEST(test_cpus),      TEST(test_power_off),
        TEST(test_reset),   TEST(test_user_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
