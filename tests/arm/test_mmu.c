/* Translation: every descriptor type, fault, permission and attribute of both formats (DDI 0406C
 * B3). */
#include "tests/arm/system_fixture.h"

#include "targets/arm/mmu.h"

SETUP_TEARDOWN("cortex-a15")

enum {
    L1 = RAM_BASE,           /* first-level table */
    L2 = RAM_BASE + 0x10000, /* second-level one */
    L3 = RAM_BASE + 0x20000,
    L1_HIGH = RAM_BASE + 0x8000,
};

static void mmu_on(struct fixture *f, uint32_t sctlr, uint32_t ttbcr)
{
    cp15_write(f->cpu, 0, 2, 0, 0, L1);
    cp15_write(f->cpu, 0, 2, 0, 1, L1_HIGH);
    cp15_write(f->cpu, 0, 2, 0, 2, ttbcr);
    cp15_write(f->cpu, 0, 3, 0, 0, 0x55555555);
    cp15_write(f->cpu, 0, 1, 0, 0, 0x00c50079 | sctlr);
}

/* The walk as a string of what is allowed, or the fault status. */
static uint32_t walk(struct fixture *f, uint32_t address, enum cpu_access access, bool user,
                     struct cpu_mapping *mapping)
{
    struct arm_cpu *cpu = f->cpu;
    cpu->exception = ARM_EXC_NONE;
    struct cpu_mapping dummy;
    /* A probe changes nothing and agrees. */
    bool probed = arm_walk(&cpu->cpu, address, access, user, true, &dummy);
    assert_int_equal(cpu->exception, ARM_EXC_NONE);
    bool good = arm_walk(&cpu->cpu, address, access, user, false, mapping ? mapping : &dummy);
    assert_int_equal(good, probed);
    if (good) {
        assert_int_equal(cpu->exception, ARM_EXC_NONE);
        const struct cpu_mapping *m = mapping ? mapping : &dummy;
        assert_true(access == CPU_READ ? m->read : access == CPU_WRITE ? m->write : m->fetch);
        return 0;
    }
    assert_int_equal(cpu->exception,
                     access == CPU_FETCH ? ARM_EXC_PREFETCH_ABORT : ARM_EXC_DATA_ABORT);
    assert_int_equal(cpu->fault_address, address);
    return cpu->fault_status;
}

static void test_off(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    assert_int_equal(walk(f, 0xfedcba98, CPU_FETCH, true, &m), 0);
    assert_true(m.physical == 0xfedcba98 && m.read && m.write && m.fetch && m.device);
    assert_true(f->cpu->space_key == 0);
}

static void test_short_types(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    mmu_on(f, 0, 0);
    /* Invalid, and with PXN clear or set the page table. */
    assert_int_equal(walk(f, 0x12345678, CPU_READ, false, NULL), 0x005);
    assert_int_equal(walk(f, 0x12345678, CPU_WRITE, false, NULL), 0x805);
    assert_int_equal(walk(f, 0x12345678, CPU_FETCH, false, NULL), 0x005);
    /* Section: base 0x876, AP 011, domain 3, normal memory. */
    poke32(f, L1 + 0x123 * 4, 0x87600c02 | 3 << 5 | 0xc);
    assert_int_equal(walk(f, 0x12345678, CPU_WRITE, true, &m), 0);
    assert_true(m.physical == 0x87645678 && m.page_bits == 20 && !m.device);
    assert_true(m.read && m.write && m.fetch);
    /* Supersection: 40-bit base, domain 0 whatever the bits say. */
    for (unsigned i = 0; i < 16; i++) {
        poke32(f, L1 + (0x230 + i) * 4, 0xab500c02 | 1 << 18 | 0xd << 5 | 0xc);
    }
    cp15_write(f->cpu, 0, 3, 0, 0, 0x00000001 | 1 << 6);
    assert_int_equal(walk(f, 0x23fedcba, CPU_READ, true, &m), 0);
    assert_true(m.physical == UINT64_C(0xd5abfedcba) && m.page_bits == 24);
    /* Page table, domain 3: invalid, large, small. */
    poke32(f, L1 + 0x345 * 4, L2 | 3 << 5 | 1);
    assert_int_equal(walk(f, 0x34512345, CPU_READ, true, NULL), 0x037);
    assert_int_equal(walk(f, 0x34512345, CPU_WRITE, true, NULL), 0x837);
    assert_int_equal(walk(f, 0x34512345, CPU_FETCH, true, NULL), 0x007);
    for (unsigned i = 0; i < 16; i++) {
        poke32(f, L2 + (0x10 + i) * 4, 0x98760031 | 0xc);
    }
    assert_int_equal(walk(f, 0x3451fabc, CPU_READ, true, &m), 0);
    assert_true(m.physical == 0x9876fabc && m.page_bits == 16 && m.fetch);
    poke32(f, L2 + 0x1f * 4, 0x11119032 | 0xc);
    assert_int_equal(walk(f, 0x3451fabc, CPU_READ, true, &m), 0);
    assert_true(m.physical == 0x11119abc && m.page_bits == 12 && m.fetch);
    poke32(f, L2 + 0x1f * 4, 0x11119033 | 0xc); /* XN */
    assert_int_equal(walk(f, 0x3451fabc, CPU_READ, true, &m), 0);
    assert_true(!m.fetch);
    assert_int_equal(walk(f, 0x3451fabc, CPU_FETCH, true, NULL), 0x00f);
    /* PXN of the table: not for PL1. */
    poke32(f, L1 + 0x345 * 4, L2 | 3 << 5 | 4 | 1);
    poke32(f, L2 + 0x1f * 4, 0x11119032 | 0xc);
    assert_int_equal(walk(f, 0x3451fabc, CPU_FETCH, true, NULL), 0);
    assert_int_equal(walk(f, 0x3451fabc, CPU_FETCH, false, NULL), 0x00f);
    /* Section with PXN; reserved without LPAE. */
    poke32(f, L1 + 0x123 * 4, 0x87600c03);
    assert_int_equal(walk(f, 0x12345678, CPU_FETCH, true, NULL), 0);
    assert_int_equal(walk(f, 0x12345678, CPU_FETCH, false, NULL), 0x00d);
    f->cpu->features &= ~(uint32_t)ARM_FEATURE_LPAE;
    assert_int_equal(walk(f, 0x12345678, CPU_READ, true, NULL), 0x005);
}

