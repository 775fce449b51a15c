#include "devices/irqchip/gicv2.h"
#include "tests/devices/support.h"

#define DIST UINT64_C(0x8000000)
#define CPU  UINT64_C(0x8010000)
enum { CTLR = 0, TYPER = 4, IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180 };
enum { ISPENDR = 0x200, ICPENDR = 0x280, ISACTIVER = 0x300, ICACTIVER = 0x380, PRIORITY = 0x400 };
enum { TARGETS = 0x800, ICFGR = 0xc00, SGIR = 0xf00, CPENDSGIR = 0xf10, SPENDSGIR = 0xf20 };
enum { PMR = 4, BPR = 8, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18, ABPR = 0x1c };
enum { AIAR = 0x20, AEOIR = 0x24, AHPPIR = 0x28, APR = 0xd0, DIR = 0x1000 };
enum { SPURIOUS = 1023 };

struct fixture {
    struct machine *machine;
    struct gicv2 *gic;
    struct line irq[8], fiq[8];
    struct cpu cpus[8];
};

static void make(struct fixture *f, unsigned cpus)
{
    memset(f, 0, sizeof(*f));
    f->machine = fake_machine();
    struct gicv2_config config = {.dist_base = DIST, .cpu_base = CPU, .cpus = cpus, .spis = 64};
    for (unsigned i = 0; i < cpus; i++) {
        config.irq[i] = line_irq(&f->irq[i]);
        config.fiq[i] = line_irq(&f->fiq[i]);
        f->cpus[i].index = i;
    }
    f->gic = gicv2_create(f->machine, &config);
}

static int setup(void **state)
{
    static struct fixture f;
    make(&f, 1);
    *state = &f;
    return 0;
}

static int setup_smp(void **state)
{
    static struct fixture f;
    make(&f, 4);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

static uint32_t dist(struct fixture *f, unsigned offset)
{
    return (uint32_t)rd(f->machine, DIST + offset, 4);
}

static void set_dist(struct fixture *f, unsigned offset, uint32_t value)
{
    wr(f->machine, DIST + offset, 4, value);
}

static uint32_t cpu(struct fixture *f, unsigned offset)
{
    return (uint32_t)rd(f->machine, CPU + offset, 4);
}

static void set_cpu(struct fixture *f, unsigned offset, uint32_t value)
{
    wr(f->machine, CPU + offset, 4, value);
}

/* The CPU that makes the accesses from here on. */
static void as(struct fixture *f, unsigned index)
{
    f->machine->running = &f->cpus[index];
}

static void open_cpu(struct fixture *f)
{
    set_cpu(f, CTLR, 1);
    set_cpu(f, PMR, 0xff);
}

static void enable(struct fixture *f, unsigned id, uint8_t priority)
{
    set_dist(f, ISENABLER + id / 32 * 4, 1u << (id % 32));
    wr(f->machine, DIST + PRIORITY + id, 1, priority);
}

static void set_spi(struct fixture *f, unsigned n, bool level)
{
    struct irq irq = gicv2_spi(f->gic, n);
    irq_set(&irq, level);
}

static void identification(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dist(f, TYPER), 2);
    assert_int_equal(dist(f, 0xfe0), 0x90);
    assert_int_equal(dist(f, 0xfe8), 0x2b);
    assert_int_equal(cpu(f, 0xfc), 0x0202143b);
    assert_int_equal(dist(f, ISENABLER), 0xffff);
    assert_int_equal(dist(f, ICFGR), 0xaaaaaaaa);
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    assert_int_equal(cpu(f, RPR), 0xff);
    assert_int_equal(cpu(f, ABPR), 1);
}

static void ids_beyond_the_last_read_as_zero(void **state)
{
    struct fixture *f = *state;
    for (unsigned offset = 0x80; offset < 0x400; offset += 0x80) {
        set_dist(f, offset + 4 * 3, 0xffffffff);
        assert_int_equal(dist(f, offset + 4 * 3), 0);
        set_dist(f, offset + 4 * 31, 0xffffffff);
    }
    set_dist(f, PRIORITY + 96, 0xffffffff);
    assert_int_equal(dist(f, PRIORITY + 96), 0);
    set_dist(f, PRIORITY + 1020, 0xffffffff);
    set_dist(f, TARGETS + 1020, 0xffffffff);
    set_dist(f, ICFGR + 4 * 63, 0xffffffff);
    assert_int_equal(dist(f, ICFGR + 4 * 63), 0);
    assert_false(f->irq[0].level);
}

