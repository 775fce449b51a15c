/* Address spaces and floating-point modes against a model: small routines switch the ASID, change
 * mappings and do the TLB maintenance that DDI 0406C B3.10 asks for, turn floating point on and off
 * and change its modes; in between the same functions are called, from pages that are global and
 * pages that are not. By the interpreter, by host code, and by two tiers of it. SEED=n chooses
 * another sequence, STEPS=n its length. */
#include "tests/arm/both_fixture.h"

#include "tests/support/random.h"

enum {
    SPACES = 4,
    FRAMES = 6, /* of each kind of page */
    DEFAULT_STEPS = 6000,

    TABLES = RAM_BASE, /* each space's: first level, second level */
    L2_OFFSET = 0x4000,
    TABLE_SIZE = 0x8000,
    CODE = RAM_BASE + 0x80000,
    VECTORS = RAM_BASE + 0x81000,
    FRAME = RAM_BASE + 0xc0000,

    WINDOW = 0x00100000, /* virtual: a page of each kind */
    STOP = 0xeafffffe,   /* b . */
    RETURN = 0xe12fff1e, /* bx lr */
    ROUTINE_WORDS = 16,
    FPSCR_FZ = 1 << 24,
    FPSCR_RZ = 3 << 22,
    FPSCR_LEN = 1 << 16,
};

enum page { PRIVATE_DATA, SHARED_DATA, PRIVATE_CODE, SHARED_CODE, PAGES };

/* Where functions are in a page of code. */
enum function {
    NUMBER = 0x000, /* r0 = number of the frame */
    SUM = 0x040,    /* r0 = s0 + s1, exclusive or number of the frame */
    ACROSS = 0x080, /* goes on at NUMBER of the other page of code */
};

enum routine {
    SWITCH,
    READ,
    CALL,
    SET_FPEXC,
    SET_FPSCR,
    SET_DACR,
    FLUSH_ALL,
    FLUSH_MVA,
    FLUSH_ASID,
    FLUSH_MVAA
};
static const uint32_t routines[][ROUTINE_WORDS] = {
    /* mov r3, #0; CONTEXTIDR = r3; isb; TTBR0 = r0; isb; CONTEXTIDR = r1; isb (B3.10.4) */
    [SWITCH] = {0xe3a03000, 0xee0d3f30, 0xf57ff06f, 0xee020f10, 0xf57ff06f, 0xee0d1f30, 0xf57ff06f,
                STOP},
    [READ] = {0xe5900000, STOP},                  /* ldr r0, [r0] */
    [CALL] = {0xe12fff30, STOP},                  /* blx r0 */
    [SET_FPEXC] = {0xeee80a10, 0xf57ff06f, STOP}, /* vmsr fpexc, r0; isb */
    [SET_FPSCR] = {0xeee10a10, STOP},             /* vmsr fpscr, r0 */
    [SET_DACR] = {0xee030f10, 0xf57ff06f, STOP},
    [FLUSH_ALL] = {0xee080f17, 0xf57ff04f, 0xf57ff06f, STOP}, /* TLBIALL; dsb; isb */
    [FLUSH_MVA] = {0xee080f37, 0xf57ff04f, 0xf57ff06f, STOP},
    [FLUSH_ASID] = {0xee080f57, 0xf57ff04f, 0xf57ff06f, STOP},
    [FLUSH_MVAA] = {0xee080f77, 0xf57ff04f, 0xf57ff06f, STOP},
};

struct model {
    struct fixture *f;
    uint64_t random;
    unsigned space; /* the current one */
    struct {
        unsigned asid;
        unsigned frames[PAGES]; /* mapped; FRAMES: none */
    } spaces[SPACES];
    unsigned next_asid;
    bool enabled; /* FPEXC.EN */
    uint32_t fpscr;
};

static uint32_t page_address(enum page page)
{
    return WINDOW + (uint32_t)page * SPACE_PAGE_SIZE;
}

