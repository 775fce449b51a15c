#include "tests/support/fake_guest.h"

#include "core/base/bits.h"
#include "core/ir/ir.h"
#include "tests/support/random.h"

#include <inttypes.h>

static struct fake_cpu *fake(void *cpu)
{
    return cpu;
}

#define SLOT(text, field, kind, pinned, tracked)                                                   \
    {                                                                                              \
        .name = (text), .offset = offsetof(struct fake_cpu, field), .type = (kind),                \
        .pin = (pinned), .track = (tracked)                                                        \
    }

const struct guest_slot fake_slots[] = {
    SLOT("r0", r[0], IR_I32, 1, true),
    SLOT("r1", r[1], IR_I32, 2, true),
    SLOT("r2", r[2], IR_I32, 3, true),
    SLOT("r3", r[3], IR_I32, 4, true),
    SLOT("r4", r[4], IR_I32, 5, true),
    SLOT("r5", r[5], IR_I32, 6, true),
    SLOT("r6", r[6], IR_I32, 7, true),
    SLOT("r7", r[7], IR_I32, 8, true),
    SLOT("r8", r[8], IR_I32, 0, true),
    SLOT("r9", r[9], IR_I32, 0, true),
    SLOT("r10", r[10], IR_I32, 0, true),
    SLOT("r11", r[11], IR_I32, 0, true),
    SLOT("nf", nf, IR_I32, 0, true),
    SLOT("zf", zf, IR_I32, 9, true),
    SLOT("cf", cf, IR_I32, 0, true),
    SLOT("vf", vf, IR_I32, 0, true),
    SLOT("x0", x[0], IR_I64, 0, true),
    SLOT("x1", x[1], IR_I64, 0, true),
    SLOT("x2", x[2], IR_I64, 0, false),
    SLOT("x3", x[3], IR_I64, 0, false),
    SLOT("v0", v[0], IR_V128, 0, false),
    SLOT("v1", v[1], IR_V128, 0, false),
    SLOT("d4", d[4], IR_F64, 0, true),
    SLOT("d5", d[5], IR_F64, 0, true),
    SLOT("d6", d[6], IR_F64, 0, false),
    SLOT("d7", d[7], IR_F64, 0, false),
    SLOT("s0", s[0], IR_F32, 0, false),
    SLOT("s1", s[1], IR_F32, 0, false),
    SLOT("untracked", untracked, IR_I32, 0, false),
};
const unsigned fake_slot_count = ARRAY_SIZE(fake_slots);

/* ---- helpers --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    return (a ^ b >> 7 ^ b << 13) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t mix_state(const struct fake_cpu *cpu)
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->r); i++) {
        hash = mix(hash, cpu->r[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->x); i++) {
        hash = mix(hash, cpu->x[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->d); i++) {
        hash = mix(hash, cpu->d[i]);
    }
    return mix(hash, mix(mix(cpu->nf, cpu->zf), mix(cpu->cf, cpu->vf)));
}

static void leave_sometimes(struct fake_cpu *cpu, uint64_t a)
{
    if ((a & 7) == 5) {
        cpu->fault_kind = FAKE_HELPER;
        cpu->fault_address = a;
        cpu_raise(&cpu->cpu);
    }
}

static uint64_t pure(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return mix(mix(a, b), mix(c, d));
}

static uint64_t reads(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return mix(pure(cpu, a, b, c, d), mix_state(cpu));
}

static uint64_t writes(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct fake_cpu *f = fake(cpu);
    f->r[a % ARRAY_SIZE(f->r)] = (uint32_t)b;
    f->cf = c & 1;
    f->d[b % ARRAY_SIZE(f->d)] = c;
    f->helper_calls = f->helper_calls * 31 + (uint32_t)d;
    return b;
}

static uint64_t reads_writes(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t hash = mix_state(cpu);
    return writes(cpu, hash, a + hash, b, c) ^ d;
}

static uint64_t exits(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    leave_sometimes(cpu, a);
    return a + b;
}

static uint64_t all(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    leave_sometimes(cpu, a);
    return reads_writes(cpu, a, b, c, d);
}

static uint64_t memory(void *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return cpu_load(cpu, FAKE_RAM_BASE + a % (FAKE_RAM_SIZE + 64), 2);
}

#define HELPER(id, fn_, result_, effects_)                                                         \
    static const struct ir_helper id = {                                                           \
        .name = #fn_, .fn = (fn_), .result = (result_), .effects = (effects_)}

HELPER(helper_pure, pure, IR_I32, 0);
HELPER(helper_reads, reads, IR_I64, IR_EFFECT_READS);
HELPER(helper_writes, writes, IR_NONE, IR_EFFECT_WRITES);
HELPER(helper_reads_writes, reads_writes, IR_I32, IR_EFFECT_READS | IR_EFFECT_WRITES);
HELPER(helper_exits, exits, IR_I32, IR_EFFECT_EXITS);
HELPER(helper_all, all, IR_I64, IR_EFFECT_READS | IR_EFFECT_WRITES | IR_EFFECT_EXITS);
HELPER(helper_memory, memory, IR_I32, IR_EFFECT_EXITS | IR_EFFECT_MEMORY);

const struct ir_helper *const fake_helpers[] = {
    &helper_pure,  &helper_reads, &helper_writes, &helper_reads_writes,
    &helper_exits, &helper_all,   &helper_memory,
};
const unsigned fake_helper_count = ARRAY_SIZE(fake_helpers);

/* ---- the guest's table ----------------------------------------------------------------------- */

