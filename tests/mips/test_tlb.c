/* TLBR, TLBWI, TLBWR and TLBP (III 4.11; II), and what becomes of the entries that TLBWR replaces:
 * the rule at the head of tlb.c. */
#include "tests/mips/system_fixture.h"

SETUP_TEARDOWN("24Kf")

enum { PAIR = 0x2000, KSEG0 = (int)0x80000000 };
static const uint32_t MISS = UINT32_C(0x80000000);

static uint32_t probe(struct mips_cpu *cpu, uint32_t hi)
{
    mtc0(cpu, ENTRYHI, hi);
    tlb(cpu, TLBP);
    return mfc0(cpu, INDEX);
}

static void write_read_probe(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 16; i++) {
        mtc0(f->cpu, PAGEMASK, 0x6000);
        tlb_put(f->cpu, (int)i, (i << 16 | 0x9f00) | (i + 1), lo(i << 14, DIRTY | 3 << 3),
                lo(0x100000 | i << 14, VALID | 5 << 3));
    }
    mtc0(f->cpu, PAGEMASK, 0);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(probe(f->cpu, (i << 16 | 0xe000) | (i + 1)), i);
        assert_int_equal(probe(f->cpu, (i << 16 | 0xe000) | (i + 2)), MISS);
        mtc0(f->cpu, INDEX, i);
        tlb(f->cpu, TLBR);
        assert_int_equal(mfc0(f->cpu, ENTRYHI), (i << 16 | 0x8000) | (i + 1));
        assert_int_equal(mfc0(f->cpu, PAGEMASK), 0x6000);
        assert_int_equal(mfc0(f->cpu, ENTRYLO0), lo(i << 14, DIRTY | 3 << 3));
        assert_int_equal(mfc0(f->cpu, ENTRYLO1), lo(0x100000 | i << 14, VALID | 5 << 3));
    }
}

/* G reads as what both halves had. */
static void global_bit(void **state)
{
    struct fixture *f = *state;
    for (uint32_t bits = 0; bits < 4; bits++) {
        uint32_t both = bits == 3 ? GLOBAL : 0;
        tlb_put(f->cpu, 7, 0x5000, lo(0x1000, DIRTY | (bits & 1)), lo(0x2000, DIRTY | bits >> 1));
        tlb(f->cpu, TLBR);
        assert_int_equal(mfc0(f->cpu, ENTRYLO0), lo(0x1000, DIRTY | both));
        assert_int_equal(mfc0(f->cpu, ENTRYLO1), lo(0x2000, DIRTY | both));
        assert_int_equal(probe(f->cpu, 0x5000 | 9), both ? 7 : MISS);
    }
}

static void tlbr_sets_the_asid(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    tlb_put(f->cpu, 0, 0x00400000 | 5, lo(0x1000, DIRTY), 0);
    assert_true(load_raises(f->cpu, 0x00400000, NULL));
    tlb(f->cpu, TLBR);
    assert_false(load_raises(f->cpu, 0x00400000, NULL));
}

static void random_writes_spare_wired_entries(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 4; i++) {
        tlb_put(f->cpu, (int)i, 0x10000000 + i * PAIR, lo(0x1000, DIRTY), 0);
    }
    mtc0(f->cpu, WIRED, 4);
    for (uint32_t i = 0; i < 200; i++) {
        tlb_put(f->cpu, -1, i * PAIR, lo(0x2000, DIRTY), 0);
    }
    unsigned found = 0;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t index = probe(f->cpu, i * PAIR);
        assert_true(index == MISS || (index >= 4 && index < 16));
        found += index != MISS;
    }
    assert_int_equal(found, 12);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(probe(f->cpu, 0x10000000 + i * PAIR), i);
    }
}

static void sixty_four_entries(void **state)
{
    struct fixture *f = fixture_create("34Kf");
    for (uint32_t i = 0; i < 64; i++) {
        tlb_put(f->cpu, (int)i, i * PAIR, lo(0x1000, DIRTY), 0);
    }
    for (uint32_t i = 0; i < 64; i++) {
        assert_int_equal(probe(f->cpu, i * PAIR), i);
    }
    fixture_destroy(f);
}

/* ---- evicted entries ------------------------------------------------------------------------- */

enum { PAGES = 100 };

static uint32_t page_at(unsigned i)
{
    return 0x00400000 + i * PAIR;
}

static void map_page(struct mips_cpu *cpu, unsigned i)
{
    tlb_put(cpu, -1, page_at(i) | 1, lo(0x100000 + i * 0x1000, DIRTY), 0);
}

static bool works(struct mips_cpu *cpu, unsigned i)
{
    return !load_raises(cpu, page_at(i), NULL);
}

