#include "devices/serial/pl011.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"
#include "devices/primecell.h"

#include <stdlib.h>

enum { FIFO_DEPTH = 16 };

/* DR (3.3.1) and RSR: errors of a received character. */
enum { DR_BE = 1 << 10, DR_OE = 1 << 11 };
enum { RSR_BE = 1 << 2, RSR_OE = 1 << 3 };

/* FR (3.3.3) */
enum {
    FR_CTS = 1 << 0,
    FR_DSR = 1 << 1,
    FR_DCD = 1 << 2,
    FR_RXFE = 1 << 4,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    FR_RI = 1 << 8,
};

enum { LCRH_FEN = 1 << 4 };
enum { CR_UARTEN = 1 << 0, CR_LBE = 1 << 7, CR_TXE = 1 << 8, CR_DTR = 1 << 10, CR_OUT2 = 1 << 13 };
enum { IFLS_RX_SHIFT = 3 };

/* RIS, MIS, IMSC, ICR (3.3.10 .. 3.3.13) */
enum {
    INT_RX = 1 << 4,
    INT_TX = 1 << 5,
    INT_RT = 1 << 6,
    INT_BE = 1 << 9,
    INT_OE = 1 << 10,
    INT_ALL = 0x7ff,
};

struct pl011 {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct char_channel *channel;
    uint32_t rsr, ilpr, ibrd, fbrd, lcrh, cr, ifls, imsc, ris, dmacr;
    uint16_t fifo[FIFO_DEPTH]; /* received characters with their DR error bits */
    uint8_t first, held;
    bool refused; /* the channel waits for room */
    bool warned;  /* of sending while disabled */
};

static void update(struct pl011 *uart)
{
    irq_set(&uart->irq, uart->ris & uart->imsc);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static unsigned depth(const struct pl011 *uart)
{
    return uart->lcrh & LCRH_FEN ? FIFO_DEPTH : 1;
}

/* How many characters make the receive interrupt (IFLS, 3.3.9). */
static unsigned trigger(const struct pl011 *uart)
{
    static const uint8_t levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return uart->lcrh & LCRH_FEN ? levels[bits_get(uart->ifls, IFLS_RX_SHIFT, 3)] : 1;
}

static void fifo_put(struct pl011 *uart, uint16_t c)
{
    if (uart->held == depth(uart)) {
        uart->rsr |= RSR_OE;
        uart->ris |= INT_OE;
        return;
    }
    uart->fifo[(uart->first + uart->held++) % FIFO_DEPTH] = c;
    if (c & DR_BE) {
        uart->ris |= INT_BE;
    }
    if (uart->held >= trigger(uart)) {
        uart->ris |= INT_RX;
    } else {
        uart->ris |= INT_RT; /* the line is idle at once: characters take no time */
    }
}

static size_t receive(void *device, const uint8_t *bytes, size_t size)
{
    struct pl011 *uart = device;
    size_t room = depth(uart) - uart->held, taken = size < room ? size : room;
    for (size_t i = 0; i < taken; i++) {
        fifo_put(uart, bytes[i]);
    }
    uart->refused = taken < size;
    update(uart);
    return taken;
}

static void receive_break(void *device)
{
    struct pl011 *uart = device;
    fifo_put(uart, DR_BE);
    update(uart);
}

/* Lets the channel go on if it waits and there is room. */
static void resume(struct pl011 *uart)
{
    if (uart->refused && uart->held < depth(uart)) {
        uart->refused = false;
        uart->channel->ops->resume(uart->channel);
    }
}

static void fifo_clear(struct pl011 *uart)
{
    uart->first = uart->held = 0;
    uart->ris &= ~(uint32_t)(INT_RX | INT_RT);
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t dr_read(void *device, const struct reg *reg)
{
    struct pl011 *uart = device;
    if (!uart->held) {
        return 0;
    }
    uint16_t c = uart->fifo[uart->first];
    uart->first = (uart->first + 1) % FIFO_DEPTH;
    uart->held--;
    uart->rsr = (uart->rsr & RSR_OE) | (uint32_t)bits_get(c, 8, 3);
    if (uart->held < trigger(uart)) {
        uart->ris &= ~(uint32_t)INT_RX;
    }
    if (!uart->held) {
        uart->ris &= ~(uint32_t)INT_RT;
    }
    uint32_t value = c | (uart->rsr & RSR_OE ? DR_OE : 0);
    resume(uart);
    update(uart);
    return value;
}

static void dr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl011 *uart = device;
    uint8_t byte = (uint8_t)value;
    if ((uart->cr & (CR_UARTEN | CR_TXE)) != (CR_UARTEN | CR_TXE) && !uart->warned) {
        uart->warned = true; /* and sent: much bare-metal code relies on that */
        log_write(uart->regs.log, LOG_GUEST_ERRORS, "pl011: data written while disabled\n");
    }
    if (uart->cr & CR_LBE) {
        fifo_put(uart, byte);
    } else if (uart->channel) {
        uart->channel->ops->write(uart->channel, &byte, 1);
    }
    uart->ris |= INT_TX; /* the FIFO has just drained through its trigger level */
    update(uart);
}

static void rsr_write(void *device, const struct reg *reg, uint32_t value)
{
    ((struct pl011 *)device)->rsr = 0; /* any value clears (3.3.2) */
}

static uint32_t fr_read(void *device, const struct reg *reg)
{
    const struct pl011 *uart = device;
    uint32_t fr = FR_TXFE;
    fr |= uart->held ? 0 : FR_RXFE;
    fr |= uart->held == depth(uart) ? FR_RXFF : 0;
    if (uart->cr & CR_LBE) {
        /* DTR, RTS, Out1, Out2 are led back to DSR, CTS, DCD, RI (2.4.5). */
        static const uint16_t lines[4] = {FR_DSR, FR_CTS, FR_DCD, FR_RI};
        for (unsigned i = 0; i < 4; i++) {
            fr |= uart->cr & CR_DTR << i ? lines[i] : 0;
        }
    } else {
        fr |= FR_CTS | FR_DSR | FR_DCD;
    }
    return fr;
}

static void lcrh_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl011 *uart = device;
    if (uart->held > depth(uart)) {
        uart->held = (uint8_t)depth(uart); /* FIFOs were switched off: one character fits */
    }
    resume(uart);
    update(uart);
}