static uint64_t get_pc(const struct cpu *cpu)
{
    return ((const struct fake_cpu *)cpu)->pc;
}

static uint32_t get_mode(const struct cpu *cpu)
{
    return 0;
}

static bool walk(struct cpu *cpu, uint64_t address, enum cpu_access access, bool user, bool probe,
                 struct cpu_mapping *mapping)
{
    if (address - FAKE_RAM_BASE < FAKE_RAM_SIZE) {
        *mapping = (struct cpu_mapping){.physical = address,
                                        .page_bits = SPACE_PAGE_BITS,
                                        .read = true,
                                        .write = true,
                                        .fetch = true};
        return true;
    }
    if (!probe) {
        fake(cpu)->fault_kind = FAKE_WALK;
        fake(cpu)->fault_address = address;
    }
    return false;
}

static void misaligned(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    fake(cpu)->fault_kind = FAKE_MISALIGNED;
    fake(cpu)->fault_address = address;
}

static void bus_error(struct cpu *cpu, uint64_t address, enum cpu_access access)
{
    fake(cpu)->fault_kind = FAKE_BUS;
    fake(cpu)->fault_address = address;
}

const struct guest_ops fake_guest_ops = {
    .name = "fake",
    .slots = fake_slots,
    .slot_count = ARRAY_SIZE(fake_slots),
    .pc_offset = offsetof(struct fake_cpu, pc),
    .pc_type = IR_I32,
    .tag_offset = offsetof(struct fake_cpu, tag),
    .fp_env_offset = offsetof(struct fake_cpu, env),
    .lazy_mode = 1,
    .lazy_offset = offsetof(struct fake_cpu, lazy),
    .pc = get_pc,
    .mode = get_mode,
    .walk = walk,
    .misaligned = misaligned,
    .bus_error = bus_error,
};

/* ---- state ----------------------------------------------------------------------------------- */

void fake_cpu_randomise(struct fake_cpu *cpu, uint64_t *random)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->r); i++) {
        cpu->r[i] = (uint32_t)random_number(random);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->x); i++) {
        cpu->x[i] = random_number(random);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->d); i++) {
        cpu->d[i] = random_below(random, 2) ? random_f64(random) : random_next(random);
    }
    for (unsigned i = 0; i < 4; i++) {
        cpu->s[i] = random_f32(random);
    }
    cpu->nf = (uint32_t)random_number(random);
    cpu->zf = (uint32_t)random_number(random);
    cpu->cf = random_below(random, 2);
    cpu->vf = random_below(random, 2);
    cpu->untracked = (uint32_t)random_number(random);
    cpu->lazy = !random_percent(random, 25);
    cpu->pc = cpu->tag = cpu->helper_calls = cpu->fault_kind = 0;
    cpu->fault_address = 0;
    cpu->env = (struct fp_env){.round = FP_ROUND_NEAREST,
                               .nan_rule = FP_NAN_SIGNALLING,
                               .tiny_before = true,
                               .default_nan = random_below(random, 2),
                               .flush_inputs = random_below(random, 2)};
    cpu->env.flush_results = cpu->env.flush_inputs;
}

bool fake_cpu_equal(const struct fake_cpu *a, const struct fake_cpu *b)
{
    const uint32_t *wa = (const uint32_t *)(const void *)((const char *)a + CPU_STATE_BIAS);
    const uint32_t *wb = (const uint32_t *)(const void *)((const char *)b + CPU_STATE_BIAS);
    for (size_t i = 0; i < (sizeof(*a) - CPU_STATE_BIAS) / sizeof(wa[0]); i++) {
        if (wa[i] == wb[i]) {
            continue;
        }
        uint32_t offset = (uint32_t)(CPU_STATE_BIAS + i * sizeof(wa[0]));
        const char *name = "";
        for (unsigned n = 0; n < fake_slot_count; n++) {
            if (offset - fake_slots[n].offset < ir_type_size(fake_slots[n].type)) {
                name = fake_slots[n].name;
            }
        }
        fprintf(stderr,
                "state differs at offset 0x%" PRIx32 " (%s): 0x%" PRIx32 ", 0x%" PRIx32 "\n",
                offset, name, wa[i], wb[i]);
        return false;
    }
    return true;
}