static bool indexed(const struct mips_cpu *cpu, unsigned i)
{
    return mips_tlb_find(cpu, page_at(i)) != NULL;
}

/* Maps many more pages than there are entries, and uses them. */
static void map_all(struct fixture *f)
{
    mtc0(f->cpu, STATUS, 0);
    set_asid(f->cpu, 1);
    for (unsigned i = 0; i < PAGES; i++) {
        poke32(f, 0x100000 + i * 0x1000, i);
        map_page(f->cpu, i);
        assert_true(works(f->cpu, i));
    }
}

/* The first page that is evicted, or that is not, from `from` on. */
static unsigned next_page(const struct mips_cpu *cpu, unsigned from, bool evicted)
{
    while (indexed(cpu, from) == evicted) {
        from++;
        assert_true(from < PAGES);
    }
    return from;
}

static unsigned count_working(struct mips_cpu *cpu)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        count += works(cpu, i);
    }
    return count;
}

static void evicted_entries_work(void **state)
{
    struct fixture *f = *state;
    uint32_t value;
    map_all(f);
    for (unsigned i = 0; i < PAGES; i++) {
        assert_false(load_raises(f->cpu, page_at(i), &value));
        assert_int_equal(value, i);
    }
    /* In other tables too, where they have not been used yet. */
    mtc0(f->cpu, STATUS, MIPS_STATUS_UM);
    assert_int_equal(count_working(f->cpu), PAGES);
    set_asid(f->cpu, 2);
    assert_int_equal(count_working(f->cpu), 0);
}

static void probe_drops_what_it_misses(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    unsigned gone = next_page(f->cpu, 0, true), other = next_page(f->cpu, gone + 1, true);
    assert_int_equal(probe(f->cpu, page_at(gone) | 1), MISS);
    assert_false(works(f->cpu, gone));
    assert_true(f->cpu->refill);
    assert_true(works(f->cpu, other));
    /* One that it finds stays. */
    unsigned live = next_page(f->cpu, 0, false);
    assert_int_not_equal(probe(f->cpu, page_at(live) | 1), MISS);
    assert_true(works(f->cpu, live));
    /* Another ASID's probe says nothing about this one. */
    assert_int_equal(probe(f->cpu, page_at(other) | 2), MISS);
    set_asid(f->cpu, 1);
    assert_true(works(f->cpu, other));
}

static void probe_drops_in_all_tables(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    unsigned gone = next_page(f->cpu, 0, true);
    mtc0(f->cpu, STATUS, MIPS_STATUS_UM);
    assert_true(works(f->cpu, gone));
    mtc0(f->cpu, STATUS, 0);
    probe(f->cpu, page_at(gone) | 1);
    mtc0(f->cpu, STATUS, MIPS_STATUS_UM);
    assert_false(works(f->cpu, gone));
}

/* As an operating system changes a page after a fault, or drops one. */
static void write_replaces_what_overlaps(void **state)
{
    struct fixture *f = *state;
    uint32_t value;
    map_all(f);
    unsigned moved = next_page(f->cpu, 0, true);
    poke32(f, 0x50000, 0xabcd);
    tlb_put(f->cpu, -1, page_at(moved) | 1, lo(0x50000, DIRTY), 0);
    assert_false(load_raises(f->cpu, page_at(moved), &value));
    assert_int_equal(value, 0xabcd);
    unsigned invalid = next_page(f->cpu, moved + 1, true);
    tlb_put(f->cpu, -1, page_at(invalid) | 1, 0, 0);
    assert_false(works(f->cpu, invalid));
    assert_false(f->cpu->refill);
    assert_int_equal(f->cpu->exception, MIPS_EXC_TLBL);
}

/* A larger page over several evicted ones, and a global one, go over all that they cover. */
static void larger_pages_overlap(void **state)
{
    struct fixture *f = *state;
    uint32_t value;
    map_all(f);
    mtc0(f->cpu, PAGEMASK, 0x6000); /* two of 16 KiB */
    poke32(f, 0x50000, 0xabcd);
    tlb_put(f->cpu, 15, page_at(8) | 1, lo(0x50000, DIRTY), 0);
    mtc0(f->cpu, PAGEMASK, 0);
    assert_false(load_raises(f->cpu, page_at(8), &value));
    assert_int_equal(value, 0xabcd);
    unsigned gone = next_page(f->cpu, 40, true);
    tlb_put(f->cpu, 15, page_at(gone) | 7, GLOBAL, GLOBAL);
    assert_false(works(f->cpu, gone));
}