/* What PL1 and PL0 may do by AP<2:0> (Tables B3-8 and B3-9), in words. */
static const char *const ap_full[8][2] = {{"", ""}, {"rw", ""}, {"rw", "r"}, {"rw", "rw"},
                                          {"", ""}, {"r", ""},  {"r", "r"},  {"r", "r"}};
static const char *const ap_simple[8][2] = {{NULL, NULL}, {"rw", ""}, {NULL, NULL}, {"rw", "rw"},
                                            {NULL, NULL}, {"r", ""},  {NULL, NULL}, {"r", "r"}};

/* AP x AFE x domain x XN x PXN x WXN x UWXN x privilege x access x section or page. */
static void test_short_permissions(void **state)
{
    struct fixture *f = *state;
    for (unsigned n = 0; n < 1 << 14; n++) {
        unsigned ap = n & 7, domain = n >> 3 & 3;
        bool afe = n & 32, xn = n & 64, pxn = n & 128, wxn = n & 256, uwxn = n & 512;
        bool user = n & 1024, page = n & 2048;
        unsigned access = n >> 12 & 3;
        if (access == 3) {
            continue;
        }
        mmu_on(f, (afe ? 1u << 29 : 0) | (wxn ? 1u << 19 : 0) | (uwxn ? 1u << 20 : 0), 0);
        cp15_write(f->cpu, 0, 3, 0, 0, domain << 10);
        if (page) {
            poke32(f, L1 + 4, L2 | 5 << 5 | (pxn ? 4 : 0) | 1);
            poke32(f, L2 + 8, 0x50000002 | (ap & 3) << 4 | (ap & 4) << 7 | (xn ? 1 : 0) | 0xc);
        } else {
            poke32(f, L1 + 4,
                   0x50000002 | (ap & 3) << 10 | (ap & 4) << 13 | 5 << 5 | (xn ? 16 : 0) |
                       (pxn ? 1 : 0) | 0xc);
        }
        const char *const *allowed = (afe ? ap_simple : ap_full)[ap];
        uint32_t expected = 0;
        unsigned level = page ? 2 : 0; /* what the second level adds to the status */
        if (!allowed[0]) {
            expected = page ? 0x06 : 0x03; /* access flag */
        } else if (domain == 0 || domain == 2) {
            expected = 0x09 + level;
        } else if (domain == 1) {
            bool readable = strchr(allowed[user], 'r'), writable = strchr(allowed[user], 'w');
            bool fetchable = readable && !xn && !(pxn && !user) && !(wxn && writable) &&
                             !(uwxn && !user && strchr(allowed[1], 'w'));
            bool good = access == CPU_READ ? readable : access == CPU_WRITE ? writable : fetchable;
            expected = good ? 0 : 0x0d + level;
        }
        if (expected && access != CPU_FETCH) {
            expected |= 5 << 4 | (access == CPU_WRITE ? 0x800 : 0);
        }
        assert_int_equal(walk(f, 0x00102345, access, user, NULL), expected);
    }
}

