/* What a bare kernel finds of the board's firmware, YAMON: bridges that are programmed, registers,
 * and functions to call by a table of vectors (YAMON Reference Manual). The kernel's arguments are
 * malta_boot.c's.
 *
 * Code is written out in words (MD00086), so that it needs no image for each byte order. */
#include "core/base/bits.h"
#include "targets/mips/boards/malta.h"

enum {
    ROM_VECTORS = 0x500,
    ROM_START = 0x580,
    ROM_FUNCTIONS = 0x800,
};
#define ROM_KSEG0 0x9fc00000u

enum { REG_A0 = 4, REG_A1, REG_A2, REG_A3, REG_T9 = 25, REG_K0, REG_K1, REG_SP = 29 };

/* Functions, one behind the other. Characters go to and come from the first UART of the south
 * bridge, at port 0x3f8. */
enum function {
    YAMON_PRINT = 1,
    YAMON_PRINT_COUNT,
    YAMON_GETCHAR,
    YAMON_EXIT,
    YAMON_FLUSH_CACHE,
    YAMON_REFUSE,
};
static const struct {
    uint8_t function; /* begins here; 0: goes on */
    uint32_t word;
} function_code[] = {
    {YAMON_PRINT, 0x3c08b800},       /*    lui   t0, 0xb800 */
    {0, 0x90a90000},                 /* 1: lbu   t1, 0(a1) */
    {0, 0x11200007},                 /*    beqz  t1, 3f */
    {0, 0x24a50001},                 /*    addiu a1, a1, 1 */
    {0, 0x910a03fd},                 /* 2: lbu   t2, 0x3fd(t0) */
    {0, 0x314a0020},                 /*    andi  t2, t2, 0x20 */
    {0, 0x1140fffd},                 /*    beqz  t2, 2b */
    {0, 0x00000000},                 /*    nop */
    {0, 0x1000fff8},                 /*    b     1b */
    {0, 0xa10903f8},                 /*    sb    t1, 0x3f8(t0) */
    {0, 0x03e00008},                 /* 3: jr    ra */
    {0, 0x00001025},                 /*    move  v0, zero */
    {YAMON_PRINT_COUNT, 0x3c08b800}, /*    lui   t0, 0xb800 */
    {0, 0x10c00009},                 /* 1: beqz  a2, 3f */
    {0, 0x24c6ffff},                 /*    addiu a2, a2, -1 */
    {0, 0x90a90000},                 /*    lbu   t1, 0(a1) */
    {0, 0x24a50001},                 /*    addiu a1, a1, 1 */
    {0, 0x910a03fd},                 /* 2: lbu   t2, 0x3fd(t0) */
    {0, 0x314a0020},                 /*    andi  t2, t2, 0x20 */
    {0, 0x1140fffd},                 /*    beqz  t2, 2b */
    {0, 0x00000000},                 /*    nop */
    {0, 0x1000fff7},                 /*    b     1b */
    {0, 0xa10903f8},                 /*    sb    t1, 0x3f8(t0) */
    {0, 0x03e00008},                 /* 3: jr    ra */
    {0, 0x00001025},                 /*    move  v0, zero */
    {YAMON_GETCHAR, 0x3c08b800},     /*    lui   t0, 0xb800 */
    {0, 0x910903fd},                 /*    lbu   t1, 0x3fd(t0) */
    {0, 0x31290001},                 /*    andi  t1, t1, 1 */
    {0, 0x11200004},                 /*    beqz  t1, 1f */
    {0, 0x24020001},                 /*    li    v0, 1 */
    {0, 0x910903f8},                 /*    lbu   t1, 0x3f8(t0) */
    {0, 0xa0a90000},                 /*    sb    t1, 0(a1) */
    {0, 0x00001025},                 /*    move  v0, zero */
    {0, 0x03e00008},                 /* 1: jr    ra */
    {0, 0x00000000},                 /*    nop */
    {YAMON_EXIT, 0x3c08bf00},        /*    lui   t0, 0xbf00 */
    {0, 0x24090042},                 /*    li    t1, 0x42 */
    {0, 0xad090500},                 /*    sw    t1, 0x500(t0)   the board's soft reset */
    {0, 0x1000ffff},                 /* 1: b     1b */
    {0, 0x00000000},                 /*    nop */
    {YAMON_FLUSH_CACHE, 0x03e00008}, /*    jr    ra */
    {0, 0x00001025},                 /*    move  v0, zero */
    {YAMON_REFUSE, 0x03e00008},      /*    jr    ra */
    {0, 0x24020001},                 /*    li    v0, 1 */
};

/* Offsets into the table of vectors. Handlers of exceptions and interrupts cannot be registered. */
static const struct {
    uint8_t offset, function;
} vectors[] = {
    {0x04, YAMON_PRINT_COUNT}, {0x20, YAMON_EXIT},    {0x2c, YAMON_FLUSH_CACHE},
    {0x34, YAMON_PRINT},       {0x38, YAMON_REFUSE},  {0x3c, YAMON_REFUSE},
    {0x40, YAMON_REFUSE},      {0x44, YAMON_REFUSE},  {0x48, YAMON_REFUSE},
    {0x4c, YAMON_REFUSE},      {0x50, YAMON_GETCHAR}, {0x54, YAMON_REFUSE},
};

