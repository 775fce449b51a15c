#include "devices/gpio/pl061.h"
#include "tests/devices/support.h"

#define BASE UINT64_C(0x9030000)
enum { DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418 };
enum { IC = 0x41c, AFSEL = 0x420 };

enum { WIDTH = 1 };
struct fixture {
    struct machine *machine;
    struct pl061 *gpio;
    struct line line;
};

#include "tests/devices/primecell.h"

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    f.gpio = pl061_create(f.machine, BASE, line_irq(&f.line));
    *state = &f;
    return 0;
}

static void the_address_masks_data(void **state)
{
    struct fixture *f = *state;
    set(f, DIR, 0x0f);
    set(f, 0xff << 2, 0xa5);
    assert_int_equal(get(f, 0xff << 2), 0x05); /* only outputs */
    set(f, 0x03 << 2, 0x02);
    assert_int_equal(get(f, 0xff << 2), 0x06);
    assert_int_equal(get(f, 0x04 << 2), 0x04);
    assert_int_equal(get(f, 0), 0);
    pl061_set_pin(f->gpio, 7, true);
    pl061_set_pin(f->gpio, 0, true); /* an output: not seen */
    assert_int_equal(get(f, 0xff << 2), 0x86);
    for (unsigned offset = DIR; offset <= AFSEL; offset += 4) {
        set(f, offset, 0);
    }
    assert_int_equal(get(f, 0xff << 2), 0x81);
    assert_int_equal(get(f, 0xfe0), 0x61);
}

static void edges_are_kept_and_levels_are_not(void **state)
{
    struct fixture *f = *state;
    set(f, IE, 0x0f);
    set(f, IEV, 0x05); /* 0: rising, 1: falling, 2: high, 3: low */
    set(f, IS, 0x0c);
    assert_int_equal(get(f, RIS), 0x08 | 0x00);
    assert_true(f->line.level);
    pl061_set_pin(f->gpio, 3, true);
    assert_false(f->line.level);
    pl061_set_pin(f->gpio, 0, true);
    pl061_set_pin(f->gpio, 0, false);
    assert_int_equal(get(f, MIS), 0x01);
    set(f, IC, 0x01);
    assert_int_equal(get(f, MIS), 0);
    pl061_set_pin(f->gpio, 1, true);
    assert_int_equal(get(f, MIS), 0);
    pl061_set_pin(f->gpio, 1, false);
    assert_int_equal(get(f, MIS), 0x02);
    set(f, IBE, 0x02);
    set(f, IC, 0xff);
    pl061_set_pin(f->gpio, 1, true);
    assert_int_equal(get(f, MIS), 0x02);
    set(f, IC, 0xff);
    pl061_set_pin(f->gpio, 2, true);
    set(f, IC, 0xff); /* does not clear a level */
    assert_int_equal(get(f, MIS), 0x04);
    set(f, IE, 0);
    assert_false(f->line.level);
}

static void a_key_press_is_a_pulse(void **state)
{
    struct fixture *f = *state;
    set(f, IE, 8);
    set(f, IBE, 8);
    pl061_press(f->gpio, 3);
    assert_int_equal(get(f, 0x3fc), 8);
    assert_true(f->line.level);
    set(f, IC, 8);
    pass(f->machine, 99000000);
    assert_false(f->line.level);
    pass(f->machine, 2000000);
    assert_int_equal(get(f, 0x3fc), 0);
    assert_true(f->line.level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_address_masks_data, setup, teardown),
        cmocka_unit_test_setup_teardown(edges_are_kept_and_levels_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_press_is_a_pulse, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
