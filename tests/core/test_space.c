/* The soft TLB's tables: what is entered is found, and only what was flushed is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bits.h"
#include "core/cpu/cpu.h"
#include "core/jit/guest.h"

#include <stdlib.h>

enum { TABLES = 4, PAGES = 8 };

static const struct cpu_mapping private = {.read = true},
                                everywhere = {.read = true, .global = true};

struct fixture {
    struct cpu cpu;
    uint8_t *ram;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->ram = aligned_alloc(SPACE_PAGE_SIZE, PAGES * SPACE_PAGE_SIZE);
    space_cache_create(&f->cpu, TABLES);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    space_cache_destroy(f->cpu.spaces);
    free(f->ram);
    free(f);
    return 0;
}

static uint8_t *page(struct fixture *f, unsigned n)
{
    return f->ram + n * SPACE_PAGE_SIZE;
}

static void entries_lead_to_the_host(void **state)
{
    struct fixture *f = *state;
    static const uint64_t addresses[] = {0, 0x1000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff};
    for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
        uint64_t a = addresses[i];
        space_fill(&f->cpu, SPACE_CURRENT, a, &private, page(f, i), i & 1);
        uint64_t entry = space_entry(&f->cpu, SPACE_CURRENT, a);
        assert_true(entry & SPACE_READ);
        assert_int_equal(!!(entry & SPACE_WRITE), i & 1);
        assert_ptr_equal(space_host(entry, a), page(f, i) + (a & 0xfff));
        /* What translated code does: add and shl drop the marks. */
        assert_int_equal(f->cpu.table[a >> SPACE_PAGE_BITS], entry);
        assert_true((int64_t)entry < 0);
    }
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x5000), 0);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, UINT64_C(1) << 32), 0);
}

static void keys_have_tables_of_their_own(void **state)
{
    struct fixture *f = *state;
    space_select(&f->cpu, 1, 1);
    space_fill(&f->cpu, SPACE_CURRENT, 0x1000, &private, page(f, 0), true);
    space_fill_exec(&f->cpu, 0x1000, &private, 7);
    space_select(&f->cpu, 2, 2);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_equal(f->cpu.exec[1], 0);
    space_select(&f->cpu, 1, 1);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_equal(f->cpu.exec[1], 7);
}

static void unprivileged_accesses_use_the_user_key(void **state)
{
    struct fixture *f = *state;
    space_select(&f->cpu, 5, 6);
    space_fill(&f->cpu, SPACE_USER, 0x1000, &private, page(f, 0), false);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_USER, 0x1000), 0);
    space_select(&f->cpu, 6, 6);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
}

static void the_oldest_table_is_taken_and_cleared(void **state)
{
    struct fixture *f = *state;
    for (uint64_t key = 1; key <= TABLES; key++) {
        space_select(&f->cpu, key, key);
        space_fill(&f->cpu, SPACE_CURRENT, 0x1000 * key, &private, page(f, 0), true);
    }
    space_select(&f->cpu, 1, 1); /* now 2 is the oldest */
    space_select(&f->cpu, 9, 9);
    for (uint64_t key = 1; key <= TABLES; key++) {
        assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000 * key), 0);
    }
    space_select(&f->cpu, 1, 1);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    space_select(&f->cpu, 2, 2);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x2000), 0);
}

static void flushes_obey_key_and_address(void **state)
{
    struct fixture *f = *state;
    for (uint64_t key = 0x10; key <= 0x20; key += 0x10) {
        space_select(&f->cpu, key, key);
        for (uint64_t a = 0; a < 4; a++) {
            space_fill(&f->cpu, SPACE_CURRENT, a << SPACE_PAGE_BITS, &private, page(f, 0), true);
            space_fill_exec(&f->cpu, a << SPACE_PAGE_BITS, &private, 3);
        }
    }
    uint64_t epoch = space_epoch(&f->cpu);
    space_flush_page(&f->cpu, 0xf0, 0x10, 0x1004, SPACE_PAGE_BITS);
    assert_true(space_epoch(&f->cpu) > epoch);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    space_select(&f->cpu, 0x10, 0x10);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_equal(f->cpu.exec[1], 0);
    assert_int_equal(f->cpu.exec[2], 3);
    space_flush_page(&f->cpu, 0, 0, 0x3000, 13); /* 0x2000 .. 0x3fff in every table */
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0), 0);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x2000), 0);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x3000), 0);
    space_flush(&f->cpu, 0xff, 0x20);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0), 0);
    space_select(&f->cpu, 0x20, 0x20);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0), 0);
    assert_int_equal(f->cpu.exec[0], 0);
}

