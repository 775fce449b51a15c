#include "targets/arm/sysregs.h"

#include "core/base/bits.h"
#include "core/base/check.h"
#include "targets/arm/models.h"
#include "targets/arm/timer.h"

#include <stddef.h>
#include <string.h>

/* Letters and words of sysregs.inc. */
enum {
    RO = ARM_SYSREG_PL1_READ,
    WO = ARM_SYSREG_PL1_WRITE,
    RW = RO | WO,
    RO_U = RO | ARM_SYSREG_PL0_READ,
    WO_U = WO | ARM_SYSREG_PL0_WRITE,
    RW_U = RO_U | WO_U,
    RW_URO = RW | ARM_SYSREG_PL0_READ,
    R = ARM_SYSREG_SLOT_READ,
    S = R | ARM_SYSREG_SLOT_WRITE,
    L = ARM_SYSREG_LEAVE,
    N = ARM_SYSREG_NOP,
    C = ARM_SYSREG_CONST,
    B = ARM_SYSREG_BARRIER,
    I = ARM_SYSREG_ISB,
    A = ARM_SYSREG_SPACE,
};
#define NONE           cpu /* at offset 0 */
#define arm_read_none  NULL
#define arm_write_none NULL

static uint64_t arm_read_zero(struct arm_cpu *cpu, const struct arm_sysreg *reg)
{
    return 0;
}

