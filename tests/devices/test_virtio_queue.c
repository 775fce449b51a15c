/* Rings that a hostile driver could make. The device under them is the entropy device. */
#include "tests/devices/virtio.h"

static int setup(void **state)
{
    static struct driver d;
    const struct device_request request = {.driver = "virtio-rng-device", .options = ""};
    char message[200];
    driver_make(&d);
    virtio_mmio_plug(d.slot, virtio_rng_create(d.machine, &request, message, sizeof(message)),
                     false);
    driver_start(&d, false, 1, VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct driver *)*state)->machine);
    return 0;
}

static void expect_broken(struct driver *d)
{
    assert_true(needs_reset(d));
    assert_int_equal(used_index(d, 0), 0);
    /* It stays out of order, and comes back with a reset. */
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    submit(d, 0, 0);
    assert_int_equal(used_index(d, 0), 0);
    driver_start(d, false, 1, 0);
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    submit(d, 0, 0);
    assert_int_equal(used_index(d, 0), 1);
}

static void chains_are_filled_piece_by_piece(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA + 0x100, 16, 0, 0); /* readable: of no use here, but allowed */
    desc(d, 0, 3, DATA, 3, D_WRITE | D_NEXT, 9);
    desc(d, 0, 9, DATA + 16, 0, D_WRITE | D_NEXT, 15);
    desc(d, 0, 15, DATA + 32, 5, D_WRITE, 0);
    offer(d, 0, 0);
    submit(d, 0, 3);
    assert_int_equal(used_index(d, 0), 2);
    assert_int_equal(used_length(d, 0, 0), 0);
    assert_int_equal(used_length(d, 0, 1), 8);
    assert_int_not_equal(rd(d->machine, DATA + 32, 4), 0);
    assert_int_equal(rd(d->machine, DATA + 16, 8), 0);
    assert_int_equal(rd(d->machine, DATA + 37, 1), 0);
}

static void indices_wrap_around(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA, 1, D_WRITE, 0);
    for (unsigned i = 0; i < 70000; i++) {
        submit(d, 0, 0);
    }
    assert_int_equal(used_index(d, 0), 70000 & 0xffff);
}

static void a_full_queue_is_fine_and_more_is_not(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA, 1, D_WRITE, 0);
    for (unsigned i = 0; i < QUEUE; i++) {
        offer(d, 0, 0);
    }
    put_slot(d, NOTIFY, 0);
    assert_int_equal(used_index(d, 0), QUEUE);
    driver_start(d, false, 1, 0);
    wr(d->machine, AVAIL(0) + 2, 2, QUEUE + 1);
    put_slot(d, NOTIFY, 0);
    expect_broken(d);
}

static void a_loop_is_found(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA, 1, D_WRITE | D_NEXT, 1);
    desc(d, 0, 1, DATA, 1, D_WRITE | D_NEXT, 0);
    submit(d, 0, 0);
    expect_broken(d);
}

static void a_descriptor_that_is_its_own_next_is_found(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 7, DATA, 0, D_NEXT, 7);
    submit(d, 0, 7);
    expect_broken(d);
}

static void numbers_beyond_the_table_are_refused(void **state)
{
    struct driver *d = *state;
    submit(d, 0, QUEUE);
    expect_broken(d);
    driver_start(d, false, 1, 0);
    desc(d, 0, 0, DATA, 1, D_WRITE | D_NEXT, 0xffff);
    submit(d, 0, 0);
    expect_broken(d);
}

static void data_must_be_in_memory(void **state)
{
    static const struct {
        uint64_t address;
        uint32_t size;
    } bad[] = {
        {0, 8},
        {SLOT, 8}, /* onto its own registers */
        {RAM_BASE + RAM_SIZE - 4, 8},
        {UINT64_MAX - 3, 8},
        {UINT64_C(1) << 60, 0xffffffff},
    };
    struct driver *d = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        driver_start(d, false, 1, 0);
        desc(d, 0, 0, bad[i].address, bad[i].size, D_WRITE, 0);
        submit(d, 0, 0);
        expect_broken(d);
    }
}

static void sizes_may_not_overflow(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA, 0xffffffff, D_WRITE | D_NEXT, 1);
    desc(d, 0, 1, DATA, 0xffffffff, D_WRITE, 0);
    submit(d, 0, 0);
    expect_broken(d);
}

static void readable_after_writable_is_refused(void **state)
{
    struct driver *d = *state;
    desc(d, 0, 0, DATA, 8, D_WRITE | D_NEXT, 1);
    desc(d, 0, 1, DATA, 8, 0, 0);
    submit(d, 0, 0);
    expect_broken(d);
}

static void indirect_tables_work(void **state)
{
    struct driver *d = *state;
    uint64_t table = DATA + 0x1000;
    desc_at(d, table, 0, DATA, 4, D_WRITE | D_NEXT, 2);
    desc_at(d, table, 2, DATA + 8, 4, D_WRITE, 0);
    desc(d, 0, 5, DATA + 0x2000, 4, 0 | D_NEXT, 6);
    desc(d, 0, 6, table, 48, D_INDIRECT, 0); /* after an ordinary one */
    submit(d, 0, 6);
    submit(d, 0, 5);
    assert_int_equal(used_index(d, 0), 2);
    assert_int_equal(used_length(d, 0, 0), 8);
    assert_int_equal(used_length(d, 0, 1), 8);
}

