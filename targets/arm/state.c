#include "core/base/check.h"
#include "core/base/hash.h"
#include "targets/arm/frontend.h"
#include "targets/arm/models.h"
#include "targets/arm/sysregs.h"
#include "targets/arm/system.h"
#include "targets/arm/timer.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Bank + 1 by the low four bits of the mode (B1.3.2); 0: no such mode. System mode shares
 * User's. */
static const uint8_t arm_banks[16] = {
    [ARM_MODE_USR & 15] = ARM_BANK_USR + 1, [ARM_MODE_FIQ & 15] = ARM_BANK_FIQ + 1,
    [ARM_MODE_IRQ & 15] = ARM_BANK_IRQ + 1, [ARM_MODE_SVC & 15] = ARM_BANK_SVC + 1,
    [ARM_MODE_ABT & 15] = ARM_BANK_ABT + 1, [ARM_MODE_UND & 15] = ARM_BANK_UND + 1,
    [ARM_MODE_SYS & 15] = ARM_BANK_USR + 1,
};

unsigned arm_mode_bank(uint32_t mode)
{
    CHECK(arm_banks[mode & 15]);
    return arm_banks[mode & 15] - 1u;
}

bool arm_mode_valid(uint32_t mode)
{
    return mode & 0x10 && arm_banks[mode & 15];
}

void arm_mode_change(struct arm_cpu *cpu, uint32_t mode)
{
    uint32_t old = cpu->cpsr & ARM_CPSR_MODE;
    if (old == mode) {
        return;
    }
    unsigned from = arm_mode_bank(old), to = arm_mode_bank(mode);
    if (from != to) {
        cpu->r13[from] = cpu->r[13];
        cpu->r14[from] = cpu->r[14];
        cpu->r[13] = cpu->r13[to];
        cpu->r[14] = cpu->r14[to];
        if (old == ARM_MODE_FIQ) {
            memcpy(cpu->r8_fiq, &cpu->r[8], sizeof(cpu->r8_fiq));
            memcpy(&cpu->r[8], cpu->r8_usr, sizeof(cpu->r8_usr));
        } else if (mode == ARM_MODE_FIQ) {
            memcpy(cpu->r8_usr, &cpu->r[8], sizeof(cpu->r8_usr));
            memcpy(&cpu->r[8], cpu->r8_fiq, sizeof(cpu->r8_fiq));
        }
    }
    cpu->cpsr = (cpu->cpsr & ~(uint32_t)ARM_CPSR_MODE) | mode;
    if ((old == ARM_MODE_USR) != (mode == ARM_MODE_USR)) {
        arm_space_update(cpu);
    }
}

/* IT<7:2> is in CPSR<15:10>, IT<1:0> in CPSR<26:25> (B1.3.3). */
static uint32_t arm_it_to_cpsr(uint32_t it)
{
    return (it & 0xfc) << 8 | (it & 3) << 25;
}

static uint32_t arm_it_from_cpsr(uint32_t cpsr)
{
    return (cpsr >> 8 & 0xfc) | (cpsr >> 25 & 3);
}

uint32_t arm_cpsr_read(const struct arm_cpu *cpu)
{
    return cpu->cpsr | (cpu->nf & ARM_CPSR_N) | (cpu->zf ? 0 : (uint32_t)ARM_CPSR_Z) |
           cpu->cf << 29 | cpu->vf << 28 | cpu->qf << 27 | cpu->ge << ARM_CPSR_GE_SHIFT |
           arm_it_to_cpsr(cpu->it) | (cpu->r[15] & 1) << 5;
}

void arm_cpsr_write(struct arm_cpu *cpu, uint32_t value, uint32_t mask)
{
    const uint32_t it_bits = UINT32_C(0x0600fc00), ge_bits = UINT32_C(0x000f0000);
    const uint32_t kept =
        ARM_CPSR_F | ARM_CPSR_I | ARM_CPSR_A | ARM_CPSR_E | ARM_CPSR_J; /* in cpu->cpsr */
    if (mask & ARM_CPSR_N) {
        cpu->nf = value & ARM_CPSR_N;
    }
    if (mask & ARM_CPSR_Z) {
        cpu->zf = !(value & ARM_CPSR_Z);
    }
    if (mask & ARM_CPSR_C) {
        cpu->cf = value >> 29 & 1;
    }
    if (mask & ARM_CPSR_V) {
        cpu->vf = value >> 28 & 1;
    }
    if (mask & ARM_CPSR_Q) {
        cpu->qf = value >> 27 & 1;
    }
    if (mask & ge_bits) {
        uint32_t ge = cpu->ge << ARM_CPSR_GE_SHIFT;
        cpu->ge = ((ge & ~mask) | (value & mask & ge_bits)) >> ARM_CPSR_GE_SHIFT;
    }
    if (mask & it_bits) {
        uint32_t it = arm_it_to_cpsr(cpu->it);
        cpu->it = arm_it_from_cpsr((it & ~mask) | (value & mask & it_bits));
    }
    if (mask & ARM_CPSR_T) {
        cpu->r[15] = (cpu->r[15] & ~UINT32_C(1)) | (value >> 5 & 1);
    }
    cpu->cpsr = (cpu->cpsr & ~(mask & kept)) | (value & mask & kept);
    /* A mode that does not exist is UNPREDICTABLE to write; the mode then stays. */
    if (mask & ARM_CPSR_MODE && arm_mode_valid(value & ARM_CPSR_MODE)) {
        arm_mode_change(cpu, value & ARM_CPSR_MODE);
    }
    if (mask & (ARM_CPSR_I | ARM_CPSR_F)) {
        arm_check_interrupts(cpu);
    }
}

