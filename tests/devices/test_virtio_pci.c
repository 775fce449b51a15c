#include "devices/virtio/pci.h"
#include "tests/devices/pci.h"
#include "tests/devices/virtio.h"

/* Offsets of the modern BAR. */
enum { COMMON = 0, MODERN_ISR = 0x1000, CONFIG = 0x2000, DOORBELL = 0x3000 };
enum {
    FEATURE_SELECT = 0,
    FEATURE = 4,
    ACCEPT_SELECT = 8,
    ACCEPT = 0xc,
    QUEUES = 0x12,
    DEVICE_STATUS = 0x14,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_ENABLE = 0x1c,
    QUEUE_ADDRESS = 0x20
};
/* And of the legacy one. */
enum {
    L_FEATURES = 0,
    L_ACCEPT = 4,
    L_PFN = 8,
    L_SIZE = 12,
    L_SELECT = 14,
    L_NOTIFY = 16,
    L_STATUS = 18,
    L_ISR = 19,
    L_CONFIG = 20
};
enum { DEVFN = PCI_DEVFN(18, 0) };
#define IO     UINT64_C(0x18000000)
#define MEMORY UINT64_C(0x10000000)
#define BAR    UINT64_C(0x10004000)
#define PORT   (IO + 0x1000)

struct fixture {
    struct driver d; /* of its members only the machine and the rings */
    struct pci_bus *bus;
    struct pci_aperture io, memory;
    struct fake_disk disk;
};

static unsigned route(unsigned slot, unsigned pin)
{
    return pin;
}

static void make(struct fixture *f, enum virtio_pci_interface interface)
{
    char message[200];
    memset(f, 0, sizeof(*f));
    struct machine *machine = f->d.machine = fake_machine();
    f->bus = pci_bus_create(machine);
    pci_bus_wire(f->bus, &(struct pci_wiring){route, {line_irq(&f->d.line)}});
    f->io = (struct pci_aperture){pci_bus_space(f->bus, PCI_IO), 0,    0xffff,
                                  &machine->config.log,          NULL, NULL};
    f->memory = (struct pci_aperture){
        pci_bus_space(f->bus, PCI_MEMORY), MEMORY, UINT32_MAX, &machine->config.log, NULL, NULL};
    bus_add_mmio(machine->bus, "io", IO, 0x10000, &pci_aperture_ops, &f->io);
    bus_add_mmio(machine->bus, "memory", MEMORY, 0x100000, &pci_aperture_ops, &f->memory);
    f->disk.disk = (struct block_disk){.ops = &fake_disk_ops, .size = 65536};
    f->disk.bytes = malloc(65536);
    for (unsigned i = 0; i < 65536; i++) {
        f->disk.bytes[i] = (uint8_t)(i * 13);
    }
    const struct device_request request = {
        .driver = "virtio-blk-pci", .options = "", .disk = &f->disk.disk};
    virtio_pci_plug(machine, f->bus, DEVFN,
                    virtio_blk_create(machine, &request, message, sizeof(message)), interface);
    config_set(f->bus, DEVFN, 0x10, 4, 0x1000);
    config_set(f->bus, DEVFN, 0x20, 4, (uint32_t)BAR);
    config_set(f->bus, DEVFN, 4, 2, 7);
}

static int setup(void **state)
{
    static struct fixture f;
    make(&f, VIRTIO_PCI_TRANSITIONAL);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_machine_free(f->d.machine);
    free(f->disk.bytes);
    return 0;
}

static uint32_t get(struct fixture *f, uint64_t address, unsigned size)
{
    return (uint32_t)rd(f->d.machine, address, size);
}

static void set(struct fixture *f, uint64_t address, unsigned size, uint32_t value)
{
    wr(f->d.machine, address, size, value);
}

/* A read of the disk's sector 3 in queue 0. */
static void prepare(struct fixture *f)
{
    struct driver *d = &f->d;
    const uint32_t header[4] = {0, 0, 3, 0};
    bus_dma_write(d->machine->bus, DATA, header, sizeof(header));
    desc(d, 0, 0, DATA, 16, D_NEXT, 1);
    desc(d, 0, 1, DATA + 0x1000, 512, D_WRITE | D_NEXT, 2);
    desc(d, 0, 2, DATA + 0x2000, 1, D_WRITE, 0);
    set(f, DATA + 0x2000, 1, 0xff);
}

static void assert_was_read(struct fixture *f)
{
    uint8_t data[512];
    assert_int_equal(get(f, DATA + 0x2000, 1), 0);
    bus_dma_read(f->d.machine->bus, DATA + 0x1000, data, 512);
    assert_memory_equal(data, f->disk.bytes + 3 * 512, 512);
}

