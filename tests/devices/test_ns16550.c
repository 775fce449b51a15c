#include "devices/serial/ns16550.h"
#include "tests/devices/ports.h"

enum { BASE = 0x3f8, CBUS = 0x1f000900 };
enum { RBR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };
enum { NONE = 1, TX = 2, RX = 4, LINE = 6, TIMEOUT = 0xc };

struct fixture {
    struct ports_machine pm;
    struct fake_channel channel;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    ports_machine_init(&f.pm);
    f.channel.channel.ops = &fake_channel_ops;
    ns16550_create(f.pm.machine, f.pm.ports, BASE, 1, line_irq(f.pm.lines), &f.channel.channel);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ports_machine_free(&((struct fixture *)*state)->pm);
    return 0;
}

static uint8_t get(struct fixture *f, unsigned reg)
{
    return in(&f->pm, BASE + reg);
}

static void set(struct fixture *f, unsigned reg, uint8_t value)
{
    out(&f->pm, BASE + reg, value);
}

static bool interrupts(const struct fixture *f)
{
    return f->pm.lines[0].level;
}

static void registers_have_their_reset_values_and_masks(void **state)
{
    static const struct {
        uint8_t reg, reset, writable;
    } rows[] = {{IER, 0, 0xf},  {IIR, NONE, 0}, {LCR, 0, 0x7f}, {MCR, 0, 0x1f},
                {LSR, 0x60, 0}, {MSR, 0xb0, 0}, {SCR, 0, 0xff}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fake_machine_reset(f->pm.machine);
        assert_int_equal(get(f, rows[i].reg), rows[i].reset);
        if (rows[i].writable) {
            set(f, rows[i].reg, rows[i].reg == LCR ? 0x7f : 0xff);
            assert_int_equal(get(f, rows[i].reg), rows[i].writable);
            set(f, rows[i].reg, 0);
        }
    }
    set(f, SCR, 0x5a);
    fake_machine_reset(f->pm.machine);
    assert_int_equal(get(f, SCR), 0x5a);
}

static void the_divisor_lies_behind_dlab(void **state)
{
    struct fixture *f = *state;
    set(f, LCR, 0x83);
    set(f, RBR, 0x34);
    set(f, IER, 0x12);
    assert_int_equal(get(f, RBR), 0x34);
    assert_int_equal(get(f, IER), 0x12);
    assert_string_equal(f->channel.text, "");
    set(f, LCR, 3);
    assert_int_equal(get(f, IER), 0);
    assert_int_equal(in_wide(&f->pm, BASE + LCR, 2), 3);
}

static void sending_goes_out_at_once_and_interrupts(void **state)
{
    struct fixture *f = *state;
    set(f, RBR, 'h');
    assert_int_equal(get(f, IIR), NONE);
    set(f, IER, 2);
    assert_true(interrupts(f));
    assert_int_equal(get(f, IIR), TX);
    assert_false(interrupts(f)); /* reading IIR acknowledged it */
    assert_int_equal(get(f, IIR), NONE);
    set(f, RBR, 'i');
    assert_true(interrupts(f));
    set(f, IER, 0);
    assert_false(interrupts(f));
    assert_string_equal(f->channel.text, "hi");
    set(f, IER, 2); /* enabling it again does so too */
    assert_int_equal(get(f, IIR), TX);
}

static void receiving_without_fifo_holds_one_character(void **state)
{
    struct fixture *f = *state;
    set(f, IER, 1);
    assert_int_equal(give(&f->channel, "ab"), 1);
    assert_true(interrupts(f));
    assert_int_equal(get(f, IIR), RX);
    assert_int_equal(get(f, LSR), 0x61);
    assert_int_equal(get(f, RBR), 'a');
    assert_int_equal(f->channel.resumes, 1);
    assert_false(interrupts(f));
    assert_int_equal(get(f, LSR), 0x60);
}

