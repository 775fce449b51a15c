/* What addresses mean: segments by mode (III table 4.1), the TLB's rights (III 4.11), the spaces
 * that go with them. */
#include "tests/mips/system_fixture.h"

SETUP_TEARDOWN("24Kf")

enum { KERNEL = 0, SUPERVISOR = 1 << 3, USER = MIPS_STATUS_UM };

/* Result of a walk: a physical address, or an exception. */
static uint32_t walk(struct fixture *f, uint32_t address, enum cpu_access access)
{
    struct cpu_mapping mapping;
    f->cpu->exception = MIPS_EXC_NONE;
    bool good = mips_walk(&f->cpu->cpu, address, access, false, false, &mapping);
    assert_int_equal(good, f->cpu->exception == MIPS_EXC_NONE);
    return (uint32_t)mapping.physical;
}

static void assert_walk(struct fixture *f, uint32_t address, enum cpu_access access,
                        uint32_t physical)
{
    uint32_t found = walk(f, address, access);
    assert_int_equal(f->cpu->exception, MIPS_EXC_NONE);
    assert_int_equal(found, physical);
}

static void assert_fault(struct fixture *f, uint32_t address, enum cpu_access access,
                         enum mips_exception exception, bool refill)
{
    walk(f, address, access);
    assert_int_equal(f->cpu->exception, exception);
    assert_int_equal(f->cpu->refill, refill);
    assert_int_equal(f->cpu->fault_address, address);
}

/* What each 512 MiB are in each mode: 'u'nmapped, 'm'apped, '-' an address error. */
static void segments(void **state)
{
    static const struct {
        uint32_t status;
        const char *segments;
    } modes[] = {
        {KERNEL, "mmmmuumm"},
        {SUPERVISOR, "mmmm--m-"},
        {USER, "mmmm----"},
        {3 << 3, "mmmm----"}, /* reserved: here as User Mode */
        {USER | MIPS_STATUS_EXL, "mmmmuumm"},
        {USER | MIPS_STATUS_ERL, "uuuuuumm"},
        {KERNEL | MIPS_STATUS_ERL, "uuuuuumm"},
    };
    struct fixture *f = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        mtc0(f->cpu, STATUS, modes[i].status);
        for (uint32_t n = 0; n < 8; n++) {
            uint32_t address = n << 29 | 0x123458;
            switch (modes[i].segments[n]) {
            case 'u': {
                uint32_t physical = n < 4 ? address : address & 0x1fffffff;
                assert_walk(f, address, CPU_READ, physical);
                assert_walk(f, address, CPU_WRITE, physical);
                assert_walk(f, address, CPU_FETCH, physical);
                break;
            }
            case 'm':
                assert_fault(f, address, CPU_READ, MIPS_EXC_TLBL, true);
                assert_fault(f, address, CPU_FETCH, MIPS_EXC_TLBL, true);
                assert_fault(f, address, CPU_WRITE, MIPS_EXC_TLBS, true);
                break;
            default:
                assert_fault(f, address, CPU_READ, MIPS_EXC_ADEL, false);
                assert_fault(f, address, CPU_FETCH, MIPS_EXC_ADEL, false);
                assert_fault(f, address, CPU_WRITE, MIPS_EXC_ADES, false);
            }
        }
    }
}

static void alignment(void **state)
{
    struct fixture *f = *state;
    assert_true(load_raises(f->cpu, 0x80000002, NULL));
    assert_int_equal(f->cpu->exception, MIPS_EXC_ADEL);
    assert_int_equal(f->cpu->fault_address, 0x80000002);
    assert_true(store_raises(f->cpu, 0x80000001, 0));
    assert_int_equal(f->cpu->exception, MIPS_EXC_ADES);
    assert_int_equal(f->cpu->fault_address, 0x80000001);
    assert_fault(f, 0x80000002, CPU_FETCH, MIPS_EXC_ADEL, false);
    /* Bit 0 is the ISA mode where there is MIPS16e, and an error where there is not. */
    f->cpu->features |= MIPS_FEATURE_MIPS16;
    assert_walk(f, 0x80000003, CPU_FETCH, 2);
    f->cpu->features &= ~(uint32_t)MIPS_FEATURE_MIPS16;
    assert_fault(f, 0x80000001, CPU_FETCH, MIPS_EXC_ADEL, false);
}

static void bus_errors(void **state)
{
    struct fixture *f = *state;
    assert_true(load_raises(f->cpu, 0xa0000000 + RAM_SIZE, NULL));
    assert_int_equal(f->cpu->exception, MIPS_EXC_DBE);
    assert_true(store_raises(f->cpu, 0xa0000000 + RAM_SIZE, 0));
    assert_int_equal(f->cpu->exception, MIPS_EXC_DBE);
    mips_bus_error(&f->cpu->cpu, 0xa0000000 + RAM_SIZE, CPU_FETCH);
    assert_int_equal(f->cpu->exception, MIPS_EXC_IBE);
}

