/* A small operating system in real code, by interpreter and host, in both endiannesses: TLB
 * refills, TLB modified exceptions, timer interrupts, system calls from User Mode (III 6). */
#include "host/x86_64/host.h"
#include "tests/mips/system_fixture.h"

/* TLB refill: the pair of EntryLo is at Context, 16 bytes for each pair of pages. Counts at 0x600.
 */
static const uint32_t kernel_refill[] = {
    0x401a2000, /* mfc0 k0, c0_context */
    0x8f5b0000, /* lw k1, 0(k0) */
    0x409b1000, /* mtc0 k1, c0_entrylo0 */
    0x8f5b0008, /* lw k1, 8(k0) */
    0x409b1800, /* mtc0 k1, c0_entrylo1 */
    0x3c1a8000, /* lui k0, 0x8000 */
    0x8f5b0600, /* lw k1, 1536(k0) */
    0x277b0001, /* addiu k1, k1, 1 */
    0x42000006, /* tlbwr */
    0xaf5b0600, /* sw k1, 1536(k0) */
    0x42000018, /* eret */
};

/* Others: a system call 0 adds a0 to the word at 0x604, any other ends; a TLB modified exception
 * goes to `modified`; the rest is counted at 0x614 and skipped. */
static const uint32_t kernel_general[] = {
    0x401a6800, /* mfc0 k0, c0_cause */
    0x335a007c, /* andi k0, k0, 0x7c */
    0x275bffe0, /* addiu k1, k0, -32 */
    0x13600007, /* beq k1, zero, 800001ac */
    0x275bfffc, /* addiu k1, k0, -4 */
    0x1360000e, /* beq k1, zero, 800001d0 */
    0x3c1b8000, /* lui k1, 0x8000 */
    0x8f7a0614, /* lw k0, 1556(k1) */
    0x275a0001, /* addiu k0, k0, 1 */
    0x10000006, /* beq zero, zero, 800001c0 */
    0xaf7a0614, /* sw k0, 1556(k1) */
    0x3c1b8000, /* lui k1, 0x8000 */
    0x14400009, /* bne v0, zero, 800001d8 */
    0x8f7a0604, /* lw k0, 1540(k1) */
    0x0344d021, /* addu k0, k0, a0 */
    0xaf7a0604, /* sw k0, 1540(k1) */
    0x401a7000, /* mfc0 k0, c0_epc */
    0x275a0004, /* addiu k0, k0, 4 */
    0x409a7000, /* mtc0 k0, c0_epc */
    0x42000018, /* eret */
    0x1000002b, /* beq zero, zero, 80000280 */
    0x00000000, /* sll zero, zero, 0x0 */
    0x10000039, /* beq zero, zero, 800002c0 */
    0x00000000, /* sll zero, zero, 0x0 */
};

/* The timer: counts at 0x608, and asks for the next interrupt in 100 ticks. */
static const uint32_t kernel_interrupt[] = {
    0x3c1a8000, /* lui k0, 0x8000 */
    0x8f5b0608, /* lw k1, 1544(k0) */
    0x277b0001, /* addiu k1, k1, 1 */
    0xaf5b0608, /* sw k1, 1544(k0) */
    0x401b4800, /* mfc0 k1, c0_count */
    0x277b0064, /* addiu k1, k1, 100 */
    0x409b5800, /* mtc0 k1, c0_compare */
    0x42000018, /* eret */
};

