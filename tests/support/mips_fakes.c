/* Stand-ins for the parts of the MIPS target that translating does not run, so that what translates
 * can be tested without them. */
#include "core/base/check.h"
#include "core/ir/ir.h"
#include "targets/mips/helpers.h"
#include "targets/mips/system.h"
#include "targets/mips/translate.h"

#include <stdlib.h>

#define FAKE __attribute__((weak))

static uint64_t no_helper(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    CHECK_UNREACHABLE();
}

#define HELPER(helper, type, effect_bits)                                                          \
    FAKE const struct ir_helper mips_helper_##helper = {                                           \
        .name = #helper, .fn = no_helper, .result = type, .effects = effect_bits};
HELPER(raise, IR_NONE, IR_EFFECT_EXITS)
HELPER(fetch_fault, IR_NONE, IR_EFFECT_EXITS)
HELPER(mfc0, IR_I32, IR_EFFECT_READS)
HELPER(mtc0, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES)
HELPER(tlb, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES)
HELPER(eret, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES)
HELPER(wait, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES)
HELPER(ei, IR_I32, IR_EFFECT_READS | IR_EFFECT_WRITES)
HELPER(rdhwr, IR_I32, IR_EFFECT_READS | IR_EFFECT_EXITS)
HELPER(cache, IR_NONE, IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_EXITS)

/* The Status register and the ones that select translations. */
FAKE unsigned mips_cp0_write_effect(uint32_t key)
{
    return key >> 3 == 12 ? MIPS_CP0_LEAVE : 0;
}

FAKE bool mips_walk(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user,
                    bool probe, struct cpu_mapping *mapping)
{
    CHECK_UNREACHABLE();
}
FAKE bool mips_still_maps(struct cpu *cpu, uint64_t address, uint64_t tag)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_take_exception(struct cpu *cpu)
{
    CHECK_UNREACHABLE();
}
FAKE bool mips_take_interrupt(struct cpu *cpu)
{
    CHECK_UNREACHABLE();
}
FAKE bool mips_wake(const struct cpu *cpu)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_reset(struct cpu *cpu)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_dump(const struct cpu *cpu, FILE *out)
{
    CHECK_UNREACHABLE();
}
FAKE uint64_t mips_hash(const struct cpu *cpu, uint64_t hash)
{
    CHECK_UNREACHABLE();
}
FAKE void mips_exception_set(struct mips_cpu *cpu, enum mips_exception exception)
{
    CHECK_UNREACHABLE();
}