/* What cannot serve an access is as good as none: software finds out by a refill. */
static void evicted_entries_do_not_fault(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    set_asid(f->cpu, 1);
    tlb_put(f->cpu, -1, page_at(0) | 1, lo(0x1000, VALID), 0);
    assert_true(works(f->cpu, 0));
    for (unsigned i = 1; indexed(f->cpu, 0); i++) {
        map_page(f->cpu, i);
    }
    assert_true(works(f->cpu, 0));
    assert_true(store_raises(f->cpu, page_at(0), 1));
    assert_int_equal(f->cpu->exception, MIPS_EXC_TLBS);
    assert_true(f->cpu->refill);
    assert_true(load_raises(f->cpu, page_at(0) + 0x1000, NULL));
    assert_int_equal(f->cpu->exception, MIPS_EXC_TLBL);
    assert_true(f->cpu->refill);
}

static void read_drops_all(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    mtc0(f->cpu, INDEX, 3);
    tlb(f->cpu, TLBR);
    set_asid(f->cpu, 1);
    assert_int_equal(count_working(f->cpu), 16);
    for (unsigned i = 0; i < PAGES; i++) {
        assert_int_equal(works(f->cpu, i), indexed(f->cpu, i));
    }
}

/* What TLBWI replaces goes at once. */
static void indexed_write_drops_what_was_there(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    unsigned live = next_page(f->cpu, 0, false);
    uint32_t index = probe(f->cpu, page_at(live) | 1);
    tlb_put(f->cpu, (int)index, 0x10000000 | 1, lo(0x1000, DIRTY), 0);
    set_asid(f->cpu, 1);
    assert_false(works(f->cpu, live));
    assert_int_equal(count_working(f->cpu), PAGES - 1);
}

static void clear_index(struct mips_cpu *cpu, unsigned index)
{
    tlb_put(cpu, (int)index, (uint32_t)KSEG0 + index * PAIR, 0, 0);
}

static void writing_all_indices_drops_all(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    for (unsigned i = 0; i < 15; i++) {
        clear_index(f->cpu, i);
    }
    assert_int_equal(count_working(f->cpu), PAGES - 15);
    clear_index(f->cpu, 15);
    assert_int_equal(count_working(f->cpu), 0);
    /* And again, in another order, with few and with many. */
    map_page(f->cpu, 0);
    for (unsigned i = 0; i < 200; i++) {
        map_page(f->cpu, 1 + i % 40);
    }
    for (unsigned i = 16; i-- > 0;) {
        clear_index(f->cpu, i);
    }
    assert_int_equal(count_working(f->cpu), 0);
}

/* Indices below Wired cannot have what TLBWR wrote. */
static void wired_indices_need_not_be_written(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, WIRED, 3);
    map_all(f);
    for (unsigned i = 3; i < 16; i++) {
        clear_index(f->cpu, i);
    }
    assert_int_equal(count_working(f->cpu), 0);
}

/* Page faults change the entry that TLBP has found: that tells nothing about the others. */
static void changing_what_was_found_does_not_count(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    unsigned seen = 0;
    for (unsigned page = 0; page < PAGES; page++) {
        if (indexed(f->cpu, page)) {
            probe(f->cpu, page_at(page) | 1);
            mtc0(f->cpu, ENTRYLO0, lo(0x100000 + page * 0x1000, DIRTY));
            mtc0(f->cpu, ENTRYLO1, 0);
            tlb(f->cpu, TLBWI);
            seen++;
        }
    }
    assert_int_equal(seen, 16);
    assert_int_equal(count_working(f->cpu), PAGES);
    /* The same without TLBP does. */
    for (unsigned i = 0; i < 16; i++) {
        struct mips_tlb_entry entry = f->cpu->tlb[i];
        tlb_put(f->cpu, (int)i, entry.vpn2 | entry.asid, entry.lo[0], entry.lo[1]);
    }
    assert_int_equal(count_working(f->cpu), 16);
}

/* There is room for many, and then the oldest go. */
static void oldest_make_room(void **state)
{
    enum { MANY = 4096 + 16 + 100 };
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, 0);
    set_asid(f->cpu, 1);
    for (unsigned i = 0; i < MANY; i++) {
        tlb_put(f->cpu, -1, page_at(i) | 1, lo(0x100000, DIRTY), 0);
        assert_true(works(f->cpu, i));
    }
    unsigned count = 0;
    for (unsigned i = 0; i < MANY; i++) {
        bool here = works(f->cpu, i);
        assert_true(here || i < 400); /* what stays in the TLB for how long is random */
        count += here;
    }
    assert_int_equal(count, 4096 + 16);
}

static void reset_drops_all(void **state)
{
    struct fixture *f = *state;
    map_all(f);
    mips_reset(&f->cpu->cpu);
    mtc0(f->cpu, STATUS, 0);
    set_asid(f->cpu, 1);
    assert_int_equal(count_working(f->cpu), 0);
}