static void a_level_interrupt_lives_as_long_as_its_line(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    enable(f, 33, 0xa0);
    set_spi(f, 1, true);
    assert_true(f->irq[0].level);
    assert_int_equal(dist(f, ISPENDR + 4), 2);
    assert_int_equal(cpu(f, HPPIR), 33);
    assert_int_equal(cpu(f, IAR), 33);
    assert_false(f->irq[0].level);
    assert_int_equal(cpu(f, RPR), 0xa0);
    assert_int_equal(dist(f, ISACTIVER + 4), 2);
    assert_int_equal(dist(f, ISPENDR + 4), 2); /* active and pending */
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    set_cpu(f, EOIR, 33);
    assert_true(f->irq[0].level); /* again: the device still wants something */
    set_spi(f, 1, false);
    assert_false(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    assert_int_equal(cpu(f, RPR), 0xff);
}

static void an_edge_is_kept_until_it_is_acknowledged(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    set_dist(f, ICFGR + 8, 2u << 2);
    enable(f, 33, 0);
    set_spi(f, 1, true);
    set_spi(f, 1, false);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), 33);
    assert_false(f->irq[0].level);
    set_spi(f, 1, true); /* while active: pending again */
    assert_false(f->irq[0].level);
    set_cpu(f, EOIR, 33);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), 33);
    set_cpu(f, EOIR, 33);
    assert_false(f->irq[0].level); /* the line stays high: no new edge */
}

static void priorities_mask_order_and_preemption(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    enable(f, 40, 0x80);
    enable(f, 41, 0x40);
    enable(f, 42, 0x40);
    set_spi(f, 8, true);
    set_spi(f, 10, true);
    set_spi(f, 9, true);
    assert_int_equal(cpu(f, HPPIR), 41); /* equal priority: the lower ID */
    set_cpu(f, PMR, 0x40);
    assert_false(f->irq[0].level); /* must be higher than the mask */
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    assert_int_equal(cpu(f, HPPIR), 41);
    set_cpu(f, PMR, 0x81);
    assert_int_equal(cpu(f, IAR), 41);
    assert_false(f->irq[0].level); /* 42 has the same priority, 40 a lower one */
    enable(f, 43, 0x10);
    set_spi(f, 11, true);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), 43);
    assert_int_equal(cpu(f, RPR), 0x10);
    set_spi(f, 11, false);
    set_cpu(f, EOIR, 43);
    assert_int_equal(cpu(f, RPR), 0x40);
    set_spi(f, 9, false);
    set_cpu(f, EOIR, 41);
    assert_int_equal(cpu(f, IAR), 42);
    set_spi(f, 10, false);
    set_cpu(f, EOIR, 42);
    assert_int_equal(cpu(f, IAR), 40);
}

static void the_binary_point_joins_priorities(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    set_cpu(f, BPR, 6); /* only bit 7 preempts */
    enable(f, 40, 0x60);
    enable(f, 41, 0x10);
    enable(f, 42, 0x90);
    set_spi(f, 10, true);
    assert_int_equal(cpu(f, IAR), 42);
    set_spi(f, 8, true);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), 40);
    assert_int_equal(cpu(f, RPR), 0);
    set_spi(f, 9, true);
    assert_false(f->irq[0].level);
}

static void disabling_at_any_of_three_places_hides_it(void **state)
{
    struct fixture *f = *state;
    enable(f, 32, 0);
    set_spi(f, 0, true);
    assert_false(f->irq[0].level);
    set_dist(f, CTLR, 1);
    assert_false(f->irq[0].level);
    open_cpu(f);
    assert_true(f->irq[0].level);
    set_dist(f, ICENABLER + 4, 1);
    assert_false(f->irq[0].level);
    set_dist(f, ISENABLER + 4, 1);
    assert_true(f->irq[0].level);
    set_cpu(f, CTLR, 0);
    assert_false(f->irq[0].level);
}

