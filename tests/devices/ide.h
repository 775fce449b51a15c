/* The south bridge with two drives on its primary channel: a disk of 4 MiB and a CD-ROM of 1 MiB;
 * and a driver's side of both. */
#ifndef TESTS_DEVICES_IDE_H
#define TESTS_DEVICES_IDE_H

#include "devices/ide/ide.h"
#include "devices/pci/piix4.h"
#include "tests/devices/pci.h"

#define IO    UINT64_C(0x18000000)
#define TABLE (RAM_BASE + 0x1000) /* of memory regions */
#define DATA  (RAM_BASE + 0x10000)
enum { SLOT = 10, MASTER = 0x1000, PM = 0x1100 };
enum { DISK_SIZE = 4 << 20, CD_SIZE = 1 << 20 };
enum { BM_COMMAND = MASTER, BM_STATUS = MASTER + 2, BM_TABLE = MASTER + 4 };
enum { PORT = 0x1f0, ALTERNATE = 0x3f6 };
enum { ERROR = 1, FEATURES = 1, COUNT = 2, LOW = 3, MID = 4, HIGH = 5, DEVICE = 6, COMMAND = 7 };
enum { ERR = 0x01, DRQ = 0x08, READY = 0x50 };

struct ide_fixture {
    struct machine *machine;
    struct pci_bus *bus;
    struct piix4 *piix4;
    struct pci_aperture io;
    struct line isa[16];
    struct fake_disk disk, cd;
};

static inline uint32_t in(struct ide_fixture *f, unsigned port, unsigned size)
{
    return (uint32_t)rd(f->machine, IO + port, size);
}

static inline void out(struct ide_fixture *f, unsigned port, unsigned size, uint32_t value)
{
    wr(f->machine, IO + port, size, value);
}

static inline unsigned test_route(unsigned slot, unsigned pin)
{
    return pin;
}

static inline void fill_disk(struct fake_disk *disk, size_t size, uint64_t seed)
{
    disk->disk = (struct block_disk){.ops = &fake_disk_ops, .size = size};
    disk->bytes = malloc(size);
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word = lcg(&seed);
        memcpy(disk->bytes + i, &word, 4);
    }
}

/* Opens what boot loaders and drivers open. */
static inline void ide_open(struct ide_fixture *f)
{
    config_set(f->bus, PCI_DEVFN(SLOT, 1), 0x20, 4, MASTER);
    config_set(f->bus, PCI_DEVFN(SLOT, 1), 0x40, 4, 0x80008000);
    config_set(f->bus, PCI_DEVFN(SLOT, 1), 4, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

static inline void ide_make(struct ide_fixture *f, bool drives)
{
    memset(f, 0, sizeof(*f));
    f->machine = fake_machine();
    f->bus = pci_bus_create(f->machine);
    struct piix4_config config = {.slot = SLOT};
    for (unsigned i = 0; i < 16; i++) {
        config.isa[i] = (struct irq){line_set, f->isa, i};
    }
    f->piix4 = piix4_create(f->machine, f->bus, &config);
    struct pci_wiring wiring = {.route = test_route};
    for (unsigned i = 0; i < PCI_WIRES; i++) {
        wiring.wires[i] = piix4_pirq(f->piix4, i);
    }
    pci_bus_wire(f->bus, &wiring);
    f->io.space = pci_bus_space(f->bus, PCI_IO);
    f->io.mask = 0xffff;
    f->io.log = &f->machine->config.log;
    bus_add_mmio(f->machine->bus, "io", IO, 0x10000, &pci_aperture_ops, &f->io);
    if (drives) {
        fill_disk(&f->disk, DISK_SIZE, 1);
        fill_disk(&f->cd, CD_SIZE, 2);
        ide_attach_disk(piix4_ide_channel(f->piix4, 0), 0, &f->disk.disk, "S123");
        ide_attach_cdrom(piix4_ide_channel(f->piix4, 0), 1, &f->cd.disk, "C456");
    }
    ide_open(f);
}

static inline int ide_setup(void **state)
{
    static struct ide_fixture f;
    ide_make(&f, true);
    *state = &f;
    return 0;
}

static inline int ide_teardown(void **state)
{
    struct ide_fixture *f = *state;
    fake_machine_free(f->machine);
    free(f->disk.bytes);
    free(f->cd.bytes);
    return 0;
}

/* Status without and with its effect. */
static inline unsigned peek(struct ide_fixture *f)
{
    return in(f, ALTERNATE, 1);
}

static inline unsigned status(struct ide_fixture *f)
{
    return in(f, PORT + COMMAND, 1);
}

/* A command of 28-bit addresses. */
static inline void command(struct ide_fixture *f, unsigned opcode, uint32_t lba, unsigned count)
{
    out(f, PORT + DEVICE, 1, 0xe0 | lba >> 24);
    out(f, PORT + COUNT, 1, count);
    out(f, PORT + LOW, 1, lba & 0xff);
    out(f, PORT + MID, 1, lba >> 8 & 0xff);
    out(f, PORT + HIGH, 1, lba >> 16 & 0xff);
    out(f, PORT + COMMAND, 1, opcode);
}

static inline void read_words(struct ide_fixture *f, void *buffer, unsigned size)
{
    for (unsigned i = 0; i < size; i += 2) {
        uint16_t word = (uint16_t)in(f, PORT, 2);
        memcpy((uint8_t *)buffer + i, &word, 2);
    }
}

static inline void write_words(struct ide_fixture *f, const void *buffer, unsigned size)
{
    for (unsigned i = 0; i < size; i += 2) {
        uint16_t word;
        memcpy(&word, (const uint8_t *)buffer + i, 2);
        out(f, PORT, 2, word);
    }
}

static inline void region(struct ide_fixture *f, unsigned n, uint64_t address, uint32_t count)
{
    wr(f->machine, TABLE + 8 * n, 4, address);
    wr(f->machine, TABLE + 8 * n + 4, 4, count);
}

static inline void dma_start(struct ide_fixture *f, bool to_memory)
{
    out(f, BM_TABLE, 4, (uint32_t)TABLE);
    out(f, BM_STATUS, 1, 6);
    out(f, BM_COMMAND, 1, to_memory ? 8 : 0);
    out(f, BM_COMMAND, 1, to_memory ? 9 : 1);
}

static inline void assert_ram(struct ide_fixture *f, uint64_t address, const uint8_t *bytes,
                              size_t size)
{
    uint8_t *found = malloc(size);
    assert_true(bus_dma_read(f->machine->bus, address, found, size));
    assert_memory_equal(found, bytes, size);
    free(found);
}

#endif