void arm_check_interrupts(struct arm_cpu *cpu)
{
    if (cpu->interrupts & ~cpu->cpsr) {
        cpu_kick(&cpu->cpu, CPU_POLL_IRQ);
    }
}

void arm_cpu_set_irq(void *opaque, unsigned n, bool level)
{
    struct arm_cpu *cpu = opaque;
    uint32_t bit = n ? ARM_CPSR_F : ARM_CPSR_I;
    cpu->interrupts = (cpu->interrupts & ~bit) | (level ? bit : 0);
    if (level && (cpu->cpu.halted || !(cpu->cpsr & bit))) {
        cpu_kick(&cpu->cpu, CPU_POLL_IRQ);
    }
}

struct arm_cpu *arm_cpu_create(const char *name)
{
    const struct arm_model *model = arm_model_find(name);
    if (!model) {
        return NULL;
    }
    struct arm_cpu *cpu = aligned_alloc(64, (sizeof(*cpu) + 63) / 64 * 64);
    CHECK(cpu);
    memset(cpu, 0, sizeof(*cpu));
    cpu->cpu.guest = &arm_guest_ops;
    cpu->model = model;
    cpu->features = model->features;
    cpu->decoders = arm_decoders_create();
    arm_sysreg_index(cpu);
    arm_timer_create(cpu);
    arm_reset(&cpu->cpu);
    return cpu;
}

void arm_cpu_destroy(struct arm_cpu *cpu)
{
    if (cpu) {
        arm_timer_destroy(cpu);
        arm_decoders_destroy(cpu->decoders);
        free(cpu);
    }
}

/* B1.9.1: SVC mode, interrupts masked, A32 or T32 by SCTLR.TE (0 in our models), at the reset
 * vector. */
void arm_reset(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu(base);
    memset(cpu->r, 0, sizeof(cpu->r));
    memset(cpu->d, 0, sizeof(cpu->d));
    memset(cpu->spsr, 0, sizeof(cpu->spsr));
    memset(cpu->r13, 0, sizeof(cpu->r13));
    memset(cpu->r14, 0, sizeof(cpu->r14));
    memset(cpu->r8_usr, 0, sizeof(cpu->r8_usr));
    memset(cpu->r8_fiq, 0, sizeof(cpu->r8_fiq));
    cpu->nf = cpu->cf = cpu->vf = cpu->qf = cpu->ge = cpu->it = 0;
    cpu->zf = 0; /* flags are UNKNOWN; QEMU's begin with Z, too */
    cpu->exclusive_address = 1;
    cpu->exclusive_value = 0;
    cpu->cpsr = ARM_MODE_SVC | ARM_CPSR_A | ARM_CPSR_I | ARM_CPSR_F;
    cpu->fpexc = 0;
    cpu->fp = (struct fp_env){.nan_rule = FP_NAN_SIGNALLING, .tiny_before = true};
    cpu->fp_std = cpu->fp;
    cpu->fp_std.default_nan = cpu->fp_std.flush_inputs = cpu->fp_std.flush_results = true;
    arm_fpscr_write(cpu, 0);
    cpu->exception = ARM_EXC_NONE;
    cpu->fault_address = cpu->fault_status = 0;
    cpu->cpu.halted = cpu->cpu.stopped = false;
    arm_sysreg_reset(cpu);
    arm_timer_reset(cpu);
    cpu->regime_count = 0;
    arm_tlb_flush_all(cpu);
    arm_regime_update(cpu);
    cpu->r[15] = cpu->sys.sctlr & ARM_SCTLR_V ? UINT32_C(0xffff0000) : 0;
}

static const char *arm_mode_name(uint32_t mode)
{
    static const char *const names[ARM_BANKS] = {"usr", "fiq", "irq", "svc", "abt", "und"};
    return mode == ARM_MODE_SYS ? "sys" : names[arm_mode_bank(mode)];
}