static void software_can_set_and_clear_pending_and_active(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    enable(f, 50, 0);
    set_dist(f, ISPENDR + 4, 1 << 18);
    assert_true(f->irq[0].level);
    set_dist(f, ICPENDR + 4, 1 << 18);
    assert_false(f->irq[0].level);
    set_dist(f, ISPENDR + 4, 1 << 18);
    set_dist(f, ISACTIVER + 4, 1 << 18);
    assert_false(f->irq[0].level);
    set_dist(f, ICACTIVER + 4, 1 << 18);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, IAR), 50);
    assert_int_equal(dist(f, ISPENDR + 4), 0);
}

static void split_end_of_interrupt(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    set_cpu(f, CTLR, 1 | 1 << 9);
    enable(f, 32, 0x20);
    set_spi(f, 0, true);
    assert_int_equal(cpu(f, IAR), 32);
    set_cpu(f, EOIR, 32);
    assert_int_equal(cpu(f, RPR), 0xff);
    assert_int_equal(dist(f, ISACTIVER + 4), 1);
    assert_false(f->irq[0].level);
    set_cpu(f, DIR, 32);
    assert_int_equal(dist(f, ISACTIVER + 4), 0);
    assert_true(f->irq[0].level);
}

static void odd_ends_do_no_harm(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    set_cpu(f, EOIR, SPURIOUS);
    set_cpu(f, EOIR, 1019);
    set_cpu(f, EOIR, 0xffffffff);
    set_cpu(f, AEOIR, 40);
    set_cpu(f, DIR, 40);
    set_cpu(f, EOIR, 40);
    assert_int_equal(cpu(f, RPR), 0xff);
}

static void groups_and_fiq(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 3);
    set_cpu(f, PMR, 0xff);
    set_cpu(f, CTLR, 3 | 1 << 3); /* Group 0 as FIQ */
    enable(f, 40, 0x80);
    enable(f, 41, 0x40);
    set_dist(f, IGROUPR + 4, 1 << 8);
    set_spi(f, 8, true);
    assert_true(f->irq[0].level);
    assert_false(f->fiq[0].level);
    assert_int_equal(cpu(f, IAR), 1022); /* not through here without AckCtl */
    assert_int_equal(cpu(f, AHPPIR), 40);
    set_spi(f, 9, true);
    assert_true(f->fiq[0].level);
    assert_false(f->irq[0].level);
    assert_int_equal(cpu(f, AIAR), SPURIOUS);
    assert_int_equal(cpu(f, IAR), 41);
    set_spi(f, 9, false);
    set_cpu(f, EOIR, 41);
    assert_int_equal(cpu(f, AIAR), 40);
    set_spi(f, 8, false);
    set_cpu(f, AEOIR, 40);
    assert_int_equal(cpu(f, RPR), 0xff);
    set_spi(f, 8, true);
    set_cpu(f, CTLR, 3 | 1 << 2); /* AckCtl */
    assert_int_equal(cpu(f, IAR), 40);
}

static void private_interrupts_are_banked(void **state)
{
    struct fixture *f = *state;
    struct irq ppi = gicv2_ppi(f->gic, 2, 11);
    set_dist(f, CTLR, 1);
    for (unsigned i = 0; i < 4; i++) {
        as(f, i);
        open_cpu(f);
    }
    as(f, 2);
    enable(f, 27, 0x30);
    as(f, 1);
    assert_int_equal(dist(f, ISENABLER), 0xffff);
    assert_int_equal(rd(f->machine, DIST + PRIORITY + 27, 1), 0);
    assert_int_equal(dist(f, TARGETS), 0x02020202);
    irq_set(&ppi, true);
    assert_true(f->irq[2].level);
    assert_false(f->irq[1].level);
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    as(f, 2);
    assert_int_equal(cpu(f, IAR), 27);
}

static void shared_interrupts_go_to_their_targets(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    for (unsigned i = 0; i < 4; i++) {
        as(f, i);
        open_cpu(f);
    }
    enable(f, 33, 0);
    set_spi(f, 1, true);
    for (unsigned i = 0; i < 4; i++) {
        assert_false(f->irq[i].level);
    }
    wr(f->machine, DIST + TARGETS + 33, 1, 0xfa);
    assert_int_equal(rd(f->machine, DIST + TARGETS + 33, 1), 0x0a);
    assert_true(f->irq[1].level && f->irq[3].level && !f->irq[0].level && !f->irq[2].level);
    as(f, 3);
    assert_int_equal(cpu(f, IAR), 33);
    assert_false(f->irq[1].level); /* one took it for all */
    as(f, 1);
    assert_int_equal(cpu(f, IAR), SPURIOUS);
}

