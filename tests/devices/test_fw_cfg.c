#include "devices/misc/fw_cfg.h"
#include "tests/devices/support.h"

#include <endian.h>

#define BASE UINT64_C(0x9020000)

struct fixture {
    struct machine *machine;
    struct fw_cfg *fw_cfg;
};

static int setup(void **state)
{
    static struct fixture f;
    f.machine = fake_machine();
    f.fw_cfg = fw_cfg_create(f.machine, BASE);
    fw_cfg_add_u16(f.fw_cfg, FW_CFG_NB_CPUS, 3);
    fw_cfg_add_u64(f.fw_cfg, FW_CFG_RAM_SIZE, 0x123456789a);
    fw_cfg_add(f.fw_cfg, FW_CFG_CMDLINE_DATA, "quiet", 6);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static void choose(struct fixture *f, uint16_t key)
{
    wr(f->machine, BASE + 8, 2, htobe16(key));
}

static void bytes_come_in_order_whatever_the_width(void **state)
{
    struct fixture *f = *state;
    choose(f, FW_CFG_SIGNATURE);
    assert_int_equal(rd(f->machine, BASE, 4), 0x554d4551); /* "QEMU" */
    assert_int_equal(rd(f->machine, BASE, 4), 0);
    choose(f, FW_CFG_RAM_SIZE);
    assert_int_equal(rd(f->machine, BASE, 1), 0x9a);
    assert_int_equal(rd(f->machine, BASE, 2), 0x5678);
    assert_int_equal(rd(f->machine, BASE, 8), 0x1234);
    choose(f, FW_CFG_ID);
    assert_int_equal(rd(f->machine, BASE, 4), 3);
    choose(f, FW_CFG_NB_CPUS);
    assert_int_equal(rd(f->machine, BASE, 2), 3);
    choose(f, 0x7777);
    assert_int_equal(rd(f->machine, BASE, 8), 0);
    assert_int_equal(rd(f->machine, BASE + 0x10, 8), htobe64(0x51454d5520434647));
    assert_int_equal(rd(f->machine, BASE + 0x14, 4), htobe32(0x20434647));
    wr(f->machine, BASE, 4, 1); /* read-only: logged */
}

static void files_are_listed(void **state)
{
    struct fixture *f = *state;
    choose(f, FW_CFG_FILE_DIR);
    assert_int_equal(rd(f->machine, BASE, 4), 0);
    fw_cfg_add_file(f->fw_cfg, "opt/test", "abc", 3);
    choose(f, FW_CFG_FILE_DIR);
    assert_int_equal(rd(f->machine, BASE, 4), htobe32(1));
    assert_int_equal(rd(f->machine, BASE, 4), htobe32(3));
    uint16_t key = be16toh((uint16_t)rd(f->machine, BASE, 2));
    assert_int_equal(rd(f->machine, BASE, 2), 0);
    assert_int_equal(rd(f->machine, BASE, 8), 0x747365742f74706f);
    choose(f, key);
    assert_int_equal(rd(f->machine, BASE, 4), 0x636261);
}

static uint32_t dma(struct fixture *f, uint32_t control, uint32_t length, uint64_t address)
{
    uint32_t request[4] = {htobe32(control), htobe32(length), htobe32((uint32_t)(address >> 32)),
                           htobe32((uint32_t)address)};
    bus_dma_write(f->machine->bus, RAM_BASE + 0x100, request, sizeof(request));
    wr(f->machine, BASE + 0x10, 4, 0);
    wr(f->machine, BASE + 0x14, 4, htobe32((uint32_t)RAM_BASE + 0x100));
    return be32toh((uint32_t)rd(f->machine, RAM_BASE + 0x100, 4));
}

static void dma_reads_and_skips(void **state)
{
    struct fixture *f = *state;
    wr(f->machine, RAM_BASE + 8, 8, UINT64_MAX);
    assert_int_equal(dma(f, FW_CFG_CMDLINE_DATA << 16 | 8 | 2, 8, RAM_BASE), 0);
    assert_int_equal(rd(f->machine, RAM_BASE, 8), 0x7465697571); /* zeroes after the end */
    assert_int_equal(rd(f->machine, RAM_BASE + 8, 1), 0xff);
    assert_int_equal(dma(f, FW_CFG_CMDLINE_DATA << 16 | 8 | 4, 3, 0), 0);
    assert_int_equal(dma(f, 2, 2, RAM_BASE), 0);
    assert_int_equal(rd(f->machine, RAM_BASE, 2), 0x7465);
    uint64_t request = htobe64(RAM_BASE + 0x100);
    wr(f->machine, BASE + 0x10, 8, request);
}

static void dma_errors_are_reported(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dma(f, 8 | 2, 4, 0x1000), 1);
    assert_int_equal(dma(f, 8 | 2, 0xffffffff, RAM_BASE + 0x200), 1);
    assert_int_equal(dma(f, 8 | 2, 4, UINT64_MAX - 1), 1);
    assert_int_equal(dma(f, 8 | 16, 4, RAM_BASE), 1);
    assert_int_equal(dma(f, 4, 0xffffffff, 0), 0);
    assert_int_equal(dma(f, 4, 0xffffffff, 0), 0);
    assert_int_equal(rd(f->machine, BASE, 1), 0);
    wr(f->machine, BASE + 0x10, 8, htobe64(0x123)); /* a request that is not in memory */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(bytes_come_in_order_whatever_the_width),
        TEST(files_are_listed),
        TEST(dma_reads_and_skips),
        TEST(dma_errors_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