static void bad_indirect_tables_are_refused(void **state)
{
    static const struct {
        uint64_t address;
        uint32_t size;
        uint16_t flags, inner_flags, inner_next;
    } bad[] = {
        {DATA, 16, D_INDIRECT, D_INDIRECT, 0},       /* in an indirect one */
        {DATA, 16, D_INDIRECT | D_NEXT, D_WRITE, 0}, /* with a successor */
        {DATA, 0, D_INDIRECT, D_WRITE, 0},
        {DATA, 24, D_INDIRECT, D_WRITE, 0},
        {DATA, 16 * 1025, D_INDIRECT, D_WRITE, 0},
        {DATA, 16, D_INDIRECT, D_WRITE | D_NEXT, 0}, /* loop */
        {DATA, 16, D_INDIRECT, D_WRITE | D_NEXT, 1}, /* beyond */
        {SLOT, 16, D_INDIRECT, D_WRITE, 0},
        {RAM_BASE + RAM_SIZE - 8, 16, D_INDIRECT, D_WRITE, 0},
        {UINT64_MAX - 7, 16, D_INDIRECT, D_WRITE, 0},
    };
    struct driver *d = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        driver_start(d, false, 1, VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
        desc_at(d, DATA, 0, DATA, 16, bad[i].inner_flags, bad[i].inner_next);
        desc(d, 0, 0, bad[i].address, bad[i].size, bad[i].flags, 1);
        desc(d, 0, 1, DATA, 8, D_WRITE, 0);
        submit(d, 0, 0);
        expect_broken(d);
    }
    driver_start(d, false, 1, 0); /* not negotiated */
    desc_at(d, DATA, 0, DATA, 16, D_WRITE, 0);
    desc(d, 0, 0, DATA, 16, D_INDIRECT, 0);
    submit(d, 0, 0);
    expect_broken(d);
}

static void place_rings(struct driver *d, uint64_t descriptors, uint64_t avail, uint64_t used)
{
    driver_start(d, false, 0, 0);
    put_slot(d, 0x30, 0);
    put_slot(d, 0x38, QUEUE);
    put_slot(d, 0x80, (uint32_t)descriptors);
    put_slot(d, 0x84, (uint32_t)(descriptors >> 32));
    put_slot(d, 0x90, (uint32_t)avail);
    put_slot(d, 0x94, (uint32_t)(avail >> 32));
    put_slot(d, 0xa0, (uint32_t)used);
    put_slot(d, 0xa4, (uint32_t)(used >> 32));
    put_slot(d, 0x44, 1);
    d->next[0] = 0;
}

static void rings_must_be_in_memory(void **state)
{
    const uint64_t end = RAM_BASE + RAM_SIZE;
    const uint64_t bad[] = {0, SLOT, end, end - 1, UINT64_MAX - 1, UINT64_C(1) << 63};
    struct driver *d = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (unsigned which = 0; which < 3; which++) {
            bus_dma_write(d->machine->bus, RING(0), (const uint8_t[0x2000]){0}, 0x2000);
            desc(d, 0, 0, DATA, 8, D_WRITE, 0);
            place_rings(d, which == 0 ? bad[i] : DESC(0), which == 1 ? bad[i] : AVAIL(0),
                        which == 2 ? bad[i] : USED(0));
            submit(d, 0, 0);
            assert_true(needs_reset(d));
        }
    }
}

static void a_ring_across_the_end_of_memory_stops_where_that_ends(void **state)
{
    struct driver *d = *state;
    uint64_t end = RAM_BASE + RAM_SIZE;
    desc(d, 0, 0, DATA, 8, D_WRITE, 0);
    place_rings(d, end - 16 * 4, AVAIL(0), USED(0));
    desc_at(d, end - 64, 3, DATA, 8, D_WRITE, 0);
    submit(d, 0, 3);
    assert_int_equal(used_index(d, 0), 1);
    submit(d, 0, 4);
    assert_true(needs_reset(d));
}

static void rings_may_even_overlap(void **state)
{
    struct driver *d = *state;
    place_rings(d, DATA, DATA, DATA);
    for (unsigned i = 0; i < 100; i++) {
        wr(d->machine, DATA + 2, 2, i);
        put_slot(d, NOTIFY, 0);
    }
}

/* Any bytes as rings, again and again: each notification returns. */
static void random_rings_do_no_harm(void **state)
{
    struct driver *d = *state;
    uint64_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        driver_start(d, false, 1,
                     VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) | VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX));
        for (unsigned n = 0; n < QUEUE; n++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint64_t address = random >> 63 ? RING(0) + (random >> 30 & 0x1ff0) : DATA;
            uint32_t size = random >> 62 & 1 ? 16 * (random >> 40 & 15) : random >> 50 & 0xff;
            desc(d, 0, n, address, size, random >> 20 & 7, random >> 10 & 15);
        }
        for (unsigned n = 0; n < 4; n++) {
            submit(d, 0, random >> (4 * n) & 15);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(chains_are_filled_piece_by_piece),
        TEST(indices_wrap_around),
        TEST(a_full_queue_is_fine_and_more_is_not),
        TEST(a_loop_is_found),
        TEST(a_descriptor_that_is_its_own_next_is_found),
        TEST(numbers_beyond_the_table_are_refused),
        TEST(data_must_be_in_memory),
        TEST(sizes_may_not_overflow),
        TEST(readable_after_writable_is_refused),
        TEST(indirect_tables_work),
        TEST(bad_indirect_tables_are_refused),
        TEST(rings_must_be_in_memory),
        TEST(a_ring_across_the_end_of_memory_stops_where_that_ends),
        TEST(rings_may_even_overlap),
        TEST(random_rings_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
