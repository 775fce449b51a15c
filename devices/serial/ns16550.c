#include "devices/serial/ns16550.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "core/machine/machine.h"
#include "core/machine/regs.h"

#include <stdlib.h>

enum { FIFO_DEPTH = 16, REGISTERS = 8 };

/* IER (8.7) */
enum { IER_RX = 1 << 0, IER_TX = 1 << 1, IER_LINE = 1 << 2, IER_MODEM = 1 << 3 };

/* IIR (8.6): which interrupt, and that there are FIFOs. */
enum { IIR_MODEM = 0, IIR_NONE = 1, IIR_TX = 2, IIR_RX = 4, IIR_LINE = 6, IIR_TIMEOUT = 0xc };
enum { IIR_FIFOS = 0xc0 };

/* FCR (8.5) */
enum { FCR_ENABLE = 1 << 0, FCR_CLEAR_RX = 1 << 1, FCR_KEPT = 0xc9 };

enum { LCR_DLAB = 1 << 7 };

/* MCR (8.8) */
enum {
    MCR_DTR = 1 << 0,
    MCR_RTS = 1 << 1,
    MCR_OUT1 = 1 << 2,
    MCR_OUT2 = 1 << 3,
    MCR_LOOP = 1 << 4
};

/* LSR (8.4) */
enum {
    LSR_DR = 1 << 0,
    LSR_OE = 1 << 1,
    LSR_PE = 1 << 2,
    LSR_FE = 1 << 3,
    LSR_BI = 1 << 4,
    LSR_THRE = 1 << 5,
    LSR_TEMT = 1 << 6,
    LSR_FIFO_ERROR = 1 << 7,
    LSR_ERRORS = LSR_OE | LSR_PE | LSR_FE | LSR_BI,
};

/* MSR (8.9): what changed, and the lines. */
enum {
    MSR_TERI = 1 << 2,
    MSR_DELTAS = 0x0f,
    MSR_CTS = 1 << 4,
    MSR_DSR = 1 << 5,
    MSR_RI = 1 << 6,
    MSR_DCD = 1 << 7,
};

struct ns16550 {
    struct device device;
    struct reg_block regs;
    struct irq irq;
    struct char_channel *channel;
    unsigned stride;
    bool big;
    uint32_t dll, dlm, ier, fcr, lcr, mcr, lsr, msr, scr;
    uint16_t fifo[FIFO_DEPTH]; /* received characters; their LSR errors in the upper byte */
    uint8_t first, held;
    bool tx_pending; /* the transmitter's interrupt is not acknowledged yet */
    bool refused;    /* the channel waits for room */
};

/* ---- interrupts ------------------------------------------------------------------------------ */

static bool has_fifos(const struct ns16550 *uart)
{
    return uart->fcr & FCR_ENABLE;
}

static unsigned depth(const struct ns16550 *uart)
{
    return has_fifos(uart) ? FIFO_DEPTH : 1;
}

static unsigned trigger(const struct ns16550 *uart)
{
    static const uint8_t levels[4] = {1, 4, 8, 14};
    return has_fifos(uart) ? levels[bits_get(uart->fcr, 6, 2)] : 1;
}

/* The interrupt of the highest priority (table IV). Characters below the trigger level time out at
 * once, as the line is idle as soon as they are here. */
static uint32_t pending(const struct ns16550 *uart)
{
    if (uart->ier & IER_LINE && uart->lsr & LSR_ERRORS) {
        return IIR_LINE;
    }
    if (uart->ier & IER_RX && uart->held) {
        return uart->held >= trigger(uart) ? IIR_RX : IIR_TIMEOUT;
    }
    if (uart->ier & IER_TX && uart->tx_pending) {
        return IIR_TX;
    }
    return uart->ier & IER_MODEM && uart->msr & MSR_DELTAS ? IIR_MODEM : IIR_NONE;
}

