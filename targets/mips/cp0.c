/* Coprocessor 0 (III 9): one row a register, and the hooks of those that are more than memory. */
#include "core/base/bits.h"
#include "targets/mips/helpers.h"
#include "targets/mips/models.h"
#include "targets/mips/system.h"

#include <stddef.h>
#include <string.h>

struct mips_cp0_reg {
    const char *name;
    uint16_t offset; /* in struct mips_cp0 */
    uint32_t mask;
    uint32_t features; /* enum mips_feature */
    bool leaves;       /* mips_cp0_write_leaves() */
    uint32_t (*read)(struct mips_cpu *cpu);
    void (*write)(struct mips_cpu *cpu, uint32_t value); /* gets what mask lets through */
};

enum {
    R2 = MIPS_FEATURE_R2,
    LEAVE = true,
};

/* ---- what reading adds ----------------------------------------------------------------------- */

static uint32_t mips_read_random(struct mips_cpu *cpu)
{
    return mips_random(cpu);
}

static uint32_t mips_read_count(struct mips_cpu *cpu)
{
    return mips_count_read(cpu);
}

static uint32_t mips_read_intctl(struct mips_cpu *cpu)
{
    return cpu->cp0.intctl | UINT32_C(7) << 29; /* IPTI: the timer is on IP7 */
}

static uint32_t mips_read_cause(struct mips_cpu *cpu)
{
    mips_timer_look(cpu);
    uint32_t shown =
        cpu->features & MIPS_FEATURE_R2 ? ~UINT32_C(0) : ~(uint32_t)(MIPS_CAUSE_TI | MIPS_CAUSE_DC);
    return ((cpu->cp0.cause & ~(uint32_t)MIPS_CAUSE_IP) | mips_pending(cpu)) & shown;
}

static uint32_t mips_read_prid(struct mips_cpu *cpu)
{
    return cpu->model->prid;
}

/* ---- what writing does ----------------------------------------------------------------------- */

static void mips_write_index(struct mips_cpu *cpu, uint32_t value)
{
    cpu->cp0.index = value & (cpu->tlb_count - 1); /* P is the probe's only */
    cpu->tlb_probed = MIPS_TLB_MAX;
}

/* The mask is ones in pairs from bit 13 on (III 9.11, table 9.14); anything else is UNDEFINED, and
 * here the size that its valid pairs give. */
static void mips_write_pagemask(struct mips_cpu *cpu, uint32_t value)
{
    uint32_t mask = 0;
    for (uint32_t pair = UINT32_C(3) << 13; (value & pair) == pair && pair < 1 << 29; pair <<= 2) {
        mask |= pair;
    }
    cpu->cp0.pagemask = mask;
}

static void mips_write_wired(struct mips_cpu *cpu, uint32_t value)
{
    cpu->cp0.wired = value & (cpu->tlb_count - 1);
}

static void mips_write_count(struct mips_cpu *cpu, uint32_t value)
{
    mips_count_write(cpu, value);
}

static void mips_write_entryhi(struct mips_cpu *cpu, uint32_t value)
{
    cpu->cp0.entryhi = value;
    mips_space_update(cpu);
}

static void mips_write_compare(struct mips_cpu *cpu, uint32_t value)
{
    cpu->cp0.compare = value;
    cpu->cp0.cause &= ~(uint32_t)MIPS_CAUSE_TI; /* III 9.23 */
    mips_timer_update(cpu);
}

/* Bits that only some models have; the others are reserved, or say of a feature that it is not
 * there. */
uint32_t mips_status_mask(const struct mips_cpu *cpu)
{
    static const struct {
        uint32_t feature, bits;
    } more[] = {
        {MIPS_FEATURE_R2, MIPS_STATUS_KSU}, /* with Supervisor Mode */
        {MIPS_FEATURE_FPU, MIPS_STATUS_CU1},
        {MIPS_FEATURE_F64, MIPS_STATUS_FR},
        {MIPS_FEATURE_DSP, MIPS_STATUS_MX},
    };
    uint32_t mask = MIPS_STATUS_IE | MIPS_STATUS_EXL | MIPS_STATUS_ERL | MIPS_STATUS_UM |
                    MIPS_STATUS_IM | MIPS_STATUS_BEV | MIPS_STATUS_CU0;
    for (unsigned i = 0; i < ARRAY_SIZE(more); i++) {
        mask |= cpu->features & more[i].feature ? more[i].bits : 0;
    }
    return mask;
}

