#include "tests/devices/ide.h"

enum {
    ISA = PCI_DEVFN(SLOT, 0),
    IDE = PCI_DEVFN(SLOT, 1),
    USB = PCI_DEVFN(SLOT, 2),
    POWER = PCI_DEVFN(SLOT, 3)
};
#define TOGGLE_NS UINT64_C(2343474824) /* 2^23 ticks of 3.579545 MHz */

static int setup(void **state)
{
    static struct ide_fixture f;
    ide_make(&f, false);
    config_set(f.bus, POWER, 0x40, 4, PM);
    config_set(f.bus, POWER, 0x80, 1, 1);
    *state = &f;
    return 0;
}

static void it_has_four_functions(void **state)
{
    struct ide_fixture *f = *state;
    assert_int_equal(config_get(f->bus, ISA, 0, 4), 0x71108086);
    assert_int_equal(config_get(f->bus, ISA, 0x0e, 1), 0x80);
    assert_int_equal(config_get(f->bus, ISA, 4, 2), 7);
    assert_int_equal(config_get(f->bus, IDE, 0, 4), 0x71118086);
    assert_int_equal(config_get(f->bus, IDE, 8, 4), 0x01018000);
    assert_int_equal(config_get(f->bus, USB, 0, 4), 0x71128086);
    assert_int_equal(config_get(f->bus, USB, 0x3d, 1), 4);
    assert_int_equal(config_get(f->bus, POWER, 0, 4), 0x71138086);
    assert_int_equal(config_get(f->bus, POWER, 8, 4), 0x06800003);
}

static void interrupts_go_where_routes_tell(void **state)
{
    struct ide_fixture *f = *state;
    struct irq a = piix4_pirq(f->piix4, 0), b = piix4_pirq(f->piix4, 1);
    assert_int_equal(config_get(f->bus, ISA, 0x60, 4), 0x80808080);
    irq_set(&a, true);
    config_set(f->bus, ISA, 0x60, 4, 0x0b0b0a0a);
    assert_true(f->isa[10].level);
    irq_set(&b, true);
    irq_set(&a, false);
    assert_true(f->isa[10].level);
    config_set(f->bus, ISA, 0x61, 1, 0x0b);
    assert_false(f->isa[10].level);
    assert_true(f->isa[11].level);
    config_set(f->bus, ISA, 0x61, 1, 0x08); /* the clock's */
    assert_false(f->isa[11].level);
    assert_false(f->isa[8].level);
    config_set(f->bus, ISA, 0x61, 1, 0x0c);
    assert_true(f->isa[12].level);
    irq_set(&b, false);
    assert_false(f->isa[12].level);
}

static void drives_answer_when_decoding_is_on(void **state)
{
    struct ide_fixture *f = *state;
    ide_attach_cdrom(piix4_ide_channel(f->piix4, 1), 1, NULL, "");
    out(f, 0x376, 1, 4); /* a reset selects drive 0 */
    out(f, 0x376, 1, 0);
    out(f, 0x176, 1, 0xb0);
    assert_int_equal(in(f, 0x174, 2), 0xeb14);
    config_set(f->bus, IDE, 0x42, 2, 0);
    assert_int_equal(in(f, 0x174, 2), 0xffff);
    assert_int_equal(in(f, 0x1f7, 1), 0x7f);
    config_set(f->bus, IDE, 4, 2, 0);
    assert_int_equal(in(f, 0x1f7, 1), 0xff);
    assert_int_equal(in(f, BM_TABLE, 4), 0xffffffff);
    fake_machine_reset(f->machine);
    ide_open(f);
    assert_int_equal(in(f, 0x1f7, 1), 0x7f);
}

static void bus_master_registers_are_masked(void **state)
{
    struct ide_fixture *f = *state;
    out(f, BM_TABLE + 8, 4, 0xffffffff);
    assert_int_equal(in(f, BM_TABLE + 8, 4), 0xfffffffc);
    assert_int_equal(in(f, BM_TABLE, 4), 0);
    out(f, BM_STATUS, 1, 0xff);
    assert_int_equal(in(f, BM_STATUS, 1), 0x60);
    out(f, BM_COMMAND, 1, 0xfe);
    assert_int_equal(in(f, BM_COMMAND, 1), 8);
    out(f, BM_COMMAND, 1, 9);
    assert_int_equal(in(f, BM_STATUS, 1), 0x61);
    out(f, BM_COMMAND, 1, 8);
    assert_int_equal(in(f, BM_STATUS, 1), 0x60);
}

