#include "devices/irqchip/i8259.h"
#include "tests/devices/ports.h"

enum { M0 = 0x20, M1 = 0x21, S0 = 0xa0, S1 = 0xa1, ELCR = 0x4d0 };
enum {
    EOI = 0x20,
    POLL = 0x0c,
    READ_IRR = 0x0a,
    READ_ISR = 0x0b,
    SET_SMM = 0x68,
    CLEAR_SMM = 0x48
};

struct fixture {
    struct ports_machine pm;
    struct i8259 *pic;
};

static void start(struct fixture *f, uint8_t master_icw4, uint8_t slave_icw4)
{
    out(&f->pm, M0, 0x11);
    out(&f->pm, M1, 0x20);
    out(&f->pm, M1, 0x04);
    out(&f->pm, M1, master_icw4);
    out(&f->pm, S0, 0x11);
    out(&f->pm, S1, 0x28);
    out(&f->pm, S1, 0x02);
    out(&f->pm, S1, slave_icw4);
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    ports_machine_init(&f.pm);
    f.pic = i8259_create(f.pm.machine, f.pm.ports, line_irq(f.pm.lines));
    start(&f, 1, 1);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ports_machine_free(&((struct fixture *)*state)->pm);
    return 0;
}

static void drive(struct fixture *f, unsigned n, bool level)
{
    struct irq irq = i8259_input(f->pic, n);
    irq_set(&irq, level);
}

static void pulse(struct fixture *f, unsigned n)
{
    drive(f, n, false);
    drive(f, n, true);
}

static bool interrupts(const struct fixture *f)
{
    return f->pm.lines[0].level;
}

static uint8_t status(struct fixture *f, unsigned port, uint8_t which)
{
    out(&f->pm, port, which);
    return in(&f->pm, port);
}

static void an_edge_interrupts_once(void **state)
{
    struct fixture *f = *state;
    drive(f, 4, true);
    assert_true(interrupts(f));
    assert_int_equal(status(f, M0, READ_IRR), 0x10);
    assert_int_equal(i8259_acknowledge(f->pic), 0x24);
    assert_false(interrupts(f));
    assert_int_equal(status(f, M0, READ_IRR), 0);
    assert_int_equal(status(f, M0, READ_ISR), 0x10);
    out(&f->pm, M0, EOI);
    assert_int_equal(in(&f->pm, M0), 0);
    assert_false(interrupts(f)); /* the line is still high */
    pulse(f, 4);
    assert_true(interrupts(f));
    drive(f, 4, false); /* gone before the acknowledge */
    assert_false(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x27);
    assert_int_equal(status(f, M0, READ_ISR), 0);
}

static void a_level_interrupts_until_it_falls(void **state)
{
    struct fixture *f = *state;
    out(&f->pm, ELCR, 0xff);
    out(&f->pm, ELCR + 1, 0xff);
    assert_int_equal(in_wide(&f->pm, ELCR, 2), 0xdef8);
    drive(f, 5, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x25);
    out(&f->pm, M0, EOI);
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x25);
    drive(f, 5, false);
    out(&f->pm, M0, EOI);
    assert_false(interrupts(f));
    drive(f, 10, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x2a);
    out(&f->pm, S0, EOI);
    out(&f->pm, M0, EOI);
    assert_true(interrupts(f));
    drive(f, 10, false);
    assert_false(interrupts(f));
}

static void the_slave_goes_through_input_2(void **state)
{
    struct fixture *f = *state;
    drive(f, 12, true);
    drive(f, 8, true);
    assert_int_equal(status(f, M0, READ_IRR), 0x04);
    assert_int_equal(status(f, S0, READ_IRR), 0x11);
    assert_int_equal(i8259_acknowledge(f->pic), 0x28);
    assert_int_equal(status(f, M0, READ_ISR), 0x04);
    assert_int_equal(status(f, S0, READ_ISR), 0x01);
    drive(f, 1, true); /* above the slave */
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x21);
    out(&f->pm, M0, EOI);
    out(&f->pm, M0, EOI);
    assert_false(interrupts(f));
    out(&f->pm, S0, EOI);
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x2c);
}

static void priorities_and_masks_decide(void **state)
{
    struct fixture *f = *state;
    out(&f->pm, M1, 0x08);
    assert_int_equal(in(&f->pm, M1), 0x08);
    drive(f, 6, true);
    drive(f, 3, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x26);
    drive(f, 7, true); /* below what is in service */
    assert_false(interrupts(f));
    out(&f->pm, M1, 0);
    assert_int_equal(i8259_acknowledge(f->pic), 0x23);
    out(&f->pm, M0, 0x66); /* specific EOI of 6 */
    assert_int_equal(status(f, M0, READ_ISR), 0x08);
    assert_false(interrupts(f));
    out(&f->pm, M0, EOI);
    assert_int_equal(i8259_acknowledge(f->pic), 0x27);
}

static void priorities_rotate(void **state)
{
    struct fixture *f = *state;
    out(&f->pm, M0, 0xc3); /* 3 is the lowest, 4 the highest */
    drive(f, 0, true);
    drive(f, 3, true);
    drive(f, 5, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x25);
    out(&f->pm, M0, 0xa0); /* EOI, and 5 is the lowest */
    assert_int_equal(i8259_acknowledge(f->pic), 0x20);
    out(&f->pm, M0, 0xe0); /* the same with a number */
    drive(f, 1, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x21);
    out(&f->pm, M0, EOI);
    assert_int_equal(i8259_acknowledge(f->pic), 0x23);
}

