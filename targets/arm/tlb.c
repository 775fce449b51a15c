/* Address-space keys, and TLB maintenance in their terms. A key:
 *     bits 0-7 ASID · 8 privileged · 9 MMU on · 10-13 regime · 16-47 DACR (short format)
 * With the MMU off everything is alike: key 0. What a key does not hold (the table bases) may
 * change without TLB maintenance only together with the ASID, as for a hardware TLB (B3.10). */
#include "core/cpu/space.h"
#include "targets/arm/system.h"

#include <string.h>

enum {
    KEY_ASID = 0xff,
    KEY_PRIVILEGED = 1 << 8,
    KEY_MMU = 1 << 9,
    KEY_REGIME_SHIFT = 10,
    KEY_DACR_SHIFT = 16,
    KEY_REGIMES = 0xf << KEY_REGIME_SHIFT,
};
_Static_assert(ARM_REGIMES <= 16, "they have four bits of the key");

uint8_t arm_asid(const struct arm_cpu *cpu)
{
    const struct arm_sys *sys = &cpu->sys;
    if (sys->ttbcr & ARM_TTBCR_EAE) {
        return (uint8_t)((sys->ttbcr & ARM_TTBCR_A1 ? sys->ttbr1 : sys->ttbr0) >> 48);
    }
    return (uint8_t)sys->contextidr;
}

/* What does not matter for global mappings: the ASID, and access to domains that have none. An
 * operating system that keeps user memory from the kernel by its domain changes that at each entry
 * and exit. */
static uint64_t arm_shared_bits(const struct arm_cpu *cpu)
{
    uint64_t bits = KEY_ASID;
    for (unsigned domain = 0; domain < 16; domain++) {
        if (!(cpu->global_domains >> domain & 1)) {
            bits |= UINT64_C(3) << (KEY_DACR_SHIFT + 2 * domain);
        }
    }
    return bits;
}

void arm_global_domain(struct arm_cpu *cpu, unsigned domain)
{
    if (!(cpu->global_domains >> domain & 1)) {
        cpu->global_domains |= (uint16_t)(1 << domain);
        if (cpu->cpu.spaces) {
            space_share(&cpu->cpu, arm_shared_bits(cpu));
        }
    }
}

void arm_space_update(struct arm_cpu *cpu)
{
    const struct arm_sys *sys = &cpu->sys;
    uint64_t key = 0, user_key = 0;
    if (sys->sctlr & ARM_SCTLR_M) {
        user_key = arm_asid(cpu) | KEY_MMU | cpu->regime << KEY_REGIME_SHIFT;
        if (!(sys->ttbcr & ARM_TTBCR_EAE)) {
            user_key |= (uint64_t)sys->dacr << KEY_DACR_SHIFT;
        }
        key = arm_privileged(cpu) ? user_key | KEY_PRIVILEGED : user_key;
    }
    if (key != cpu->space_key || user_key != cpu->space_user_key) {
        cpu->space_key = key;
        cpu->space_user_key = user_key;
        if (cpu->cpu.spaces) {
            space_select(&cpu->cpu, key, user_key);
        }
    }
}

void arm_regime_update(struct arm_cpu *cpu)
{
    const uint32_t sctlr =
        ARM_SCTLR_AFE | ARM_SCTLR_TRE | ARM_SCTLR_EE | ARM_SCTLR_WXN | ARM_SCTLR_UWXN;
    /* A1 only chooses the ASID, which is in the key itself. */
    struct arm_regime now = {
        .sctlr = cpu->sys.sctlr & sctlr,
        .ttbcr = cpu->sys.ttbcr & ~(uint32_t)ARM_TTBCR_A1,
        .prrr = cpu->sys.prrr_mair0,
        .nmrr = cpu->sys.nmrr_mair1,
    };
    unsigned i = 0;
    while (i < cpu->regime_count && memcmp(&cpu->regimes[i], &now, sizeof(now)) != 0) {
        i++;
    }
    if (i == ARM_REGIMES) {
        arm_tlb_flush_all(cpu); /* begin numbering anew */
        i = cpu->regime_count = 0;
    }
    if (i == cpu->regime_count) {
        cpu->regimes[cpu->regime_count++] = now;
    }
    cpu->regime = i;
    if (cpu->cpu.spaces) {
        space_share(&cpu->cpu, arm_shared_bits(cpu));
    }
    arm_space_update(cpu);
}

void arm_tlb_flush_all(struct arm_cpu *cpu)
{
    memset(cpu->tlb_seen, 0, sizeof(cpu->tlb_seen));
    if (cpu->cpu.spaces) {
        space_flush(&cpu->cpu, KEY_MMU, KEY_MMU);
    }
}

void arm_tlb_renew(struct arm_cpu *cpu)
{
    memset(cpu->tlb_seen, 0, sizeof(cpu->tlb_seen)); /* what is kept is noted again */
    if (cpu->cpu.spaces) {
        space_renew(&cpu->cpu, KEY_MMU, KEY_MMU, KEY_MMU | KEY_ASID | KEY_REGIMES);
    }
}

void arm_tlb_flush_asid(struct arm_cpu *cpu, uint8_t asid)
{
    if (cpu->cpu.spaces) {
        space_flush_private(&cpu->cpu, KEY_MMU | KEY_ASID, KEY_MMU | asid); /* B3.10.1 */
    }
}

static void arm_tlb_flush_page_in(struct arm_cpu *cpu, uint32_t address, uint64_t mask,
                                  uint64_t value)
{
    /* The entry that covers the address goes as a whole, of whatever size it is (B3.10.1). */
    unsigned bits = cpu->tlb_seen[address >> 20] & ARM_SEEN_BITS;
    if (cpu->cpu.spaces && bits) {
        space_flush_page(&cpu->cpu, mask, value, address, bits);
    }
}

void arm_tlb_flush_page(struct arm_cpu *cpu, uint32_t address, uint8_t asid)
{
    if (cpu->tlb_seen[address >> 20] & ARM_SEEN_GLOBAL) {
        arm_tlb_flush_page_all(cpu, address);
    } else {
        arm_tlb_flush_page_in(cpu, address, KEY_MMU | KEY_ASID, (uint64_t)KEY_MMU | asid);
    }
}

void arm_tlb_flush_page_all(struct arm_cpu *cpu, uint32_t address)
{
    arm_tlb_flush_page_in(cpu, address, KEY_MMU, KEY_MMU);
}
