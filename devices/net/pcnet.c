#include "devices/net/pcnet.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "devices/pci/pci.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Offsets of registers in word mode; in doubleword mode they are 4 apart (I/O Resources). */
enum { RDP = 0x10, RAP = 0x12, RESET = 0x14, BDP = 0x16, PORTS = 32 };
enum { APROM_SIZE = 16, CSRS = 128, BCRS = 32 };

/* CSR0 */
enum {
    INIT = 1 << 0,
    STRT = 1 << 1,
    STOP = 1 << 2,
    TDMD = 1 << 3,
    TXON = 1 << 4,
    RXON = 1 << 5,
    IENA = 1 << 6,
    INTR = 1 << 7,
    IDON = 1 << 8,
    TINT = 1 << 9,
    MERR = 1 << 11,
    EVENTS = 0x7f00,
    ERRORS = 0x7800,
    ERR = 1 << 15,
};
/* CSR3 masks these of CSR0; CSR4 has its events' masks one bit below them, CSR5 too. */
enum { MASKABLE = 0x5f00, CSR4_EVENTS = 0x022a, CSR5_EVENTS = 0x0a08 };
enum { SPND = 1 << 0 };              /* CSR5 */
enum { DRX = 1 << 0, DTX = 1 << 1 }; /* CSR15 */

/* BCRs */
enum { BCR_LINK = 4, BCR_BUS = 18, BCR_STYLE = 20 };
enum { DWIO = 1 << 7, SSIZE32 = 1 << 8, CSRPCNET = 1 << 9 };

/* Second word of a 32-bit transmit descriptor, TMD1. */
#define TMD_OWN UINT32_C(0x80000000)
#define TMD_ERR UINT32_C(0x40000000)
#define TMD_ENP UINT32_C(0x01000000)

struct pcnet {
    struct pci_function pci;
    uint8_t aprom[APROM_SIZE];
    uint16_t csr[CSRS], bcr[BCRS];
    uint16_t rap;
};

/* ---- interrupts ------------------------------------------------------------------------------ */

static bool wants_interrupt(const struct pcnet *net)
{
    return (net->csr[0] & MASKABLE & ~net->csr[3]) || net->csr[0] & 1 << 13 ||
           (net->csr[4] & CSR4_EVENTS & ~(net->csr[4] << 1)) ||
           (net->csr[5] & CSR5_EVENTS & net->csr[5] << 1);
}

static void update(struct pcnet *net)
{
    bool wants = wants_interrupt(net);
    net->csr[0] &= (uint16_t) ~(INTR | ERR);
    net->csr[0] |= (uint16_t)((wants ? INTR : 0) | (net->csr[0] & ERRORS ? ERR : 0));
    pci_interrupt(&net->pci, wants && net->csr[0] & IENA);
}

/* ---- initialization block (Initialization) --------------------------------------------------- */