static void rights(void **state)
{
    static const struct {
        uint32_t bits;
        enum mips_exception read, write;
    } cases[] = {
        {0, MIPS_EXC_TLBL, MIPS_EXC_TLBS},
        {MIPS_LO_D, MIPS_EXC_TLBL, MIPS_EXC_TLBS},
        {VALID, MIPS_EXC_NONE, MIPS_EXC_MOD},
        {DIRTY, MIPS_EXC_NONE, MIPS_EXC_NONE},
    };
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, USER);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        tlb_put(f->cpu, 3, 0x00402000, lo(0x5000, cases[i].bits), lo(0x7000, DIRTY));
        for (enum cpu_access access = CPU_READ; access <= CPU_FETCH; access++) {
            enum mips_exception wanted = access == CPU_WRITE ? cases[i].write : cases[i].read;
            if (wanted == MIPS_EXC_NONE) {
                assert_walk(f, 0x00402ab8, access, 0x5ab8);
            } else {
                assert_fault(f, 0x00402ab8, access, wanted, false);
            }
            assert_walk(f, 0x00403ffc, access, 0x7ffc);
        }
    }
}

static void asid_and_global(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, USER);
    tlb_put(f->cpu, 0, 0x00400000 | 1, lo(0x1000, DIRTY), lo(0x2000, DIRTY));
    tlb_put(f->cpu, 1, 0x00400000 | 2, lo(0x3000, DIRTY), lo(0x4000, DIRTY));
    tlb_put(f->cpu, 2, 0x00600000 | 1, lo(0x5000, DIRTY | GLOBAL), lo(0x6000, DIRTY | GLOBAL));
    tlb_put(f->cpu, 4, 0x00800000 | 1, lo(0x5000, DIRTY | GLOBAL), lo(0x6000, DIRTY));
    set_asid(f->cpu, 1);
    assert_walk(f, 0x00400000, CPU_READ, 0x1000);
    assert_walk(f, 0x00600000, CPU_READ, 0x5000);
    assert_walk(f, 0x00800000, CPU_READ, 0x5000);
    set_asid(f->cpu, 2);
    assert_walk(f, 0x00400000, CPU_READ, 0x3000);
    assert_walk(f, 0x00600000, CPU_READ, 0x5000);
    assert_fault(f, 0x00800000, CPU_READ, MIPS_EXC_TLBL, true); /* G has to be in both halves */
    set_asid(f->cpu, 3);
    assert_fault(f, 0x00400000, CPU_READ, MIPS_EXC_TLBL, true);
    assert_walk(f, 0x00600000, CPU_READ, 0x5000);
}

/* III table 4.6: which bit chooses the half, and how many bits of the frame count. */
static void sizes(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, KERNEL);
    for (unsigned n = 0; n <= 8; n++) {
        const uint32_t size = UINT32_C(0x1000) << 2 * n, base = 0x40000000;
        mtc0(f->cpu, PAGEMASK, (2 * size - 1) & ~UINT32_C(0x1fff));
        /* Frames are given with ones below the page's size. */
        tlb_put(f->cpu, 5, base, lo(0xf0fff000, DIRTY), lo(0x40fff000, VALID));
        const uint32_t even = 0xf0fff000 & ~(size - 1), odd = 0x40fff000 & ~(size - 1);
        assert_walk(f, base, CPU_READ, even);
        assert_walk(f, base + size - 4, CPU_WRITE, even + size - 4);
        assert_walk(f, base + size, CPU_READ, odd);
        assert_walk(f, base + 2 * size - 4, CPU_READ, odd + size - 4);
        assert_fault(f, base + size, CPU_WRITE, MIPS_EXC_MOD, false);
        assert_fault(f, base + 2 * size, CPU_READ, MIPS_EXC_TLBL, true);
        assert_fault(f, base - 4, CPU_READ, MIPS_EXC_TLBL, true);
        struct cpu_mapping mapping;
        assert_true(mips_walk(&f->cpu->cpu, base, CPU_READ, false, false, &mapping) &&
                    mapping.page_bits == 12 + 2 * n && mapping.read && mapping.write &&
                    mapping.fetch);
    }
}

static void probes_change_nothing(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping mapping;
    f->cpu->exception = MIPS_EXC_NONE;
    f->cpu->fault_address = 0x1234;
    mtc0(f->cpu, STATUS, USER);
    assert_false(mips_walk(&f->cpu->cpu, 0x400000, CPU_READ, false, true, &mapping));
    assert_false(mips_walk(&f->cpu->cpu, 0x80000000, CPU_READ, false, true, &mapping));
    assert_int_equal(f->cpu->exception, MIPS_EXC_NONE);
    assert_int_equal(f->cpu->fault_address, 0x1234);
}

