#include "devices/net/pcnet.h"
#include "tests/devices/pci.h"

enum { DEVFN = PCI_DEVFN(11, 0) };
enum { RDP = 0x10, RAP = 0x12, RESET = 0x14, BDP = 0x16 };
#define IO      UINT64_C(0x18000000)
#define PORT    (IO + 0x1000)
#define BLOCK   RAM_BASE
#define RX_RING (RAM_BASE + 0x1000)
#define TX_RING (RAM_BASE + 0x2000)

struct fixture {
    struct machine *machine;
    struct pci_bus *bus;
    struct pci_aperture io;
    struct line line;
};

static unsigned route(unsigned slot, unsigned pin)
{
    return pin;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    f.bus = pci_bus_create(f.machine);
    pci_bus_wire(f.bus, &(struct pci_wiring){route, {line_irq(&f.line)}});
    f.io = (struct pci_aperture){pci_bus_space(f.bus, PCI_IO), 0,    0xffff,
                                 &f.machine->config.log,       NULL, NULL};
    bus_add_mmio(f.machine->bus, "io", IO, 0x10000, &pci_aperture_ops, &f.io);
    pcnet_create(f.machine, f.bus, DEVFN, (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x56});
    config_set(f.bus, DEVFN, 0x10, 4, 0x1000);
    config_set(f.bus, DEVFN, 4, 2, 5);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static uint32_t get(struct fixture *f, unsigned offset, unsigned size)
{
    return (uint32_t)rd(f->machine, PORT + offset, size);
}

static void set(struct fixture *f, unsigned offset, unsigned size, uint32_t value)
{
    wr(f->machine, PORT + offset, size, value);
}

static uint16_t csr(struct fixture *f, unsigned n)
{
    set(f, RAP, 2, n);
    return (uint16_t)get(f, RDP, 2);
}

static void set_csr(struct fixture *f, unsigned n, uint16_t value)
{
    set(f, RAP, 2, n);
    set(f, RDP, 2, value);
}

static void set_bcr(struct fixture *f, unsigned n, uint16_t value)
{
    set(f, RAP, 2, n);
    set(f, BDP, 2, value);
}

static void drivers_find_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(config_get(f->bus, DEVFN, 0, 4), 0x20001022);
    assert_int_equal(config_get(f->bus, DEVFN, 0x3c, 4), 0xff060100);
    assert_int_equal(get(f, RESET, 2), 0);
    assert_int_equal(csr(f, 0), 4);
    set(f, RAP, 2, 88);
    assert_int_equal(get(f, RAP, 2), 88);
    assert_int_equal(csr(f, 88), 0x1003);
    assert_int_equal(csr(f, 89), 0x0262);
    assert_int_equal(csr(f, 12), 0x5452);
    assert_int_equal(csr(f, 14), 0x5634);
    uint16_t sum = 0;
    uint8_t bytes[16];
    for (unsigned i = 0; i < 16; i++) {
        bytes[i] = (uint8_t)get(f, i, 1);
        sum = (uint16_t)(sum + (i == 12 || i == 13 ? 0 : bytes[i]));
    }
    assert_memory_equal(bytes, "\x52\x54\x00\x12\x34\x56", 6);
    assert_memory_equal(bytes + 14, "WW", 2);
    assert_int_equal(bytes[12] | bytes[13] << 8, sum);
    set(f, RAP, 2, 4);
    assert_int_equal(get(f, BDP, 2), 0x00c0); /* no link */
    assert_int_equal(get(f, RDP, 1), 0xff);   /* not in bytes */
}

static void doubleword_mode_moves_registers(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, RDP, 4), 0xffffffff);
    set(f, RDP, 4, 0);
    assert_int_equal(get(f, RDP, 4), 4);
    set(f, 0x14, 4, 89);
    assert_int_equal(get(f, 0x14, 4), 89);
    assert_int_equal(get(f, RDP, 4), 0x0262);
    assert_int_equal(get(f, RDP, 2), 0xffff);
    set(f, 0x14, 4, 20);
    set(f, 0x1c, 4, 2);
    assert_int_equal(get(f, 0x1c, 4), 0x302);
    get(f, 0x18, 4); /* the reset keeps the mode */
    set(f, 0x14, 4, 0);
    assert_int_equal(get(f, RDP, 4), 4);
    fake_machine_reset(f->machine);
    config_set(f->bus, DEVFN, 0x10, 4, 0x1000);
    config_set(f->bus, DEVFN, 4, 2, 5);
    assert_int_equal(csr(f, 0), 4);
}

static void initialize(struct fixture *f)
{
    static const uint8_t block[28] = {0, 0, 0x20, 0x20, 1, 2, 3, 4,    5, 6,    0, 0,    0, 0,
                                      0, 0, 0,    0,    0, 0, 0, 0x10, 0, 0x40, 0, 0x20, 0, 0x40};
    bus_dma_write(f->machine->bus, BLOCK, block, sizeof(block));
    set_bcr(f, 20, 2);
    set_csr(f, 1, BLOCK & 0xffff);
    set_csr(f, 2, BLOCK >> 16);
    set_csr(f, 0, 1);
}

