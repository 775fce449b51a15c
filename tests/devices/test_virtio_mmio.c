#include "tests/devices/virtio.h"

static int setup(void **state)
{
    static struct driver d;
    driver_make(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct driver *)*state)->machine);
    return 0;
}

static void plug_rng(struct driver *d, bool legacy)
{
    const struct device_request request = {.driver = "virtio-rng-device", .options = ""};
    char message[200];
    virtio_mmio_plug(d->slot, virtio_rng_create(d->machine, &request, message, sizeof(message)),
                     legacy);
}

static void an_empty_slot_has_device_id_0(void **state)
{
    struct driver *d = *state;
    assert_int_equal(get_slot(d, 0), 0x74726976);
    assert_int_equal(get_slot(d, 4), 1);
    assert_int_equal(get_slot(d, 8), 0);
    for (unsigned offset = 0; offset < 0x200; offset += 4) {
        put_slot(d, offset, 0xffffffff);
        get_slot(d, offset);
    }
    assert_int_equal(get_slot(d, STATUS), 0);
}

static void legacy_features_have_one_half(void **state)
{
    struct driver *d = *state;
    plug_rng(d, true);
    assert_int_equal(get_slot(d, 4), 1);
    assert_int_equal(get_slot(d, 8), 4);
    put_slot(d, 0x14, 0);
    assert_int_equal(get_slot(d, 0x10), 1u << 24 | 1u << 27 | 1u << 28 | 1u << 29);
    put_slot(d, 0x14, 1);
    assert_int_equal(get_slot(d, 0x10), 0);
    put_slot(d, 0x14, 7);
    assert_int_equal(get_slot(d, 0x10), 0);
    assert_int_equal(get_slot(d, 0x34), 1024);
    put_slot(d, 0x30, 1);
    assert_int_equal(get_slot(d, 0x34), 0);
}

static void modern_drivers_must_take_version_1_and_nothing_unknown(void **state)
{
    struct driver *d = *state;
    plug_rng(d, false);
    assert_int_equal(get_slot(d, 4), 2);
    put_slot(d, 0x14, 1);
    assert_int_equal(get_slot(d, 0x10), 1);
    put_slot(d, STATUS, 3);
    put_slot(d, STATUS, 11);
    assert_int_equal(get_slot(d, STATUS), 3);
    put_slot(d, 0x24, 1);
    put_slot(d, 0x20, 3);
    put_slot(d, STATUS, 11);
    assert_int_equal(get_slot(d, STATUS), 3);
    put_slot(d, 0x20, 1);
    put_slot(d, STATUS, 11);
    assert_int_equal(get_slot(d, STATUS), 11);
    put_slot(d, 0x20, 0); /* too late */
    put_slot(d, STATUS, 15);
    assert_int_equal(get_slot(d, STATUS), 15);
    put_slot(d, STATUS, 0);
    assert_int_equal(get_slot(d, STATUS), 0);
}

static void a_reset_takes_queues_away_and_keeps_the_page_size(void **state)
{
    struct driver *d = *state;
    plug_rng(d, true);
    put_slot(d, 0x28, 4096);
    put_slot(d, STATUS, 0);
    put_slot(d, 0x30, 0);
    put_slot(d, 0x38, QUEUE);
    put_slot(d, 0x3c, 4096);
    put_slot(d, 0x40, (uint32_t)(RING(0) / 4096));
    assert_int_equal(get_slot(d, 0x40), RING(0) / 4096);
    put_slot(d, STATUS, 0);
    assert_int_equal(get_slot(d, 0x40), 0);
}

