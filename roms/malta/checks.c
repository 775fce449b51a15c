#include "roms/malta/board.h"

/* ---- CPU ------------------------------------------------------------------------------------- */

static const struct {
    uint32_t processor; /* PRId[23:8] */
    const char *name;
} cpus[] = {{0x0180, "4Kc"}, {0x0193, "24K"}, {0x0195, "34K"}};

bool check_cpu(void)
{
    uint32_t prid, config, config1;
    __asm__("mfc0 %0, $15" : "=r"(prid));
    __asm__("mfc0 %0, $16" : "=r"(config));
    __asm__("mfc0 %0, $16, 1" : "=r"(config1));
    const char *name = "unknown CPU";
    for (unsigned i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
        if (cpus[i].processor == prid >> 8) {
            name = cpus[i].name;
        }
    }
    console_print("CPU         MIPS %s, PRId %x, release %u, %u TLB entries%s\n", name, prid,
                  (config >> 10 & 7) + 1, (config1 >> 25 & 63) + 1, config1 & 1 ? ", FPU" : "");
    return true;
}

/* ---- board ----------------------------------------------------------------------------------- */

enum { NORTH_BRIDGE = 0x462011ab, SOUTH_BRIDGE = 0x71108086, CORE_LV = 1 };

bool check_board(void)
{
    uint32_t revision = mmio_read(BOARD_REVISION);
    uint32_t north = pci_read(0, 0, 0), south = pci_read(BOARD_SOUTH_BRIDGE, 0, 0);
    bool good = (revision >> 10 & 63) == CORE_LV && north == NORTH_BRIDGE && south == SOUTH_BRIDGE;
    console_print("Board       Malta, core card %u, bridges %x %x: %s\n", revision >> 10 & 63,
                  north, south, good ? "good" : "BAD");
    return good;
}

/* ---- timer: Count, measured by the 8254 ------------------------------------------------------ */

enum { PIT_CHANNEL2 = 0x42, PIT_CONTROL = 0x43, PIT_GATE = 0x61, PIT_OUTPUT = 1 << 5 };
enum { PIT_MODE0_CHANNEL2 = 0xb0, PIT_HZ = 1193182, PIT_COUNT = PIT_HZ / 100 };
enum { MOST_TICKS = 100000000 };

static uint32_t read_count(void)
{
    uint32_t count;
    __asm__ volatile("mfc0 %0, $9" : "=r"(count));
    return count;
}

uint64_t timer_now(void)
{
    static uint32_t last, turns;
    uint32_t now = read_count();
    turns += now < last;
    last = now;
    return (uint64_t)turns << 32 | now;
}

uint32_t timer_frequency(void)
{
    static uint32_t frequency;
    if (frequency) {
        return frequency;
    }
    port_write(PIT_GATE, 1);
    port_write(PIT_CONTROL, PIT_MODE0_CHANNEL2);
    port_write(PIT_CHANNEL2, PIT_COUNT & 0xff);
    port_write(PIT_CHANNEL2, PIT_COUNT >> 8);
    uint32_t start = read_count(), passed = 0;
    while (!(port_read(PIT_GATE) & PIT_OUTPUT) && passed < MOST_TICKS) {
        passed = read_count() - start;
    }
    frequency = passed < MOST_TICKS ? passed * 100 : 0;
    return frequency;
}

bool check_timer(void)
{
    uint32_t frequency = timer_frequency();
    bool good = frequency != 0;
    uint64_t start = timer_now(), last = start;
    while (good && last - start < frequency / 100) {
        uint64_t now = timer_now();
        good = now >= last;
        last = now;
    }
    console_print("Timer       %u kHz by the 8254: %s\n", frequency / 1000, good ? "good" : "BAD");
    return good;
}

/* ---- interrupts: Compare's ------------------------------------------------------------------- */

enum { TICKS = 5, TICKS_PER_SECOND = 100, STATUS_TIMER = 1 << 15, CAUSE_TIMER = 1 << 15 };

static volatile uint32_t ticks, strange;

static void set_status(uint32_t clear, uint32_t set)
{
    uint32_t status;
    __asm__ volatile("mfc0 %0, $12" : "=r"(status));
    __asm__ volatile("mtc0 %0, $12\n\tehb" : : "r"((status & ~clear) | set));
}

static void set_compare(uint32_t from_now)
{
    __asm__ volatile("mtc0 %0, $11\n\tehb" : : "r"(read_count() + from_now));
}

void rom_interrupt(void)
{
    uint32_t cause;
    __asm__ volatile("mfc0 %0, $13" : "=r"(cause));
    if (cause & CAUSE_TIMER) {
        ticks++;
    } else {
        strange++;
    }
    set_compare(timer_frequency() / TICKS_PER_SECOND);
    if (strange > TICKS) {
        set_status(STATUS_TIMER, 0);
    }
}

bool check_interrupts(void)
{
    uint32_t frequency = timer_frequency();
    if (!frequency) {
        return false;
    }
    ticks = strange = 0;
    uint32_t start = read_count();
    set_compare(frequency / TICKS_PER_SECOND);
    set_status(0, STATUS_TIMER | 1);
    while (ticks < TICKS && read_count() - start < frequency * 2) {
    }
    set_status(STATUS_TIMER | 1, 0);
    uint32_t passed = read_count() - start;
    bool good = ticks == TICKS && !strange && passed >= frequency / TICKS_PER_SECOND * TICKS;
    console_print("Interrupts  %u of %u timer interrupts came: %s\n", ticks, TICKS,
                  good ? "good" : "BAD");
    return good;
}
