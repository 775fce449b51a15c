/* Instructions that a comparison in User mode does not reach: exclusives, other modes' registers,
 * exception returns, endianness, IT blocks that are interrupted, instructions across pages. By the
 * interpreter and by host code. */
#include "tests/arm/both_fixture.h"

enum {
    CODE = RAM_BASE + 0x8000,
    DATA = RAM_BASE + 0x10000,
    VECTORS = RAM_BASE + 0x20000,
    STOP = 0xeafffffe, /* b . */
};

static void prepare(struct fixture *f)
{
    f->cpu->sys.vbar = VECTORS;
    for (unsigned i = 0; i < 32; i += 4) {
        poke32(f, VECTORS + i, STOP);
    }
    for (unsigned i = 0; i < 64; i += 4) {
        poke32(f, DATA + i, 0x11111111 * (i / 4 + 1));
    }
    set_mode(f->cpu, ARM_MODE_SVC);
}

static uint32_t peek32(const struct fixture *f, uint32_t address)
{
    uint32_t value;
    memcpy(&value, f->ram + (address - RAM_BASE), sizeof value);
    return value;
}

/* Runs up to `count` instructions of what is in memory. */
static void go(struct fixture *f, uint32_t pc, unsigned count)
{
    jit_written(f->jit, f->ram, RAM_SIZE);
    f->cpu->r[15] = pc;
    f->cpu->cpu.counted = true;
    f->cpu->cpu.budget = count;
    jit_run(&f->cpu->cpu);
}

static void poke16(struct fixture *f, uint32_t physical, uint16_t value)
{
    memcpy(f->ram + (physical - RAM_BASE), &value, sizeof value);
}

#define RUN_A32(f, ...)                                                                            \
    run_a32(f, (const uint32_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})))
#define RUN_THUMB(f, at, ...)                                                                      \
    run_thumb(f, at, (const uint16_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint16_t[]){__VA_ARGS__})))

static void run_a32(struct fixture *f, const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        poke32(f, CODE + 4 * i, words[i]);
    }
    poke32(f, CODE + 4 * count, STOP);
    go(f, CODE, count);
}

/* Halfwords at `at`, then b. */
static void run_thumb(struct fixture *f, uint32_t at, const uint16_t *halves, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        poke16(f, at + 2 * i, halves[i]);
    }
    poke16(f, at + 2 * count, 0xe7fe);
    go(f, at | 1, count);
}

/* ---- exclusives ------------------------------------------------------------------------------ */

static void test_exclusive(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = DATA;
    cpu->r[3] = 77;
    /* ldrex r0, [r1]; strex r2, r3, [r1]; strex r4, r3, [r1] */
    RUN_A32(f, 0xe1910f9f, 0xe1812f93, 0xe1814f93);
    assert_int_equal(cpu->r[0], 0x11111111);
    assert_int_equal(cpu->r[2], 0);
    assert_int_equal(cpu->r[4], 1);
    assert_int_equal(peek32(f, DATA), 77);
}

static void test_exclusive_lost(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = DATA;
    cpu->r[3] = 77;
    /* ldrex r0, [r1]; clrex; strex r5, r3, [r1] */
    RUN_A32(f, 0xe1910f9f, 0xf57ff01f, 0xe1815f93);
    assert_int_equal(cpu->r[5], 1);
    /* ldrex r0, [r1]; str r3, [r1]; strex r5, r3, [r1]: memory has changed */
    RUN_A32(f, 0xe1910f9f, 0xe5813000, 0xe1815f93);
    assert_int_equal(cpu->r[5], 1);
    /* ldrex r0, [r1]; add r1, #4; strex r5, r3, [r1]: another address */
    RUN_A32(f, 0xe1910f9f, 0xe2811004, 0xe1815f93);
    assert_int_equal(cpu->r[5], 1);
    assert_int_equal(peek32(f, DATA + 4), 0x22222222);
}