/* Writes before the kernel is entered. The GT-64120 has its registers at 0x14000000 until the first
 * of them moves those, and takes numbers in little-endian order only; data for configuration
 * registers behind it are in the CPU's order, as nobody has changed that since the reset. */
enum order { LITTLE, NATIVE };
static const struct {
    uint32_t address, value;
    enum order order;
} bridge_writes[] = {
    {0xb4000068, 0xdf, LITTLE},       /* registers at 0x1be00000 */
    {0xbbe00048, 0xc0, LITTLE},       /* PCI I/O: 0x18000000 .. */
    {0xbbe00050, 0x40, LITTLE},       /*          .. 0x181fffff */
    {0xbbe00058, 0x80, LITTLE},       /* PCI memory: 0x10000000 .. */
    {0xbbe00060, 0x3f, LITTLE},       /*             .. 0x17ffffff */
    {0xbbe00080, 0xc1, LITTLE},       /* PCI memory 1: 0x18200000 .. */
    {0xbbe00088, 0x5e, LITTLE},       /*               .. 0x1bdfffff */
    {0xbbe00cf8, 0x80005060, LITTLE}, /* the south bridge's PIRQRC: */
    {0xbbe00cfc, 0x0b0b0a0a, NATIVE}, /* PIRQA, B on interrupt 10, C, D on 11 */
};
/* ELCR: those two follow levels. */
#define ELCR_PORT  0xb80004d1u
#define ELCR_VALUE 0x0cu

void malta_put_word(uint8_t *at, bool big, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(word >> 8 * (big ? 3 - i : i));
    }
}

struct writer {
    uint8_t *at;
    bool big;
};

static void emit(struct writer *writer, uint32_t word)
{
    malta_put_word(writer->at, writer->big, word);
    writer->at += 4;
}

/* lui, ori */
static void emit_load(struct writer *writer, unsigned reg, uint32_t value)
{
    emit(writer, 0x3c000000 | reg << 16 | value >> 16);
    emit(writer, 0x34000000 | reg << 21 | reg << 16 | (value & 0xffff));
}

static void emit_start(uint8_t *rom, bool big, uint32_t entry, uint32_t memory)
{
    struct writer writer = {rom, big};
    emit(&writer, 0x0bf00000 | ROM_START >> 2); /* j */
    emit(&writer, 0);
    writer.at = rom + ROM_START;
    emit(&writer, 0x401a6000); /* mfc0  k0, Status */
    emit(&writer, 0x241bfffb); /* li    k1, ~4 */
    emit(&writer, 0x035bd024); /* and   k0, k0, k1 */
    emit(&writer, 0x409a6000); /* mtc0  k0, Status: ERL is off */
    emit(&writer, 0x000000c0); /* ehb */
    for (unsigned i = 0; i < ARRAY_SIZE(bridge_writes); i++) {
        uint32_t value = bridge_writes[i].value;
        bool swap = big && bridge_writes[i].order == LITTLE;
        emit_load(&writer, REG_K0, swap ? __builtin_bswap32(value) : value);
        emit_load(&writer, REG_K1, bridge_writes[i].address);
        emit(&writer, 0xaf7a0000); /* sw    k0, 0(k1) */
    }
    emit_load(&writer, REG_K0, ELCR_VALUE);
    emit_load(&writer, REG_K1, ELCR_PORT);
    emit(&writer, 0xa37a0000); /* sb    k0, 0(k1) */
    emit_load(&writer, REG_SP, MALTA_STACK);
    emit_load(&writer, REG_A0, MALTA_ARGUMENT_COUNT);
    emit_load(&writer, REG_A1, MALTA_ARGUMENTS);
    emit_load(&writer, REG_A2, MALTA_ENVIRONMENT);
    emit_load(&writer, REG_A3, memory);
    emit_load(&writer, REG_T9, entry);
    emit(&writer, 0x0320f809); /* jalr  t9 */
    emit(&writer, 0);
    emit(&writer, 0x1000ffff); /* b     . */
    emit(&writer, 0);
}

void malta_yamon_fill(uint8_t *rom, bool big, uint32_t entry, uint32_t memory)
{
    emit_start(rom, big, entry, memory);
    struct writer writer = {rom + ROM_FUNCTIONS, big};
    for (unsigned i = 0; i < ARRAY_SIZE(function_code); i++) {
        for (unsigned v = 0; function_code[i].function && v < ARRAY_SIZE(vectors); v++) {
            if (vectors[v].function == function_code[i].function) {
                malta_put_word(rom + ROM_VECTORS + vectors[v].offset, big,
                               ROM_KSEG0 + (uint32_t)(writer.at - rom));
            }
        }
        emit(&writer, function_code[i].word);
    }
}
