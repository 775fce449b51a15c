/* The board `malta`: map, boot of a kernel as that sees it, byte order, messages. */
#include "host/x86_64/host.h"
#include "targets/mips/boards/boards.h"
#include "targets/mips/boards/malta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RESULTS = 0x200000, RESULT_COUNT = 8 };

/* Writes what it finds to RESULTS, and resets the board. */
static const uint32_t program[] = {
    0x3c08a020, /* lui  t0, 0xa020 */
    0xad040000, /* sw   a0, 0(t0) */
    0xad050004, /* sw   a1, 4(t0) */
    0xad060008, /* sw   a2, 8(t0) */
    0xad07000c, /* sw   a3, 12(t0) */
    0xad1d0010, /* sw   sp, 16(t0) */
    0x40096000, /* mfc0 t1, Status */
    0xad090014, /* sw   t1, 20(t0) */
    0x3c0abbe0, /* lui  t2, 0xbbe0 */
    0x8d490068, /* lw   t1, 0x68(t2)    the north bridge's own place */
    0xad090018, /* sw   t1, 24(t0) */
    0x3c09bf00, /* lui  t1, 0xbf00 */
    0x8d2a0208, /* lw   t2, 0x208(t1)   the FPGA's status */
    0xad0a001c, /* sw   t2, 28(t0) */
    0x240b0042, /* li   t3, 0x42 */
    0xad2b0500, /* sw   t3, 0x500(t1)   the FPGA's soft reset */
    0x1000ffff, /* b    . */
    0x00000000, /* nop */
};

struct setup {
    struct machine_config config;
    struct kernel_image kernel;
    uint8_t code[sizeof(program)];
    char message[512];
};

/* 64 MiB, the program as an ELF kernel at 0x80100000. */
static void prepare(struct setup *setup, bool big)
{
    memset(setup, 0, sizeof(*setup));
    for (size_t i = 0; i < sizeof(program) / 4; i++) {
        malta_put_word(setup->code + 4 * i, big, program[i]);
    }
    setup->kernel = (struct kernel_image){
        .kind = KERNEL_ELF,
        .big_endian = big,
        .entry = 0x80100000,
        .size_in_memory = sizeof(program),
        .segments = {{0x80100000, setup->code, sizeof(program), sizeof(program) + 100}},
        .segment_count = 1,
    };
    setup->config = (struct machine_config){
        .board_options = "",
        .ram_size = 64 << 20,
        .cpus = 1,
        .kernel = &setup->kernel,
        .append = "console=ttyS0",
        .no_reboot = true,
        .counted = true,
        .seed = 1,
        .log = {.file = stderr},
    };
}

static struct machine *try(struct setup *setup)
{
    setup->message[0] = 0;
    return machine_create(&mips_malta_board, &setup->config, &x64_host_ops, NULL, setup->message,
                          sizeof(setup->message));
}

static struct machine *make(struct setup *setup)
{
    struct machine *machine = try(setup);
    if (!machine) {
        fail_msg("%s", setup->message);
    }
    return machine;
}

static void expect_refusal(struct setup *setup, const char *part)
{
    assert_null(try(setup));
    if (!strstr(setup->message, part)) {
        fail_msg("\"%s\" has no \"%s\"", setup->message, part);
    }
}

static uint32_t word(struct machine *machine, bool big, uint64_t address)
{
    uint8_t bytes[4];
    assert_true(bus_dma_read(machine->bus, address, bytes, sizeof(bytes)));
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return big ? __builtin_bswap32(value) : value;
}

/* The n-th string of the tables. */
static const char *argument(struct machine *machine, bool big, unsigned n)
{
    uint32_t pointer = word(machine, big, 0x2000 + 4 * n);
    return pointer ? (const char *)bus_dma_map(machine->bus, pointer - 0x80000000, 256) : NULL;
}

static void a_kernel_starts_as_yamon_starts_it(void **state)
{
    static uint8_t ramdisk[100000] = "ramdisk";
    const struct machine_blob initrd = {ramdisk, sizeof(ramdisk), "initrd"};
    for (unsigned big = 0; big < 2; big++) {
        struct setup setup;
        prepare(&setup, big);
        setup.config.initrd = &initrd;
        struct machine *machine = make(&setup);
        assert_int_equal(mips_cpu(machine->cpus[0])->pc, 0xbfc00000);
        assert_int_equal(mips_cpu(machine->cpus[0])->big, big);
        assert_int_equal(machine_run(machine), MACHINE_RESET);
        static const uint32_t expected[RESULT_COUNT] = {
            2, 0x80002000, 0x80002008, 64 << 20, 0x80001fc0, 0x00400000, 0};
        for (unsigned i = 0; i < 6; i++) {
            assert_int_equal(word(machine, big, RESULTS + 4 * i), expected[i]);
        }
        assert_int_equal(word(machine, false, RESULTS + 24) & 0x7fff, 0xdf);
        assert_int_equal(word(machine, big, RESULTS + 28), big ? 2 : 0);
        /* 64 MiB - 100000 - 64 KiB, rounded down to 64 KiB */
        assert_string_equal(argument(machine, big, 1),
                            "rd_start=0xffffffff83fd0000 rd_size=100000 console=ttyS0");
        assert_memory_equal(bus_dma_map(machine->bus, 0x3fd0000, 8), "ramdisk", 8);
        static const char *const environment[] = {"memsize",  "67108864", "ememsize", "67108864",
                                                  "modetty0", "38400n8r", "rngseed"};
        for (unsigned i = 0; i < sizeof(environment) / sizeof(environment[0]); i++) {
            assert_string_equal(argument(machine, big, 2 + i), environment[i]);
        }
        assert_int_equal(strlen(argument(machine, big, 9)), 64);
        assert_null(argument(machine, big, 10));
        assert_int_equal(word(machine, big, 0x1fc00010), 0x420);
        machine_destroy(machine);
    }
}