/* TLB modified: sets D in both pages of the pair, counts at 0x60c. Behind it, the end. */
static const uint32_t kernel_rest[] = {
    0x401a2000, /* mfc0 k0, c0_context */
    0x8f5b0000, /* lw k1, 0(k0) */
    0x377b0004, /* ori k1, k1, 0x4 */
    0xaf5b0000, /* sw k1, 0(k0) */
    0x409b1000, /* mtc0 k1, c0_entrylo0 */
    0x8f5b0008, /* lw k1, 8(k0) */
    0x377b0004, /* ori k1, k1, 0x4 */
    0xaf5b0008, /* sw k1, 8(k0) */
    0x409b1800, /* mtc0 k1, c0_entrylo1 */
    0x42000008, /* tlbp */
    0x3c1a8000, /* lui k0, 0x8000 */
    0x8f5b060c, /* lw k1, 1548(k0) */
    0x277b0001, /* addiu k1, k1, 1 */
    0x42000002, /* tlbwi */
    0xaf5b060c, /* sw k1, 1548(k0) */
    0x42000018, /* eret */
    0x40806000, /* mtc0 zero, c0_status */
    0x42000020, /* wait */
    0x1000fffe, /* beq zero, zero, 800002c8 */
    0x00000000, /* sll zero, zero, 0x0 */
};

/* Goes to User Mode at 0x00400000, ASID 5, with the timer running. */
static const uint32_t kernel_start[] = {
    0x3c088080, /* lui t0, 0x8080 */
    0x40882000, /* mtc0 t0, c0_context */
    0x3c080080, /* lui t0, 0x80 */
    0x40886800, /* mtc0 t0, c0_cause */
    0x24080005, /* addiu t0, zero, 5 */
    0x40885000, /* mtc0 t0, c0_entryhi */
    0x40084800, /* mfc0 t0, c0_count */
    0x25080064, /* addiu t0, t0, 100 */
    0x40885800, /* mtc0 t0, c0_compare */
    0x3c080040, /* lui t0, 0x40 */
    0x40887000, /* mtc0 t0, c0_epc */
    0x34088013, /* ori t0, zero, 0x8013 */
    0x40886000, /* mtc0 t0, c0_status */
    0x42000018, /* eret */
};

/* Twenty times: through 80 pages, each with a load, a store, and a load from the next page in a
 * delay slot; a system call with the sum so far; and something that is not allowed. */
static const uint32_t kernel_user[] = {
    0x24100014, /* addiu s0, zero, 20 */
    0x00009825, /* or s3, zero, zero */
    0x3c110050, /* lui s1, 0x50 */
    0x24120050, /* addiu s2, zero, 80 */
    0x8e280000, /* lw t0, 0(s1) */
    0x01124021, /* addu t0, t0, s2 */
    0xae280000, /* sw t0, 0(s1) */
    0x02689821, /* addu s3, s3, t0 */
    0x2652ffff, /* addiu s2, s2, -1 */
    0x26311000, /* addiu s1, s1, 4096 */
    0x1640fff9, /* bne s2, zero, 400010 */
    0x8e290000, /* lw t1, 0(s1) */
    0x02602025, /* or a0, s3, zero */
    0x00001025, /* or v0, zero, zero */
    0x0000000c, /* syscall */
    0x400a6000, /* mfc0 t2, c0_status */
    0x2610ffff, /* addiu s0, s0, -1 */
    0x1600fff0, /* bne s0, zero, 400008 */
    0x00000000, /* sll zero, zero, 0x0 */
    0x24020001, /* addiu v0, zero, 1 */
    0x0000000c, /* syscall */
};

enum {
    REFILLS = 0x600, /* what the program counts, by physical address */
    SUM = 0x604,
    TICKS = 0x608,
    MODIFIED = 0x60c,
    OTHERS = 0x614,
    CODE = 0x4000,
    DATA = 0x100000,
    TABLE = 0x800000, /* Context */
    PAGES = 80,
    ROUNDS = 20,
    PAIRS = 1 + PAGES / 2 + 1, /* of code; of data, with the page behind the last one */
};

static void put(struct fixture *f, uint32_t physical, uint32_t word)
{
    poke32(f, physical, f->cpu->big ? __builtin_bswap32(word) : word);
}

static uint32_t get(struct fixture *f, uint32_t physical)
{
    uint32_t word = peek32(f, physical);
    return f->cpu->big ? __builtin_bswap32(word) : word;
}

static void put_code(struct fixture *f, uint32_t physical, const uint32_t *words, size_t size)
{
    for (size_t i = 0; i < size / sizeof(*words); i++) {
        put(f, physical + 4 * (uint32_t)i, words[i]);
    }
}