static bool wide(const struct pcnet *net)
{
    return net->bcr[BCR_STYLE] & SSIZE32;
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Lengths of rings are kept as their negative; codes above 9 mean 512 as well. */
static uint16_t ring_length(unsigned code)
{
    return (uint16_t) - (1u << (code < 9 ? code : 9));
}

/* Physical address, logical address filter, base addresses and lengths of the rings. */
static void take_block(struct pcnet *net, const uint8_t *block)
{
    bool is_wide = wide(net);
    const uint8_t *address = block + (is_wide ? 4 : 2), *filter = block + (is_wide ? 12 : 8);
    const uint8_t *rings = block + (is_wide ? 20 : 16);
    net->csr[15] = get16(block);
    for (unsigned i = 0; i < 3; i++) {
        net->csr[12 + i] = get16(address + 2 * i);
    }
    for (unsigned i = 0; i < 4; i++) {
        net->csr[8 + i] = get16(filter + 2 * i);
    }
    net->csr[24] = get16(rings);
    net->csr[25] = get16(rings + 2) & (is_wide ? 0xffff : 0x00ff);
    net->csr[30] = get16(rings + 4);
    net->csr[31] = get16(rings + 6) & (is_wide ? 0xffff : 0x00ff);
    net->csr[76] = ring_length(is_wide ? block[2] >> 4 : rings[3] >> 5);
    net->csr[78] = ring_length(is_wide ? block[3] >> 4 : rings[7] >> 5);
    net->csr[72] = net->csr[76];
    net->csr[74] = net->csr[78];
}

static void initialize(struct pcnet *net)
{
    uint8_t block[28];
    uint32_t address = net->csr[1] | (uint32_t)net->csr[2] << 16;
    net->csr[0] = (uint16_t)((net->csr[0] & ~STOP) | INIT);
    if (!pci_dma_read(&net->pci, address, block, wide(net) ? 28 : 24)) {
        net->csr[0] |= MERR;
        return;
    }
    take_block(net, block);
    net->csr[0] |= IDON;
}

/* ---- transmission (Transmit Descriptor Table) ------------------------------------------------ */

/* Where the second word of the current descriptor is, with the fields of TMD1; and its layout. */
struct place {
    uint32_t address;
    unsigned size;
};

static struct place current(const struct pcnet *net)
{
    uint32_t base = net->csr[30] | (uint32_t)net->csr[31] << 16;
    uint32_t index = (uint16_t)(net->csr[74] - net->csr[78]);
    bool is_wide = wide(net);
    /* In the narrow layout the bits of TMD1 that matter are the upper byte of its word. */
    return (struct place){base + index * (is_wide ? 16 : 8) + (is_wide ? 4 : 2), is_wide ? 4 : 2};
}

/* The counter in CSR74 runs from minus the length up, and begins again. */
static void advance(struct pcnet *net)
{
    net->csr[74]++;
    if (!net->csr[74]) {
        net->csr[74] = net->csr[78];
    }
}

/* Gives back what the driver has handed over, at most the whole ring. */
static void transmit(struct pcnet *net)
{
    unsigned length = (uint16_t)-net->csr[78];
    bool on = net->csr[0] & TXON && !(net->csr[5] & SPND);
    for (unsigned i = 0; on && i < length; i++) {
        struct place place = current(net);
        uint32_t word = 0;
        if (!pci_dma_read(&net->pci, place.address, &word, place.size)) {
            net->csr[0] |= MERR;
            break;
        }
        word = le32toh(word) << (32 - 8 * place.size);
        if (!(word & TMD_OWN)) {
            break;
        }
        uint32_t answer = htole32((word & ~(TMD_OWN | TMD_ERR)) >> (32 - 8 * place.size));
        if (!pci_dma_write(&net->pci, place.address, &answer, place.size)) {
            net->csr[0] |= MERR;
            break;
        }
        advance(net);
        net->csr[0] |= word & TMD_ENP ? TINT : 0;
    }
}

/* ---- control and status registers ------------------------------------------------------------ */

struct rule {
    uint8_t n;
    uint16_t reset;    /* by the reset pin and the reset register */
    uint16_t writable; /* bits that a write sets */
    uint16_t clear;    /* bits that a written 1 clears */
    bool stopped;      /* writes count only while STOP or SPND is set */
};

/* Others read as 0. */
static const struct rule csr_rules[] = {
    {1, 0, 0xffff, 0, true},
    {2, 0, 0xffff, 0, true},
    {3, 0, 0x5f78, 0, false},
    {4, 0x0115, 0xfd15, CSR4_EVENTS, false},
    {5, 0, 0x5459, CSR5_EVENTS, false},
    {8, 0, 0xffff, 0, true},
    {9, 0, 0xffff, 0, true},
    {10, 0, 0xffff, 0, true},
    {11, 0, 0xffff, 0, true},
    {12, 0, 0xffff, 0, true}, /* 12-14: the address, as in the APROM */
    {13, 0, 0xffff, 0, true},
    {14, 0, 0xffff, 0, true},
    {15, 0, 0xffff, 0, true},
    {24, 0, 0xffff, 0, true},
    {25, 0, 0xffff, 0, true},
    {30, 0, 0xffff, 0, true},
    {31, 0, 0xffff, 0, true},
    {46, 0, 0xffff, 0, true},
    {47, 0, 0xffff, 0, true},
    {49, 0, 0xffff, 0, true},
    {72, 0, 0xffff, 0, true},
    {74, 0, 0xffff, 0, true},
    {76, 0, 0xffff, 0, true},
    {78, 0, 0xffff, 0, true},
    {80, 0x1410, 0x3fff, 0, true},
    {82, 0, 0xffff, 0, true},
    {88, 0x1003, 0, 0, false}, /* chip ID: part 0x2621, AMD */
    {89, 0x0262, 0, 0, false},
    {112, 0, 0xffff, 0, false},
    {114, 0, 0xffff, 0, false},
    {122, 0, 0x0001, 0, false},
    {124, 0, 0x0018, 0, true},
};

static const struct rule bcr_rules[] = {
    {0, 0x0005, 0, 0, false},
    {1, 0x0005, 0, 0, false},
    {2, 0x0002, 0x49d3, 0, false},
    {BCR_LINK, 0x00c0, 0x40ff, 0, false}, /* bit 15, the LED of the link, stays off */
    {5, 0x0084, 0x40ff, 0, false},
    {6, 0x0088, 0x40ff, 0, false},
    {7, 0x0090, 0x40ff, 0, false},
    {9, 0x0000, 0x0007, 0, false},
    {16, 0x0000, 0xffe0, 0, false},
    {17, 0x0000, 0xffff, 0, false},
    {BCR_BUS, 0x2101, 0xfe7b, 0, false},
    {19, 0x0002, 0x001f, 0, false},
    {BCR_STYLE, CSRPCNET, 0x04ff, 0, false},
    {21, 0x0000, 0xffff, 0, false},
    {22, 0xff06, 0xffff, 0, false},
};

static const struct rule *find(const struct rule *rules, unsigned count, unsigned n)
{
    for (unsigned i = 0; i < count; i++) {
        if (rules[i].n == n) {
            return &rules[i];
        }
    }
    return NULL;
}

static void store(const struct rule *rule, uint16_t *stored, uint16_t value)
{
    *stored = (uint16_t)((*stored & ~rule->writable) | (value & rule->writable));
    *stored &= (uint16_t) ~(value & rule->clear);
}

static void csr0_write(struct pcnet *net, uint16_t value)
{
    uint16_t rises = value & ~net->csr[0];
    net->csr[0] &= (uint16_t) ~(value & EVENTS);
    if (value & STOP) {
        net->csr[0] = STOP;
        return;
    }
    net->csr[0] = (uint16_t)((net->csr[0] & ~IENA) | (value & IENA));
    if (rises & INIT) {
        initialize(net);
    }
    if (rises & STRT) {
        net->csr[0] = (uint16_t)((net->csr[0] & ~STOP) | STRT);
        net->csr[0] |= net->csr[15] & DTX ? 0 : TXON;
        net->csr[0] |= net->csr[15] & DRX ? 0 : RXON;
    }
    if (value & (STRT | TDMD)) {
        transmit(net);
    }
}

/* The software style decides about the width of addresses. */
static void style_write(struct pcnet *net)
{
    uint16_t *style = &net->bcr[BCR_STYLE];
    bool is_wide = (*style & 0xff) >= 1 && (*style & 0xff) <= 3;
    *style = (uint16_t)((*style & ~SSIZE32) | (is_wide ? SSIZE32 : 0));
}

static void log_refusal(const struct pcnet *net, const char *what)
{
    log_write(&net->pci.device.machine->config.log, LOG_GUEST_ERRORS, "pcnet: write to %s%u\n",
              what, net->rap);
}

static void bcr_write(struct pcnet *net, unsigned n, uint16_t value)
{
    const struct rule *rule = find(bcr_rules, ARRAY_SIZE(bcr_rules), n);
    if (!rule) {
        log_refusal(net, "BCR");
        return;
    }
    store(rule, &net->bcr[n], value);
    if (n == BCR_STYLE) {
        style_write(net);
    }
}

static void csr_write(struct pcnet *net, unsigned n, uint16_t value)
{
    if (n == 0) {
        csr0_write(net, value);
    } else if (n == 58) { /* another way to BCR20 */
        bcr_write(net, BCR_STYLE, value);
    } else {
        n = n == 16 || n == 17 ? n - 15 : n; /* other ways to CSR1 and CSR2 */
        const struct rule *rule = find(csr_rules, ARRAY_SIZE(csr_rules), n);
        bool stopped = net->csr[0] & STOP || net->csr[5] & SPND;
        if (!rule || (rule->stopped && !stopped)) {
            log_refusal(net, "CSR");
            return;
        }
        store(rule, &net->csr[n], value);
    }
    update(net);
}

static uint16_t csr_read(const struct pcnet *net, unsigned n)
{
    return n == 58              ? net->bcr[BCR_STYLE]
           : n == 16 || n == 17 ? net->csr[n - 15]
           : n < CSRS           ? net->csr[n]
                                : 0;
}

/* ---- resets ---------------------------------------------------------------------------------- */

/* By reading the reset register: the bus configuration registers keep their values. */
static void soft_reset(struct pcnet *net)
{
    memset(net->csr, 0, sizeof(net->csr));
    for (unsigned i = 0; i < ARRAY_SIZE(csr_rules); i++) {
        net->csr[csr_rules[i].n] = csr_rules[i].reset;
    }
    for (unsigned i = 0; i < 3; i++) {
        net->csr[12 + i] = get16(net->aprom + 2 * i);
    }
    net->csr[0] = STOP;
    update(net);
}

static void pcnet_reset(void *device)
{
    struct pcnet *net = device;
    memset(net->bcr, 0, sizeof(net->bcr));
    for (unsigned i = 0; i < ARRAY_SIZE(bcr_rules); i++) {
        net->bcr[bcr_rules[i].n] = bcr_rules[i].reset;
    }
    net->rap = 0;
    soft_reset(net);
}

/* ---- the window ------------------------------------------------------------------------------ */

/* The register at an offset, numbered as in word mode; 0 if there is none for that width. */
static unsigned port(const struct pcnet *net, uint64_t offset, unsigned size)
{
    bool doublewords = net->bcr[BCR_BUS] & DWIO;
    if (size != (doublewords ? 4 : 2)) {
        return 0;
    }
    unsigned at = (unsigned)offset - RDP;
    at = doublewords ? at / 2 : at;
    return at <= BDP - RDP ? RDP + at : 0;
}

static uint64_t pcnet_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pcnet *net = opaque;
    uint64_t value = 0;
    if (offset + size <= APROM_SIZE) {
        memcpy(&value, net->aprom + offset, size);
        return value;
    }
    switch (offset < RDP ? 0 : port(net, offset, size)) {
    case RDP:
        return csr_read(net, net->rap);
    case RAP:
        return net->rap;
    case RESET:
        soft_reset(net);
        return 0;
    case BDP:
        return net->rap < BCRS ? net->bcr[net->rap] : 0;
    default:
        return ~UINT64_C(0) >> (64 - 8 * size);
    }
}