static void ram_is_there_twice(void **state)
{
    struct setup setup;
    prepare(&setup, false);
    setup.config.ram_size = 512 << 20;
    struct machine *machine = make(&setup);
    uint8_t *low = bus_dma_map(machine->bus, 0, 256 << 20);
    assert_non_null(low);
    assert_ptr_equal(bus_dma_map(machine->bus, 0x80000000, 512 << 20), low);
    assert_null(bus_dma_map(machine->bus, 0x10000000, 4));
    assert_string_equal(argument(machine, false, 3), "268435456");
    assert_string_equal(argument(machine, false, 5), "536870912");
    machine_destroy(machine);
}

static void firmware_decides_the_byte_order(void **state)
{
    static uint8_t code[64];
    const struct machine_blob bios = {code, sizeof(code), "firmware"};
    for (unsigned big = 0; big < 2; big++) {
        struct setup setup;
        prepare(&setup, big);
        malta_put_word(code, big, 0x1000ffff);
        setup.config.kernel = NULL;
        setup.config.bios = &bios;
        struct machine *machine = make(&setup);
        assert_int_equal(mips_cpu(machine->cpus[0])->big, big);
        assert_int_equal(word(machine, big, 0x1e000000), 0x1000ffff);
        assert_int_equal(word(machine, big, 0x1fc00000), 0x1000ffff);
        assert_int_equal(word(machine, big, 0x1fc00010), 0x420);
        assert_int_equal(word(machine, big, 0x1e000010), 0);
        machine_destroy(machine);
        /* Without a name in it, it is taken as reversed if that makes it fit. */
        setup.config.board_options = big ? "endian=little" : "endian=big";
        machine = make(&setup);
        assert_int_equal(mips_cpu(machine->cpus[0])->big, !big);
        assert_int_equal(word(machine, !big, 0x1fc00000), 0x1000ffff);
        machine_destroy(machine);
    }
}

static void mistakes_get_a_message(void **state)
{
    static uint8_t some[16];
    const struct machine_blob blob = {some, sizeof(some), "some.bin"};
    struct machine_blob huge = {some, 70 << 20, "huge.img"};
    struct setup setup;
    prepare(&setup, true);
    setup.config.board_options = "endian=little";
    expect_refusal(&setup, "big-endian");
    setup.config.board_options = "endian=up";
    expect_refusal(&setup, "endian=up");
    setup.config.board_options = "speed=high";
    expect_refusal(&setup, "speed");
    prepare(&setup, true);
    setup.config.bios = &blob;
    expect_refusal(&setup, "exclude each other");
    prepare(&setup, true);
    setup.config.dtb = &blob;
    expect_refusal(&setup, "device tree");
    prepare(&setup, true);
    setup.config.initrd = &huge;
    expect_refusal(&setup, "huge.img");
    prepare(&setup, true);
    setup.kernel.segments[0].address = 0x84000000;
    expect_refusal(&setup, "0x84000000");
    setup.kernel.segments[0].address = 0x80002000; /* where the arguments are */
    expect_refusal(&setup, "0x80002000");
    setup.kernel.segments[0].address = 0xc0000000;
    expect_refusal(&setup, "0xc0000000");
    prepare(&setup, true);
    setup.config.cpu = "z80";
    expect_refusal(&setup, "z80");
    prepare(&setup, true);
    setup.config.kernel = NULL;
    expect_refusal(&setup, "nothing to start");
    prepare(&setup, true);
    setup.config.device_count = 5;
    for (unsigned i = 0; i < 5; i++) {
        setup.config.devices[i] =
            (struct device_request){.driver = "virtio-rng-pci", .options = ""};
    }
    expect_refusal(&setup, "PCI connectors");
    setup.config.device_count = 1;
    setup.config.devices[0].options = "disable-legacy=on,disable-modern=on";
    expect_refusal(&setup, "leave nothing");
    setup.config.devices[0].options = "colour=red";
    expect_refusal(&setup, "colour");
}

/* A command line longer than a string's usual place moves what follows. */
static void long_arguments_fit(void **state)
{
    static char text[3001];
    memset(text, 'a', sizeof(text) - 1);
    struct setup setup;
    prepare(&setup, false);
    setup.config.append = text;
    struct machine *machine = make(&setup);
    assert_memory_equal(argument(machine, false, 1), text, sizeof(text));
    assert_string_equal(argument(machine, false, 2), "memsize");
    assert_int_equal(word(machine, false, 0x2008), 0x80002140 + 3072);
    machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_starts_as_yamon_starts_it),
        cmocka_unit_test(ram_is_there_twice),
        cmocka_unit_test(firmware_decides_the_byte_order),
        cmocka_unit_test(mistakes_get_a_message),
        cmocka_unit_test(long_arguments_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