static void initialization_reads_its_block(void **state)
{
    struct fixture *f = *state;
    initialize(f);
    assert_int_equal(csr(f, 0), 0x0181); /* IDON, INTR, INIT */
    assert_false(f->line.level);
    assert_int_equal(csr(f, 13), 0x0403);
    assert_int_equal(csr(f, 24), 0x1000);
    assert_int_equal(csr(f, 31), 0x4000);
    assert_int_equal(csr(f, 76), 0xfffc);
    assert_int_equal(csr(f, 78), 0xfffc);
    set_csr(f, 0, 0x42);
    assert_true(f->line.level);
    assert_int_equal(csr(f, 0), 0x01f3);
    set_csr(f, 0, 0x0140);
    assert_false(f->line.level);
    assert_int_equal(csr(f, 0), 0x0073);
    set_csr(f, 1, 0x1234); /* not while it runs */
    assert_int_equal(csr(f, 1), 0);
    set_csr(f, 5, 1); /* but while it is suspended */
    set_csr(f, 8, 0x1234);
    assert_int_equal(csr(f, 8), 0x1234);
    set_csr(f, 0, 4);
    assert_int_equal(csr(f, 0), 4);
    set_csr(f, 2, 0);
    set_csr(f, 0, 1); /* where no memory is */
    assert_int_equal(csr(f, 0), 0x8881);
}

static void frames_are_given_back(void **state)
{
    struct fixture *f = *state;
    initialize(f);
    for (unsigned i = 0; i < 4; i++) {
        wr(f->machine, TX_RING + 16 * i, 8, UINT64_C(0x8300ffc4) << 32 | (RAM_BASE + 0x3000));
    }
    wr(f->machine, TX_RING + 16 * 3 + 4, 4, 0x0300ffc4);
    set_csr(f, 0, 0x0100);
    set_csr(f, 0, 0x42);
    assert_int_equal(csr(f, 0), 0x02f3);
    assert_true(f->line.level);
    assert_int_equal(rd(f->machine, TX_RING + 4, 4), 0x0300ffc4);
    assert_int_equal(rd(f->machine, TX_RING + 36, 4), 0x0300ffc4);
    set_csr(f, 0, 0x0240);
    assert_false(f->line.level);
    wr(f->machine, TX_RING + 16 * 3 + 4, 4, 0x8300ffc4); /* the last, and the first again */
    wr(f->machine, TX_RING + 4, 4, 0x8300ffc4);
    set_csr(f, 0, 0x48);
    assert_int_equal(rd(f->machine, TX_RING + 16 * 3 + 4, 4), 0x0300ffc4);
    assert_int_equal(rd(f->machine, TX_RING + 4, 4), 0x0300ffc4);
    assert_true(f->line.level);
    set_csr(f, 3, 0x0200); /* masked */
    assert_false(f->line.level);
}

static void narrow_rings_have_descriptors_of_8_bytes(void **state)
{
    struct fixture *f = *state;
    /* Only the low 16 MiB are reached: memory is not there, so the ring is placed by hand. */
    static const uint8_t block[24] = {0, 0, 1,           2,           3,           4,
                                      5, 6, [17] = 0x10, [19] = 0x20, [21] = 0x20, [23] = 0x20};
    bus_dma_write(f->machine->bus, BLOCK, block, sizeof(block));
    set_csr(f, 1, BLOCK & 0xffff);
    set_csr(f, 2, BLOCK >> 16);
    set_csr(f, 0, 1);
    assert_int_equal(csr(f, 12), 0x0201);
    assert_int_equal(csr(f, 24), 0x1000);
    assert_int_equal(csr(f, 25), 0);
    assert_int_equal(csr(f, 78), 0xfffe);
    set_csr(f, 0, 4);
    set_csr(f, 31, RAM_BASE >> 16);
    wr(f->machine, TX_RING, 8, UINT64_C(0x0000ffc483003000));
    wr(f->machine, TX_RING + 8, 8, UINT64_C(0x0000ffc403003000));
    set_csr(f, 0, 2);
    assert_int_equal(rd(f->machine, TX_RING, 8), UINT64_C(0x0000ffc403003000));
    assert_int_equal(csr(f, 74), 0xffff);
    assert_int_equal(csr(f, 0) & 0x0200, 0x0200);
}

static void random_accesses_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 100000; i++) {
        unsigned size = 1u << lcg(&random) % 4, offset = lcg(&random) % 32 & -size;
        uint32_t value = lcg(&random);
        switch (lcg(&random) % 4) {
        case 0:
            set_csr(f, value % 128, (uint16_t)(value >> 16));
            break;
        case 1:
            initialize(f);
            set_csr(f, 0, (uint16_t)value);
            break;
        case 2:
            set(f, offset, size == 4 ? 2 : size, value);
            break;
        default:
            rd(f->machine, PORT + offset, size);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(drivers_find_it),
        TEST(doubleword_mode_moves_registers),
        TEST(initialization_reads_its_block),
        TEST(frames_are_given_back),
        TEST(narrow_rings_have_descriptors_of_8_bytes),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
