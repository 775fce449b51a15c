#include "devices/pci/gt64120.h"
#include "tests/devices/pci.h"

struct fixture {
    struct machine *machine;
    struct pci_bus *bus;
    struct line line;
};
enum { TOY = PCI_DEVFN(11, 0) };
#define BASE UINT64_C(0x14000000)
enum {
    ISD = 0x68,
    CAUSE = 0xc18,
    MASK = 0xc1c,
    ACKNOWLEDGE = 0xc34,
    ADDRESS = 0xcf8,
    DATA = 0xcfc
};

static unsigned acknowledge(void *opaque)
{
    return 0x23;
}

static void make(struct fixture *f, bool big_endian)
{
    memset(f, 0, sizeof(*f));
    f->machine = fake_machine();
    f->bus = pci_bus_create(f->machine);
    gt64120_create(f->machine, f->bus,
                   &(struct gt64120_config){big_endian, line_irq(&f->line), acknowledge, NULL});
}

static int setup(void **state)
{
    static struct fixture f;
    make(&f, false);
    *state = &f;
    return 0;
}

static int setup_big(void **state)
{
    static struct fixture f;
    make(&f, true);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static uint32_t get(struct fixture *f, uint64_t offset)
{
    return (uint32_t)rd(f->machine, BASE + offset, 4);
}

static void set(struct fixture *f, uint64_t offset, uint32_t value)
{
    wr(f->machine, BASE + offset, 4, value);
}

static void cycles_reach_configuration(void **state)
{
    struct fixture *f = *state;
    toy_create(f->bus, TOY);
    set(f, ADDRESS, 0x80000000);
    assert_int_equal(get(f, DATA), 0x462011ab);
    set(f, ADDRESS, 0x80000008);
    assert_int_equal(get(f, DATA), 0x06000010);
    set(f, ADDRESS, 0x80005800);
    assert_int_equal(get(f, DATA), 0x56781234);
    assert_int_equal(rd(f->machine, BASE + DATA + 2, 2), 0x5678);
    assert_int_equal(rd(f->machine, BASE + DATA + 1, 1), 0x12);
    set(f, ADDRESS, 0x80005840);
    wr(f->machine, BASE + DATA + 1, 1, 0xee);
    assert_int_equal(get(f, DATA), 0x1122ee44);
    set(f, ADDRESS, 0x00005800); /* not enabled */
    assert_int_equal(get(f, DATA), 0xffffffff);
    assert_int_equal(get(f, CAUSE), 0);
}

static void nobody_there_is_a_master_abort(void **state)
{
    struct fixture *f = *state;
    set(f, ADDRESS, 0x80006000);
    assert_int_equal(get(f, DATA), 0xffffffff);
    assert_int_equal(get(f, CAUSE), 1 << 18 | 1);
    assert_false(f->line.level);
    set(f, MASK, 0xffffffff);
    assert_int_equal(get(f, MASK), 0x3ffffffe);
    assert_int_equal(get(f, CAUSE), 1 << 30 | 1 << 18 | 1);
    assert_true(f->line.level);
    set(f, CAUSE, ~(1u << 18));
    assert_int_equal(get(f, CAUSE), 0);
    assert_false(f->line.level);
    set(f, ADDRESS, 0x8000ff00); /* a special cycle */
    set(f, DATA, 0x00120002);
    assert_int_equal(get(f, CAUSE), 0);
    rd(f->machine, 0x12000000, 4); /* memory 0 after a reset */
    assert_true(f->line.level);
    fake_machine_reset(f->machine);
    assert_false(f->line.level);
}

static void acknowledge_cycles_give_the_vector(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, ACKNOWLEDGE), 0x23);
}