static void fifo_levels_make_the_receive_interrupt(void **state)
{
    static const unsigned levels[4] = {1, 4, 8, 14};
    struct fixture *f = *state;
    for (unsigned i = 0; i < 4; i++) {
        fake_machine_reset(f->pm.machine);
        set(f, IER, 1);
        set(f, FCR, (uint8_t)(i << 6 | 1));
        assert_int_equal(get(f, IIR), 0xc0 | NONE);
        for (unsigned n = 1; n <= levels[i]; n++) {
            assert_int_equal(give(&f->channel, "x"), 1);
            assert_true(interrupts(f));
            assert_int_equal(get(f, IIR), 0xc0 | (n == levels[i] ? RX : TIMEOUT));
        }
        get(f, RBR);
        assert_int_equal(get(f, IIR), 0xc0 | (i ? TIMEOUT : NONE));
        set(f, FCR, 3); /* bits 6 and 7, and clears */
        assert_int_equal(get(f, IIR), 0xc0 | NONE);
    }
}

static void a_full_fifo_pushes_back(void **state)
{
    struct fixture *f = *state;
    set(f, FCR, 1);
    assert_int_equal(give(&f->channel, "0123456789abcdefgh"), 16);
    assert_int_equal(give(&f->channel, "g"), 0);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(f->channel.resumes, i > 0);
        assert_int_equal(get(f, LSR), 0x61);
        assert_int_equal(get(f, RBR), "0123456789abcdef"[i]);
    }
    assert_int_equal(get(f, LSR), 0x60);
    give(&f->channel, "xyz");
    set(f, FCR, 0); /* switching the FIFOs off empties them */
    assert_int_equal(get(f, LSR), 0x60);
    assert_int_equal(get(f, IIR), NONE);
    set(f, FCR, 0xc6); /* without the enabling bit nothing counts */
    assert_int_equal(get(f, IIR), NONE);
}

static void a_break_shows_when_it_is_first(void **state)
{
    struct fixture *f = *state;
    set(f, FCR, 0x81);
    set(f, IER, 4);
    give(&f->channel, "a");
    f->channel.channel.receive_break(f->channel.channel.device);
    assert_false(interrupts(f));
    assert_int_equal(get(f, LSR), 0xe1);
    assert_int_equal(get(f, RBR), 'a');
    assert_true(interrupts(f));
    assert_int_equal(get(f, IIR), 0xc0 | LINE);
    assert_int_equal(get(f, LSR), 0xf1);
    assert_false(interrupts(f));
    assert_int_equal(get(f, LSR), 0x61);
    assert_int_equal(get(f, RBR), 0);
}

static void loopback_leads_back_and_can_overrun(void **state)
{
    struct fixture *f = *state;
    set(f, MCR, 0x10);
    assert_int_equal(get(f, MSR), 0x0b); /* CTS, DSR, DCD are gone, which are three changes */
    assert_int_equal(get(f, MSR), 0);
    set(f, RBR, 'a');
    set(f, RBR, 'b');
    assert_string_equal(f->channel.text, "");
    assert_int_equal(give(&f->channel, "c"), 0);
    assert_int_equal(get(f, LSR), 0x63);
    assert_int_equal(get(f, RBR), 'b');
    set(f, FCR, 1);
    for (unsigned i = 0; i < 17; i++) {
        set(f, RBR, (uint8_t)('a' + i));
    }
    assert_int_equal(get(f, LSR), 0x63);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(get(f, RBR), 'a' + i);
    }
    set(f, MCR, 0x1a);
    assert_int_equal(get(f, MSR), 0x99);
    set(f, IER, 8);
    set(f, MCR, 0x14); /* RI rises, which is no event; RTS and OUT2 fall */
    assert_true(interrupts(f));
    assert_int_equal(get(f, IIR), 0xc0);
    assert_int_equal(get(f, MSR), 0x49);
    assert_false(interrupts(f));
    set(f, MCR, 0x11);
    assert_int_equal(get(f, MSR), 0x26);
    assert_int_equal(f->channel.resumes, 0);
    set(f, MCR, 0);
    assert_int_equal(f->channel.resumes, 1);
    assert_int_equal(get(f, MSR), 0xb9);
}