static void protecting_a_page_takes_write_marks_everywhere(void **state)
{
    struct fixture *f = *state;
    for (uint64_t key = 1; key <= 2; key++) {
        space_select(&f->cpu, key, key);
        space_fill(&f->cpu, SPACE_CURRENT, 0x4000 * key, &private, page(f, 2), true);
        space_fill(&f->cpu, SPACE_CURRENT, 0x9000, &private, page(f, 3), true);
    }
    space_protect(&f->cpu, page(f, 2));
    for (uint64_t key = 1; key <= 2; key++) {
        space_select(&f->cpu, key, key);
        uint64_t entry = space_entry(&f->cpu, SPACE_CURRENT, 0x4000 * key);
        assert_true(entry & SPACE_READ);
        assert_false(entry & SPACE_WRITE);
        assert_true(space_entry(&f->cpu, SPACE_CURRENT, 0x9000) & SPACE_WRITE);
    }
}

static void endless_refills_stay_bounded(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 400000; i++) {
        space_fill(&f->cpu, SPACE_CURRENT, 0x1000, &private, page(f, 0), true);
        space_flush_page(&f->cpu, 0, 0, 0x1000, SPACE_PAGE_BITS);
    }
    space_fill(&f->cpu, SPACE_CURRENT, 0x1000, &private, page(f, 0), true);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
}

/* More than a space may enter before it gives memory back. */
static void spaces_are_used_over_and_over(void **state)
{
    struct fixture *f = *state;
    space_share(&f->cpu, 0xff);
    for (uint64_t key = 1; key < 40; key++) {
        space_select(&f->cpu, key, key);
        uint32_t first = (uint32_t)key * 1000;
        for (uint32_t i = 0; i < 8000; i += 2) {
            uint64_t at = (uint64_t)(first + i) << SPACE_PAGE_BITS;
            assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, at), 0);
            assert_int_equal(f->cpu.exec[first + i], 0);
            space_fill(&f->cpu, SPACE_CURRENT, at, &private, page(f, 0), true);
            space_fill_exec(&f->cpu, at, &private, 3);
        }
        uint64_t last = (uint64_t)(first + 7998) << SPACE_PAGE_BITS;
        assert_ptr_equal(space_host(space_entry(&f->cpu, SPACE_CURRENT, last), last), page(f, 0));
    }
}

enum { KERNEL = 0xc0000000 };

static void global_pages_are_shared_and_outlive_private_ones(void **state)
{
    struct fixture *f = *state;
    space_share(&f->cpu, 0xff);
    space_select(&f->cpu, 0x101, 0x101);
    space_fill(&f->cpu, SPACE_CURRENT, 0x1000, &private, page(f, 0), true);
    space_fill(&f->cpu, SPACE_CURRENT, KERNEL, &everywhere, page(f, 1), true);
    space_fill_exec(&f->cpu, KERNEL + 0x3000, &everywhere, 5);
    space_select(&f->cpu, 0x102, 0x102); /* the same but for the shared bits */
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
    assert_int_equal(f->cpu.exec[(KERNEL >> SPACE_PAGE_BITS) + 3], 5);
    space_select(&f->cpu, 0x201, 0x201); /* other rights */
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
    space_select(&f->cpu, 0x101, 0x101);
    space_flush_private(&f->cpu, 0xff, 1);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x1000), 0);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
    space_protect(&f->cpu, page(f, 1));
    space_select(&f->cpu, 0x102, 0x102);
    assert_false(space_entry(&f->cpu, SPACE_CURRENT, KERNEL) & SPACE_WRITE);
    space_flush_page(&f->cpu, 0x1ff, 0x101, KERNEL, SPACE_PAGE_BITS);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
    space_flush(&f->cpu, 0, 0);
    assert_int_equal(f->cpu.exec[(KERNEL >> SPACE_PAGE_BITS) + 3], 0);
}

static void a_private_page_among_global_ones_is_private(void **state)
{
    struct fixture *f = *state;
    space_share(&f->cpu, 0xff);
    space_select(&f->cpu, 0x101, 0x101);
    space_fill(&f->cpu, SPACE_CURRENT, KERNEL, &everywhere, page(f, 1), true);
    space_fill(&f->cpu, SPACE_CURRENT, KERNEL + 0x1000, &private, page(f, 2), true);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL + 0x1000), 0);
    space_select(&f->cpu, 0x102, 0x102);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL + 0x1000), 0);
    space_fill(&f->cpu, SPACE_CURRENT, KERNEL + 0x1000, &private, page(f, 3), true);
    space_select(&f->cpu, 0x101, 0x101);
    assert_ptr_equal(
        space_host(space_entry(&f->cpu, SPACE_CURRENT, KERNEL + 0x1000), KERNEL + 0x1000),
        page(f, 2));
    space_select(&f->cpu, 0x301, 0x301);
    space_fill(&f->cpu, SPACE_CURRENT, UINT32_C(0xfffff000), &private, page(f, 3), true);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, UINT32_C(0xfffff000)), 0);
}

