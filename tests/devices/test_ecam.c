#include "devices/pci/ecam.h"
#include "tests/devices/pci.h"

#define CONFIG UINT64_C(0x3f000000)
#define IO     UINT64_C(0x3eff0000)
#define MEMORY UINT64_C(0x10000000)
#define TOY    (CONFIG + (PCI_DEVFN(2, 0) << 12))

struct fixture {
    struct machine *machine;
    struct pci_bus *bus;
    struct toy *toy;
    struct line line;
};

static unsigned route(unsigned slot, unsigned pin)
{
    return slot + pin;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    f.bus = ecam_create(f.machine, &(struct ecam_config){
                                       .config = CONFIG,
                                       .config_size = 0x1000000,
                                       .io = IO,
                                       .io_size = 0x10000,
                                       .memory = MEMORY,
                                       .memory_size = 0x2eff0000,
                                       .wiring = {route, {[3] = line_irq(&f.line)}},
                                   });
    f.toy = toy_create(f.bus, PCI_DEVFN(2, 0));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static void addresses_name_functions_and_registers(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rd(f->machine, CONFIG, 4), 0x00081b36);
    assert_int_equal(rd(f->machine, CONFIG + 0x0a, 2), 0x0600);
    assert_int_equal(rd(f->machine, TOY, 4), 0x56781234);
    assert_int_equal(rd(f->machine, TOY + 8, 8), UINT64_C(0x02030409));
    assert_int_equal(rd(f->machine, TOY + 3, 1), 0x56);
    assert_int_equal(rd(f->machine, TOY + 0x100, 4), 0xffffffff); /* no extended registers */
    assert_int_equal(rd(f->machine, TOY + 0x1000, 2), 0xffff);
    assert_int_equal(rd(f->machine, TOY + 0x100000, 4), 0xffffffff);
    wr(f->machine, TOY + 0x1000, 4, 0);
}

static void windows_lead_to_the_spaces(void **state)
{
    struct fixture *f = *state;
    wr(f->machine, TOY + 0x10, 8, MEMORY << 32 | 0x1000);
    wr(f->machine, TOY + 4, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    wr(f->machine, IO + 0x1000, 4, 0x11);
    wr(f->machine, MEMORY + 8, 4, 0x22);
    assert_int_equal(f->toy->io, 0x11);
    assert_int_equal(f->toy->memory, 0x22);
    assert_int_equal(rd(f->machine, MEMORY + 0x1000, 4), 0xffffffff);
    wr(f->machine, TOY + 0x14, 4, RAM_BASE); /* out of the CPU's sight */
    assert_int_equal(rd(f->machine, RAM_BASE, 4), 0);
    pci_interrupt(&f->toy->pci, true);
    assert_true(f->line.level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(addresses_name_functions_and_registers),
        TEST(windows_lead_to_the_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