/* User mode is unprivileged without asking for it. */
static void test_user_mode(void **state)
{
    struct fixture *f = *state;
    mmu_on(f, 0, 0);
    poke32(f, L1 + 4, 0x50000402);
    assert_int_equal(walk(f, 0x00102345, CPU_READ, false, NULL), 0);
    set_mode(f->cpu, ARM_MODE_USR);
    assert_int_equal(walk(f, 0x00102345, CPU_READ, false, NULL), 0x00d);
}

static void test_ttbcr_n(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    for (unsigned n = 0; n < 8; n++) {
        mmu_on(f, 0, n);
        /* TTBR0's table shrinks and its base may be less aligned. */
        uint32_t low = L1 + (0x4000u >> n);
        cp15_write(f->cpu, 0, 2, 0, 0, low | 0x4a);
        memset(f->ram, 0, 0x10000);
        uint32_t last = (0xffffffffu >> n) & 0xfff00000, first_high = last + 0x100000;
        poke32(f, low + (last >> 20) * 4, 0x11100c02);
        assert_int_equal(walk(f, last, CPU_READ, false, &m), 0);
        assert_true(m.physical == 0x11100000);
        if (n) {
            poke32(f, L1_HIGH + (first_high >> 20) * 4, 0x22200c02);
            assert_int_equal(walk(f, first_high, CPU_READ, false, &m), 0);
            assert_true(m.physical == 0x22200000);
        }
        cp15_write(f->cpu, 0, 2, 0, 2, n | 1 << 4);
        assert_int_equal(walk(f, last, CPU_READ, false, NULL), 0x005);
        if (n) {
            assert_int_equal(walk(f, first_high, CPU_READ, false, NULL), 0);
        }
        cp15_write(f->cpu, 0, 2, 0, 2, n | 1 << 5);
        assert_int_equal(walk(f, last, CPU_READ, false, NULL), 0);
        if (n) {
            assert_int_equal(walk(f, first_high, CPU_READ, false, NULL), 0x005);
        }
    }
}

static void test_walk_aborts(void **state)
{
    struct fixture *f = *state;
    mmu_on(f, 0, 0);
    cp15_write(f->cpu, 0, 2, 0, 0, 0x10000000); /* nothing there */
    assert_int_equal(walk(f, 0x1000, CPU_READ, false, NULL), 0x00c);
    assert_int_equal(walk(f, 0x1000, CPU_FETCH, false, NULL), 0x00c);
    cp15_write(f->cpu, 0, 2, 0, 0, L1);
    poke32(f, L1, 0x10000000 | 7 << 5 | 1);
    assert_int_equal(walk(f, 0x1000, CPU_WRITE, false, NULL), 0x87e);
    /* Long format. */
    mmu_on(f, 0, ARM_TTBCR_EAE);
    cp15_write(f->cpu, 0, 2, 0, 0, 0x10000000);
    assert_int_equal(walk(f, 0x1000, CPU_READ, false, NULL), 0x215);
    cp15_write(f->cpu, 0, 2, 0, 0, L1);
    poke64(f, L1, 0x10000003);
    assert_int_equal(walk(f, 0x1000, CPU_READ, false, NULL), 0x216);
    poke64(f, L1, L2 | 3);
    poke64(f, L2, 0x10000003);
    assert_int_equal(walk(f, 0x1000, CPU_WRITE, false, NULL), 0xa17);
}

/* Memory types: with and without TEX remap. Only Strongly-ordered and Device matter. */
static void test_short_attributes(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    for (unsigned texcb = 0; texcb < 32; texcb++) {
        unsigned tex = texcb >> 2, cb = texcb & 3;
        bool device = (tex == 0 && cb < 2) || (tex == 2 && cb == 0);
        bool reserved = (tex == 1 && (cb == 1 || cb == 2)) || (tex == 2 && cb) || tex == 3;
        mmu_on(f, 0, 0);
        poke32(f, L1, 0x50000c02 | tex << 12 | cb << 2);
        assert_int_equal(walk(f, 0x12345, CPU_READ, false, &m), 0);
        assert_true(reserved || m.device == device);
        /* Remapped: only TEX<0>, C, B choose. */
        for (unsigned type = 0; type < 3; type++) {
            mmu_on(f, 1u << 28, 0);
            cp15_write(f->cpu, 0, 10, 2, 0, type << 2 * (texcb & 7));
            assert_int_equal(walk(f, 0x12345, CPU_READ, false, &m), 0);
            assert_int_equal(m.device, type < 2);
        }
    }
    /* The same from a small and a large page. */
    mmu_on(f, 0, 0);
    poke32(f, L1, L2 | 1);
    poke32(f, L2, 0x50000032 | 2 << 6);
    poke32(f, L2 + 4, 0x50000032 | 1 << 6);
    poke32(f, L2 + 8, 0x50000031 | 2 << 12);
    poke32(f, L2 + 12, 0x50000031 | 1 << 12);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(walk(f, i << 12, CPU_READ, false, &m), 0);
        assert_int_equal(m.device, !(i & 1));
    }
}