static void more_kinds_of_keys_than_windows(void **state)
{
    struct fixture *f = *state;
    space_share(&f->cpu, 0xff);
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t kind = 1; kind < 20; kind++) {
            space_select(&f->cpu, kind << 8, kind << 8 | 0x8000);
            uint64_t at = KERNEL + kind * SPACE_PAGE_SIZE;
            for (uint64_t k = 1; k < 20; k++) {
                if (k != kind) {
                    uint64_t other = KERNEL + k * SPACE_PAGE_SIZE;
                    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, other), 0);
                }
            }
            space_fill(&f->cpu, SPACE_CURRENT, at, &everywhere, page(f, 0), true);
            space_fill(&f->cpu, SPACE_USER, at, &everywhere, page(f, 1), true);
            assert_ptr_equal(space_host(space_entry(&f->cpu, SPACE_CURRENT, at), at), page(f, 0));
            assert_ptr_equal(space_host(space_entry(&f->cpu, SPACE_USER, at), at), page(f, 1));
        }
    }
}

/* A guest whose page tables are three words. */
static uint64_t descriptors[3] = {5, 6, 7};

static bool still_maps(struct cpu *cpu, uint64_t address, uint64_t tag)
{
    return descriptors[address >> SPACE_PAGE_BITS & 3] == tag;
}

static void renewing_keeps_what_a_walk_would_find(void **state)
{
    struct fixture *f = *state;
    static const struct guest_ops ops = {.still_maps = still_maps};
    f->cpu.guest = &ops;
    space_share(&f->cpu, 0xff);
    for (uint64_t key = 0x102; key >= 0x101; key--) {
        space_select(&f->cpu, key, key);
        for (uint64_t i = 0; i < 3; i++) {
            struct cpu_mapping mapping = {.read = true, .tag = descriptors[i]};
            space_fill(&f->cpu, SPACE_CURRENT, i << SPACE_PAGE_BITS, &mapping, page(f, 0), true);
            space_fill_exec(&f->cpu, i << SPACE_PAGE_BITS, &mapping, 4);
            mapping.global = true;
            space_fill(&f->cpu, SPACE_CURRENT, KERNEL + (i << SPACE_PAGE_BITS), &mapping,
                       page(f, 1), true);
        }
        space_fill(&f->cpu, SPACE_CURRENT, 0x4000, &private, page(f, 0), true); /* no tag */
    }
    descriptors[1] = 9;
    space_renew(&f->cpu, 0, 0, 0xff);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(!!space_entry(&f->cpu, SPACE_CURRENT, i << SPACE_PAGE_BITS), i != 1);
        assert_int_equal(f->cpu.exec[i], i != 1 ? 4 : 0);
        assert_int_equal(!!space_entry(&f->cpu, SPACE_CURRENT, KERNEL + (i << SPACE_PAGE_BITS)),
                         i != 1);
    }
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0x4000), 0);
    /* The current tables say nothing about other keys' pages, but for global ones. */
    space_select(&f->cpu, 0x102, 0x102);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, 0), 0);
    assert_int_not_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
    /* A page that is entered from another descriptor than before. */
    struct cpu_mapping moved = {.read = true, .tag = 9, .global = true};
    space_fill_exec(&f->cpu, KERNEL, &moved, 3);
    assert_int_equal(space_entry(&f->cpu, SPACE_CURRENT, KERNEL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(entries_lead_to_the_host),
        TEST(keys_have_tables_of_their_own),
        TEST(unprivileged_accesses_use_the_user_key),
        TEST(the_oldest_table_is_taken_and_cleared),
        TEST(flushes_obey_key_and_address),
        TEST(protecting_a_page_takes_write_marks_everywhere),
        TEST(endless_refills_stay_bounded),
        TEST(spaces_are_used_over_and_over),
        TEST(global_pages_are_shared_and_outlive_private_ones),
        TEST(a_private_page_among_global_ones_is_private),
        TEST(more_kinds_of_keys_than_windows),
        TEST(renewing_keeps_what_a_walk_would_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