/* ---- spaces ---------------------------------------------------------------------------------- */

static bool entered(struct fixture *f, uint32_t address)
{
    return space_entry(&f->cpu->cpu, SPACE_CURRENT, address) != 0;
}

/* A change of ASID, mode or ERL shows other tables, and what was there is there again afterwards.
 */
static void spaces_by_key(void **state)
{
    struct fixture *f = *state;
    uint32_t value;
    poke32(f, 0x1000, 1);
    poke32(f, 0x2000, 2);
    poke32(f, 0x00400000, 3);
    mtc0(f->cpu, STATUS, USER);
    tlb_put(f->cpu, 0, 0x00400000 | 1, lo(0x1000, DIRTY), 0);
    tlb_put(f->cpu, 1, 0x00400000 | 2, lo(0x2000, DIRTY), 0);
    set_asid(f->cpu, 1);
    assert_false(load_raises(f->cpu, 0x00400000, &value));
    assert_int_equal(value, 1);
    set_asid(f->cpu, 2);
    assert_false(entered(f, 0x00400000));
    assert_false(load_raises(f->cpu, 0x00400000, &value));
    assert_int_equal(value, 2);
    mtc0(f->cpu, STATUS, USER | MIPS_STATUS_ERL);
    assert_false(entered(f, 0x00400000));
    assert_false(load_raises(f->cpu, 0x00400000, &value));
    assert_int_equal(value, 3);
    mtc0(f->cpu, STATUS, KERNEL);
    assert_false(entered(f, 0x00400000));
    assert_false(load_raises(f->cpu, 0x80001000, &value));
    mtc0(f->cpu, STATUS, USER);
    assert_true(entered(f, 0x00400000));
    assert_false(entered(f, 0x80001000));
    assert_true(load_raises(f->cpu, 0x80001000, &value));
    set_asid(f->cpu, 1);
    assert_true(entered(f, 0x00400000));
    assert_false(load_raises(f->cpu, 0x00400000, &value));
    assert_int_equal(value, 1);
}

/* kseg0, and global pages of kseg2, are entered for all ASIDs at once. */
static void global_pages_are_shared(void **state)
{
    struct fixture *f = *state;
    mtc0(f->cpu, STATUS, KERNEL);
    tlb_put(f->cpu, 0, 0x7fff0000 | 1, lo(0x1000, DIRTY), 0);
    tlb_put(f->cpu, 1, 0xc0000000 | 1, lo(0x2000, DIRTY | GLOBAL), GLOBAL);
    tlb_put(f->cpu, 2, 0x00400000 | 1, lo(0x3000, DIRTY | GLOBAL), GLOBAL);
    set_asid(f->cpu, 1);
    assert_false(load_raises(f->cpu, 0x7fff0000, NULL));
    assert_false(load_raises(f->cpu, 0x80004000, NULL));
    assert_false(load_raises(f->cpu, 0xc0000000, NULL));
    assert_false(load_raises(f->cpu, 0x00400000, NULL));
    set_asid(f->cpu, 2);
    assert_false(entered(f, 0x7fff0000));
    assert_true(entered(f, 0x80004000));
    assert_true(entered(f, 0xc0000000));
    mtc0(f->cpu, STATUS, MIPS_STATUS_ERL);
    assert_true(entered(f, 0x80004000));
    assert_true(entered(f, 0xc0000000));
    assert_false(entered(f, 0x00400000)); /* useg is unmapped now, G or not */
    mtc0(f->cpu, STATUS, USER);
    assert_false(entered(f, 0x80004000));
}

static void read_only_pages(void **state)
{
    struct fixture *f = *state;
    uint32_t value;
    mtc0(f->cpu, STATUS, USER);
    tlb_put(f->cpu, 0, 0x00400000, lo(0x1000, VALID), 0);
    assert_false(load_raises(f->cpu, 0x00400000, NULL));
    assert_true(store_raises(f->cpu, 0x00400000, 9));
    assert_int_equal(f->cpu->exception, MIPS_EXC_MOD);
    tlb_put(f->cpu, 0, 0x00400000, lo(0x1000, DIRTY), 0);
    assert_true(entered(f, 0x00400000)); /* what was allowed still is */
    assert_false(store_raises(f->cpu, 0x00400000, 9));
    assert_int_equal(peek32(f, 0x1000), 9);
    tlb_put(f->cpu, 0, 0x00400000, lo(0x1000, VALID), 0);
    assert_true(store_raises(f->cpu, 0x00400000, 10));
    assert_false(load_raises(f->cpu, 0x00400000, &value));
    assert_int_equal(value, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(segments),
        TEST(alignment),
        TEST(bus_errors),
        TEST(rights),
        TEST(asid_and_global),
        TEST(sizes),
        TEST(probes_change_nothing),
        TEST(spaces_by_key),
        TEST(global_pages_are_shared),
        TEST(read_only_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