static void test_big_endian_tables(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    mmu_on(f, ARM_SCTLR_EE, 0);
    poke32(f, L1, __builtin_bswap32(0x77700c02));
    assert_int_equal(walk(f, 0x12345, CPU_READ, false, &m), 0);
    assert_true(m.physical == 0x77712345);
}

/* ---- long descriptors ------------------------------------------------------------------------ */

#define LONG_AF  (UINT64_C(1) << 10)
#define LONG_PXN (UINT64_C(1) << 53)
#define LONG_XN  (UINT64_C(1) << 54)

static void test_long_types(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    mmu_on(f, 0, ARM_TTBCR_EAE);
    cp15_write(f->cpu, 0, 10, 2, 0, 0xff440400);
    assert_int_equal(walk(f, 0x80001234, CPU_READ, false, NULL), 0x205);
    assert_int_equal(walk(f, 0x80001234, CPU_WRITE, false, NULL), 0xa05);
    assert_int_equal(walk(f, 0x80001234, CPU_FETCH, false, NULL), 0x205);
    /* 1 GiB block, 40 bits of address, no access flag yet. */
    poke64(f, L1 + 16, UINT64_C(0xffc0000000) | 3 << 6 | 0 | 1);
    assert_int_equal(walk(f, 0xbedcba98, CPU_READ, false, NULL), 0x209);
    poke64(f, L1 + 16, UINT64_C(0xffc0000000) | LONG_AF | 1 << 6 | 3 << 2 | 1);
    assert_int_equal(walk(f, 0xbedcba98, CPU_WRITE, true, &m), 0);
    assert_true(m.physical == UINT64_C(0xfffedcba98) && m.page_bits == 30 && !m.device);
    /* Table, 2 MiB block. */
    poke64(f, L1 + 16, L2 | 3);
    assert_int_equal(walk(f, 0x80401234, CPU_READ, false, NULL), 0x206);
    poke64(f, L2 + 16, UINT64_C(0x1234600000) | 1);
    assert_int_equal(walk(f, 0x80501234, CPU_READ, false, NULL), 0x20a);
    poke64(f, L2 + 16, UINT64_C(0x1234600000) | LONG_AF | 1 << 2 | 1);
    assert_int_equal(walk(f, 0x80501234, CPU_READ, false, &m), 0);
    assert_true(m.physical == UINT64_C(0x1234701234) && m.page_bits == 21 && m.device);
    /* Table, page; bit 1 clear is invalid at the last level. */
    poke64(f, L2 + 16, L3 | 3);
    assert_int_equal(walk(f, 0x80403234, CPU_READ, false, NULL), 0x207);
    poke64(f, L3 + 24, UINT64_C(0x5000007000) | LONG_AF | 1);
    assert_int_equal(walk(f, 0x80403234, CPU_READ, false, NULL), 0x207);
    poke64(f, L3 + 24, UINT64_C(0x5000007000) | 3);
    assert_int_equal(walk(f, 0x80403234, CPU_READ, false, NULL), 0x20b);
    poke64(f, L3 + 24, UINT64_C(0x5000007000) | LONG_AF | 2 << 2 | 3);
    assert_int_equal(walk(f, 0x80403234, CPU_READ, false, &m), 0);
    assert_true(m.physical == UINT64_C(0x5000007234) && m.page_bits == 12 && !m.device);
    assert_int_equal(walk(f, 0x80403234, CPU_WRITE, true, NULL), 0xa0f);
}

