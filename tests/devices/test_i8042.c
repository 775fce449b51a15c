#include "devices/input/i8042.h"
#include "devices/input/ps2.h"
#include "tests/devices/ports.h"

enum { DATA = 0x60, COMMAND = 0x64 };
enum { FULL = 1, FROM_MOUSE = 0x20 };
enum { KEYBOARD, MOUSE, RESET };

struct fixture {
    struct ports_machine pm;
    struct i8042 *controller;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    ports_machine_init(&f.pm);
    f.controller = i8042_create(f.pm.machine, f.pm.ports,
                                &(struct i8042_lines){line_irq(&f.pm.lines[KEYBOARD]),
                                                      line_irq(&f.pm.lines[MOUSE]),
                                                      line_irq(&f.pm.lines[RESET])});
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ports_machine_free(&((struct fixture *)*state)->pm);
    return 0;
}

static uint8_t status(struct fixture *f)
{
    return in(&f->pm, COMMAND);
}

/* Bytes that wait, each with its source's mark in the status and its interrupt. */
static void assert_bytes(struct fixture *f, unsigned source, const char *expected)
{
    for (; *expected; expected += 2 + (expected[2] == ' ')) {
        char digits[3] = {expected[0], expected[1], 0};
        assert_int_equal(status(f) & (FULL | FROM_MOUSE),
                         source == MOUSE ? FULL | FROM_MOUSE : FULL);
        assert_true(f->pm.lines[source].level);
        unsigned rises = f->pm.lines[source].rises;
        assert_int_equal(in(&f->pm, DATA), strtoul(digits, NULL, 16));
        /* The next byte is an edge of its own. */
        assert_int_equal(f->pm.lines[source].rises - rises, f->pm.lines[source].level);
    }
    assert_int_equal(status(f) & FULL, 0);
    assert_false(f->pm.lines[source].level);
}

static void controller(struct fixture *f, uint8_t command)
{
    out(&f->pm, COMMAND, command);
}

static void config(struct fixture *f, uint8_t value)
{
    controller(f, 0x60);
    out(&f->pm, DATA, value);
}

static void mouse(struct fixture *f, uint8_t byte)
{
    controller(f, 0xd4);
    out(&f->pm, DATA, byte);
}

static void tap(struct fixture *f, unsigned key)
{
    i8042_key(f->controller, key, true);
    i8042_key(f->controller, key, false);
}

static void the_controller_answers(void **state)
{
    static const struct {
        uint8_t command;
        const char *answer;
    } rows[] = {{0x20, "03"}, {0x2f, "00"}, {0xa4, "f1"}, {0xa9, "00"}, {0xaa, "55"}, {0xab, "00"},
                {0xc0, "80"}, {0xd0, "cf"}, {0xe0, "03"}, {0x20, "07"}, {0xa7, ""},   {0xad, ""},
                {0x20, "37"}, {0xe0, "00"}, {0xa8, ""},   {0xae, ""},   {0x20, "07"}, {0x99, ""}};
    struct fixture *f = *state;
    assert_int_equal(status(f), 0x10);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        controller(f, rows[i].command);
        assert_int_equal(status(f) & 8, 8);
        assert_bytes(f, KEYBOARD, rows[i].answer);
    }
    assert_int_equal(status(f), 0x1c);
    controller(f, 0x65);
    out(&f->pm, DATA, 0x5a);
    assert_int_equal(status(f), 0x14);
    controller(f, 0x25);
    assert_bytes(f, KEYBOARD, "5a");
}

static void buffers_can_be_written(void **state)
{
    struct fixture *f = *state;
    controller(f, 0xd2);
    out(&f->pm, DATA, 0x12);
    assert_bytes(f, KEYBOARD, "12");
    controller(f, 0xd3); /* how Linux looks for a mouse port */
    out(&f->pm, DATA, 0xa5);
    assert_bytes(f, MOUSE, "a5");
    config(f, 0);
    controller(f, 0xd3);
    out(&f->pm, DATA, 0x11);
    assert_false(f->pm.lines[MOUSE].level);
    assert_int_equal(status(f) & (FULL | FROM_MOUSE), FULL | FROM_MOUSE);
    config(f, 3);
    assert_bytes(f, MOUSE, "11");
    assert_int_equal(in(&f->pm, DATA), 0x11);
}

