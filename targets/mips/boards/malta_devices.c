/* What is behind the CPU's bus: the north bridge, and on its PCI bus the south bridge with the
 * devices of a PC. */
#include "core/base/bits.h"
#include "devices/input/i8042.h"
#include "devices/irqchip/i8259.h"
#include "devices/net/pcnet.h"
#include "devices/pci/gt64120.h"
#include "devices/pci/pci.h"
#include "devices/pci/piix4.h"
#include "devices/rtc/mc146818.h"
#include "devices/serial/ns16550.h"
#include "devices/timer/i8254.h"
#include "targets/mips/boards/malta.h"

/* The third serial line, behind the two of the south bridge. */
enum { CBUS_UART_STRIDE = 8, CBUS_UART_SERIAL = 2 };

/* Serial lines at ports of the super I/O chip, with their inputs of the interrupt controller. */
static const struct {
    uint16_t port;
    uint8_t input;
} uarts[] = {{0x3f8, 4}, {0x2f8, 3}};
enum { INPUT_TIMER = 0, INPUT_KEYBOARD = 1, INPUT_CASCADE = 2, INPUT_RTC = 8, INPUT_MOUSE = 12 };

/* Locally administered; the one that QEMU's first network card has. */
static const uint8_t ethernet_address[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static struct irq cpu_irq(const struct malta *malta, unsigned n)
{
    return (struct irq){mips_cpu_set_irq, malta->cpu, n};
}

/* Which of the south bridge's inputs PIRQA# .. PIRQD#, 0 .. 3, a slot's pins are soldered to
 * (MD00048): those of devices on the board, and of the connectors turn by turn. */
static unsigned route(unsigned slot, unsigned pin)
{
    static const struct {
        uint8_t slot, wire;
    } soldered[] = {{MALTA_SOUTH_BRIDGE_SLOT, 3}, {MALTA_ETHERNET_SLOT, 1}, {MALTA_AUDIO_SLOT, 2}};
    for (unsigned i = 0; i < ARRAY_SIZE(soldered); i++) {
        if (soldered[i].slot == slot) {
            return soldered[i].wire;
        }
    }
    return (slot - MALTA_CONNECTOR_SLOT + pin) % PCI_WIRES;
}

static void create_south_bridge(struct machine *machine, struct malta *malta)
{
    struct piix4_config config = {.slot = MALTA_SOUTH_BRIDGE_SLOT};
    for (unsigned n = 0; n < ARRAY_SIZE(config.isa); n++) {
        config.isa[n] = n == INPUT_CASCADE ? (struct irq){0} : i8259_input(malta->pic, n);
    }
    malta->south_bridge = piix4_create(machine, malta->pci, &config);
    struct pci_wiring wiring = {.route = route};
    for (unsigned n = 0; n < PCI_WIRES; n++) {
        wiring.wires[n] = piix4_pirq(malta->south_bridge, n);
    }
    pci_bus_wire(malta->pci, &wiring);
}

static unsigned acknowledge(void *opaque)
{
    return i8259_acknowledge(opaque);
}

static void request_reset(void *opaque, unsigned n, bool level)
{
    if (level) {
        machine_request_reset(opaque);
    }
}

static void create_isa(struct machine *machine, struct malta *malta, struct bus *ports)
{
    i8254_create(machine, ports, i8259_input(malta->pic, INPUT_TIMER));
    mc146818_create(machine, ports, i8259_input(malta->pic, INPUT_RTC));
    const struct i8042_lines lines = {
        .keyboard = i8259_input(malta->pic, INPUT_KEYBOARD),
        .mouse = i8259_input(malta->pic, INPUT_MOUSE),
        .reset = {request_reset, machine, 0},
    };
    i8042_create(machine, ports, &lines);
    for (unsigned i = 0; i < ARRAY_SIZE(uarts); i++) {
        ns16550_create(machine, ports, uarts[i].port, 1, i8259_input(malta->pic, uarts[i].input),
                       machine->config.serials[i]);
    }
}

bool malta_create_devices(struct machine *machine, char *message, size_t message_size)
{
    struct malta *malta = machine->board_state;
    const struct malta_window *uart = &malta_map[MALTA_CBUS_UART];
    malta_fpga_create(machine, malta->big);
    struct ns16550 *cbus = ns16550_create(machine, machine->bus, uart->base, CBUS_UART_STRIDE,
                                          cpu_irq(malta, MALTA_IRQ_CBUS_UART),
                                          machine->config.serials[CBUS_UART_SERIAL]);
    if (malta->big) {
        ns16550_set_big_endian(cbus);
    }
    malta->pci = pci_bus_create(machine);
    struct bus *ports = pci_bus_space(malta->pci, PCI_IO);
    malta->pic = i8259_create(machine, ports, cpu_irq(malta, MALTA_IRQ_SOUTH_BRIDGE));
    const struct gt64120_config config = {
        .cpu_big_endian = malta->big,
        .acknowledge = acknowledge,
        .opaque = malta->pic,
    };
    gt64120_create(machine, malta->pci, &config);
    create_south_bridge(machine, malta);
    create_isa(machine, malta, ports);
    pcnet_create(machine, malta->pci, PCI_DEVFN(MALTA_ETHERNET_SLOT, 0), ethernet_address);
    return malta_create_user_devices(machine, message, message_size);
}