static void pcnet_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pcnet *net = opaque;
    if (offset == RDP && size == 4) { /* how software asks for doubleword mode */
        net->bcr[BCR_BUS] |= DWIO;
    }
    switch (offset < RDP ? 0 : port(net, offset, size)) {
    case RDP:
        csr_write(net, net->rap, (uint16_t)value);
        break;
    case RAP:
        net->rap = value & (CSRS - 1);
        break;
    case BDP:
        bcr_write(net, net->rap, (uint16_t)value);
        break;
    default:
        break;
    }
}

static const struct mmio_ops pcnet_ops = {pcnet_read, pcnet_write};

/* ---- the function ---------------------------------------------------------------------------- */

static const struct pci_reg pcnet_config_regs[] = {
    {"MIN_GNT", 0x3e, 1, .reset = 0x06},
    {"MAX_LAT", 0x3f, 1, .reset = 0xff},
};

static const struct pci_kind pcnet_kind = {
    .name = "pcnet",
    .vendor = 0x1022,
    .device = 0x2000,
    .class_code = 0x020000,
    .revision = 0x10,
    .status = 0x0280,
    .pin = 1,
    .regs = pcnet_config_regs,
    .reg_count = ARRAY_SIZE(pcnet_config_regs),
};

static const struct field pcnet_fields[] = {
    PCI_FIELDS(pcnet, pci),
    FIELD_ARRAY(pcnet, csr, FIELD_U16, CSRS),
    FIELD_ARRAY(pcnet, bcr, FIELD_U16, BCRS),
    FIELD(pcnet, rap, FIELD_U16),
};