#define REG(NAME, COPROC, OPC1, CRN, CRM, OPC2, ACCESS, FLAGS, MEMBER, RESET, MASK, FEATURES,      \
            READ, WRITE)                                                                           \
    {.name = #NAME,                                                                                \
     .key = ARM_SYSREG_KEY(COPROC, OPC1, CRN, CRM, OPC2),                                          \
     .flags = (ACCESS) | (FLAGS),                                                                  \
     .offset = offsetof(struct arm_cpu, MEMBER),                                                   \
     .reset = RESET,                                                                               \
     .mask = MASK,                                                                                 \
     .features = FEATURES,                                                                         \
     .read = arm_read_##READ,                                                                      \
     .write = arm_write_##WRITE},
#define REG64(NAME, COPROC, OPC1, CRM, ACCESS, FLAGS, MEMBER, FEATURES, READ, WRITE)               \
    {.name = #NAME,                                                                                \
     .key = ARM_SYSREG_KEY(COPROC, OPC1, 0, CRM, 0) | ARM_SYSREG_KEY64,                            \
     .flags = (ACCESS) | (FLAGS),                                                                  \
     .offset = offsetof(struct arm_cpu, MEMBER),                                                   \
     .features = FEATURES,                                                                         \
     .read = arm_read_##READ,                                                                      \
     .write = arm_write_##WRITE},
#define ID(NAME, OPC1, CRM, OPC2, MEMBER)                                                          \
    REG(NAME, 15, OPC1, 0, CRM, OPC2, RO, 0, NONE, offsetof(struct arm_model, MEMBER), 0, 0, id,   \
        none)
#define RAZ(NAME, OPC1, CRM, OPC2)                                                                 \
    REG(NAME, 15, OPC1, 0, CRM, OPC2, RO, C, NONE, 0, 0, 0, none, none)
#define RAZ8(NAME, CRM)                                                                            \
    RAZ(NAME##_0, 0, CRM, 0)                                                                       \
    RAZ(NAME##_1, 0, CRM, 1)                                                                       \
    RAZ(NAME##_2, 0, CRM, 2)                                                                       \
    RAZ(NAME##_3, 0, CRM, 3)                                                                       \
    RAZ(NAME##_4, 0, CRM, 4)                                                                       \
    RAZ(NAME##_5, 0, CRM, 5)                                                                       \
    RAZ(NAME##_6, 0, CRM, 6)                                                                       \
    RAZ(NAME##_7, 0, CRM, 7)

static const struct arm_sysreg arm_sysregs[] = {
#include "targets/arm/sysregs.inc"
};

static unsigned arm_sysreg_slot(uint32_t key)
{
    return (key * UINT32_C(0x9e3779b1)) >> 23; /* 9 bits: ARM_SYSREG_HASH */
}

static const struct arm_sysreg *arm_sysreg_row(const struct arm_cpu *cpu, uint32_t key)
{
    for (unsigned slot = arm_sysreg_slot(key); cpu->sysreg_hash[slot];
         slot = (slot + 1) % ARM_SYSREG_HASH) {
        const struct arm_sysreg *reg = &arm_sysregs[cpu->sysreg_hash[slot] - 1];
        if (reg->key == key) {
            return reg;
        }
    }
    return NULL;
}

void arm_sysreg_index(struct arm_cpu *cpu)
{
    _Static_assert(ARRAY_SIZE(arm_sysregs) < ARM_SYSREG_HASH / 2, "the index is too full");
    memset(cpu->sysreg_hash, 0, sizeof(cpu->sysreg_hash));
    for (unsigned i = 0; i < ARRAY_SIZE(arm_sysregs); i++) {
        const struct arm_sysreg *reg = &arm_sysregs[i];
        if (reg->features & ~cpu->features) {
            continue;
        }
        CHECK(!arm_sysreg_row(cpu, reg->key));
        unsigned slot = arm_sysreg_slot(reg->key);
        while (cpu->sysreg_hash[slot]) {
            slot = (slot + 1) % ARM_SYSREG_HASH;
        }
        cpu->sysreg_hash[slot] = (uint16_t)(i + 1);
    }
}

/* All of c15 is IMPLEMENTATION DEFINED (B3.17.1): what has no row reads as zero and ignores
 * writes. */
static const struct arm_sysreg arm_sysreg_c15 = {.name = "C15", .flags = RW | C | N};

const struct arm_sysreg *arm_sysreg_find(const struct arm_cpu *cpu, uint32_t key)
{
    const struct arm_sysreg *reg = arm_sysreg_row(cpu, key);
    const uint32_t c15 = ARM_SYSREG_KEY(15, 0, 15, 0, 0);
    return !reg && (key & (ARM_SYSREG_KEY64 | c15)) == c15 ? &arm_sysreg_c15 : reg;
}

static uint32_t *arm_sysreg_state(struct arm_cpu *cpu, const struct arm_sysreg *reg)
{
    return (uint32_t *)((uint8_t *)cpu + reg->offset);
}

void arm_sysreg_reset(struct arm_cpu *cpu)
{
    memset(&cpu->sys, 0, sizeof(cpu->sys));
    for (unsigned i = 0; i < ARRAY_SIZE(arm_sysregs); i++) {
        const struct arm_sysreg *reg = &arm_sysregs[i];
        if (reg->offset && reg->reset && !(reg->features & ~cpu->features)) {
            *arm_sysreg_state(cpu, reg) = reg->reset;
        }
    }
    cpu->sys.sctlr = cpu->model->sctlr;
    cpu->sys.pmcr = cpu->model->pmcr;
}

void arm_sysreg_refuse(struct arm_cpu *cpu)
{
    arm_exception_set(cpu, ARM_EXC_UNDEFINED);
}

/* The register, if this privilege may access it so. */
static const struct arm_sysreg *arm_sysreg_check(struct arm_cpu *cpu, uint32_t key, uint32_t pl0,
                                                 uint32_t pl1)
{
    const struct arm_sysreg *reg = arm_sysreg_find(cpu, key);
    if (reg && reg->flags & (arm_privileged(cpu) ? pl1 : pl0)) {
        return reg;
    }
    arm_sysreg_refuse(cpu);
    return NULL;
}

uint64_t arm_sysreg_read(struct arm_cpu *cpu, uint32_t key)
{
    const struct arm_sysreg *reg =
        arm_sysreg_check(cpu, key, ARM_SYSREG_PL0_READ, ARM_SYSREG_PL1_READ);
    if (!reg) {
        return 0;
    }
    if (reg->flags & ARM_SYSREG_CONST) {
        return reg->reset;
    }
    return reg->read ? reg->read(cpu, reg) : *arm_sysreg_state(cpu, reg);
}

void arm_sysreg_write(struct arm_cpu *cpu, uint32_t key, uint64_t value)
{
    const struct arm_sysreg *reg =
        arm_sysreg_check(cpu, key, ARM_SYSREG_PL0_WRITE, ARM_SYSREG_PL1_WRITE);
    if (!reg || reg->flags & ARM_SYSREG_NOP) {
        return;
    }
    if (reg->write) {
        reg->write(cpu, reg, value);
    } else {
        uint32_t *state = arm_sysreg_state(cpu, reg);
        *state = (*state & ~reg->mask) | ((uint32_t)value & reg->mask);
    }
}