static void software_interrupts_tell_their_source(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    for (unsigned i = 0; i < 4; i++) {
        as(f, i);
        open_cpu(f);
    }
    as(f, 1);
    set_dist(f, SGIR, 0xff050003);   /* filter 3: reserved */
    set_dist(f, SGIR, 5u << 16 | 3); /* CPUs 0 and 2 */
    as(f, 3);
    set_dist(f, SGIR, 1u << 24 | 3); /* all others */
    set_dist(f, SGIR, 2u << 24 | 9); /* itself */
    assert_int_equal(cpu(f, IAR), 3 << 10 | 9);
    as(f, 0);
    assert_int_equal(rd(f->machine, DIST + SPENDSGIR + 3, 1), 1 << 1 | 1 << 3);
    assert_true(f->irq[0].level);
    assert_int_equal(cpu(f, HPPIR), 1 << 10 | 3);
    assert_int_equal(cpu(f, IAR), 1 << 10 | 3);
    assert_false(f->irq[0].level); /* the other one waits */
    set_cpu(f, EOIR, 1 << 10 | 3);
    assert_int_equal(cpu(f, IAR), 3 << 10 | 3);
    set_cpu(f, EOIR, 3 << 10 | 3);
    assert_int_equal(cpu(f, IAR), SPURIOUS);
    as(f, 2);
    wr(f->machine, DIST + CPENDSGIR + 3, 1, 1 << 1);
    assert_int_equal(cpu(f, IAR), 3 << 10 | 3);
    as(f, 1);
    wr(f->machine, DIST + SPENDSGIR + 5, 1, 0xf0 | 1);
    assert_int_equal(cpu(f, IAR), 3 << 10 | 3);
    set_cpu(f, EOIR, 3 << 10 | 3);
    assert_int_equal(cpu(f, IAR), 5);
}

static void reset_keeps_only_the_lines(void **state)
{
    struct fixture *f = *state;
    set_dist(f, CTLR, 1);
    open_cpu(f);
    enable(f, 33, 0);
    set_spi(f, 1, true);
    cpu(f, IAR);
    fake_machine_reset(f->machine);
    assert_int_equal(dist(f, ISACTIVER + 4), 0);
    assert_int_equal(dist(f, ISENABLER + 4), 0);
    assert_int_equal(dist(f, ISPENDR + 4), 2);
    assert_int_equal(cpu(f, RPR), 0xff);
}

/* Whatever is written wherever, nothing falls over, and what is read stays within the rules. */
static void random_accesses_do_no_harm(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 300000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t base = random >> 63 ? DIST : CPU;
        uint64_t offset = (random >> 40) % (base == DIST ? 0x1000 : 0x1004) & ~UINT64_C(3);
        uint64_t value;
        as(f, random >> 20 & 3);
        if (random >> 30 & 1) {
            bus_write(f->machine->bus, base + offset, 4, random >> 8);
        } else {
            bus_read(f->machine->bus, base + offset, 4, &value);
        }
        if (random >> 31 & 1) {
            set_spi(f, random >> 33 & 63, random >> 32 & 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_SMP(name) cmocka_unit_test_setup_teardown(name, setup_smp, teardown)
        TEST(identification),
        TEST(ids_beyond_the_last_read_as_zero),
        TEST(a_level_interrupt_lives_as_long_as_its_line),
        TEST(an_edge_is_kept_until_it_is_acknowledged),
        TEST(priorities_mask_order_and_preemption),
        TEST(the_binary_point_joins_priorities),
        TEST(disabling_at_any_of_three_places_hides_it),
        TEST(software_can_set_and_clear_pending_and_active),
        TEST(split_end_of_interrupt),
        TEST(odd_ends_do_no_harm),
        TEST(groups_and_fiq),
        TEST_SMP(private_interrupts_are_banked),
        TEST_SMP(shared_interrupts_go_to_their_targets),
        TEST_SMP(software_interrupts_tell_their_source),
        TEST(reset_keeps_only_the_lines),
        TEST_SMP(random_accesses_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
