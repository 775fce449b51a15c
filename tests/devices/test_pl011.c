#include "devices/serial/pl011.h"
#include "tests/devices/support.h"

#define BASE UINT64_C(0x9000000)
enum { DR = 0, RSR = 4, FR = 0x18, LCRH = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38, RIS = 0x3c };
enum { MIS = 0x40, ICR = 0x44, DMACR = 0x48 };
enum { INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_BE = 0x200, INT_OE = 0x400 };

enum { WIDTH = 4 };
struct fixture {
    struct machine *machine;
    struct line line;
    struct fake_channel channel;
};

#include "tests/devices/primecell.h"

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.machine = fake_machine();
    f.channel.channel.ops = &fake_channel_ops;
    pl011_create(f.machine, BASE, line_irq(&f.line), &f.channel.channel);
    *state = &f;
    return 0;
}

static void registers_have_their_reset_values_and_masks(void **state)
{
    static const struct {
        unsigned offset;
        uint32_t reset, writable;
    } rows[] = {
        {RSR, 0, 0},      {FR, 0x97, 0},    {0x20, 0, 0xff},     {0x24, 0, 0xffff},
        {0x28, 0, 0x3f},  {LCRH, 0, 0xff},  {CR, 0x300, 0xff87}, {IFLS, 0x12, 0x3f},
        {IMSC, 0, 0x7ff}, {RIS, 0, 0},      {MIS, 0, 0},         {DMACR, 0, 7},
        {0xfe0, 0x11, 0}, {0xfe4, 0x10, 0}, {0xfe8, 0x14, 0},    {0xfec, 0, 0},
        {0xff0, 0x0d, 0}, {0xff4, 0xf0, 0}, {0xff8, 0x05, 0},    {0xffc, 0xb1, 0},
        {0x100, 0, 0},    {0xfdc, 0, 0},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fake_machine_reset(f->machine);
        assert_int_equal(get(f, rows[i].offset), rows[i].reset);
        if (rows[i].writable) {
            set(f, rows[i].offset, 0xffffffff);
            /* RIS is still 0 then, so that no interrupt arises. */
            assert_int_equal(get(f, rows[i].offset), rows[i].writable);
            set(f, rows[i].offset, 0);
            assert_int_equal(get(f, rows[i].offset), rows[i].reset & ~rows[i].writable);
        } else if (rows[i].offset != FR) {
            set(f, rows[i].offset, 0xffffffff);
            assert_int_equal(get(f, rows[i].offset), rows[i].reset);
        }
    }
}

static void sending_goes_out_at_once_and_interrupts(void **state)
{
    struct fixture *f = *state;
    set(f, CR, 0x301);
    set(f, IMSC, INT_TX);
    assert_false(f->line.level);
    wr(f->machine, BASE + DR, 2, 'h');
    wr(f->machine, BASE + DR, 1, 'i');
    assert_string_equal(f->channel.text, "hi");
    assert_true(f->line.level);
    assert_int_equal(get(f, MIS), INT_TX);
    set(f, ICR, INT_TX);
    assert_false(f->line.level);
}

static void fifo_levels_raise_and_drop_the_receive_interrupt(void **state)
{
    static const unsigned levels[5] = {2, 4, 8, 12, 14};
    struct fixture *f = *state;
    for (unsigned i = 0; i < 5; i++) {
        fake_machine_reset(f->machine);
        set(f, LCRH, 0x70);
        set(f, IFLS, i << 3);
        for (unsigned n = 1; n <= levels[i]; n++) {
            assert_int_equal(give(&f->channel, "x"), 1);
            assert_int_equal(get(f, RIS) & INT_RX, n == levels[i] ? INT_RX : 0);
            assert_int_equal(get(f, RIS) & INT_RT, INT_RT);
        }
        get(f, DR);
        assert_int_equal(get(f, RIS) & INT_RX, 0);
    }
}

static void receiving_without_fifo_holds_one_character(void **state)
{
    struct fixture *f = *state;
    set(f, IMSC, INT_RX);
    assert_int_equal(give(&f->channel, "ab"), 1);
    assert_true(f->line.level);
    assert_int_equal(get(f, FR) & 0x50, 0x40);
    assert_int_equal(get(f, DR), 'a');
    assert_int_equal(f->channel.resumes, 1);
    assert_false(f->line.level);
    assert_int_equal(get(f, FR) & 0x50, 0x10);
    assert_int_equal(get(f, DR), 0);
}

static void a_full_fifo_pushes_back(void **state)
{
    struct fixture *f = *state;
    set(f, LCRH, 0x10);
    assert_int_equal(give(&f->channel, "0123456789abcdefgh"), 16);
    assert_int_equal(get(f, FR) & 0x50, 0x40);
    assert_int_equal(give(&f->channel, "g"), 0);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(f->channel.resumes, i > 0);
        assert_int_equal(get(f, DR), "0123456789abcdef"[i]);
    }
    assert_int_equal(get(f, RIS), 0);
}

static void the_timeout_interrupt_is_for_the_rest(void **state)
{
    struct fixture *f = *state;
    set(f, LCRH, 0x10);
    set(f, IMSC, INT_RX | INT_RT);
    give(&f->channel, "z");
    assert_int_equal(get(f, MIS), INT_RT);
    assert_int_equal(get(f, DR), 'z');
    assert_int_equal(get(f, MIS), 0);
    assert_false(f->line.level);
}

static void a_break_is_a_zero_with_a_mark(void **state)
{
    struct fixture *f = *state;
    set(f, IMSC, INT_BE);
    f->channel.channel.receive_break(f->channel.channel.device);
    assert_true(f->line.level);
    assert_int_equal(get(f, DR), 0x400);
    assert_int_equal(get(f, RSR), 4);
    set(f, RSR, 0);
    assert_int_equal(get(f, RSR), 0);
    set(f, ICR, INT_BE);
    assert_false(f->line.level);
}

static void loopback_leads_back_and_can_overrun(void **state)
{
    struct fixture *f = *state;
    set(f, CR, 0x381);
    set(f, DR, 'a');
    set(f, DR, 'b');
    assert_string_equal(f->channel.text, "");
    assert_int_equal(get(f, RIS) & INT_OE, INT_OE);
    assert_int_equal(get(f, DR), 'a' | 0x800);
    set(f, CR, 0x781 | 0x3800);
    assert_int_equal(get(f, FR) & 0x107, 0x107);
    set(f, CR, 0x381);
    assert_int_equal(get(f, FR) & 0x107, 0);
}

static void reset_empties_it(void **state)
{
    struct fixture *f = *state;
    set(f, LCRH, 0x10);
    set(f, IMSC, 0x7ff);
    give(&f->channel, "0123456789abcdefgh");
    assert_true(f->line.level);
    fake_machine_reset(f->machine);
    assert_false(f->line.level);
    assert_int_equal(get(f, FR), 0x97);
    assert_int_equal(f->channel.resumes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(registers_have_their_reset_values_and_masks),
        TEST(sending_goes_out_at_once_and_interrupts),
        TEST(fifo_levels_raise_and_drop_the_receive_interrupt),
        TEST(receiving_without_fifo_holds_one_character),
        TEST(a_full_fifo_pushes_back),
        TEST(the_timeout_interrupt_is_for_the_rest),
        TEST(a_break_is_a_zero_with_a_mark),
        TEST(loopback_leads_back_and_can_overrun),
        TEST(reset_empties_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