static void test_exclusive_pair(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = DATA + 8;
    cpu->r[8] = 0x88;
    cpu->r[9] = 0x99;
    /* ldrexd r6, r7, [r1]; strexd r2, r8, r9, [r1] */
    RUN_A32(f, 0xe1b16f9f, 0xe1a12f98);
    assert_int_equal(cpu->r[6], 0x33333333);
    assert_int_equal(cpu->r[7], 0x44444444);
    assert_int_equal(cpu->r[2], 0);
    assert_int_equal(peek32(f, DATA + 8), 0x88);
    assert_int_equal(peek32(f, DATA + 12), 0x99);
}

/* An open monitor is not taken for a byte's address. */
static void test_exclusive_byte_one(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = 1;
    /* strexb r5, r3, [r1]: fails, and does not touch address 1, where nothing is */
    RUN_A32(f, 0xe1c15f93);
    assert_int_equal(cpu->r[5], 1);
    assert_int_equal(cpu->r[15], CODE + 4);
}

static void test_swap(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = DATA;
    cpu->r[3] = 5;
    RUN_A32(f, 0xe1010093);
    assert_int_equal(cpu->r[0], 0x11111111);
    assert_int_equal(peek32(f, DATA), 5);
}

/* ---- modes ----------------------------------------------------------------------------------- */

static void test_cps(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[13] = 0x5bc;
    cpu->r13[ARM_BANK_IRQ] = 0x1490;
    /* cps #irq; cpsid aif */
    RUN_A32(f, 0xf1020012, 0xf10c01c0);
    assert_int_equal(arm_cpsr_read(cpu) & 0x1ff, ARM_MODE_IRQ | 0x1c0);
    assert_int_equal(cpu->r[13], 0x1490);
    assert_int_equal(cpu->r13[ARM_BANK_SVC], 0x5bc);
}

static void test_msr_mode(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[1] = ARM_MODE_FIQ | ARM_CPSR_I;
    cpu->r[8] = 8;
    cpu->r8_fiq[0] = 0xf8;
    /* msr cpsr_c, r1; mov r0, r8 */
    RUN_A32(f, 0xe121f001, 0xe1a00008);
    assert_int_equal(cpu->cpsr & 0xff, ARM_MODE_FIQ | ARM_CPSR_I);
    assert_int_equal(cpu->r[0], 0xf8);
}

/* User mode's r8, r9, sp and lr to DATA, and others from behind that. */
static void store_and_load_user_registers(struct fixture *f)
{
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = DATA;
    cpu->r13[ARM_BANK_USR] = 0xaa;
    cpu->r14[ARM_BANK_USR] = 0xbb;
    /* stm r0, {r8, r9, sp, lr}^ */
    RUN_A32(f, 0xe8c06300);
    const uint32_t stored[] = {0x88, 0x99, 0xaa, 0xbb};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(peek32(f, DATA + 4 * i), stored[i]);
    }
    cpu->r[0] = DATA + 16;
    /* ldm r0, {r8, r9, sp, lr}^ */
    RUN_A32(f, 0xe8d06300);
    assert_int_equal(cpu->r14[ARM_BANK_USR], 0x88888888);
}

static void test_user_registers(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[13] = 1;
    cpu->r[8] = 0x88;
    cpu->r[9] = 0x99;
    store_and_load_user_registers(f);
    assert_int_equal(cpu->r[8], 0x55555555);
    assert_int_equal(cpu->r[9], 0x66666666);
    assert_int_equal(cpu->r[13], 1);
    assert_int_equal(cpu->r13[ARM_BANK_USR], 0x77777777);
}

/* FIQ mode has r8 to r12 of its own. */
static void test_user_registers_from_fiq(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    set_mode(cpu, ARM_MODE_FIQ);
    cpu->r[8] = 0xf8;
    cpu->r8_usr[0] = 0x88;
    cpu->r8_usr[1] = 0x99;
    store_and_load_user_registers(f);
    assert_int_equal(cpu->r[8], 0xf8);
    assert_int_equal(cpu->r8_usr[0], 0x55555555);
}