/* ---- against a model ------------------------------------------------------------------------- */

/* A page table, and an operating system that refills from it, changes it as systems do, and must
 * never see what it has changed. */
enum { MODEL_PAGES = 64, MODEL_ASIDS = 3 };

struct model {
    uint32_t frames[MODEL_ASIDS][MODEL_PAGES]; /* EntryLo; 0: none */
    uint64_t seed;
};

static uint32_t model_random(struct model *model, uint32_t below)
{
    model->seed = model->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(model->seed >> 33) % below;
}

static void model_refill(struct fixture *f, struct model *model, unsigned asid, unsigned page)
{
    const uint32_t *pair = &model->frames[asid][page & ~1u];
    tlb_put(f->cpu, -1, page_at(page / 2) | asid, pair[0], pair[1]);
}

static void model_access(struct fixture *f, struct model *model, unsigned asid, unsigned page)
{
    uint32_t address = page_at(0) + page * 0x1000, frame = model->frames[asid][page], value;
    bool write = model_random(model, 2);
    mtc0(f->cpu, STATUS, model_random(model, 2) ? MIPS_STATUS_UM : 0);
    set_asid(f->cpu, (uint8_t)asid);
    for (unsigned tries = 0; tries < 3; tries++) {
        bool raised = write ? store_raises(f->cpu, address, frame >> MIPS_LO_PFN_SHIFT)
                            : load_raises(f->cpu, address, &value);
        if (!raised) {
            assert_true(frame & MIPS_LO_V && (!write || frame & MIPS_LO_D));
            assert_true(write || value == frame >> MIPS_LO_PFN_SHIFT);
            assert_int_equal(peek32(f, frame >> MIPS_LO_PFN_SHIFT << 12), frame >> 6);
            return;
        }
        if (!f->cpu->refill) {
            /* Invalid or modified: then the probe must find it. */
            assert_true(!(frame & MIPS_LO_V) || (write && !(frame & MIPS_LO_D)));
            assert_int_not_equal(probe(f->cpu, page_at(page / 2) | asid), MISS);
            return;
        }
        model_refill(f, model, asid, page);
    }
    fail();
}

static void model_change(struct fixture *f, struct model *model, unsigned asid, unsigned page)
{
    static const uint32_t bits[] = {0, VALID, DIRTY, DIRTY};
    uint32_t frame = 0x200 + model_random(model, 256);
    poke32(f, frame << 12, frame);
    model->frames[asid][page] = frame << MIPS_LO_PFN_SHIFT | bits[model_random(model, 4)];
    uint32_t index = probe(f->cpu, page_at(page / 2) | asid);
    bool drop = model_random(model, 2);
    if (index != MISS && drop) {
        clear_index(f->cpu, index);
    } else if (index != MISS) {
        mtc0(f->cpu, ENTRYLO0, model->frames[asid][page & ~1u]);
        mtc0(f->cpu, ENTRYLO1, model->frames[asid][page | 1]);
        tlb(f->cpu, TLBWI);
    } else if (!drop) {
        model_refill(f, model, asid, page);
    }
}

static void model_forget(struct fixture *f, struct model *model)
{
    memset(model->frames, 0, sizeof(model->frames));
    for (unsigned i = 0; i < f->cpu->tlb_count; i++) {
        clear_index(f->cpu, i);
    }
}

static void no_stale_entries(void **state)
{
    struct fixture *f = *state;
    struct model model = {.seed = 1};
    for (unsigned step = 0; step < 200000; step++) {
        unsigned asid = model_random(&model, MODEL_ASIDS);
        unsigned page = model_random(&model, MODEL_PAGES);
        if (!model_random(&model, 3000)) {
            model_forget(f, &model);
        } else if (!model_random(&model, 8)) {
            model_change(f, &model, asid, page);
        } else {
            model_access(f, &model, asid, page);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(write_read_probe),
        TEST(global_bit),
        TEST(tlbr_sets_the_asid),
        TEST(random_writes_spare_wired_entries),
        cmocka_unit_test(sixty_four_entries),
        TEST(evicted_entries_work),
        TEST(probe_drops_what_it_misses),
        TEST(probe_drops_in_all_tables),
        TEST(write_replaces_what_overlaps),
        TEST(larger_pages_overlap),
        TEST(evicted_entries_do_not_fault),
        TEST(read_drops_all),
        TEST(indexed_write_drops_what_was_there),
        TEST(writing_all_indices_drops_all),
        TEST(wired_indices_need_not_be_written),
        TEST(changing_what_was_found_does_not_count),
        TEST(oldest_make_room),
        TEST(reset_drops_all),
        TEST(no_stale_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