/* AP<2:1> x APTable at two levels x XN, PXN of leaf and tables x WXN, UWXN x privilege x access. */
static void test_long_permissions(void **state)
{
    struct fixture *f = *state;
    for (unsigned n = 0; n < 1 << 17; n++) {
        unsigned ap = n & 3, table1 = n >> 2 & 3, table2 = n >> 4 & 3;
        bool xn = n & 1 << 6, pxn = n & 1 << 7, xn1 = n & 1 << 8, pxn1 = n & 1 << 9;
        bool xn2 = n & 1 << 10, pxn2 = n & 1 << 11, wxn = n & 1 << 12, uwxn = n & 1 << 13;
        bool user = n & 1 << 14;
        unsigned access = n >> 15 & 3;
        if (access == 3) {
            continue;
        }
        if (!(n & 0x1)) {
            mmu_on(f, (wxn ? 1u << 19 : 0) | (uwxn ? 1u << 20 : 0), ARM_TTBCR_EAE);
        }
        poke64(f, L1, L2 | (uint64_t)table1 << 61 | (uint64_t)xn1 << 60 | (uint64_t)pxn1 << 59 | 3);
        poke64(f, L2, L3 | (uint64_t)table2 << 61 | (uint64_t)xn2 << 60 | (uint64_t)pxn2 << 59 | 3);
        poke64(f, L3,
               0x50000000 | LONG_AF | ap << 6 | (xn ? LONG_XN : 0) | (pxn ? LONG_PXN : 0) | 3);
        bool read_only = ap & 2 || (table1 | table2) & 2;
        bool pl0 = ap & 1 && !((table1 | table2) & 1);
        bool readable = !user || pl0, writable = readable && !read_only;
        bool fetchable = readable && !xn && !xn1 && !xn2 && !(wxn && writable) &&
                         (user || !(pxn || pxn1 || pxn2 || (uwxn && pl0 && !read_only)));
        bool good = access == CPU_READ ? readable : access == CPU_WRITE ? writable : fetchable;
        uint32_t expected = good ? 0 : 0x20f | (access == CPU_WRITE ? 0x800 : 0);
        assert_int_equal(walk(f, 0x123, access, user, NULL), expected);
    }
}

/* Which register translates, and where the walk begins (B3.6.4): a 2 MiB or larger block at the
 * region's first address, tables aligned as little as allowed. */
static void test_long_regions(void **state)
{
    struct fixture *f = *state;
    struct cpu_mapping m;
    for (unsigned n = 0; n < 64; n++) {
        unsigned t0 = n & 7, t1 = n >> 3;
        uint32_t ttbcr = ARM_TTBCR_EAE | t0 | t1 << 16;
        memset(f->ram, 0, 0x10000);
        mmu_on(f, 0, ttbcr);
        for (unsigned which = 0; which < 2; which++) {
            unsigned t = which ? t1 : t0;
            if (which && !t1) {
                continue; /* the rest, below */
            }
            unsigned level = t < 2 ? 1 : 2, bits = level == 1 ? 30 : 21;
            uint32_t size_log2 = (32 - t - bits) + 3;
            uint32_t table = L1 + which * 0x8000 + (1u << (size_log2 < 5 ? 5 : size_log2));
            uint32_t first = which ? ~(0xffffffffu >> t) : 0;
            uint32_t last = which ? 0xffffffff : 0xffffffffu >> t;
            if (!which && !t0 && t1) {
                last = ~(0xffffffffu << (32 - t1) | 0) & 0xffffffff;
                last = (0u - (1u << (32 - t1))) - 1;
            }
            call(f->cpu, &arm_helper_cp15_write64,
                 ARM_SYSREG_KEY(15, which, 0, 2, 0) | ARM_SYSREG_KEY64, table, 0);
            poke64(f, table, UINT64_C(0x4000000000) | LONG_AF | 1);
            uint32_t index = ((last - first) >> bits);
            poke64(f, table + 8 * index, UINT64_C(0x8000000000) | LONG_AF | 1);
            assert_int_equal(walk(f, last, CPU_READ, false, &m), 0);
            assert_true(m.physical == (UINT64_C(0x8000000000) | (last & ((1u << bits) - 1))));
            if (index) {
                assert_int_equal(walk(f, first, CPU_READ, false, &m), 0);
                assert_true(m.physical == UINT64_C(0x4000000000) && m.page_bits == bits);
            }
            uint32_t off = which ? ARM_TTBCR_EPD1 : ARM_TTBCR_EPD0;
            cp15_write(f->cpu, 0, 2, 0, 2, ttbcr | off);
            assert_int_equal(walk(f, last, CPU_READ, false, NULL), 0x205);
            cp15_write(f->cpu, 0, 2, 0, 2, ttbcr);
        }
        if (t0 && t1) { /* a hole */
            if ((0xffffffffu >> t0) + 1 != ~(0xffffffffu >> t1)) {
                assert_int_equal(walk(f, (0xffffffffu >> t0) + 1, CPU_READ, false, NULL), 0x205);
            }
        } else if (t0) { /* all the rest is TTBR1's, by a first-level table */
            call(f->cpu, &arm_helper_cp15_write64,
                 ARM_SYSREG_KEY(15, 1, 0, 2, 0) | ARM_SYSREG_KEY64, L1_HIGH, 0);
            poke64(f, L1_HIGH + 24, UINT64_C(0x40000000) | LONG_AF | 1);
            assert_int_equal(walk(f, 0xc0001234, CPU_READ, false, &m), 0);
            assert_true(m.physical == 0x40001234);
        }
    }
}