static void interrupts_have_priorities(void **state)
{
    struct fixture *f = *state;
    set(f, FCR, 0x41);
    set(f, MCR, 0x10);
    set(f, IER, 0xf);
    for (unsigned i = 0; i < 17; i++) {
        set(f, RBR, 'x');
    }
    assert_int_equal(get(f, IIR), 0xc0 | LINE);
    get(f, LSR);
    assert_int_equal(get(f, IIR), 0xc0 | RX);
    set(f, FCR, 0x43);
    assert_int_equal(get(f, IIR), 0xc0 | TX);
    assert_int_equal(get(f, IIR), 0xc0);
    assert_true(interrupts(f));
    get(f, MSR);
    assert_false(interrupts(f));
}

static void a_stride_spreads_the_registers(void **state)
{
    struct fixture *f = *state;
    struct machine *machine = f->pm.machine;
    struct fake_channel channel = {.channel.ops = &fake_channel_ops};
    ns16550_create(machine, machine->bus, CBUS, 8, line_irq(f->pm.lines + 1), &channel.channel);
    wr(machine, CBUS + 8 * SCR, 4, 0xa5);
    assert_int_equal(rd(machine, CBUS + 8 * SCR, 4), 0xa5);
    assert_int_equal(rd(machine, CBUS + 8 * SCR, 8), 0xa5);
    assert_int_equal(rd(machine, CBUS + 8 * SCR + 3, 1), 0xa5);
    wr(machine, CBUS, 4, 'q');
    assert_string_equal(channel.text, "q");
    assert_int_equal(rd(machine, CBUS + 8 * LSR, 4), 0x60);
    struct ns16550 *big =
        ns16550_create(machine, machine->bus, CBUS + 0x200, 8, line_irq(f->pm.lines + 2), NULL);
    ns16550_set_big_endian(big);
    wr(machine, CBUS + 0x200 + 8 * SCR, 4, 0xa5000000);
    assert_int_equal(rd(machine, CBUS + 0x200 + 8 * SCR, 4), 0xa5000000);
    assert_int_equal(rd(machine, CBUS + 0x200 + 8 * SCR + 2, 2), 0xa500);
    assert_int_equal(rd(machine, CBUS + 0x200 + 8 * SCR + 3, 1), 0xa5);
    ns16550_create(machine, machine->bus, CBUS + 0x100, 2, line_irq(f->pm.lines + 2), NULL);
    wr(machine, CBUS + 0x100 + 2 * LCR, 4, 0x1f0003);
    assert_int_equal(rd(machine, CBUS + 0x100 + 2 * MCR, 1), 0x1f);
    assert_int_equal(rd(machine, CBUS + 0x100 + 2 * LCR, 4), 0x1f0003);
    fake_machine_free(machine);
    f->pm.machine = fake_machine(); /* the channel above ends here */
}

static void random_accesses_do_no_harm(void **state)
{
    static const uint16_t ports[] = {BASE,     BASE + 1, BASE + 2, BASE + 3,
                                     BASE + 4, BASE + 5, BASE + 7};
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 2000; i++) {
        random_accesses(&f->pm, ports, 7, 20, &random);
        give(&f->channel, "ab");
        f->channel.channel.receive_break(f->channel.channel.device);
        f->channel.length = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(registers_have_their_reset_values_and_masks),
        TEST(the_divisor_lies_behind_dlab),
        TEST(sending_goes_out_at_once_and_interrupts),
        TEST(receiving_without_fifo_holds_one_character),
        TEST(fifo_levels_make_the_receive_interrupt),
        TEST(a_full_fifo_pushes_back),
        TEST(a_break_shows_when_it_is_first),
        TEST(loopback_leads_back_and_can_overrun),
        TEST(interrupts_have_priorities),
        TEST(a_stride_spreads_the_registers),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
