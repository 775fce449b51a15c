/* Hooks of the registers of control, translation and maintenance (DDI 0406C B3.17, B4.1, B4.2). */
#include "targets/arm/mmu.h"
#include "targets/arm/models.h"
#include "targets/arm/sysregs.h"
#include "targets/arm/system.h"

#include <string.h>

ARM_SYSREG_WRITE(sctlr)
{
    uint32_t mask = cpu->model->sctlr_mask;
    cpu->sys.sctlr = (cpu->sys.sctlr & ~mask) | ((uint32_t)value & mask);
    arm_regime_update(cpu);
}

ARM_SYSREG_READ(wide)
{
    uint64_t value;
    memcpy(&value, (const uint8_t *)cpu + reg->offset, sizeof(value));
    return value;
}

ARM_SYSREG_WRITE(wide)
{
    memcpy((uint8_t *)cpu + reg->offset, &value, sizeof(value));
}

/* TTBR0, TTBR1: MCR changes the low half (B4.1.154). The long format's ASID is in the high half. */
ARM_SYSREG_WRITE(ttbr)
{
    memcpy((uint8_t *)cpu + reg->offset, &value, reg->key & ARM_SYSREG_KEY64 ? 8 : 4);
    arm_space_update(cpu);
}

ARM_SYSREG_WRITE(ttbcr)
{
    bool wide = cpu->features & ARM_FEATURE_LPAE && value & ARM_TTBCR_EAE;
    cpu->sys.ttbcr = (uint32_t)value & (wide ? ARM_TTBCR_LONG_BITS : ARM_TTBCR_SHORT_BITS);
    arm_regime_update(cpu);
}

ARM_SYSREG_WRITE(dacr)
{
    cpu->sys.dacr = (uint32_t)value;
    arm_space_update(cpu);
}

ARM_SYSREG_WRITE(contextidr)
{
    cpu->sys.contextidr = (uint32_t)value;
    arm_space_update(cpu);
}

/* PRRR and NMRR, or MAIR0 and MAIR1. */
ARM_SYSREG_WRITE(mair)
{
    uint32_t low = (uint32_t)value;
    memcpy((uint8_t *)cpu + reg->offset, &low, sizeof(low));
    arm_regime_update(cpu);
}

/* CP15ISB, CP15DSB, CP15DMB: translated code does them itself; for anyone else there is nothing to
 * order. */
ARM_SYSREG_WRITE(barrier)
{
}

ARM_SYSREG_READ(isr)
{
    return cpu->interrupts; /* ISR has them at the same places */
}

ARM_SYSREG_WRITE(tlbiall)
{
    arm_tlb_renew(cpu);
}

ARM_SYSREG_WRITE(tlbiasid)
{
    arm_tlb_flush_asid(cpu, (uint8_t)value);
}

ARM_SYSREG_WRITE(tlbimva)
{
    arm_tlb_flush_page(cpu, (uint32_t)value & ~UINT32_C(0xfff), (uint8_t)value);
}

ARM_SYSREG_WRITE(tlbimvaa)
{
    arm_tlb_flush_page_all(cpu, (uint32_t)value & ~UINT32_C(0xfff));
}

/* ---- address translation operations ---------------------------------------------------------- */

/* PAR<6:4> or <3:2> of the short format from a MAIR nibble (B4.1.112). */
static uint32_t arm_par_inner(unsigned attributes)
{
    static const uint8_t codes[16] = {
        [0x4] = 0, [0x8] = 6, [0x9] = 6, [0xa] = 6, [0xb] = 6,
        [0xc] = 7, [0xd] = 5, [0xe] = 7, [0xf] = 5,
    };
    if (!(attributes & 0xf0)) {
        return attributes & 4 ? 3 : 1; /* Device, Strongly-ordered */
    }
    return codes[attributes & 15];
}

static uint32_t arm_par_outer(unsigned attributes)
{
    return arm_par_inner((attributes & 0xf0) | attributes >> 4) & 3;
}

static uint64_t arm_par_short(const struct arm_lookup *lookup)
{
    uint32_t attributes = lookup->attributes, par;
    if (lookup->page_bits == 24) {
        /* A supersection's physical address is wider than the register: <39:32> go to <23:16>. */
        par = (uint32_t)(lookup->physical & 0xff000000) |
              (uint32_t)(lookup->physical >> 32 & 0xff) << 16 | 1 << 1;
    } else {
        par = (uint32_t)lookup->physical & ~UINT32_C(0xfff);
    }
    par |= arm_par_inner(attributes) << 4;
    if (attributes & 0xf0) {
        par |= arm_par_outer(attributes) << 2 | (lookup->share ? 1 << 7 : 0);
    } else {
        par |= 1 << 7;
    }
    return par;
}

static uint64_t arm_par_long(const struct arm_lookup *lookup)
{
    /* Strongly-ordered and Device memory are Outer Shareable whatever the descriptor says. */
    uint64_t share = lookup->attributes & 0xf0 ? lookup->share : 2;
    return (lookup->physical & UINT64_C(0xfffffff000)) | (uint64_t)lookup->attributes << 56 |
           share << 7 | 1 << 11;
}

static uint64_t arm_par_fault(const struct arm_cpu *cpu, const struct arm_lookup *lookup)
{
    uint32_t status = arm_fault_status(cpu, lookup, CPU_FETCH);
    if (cpu->sys.ttbcr & ARM_TTBCR_EAE) {
        return 1 | (status & 0x3f) << 1 | 1 << 11;
    }
    return 1 | (status & 15) << 1 | (status >> 10 & 1) << 5 | (status >> 12 & 1) << 6;
}

/* ATS1CPR, ATS1CPW, ATS1CUR, ATS1CUW (B3.10.3): opc2<0> writes, opc2<1> as User mode. */
ARM_SYSREG_WRITE(ats)
{
    struct arm_lookup lookup = {
        .address = (uint32_t)value,
        .need = reg->key & 1 ? ARM_RIGHT_WRITE : ARM_RIGHT_READ,
        .privileged = !(reg->key & 2),
    };
    if (!arm_translate_address(cpu, &lookup)) {
        if (lookup.fault == ARM_FAULT_WALK_EXTERNAL) {
            arm_abort(cpu, &lookup, CPU_WRITE);
            return;
        }
        cpu->sys.par = arm_par_fault(cpu, &lookup);
    } else if (cpu->sys.ttbcr & ARM_TTBCR_EAE) {
        cpu->sys.par = arm_par_long(&lookup);
    } else {
        cpu->sys.par = arm_par_short(&lookup);
    }
}
