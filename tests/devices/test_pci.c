#include "tests/devices/pci.h"

struct fixture {
    struct machine *machine;
    struct pci_bus *bus;
    struct line lines[4];
    struct pci_aperture io;
    unsigned aborts;
};
enum { A = PCI_DEVFN(3, 0), B = PCI_DEVFN(4, 1) };
#define IO UINT64_C(0x10000000)

/* Slots take turns. */
static unsigned route(unsigned slot, unsigned pin)
{
    return slot + pin;
}

static void aborted(void *opaque)
{
    ++*(unsigned *)opaque;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    f.bus = pci_bus_create(f.machine);
    struct pci_wiring wiring = {.route = route};
    for (unsigned i = 0; i < 4; i++) {
        wiring.wires[i] = (struct irq){line_set, f.lines, i};
    }
    pci_bus_wire(f.bus, &wiring);
    f.io = (struct pci_aperture){pci_bus_space(f.bus, PCI_IO), 0,       0xffff,
                                 &f.machine->config.log,       aborted, &f.aborts};
    bus_add_mmio(f.machine->bus, "io", IO, 0x20000, &pci_aperture_ops, &f.io);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static void headers_tell_what_it_is(void **state)
{
    struct fixture *f = *state;
    toy_create(f->bus, A);
    assert_int_equal(config_get(f->bus, A, 0, 4), 0x56781234);
    assert_int_equal(config_get(f->bus, A, 2, 2), 0x5678);
    assert_int_equal(config_get(f->bus, A, 8, 4), 0x02030409);
    assert_int_equal(config_get(f->bus, A, 0xe, 1), 0);
    assert_int_equal(config_get(f->bus, A, 0x3d, 1), 2);
    uint32_t value;
    assert_false(pci_config_read(f->bus, 0, B, 0, 2, &value));
    assert_int_equal(value, 0xffff);
    assert_false(pci_config_read(f->bus, 1, A, 0, 4, &value));
    assert_int_equal(value, 0xffffffff);
    assert_false(pci_config_read(f->bus, 0, A, 0xfff, 1, &value));
    assert_int_equal(value, 0xff);
    assert_false(pci_config_read(f->bus, 0, A, 254, 4, &value));
    assert_false(pci_config_write(f->bus, 0, B, 4, 2, 7));
}

static void writes_are_masked(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, A);
    config_set(f->bus, A, 0, 4, 0);
    assert_int_equal(config_get(f->bus, A, 0, 4), 0x56781234);
    config_set(f->bus, A, 4, 4, 0xffffffff);
    assert_int_equal(config_get(f->bus, A, 4, 4), 0x02000547);
    config_set(f->bus, A, 0x40, 4, 0x01aa5566);
    assert_int_equal(config_get(f->bus, A, 0x40, 4), 0x10225566);
    config_set(f->bus, A, 0x41, 1, 0x77);
    assert_int_equal(config_get(f->bus, A, 0x40, 4), 0x10227766);
    assert_int_equal(toy->written, 0x41);
    config_set(f->bus, A, 0x3c, 1, 10);
    assert_int_equal(config_get(f->bus, A, 0x3c, 1), 10);
    fake_machine_reset(f->machine);
    assert_int_equal(config_get(f->bus, A, 0x3c, 1), 0);
    assert_int_equal(config_get(f->bus, A, 0x40, 4), 0x11223344);
    assert_int_equal(config_get(f->bus, A, 4, 2), 0);
}

static void bars_tell_sizes_and_move_windows(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, A);
    config_set(f->bus, A, 0x10, 4, 0xffffffff);
    config_set(f->bus, A, 0x14, 4, 0xffffffff);
    config_set(f->bus, A, 0x18, 4, 0xffffffff);
    assert_int_equal(config_get(f->bus, A, 0x10, 4), 0xfffffff1);
    assert_int_equal(config_get(f->bus, A, 0x14, 4), 0xfffff000);
    assert_int_equal(config_get(f->bus, A, 0x18, 4), 0);
    config_set(f->bus, A, 0x10, 4, 0x1000);
    assert_int_equal(rd(f->machine, IO + 0x1000, 4), 0xffffffff); /* not enabled */
    assert_int_equal(f->aborts, 4);
    config_set(f->bus, A, 4, 2, PCI_COMMAND_IO);
    wr(f->machine, IO + 0x1000, 4, 0x12345678);
    assert_int_equal(toy->io, 0x12345678);
    assert_int_equal(rd(f->machine, IO + 0x1002, 2), 0x1234);
    assert_int_equal(rd(f->machine, IO + 0x11000, 4), 0x12345678); /* the aperture repeats */
    config_set(f->bus, A, 0x10, 4, 0x2000);
    assert_int_equal(rd(f->machine, IO + 0x1000, 1), 0xff);
    assert_int_equal(rd(f->machine, IO + 0x2000, 1), 0x78);
    config_set(f->bus, A, 0x14, 4, 0x12345000);
    struct bus *memory = pci_bus_space(f->bus, PCI_MEMORY);
    assert_null(bus_find(memory, 0x12345000));
    config_set(f->bus, A, 4, 2, PCI_COMMAND_MEMORY);
    assert_non_null(bus_find(memory, 0x12345fff));
    assert_int_equal(rd(f->machine, IO + 0x2000, 1), 0xff);
    fake_machine_reset(f->machine);
    assert_null(bus_find(memory, 0x12345000));
}