/* ---- address-space keys, TLB maintenance ----------------------------------------------------- */

static uint64_t key_after(struct fixture *f, unsigned crn, unsigned crm, unsigned opc2,
                          uint32_t value)
{
    cp15_write(f->cpu, 0, crn, crm, opc2, value);
    return f->cpu->space_key;
}

static void test_keys(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    mmu_on(f, 0, 0);
    uint64_t base = cpu->space_key;
    assert_true(base != 0 && base != cpu->space_user_key);
    /* What changes meaning or rights changes the key, and back again gives the old one. */
    uint64_t asid = key_after(f, 13, 0, 1, 7);
    assert_true(asid != base && key_after(f, 13, 0, 1, 0x700) == base);
    uint64_t dacr = key_after(f, 3, 0, 0, 0x55555551);
    assert_true(dacr != base && dacr != asid && key_after(f, 3, 0, 0, 0x55555555) == base);
    uint64_t afe = key_after(f, 1, 0, 0, 0x20c50079);
    assert_true(afe != base && key_after(f, 1, 0, 0, 0x00c50079) == base);
    uint64_t ttbcr = key_after(f, 2, 0, 2, 1);
    assert_true(ttbcr != base && ttbcr != afe && key_after(f, 2, 0, 2, 0) == base);
    uint64_t prrr = key_after(f, 10, 2, 0, 0);
    assert_true(prrr != base && key_after(f, 10, 2, 0, 0x00098aa4) == base);
    assert_true(key_after(f, 2, 0, 0, L1_HIGH) == base); /* tagged by ASID only */
    assert_true(key_after(f, 1, 0, 0, 0x00c50078) == 0);
    assert_true(key_after(f, 1, 0, 0, 0x00c50079) == base);
    set_mode(cpu, ARM_MODE_USR);
    assert_true(cpu->space_key == cpu->space_user_key && cpu->space_key != base);
    arm_exception_set(cpu, ARM_EXC_SVC);
    arm_take_exception(&cpu->cpu);
    assert_true(cpu->space_key == base);
    /* More regimes than numbers: begins anew, but never mixes two. */
    for (unsigned i = 0; i < 100; i++) {
        uint64_t before = cpu->space_key;
        assert_true(key_after(f, 10, 2, 1, i) != before);
    }
    /* Long format: the ASID is TTBR0's or TTBR1's, DACR does not matter. */
    mmu_on(f, 0, ARM_TTBCR_EAE);
    uint64_t wide = cpu->space_key;
    call(cpu, &arm_helper_cp15_write64, ARM_SYSREG_KEY(15, 0, 0, 2, 0) | ARM_SYSREG_KEY64,
         UINT64_C(0x0005000040000000), 0);
    uint64_t five = cpu->space_key;
    assert_true(five != wide && (five & 0xff) == 5);
    cp15_write(cpu, 0, 3, 0, 0, 0);
    assert_true(cpu->space_key == five);
    assert_true(key_after(f, 2, 0, 2, ARM_TTBCR_EAE | ARM_TTBCR_A1) == wide);
    assert_true(key_after(f, 2, 0, 2, ARM_TTBCR_EAE | ARM_TTBCR_EPD0) != five);
}

/* Loads through the soft TLB, changing the tables below it. */
static uint32_t load(struct fixture *f, uint32_t address)
{
    return (uint32_t)cpu_load(&f->cpu->cpu, address, 2);
}

static void small_page(struct fixture *f, uint32_t address, uint32_t physical, bool global)
{
    poke32(f, L1 + (address >> 20) * 4, (L2 + (address >> 20) * 0x400) | 1);
    poke32(f, L2 + (address >> 20) * 0x400 + (address >> 12 & 255) * 4,
           physical | 0x3e | (global ? 0 : 0x800));
}

