/* The board `virt`: device tree, layout, messages. */
#include "tests/arm/board.h"

#include <libfdt.h>
#include <stdlib.h>

static const uint32_t loop[] = {0xeafffffe};

static struct machine *make(struct board_setup *setup)
{
    struct machine *machine = board_make(setup);
    if (!machine) {
        fail_msg("%s", setup->message);
    }
    return machine;
}

static uint32_t cell(const void *fdt, const char *path, const char *name, unsigned n)
{
    int size = 0, node = fdt_path_offset(fdt, path);
    const fdt32_t *cells = node < 0 ? NULL : fdt_getprop(fdt, node, name, &size);
    if (!cells || (unsigned)size < 4 * (n + 1)) {
        fail_msg("%s has no %s[%u]", path, name, n);
    }
    return fdt32_to_cpu(cells[n]);
}

static const char *text(const void *fdt, const char *path, const char *name)
{
    return fdt_getprop(fdt, fdt_path_offset(fdt, path), name, NULL);
}

static void the_tree_says_what_is_there(void **state)
{
    struct board_setup setup;
    size_t size;
    board_setup(&setup, loop, sizeof(loop));
    setup.config.append = "console=ttyAMA0";
    struct machine *machine = make(&setup);
    void *fdt = arm_virt_board.device_tree(machine, &size);
    assert_int_equal(fdt_check_full(fdt, size), 0);
    assert_string_equal(text(fdt, "/", "compatible"), "linux,dummy-virt");
    assert_int_equal(cell(fdt, "/memory@40000000", "reg", 1), 0x40000000);
    assert_int_equal(cell(fdt, "/memory@40000000", "reg", 3), 64 << 20);
    assert_string_equal(text(fdt, "/cpus/cpu@0", "compatible"), "arm,cortex-a15");
    assert_string_equal(text(fdt, "/psci", "method"), "hvc");
    assert_string_equal(text(fdt, "/chosen", "bootargs"), "console=ttyAMA0");
    assert_string_equal(text(fdt, "/chosen", "stdout-path"), "/pl011@9000000");
    assert_int_equal(cell(fdt, "/intc@8000000", "phandle", 0),
                     cell(fdt, "/", "interrupt-parent", 0));
    assert_int_equal(cell(fdt, "/pl011@9000000", "interrupts", 1), 1);
    assert_int_equal(cell(fdt, "/pl011@9000000", "interrupts", 2), 4);
    assert_int_equal(cell(fdt, "/timer", "interrupts", 7), 11);
    assert_int_equal(cell(fdt, "/timer", "interrupts", 8), 0x104);
    assert_int_equal(cell(fdt, "/flash@0", "reg", 5), 0x4000000);
    assert_int_equal(cell(fdt, "/gpio-keys/poweroff", "gpios", 1), 3);
    assert_int_equal(cell(fdt, "/gpio-keys/poweroff", "gpios", 0),
                     cell(fdt, "/pl061@9030000", "phandle", 0));
    for (unsigned i = 0; i < 32; i++) {
        char path[40];
        snprintf(path, sizeof(path), "/virtio_mmio@%x", 0xa000000 + 0x200 * i);
        assert_int_equal(cell(fdt, path, "interrupts", 1), 16 + i);
        assert_int_equal(cell(fdt, path, "interrupts", 2), 1);
    }
    assert_int_equal(cell(fdt, "/pcie@10000000", "reg", 1), 0x3f000000);
    assert_int_equal(cell(fdt, "/pcie@10000000", "bus-range", 1), 15);
    const struct {
        unsigned cell;
        uint32_t value;
    } map[] = {{0, 0}, {3, 1}, {8, 3}, {9, 4}, {13, 2}, {18, 4}, {40, 1 << 11}, {48, 4}, {78, 3}};
    for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        assert_int_equal(cell(fdt, "/pcie@10000000", "interrupt-map", map[i].cell), map[i].value);
    }
    /* Each node with an address names a window of the bus. */
    int node, depth = 0;
    for (node = fdt_next_node(fdt, 0, &depth); node >= 0 && depth > 0;
         node = fdt_next_node(fdt, node, &depth)) {
        const char *at = strchr(fdt_get_name(fdt, node, NULL), '@');
        if (at && depth == 1) {
            assert_non_null(bus_find(machine->bus, strtoull(at + 1, NULL, 16)));
        }
    }
    free(fdt);
    machine_destroy(machine);
}