static void soft_off_ends_the_machine(void **state)
{
    struct ide_fixture *f = *state;
    out(f, PM + 4, 2, 5 << 10 | 1 << 13); /* another state */
    assert_int_equal(f->machine->end, MACHINE_RUNNING);
    out(f, PM + 4, 2, 0);
    assert_int_equal(f->machine->end, MACHINE_RUNNING);
    out(f, PM + 4, 2, 1 << 13);
    assert_int_equal(f->machine->end, MACHINE_POWER_OFF);
}

static void the_reset_port_resets(void **state)
{
    struct ide_fixture *f = *state;
    out(f, 0xcf9, 1, 2);
    assert_false(f->machine->reset_pending);
    out(f, 0xcf9, 1, 6);
    assert_true(f->machine->reset_pending);
    out(f, 0xb2, 2, 0x1234);
    assert_int_equal(in(f, 0xb3, 1), 0x12);
}

static void the_timer_counts_and_interrupts(void **state)
{
    struct ide_fixture *f = *state;
    pass(f->machine, UINT64_C(1000000000));
    assert_int_equal(in(f, PM + 8, 4), 3579545);
    assert_int_equal(in(f, PM, 2), 0);
    pass(f->machine, UINT64_C(1400000000));
    assert_int_equal(in(f, PM, 2), 1);
    assert_false(f->isa[9].level);
    out(f, PM + 2, 2, 1);
    out(f, PM + 4, 2, 1);
    assert_true(f->isa[9].level);
    out(f, PM, 2, 1);
    assert_false(f->isa[9].level);
    pass(f->machine, TOGGLE_NS);
    assert_true(f->isa[9].level);
    out(f, PM, 2, 1);
    pass(f->machine, TOGGLE_NS / 2);
    assert_false(f->isa[9].level);
    config_set(f->bus, POWER, 0x40, 4, 0x2000);
    assert_int_equal(in(f, PM + 8, 4), 0xffffffff);
    assert_int_equal(in(f, 0x2002, 2), 1);
}

static void nobody_is_on_the_smbus(void **state)
{
    struct ide_fixture *f = *state;
    config_set(f->bus, POWER, 0x90, 4, 0x1200);
    config_set(f->bus, POWER, 0xd2, 1, 1);
    config_set(f->bus, POWER, 4, 2, PCI_COMMAND_IO);
    out(f, 0x1204, 1, 0xa1);
    out(f, 0x1202, 1, 0x48);
    assert_int_equal(in(f, 0x1200, 1), 4);
    out(f, 0x1200, 1, 0x1e);
    assert_int_equal(in(f, 0x1200, 1), 0);
}

static void usb_ports_are_empty(void **state)
{
    struct ide_fixture *f = *state;
    const unsigned usb = 0x1400;
    config_set(f->bus, USB, 0x20, 4, usb);
    config_set(f->bus, USB, 4, 2, PCI_COMMAND_IO);
    assert_int_equal(in(f, usb + 2, 2), 0x20);
    assert_int_equal(in(f, usb + 0x10, 4), 0x00800080);
    out(f, usb, 2, 1);
    assert_int_equal(in(f, usb + 2, 2), 0);
    pass(f->machine, 5000000);
    assert_int_equal(in(f, usb + 6, 2), 5);
    out(f, usb, 2, 0);
    assert_int_equal(in(f, usb + 2, 2), 0x20);
    pass(f->machine, 5000000);
    assert_int_equal(in(f, usb + 6, 2), 5);
    out(f, usb, 2, 2);
    assert_int_equal(in(f, usb, 4), 0x00200000);
    assert_int_equal(in(f, usb + 6, 2), 0);
}

static void random_accesses_do_no_harm(void **state)
{
    struct ide_fixture *f = *state;
    uint64_t random = 3;
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size = 1u << lcg(&random) % 3, devfn = PCI_DEVFN(SLOT, lcg(&random) % 4);
        uint32_t value = lcg(&random), port = lcg(&random) & 0x1ff;
        switch (lcg(&random) % 4) {
        case 0:
            pci_config_write(f->bus, 0, devfn, lcg(&random) & 0xff, size,
                             value & (value >> 31 ? 0x1fff : ~0u));
            break;
        case 1:
            pass(f->machine, value);
            break;
        case 2:
            out(f, (0x1000 | port) & -size, size, value);
            break;
        default:
            in(f, (0x1000 | port) & -size, size);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ide_teardown)
        TEST(it_has_four_functions),
        TEST(interrupts_go_where_routes_tell),
        TEST(drives_answer_when_decoding_is_on),
        TEST(bus_master_registers_are_masked),
        TEST(soft_off_ends_the_machine),
        TEST(the_reset_port_resets),
        TEST(the_timer_counts_and_interrupts),
        TEST(nobody_is_on_the_smbus),
        TEST(usb_ports_are_empty),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