static void interrupts_are_acknowledged(void **state)
{
    for (int legacy = 0; legacy < 2; legacy++) {
        struct driver *d = *state;
        if (!legacy) {
            plug_rng(d, false);
        } else {
            teardown(state);
            setup(state);
            plug_rng(d, true);
        }
        driver_start(d, legacy, 1, 0);
        desc(d, 0, 0, DATA, 64, D_WRITE, 0);
        submit(d, 0, 0);
        assert_int_equal(used_index(d, 0), 1);
        assert_int_equal(used_length(d, 0, 0), 64);
        assert_true(d->line.level);
        assert_int_equal(get_slot(d, ISR), 1);
        put_slot(d, ACK, 1);
        assert_false(d->line.level);
        assert_int_equal(get_slot(d, ISR), 0);
        wr(d->machine, AVAIL(0), 2, 1); /* no interrupt wanted */
        submit(d, 0, 0);
        assert_int_equal(used_index(d, 0), 2);
        assert_false(d->line.level);
    }
}

static void event_indices_spare_interrupts(void **state)
{
    struct driver *d = *state;
    plug_rng(d, true);
    driver_start(d, true, 1, VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX));
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    wr(d->machine, AVAIL(0) + 4 + 2 * QUEUE, 2, 2); /* after the third one */
    submit(d, 0, 0);
    put_slot(d, ACK, 1); /* the first one always interrupts */
    submit(d, 0, 0);
    assert_false(d->line.level);
    assert_int_equal(rd(d->machine, USED(0) + 4 + 8 * QUEUE, 2), 2);
    submit(d, 0, 0);
    assert_true(d->line.level);
}

static void requests_made_before_the_driver_is_ok_wait(void **state)
{
    struct driver *d = *state;
    plug_rng(d, false);
    driver_start(d, false, 1, 0);
    put_slot(d, STATUS, 11);
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    submit(d, 0, 0);
    assert_int_equal(used_index(d, 0), 0);
    put_slot(d, STATUS, 15);
    assert_int_equal(used_index(d, 0), 1);
}

/* U-Boot reads the disk while it still sets it up. */
static void legacy_requests_do_not_wait(void **state)
{
    struct driver *d = *state;
    plug_rng(d, true);
    driver_start(d, true, 1, 0);
    put_slot(d, STATUS, 3);
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    submit(d, 0, 0);
    assert_int_equal(used_index(d, 0), 1);
}

static void bad_setups_stop_the_device(void **state)
{
    struct driver *d = *state;
    plug_rng(d, false);
    driver_start(d, false, 0, 0);
    put_slot(d, 0x30, 0);
    put_slot(d, 0x38, 3);
    assert_true(needs_reset(d));
    assert_int_equal(get_slot(d, ISR), VIRTIO_INTERRUPT_CONFIG);
    put_slot(d, STATUS, 15); /* does not heal it */
    assert_true(needs_reset(d));
    put_slot(d, STATUS, 0);
    assert_false(needs_reset(d));
    put_slot(d, 0x38, 0x10010);
    assert_true(needs_reset(d));
}

static void random_register_writes_do_no_harm(void **state)
{
    struct driver *d = *state;
    uint64_t random = 1;
    plug_rng(d, false);
    for (unsigned i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t address = SLOT + (random >> 40) % 0x200;
        unsigned size = 1u << (random >> 60 & 3);
        uint64_t value = random >> 59 & 1 ? RAM_BASE + (random >> 20 & 0xff000) : random >> 10;
        address &= -(uint64_t)size;
        if (random >> 58 & 1) {
            wr(d->machine, address, size, random >> 57 & 1 ? value & 15 : value);
        } else {
            rd(d->machine, address, size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(an_empty_slot_has_device_id_0),
        TEST(legacy_features_have_one_half),
        TEST(modern_drivers_must_take_version_1_and_nothing_unknown),
        TEST(a_reset_takes_queues_away_and_keeps_the_page_size),
        TEST(interrupts_are_acknowledged),
        TEST(event_indices_spare_interrupts),
        TEST(requests_made_before_the_driver_is_ok_wait),
        TEST(legacy_requests_do_not_wait),
        TEST(bad_setups_stop_the_device),
        TEST(random_register_writes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