static void test_banked_registers(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->features |= ARM_FEATURE_VIRT;
    cpu->r13[ARM_BANK_USR] = 0xaa;
    /* mrs r1, sp_usr; msr spsr_irq, r1 */
    RUN_A32(f, 0xe1051200, 0xe160f301);
    assert_int_equal(cpu->r[1], 0xaa);
    assert_int_equal(cpu->spsr[ARM_BANK_IRQ], 0xaa);
}

/* ---- exception returns ----------------------------------------------------------------------- */

static void test_return_by_movs(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->spsr[ARM_BANK_SVC] = ARM_MODE_USR | ARM_CPSR_T | ARM_CPSR_Z;
    cpu->r13[ARM_BANK_USR] = 0xaa;
    cpu->r[14] = DATA;
    poke16(f, DATA, 0xe7fe);
    /* movs pc, lr */
    RUN_A32(f, 0xe1b0f00e);
    assert_int_equal(cpu->r[15], DATA | 1);
    assert_int_equal(cpu->cpsr & ARM_CPSR_MODE, ARM_MODE_USR);
    assert_int_equal(cpu->zf, 0);
    assert_int_equal(cpu->r[13], 0xaa);
}

static void test_return_by_ldm(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->spsr[ARM_BANK_SVC] = ARM_MODE_SYS;
    cpu->r[0] = DATA;
    poke32(f, DATA + 4, DATA + 0x100);
    poke32(f, DATA + 0x100, STOP);
    /* ldm r0!, {r1, pc}^ */
    RUN_A32(f, 0xe8f08002);
    assert_int_equal(cpu->r[15], DATA + 0x100);
    assert_int_equal(cpu->r[1], 0x11111111);
    assert_int_equal(cpu->r[0], DATA + 8);
    assert_int_equal(cpu->cpsr & ARM_CPSR_MODE, ARM_MODE_SYS);
}

