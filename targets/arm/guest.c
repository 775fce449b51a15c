/* What this CPU family gives to the engine. */
#include "core/base/bits.h"
#include "targets/arm/cpu.h"
#include "targets/arm/system.h"
#include "targets/arm/translate.h"

#include <stddef.h>

const struct guest_slot arm_slots[] = {
#define SLOT(slot, member, slot_type, slot_pin, slot_track)                                        \
    {.name = #slot,                                                                                \
     .offset = offsetof(struct arm_cpu, member),                                                   \
     .type = slot_type,                                                                            \
     .pin = slot_pin,                                                                              \
     .track = slot_track},
#define FLAG(slot, member)                                                                         \
    {.name = #slot,                                                                                \
     .offset = offsetof(struct arm_cpu, member),                                                   \
     .type = IR_I32,                                                                               \
     .track = true,                                                                                \
     .boolean = true},
#include "targets/arm/slots.inc"
#undef FLAG
#undef SLOT
};
const unsigned arm_slot_count = ARRAY_SIZE(arm_slots);

static uint64_t arm_pc(const struct cpu *cpu)
{
    return ((const struct arm_cpu *)cpu)->r[15];
}

/* Whether CPACR lets this privilege use the VFP and Advanced SIMD register bank (B4.1.40). */
static bool arm_fp_access(const struct arm_cpu *cpu)
{
    uint32_t access = cpu->sys.cpacr >> 20 & 3;
    return access == 3 || (access == 1 && arm_privileged(cpu));
}

uint32_t arm_translation_mode(const struct arm_cpu *cpu)
{
    uint32_t mode = cpu->it << ARM_TM_IT_SHIFT;
    mode |= arm_privileged(cpu) ? ARM_TM_PRIV : 0;
    mode |= cpu->cpsr & ARM_CPSR_E ? ARM_TM_BIG : 0;
    mode |= cpu->sys.sctlr & ARM_SCTLR_A ? ARM_TM_ALIGN : 0;
    if (arm_fp_access(cpu)) {
        mode |= ARM_TM_FPEXC;
        if (cpu->fpexc & ARM_FPEXC_EN) {
            mode |= ARM_TM_FP;
            mode |= arm_fpscr_mode(cpu);
        }
    }
    return mode;
}

static uint32_t arm_mode(const struct cpu *cpu)
{
    return arm_translation_mode((const struct arm_cpu *)cpu);
}

const struct guest_ops arm_guest_ops = {
    .name = "arm",
    .slots = arm_slots,
    .slot_count = ARRAY_SIZE(arm_slots),
    .state_size = sizeof(struct arm_cpu),
    .lazy_mode = ARM_TM_FP | ARM_TM_FPEXC | ARM_TM_FPPLAIN | ARM_TM_VECLEN,
    .passing_mode = ARM_TM_IT_MASK,
    .privileged_mode = ARM_TM_PRIV,
    .lazy_offset = offsetof(struct arm_cpu, lazy_mode),
    .pc_offset = offsetof(struct arm_cpu, r[15]),
    .pc_type = IR_I32,
    .tag_offset = offsetof(struct arm_cpu, it),
    .fp_env_offset = offsetof(struct arm_cpu, fp),
    .translate = arm_translate,
    .pc = arm_pc,
    .mode = arm_mode,
    .walk = arm_walk,
    .still_maps = arm_still_maps,
    .misaligned = arm_misaligned,
    .bus_error = arm_bus_error,
    .take_exception = arm_take_exception,
    .take_interrupt = arm_take_interrupt,
    .wake = arm_wake,
    .reset = arm_reset,
    .dump = arm_dump,
    .hash = arm_hash,
    .disassemble = arm_disassemble,
};