static void modern_start(struct fixture *f)
{
    set(f, BAR + DEVICE_STATUS, 1, 0);
    set(f, BAR + DEVICE_STATUS, 1, 3);
    set(f, BAR + ACCEPT_SELECT, 4, 1);
    set(f, BAR + ACCEPT, 4, 1);
    set(f, BAR + DEVICE_STATUS, 1, 11);
    assert_int_equal(get(f, BAR + DEVICE_STATUS, 1), 11);
    set(f, BAR + QUEUE_SELECT, 2, 0);
    assert_int_equal(get(f, BAR + QUEUE_SIZE, 2), 1024);
    set(f, BAR + QUEUE_SIZE, 2, QUEUE);
    set(f, BAR + QUEUE_ADDRESS, 4, (uint32_t)DESC(0));
    set(f, BAR + QUEUE_ADDRESS + 8, 8, (uint32_t)AVAIL(0));
    set(f, BAR + QUEUE_ADDRESS + 16, 4, (uint32_t)USED(0));
    set(f, BAR + QUEUE_ENABLE, 2, 1);
    set(f, BAR + DEVICE_STATUS, 1, 15);
}

static void capabilities_lead_to_the_parts(void **state)
{
    struct fixture *f = *state;
    unsigned seen = 0;
    assert_int_equal(config_get(f->bus, DEVFN, 0, 4), 0x10011af4);
    assert_int_equal(config_get(f->bus, DEVFN, 0x2c, 4), 0x00021af4);
    assert_int_equal(config_get(f->bus, DEVFN, 8, 4), 0x01000000);
    for (unsigned at = config_get(f->bus, DEVFN, 0x34, 1); at;
         at = config_get(f->bus, DEVFN, at + 1, 1)) {
        unsigned type = config_get(f->bus, DEVFN, at + 3, 1);
        uint32_t offset = config_get(f->bus, DEVFN, at + 8, 4);
        assert_int_equal(config_get(f->bus, DEVFN, at, 1), 9);
        assert_int_equal(config_get(f->bus, DEVFN, at + 4, 1), type == 5 ? 0 : 4);
        seen |= 1u << type;
        const uint32_t offsets[] = {0, COMMON, DOORBELL, MODERN_ISR, CONFIG, 0};
        assert_int_equal(offset, offsets[type]);
        if (type == 2) {
            assert_int_equal(config_get(f->bus, DEVFN, at + 16, 4), 4);
        }
    }
    assert_int_equal(seen, 0x3e);
}

static void modern_drivers_run_requests(void **state)
{
    struct fixture *f = *state;
    set(f, BAR + FEATURE_SELECT, 4, 1);
    assert_int_equal(get(f, BAR + FEATURE, 4), 1);
    assert_int_equal(get(f, BAR + QUEUES, 2), 1);
    assert_int_equal(get(f, BAR + CONFIG, 4), 128);
    modern_start(f);
    assert_int_equal(rd(f->d.machine, BAR + QUEUE_ADDRESS + 8, 8), AVAIL(0));
    prepare(f);
    offer(&f->d, 0, 0);
    set(f, BAR + DOORBELL, 2, 0);
    assert_was_read(f);
    assert_true(f->d.line.level);
    assert_int_equal(config_get(f->bus, DEVFN, 6, 2) & 8, 8);
    assert_int_equal(get(f, BAR + MODERN_ISR, 1), 1);
    assert_false(f->d.line.level);
    assert_int_equal(get(f, BAR + MODERN_ISR, 1), 0);
    set(f, BAR + DEVICE_STATUS, 1, 0);
    assert_int_equal(get(f, BAR + QUEUE_ENABLE, 2), 0);
    set(f, BAR + QUEUE_SELECT, 2, 1);
    assert_int_equal(get(f, BAR + QUEUE_SIZE, 2), 0);
}

static void modern_drivers_must_take_version_1(void **state)
{
    struct fixture *f = *state;
    set(f, BAR + DEVICE_STATUS, 1, 3);
    set(f, BAR + DEVICE_STATUS, 1, 11);
    assert_int_equal(get(f, BAR + DEVICE_STATUS, 1), 3);
    set(f, BAR + QUEUE_SIZE, 2, 3);
    assert_int_equal(get(f, BAR + DEVICE_STATUS, 1), 3 | VIRTIO_STATUS_NEEDS_RESET);
    assert_int_equal(get(f, BAR + MODERN_ISR, 1), VIRTIO_INTERRUPT_CONFIG);
}