static void a_kernel_starts_as_linux_wants_it(void **state)
{
    static uint8_t initrd[5000] = "ramdisk";
    const struct machine_blob blob = {initrd, sizeof(initrd), "initrd"};
    struct board_setup setup;
    board_setup(&setup, loop, sizeof(loop));
    setup.config.initrd = &blob;
    struct machine *machine = make(&setup);
    struct arm_cpu *cpu = arm_cpu(machine->cpus[0]);
    assert_int_equal(cpu->r[0], 0);
    assert_int_equal(cpu->r[1], 0xffffffff);
    assert_int_equal(cpu->r[15], 0x40010000);
    assert_int_equal(arm_cpsr_read(cpu) & 0x1ff, 0x1d3);
    assert_int_equal(cpu->sys.sctlr & 1, 0);
    uint8_t *fdt = bus_dma_map(machine->bus, cpu->r[2], 0x1000);
    assert_int_equal(fdt_check_header(fdt), 0);
    uint32_t start = cell(fdt, "/chosen", "linux,initrd-start", 0);
    assert_int_equal(start, 0x42000000); /* the middle of RAM */
    assert_int_equal(cell(fdt, "/chosen", "linux,initrd-end", 0), start + sizeof(initrd));
    assert_memory_equal(bus_dma_map(machine->bus, start, 8), "ramdisk", 8);
    assert_true(cpu->r[2] >= start + sizeof(initrd));
    assert_memory_equal(bus_dma_map(machine->bus, 0x40010000, 4), loop, 4);
    machine_destroy(machine);
}

static void segments_go_to_their_addresses(void **state)
{
    struct board_setup setup;
    board_setup(&setup, loop, sizeof(loop));
    setup.kernel.kind = KERNEL_ELF;
    setup.kernel.relocatable = false;
    setup.kernel.entry = 0x40200001; /* Thumb */
    setup.kernel.segments[0] =
        (struct kernel_segment){0x40200000, (const uint8_t *)loop, sizeof(loop), 0x1000};
    struct machine *machine = make(&setup);
    assert_int_equal(arm_cpu(machine->cpus[0])->r[15], 0x40200001);
    assert_memory_equal(bus_dma_map(machine->bus, 0x40200000, 4), loop, 4);
    machine_destroy(machine);
    setup.kernel.segments[0].address = 0x80000000;
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "0x80000000"));
    setup.kernel.segments[0].address = 0x43fffff0;
    assert_null(board_make(&setup));
    setup.kernel.segments[0].address = UINT64_MAX - 8;
    assert_null(board_make(&setup));
}

static void a_users_tree_is_patched(void **state)
{
    static uint8_t own[4096];
    const struct machine_blob blob = {own, sizeof(own), "own.dtb"};
    struct board_setup setup;
    assert_int_equal(fdt_create_empty_tree(own, sizeof(own)), 0);
    fdt_setprop_u32(own, 0, "#address-cells", 1);
    fdt_setprop_u32(own, 0, "#size-cells", 1);
    fdt_setprop_string(own, 0, "model", "mine");
    board_setup(&setup, loop, sizeof(loop));
    setup.config.dtb = &blob;
    setup.config.append = "quiet";
    struct machine *machine = make(&setup);
    const void *fdt = bus_dma_map(machine->bus, arm_cpu(machine->cpus[0])->r[2], 0x1000);
    assert_string_equal(text(fdt, "/", "model"), "mine");
    assert_string_equal(text(fdt, "/chosen", "bootargs"), "quiet");
    assert_int_equal(cell(fdt, "/memory@40000000", "reg", 0), 0x40000000);
    assert_int_equal(cell(fdt, "/memory@40000000", "reg", 1), 64 << 20);
    machine_destroy(machine);
    fdt_setprop_u32(own, 0, "#address-cells", 3);
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "own.dtb"));
}

