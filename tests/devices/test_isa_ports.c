#include "tests/devices/ports.h"

struct latch {
    uint64_t offset, value;
    unsigned size, accesses;
};

static uint64_t latch_read(void *opaque, uint64_t offset, unsigned size)
{
    struct latch *latch = opaque;
    latch->accesses++;
    return 0x8877665544332211 >> (8 * offset);
}

static void latch_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    *(struct latch *)opaque = (struct latch){offset, value, size, 1};
}

static const struct mmio_ops latch_ops = {latch_read, latch_write};

static void ports_without_a_device_float(void **state)
{
    struct ports_machine pm = {0};
    struct latch latch = {0};
    uint64_t value;
    ports_machine_init(&pm);
    bus_add_mmio(pm.ports, "latch", 0x202, 4, &latch_ops, &latch);
    bus_add_mmio(pm.machine->bus, "io", 0x18000000, ISA_PORTS, &isa_mmio_ops, pm.ports);

    assert_int_equal(isa_read(pm.ports, 0x100, 1), 0xff);
    assert_int_equal(isa_read(pm.ports, 0x100, 4), 0xffffffff);
    assert_true(isa_read(pm.ports, 0xffff, 8) == UINT64_MAX);
    isa_write(pm.ports, 0x100, 8, 0);
    assert_int_equal(latch.accesses, 0);

    assert_int_equal(isa_read(pm.ports, 0x202, 4), 0x44332211);
    assert_int_equal(isa_read(pm.ports, 0x200, 4), 0x2211ffff);
    assert_int_equal(isa_read(pm.ports, 0x204, 4), 0xffff4433);
    assert_int_equal(isa_read(pm.ports, 0x203, 2), 0x3322);
    isa_write(pm.ports, 0x204, 4, 0x12345678);
    assert_int_equal(latch.offset, 2);
    assert_int_equal(latch.size, 2);
    assert_int_equal(latch.value, 0x5678);

    assert_true(bus_read(pm.machine->bus, 0x18000202, 2, &value));
    assert_int_equal(value, 0x2211);
    assert_true(bus_read(pm.machine->bus, 0x1800fffe, 2, &value));
    assert_int_equal(value, 0xffff);
    assert_true(bus_write(pm.machine->bus, 0x18000205, 1, 0xab));
    assert_int_equal(latch.offset, 3);
    assert_int_equal(latch.value, 0xab);
    ports_machine_free(&pm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_without_a_device_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
