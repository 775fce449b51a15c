#include "roms/arm-virt/board.h"

/* ---- CPU ------------------------------------------------------------------------------------- */

static const struct {
    uint32_t part; /* MIDR[15:4] of ARM's own CPUs */
    const char *name;
} cpus[] = {
    {0xc05, "Cortex-A5"},  {0xc07, "Cortex-A7"},  {0xc08, "Cortex-A8"},  {0xc09, "Cortex-A9"},
    {0xc0d, "Cortex-A12"}, {0xc0e, "Cortex-A17"}, {0xc0f, "Cortex-A15"},
};

bool check_cpu(void)
{
    uint32_t midr, sctlr, pfr1;
    __asm__("mrc p15, 0, %0, c0, c0, 0" : "=r"(midr));
    __asm__("mrc p15, 0, %0, c1, c0, 0" : "=r"(sctlr));
    __asm__("mrc p15, 0, %0, c0, c1, 1" : "=r"(pfr1));
    const char *name = "unknown CPU";
    for (unsigned i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
        if (midr >> 24 == 0x41 && cpus[i].part == (midr >> 4 & 0xfff)) {
            name = cpus[i].name;
        }
    }
    console_print("CPU         ARM %s r%up%u, MIDR %x, SCTLR %x%s\n", name, midr >> 20 & 15,
                  midr & 15, midr, sctlr, pfr1 >> 16 & 15 ? ", generic timer" : "");
    return true;
}

/* ---- board: the flattened device tree (Devicetree Specification, chapter 5) ------------------ */

enum { FDT_MAGIC = 0xd00dfeed, FDT_BEGIN = 1, FDT_END_NODE = 2, FDT_PROPERTY = 3, FDT_NOP = 4 };
enum { MAX_TREE = 1 << 20, DEFAULT_RAM = 16 << 20 };

static uint32_t be32(uint32_t address)
{
    return __builtin_bswap32(mmio_read(address));
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool begins(const char *text, const char *with)
{
    while (*with && *text == *with) {
        text++;
        with++;
    }
    return !*with;
}

struct board {
    const char *compatible;
    uint32_t ram_size;
};

static void read_tree(struct board *board)
{
    uint32_t at = BOARD_RAM + be32(BOARD_RAM + 8), strings = BOARD_RAM + be32(BOARD_RAM + 12);
    uint32_t end = at + MAX_TREE;
    unsigned depth = 0;
    bool memory = false;
    while (at < end) {
        uint32_t token = be32(at);
        at += 4;
        if (token == FDT_BEGIN) {
            const char *name = (const char *)(uintptr_t)at;
            depth++;
            memory = depth == 2 && begins(name, "memory");
            while (*name++) {
            }
            at = ((uint32_t)(uintptr_t)name + 3) & ~3u;
        } else if (token == FDT_PROPERTY) {
            uint32_t size = be32(at);
            const char *name = (const char *)(uintptr_t)(strings + be32(at + 4));
            uint32_t value = at + 8;
            if (depth == 1 && same(name, "compatible")) {
                board->compatible = (const char *)(uintptr_t)value;
            } else if (memory && same(name, "reg") && size >= 8) {
                /* The size is the last cell, whatever the number of cells (below 4 GB). */
                board->ram_size = be32(value + size - 4);
            }
            at = (value + size + 3) & ~3u;
        } else if (token == FDT_END_NODE) {
            depth--;
        } else if (token != FDT_NOP) {
            return;
        }
    }
}

static struct board find_board(void)
{
    struct board board = {"unknown", DEFAULT_RAM};
    if (be32(BOARD_RAM) == FDT_MAGIC) {
        read_tree(&board);
    }
    return board;
}

uint32_t board_ram_size(void)
{
    return find_board().ram_size;
}

bool check_board(void)
{
    bool tree = be32(BOARD_RAM) == FDT_MAGIC;
    struct board board = find_board();
    console_print("Board       %s, %u MB of memory%s\n", board.compatible, board.ram_size >> 20,
                  tree ? "" : " (no device tree; assumed)");
    return tree;
}

/* ---- timer and interrupts -------------------------------------------------------------------- */

enum { TIMER_PPI = 27, TICKS = 5, TICKS_PER_SECOND = 100 };

static volatile uint32_t ticks, strange;

uint32_t timer_frequency(void)
{
    uint32_t pfr1, frequency;
    __asm__("mrc p15, 0, %0, c0, c1, 1" : "=r"(pfr1));
    if (!(pfr1 >> 16 & 15)) {
        return 0;
    }
    __asm__("mrc p15, 0, %0, c14, c0, 0" : "=r"(frequency));
    return frequency;
}

uint64_t timer_now(void)
{
    uint64_t now;
    __asm__ volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r"(now));
    return now;
}

static void set_timer(uint32_t from_now, uint32_t control)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0" : : "r"(from_now));
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 1\n\tisb" : : "r"(control));
}

bool check_timer(void)
{
    uint32_t frequency = timer_frequency();
    if (!frequency) {
        console_print("Timer       none in this CPU\n");
        return true;
    }
    uint64_t last = timer_now(), start = last;
    bool forward = true;
    while (last - start < frequency / TICKS_PER_SECOND) {
        uint64_t now = timer_now();
        forward &= now >= last;
        last = now;
    }
    console_print("Timer       %u kHz: %s\n", frequency / 1000, forward ? "good" : "BAD");
    return forward;
}

void rom_interrupt(void)
{
    uint32_t id = mmio_read(BOARD_GIC_CPU + 0xc) & 0x3ff;
    if (id == TIMER_PPI) {
        ticks++;
        set_timer(timer_frequency() / TICKS_PER_SECOND, ticks < TICKS);
    } else {
        strange++;
    }
    if (id < 1020) {
        mmio_write(BOARD_GIC_CPU + 0x10, id);
    }
}

bool check_interrupts(void)
{
    uint32_t frequency = timer_frequency();
    if (!frequency) {
        return true;
    }
    ticks = strange = 0;
    mmio_write(BOARD_GIC_DISTRIBUTOR, 1);                       /* on */
    mmio_write(BOARD_GIC_DISTRIBUTOR + 0x100, 1u << TIMER_PPI); /* enable */
    mmio_write(BOARD_GIC_CPU + 4, 0xf0);                        /* all priorities */
    mmio_write(BOARD_GIC_CPU, 1);
    uint64_t start = timer_now();
    set_timer(frequency / TICKS_PER_SECOND, 1);
    /* Masked while looking, so that no interrupt falls between the look and WFI, which wakes up for
     * one that is pending all the same. */
    while (ticks < TICKS && timer_now() - start < (uint64_t)frequency * 2) {
        __asm__ volatile("wfi" : : : "memory");
        __asm__ volatile("cpsie i\n\tisb\n\tcpsid i" : : : "memory");
    }
    uint64_t passed = timer_now() - start;
    set_timer(0, 0);
    mmio_write(BOARD_GIC_DISTRIBUTOR + 0x180, 1u << TIMER_PPI);
    mmio_write(BOARD_GIC_CPU, 0);
    bool good =
        ticks == TICKS && !strange && passed >= (uint64_t)frequency / TICKS_PER_SECOND * TICKS;
    console_print("Interrupts  %u of %u timer interrupts came: %s\n", ticks, TICKS,
                  good ? "good" : "BAD");
    return good;
}