static void special_mask_mode_lets_lower_ones_in(void **state)
{
    struct fixture *f = *state;
    drive(f, 3, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x23);
    drive(f, 6, true);
    assert_false(interrupts(f));
    out(&f->pm, M1, 0x08);
    assert_false(interrupts(f));
    out(&f->pm, M0, SET_SMM);
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x26);
    out(&f->pm, M0, EOI); /* does not see the masked one */
    assert_int_equal(status(f, M0, READ_ISR), 0x08);
    out(&f->pm, M0, EOI);
    assert_int_equal(status(f, M0, READ_ISR), 0x08);
    out(&f->pm, M0, CLEAR_SMM);
    out(&f->pm, M0, EOI);
    assert_int_equal(status(f, M0, READ_ISR), 0);
}

static void automatic_eoi_leaves_nothing_in_service(void **state)
{
    struct fixture *f = *state;
    start(f, 3, 3);
    drive(f, 9, true);
    drive(f, 14, true);
    drive(f, 7, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x29);
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x2e);
    assert_int_equal(i8259_acknowledge(f->pic), 0x27);
    assert_false(interrupts(f));
    assert_int_equal(status(f, M0, READ_ISR) | status(f, S0, READ_ISR), 0);
    out(&f->pm, M0, 0x80); /* rotate with it */
    drive(f, 0, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x20);
    pulse(f, 0);
    drive(f, 1, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x21);
    out(&f->pm, M0, 0x00);
}

static void polling_takes_into_service(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(status(f, M0, POLL), 0);
    drive(f, 6, true);
    assert_int_equal(status(f, M0, POLL), 0x86);
    assert_int_equal(status(f, M0, READ_ISR), 0x40);
    assert_false(interrupts(f));
    out(&f->pm, M0, EOI);
    drive(f, 11, true);
    out(&f->pm, M0, POLL);
    assert_int_equal(in(&f->pm, M1), 0x82);
    assert_int_equal(status(f, S0, POLL), 0x83);
    assert_int_equal(in(&f->pm, S0), 0); /* the poll is over: IRR again */
    assert_int_equal(in(&f->pm, M1), 0);
}

static void special_fully_nested_mode_trusts_the_slave(void **state)
{
    struct fixture *f = *state;
    start(f, 0x11, 1);
    drive(f, 12, true);
    assert_int_equal(i8259_acknowledge(f->pic), 0x2c);
    drive(f, 9, true); /* above the other in the slave */
    assert_true(interrupts(f));
    assert_int_equal(i8259_acknowledge(f->pic), 0x29);
    start(f, 1, 1);
    pulse(f, 12);
    assert_int_equal(i8259_acknowledge(f->pic), 0x2c);
    pulse(f, 9);
    assert_false(interrupts(f));
}

static void initialization_forgets_edges_and_masks(void **state)
{
    struct fixture *f = *state;
    drive(f, 4, true);
    out(&f->pm, M1, 0xff);
    out(&f->pm, M0, 0x13); /* single, with ICW4: no ICW3 */
    out(&f->pm, M1, 0x47);
    out(&f->pm, M1, 1);
    assert_int_equal(in(&f->pm, M1), 0);
    assert_false(interrupts(f));
    drive(f, 2 + 8, true);
    pulse(f, 4);
    assert_int_equal(i8259_acknowledge(f->pic), 0x42); /* no slave there */
    out(&f->pm, M0, 0x12);                             /* without ICW4 */
    out(&f->pm, M1, 0x50);
    out(&f->pm, M1, 0xee);
    assert_int_equal(in(&f->pm, M1), 0xee);
    fake_machine_reset(f->pm.machine);
    assert_false(interrupts(f));
    assert_int_equal(in(&f->pm, M1), 0);
}

static void a_slave_that_waits_is_seen_after_initialization(void **state)
{
    struct fixture *f = *state;
    out(&f->pm, ELCR + 1, 0x02);
    drive(f, 9, true);
    assert_true(interrupts(f));
    out(&f->pm, M0, 0x11);
    assert_false(interrupts(f));
    start(f, 1, 1);
    assert_int_equal(i8259_acknowledge(f->pic), 0x29);
}

static void random_accesses_do_no_harm(void **state)
{
    static const uint16_t ports[] = {M0, M1, S0, S1, ELCR, ELCR + 1};
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t choice = next_random(&random);
        unsigned n = choice & 15;
        random_accesses(&f->pm, ports, 6, 4, &random);
        drive(f, n == 2 ? 3 : n, choice >> 4 & 1);
        if (choice >> 5 & 1) {
            i8259_acknowledge(f->pic);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(an_edge_interrupts_once),
        TEST(a_level_interrupts_until_it_falls),
        TEST(the_slave_goes_through_input_2),
        TEST(priorities_and_masks_decide),
        TEST(priorities_rotate),
        TEST(special_mask_mode_lets_lower_ones_in),
        TEST(automatic_eoi_leaves_nothing_in_service),
        TEST(polling_takes_into_service),
        TEST(special_fully_nested_mode_trusts_the_slave),
        TEST(initialization_forgets_edges_and_masks),
        TEST(a_slave_that_waits_is_seen_after_initialization),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