void mips_status_write(struct mips_cpu *cpu, uint32_t value)
{
    uint32_t old = cpu->cp0.status;
    cpu->cp0.status = (value & mips_status_mask(cpu)) | (old & value & MIPS_STATUS_CLEARED);
    mips_space_update(cpu);
    mips_check_interrupts(cpu);
}

static void mips_write_status(struct mips_cpu *cpu, uint32_t value)
{
    mips_status_write(cpu, value);
}

static void mips_write_cause(struct mips_cpu *cpu, uint32_t value)
{
    uint32_t mask = 0x00800300;
    if (cpu->features & MIPS_FEATURE_R2) {
        mask |= MIPS_CAUSE_DC;
    }
    uint32_t old = cpu->cp0.cause;
    uint32_t now = (old & ~mask) | (value & mask);
    if ((old ^ now) & MIPS_CAUSE_DC) {
        uint32_t count = mips_count_read(cpu);
        cpu->cp0.cause = now;
        mips_count_write(cpu, count);
    }
    cpu->cp0.cause = now;
    mips_check_interrupts(cpu);
}

/* ---- rows ------------------------------------------------------------------------------------ */

#define mips_read_none  NULL
#define mips_write_none NULL
#define REG(rd, select, reg_name, member, reg_mask, reg_features, reg_leaves, reg_read, reg_write) \
    [MIPS_CP0_KEY(rd, select)] = {.name = #reg_name,                                               \
                                  .offset = offsetof(struct mips_cp0, member),                     \
                                  .mask = reg_mask,                                                \
                                  .features = reg_features,                                        \
                                  .leaves = reg_leaves,                                            \
                                  .read = mips_read_##reg_read,                                    \
                                  .write = mips_write_##reg_write},
static const struct mips_cp0_reg mips_cp0_regs[256] = {
#include "targets/mips/cp0.inc"
};

/* NULL if the model has no such register. */
static const struct mips_cp0_reg *mips_cp0_find(const struct mips_cpu *cpu, uint32_t key)
{
    const struct mips_cp0_reg *reg = key < ARRAY_SIZE(mips_cp0_regs) ? &mips_cp0_regs[key] : NULL;
    return reg && reg->name && !(reg->features & ~cpu->features) ? reg : NULL;
}

static uint32_t *mips_cp0_state(struct mips_cpu *cpu, const struct mips_cp0_reg *reg)
{
    return (uint32_t *)((uint8_t *)&cpu->cp0 + reg->offset);
}

bool mips_cp0_write_leaves(uint32_t key)
{
    return key < ARRAY_SIZE(mips_cp0_regs) && mips_cp0_regs[key].leaves;
}

struct mips_cp0_way mips_cp0_way(const struct mips_cpu *cpu, uint32_t key)
{
    const struct mips_cp0_reg *reg = mips_cp0_find(cpu, key);
    if (!reg) {
        return (struct mips_cp0_way){0};
    }
    uint32_t offset = (uint32_t)offsetof(struct mips_cpu, cp0) + reg->offset;
    return (struct mips_cp0_way){
        .read = reg->read ? 0 : offset, .write = reg->write ? 0 : offset, .mask = reg->mask};
}

uint32_t mips_cp0_read(struct mips_cpu *cpu, uint32_t key)
{
    const struct mips_cp0_reg *reg = mips_cp0_find(cpu, key);
    if (!reg) {
        return 0;
    }
    return reg->read ? reg->read(cpu) : *mips_cp0_state(cpu, reg);
}

void mips_cp0_write(struct mips_cpu *cpu, uint32_t key, uint32_t value)
{
    const struct mips_cp0_reg *reg = mips_cp0_find(cpu, key);
    if (!reg) {
        return;
    }
    if (reg->write) {
        reg->write(cpu, value & reg->mask);
    } else {
        uint32_t *state = mips_cp0_state(cpu, reg);
        *state = (*state & ~reg->mask) | (value & reg->mask);
    }
}

/* III 9, "reset state" of each field; what is undefined there is 0. */
void mips_cp0_reset(struct mips_cpu *cpu)
{
    struct mips_cp0 *cp0 = &cpu->cp0;
    memset(cp0, 0, sizeof(*cp0));
    cp0->status = MIPS_STATUS_BEV | MIPS_STATUS_ERL;
    cp0->ebase = UINT32_C(0x80000000);
    cp0->random = 1;
    for (unsigned n = 0; n < ARRAY_SIZE(cp0->config); n++) {
        cp0->config[n] = mips_model_config(cpu->model, n, cpu->big);
    }
}