static void imsc_write(void *device, const struct reg *reg, uint32_t value)
{
    update(device);
}

static uint32_t mis_read(void *device, const struct reg *reg)
{
    const struct pl011 *uart = device;
    return uart->ris & uart->imsc;
}

static void icr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct pl011 *uart = device;
    uart->ris &= ~value;
    update(uart);
}

static void dmacr_write(void *device, const struct reg *reg, uint32_t value)
{
    const struct pl011 *uart = device;
    if (value & 3) {
        log_write(uart->regs.log, LOG_UNIMP, "pl011: DMA is not there\n");
    }
}

#define STATE(member) offsetof(struct pl011, member)
static const struct reg pl011_regs[] = {
    {"DR", 0x00, 4, REG_NONE, .read = dr_read, .write = dr_write},
    {"RSR/ECR", 0x04, 4, STATE(rsr), .write = rsr_write},
    {"FR", 0x18, 4, REG_NONE, .read = fr_read, .read_only = true},
    {"ILPR", 0x20, 4, STATE(ilpr), .writable = 0xff},
    {"IBRD", 0x24, 4, STATE(ibrd), .writable = 0xffff},
    {"FBRD", 0x28, 4, STATE(fbrd), .writable = 0x3f},
    {"LCR_H", 0x2c, 4, STATE(lcrh), .writable = 0xff, .write = lcrh_write},
    {"CR", 0x30, 4, STATE(cr), .reset = 0x300, .writable = 0xff87},
    {"IFLS", 0x34, 4, STATE(ifls), .reset = 0x12, .writable = 0x3f},
    {"IMSC", 0x38, 4, STATE(imsc), .writable = INT_ALL, .write = imsc_write},
    {"RIS", 0x3c, 4, STATE(ris), .read_only = true},
    {"MIS", 0x40, 4, REG_NONE, .read = mis_read, .read_only = true},
    {"ICR", 0x44, 4, REG_NONE, .write = icr_write, .write_only = true},
    {"DMACR", 0x48, 4, STATE(dmacr), .writable = 7, .write = dmacr_write},
    PRIMECELL_IDS(0x011, 1),
};

/* ---- the device ------------------------------------------------------------------------------ */

static const struct field pl011_fields[] = {
    FIELD(pl011, rsr, FIELD_U32),
    FIELD(pl011, ilpr, FIELD_U32),
    FIELD(pl011, ibrd, FIELD_U32),
    FIELD(pl011, fbrd, FIELD_U32),
    FIELD(pl011, lcrh, FIELD_U32),
    FIELD(pl011, cr, FIELD_U32),
    FIELD(pl011, ifls, FIELD_U32),
    FIELD(pl011, imsc, FIELD_U32),
    FIELD(pl011, ris, FIELD_U32),
    FIELD(pl011, dmacr, FIELD_U32),
    FIELD_ARRAY(pl011, fifo, FIELD_U16, FIFO_DEPTH),
    FIELD(pl011, first, FIELD_U8),
    FIELD(pl011, held, FIELD_U8),
};

static void pl011_reset(void *device)
{
    struct pl011 *uart = device;
    regs_reset(&uart->regs);
    fifo_clear(uart);
    resume(uart);
    update(uart);
}

static void pl011_destroy(void *device)
{
    struct pl011 *uart = device;
    char_detach(uart->channel);
    free(uart);
}

static const struct device_ops pl011_ops = {
    .name = "pl011",
    .fields = pl011_fields,
    .field_count = ARRAY_SIZE(pl011_fields),
    .reset = pl011_reset,
    .destroy = pl011_destroy,
};

struct pl011 *pl011_create(struct machine *machine, uint64_t base, struct irq irq,
                           struct char_channel *channel)
{
    struct pl011 *uart = calloc(1, sizeof(*uart));
    CHECK(uart);
    uart->device.ops = &pl011_ops;
    uart->irq = irq;
    uart->channel = channel;
    uart->regs = (struct reg_block){
        .device = "pl011",
        .regs = pl011_regs,
        .count = ARRAY_SIZE(pl011_regs),
        .log = &machine->config.log,
        .opaque = uart,
    };
    regs_reset(&uart->regs);
    machine_add_device(machine, &uart->device);
    bus_add_mmio(machine->bus, "pl011", base, 0x1000, &regs_mmio_ops, &uart->regs);
    char_attach(channel, uart, receive, receive_break);
    return uart;
}