static const struct device_ops pcnet_device_ops = {
    .name = "pcnet",
    .fields = pcnet_fields,
    .field_count = ARRAY_SIZE(pcnet_fields),
    .reset = pcnet_reset,
    .destroy = free,
};

/* The address, a sum over all other bytes, and two letters that drivers look for. */
static void fill_aprom(struct pcnet *net, const uint8_t address[6])
{
    uint16_t sum = 0;
    memcpy(net->aprom, address, 6);
    net->aprom[14] = net->aprom[15] = 'W';
    for (unsigned i = 0; i < APROM_SIZE; i++) {
        sum += net->aprom[i];
    }
    net->aprom[12] = (uint8_t)sum;
    net->aprom[13] = (uint8_t)(sum >> 8);
}

void pcnet_create(struct machine *machine, struct pci_bus *bus, unsigned devfn,
                  const uint8_t address[6])
{
    struct pcnet *net = calloc(1, sizeof(*net));
    CHECK(net);
    fill_aprom(net, address);
    pci_function_init(&net->pci, bus, devfn, &pcnet_kind, &pcnet_device_ops);
    pci_add_bar(&net->pci, 0, &(struct pci_window){"pcnet", PCI_IO, PORTS, &pcnet_ops, net});
    pci_add_bar(&net->pci, 1, &(struct pci_window){"pcnet", PCI_MEMORY, PORTS, &pcnet_ops, net});
    pcnet_reset(net);
}