static void legacy_drivers_run_requests(void **state)
{
    struct fixture *f = *state;
    set(f, PORT + L_STATUS, 1, 0);
    set(f, PORT + L_STATUS, 1, 3);
    assert_int_equal(get(f, PORT + L_FEATURES, 4) >> 24, 0x39);
    set(f, PORT + L_ACCEPT, 4, 0);
    set(f, PORT + L_SELECT, 2, 0);
    assert_int_equal(get(f, PORT + L_SIZE, 2), 1024);
    const uint64_t ring = RAM_BASE + 0x10000;
    set(f, PORT + L_PFN, 4, (uint32_t)(ring / 4096));
    assert_int_equal(get(f, PORT + L_PFN, 4), ring / 4096);
    prepare(f); /* DESC(0) is the ring's begin */
    set(f, ring + 16 * 1024 + 4, 2, 0);
    set(f, ring + 16 * 1024 + 2, 2, 1);
    set(f, PORT + L_STATUS, 1, 7);
    set(f, PORT + L_NOTIFY, 2, 0);
    assert_was_read(f);
    assert_true(f->d.line.level);
    assert_int_equal(get(f, PORT + L_ISR, 1), 1);
    assert_false(f->d.line.level);
    assert_int_equal(get(f, PORT + L_CONFIG, 4), 128);
    set(f, PORT + L_PFN, 4, 0);
    assert_int_equal(get(f, PORT + L_STATUS, 1), 0);
}

static void configuration_space_reaches_the_parts(void **state)
{
    struct fixture *f = *state;
    unsigned at = config_get(f->bus, DEVFN, 0x34, 1); /* the last one is the first */
    assert_int_equal(config_get(f->bus, DEVFN, at + 3, 1), 5);
    config_set(f->bus, DEVFN, at + 4, 1, 4);
    config_set(f->bus, DEVFN, at + 8, 4, CONFIG);
    config_set(f->bus, DEVFN, at + 12, 4, 4);
    assert_int_equal(config_get(f->bus, DEVFN, at + 16, 4), 128);
    config_set(f->bus, DEVFN, at + 8, 4, DEVICE_STATUS);
    config_set(f->bus, DEVFN, at + 12, 4, 1);
    config_set(f->bus, DEVFN, at + 16, 4, 3);
    assert_int_equal(get(f, BAR + DEVICE_STATUS, 1), 3);
    config_set(f->bus, DEVFN, at + 8, 4, 0xffffffff); /* not there: nothing happens */
    config_set(f->bus, DEVFN, at + 16, 4, 0);
    assert_int_equal(get(f, BAR + DEVICE_STATUS, 1), 3);
}

static void modern_only_has_no_ports(void **state)
{
    struct fixture *f = *state;
    teardown(state);
    make(f, VIRTIO_PCI_MODERN);
    assert_int_equal(config_get(f->bus, DEVFN, 0, 4), 0x10421af4);
    assert_int_equal(config_get(f->bus, DEVFN, 8, 1), 1);
    assert_int_equal(config_get(f->bus, DEVFN, 0x10, 4), 0);
    modern_start(f);
    teardown(state);
    make(f, VIRTIO_PCI_LEGACY);
    assert_int_equal(config_get(f->bus, DEVFN, 0, 4), 0x10011af4);
    assert_int_equal(config_get(f->bus, DEVFN, 0x34, 1), 0);
    assert_int_equal(config_get(f->bus, DEVFN, 0x20, 4), 0);
    assert_int_equal(get(f, PORT + L_SIZE, 2), 1024);
}

static void random_accesses_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size = 1u << lcg(&random) % 4;
        uint64_t part = lcg(&random) % 3 ? 0 : lcg(&random) % 4 * 0x1000;
        uint64_t address =
            lcg(&random) % 3 ? BAR + part + lcg(&random) % 0x40 : PORT + lcg(&random) % 0x40;
        uint64_t value = lcg(&random) % 2 ? RAM_BASE + (lcg(&random) & 0xff000) : lcg(&random);
        value = lcg(&random) % 2 ? value & 15 : value;
        address &= -(uint64_t)size;
        if (lcg(&random) % 2) {
            wr(f->d.machine, address, size, value);
        } else {
            rd(f->d.machine, address, size);
        }
        if (i % 16 == 0) {
            unsigned reg = lcg(&random) % 0x100 & -(size & 7 ? size : 4);
            pci_config_write(f->bus, 0, DEVFN, 0x40 + reg % 0xc0, size & 7 ? size : 4,
                             lcg(&random));
            uint32_t ignored;
            pci_config_read(f->bus, 0, DEVFN, 0x40 + reg % 0xc0, size & 7 ? size : 4, &ignored);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(capabilities_lead_to_the_parts),
        TEST(modern_drivers_run_requests),
        TEST(modern_drivers_must_take_version_1),
        TEST(legacy_drivers_run_requests),
        TEST(configuration_space_reaches_the_parts),
        TEST(modern_only_has_no_ports),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