/* SRS and RFE as Linux's Thumb-2 kernels use them. */
static void test_srs_rfe(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    set_mode(cpu, ARM_MODE_IRQ);
    cpu->r13[ARM_BANK_SVC] = DATA + 16;
    cpu->spsr[ARM_BANK_IRQ] = ARM_MODE_SYS | ARM_CPSR_C;
    cpu->r[14] = CODE + 0x100;
    poke32(f, CODE + 0x100, STOP);
    /* srsdb sp!, #svc; cps #svc; rfeia sp! */
    RUN_A32(f, 0xf96d0513, 0xf1020013, 0xf8bd0a00);
    assert_int_equal(peek32(f, DATA + 8), CODE + 0x100);
    assert_int_equal(peek32(f, DATA + 12), ARM_MODE_SYS | ARM_CPSR_C);
    assert_int_equal(cpu->r[15], CODE + 0x100);
    assert_int_equal(cpu->cpsr & ARM_CPSR_MODE, ARM_MODE_SYS);
    assert_int_equal(cpu->cf, 1);
    assert_int_equal(cpu->r13[ARM_BANK_SVC], DATA + 16);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void test_big_endian(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = DATA;
    poke32(f, DATA, 0x03020100);
    poke32(f, DATA + 4, 0x07060504);
    /* setend be; ldr r1, [r0]; ldrd r2, r3, [r0]; ldrh r4, [r0]; strd r2, r3, [r0, #8]; setend
     * le */
    RUN_A32(f, 0xf1010200, 0xe5901000, 0xe1c020d0, 0xe1d040b0, 0xe1c020f8, 0xf1010000);
    assert_int_equal(cpu->r[1], 0x00010203);
    assert_int_equal(cpu->r[2], 0x00010203);
    assert_int_equal(cpu->r[3], 0x04050607);
    assert_int_equal(cpu->r[4], 0x0001);
    assert_int_equal(peek32(f, DATA + 8), 0x03020100);
    assert_int_equal(peek32(f, DATA + 12), 0x07060504);
    assert_int_equal(cpu->cpsr & ARM_CPSR_E, 0);
}

/* LDM is aligned whatever SCTLR.A says; nothing of it has happened when it faults. */
static void test_ldm_misaligned(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = DATA + 2;
    cpu->r[1] = cpu->r[2] = 9;
    /* ldm r0, {r1, r2} */
    RUN_A32(f, 0xe8900006);
    assert_int_equal(cpu->r[15], VECTORS + 0x10);
    assert_int_equal(cpu->r[14], CODE + 8);
    assert_int_equal(cpu->r[1], 9);
    assert_int_equal(cpu->sys.dfar, DATA + 2);
}

/* A load of several registers that faults in its middle keeps its base. */
static void test_ldm_fault(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = RAM_BASE + RAM_SIZE - 8;
    /* ldm r0!, {r1, r2, r3} */
    RUN_A32(f, 0xe8b0000e);
    assert_int_equal(cpu->r[15], VECTORS + 0x10);
    assert_int_equal(cpu->r[0], RAM_BASE + RAM_SIZE - 8);
}

static void test_interworking(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->r[0] = DATA;
    poke32(f, DATA, CODE + 0x101);
    poke16(f, CODE + 0x100, 0xe7fe);
    /* ldr pc, [r0] */
    RUN_A32(f, 0xe590f000);
    assert_int_equal(cpu->r[15], CODE + 0x101);
}

/* ---- Thumb ----------------------------------------------------------------------------------- */

/* SVC in an IT block saves the ITSTATE of the instruction after it. */
static void test_svc_in_it(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->zf = 1; /* Z clear */
    cpu->r[0] = 9;
    /* ite eq; moveq r0, #1; svcne #3 */
    RUN_THUMB(f, CODE, 0xbf0c, 0x2001, 0xdf03);
    assert_int_equal(cpu->r[0], 9);
    assert_int_equal(cpu->r[15], VECTORS + 8);
    assert_int_equal(cpu->r[14], CODE + 6);
    assert_int_equal(cpu->spsr[ARM_BANK_SVC] & 0x0600fc00, 0);
    /* itt ne; svcne #3; addne r0, r0, r1: one instruction is left, and is executed after the
     * return */
    set_mode(cpu, ARM_MODE_SVC);
    cpu->r[1] = 2;
    poke32(f, VECTORS + 8, 0xe1b0f00e); /* movs pc, lr */
    RUN_THUMB(f, CODE, 0xbf1c, 0xdf03, 0x1840);
    go(f, cpu->r[15], 2);
    assert_int_equal(cpu->r[0], 11);
    assert_int_equal(cpu->it, 0);
}

/* A fault in an IT block records the ITSTATE of the instruction, so that it can be repeated. */
static void test_fault_in_it(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    cpu->zf = 1;
    cpu->r[0] = 0x1000; /* nothing is there */
    /* itt ne; addne r1, #1; ldrne r2, [r0] */
    RUN_THUMB(f, CODE, 0xbf1c, 0x3101, 0x6802);
    assert_int_equal(cpu->r[15], VECTORS + 0x10);
    /* ITSTATE 0001 1000: IT<7:2> in bits 15-10, IT<1:0> in 26-25 */
    assert_int_equal(cpu->spsr[ARM_BANK_ABT] & 0x0600fc00, 0x18 << 8);
}

/* An IT block across two pages goes on in its middle. */
static void test_it_across_pages(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    for (unsigned before = 0; before < 5; before++) {
        cpu->zf = 1;
        cpu->r[0] = 0;
        /* ittee ne; addne r0, #1; addne r0, #2; addeq r0, #4; addeq r0, #8 */
        uint32_t at = CODE + 0x1000 - 2 * (before + 1);
        RUN_THUMB(f, at, 0xbf19, 0x3001, 0x3002, 0x3004, 0x3008);
        assert_int_equal(cpu->r[0], 3);
        assert_int_equal(cpu->it, 0);
    }
}

static void test_wide_across_pages(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    uint32_t at = CODE + 0x1000 - 2;
    cpu->r[0] = 1;
    /* add.w r0, r0, #256 */
    poke16(f, at, 0xf500);
    poke16(f, at + 2, 0x7080);
    poke16(f, at + 4, 0xe7fe);
    go(f, at | 1, 1);
    assert_int_equal(cpu->r[0], 257);
    assert_int_equal(cpu->r[15], (at + 4) | 1);
    /* The second half changes: #512 */
    poke16(f, at + 2, 0x7000);
    go(f, at | 1, 1);
    assert_int_equal(cpu->r[0], 769);
    /* in a straight line, and as a branch target within the page */
    poke16(f, at - 4, 0xe000); /* b at */
    poke16(f, at - 2, 0xde00);
    cpu->r[0] = 1;
    go(f, (at - 4) | 1, 2);
    assert_int_equal(cpu->r[0], 513);
}

/* The page behind is not there: the abort is at the instruction, its address in IFAR that of the
 * second half. */
static void test_wide_fetch_fault(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    uint32_t at = RAM_BASE + RAM_SIZE - 2;
    poke16(f, at - 2, 0x2005); /* movs r0, #5 */
    poke16(f, at, 0xf500);
    go(f, (at - 2) | 1, 2);
    assert_int_equal(cpu->r[15], VECTORS + 0xc);
    assert_int_equal(cpu->r[14], at + 4);
    assert_int_equal(cpu->sys.ifar, at + 2);
    assert_int_equal(cpu->r[0], 5);
}

static void test_blx(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    poke32(f, CODE + 0x100, 0xe12fff1e); /* bx lr */
    cpu->r[3] = CODE + 0x100;
    cpu->r[0] = 0;
    /* blx r3; movs r0, #7 */
    RUN_THUMB(f, CODE, 0x4798, 0x2007);
    go(f, cpu->r[15], 1);
    assert_int_equal(cpu->r[14], CODE + 3);
    assert_int_equal(cpu->r[0], 7);
}

#define BOTH(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, interpreted, destroy),                                   \
        cmocka_unit_test_setup_teardown(name, translated, destroy)

/* A function rewrites the instruction that its call returns to. */
static void test_caller_rewritten(void **state)
{
    struct fixture *f = *state;
    struct arm_cpu *cpu = f->cpu;
    enum { FUNCTION = CODE + 0x1000 };
    /* mov r5, #0; bl FUNCTION; add r5, #1; subs r4, #1; bne back to bl */
    const uint32_t caller[] = {0xe3a05000, 0xeb0003fd, 0xe2855001, 0xe2544001, 0x1afffffb, STOP};
    /* cmp r4, #2; streq r1, [r2]; bx lr */
    const uint32_t function[] = {0xe3540002, 0x05821000, 0xe12fff1e};
    for (unsigned i = 0; i < ARRAY_SIZE(caller); i++) {
        poke32(f, CODE + 4 * i, caller[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(function); i++) {
        poke32(f, FUNCTION + 4 * i, function[i]);
    }
    cpu->r[1] = 0xe2855010; /* add r5, #16 */
    cpu->r[2] = CODE + 8;
    cpu->r[4] = 5;
    go(f, CODE, 200);
    assert_int_equal(cpu->r[4], 0);
    assert_int_equal(cpu->r[5], 3 * 1 + 2 * 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_exclusive),
        BOTH(test_exclusive_lost),
        BOTH(test_exclusive_pair),
        BOTH(test_exclusive_byte_one),
        BOTH(test_swap),
        BOTH(test_cps),
        BOTH(test_msr_mode),
        BOTH(test_user_registers),
        BOTH(test_user_registers_from_fiq),
        BOTH(test_banked_registers),
        BOTH(test_return_by_movs),
        BOTH(test_return_by_ldm),
        BOTH(test_srs_rfe),
        BOTH(test_big_endian),
        BOTH(test_ldm_misaligned),
        BOTH(test_ldm_fault),
        BOTH(test_interworking),
        BOTH(test_svc_in_it),
        BOTH(test_fault_in_it),
        BOTH(test_it_across_pages),
        BOTH(test_wide_across_pages),
        BOTH(test_wide_fetch_fault),
        BOTH(test_blx),
        BOTH(test_caller_rewritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