static void test_tlb_maintenance(void **state)
{
    struct fixture *f = *state;
    const uint32_t one = RAM_BASE + 0x800000, two = one + 0x1000;
    poke32(f, one, 1);
    poke32(f, two, 2);
    static const struct {
        unsigned crm, opc2;
        uint32_t value;
        bool other_asid_goes, global_goes, other_page_goes;
    } ops[] = {
        {7, 1, 0x00105000 | 1, false, true, false},
        {3, 1, 0x00105000 | 1, false, true, false},
        {7, 3, 0x00105000, true, true, false},
        {3, 3, 0x00105000, true, true, false},
        {7, 2, 1, false, false, true},
        {3, 2, 1, false, false, true},
        {7, 0, 0, true, true, true},
        {3, 0, 0, true, true, true},
        {5, 0, 0, true, true, true},
        {6, 0, 0, true, true, true},
        {6, 1, 0x00105000 | 1, false, true, false},
        {5, 1, 0x00105000 | 1, false, true, false},
    };
    mmu_on(f, 0, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
        for (unsigned global = 0; global < 2; global++) {
            small_page(f, 0x00105000, one, global);
            small_page(f, 0x00106000, one, global);
            cp15_write(f->cpu, 0, 8, 7, 0, 0);
            for (unsigned asid = 1; asid < 3; asid++) {
                cp15_write(f->cpu, 0, 13, 0, 1, asid);
                assert_int_equal(load(f, 0x00105000), 1);
                assert_int_equal(load(f, 0x00106000), 1);
            }
            small_page(f, 0x00105000, two, global);
            small_page(f, 0x00106000, two, global);
            assert_int_equal(load(f, 0x00105000), 1); /* nothing is forgotten on its own */
            cp15_write(f->cpu, 0, 8, ops[i].crm, ops[i].opc2, ops[i].value);
            if (!global) {
                assert_int_equal(load(f, 0x00105000), ops[i].other_asid_goes ? 2 : 1);
                cp15_write(f->cpu, 0, 13, 0, 1, 1);
                assert_int_equal(load(f, 0x00105000), 2);
                assert_int_equal(load(f, 0x00106000), ops[i].other_page_goes ? 2 : 1);
            } else if (ops[i].global_goes) {
                assert_int_equal(load(f, 0x00105000), 2);
                cp15_write(f->cpu, 0, 13, 0, 1, 1);
                assert_int_equal(load(f, 0x00105000), 2);
            }
        }
    }
}

/* What TLBIALL leaves is what a walk finds: descriptors of either format change at random, at each
 * level. */
static void test_tlb_renewal(void **state)
{
    struct fixture *f = *state;
    struct cpu *cpu = &f->cpu->cpu;
    static const uint32_t addresses[] = {0x00001000, 0x00002000, 0x00201000, 0x40001000};
    const uint32_t data = RAM_BASE + 0x800000,
                   flags = 0x45f; /* AF, global, inner shareable, PL0, type */
    uint64_t random = 1;
    unsigned kept = 0, dropped = 0;
    for (unsigned wide = 0; wide < 2; wide++) {
        mmu_on(f, 0, wide ? ARM_TTBCR_EAE : 0);
        cp15_write(f->cpu, 0, 10, 2, 0, 0xff);
        for (unsigned i = 0; i < 3000; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint32_t r = (uint32_t)(random >> 32);
            uint32_t page = data + (r >> 4 & 3) * 0x1000, block = data + (r >> 6 & 1) * 0x200000;
            if (!wide) {
                poke32(f, L1 + (r & 1 ? 0x400 * 4 : (r & 2) * 4),
                       r & 8 ? block | 0xc0e | (r >> 7 & 1) << 15 | (r >> 8 & 1) << 17
                             : (L2 | 1) * (r >> 9 & 3 ? 1 : 0));
                poke32(f, L2 + 4 + (r >> 10 & 4),
                       page | 0x3e | (r >> 11 & 1) << 9 | (r >> 12 & 1) << 11);
            } else {
                poke64(f, L1 + (r & 1) * 8, (L2 | 3) + ((uint64_t)(r >> 13 & 7) / 6 << 62));
                poke64(f, L2 + (r >> 1 & 1) * 8,
                       r & 8 ? block | (flags & ~2u) | (r >> 7 & 1) << 7
                             : (L3 | 3) * (r >> 9 & 3 ? 1 : 0));
                poke64(f, L3 + 8 + (r >> 10 & 1) * 8, page | flags | (r >> 7 & 1) << 7);
            }
            cp15_write(f->cpu, 0, 8, 7, 0, 0);
            for (unsigned k = 0; k < ARRAY_SIZE(addresses); k++) {
                struct cpu_mapping m;
                uint64_t entry = space_entry(cpu, SPACE_CURRENT, addresses[k]);
                bool good = arm_walk(cpu, addresses[k], CPU_READ, false, true, &m);
                kept += entry != 0;
                dropped += !entry;
                if (entry) {
                    assert_true(good);
                    assert_ptr_equal(space_host(entry, addresses[k]),
                                     f->ram + (m.physical - RAM_BASE));
                    assert_true(m.write || !(entry & SPACE_WRITE));
                }
                if (good) {
                    load(f, addresses[k]);
                }
            }
        }
    }
    assert_true(kept > 5000 && dropped > 1000);
}