static void put_page(struct fixture *f, uint32_t address, uint32_t physical)
{
    put(f, TABLE + (address >> 13 << 4) + (address >> 12 & 1) * 8, lo(physical, VALID));
}

struct slice {
    const struct cpu *cpu;
    int32_t length;
};

static uint64_t pending(void *opaque)
{
    const struct slice *slice = opaque;
    return (uint64_t)(slice->length - slice->cpu->budget);
}

static void deadline_near(void *opaque)
{
    cpu_kick(opaque, CPU_POLL_EVENT);
}

/* As a machine does it, until the CPU waits with nothing to wait for. */
static void run(struct fixture *f)
{
    struct cpu *cpu = &f->cpu->cpu;
    cpu->counted = true;
    sched_set_alarm(f->sched, deadline_near, cpu);
    for (unsigned i = 0; i < 10000 && !cpu->halted; i++) {
        sched_run(f->sched);
        struct slice slice = {cpu, (int32_t)sched_slice(f->sched, 10000)};
        cpu->budget = slice.length;
        sched_set_pending(f->sched, pending, &slice);
        jit_run(cpu);
        sched_set_pending(f->sched, NULL, NULL);
        sched_account(f->sched, (uint64_t)(slice.length - cpu->budget));
    }
    sched_set_alarm(f->sched, NULL, NULL);
    assert_true(cpu->halted);
}

static uint64_t run_kernel(const char *model, bool big, const struct host_ops *host)
{
    struct fixture *f = fixture_create_on(model, big, host);
    put_code(f, 0x000, kernel_refill, sizeof(kernel_refill));
    put_code(f, 0x180, kernel_general, sizeof(kernel_general));
    put_code(f, 0x200, kernel_interrupt, sizeof(kernel_interrupt));
    put_code(f, 0x280, kernel_rest, sizeof(kernel_rest));
    put_code(f, 0x1000, kernel_start, sizeof(kernel_start));
    put_code(f, CODE, kernel_user, sizeof(kernel_user));
    put_page(f, 0x00400000, CODE);
    for (uint32_t i = 0; i < PAGES + 2; i++) {
        put_page(f, 0x00500000 + (i << 12), DATA + (i << 12));
    }
    f->cpu->cp0.status = 0;
    f->cpu->pc = UINT32_C(0x80001000);
    mips_space_update(f->cpu);
    run(f);

    uint32_t sum = 0, sums = 0, page[PAGES] = {0};
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < PAGES; i++) {
            sum += page[i] += PAGES - i;
        }
        sums += sum;
    }
    assert_int_equal(get(f, SUM), sums);
    for (uint32_t i = 0; i < PAGES; i++) {
        assert_int_equal(get(f, DATA + (i << 12)), page[i]);
    }
    assert_int_equal(get(f, OTHERS), ROUNDS);
    assert_int_equal(get(f, MODIFIED), PAGES / 2);
    /* Each pair once: what TLBWR replaces serves on. */
    assert_int_equal(get(f, REFILLS), PAIRS);
    /* A tick each 1000 instructions. */
    assert_in_range(get(f, TICKS), ROUNDS * PAGES * 8 / 1000, ROUNDS * PAGES * 8 / 1000 + 10);
    uint64_t hash = mips_hash(&f->cpu->cpu, 0);
    fixture_destroy(f);
    return hash;
}

static void check(const char *model, bool big)
{
    assert_int_equal(run_kernel(model, big, NULL), run_kernel(model, big, &x64_host_ops));
}

static void little_endian(void **state)
{
    check("24Kf", false);
}

static void big_endian(void **state)
{
    check("24Kf", true);
}

static void release_1(void **state)
{
    check("4Kc", true);
}

static void large_tlb(void **state)
{
    check("34Kf", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_endian),
        cmocka_unit_test(big_endian),
        cmocka_unit_test(release_1),
        cmocka_unit_test(large_tlb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
