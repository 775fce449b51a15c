#include "core/base/log.h"
#include "core/machine/device.h"
#include "core/machine/regs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct thing {
    struct reg_block regs;
    struct log log;
    uint32_t plain, flags, bank[4], hooked;
    uint32_t last_value, last_index;
    unsigned writes;
};

static uint32_t hook_read(void *device, const struct reg *reg)
{
    struct thing *thing = device;
    return 0xa0b0c0d0 + thing->regs.index;
}

static void hook_write(void *device, const struct reg *reg, uint32_t value)
{
    struct thing *thing = device;
    thing->writes++;
    thing->last_value = value;
    thing->last_index = thing->regs.index;
}

#define STATE(member) offsetof(struct thing, member)
static const struct reg rows[] = {
    {"PLAIN", 0x00, 4, STATE(plain), .reset = 0x12345678, .writable = 0x00ffff00},
    {"FLAGS", 0x04, 4, STATE(flags), .reset = 0xff, .clear = 0x0f, .write = hook_write},
    {"BANK", 0x10, 4, STATE(bank), .reset = 7, .writable = ~0u, .count = 4, .stride = 8},
    {"HOOK", 0x40, 4, REG_NONE, .read = hook_read, .write = hook_write, .count = 2, .stride = 4},
    {"BYTES", 0x50, 1, REG_NONE, .read = hook_read, .write = hook_write, .count = 8, .stride = 1},
    {"ID", 0x60, 4, REG_NONE, .reset = 0xcafe, .read_only = true},
    {"GO", 0x64, 4, STATE(hooked), .writable = ~0u, .write_only = true},
};

static int setup(void **state)
{
    static struct thing thing;
    memset(&thing, 0, sizeof(thing));
    thing.log.file = stderr;
    thing.regs =
        (struct reg_block){"thing", rows, sizeof(rows) / sizeof(rows[0]), &thing.log, &thing, 0};
    regs_reset(&thing.regs);
    *state = &thing;
    return 0;
}

static void reset_and_masks(void **state)
{
    struct thing *thing = *state;
    assert_int_equal(regs_read(&thing->regs, 0, 4), 0x12345678);
    regs_write(&thing->regs, 0, 4, 0xffffffff);
    assert_int_equal(thing->plain, 0x12ffff78);
    regs_write(&thing->regs, 4, 4, 0x05);
    assert_int_equal(thing->flags, 0xfa);
    assert_int_equal(thing->last_value, 5);
    regs_write(&thing->regs, 4, 4, 0xf0);
    assert_int_equal(thing->flags, 0xfa);
    regs_reset(&thing->regs);
    assert_int_equal(thing->flags, 0xff);
    assert_int_equal(thing->bank[3], 7);
}

static void narrow_accesses_touch_their_bytes(void **state)
{
    struct thing *thing = *state;
    assert_int_equal(regs_read(&thing->regs, 1, 1), 0x56);
    assert_int_equal(regs_read(&thing->regs, 2, 2), 0x1234);
    regs_write(&thing->regs, 1, 1, 0xaa);
    assert_int_equal(thing->plain, 0x1234aa78);
    regs_write(&thing->regs, 6, 2, 0xffff);
    assert_int_equal(thing->flags, 0xff);
    assert_int_equal(thing->last_value, 0xffff0000);
}

static void wide_accesses_touch_all_registers(void **state)
{
    struct thing *thing = *state;
    assert_int_equal(regs_read(&thing->regs, 0, 8), 0x000000ff12345678);
    assert_int_equal(regs_read(&thing->regs, 0x40, 8), 0xa0b0c0d1a0b0c0d0);
    assert_int_equal(regs_read(&thing->regs, 0x50, 4), 0xd3d2d1d0);
    regs_write(&thing->regs, 0x50, 4, 0x44332211);
    assert_int_equal(thing->writes, 4);
    assert_int_equal(thing->last_value, 0x44);
    assert_int_equal(thing->last_index, 3);
}

static void banks_have_a_stride(void **state)
{
    struct thing *thing = *state;
    regs_write(&thing->regs, 0x20, 4, 99);
    assert_int_equal(thing->bank[2], 99);
    assert_int_equal(regs_read(&thing->regs, 0x14, 4), 0); /* between two of them */
    assert_int_equal(regs_read(&thing->regs, 0x30, 4), 0);
    assert_int_equal(regs_read(&thing->regs, 0x28, 4), 7);
}

static void directions_are_kept(void **state)
{
    struct thing *thing = *state;
    regs_write(&thing->regs, 0x60, 4, 0);
    assert_int_equal(regs_read(&thing->regs, 0x60, 4), 0xcafe);
    regs_write(&thing->regs, 0x64, 4, 5);
    assert_int_equal(thing->hooked, 5);
    assert_int_equal(regs_read(&thing->regs, 0x64, 4), 0);
    regs_write(&thing->regs, 0xffc, 4, 5);
    assert_int_equal(regs_read(&thing->regs, UINT64_MAX - 7, 4), 0);
}

static void fields_make_a_hash(void **state)
{
    static const struct field fields[] = {
        FIELD(thing, plain, FIELD_U32),
        FIELD_ARRAY(thing, bank, FIELD_U32, 4),
    };
    struct thing *thing = *state;
    uint64_t hash = fields_hash(thing, fields, 2, 1);
    thing->hooked++; /* not a field */
    assert_int_equal(fields_hash(thing, fields, 2, 1), hash);
    thing->bank[3]++;
    assert_int_not_equal(fields_hash(thing, fields, 2, 1), hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
        TEST(reset_and_masks),
        TEST(narrow_accesses_touch_their_bytes),
        TEST(wide_accesses_touch_all_registers),
        TEST(banks_have_a_stride),
        TEST(directions_are_kept),
        TEST(fields_make_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