/* One operation by address drops the whole section that covers it. */
static void test_tlb_sections(void **state)
{
    struct fixture *f = *state;
    mmu_on(f, 0, 0);
    poke32(f, L1 + 4, (RAM_BASE + 0x800000) | 0xc0e);
    poke32(f, RAM_BASE + 0x8fffe0, 1);
    poke32(f, RAM_BASE + 0x9fffe0, 2);
    assert_int_equal(load(f, 0x001fffe0), 1);
    poke32(f, L1 + 4, (RAM_BASE + 0x900000) | 0xc0e);
    assert_int_equal(load(f, 0x001fffe0), 1);
    cp15_write(f->cpu, 0, 8, 7, 1, 0x00100000);
    assert_int_equal(load(f, 0x001fffe0), 2);
    /* A supersection of 16 MiB, by its last page. */
    for (unsigned i = 0; i < 16; i++) {
        poke32(f, L1 + (0x20 + i) * 4, RAM_BASE | 1 << 18 | 0xc0e);
    }
    assert_int_equal(load(f, 0x028fffe0), 1);
    poke32(f, L1 + 0x28 * 4, (RAM_BASE + 0x900000) | 0xc0e);
    cp15_write(f->cpu, 0, 8, 7, 1, 0x02f00000);
    assert_int_equal(load(f, 0x028fffe0), 2);
}

/* ---- address translation operations ---------------------------------------------------------- */

static void test_ats(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    mmu_on(f, 0, 0);
    poke32(f, L1 + 4, 0x50000402 | 1 << 12 | 0xc | 1 << 16 | 3 << 5); /* PL1 only, WBWA, shared */
    cp15_write(cpu, 0, 7, 8, 0, 0x00123456);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0), 0x50023000 | 1 << 7 | 5 << 4 | 1 << 2);
    cp15_write(cpu, 0, 7, 8, 1, 0x00123456);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0) & 1, 0);
    cp15_write(cpu, 0, 7, 8, 2, 0x00123456);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0), 0xd << 1 | 1);
    cp15_write(cpu, 0, 7, 8, 3, 0x00223456);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0), 5 << 1 | 1);
    /* A supersection says so, and where it is. */
    poke32(f, L1 + 0x10 * 4, 0x98500c02 | 1 << 18 | 6 << 5);
    cp15_write(cpu, 0, 7, 8, 0, 0x01000000);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0), 0x98000000 | 0x65 << 16 | 1 << 7 | 1 << 4 | 2);
    /* The fault registers stay, unless the walk itself aborts. */
    assert_int_equal(cpu->exception, ARM_EXC_NONE);
    cp15_write(cpu, 0, 2, 0, 0, 0x10000000);
    assert_true(raises(cpu, &arm_helper_cp15_write, ARM_SYSREG_KEY(15, 0, 7, 8, 0), 0, 0, NULL));
    assert_int_equal(cpu->exception, ARM_EXC_DATA_ABORT);
    arm_take_exception(&cpu->cpu);

    mmu_on(f, 0, ARM_TTBCR_EAE);
    cp15_write(cpu, 0, 10, 2, 0, 0xff440400);
    poke64(f, L1, UINT64_C(0x8000000000) | LONG_AF | 3 << 8 | 3 << 2 | 1);
    cp15_write(cpu, 0, 7, 8, 0, 0x00123456);
    uint64_t par =
        call(cpu, &arm_helper_cp15_read64, ARM_SYSREG_KEY(15, 0, 0, 7, 0) | ARM_SYSREG_KEY64, 0, 0);
    assert_true(par == (UINT64_C(0xff00008000123000) | 3 << 7 | 1 << 11));
    cp15_write(cpu, 0, 7, 8, 2, 0x00123456);
    assert_int_equal(cp15_read(cpu, 0, 7, 4, 0), 0x0d << 1 | 1 << 11 | 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_off),
        TEST(test_short_types),
        TEST(test_short_permissions),
        TEST(test_user_mode),
        TEST(test_ttbcr_n),
        TEST(test_walk_aborts),
        TEST(test_short_attributes),
        TEST(test_big_endian_tables),
        TEST(test_long_types),
        TEST(test_long_permissions),
        TEST(test_long_regions),
        TEST(test_keys),
        TEST(test_tlb_maintenance),
        TEST(test_tlb_renewal),
        TEST(test_tlb_sections),
        TEST(test_ats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