static void accesses_across_the_end_of_a_window_are_split(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, A);
    toy->io = 0x11223344;
    config_set(f->bus, A, 0x10, 4, 0x1000);
    config_set(f->bus, A, 4, 2, PCI_COMMAND_IO);
    pci_set_window(&toy->pci, 0, true, 0xff6);
    toy->other = 0xa5a5a5a5;
    assert_int_equal(rd(f->machine, IO + 0xff4, 4), 0xa5a5ffff);
    assert_int_equal(rd(f->machine, IO + 0xffc, 4), 0xffffa5a5);
    pci_set_window(&toy->pci, 0, false, 0xff6);
    assert_int_equal(rd(f->machine, IO + 0xff4, 4), 0xffffffff);
}

static void windows_in_the_way_keep_others_out(void **state)
{
    struct fixture *f = *state;
    struct toy *a = toy_create(f->bus, A), *b = toy_create(f->bus, B);
    a->io = 1;
    b->io = 2;
    config_set(f->bus, A, 0x10, 4, 0x1000);
    config_set(f->bus, A, 4, 2, PCI_COMMAND_IO);
    config_set(f->bus, B, 0x10, 4, 0x1000);
    config_set(f->bus, B, 4, 2, PCI_COMMAND_IO);
    assert_int_equal(rd(f->machine, IO + 0x1000, 1), 1);
    config_set(f->bus, A, 0x10, 4, 0x1100);
    assert_int_equal(rd(f->machine, IO + 0x1000, 1), 2);
    assert_int_equal(rd(f->machine, IO + 0x1100, 1), 1);
    /* They change places. */
    config_set(f->bus, A, 0x10, 4, 0x1000);
    config_set(f->bus, B, 0x10, 4, 0x1100);
    assert_int_equal(rd(f->machine, IO + 0x1000, 1), 1);
    assert_int_equal(rd(f->machine, IO + 0x1100, 1), 2);
}

static void wires_are_shared(void **state)
{
    struct fixture *f = *state;
    struct toy *a = toy_create(f->bus, A), *b = toy_create(f->bus, PCI_DEVFN(7, 0));
    pci_interrupt(&a->pci, true);
    assert_true(f->lines[0].level); /* slot 3, pin B */
    assert_int_equal(config_get(f->bus, A, 6, 2), 0x0208);
    pci_interrupt(&b->pci, true);
    pci_interrupt(&a->pci, false);
    assert_int_equal(config_get(f->bus, A, 6, 2), 0x0200);
    assert_true(f->lines[0].level);
    config_set(f->bus, PCI_DEVFN(7, 0), 4, 2, PCI_COMMAND_NO_INTX);
    assert_false(f->lines[0].level);
    assert_int_equal(config_get(f->bus, PCI_DEVFN(7, 0), 6, 2), 0x0208);
    config_set(f->bus, PCI_DEVFN(7, 0), 4, 2, 0);
    assert_true(f->lines[0].level);
    fake_machine_reset(f->machine);
    assert_false(f->lines[0].level);
    assert_int_equal(f->lines[0].rises, 2);
}

static void only_masters_reach_memory(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, A);
    uint32_t value = 0x55;
    wr(f->machine, RAM_BASE, 4, 0x1234);
    assert_false(pci_dma_read(&toy->pci, RAM_BASE, &value, 4));
    assert_int_equal(value, 0x55);
    config_set(f->bus, A, 4, 2, PCI_COMMAND_MASTER);
    assert_true(pci_dma_read(&toy->pci, RAM_BASE, &value, 4));
    assert_int_equal(value, 0x1234);
    assert_false(pci_dma_read(&toy->pci, RAM_BASE + RAM_SIZE - 2, &value, 4));
    assert_true(pci_dma_write(&toy->pci, RAM_BASE + 8, &value, 2));
    assert_false(pci_dma_write(&toy->pci, IO, &value, 4));
}

static void capabilities_are_a_list(void **state)
{
    struct fixture *f = *state;
    struct toy *toy = toy_create(f->bus, A);
    toy->pci.next_capability = 0x50;
    assert_int_equal(pci_add_capability(&toy->pci, 9, (const uint8_t[]){1, 2, 3}, 3), 0x50);
    assert_int_equal(pci_add_capability(&toy->pci, 5, (const uint8_t[]){7}, 1), 0x58);
    fake_machine_reset(f->machine);
    assert_int_equal(config_get(f->bus, A, 6, 2), 0x0210);
    assert_int_equal(config_get(f->bus, A, 0x34, 1), 0x58);
    assert_int_equal(config_get(f->bus, A, 0x58, 4), 0x075005);
    assert_int_equal(config_get(f->bus, A, 0x50, 4), 0x02010009);
    assert_int_equal(config_get(f->bus, A, 0x54, 1), 3);
}

static void random_accesses_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    toy_create(f->bus, A);
    struct toy *b = toy_create(f->bus, B);
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size = 1u << lcg(&random) % 3, reg = lcg(&random) % 0x100;
        unsigned devfn = lcg(&random) % 4 ? A : B;
        uint32_t value = lcg(&random) % 2 ? lcg(&random) : lcg(&random) % 8 << 12 | 7;
        switch (lcg(&random) % 4) {
        case 0:
            pci_config_write(f->bus, 0, devfn, lcg(&random) % 2 ? reg : 0x10 + reg % 8, size,
                             value);
            break;
        case 1:
            config_set(f->bus, devfn, 4, 2, value & 7);
            break;
        case 2:
            pci_set_window(&b->pci, 0, value & 1, value & 0xfffff);
            break;
        default:
            rd(f->machine, IO + value % 0x1fff8, size);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(headers_tell_what_it_is),
        TEST(writes_are_masked),
        TEST(bars_tell_sizes_and_move_windows),
        TEST(accesses_across_the_end_of_a_window_are_split),
        TEST(windows_in_the_way_keep_others_out),
        TEST(wires_are_shared),
        TEST(only_masters_reach_memory),
        TEST(capabilities_are_a_list),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