void arm_dump(const struct cpu *base, FILE *out)
{
    const struct arm_cpu *cpu = (const struct arm_cpu *)base;
    for (unsigned i = 0; i < 16; i++) {
        fprintf(out, "r%-2u %08x%s", i, i == 15 ? cpu->r[i] & ~1u : cpu->r[i],
                i % 4 == 3 ? "\n" : "  ");
    }
    uint32_t cpsr = arm_cpsr_read(cpu);
    fprintf(out, "cpsr %08x  %c%c%c%c%c %s %s%s%s%s%s\n", cpsr, cpsr & ARM_CPSR_N ? 'N' : '-',
            cpsr & ARM_CPSR_Z ? 'Z' : '-', cpsr & ARM_CPSR_C ? 'C' : '-',
            cpsr & ARM_CPSR_V ? 'V' : '-', cpsr & ARM_CPSR_Q ? 'Q' : '-',
            arm_mode_name(cpsr & ARM_CPSR_MODE), cpsr & ARM_CPSR_T ? "T32" : "A32",
            cpsr & ARM_CPSR_E ? " BE" : "", cpsr & ARM_CPSR_A ? " A" : "",
            cpsr & ARM_CPSR_I ? " I" : "", cpsr & ARM_CPSR_F ? " F" : "");
    static const enum arm_mode banked[] = {ARM_MODE_USR, ARM_MODE_SVC, ARM_MODE_ABT,
                                           ARM_MODE_UND, ARM_MODE_IRQ, ARM_MODE_FIQ};
    for (unsigned i = 0; i < sizeof(banked) / sizeof(banked[0]); i++) {
        unsigned bank = arm_mode_bank(banked[i]);
        bool current = bank == arm_mode_bank(cpsr & ARM_CPSR_MODE);
        fprintf(out, "%s: sp %08x lr %08x spsr %08x%s", arm_mode_name(banked[i]),
                current ? cpu->r[13] : cpu->r13[bank], current ? cpu->r[14] : cpu->r14[bank],
                cpu->spsr[bank], i % 2 ? "\n" : "  ");
    }
    const struct arm_sys *sys = &cpu->sys;
    fprintf(out, "sctlr %08x  ttbcr %08x  ttbr0 %010" PRIx64 "  ttbr1 %010" PRIx64 "\n", sys->sctlr,
            sys->ttbcr, sys->ttbr0, sys->ttbr1);
    fprintf(out, "dacr %08x  contextidr %08x  vbar %08x  cpacr %08x\n", sys->dacr, sys->contextidr,
            sys->vbar, sys->cpacr);
    fprintf(out, "dfsr %08x dfar %08x  ifsr %08x ifar %08x  fpexc %08x fpscr %08x\n", sys->dfsr,
            sys->dfar, sys->ifsr, sys->ifar, cpu->fpexc, cpu->fpscr_rest | cpu->fpscr_nzcv);
    fprintf(out, "irq %d fiq %d%s%s\n", !!(cpu->interrupts & ARM_CPSR_I),
            !!(cpu->interrupts & ARM_CPSR_F), base->halted ? " halted" : "",
            base->stopped ? " off" : "");
}

/* The architectural state, each piece once, for arm_hash(). Flags and T are in the CPSR, whose
 * slots have several representations of one value. */
#define PIECE(member)                                                                              \
    {                                                                                              \
        offsetof(struct arm_cpu, member), sizeof(((struct arm_cpu *)0)->member)                    \
    }
static const struct {
    uint32_t offset, size;
} arm_pieces[] = {
    PIECE(r),
    PIECE(d),
    PIECE(spsr),
    PIECE(r13),
    PIECE(r14),
    PIECE(r8_usr),
    PIECE(r8_fiq),
    PIECE(fpexc),
    PIECE(sys),
    PIECE(exclusive_address),
    PIECE(mpidr),
    PIECE(interrupts),
    PIECE(exclusive_value),
};
#undef PIECE

uint64_t arm_hash(const struct cpu *base, uint64_t hash)
{
    /* What is banked out for the current mode has no meaning: hash from a copy in which it is what
     * the current mode holds. Reading FPSCR may fold the flags of both environments together. */
    struct arm_cpu copy = *(const struct arm_cpu *)base;
    uint32_t status[2] = {arm_cpsr_read(&copy), arm_fpscr_read(&copy)};
    uint32_t mode = copy.cpsr & ARM_CPSR_MODE;
    copy.r13[arm_mode_bank(mode)] = copy.r[13];
    copy.r14[arm_mode_bank(mode)] = copy.r[14];
    memcpy(mode == ARM_MODE_FIQ ? copy.r8_fiq : copy.r8_usr, &copy.r[8], sizeof(copy.r8_usr));
    if (copy.exclusive_address & 1) {
        copy.exclusive_value = 0;
    }
    hash = hash_bytes(hash, status, sizeof(status));
    hash = hash_bytes(hash, &base->halted, sizeof(base->halted));
    hash = hash_bytes(hash, &base->stopped, sizeof(base->stopped));
    for (unsigned i = 0; i < sizeof(arm_pieces) / sizeof(arm_pieces[0]); i++) {
        hash = hash_bytes(hash, (const uint8_t *)&copy + arm_pieces[i].offset, arm_pieces[i].size);
    }
    return hash;
}