static uint32_t frame_address(enum page page, unsigned frame)
{
    return FRAME + ((uint32_t)page * FRAMES + frame) * SPACE_PAGE_SIZE;
}

static bool is_shared(enum page page)
{
    return page == SHARED_DATA || page == SHARED_CODE;
}

static void set_mapping(struct model *m, unsigned space, enum page page, unsigned frame)
{
    enum { SMALL = 2, ANY_ACCESS = 3 << 4, NOT_GLOBAL = 1 << 11 };
    uint32_t flags = SMALL | ANY_ACCESS | (is_shared(page) ? 0 : NOT_GLOBAL);
    m->spaces[space].frames[page] = frame;
    poke32(m->f, TABLES + space * TABLE_SIZE + L2_OFFSET + (uint32_t)page * 4,
           frame < FRAMES ? frame_address(page, frame) | flags : 0);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Runs a routine in the mode; true if it came to its end, otherwise *vector is that of the
 * exception. */
static bool run(struct model *m, enum routine routine, uint32_t mode, uint32_t r0, uint32_t r1,
                uint32_t *vector)
{
    struct arm_cpu *cpu = m->f->cpu;
    uint32_t start = CODE + (uint32_t)routine * sizeof(routines[0]);
    set_mode(cpu, mode);
    cpu->r[0] = r0;
    cpu->r[1] = r1;
    cpu->r[15] = start;
    if (routine == CALL && random_below(&m->random, 2)) {
        /* At once at the function: what a run begins with is what becomes hot. */
        cpu->r[14] = start + 4;
        cpu->r[15] = r0;
    }
    enum { BUDGET = 40 };
    cpu->cpu.counted = true;
    cpu->cpu.budget = BUDGET;
    jit_run(&cpu->cpu);
    cpu->cpu.insns += 10000; /* as many as make the second tier ready soon */
    *vector = cpu->r[15] - VECTORS;
    return cpu->r[15] - start < sizeof(routines[0]);
}

static void do_system(struct model *m, enum routine routine, uint32_t r0, uint32_t r1)
{
    uint32_t vector;
    assert_true(run(m, routine, ARM_MODE_SVC, r0, r1, &vector));
}

static uint32_t any_mode(struct model *m)
{
    return random_below(&m->random, 2) ? ARM_MODE_USR : ARM_MODE_SVC;
}

/* What a routine of r0 must come to: a value in r0, or an exception. */
static void check(struct model *m, enum routine routine, uint32_t address, bool good,
                  uint32_t value, uint32_t vector)
{
    uint32_t actual;
    bool ended = run(m, routine, any_mode(m), address, 0, &actual);
    if (ended != good || (good ? m->f->cpu->r[0] != value : actual != vector)) {
        fail_msg("space %u, address 0x%08x: %s 0x%x, not %s 0x%x", m->space, address,
                 ended ? "result" : "vector", ended ? m->f->cpu->r[0] : actual,
                 good ? "result" : "vector", good ? value : vector);
    }
}

/* ---- what is expected ------------------------------------------------------------------------ */

enum { UNDEFINED = 0x04, PREFETCH_ABORT = 0x0c, DATA_ABORT = 0x10 };

static void check_data(struct model *m, enum page page)
{
    unsigned frame = m->spaces[m->space].frames[page];
    check(m, READ, page_address(page), frame < FRAMES, frame_address(page, frame), DATA_ABORT);
}

static void check_number(struct model *m, enum page page, enum function function)
{
    const unsigned *frames = m->spaces[m->space].frames;
    enum page other = page == PRIVATE_CODE ? SHARED_CODE : PRIVATE_CODE;
    bool good = frames[page] < FRAMES && (function == NUMBER || frames[other] < FRAMES);
    check(m, CALL, page_address(page) + function, good, frames[function == NUMBER ? page : other],
          PREFETCH_ABORT);
}

static void check_sum(struct model *m, enum page page)
{
    static const struct {
        uint32_t a, b, sum, flushed, chopped;
    } cases[] = {
        {0x00000001, 0x00000002, 0x00000003, 0x00000000, 0x00000003}, /* denormal */
        {0x3f800000, 0x33800001, 0x3f800001, 0x3f800001,
         0x3f800000}, /* 1, and a bit more than half its last place */
    };
    unsigned i = random_below(&m->random, 2), frame = m->spaces[m->space].frames[page];
    m->f->cpu->d[0] = cases[i].a | (uint64_t)cases[i].b << 32;
    uint32_t sum = m->fpscr & FPSCR_FZ ? cases[i].flushed : cases[i].sum;
    if ((m->fpscr & FPSCR_RZ) == FPSCR_RZ && i == 1) {
        sum = cases[i].chopped;
    }
    bool good =
        frame < FRAMES && m->enabled && !(m->fpscr & FPSCR_LEN); /* no short vectors (A2.6.3) */
    check(m, CALL, page_address(page) + SUM, good, sum ^ frame,
          frame < FRAMES ? UNDEFINED : PREFETCH_ABORT);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void switch_space(struct model *m, unsigned space)
{
    m->space = space;
    do_system(m, SWITCH, TABLES + space * TABLE_SIZE, m->spaces[space].asid);
}

/* Another frame for a page of a space, or none, and one of the operations that make it known. */
static void remap(struct model *m)
{
    enum page page = random_below(&m->random, PAGES);
    unsigned space = random_below(&m->random, SPACES);
    unsigned frame = random_below(&m->random, FRAMES + 1);
    for (unsigned i = 0; i < SPACES; i++) {
        if (is_shared(page) || i == space) {
            set_mapping(m, i, page, frame);
        }
    }
    unsigned asid = m->spaces[space].asid;
    switch (random_below(&m->random, 4)) {
    case 0:
        do_system(m, FLUSH_ALL, 0, 0);
        break;
    case 1:
        do_system(m, FLUSH_MVAA, page_address(page), 0);
        break;
    case 2: /* by ASID leaves global entries */
        if (!is_shared(page)) {
            do_system(m, FLUSH_ASID, asid, 0);
            break;
        }
        /* fall through */
    default: /* by address matches global entries whatever the ASID */
        do_system(m, FLUSH_MVA, page_address(page) | asid, 0);
    }
}

/* A new ASID, like that of a new process. */
static void renew(struct model *m)
{
    unsigned space = random_below(&m->random, SPACES);
    m->next_asid = m->next_asid % 200 + 1;
    m->spaces[space].asid = m->next_asid + SPACES;
    do_system(m, FLUSH_ASID, m->spaces[space].asid, 0);
    if (space == m->space) {
        switch_space(m, space);
    }
}

static void change_floating_point(struct model *m)
{
    static const uint32_t modes[] = {0, 0, FPSCR_FZ, FPSCR_RZ, FPSCR_FZ | FPSCR_RZ, FPSCR_LEN};
    if (random_percent(&m->random, 40)) {
        m->enabled = !m->enabled;
        do_system(m, SET_FPEXC, m->enabled ? ARM_FPEXC_EN : 0, 0);
    } else if (m->enabled) {
        m->fpscr = modes[random_below(&m->random, ARRAY_SIZE(modes))];
        do_system(m, SET_FPSCR, m->fpscr, 0);
    }
}

static void step(struct model *m)
{
    unsigned choice = random_below(&m->random, 100);
    enum page code = random_below(&m->random, 2) ? PRIVATE_CODE : SHARED_CODE;
    if (choice < 20) {
        switch_space(m, random_below(&m->random, SPACES));
    } else if (choice < 28) {
        remap(m);
    } else if (choice < 30) {
        renew(m);
    } else if (choice < 32) {
        do_system(m, SET_DACR, random_below(&m->random, 2) ? 1 : 3, 0); /* client or manager */
    } else if (choice < 42) {
        change_floating_point(m);
    } else if (choice < 56) {
        check_data(m, random_below(&m->random, 2) ? PRIVATE_DATA : SHARED_DATA);
    } else if (choice < 80) {
        check_number(m, code, random_below(&m->random, 2) ? NUMBER : ACROSS);
    } else {
        check_sum(m, code);
    }
}

/* ---- the guest's memory ---------------------------------------------------------------------- */

static void fill_frame(struct fixture *f, enum page page, unsigned frame)
{
    uint32_t at = frame_address(page, frame);
    if (page == PRIVATE_DATA || page == SHARED_DATA) {
        poke32(f, at, at);
        return;
    }
    enum page other = page == PRIVATE_CODE ? SHARED_CODE : PRIVATE_CODE;
    uint32_t from = page_address(page) + ACROSS, to = page_address(other) + NUMBER;
    poke32(f, at + NUMBER, 0xe3a00000 | frame); /* mov r0, #frame */
    poke32(f, at + NUMBER + 4, RETURN);
    poke32(f, at + SUM, 0xee300a20);             /* vadd.f32 s0, s0, s1 */
    poke32(f, at + SUM + 4, 0xee100a10);         /* vmov r0, s0 */
    poke32(f, at + SUM + 8, 0xe2200000 | frame); /* eor r0, r0, #frame */
    poke32(f, at + SUM + 12, RETURN);
    poke32(f, at + ACROSS, 0xea000000 | ((to - from - 8) >> 2 & 0xffffff)); /* b */
}

static void prepare(struct fixture *f)
{
    enum { SECTION = 2, TABLE = 1, FULL_ACCESS = 3 << 10 };
    for (unsigned space = 0; space < SPACES; space++) {
        uint32_t l1 = TABLES + space * TABLE_SIZE;
        poke32(f, l1 + (RAM_BASE >> 20) * 4, RAM_BASE | FULL_ACCESS | SECTION);
        poke32(f, l1 + (WINDOW >> 20) * 4, (l1 + L2_OFFSET) | TABLE);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(routines); i++) {
        for (unsigned n = 0; n < ROUTINE_WORDS; n++) {
            poke32(f, CODE + (i * ROUTINE_WORDS + n) * 4, routines[i][n]);
        }
    }
    for (unsigned i = 0; i < 32; i += 4) {
        poke32(f, VECTORS + i, STOP);
    }
    for (enum page page = 0; page < PAGES; page++) {
        for (unsigned frame = 0; frame < FRAMES; frame++) {
            fill_frame(f, page, frame);
        }
    }
    set_mode(f->cpu, ARM_MODE_SVC);
    f->cpu->sys.cpacr |= 0xf << 20;
    cp15_write(f->cpu, 0, 12, 0, 0, VECTORS);
    cp15_write(f->cpu, 0, 2, 0, 0, TABLES);
    cp15_write(f->cpu, 0, 3, 0, 0, 1);
    cp15_write(f->cpu, 0, 1, 0, 0, 0x00c50079); /* MMU on */
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void the_model_holds(void **state)
{
    struct model m = {.f = *state, .random = number_from("SEED", 1)};
    uint64_t steps = number_from("STEPS", DEFAULT_STEPS);
    for (unsigned space = 0; space < SPACES; space++) {
        m.spaces[space].asid = space + 1;
        for (enum page page = 0; page < PAGES; page++) {
            set_mapping(&m, space, page, is_shared(page) ? 0 : space);
        }
    }
    switch_space(&m, 0);
    for (uint64_t i = 0; i < steps; i++) {
        step(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_model_holds, interpreted, destroy),
        cmocka_unit_test_setup_teardown(the_model_holds, translated, destroy),
        cmocka_unit_test_setup_teardown(the_model_holds, tiered, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
