/* What this CPU family gives to the engine. */
#include "core/base/bits.h"
#include "targets/mips/cpu.h"
#include "targets/mips/system.h"
#include "targets/mips/translate.h"

#include <stddef.h>

const struct guest_slot mips_slots[] = {
#define SLOT(slot, member, slot_type, slot_pin, slot_track)                                        \
    {.name = #slot,                                                                                \
     .offset = offsetof(struct mips_cpu, member),                                                  \
     .type = slot_type,                                                                            \
     .pin = slot_pin,                                                                              \
     .track = slot_track},
#define FLAG(slot, member)                                                                         \
    {.name = #slot,                                                                                \
     .offset = offsetof(struct mips_cpu, member),                                                  \
     .type = IR_I32,                                                                               \
     .track = true,                                                                                \
     .boolean = true},
#include "targets/mips/slots.inc"
#undef FLAG
#undef SLOT
};
const unsigned mips_slot_count = ARRAY_SIZE(mips_slots);

static uint64_t mips_pc(const struct cpu *cpu)
{
    return ((const struct mips_cpu *)cpu)->pc;
}

uint32_t mips_translation_mode(const struct mips_cpu *cpu)
{
    /* Without branches: this is asked at each exception. */
    enum { CU_SHIFT = 27, FR_SHIFT = 23, MX_SHIFT = 19 };
    _Static_assert(
        MIPS_STATUS_CU0 >> CU_SHIFT == MIPS_TM_CP0 && MIPS_STATUS_CU1 >> CU_SHIFT == MIPS_TM_CP1 &&
            MIPS_STATUS_FR >> FR_SHIFT == MIPS_TM_FR && MIPS_STATUS_MX >> MX_SHIFT == MIPS_TM_DSP,
        "the mode's bits are in the order of those of Status");
    uint32_t status = cpu->cp0.status;
    uint32_t mode = mips_kernel(cpu) ? MIPS_TM_KERNEL | MIPS_TM_CP0 : 0;
    mode |= (status >> CU_SHIFT & (MIPS_TM_CP0 | MIPS_TM_CP1)) | (status >> FR_SHIFT & MIPS_TM_FR) |
            (status >> MX_SHIFT & MIPS_TM_DSP);
    bool plain = cpu->fp.round == FP_ROUND_NEAREST && !cpu->fp.flush_results && !cpu->fcsr_enables;
    return mode | (plain ? MIPS_TM_FPPLAIN : 0);
}

static uint32_t mips_mode(const struct cpu *cpu)
{
    return mips_translation_mode((const struct mips_cpu *)cpu);
}

const struct guest_ops mips_guest_ops = {
    .name = "mips",
    .slots = mips_slots,
    .slot_count = ARRAY_SIZE(mips_slots),
    .state_size = sizeof(struct mips_cpu),
    .lazy_mode = MIPS_TM_CP1 | MIPS_TM_FR | MIPS_TM_FPPLAIN | MIPS_TM_DSP,
    .privileged_mode = MIPS_TM_KERNEL,
    .lazy_offset = offsetof(struct mips_cpu, lazy_mode),
    .pc_offset = offsetof(struct mips_cpu, pc),
    .pc_type = IR_I32,
    .tag_offset = offsetof(struct mips_cpu, delay),
    .fp_env_offset = offsetof(struct mips_cpu, fp),
    .translate = mips_translate,
    .pc = mips_pc,
    .mode = mips_mode,
    .walk = mips_walk,
    .still_maps = mips_still_maps,
    .misaligned = mips_misaligned,
    .bus_error = mips_bus_error,
    .take_exception = mips_take_exception,
    .take_interrupt = mips_take_interrupt,
    .wake = mips_wake,
    .reset = mips_reset,
    .dump = mips_dump,
    .hash = mips_hash,
    .disassemble = mips_disassemble,
};