static void update(struct ns16550 *uart)
{
    irq_set(&uart->irq, pending(uart) != IIR_NONE);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The character that is first now shows its errors. */
static void reveal(struct ns16550 *uart)
{
    if (uart->held) {
        uart->lsr |= uart->fifo[uart->first] >> 8;
        uart->fifo[uart->first] &= 0xff;
    }
}

static void fifo_put(struct ns16550 *uart, uint8_t byte, uint32_t errors)
{
    if (uart->held == depth(uart)) {
        uart->lsr |= LSR_OE;
        if (!has_fifos(uart)) {
            uart->fifo[uart->first] = byte; /* the buffer's character is lost, not the new one */
            uart->lsr |= errors;
        }
        return;
    }
    uart->fifo[(uart->first + uart->held++) % FIFO_DEPTH] = (uint16_t)(byte | errors << 8);
    if (uart->held == 1) {
        reveal(uart);
    }
}

static void fifo_clear(struct ns16550 *uart)
{
    uart->first = uart->held = 0;
}

static bool looped(const struct ns16550 *uart)
{
    return uart->mcr & MCR_LOOP;
}

static size_t receive(void *device, const uint8_t *bytes, size_t size)
{
    struct ns16550 *uart = device;
    size_t room = looped(uart) ? 0 : depth(uart) - uart->held;
    size_t taken = size < room ? size : room;
    for (size_t i = 0; i < taken; i++) {
        fifo_put(uart, bytes[i], 0);
    }
    uart->refused = taken < size;
    update(uart);
    return taken;
}

static void receive_break(void *device)
{
    struct ns16550 *uart = device;
    if (!looped(uart)) {
        fifo_put(uart, 0, LSR_BI);
        update(uart);
    }
}

/* Lets the channel go on if it waits and there is room. */
static void resume(struct ns16550 *uart)
{
    if (uart->refused && !looped(uart) && uart->held < depth(uart)) {
        uart->refused = false;
        uart->channel->ops->resume(uart->channel);
    }
}

/* ---- modem lines ----------------------------------------------------------------------------- */

/* In loopback DTR, RTS, OUT1 and OUT2 drive DSR, CTS, RI and DCD (8.8); else whoever is connected
 * is there and ready. */
static uint32_t modem_lines(const struct ns16550 *uart)
{
    static const struct {
        uint8_t control, status;
    } wires[4] = {{MCR_DTR, MSR_DSR}, {MCR_RTS, MSR_CTS}, {MCR_OUT1, MSR_RI}, {MCR_OUT2, MSR_DCD}};
    if (!looped(uart)) {
        return uart->channel ? MSR_CTS | MSR_DSR | MSR_DCD : 0;
    }
    uint32_t lines = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(wires); i++) {
        lines |= uart->mcr & wires[i].control ? wires[i].status : 0;
    }
    return lines;
}

static void modem_update(struct ns16550 *uart)
{
    uint32_t lines = modem_lines(uart), changed = (lines ^ uart->msr) & ~MSR_DELTAS;
    uint32_t deltas = changed >> 4 & ~MSR_TERI;
    deltas |= changed & MSR_RI && !(lines & MSR_RI) ? MSR_TERI : 0; /* the trailing edge alone */
    uart->msr = lines | (uart->msr & MSR_DELTAS) | deltas;
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t data_read(void *device, const struct reg *reg)
{
    struct ns16550 *uart = device;
    if (uart->lcr & LCR_DLAB) {
        return uart->dll;
    }
    uint8_t byte = (uint8_t)uart->fifo[uart->first];
    if (uart->held) {
        uart->first = (uart->first + 1) % FIFO_DEPTH;
        uart->held--;
        reveal(uart);
        resume(uart);
        update(uart);
    }
    return byte;
}

static void data_write(void *device, const struct reg *reg, uint32_t value)
{
    struct ns16550 *uart = device;
    uint8_t byte = (uint8_t)value;
    if (uart->lcr & LCR_DLAB) {
        uart->dll = byte;
        return;
    }
    if (looped(uart)) {
        fifo_put(uart, byte, 0);
    } else if (uart->channel) {
        uart->channel->ops->write(uart->channel, &byte, 1);
    }
    uart->tx_pending = true; /* it is on its way already */
    update(uart);
}

static uint32_t ier_read(void *device, const struct reg *reg)
{
    const struct ns16550 *uart = device;
    return uart->lcr & LCR_DLAB ? uart->dlm : uart->ier;
}

static void ier_write(void *device, const struct reg *reg, uint32_t value)
{
    struct ns16550 *uart = device;
    if (uart->lcr & LCR_DLAB) {
        uart->dlm = value;
        return;
    }
    uint32_t old = uart->ier;
    uart->ier = value & (IER_RX | IER_TX | IER_LINE | IER_MODEM);
    if (uart->ier & ~old & IER_TX) {
        uart->tx_pending = true; /* enabling while the transmitter is empty interrupts (8.6.2) */
    }
    update(uart);
}

static uint32_t iir_read(void *device, const struct reg *reg)
{
    struct ns16550 *uart = device;
    uint32_t what = pending(uart);
    if (what == IIR_TX) {
        uart->tx_pending = false;
        update(uart);
    }
    return what | (has_fifos(uart) ? IIR_FIFOS : 0);
}

static void fcr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct ns16550 *uart = device;
    bool switched = (value ^ uart->fcr) & FCR_ENABLE;
    if (switched || (value & FCR_ENABLE && value & FCR_CLEAR_RX)) {
        fifo_clear(uart);
    }
    /* The other bits count only together with the enabling one. */
    uart->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    resume(uart);
    update(uart);
}

static void mcr_write(void *device, const struct reg *reg, uint32_t value)
{
    struct ns16550 *uart = device;
    modem_update(uart);
    resume(uart);
    update(uart);
}

static uint32_t lsr_read(void *device, const struct reg *reg)
{
    struct ns16550 *uart = device;
    uint32_t value = uart->lsr | LSR_THRE | LSR_TEMT | (uart->held ? LSR_DR : 0);
    bool error = uart->lsr & (LSR_PE | LSR_FE | LSR_BI);
    for (unsigned i = 0; i < uart->held; i++) {
        error |= uart->fifo[(uart->first + i) % FIFO_DEPTH] >> 8 != 0;
    }
    value |= has_fifos(uart) && error ? LSR_FIFO_ERROR : 0;
    uart->lsr = 0;
    update(uart);
    return value;
}