static void the_reset_output_resets(void **state)
{
    struct fixture *f = *state;
    controller(f, 0xff);
    assert_int_equal(f->pm.lines[RESET].rises, 0);
    controller(f, 0xfe);
    assert_int_equal(f->pm.lines[RESET].rises, 1);
    assert_false(f->pm.lines[RESET].level);
    controller(f, 0xd1);
    out(&f->pm, DATA, 0xfe);
    assert_true(f->pm.lines[RESET].level);
    fake_machine_reset(f->pm.machine);
    assert_false(f->pm.lines[RESET].level);
}

static void the_keyboard_answers(void **state)
{
    static const struct {
        uint8_t byte;
        const char *answer;
    } rows[] = {
        {0xee, "ee"},    {0xf2, "fa ab 83"}, {0xed, "fa"},    {0x07, "fa"}, {0xf3, "fa"},
        {0x20, "fa"},    {0xf0, "fa"},       {0x00, "fa 02"}, {0xf0, "fa"}, {0x01, "fa"},
        {0xf0, "fa"},    {0x00, "fa 01"},    {0xf0, "fa"},    {0x03, "fe"}, {0xf6, "fa"},
        {0xf0, "fa"},    {0x00, "fa 02"},    {0xed, "fa"},    {0xf4, "fa"}, {0x02, "fe"},
        {0xf8, "fa"},    {0xfb, "fe"},       {0x00, "fe"},    {0xee, "ee"}, {0xfe, "ee"},
        {0xff, "fa aa"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        out(&f->pm, DATA, rows[i].byte);
        assert_bytes(f, KEYBOARD, rows[i].answer);
    }
    config(f, 0x43);
    out(&f->pm, DATA, 0xf2);
    assert_bytes(f, KEYBOARD, "fa ab 41"); /* translated too */
    config(f, 0x13);
    out(&f->pm, DATA, 0xee); /* to send is to enable */
    assert_bytes(f, KEYBOARD, "ee");
}

static void keys_come_in_their_set(void **state)
{
    static const struct {
        unsigned key;
        const char *set2, *set1;
    } rows[] = {
        {0x1e, "1c f0 1c", "1e 9e"},
        {0x41, "83 f0 83", "41 c1"},
        {0x58, "07 f0 07", "58 d8"},
        {0x148, "e0 75 e0 f0 75", "e0 48 e0 c8"},
        {PS2_KEY_PRINT, "e0 12 e0 7c e0 f0 7c e0 f0 12", "e0 2a e0 37 e0 b7 e0 aa"},
        {PS2_KEY_PAUSE, "e1 14 77 e1 f0 14 f0 77", "e1 1d 45 e1 9d c5"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        config(f, 3);
        tap(f, rows[i].key);
        assert_bytes(f, KEYBOARD, rows[i].set2);
        config(f, 0x43);
        tap(f, rows[i].key);
        assert_bytes(f, KEYBOARD, rows[i].set1);
        config(f, 3);
        out(&f->pm, DATA, 0xf0);
        out(&f->pm, DATA, 1);
        assert_bytes(f, KEYBOARD, "fa fa");
        tap(f, rows[i].key);
        assert_bytes(f, KEYBOARD, rows[i].set1);
        out(&f->pm, DATA, 0xf6);
        assert_bytes(f, KEYBOARD, "fa");
    }
}

static void translation_goes_both_ways(void **state)
{
    for (unsigned code = 1; code < 0x80; code++) {
        assert_int_equal(ps2_set1_of(ps2_set2_of((uint8_t)code)), code);
    }
    for (unsigned code = 0x85; code < 0x100; code++) {
        assert_int_equal(ps2_set1_of((uint8_t)code), code);
    }
    assert_int_equal(ps2_set1_of(0x02), 0x41);
    assert_int_equal(ps2_set1_of(0x7f), 0x54);
    assert_int_equal(ps2_set1_of(0), 0xff);
}

static void keys_wait_and_are_lost_when_many(void **state)
{
    struct fixture *f = *state;
    controller(f, 0xad);
    for (unsigned i = 0; i < 20; i++) {
        i8042_key(f->controller, 0x1e, true);
    }
    assert_int_equal(status(f) & FULL, 0);
    controller(f, 0xae);
    assert_bytes(f, KEYBOARD, "1c 1c 1c 1c 1c 1c 1c 1c 00 00 00 00 00 00 00 00");
    out(&f->pm, DATA, 0xf5); /* disabled: nobody listens */
    assert_bytes(f, KEYBOARD, "fa");
    tap(f, 0x1e);
    assert_int_equal(status(f) & FULL, 0);
    out(&f->pm, DATA, 0xf4);
    assert_bytes(f, KEYBOARD, "fa");
    controller(f, 0xad);
    tap(f, 0x1e);
    controller(f, 0xae); /* the first is out, an answer goes before the others */
    i8042_key(f->controller, 0x1f, true);
    out(&f->pm, DATA, 0xee);
    assert_bytes(f, KEYBOARD, "1c ee f0 1c 1b");
}

static void the_mouse_answers(void **state)
{
    static const struct {
        uint8_t byte;
        const char *answer;
    } rows[] = {
        {0xff, "fa aa 00"},
        {0xf2, "fa 00"},
        {0xe9, "fa 00 02 64"},
        {0xe8, "fa"},
        {0x03, "fa"},
        {0xf3, "fa"},
        {0x28, "fa"},
        {0xe7, "fa"},
        {0xf4, "fa"},
        {0xf0, "fa"},
        {0xe9, "fa 70 03 28"},
        {0xea, "fa"},
        {0xe6, "fa"},
        {0xf5, "fa"},
        {0xe9, "fa 00 03 28"},
        {0xeb, "fa 08 00 00"},
        {0xee, "fa"},
        {0xf2, "f2"},
        {0xec, "fa"},
        {0xe1, "fe"},
        {0xfe, "fe"},
        {0xf6, "fa"},
        {0xe9, "fa 00 02 64"},
        {0xf3, "fa"},
        {200, "fa"},
        {0xf3, "fa"},
        {100, "fa"},
        {0xf3, "fa"},
        {80, "fa"},
        {0xf2, "fa 03"},
        {0xeb, "fa 08 00 00 00"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mouse(f, rows[i].byte);
        assert_bytes(f, MOUSE, rows[i].answer);
    }
}

static void the_mouse_reports(void **state)
{
    struct fixture *f = *state;
    i8042_mouse(f->controller, 5, 5, 0, 0);
    assert_int_equal(status(f) & FULL, 0);
    mouse(f, 0xf6);
    mouse(f, 0xf4);
    assert_bytes(f, MOUSE, "fa fa");
    i8042_mouse(f->controller, 3, -2, 0, PS2_LEFT);
    assert_bytes(f, MOUSE, "29 03 fe");
    i8042_mouse(f->controller, -300, 0, 0, PS2_LEFT | PS2_MIDDLE);
    assert_bytes(f, MOUSE, "1d 01 00 1d d3 00");
    controller(f, 0xa7);
    for (unsigned i = 0; i < 1000; i++) {
        i8042_mouse(f->controller, 1, 1, 1, 0);
    }
    controller(f, 0xa8);
    unsigned sum = 0, packets = 0;
    for (; status(f) & FULL; packets++) {
        in(&f->pm, DATA);
        sum += in(&f->pm, DATA);
        in(&f->pm, DATA);
    }
    assert_int_equal(sum, 1000);
    assert_true(packets < 12);
}

static void reset_empties_it(void **state)
{
    struct fixture *f = *state;
    config(f, 0x43);
    tap(f, 0x1e);
    mouse(f, 0xe9);
    controller(f, 0xd4);
    fake_machine_reset(f->pm.machine);
    assert_false(f->pm.lines[KEYBOARD].level || f->pm.lines[MOUSE].level);
    assert_int_equal(status(f), 0x10);
    out(&f->pm, DATA, 0xee);
    assert_bytes(f, KEYBOARD, "ee");
}

static void random_accesses_do_no_harm(void **state)
{
    static const uint16_t ports[] = {DATA, DATA, DATA, COMMAND};
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 50000; i++) {
        random_accesses(&f->pm, ports, 4, 5, &random);
        uint64_t choice = next_random(&random);
        if (choice & 1) {
            mouse(f, choice >> 1 & 0xff);
        }
        i8042_key(f->controller, choice >> 9 & 0x3ff, choice >> 19 & 1);
        i8042_mouse(f->controller, (int)(choice >> 8), (int)(choice >> 12), (int)choice,
                    choice & 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_controller_answers),
        TEST(buffers_can_be_written),
        TEST(the_reset_output_resets),
        TEST(the_keyboard_answers),
        TEST(keys_come_in_their_set),
        TEST(translation_goes_both_ways),
        TEST(keys_wait_and_are_lost_when_many),
        TEST(the_mouse_answers),
        TEST(the_mouse_reports),
        TEST(reset_empties_it),
        TEST(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