/* What boot loaders of a Malta do. */
static void windows_move(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, TOY);
    toy->io = 0x11;
    toy->memory = 0x22;
    wr(f->machine, BASE + ISD, 4, 0x0df);
    assert_null(bus_find(f->machine->bus, BASE));
    const uint64_t base = 0x1be00000;
    const uint32_t setup_words[][2] = {{0x48, 0x0c0}, {0x50, 0x40},  {0x58, 0x080},
                                       {0x60, 0x3e},  {0x80, 0x0c1}, {0x88, 0x5e}};
    for (unsigned i = 0; i < 6; i++) {
        wr(f->machine, base + setup_words[i][0], 4, setup_words[i][1]);
    }
    struct bus *bus = f->machine->bus;
    assert_int_equal(bus_find(bus, 0x18000000)->size, 0x200000);
    assert_int_equal(bus_find(bus, 0x10000000)->size, 0x7e00000);
    assert_int_equal(bus_find(bus, 0x18200000)->size, 0x3c00000);
    config_set(f->bus, TOY, 0x10, 4, 0x1000);
    config_set(f->bus, TOY, 0x14, 4, 0x12000000);
    config_set(f->bus, TOY, 4, 2, 7);
    assert_int_equal(rd(f->machine, 0x18001000, 1), 0x11);
    assert_int_equal(rd(f->machine, 0x12000000, 1), 0x22);
    assert_int_equal(rd(f->machine, base + 0xf8, 4), 0x80);
    wr(f->machine, base + 0xf8, 4, 0x90); /* the remap register */
    assert_int_equal(rd(f->machine, 0x12000000, 1), 0xff);
    assert_int_equal(rd(f->machine, 0x10000000, 1), 0x22);
    wr(f->machine, base + 0x50, 4, 0x3f); /* upper bound below the lower: closed */
    assert_null(bus_find(bus, 0x18000000));
    fake_machine_reset(f->machine);
    assert_int_equal(get(f, ISD), 0xa0);
    assert_null(bus_find(bus, base));
}

static void windows_leave_memory_alone(void **state)
{
    struct fixture *f = *state;
    wr(f->machine, RAM_BASE, 4, 0x12345678);
    set(f, 0x48, RAM_BASE >> 21);
    set(f, 0x50, RAM_BASE >> 21 & 0x7f);
    assert_int_equal(rd(f->machine, RAM_BASE, 4), 0x12345678);
    set(f, 0x58, 0xa0); /* the registers */
    set(f, 0x60, 0x20);
    assert_int_equal(get(f, 0x58), 0xa0);
}

/* The registers are little-endian for either CPU, data of configuration cycles are the CPU's. */
static void a_big_endian_cpu_gets_config_data_swapped(void **state)
{
    struct fixture *f = *state;
    toy_create(f->bus, TOY);
    assert_int_equal(get(f, ISD), 0xa0);
    set(f, ADDRESS, 0x80000000);
    assert_int_equal(get(f, DATA), 0x462011ab); /* but the bridge's own */
    set(f, ADDRESS, 0x80005800);
    assert_int_equal(get(f, DATA), 0x34127856);
    assert_int_equal(rd(f->machine, BASE + DATA, 2), 0x7856);
    assert_int_equal(rd(f->machine, BASE + DATA + 3, 1), 0x34);
    set(f, 0xc00, 1);
    assert_int_equal(get(f, DATA), 0x56781234);
    set(f, 0x000, 1 << 12); /* now the registers are swapped */
    assert_int_equal(get(f, ISD), 0xa0000000);
    assert_int_equal(rd(f->machine, BASE + ISD + 3, 1), 0xa0);
    assert_int_equal(get(f, DATA), 0x34127856);
}

static void random_accesses_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    toy_create(f->bus, TOY);
    for (unsigned i = 0; i < 200000; i++) {
        if (i % 100 == 0) {
            fake_machine_reset(f->machine); /* the registers may have moved out of sight */
        }
        unsigned size = 1u << lcg(&random) % 4;
        uint64_t at = BASE + lcg(&random) % 0x1000 / 4 * 4;
        at = lcg(&random) % 2 ? BASE + 8 * (lcg(&random) % 0x24) : at;
        at = lcg(&random) % 8 ? at : BASE + ADDRESS + lcg(&random) % 8;
        at &= -(uint64_t)size;
        uint64_t value = lcg(&random);
        value = lcg(&random) % 2 ? value : 0x80005800 | (value & 0xfc);
        if (lcg(&random) % 2) {
            bus_write(f->machine->bus, at, size, value);
        } else {
            bus_read(f->machine->bus, at, size, &value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(cycles_reach_configuration),
        TEST(nobody_there_is_a_master_abort),
        TEST(acknowledge_cycles_give_the_vector),
        TEST(windows_move),
        TEST(windows_leave_memory_alone),
        cmocka_unit_test_setup_teardown(a_big_endian_cpu_gets_config_data_swapped, setup_big,
                                        teardown),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