static uint32_t msr_read(void *device, const struct reg *reg)
{
    struct ns16550 *uart = device;
    uint32_t value = uart->msr;
    uart->msr &= ~(uint32_t)MSR_DELTAS;
    update(uart);
    return value;
}

/* LSR and MSR are meant to be read only (8.4, 8.9 keep writing them for the factory). */
#define STATE(member) offsetof(struct ns16550, member)
static const struct reg ns16550_regs[REGISTERS] = {
    {"RBR/THR/DLL", 0, 1, REG_NONE, .read = data_read, .write = data_write},
    {"IER/DLM", 1, 1, REG_NONE, .read = ier_read, .write = ier_write},
    {"IIR/FCR", 2, 1, REG_NONE, .read = iir_read, .write = fcr_write},
    {"LCR", 3, 1, STATE(lcr), .writable = 0xff},
    {"MCR", 4, 1, STATE(mcr), .writable = 0x1f, .write = mcr_write},
    {"LSR", 5, 1, REG_NONE, .read = lsr_read, .read_only = true},
    {"MSR", 6, 1, REG_NONE, .read = msr_read, .read_only = true},
    {"SCR", 7, 1, STATE(scr), .writable = 0xff},
};

/* Where the low byte of a wide access is on a big-endian bus: the last one. */
static unsigned lane_shift(const struct ns16550 *uart, unsigned size)
{
    return uart->big && size <= uart->stride ? 8 * (size - 1) : 0;
}

static uint64_t ns16550_read(void *opaque, uint64_t offset, unsigned size)
{
    struct ns16550 *uart = opaque;
    uint64_t value = 0;
    for (unsigned done = 0; done < size; done += uart->stride) {
        value |= regs_read(&uart->regs, (offset + done) / uart->stride, 1) << (8 * done);
    }
    return value << lane_shift(uart, size);
}

static void ns16550_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ns16550 *uart = opaque;
    value >>= lane_shift(uart, size);
    for (unsigned done = 0; done < size; done += uart->stride) {
        regs_write(&uart->regs, (offset + done) / uart->stride, 1, value >> (8 * done) & 0xff);
    }
}

static const struct mmio_ops ns16550_mmio_ops = {ns16550_read, ns16550_write};

/* ---- the device ------------------------------------------------------------------------------ */

static const struct field ns16550_fields[] = {
    FIELD(ns16550, dll, FIELD_U32),         FIELD(ns16550, dlm, FIELD_U32),
    FIELD(ns16550, ier, FIELD_U32),         FIELD(ns16550, fcr, FIELD_U32),
    FIELD(ns16550, lcr, FIELD_U32),         FIELD(ns16550, mcr, FIELD_U32),
    FIELD(ns16550, lsr, FIELD_U32),         FIELD(ns16550, msr, FIELD_U32),
    FIELD(ns16550, scr, FIELD_U32),         FIELD_ARRAY(ns16550, fifo, FIELD_U16, FIFO_DEPTH),
    FIELD(ns16550, first, FIELD_U8),        FIELD(ns16550, held, FIELD_U8),
    FIELD(ns16550, tx_pending, FIELD_BOOL),
};

/* Master reset (table I): the divisor and the scratch register are not touched. */
static void ns16550_reset(void *device)
{
    struct ns16550 *uart = device;
    uint32_t scratch = uart->scr;
    regs_reset(&uart->regs);
    uart->scr = scratch;
    uart->ier = uart->fcr = uart->lsr = 0;
    uart->tx_pending = false;
    fifo_clear(uart);
    uart->msr = modem_lines(uart);
    resume(uart);
    update(uart);
}

static void ns16550_destroy(void *device)
{
    struct ns16550 *uart = device;
    char_detach(uart->channel);
    free(uart);
}

static const struct device_ops ns16550_ops = {
    .name = "ns16550",
    .fields = ns16550_fields,
    .field_count = ARRAY_SIZE(ns16550_fields),
    .reset = ns16550_reset,
    .destroy = ns16550_destroy,
};

struct ns16550 *ns16550_create(struct machine *machine, struct bus *bus, uint64_t base,
                               unsigned stride, struct irq irq, struct char_channel *channel)
{
    CHECK(stride && !(stride & (stride - 1)));
    struct ns16550 *uart = calloc(1, sizeof(*uart));
    CHECK(uart);
    uart->device.ops = &ns16550_ops;
    uart->irq = irq;
    uart->channel = channel;
    uart->stride = stride;
    uart->regs = (struct reg_block){
        .device = "ns16550",
        .regs = ns16550_regs,
        .count = ARRAY_SIZE(ns16550_regs),
        .log = &machine->config.log,
        .opaque = uart,
    };
    ns16550_reset(uart);
    machine_add_device(machine, &uart->device);
    bus_add_mmio(bus, "ns16550", base, (uint64_t)REGISTERS * stride, &ns16550_mmio_ops, uart);
    char_attach(channel, uart, receive, receive_break);
    return uart;
}

void ns16550_set_big_endian(struct ns16550 *uart)
{
    uart->big = true;
}