static void firmware_starts_at_0_with_the_tree_in_ram(void **state)
{
    static uint8_t code[8] = {0xfe, 0xff, 0xff, 0xea, 1, 2, 3, 4};
    const struct machine_blob blob = {code, sizeof(code), "bios"};
    struct board_setup setup;
    board_setup(&setup, loop, sizeof(loop));
    setup.config.kernel = NULL;
    setup.config.bios = &blob;
    struct machine *machine = make(&setup);
    assert_int_equal(arm_cpu(machine->cpus[0])->r[15], 0);
    assert_memory_equal(bus_find(machine->bus, 0)->host, code, sizeof(code));
    assert_int_equal(fdt_check_header(bus_dma_map(machine->bus, 0x40000000, 0x1000)), 0);
    machine_destroy(machine);
}

static void mistakes_get_a_message(void **state)
{
    static uint8_t big[1];
    struct machine_blob initrd = {big, 100 << 20, "huge.img"};
    struct board_setup setup;
    board_setup(&setup, loop, sizeof(loop));
    setup.config.initrd = &initrd;
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "huge.img"));
    assert_non_null(strstr(setup.message, "Try: -m"));

    board_setup(&setup, loop, sizeof(loop));
    setup.config.kernel = NULL;
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "nothing to start"));

    static const char *const options[] = {"gic-version=3", "secure=on", "colour=red", "highmem",
                                          "highmem=maybe,secure=off"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        board_setup(&setup, loop, sizeof(loop));
        setup.config.board_options = options[i];
        assert_null(board_make(&setup));
        assert_non_null(strstr(setup.message, "Try: "));
    }
    board_setup(&setup, loop, sizeof(loop));
    setup.config.cpu = "z80";
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "z80"));

    board_setup(&setup, loop, sizeof(loop));
    setup.config.devices[0] = (struct device_request){.driver = "virtio-blk-device", .options = ""};
    setup.config.device_count = 1;
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "drive="));
    setup.config.devices[0] =
        (struct device_request){.driver = "virtio-rng-device", .options = "speed=high"};
    assert_null(board_make(&setup));
    assert_non_null(strstr(setup.message, "speed"));
}

static void virtio_slots_fill_from_the_top(void **state)
{
    struct board_setup setup;
    board_setup(&setup, loop, sizeof(loop));
    setup.config.board_options = "highmem=off,gic-version=2";
    setup.config.devices[0] = (struct device_request){.driver = "virtio-rng-device", .options = ""};
    setup.config.devices[1] =
        (struct device_request){.driver = "virtio-serial-device", .options = "force-legacy=off"};
    setup.config.device_count = 2;
    struct machine *machine = make(&setup);
    uint64_t id, version;
    assert_true(bus_read(machine->bus, 0xa003e08, 4, &id));
    assert_true(bus_read(machine->bus, 0xa003e04, 4, &version));
    assert_int_equal(id, 4);
    assert_int_equal(version, 1);
    assert_true(bus_read(machine->bus, 0xa003c08, 4, &id));
    assert_true(bus_read(machine->bus, 0xa003c04, 4, &version));
    assert_int_equal(id, 3);
    assert_int_equal(version, 2);
    assert_true(bus_read(machine->bus, 0xa003a08, 4, &id));
    assert_int_equal(id, 0);
    machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_says_what_is_there),
        cmocka_unit_test(a_kernel_starts_as_linux_wants_it),
        cmocka_unit_test(segments_go_to_their_addresses),
        cmocka_unit_test(a_users_tree_is_patched),
        cmocka_unit_test(firmware_starts_at_0_with_the_tree_in_ram),
        cmocka_unit_test(mistakes_get_a_message),
        cmocka_unit_test(virtio_slots_fill_from_the_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
